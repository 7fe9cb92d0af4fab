from __future__ import annotations

import json
from typing import Any

import pytest

from dashboard.document import check, parse_workbook
from dashboard.errors import Place, Problem


def findings(*items: dict[str, Any], **document: Any) -> list[Problem]:
    text = json.dumps({"version": "Notebook/1.0", "items": list(items), **document})
    return check(parse_workbook(text, "w"))


def codes(*items: dict[str, Any]) -> set[str]:
    return {problem.code for problem in findings(*items)}


def text(body: str = "# Title", **keys: Any) -> dict[str, Any]:
    return {"type": 1, "content": {"json": body}, **keys}


def query(body: str = "T | count", name: str = "q", **content: Any) -> dict[str, Any]:
    return {"type": 3, "name": name, "content": {"query": body, "title": "Title", "version": "KqlItem/1.0", **content}}


def parameters(*definitions: dict[str, Any]) -> dict[str, Any]:
    return {"type": 9, "content": {"parameters": [{"type": 1, **each} for each in definitions]}}


def group(*items: dict[str, Any], **content: Any) -> dict[str, Any]:
    return {"type": 12, "content": {"items": list(items), "groupType": "editable", **content}}


def when(parameter: str, value: str) -> dict[str, Any]:
    return {"parameterName": parameter, "comparison": "isEqualTo", "value": value}


def tabs(name: str, *values: str) -> dict[str, Any]:
    links = [{"linkTarget": "parameter", "cellValue": name, "subTarget": value, "linkLabel": value} for value in values]
    return {"type": 11, "content": {"style": "tabs", "links": links}}


def test_a_sound_workbook_has_no_findings() -> None:
    assert findings(parameters({"name": "P", "value": "x"}), text("# {P}"), query("T | where a == '{P}'")) == []


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ([{"type": 99, "content": {}}], "WB011"),
        ([text(conditionalVisibilty=when("P", "x"))], "WB101"),
        ([query(visualization="pie")], "WB102"),
        ([query(queryType=99)], "WB102"),
        ([text("{Nothing}")], "WB103"),
        ([parameters({"name": "P", "value": "x"})], "WB104"),
        ([parameters({"name": "A", "query": "{B}"}, {"name": "B", "query": "{A}"})], "WB105"),
        ([parameters({"name": "A", "query": "print '{A}'"})], "WB105"),
        ([tabs("Tab", "a", "b"), text(conditionalVisibility=when("Tab", "c"))], "WB106"),
        ([parameters({"name": "P"}), text(conditionalVisibilities=[when("P", "x"), when("P", "y")])], "WB106"),
        (
            [
                parameters({"name": "P", "type": 2, "jsonData": '["a"]'}),
                text("{P}", conditionalVisibility=when("P", "b")),
            ],
            "WB106",
        ),
        ([text(halfWidth=True)], "WB107"),
        ([{"type": 1, "content": '{"json": "x"}'}], "WB107"),
        ([query(queryType=2)], "WB107"),
        ([query(title="")], "WB108"),
        ([query('{"merges": [{"leftTable": "gone"}]}', queryType=7)], "WB110"),
        (
            [{"type": 11, "content": {"links": [{"linkTarget": "step", "cellValue": "gone", "linkLabel": "x"}]}}],
            "WB110",
        ),
        ([query(name="a"), query(name="a"), query('{"merges": [{"leftTable": "a"}]}', queryType=7)], "WB109"),
        ([text("{P}"), parameters({"name": "P"})], "WB111"),
        ([group(parameters({"name": "P"})), text("{P}")], "WB111"),
        (
            [
                {
                    "type": 11,
                    "content": {"links": [{"linkTarget": "Url", "cellValue": "javascript:x", "linkLabel": "x"}]},
                }
            ],
            "WB112",
        ),
    ],
)
def test_each_kind_of_finding_is_found(items: list[dict[str, Any]], code: str) -> None:
    assert code in codes(*items)


def test_a_misspelled_key_names_the_right_one_and_its_place() -> None:
    found = next(each for each in findings(text(conditionalVisibilty={})) if each.code == "WB101")
    assert found.place.path == "items/0"
    assert "conditionalVisibility" in found.hint


