"""What a request to the query API asks: query, time span, preferences and properties, read from untrusted JSON."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl

from dashboard import settings
from dashboard.engines.protocol import QueryRequest, TimeSpan
from dashboard.server.api_errors import ApiError, bad_request, not_found

MOST_ROWS = 500_000
"""Rows of one answer, as Log Analytics and Kusto limit them."""
BATCH_QUERIES = 100
_DURATION = re.compile(
    r"P(?:(\d{1,6})Y)?(?:(\d{1,6})M)?(?:(\d{1,6})W)?(?:(\d{1,9})D)?"
    r"(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,12}(?:\.\d{1,9})?)S)?)?"
)
_SPAN_TEXT = re.compile(r"(?:(\d{1,5})(?:\.| days?, ))?(\d{1,2}):(\d{2}):(\d{2})(?:\.(\d{1,7}))?")


@dataclass(frozen=True)
class Question:
    """One query as it came: `statistics` and `render` tell what to add to the answer, `parameters` are the texts of
    declared query parameters."""

    text: str
    timespan: TimeSpan | None = None
    seconds: float | None = None
    rows: int = MOST_ROWS
    now: dt.datetime | None = None
    statistics: bool = False
    render: bool = False
    parameters: Mapping[str, str] = field(default_factory=dict)

    def request(self, parameters: Mapping[str, Any]) -> QueryRequest:
        """The engine's request. The caller's time limit only ever shortens the one in force (setting query_seconds)."""
        longest = float(settings.integer("query_seconds"))
        return QueryRequest(
            self.text, timespan=self.timespan, row_limit=self.rows, now=self.now, parameters=parameters,
            seconds=min(self.seconds or longest, longest),
        )  # fmt: skip


def read_json(body: bytes) -> dict[str, Any]:
    """The JSON object of a request body. Raises ApiError."""
    try:
        found = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise bad_request("The request body is not valid JSON.") from None
    if not isinstance(found, dict):
        raise bad_request("The request body must be a JSON object.")
    return found


def query_text(value: object, name: str) -> str:
    """A query text. Raises ApiError where it is missing or no text."""
    if not isinstance(value, str) or not value.strip():
        raise bad_request(f"The '{name}' of the request is missing or empty.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise bad_request(f"The '{name}' of the request holds half a character (a lone surrogate).") from None
    return value


def logs_question(given: Mapping[str, Any], prefer: str) -> Question:
    """A question to Log Analytics from its body (or the query string of a GET) and its Prefer header."""
    span = given.get("timespan")
    if span is not None and not isinstance(span, str):
        raise bad_request("The timespan must be a text in ISO 8601.")
    question = Question(query_text(given.get("query"), "query"), timespan=read_timespan(span) if span else None)
    for part in re.split(r"[,;]", prefer):
        name, _, value = (text.strip().lower() for text in part.partition("="))
        if name == "wait" and value.isdecimal() and int(value):
            question = replace(question, seconds=float(min(int(value), 3600)))
        elif name == "include-statistics" and value == "true":
            question = replace(question, statistics=True)
        elif name == "include-render" and value == "true":
            question = replace(question, render=True)
    return question


def query_string(raw: bytes) -> dict[str, str]:
    """The pairs of a query string; the first of a name wins."""
    found: dict[str, str] = {}
    try:
        pairs = parse_qsl(raw.decode("latin-1"), keep_blank_values=True, errors="strict", max_num_fields=50)
    except ValueError:
        raise bad_request("The query string is not UTF-8 or has too many fields.") from None
    for name, value in pairs:
        found.setdefault(name, value)
    return found


def read_timespan(text: str, now: dt.datetime | None = None) -> TimeSpan:
    """A time span in ISO 8601: a duration up to now, `start/end`, `start/duration` or `duration/end`. Raises ApiError."""
    first, slash, second = text.strip().partition("/")
    try:
        if not slash:
            end = now or dt.datetime.now(dt.UTC)
            return TimeSpan(end - _duration(first), end)
        if first[:1].upper() == "P":
            end = _moment(second)
            return TimeSpan(end - _duration(first), end)
        start = _moment(first)
        return TimeSpan(start, start + _duration(second) if second[:1].upper() == "P" else _moment(second))
    except (ValueError, OverflowError):
        raise bad_request(f"The timespan '{text[:100]}' is no duration or interval in ISO 8601, such as P1D.") from None


def _duration(text: str) -> dt.timedelta:
    match = _DURATION.fullmatch(text.strip().upper())
    if match is None or not any(match.groups()):
        raise ValueError(text)
    years, months, weeks, days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    # A year and a month have no fixed length; the service counts them as 365 and 30 days.
    return dt.timedelta(
        days=years * 365 + months * 30 + weeks * 7 + days, hours=hours, minutes=minutes, seconds=seconds
    )


def _moment(text: str) -> dt.datetime:
    found = dt.datetime.fromisoformat(text.strip())
    return found.astimezone(dt.UTC) if found.tzinfo else found.replace(tzinfo=dt.UTC)


def batch_requests(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The parts of a batch. Raises ApiError where one has no id of its own, or there are too many."""
    parts = given.get("requests")
    if not isinstance(parts, list) or not parts or not all(isinstance(part, dict) for part in parts):
        raise bad_request("The 'requests' of a batch must be a list of objects.")
    if len(parts) > BATCH_QUERIES:
        raise bad_request(f"A batch may hold {BATCH_QUERIES} requests; got {len(parts)}.")
    ids = [part.get("id") for part in parts]
    if not all(isinstance(name, str | int) for name in ids) or len({str(name) for name in ids}) < len(ids):
        raise bad_request("Every request of a batch needs an id of its own.")
    return parts


