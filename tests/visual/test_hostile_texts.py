"""Log text, workbook text and parameter values are hostile: they are shown, and do nothing."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest

from dashboard.table import Table, table_from_rows
from dashboard.visual.build import draw, markdown_text, message_view
from dashboard.visual.html import metrics_html, notices_html, view_html
from dashboard.visual.links import safe_address
from dashboard.visual.view import Figure, View
from tests.hostile import HOSTILE
from tests.visual.tables import NOON

INERT_TAGS = {
    "p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "strong", "b", "em", "i", "u", "s", "del", "sub", "sup", "mark",
    "small", "code", "pre", "kbd", "blockquote", "table", "thead", "tbody", "tr", "th", "td", "a", "span", "div", "dl", "dt", "dd", "details",
    "summary", "abbr", "center", "svg", "g", "path", "circle", "rect", "text", "polyline", "polygon",
}  # fmt: skip
OUR_ATTRIBUTES = {
    "class", "style", "href", "title", "target", "rel", "role", "align", "start", "colspan", "rowspan", "open", "data-row", "scope", "tabindex",
    "aria-label", "aria-hidden", "aria-current", "viewbox", "width", "height", "xmlns", "preserveaspectratio", "points", "fill", "fill-opacity",
    "stroke", "stroke-width", "stroke-linejoin", "stroke-linecap", "stroke-dasharray", "vector-effect", "d", "cx", "cy", "r", "x", "y", "rx",
    "transform", "font-size", "font-weight", "font-family", "text-anchor",
}  # fmt: skip


class Reader(HTMLParser):
    """Reads HTML as a browser would and notes whatever is not inert."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in INERT_TAGS:
            self.wrong.append(f"<{tag}>")
        for name, value in attrs:
            if name not in OUR_ATTRIBUTES:
                self.wrong.append(f"{tag} {name}={value}")
            if name == "href" and not (value or "").startswith(("https://", "http://", "mailto:")):
                self.wrong.append(f"href={value}")
            if name == "style" and any(
                word in (value or "").lower() for word in ("url(", "expression", "position", "@import", "<", "\\")
            ):
                self.wrong.append(f"style={value}")

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.wrong.append(f"<!--{data}-->")

    def unknown_decl(self, data: str) -> None:
        self.wrong.append(data)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


def hostile_settings(text: str) -> dict[str, Any]:
    """Settings with the text in every position that takes text."""
    rules = [
        {
            "operator": "Default",
            "thresholdValue": text,
            "representation": text,
            "text": text + "{0}{1}",
            "tooltipFormat": {"tooltip": text},
        }
    ]
    options = {
        "linkTarget": "Url", "linkLabel": text, "palette": text, "thresholdsOptions": "icons", "thresholdsGrid": rules, "showAsTag": True,
        "customColumnWidthSetting": text, "compositeBarSettings": {"labelText": text, "columnSettings": [{"columnName": "n", "color": text}]},
        "workbookContext": {"templateId": text, "templateIdSource": "static"}, "aggregation": "Inherit",
    }  # fmt: skip
    formatters = [
        {"columnMatch": name, "formatter": i % 23, "formatOptions": options, "tooltipFormat": {"tooltip": text}, "numberFormat": {"unit": 17, "emptyValCustomText": text}}
        for i, name in enumerate(["s", "n", "t", "e", text, "$gen_group"])
    ]  # fmt: skip
    slot = {"columnMatch": "s", "formatter": 18, "formatOptions": options, "tooltipFormat": {"tooltip": text}}
    return {
        "gridSettings": {"formatters": formatters, "labelSettings": [{"columnId": "s", "label": text}, {"columnId": "$gen_group", "label": text}]},
        "chartSettings": {
            "seriesLabelSettings": [{"seriesName": text, "label": text, "color": text}], "xSettings": {"label": text}, "showLegend": True,
            "ySettings": {"label": text, "numberFormatSettings": {"unit": 2, "options": {"style": text, "currency": text}}},
        },
        "tileSettings": {"titleContent": slot, "subtitleContent": slot, "leftContent": slot, "rightContent": slot, "secondaryContent": slot},
        "statSettings": {"valueField": "s", "tagText": text, "colorSettings": {"type": "thresholds", "mode": "background", "thresholdsGrid": rules}, "iconSettings": {"thresholdsGrid": rules}},
        "graphSettings": {"type": 0, "nodeIdField": "s", "sourceIdField": "s", "targetIdField": "e", "edgeLabel": "s", "topContent": slot, "colorSettings": {"type": 3, "nodeColorField": "s", "thresholdsGrid": rules}},
        "mapSettings": {"locInfo": "CountryRegion", "locInfoColumn": "c", "labelSettings": "s", "legendMetric": "n"},
        "exportParameterName": "P", "size": 0,
    }  # fmt: skip


