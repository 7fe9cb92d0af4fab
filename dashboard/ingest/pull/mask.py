"""Columns masked by rule before anything is written: `[TABLE.]COLUMN=METHOD`, names with `*` as in file names.

| method | what becomes of a value |
|---|---|
| `hash` | a keyed hash: equal values stay equal, across tables and pulls of the same user, and cannot be turned back |
| `email` | the hash of what stands before the @; the domain stays |
| `ip` | the last part of an IPv4 address, or all but the first four of an IPv6 address, is zero |
| `keep:N` | the first N characters, the rest as … |
| `text:T` | the text T |
| `remove` | nothing: an empty text, null |
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from hashlib import blake2b
from pathlib import Path
from typing import Any

from dashboard import settings
from dashboard.errors import Problem, WatchbookError
from dashboard.table import Table

METHODS = ("hash", "email", "ip", "keep:N", "text:T", "remove")
_ADDRESS = re.compile(r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7})(?![\w:])")


@dataclass(frozen=True, slots=True)
class Rule:
    """Which columns of which tables (patterns), and the method with its argument."""

    table: str
    column: str
    method: str
    argument: str = ""

    def fits(self, table: str, column: str) -> bool:
        """Whether the rule masks this column."""
        return fnmatchcase(table.lower(), self.table.lower()) and fnmatchcase(column.lower(), self.column.lower())


def read_rules(texts: Sequence[str]) -> tuple[Rule, ...]:
    """Rules as they are written on the command line; a text that names a file stands for its lines. Raises WatchbookError
    (IN021)."""
    rules: list[Rule] = []
    for text in texts:
        path = Path(text)
        if "=" not in text and path.is_file():
            lines = path.read_text(encoding="utf-8").splitlines()
            rules += read_rules([line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")])
            continue
        rules.append(_rule(text))
    return tuple(rules)


def _rule(text: str) -> Rule:
    where, separator, how = text.partition("=")
    table, dot, column = where.strip().rpartition(".")
    method, _, argument = how.strip().partition(":")
    known = method in ("hash", "email", "ip", "remove", "text") or (method == "keep" and argument.isdecimal())
    if not separator or not column or not known:
        raise WatchbookError(
            Problem(
                "IN021",
                f"'{text[:80]}' is no rule for masking.",
                hint=f"Write [TABLE.]COLUMN=METHOD with a method of {', '.join(METHODS)}.",
            )
        )
    return Rule(table if dot else "*", column, method, argument)


def mask(table: Table, name: str, rules: Sequence[Rule], key: bytes) -> Table:
    """The table with masked columns; the first rule that fits a column holds. TimeGenerated is never masked: it places the
    rows. A column whose type cannot hold the masked text becomes null."""
    import pyarrow as pa

    arrow = table.arrow
    for at, column in enumerate(table.columns):
        rule = next((rule for rule in rules if rule.fits(name, column.name)), None)
        if rule is None or column.name == "TimeGenerated":
            continue
        change = _change(rule, key)
        cells = arrow.column(at).to_pylist()
        if column.type == "string":
            masked: list[Any] = [change(cell) if cell else "" for cell in cells]
        elif column.type == "dynamic":
            masked = [None if cell is None else _in_json(cell, rule, change) for cell in cells]
        else:
            masked = [None] * len(cells)
        arrow = arrow.set_column(at, arrow.schema.field(at), pa.array(masked, arrow.schema.field(at).type))
    return Table(table.columns, arrow, table.status, table.notices, table.render, table.statistics)


def _change(rule: Rule, key: bytes) -> Callable[[str], str]:
    match rule.method:
        case "hash":
            return lambda text: _hash(text, key)
        case "email":
            return lambda text: (
                f"{_hash(text.partition('@')[0], key)}@{text.partition('@')[2]}" if "@" in text else _hash(text, key)
            )
        case "ip":
            return lambda text: _ADDRESS.sub(lambda found: _shortened(found[0]), text)
        case "keep":
            count = int(rule.argument)
            return lambda text: text if len(text) <= count else f"{text[:count]}…"
        case "text":
            return lambda _: rule.argument
    return lambda _: ""


def _hash(text: str, key: bytes) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), key=key, digest_size=12).hexdigest()


def _shortened(text: str) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text
    bits = 24 if address.version == 4 else 64
    return str(ipaddress.ip_network(f"{address}/{bits}", strict=False).network_address)


def _in_json(cell: str, rule: Rule, change: Callable[[str], str]) -> str | None:
    """Every text inside a dynamic value is masked, its names and numbers stay; `remove` leaves nothing."""
    if rule.method == "remove":
        return None

    def visit(value: Any) -> Any:
        if isinstance(value, str):
            return change(value) if value else value
        if isinstance(value, list):
            return [visit(each) for each in value]
        return {name: visit(each) for name, each in value.items()} if isinstance(value, dict) else value

    return json.dumps(visit(json.loads(cell)), ensure_ascii=False)


def mask_key() -> bytes:
    """The user's own key of hashes, made on first use in their folder, which only they may read."""
    path = settings.home() / "mask.key"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "wb") as out:
            out.write(secrets.token_bytes(32))
    except FileExistsError:
        pass
    return path.read_bytes()
