"""Rows for the tables that a workbook reads, made from nothing but its own queries and the known schemas.

A custom table has the columns that its queries name, and so has what the parser of a connector gives: where it is called as a
function, a function is written beside the rows. A text column takes the values that the queries compare it with, so that filters
let most rows through; other columns take values that suit their names. The same seed gives the same rows.
"""

from __future__ import annotations

import datetime as dt
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from dashboard.document import Workbook
from tests.shared import SHARED, write_rows

_COMPARED = re.compile(
    r"\b(\w+)\s*(?:==|=~|has_cs|has|contains|startswith|in~|in|has_any|has_all)\s*"
    r"(\((?:\s*@?(?:\"[^\"]*\"|'[^']*')\s*,?)+\)|@?\"[^\"]*\"|'[^']*')"
)
_NUMBER = re.compile(r"\b(\w+)\s*==\s*(\d+)\b")
_ALIAS = re.compile(r"\b(\w+)\s*=\s*tostring\(\s*\w+\.(\w+)\s*\)")
_TEXT = re.compile(r"\"([^\"]*)\"|'([^']*)'")
_CASTED = re.compile(r"\b(?:tostring|tolower|toupper|trim\([^,]+,)\s*\(?(\w+)\)")
_PART = re.compile(r"\b(\w+)\)?\.([A-Za-z_]\w*)(?:\.([A-Za-z_]\w*))?")
_EXPANDED = re.compile(r"\bmv-?expand\s+(?:todynamic|parse_json)\(\s*(\w+)\s*\)")
_LIST = "[]"
_HEADS = re.compile(r"(?:\A|;|\(|\blet\s+\w+\s*=)\s*([A-Za-z]\w*)\s*(?:\(\s*\))?\s*(?=\||;)")
_NAMES = re.compile(r"(?<![.\w{$'@])([A-Za-z_]\w+)\b(?!\s*\(|\s*=[^=~]|\s*:)")
_LITERAL = re.compile(r"//[^\n]*|\"[^\"\n]*\"|'[^'\n]*'|\{[^}]*\}")
_KEYWORDS = (
    "and or not by of in on to asc desc nulls first last where extend project away rename reorder keep distinct sort order top "
    "take limit summarize count join lookup union mv expand mvexpand apply parse make series step from range default kind "
    "inner leftouter leftanti render evaluate let data datatable externaldata with contains has startswith endswith between "
    "true false null dynamic string int long real bool datetime timespan print typeof piechart barchart columnchart timechart "
    "stacked left right has_any has_all matches regex ignorefirstrecord isfuzzy"
)
_WORDS = set(_KEYWORDS.split())
_SUFFIXES = {"_d": "real", "_t": "datetime", "_b": "bool"}
_KINDS = {
    "datetime": pa.timestamp("us"),
    "long": pa.int64(),
    "int": pa.int32(),
    "real": pa.float64(),
    "bool": pa.bool_(),
}
FUNCTIONS = "functions"
"""The folder of written functions below the data."""
_PLACES = (
    ("US", "United States", 47.6, -122.3), ("DE", "Germany", 52.5, 13.4), ("GB", "United Kingdom", 51.5, -0.1),
    ("IN", "India", 19.1, 72.9), ("BR", "Brazil", -23.5, -46.6), ("JP", "Japan", 35.7, 139.7), ("RU", "Russia", 55.7, 37.6),
    ("FR", "France", 48.9, 2.4),
)  # fmt: skip
_POOLS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("severity", ("High", "Medium", "Low", "Informational")),
    ("resourcegroup", ("rg-prod", "rg-test", "rg-shared")),
    ("resourceid", tuple(f"/subscriptions/00000000-0000-0000-0000-00000000000{n % 3}/resourceGroups/rg-prod/providers/"
                         f"Microsoft.Compute/virtualMachines/vm-{n}" for n in range(6))),
    ("subscription", tuple(f"00000000-0000-0000-0000-00000000000{n}" for n in range(3))),
    ("useragent", ("Mozilla/5.0 (Windows NT 10.0)", "curl/8.1", "python-requests/2.31")),
    ("country", tuple(place[1] for place in _PLACES)),
    ("port", ("443", "80", "53", "22", "3389", "8080")),
    ("url", ("https://contoso.example/login", "http://fabrikam.example/a.js", "https://tailspin.example/api")),
    ("host", ("web-1", "web-2", "db-1", "app-7", "dc-1")),
    ("computer", ("web-1", "web-2", "db-1", "app-7", "dc-1")),
    ("device", ("fw-1", "fw-2", "laptop-14", "laptop-22")),
    ("user", ("ana@contoso.example", "ben@contoso.example", "chi@contoso.example", "dan@contoso.example", "svc-backup")),
    ("account", ("CONTOSO\\ana", "CONTOSO\\ben", "CONTOSO\\chi", "CONTOSO\\svc-backup")),
    ("caller", ("ana@contoso.example", "ben@contoso.example", "chi@contoso.example")),
    ("email", ("ana@contoso.example", "ben@contoso.example")),
    ("protocol", ("TCP", "UDP", "ICMP", "HTTPS", "DNS")),
    ("action", ("Allow", "Deny", "Drop", "Reset")),
    ("status", ("Succeeded", "Failed", "Started")),
    ("result", ("Success", "Failure")),
    ("operation", ("Create", "Update", "Delete", "Read", "Login", "Export")),
    ("category", ("Administrative", "Security", "Policy", "Audit", "Malware", "Phishing")),
    ("tactic", ("InitialAccess", "Execution", "Persistence", "CredentialAccess", "LateralMovement", "Impact")),
    ("location", ("eastus", "westeurope", "northeurope", "southeastasia")),
    ("domain", ("contoso.example", "fabrikam.example", "tailspin.example")),
    ("file", ("invoice.docx", "setup.exe", "report.xlsx", "notes.txt")),
    ("product", ("Azure Sentinel", "Microsoft Cloud App Security", "Azure Security Center")),
    ("vendor", ("Contoso", "Fabrikam")),
    ("application", ("Outlook", "Teams", "SharePoint", "Salesforce", "GitHub")),
    ("app", ("Outlook", "Teams", "SharePoint", "Salesforce", "GitHub")),
    ("message", ("A rule matched.", "The session was closed.", "Policy applied.")),
)  # fmt: skip


