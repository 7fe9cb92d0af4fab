"""Opening workbooks: every packaging, every encoding, and a sentence for what is no workbook."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dashboard.document import (
    dump_document,
    dump_workbook,
    load_workbook,
    load_workbooks,
    parse_workbook,
    parse_workbooks,
    replace_document,
)
from dashboard.errors import WatchbookError

DOCUMENT: dict[str, Any] = {
    "version": "Notebook/1.0",
    "items": [
        {"type": 1, "content": {"json": "# Hello"}, "name": "text - 0", "unknown": {"kept": [1, 2.5, None]}},
        {"type": 9, "content": {"version": "KqlParameterItem/1.0", "parameters": [
            {"name": "P", "type": 2, "jsonData": '["a"]'}, {"name": "Q", "type": 1, "jsonData": '[{"value": 1}]'}]}},
        {"type": 12, "content": {"version": "NotebookGroup/1.0", "items": [{"type": 3, "content": {"query": "T | count"}}]}},
    ],
    "$schema": "https://example.test/schema.json",
}  # fmt: skip


def arm_string() -> dict[str, Any]:
    properties = {"displayName": "My workbook", "serializedData": json.dumps(DOCUMENT), "version": "1.0"}
    return {"resources": [{"type": "microsoft.insights/workbooks", "properties": properties}]}


def arm_variable() -> dict[str, Any]:
    escaped = json.loads(json.dumps(DOCUMENT).replace('"[\\"a\\"]"', '"[[\\"a\\"]"').replace('"[{', '"[[{'))
    assert escaped != DOCUMENT
    properties = {"displayName": "[parameters('name')]", "serializedData": "[string(variables('content'))]"}
    return {
        "variables": {"content": escaped},
        "resources": [{"type": "microsoft.insights/workbooks", "properties": properties}],
    }


def arm_template_data() -> dict[str, Any]:
    return {"resources": [{"type": "microsoft.insights/workbooktemplates", "properties": {"templateData": DOCUMENT}}]}


PACKAGINGS = {
    "gallery": DOCUMENT,
    "ARM with text": arm_string(),
    "ARM with a variable": arm_variable(),
    "ARM with an object": arm_template_data(),
}


@pytest.mark.parametrize("packed", PACKAGINGS.values(), ids=PACKAGINGS)
def test_a_workbook_opens_from_every_packaging(packed: dict[str, Any]) -> None:
    workbook = parse_workbook(json.dumps(packed), "w.json")
    assert workbook.raw == DOCUMENT
    assert [item.kind for item in workbook.walk()] == ["text", "parameters", "group", "query"]
    assert [item.path for item in workbook.walk()] == ["items/0", "items/1", "items/2", "items/2/items/0"]


@pytest.mark.parametrize("packed", PACKAGINGS.values(), ids=PACKAGINGS)
def test_saving_without_a_change_gives_the_same_json_in_the_same_order(packed: dict[str, Any]) -> None:
    saved = dump_workbook(parse_workbook(json.dumps(packed), "w.json"))
    assert json.dumps(json.loads(saved)) == json.dumps(packed)


@pytest.mark.parametrize("packed", PACKAGINGS.values(), ids=PACKAGINGS)
def test_a_changed_document_goes_back_into_its_packaging(packed: dict[str, Any]) -> None:
    workbook = parse_workbook(json.dumps(packed), "w.json")
    changed = {**workbook.raw, "items": [*workbook.raw["items"], {"type": 1, "content": {"json": "[x]"}}]}
    edited = replace_document(workbook, changed)
    assert parse_workbook(dump_workbook(edited), "w.json").raw == changed
    assert workbook.raw == DOCUMENT
    unchanged = replace_document(workbook, workbook.raw)
    assert json.loads(json.dumps(unchanged.package.outer)) == packed or workbook.package.form == "string"


def test_the_document_can_be_saved_alone_from_any_packaging() -> None:
    assert json.loads(dump_document(parse_workbook(json.dumps(arm_string()), "w.json"))) == DOCUMENT


def test_a_workbook_is_named_after_its_file_or_its_display_name() -> None:
    assert parse_workbook(json.dumps(DOCUMENT), "Azure Activity.workbook").name == "Azure Activity"
    assert parse_workbook(json.dumps(DOCUMENT), "a.workbook.json").name == "a"
    assert parse_workbook(json.dumps(arm_string()), "w.json").name == "My workbook"
    assert parse_workbook(json.dumps(arm_variable()), "w.json").name == "w"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_file_may_be_in_any_unicode_encoding(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "w.json"
    file.write_bytes(json.dumps({**DOCUMENT, "name": "Größe"}, ensure_ascii=False).encode(encoding))
    assert load_workbook(file).raw["name"] == "Größe"


def test_a_file_with_several_workbooks_opens_the_first_and_says_so() -> None:
    both = arm_string()
    both["resources"].append({"properties": {"displayName": "Second", "serializedData": json.dumps(DOCUMENT)}})
    text = json.dumps(both)
    assert [workbook.name for workbook in parse_workbooks(text, "w.json")] == ["My workbook", "Second"]
    first = parse_workbook(text, "w.json")
    assert first.name == "My workbook"
    assert first.problems[0].code == "WB007"
    assert "Second" in first.problems[0].message


def test_content_that_is_a_json_string_is_read_and_saved_as_it_was() -> None:
    document = {"version": "Notebook/1.0", "items": [{"type": 3, "content": '{"query": "T", "size": 1}'}]}
    workbook = parse_workbook(json.dumps(document), "w")
    assert workbook.items[0].query == "T"
    assert json.loads(dump_workbook(workbook)) == document


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ('{"items": [', "WB002", "line 1, column 12"),
        ("", "WB002", "a value is missing"),
        ('{"items": [],}', "WB002", "line 1"),
        ('{"items": [1' + "0" * 5000 + "]}", "WB002", "too many digits"),
        ('{"items": [NaN]}', "WB002", "NaN"),
        ('{"items": [1e999]}', "WB002", "too large"),
        ('{"items": ["\\ud800"]}', "WB002", "half of a character"),
        ("[]", "WB003", "not a workbook"),
        ("{}", "WB003", "not a workbook"),
        ('"text"', "WB003", "not a workbook"),
        ('{"kind": "List", "items": [{"kind": "Pod"}]}', "WB003", "not a workbook"),
        ('{"items": ' + "[" * 100_000, "WB005", "deeper than"),
        ('{"properties": {"serializedData": "{broken"}}', "WB006", "properties/serializedData"),
        ('{"resources": [{"properties": {"serializedData": "[variables(\'x\')]"}}]}', "WB008", "ARM expression"),
    ],
)
def test_what_is_no_workbook_is_said_in_a_sentence_with_its_place(text: str, code: str, says: str) -> None:
    with pytest.raises(WatchbookError) as caught:
        parse_workbook(text, "w.json")
    assert caught.value.problem.code == code
    assert says in caught.value.problem.describe()
    assert "w.json" in caught.value.problem.describe()


def test_a_file_that_is_missing_too_large_or_binary_is_said_in_a_sentence(tmp_path: Path) -> None:
    cases = {"missing.json": None, "large.json": b" " * 21_000_000, "binary.json": b"{\xff\xfe\x00"}
    codes = []
    for name, data in cases.items():
        if data is not None:
            (tmp_path / name).write_bytes(data)
        with pytest.raises(WatchbookError) as caught:
            load_workbooks(tmp_path / name)
        codes.append(caught.value.problem.code)
    assert codes == ["WB001", "WB004", "WB001"]


def test_malformed_items_are_problems_in_place_and_the_rest_opens() -> None:
    items = [None, {"type": 99, "content": {}}, {"type": 3, "content": "{"}, {"type": 9, "content": {"parameters": [1, {"name": ""}]}},
             {"type": 12, "content": {"items": 5}}, {"type": 1}, {"type": 1, "content": {"json": "fine"}}]  # fmt: skip
    workbook = parse_workbook(json.dumps({"version": "Notebook/1.0", "items": items}), "w")
    codes = [[problem.code for problem in item.problems] for item in workbook.items]
    assert codes == [["WB010"], ["WB011"], ["WB006"], ["WB013", "WB013"], ["WB012"], ["WB012"], []]
    assert workbook.items[-1].content["json"] == "fine"


def test_groups_that_nest_too_deep_are_cut_with_a_problem() -> None:
    inner: dict[str, Any] = {"type": 1, "content": {"json": "deep"}}
    for _ in range(25):
        inner = {"type": 12, "content": {"items": [inner]}}
    workbook = parse_workbook(json.dumps({"version": "Notebook/1.0", "items": [inner]}), "w")
    assert [problem.code for item in workbook.walk() for problem in item.problems] == ["WB005"]