def batch_question(part: Mapping[str, Any]) -> Question:
    """The question of one request of a batch. Raises ApiError."""
    path, _, query = str(part.get("path") or "").partition("?")
    if path.strip("/") != "query":
        raise not_found(path)
    posted = str(part.get("method") or "GET").upper() == "POST"
    given = part.get("body") if posted else query_string(query.encode("utf-8", "replace"))
    headers = part.get("headers")
    named = headers if isinstance(headers, dict) else {}
    prefer = next((str(value) for name, value in named.items() if str(name).lower() == "prefer"), "")
    return logs_question(given if isinstance(given, dict) else {}, prefer)


def kusto_question(given: Mapping[str, Any]) -> tuple[Question, str]:
    """A question to Kusto from its body, and the database it names. Raises ApiError."""
    text = query_text(given.get("csl"), "csl")
    database = given.get("db")
    properties = given.get("properties") or {}
    if isinstance(properties, str):
        properties = read_json(properties.encode("utf-8", "replace"))
    # Names in any case: Grafana writes `options`.
    named = {str(name).lower(): value for name, value in properties.items()} if isinstance(properties, dict) else {}
    options = named.get("options") or {} if isinstance(properties, dict) else None
    parameters = named.get("parameters") or {}
    if not isinstance(options, dict) or not isinstance(parameters, dict):
        raise bad_request("The properties of the request must hold the objects Options and Parameters.")
    options = {str(name).lower(): value for name, value in options.items()}
    question = Question(
        text,
        seconds=_seconds(options.get("servertimeout")),
        parameters={
            str(name): value if isinstance(value, str) else json.dumps(value) for name, value in parameters.items()
        },
    )
    limit = options.get("truncationmaxrecords")
    if isinstance(limit, int) and not isinstance(limit, bool) and 0 < limit < MOST_ROWS:
        question = replace(question, rows=limit)
    if options.get("query_now"):
        question = replace(question, now=_option_moment("query_now", options["query_now"]))
    since, until = options.get("query_datetimescope_from"), options.get("query_datetimescope_to")
    if since or until:
        if options.get("query_datetimescope_column") not in (None, "", "TimeGenerated"):
            raise bad_request("query_datetimescope_column can only be TimeGenerated here.")
        start = _option_moment("query_datetimescope_from", since) if since else dt.datetime(1, 1, 1, tzinfo=dt.UTC)
        end = _option_moment("query_datetimescope_to", until) if until else dt.datetime(9999, 12, 31, tzinfo=dt.UTC)
        question = replace(question, timespan=TimeSpan(start, end))
    return question, database if isinstance(database, str) and database else "Watchbook"


def _option_moment(name: str, value: object) -> dt.datetime:
    try:
        return _moment(re.sub(r"^datetime\((.*)\)$", r"\1", str(value)))
    except (ValueError, OverflowError):
        raise bad_request(f"The option {name} must be a time in ISO 8601; got '{str(value)[:50]}'.") from None


def _seconds(value: object) -> float | None:
    """A server timeout: `[d.]hh:mm:ss`, or a number of ticks of 100 nanoseconds. Raises ApiError."""
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e15:
        return float(value) / 1e7
    match = _SPAN_TEXT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise _bad_timeout(value)
    days, hours, minutes, seconds = (int(part or 0) for part in match.group(1, 2, 3, 4))
    return max(((days * 24 + hours) * 60 + minutes) * 60 + seconds + float(f"0.{match[5] or 0}"), 0.001)


def _bad_timeout(value: object) -> ApiError:
    return bad_request(f"The option servertimeout must be a timespan such as 00:04:00; got '{str(value)[:50]}'.")