@cache
def schemas() -> Mapping[str, Mapping[str, str]]:
    """Columns and KQL types of the known tables."""
    found: Mapping[str, Mapping[str, str]] = json.loads((SHARED / "schemas/tables.json").read_text(encoding="utf-8"))
    return found


def queries(workbook: Workbook) -> list[str]:
    """Every query text of a workbook, those of parameters included."""
    texts = []
    for item in workbook.walk():
        texts += [item.query, *(parameter.query for parameter in item.parameters)]
    return [text for text in texts if text]


def compared(texts: Iterable[str]) -> dict[str, list[str]]:
    """The texts that each name is compared with."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for text in texts:
        for name, operand in _COMPARED.findall(_CASTED.sub(r"\1", text)):
            for double, single in _TEXT.findall(operand):
                value = double or single
                if value and "{" not in value:
                    found[name][value] = None
        for name, value in _NUMBER.findall(text):
            found[name][value] = None
        for name, part in _ALIAS.findall(text):
            found[part].update(found.get(name, {}))
    return {name: list(values) for name, values in found.items()}


def parts(texts: Iterable[str]) -> dict[str, dict[str, set[str]]]:
    """The parts of dynamic columns that queries read: column → key → keys below it."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for text in texts:
        for column, key, below in _PART.findall(text):
            found[column][key] |= {below} if below else set()
        for column in _EXPANDED.findall(text):
            found[column][_LIST] |= set()
    return found


def named(texts: Iterable[str]) -> dict[str, dict[str, str]]:
    """Tables and parsers that the queries begin with, with the columns that those queries name."""
    found: dict[str, dict[str, str]] = {}
    for text in texts:
        bare = _LITERAL.sub("''", text)
        declared = set(re.findall(r"\blet\s+(\w+)", bare))
        made = set(re.findall(r"\b(\w+)\s*=(?![=~])", bare))
        names = [name for name in _NAMES.findall(bare) if name not in _WORDS | declared | made]
        for table in set(_HEADS.findall(bare)) - declared - _WORDS:
            if table.lower().endswith("resources") or table.startswith(("im", "_Im")):
                continue  # the estate's own and built in
            columns = found.setdefault(table, {"TimeGenerated": "datetime"})
            for name in names:
                if name not in found and name not in columns and name not in schemas() and name[:-1] not in names:
                    columns[name] = _SUFFIXES.get(name[-2:]) or _used(name, bare)
    return found


def _used(name: str, text: str) -> str:
    """The kind of a column, as the query uses it."""
    if re.search(rf"\bbin\(\s*{name}\b", text):
        return "datetime"
    counted = rf"\b(?:sum|avg|max|min|toint|tolong)\(\s*{name}\b|\b{name}\s*(?:==|!=|[<>]=?)\s*\d"
    return "long" if re.search(counted, text) else "string"


