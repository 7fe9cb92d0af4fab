"""Which of a parameter's options is chosen, and what a value from outside means for its kind (sections 2.3 to 2.5)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dashboard.document.workbook import Parameter, text_of
from dashboard.errors import Place, Problem
from dashboard.parameters.options import Option, cell_text
from dashboard.parameters.patterns import PatternError, search
from dashboard.parameters.times import TimeRange, read_range
from dashboard.parameters.values import ALL_LABEL, Value

ALL = "value::all"


@dataclass(frozen=True, slots=True)
class Choice:
    """A parameter's value, its form for the control (text, list, time range object, None for unset), and what is wrong."""

    value: Value
    control: Any
    problem: Problem | None = None


def choose_text(parameter: Parameter, given: Any, found: str | None, trusted: bool) -> Choice:
    """A text parameter: what the reader gave (None: nothing), else what query or criteria found, else the saved value.
    `trusted` says whether `found` is the author's own text."""
    if given is not None:
        text, trusted = _plain(given), False
    elif found is not None:
        text = found
    else:
        text, trusted = text_of(parameter.value), True
    saved = text_of(parameter.value)
    if text == saved:
        trusted = True
    problem = check_rules(parameter, text) if text else None
    blocks = (parameter.is_required and not text) or problem is not None
    value = Value(
        kind="text",
        values=(text,) if text else (),
        labels=(text,) if text else (),
        trusted=trusted,
        blocks=blocks,
        reason=problem.message if problem else "",
    )
    return Choice(value, text or None, problem)


def choose_time(parameter: Parameter, given: Any) -> Choice:
    """A time range parameter: what the reader gave (None: nothing), else the saved value."""
    problem = None
    time: TimeRange | None = None
    if given is not None:
        time = read_range(given)
        if time is None:
            problem = Problem(
                "PA001",
                f"'{cell_text(given)[:60]}' is not a time range for {parameter.label}.",
                place=Place(path=parameter.place),
                hint="Write a length such as 24h or 7d, or two ISO times with a slash between them.",
            )
    if time is None:
        time = read_range(parameter.value)
    value = Value(kind="time", time=time, trusted=True, blocks=parameter.is_required and time is None)
    return Choice(value, time.json() if time else None, problem)


def choose_option(
    parameter: Parameter,
    options: Sequence[Option] | None,
    given: Any,
    trusted_options: bool,
    estate_default: bool = False,
) -> Choice:
    """A parameter with options: what the reader chose (None: nothing), else the saved value, the options marked as
    selected, the default; with `estate_default` then the first option, or all of a multi-select; at last All of a required
    multi-select that offers it.

    `options` is None where they could not be had: then a choice is kept as it is.
    """
    known = tuple(options) if options is not None else ()
    by_value = {option.value: option for option in known}
    check = options is not None and not parameter.allow_custom and parameter.kind != "multi"
    chosen: list[str] = []
    if given is not None:
        chosen = _existing(_match(read_selection(given, parameter), known), by_value, check)
        explicit_none = not chosen and read_selection(given, parameter) == []
    else:
        explicit_none = False
    if not chosen and not explicit_none:
        saved = read_selection(parameter.value, parameter)
        chosen = _existing(saved, by_value, check and bool(known))
        if not chosen and parameter.kind == "multi" and not saved:
            chosen = [option.value for option in known]
    if not chosen and not explicit_none:
        chosen = [option.value for option in known if option.selected]
        if not parameter.is_multi:
            chosen = chosen[:1]
    if not chosen and not explicit_none and parameter.default_value:
        chosen = _existing([parameter.default_value], by_value, check)
    if not chosen and not explicit_none and estate_default and known:
        chosen = [ALL] if parameter.is_multi else [known[0].value]
    if not chosen and not explicit_none and options is not None and parameter.is_required and parameter.is_multi:
        # Nobody set anything: with All on offer, a page that shows everything says more than one that asks for it.
        chosen = [ALL] if ALL in parameter.specials else []
    if not parameter.is_multi and len(chosen) > 1:
        chosen = chosen[:1]
    return _choice(parameter, chosen, known, by_value, trusted_options, options is not None and not known)


