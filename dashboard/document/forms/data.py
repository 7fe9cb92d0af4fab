"""Where rows come from: the data source of a query item or of a parameter, with the fields of each (sections 5.1 and 5.2).

A query item's content and a parameter hold the same keys, so everything here takes a `base`: the keys that lead to them.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from dashboard.document import editing
from dashboard.document.forms import values as v
from dashboard.document.forms.fields import Around, Entry, Field, Maker, New
from dashboard.document.paths import Key
from dashboard.document.workbook import object_of, text_of, whole_of

LOGS, RESOURCE_GRAPH, HEALTH, MERGE, JSON, DATA_EXPLORER, ENDPOINT, INTUNE, ARM, CHANGES, GRAPH, PROMETHEUS = (
    0, 1, 4, 7, 8, 9, 10, 11, 12, 13, 14, 16,
)  # fmt: skip
_CALL: Mapping[str, Any] = {"data": None, "headers": [], "method": "GET", "urlParams": [], "transformers": None}
PAYLOADS: Mapping[int, tuple[str, Mapping[str, Any]]] = {
    HEALTH: ("", {"version": "AzureHealthQuery/1.0", "queryType": "Detailed"}),
    JSON: ("content", {"version": "1.0.0", "content": "", "transformers": None}),
    DATA_EXPLORER: ("queryText", {"version": "AzureDataExplorerQuery/1.0", "queryText": "", "clusterName": "", "databaseName": ""}),
    ARM: ("data", {"version": "ARMEndpoint/1.0", **_CALL, "path": ""}),
    GRAPH: ("data", {"version": "MsGraphEndpoint/1.0", **_CALL, "path": ""}),
    ENDPOINT: ("data", {"version": "CustomEndpoint/1.0", **_CALL, "url": ""}),
    MERGE: ("", {"version": "Merge/1.0", "merges": [], "projectRename": []}),
    CHANGES: ("", {"version": "ChangeAnalysis/1.0", "changeLevels": []}),
    INTUNE: ("body", {"version": "IntuneQuery/1.0", "body": ""}),
    PROMETHEUS: ("queryText", {"version": "PrometheusQueryProvider/1.0", "queryText": ""}),
}  # fmt: skip
"""What of a source's payload is the text that a person writes (empty: nothing is), and an empty payload."""
_CARRIED = (JSON, DATA_EXPLORER, PROMETHEUS, INTUNE)
_CALLS = (ENDPOINT, ARM, GRAPH)
_KQL = (LOGS, RESOURCE_GRAPH, DATA_EXPLORER)
MERGE_KINDS = ("inner", "innerunique", "leftouter", "rightouter", "outer", "leftanti", "rightanti", "leftsemi", "rightsemi", "union", "table")  # fmt: skip
_RESULT: Mapping[str, str] = {"resultValType": "static", "resultVal": ""}
COLUMN_TYPES = ("string", "long", "real", "bool", "datetime", "timespan", "dynamic", "guid")


@dataclass(frozen=True)
class Written:
    """The text that a person writes as a query: the keys that lead to it below the item, what it is written in, what to call
    it, and the number of the data source."""

    keys: tuple[Key, ...]
    language: Literal["kql", "json", "text"]
    label: str
    source: int


def written(item: Mapping[str, Any], base: Sequence[Key] = ("content",)) -> Written | None:
    """What is written as the query of a query item, or of the parameter that `base` leads to; None where the source has no such
    text, or a parameter has no query."""
    make = Maker(item, base)
    if len(base) > 1 and (origin := value_from(make)) != "query":
        return Written((*make.base, "jsonData"), "json", "Options as JSON", JSON) if origin == "json" else None
    source = whole_of(make.get("queryType")) or LOGS
    keys = (*make.base, "query")
    if source not in PAYLOADS:
        return Written(keys, "kql", "Query", source)
    inner = PAYLOADS[source][0]
    if not inner or (source in _CALLS and text_of(make.get("query", "method")) != "POST"):
        return None
    label = {JSON: "JSON", PROMETHEUS: "PromQL"}.get(source, "Query" if source in _KQL else "Body")
    language: Literal["kql", "json", "text"] = "kql" if source in _KQL else "text" if source == PROMETHEUS else "json"
    return Written((*keys, inner), language, label, source)