def write(
    texts: list[str], folder: Path, *, rows: int = 2500, days: int = 14, now: dt.datetime | None = None
) -> list[str]:
    """Writes rows for every table that the queries name and that the folder lacks; gives the tables' names."""
    now = now or dt.datetime.now(dt.UTC)
    words = {word for text in texts for word in re.findall(r"\b[A-Za-z]\w+", text)}
    made = []
    tables: dict[str, dict[str, str]] = named(texts)
    for table in words & set(schemas()):
        tables[table] = tables.get(table, {}) | dict(schemas()[table])
    for table, columns in sorted(tables.items()):
        if (folder / table).is_dir() or (folder / f"{table}_rows").is_dir():
            continue
        own = [text for text in texts if re.search(rf"\b{table}\b", text)]
        called = any(re.search(rf"\b{table}\s*\(\s*\)\s*\|", text) for text in own)
        if called:
            (folder / FUNCTIONS).mkdir(exist_ok=True)
            (folder / FUNCTIONS / f"{table}.kql").write_text(f"{table}_rows")
        place = f"{table}_rows" if called else table
        _write_table(place, columns, compared(own), parts(own), folder, rows, days, now, random.Random(table))
        made.append(table)
    return made


def _write_table(
    table: str,
    columns: Mapping[str, str],
    values: Mapping[str, list[str]],
    below: Mapping[str, Mapping[str, set[str]]],
    folder: Path,
    rows: int,
    days: int,
    now: dt.datetime,
    source: random.Random,
) -> None:
    times = sorted(now - dt.timedelta(seconds=86_400 * days * source.random() ** 1.3) for _ in range(rows))
    arrays: dict[str, pa.Array] = {}
    for name, kind in columns.items():
        cells = [_cell(name, kind, moment, values, below, source) for moment in times]
        if name == "Type" and name not in values:
            cells = [table] * rows
        elif name in ("TimeGenerated", "timestamp"):
            cells = [moment.replace(tzinfo=None) for moment in times]
        arrays[name] = pa.array(cells, _KINDS.get(kind, pa.string()))
    whole = pa.table(arrays)
    for day in sorted({moment.date() for moment in times}):
        at = [number for number, moment in enumerate(times) if moment.date() == day]
        write_rows(folder, table, str(day), whole.slice(at[0], len(at)), "made")


def _cell(
    name: str,
    kind: str,
    moment: dt.datetime,
    values: Mapping[str, list[str]],
    below: Mapping[str, Mapping[str, set[str]]],
    source: random.Random,
) -> Any:
    if kind == "datetime":
        return (moment - dt.timedelta(minutes=source.randrange(1, 600))).replace(tzinfo=None)
    if kind in ("long", "int"):
        known = [int(value) for value in values.get(name, ()) if value.isdigit()]
        return source.choice(known) if known else int(source.paretovariate(1.2) * 40) % 2_000_000
    if kind in ("real", "decimal"):
        return round(source.paretovariate(1.5) * 10, 2)
    if kind == "bool":
        return source.random() < 0.6
    if kind == "dynamic" or (name in below and any(below[name])):
        keys = below.get(name, {})
        if not keys and kind != "dynamic":
            return _text(name, values, source)
        made = {
            key: {part: _text(part, values, source) for part in inner} if inner else _text(key, values, source)
            for key, inner in keys.items() if key != _LIST
        }  # fmt: skip
        return json.dumps([made] if _LIST in keys else made)
    return _text(name, values, source)


def _text(name: str, values: Mapping[str, list[str]], source: random.Random) -> str:
    known = values.get(name)
    if known:
        return known[min(int(source.expovariate(0.5)), len(known) - 1)]
    lower = name.lower()
    if "lat" in lower.split("_") or lower.endswith("latitude"):
        return str(_PLACES[source.randrange(8)][2])
    if "long" in lower.split("_") or lower.endswith("longitude"):
        return str(_PLACES[source.randrange(8)][3])
    if lower.endswith(("ip", "address")) or "ipaddress" in lower:
        return (
            f"{source.choice((10, 52, 185, 203))}.{source.randrange(4)}.{source.randrange(4)}.{source.randrange(1, 20)}"
        )
    for part, pool in _POOLS:
        if part in lower:
            return pool[min(int(source.expovariate(0.6)), len(pool) - 1)]
    return f"{name} {1 + min(int(source.expovariate(0.7)), 5)}"
