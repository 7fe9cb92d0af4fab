from __future__ import annotations

import pytest

from dashboard.parameters import Option, options_from_json, options_from_rows


def test_columns_are_read_by_position_whatever_their_names() -> None:
    rows = [("a", "Alpha", 1), ("b", "Beta", 0), ("c", "", None)]
    assert options_from_rows(("name", "text", "flag"), rows) == (
        Option("a", "Alpha", "", True),
        Option("b", "Beta", "", False),
        Option("c", "c", "", False),
    )


def test_a_column_named_group_after_the_third_is_the_heading() -> None:
    rows = [("a", "Alpha", False, "x", "First")]
    assert options_from_rows(("value", "label", "selected", "other", "group"), rows)[0].group == "First"


def test_repeated_and_empty_values_are_left_out_and_the_list_ends_at_a_thousand() -> None:
    assert options_from_rows(("v",), [("a",), ("a",), ("",), (None,)]) == (Option("a", "a"),)
    assert len(options_from_rows(("v",), [(f"{n}",) for n in range(3000)])) == 1000


def test_numbers_and_truth_values_become_the_texts_that_json_writes() -> None:
    assert [each.value for each in options_from_rows(("v",), [(1,), (2.0,), (True,)])] == ["1", "2", "true"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[{"label": "A", "value": "a"}]', [Option("a", "A")]),
        ('[{"value": "a", "label": "A", "Selected": true, "group": "g"}]', [Option("a", "A", "g", True)]),
        ('["x", 1, true]', [Option("x", "x"), Option("1", "1"), Option("true", "true")]),
        ('[{"k": "a", "name": "A", "on": 1}]', [Option("a", "A", "", True)]),
        ('// a comment\n[{"value": "http://x",},]', [Option("http://x", "http://x")]),
        ('[{"value": "a"}, /* why */ {"value": "b"}]', [Option("a", "a"), Option("b", "b")]),
        ('{"value": "a"}', [Option("a", "a")]),
        ("[]", []),
    ],
)
def test_json_options_are_read_by_key_name_and_leniently(text: str, expected: list[Option]) -> None:
    assert options_from_json(text) == (tuple(expected), None)


@pytest.mark.parametrize("text", ["", "nonsense", "[1", "[" * 5000, '{"a": 1e5,, }'])
def test_json_that_cannot_be_read_is_a_problem_and_no_options(text: str) -> None:
    options, problem = options_from_json(text)
    assert options == ()
    assert problem is not None
    assert problem.code == "PA002"
