"""Markdown to safe HTML. Everything that could run, load or disguise is gone before a page sees it.

Kept: headings, paragraphs, lists, tables, code, quotes, emphasis, line breaks, and links to http, https and mailto that open
in a new window without a referrer. Pictures are not loaded: a picture's description stands in its place, since loading it
would tell another host who reads the workbook.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from typing import Any

from dashboard.visual.links import safe_address

_LONGEST = 200_000

_TAGS = {
    "p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "strong", "b", "em", "i", "u", "s", "del", "sub",
    "sup", "mark", "small", "code", "pre", "kbd", "blockquote", "table", "thead", "tbody", "tr", "th", "td", "a", "span", "div",
    "dl", "dt", "dd", "details", "summary", "abbr", "center",
}  # fmt: skip
_ATTRIBUTES: dict[str, set[str]] = {
    "a": {"href", "title"}, "th": {"align", "colspan", "rowspan"}, "td": {"align", "colspan", "rowspan"}, "ol": {"start"},
    "p": {"align"}, "div": {"align"}, "h1": {"align"}, "h2": {"align"}, "h3": {"align"}, "abbr": {"title"},
    "span": {"class"}, "details": {"open"},
}  # fmt: skip
_DROPPED_WITH_CONTENT = {
    "script",
    "style",
    "template",
    "iframe",
    "object",
    "embed",
    "svg",
    "math",
    "title",
    "textarea",
    "noscript",
}

_IMAGE = re.compile(r"""<img\b(?:"[^"]*"|'[^']*'|[^'">])*>""", re.IGNORECASE)
_ADDRESS = re.compile(r"(https?://[^\s<>\"'()\[\]{}|\\^`]*[^\s<>\"'()\[\]{}|\\^`.,;:!?*_])")
_ALT = re.compile(r"""\balt\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE)


def safe_html(markdown: str) -> str:
    """The HTML of a text of markdown (with HTML in it, as workbooks have), safe to put into a page."""
    return _render(markdown[:_LONGEST])


@lru_cache(maxsize=256)
def _render(markdown: str) -> str:
    import nh3

    rendered = _parser().render(_straightened(markdown))
    pictured = _IMAGE.sub(_picture, rendered)
    return nh3.clean(
        pictured,
        tags=_TAGS,
        clean_content_tags=_DROPPED_WITH_CONTENT,
        attributes=_ATTRIBUTES,
        attribute_filter=_attribute,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        generic_attribute_prefixes=set(),
        strip_comments=True,
    )


@lru_cache(maxsize=1)
def _parser() -> Any:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": True, "breaks": False}).enable(["table", "strikethrough"])
    parser.core.ruler.push("addresses", _link_addresses)
    return parser


def _link_addresses(state: Any) -> None:
    """Makes addresses that stand in a text links, as the portal does."""
    from markdown_it.token import Token

    for block in state.tokens:
        if block.type != "inline":
            continue
        made: list[Any] = []
        inside = 0
        for token in block.children or ():
            inside += token.nesting if token.type in ("link_open", "link_close") else 0
            if token.type == "html_inline":
                inside += bool(re.match(r"<a[\s>]", token.content, re.IGNORECASE))
                inside -= token.content.lower().startswith("</a")
            if token.type != "text" or inside > 0 or "://" not in token.content:
                made.append(token)
                continue
            for at, part in enumerate(_ADDRESS.split(token.content)):
                text = Token("text", "", 0, content=part)
                if at % 2 == 0:
                    made += [text] if part else []
                else:
                    made += [Token("link_open", "a", 1, attrs={"href": part}), text, Token("link_close", "a", -1)]
        block.children = made


def _straightened(markdown: str) -> str:
    """Headings as workbook authors write them: `#Title` without the space is a heading in the portal."""
    return re.sub(r"(?m)^( {0,3}#{1,6})(?=[^#\s])", r"\1 ", markdown)


def _picture(match: re.Match[str]) -> str:
    found = _ALT.search(match[0])
    alt = next((part for part in found.groups() if part), "") if found else ""
    return f'<span class="wb-picture">{html.escape(html.unescape(alt), quote=True)}</span>' if alt.strip() else ""


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "href":
        return safe_address(value) or None
    if name == "class":
        return value if value == "wb-picture" else None
    if name == "align":
        return value if value in ("left", "right", "center") else None
    if name in ("start", "colspan", "rowspan"):
        return value if value.isdigit() and len(value) <= 3 else None
    return value