def test_what_is_in_the_settings_of_a_visualization_is_looked_at() -> None:
    column = {
        "columnMatch": "A",
        "formatter": "5",
        "formatOptions": {"palete": "blue", "thresholdsGrid": [{"operator": "=<"}]},
    }
    odd = {
        "columnMatch": "B",
        "formatter": 99,
        "numberFormat": None,
        "formatOptions": {"linkTarget": "{Target}", "zzz": 1},
    }
    settings = {"formatters": [column, odd], "sortBy": [{"itemKey": "A", "sortOrder": 3}], "rowLimit": None}
    target = parameters({"name": "Target", "value": "Url"})
    found = findings(target, query(gridSettings=settings, chartSettings={"seriesLabelSettings": [{"serieName": "x"}]}))
    assert {(each.code, each.severity, each.place.path, each.hint) for each in found} == {
        ("WB101", "warning", "items/1/content/gridSettings/formatters/0/formatOptions", "Did you mean 'palette'?"),
        ("WB102", "warning", "items/1/content/gridSettings/formatters/0/formatOptions/thresholdsGrid/0", ""),
        ("WB102", "warning", "items/1/content/gridSettings/formatters/1", ""),
        ("WB101", "info", "items/1/content/gridSettings/formatters/1/formatOptions", ""),
        ("WB102", "warning", "items/1/content/gridSettings/sortBy/0", ""),
        ("WB101", "warning", "items/1/content/chartSettings/seriesLabelSettings/0", "Did you mean 'seriesName'?"),
    }


@pytest.mark.parametrize("odd", [[], {}, [[1]], {"a": {}}, 1.5, True, "x", 10**30, [None]])
def test_odd_values_in_settings_are_told_and_nothing_fails(odd: Any) -> None:
    settings = {
        "formatters": [{"formatter": odd, "formatOptions": odd, "numberFormat": {"options": odd}}],
        "sortBy": odd,
    }
    findings(query(gridSettings=settings, chartSettings=odd, sortBy=[{"sortOrder": odd}], mapSettings={"locInfo": odd}))


def test_exported_parameters_of_a_group_are_known_below_it() -> None:
    assert "WB111" not in codes(group(parameters({"name": "P"}), exportParameters=True), text("{P}"))


def test_a_redeclaration_may_use_the_earlier_one() -> None:
    assert "WB105" not in codes(
        parameters({"name": "P"}), parameters({"name": "P", "query": "print '{P}'"}), text("{P}")
    )


def test_queries_are_judged_by_the_check_that_is_passed_in() -> None:
    def judge(query_text: str) -> list[Problem]:
        return [Problem("KQ001", "Bad.", place=Place(line=1, column=2))] if "bad" in query_text else []

    document = {
        "version": "Notebook/1.0",
        "items": [query("bad"), parameters({"name": "P", "query": "bad", "type": 2}), text("{P}")],
    }
    found = [each for each in check(parse_workbook(json.dumps(document), "w"), judge) if each.code == "KQ001"]
    assert [each.place.path for each in found] == ["items/0/content/query", "items/1/content/parameters/0/query"]
    assert found[0].place.line == 1


def test_queries_are_judged_with_neutral_values_for_their_parameters() -> None:
    asked: list[str] = []

    def judge(query_text: str) -> list[Problem]:
        asked.append(query_text)
        return [Problem("KQ001", "Bad.")]

    definitions = parameters(
        {"name": "T", "type": 4, "value": {"durationMs": 1}},
        {"name": "M", "type": 2, "multiSelect": True},
        {"name": "N", "value": "5"},
        {"name": "Any"},
    )
    texts = [
        "T | where TimeGenerated {T} and a in ({M}) | take {N}",
        "T | where a == '{Any}' and b between ({T:start} .. {T:end})",
        "{Any} | count",
        "T | count",
    ]
    document = {"version": "Notebook/1.0", "items": [definitions, *(query(each) for each in texts)]}
    found = [each for each in check(parse_workbook(json.dumps(document), "w"), judge) if each.code == "KQ001"]
    assert asked == [
        "T | where TimeGenerated > ago(1d) and a in ('x') | take 5",
        "T | where a == 'x' and b between (datetime(2026-01-01) .. datetime(2026-01-02))",
        "T | count",
    ]
    assert [each.severity for each in found] == ["warning", "warning", "error"]


def test_a_workbook_counts_its_items_and_those_that_are_drawn() -> None:
    items = [text(), group(query(visualization="table"), query(visualization="hologram")), {"type": 99, "content": {}}]
    workbook = parse_workbook(json.dumps({"version": "Notebook/1.0", "items": items}), "w")
    assert (workbook.count_items(), workbook.count_drawn()) == (5, 3)


def test_findings_come_in_document_order() -> None:
    found = findings(text("{A}"), parameters({"name": "P"}), text("{B}"))
    assert [each.place.path.split("/content")[0] for each in found] == ["items/0", "items/1", "items/2"]
