"""Numbers as the portal shows them: units with readable prefixes, and the options of JavaScript's Intl.NumberFormat.

Unit numbers and their meaning are listed in the format's specification (6.2); numbers that are not known are shown plain.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

Number = int | float | Decimal


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: the prefixes it climbs, as (factor of the base, name), smallest first. `start` is where values come in."""

    steps: tuple[tuple[float, str], ...]
    start: float = 1.0
    spaced: bool = True


_IEC = tuple((1024.0**i, name) for i, name in enumerate(("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")))
_SI = tuple((1000.0**i, name) for i, name in enumerate(("B", "kB", "MB", "GB", "TB", "PB", "EB")))
_IEC_RATE = tuple((factor, f"{name}/s") for factor, name in _IEC)
_SI_RATE = tuple((factor, f"{name}/s") for factor, name in _SI)
_BITS = tuple((1000.0**i, name) for i, name in enumerate(("bit", "kbit", "Mbit", "Gbit", "Tbit")))
_BIT_RATE = tuple((factor, f"{name}/s") for factor, name in _BITS)
_COUNT = ((1.0, ""), (1e3, "K"), (1e6, "M"), (1e9, "B"), (1e12, "T"))
_TIME = (
    (1e-9, "ns"), (1e-6, "µs"), (1e-3, "ms"), (1.0, "s"), (60.0, "min"), (3600.0, "h"), (86400.0, "d"),
)  # fmt: skip


def _family(steps: tuple[tuple[float, str], ...], first: int, count: int, base: float) -> dict[int, Unit]:
    return {first + i: Unit(steps, base**i) for i in range(count)}


UNITS: dict[int, Unit] = {
    1: Unit(((1.0, "%"),), spaced=False),
    **_family(_IEC, 2, 6, 1024.0),
    **_family(_IEC_RATE, 11, 5, 1024.0),
    17: Unit(_COUNT, spaced=False),
    18: Unit(_COUNT, 1e3, spaced=False),
    19: Unit(_COUNT, 1e6, spaced=False),
    20: Unit(_COUNT, 1e9, spaced=False),
    21: Unit(_TIME, 1e-9),
    22: Unit(_TIME, 1e-6),
    23: Unit(_TIME, 1e-3),
    24: Unit(_TIME, 1.0),
    25: Unit(_TIME, 60.0),
    26: Unit(_TIME, 3600.0),
    27: Unit(_TIME, 86400.0),
    30: Unit(tuple((factor, f"{name}/min") for factor, name in _COUNT), spaced=False),
    31: Unit(tuple((factor, f"{name}/s") for factor, name in _COUNT), spaced=False),
    **_family(_SI, 36, 6, 1000.0),
    **_family(_SI_RATE, 45, 5, 1000.0),
}
"""Units by the format's number. 0 and unknown numbers have none."""

COUNT = 17

_CURRENCIES = {
    "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "CNY": "CN¥", "KRW": "₩", "BRL": "R$", "CAD": "CA$",
    "AUD": "A$", "MXN": "MX$", "NZD": "NZ$", "ILS": "₪", "VND": "₫",
}  # fmt: skip
_CURRENCY_DIGITS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0}


def as_number(value: Any) -> Number | None:
    """The number in a cell: numbers as they are, numeric text read; None for the rest, also for NaN and booleans."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float, Decimal)):
        return None if isinstance(value, float) and math.isnan(value) else value
    if isinstance(value, str) and len(value) <= 40:
        text = value.strip().replace(",", "") if _grouped(value) else value.strip()
        try:
            number = float(text)
        except ValueError:
            return None
        if not math.isfinite(number) or "_" in text:
            return None
        return int(text) if text.lstrip("+-").isdigit() else number
    return None


def _grouped(text: str) -> bool:
    head, *groups = text.strip().lstrip("+-").split(".")[0].split(",")
    return bool(groups) and 1 <= len(head) <= 3 and head.isdigit() and all(len(g) == 3 and g.isdigit() for g in groups)


def number_parts(value: Number, number_format: Mapping[str, Any] | None) -> tuple[str, str]:
    """The text of a number and of its unit, as `{0}` and `{1}` of the format: 1234 with unit 23 is ("1.234", " s").

    The unit brings its own (unbreakable) space where one belongs before it.
    """
    settings = number_format if isinstance(number_format, Mapping) else {}
    unit = UNITS.get(_whole(settings.get("unit"), 0))
    options = settings.get("options")
    options = options if isinstance(options, Mapping) else {}
    if isinstance(value, float) and math.isinf(value):
        return ("∞" if value > 0 else "-∞"), ""
    if unit is None:
        return intl(value, options), ""
    scaled, name = _scaled(value, unit)
    return intl(scaled, options), f"\u00a0{name}" if unit.spaced and name else name


def format_number(value: Number, number_format: Mapping[str, Any] | None = None) -> str:
    """A number as one text, unit included: `1.234 s`, `44.8K`, `12%`."""
    text, name = number_parts(value, number_format)
    return text + name


def compact(value: Number) -> str:
    """A number in three significant digits with K, M, B: the strip under a chart, a donut's total, a tile."""
    if isinstance(value, float) and math.isinf(value):
        return "∞" if value > 0 else "-∞"
    exact = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
    if exact:
        exact = _round(exact, 2 - exact.adjusted())
    scaled, name = _scaled(exact, UNITS[COUNT])
    digits = {"maximumSignificantDigits": 3, "useGrouping": True}
    if abs(scaled) >= 1000:
        return intl(scaled, {"maximumFractionDigits": 0}) + name
    return intl(scaled, digits) + name


