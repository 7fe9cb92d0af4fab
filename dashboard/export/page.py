"""Standalone HTML: one chart, or a whole workbook. Such a file needs no network and asks none: scripts, styles and data are
inside it, and its own content security policy forbids everything else."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboard.visual import theme
from dashboard.visual.build import build_view, message_view, text_view
from dashboard.visual.figures import plotly_text
from dashboard.visual.html import metrics_html, notices_html, stylesheet, text, view_html
from dashboard.visual.links import safe_address
from dashboard.visual.resources import resource_name
from dashboard.visual.view import Figure, View

if TYPE_CHECKING:
    from dashboard.runtime.plan import Control, PlannedItem
    from dashboard.runtime.results import ItemResult

Drawn = tuple["PlannedItem", "View | None", Sequence[str]]


def export_figure_html(figure: Figure, *, title: str = "", facts: Mapping[str, str] | None = None) -> bytes:
    """One chart as an interactive page of its own, with its strip of numbers and the facts under it."""
    charts: list[dict[str, Any]] = []
    body = f'<section class="item">{_heading(title)}{_figure(figure, charts)}</section>'
    return _page(title or "Chart", body, facts or {}, charts)


def picture_page(
    figure: Figure,
    format: str,
    *,
    width: int,
    title: str = "",
    facts: Mapping[str, str] | None = None,
    dark: bool = False,
) -> bytes:
    """A page that draws one chart and leaves its picture as a data URL in `<pre id="picture">`."""
    chart = picture_chart(figure, format, width=width, title=title, facts=facts, dark=dark)
    return _page(title or "Chart", _PICTURE_BODY, {}, [chart], _PICTURE_SCRIPT)


def blank_picture_page() -> bytes:
    """A page that draws the charts it is given later: `picture(JSON)` is a promise of the data URL."""
    return _page("Chart", _PICTURE_BODY, {}, [{}], _PICTURE_SCRIPT.replace("[0];", "[1];"))


def picture_chart(
    figure: Figure,
    format: str,
    *,
    width: int,
    title: str = "",
    facts: Mapping[str, str] | None = None,
    dark: bool = False,
) -> dict[str, Any]:
    """A chart as a picture has it: title and facts above it, its legend, of a fixed size."""
    drawn = theme.apply(figure.figure, dark)
    shades = theme.colors(dark)
    told = " · ".join(f"{name}: {value}" for name, value in (facts or {}).items() if value)
    named = [trace for trace in drawn["data"] if trace.get("name") or trace.get("type") == "pie"]
    layout = {**drawn["layout"], "paper_bgcolor": shades["paper"], "autosize": False, "width": width}
    legend = len(named) > 1 or figure.kind == "piechart"
    top = (34 if title else 0) + (18 if told else 0) + (26 if legend else 0)
    layout["showlegend"] = legend
    layout["legend"] = {
        "orientation": "h",
        "x": 0,
        "xanchor": "left",
        "y": 1.02,
        "yanchor": "bottom",
        "traceorder": "normal",
    }
    layout["height"] = figure.height + top
    layout["margin"] = {**layout["margin"], "t": layout["margin"].get("t", 10) + top}
    if title or told:
        layout["title"] = {
            "text": f"<b>{plotly_text(title, 140)}</b>", "font": {"size": 15}, "x": 0, "xanchor": "left", "xref": "container",
            "y": 1, "yanchor": "top", "yref": "container", "pad": {"l": 12, "t": 12},
            "subtitle": {"text": plotly_text(told, 220), "font": {"size": 11, "color": shades["soft"]}},
        }  # fmt: skip
    return {"data": drawn["data"], "layout": layout, "format": format, "width": width, "height": layout["height"]}


def export_page_html(title: str, items: Iterable[Drawn], facts: Mapping[str, str] | None = None) -> bytes:
    """A whole workbook as one page: items with their views, in the workbook's own order, widths and groups.

    `items` are (planned item, view, notices) for all items of a plan, or for the top ones alone; views of nested items are
    found by path. An item without a view is drawn from its plan: tabs, parameters, or the message of its status.
    """
    return export_sections_html(title, [("", list(items))], facts)


def export_sections_html(
    title: str, sections: Iterable[tuple[str, Sequence[Drawn]]], facts: Mapping[str, str] | None = None
) -> bytes:
    """The same for several sections, each with a heading: the tabs of a workbook. Nested items that are not among a
    section's are left out of it, and groups with nothing left in them."""
    charts: list[dict[str, Any]] = []
    body = []
    for label, entries in sections:
        drawn = {planned.path: (view, notices) for planned, view, notices in entries}
        nested = {path for planned, _, _ in entries for path in _paths_inside(planned)}
        roots = [planned for planned, _, _ in entries if planned.path not in nested]
        heading = f'<h2 class="section">{text(label)}</h2>' if label else ""
        body.append(f'<div class="section">{heading}{_row(roots, drawn, charts, only=bool(label))}</div>')
    head = f'<h1 class="workbook">{text(title)}</h1>{_told(facts or {}, "lead")}'
    return _page(title, head + "".join(body), {}, charts)


