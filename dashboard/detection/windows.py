"""When a rule is due, and which window that is.

Windows end at whole multiples of the query frequency since 1970 plus an offset that spreads the rules; a rule is due when
the window's end and the wait for late events have passed.
"""

from __future__ import annotations

import datetime as dt
import hashlib

from dashboard import settings
from dashboard.detection.moments import MICROS, from_micros, to_micros
from dashboard.detection.rules.rule import Rule

_NRT_DELAY_MINUTES = 2


def delay(rule: Rule) -> int:
    """The wait for late events, in microseconds."""
    minutes = settings.integer("ingestion_delay_minutes")
    return (min(minutes, _NRT_DELAY_MINUTES) if rule.kind == "NRT" else minutes) * 60 * MICROS


def offset(rule: Rule) -> int:
    """Where between two multiples of the frequency the rule's windows end, in whole seconds."""
    seconds = rule.frequency // MICROS
    spread = int.from_bytes(hashlib.blake2b(rule.id.encode(), digest_size=4).digest(), "big")
    return spread % max(1, seconds) * MICROS


def next_end(rule: Rule, after: int) -> int:
    """The end of the first window that ends later than `after`."""
    shift = offset(rule)
    return ((after - shift) // rule.frequency + 1) * rule.frequency + shift


def next_due(rule: Rule, after: dt.datetime | None, evaluated_to: int) -> dt.datetime:
    """The first due time later than `after`, of windows that end later than `evaluated_to`."""
    last = evaluated_to if after is None else max(to_micros(after) - delay(rule), evaluated_to)
    return from_micros(next_end(rule, last) + delay(rule))


def window_end(rule: Rule, due: dt.datetime) -> int:
    """The end of the window that is due at a time."""
    return to_micros(due) - delay(rule)


def ends_between(rule: Rule, start: int, end: int, step: int | None = None) -> list[int]:
    """The ends of all windows in (start, end], oldest first; with a `step` longer than the frequency those of longer windows,
    counted back from the newest window of the rule's own."""
    found = []
    at = next_end(rule, end) - rule.frequency
    while at > start:
        found.append(at)
        at -= max(rule.frequency, step or 0)
    return found[::-1]