def plain_number(value: Number) -> str:
    """A number in a grid cell without a format: whole numbers whole and without grouping, fractions short but never
    rounded away to zero."""
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return "∞" if value > 0 else "-∞"
    size: float = abs(float(value))
    if size == 0 or (size == int(size) and size < 1e15):
        return str(int(value))
    if size >= 1e15 or size < 1e-6:
        return f"{float(value):.4g}"
    if size >= 1:
        return intl(value, {"maximumFractionDigits": 3, "useGrouping": False})
    return intl(value, {"maximumSignificantDigits": 3, "useGrouping": False, "maximumFractionDigits": 12})


def intl(value: Number, options: Mapping[str, Any]) -> str:
    """A number by the options of Intl.NumberFormat in English: style (decimal, percent, currency), useGrouping, the
    digit counts. Options out of their range are ignored rather than refused."""
    if not options and isinstance(value, int):
        return f"{value:,}"
    style = options.get("style", "decimal")
    exact = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
    if style == "percent":
        exact *= 100
    currency = str(options.get("currency") or "USD").upper() if style == "currency" else ""
    least, most = {"percent": (0, 0), "currency": (_CURRENCY_DIGITS.get(currency, 2),) * 2}.get(str(style), (0, 3))
    text = _digits(exact, options, least, most)
    sign, text = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, _, fraction = text.partition(".")
    whole = whole.rjust(_whole(options.get("minimumIntegerDigits"), 1, 1, 21), "0")
    if options.get("useGrouping", True) not in (False, "false"):
        whole = _group(whole)
    body = f"{whole}.{fraction}" if fraction else whole
    if style == "percent":
        return f"{sign}{body}%"
    if style == "currency":
        mark = _CURRENCIES.get(currency, f"{currency}\u00a0")
        return f"{sign}{mark}{body}"
    return sign + body


def _digits(value: Decimal, options: Mapping[str, Any], least: int, most: int) -> str:
    if "minimumSignificantDigits" in options or "maximumSignificantDigits" in options:
        low = _whole(options.get("minimumSignificantDigits"), 1, 1, 21)
        high = max(low, _whole(options.get("maximumSignificantDigits"), 21, 1, 21))
        if value == 0:
            return "0" if low == 1 else "0." + "0" * (low - 1)
        places = high - 1 - value.adjusted()
        rounded = _round(value, places)
        if rounded.adjusted() > value.adjusted():
            places -= 1
        text = format(_round(rounded, places), "f")
        return _trim(text, low - 1 - rounded.adjusted())
    asked_low = options.get("minimumFractionDigits")
    asked_high = options.get("maximumFractionDigits")
    low = _whole(asked_low, least, 0, 20)
    high = _whole(asked_high, max(most, low), 0, 20)
    if asked_low is None:
        low = min(low, high)
    high = max(low, high)
    return _trim(format(_round(value, high), "f"), low)


def _round(value: Decimal, places: int) -> Decimal:
    try:
        rounded = value.quantize(_step(places), rounding=ROUND_HALF_UP)
    except ArithmeticError:
        return value.normalize()
    return abs(rounded) if rounded == 0 else rounded


def _trim(text: str, keep: int) -> str:
    whole, _, fraction = text.partition(".")
    cut = fraction.rstrip("0").ljust(max(0, keep), "0")
    return f"{whole}.{cut}" if cut else whole


def _group(whole: str) -> str:
    return f"{int(whole):,}" if not whole.startswith("0") else whole


def _scaled(value: Number, unit: Unit) -> tuple[Decimal, str]:
    amount = (Decimal(str(value)) if isinstance(value, float) else Decimal(value)) * _exact(unit.start)
    if amount == 0:
        return amount, next((name for factor, name in unit.steps if math.isclose(factor, unit.start)), unit.steps[0][1])
    size, best = abs(amount), unit.steps[0]
    for step in unit.steps:
        if size < _exact(step[0]):
            break
        best = step
    return _round(amount / _exact(best[0]), 12), best[1]


@lru_cache(maxsize=256)
def _exact(factor: float) -> Decimal:
    return Decimal(repr(factor))


@lru_cache(maxsize=64)
def _step(places: int) -> Decimal:
    return Decimal(1).scaleb(-places)


def _whole(value: Any, default: int, low: int = 0, high: int = 10_000) -> int:
    if isinstance(value, bool) or value is None:
        return default
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return default
    return number if low <= number <= high else default


def parted(number: str) -> tuple[str, str]:
    """A written number and what follows its last digit; a text without digits is a number alone."""
    cut = len(number)
    while cut and not number[cut - 1].isdigit():
        cut -= 1
    return (number[:cut], number[cut:]) if cut else (number, "")
