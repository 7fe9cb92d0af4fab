"""A value that the author did not write stays inside the literal or comment it lands in, whatever it holds."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.kql.tokens import string_value, tokenize
from dashboard.parameters import Context, Value, substitute, text_value

QUERY = Context("query", dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
HOSTILE = st.text(st.sampled_from("'\"\\`~@h/|\n\r\t ;(){}ab\u2028\x00é"), max_size=12)

LITERALS = {
    "single quotes": "T | where a == '{P}' | count",
    "double quotes": 'T | where a == "x{P}y" | count',
    "an obfuscated string": "T | where a == h'{P}' | count",
    "a verbatim string": "T | where a == @'{P}' | count",
    "a verbatim string in double quotes": 'T | where a == @"{P}" | count',
    "a string of several lines": "T | where a == ```{P}``` | count",
    "a string of several lines in tildes": "T | where a == ~~~{P}~~~ | count",
    "a column name": "T | project ['{P}']",
    "a comment": "T // {P}\n| count",
    "a string after a comment that ends with a carriage return": "T // it's\r| where a == '{P}'",
    "a string after an escaped quote": "T | where b == 'it\\'s' and a == '{P}'",
}


def kinds(query: str) -> list[str]:
    return list(tokenize(query).kinds)


@pytest.mark.parametrize("query", LITERALS.values(), ids=LITERALS)
@settings(max_examples=300, deadline=None)
@given(value=HOSTILE)
def test_a_hostile_text_does_not_leave_its_literal(query: str, value: str) -> None:
    harmless = substitute(query, {"P": text_value("x")}, QUERY)
    assert kinds(substitute(query, {"P": text_value(value)}, QUERY)) == kinds(harmless)


@settings(max_examples=300, deadline=None)
@given(value=HOSTILE.filter(lambda text: "\0" not in text), quote=st.sampled_from("'\""))
def test_the_literal_means_the_text_itself(value: str, quote: str) -> None:
    query = substitute(quote + "{P}" + quote, {"P": text_value(value)}, QUERY)
    assert string_value(query) == value


@settings(max_examples=300, deadline=None)
@given(values=st.lists(HOSTILE.filter(bool), min_size=1, max_size=3), quote=st.sampled_from("'\""))
def test_each_value_of_a_multi_select_is_one_literal(values: list[str], quote: str) -> None:
    chosen = Value(kind="dropdown", values=tuple(values), many=True, quote=quote)
    harmless = Value(kind="dropdown", values=tuple("x" for _ in values), many=True, quote=quote)
    query = "T | where a in ({P}) | count"
    assert kinds(substitute(query, {"P": chosen}, QUERY)) == kinds(substitute(query, {"P": harmless}, QUERY))


@settings(max_examples=200, deadline=None)
@given(values=st.lists(HOSTILE, min_size=1, max_size=3))
def test_a_whole_list_inside_a_literal_stays_inside(values: list[str]) -> None:
    chosen = Value(kind="dropdown", values=tuple(values), many=True)
    query = 'T | where "{P}" == "x" | count'
    assert kinds(substitute(query, {"P": chosen}, QUERY)) == kinds(substitute(query, {"P": text_value("x")}, QUERY))


@settings(max_examples=200, deadline=None)
@given(value=HOSTILE)
def test_an_escaped_format_is_not_escaped_twice(value: str) -> None:
    query = substitute("'{P:escape}'", {"P": text_value(value)}, QUERY)
    assert string_value(query) == value.replace("\0", "")


@settings(max_examples=200, deadline=None)
@given(value=HOSTILE)
def test_a_text_in_json_stays_one_json_string(value: str) -> None:
    written = substitute('{"a": "{P}", "b": 1}', {"P": text_value(value)}, Context("json", QUERY.now))
    assert json.loads(written) == {"a": value, "b": 1}


def test_the_authors_own_text_is_spliced_as_it_is() -> None:
    value = text_value("a', 'b", trusted=True)
    assert substitute("in ('{P}')", {"P": value}, QUERY) == "in ('a', 'b')"


def test_outside_a_literal_a_text_is_spliced_as_it_is() -> None:
    assert substitute("where x > {P}", {"P": text_value("5 or true")}, QUERY) == "where x > 5 or true"


def test_what_was_put_in_is_not_looked_at_again() -> None:
    values = {"P": text_value("{Q}"), "Q": text_value("secret")}
    assert substitute("{P}", values, Context("prose", QUERY.now)) == "{Q}"
