"""What the series_…() functions compute: plain functions of one or two lists of numbers, null entries None.

They run in Python, registered by the engine (`series` names them), with JSON text in and out.
"""

from __future__ import annotations

import json
import math
import operator
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

Number = int | float
Series = list[Any]

UNARY: dict[str, Callable[[Number], Any]] = {
    "abs": abs, "floor": lambda x: float(math.floor(x)), "ceiling": lambda x: float(math.ceil(x)),
    "sign": lambda x: (x > 0) - (x < 0), "sin": math.sin, "cos": math.cos, "tan": math.tan, "asin": math.asin,
    "acos": math.acos, "atan": math.atan, "exp": math.exp, "log": math.log,
}  # fmt: skip


def _divide(a: Number, b: Number) -> float:
    return a / b if b else math.nan if a == 0 else math.copysign(math.inf, a)


BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "add": operator.add, "subtract": operator.sub, "multiply": operator.mul, "divide": _divide,
    "pow": lambda a, b: float(a) ** b, "less": operator.lt, "less_equals": operator.le, "greater": operator.gt,
    "greater_equals": operator.ge, "equals": operator.eq, "not_equals": operator.ne,
}  # fmt: skip


def read(text: str) -> Series:
    """A JSON array's entries, those that are no numbers None; anything else gives an empty list."""
    value = json.loads(text)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return [value]
    if not isinstance(value, list):
        return []
    return [number(entry) for entry in value]


def number(entry: Any) -> Any:
    """An entry as a number or None."""
    if isinstance(entry, bool):
        return int(entry)
    if isinstance(entry, int | float):
        return entry
    if entry in ("NaN", "Infinity", "-Infinity"):
        return float(entry)
    return None


def write(value: Any) -> str:
    """JSON text; what JSON has no number for becomes a string."""
    return json.dumps(_plain(value), separators=(",", ":"))


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    return value


def mapped(name: str, series: str) -> str:
    """One function of every entry."""
    call = UNARY[name]
    return write([None if entry is None else _safe(call, entry) for entry in read(series)])


def _safe(call: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return call(*arguments)
    except (ValueError, ZeroDivisionError, OverflowError):
        return math.nan


def paired(name: str, left: str, right: str) -> str:
    """One function of the entries at the same place; a single number goes with every entry."""
    call = BINARY[name]
    first, second = json.loads(left), json.loads(right)
    a, b = read(left), read(right)
    if not isinstance(first, list):
        a = a * len(b)
    if not isinstance(second, list):
        b = b * len(a)
    length = max(len(a), len(b))
    a, b = a + [None] * (length - len(a)), b + [None] * (length - len(b))
    return write([None if x is None or y is None else _safe(call, x, y) for x, y in zip(a, b, strict=True)])


def reduced(name: str, series: str) -> str:
    """One number of a whole series, as text: a registered function cannot give NaN."""
    return repr(_reduced(name, series))


def _reduced(name: str, series: str) -> float:
    values = [entry for entry in read(series) if entry is not None]
    if name == "sum":
        return float(sum(values))
    if name == "product":
        return float(math.prod(values))
    return math.sqrt(sum(v * v for v in values))


def compared(name: str, left: str, right: str) -> str | None:
    """One number of two series, as text; null where they do not fit together."""
    found = _compared(name, left, right)
    return None if found is None else repr(found)


def _compared(name: str, left: str, right: str) -> float | None:
    a, b = read(left), read(right)
    if name == "dot_product":
        # A single number goes with every entry.
        a = a * len(b) if not isinstance(json.loads(left), list) else a
        b = b * len(a) if not isinstance(json.loads(right), list) else b
    if len(a) != len(b) or None in a or None in b or not a:
        return None
    dot = float(sum(x * y for x, y in zip(a, b, strict=True)))
    if name == "dot_product":
        return dot
    if name == "cosine_similarity":
        size = math.sqrt(sum(x * x for x in a)) * math.sqrt(sum(y * y for y in b))
        return dot / size if size else math.nan
    mean_a, mean_b = sum(a) / len(a), sum(b) / len(b)
    top = sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b, strict=True))
    bottom = math.sqrt(sum((x - mean_a) ** 2 for x in a)) * math.sqrt(sum((y - mean_b) ** 2 for y in b))
    return top / bottom if bottom else math.nan


def stats(series: str) -> str:
    """Least and greatest value with their places, mean, standard deviation and variance of a sample."""
    entries = read(series)
    values = [(float(v), i) for i, v in enumerate(entries) if v is not None]
    if not values:
        return "{}"
    low, high = min(values, key=lambda pair: pair[0]), max(values, key=lambda pair: pair[0])
    mean = sum(v for v, _ in values) / len(values)
    spread = sum((v - mean) ** 2 for v, _ in values) / (len(values) - 1) if len(values) > 1 else 0.0
    return write(
        {
            "min": low[0],
            "min_idx": low[1],
            "max": high[0],
            "max_idx": high[1],
            "avg": mean,
            "stdev": math.sqrt(spread),
            "variance": spread,
            "sum": math.fsum(v for v, _ in values),
            "len": len(entries),
        }
    )


# ---- filling and filters -------------------------------------------------------------------------------------------


def _missing(entry: Any, placeholder: Any) -> bool:
    return entry is None or (placeholder is not None and entry == placeholder)


def fill_const(series: str, constant: str, placeholder: str) -> str:
    """Missing entries become a constant."""
    filler, mark = number(json.loads(constant)), number(json.loads(placeholder))
    return write([filler if _missing(entry, mark) else entry for entry in read(series)])


