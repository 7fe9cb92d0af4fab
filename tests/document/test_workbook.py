from __future__ import annotations

from typing import Any

import pytest

from dashboard.document.workbook import Condition, Item, Parameter


def item(**keys: Any) -> Item:
    return Item({"type": 3, **keys}, "items/0", keys.get("content", {}))


@pytest.mark.parametrize(
    ("keys", "width"),
    [
        ({}, None), ({"customWidth": "50"}, 50.0), ({"customWidth": "33.3"}, 33.3), ({"customWidth": "0"}, None),
        ({"halfWidth": True}, 50.0), ({"customWidth": 25}, 25.0), ({"customWidth": "wide"}, None), ({"customWidth": "150"}, 100.0),
    ],
)  # fmt: skip
def test_the_width_is_a_percentage_or_the_whole(keys: dict[str, Any], width: float | None) -> None:
    assert item(**keys).custom_width == width


@pytest.mark.parametrize(
    ("keys", "share"),
    [
        ({}, 100.0), ({"customWidth": "33"}, 33.0), ({"styleSettings": {"maxWidth": "50%"}}, 50.0),
        ({"styleSettings": {"maxWidth": "50"}}, 50.0), ({"customWidth": "35", "styleSettings": {"maxWidth": "50"}}, 35.0),
        ({"customWidth": "50", "styleSettings": {"maxWidth": 30}}, 30.0), ({"styleSettings": {"maxWidth": "400px"}}, 100.0),
        ({"styleSettings": {"maxWidth": "0"}}, 100.0),
    ],
)  # fmt: skip
def test_a_part_takes_its_width_of_a_row_but_no_more_than_its_most(keys: dict[str, Any], share: float) -> None:
    assert item(**keys).row_share == share


def test_the_list_of_conditions_comes_before_the_single_one() -> None:
    single = {"parameterName": "P", "comparison": "isEqualTo", "value": "a"}
    other = {"parameterName": "Q", "comparison": "isNotEqualTo"}
    assert item(conditionalVisibility=single).conditions == (Condition("P", True, "a"),)
    both = item(conditionalVisibility=single, conditionalVisibilities=[single, other])
    assert both.conditions == (Condition("P", True, "a"), Condition("Q", False, ""))
    assert item(conditionalVisibility=None, conditionalVisibilities=[]).conditions == ()
    assert item(conditionalVisibility=5, conditionalVisibilities="x").conditions == ()


def test_both_forms_of_exports_are_one_list() -> None:
    old = {"exportParameterName": "A", "exportFieldName": "f", "exportDefaultValue": "d"}
    new = {"exportedParameters": [{"parameterName": "B", "fieldName": "g"}, {"parameterName": "A"}, 5]}
    exports = item(content={**old, **new}).exports
    assert [(each["parameterName"], each["fieldName"]) for each in exports] == [("A", "f"), ("B", "g")]


def test_values_of_the_wrong_kind_read_as_absent() -> None:
    wrong = Parameter(
        {"name": "P", "type": "x", "multiSelect": "yes", "typeSettings": [], "quote": 5, "criteriaData": {}}, "", ""
    )
    assert (wrong.kind, wrong.is_multi, dict(wrong.settings), wrong.quote, wrong.criteria) == (
        "unknown",
        False,
        {},
        "'",
        [],
    )
