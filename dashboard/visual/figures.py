"""Parts that several kinds of figure share: texts that Plotly shows as text, axes, colours of series, ticks with units."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.visual import palette
from dashboard.visual.icons import SEVERITIES
from dashboard.visual.numbers import COUNT, as_number, compact, format_number, intl


def plotly_text(text: str, longest: int = 200) -> str:
    """Text for a place where Plotly reads a little HTML (names, ticks, hovers): shown as it is, never as markup."""
    short = text if len(text) <= longest else text[: longest - 1] + "…"
    return short.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("$", "&#36;")


def wrapped(text: str, width: int = 24) -> str:
    """A tick's or legend's text, cut to `width` characters."""
    return plotly_text(text, width)


def series_colors(names: Sequence[str], settings: Mapping[str, Any], single: Any = None) -> list[str]:
    """A colour for each series: what `seriesLabelSettings` says, severities in their own, the rest in the palette's order."""
    asked = label_settings(settings)
    words = [name.strip().lower() for name in names]
    severe = bool(words) and all(word in SEVERITIES for word in words)
    found: list[str] = []
    for i, name in enumerate(names):
        color = palette.named_color(asked.get(name, {}).get("color"))
        if color is None and len(names) == 1:
            color = palette.named_color(single)
        if color is None and severe:
            color = palette.SEVERITIES["low" if words[i] == "low" else SEVERITIES[words[i]]]
        if color is None and name == "Other":
            color = palette.NEUTRAL
        found.append(color or palette.series_color(i))
    return found


def label_settings(settings: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """`seriesLabelSettings` by series name."""
    found: dict[str, Mapping[str, Any]] = {}
    entries = settings.get("seriesLabelSettings")
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, Mapping) and isinstance(entry.get("seriesName"), str):
            found.setdefault(entry["seriesName"], entry)
    return found


def labelled(name: str, settings: Mapping[str, Any]) -> str:
    """A series' name for the reader; an empty one reads `(empty)`."""
    label = label_settings(settings).get(name, {}).get("label")
    return label if isinstance(label, str) and label else name or "(empty)"


def number_format(axis: Any) -> Mapping[str, Any]:
    """The number format of an axis' settings; the legacy `unit` counts where there is no other."""
    settings = axis if isinstance(axis, Mapping) else {}
    form = settings.get("numberFormatSettings")
    if isinstance(form, Mapping) and form:
        return form
    unit = settings.get("unit")
    return {"unit": unit} if isinstance(unit, int) and not isinstance(unit, bool) else {}


def has_unit(form: Mapping[str, Any]) -> bool:
    """Whether a number format says more than a plain number."""
    options = form.get("options")
    style = options.get("style") if isinstance(options, Mapping) else None
    return form.get("unit") not in (None, 0, COUNT) or style in ("percent", "currency")


def strip_number(value: float, form: Mapping[str, Any]) -> str:
    """A number for the strip, a total or a label: in three digits, with the axis' unit where it has one."""
    if not has_unit(form):
        return compact(int(value) if value == int(value) and abs(value) < 1e15 else value)
    options = dict(form.get("options") or {})
    if not any("Digits" in key for key in options) and options.get("style") != "currency":
        percent = form.get("unit") == 1 or options.get("style") == "percent"
        short = format_number(value, {"unit": form.get("unit"), "options": {**options, "maximumFractionDigits": 0}})
        whole = sum(char.isdigit() for char in short)
        options["maximumFractionDigits"] = 2 if percent else max(0, 3 - whole)
    return format_number(value, {"unit": form.get("unit"), "options": options})


def hover_number(value: float | None, form: Mapping[str, Any]) -> str:
    """A number for a hover text: exact up to three decimals, grouped, with its unit."""
    if value is None:
        return "no value"
    if has_unit(form):
        return format_number(value, form)
    return intl(
        value, {"maximumFractionDigits": 3} if abs(value) >= 0.01 or value == 0 else {"maximumSignificantDigits": 3}
    )


def _bound(setting: Any) -> float | None:
    """A bound as a workbook sets it; None for one that no axis can end at."""
    number = as_number(setting)
    return float(number) if number is not None and math.isfinite(number) else None


def value_axis(settings: Any, low: float, high: float) -> dict[str, Any]:
    """A y axis (or a numeric x axis) for values between `low` and `high`: bounds, title, ticks in the unit."""
    own = settings if isinstance(settings, Mapping) else {}
    form = number_format(own)
    least, most = _bound(own.get("min")), _bound(own.get("max"))
    axis: dict[str, Any] = {"rangemode": "tozero"}
    if isinstance(own.get("label"), str) and own["label"]:
        axis["title"] = {"text": plotly_text(own["label"])}
    bottom = least if least is not None else min(0.0, low)
    top = most if most is not None else high
    if least is not None or most is not None:
        pad = 0.0 if most is not None else (top - bottom) * 0.05
        axis["range"] = [bottom, top + pad if top > bottom else bottom + 1.0]
        axis.pop("rangemode")
    if has_unit(form) and math.isfinite(top) and math.isfinite(bottom) and top > bottom:
        axis["tickvals"] = ticks = nice_ticks(bottom, top, binary=form.get("unit") in _BINARY)
        axis["ticktext"] = [plotly_text(_tick_text(tick, form)) for tick in ticks]
    elif top - bottom >= 10_000:
        axis["tickformat"] = "~s"
    else:
        axis["tickformat"] = ",~g" if top - bottom >= 0.01 else "~g"
        if top - bottom <= 4 and top == int(top) and bottom == int(bottom):
            axis["dtick"] = 1
            axis["rangemode"] = "tozero"
            if top == bottom:
                axis["range"] = [bottom, bottom + 1]
    return axis


_BINARY = frozenset({2, 3, 4, 5, 6, 7, 11, 12, 13, 14, 15})


def _tick_text(value: float, form: Mapping[str, Any]) -> str:
    options = form.get("options")
    style = {k: v for k, v in options.items() if k in ("style", "currency")} if isinstance(options, Mapping) else {}
    if style.get("style") == "currency":
        style["minimumFractionDigits"] = 0
    return format_number(value, {"unit": form.get("unit"), "options": {**style, "maximumFractionDigits": 1}})


def nice_ticks(low: float, high: float, *, binary: bool = False, count: int = 5) -> list[float]:
    """Round values from `low` to just above `high`; with `binary` round in powers of 1024."""
    span = (high - low) / count
    if span <= 0 or not math.isfinite(span):
        return [low]
    if binary and span >= 1:
        power = 1024.0 ** int(math.log(span, 1024))
        choices = [m * power for m in (1, 2, 4, 5, 8, 10, 16, 20, 32, 50, 64, 100, 128, 200, 256, 500, 512, 1024)]
    else:
        power = 10.0 ** math.floor(math.log10(span))
        choices = [m * power for m in (1, 2, 2.5, 5, 10)]
    step = next((choice for choice in choices if choice >= span), choices[-1])
    first = math.ceil(low / step - 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [round(i * step, 12) for i in range(first, min(last, first + 40) + 1)]
