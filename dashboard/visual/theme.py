"""Light and dark: everything of a figure that depends on the page it stands on. Pages and exports apply it last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FONT = '"Source Sans", "Source Sans Pro", "Segoe UI", system-ui, -apple-system, "Helvetica Neue", Arial, sans-serif'

LIGHT: dict[str, str] = {
    "ink": "#1f2933", "soft": "#5b6673", "grid": "rgba(31,41,51,0.10)", "axis": "rgba(31,41,51,0.28)",
    "paper": "#ffffff", "hover": "#ffffff", "edge": "rgba(31,41,51,0.18)", "land": "#e6eaee", "coast": "#c2cad2",
}  # fmt: skip
DARK: dict[str, str] = {
    "ink": "#e6ebf0", "soft": "#a3aebb", "grid": "rgba(230,235,240,0.12)", "axis": "rgba(230,235,240,0.30)",
    "paper": "#0e1117", "hover": "#1c232d", "edge": "rgba(230,235,240,0.22)", "land": "#262d37", "coast": "#3d4753",
}  # fmt: skip


def colors(dark: bool) -> dict[str, str]:
    """The theme's own colours by role: ink, soft (secondary text), grid, axis, paper, hover, edge, land, coast."""
    return DARK if dark else LIGHT


def apply(figure: Mapping[str, Any], dark: bool) -> dict[str, Any]:
    """A figure for a light or dark page: a new dict, transparent paper, faint grid lines, margins that clip no label at
    phone width. Colours that a figure names by role (`theme:land`) are replaced. The data is shared, not copied."""
    shades = colors(dark)
    layout: dict[str, Any] = dict(_resolve(figure.get("layout") or {}, shades))
    layout["paper_bgcolor"] = layout["plot_bgcolor"] = "rgba(0,0,0,0)"
    layout["font"] = {"family": FONT, "size": 12, "color": shades["ink"], **(layout.get("font") or {})}
    layout["hoverlabel"] = {
        "bgcolor": shades["hover"], "bordercolor": shades["edge"], "align": "left", "namelength": 40,
        "font": {"family": FONT, "size": 12, "color": shades["ink"]},
    }  # fmt: skip
    layout["colorway"] = layout.get("colorway") or []
    layout.setdefault("margin", {"l": 8, "r": 12, "t": 10, "b": 8, "pad": 2})
    for name in [key for key in layout if key.startswith(("xaxis", "yaxis"))]:
        layout[name] = _axis(layout[name], shades, vertical=name.startswith("y"))
    if "legend" in layout:
        layout["legend"] = {
            "font": {"size": 12, "color": shades["ink"]},
            "bgcolor": "rgba(0,0,0,0)",
            **layout["legend"],
        }
    traces = [_resolve(trace, shades) for trace in figure.get("data") or ()]
    return {"data": traces, "layout": layout}


def _axis(axis: Mapping[str, Any], shades: Mapping[str, str], *, vertical: bool) -> dict[str, Any]:
    made: dict[str, Any] = {
        "gridcolor": shades["grid"], "zeroline": vertical, "zerolinecolor": shades["axis"], "zerolinewidth": 1,
        "linecolor": shades["axis"], "tickcolor": shades["axis"], "showline": not vertical, "showgrid": vertical,
        "tickfont": {"size": 11, "color": shades["soft"]}, "automargin": True, "ticks": "" if vertical else "outside",
        "ticklen": 4,
    }  # fmt: skip
    made.update(axis)
    title = axis.get("title")
    if isinstance(title, Mapping):
        made["title"] = {"font": {"size": 12, "color": shades["soft"]}, "standoff": 8, **title}
    return made


def _resolve(value: Any, shades: Mapping[str, str], key: str = "") -> Any:
    """Replaces `theme:<role>` where a colour stands; what the data holds is left as it is."""
    if isinstance(value, str):
        return shades.get(value[6:], value) if key.endswith("color") and value.startswith("theme:") else value
    if isinstance(value, Mapping):
        return {name: _resolve(entry, shades, name) for name, entry in value.items()}
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        return [_resolve(entry, shades, key) for entry in value]
    if isinstance(value, list) and key.endswith("color") and len(value) <= 512:
        return [_resolve(entry, shades, key) for entry in value]
    return value
