"""What the query API says where it does not answer: one refusal, worded as Log Analytics words it and as Kusto does."""

from __future__ import annotations

import datetime as dt
import json
import re
import uuid
from collections.abc import Sequence
from typing import Any

from dashboard.errors import Problem, WatchbookError
from dashboard.server.asgi import Header
from dashboard.table import format_datetime

PROPERTIES = "The request had some invalid properties"
TOO_MANY_ROWS = "E_QUERY_RESULT_SET_TOO_LARGE"


class ApiError(Exception):
    """A refusal: HTTP `status`, the service's `code` and `message`, and `inner`, the codes and messages from the kind of
    fault to its reason. `place` are line, position and word where a query text is at fault; `problems` all that is
    wrong, by our own codes."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        inner: Sequence[tuple[str, str]] = (),
        place: dict[str, Any] | None = None,
        problems: Sequence[Problem] = (),
        headers: Sequence[Header] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.inner = tuple(inner)
        self.place = place or {}
        self.problems = tuple(problems)
        self.headers = tuple(headers)

    @property
    def reason(self) -> tuple[str, str]:
        """The innermost code and message."""
        return self.inner[-1] if self.inner else (self.code, self.message)

    def for_logs(self) -> dict[str, Any]:
        """The body that Log Analytics answers with."""
        error: dict[str, Any] = {"message": self.message, "code": self.code, "correlationId": str(uuid.uuid4())}
        within = error
        for code, message in self.inner:
            within["innererror"] = {"code": code, "message": message}
            within = within["innererror"]
        within.update(self.place)
        if self.problems:
            error["details"] = [{"code": problem.code, "message": problem.describe()} for problem in self.problems]
        return {"error": error}

    def for_kusto(self, request_id: str = "") -> dict[str, Any]:
        """The body that Kusto answers with."""
        kinds = {"SyntaxError": "Syntax", "SemanticError": "Semantic"}
        kind = kinds.get(self.inner[0][0], "BadRequest") if self.inner else "Service"
        code, message = self.reason
        said = f"{kind} error: {code}: {message}" if kind in kinds.values() else message
        known = {
            "@type": f"Kusto.Data.Exceptions.{kind if kind != 'BadRequest' else 'KustoBadRequest'}Exception",
            "@message": said,
            "@context": {"timestamp": format_datetime(dt.datetime.now(dt.UTC)), "clientRequestId": request_id},
            "@permanent": self.status < 500 and self.status != 429,
        }
        if self.status == 400:
            outer = {"code": "General_BadRequest", "message": "Request is invalid and cannot be executed.", **known}
            outer["innererror"] = {
                "code": code,
                "message": message,
                **known,
                "@errorCode": code,
                "@errorMessage": message,
            }
            return {"error": outer}
        return {"error": {"code": self.code, "message": self.message, **known}}


def bad_request(message: str, code: str = "QueryValidationError") -> ApiError:
    """The refusal of a request whose parts cannot be read."""
    return ApiError(400, "BadArgumentError", PROPERTIES, inner=[(code, message)])


def not_found(path: str) -> ApiError:
    """The refusal of an address where nothing is."""
    return ApiError(404, "PathNotFoundError", f"The requested path does not exist: {json.dumps(path[:200])[1:-1]}")


def of_query(error: WatchbookError, text: str) -> ApiError:
    """The refusal that a failure of the engine stands for; `text` is the query."""
    problem = error.problem
    message = " ".join(part for part in (problem.message, problem.hint) if part)
    place = _place(problem, text)
    if problem.code == "EN002":
        late = [("GatewayTimeout", message)]
        return ApiError(
            504, "GatewayTimeout", "The query took longer than its time limit.", inner=late, problems=error.problems
        )
    if problem.code == "EN003":
        return _refused("EngineError", "The query ran out of resources.", "E_LOW_MEMORY_CONDITION", message, error, {})
    if not problem.code.startswith("KQ"):
        return _refused("EngineError", "The query failed while running.", problem.code, message, error, {})
    number = int(problem.code[2:])
    if number < 100:
        at = f" on line [{place['line']},{place['pos']}]" if place else ""
        said = f"Query could not be parsed{at}: {message}"
        return _refused("SyntaxError", "A recognition error occurred in the query.", "SYN0002", said, error, place)
    code = {101: "SEM0100", 102: "SEM0100", 103: "SEM0260"}.get(number, "SEM0001")
    named = re.search(r"'([^']+)'", problem.message)
    if code == "SEM0100" and named:
        # The words by which clients tell an absent table from other mistakes.
        what = "table or column" if number == 101 else "scalar"
        message = f"Failed to resolve {what} expression named '{named[1]}'. {message}"
    return _refused("SemanticError", "A semantic error occurred.", code, message, error, place)


def _refused(
    kind: str, sentence: str, code: str, message: str, error: WatchbookError, place: dict[str, Any]
) -> ApiError:
    inner = [(kind, sentence), (code, message)]
    return ApiError(400, "BadArgumentError", PROPERTIES, inner=inner, place=place, problems=error.problems)


def _place(problem: Problem, text: str) -> dict[str, Any]:
    line, column = problem.place.line, problem.place.column
    if line is None or column is None:
        return {}
    lines = text.split("\n")
    found = lines[line - 1] if line <= len(lines) else ""
    token = found[column - 1 : column - 1 + (problem.place.length or 1)][:100]
    return {"line": line, "pos": column, "token": token}


def too_many_rows(limit: int) -> str:
    """The sentence for a result that was cut at `limit` rows."""
    return (
        f"Query result set has exceeded the internal record count limit {limit} ({TOO_MANY_ROWS}). "
        "Summarize, filter or take fewer rows."
    )


def partial_for_logs(limit: int) -> dict[str, Any]:
    """The `error` beside the tables of a result cut at `limit` rows, as Log Analytics gives it."""
    inner = {"code": "-2133196797", "message": too_many_rows(limit), "severity": 2, "severityName": "Error"}
    detail = {
        "code": "EngineError",
        "message": "Something went wrong processing your query on the server.",
        "innererror": inner,
    }
    return {
        "code": "PartialError",
        "message": f"There were some errors when processing your query. {too_many_rows(limit)}",
        "details": [detail],
    }


def partial_for_kusto(limit: int) -> dict[str, Any]:
    """The error that Kusto puts after the rows of a result cut at `limit` rows."""
    message = too_many_rows(limit)
    return {
        "error": {
            "code": "LimitsExceeded",
            "message": "Request is invalid and cannot be executed.",
            "@type": "Kusto.Data.Exceptions.KustoServicePartialQueryFailureLimitsExceededException",
            "@message": message,
            "@context": {},
            "@permanent": False,
        }
    }
