"""Kubernetes audit events straight into columns: what `kubernetes.py` does one event at a time, for whole blocks of lines.

An audit log is millions of like events. Those of the usual shape are taken here, without a record a row; every other line is
handed back as it is and goes the ordinary way, so that both give the same rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import orjson

from dashboard.ingest.imports.identity import packed
from dashboard.ingest.imports.json_reader import CONTAINERS
from dashboard.ingest.imports.kubernetes import AUDIT_KEYS, EVENT_TYPES, is_audit_event, warning_of

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

_SORTED = orjson.OPT_SORT_KEYS
_AUDIT = (
    "TimeGenerated", "Annotations", "AuditId", "Level", "ObjectRef", "RequestObject", "RequestReceivedTime", "RequestUri", "ResponseObject",
    "ResponseStatus", "SourceIps", "Stage", "StageReceivedTime", "User", "UserAgent", "Verb", "AdditionalFields",
)  # fmt: skip
_FLAT = (
    "EventType", "Level", "Reason", "User", "Username", "SourceIp", "Namespace", "ResourceType", "Subresource", "Resource", "Action", "ResponseCode",
    "Decision",
)  # fmt: skip
# What both tables hold in the same form: taken from AKSAudit, so that a worker sends it once.
_SHARED = ("TimeGenerated", "AuditId", "UserAgent", "Verb", "RequestUri")
_ONLY_TEXT = {str}
_JSON = frozenset((
    "Annotations", "ObjectRef", "RequestObject", "ResponseObject", "ResponseStatus", "SourceIps", "User", "AdditionalFields",
))  # fmt: skip
_FIXED = {
    "Category": "kube-audit", "ResourceProvider": "MICROSOFT.CONTAINERSERVICE", "ResourceType": "MANAGEDCLUSTERS",
    "OperationName": "Microsoft.ContainerService/managedClusters/diagnosticLogs/Read", "stream_s": "stdout",
}  # fmt: skip
_TIMES = frozenset(("TimeGenerated", "RequestReceivedTime", "StageReceivedTime"))


@dataclass(frozen=True)
class Block:
    """What the lines of a block became: the columns of AKSAudit, those of KubernetesAudit that differ from them, the rows'
    identities, and the lines (by position) that are to go the ordinary way."""

    audit: pa.Table
    flat: pa.Table
    identities: np.ndarray
    others: list[int]

    def tables(self, lines: Sequence[bytes]) -> dict[str, pa.Table]:
        """The rows of the three tables, in the same order. `lines` are those of the block: AzureDiagnostics holds them as they are."""
        import pyarrow as pa

        if not len(self.identities):
            return {}
        flat = self.flat
        for name in (*_SHARED, *(() if "User" in flat.column_names else ("User",))):
            flat = flat.append_column(name, self.audit.column(name))
        # The rows of this table are small and wait long for enough others: as views they would keep each whole block in memory.
        flat = _copied(flat)
        aside = set(self.others)
        taken = [line for position, line in enumerate(lines) if position not in aside] if aside else lines
        diagnostics = {name: pa.repeat(pa.scalar(text), len(taken)) for name, text in _FIXED.items()}
        diagnostics["TimeGenerated"] = flat.column("TimeGenerated")
        diagnostics["log_s"] = _text_of(taken)
        return {"AKSAudit": self.audit, "KubernetesAudit": flat, "AzureDiagnostics": pa.table(diagnostics)}


def no_rows(others: list[int]) -> Block:
    """A block of which every line goes the ordinary way."""
    import pyarrow as pa

    return Block(pa.table({}), pa.table({}), packed([]), others)


def _copied(table: pa.Table) -> pa.Table:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return pa.ipc.open_stream(sink.getvalue()).read_all()


def _text_of(cells: Sequence[bytes | None]) -> pa.Array:
    """Texts that are UTF-8 already, without a detour through Python's own."""
    import pyarrow as pa

    return pa.array(cells, pa.binary()).view(pa.string())


def audit_block(lines: Sequence[bytes]) -> Block:
    """The lines of an audit log as columns."""
    audit: list[tuple[Any, ...]] = []
    flat: list[tuple[Any, ...]] = []
    identities: list[bytes] = []
    others: list[int] = []
    loads, dumps = orjson.loads, orjson.dumps
    for position, line in enumerate(lines):
        try:
            event = loads(line)
            if type(event) is not dict or not is_audit_event(event) or not event.keys().isdisjoint(CONTAINERS):
                others.append(position)
                continue
            rows = _rows(event)
        except (orjson.JSONDecodeError, TypeError, AttributeError, KeyError, RecursionError):
            rows = None
        if rows is None:
            others.append(position)
            continue
        audit.append(rows[0])
        flat.append(rows[1])
        identities.append(blake2b(dumps(event, option=_SORTED), digest_size=16).digest())
    import pyarrow as pa

    try:
        return Block(*_tables(audit, flat), packed(identities), others) if audit else no_rows(others)
    except pa.ArrowInvalid:
        # One looks like a time and is none (a thirteenth month): which it is, the ordinary way tells.
        return no_rows(list(range(len(lines))))


