"""Grids whose rows are a tree, by parents or by grouping."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from dashboard.table import table_from_rows
from dashboard.visual.build import draw
from dashboard.visual.view import Grid
from tests.visual.drawn_grids import VM, column, grid, rule
from tests.visual.tables import NOON, one

NODES = table_from_rows(
    [("node", "string"), ("pod", "string"), ("cpu", "long"), ("at", "datetime"), ("zone", "string")],
    [
        ("n1", "a", 1, NOON, "z"),
        ("n2", "b", 5, NOON, "z"),
        ("n1", "c", 2, NOON + dt.timedelta(hours=1), "z"),
        ("n1", "d", 2, NOON, "z"),
    ],
)


def test_a_tree_by_parents_keeps_every_row_once() -> None:
    table = table_from_rows(
        [("id", "string"), ("parent", "string"), ("name", "string")],
        [
            ("1", "", "root"),
            ("2", "1", "child"),
            ("3", "2", "grandchild"),
            ("4", "gone", "orphan"),
            ("5", "6", "loop a"),
            ("6", "5", "loop b"),
            ("7", "7", "self"),
        ],
    )
    settings = {
        "treeType": 0,
        "idColumn": "id",
        "parentColumn": "parent",
        "expanderColumn": "name",
        "expandTopLevel": True,
    }
    view = grid(table, hierarchySettings=settings)
    seen: list[int] = []

    def walk(rows: Any) -> None:
        for row in rows:
            seen.append(row["_id"])
            walk(row.get("_children", ()))

    walk(view.rows)
    assert sorted(seen) == list(range(7))
    assert view.rows[0]["_children"][0]["_children"][0]["name"]["t"] == "grandchild"
    assert view.rows[0]["_open"]
    assert column(view, "name").group


def test_a_very_deep_tree_is_cut_into_several() -> None:
    table = table_from_rows([("id", "string"), ("parent", "string")], [(str(i), str(i - 1)) for i in range(3000)])
    view = grid(table, hierarchySettings={"treeType": 0, "idColumn": "id", "parentColumn": "parent"}, rowLimit=3000)
    assert len(view.rows) > 1


def group_settings(**more: Any) -> dict[str, Any]:
    return {"treeType": 1, "groupBy": ["node"], "finalBy": "pod", **more}


def test_rows_are_grouped_with_their_count_and_leaves_show_the_final_column() -> None:
    view = grid(NODES, hierarchySettings=group_settings())
    assert [row["$gen_group"]["t"] for row in view.rows] == ["n1 (3)", "n2 (1)"]
    assert [row["$gen_group"]["t"] for row in view.rows[0]["_children"]] == ["a", "c", "d"]
    assert (view.columns[0].title, view.columns[0].group, view.tree) == ("Group", True, True)


def test_groups_have_the_name_of_the_column_that_their_leaves_show_too() -> None:
    same = group_settings(finalBy="node")
    assert grid(NODES, hierarchySettings=same).columns[0].title == "node"
    assert (
        grid(NODES, hierarchySettings=same, labelSettings=[{"columnId": "node", "label": "Node"}]).columns[0].title
        == "Node"
    )
    named = [{"columnId": "$gen_group", "label": "Where"}]
    assert grid(NODES, hierarchySettings=same, labelSettings=named).columns[0].title == "Where"


@pytest.mark.parametrize(
    ("how", "column_name", "text"),
    [
        ("Sum", "cpu", "5"), ("Average", "cpu", "1.667"), ("Min", "cpu", "1"), ("Max", "cpu", "2"), ("Count", "cpu", "3"), ("Unique", "cpu", "2"),
        ("Inherit", "zone", "z"), ("Inherit", "pod", ""), (None, "cpu", ""), ("None", "cpu", ""), ("Max", "at", "11/20/2026, 1:00:00 PM"),
    ],
)  # fmt: skip
def test_group_rows_show_aggregates(how: str | None, column_name: str, text: str) -> None:
    options = {} if how is None else {"aggregation": how}
    view = grid(NODES, hierarchySettings=group_settings(), formatters=[rule(0, column_name, **options)])
    assert view.rows[0][column_name]["t"] == text


def test_what_groups_sum_to_belongs_to_the_scale_of_the_column() -> None:
    table = table_from_rows([("who", "string"), ("n", "long")], [("a", 1)] * 10 + [("b", 2), ("b", 1), ("c", 1)])

    def cells(formatter: int) -> list[dict[str, Any]]:
        rules = [rule(formatter, "n", aggregation="Sum", palette="blue")]
        view = grid(table, hierarchySettings={"treeType": 1, "groupBy": ["who"]}, formatters=rules)
        return [row["n"] for top in view.rows for row in (top, top["_children"][0])]

    assert [cell["bar"]["share"] for cell in cells(4)] == [1.0, 0.1, 0.3, 0.2, 0.1, 0.1]
    high, low, middle, *_ = (cell["bg"] for cell in cells(8))
    assert len({high, low, middle}) == 3


def test_the_group_column_has_its_own_formatter_and_label() -> None:
    table = table_from_rows([("node", "string"), ("pod", "string")], [(VM, VM)])
    view = grid(
        table, hierarchySettings=group_settings(), formatters=[rule(13, "$gen_group"), rule(5, "node")],
        labelSettings=[{"columnId": "$gen_group", "label": "Machine"}],
    )  # fmt: skip
    assert (view.rows[0]["$gen_group"]["t"], view.columns[0].title) == ("vm-7 (1)", "Machine")


def test_groups_nest() -> None:
    view = grid(NODES, hierarchySettings={"treeType": 1, "groupBy": ["zone", "node"]})
    assert view.rows[0]["_children"][0]["$gen_group"]["t"] == "n1 (3)"


def test_a_tree_over_missing_columns_is_a_flat_grid() -> None:
    for settings in (
        {"treeType": 1, "groupBy": ["gone"]},
        {"treeType": 0, "idColumn": "x", "parentColumn": "y"},
        {"treeType": 2},
    ):
        assert not grid(NODES, hierarchySettings=settings).tree


def test_a_tree_may_offer_to_open_and_close_all_of_it() -> None:
    settings = {"gridSettings": {"hierarchySettings": {"treeType": 1, "groupBy": ["value"]}}}
    asked = draw({**settings, "showExpandCollapseGrid": True}, one("x", "string"))
    assert isinstance(asked, Grid)
    assert asked.fold_all
    plain = draw(settings, one("x", "string"))
    assert isinstance(plain, Grid)
    assert not plain.fold_all