def item_view(planned: PlannedItem, result: ItemResult, zone: str) -> View | None:
    """What an item shows; None where its plan says it all."""
    if result.table is not None:
        return build_view(planned, result.table, zone=zone)
    if planned.item.kind == "text" and result.status == "ok":
        return text_view(planned)
    if result.status in ("error", "unset", "unsupported"):
        return message_view(result.status, result.message, result.problem)
    return None


def notices_of(result: ItemResult) -> tuple[str, ...]:
    """What a reader of a result must know."""
    return tuple(notice.message for notice in result.table.notices) if result.table is not None else ()


def _paths_inside(planned: PlannedItem) -> Iterable[str]:
    for child in planned.items:
        yield child.path
        yield from _paths_inside(child)


Found = Mapping[str, tuple["View | None", Sequence[str]]]


def _row(items: Sequence[PlannedItem], drawn: Found, charts: list[dict[str, Any]], only: bool = False) -> str:
    """Items beside each other; with `only`, those that are not drawn in this section are left out."""
    made = [_item(item, drawn, charts, only) for item in items if item.status != "hidden"]
    return f'<div class="row">{"".join(made)}</div>' if any(made) else ""


def _item(planned: PlannedItem, drawn: Found, charts: list[dict[str, Any]], only: bool) -> str:
    if only and planned.path not in drawn:
        return ""
    style = f'style="--w:{max(5.0, planned.item.row_share):g}"'
    border = " bordered" if planned.item.style.get("showBorder") is True else ""
    view, notices = drawn.get(planned.path, (None, ()))
    kind = planned.item.kind
    if view is not None:
        content = _figure(view, charts) if isinstance(view, Figure) else view_html(view)
    elif planned.status in ("unset", "unsupported", "error"):
        content = view_html(message_view(planned.status, planned.message, planned.problem))
    elif kind == "group":
        content = _row(planned.items, drawn, charts, only) if planned.items else ""
    elif kind == "links":
        content = _links(planned)
    elif kind == "parameters":
        content = _parameters(planned)
    elif kind == "text":
        content = view_html(text_view(planned))
    else:
        content = view_html(message_view("empty", planned.message or "This item has not been run."))
    if not content:
        return ""
    heading = _heading(planned.texts.get("title") or "")
    return f'<section class="item {text(kind)}{border}" {style}>{heading}{content}{notices_html(notices)}</section>'


def _heading(title: str) -> str:
    return f"<h2>{text(title)}</h2>" if title else ""


def _links(planned: PlannedItem) -> str:
    tabs = [tab for tab in planned.tabs if tab.label]
    if str(planned.settings.get("style") or "") == "tabs":
        chosen = ' class="chosen" aria-current="true"'
        entries = "".join(f"<li{chosen if tab.selected else ''}>{text(tab.label)}</li>" for tab in tabs)
        return f'<ul class="tabs">{entries}</ul>' if entries else ""
    parts = []
    for tab in tabs:
        href = safe_address(tab.url)
        label = (
            f'<a href="{text(href)}" target="_blank" rel="noopener noreferrer nofollow">{text(tab.label)}</a>'
            if href
            else text(tab.label)
        )
        parts.append(f"<li>{text(tab.pre_text)} {label} {text(tab.post_text)}</li>")
    return f'<ul class="links">{"".join(parts)}</ul>' if parts else ""


