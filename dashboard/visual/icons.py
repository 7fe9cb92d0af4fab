"""The product's own icons: small drawings in a 16 × 16 box, by the names that workbooks use.

A name that is not known gives the neutral dot. Colours are the named colours of the palette, so that they are read on
light and dark pages; monochrome icons take the text's colour.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache

from dashboard.visual.palette import NAMED, NEUTRAL, named_color

_RED, _ORANGE, _GREEN, _BLUE, _YELLOW = NAMED["red"], NAMED["orange"], NAMED["green"], NAMED["blue"], "#d9a400"
_LINE = 'fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round"'


def _disc(color: str, mark: str) -> str:
    return (
        f'<circle cx="8" cy="8" r="7" fill="{color}"/>'
        f'<g fill="none" stroke="#fff" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round">{mark}</g>'
    )


def _square(color: str, mark: str) -> str:
    """Not a disc, so that an "i" is not taken for a "!" where there is no colour."""
    return _disc(color, mark).replace(
        f'<circle cx="8" cy="8" r="7" fill="{color}"/>',
        f'<rect x="1.2" y="1.2" width="13.6" height="13.6" rx="3.4" fill="{color}"/>',
    )


def _triangle(color: str) -> str:
    return (
        f'<path d="M8 1.4 15.2 14.4H.8Z" fill="{color}" stroke="{color}" stroke-linejoin="round"/>'
        '<path d="M8 6v4M8 12.2v.1" stroke="#fff" stroke-width="1.8" stroke-linecap="round"/>'
    )


def _badge(color: str, text: str) -> str:
    return (
        f'<rect x="1" y="1" width="14" height="14" rx="3.5" fill="{color}"/>'
        f'<text x="8" y="11.6" font-size="10" font-weight="700" text-anchor="middle" fill="#fff" '
        f'font-family="sans-serif">{text}</text>'
    )


def _arrow(turn: int) -> str:
    return f'<g transform="rotate({turn} 8 8)"><path d="M8 13.5V3M3.8 7.2 8 3l4.2 4.2" {_LINE}/></g>'


def _lines(path: str, extra: str = "") -> str:
    return f'<path d="{path}" {_LINE}/>{extra}'


_CHECK, _CROSS = '<path d="M4.6 8.4 7 10.8l4.4-5"/>', '<path d="M5.3 5.3l5.4 5.4M10.7 5.3l-5.4 5.4"/>'
_BANG, _INFO = '<path d="M8 4.2v4.4M8 11.4v.1"/>', '<path d="M8 7.4v4M8 4.7v.1"/>'
_DASH = '<path d="M4.8 8h6.4"/>'

ICONS: dict[str, str] = {
    "dot": f'<circle cx="8" cy="8" r="4" fill="{NEUTRAL}"/>',
    "success": _disc(_GREEN, _CHECK),
    "info": _square(_BLUE, _INFO),
    "warning": _triangle(_YELLOW),
    "error": _disc(_RED, _BANG),
    "failed": _disc(_RED, _CROSS),
    "critical": f'<path d="M5 1h6l4 4v6l-4 4H5l-4-4V5Z" fill="{NAMED["reddark"]}"/>'
    f'<g fill="none" stroke="#fff" stroke-width="1.8" stroke-linecap="round">{_BANG}</g>',
    "unavailable": _disc(_RED, _DASH),
    "degraded": _triangle(_ORANGE),
    "question": _disc(
        NEUTRAL, '<path d="M5.9 6.2a2.1 2.1 0 1 1 3 1.9c-.6.3-.9.7-.9 1.3M8 11.8v.1"/>'
    ),
    "pending": _disc(_BLUE, '<path d="M8 4.6V8l2.4 1.6"/>'),
    "stopped": _disc(NEUTRAL, '<path d="M5.8 5.8h4.4v4.4H5.8Z" fill="#fff"/>'),
    "disabled": f'<circle cx="8" cy="8" r="6.2" fill="none" stroke="{NEUTRAL}" stroke-width="1.8"/>'
    f'<path d="M3.8 12.2 12.2 3.8" stroke="{NEUTRAL}" stroke-width="1.8"/>',
    "cancelled": _disc(NEUTRAL, _CROSS),
    "uninitialized": f'<circle cx="8" cy="8" r="6.2" fill="none" stroke="{NEUTRAL}" stroke-width="1.8" '
    'stroke-dasharray="2.6 2.2"/>',
    "sev0": _badge(NAMED["reddark"], "0"),
    "sev1": _badge(_RED, "1"),
    "sev2": _badge(_ORANGE, "2"),
    "sev3": _badge(_BLUE, "3"),
    "sev4": _badge(NEUTRAL, "4"),
    "up": _arrow(0),
    "right": _arrow(90),
    "down": _arrow(180),
    "left": _arrow(270),
    "trendup": _lines("M1.5 12 6 7.5l3 3L14.5 5M10.5 4.8h4v4"),
    "trenddown": _lines("M1.5 4.5 6 9l3-3 5.5 5.5M10.5 11.7h4v-4"),
    "more": '<g fill="currentColor"><circle cx="3" cy="8" r="1.5"/><circle cx="8" cy="8" r="1.5"/>'
    '<circle cx="13" cy="8" r="1.5"/></g>',
    "fired": _disc(_RED, '<path d="M5 10.6h6L10 9V7a2 2 0 0 0-4 0v2ZM7.6 12.4h.8"/>'),
    "alert": _lines("M2.8 12h10.4l-1.6-2.4V6.8a3.6 3.6 0 0 0-7.2 0v2.8ZM6.8 14h2.4"),
    "person": _lines("M2.5 14c.4-3 2.6-4.6 5.5-4.6s5.1 1.6 5.5 4.6", f'<circle cx="8" cy="5" r="2.8" {_LINE}/>'),
    "people": _lines(
        "M1 13.5c.3-2.6 2-4 4.5-4s4.2 1.4 4.5 4M10.8 9.3c2.4 0 3.9 1.3 4.2 3.7",
        f'<circle cx="5.5" cy="5.6" r="2.3" {_LINE}/><circle cx="11" cy="5.6" r="2" {_LINE}/>',
    ),
    "resource": f'<path d="M8 1.2 14.2 4.7v6.6L8 14.8l-6.2-3.5V4.7Z" fill="{NAMED["lightblue"]}"/>'
    '<path d="M1.8 4.7 8 8.2l6.2-3.5M8 8.2v6.6" stroke="#fff" stroke-width="1.2" fill="none"/>',
    "resourcegroup": f'<path d="M1.5 4.5V2.5h2M12.5 2.5h2v2M14.5 11.5v2h-2M3.5 13.5h-2v-2" fill="none" '
    f'stroke="{NEUTRAL}" stroke-width="1.5"/><path d="M8 3.8 11.8 6v4.2L8 12.3 4.2 10.2V6Z" fill="{NAMED["lightblue"]}"/>',
    "subscription": '<circle cx="5.4" cy="10.6" r="3.6" fill="none" stroke="#b78a00" stroke-width="1.8"/>'
    '<path d="M8 8 13.8 2.2M11.3 4.7l2 2" fill="none" stroke="#b78a00" stroke-width="1.8" stroke-linecap="round"/>',
    "location": _lines("M8 14.6C4.8 11 3.2 8.6 3.2 6.2a4.8 4.8 0 0 1 9.6 0c0 2.4-1.6 4.8-4.8 8.4Z",
                       f'<circle cx="8" cy="6.2" r="1.6" {_LINE}/>'),
    "gear": _lines("M8 1.5v2M8 12.5v2M1.5 8h2M12.5 8h2M3.4 3.4l1.4 1.4M11.2 11.2l1.4 1.4M3.4 12.6l1.4-1.4M11.2 4.8l1.4-1.4",
                   f'<circle cx="8" cy="8" r="3" {_LINE}/>'),
    "globe": _lines("M1.5 8h13M8 1.5c4 4 4 9 0 13-4-4-4-9 0-13Z", f'<circle cx="8" cy="8" r="6.5" {_LINE}/>'),
    "clock": _lines("M8 4.5V8l2.6 1.7", f'<circle cx="8" cy="8" r="6.5" {_LINE}/>'),
    "check": _lines("M2.5 8.6 6.2 12.2 13.5 4.2"),
    "important": _lines("M8 2.5v7M8 13v.1"),
    "tag": _lines("M1.8 2.2h6l6.4 6.2-5.6 5.6L1.8 7.6Z", '<circle cx="4.8" cy="5" r="1.1" fill="currentColor"/>'),
    "mail": _lines("M1.5 3.5h13v9h-13ZM1.8 4l6.2 5 6.2-5"),
    "view": _lines("M1 8c1.8-3 4.1-4.5 7-4.5S13.2 5 15 8c-1.8 3-4.1 4.5-7 4.5S2.8 11 1 8Z", f'<circle cx="8" cy="8" r="2" {_LINE}/>'),
    "document": _lines("M3.5 1.5h6l3 3v10h-9ZM9.5 1.5v3h3M5.8 8h4.4M5.8 11h4.4"),
    "chart": _lines("M1.8 1.8v12.4h12.4M4.8 11V8M8 11V4.5M11.2 11V6.5"),
    "server": _lines("M2.5 2h11v5h-11ZM2.5 9h11v5h-11ZM5 4.5h.1M5 11.5h.1"),
    "database": _lines("M2.8 3.8c0-3 10.4-3 10.4 0v8.4c0 3-10.4 3-10.4 0ZM2.8 3.8c0 3 10.4 3 10.4 0M2.8 8c0 3 10.4 3 10.4 0"),
    "cloud": _lines("M4.2 12.5a3 3 0 0 1-.2-6 4.2 4.2 0 0 1 8-.4 3.2 3.2 0 0 1-.2 6.4Z"),
    "network": _lines("M8 5v3M8 8H3.5v3M8 8h4.5v3", f'<circle cx="8" cy="3.2" r="1.8" {_LINE}/><circle cx="3.5" cy="12.6" r="1.6" {_LINE}/><circle cx="12.5" cy="12.6" r="1.6" {_LINE}/>'),
    "lock": _lines("M3 7h10v7.2H3ZM5 7V4.8a3 3 0 0 1 6 0V7"),
    "key": _lines("M8.2 8.2 14 2.4M11.5 4.9l2 2", f'<circle cx="5.6" cy="10.6" r="3.4" {_LINE}/>'),
    "shield": _lines("M8 1.5 13.5 3.5v4c0 3.4-2.2 5.8-5.5 7-3.3-1.2-5.5-3.6-5.5-7v-4Z"),
    "link": _lines("M6.6 9.4 9.4 6.6M7.2 4.6l1.6-1.6a2.9 2.9 0 0 1 4.2 4.2l-1.6 1.6M8.8 11.4l-1.6 1.6A2.9 2.9 0 0 1 3 8.8l1.6-1.6"),
    "play": _lines("M4 2.5 13 8l-9 5.5Z"),
    "refresh": _lines("M13.5 8a5.5 5.5 0 1 1-1.7-4M13.6 1.6v3h-3"),
    "plus": _lines("M8 2.5v11M2.5 8h11"),
    "minus": _lines("M2.5 8h11"),
    "smile": _lines("M5 9.5c1.5 2 4.5 2 6 0M5.8 6v.1M10.2 6v.1", f'<circle cx="8" cy="8" r="6.5" {_LINE}/>'),
    "tactic": _lines("M8 1.5v3M8 11.5v3M1.5 8h3M11.5 8h3", f'<circle cx="8" cy="8" r="4.6" {_LINE}/><circle cx="8" cy="8" r="1" fill="currentColor"/>'),
}  # fmt: skip
"""Name to the inside of an `<svg viewBox="0 0 16 16">`."""

_ALIASES: dict[str, str] = {
    "1": "info", "2": "warning", "3": "error", "4": "critical",
    "available": "success", "healthy": "success", "resolved": "success", "normal": "success", "succeeded": "success",
    "passed": "success", "completed": "success", "ok": "success", "true": "success", "online": "success",
    "unknown": "question", "help": "question", "canceled": "cancelled", "false": "failed", "failure": "failed",
    "unhealthy": "error", "fatal": "critical", "information": "info", "informational": "info", "verbose": "info",
    "high": "error", "medium": "warning", "moderate": "warning", "low": "info", "disable": "disabled",
    "stop": "stopped", "postpone": "clock", "running": "play", "inprogress": "pending", "resourceflat": "resource",
    "tags": "tag", "settings": "gear", "diagnostics": "chart", "monitoring": "chart", "log": "document", "logs": "document",
    "world": "globe", "user": "person", "users": "people", "group": "people", "email": "mail", "bell": "alert",
    "getstarted": "play", "azurequickstart": "play", "powerup": "play", "showitems": "view", "hide": "disabled",
    "smileyhappy": "smile", "subtract": "minus", "add": "plus", "region": "location", "time": "clock", "url": "link",
    "keys": "key", "security": "shield", "vm": "server", "virtualmachine": "server", "sql": "database",
    "storage": "database", "workbooks": "chart", "arrowup": "up", "arrowdown": "down",
}  # fmt: skip

_TACTICS = frozenset({
    "preattack", "reconnaissance", "resourcedevelopment", "initialaccess", "execution", "persistence",
    "privilegeescalation", "defenseevasion", "credentialaccess", "discovery", "lateralmovement", "collection",
    "commandandcontrol", "exfiltration", "impact", "impairprocesscontrol", "inhibitresponsefunction",
})  # fmt: skip

NOTHING = frozenset({"", "none", "blank", "null"})
"""Names that ask for no icon."""

SEVERITIES: dict[str, str] = {
    "critical": "critical", "high": "error", "medium": "warning", "low": "info", "informational": "info",
    "information": "info", "error": "error", "warning": "warning", "fatal": "critical",
}  # fmt: skip
"""Words of severity columns and the icon each is given where the document asks for none."""


@lru_cache(maxsize=2048)
def icon_name(name: str) -> str:
    """The canonical name of an icon, one of `ICONS` or `dot-<colour>`; empty where none is asked for, `dot` where unknown."""
    key = re.sub(r"[\s_.&-]", "", name.strip().lower())
    if key in NOTHING:
        return ""
    if name.strip().lower().startswith("dot-") and named_color(name.strip()[4:]):
        return name.strip().lower()
    key = _ALIASES.get(key, key)
    if key in _TACTICS:
        return "tactic"
    return key if key in ICONS else "dot"


def svg(name: str, size: int = 16, title: str = "") -> str:
    """An icon as an `<svg>` element, safe to put into a page. With a title it is announced, without it is decoration."""
    canonical = icon_name(name)
    if not canonical:
        return ""
    if canonical.startswith("dot-"):
        inside = f'<circle cx="8" cy="8" r="4" fill="{named_color(canonical[4:]) or NEUTRAL}"/>'
    else:
        inside = ICONS[canonical]
    label = f'role="img" aria-label="{html.escape(title, quote=True)}"' if title else 'aria-hidden="true"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" width="{size}" height="{size}" {label}>{inside}</svg>'


def catalogue() -> dict[str, str]:
    """Every icon as an `<svg>` element by its canonical name: what a grid in the browser draws from."""
    dots = {f"dot-{color}" for color in NAMED}
    return {name: svg(name) for name in (*ICONS, *sorted(dots))}