def _rows(event: dict[str, Any]) -> tuple[tuple[Any, ...], tuple[Any, ...]] | None:
    """The cells of AKSAudit and of KubernetesAudit; None where a part is not of the usual shape."""
    get = event.get
    staged, received = get("stageTimestamp"), get("requestReceivedTimestamp")
    time = staged or received
    user, ref, status, notes, addresses = (
        get("user"), get("objectRef") or {}, get("responseStatus") or {}, get("annotations") or {}, get("sourceIPs") or [],
    )  # fmt: skip
    if not (
        _is_time(time)
        and (received is None or _is_time(received))
        and (staged is None or _is_time(staged))
        and type(user) is dict
        and type(ref) is dict
        and type(status) is dict
        and type(notes) is dict
        and type(addresses) is list
    ):
        return None
    wanted, given = get("requestObject"), get("responseObject")
    if not (wanted is None or type(wanted) is dict) or not (given is None or type(given) is dict):
        return None
    dumps = orjson.dumps
    who = dumps(user)
    verb, resource, sub, name = (
        get("verb") or "",
        ref.get("resource") or "",
        ref.get("subresource") or "",
        ref.get("name") or "",
    )
    uri, agent = get("requestURI"), get("userAgent")
    code = status.get("code")
    address = addresses[0] if addresses else ""
    texts = (
        verb, resource, sub, name, uri or "", agent or "", address, get("level") or "", get("stage") or "", get("auditID") or "",
        user.get("username") or "", ref.get("namespace") or "", notes.get("authorization.k8s.io/decision") or "",
    )  # fmt: skip
    if {*map(type, texts)} != _ONLY_TEXT or not (code is None or (type(code) is int and -1 < code < 1 << 31)):
        return None
    further = None if event.keys() <= AUDIT_KEYS else {key: event[key] for key in event if key not in AUDIT_KEYS}
    why = warning_of(event, user, ref, status, notes, resource, sub, verb)
    return (
        (
            time, _json(get("annotations")), texts[9], texts[7], _json(get("objectRef")), _json(wanted), received, uri, _json(given),
            _json(get("responseStatus")), _json(get("sourceIPs")), texts[8], staged, who, agent, verb, _json(further),
        ),
        (
            EVENT_TYPES.get(sub) or verb.capitalize(), "Warning" if why else "Normal", why, who if user else b"", texts[10], address, texts[11], resource, sub,
            f"{resource}/{name}" if resource and name else resource or name or uri, f"{verb} {resource}/{sub}" if sub else f"{verb} {resource}".strip(), code,
            texts[12],
        ),
    )  # fmt: skip


def _json(value: Any) -> bytes | None:
    return None if value is None else orjson.dumps(value)


def _is_time(value: Any) -> bool:
    """Whether it is a time as Kubernetes writes it, in UTC and no finer than a microsecond."""
    return type(value) is str and 20 <= len(value) <= 27 and value[-1] == "Z" and value[10] == "T"


def _tables(audit: list[tuple[Any, ...]], flat: list[tuple[Any, ...]]) -> tuple[pa.Table, pa.Table]:
    import pyarrow as pa

    columns = dict(zip(_AUDIT, map(list, zip(*audit, strict=True)), strict=True))
    flattened = dict(zip(_FLAT, map(list, zip(*flat, strict=True)), strict=True))
    arrays = {name: _array(name, cells) for name, cells in columns.items()}
    if arrays["AdditionalFields"].null_count == len(audit):
        del arrays["AdditionalFields"]
    if flattened["User"] == columns["User"]:
        del flattened["User"]
    codes = flattened.pop("ResponseCode")
    view = {name: _array(name, cells) for name, cells in flattened.items()}
    view["ResponseCode"] = pa.array(codes, pa.int32())
    return pa.table(arrays), pa.table(view)


def _array(name: str, cells: list[Any]) -> Any:
    import pyarrow as pa

    if name in _JSON:
        return _text_of(cells)
    array = pa.array(cells, pa.string())
    if name in _TIMES:
        return array.cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us"))
    return array