def value_from(make: Maker) -> Literal["typed", "query", "json", "criteria"]:
    """Where a parameter's value or options come from: of several that stand there, criteria go first, then a query."""
    if make.get("criteriaData"):
        return "criteria"
    if isinstance(make.get("query"), str):
        return "query"
    return "json" if isinstance(make.get("jsonData"), str) else "typed"


def change_source(
    document: editing.Document, path: str, source: int, base: Sequence[Key] = ("content",)
) -> editing.Document:
    """With another data source for a query item, or the parameter at `base`; the text of the query goes along where the new
    source has one."""
    item = editing.item_at(document, path)
    found = written(item, base)
    text = text_of(Maker(item).get(*found.keys)) if found else ""
    document = editing.set_setting(document, path, (*base, "queryType"), source)
    if source in PAYLOADS:
        inner, payload = PAYLOADS[source]
        carried = {inner: text} if source in _CARRIED else {}
        text = json.dumps({**payload, **carried}, ensure_ascii=False, separators=(",", ":"))
    types = {LOGS: "microsoft.operationalinsights/workspaces", RESOURCE_GRAPH: "microsoft.resourcegraph/resources"}
    if source in types:
        document = editing.set_setting(document, path, (*base, "resourceType"), types[source])
    return editing.set_setting(document, path, (*base, "query"), text)


def source_fields(make: Maker, around: Around) -> Iterable[Field]:
    """The data source and its settings; the text of the query is not among them."""
    source = whole_of(make.get("queryType")) or LOGS
    yield make.choice("queryType", "Data source", v.SOURCES, default=LOGS)
    query = make.at("query")
    if source in (LOGS, RESOURCE_GRAPH):
        yield make("resourceType", "Kind of resource", suggest=v.RESOURCE_TYPES)
    if source in (LOGS, RESOURCE_GRAPH, HEALTH, CHANGES, PROMETHEUS):
        yield make(
            "crossComponentResources",
            "Resources",
            "names",
            suggest=("value::all", *(f"{{{name}}}" for name in around.parameters)),
            help="A {parameter}, a resource id, or value::all.",
        )
    if source == DATA_EXPLORER:
        yield query("clusterName", "Cluster")
        yield query("databaseName", "Database")
    elif source in _CALLS:
        yield from _call(query, source)
    elif source == HEALTH:
        yield query.choice("queryType", "Answers with", (("Detailed", "Each resource"), ("Summary", "Counts")))
    elif source == CHANGES:
        yield query("changeLevels", "Levels of changes", "names", suggest=("Important", "Normal", "Noisy"))
    elif source == PROMETHEUS:
        kinds = ((None, "Values over time"), *((kind, kind) for kind in ("query", "labels", "labelvalues", "series")))
        yield query.choice("type", "Asks for", kinds)
        yield query("customEndpoint", "Own endpoint")
    elif source == MERGE:
        yield from merge_fields(query, around)
    if source in (*_CALLS, JSON):
        yield _transformers(query, around)
    if source not in (MERGE, JSON):
        yield make(
            "timeContextFromParameter",
            "Time range from parameter",
            suggest=around.times,
            help="Empty takes the fixed range below; without it the query's own text limits the time.",
        )
        yield make.choice(
            "timeContext.durationMs", "Fixed time range", ((None, "None"), (0, "As the query says"), *v.DURATIONS)
        )


def _call(query: Maker, source: int) -> Iterable[Field]:
    methods = ("GET", "POST") if source == GRAPH else ("GET", "GETARRAY", "POST")
    yield query.choice(
        "method", "Method", ((each, each) for each in methods), help="GETARRAY follows the pages of an answer."
    )
    if source == ENDPOINT:
        yield query("url", "Address", help="May hold {parameters}. Only https.")
        yield query("contentType", "Content type")
    else:
        yield query("path", "Path", help="From the host on, such as /subscriptions/{Subscription:id}/resourceGroups.")
    for keys, label, one in (("urlParams", "Parameters of the address", "Parameter"), ("headers", "Headers", "Header")):
        yield query.list(
            keys, label, lambda each: f"{each.get('key') or '?'}: {text_of(each.get('value'))}",
            lambda each: (each("key", "Name"), each("value", "Value")), (New(one, {"key": "", "value": ""}),),
        )  # fmt: skip
    if source == ARM:
        yield query.flag("batchDisabled", "Sent on its own, not in a batch")