def _parameters(planned: PlannedItem) -> str:
    entries = "".join(
        f"<li><span>{text(control.parameter.label)}</span> <b>{text(_short(chosen_text(control)) or 'not set')}</b></li>"
        for control in planned.controls
        if control.visible
    )
    return f'<ul class="pills">{entries}</ul>' if entries else ""


def chosen_text(control: Control) -> str:
    """What is chosen, by the labels a reader sees."""
    value = control.value
    labels = {option.value: option.label for option in (*control.options, *control.specials)}
    if not isinstance(value, (str, list)) or not labels:
        return control.text
    chosen = [str(entry) for entry in (value if isinstance(value, list) else [value])]
    if len(control.options) > 1 and {option.value for option in control.options} <= set(chosen):
        return "All"
    return ", ".join(resource_name(labels.get(entry, "All" if entry == "value::all" else entry)) for entry in chosen)


def _short(value: str) -> str:
    return value if len(value) <= 120 else value[:119] + "…"


def _figure(view: Figure, charts: list[dict[str, Any]]) -> str:
    number = len(charts)
    light, dark = theme.apply(view.figure, False), theme.apply(view.figure, True)
    shades = [
        {key: value for key, value in trace.items() if value != plain.get(key)}
        for trace, plain in zip(dark["data"], light["data"], strict=True)
    ]
    charts.append({**light, "dark": {"layout": dark["layout"], "data": shades}})
    side = " side" if view.side_metrics else ""
    chart = f'<div class="chart" id="chart-{number}" style="height:{int(view.height)}px"></div>'
    return f'<div class="figure{side}">{chart}{metrics_html(view)}</div>{notices_html(view.notices)}'


def _told(facts: Mapping[str, str], kind: str) -> str:
    entries = "".join(f"<li><span>{text(name)}</span> {text(value)}</li>" for name, value in facts.items() if value)
    return f'<ul class="facts {kind}">{entries}</ul>' if entries else ""


def _page(title: str, body: str, facts: Mapping[str, str], charts: list[dict[str, Any]], script: str = "") -> bytes:
    style = stylesheet() + _STYLE
    scripts: list[str] = []
    data = ""
    if charts:
        data = f'<script type="application/json" id="charts">{script_json(charts)}</script>'
        scripts = [plotly_source(), script or _SCRIPT]
    policy = "; ".join([
        "default-src 'none'",
        "script-src " + (" ".join(f"'sha256-{_hash(script)}'" for script in scripts) or "'none'"),
        "style-src 'unsafe-inline'", "img-src data: blob:", "base-uri 'none'", "form-action 'none'",
    ])  # fmt: skip
    tail = "".join(f"<script>{script}</script>" for script in scripts)
    page = (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{text(policy)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer"><meta name="color-scheme" content="light dark">'
        f"<title>{text(title)}</title><style>{style}</style></head><body><main>{body}{_told(facts, 'foot')}</main>"
        f"{data}{tail}</body></html>\n"
    )
    return page.encode("utf-8", "replace")


def script_json(value: Any) -> str:
    """JSON that may stand inside a `<script>`: nothing in it can end the element or start a comment."""
    plain = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    escapes = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
    return "".join(escapes.get(char, char) for char in plain) if any(mark in plain for mark in escapes) else plain


@lru_cache(maxsize=1)
def plotly_source() -> str:
    """plotly.js as the installed package carries it."""
    import importlib.util

    found = importlib.util.find_spec("plotly")
    folder = Path(found.origin).parent if found and found.origin else Path()
    source = (folder / "package_data" / "plotly.min.js").read_text(encoding="utf-8")
    return source.replace("</script", "<\\/script")


def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")


_PICTURE_BODY = '<div id="chart-0"></div><pre id="picture"></pre>'
_STYLE = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
_PICTURE_SCRIPT = (Path(__file__).parent / "picture.js").read_text(encoding="utf-8")
_SCRIPT = (Path(__file__).parent / "page.js").read_text(encoding="utf-8")
