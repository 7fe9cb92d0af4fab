from __future__ import annotations

from typing import Any

import pytest

from dashboard.document.workbook import Parameter
from dashboard.parameters.criteria import calculate, compare, evaluate
from dashboard.parameters.graph import dependencies, evaluation_order


@pytest.mark.parametrize(
    ("left", "operator", "right", "result"),
    [
        ("a", "==", "a", True), ("a", "==", "A", False), ("1.0", "==", "1", True), ("a", "!=", "b", True),
        ("10", ">", "9", True), ("b", ">", "a", True), ("2", "<=", "2", True), ("0.3", ">", "0.25", True), ("x", "<", "1", False),
        ("Bytes Received/sec", "contains", "Received", True), ("abc", "notContains", "z", True), ("abc", "startsWith", "ab", True),
        ("abc", "endsWith", "bc", True), ("abc", "notStartsWith", "b", True), ("abc", "notEndsWith", "c", False),
        ("", "is Empty", "", True), ("x", "is Empty", "", False), ("x", "isNotNull", "", True), ("", "isNotNull", "", False),
        ("{}", "isValidJson", "", True), ("{", "isValidJson", "", False), ("abc1", "regex", "^[a-z]+\\d$", True),
        ("abc", "regex", "(", False), ("abc", "no such operator", "abc", False),
    ],
)  # fmt: skip
def test_two_texts_are_compared_as_the_operator_says(left: str, operator: str, right: str, result: bool) -> None:
    assert compare(left, operator, right) is result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("2*4", "8"), ("7/2", "3.5"), ("round(10/3, 2)", "3.33"), ("(1 + 2) * -3", "-9"), ("Math.floor(2.7)", "2"), ("10 % 4", "2"),
        ("1/0", None), ("false", None), ("where x > 1", None), ("__import__('os')", None), ("9**9**9", None), ("(" * 500 + "1", None),
    ],
)  # fmt: skip
def test_only_arithmetic_is_calculated(text: str, result: str | None) -> None:
    assert calculate(text) == result


def test_the_first_criterion_that_holds_gives_the_value_and_default_is_last() -> None:
    def criterion(operator: str, right: str, result: str, kind: str = "static") -> dict[str, Any]:
        return {
            "leftOperand": "rand",
            "operator": operator,
            "rightValType": "static",
            "rightVal": right,
            "resultValType": kind,
            "resultVal": result,
        }

    criteria = [criterion(">", "0.25", "is over 0.25"), criterion("Default", "", "is 0.25 or under")]
    values = {"rand": "0.3", "other": "from other"}

    def result(rows: list[dict[str, Any]]) -> str:
        return evaluate(rows, lambda name: values.get(name, ""), lambda text: text, lambda text: text)

    assert result(criteria) == "is over 0.25"
    values["rand"] = "0.1"
    assert result(criteria) == "is 0.25 or under"
    assert result([criterion("Default", "", "other", "param")]) == "from other"
    assert result([criterion("Default", "", "3*4", "expression")]) == "12"
    assert result([{"operator": "Default"}]) == ""
    assert result([]) == ""


def parameters(*definitions: tuple[str, str]) -> list[Parameter]:
    return [
        Parameter({"name": name, "type": 1, "query": query}, "items/0", f"items/0/content/parameters/{at}")
        for at, (name, query) in enumerate(definitions)
    ]


def test_a_parameter_comes_after_those_it_uses() -> None:
    order, circles = evaluation_order(parameters(("A", "{B}"), ("B", "{C}"), ("C", "print 1")))
    assert [each.name for each in order] == ["C", "B", "A"]
    assert circles == ()


def test_circles_are_named() -> None:
    _, circles = evaluation_order(parameters(("A", "{B}"), ("B", "{A}"), ("C", "{C}")))
    assert [set(circle) for circle in circles] == [{"A", "B"}, {"C"}]


def test_a_name_declared_before_means_that_declaration() -> None:
    assert evaluation_order(parameters(("A", "{A}")), {"A"})[1] == ()
    assert evaluation_order(parameters(("A", "print 1"), ("A", "{A}")))[1] == ()


def test_what_the_editor_left_behind_is_no_dependency() -> None:
    raw = {"name": "T", "type": 4, "timeContextFromParameter": "T", "query": "{X}"}
    assert dependencies(Parameter(raw, "", "")) == frozenset()
    raw = {"name": "P", "type": 1, "timeContextFromParameter": "T"}
    assert dependencies(Parameter(raw, "", "")) == frozenset()
    raw = {
        "name": "P",
        "type": 2,
        "query": "T | {Q}",
        "timeContextFromParameter": "T",
        "crossComponentResources": ["{W}"],
    }
    assert dependencies(Parameter(raw, "", "")) == {"Q", "T", "W"}
