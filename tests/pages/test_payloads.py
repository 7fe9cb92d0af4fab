"""Hostile texts in every position of a workbook, in a real browser: no script runs, no host is asked, no link runs one.

The `page` fixture of the suite says what was asked of other hosts and what the content policy blocked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.hostile import payloads
from tests.pages.conftest import SCROLLED, settle
from tests.pages.samples import document, parameters, query, text
from tests.serving import Serving, serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
AT_ONCE = 12
SLOWLY = 180_000
SEED = 17
WATCH = """() => {
  window.__ran = [];
  for (const name of ["alert", "confirm", "prompt", "print", "open"]) window[name] = () => window.__ran.push(name);
}"""
HOVER = """async () => {
  let tips = 0;
  const wait = () => new Promise((done) => setTimeout(done, 60));
  for (const plot of document.querySelectorAll(".js-plotly-plot")) {
    plot.scrollIntoView({ block: "center" });
    const plane = plot.querySelector(".nsewdrag");
    const marks = plot.querySelectorAll(".slice path.surface, .trace .point path, .trace path.point");
    for (const mark of [...marks].slice(0, 16)) {
      const box = mark.getBoundingClientRect();
      const at = { bubbles: true, clientX: box.x + box.width / 2, clientY: box.y + box.height / 2 };
      for (const kind of ["mouseover", "mousemove"]) (plane ?? mark).dispatchEvent(new MouseEvent(kind, at));
      const shown = () => plot.querySelectorAll(".hoverlayer .hovertext").length > 0;
      for (let turn = 0; turn < 4 && !shown(); turn++) await wait();
      tips += shown() ? 1 : 0;
    }
  }
  return tips;
}"""
"""Shows the tooltips of the marks of every chart; gives how many there were."""
FOUND = """() => {
  const found = { links: [], handlers: [], frames: [] };
  const look = (root) => {
    for (const node of root.querySelectorAll("*")) {
      for (const { name, value } of node.attributes) {
        if (/^on/i.test(name)) found.handlers.push(`${node.tagName} ${name}`);
        if (/^(href|src|action|xlink:href|formaction|data)$/i.test(name) && /^[\\s\\x00-\\x20]*(javascript|vbscript|data:text)/i.test(value)) found.links.push(value);
      }
      if (/^(IFRAME|OBJECT|EMBED|BASE|META)$/.test(node.tagName) && node.closest(".stApp")) found.frames.push(node.tagName);
      if (node.shadowRoot) look(node.shadowRoot);
    }
  };
  look(document);
  return { ...found, ran: window.__ran };
}"""


def rows(*texts: str) -> str:
    """A JSON data source with the texts in cells, one also as a column's name, beside numbers, places and nodes."""
    content = [
        {"name": one, "n": 3 + at, "place": "France", "source": "", "target": "", "tags": [one, "b"], "at": 2 * at, texts[0]: one}
        for at, one in enumerate(texts)
    ]  # fmt: skip
    content += [
        {"name": "", "n": 5, "place": one, "source": one, "target": texts[0], "tags": [], "at": 0, texts[0]: "x"} for one in texts
    ]  # fmt: skip
    return json.dumps({"version": "1.0.0", "content": json.dumps(content)})


def drawn(kind: str, *texts: str, **settings: Any) -> dict[str, Any]:
    return query(rows(*texts), texts[0], queryType=8, visualization=kind, **settings)


def written(text_: str) -> list[dict[str, Any]]:
    """An item for every position that an author writes a text into."""
    links = {
        "linkTarget": "Url", "linkLabel": text_, "preText": text_, "postText": text_, "cellValue": text_, "style": "link",
        "icon": text_, "tabWidth": text_,
    }  # fmt: skip
    return [
        text(text_),
        text(f"# {text_}\n\n- {text_}\n\n|a|b|\n|-|-|\n|{text_}|{text_}|", ),
        {"type": 1, "content": {"json": text_, "style": text_}, "name": text_, "styleSettings": {"margin": text_, "maxWidth": text_}},
        parameters(
            {"name": "A", "type": 1, "label": text_, "description": text_, "value": text_},
            {"name": "B", "type": 2, "label": text_, "jsonData": json.dumps([{"value": text_, "label": text_, "group": text_}]), "value": text_},
            {"name": "C", "type": 10, "jsonData": json.dumps([text_, "b"]), "value": text_},
            {"name": "D", "type": 9, "multiSelect": True, "value": [text_]},
        ),
        text("{A} {B:label} {C} {D}"),
        {"type": 11, "content": {"version": "LinkItem/1.0", "style": "list", "links": [links, {**links, "linkTarget": "OpenBlade"}, {**links, "linkTarget": "Resource"}]}, "name": "l"},
        {"type": 11, "content": {"version": "LinkItem/1.0", "style": "tabs", "links": [{**links, "linkTarget": "parameter", "cellValue": "T", "subTarget": text_}]}, "name": "t"},
        {"type": 12, "content": {"version": "NotebookGroup/1.0", "groupType": "editable", "title": text_, "expandable": True, "items": []}, "name": "g"},
        query("print x = 1 | where x > 1", text_, noDataMessage=text_),
        query(text_, text_),
        drawn("table", text_, gridSettings={"filter": True, "labelSettings": [{"columnId": "n", "label": text_, "comment": text_}], "formatters": [
            rule("name", text_, 7), rule("place", text_, 18), rule("tags", text_, 0, showAsTag=True), rule("n", text_, 22), rule("source", text_, 7, linkTarget="GenericDetails")]}),
        drawn("stat", text_, statSettings={"valueField": "name", "tagText": text_}), drawn("card", text_, textSettings={"style": "markdown"}),
        drawn(text_, text_),
    ]  # fmt: skip


