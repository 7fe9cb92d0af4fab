"""Metric items: asked of the tables of metrics on local data, named in a sentence elsewhere."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from dashboard.document import Workbook
from dashboard.engines.local import LocalEngine
from dashboard.ingest.schemas import known_tables
from dashboard.runtime import Session, run_all
from tests.runtime.standin import StandIn, book, parameters

CPU = ("microsoft.compute/virtualmachines--Percentage CPU", 4)
MEMORY = ("microsoft.compute/virtualmachines--Available Memory Bytes", 3)


def metrics(chart: int, *chosen: tuple[str, int], **content: Any) -> dict[str, Any]:
    entries = [{"metric": name, "aggregation": aggregation} for name, aggregation in chosen]
    content = {
        "version": "MetricsItem/2.0",
        "chartType": chart,
        "metrics": entries,
        "resourceParameter": "W",
        "resourceIds": ["{W}"],
        **content,
    }
    return {"type": 10, "content": {"timeContext": {"durationMs": 7 * 86_400_000}, **content}}


def machines(*items: dict[str, Any]) -> Workbook:
    settings = {"resourceTypeFilter": {"microsoft.compute/virtualmachines": True}}
    return book(parameters({"name": "W", "type": 5, "multiSelect": True, "typeSettings": settings}), *items)


def test_what_a_metric_item_would_show_is_named_where_no_engine_answers_metrics() -> None:
    plan = Session(machines(metrics(2, CPU, ("n-c-m", 1))), StandIn()).plan()
    assert plan.items[1].status == "unsupported"
    assert plan.items[1].message.endswith("This item shows: Percentage CPU (average), m (sum) of the resources in W.")


def test_metrics_are_answered_from_the_sample_estate(estate: Path) -> None:
    engine = LocalEngine(estate, known_tables())
    workbook = machines(
        metrics(2, CPU), metrics(0, CPU, MEMORY), metrics(-1, CPU, MEMORY), metrics(2, ("x--It's gone", 1)),
        metrics(0, CPU, gridFormatType=2),
    )  # fmt: skip
    found = run_all(Session(workbook, engine))
    tables = [result.table for _, result in found[1:]]
    assert all(table is not None for table in tables)
    chart, grid, tiles = (table for table in tables[:3] if table is not None)
    assert chart.names == ("TimeGenerated", "Series", "Value")
    assert len(set(chart.column("Series"))) > 1
    assert grid.names == ("Subscription", "Name", CPU[0], f"{CPU[0]} Timeline", MEMORY[0], f"{MEMORY[0]} Timeline")
    assert len(grid) == len(set(grid.column("Name"))) > 1
    by_segment = tables[4]
    assert by_segment is not None
    assert by_segment.names == ("Subscription", "Name", "Segment", CPU[0], f"{CPU[0]} Timeline")
    assert set(tiles.column("Metric")) == {"Percentage CPU (average)", "Available Memory Bytes (maximum)"}
    assert [item.settings["visualization"] for item, _ in found[1:]] == [
        "linechart",
        "table",
        "tiles",
        "linechart",
        "table",
    ]
    _, result = found[4]
    assert result.status == "empty"
    assert result.message == "The table AzureMetrics has no rows of It's gone here in this time range."


@pytest.mark.parametrize(("length", "grain", "asks"), [(86_400_000, None, "30m"), (7 * 86_400_000, "PT5M", "5m")])
def test_points_are_as_far_apart_as_asked_or_as_the_range_needs(length: int, grain: str | None, asks: str) -> None:
    content = {"timeContext": {"durationMs": length}, **({"timeGrain": grain} if grain else {})}
    item = (
        Session(machines(metrics(2, CPU, **content)), StandIn(name="local"), now=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
        .plan()
        .items[1]
    )
    assert item.query is not None
    assert f"bin(TimeGenerated, {asks})" in item.query.text


def test_a_split_by_a_dimension_that_the_table_does_not_hold_is_told(tmp_path: Path) -> None:
    item = metrics(2, CPU, filters=[{"key": "Tier", "operator": 0, "values": ["a"]}])
    item["content"]["metrics"][0]["splitBy"] = "InstanceName"
    (_, result) = run_all(Session(book(item, metrics(2, CPU)), LocalEngine(tmp_path, known_tables())))[0]
    assert result.table is not None
    told = (
        "AzureMetrics holds no dimensions, and AzureMetricsV2, which does, has no rows here: "
        "this is not split by InstanceName and not filtered by Tier."
    )
    assert [notice.message for notice in result.table.notices] == [told]


STORAGE = ("microsoft.storage/storageaccounts-Transaction-Transactions", 1)


def storage(chart: int, metric: dict[str, Any] | None = None, **content: Any) -> dict[str, Any]:
    """A metric item over every storage account."""
    item = metrics(chart, STORAGE, **content)
    del item["content"]["resourceParameter"]
    item["content"]["resourceIds"] = []
    item["content"]["metrics"][0].update(metric or {})
    return item


def test_dimensions_are_read_from_the_table_that_holds_them(estate: Path) -> None:
    engine = LocalEngine(estate, known_tables())
    split = {"splitBy": "ResponseType", "splitByLimit": 2, "splitBySortOrder": -1}
    failures = [{"key": "ResponseType", "operator": 1, "values": ["Success"]}]
    both = storage(0, {"columnName": "All"})
    both["content"]["metrics"].append({"metric": STORAGE[0], "aggregation": 1, "columnName": "Errors", **split})
    workbook = book(
        storage(0), storage(0, {"splitBy": "ResponseType"}, gridFormatType=2), both,
        storage(0, {"splitBy": ["ResponseType", "ApiName"]}, filters=failures, gridFormatType=2), storage(2, split), storage(-1, split),
        storage(0, filters=[{"key": "ResponseType", "operator": 0, "values": ["None"]}]),
    )  # fmt: skip
    found = [result for _, result in run_all(Session(workbook, engine))]
    whole, grid, pivot, failed, chart, tiles = (result.table for result in found[:6] if result.table is not None)
    assert whole.names == ("Subscription", "Name", STORAGE[0], f"{STORAGE[0]} Timeline")
    assert grid.names == ("Subscription", "Name", "Segment", STORAGE[0], f"{STORAGE[0]} Timeline")
    parts: dict[str, float] = {}
    for name, value in zip(grid.column("Name"), grid.column(STORAGE[0]), strict=True):
        parts[name.upper()] = parts.get(name.upper(), 0) + value
    for name, value in zip(whole.column("Name"), whole.column(STORAGE[0]), strict=True):
        assert parts[name.upper()] == pytest.approx(value)
    assert set(pivot.names) == {
        "Subscription", "Name", "All", "All Timeline", "Success/Errors", "Success/Errors Timeline", "ClientOtherError/Errors",
        "ClientOtherError/Errors Timeline",
    }  # fmt: skip
    assert sorted(pivot.column("All")) == pytest.approx(sorted(whole.column(STORAGE[0])))
    segments = set(failed.column("Segment"))
    assert segments == {"ClientOtherError, GetBlob", "AuthorizationError, ListBlobs", "ServerTimeoutError, PutBlob"}
    assert {series.split(" ", 1)[1] for series in chart.column("Series")} == {"Success", "ClientOtherError"}
    assert tiles.names == ("Metric", "Value", "Name", "Segment", "Timeline")
    assert found[6].message == (
        "The table AzureMetricsV2 has no rows of Transactions with ResponseType = None here in this time range."
    )
    assert not any(result.table.notices for result in found if result.table)
