"""From the text of a query item or parameter to the request that an engine, or this room, answers (sections 4 and 5.1)."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dashboard.document.resource_graph import with_table
from dashboard.document.workbook import list_of, named_parameter, number_of, object_of, text_of, whole_of
from dashboard.engines.protocol import Engine, QueryRequest, TimeSpan
from dashboard.errors import Problem
from dashboard.parameters.options import lenient_json
from dashboard.parameters.substitute import Context, references, substitute, substitute_deep
from dashboard.parameters.times import read_range
from dashboard.parameters.values import Value

SOURCES: Mapping[int, str] = {
    0: "logs", 1: "resource_graph", 2: "alerts", 4: "health", 7: "merge", 8: "json", 9: "adx", 10: "endpoint",
    11: "intune", 12: "arm", 13: "changes", 14: "ms_graph", 16: "prometheus",
}  # fmt: skip
LOCAL_SOURCES = frozenset(("logs", "resource_graph", "adx"))

_NAMES: Mapping[str, str] = {
    "alerts": "The alerts data source was removed from Azure Monitor; query the alertsmanagementresources table instead.",
    "health": "Azure resource health needs a live connection; local data cannot answer it.",
    "endpoint": "Custom endpoint queries need a live connection; local data cannot answer them.",
    "intune": "Intune queries need a live connection; local data cannot answer them.",
    "arm": "Azure Resource Manager queries need a live connection; local data cannot answer them.",
    "changes": "Change analysis needs a live connection; local data cannot answer it.",
    "ms_graph": "Microsoft Graph queries need a live connection; local data cannot answer them.",
    "prometheus": "Prometheus queries need a live connection; local data cannot answer them.",
    "resource_graph": "This data source cannot answer Azure Resource Graph queries.",
    "adx": "This data source cannot answer Azure Data Explorer queries.",
    "logs": "This data source cannot answer log queries.",
    "metrics": "Metrics need a live connection; local data cannot answer them.",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A query ready to run (`request`), or why it cannot: `unset` names the parameters that have no value, `message` says
    what is not supported, `problem` what is malformed."""

    request: QueryRequest | None = None
    unset: tuple[str, ...] = ()
    message: str = ""
    problem: Problem | None = None


@dataclass(frozen=True)
class Source:
    """The parts of an item's content, or of a parameter, that make its query."""

    query: str
    query_type: int
    resources: Any = None
    time_parameter: str = ""
    time_context: Mapping[str, Any] = field(default_factory=dict)
    resource_parameter: str = ""


def source_of(raw: Mapping[str, Any]) -> Source:
    """The query parts of a query item's content, or of a parameter's definition."""
    return Source(
        query=text_of(raw.get("query")),
        query_type=whole_of(raw.get("queryType")) or 0,
        resources=raw.get("crossComponentResources"),
        time_parameter=named_parameter(raw.get("timeContextFromParameter")),
        time_context=object_of(raw.get("timeContext")),
        resource_parameter=text_of(raw.get("resourceParameter")),
    )


