"""Binding: which columns a query gives, and what is wrong with it."""

from __future__ import annotations

import pytest

from dashboard.errors import WatchbookError
from dashboard.kql.codes import CODES, kind_of
from dashboard.kql.translate import translate
from tests.kql.estate import CATALOG, NOW
from tests.kql.golden import Golden, golden_cases


@pytest.mark.parametrize("case", golden_cases("binder"), ids=lambda case: case.title)
def test_a_query_gives_these_columns_or_these_problems(case: Golden) -> None:
    try:
        translation = translate(case.text, CATALOG, now=NOW)
        found = "\n".join(f"{name}: {kind}" for name, kind in translation.columns)
    except WatchbookError as error:
        found = "\n".join(problem.describe() for problem in error.problems)
    assert found == case.expected


def test_every_code_of_these_problems_is_listed() -> None:
    codes = {line.split()[0] for case in golden_cases("binder") for line in case.expected.splitlines()}
    assert {code for code in codes if code.startswith("KQ")} <= CODES.keys()


def test_what_cannot_be_translated_is_told_apart_from_what_is_wrong() -> None:
    assert kind_of("KQ102") == "semantic"
    assert kind_of("KQ201") == "unsupported"
    assert kind_of("KQ003") == "limit"


def test_a_let_that_nobody_uses_refuses_nothing() -> None:
    translation = translate("let x = Missing | graph-match (a) project a; Events | count", CATALOG, now=NOW)
    assert translation.columns == (("Count", "long"),)


def test_the_translation_names_the_tables_functions_and_chart() -> None:
    text = "Failures(1h) | join kind=inner Hosts on Computer | render timechart with (title='T')"
    translation = translate(text, CATALOG, now=NOW)
    assert translation.tables_used == ("Events", "Hosts")
    assert translation.functions_used == ("Failures",)
    assert translation.render == ("timechart", {"title": "T"})


def test_a_problem_inside_a_stored_function_is_told_at_its_call() -> None:
    with pytest.raises(WatchbookError) as caught:
        translate("Events\n| take 1\n| union (Broken)", CATALOG, now=NOW)
    place = caught.value.problem.place
    assert (place.line, place.column) == (3, 10)
    assert caught.value.problem.message.startswith("In function 'Broken': There is no column or variable 'Nope'")


@pytest.mark.parametrize(
    "text",
    [
        "print " + "(" * 5_000 + "1" + ")" * 5_000,
        "print " + "not(" * 400 + "true" + ")" * 400,
        "".join(f"let f{i} = (x:long) {{ f{i - 1}(x) + f{i - 1}(x) }};\n" for i in range(1, 30)).replace("f0(x)", "x")
        + "print f29(1)",
        "let a0 = Events;\n" + "".join(f"let a{i} = a{i - 1} | union a{i - 1} | extend x{i} = 1;\n" for i in range(1, 40))
        + "a39 | count",
        "Events | extend x = " + "strcat(Account, " * 300 + "'x'" + ")" * 300,
    ],
    ids=["brackets", "not", "functions", "lets", "strcat"],
)  # fmt: skip
def test_an_enormous_query_is_answered_or_refused_by_a_limit(text: str) -> None:
    assert _kind(text) in ("answered", "limit")


def test_a_long_chain_of_conditions_is_no_deep_query() -> None:
    text = "Events | where " + " or ".join(f"Account == 'a{i}'" for i in range(2_000)) + " | count"
    assert translate(text, CATALOG, now=NOW).columns == (("Count", "long"),)


def _kind(text: str) -> str:
    try:
        translate(text, CATALOG, now=NOW)
    except WatchbookError as error:
        return kind_of(error.problem.code)
    return "answered"