# ---- JSONPath --------------------------------------------------------------------------------------------------------


def _transformers(query: Maker, around: Around) -> Field:
    def fields(transformer: Maker) -> Iterable[Field]:
        inner = transformer.at("settings")
        yield inner("tablePath", "Rows at", help="A JSONPath such as $.value; each match is a row, a list is many.")
        yield inner.list(
            "columns", "Columns", lambda each: f"{each.get('columnid') or each.get('path') or '?'} ← {each.get('path') or '$'}",
            _path_column, (New("Column", {"path": "", "columnid": ""}),),
            help="Without any, each field of a row is a column.",
        )  # fmt: skip

    return query.list(
        "transformers",
        "Result settings",
        lambda each: f"JSONPath: {each.get('settings', 'tablePath') or '$'}",
        fields,
        () if query.get("transformers") else (New("JSONPath", {"type": "jsonpath", "settings": {"tablePath": "$", "columns": []}}),),
        help="Without any, a list gives its elements as rows, an object gives one row.",
    )  # fmt: skip


def _path_column(make: Maker) -> Iterable[Field]:
    yield make("columnid", "Name")
    yield make("path", "Value at", help="A JSONPath from the row on, such as $.properties.state.")
    yield make.choice("columnType", "Type", ((None, "As the values are"), *((kind, kind) for kind in COLUMN_TYPES)))
    yield make("substringRegexMatch", "Part by regular expression", help="Takes what the pattern finds in the value.")
    if make.get("substringRegexMatch"):
        yield make("substringReplace", "Written as", default="$&", help="$& is what was found, $1 its first group.")


# ---- merges ----------------------------------------------------------------------------------------------------------


def merge_fields(query: Maker, around: Around) -> Iterable[Field]:
    """The steps of a merge, the columns of its result, and the columns that are computed."""
    left, right = (*around.steps[-2:], "", "")[:2]
    one = {"mergeType": "inner", "leftTable": left, "rightTable": right, "leftColumn": "", "rightColumn": ""}
    yield query.list(
        "merges",
        "Merges",
        _merge_title,
        lambda merge: _merge(merge, around),
        (
            New("Merge", {"id": str(uuid.uuid4()), **one}),
            New("Copy of one item", {"id": str(uuid.uuid4()), "mergeType": "table", "leftTable": left}),
        ),
    )
    entries = _merged_columns(query, around)
    if not entries:
        yield Field(
            (*query.base, "projectRename"), "Columns", "note", "They are known once the merged items have answered."
        )
    else:
        yield Field(
            (*query.base, "projectRename"),
            "Columns",
            "columns",
            query.get("projectRename"),
            choices=tuple((entry, text_of(entry.get("originalName"))) for entry in entries),
            help="Only those that are ticked are kept, in this order and under these names.",
        )
    yield _added_columns(query, around)


def _merge_title(make: Maker) -> str:
    right = make.get("rightTable")
    return f"{make.get('mergeType')}: {make.get('leftTable') or '?'}{f' with {right}' if right else ''}"


def _merge(make: Maker, around: Around) -> Iterable[Field]:
    kind = text_of(make.get("mergeType"))
    yield make.choice("mergeType", "Merge", ((each, each) for each in MERGE_KINDS))
    yield make("leftTable", "Left item", suggest=around.steps)
    if kind == "table":
        return
    yield make("rightTable", "Right item", suggest=around.steps)
    if kind != "union":
        yield make("leftColumn", "Left column", suggest=around.of_step(text_of(make.get("leftTable"))))
        yield make("rightColumn", "Right column", suggest=around.of_step(text_of(make.get("rightTable"))))


def _merged_columns(query: Maker, around: Around) -> list[Mapping[str, Any]]:
    """The entries of `projectRename` as a person chooses among them: those that stand there, then a column of a merged item
    that none of them names. While nothing was chosen every column is kept, under its own name."""
    there = [object_of(entry) for entry in query.get("projectRename") or () if isinstance(entry, dict)]
    known = {text_of(entry.get("originalName")) for entry in there}
    found = list(there)
    names: set[str] = set()
    merges = query.get("merges")
    for merge in merges if isinstance(merges, list) else ():
        for table in (text_of(object_of(merge).get(side)) for side in ("leftTable", "rightTable")):
            for column in around.of_step(table):
                original = f"[{table}].{column}"
                if original in known:
                    continue
                known.add(original)
                entry: dict[str, Any] = {"originalName": original, "fromId": text_of(object_of(merge).get("id"))}
                if not there:
                    number = next(each for each in range(10_000) if f"{column}{each or ''}" not in names)
                    entry["mergedName"] = f"{column}{number or ''}"
                    names.add(entry["mergedName"])
                found.append(entry)
    return found