def _choice(
    parameter: Parameter,
    chosen: list[str],
    known: Sequence[Option],
    by_value: Mapping[str, Option],
    trusted_options: bool,
    empty: bool,
) -> Choice:
    all_chosen = any(entry.lower() == ALL for entry in chosen)
    values: list[str] = []
    for entry in chosen:
        expanded = _expand(entry, known)
        values += [value for value in expanded if value not in values]
    labels = tuple(by_value[value].label if value in by_value else value for value in values)
    instead = parameter.select_all_value if all_chosen else None
    if all_chosen and instead is None and empty:
        # All of nothing: what uses it runs and finds nothing, rather than asking for a choice that nobody can make.
        instead = ""
    saved = set(read_selection(parameter.value, parameter))
    trusted = all((trusted_options and value in by_value) or value in saved for value in values)
    problem = None
    limit = parameter.limit
    if limit is not None and limit > 0 and not all_chosen and len(values) > limit:
        problem = Problem(
            "PA004",
            f"{parameter.label} takes at most {limit} values; {len(values)} are chosen.",
            place=Place(path=parameter.place),
        )
    value = Value(
        kind=parameter.kind,
        values=tuple(values),
        labels=labels,
        many=parameter.is_multi or (all_chosen and instead is None and len(values) > 1),
        quote=parameter.quote,
        delimiter=parameter.delimiter,
        instead=instead,
        all_chosen=all_chosen,
        trusted=trusted,
    )
    blocks = (parameter.is_required and not value.is_set) or problem is not None
    reason = problem.message if problem else ""
    if empty and not value.is_set:
        reason = "its list of options is empty"
    value = replace(value, blocks=blocks, reason=reason)
    if not chosen:
        control: Any = [] if parameter.is_multi else None
    else:
        control = chosen if parameter.is_multi else chosen[0]
    return Choice(value, control, problem)


def read_selection(written: Any, parameter: Parameter) -> list[str]:
    """The chosen values and specials in a saved or given value: a list, a text, or for a multi-select a text that holds a
    JSON list or values between delimiters."""
    if written is None or written == "":
        return []
    if isinstance(written, Mapping):
        written = written.get("value", written.get("values"))
        return read_selection(written, parameter) if not isinstance(written, Mapping) else []
    if isinstance(written, (list, tuple)):
        return [
            text
            for text in (cell_text(entry.get("value") if isinstance(entry, dict) else entry) for entry in written)
            if text
        ]
    text = cell_text(written)
    if parameter.is_multi and text.lstrip().startswith("["):
        try:
            parsed = json.loads(text)
        except (ValueError, RecursionError):
            parsed = None
        if isinstance(parsed, list):
            return read_selection(parsed, parameter)
    return [text]


def _match(chosen: list[str], known: Sequence[Option]) -> list[str]:
    """Given texts as option values: by value, else by label without regard to case, else the parts between commas."""
    values = {option.value for option in known}
    labels = {option.label.lower(): option.value for option in known}
    matched: list[str] = []
    for text in chosen:
        if text in values or text.lower().startswith("value::"):
            matched.append(text)
        elif text.lower() == ALL_LABEL.lower():
            matched.append(ALL)
        elif text.lower() in labels:
            matched.append(labels[text.lower()])
        else:
            parts = [part.strip().strip("'\"") for part in text.split(",")] if len(chosen) == 1 else []
            found = [labels.get(part.lower(), part) for part in parts]
            matched += found if found and all(part in values for part in found) else [text]
    return list(dict.fromkeys(matched))


def _existing(chosen: list[str], by_value: Mapping[str, Option], check: bool) -> list[str]:
    if not check:
        return chosen
    folded = {value.lower(): value for value in by_value} if any(entry.startswith("/") for entry in chosen) else {}
    kept = []
    for entry in chosen:
        if entry in by_value or entry.lower().startswith("value::"):
            kept.append(entry)
        elif entry.lower() in folded:
            kept.append(folded[entry.lower()])
    return kept


def _expand(entry: str, known: Sequence[Option]) -> list[str]:
    if not entry.lower().startswith("value::"):
        return [entry]
    which = entry[7:].lower()
    if which.isascii() and which.isdigit():
        return [option.value for option in known[: int(which[:6])]]
    return [option.value for option in known]


def check_rules(parameter: Parameter, text: str) -> Problem | None:
    """The first validation rule that the text breaks, as a problem; a rule whose pattern cannot be read is skipped."""
    for rule in parameter.rules:
        pattern = text_of(rule.get("regExp"))
        if not pattern:
            continue
        try:
            found = search(pattern, text)
        except PatternError:
            continue
        if found is not (rule.get("match") is not False):
            message = text_of(rule.get("message")) or f"The value of {parameter.label} does not have the asked form."
            return Problem("PA003", message, place=Place(path=parameter.place))
    return None


def _plain(given: Any) -> str:
    if isinstance(given, (list, tuple)):
        return ",".join(cell_text(entry) for entry in given)
    return cell_text(given)
