from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from dashboard.errors import WatchbookError
from dashboard.runtime import Session, run_all
from dashboard.runtime.json_source import run_json
from dashboard.table import Table
from tests.runtime.standin import StandIn, book, parameters, query

STORE = {
    "store": {
        "books": [
            {
                "category": "reference",
                "author": "Nigel Rees",
                "title": "Sayings of the Century",
                "publishDate": "20121204",
                "price": 8.95,
            },
            {
                "category": "fiction",
                "author": "Herman Melville",
                "title": "Moby Dick",
                "publishDate": "18511018",
                "price": 9,
            },
        ],
        "bicycle": {"color": "red", "price": 19.95},
    }
}


def table(content: Any, settings: dict[str, Any] | None = None) -> Table:
    transformers = [{"type": "jsonpath", "settings": settings}] if settings is not None else None
    text = content if isinstance(content, str) else json.dumps(content)
    return run_json(json.dumps({"content": text, "transformers": transformers}))


def heads(found: Table) -> list[tuple[str, str]]:
    return [(column.name, column.type) for column in found.columns]


def test_the_documentations_book_store() -> None:
    columns = [
        {"path": "$.title", "columnid": "Title"},
        {"path": "$.author", "columnid": "Author"},
        {"path": "price", "columnid": "Price"},
        {"path": "$.publishDate", "columnid": "Published", "columnType": "datetime", "substringRegexMatch": "([0-9]{4})([0-9]{2})([0-9]{2})",
         "substringReplace": "$1-$2-$3"},
    ]  # fmt: skip
    found = table(STORE, {"tablePath": "$.store.books", "columns": columns})
    assert heads(found) == [("Title", "string"), ("Author", "string"), ("Price", "real"), ("Published", "datetime")]
    assert found.rows()[1] == ("Moby Dick", "Herman Melville", 9.0, dt.datetime(1851, 10, 18))


def test_a_filter_and_a_wildcard_in_a_path() -> None:
    data = {"value": [{"name": "vCPUs", "value": "4"}, {"name": "Memory", "value": "8"}]}
    assert table(data, {"tablePath": "$.value[?(@.name=='Memory')]", "columns": []}).rows() == [("Memory", "8")]
    assert table(data, {"tablePath": "$.value[*].value", "columns": []}).rows() == [("4",), ("8",)]


@pytest.mark.parametrize(
    ("content", "expected_heads", "rows"),
    [
        ([{"a": 1, "b": "x"}, {"a": 2.5}], [("a", "real"), ("b", "string")], [(1.0, "x"), (2.5, "")]),
        (["x", "y"], [("value", "string")], [("x",), ("y",)]),
        ([1, 2], [("value", "long")], [(1,), (2,)]),
        ({"a": True, "n": None}, [("a", "bool"), ("n", "string")], [(True, "")]),
        ([{"a": {"b": [1]}}], [("a", "dynamic")], [('{"b": [1]}',)]),
        ([{"a": 1}, {"a": "x"}], [("a", "string")], [("1",), ("x",)]),
        ([[1, 2], [3]], [("Column1", "long"), ("Column2", "long")], [(1, 2), (3, None)]),
        ("", [], []),
        ("[]", [("value", "string")], []),
    ],
)
def test_json_without_a_transformer_becomes_rows(
    content: Any, expected_heads: list[tuple[str, str]], rows: list[Any]
) -> None:
    found = table(content)
    assert heads(found) == expected_heads
    assert found.rows() == rows


@pytest.mark.parametrize(
    ("content", "settings", "code"), [("{x", None, "RT006"), ([1], {"tablePath": "$[", "columns": []}, "RT009")]
)
def test_what_cannot_be_read_is_said(content: Any, settings: Any, code: str) -> None:
    with pytest.raises(WatchbookError) as caught:
        table(content, settings)
    assert caught.value.problem.code == code


def test_a_hostile_expression_ends_in_time() -> None:
    columns = [{"path": "$.a", "columnid": "a", "substringRegexMatch": "^(a+)+$"}]
    assert table([{"a": "a" * 60 + "b"}], {"tablePath": "$", "columns": columns}).rows() == [("a" * 60 + "b",)]


def test_parameters_stand_in_the_content_and_stay_inside_its_strings() -> None:
    payload = json.dumps({"version": "1.0.0", "content": '[{"name": "{P}", "n": {N}}]', "transformers": None})
    engine = StandIn()
    view = Session(book(parameters({"name": "P"}, {"name": "N", "value": "5"}), query(payload, queryType=8)), engine)
    view.set_value("P", 'a", "b": "c')
    result = run_all(view)[1][1]
    assert result.table is not None
    assert result.table.rows() == [('a", "b": "c', 5)]
    assert engine.asked == []


def test_a_drop_down_from_a_json_source_is_read_by_key() -> None:
    payload = json.dumps({"content": '[{"label": "Alpha", "value": "a"}]'})
    view = Session(book(parameters({"name": "P", "type": 2, "query": payload, "queryType": 8})), StandIn())
    options = view.plan().items[0].controls[0].options
    assert [(option.value, option.label) for option in options] == [("a", "Alpha")]
