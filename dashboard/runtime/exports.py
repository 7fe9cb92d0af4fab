"""What selecting rows and brushing a range of time sets (section 5.4)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.document.workbook import PARAMETER_KINDS, Item, text_of, whole_of
from dashboard.engines.protocol import TimeSpan
from dashboard.parameters.options import cell_text
from dashboard.parameters.substitute import Context, substitute
from dashboard.parameters.times import TimeRange, read_range
from dashboard.parameters.values import Value
from dashboard.runtime.state import State


def exported(
    item: Item,
    entry: Mapping[str, Any],
    state: State,
    given: Any,
    values: Mapping[str, Value],
    context: Context,
) -> Value:
    """The value that an export has: of the selected rows, else `given` (from an address), else its default. Without any it
    is unset and blocks what uses it; of a multi-selection it is then empty and blocks nothing."""
    selection = state.selections.get(item.path)
    many = item.exports_many
    kind = PARAMETER_KINDS.get(whole_of(entry.get("parameterType")) or 1, "text")
    quote, delimiter = entry.get("quote"), entry.get("delimiter")
    trusted = False
    texts: list[str] = []
    if selection is not None:
        rows = selection[1] if many else selection[1][-1:]
        texts = unique(field_text(row, text_of(entry.get("fieldName"))) for row in rows)
    elif given is not None:
        texts = unique(cell_text(each) for each in (given if isinstance(given, (list, tuple)) else [given]))
    elif not many:
        written = entry.get("defaultValue")
        text = substitute(text_of(written), values, context)
        texts, trusted = [text] if text else [], text == text_of(written)
    return Value(
        kind=kind,
        values=tuple(texts),
        labels=tuple(texts),
        many=many,
        quote=quote if isinstance(quote, str) else "'",
        delimiter=delimiter if isinstance(delimiter, str) else ",",
        trusted=trusted,
        blocks=not many and not any(texts),
    )


def brushed(item: Item, state: State, given: Any, span: TimeSpan | None) -> Value:
    """The time range that a brush has: what was brushed, else `given`, else the whole range that the chart shows, unless it
    is to be set only by brushing."""
    act = state.brushes.get(item.path)
    time: TimeRange | None = None
    if act is not None:
        time = span_range(TimeSpan(*act[1]))
    elif given is not None:
        time = read_range(given)
    elif span is not None and item.content.get("timeBrushExportOnlyWhenBrushed") is not True:
        time = span_range(span)
    return Value(kind="time", time=time, trusted=True, blocks=time is None)


def given_by(item: Item, name: str, state: State) -> tuple[int, Any] | None:
    """The latest act on an item that sets the name, with its number, in the form of a control's value."""
    found: tuple[int, Any] | None = None
    if item.kind == "links":
        pressed = state.tabs.get(item.path)
        if pressed is not None and 0 <= pressed[1] < len(item.links):
            link = item.links[pressed[1]]
            if text_of(link.get("cellValue")) == name and text_of(link.get("linkTarget")) == "parameter":
                return pressed[0], text_of(link.get("subTarget"))
        return None
    selection = state.selections.get(item.path)
    for entry in item.exports:
        if selection is not None and text_of(entry.get("parameterName")) == name:
            texts = unique(field_text(row, text_of(entry.get("fieldName"))) for row in selection[1])
            found = selection[0], texts if item.exports_many else texts[-1] if texts else None
    brush = state.brushes.get(item.path)
    if brush is not None and item.brush_parameter == name and (found is None or brush[0] > found[0]):
        found = brush[0], span_range(TimeSpan(*brush[1])).json()
    return found


def span_range(span: TimeSpan) -> TimeRange:
    """A range with a fixed end."""
    return TimeRange(max(1, round((span.end - span.start).total_seconds() * 1000)), span.end)


def field_text(row: Mapping[str, Any], field: str) -> str:
    """One field of a selected row, or the whole row as JSON where no field is named."""
    if not field:
        return json.dumps(dict(row), ensure_ascii=False, default=cell_text)
    if field in row:
        return cell_text(row[field])
    folded = field.lower()
    return next((cell_text(value) for key, value in row.items() if key.lower() == folded), "")


def unique(texts: Any) -> list[str]:
    """Texts in order, each once, without empty ones."""
    found: Sequence[str] = list(dict.fromkeys(texts))
    return [text for text in found if text]
