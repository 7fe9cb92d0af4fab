"""Standalone pages: everything inside, nothing asked from outside, nothing runs that is not ours."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest
import resvg_py
from PIL import Image, ImageColor

from dashboard.document.workbook import Item, Parameter
from dashboard.errors import WatchbookError
from dashboard.export import chromium
from dashboard.export.page import export_figure_html, export_page_html, script_json
from dashboard.runtime.plan import Control, PlannedItem, Tab
from dashboard.table import Table, table_from_rows
from dashboard.visual.build import build_view
from dashboard.visual.view import Figure, View
from tests.hostile import HOSTILE
from tests.visual.tables import counts, hours
from tests.visual.test_hostile_texts import hostile_settings, hostile_table

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Entry = tuple[PlannedItem, View | None, tuple[str, ...]]


def planned(kind: int, content: dict[str, Any], path: str = "items/0", **more: Any) -> PlannedItem:
    raw = {"type": kind, "content": content, **more.pop("raw", {})}
    texts = {key: value for key, value in content.items() if key in ("title", "json", "noDataMessage")}
    return PlannedItem(
        Item(raw, path, content), path, more.pop("status", "ready"), "k", texts=texts, settings=content, **more
    )


def drawn(content: dict[str, Any], table: Table, path: str = "items/0", *notices: str) -> Entry:
    item = planned(3, content, path)
    return item, build_view(item, table), notices


def figure() -> Figure:
    view = build_view(planned(3, {"visualization": "linechart"}), hours({"a": [1, 2]}))
    assert isinstance(view, Figure)
    return view


def outside(html: str) -> list[str]:
    """Attributes of the page itself (not of the library inside it) that would load something."""
    body = re.sub(r"<script>.*?</script>", "", html, flags=re.DOTALL)
    return re.findall(r"""<(?:script|link|img|iframe|object|embed|base)\b[^>]*(?:src|href|data)\s*=[^>]*>""", body)


def test_a_chart_is_a_page_of_its_own_with_title_and_facts() -> None:
    html = export_figure_html(figure(), title="Execs by hour", facts={"Data": "Sample estate"}).decode()
    assert "<title>Execs by hour</title>" in html
    assert "Sample estate" in html
    assert outside(html) == []
    assert "default-src 'none'" in unescape(html)


def test_plotly_is_in_a_page_once_however_many_charts_and_not_without_one() -> None:
    several = export_page_html(
        "W", [drawn({"visualization": "linechart"}, hours({"a": [1, 2]}), f"items/{i}") for i in range(5)]
    )
    without = export_page_html("W", [drawn({}, counts({"a": 1}))])
    assert 4_000_000 < len(several) < 6_000_000
    assert len(without) < 60_000
    assert "script-src 'none'" in unescape(without.decode())


def test_items_keep_their_order_width_border_and_groups() -> None:
    inner = planned(
        3, {"title": "Inner"}, "items/1/items/0", raw={"customWidth": "50", "styleSettings": {"showBorder": True}}
    )
    group = planned(12, {"title": "The group"}, "items/1", items=(inner,))
    entries: list[Entry] = [
        (planned(1, {"json": "# Hello"}), None, ()),
        (group, None, ()),
        (inner, build_view(inner, counts({"pod": 7})), ("Cut at 5 rows.",)),
    ]
    html = export_page_html("W", entries).decode()
    places = [html.index(text) for text in ("Hello", "The group", "Inner", ">pod<", "Cut at 5 rows.")]
    assert places == sorted(places)
    assert html.count(">pod<") == 1
    assert "--w:50" in html
    assert "bordered" in html


def test_parts_of_an_exported_page_take_no_more_than_their_most_width() -> None:
    half = planned(1, {"json": "# Half"}, raw={"styleSettings": {"maxWidth": "50%"}})
    empty = planned(1, {"json": " "}, "items/1", raw={"customWidth": "65"})
    html = export_page_html("W", [(half, None, ()), (empty, None, ())]).decode()
    assert re.findall(r'<section class="item text" style="--w:(\d+)"', html) == ["50", "65"]


def test_parameters_tabs_and_messages_are_in_the_page() -> None:
    control = Control(Parameter({"name": "P", "label": "Cluster"}, "items/0", ""), True, "x", text="All of them")
    hidden = Control(Parameter({"name": "H", "label": "Not me"}, "items/0", ""), False)
    entries: list[Entry] = [
        (planned(9, {}, "items/0", controls=(control, hidden)), None, ()),
        (
            planned(11, {"style": "tabs"}, "items/1", tabs=(Tab("Pods", "parameter", True), Tab("Audit", "parameter"))),
            None,
            (),
        ),
        (planned(3, {"title": "CPU"}, "items/2", status="unset", message="Please set: Workspace"), None, ()),
        (planned(3, {"title": "Secret"}, "items/3", status="hidden"), None, ()),
    ]
    html = export_page_html("W", entries).decode()
    for text in ("Cluster", "All of them", 'aria-current="true">Pods', "Audit", "Please set: Workspace"):
        assert text in html
    assert "Not me" not in html
    assert "Secret" not in html


def test_trees_are_written_out_with_their_depth() -> None:
    settings = {"gridSettings": {"hierarchySettings": {"treeType": 1, "groupBy": ["Category"], "finalBy": "count_"}}}
    html = export_page_html("W", [drawn(settings, counts({"audit": 3}))]).decode()
    assert "audit (1)" in html
    assert "padding-left:28px" in html


@pytest.mark.parametrize("text", HOSTILE)
def test_data_of_a_chart_cannot_end_its_script(text: str) -> None:
    written = script_json({"x": [text, text + "\u2028"], text: text})
    assert not re.search(r"[<>&\u2028\u2029]", written)
    assert json.loads(written) == {"x": [text, text + "\u2028"], text: text}


def hostile_entries() -> Iterator[Entry]:
    number = 0
    for text in HOSTILE:
        for kind in ("table", "barchart", "piechart", "tiles", "stat", "graph", "map", "card"):
            settings = {"visualization": kind, **hostile_settings(text), "title": text}
            yield drawn(settings, hostile_table(text), f"items/{number}", text)
            number += 1
        yield planned(1, {"json": text, "style": "info"}, f"items/{number}"), None, (text,)
        control = Control(Parameter({"name": "P", "label": text}, "", ""), True, text, text=text)
        yield planned(9, {}, f"items/{number + 1}", controls=(control,)), None, ()
        tab = Tab(text, "Url", url=text, pre_text=text, post_text=text)
        yield planned(11, {"style": "list"}, f"items/{number + 2}", tabs=(tab,)), None, ()
        yield planned(3, {"title": text}, f"items/{number + 3}", status="error", message=text), None, ()
        number += 4


@pytest.mark.browser
def test_no_hostile_text_runs_or_loads_in_an_exported_page(browser: Browser, tmp_path: Path) -> None:
    entries = list(hostile_entries())
    for part in range(0, len(entries), 200):
        source = tmp_path / f"page{part}.html"
        chosen = [
            entry
            for entry in entries[part : part + 200]
            if not isinstance(entry[1], Figure) or hash(entry[0].path) % 3 == 0
        ]
        source.write_bytes(export_page_html(HOSTILE[part % len(HOSTILE)], chosen, {"Data": HOSTILE[0]}))
        page = browser.new_page()
        said: list[str] = []
        asked: list[str] = []
        page.on("dialog", lambda dialog, said=said: (said.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.on("pageerror", lambda error, said=said: said.append(str(error)))
        page.goto(source.as_uri())
        page.wait_for_selector("html[data-drawn]", timeout=60_000)
        assert said == []
        assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
        assert page.evaluate(
            "[...document.querySelectorAll('a')].every(a => /^(https?|mailto):/.test(a.href || a.getAttribute('href') || 'https:'))"
        )
        page.close()


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_an_exported_page_draws_its_charts_and_fits_its_window(
    browser: Browser, tmp_path: Path, width: int, scheme: str
) -> None:
    source = tmp_path / "page.html"
    entries = [
        drawn({"visualization": kind, "title": kind}, hours({"exec": [1, 2], "attach": [2, 1]}), f"items/{i}")
        for i, kind in enumerate(("linechart", "barchart", "piechart", "table"))
    ]
    source.write_bytes(export_page_html("W", entries))
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(source.as_uri())
    page.wait_for_selector("html[data-drawn]")
    assert page.locator(".chart .main-svg").count() >= 3
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.close()


@pytest.mark.browser
@pytest.mark.parametrize(("form", "magic"), [("png", b"\x89PNG"), ("svg", b"<svg")])
def test_a_chart_is_a_picture_by_chromium(form: Any, magic: bytes) -> None:
    data = chromium.figure_picture(figure(), form, title="A <b>", facts={"Data": "estate"})
    assert data.startswith(magic)
    if form == "svg":
        root = ElementTree.fromstring(data)
        assert "A <b>" in "".join(root.itertext())


def rastered(settings: dict[str, Any], table: Table) -> tuple[dict[tuple[int, int, int], int], Any]:
    """The pixels of a chart's SVG by colour, drawn by resvg, which shares nothing with Chromium; and the picture."""
    view = build_view(planned(3, settings), table)
    assert isinstance(view, Figure)
    svg = chromium.figure_picture(view, "svg", title="T")
    picture = Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=svg.decode(), background="#ffffff"))))
    picture = picture.convert("RGB")
    return {colour: count for count, colour in picture.getcolors(picture.width * picture.height)}, picture


