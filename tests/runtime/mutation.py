"""Malformed workbooks by mutation: one or a few changes at random places of a sound one."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

from tests.runtime.standin import group, parameters, query, tabs, text, when

_CRITERIA = [
    {"criteriaContext": {"leftOperand": "A", "operator": "==", "rightValType": "static", "rightVal": "x", "resultValType": "expression",
                         "resultVal": "{N}*2"}},
    {"criteriaContext": {"operator": "Default", "resultValType": "param", "resultVal": "A"}},
]  # fmt: skip
SOUND: list[dict[str, Any]] = [
    parameters(
        {"name": "T", "type": 4, "isRequired": True, "value": {"durationMs": 86_400_000},
         "typeSettings": {"selectableValues": [{"durationMs": 3_600_000}], "allowCustom": True}},
        {"name": "A", "type": 2, "jsonData": '[{"value": "x", "label": "X"}, {"value": "y"}]', "multiSelect": True, "quote": "'",
         "delimiter": ",", "value": ["value::all"], "typeSettings": {"additionalResourceOptions": ["value::all"], "selectAllValue": "*"}},
        {"name": "B", "type": 2, "query": "T | where {T}", "queryType": 0, "timeContextFromParameter": "T", "value": "value::1"},
        {"name": "N", "type": 1, "value": "5", "typeSettings": {"paramValidationRules": [{"regExp": "^\\d+$", "match": True}]}},
        {"name": "C", "type": 1, "criteriaData": _CRITERIA},
        {"name": "W", "type": 5, "query": "where type =~ 'x/y'", "queryType": 1, "crossComponentResources": ["{S}"]},
        {"name": "S", "type": 6, "value": ["value::1"], "typeSettings": {"includeAll": True}},
        {"name": "G", "type": 10, "isGlobal": True, "jsonData": '["one", "two"]', "value": "one"},
    ),
    tabs("Tab", "one", "two"),
    text("# {A:label} {T:start} {C} {B:$.x}", style="info", **when("Tab", "one")),
    query("T | where a in ({A}) and TimeGenerated {T} | take {N}", "first", title="{B}", timeContextFromParameter="T",
          crossComponentResources=["{W}"], exportedParameters=[{"fieldName": "a", "parameterName": "Sel", "defaultValue": "d"}],
          visualization="table", gridSettings={"formatters": [{"columnMatch": "a", "formatter": 1}]}),
    query(json.dumps({"content": '[{"a": "{N}"}]', "transformers": [{"type": "jsonpath", "settings": {
        "tablePath": "$", "columns": [{"path": "$.a", "columnid": "a", "substringRegexMatch": "(.)"}]}}]}), "second", queryType=8),
    query(json.dumps({"merges": [{"mergeType": "leftouter", "leftTable": "first", "rightTable": "second", "leftColumn": "query",
                                  "rightColumn": "a"}], "projectRename": [{"originalName": "[first].query", "mergedName": "q"}]}),
          "third", queryType=7),
    group(parameters({"name": "P", "type": 1, "value": "{A}"}), text("{P} {Sel}"),
          group(query("U {P}", timeBrushParameterName="G"), expandable=True, expanded=True), exportParameters=True, title="{Tab}",
          keys={"conditionalVisibilities": [{"parameterName": "Tab", "comparison": "isNotEqualTo", "value": "two"}]}),
    {"type": 10, "content": {"version": "MetricsItem/2.0", "metrics": [{"metric": "n-c-m", "aggregation": 1}], "resourceParameter": "W"}},
    query('{"path": "/{S}"}', queryType=12),
    query('{"queryText": "T {N}"}', queryType=9),
]  # fmt: skip

_STRANGE: list[Any] = [
    None, True, False, 0, -1, 1.5, 10**30, 1e308, "", "x", "{A}", "{" * 50, "{A:$.x[", "{T:start", "value::all", "value::99999999999", "[", "{",
    "[]", '{"a":', "(a+)+$", "\u0000", "\u202e", "'", "<script>", [], {}, [[]], [None], {"a": None}, ["x"] * 50, {"durationMs": -5},
    {"durationMs": 10**25, "endTime": "9999-12-31T23:59:59Z"}, {"durationMs": 5, "endTime": "0001-01-01"}, "union", "items",
]  # fmt: skip


def mutants(seed: int, count: int, bases: list[dict[str, Any]] | None = None) -> Iterator[tuple[str, str]]:
    """Malformed workbooks as text, with a name that says how each was made."""
    bases = bases or [{"version": "Notebook/1.0", "items": SOUND}]
    for number in range(count):
        chance = random.Random(f"{seed}-{number}")
        document = copy.deepcopy(chance.choice(bases))
        for _ in range(chance.choice((1, 1, 2, 4))):
            _mutate(document, chance)
        text_ = json.dumps(document, ensure_ascii=chance.random() < 0.5)
        how = chance.random()
        if how < 0.08:
            text_ = text_[: chance.randrange(len(text_))]
        elif how < 0.12:
            at = chance.randrange(len(text_))
            text_ = text_[:at] + chance.choice(["\x00", "{", '"', ",", "\\", "\ud800"]) + text_[at + 1 :]
        yield f"{seed}-{number}", text_


def _mutate(document: Any, chance: random.Random) -> None:
    places = list(_places(document, 0))
    if not places:  # an earlier change took everything away
        return
    holder, key = chance.choice(places)
    match chance.randrange(9):
        case 0 | 1 | 2:
            holder[key] = copy.deepcopy(chance.choice(_STRANGE))
        case 3:
            del holder[key]
        case 4:
            other, other_key = chance.choice(places)
            value = copy.deepcopy(other[other_key])
            holder[key] = value
        case 5:
            value = holder[key]
            for _ in range(chance.choice((3, 30, 200))):
                value = {"items": [value]} if chance.random() < 0.3 else [value]
            holder[key] = value
        case 6:
            if isinstance(holder[key], str):
                names = ["A", "B", "N", "P", "S", "T", "W", "Tab", "Sel", "G", "Gone"]
                holder[key] += (
                    "{" + chance.choice(names) + chance.choice(["", ":label", ":$", ":start", ":x", ":escape"]) + "}"
                )
            else:
                holder[key] = json.dumps(holder[key])
        case 7:
            if isinstance(holder, list):
                holder.extend(copy.deepcopy(holder[key]) for _ in range(chance.choice((1, 5, 20))))
        case 8:
            if isinstance(holder[key], str):
                holder[key] = holder[key] * chance.choice((2, 50, 2000))


def _places(value: Any, depth: int) -> Iterator[tuple[Any, Any]]:
    if depth > 40:
        return
    if isinstance(value, dict):
        for key, child in list(value.items()):
            yield value, key
            yield from _places(child, depth + 1)
    elif isinstance(value, list):
        for at, child in enumerate(value):
            yield value, at
            yield from _places(child, depth + 1)