def _added_columns(query: Maker, around: Around) -> Field:
    there = query.get("projectRename")
    columns = tuple(
        dict.fromkeys(
            (
                *(text_of(object_of(each).get("mergedName")) for each in there or () if object_of(each).get("mergedName")),
                *around.names,
            )
        )
    )  # fmt: skip

    def fields(entry: Maker) -> Iterable[Field]:
        yield entry("mergedName", "Name")
        yield entry.list(
            "newItemData", "Value", lambda each: criterion_title(each.at("criteriaContext")),
            lambda each: criterion_fields(each.at("criteriaContext"), columns, "column"), _new_criteria(columns, "column"),
            help="The first that holds gives the value.",
        )  # fmt: skip

    inner = query.at("projectRename")
    entries = tuple(
        Entry(text_of(object_of(each).get("mergedName")) or "?", tuple(fields(inner.at(at))), (*inner.base, at))
        for at, each in enumerate(there if isinstance(there, list) else ())
        if object_of(each).get("isNewItem") is True
    )
    fresh = next(name for number in range(1, 10_000) if (name := f"Added{number}") not in columns)
    new = {"originalName": "[Added column]", "mergedName": fresh, "fromId": None, "isNewItem": True, "newItemData": [otherwise()]}  # fmt: skip
    return Field(inner.base, "Computed columns", "list", entries=entries, add=(New("Column", new),))


# ---- criteria --------------------------------------------------------------------------------------------------------


def criteria_field(make: Maker, around: Around) -> Field:
    """The criteria that compute a text parameter."""
    return make.list(
        "criteriaData", "Criteria", lambda each: criterion_title(each.at("criteriaContext")),
        lambda each: criterion_fields(each.at("criteriaContext"), around.parameters, "param"), _new_criteria(around.parameters, "param"),
        help="Tried from top to bottom; the first that holds gives the value.",
    )  # fmt: skip


def otherwise() -> dict[str, Any]:
    """A new criterion that holds where no other does."""
    return {"criteriaContext": {"operator": "Default", **_RESULT}}


def _new_criteria(names: Sequence[str], of: str) -> tuple[New, New]:
    one = {"leftOperand": names[0] if names else "", "operator": "==", "rightValType": "static", "rightVal": "", **_RESULT}  # fmt: skip
    return New("Criterion", {"criteriaContext": one}), New("Otherwise", otherwise())


def criterion_title(make: Maker) -> str:
    """One criterion in words."""
    result = text_of(make.get("resultVal")) or "empty"
    if make.get("operator") == "Default":
        return f"otherwise → {result}"
    right = "" if make.get("operator") in v.ALONE else text_of(make.get("rightVal"))
    return f"{make.get('leftOperand') or '?'} {make.get('operator') or ''} {right}".rstrip() + f" → {result}"


def criterion_fields(make: Maker, names: Sequence[str], of: Literal["param", "column"]) -> Iterable[Field]:
    """Its settings; `of` says whether it compares parameters, or the columns of a merge's row."""
    word = "Parameter" if of == "param" else "Column"
    named = (of, f"a {word.lower()}")
    yield make.choice("operator", "Where", v.CRITERIA)
    if make.get("operator") != "Default":
        yield make("leftOperand", word, suggest=tuple(names))
        if make.get("operator") not in v.ALONE:
            yield make.choice("rightValType", "Compared with", (("static", "a text"), named))
            is_name = make.get("rightValType") == of
            yield make("rightVal", word if is_name else "Text", suggest=tuple(names) if is_name else ())
    yield make.choice("resultValType", "Gives", (("static", "a text"), named, ("expression", "a calculation")))
    kind = make.get("resultValType")
    reference = "{parameter}" if of == "param" else '["column"]'
    yield make(
        "resultVal",
        word if kind == of else "Calculation" if kind == "expression" else "Text",
        suggest=tuple(names) if kind == of else (),
        help="" if kind == of else f"May hold {reference}.",
    )