def colours_of(settings: dict[str, Any], table: Table) -> list[tuple[int, int, int]]:
    """The colours that the figure gives its marks, in order."""
    view = build_view(planned(3, settings), table)
    assert isinstance(view, Figure)
    marker = view.figure["data"][0]["marker"]
    return [ImageColor.getrgb(colour)[:3] for colour in marker.get("colors") or marker["color"]]


SHARES = table_from_rows([("Name", "string"), ("N", "long")], [("a", 50), ("b", 30), ("c", 20)])


@pytest.mark.browser
def test_the_svg_of_a_pie_shows_its_shares_in_an_independent_reader() -> None:
    settings = {"visualization": "piechart"}
    pixels, _ = rastered(settings, SHARES)
    slices = [pixels.get(colour, 0) for colour in colours_of(settings, SHARES)]
    whole = sum(slices)
    assert whole > 10_000
    assert [round(100 * each / whole) for each in slices] == [50, 30, 20]


@pytest.mark.browser
def test_the_svg_of_bars_shows_each_bar_as_high_as_its_number_in_an_independent_reader() -> None:
    settings = {"visualization": "categoricalbar"}
    _, picture = rastered(settings, SHARES)
    heights = []
    for colour in colours_of(settings, SHARES):
        places = [
            (x, y)
            for x in range(0, picture.width, 4)
            for y in range(picture.height)
            if picture.getpixel((x, y)) == colour
        ]
        assert places, colour
        xs = {x for x, _ in places}
        heights.append(max(len([1 for x, _ in places if x == column]) for column in xs))
    assert [round(5 * each / heights[0], 1) for each in heights] == [5.0, 3.0, 2.0]


