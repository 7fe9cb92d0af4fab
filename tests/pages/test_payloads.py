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
from tests.pages.conftest import DRAWN, IDLE
from tests.pages.samples import document, parameters, query, text
from tests.serving import Serving, serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
AT_ONCE = 4
SLOWLY = 180_000
SEED = 17
WATCH = """() => {
  window.__ran = [];
  for (const name of ["alert", "confirm", "prompt", "print", "open"]) window[name] = () => window.__ran.push(name);
}"""
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


def rows(text_: str) -> str:
    """A JSON data source with the text in cells, as a column's name, and beside numbers, a place and nodes."""
    content = [
        {"name": text_, "n": 3, "place": "France", "source": "", "target": "", "tags": [text_, "b"], text_: text_},
        {"name": "other", "n": 5, "place": text_, "source": text_, "target": "other", "tags": [], text_: "x"},
    ]
    return json.dumps({"version": "1.0.0", "content": json.dumps(content)})


def positions(text_: str) -> list[dict[str, Any]]:
    """An item for every position in which a workbook shows a text."""
    links = {
        "linkTarget": "Url", "linkLabel": text_, "preText": text_, "postText": text_, "cellValue": text_, "style": "link",
        "icon": text_, "tabWidth": text_,
    }  # fmt: skip
    grid = {"operator": "Default", "representation": text_, "text": text_ + "{0}", "tooltipFormat": {"tooltip": text_}}
    options = {"thresholdsOptions": "icons", "thresholdsGrid": [grid], "linkTarget": "Url", "linkLabel": text_, "palette": text_,
               "customColumnWidthSetting": text_, "compositeBarSettings": {"labelText": text_, "columnSettings": [{"columnName": "n", "color": text_}]}}  # fmt: skip

    def rule(column: str, formatter: int, **more: Any) -> dict[str, Any]:
        return {
            "columnMatch": column,
            "formatter": formatter,
            "formatOptions": {**options, **more},
            "tooltipFormat": {"tooltip": text_},
        }

    def drawn(kind: str, **settings: Any) -> dict[str, Any]:
        return query(rows(text_), text_, queryType=8, visualization=kind, **settings)

    slots = dict.fromkeys(("titleContent", "subtitleContent", "secondaryContent"), rule("name", 1))
    series = {"group": "name", "seriesLabelSettings": [{"seriesName": "other", "label": text_, "color": text_}],
              "xSettings": {"label": text_}, "ySettings": {"label": text_}, "showLegend": True}  # fmt: skip
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
        drawn("table", gridSettings={"filter": True, "labelSettings": [{"columnId": "n", "label": text_, "comment": text_}], "formatters": [
            rule("name", 7), rule("place", 18), rule("tags", 0, showAsTag=True), rule("n", 22), rule("source", 7, linkTarget="GenericDetails")]}),
        drawn("table", gridSettings={"hierarchySettings": {"treeType": 1, "groupBy": ["name"]}}),
        drawn("tiles", tileSettings={**slots, "leftContent": rule("n", 12), "rightContent": rule("place", 7)}),
        drawn("piechart", chartSettings=series), drawn("categoricalbar", chartSettings={"xAxis": "name"}),
        drawn("barchart", chartSettings={"xAxis": "place", **series}),
        drawn("stat", statSettings={"valueField": "name", "tagText": text_}), drawn("card", textSettings={"style": "markdown"}),
        drawn("map", mapSettings={"locInfo": "CountryRegion", "locInfoColumn": "place", "labelSettings": "name", "legendMetric": "n"}),
        drawn("graph", graphSettings={"type": 0, "nodeIdField": "name", "sourceIdField": "source", "targetIdField": "target", "edgeLabel": "place", "topContent": rule("name", 1)}),
        drawn("graph", graphSettings={"type": 2, "nodeIdField": "name", "groupByField": "place", "hivesContent": rule("place", 1), "topContent": rule("name", 1)}),
        drawn(text_),
    ]  # fmt: skip


def write(folder: Path, texts: Sequence[str]) -> list[str]:
    """Workbooks with some of the texts each; gives their names."""
    names = []
    for at in range(0, len(texts), AT_ONCE):
        items = [item for one in texts[at : at + AT_ONCE] for item in positions(one)]
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
    page.wait_for_timeout(1_000)
    page.wait_for_selector(IDLE, timeout=SLOWLY)
    page.wait_for_function(DRAWN, timeout=SLOWLY)
    page.evaluate(
        "async () => { for (let y = 0; y < document.body.scrollHeight; y += 900) { window.scrollTo(0, y); await new Promise((r) => setTimeout(r, 30)); } }"
    )
    for chart in page.locator(".js-plotly-plot").all()[:30]:
        chart.hover(timeout=5_000, force=True)
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
