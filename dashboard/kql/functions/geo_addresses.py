"""The place of an IP address, from a database in MaxMind's format (MMDB) that the user points to. Nobody is asked for it."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from dashboard import settings
from dashboard.kql.functions.literals import json_text
from dashboard.kql.functions.registry import Context, FunctionRefused, Operand, PythonFunction, ScalarFunction

function = partial(ScalarFunction, family="geo")

_WITHOUT = "geo_info_from_ip_address() gives no places: there is no database of addresses"
_HINT = "Set WATCHBOOK_GEO_DATABASE to a city database in MMDB format."


@lru_cache(maxsize=2)
def _reader(path: str, changed: int) -> Any:
    import maxminddb

    try:
        return maxminddb.open_database(path)
    except (OSError, maxminddb.InvalidDatabaseError):
        return None


def _database() -> Any:
    """The open database in force; None where there is none that can be read."""
    chosen = settings.text("geo_database")
    if not chosen:
        return None
    path = Path(chosen).expanduser()
    try:
        return _reader(str(path), path.stat().st_mtime_ns)
    except OSError:
        return None


def missing_database() -> str:
    """What a reader must know where there is no database; empty with one."""
    if _database() is not None:
        return ""
    chosen = settings.text("geo_database")
    return f"{_WITHOUT} at '{chosen}' that can be read. {_HINT}" if chosen else f"{_WITHOUT}. {_HINT}"


@lru_cache(maxsize=4096)
def _lookup(reader: Any, address: str) -> str | None:
    try:
        found = reader.get(str(ipaddress.ip_address(address.strip())))
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    divisions = found.get("subdivisions") or [{}]
    location = found.get("location") or {}
    place = {
        "country": _name(found.get("country")), "state": _name(divisions[0]), "city": _name(found.get("city")),
        "latitude": location.get("latitude"), "longitude": location.get("longitude"),
    }  # fmt: skip
    kept = {key: value for key, value in place.items() if value not in (None, "")}
    return json_text(kept) if kept else None


def _name(part: Any) -> str:
    return str((part.get("names") or {}).get("en") or "") if isinstance(part, dict) else ""


def place_of(address: str) -> str | None:
    """{country, state, city, latitude, longitude} of an address, as far as the database knows them."""
    reader = _database()
    return None if reader is None else _lookup(reader, address)


def _build(operands: Sequence[Operand], context: Context) -> Operand:
    # A constant's place is the whole answer: null would be a wrong one. Of a column it is one of many things, and a notice
    # tells that it is missing.
    if operands[0].is_constant and (missing := missing_database()):
        raise FunctionRefused(missing, "unsupported")
    return Operand(f"kql_place_of({operands[0].sql})", "dynamic")


FUNCTIONS = (
    function("geo_info_from_ip_address", ("string",), "dynamic", "", build=_build, notice=missing_database,
             note="from the database that the setting `geo_database` names; null and a notice without one",
             python=(PythonFunction("kql_place_of", place_of, ("VARCHAR",), "VARCHAR"),)),
)  # fmt: skip
