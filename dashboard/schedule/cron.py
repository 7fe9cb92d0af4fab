"""Cron expressions: five fields in a time zone, as Debian's cron reads them (daylight saving time included)."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from dataclasses import dataclass

from cronsim import CronSim, CronSimError

from dashboard.errors import Problem, WatchbookError

_NAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_HINT = "Five fields: minute hour day-of-month month day-of-week, as in '0 7 * * 1-5' for workdays at 7:00."


@dataclass(frozen=True, slots=True)
class Cron:
    """A checked expression and its time zone (an IANA name); made by `parse_cron`."""

    expression: str
    zone: str = "UTC"

    def next(self, after: dt.datetime) -> dt.datetime:
        """The first moment later than `after`, in UTC."""
        moments = CronSim(self.expression, after.astimezone(zoneinfo.ZoneInfo(self.zone)))
        while True:
            found = next(moments).astimezone(dt.UTC)
            # In the hour that a clock is set back, the local time of the next moment may be one that has passed.
            if found > after:
                return found

    def describe(self) -> str:
        """The expression in words: `At 07:00 from Monday to Friday`."""
        return CronSim(self.expression, dt.datetime.now(dt.UTC)).explain()


def parse_cron(expression: str, zone: str = "UTC") -> Cron:
    """Reads an expression, or one of the names `@daily`, `@hourly`, `@weekly`, `@monthly`, `@yearly`.

    Raises WatchbookError: SD001 where it is not one, SD002 where it never fires (30 February), SD007 for the zone.
    """
    text = _NAMES.get(expression.strip().lower(), " ".join(expression.split()))
    try:
        zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        hint = "Use a name such as UTC or Europe/Vienna."
        raise WatchbookError(Problem("SD007", f"There is no time zone '{zone}'.", hint=hint)) from None
    fields = text.split(" ")
    if len(fields) != 5:
        count = len(fields) if text else 0
        raise WatchbookError(Problem("SD001", f"'{expression}' has {count} fields.", hint=_HINT))
    start = dt.datetime.now(dt.UTC)
    try:
        next(CronSim(text, start))
    except (CronSimError, StopIteration, OverflowError) as error:
        # Day and month may each be right and yet never meet.
        alone = [" ".join(["*"] * at + [field] + ["*"] * (4 - at)) for at, field in enumerate(fields)]
        if isinstance(error, CronSimError) and not all(_is_right(field, start) for field in alone):
            raise WatchbookError(
                Problem("SD001", f"'{expression}' is no cron expression: {str(error).lower()}.", hint=_HINT)
            ) from None
        raise WatchbookError(
            Problem("SD002", f"'{expression}' never fires: no day is like that.", hint="Check day and month.")
        ) from None
    return Cron(text, zone)


def _is_right(expression: str, start: dt.datetime) -> bool:
    try:
        CronSim(expression, start)
    except CronSimError:
        return False
    return True