def fill_from(series: str, placeholder: str, forward: bool) -> str:
    """Missing entries become their neighbour's value."""
    mark = number(json.loads(placeholder))
    entries = read(series) if forward else read(series)[::-1]
    filled: Series = []
    last = None
    for entry in entries:
        last = last if _missing(entry, mark) else entry
        filled.append(entry if last is None else last)
    return write(filled if forward else filled[::-1])


def fill_linear(series: str, placeholder: str, edges: bool, constant: str) -> str:
    """Missing entries lie on the line between their neighbours; at the edges the nearest value, if wanted."""
    entries, mark = read(series), number(json.loads(placeholder))
    known = [i for i, entry in enumerate(entries) if not _missing(entry, mark)]
    if not known:
        filler = number(json.loads(constant))
        return write([float(filler or 0.0)] * len(entries))
    whole = all(isinstance(entries[i], int) for i in known)
    filled = list(entries)
    for left, right in pairwise(known):
        for i in range(left + 1, right):
            value = entries[left] + (entries[right] - entries[left]) * (i - left) / (right - left)
            filled[i] = int(value) if whole else value
    if edges:
        filled[: known[0]] = [entries[known[0]]] * known[0]
        filled[known[-1] + 1 :] = [entries[known[-1]]] * (len(entries) - known[-1] - 1)
    return write(filled)


def fir(series: str, weights: str, normalize: str, center: bool) -> str:
    """A finite impulse response filter: a moving weighted sum. What lies outside the series counts as zero."""
    values = [entry or 0 for entry in read(series)]
    taps = [entry or 0 for entry in read(weights)]
    normal = normalize == "true" or (normalize == "" and all(tap >= 0 for tap in taps))
    total = sum(taps) if normal else 1
    shift = len(taps) // 2 if center else 0
    result: Series = []
    for i in range(len(values)):
        terms = (taps[j] * values[i - j + shift] for j in range(len(taps)) if 0 <= i - j + shift < len(values))
        value = sum(terms)
        result.append(value / total if normal and total else value)
    return write(result)


def iir(series: str, numerators: str, denominators: str) -> str:
    """An infinite impulse response filter."""
    values = [entry or 0 for entry in read(series)]
    top, bottom = read(numerators), read(denominators)
    if not bottom or not bottom[0]:
        return "[]"
    result: list[float] = []
    for i in range(len(values)):
        value = sum(top[j] * values[i - j] for j in range(len(top)) if i - j >= 0)
        value -= sum(bottom[j] * result[i - j] for j in range(1, len(bottom)) if i - j >= 0)
        result.append(value / bottom[0])
    return write(result)


# ---- lines ---------------------------------------------------------------------------------------------------------


def line(values: Sequence[float], start: int = 1) -> dict[str, Any]:
    """The least-squares line through values at start, start + 1, …: places count from 1, as the service counts."""
    n = len(values)
    places = range(start, start + n)
    mean_x, mean_y = sum(places) / n, sum(values) / n
    spread_x = sum((x - mean_x) ** 2 for x in places)
    slope = (
        sum((x - mean_x) * (y - mean_y) for x, y in zip(places, values, strict=True)) / spread_x if spread_x else 0.0
    )
    interception = mean_y - slope * mean_x
    fitted = [interception + slope * x for x in places]
    total = sum((y - mean_y) ** 2 for y in values)
    rest = sum((y - f) ** 2 for y, f in zip(values, fitted, strict=True))
    divisor = n - 1 if n > 1 else 1
    return {
        "rsquare": 1 - rest / total if total else 0.0, "slope": slope, "variance": total / divisor,
        "rvariance": rest / divisor, "interception": interception, "line_fit": fitted, "rest": rest,
    }  # fmt: skip


def fit_line(series: str) -> str:
    """The line through a series with its quality, as a JSON object."""
    values = [float(entry) for entry in read(series) if entry is not None]
    if len(values) < 2:
        return "{}"
    found = line(values)
    del found["rest"]
    return write(found)


def fit_2lines(series: str) -> str:
    """The two lines that fit best, split at one place, as a JSON object."""
    values = [float(entry) for entry in read(series) if entry is not None]
    n = len(values)
    if n < 4:
        return "{}"
    split = min(range(2, n - 1), key=_rest_after_split(values))
    left, right = line(values[:split]), line(values[split:], split + 1)
    whole = line(values)
    total, rest = whole["variance"] * (n - 1), left["rest"] + right["rest"]
    sides = {
        side: {key: found[key] for key in ("rsquare", "slope", "interception", "variance", "rvariance")}
        for side, found in (("right", right), ("left", left))
    }
    return write(
        {
            "rsquare": 1 - rest / total if total else 0.0,
            "split_idx": split,
            "variance": whole["variance"],
            "rvariance": rest / (n - 1),
            "line_fit": left["line_fit"] + right["line_fit"],
            **sides,
        }
    )


def _rest_after_split(values: Sequence[float]) -> Callable[[int], float]:
    """The summed squares left by two lines, from running sums, so that all splits together take linear time."""
    n = len(values)
    sums = [(0.0, 0.0, 0.0)]
    mean = sum(values) / n
    for i, v in enumerate(values):
        y = v - mean
        a, b, c = sums[-1]
        sums.append((a + y, b + y * y, c + y * i))

    def rest(first: int, last: int) -> float:
        count = last - first
        y, yy, xy = (sums[last][k] - sums[first][k] for k in range(3))
        x = (first + last - 1) * count / 2
        xx = (last - 1) * last * (2 * last - 1) / 6 - (first - 1) * first * (2 * first - 1) / 6
        spread = xx - x * x / count
        cross = xy - x * y / count
        return yy - y * y / count - (cross * cross / spread if spread else 0.0)

    return lambda split: rest(0, split) + rest(split, n)
