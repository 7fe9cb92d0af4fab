"""`Value`: a parameter as everything after it sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dashboard.document.workbook import ParameterKind
from dashboard.parameters.times import TimeRange

UNSET_LABEL = "<unset>"
ALL_LABEL = "All"


@dataclass(frozen=True, slots=True)
class Value:
    """A parameter's value, ready to become text.

    `values` are the chosen values (one for a single choice, none where unset), `labels` what a person reads for them.
    `many` joins them, each in `quote`, with `delimiter`; `instead` is the one text that stands for the whole list while
    All is chosen (empty: All of an empty list). `time` holds a time range. `trusted` means the text is the workbook author's own: anything a reader
    typed, that came with an address or out of a cell is not, and is escaped inside string literals.
    `blocks` is True where nothing that uses the value may run: a required parameter without a value, an export without a
    selection, a value whose own query failed; `reason` may then say why.
    """

    kind: ParameterKind = "text"
    values: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    many: bool = False
    quote: str = "'"
    delimiter: str = ","
    instead: str | None = None
    all_chosen: bool = False
    time: TimeRange | None = None
    trusted: bool = False
    blocks: bool = False
    reason: str = ""

    @property
    def is_set(self) -> bool:
        """Whether there is a value at all; an empty text is none."""
        return self.time is not None or self.instead is not None or any(self.values)

    @property
    def raw(self) -> Any:
        """The value in the form that a session takes: a range's JSON, a list, or one text; None is unset."""
        if self.time is not None:
            return self.time.json()
        if self.many:
            return ["value::all"] if self.all_chosen else list(self.values)
        return self.values[0] if self.values else None


def text_value(text: str, trusted: bool = False) -> Value:
    """A plain text as a value."""
    return Value(values=(text,) if text else (), labels=(text,) if text else (), trusted=trusted)
