"""The documentation's own examples, and the format's rules, as tables of cases: substitution and visibility."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboard.document.workbook import Item, Parameter
from dashboard.parameters import Context, Option, Value, options_from_json, substitute, text_value, visible
from dashboard.parameters.selection import choose_option, choose_text, choose_time

NOW = dt.datetime(2019, 3, 21, 16, 18, tzinfo=dt.UTC)
CASES = Path(__file__).parent / "cases"


def cases(name: str) -> list[Any]:
    loaded = yaml.safe_load((CASES / name).read_text(encoding="utf-8"))
    return [pytest.param(case, id=f"{number}-{case['from']}") for number, case in enumerate(loaded)]


def value_of(case: dict[str, Any]) -> Value:
    parameter = Parameter(case["parameter"], "items/0", "items/0/content/parameters/0")
    given = case.get("given")
    if parameter.kind == "time":
        return choose_time(parameter, given).value
    if parameter.kind == "text":
        return choose_text(parameter, given, None, True).value
    if parameter.json_data:
        options, problem = options_from_json(parameter.json_data)
        assert problem is None
    else:
        options = tuple(Option(value, label) for value, label in case.get("options", ()))
    return choose_option(parameter, options, given, trusted_options=True).value


@pytest.mark.parametrize("case", cases("substitution.yaml"))
def test_a_reference_becomes_what_the_documentation_says(case: dict[str, Any]) -> None:
    values = {case["parameter"]["name"]: value_of(case)}
    for use in ("query", "prose"):
        if use in case:
            assert substitute(case["text"], values, Context(use, NOW)) == case[use]  # type: ignore[arg-type]


@pytest.mark.parametrize("case", cases("visibility.yaml"))
def test_an_item_is_visible_as_its_conditions_say(case: dict[str, Any]) -> None:
    conditions = case["conditions"]
    raw: dict[str, Any] = {"type": 1, "content": {}}
    if len(conditions) == 1:
        raw["conditionalVisibility"] = conditions[0]
    else:
        raw |= {"conditionalVisibility": conditions[0], "conditionalVisibilities": conditions}
    values = {}
    for name, written in case["values"].items():
        if isinstance(written, list):
            values[name] = Value(kind="dropdown", values=tuple(written), many=True)
        elif isinstance(written, bool):
            values[name] = text_value("true" if written else "false")
        else:
            values[name] = text_value(written or "")
    assert visible(Item(raw, "items/0").conditions, values, Context("prose", NOW)) is case["visible"]