def ask(source: Source, values: Mapping[str, Value], context: Context, engine: Engine) -> Asked:
    """What to ask, with every parameter in its place. Merges are not asked here."""
    kind = SOURCES.get(source.query_type, "")
    if not kind:
        return Asked(message=f"Queries of type {source.query_type} are not supported.")
    local = engine.name == "local"
    unset = _blocking(references(source.query), values)
    bound = set(references(source.resources)) | ({source.resource_parameter} if source.resource_parameter else set())
    if not local:
        # Local data has one estate, whatever resource is asked: a missing binding keeps nothing from running there.
        unset += [name for name in _blocking(bound, values) if name not in unset]
    timed = kind in ("logs", "health", "metrics")
    if timed and source.time_parameter:
        value = values.get(source.time_parameter)
        if value is not None and not value.is_set and source.time_parameter not in unset:
            unset.append(source.time_parameter)
    if kind not in ("json", "merge") and kind not in offered(engine):
        return Asked(message=_NAMES[kind])
    if unset:
        return Asked(unset=tuple(unset))
    if kind == "json":
        return Asked(QueryRequest(_json_text(source.query, values, context), "json"))
    if kind in ("logs", "resource_graph"):
        text = substitute(source.query, values, Context("query", context.now, context.zone))
    elif kind == "adx":
        payload, problem = payload_of(source.query)
        if problem:
            return Asked(problem=problem)
        text = substitute(text_of(payload.get("queryText")), values, Context("query", context.now, context.zone))
        prose = Context("prose", context.now, context.zone)
        cluster, database = (
            substitute(text_of(payload.get(key)), values, prose).strip() for key in ("clusterName", "databaseName")
        )
        named = f"adx://{cluster}/{database}"
    else:
        payload, problem = payload_of(source.query)
        if problem:
            return Asked(problem=problem)
        text = json.dumps(
            substitute_deep(payload, values, Context("json", context.now, context.zone)), ensure_ascii=False
        )
    if kind == "resource_graph":
        text = with_table(text)
    return Asked(
        QueryRequest(
            text=text,
            source=kind,
            timespan=time_span(source, values, context.now) if timed else None,
            resources=(named,) if kind == "adx" else bound_resources(source.resources, values),
            now=context.now,
        )
    )


def offered(engine: Engine) -> frozenset[str]:
    """The sources an engine answers: its own `sources` where it has them, else log, Resource Graph and Data Explorer queries."""
    found = getattr(engine, "sources", None)
    return frozenset(found) if found is not None else LOCAL_SOURCES


def _blocking(names: frozenset[str] | set[str], values: Mapping[str, Value]) -> list[str]:
    return sorted(name for name in names if name in values and values[name].blocks)


def payload_of(query: str) -> tuple[Mapping[str, Any], Problem | None]:
    """The JSON object that a non-KQL query text holds."""
    try:
        payload = lenient_json(query)
    except ValueError as error:
        return {}, Problem("RT011", f"The query's payload is not JSON: {error}.")
    if not isinstance(payload, dict):
        return {}, Problem("RT011", "The query's payload must be a JSON object.")
    return payload, None


def _json_text(query: str, values: Mapping[str, Value], context: Context) -> str:
    """The content and transformers of a JSON source, substituted; the query itself where it is not the format's payload."""
    inside = Context("json", context.now, context.zone)
    payload, problem = payload_of(query)
    if problem or "content" not in payload:
        return json.dumps({"content": substitute(query, values, inside), "transformers": None}, ensure_ascii=False)
    content = payload["content"]
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    transformers = substitute_deep(list_of(payload.get("transformers")), values, inside)
    return json.dumps({"content": substitute(text, values, inside), "transformers": transformers}, ensure_ascii=False)


def time_span(source: Source, values: Mapping[str, Value], now: dt.datetime) -> TimeSpan | None:
    """The range that limits the query: the parameter's where one is bound and known, else the fixed one; None where the
    text alone decides."""
    value = values.get(source.time_parameter) if source.time_parameter else None
    if value is not None:
        time = value.time or (read_range(value.values[0]) if value.values else None)
    else:
        length = number_of(source.time_context.get("durationMs"))
        time = read_range(source.time_context) if length and length > 0 else None
    if time is None:
        return None
    start, end = time.bounds(now)
    return TimeSpan(start, end)


def bound_resources(written: Any, values: Mapping[str, Value]) -> tuple[str, ...]:
    """The resource ids that `crossComponentResources` names: parameters stand for their whole list, special entries for
    whatever the engine takes as its own."""
    found: list[str] = []
    entries = written if isinstance(written, list) else [written] if isinstance(written, str) else []
    for entry in entries:
        text = text_of(entry).strip()
        named = re.fullmatch(r"\{(\w+)(?::\w+)?\}", text)
        if named:
            value = values.get(named.group(1))
            found += [each for each in (value.values if value else ()) if each not in found]
        elif text and not text.startswith("value::") and text not in found:
            found.append(text)
    return tuple(found)
