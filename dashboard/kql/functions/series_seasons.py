"""Seasons, trends, periods and outliers of series: the numbers behind series_decompose() and its kin."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from dashboard.kql.functions.series_math import line, read, write

# A period must be seen more than twice, and be at least so long.
SHORTEST = 4


def _filled(series: str) -> list[float]:
    """The entries with gaps on the line between their neighbours."""
    entries = [None if v is None or (isinstance(v, float) and math.isnan(v)) else float(v) for v in read(series)]
    known = [i for i, v in enumerate(entries) if v is not None]
    if not known:
        return [0.0] * len(entries)
    result: list[float] = []
    for i, v in enumerate(entries):
        if v is not None:
            result.append(v)
            continue
        before = max((k for k in known if k < i), default=None)
        after = min((k for k in known if k > i), default=None)
        a, b = (entries[k] if k is not None else None for k in (before, after))
        if a is None or b is None or before is None or after is None:
            result.append(float(b if a is None else a))  # type: ignore[arg-type]
        else:
            result.append(a + (b - a) * (i - before) / (after - before))
    return result


def median(values: Sequence[float]) -> float:
    """The middle value."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def autocorrelations(values: Sequence[float]) -> list[float]:
    """For each lag up to half the length: how alike the series is to itself, 1 for a perfect repeat."""
    import numpy as np

    array = np.asarray(values, dtype=float)
    array = array - array.mean()
    n = len(array)
    power = float((array * array).mean())
    if not power:
        return [0.0] * (n // 2 + 1)
    size = 1 << (2 * n - 1).bit_length()
    spectrum = np.fft.rfft(array, size)
    products = np.fft.irfft(spectrum * np.conj(spectrum), size)[: n // 2 + 1]
    counts = n - np.arange(n // 2 + 1)
    return [float(v) for v in products / counts / power]


def periods(values: Sequence[float], shortest: float, longest: float) -> list[tuple[int, float]]:
    """Periods with their scores, the best first: places where the autocorrelation has a hill."""
    n = len(values)
    found = autocorrelations(values)
    candidates = []
    for lag in range(max(SHORTEST, math.ceil(shortest)), min(math.floor(longest), (n - 1) // 2) + 1):
        before = found[lag - 1]
        after = found[lag + 1] if lag + 1 < len(found) else -1.0
        if found[lag] > 0 and found[lag] >= before and found[lag] >= after:
            # A longer period rests on fewer repeats.
            candidates.append((lag, found[lag] * math.sqrt((n - lag) / n)))
    candidates.sort(key=lambda pair: -pair[1])
    return candidates


def best_period(values: Sequence[float], threshold: float) -> int:
    """The period that explains a series best; 0 where none reaches the threshold."""
    found = [(lag, score) for lag, score in periods(values, SHORTEST, len(values) / 2) if score >= threshold]
    return found[0][0] if found else 0


def seasonal_part(values: Sequence[float], period: int, learn: int) -> list[float]:
    """The median of each phase, from the first `learn` values."""
    if period <= 0 or period > learn:
        return [0.0] * len(values)
    phases = [median(values[phase:learn:period]) for phase in range(period)]
    return [phases[i % period] for i in range(len(values))]


def components(series: str, period: int, trend: str, test_points: int, threshold: float) -> dict[str, list[float]]:
    """Baseline, season, trend and residual of a series."""
    values = _filled(series)
    learn = max(len(values) - max(test_points, 0), 0)
    if period < 0:
        period = best_period(values[:learn], threshold) if learn else 0
    season = seasonal_part(values, period, learn)
    rest = [v - s for v, s in zip(values[:learn], season, strict=False)]
    if not rest or trend == "none":
        level = [0.0] * len(values)
    elif trend == "linefit":
        fit = line(rest)
        level = [fit["interception"] + fit["slope"] * place for place in range(1, len(values) + 1)]
    else:
        level = [sum(rest) / len(rest)] * len(values)
    baseline = [s + t for s, t in zip(season, level, strict=True)]
    return {
        "baseline": baseline, "seasonal": season, "trend": level,
        "residual": [v - b for v, b in zip(values, baseline, strict=True)],
    }  # fmt: skip


def decompose(series: str, period: int, trend: str, test_points: int, threshold: float) -> str:
    """series_decompose() as a JSON object."""
    return write(components(series, period, trend, test_points, threshold))


def percentile(values: Sequence[float], share: float) -> float:
    """A percentile, interpolated between neighbours."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * share / 100
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def scores(values: Sequence[Any], low: float, high: float) -> list[float]:
    """Tukey's fences: how many ranges a value lies outside the range between two percentiles."""
    known = [v for v in values if v is not None]
    if len(known) < 2:
        return [0.0] * len(values)
    bottom, top = percentile(known, low), percentile(known, high)
    width = top - bottom
    result = []
    for v in values:
        if v is None or not width:
            result.append(0.0)
        else:
            result.append((v - top) / width if v > top else (v - bottom) / width if v < bottom else 0.0)
    return result


def outliers(series: str, kind: str, ignore: str, low: float, high: float) -> str:
    """series_outliers() as a JSON array."""
    missing = float(ignore) if ignore else None
    values = [None if v is None or v == missing else float(v) for v in read(series)]
    return write(scores(values, 25.0, 75.0) if kind == "tukey" else scores(values, low, high))


def anomalies(
    series: str, threshold: float, period: int, trend: str, test_points: int, method: str, seasonality: float
) -> str:
    """series_decompose_anomalies() as a JSON object."""
    parts = components(series, period, trend, test_points, seasonality)
    rated = scores(parts["residual"], *((25.0, 75.0) if method == "tukey" else (10.0, 90.0)))
    flags = [(v > threshold) - (v < -threshold) for v in rated]
    return write({"ad_flag": flags, "ad_score": rated, "baseline": parts["baseline"]})


def detect_periods(series: str, shortest: float, longest: float, count: int) -> str:
    """series_periods_detect() as a JSON object."""
    found = periods(_filled(series), shortest, longest)[: max(count, 0)]
    found += [(0, 0.0)] * (max(count, 0) - len(found))
    return write({"periods": [float(p) for p, _ in found], "scores": [s for _, s in found]})


def seasonal(series: str, period: int, test_points: int) -> str:
    """series_seasonal() as a JSON array."""
    values = _filled(series)
    learn = max(len(values) - max(test_points, 0), 0)
    return write(seasonal_part(values, best_period(values[:learn], 0.6) if period < 0 else period, learn))
