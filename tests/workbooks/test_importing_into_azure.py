"""What ships goes into the Azure portal: deployable as a shared workbook, and written with nothing that only we know."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from dashboard import cli
from dashboard.document import load_workbook
from tests.shared import SHARED, needs_shared, workbooks
from tests.workbooks.test_shipped_workbooks import FOLDER, NAMES

_TEXT = {"type": "string", "minLength": 1}
_EXPRESSION = {"type": "string", "pattern": r"^\[.+\]$"}
# Of the references of ARM templates and of microsoft.insights/workbooks 2022-04-01 what a deployment needs.
TEMPLATE: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["$schema", "contentVersion", "resources"],
    "properties": {
        "$schema": {"const": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"},
        "contentVersion": {"type": "string", "pattern": r"^\d+\.\d+\.\d+\.\d+$"},
        "parameters": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["type"],
                "additionalProperties": False,
                "properties": {"type": {"const": "string"}, "defaultValue": _TEXT, "metadata": {"type": "object"}},
            },
        },
        "variables": {"type": "object"},
        "outputs": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["type", "value"],
                "properties": {"value": _EXPRESSION},
            },
        },
        "resources": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name", "type", "apiVersion", "location", "kind", "properties"],
                "properties": {
                    "name": _EXPRESSION,
                    "type": {"const": "microsoft.insights/workbooks"},
                    "apiVersion": {"enum": ["2021-03-08", "2021-08-01", "2022-04-01", "2023-06-01"]},
                    "location": _TEXT,
                    "kind": {"const": "shared"},
                    "tags": {"type": "object"},
                    "properties": {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["displayName", "serializedData", "category", "sourceId"],
                        "properties": {
                            "displayName": _TEXT,
                            "serializedData": {"type": "string", "pattern": r"^\{"},
                            "version": _TEXT,
                            "category": _TEXT,
                            "sourceId": _TEXT,
                            "description": {"type": "string"},
                            "tags": {"type": "array"},
                        },
                    },
                },
            },
        },
    },
}


@pytest.mark.parametrize("name", NAMES)
def test_an_exported_template_is_one_that_azure_deploys(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "template.json"
    assert cli.main(["export", str(FOLDER / f"{name}.json"), "--format", "arm", "-o", str(file)]) == 0
    capsys.readouterr()
    template = json.loads(file.read_text(encoding="utf-8"))
    jsonschema.validate(template, TEMPLATE)
    given = {key: value["defaultValue"] for key, value in template["parameters"].items()}
    uuid.UUID(given["workbookId"])
    resource = template["resources"][0]
    named = {text for text in [resource["name"], *resource["properties"].values()] if text.startswith("[parameters(")}
    assert named == {f"[parameters('{key}')]" for key in given}
    shipped = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert json.loads(resource["properties"]["serializedData"]) == shipped
    assert [item.kind for item in load_workbook(file).walk()] == [
        item.kind for item in load_workbook(FOLDER / f"{name}.json").walk()
    ]


# What stands below these has keys of a person's own.
_OWN_KEYS = frozenset({"resourceTypeFilter", "defaultItemsText"})
_CLOSED = frozenset({
    "type", "visualization", "queryType", "resourceType", "size", "formatter", "palette", "style", "linkTarget", "operator", "thresholdsOptions",
    "aggregation", "unit", "groupType", "loadType", "linkStyle", "columnSize", "sortOrder", "formatName", "noDataMessageStyle",
    "sizeAggregation", "legendAggregation", "version",
})  # fmt: skip


def places(value: Any, parent: str = "") -> Iterator[tuple[str, str, Any]]:
    """Every key with the key that it stands under, and its value."""
    if isinstance(value, dict):
        for key, child in value.items():
            yield parent, key, child
            if key not in _OWN_KEYS:
                yield from places(child, key)
    elif isinstance(value, list):
        for child in value:
            yield from places(child, parent)


@cache
def census() -> tuple[frozenset[tuple[str, str]], frozenset[tuple[str, str]]]:
    """Keys by place, and the values of keys with a closed list, in real workbooks of others."""
    keys: set[tuple[str, str]] = set()
    values: set[tuple[str, str]] = set()
    for file in workbooks():
        for parent, key, value in places(json.loads(file.read_bytes().decode("utf-8-sig"))):
            keys.add((parent, key))
            if key in _CLOSED and not isinstance(value, (dict, list)):
                values.add((key, str(value)))
    return frozenset(keys), frozenset(values)


@needs_shared
@pytest.mark.shared
@pytest.mark.parametrize("name", NAMES)
def test_every_key_and_closed_value_is_documented_or_used_by_others(name: str) -> None:
    keys, values = census()
    shipped = list(places(json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))))
    written = set(re.findall(r"\w+", (SHARED / "workbook-format.md").read_text(encoding="utf-8")))
    assert sorted({(at, key) for at, key, _ in shipped if (at, key) not in keys and key not in written}) == []
    used = {(key, str(value)) for _, key, value in shipped if key in _CLOSED and not isinstance(value, (dict, list))}
    assert sorted(used - values) == []
