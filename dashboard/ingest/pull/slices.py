"""How a range of time is cut so that each part is one answer of the service, and how a part that was too much is cut again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

_SHORTEST = dt.timedelta(seconds=1)
_PARTS = 8


@dataclass(frozen=True, slots=True, order=True)
class Slice:
    """The rows from `start` on and before `end` (naive UTC, whole microseconds); of those the ones whose hash falls into `part`
    of `parts`, where time alone could not cut them."""

    start: dt.datetime
    end: dt.datetime
    part: int = 0
    parts: int = 1

    @property
    def name(self) -> str:
        """A name that no other slice has."""
        text = f"{self.start:%Y%m%dT%H%M%S%f}-{self.end:%Y%m%dT%H%M%S%f}"
        return text if self.parts == 1 else f"{text}-{self.part}of{self.parts}"

    @classmethod
    def named(cls, name: str) -> Slice:
        """The slice of a `name`."""
        start, end, *part = name.split("-")
        first, last = (dt.datetime.strptime(text, "%Y%m%dT%H%M%S%f") for text in (start, end))
        at, parts = (int(number) for number in part[0].split("of")) if part else (0, 1)
        return cls(first, last, at, parts)

    def where(self) -> str:
        """The KQL that chooses its rows."""
        text = f"| where TimeGenerated >= datetime({self.start.isoformat()}) and TimeGenerated < datetime({self.end.isoformat()})"
        if self.parts > 1:
            text += (
                f"\n| extend ['wb part'] = hash(tostring(pack_all()), {self.parts}) "
                f"| where ['wb part'] == {self.part} | project-away ['wb part']"
            )
        return text

    def halves(self) -> tuple[Slice, ...]:
        """The slices that stand in its place when it was too much."""
        length = self.end - self.start
        if length > _SHORTEST and self.parts == 1:
            middle = self.start + length / 2
            middle = middle.replace(microsecond=0) if length > 4 * _SHORTEST else middle
            return replace(self, end=middle), replace(self, start=middle)
        parts = self.parts * _PARTS
        return tuple(replace(self, part=self.part + self.parts * at, parts=parts) for at in range(_PARTS))

    def json(self) -> list[str | int]:
        """As it is kept in the state of a pull."""
        return [self.start.isoformat(), self.end.isoformat(), self.part, self.parts]

    @classmethod
    def read(cls, told: Sequence[str | int]) -> Slice:
        """From what `json` gave."""
        return cls(
            dt.datetime.fromisoformat(str(told[0])), dt.datetime.fromisoformat(str(told[1])), int(told[2]), int(told[3])
        )


def plan(
    since: dt.datetime,
    until: dt.datetime,
    hours: Iterable[tuple[dt.datetime, int, float]],
    most_rows: int,
    most_bytes: float,
) -> list[Slice]:
    """Slices that cover [since, until) without a gap, from what each hour holds (its start, rows, bytes). None should have
    more than `most_rows` rows or `most_bytes` bytes; what the count did not tell is cut later."""
    edges = [since]
    rows, size = 0, 0.0
    for start, count, weight in sorted(hours):
        start = max(start, since)
        if start >= until:
            break
        full = rows + count > most_rows or size + weight > most_bytes
        if full and rows and start > edges[-1]:
            edges.append(start)
            rows, size = 0, 0.0
        pieces = max(-(-count // most_rows), int(-(-weight // most_bytes)))
        if pieces > 1:
            end = min(start.replace(minute=0, second=0, microsecond=0) + dt.timedelta(hours=1), until)
            step = (end - start) / pieces
            cuts = [(start + step * at).replace(microsecond=0) for at in range(1, pieces)]
            edges += [cut for cut in cuts if cut > edges[-1]]
            rows, size = count // pieces, weight / pieces
        else:
            rows, size = rows + count, size + weight
    return [Slice(a, b) for a, b in zip(edges, [*edges[1:], until], strict=True) if a < b]