def rule(column: str, text_: str, formatter: int, **more: Any) -> dict[str, Any]:
    """A formatter with the text in every setting that is a text."""
    grid = {"operator": "Default", "representation": text_, "text": text_ + "{0}", "tooltipFormat": {"tooltip": text_}}
    options = {"thresholdsOptions": "icons", "thresholdsGrid": [grid], "linkTarget": "Url", "linkLabel": text_, "palette": text_,
               "customColumnWidthSetting": text_, "compositeBarSettings": {"labelText": text_, "columnSettings": [{"columnName": "n", "color": text_}]}}  # fmt: skip
    tooltip = {"tooltip": text_}
    return {
        "columnMatch": column,
        "formatter": formatter,
        "formatOptions": {**options, **more},
        "tooltipFormat": tooltip,
    }


def charted(one: str, other: str) -> dict[str, Any]:
    """A chart with the texts as labels of its axes and of its series; drawing charts is what such a page costs most."""
    labels = [{"seriesName": each, "label": each, "color": each} for each in (one, other)]
    settings = {"xAxis": "place", "group": "name", "seriesLabelSettings": labels, "xSettings": {"label": one}, "ySettings": {"label": other}, "showLegend": True}  # fmt: skip
    return drawn("barchart", one, other, chartSettings=settings)


def held(texts: Sequence[str]) -> list[dict[str, Any]]:
    """Items that draw a row for each text: cells, tiles, slices, bars, places, nodes, and the tooltips of all of them."""
    own = '["name"]'  # the row's own text in every setting that may quote the row
    slots = dict.fromkeys(("titleContent", "subtitleContent", "secondaryContent"), rule("name", own, 1))
    network = {
        "nodeIdField": "name",
        "sourceIdField": "source",
        "targetIdField": "target",
        "edgeLabel": "place",
        "topContent": rule("name", own, 1),
    }
    return [
        drawn("table", *texts, gridSettings={"formatters": [rule("name", own, 7), rule("place", own, 18), rule("n", own, 22)]}),
        drawn("table", *texts, gridSettings={"hierarchySettings": {"treeType": 1, "groupBy": ["name"]}}),
        drawn("tiles", *texts, tileSettings={**slots, "leftContent": rule("n", own, 12), "rightContent": rule("place", own, 7)}),
        drawn("piechart", *texts, chartSettings={"group": "name", "createOtherGroup": 100}),
        drawn("categoricalbar", *texts, chartSettings={"xAxis": "name"}),
        drawn("linechart", *texts, chartSettings={"xAxis": "at", "yAxis": ["n"], "group": "name", "showLegend": True, "showDataPoints": True}),
        drawn("map", *texts, mapSettings={"locInfo": "CountryRegion", "locInfoColumn": "place", "labelSettings": "name", "legendMetric": "n"}),
        drawn("graph", *texts, graphSettings={"type": 0, **network, "showOrientationToggles": True}),
        drawn("graph", *texts, graphSettings={"type": 2, **network, "groupByField": "place", "hivesContent": rule("place", own, 1)}),
    ]  # fmt: skip


def write(folder: Path, texts: Sequence[str]) -> list[str]:
    """Workbooks with some of the texts each; gives their names."""
    names = []
    for at in range(0, len(texts), AT_ONCE):
        some = texts[at : at + AT_ONCE]
        pairs = zip(some[::2], some[1::2], strict=True)
        items = [*(item for one in some for item in written(one)), *(charted(*pair) for pair in pairs), *held(some)]
        name = f"hostile-{at}"
        (folder / f"{name}.json").write_text(json.dumps(document(text("# Hostile"), *items)), encoding="utf-8")
        names.append(name)
    return names


@pytest.fixture(scope="module")
def sample(rows: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Serving, list[str]]]:
    folder = tmp_path_factory.mktemp("payloads")
    names = write(folder, payloads()[SEED::75])
    with serving(data=rows, workbooks=folder) as running:
        yield running, names


def check(page: Page, running: Serving, name: str) -> None:
    page.add_init_script(f"({WATCH})()")
    page.on("dialog", lambda dialog: dialog.dismiss())
    page.goto(f"{running.url}/workbook?w=mine/{name}")
    settle(page, SLOWLY)
    page.evaluate(SCROLLED)
    assert page.locator("[data-state='drawn']").count() > 10, name
    tips = page.evaluate(HOVER)
    assert tips > 10, name
    found = page.evaluate(FOUND)
    assert found == {"links": [], "handlers": [], "frames": [], "ran": []}, name
    words = page.locator("body").inner_text()
    assert not re.search(r"PG002|Traceback", words), name
    assert page.locator("[class*='st-key-wi']").count() > 15, name


def test_hostile_texts_do_nothing_wherever_they_stand(page: Page, sample: tuple[Serving, list[str]]) -> None:
    running, names = sample
    for name in names:
        check(page, running, name)


@pytest.mark.soak
def test_three_hundred_hostile_texts_do_nothing_wherever_they_stand(page: Page, rows: Path, tmp_path: Path) -> None:
    texts = payloads()
    assert len(texts) == 300
    names = write(tmp_path, texts)
    with serving(data=rows, workbooks=tmp_path) as running:
        for name in names:
            check(page, running, name)
