"""Merges of other steps' results: every kind, chosen and added columns, and steps that are not there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dashboard.errors import WatchbookError
from dashboard.runtime import Session, run_all
from dashboard.runtime.merge import run_merge
from dashboard.table import Table, table_from_rows
from tests.runtime.standin import StandIn, book, group, parameters, query, strings, when

LEFT = table_from_rows([("id", "string"), ("n", "long")], [("a", 1), ("b", 2), ("b", 3), ("c", None)])
RIGHT = table_from_rows([("id", "string"), ("m", "real")], [("b", 0.5), ("b", 0.75), ("d", 1.5)])


def merge(kind: str, project: list[dict[str, Any]] | None = None, **extra: Any) -> str:
    step = {
        "id": "1",
        "mergeType": kind,
        "leftTable": "L",
        "rightTable": "R",
        "leftColumn": "id",
        "rightColumn": "id",
        **extra,
    }
    return json.dumps({"version": "Merge/1.0", "merges": [step], "projectRename": project or []})


def rows(payload: str, **tables: Table) -> list[tuple[Any, ...]]:
    return run_merge(payload, {"L": LEFT, "R": RIGHT, **tables}).rows()


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("inner", [("b", 2, "b", 0.5), ("b", 2, "b", 0.75), ("b", 3, "b", 0.5), ("b", 3, "b", 0.75)]),
        ("innerunique", [("b", 2, "b", 0.5), ("b", 2, "b", 0.75)]),
        ("leftouter", [("a", 1, "", None), ("b", 2, "b", 0.5), ("b", 2, "b", 0.75), ("b", 3, "b", 0.5), ("b", 3, "b", 0.75), ("c", None, "", None)]),
        ("rightouter", [("b", 2, "b", 0.5), ("b", 2, "b", 0.75), ("b", 3, "b", 0.5), ("b", 3, "b", 0.75), ("", None, "d", 1.5)]),
        ("outer", [("a", 1, "", None), ("b", 2, "b", 0.5), ("b", 2, "b", 0.75), ("b", 3, "b", 0.5), ("b", 3, "b", 0.75), ("c", None, "", None), ("", None, "d", 1.5)]),
        ("leftanti", [("a", 1), ("c", None)]),
        ("rightanti", [("d", 1.5)]),
        ("leftsemi", [("b", 2), ("b", 3)]),
        ("rightsemi", [("b", 0.5), ("b", 0.75)]),
        ("union", [("a", 1, None), ("b", 2, None), ("b", 3, None), ("c", None, None), ("b", None, 0.5), ("b", None, 0.75), ("d", None, 1.5)]),
    ],
)  # fmt: skip
def test_every_kind_of_merge(kind: str, expected: list[tuple[Any, ...]]) -> None:
    assert rows(merge(kind)) == expected


def test_a_table_is_duplicated() -> None:
    assert rows('{"merges": [{"mergeType": "table", "leftTable": "L"}]}') == LEFT.rows()


def test_columns_are_chosen_renamed_and_left_out() -> None:
    project = [
        {"originalName": "[R].m", "mergedName": "Share", "fromId": "1"},
        {"originalName": "[L].id", "mergedName": "Id", "fromId": "1"},
        {"originalName": "[L].n", "fromId": "1"},
    ]
    table = run_merge(merge("innerunique", project), {"L": LEFT, "R": RIGHT})
    assert [(column.name, column.type) for column in table.columns] == [("Share", "real"), ("Id", "string")]
    assert table.rows() == [(0.5, "b"), (0.75, "b")]


def test_a_column_that_a_union_made_one_comes_once() -> None:
    names = ("[L].id", "[L].n", "[R].id", "[R].m", "id")
    project = [{"originalName": name, "mergedName": name.rpartition(".")[2]} for name in names]
    assert run_merge(merge("union", project), {"L": LEFT, "R": RIGHT}).names == ("id", "n", "m")


def test_a_column_that_both_have_gets_a_number() -> None:
    assert run_merge(merge("inner"), {"L": LEFT, "R": RIGHT}).names == ("id", "n", "id1", "m")


def test_a_column_is_added_by_criteria_over_columns() -> None:
    def context(**parts: Any) -> dict[str, Any]:
        return {"criteriaContext": parts}

    criteria = [
        context(
            leftOperand="n",
            operator=">",
            rightValType="static",
            rightVal="1",
            resultValType="static",
            resultVal='big ["id"]',
        ),
        context(
            leftOperand="n", operator="==", rightValType="column", rightVal="n", resultValType="column", resultVal="id"
        ),
        context(operator="Default", resultValType="static", resultVal="?"),
    ]
    project = [
        {"originalName": "[L].n", "mergedName": "n"},
        {"originalName": "[L].id", "mergedName": "id"},
        {"originalName": "[Added column]", "mergedName": "Kind", "isNewItem": True, "newItemData": criteria},
        {"originalName": "[Added column]", "mergedName": "Twice", "isNewItem": True,
         "newItemData": [context(operator="Default", resultValType="expression", resultVal='["n"]*2')]},
    ]  # fmt: skip
    payload = json.dumps({"merges": [{"mergeType": "table", "leftTable": "L"}], "projectRename": project})
    table = run_merge(payload, {"L": LEFT})
    assert table.column("Kind") == ["a", "big b", "big b", "c"]
    assert table.column("Twice") == [2.0, 4.0, 6.0, 0.0]


def test_merges_in_a_row_go_on_from_the_previous_result() -> None:
    third = table_from_rows([("id", "string"), ("owner", "string")], [("b", "me")])
    merges = [
        {"mergeType": "innerunique", "leftTable": "L", "rightTable": "R", "leftColumn": "id", "rightColumn": "id"},
        {"mergeType": "leftouter", "leftTable": "L", "rightTable": "O", "leftColumn": "id", "rightColumn": "id"},
    ]
    project = [{"originalName": name, "mergedName": name[-5:]} for name in ("[L].id", "[R].m", "[O].owner")]
    payload = json.dumps({"merges": merges, "projectRename": project})
    assert rows(payload, O=third) == [("b", 0.5, "me"), ("b", 0.75, "me")]


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ("not JSON", "RT005"),
        ("{}", "RT005"),
        (merge("inner", leftTable="gone"), "RT004"),
        (merge("inner", leftColumn="gone"), "RT005"),
        (merge("sideways"), "RT005"),
    ],
)
def test_a_merge_that_cannot_be_made_says_so(payload: str, code: str) -> None:
    with pytest.raises(WatchbookError) as caught:
        rows(payload)
    assert caught.value.problem.code == code


def test_a_merge_that_would_be_huge_is_refused() -> None:
    same = table_from_rows([("id", "string")], [("x",)] * 1000)
    with pytest.raises(WatchbookError, match="more than 100,000 rows"):
        run_merge(merge("inner"), {"L": same, "R": same})


# ---- in a workbook -------------------------------------------------------------------------------------------------

DUPLICATE = json.dumps({"merges": [{"mergeType": "table", "leftTable": "first"}]})


def results(*items: dict[str, Any], engine: StandIn | None = None, **settings: Any) -> list[tuple[str, Any, str]]:
    view = Session(book(*items), engine or StandIn(), **settings)
    return [(result.status, result.table and result.table.rows(), result.message) for _, result in run_all(view)]


def test_a_merge_reads_a_hidden_step_but_no_hidden_merge() -> None:
    hidden = when("Never", "x")
    found = results(query("T", "first", keys=hidden), query(DUPLICATE, "second", queryType=7))
    assert found == [("hidden", None, "Hidden until Never is equal to 'x'."), ("ok", [("T",)], "")]
    again = json.dumps({"merges": [{"mergeType": "table", "leftTable": "second"}]})
    found = results(
        query("T", "first"), query(DUPLICATE, "second", queryType=7, keys=hidden), query(again, queryType=7)
    )
    assert (found[2][0], "'second', which is not there" in found[2][2]) == ("error", True)


def test_a_merge_of_a_merge_runs_each_query_once() -> None:
    engine = StandIn()
    again = json.dumps({"merges": [{"mergeType": "table", "leftTable": "second"}]})
    found = results(
        query("T", "first"), query(DUPLICATE, "second", queryType=7), query(again, queryType=7), engine=engine
    )
    assert [status for status, _, _ in found] == ["ok"] * 3
    assert engine.texts == ["T"]


def test_a_merge_sees_the_nearest_step_of_a_name_and_none_inside_another_group() -> None:
    found = results(query("one", "first"), query("two", "first"), query(DUPLICATE, queryType=7))
    assert found[2][1] == [("two",)]
    found = results(group(query("T", "first")), query(DUPLICATE, queryType=7))
    assert found[2][0] == "error"
    found = results(query("T", "first"), group(query(DUPLICATE, queryType=7)))
    assert found[2][1] == [("T",)]


def test_a_merge_says_what_keeps_its_step_from_running() -> None:
    found = results(
        parameters({"name": "P", "isRequired": True}), query("T {P}", "first"), query(DUPLICATE, queryType=7)
    )
    assert found[2][0] == "unset"
    assert found[2][2].endswith("Please set: P")
    found = results(query("{}", "first", queryType=12), query(DUPLICATE, queryType=7), engine=StandIn(name="local"))
    assert found[1][0] == "unsupported"
    found = results(query("fail", "first"), query(DUPLICATE, queryType=7))
    assert found[1][0] == "error"
    assert "The table 'Gone' does not exist." in found[1][2]


def test_a_parameter_may_be_fed_by_a_merge() -> None:
    engine = StandIn({"T": strings("v", rows=[("a",), ("b",)])})
    found = results(
        query("T", "first"),
        parameters({"name": "P", "type": 2, "query": DUPLICATE, "queryType": 7, "value": "value::1"}),
        query("U {P}"),
        engine=engine,
    )
    assert found[2][1] == [("U a",)]
