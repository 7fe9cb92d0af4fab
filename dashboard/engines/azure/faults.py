"""What a service's refusal or fault means, as a sentence with what to do. Never holds a token or a header."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dashboard.errors import Place, Problem

MOST_ROWS = 500_000
MOST_BYTES = 64_000_000
"""What Log Analytics and Kusto give in one answer at most."""
NARROW = "Narrow the time range, keep fewer columns (project), or summarize."
_ABSENT = re.compile(r"[Ff]ailed to resolve (?:table|scalar|entity)[^']*'([^']{1,200})'")
_TOO_LARGE = re.compile(r"E_QUERY_RESULT_SET_TOO_LARGE|exceeded? .{0,40}limit|-2133196797", re.IGNORECASE)


def reason(body: Any) -> tuple[str, str, Mapping[str, Any]]:
    """The innermost code and message of an error's JSON, and the object they stand in; empty where there is none."""
    found = body.get("error", body) if isinstance(body, dict) else None
    if not isinstance(found, dict):
        return "", "", {}
    while True:
        inner = found.get("innererror") or found.get("innerError")
        details = found.get("details")
        if not isinstance(inner, dict) and isinstance(details, list) and details and isinstance(details[0], dict):
            inner = details[0]
        if not isinstance(inner, dict) or not (inner.get("message") or inner.get("innererror")):
            break
        found = inner
    return str(found.get("code") or ""), str(found.get("message") or ""), found


def explain(status: int, body: Any, service: str, target: str) -> Problem:
    """The problem that an answer with this status stands for. `target` is what was asked: a workspace, a resource."""
    code, said, where = reason(body)
    said = said[:500]
    match status:
        case 401 | 407:
            return Problem(
                "EN011",
                f"{service} refused the sign-in.",
                hint="Sign in again, for example with 'az login', and see 'watchbook azure check'.",
            )
        case 403:
            return Problem(
                "EN012",
                f"You have no permission to query {target}.",
                hint=_ROLES.get(service, "Ask its owner for the role 'Reader' on it."),
            )
        case 404:
            return Problem("EN013", f"{target[:1].upper()}{target[1:]} was not found.", hint="Check the id.")
        case 400:
            return _of_query(code, said, where, service)
        case 409 | 412:
            return Problem(
                "EN039", f"Somebody else changed {target} meanwhile.", hint="Look at it anew, then try again."
            )
        case 413:
            return too_large(service)
        case 429:
            return Problem("EN016", f"{service} asks to slow down.", hint="Wait a minute, then refresh.")
        case 408 | 504:
            return Problem(
                "EN018", f"The query took too long for {service}.", hint="Narrow the time range or the query."
            )
    return Problem("EN017", f"{service} answered with status {status}.", hint="Refresh in a while.")


_ROLES = {
    "Log Analytics": "Ask for the role 'Log Analytics Reader' on it.",
    "Azure Monitor metrics": "Ask for the role 'Monitoring Reader' on it.",
    "Azure Data Explorer": "Ask for the role 'Viewer' on the database.",
    "Microsoft Sentinel": "Ask for the role 'Microsoft Sentinel Reader' on the workspace.",
}


def _of_query(code: str, said: str, where: Mapping[str, Any], service: str) -> Problem:
    line, column = where.get("line"), where.get("pos")
    place = Place(
        line=line if isinstance(line, int) else None,
        column=column if isinstance(column, int) else None,
    )
    absent = _ABSENT.search(said)
    if code == "SEM0100" and absent:
        return Problem(
            "EN031",
            f"There is no table or column '{absent[1]}' there.",
            place=place,
            hint="Its data connector may be off, or no row ever arrived.",
        )
    return Problem("EN014", f"{service} refused the query: {said or 'no reason was given'}", place=place)


def too_large(service: str) -> Problem:
    """An answer beyond what the service gives."""
    return Problem(
        "EN032",
        f"The result is larger than {service} gives in one answer ({MOST_ROWS:,} rows or {MOST_BYTES // 1_000_000} MB).",
        hint=NARROW,
    )


def partial_notice(error: Any, service: str, rows: int) -> tuple[str, str]:
    """Code and sentence for a result that the service calls partial."""
    _, said, where = reason(error)
    whole = f"{said} {where.get('code', '')} {error.get('message', '') if isinstance(error, dict) else ''}"
    if _TOO_LARGE.search(whole):
        return "EN032", f"{too_large(service).message} This is a part of it, {rows:,} rows. {NARROW}"
    return "EN015", f"{service} gave only a part of the result: {said[:300] or 'it gave no reason'}"