def hostile_table(text: str) -> Table:
    return table_from_rows(
        [
            ("t", "datetime"),
            ("s", "string"),
            ("n", "long"),
            ("e", "string"),
            ("c", "string"),
            ("d", "dynamic"),
            (text, "string"),
        ],
        [(NOON, text, 5, "x", "France", {text: text}, text), (NOON, "x", 7, text, text, [text], text)],
    )


def views(text: str) -> Iterator[tuple[str, View]]:
    table, settings = hostile_table(text), hostile_settings(text)
    for kind in (
        "table",
        "linechart",
        "barchart",
        "categoricalbar",
        "piechart",
        "tiles",
        "stat",
        "card",
        "map",
        "graph",
    ):
        yield kind, draw({"visualization": kind, **settings}, table)
    for formatter in range(23):
        entry = {**settings["gridSettings"]["formatters"][0], "formatter": formatter, "columnMatch": ".*"}
        yield f"formatter {formatter}", draw({"gridSettings": {"formatters": [entry]}}, table)
    tree = {**settings["gridSettings"], "hierarchySettings": {"treeType": 1, "groupBy": ["s", "e"], "finalBy": "c"}}
    yield "tree", draw({"gridSettings": tree}, table)
    hive = {
        **settings["graphSettings"],
        "type": 2,
        "groupByField": "e",
        "hivesContent": {"columnMatch": "e", "formatter": 1},
    }
    yield "hive", draw({"visualization": "graph", "graphSettings": hive}, table)
    for style in ("markdown", "header", "editor", "bignumber"):
        yield (
            style,
            draw(
                {"visualization": "card", "textSettings": {"style": style}},
                table_from_rows([("s", "string")], [(text,)]),
            ),
        )
    yield "unknown", draw({"visualization": text}, table)
    yield "no rows", draw({"noDataMessage": text}, table_from_rows([("a", "long")], []))
    yield "message", message_view("error", text)
    yield "text", markdown_text(text, text)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_inert_in_every_position_of_every_view(text: str) -> None:
    for name, view in views(text):
        if isinstance(view, Figure):
            html = metrics_html(view) + notices_html(view.notices)
            for place, shown in figure_texts(view):
                assert "<" not in shown.replace("<br>", "").replace("<extra></extra>", "").replace("<b>", "").replace(
                    "</b>", ""
                ), (name, place, shown)
        else:
            html = view_html(view)
        assert read(html).wrong == [], (name, html[:600])


def figure_texts(view: Figure) -> Iterator[tuple[str, str]]:
    """All texts that Plotly reads as its little HTML."""

    def strings(place: str, value: Any) -> Iterator[tuple[str, str]]:
        if isinstance(value, str):
            yield place, value
        elif isinstance(value, dict):
            for key, entry in value.items():
                yield from strings(f"{place}/{key}", entry)
        elif isinstance(value, (list, tuple)):
            for entry in value:
                yield from strings(place, entry)

    yield from strings("", dict(view.figure))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_still_read_by_a_person(text: str) -> None:
    shown = read(view_html(draw({}, table_from_rows([("s", "string")], [(text,)])))).text
    assert text.replace("\r", "\n").replace("\x00", "") in shown.replace("\x00", "").replace("\ufffd", "").replace(
        "\r", "\n"
    )


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "JAVASCRIPT:alert(1)", "java\nscript:alert(1)", " \tjavascript:x", "data:text/html,x", "vbscript:x", "file:///etc/passwd",
     "//evil.example", "/relative", "evil.example", "https://", "https://good.example@evil.example/", "https://a b", "http://x\\@evil", "ftp://x/y",
     "blob:https://x/y", "about:blank", "https://x/\"onmouseover=1", "https://x/<b>", "mailto:", "mailto://x", "https://\u00a0x", "http://[::1", ""],
)  # fmt: skip
def test_only_plain_web_and_mail_addresses_become_links(address: str) -> None:
    assert safe_address(address) == ""


@pytest.mark.parametrize(
    "address",
    [
        "https://a.example/x?y=1&z=%20#f",
        "http://10.0.0.1:8080/",
        "mailto:soc@contoso.com?subject=x",
        "https://[2001:db8::1]/",
    ],
)
def test_plain_addresses_stay_as_they_are(address: str) -> None:
    assert safe_address(f" {address} ") == address
