"""Indicators against rows: one KQL query a table, over the columns whose names say what they hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from dashboard.detection.intelligence.observables import DOMAIN, EMAIL, IPV4, IPV6, URL
from dashboard.engines.protocol import CancelToken, Engine, QueryRequest
from dashboard.errors import Cancelled, Problem, WatchbookError
from dashboard.table import KqlType, Table

_IP = re.compile(
    r"^(?:.*_)?(?:.*(?:ip|ips|ipaddr|ipaddress|ipv4|ipv6|ip_s|clientaddress|sourceaddress|destinationaddress))$",
    re.IGNORECASE,
)
_WRONG_IP = re.compile(r"(?:zip|chip|ship|skip|clip|tip|relationship|description|membership)$", re.IGNORECASE)
_DOMAIN = re.compile(
    r"(?:domain|domainname|dnsquery|queryname|destinationhostname|fqdn|remotedns|hostname_s|dsthostname|url_domain)$",
    re.IGNORECASE,
)
_URL = re.compile(r"(?:url|uri|requesturi_s)$", re.IGNORECASE)
_HASH = re.compile(r"(?:filehash|sha256|sha1|md5|hash|filehashvalue)$", re.IGNORECASE)
_EMAIL = re.compile(
    r"(?:sender|senderaddress|senderfromaddress|sendermailfromaddress|emailaddress|recipientemailaddress)$",
    re.IGNORECASE,
)
_KINDS: Final[tuple[tuple[tuple[str, ...], Callable[[str], bool]], ...]] = (
    ((IPV4, IPV6), lambda name: bool(_IP.search(name)) and not _WRONG_IP.search(name)),
    ((URL,), lambda name: bool(_URL.search(name))),
    ((DOMAIN,), lambda name: bool(_DOMAIN.search(name))),
    ((EMAIL,), lambda name: bool(_EMAIL.search(name))),
    (("file:hashes",), lambda name: bool(_HASH.search(name))),
)
_WIDEST: Final = (
    f"ThreatIntelIndicators | where IsActive and ObservableKey == '{IPV4}' and ObservableValue has '/'"
    " | summarize min(toint(split(ObservableValue, '/')[1]))"
)
OWN_TABLES: Final = (
    "ThreatIntelIndicators",
    "ThreatIntelligenceIndicator",
    "ThreatIntelObjects",
    "Watchlist",
    "SecurityIncident",
)


@dataclass(frozen=True, slots=True)
class Matched:
    """One table's outcome: the columns that were looked at, the matches, or why there are none."""

    table: str
    columns: tuple[str, ...]
    matches: Table | None = None
    problem: Problem | None = None


def columns_to_match(columns: Sequence[tuple[str, KqlType]]) -> dict[str, tuple[str, ...]]:
    """Of a table's columns those that may hold observables, with the keys they may hold."""
    found: dict[str, tuple[str, ...]] = {}
    for name, kind in columns:
        if kind == "string" and not name.startswith("_"):
            keys = next((keys for keys, fits in _KINDS if fits(name)), None)
            if keys:
                found[name] = keys
    return found


