"""Which value a parameter has: the reader's choice, the saved value, marked options, the default, in this order."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from dashboard.document.workbook import Parameter
from dashboard.parameters import Context, Option, substitute
from dashboard.parameters.selection import Choice, choose_option, choose_text, choose_time

ABC = (Option("a", "Alpha"), Option("b", "Beta", selected=True), Option("c", "Gamma"))


def parameter(**raw: Any) -> Parameter:
    return Parameter({"name": "P", "type": 2, **raw}, "items/0", "items/0/content/parameters/0")


def chosen(definition: Parameter, given: Any = None, options: Any = ABC, **more: Any) -> Choice:
    return choose_option(definition, options, given, True, **more)


def test_the_readers_choice_comes_first_then_the_saved_value_then_marked_options_then_the_default() -> None:
    definition = parameter(value="c", defaultValue="value::1")
    assert chosen(definition, "a").value.values == ("a",)
    assert chosen(definition).value.values == ("c",)
    assert chosen(parameter(defaultValue="value::1")).value.values == ("b",)
    unmarked = tuple(Option(each.value, each.label) for each in ABC)
    assert chosen(parameter(defaultValue="value::1"), options=unmarked).value.values == ("a",)
    assert not chosen(parameter(), options=unmarked).value.is_set


def test_a_choice_becomes_what_is_left_of_it_in_new_options() -> None:
    definition = parameter(multiSelect=True)
    assert chosen(definition, ["a", "gone", "c"]).value.values == ("a", "c")
    assert chosen(definition, ["gone"]).value.values == ("b",)


def test_a_choice_stands_where_the_options_could_not_be_had() -> None:
    assert chosen(parameter(), "gone", options=None).value.values == ("gone",)


def test_a_value_of_its_own_is_kept_where_custom_values_are_allowed() -> None:
    assert chosen(parameter(typeSettings={"allowCustom": True}), "mine").value.values == ("mine",)


def test_an_emptied_multi_select_stays_empty() -> None:
    choice = chosen(parameter(multiSelect=True, value=["a"]), [])
    assert choice.value.values == ()
    assert choice.control == []


@pytest.mark.parametrize(
    ("given", "values"),
    [
        ("a,c", ("a", "c")),
        ('["a","b"]', ("a", "b")),
        ("'a', 'b'", ("a", "b")),
        ("Alpha", ("a",)),
        ("All", ("a", "b", "c")),
        ("value::2", ("a", "b")),
    ],
)
def test_a_multi_select_reads_texts_from_an_address(given: str, values: tuple[str, ...]) -> None:
    assert chosen(parameter(multiSelect=True), given).value.values == values


def test_an_option_is_found_by_its_label_and_an_id_whatever_its_case() -> None:
    options = (Option("/subscriptions/A/x", "Mine"),)
    assert chosen(parameter(type=5), "mine", options).value.values == ("/subscriptions/A/x",)
    assert chosen(parameter(type=5, value="/Subscriptions/a/X"), None, options).value.values == ("/subscriptions/A/x",)


def test_a_required_parameter_without_a_value_blocks_and_an_optional_one_does_not() -> None:
    plain = (Option("a", "A"),)
    assert chosen(parameter(isRequired=True), options=plain).value.blocks
    assert not chosen(parameter(), options=plain).value.blocks


def test_all_of_an_empty_list_is_set_and_matches_nothing() -> None:
    definition = parameter(isRequired=True, multiSelect=True, value=["value::all"])
    choice = chosen(definition, options=())
    assert not choice.value.blocks
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    assert substitute("in ({P}) {P:label}", {"P": choice.value}, Context("query", now)) == "in ('') All"


def test_the_first_of_an_empty_list_says_why_it_is_unset() -> None:
    choice = chosen(parameter(isRequired=True, value="value::1"), options=())
    assert choice.value.blocks
    assert choice.value.reason == "its list of options is empty"


def test_all_of_an_empty_list_is_the_text_that_stands_for_it_where_there_is_one() -> None:
    definition = parameter(
        isRequired=True, multiSelect=True, value=["value::all"], typeSettings={"selectAllValue": "*"}
    )
    assert chosen(definition, options=()).value.instead == "*"


def test_more_values_than_allowed_are_a_problem() -> None:
    choice = chosen(parameter(multiSelect=True, typeSettings={"limitSelectTo": 1}), ["a", "b"])
    assert choice.problem is not None
    assert choice.problem.code == "PA004"


def test_the_estate_gives_a_picker_its_first_resource_or_all_of_them() -> None:
    plain = tuple(Option(each.value, each.label) for each in ABC)
    assert chosen(parameter(type=5), None, plain, estate_default=True).value.values == ("a",)
    assert chosen(parameter(type=5, multiSelect=True), None, plain, estate_default=True).value.values == ("a", "b", "c")
    assert chosen(parameter(type=5, value="elsewhere"), None, plain, estate_default=True).value.values == ("a",)


def test_only_the_authors_own_texts_are_trusted() -> None:
    assert choose_option(parameter(), ABC, "a", trusted_options=True).value.trusted
    assert not choose_option(parameter(), ABC, "a", trusted_options=False).value.trusted
    assert choose_option(parameter(value="a"), ABC, None, trusted_options=False).value.trusted
    assert not choose_text(parameter(type=1), "typed", None, True).value.trusted
    assert choose_text(parameter(type=1, value="saved"), None, None, True).value.trusted


def test_a_text_that_breaks_a_rule_is_told_so_and_blocks() -> None:
    rules = [{"regExp": "^[a-z]+$", "match": True, "message": "Small letters only."}, {"regExp": "bad", "match": False}]
    definition = parameter(type=1, typeSettings={"paramValidationRules": rules})
    assert choose_text(definition, "good", None, True).problem is None
    wrong = choose_text(definition, "Good1", None, True)
    assert wrong.problem is not None
    assert (wrong.problem.code, wrong.problem.message, wrong.value.blocks) == ("PA003", "Small letters only.", True)
    assert choose_text(definition, "abad", None, True).problem is not None


def test_a_hostile_rule_ends_in_time_and_is_let_pass() -> None:
    rules = [{"regExp": "^(a+)+$", "match": True}]
    definition = parameter(type=1, typeSettings={"paramValidationRules": rules})
    assert choose_text(definition, "a" * 60 + "b", None, True).value.values


def test_a_time_range_that_cannot_be_read_is_a_problem_and_the_saved_one_holds() -> None:
    choice = choose_time(parameter(type=4, value={"durationMs": 3_600_000}), "soon")
    assert choice.problem is not None
    assert choice.control == {"durationMs": 3_600_000}


@pytest.mark.parametrize(
    ("given", "control"),
    [
        ("24h", {"durationMs": 86_400_000}),
        ("7d", {"durationMs": 604_800_000}),
        ("PT4H", {"durationMs": 14_400_000}),
        ("P1D", {"durationMs": 86_400_000}),
        (3_600_000, {"durationMs": 3_600_000}),
        ("> ago(2d)", {"durationMs": 172_800_000}),
        ('{"durationMs": 60000}', {"durationMs": 60_000}),
        ("2026-01-01/2026-01-02", {"durationMs": 86_400_000, "endTime": "2026-01-02T00:00:00.000Z"}),
    ],
)
def test_a_time_range_reads_what_people_write(given: Any, control: dict[str, Any]) -> None:
    assert choose_time(parameter(type=4), given).control == control


def test_a_required_multi_select_that_offers_all_starts_with_all() -> None:
    offers = {"typeSettings": {"additionalResourceOptions": ["value::all"]}, "multiSelect": True}
    unmarked = tuple(Option(each.value, each.label) for each in ABC)
    assert chosen(parameter(isRequired=True, **offers), options=unmarked).control == ["value::all"]
    assert not chosen(parameter(**offers), options=unmarked).value.is_set
    assert not chosen(parameter(isRequired=True, **offers), options=None).value.is_set
    assert chosen(parameter(isRequired=True, **offers), [], options=unmarked).value.blocks