@pytest.mark.browser
def test_the_svg_of_lines_shows_each_line_apart_in_an_independent_reader() -> None:
    settings = {"visualization": "linechart"}
    table = hours({"up": list(range(1, 20)), "down": list(range(20, 1, -1))})
    view = build_view(planned(3, settings), table)
    assert isinstance(view, Figure)
    lines = [ImageColor.getrgb(trace["line"]["color"])[:3] for trace in view.figure["data"]]
    pixels, picture = rastered(settings, table)
    assert len(set(lines)) == 2
    assert all(pixels.get(colour, 0) > 400 for colour in lines)
    ends = []
    for colour in lines:
        places = [
            (x, y)
            for x in range(picture.width)
            for y in range(40, picture.height)
            if picture.getpixel((x, y)) == colour
        ]
        first, last = min(places), max(places)
        ends.append(first[1] > last[1])
    assert ends == [trace["name"] == "up" for trace in view.figure["data"]]


@pytest.mark.browser
def test_a_page_is_a_pdf_by_chromium() -> None:
    page = export_page_html("W", [drawn({"visualization": "linechart"}, hours({"a": [1, 2]}))])
    assert chromium.page_pdf(page).startswith(b"%PDF")


def test_without_chromium_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(WatchbookError, match=r"EX002.*apt-get install chromium"):
        chromium.figure_picture(figure(), "png")


def test_a_picture_of_another_format_is_refused() -> None:
    with pytest.raises(WatchbookError, match=r"EX005.*'gif'"):
        chromium.figure_picture(figure(), "gif")  # type: ignore[arg-type]


def test_a_table_with_no_rows_is_a_message_in_the_page() -> None:
    html = export_page_html(
        "W", [drawn({"noDataMessage": "All quiet."}, table_from_rows([("a", "long")], []))]
    ).decode()
    assert "All quiet." in html
