"""parse, mv-expand, mv-apply, make-series, evaluate, search, top-nested, partition: what they answer."""

from __future__ import annotations

import pytest

from dashboard.errors import WatchbookError
from dashboard.kql.catalog import Catalog
from dashboard.kql.translate import translate
from tests.kql.answers import answer
from tests.kql.golden import Golden, golden_cases


@pytest.mark.parametrize("case", golden_cases("advanced"), ids=lambda case: case.title)
def test_an_operator_answers_like_this(case: Golden) -> None:
    head, *rows = answer(case.text).split("\n")
    expected_head, *expected = case.expected.split("\n")
    assert head == expected_head
    if "sort by" in case.text:
        assert rows == expected
    else:
        assert sorted(rows) == sorted(expected)


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
        ("print a = 'x' | mv-expand a", "KQ104", "An array or a bag is expanded; this is a string."),
        ("print a = 1 | evaluate bag_unpack(a)", "KQ104", "bag_unpack() unpacks a bag"),
        ("print a = 1 | evaluate bag_unpck(a)", "KQ103", "There is no plugin 'bag_unpck'."),
        ("print a = 1 | evaluate python('x')", "KQ203", "The plugin 'python' is not supported."),
        ("range x from 1 to 3 step 1 | make-series count() on x step 0", "KQ104", "greater than zero"),
        (
            "print t = now() | make-series count() on t from datetime(2000-01-01) to datetime(2024-01-01) step 1s",
            "KQ003",
            "more than 1,048,576 steps",
        ),
        ("print s = 'a' | parse kind=regex flags=x s with 'a' b", "KQ203", "no flags 'x'"),
        ("print s = 'a' | parse kind=regex s with '(?=a)' b", "KQ203", "cannot look ahead"),
        ("search in (Nowhere) 'x'", "KQ101", "There is no table"),
        ("print a = 1 | top-nested 1 of a with others='x' by count()", "KQ104", "must be a long"),
        ("print a = 1 | evaluate session_count(a, a, 1, 2, 1, 1)", "KQ203", "'session_count' is not supported"),
        ("print a = 'x' | reduce kind=source by a", "KQ203", "kind=source"),
        ("print a = 'x' | reduce by a with threshold=2", "KQ104", "from 0 to 1"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_reason(query: str, code: str, words: str) -> None:
    with pytest.raises(WatchbookError) as caught:
        translate(query, Catalog(), discover=lambda sql: [])
    assert caught.value.problem.code == code
    assert words in caught.value.problem.message


def test_without_a_look_at_the_data_undeclared_columns_are_refused() -> None:
    with pytest.raises(WatchbookError) as caught:
        translate("print d = dynamic({'a': 1}) | evaluate bag_unpack(d)", Catalog())
    assert caught.value.problem.code == "KQ207"


def test_what_the_data_says_of_columns_is_quoted() -> None:
    hostile = "print d = dynamic({'a\"; DROP TABLE x; --': 1, \"it's\": 2}) | evaluate bag_unpack(d)"
    assert answer(hostile).split("\n")[1] == "1 | 2"
    assert answer('print k = "x\'); --", n = 1 | evaluate pivot(k, sum(n), n)').split("\n")[1] == "1 | 1"