def match_query(
    table: str,
    columns: dict[str, tuple[str, ...]],
    *,
    ago: str,
    confidence: int = 0,
    most: int = 1000,
    widest: int | None = None,
) -> str:
    """The KQL that finds rows of `table` whose columns hold a value of an indicator that is active, valid now and rated
    `confidence` or more. Where there are ranges of IPv4 (CIDR), `widest` is the shortest prefix among them, and addresses inside
    one are found as well: only addresses that begin as a range does are compared with the ranges."""
    lines = [
        "let indicators = ThreatIntelIndicators",
        "| where IsActive and not(Revoked) and not(IsDeleted) and isnotempty(ObservableValue)",
        "| where (isnull(ValidFrom) or ValidFrom <= now()) and (isnull(ValidUntil) or ValidUntil > now())",
        *([f"| where Confidence >= {int(confidence)}"] if confidence > 0 else []),
        "| project Indicator = Id, Key = ObservableKey, Value = tolower(ObservableValue), Confidence, Source = SourceSystem;",
    ]
    begins = _beginning(widest)
    if widest is not None:
        lines.append(f"let ranges = indicators | where Key == '{IPV4}' and Value has '/';")
    if begins:
        lines.append(f"let beginnings = ranges | distinct Beginning = extract(@'{begins}', 1, Value);")
    parts = []
    for number, (name, keys) in enumerate(columns.items(), 1):
        wanted = " or ".join(f"Key startswith '{key}'" for key in keys)
        column = f"['{name}']"
        lines.append(f"let rows{number} = {_source(table)}")
        lines.append(f"| where TimeGenerated > ago({ago}) and isnotempty({column})")
        lines.append(f"| project TimeGenerated, Column = '{name}', Matched = tolower({column});")
        parts.append(
            f"(rows{number} | join kind=inner (indicators | where {wanted}) on $left.Matched == $right.Value"
            " | project TimeGenerated, Column, Matched, Confidence, Indicator, Source)"
        )
        if widest is not None and IPV4 in keys:
            near = f" | where extract(@'{begins}', 1, Matched) in (beginnings)" if begins else ""
            parts.append(
                f"(rows{number}{near} | evaluate ipv4_lookup(ranges, Matched, Value)"
                " | project TimeGenerated, Column, Matched, Confidence, Indicator, Source)"
            )
    head = "\n".join(lines)
    body = parts[0] if len(parts) == 1 else f"union {', '.join(parts)}"
    return f"{head}\n{body}\n| top {int(most)} by TimeGenerated desc"


def _beginning(widest: int | None) -> str:
    """The pattern of the octets that all addresses of a range share; empty where the widest range shares none."""
    octets = 0 if widest is None else min(widest // 8, 3)
    return "^(" + "[.]".join([r"\d+"] * octets) + ")[.]" if octets else ""


def _source(table: str) -> str:
    return table if re.fullmatch(r"[A-Za-z_]\w*", table) else f"['{table}']"


def match_tables(
    engine: Engine, names: Sequence[str] = (), *, ago: str = "1d", confidence: int = 0, most: int = 1000,
    cancel: CancelToken | None = None, progress: Callable[[float, str], None] | None = None,
) -> Iterator[Matched]:  # fmt: skip
    """Matches the tables named, or all that have rows and columns to match. One that fails stops no other.

    Raises WatchbookError: Cancelled, and TI007 where a table that was named is not there.
    """
    if not re.fullmatch(r"\d{1,5}[dhm]", ago):
        raise WatchbookError(Problem("TI006", f"A time to look back is written as 90m, 24h or 7d; got '{ago}'."))
    known = {table.name: table for table in engine.tables()}
    for name in names:
        if name not in known:
            raise WatchbookError(Problem("TI007", f"There is no table '{name[:80]}'."))
    widest = engine.run(QueryRequest(_WIDEST), cancel).rows()[0][0]
    chosen = list(names) or [name for name, table in known.items() if table.rows and name not in OWN_TABLES]
    for done, name in enumerate(chosen):
        if progress:
            progress(done / len(chosen), name)
        columns = columns_to_match(known[name].columns)
        timed = any(column == "TimeGenerated" for column, _ in known[name].columns)
        if not columns or not timed:
            if names:
                problem = Problem("TI007", f"{name} has no column that could hold an observable.", "warning")
                yield Matched(name, (), problem=problem)
            continue
        try:
            query = match_query(name, columns, ago=ago, confidence=confidence, most=most, widest=widest)
            yield Matched(name, tuple(columns), engine.run(QueryRequest(query, row_limit=most), cancel))
        except Cancelled:
            raise
        except WatchbookError as error:
            yield Matched(name, tuple(columns), problem=error.problem)
    if progress:
        progress(1.0, "done")
