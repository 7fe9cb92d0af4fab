"""Every query item of the real workbooks draws something from made-up rows of the columns that its settings name."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pytest

from dashboard.table import KqlType, Table, table_from_rows
from dashboard.visual.build import draw
from dashboard.visual.html import metrics_html, view_html
from dashboard.visual.view import Figure, Message
from tests.shared import SHARED, needs_shared

COLUMN_KEYS = {
    "columnMatch", "columnName", "xAxis", "group", "nodeIdField", "sourceIdField", "targetIdField", "idColumn", "parentColumn", "latitude",
    "longitude", "sizeSettings", "valueField", "nodeColorField", "locInfoColumn", "sortCriteriaField", "legendMetric", "groupByField",
    "linkColumn", "finalBy", "sourceColumn", "timelineStartColumn", "yAxis", "groupBy",
}  # fmt: skip
NOON = dt.datetime(2026, 11, 20, 12)
WORDS = (
    "High",
    "Low",
    "success",
    "eastus",
    "US",
    "",
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/r",
)


def items(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if value.get("type") == 3 and isinstance(value.get("content"), dict):
            yield value["content"]
        for entry in value.values():
            yield from items(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from items(entry)


def named_columns(settings: Any) -> Iterator[str]:
    if isinstance(settings, dict):
        for key, value in settings.items():
            if key in COLUMN_KEYS:
                yield from (name for name in (value if isinstance(value, list) else [value]) if isinstance(name, str))
            yield from named_columns(value)
    elif isinstance(settings, list):
        for entry in settings:
            yield from named_columns(entry)


def made_up(content: dict[str, Any], chance: random.Random) -> Table:
    settings = {key: value for key, value in content.items() if key.endswith("Settings")}
    names = list(
        dict.fromkeys(
            n for n in named_columns(settings) if n and not n.startswith("$gen") and not set(n) & set("|*^()[]")
        )
    )
    kinds: list[KqlType] = [
        chance.choice(("string", "real", "datetime", "dynamic", "long", "timespan")) for _ in names[:30]
    ]
    values = {
        "string": lambda: chance.choice(WORDS), "real": lambda: chance.random() * 90, "long": lambda: chance.randrange(10**6),
        "datetime": lambda: NOON + dt.timedelta(hours=chance.randrange(50)), "timespan": lambda: chance.randrange(10**11),
        "dynamic": lambda: [chance.random() for _ in range(5)],
    }  # fmt: skip
    columns = list(zip(names[:30], kinds, strict=True)) or [("Name", "string"), ("count_", "long")]
    rows = [[None if chance.random() < 0.1 else values[kind]() for _, kind in columns] for _ in range(8)]
    return table_from_rows(columns, rows)


def contents() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for path in sorted((SHARED / "corpus" / "workbooks").rglob("*")):
        if path.suffix in (".json", ".workbook"):
            try:
                found.extend(items(json.loads(path.read_text(encoding="utf-8-sig"))))
            except (ValueError, RecursionError):
                continue
    return found


def check(chosen: list[dict[str, Any]], seed: int) -> None:
    chance = random.Random(seed)
    for content in chosen:
        view = draw(content, made_up(content, chance))
        assert not (isinstance(view, Message) and view.code in ("VI001", "VI008")), (content, view)
        assert json.dumps(asdict(view), allow_nan=False)
        assert isinstance(metrics_html(view) if isinstance(view, Figure) else view_html(view), str)


@needs_shared
@pytest.mark.shared
def test_a_sample_of_all_real_items_is_drawn() -> None:
    chance = random.Random(11)
    everything = contents()
    assert len(everything) > 4000
    check(chance.sample(everything, 500), 11)


@needs_shared
@pytest.mark.shared
@pytest.mark.soak
def test_all_real_items_are_drawn_from_several_made_up_results() -> None:
    for seed in range(3):
        check(contents(), seed)
