"""A small engine to evaluate workbooks over: answers by the start of the query, remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.document import Workbook, parse_workbook
from dashboard.engines.protocol import CancelToken, QueryRequest, TableInfo
from dashboard.errors import Problem, WatchbookError
from dashboard.table import Table, table_from_rows


def strings(*names: str, rows: Sequence[Sequence[Any]] = ()) -> Table:
    """A table of string columns."""
    return table_from_rows([(name, "string") for name in names], [tuple(row) for row in rows])


class StandIn:
    """Answers a query by the longest known text it starts with; `fail …` fails; anything else gives the query itself as one
    cell. `gate`, where it is set, holds every query until it opens."""

    label = "Stand-in"

    def __init__(self, answers: Mapping[str, Table] | None = None, name: str = "standin") -> None:
        self.name = name
        self.answers = dict(answers or {})
        self.asked: list[QueryRequest] = []
        self.data = "1"
        self.gate: threading.Event | None = None
        self.running = 0
        self.most_running = 0
        self._lock = threading.Lock()

    @property
    def texts(self) -> list[str]:
        """The queries asked so far, in order."""
        return [request.text for request in self.asked]

    def run(self, request: QueryRequest, cancel: CancelToken | None = None) -> Table:
        gate = self.gate  # a test takes it away as soon as nobody waits for the answer
        with self._lock:
            self.asked.append(request)
            self.running += 1
            self.most_running = max(self.most_running, self.running)
        try:
            if gate is not None:
                if cancel is not None:
                    cancel.on_cancel(gate.set)
                gate.wait(60)
                if cancel is not None:
                    cancel.check()
            if request.text.startswith("fail"):
                raise WatchbookError(Problem("KQ001", "The table 'Gone' does not exist."))
            if request.text.startswith("crash"):
                raise RuntimeError("boom")
            known = [text for text in self.answers if request.text.startswith(text)]
            if known:
                return self.answers[max(known, key=len)]
            return strings("query", rows=[(request.text,)])
        finally:
            with self._lock:
                self.running -= 1

    def tables(self) -> list[TableInfo]:
        return []

    def version(self) -> str:
        return self.data


def book(*items: dict[str, Any], **document: Any) -> Workbook:
    """A workbook of these items."""
    return parse_workbook(json.dumps({"version": "Notebook/1.0", "items": list(items), **document}), "w.json")


def text(body: str, **keys: Any) -> dict[str, Any]:
    return {"type": 1, "content": {"json": body}, "name": f"text {body[:20]}", **keys}


def query(body: str, name: str = "", *, keys: dict[str, Any] | None = None, **content: Any) -> dict[str, Any]:
    content = {"version": "KqlItem/1.0", "query": body, "queryType": 0, **content}
    return {"type": 3, "content": content, "name": name, **(keys or {})}


def parameters(*definitions: dict[str, Any], keys: dict[str, Any] | None = None, **content: Any) -> dict[str, Any]:
    return {
        "type": 9,
        "content": {"parameters": [{"type": 1, **each} for each in definitions], **content},
        **(keys or {}),
    }


def group(*items: dict[str, Any], keys: dict[str, Any] | None = None, **content: Any) -> dict[str, Any]:
    return {"type": 12, "content": {"groupType": "editable", "items": list(items), **content}, **(keys or {})}


def tabs(name: str, *values: str, style: str = "tabs") -> dict[str, Any]:
    links = [
        {"linkTarget": "parameter", "cellValue": name, "subTarget": value, "linkLabel": value.title()}
        for value in values
    ]
    return {"type": 11, "content": {"style": style, "links": links}}


def when(name: str, value: str = "", comparison: str = "isEqualTo") -> dict[str, Any]:
    condition = {"parameterName": name, "comparison": comparison}
    return {"conditionalVisibility": condition | ({"value": value} if value else {})}
