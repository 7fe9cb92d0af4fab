"""What is pinned stands alone: the same rows and texts in a workbook that holds nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dashboard.document import parse_workbook
from dashboard.engines.local import LocalEngine
from dashboard.errors import WatchbookError
from dashboard.ingest.schemas import known_tables
from dashboard.runtime import blueprint
from dashboard.runtime.evaluate import Session
from dashboard.runtime.freeze import frozen
from dashboard.runtime.plan import Plan
from tests.pages import samples
from tests.runtime.standin import StandIn


def session(document: dict[str, Any], engine: Any) -> tuple[Session, Plan]:
    found = Session(parse_workbook(json.dumps(document), "w"), engine)
    return found, found.plan()


def pin(opened: Session, plan: Plan, name: str) -> dict[str, Any]:
    planned = next(each for each in plan.walk() if each.item.name == name)
    steps = {item.name: item for item in opened.workbook.walk()}
    return frozen(planned, str(planned.texts.get("title", "")), opened.now, steps, plan.values)


BOARD = samples.document(
    samples.parameters(
        samples.parameter("Name", 1, value="shop"),
        samples.parameter("T", 4, value={"durationMs": 3_600_000}),
        samples.parameter("Fixed", 4, value={"durationMs": 3_600_000, "endTime": "2026-11-20T10:00:00Z"}),
        samples.parameter("R", 5, value="/subscriptions/s/resourceGroups/g/providers/microsoft.compute/virtualmachines/v"),
    ),
    samples.text("Pods of **{Name}**", name="words"),
    samples.query("print A = '{Name}', B = 1", "Logs", name="logs", timeContextFromParameter="T"),
    samples.query("print A = '{Name}', C = 2", "Fixed", name="fixed", timeContextFromParameter="Fixed"),
    samples.query("resources | project name", "Graph", name="graph", queryType=1, crossComponentResources=["{R}"]),
    samples.query(json.dumps({"version": "AzureDataExplorerQuery/1.0", "queryText": "print '{Name}'", "clusterName": "help", "databaseName": "{Name}"}), "Explorer", name="adx", queryType=9),
    samples.query(json.dumps({"version": "1.0.0", "content": '[{"a": "{Name}"}]', "transformers": None}), "JSON {Name}", name="json", queryType=8),
    samples.query(json.dumps({"version": "Merge/1.0", "merges": [{"id": "m", "mergeType": "inner", "leftTable": "logs", "rightTable": "fixed", "leftColumn": "A", "rightColumn": "A"}], "projectRename": []}), "Merged", name="merge", queryType=7),
    samples.query(json.dumps({"version": "Merge/1.0", "merges": [{"id": "m", "mergeType": "union", "leftTable": "merge", "rightTable": "logs"}], "projectRename": []}), "Twice", name="twice", queryType=7),
    samples.group([samples.text("In it {Name}", name="inner"), samples.query("print D = '{Name}'", "Inside", name="inside")]),
    samples.tabs("One", "Two"),
)  # fmt: skip


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> LocalEngine:
    return LocalEngine(tmp_path_factory.mktemp("empty"), known_tables())


@pytest.mark.parametrize("name", ["logs", "fixed", "adx", "json", "merge", "twice", "inside"])
def test_a_pinned_part_gives_the_rows_it_gave_in_its_workbook(engine: LocalEngine, name: str) -> None:
    opened, plan = session(BOARD, engine)
    item = {**pin(opened, plan, name), "name": "pinned"}
    assert "{Name}" not in json.dumps(item)
    alone, other = session(blueprint.document(item), engine)
    planned = next(each for each in plan.walk() if each.item.name == name)
    again = next(each for each in reversed(other.walk()) if each.item.kind == "query")
    before, after = opened.result(planned), alone.result(again)
    assert before.table is not None
    assert after.table is not None
    assert after.table.names == before.table.names
    assert after.table.rows() == before.table.rows()
    assert again.texts["title"] == planned.texts["title"]


def test_a_range_of_time_that_moves_on_moves_on_and_a_fixed_one_stays(engine: LocalEngine) -> None:
    opened, plan = session(BOARD, engine)
    assert pin(opened, plan, "logs")["content"]["timeContext"] == {"durationMs": 3_600_000}
    fixed = pin(opened, plan, "fixed")["content"]
    assert fixed["timeContext"] == {"durationMs": 3_600_000, "endTime": "2026-11-20T10:00:00+00:00"}
    assert "timeContextFromParameter" not in fixed


def test_texts_and_groups_are_pinned_with_what_stands_in_them(engine: LocalEngine) -> None:
    opened, plan = session(BOARD, engine)
    assert pin(opened, plan, "words")["content"]["json"] == "Pods of **shop**"
    box = pin(opened, plan, "group")
    assert [item["type"] for item in box["content"]["items"]] == [1, 3]
    assert "{Name}" not in json.dumps(box)


def test_what_cannot_stand_alone_is_left_out_of_its_group(engine: LocalEngine) -> None:
    merge = next(item for item in BOARD["items"] if item["name"] == "merge")
    chooses = samples.group([samples.parameters(samples.parameter("Inner", 1, value="x"))])
    parts = [samples.text("Kept {Name}", name="kept"), {**chooses, "name": "chooses"}, {**merge, "name": "lost"}]
    document = {**BOARD, "items": [*BOARD["items"], {**samples.group(parts), "name": "box"}]}
    opened, plan = session(document, engine)
    box = next(each for each in plan.walk() if each.item.name == "box")
    pinned = frozen(box, "", opened.now, {}, plan.values)  # none of the steps that the merge reads can come along
    assert [item["name"] for item in pinned["content"]["items"]] == ["kept"]
    with pytest.raises(WatchbookError, match="Nothing of what stands in this group"):
        pin(opened, plan, "chooses")


def test_the_steps_of_a_merge_come_along_hidden(engine: LocalEngine) -> None:
    opened, plan = session(BOARD, engine)
    items = pin(opened, plan, "merge")["content"]["items"]
    assert [(item["name"], "conditionalVisibility" in item) for item in items] == [
        ("logs", True), ("fixed", True), ("merge", False),
    ]  # fmt: skip
    twice = pin(opened, plan, "twice")["content"]["items"]
    assert [item["name"] for item in twice] == ["logs", "fixed", "merge", "twice"]


def test_resources_stay_bound_and_metrics_stay_chosen() -> None:
    class Live(StandIn):
        sources = frozenset(("logs", "resource_graph", "metrics"))

    metric = {"type": 10, "name": "cpu", "content": {"version": "MetricsItem/2.0", "chartType": 2, "title": "CPU of {Name}", "resourceType": "microsoft.compute/virtualmachines", "resourceParameter": "R", "timeContextFromParameter": "T", "metrics": [{"namespace": "n", "metric": "n--Percentage CPU", "aggregation": 4}], "filters": [{"key": "Region", "operator": 0, "valueParam": "Name"}]}}  # fmt: skip
    document = {**BOARD, "items": [*BOARD["items"], metric]}
    opened, plan = session(document, Live())
    resource = "/subscriptions/s/resourceGroups/g/providers/microsoft.compute/virtualmachines/v"
    assert pin(opened, plan, "graph")["content"]["crossComponentResources"] == [resource]
    item = pin(opened, plan, "cpu")
    assert item["content"]["resourceIds"] == [resource]
    assert item["content"]["title"] == "CPU of shop"
    assert item["content"]["filters"][0]["values"] == ["shop"]
    before = next(each for each in plan.walk() if each.item.name == "cpu").query
    _, other = session(blueprint.document(item), Live())
    after = other.items[0].query
    assert before is not None
    assert after is not None
    assert (after.source, after.text, after.resources) == (before.source, before.text, before.resources)


def test_a_filter_of_all_is_not_pinned() -> None:
    class Live(StandIn):
        sources = frozenset(("logs", "resource_graph", "metrics"))

    options = '["east", "west"]'
    chosen = samples.parameters(
        samples.parameter("R", 5, value="/subscriptions/s/resourceGroups/g/providers/microsoft.compute/virtualmachines/v"),
        samples.parameter("Every", 2, value=["value::all"], multiSelect=True, quote="", delimiter=",", jsonData=options, typeSettings={"additionalResourceOptions": ["value::all"]}),
        samples.parameter("Any", 2, value="value::all", jsonData=options, typeSettings={"additionalResourceOptions": ["value::all"], "selectAllValue": "*"}),
        samples.parameter("One", 2, value="west", jsonData=options),
    )  # fmt: skip
    filters = [{"key": name, "operator": 0, "valueParam": name} for name in ("Every", "Any", "One")]
    metric = {"type": 10, "name": "cpu", "content": {"version": "MetricsItem/2.0", "chartType": 2, "resourceType": "microsoft.compute/virtualmachines", "resourceParameter": "R", "metrics": [{"namespace": "n", "metric": "n--Percentage CPU", "aggregation": 4, "filters": filters}], "filters": filters}}  # fmt: skip
    opened, plan = session(samples.document(chosen, metric), Live())
    content = pin(opened, plan, "cpu")["content"]
    assert content["filters"] == [{"key": "One", "operator": 0, "values": ["west"]}]
    assert content["metrics"][0]["filters"] == content["filters"]


def test_what_leads_through_its_workbook_says_why_it_is_not_pinned(engine: LocalEngine) -> None:
    opened, plan = session(BOARD, engine)
    for name, why in (("parameters", "Parameters choose"), ("tabs", "Tabs and links lead")):
        with pytest.raises(WatchbookError, match=why):
            pin(opened, plan, name)
