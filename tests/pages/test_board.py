"""A board counts: changing one value reruns only what depends on it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dashboard.document import parse_workbook
from dashboard.engines.local import LocalEngine
from dashboard.pages.board import Board
from dashboard.runtime.plan import PlannedItem
from tests.pages import samples

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def board(rows: Path) -> Board:
    workbook = parse_workbook(json.dumps(samples.PODS_BOARD), "pods.json")
    return Board("mine/pods", workbook, "Pods", LocalEngine(rows), {})


def draw(board: Board) -> int:
    """Draws every visible part once, as the page does; gives how many queries ran for it."""
    before = board.session.statistics.queries
    plan = board.plan().result()
    board.start(plan)
    for planned in plan.walk():
        if planned.status == "ready" and planned.query is not None:
            board.outcome(planned)
    return board.session.statistics.queries - before


def parameters_item(board: Board, name: str) -> PlannedItem:
    return next(i for i in board.plan().result().walk() if any(c.parameter.name == name for c in i.controls))


def test_changing_one_parameter_reruns_only_what_depends_on_it(board: Board) -> None:
    assert draw(board) == 6
    board.set_value(parameters_item(board, "Namespace"), "Namespace", ["bank"])
    assert draw(board) == 1


def test_drawing_again_runs_nothing(board: Board) -> None:
    draw(board)
    assert draw(board) == 0


def test_a_hidden_tab_costs_nothing_until_it_is_opened(board: Board) -> None:
    draw(board)
    tabs = next(item for item in board.plan().result().walk() if item.tabs)
    board.set_tab(tabs, 1)
    assert draw(board) == 1
    board.set_tab(tabs, 0)
    assert draw(board) == 0


def test_a_value_given_back_is_gone_from_the_address(board: Board) -> None:
    board.set_value(parameters_item(board, "Like"), "Like", "web")
    assert board.address() == {"w": "mine/pods", "p.Like": "web"}
    board.set_value(parameters_item(board, "Like"), "Like", None)
    assert board.address() == {"w": "mine/pods"}


def test_a_message_that_asks_for_a_parameter_says_what_the_page_calls_it(board: Board) -> None:
    named = {each.name: each.label for item in board.workbook.walk() for each in item.parameters}
    name = next(name for name, label in named.items() if label != name)
    asked = f"This query could not run because some parameters are not set. Please set: {name}, Gone ({name}: why)"
    assert board.labels_of(asked) == f"{name} is “{named[name]}”."
    assert board.labels_of("Please set: Gone") == ""
