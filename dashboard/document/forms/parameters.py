"""The form of a parameters item, and of each of its parameters with the settings of its own type."""

from __future__ import annotations

from collections.abc import Iterable

from dashboard.document import editing
from dashboard.document.forms import values as v
from dashboard.document.forms.data import LOGS, change_source, criteria_field, otherwise, source_fields, value_from
from dashboard.document.forms.fields import Around, Field, Maker, New, Section
from dashboard.document.paths import MISSING, Key
from dashboard.document.workbook import text_of, whole_of

VALUE_FROM = "value-from"
"""The act that changes where a parameter's value or options come from: `typed`, `query`, `json` or `criteria`."""
TYPES = "types"
"""The act that sets the kinds of resources a picker offers; the format holds them as an object of truths."""
_CHOSEN = (2, 5, 6, 7, 8)
_WITH_SOURCE = (1, 2, 5, 6, 7, 8, 9, 10, 11)


def parameters_sections(content: Maker, around: Around) -> Iterable[Section]:
    """The sections of a parameters item."""
    styles = (
        ("pills", "Pills"),
        ("above", "Label above"),
        ("formHorizontal", "Label at the left"),
        ("formVertical", "One a line"),
    )
    taken = {
        text_of(content.get("parameters", number, "name")) for number in range(len(content.get("parameters") or ()))
    } | set(around.parameters)
    fresh = next(name for number in range(1, 10_000) if (name := f"Parameter{number}") not in taken)
    time = "TimeRange" if "TimeRange" not in taken else fresh
    new = [New(label, editing.new_parameter(time if kind == 4 else fresh, kind)) for kind, label in v.PARAMETER_TYPES]
    yield Section(
        "Parameters", (content.list("parameters", "Parameters", parameter_title, lambda _: (), new, opens=True),), True
    )
    yield Section(
        "All of them",
        (
            content.choice("style", "Style", styles, default="pills"),
            content.flag("doNotRunWhenHidden", "Queries do not run while it is hidden"),
        ),
    )


def parameter_title(make: Maker) -> str:
    """A parameter's name and type."""
    return f"{make.get('name') or '?'} · {dict(v.PARAMETER_TYPES).get(make.get('type'), make.get('type'))}"


def change_value_from(document: editing.Document, path: str, base: tuple[Key, ...], chosen: str) -> editing.Document:
    """With another origin of a parameter's value or options. What the others held is taken out: of several that stand there the
    format takes one, and which one a reader could not see."""
    kept = {"query": "query", "json": "jsonData", "criteria": "criteriaData"}.get(chosen)
    for key in ("query", "jsonData", "criteriaData"):
        if key != kept:
            document = editing.set_setting(document, path, (*base, key), None)
    if kept is None or editing.setting(document, path, (*base, kept), MISSING) not in (MISSING, None):
        return document
    if kept == "query":
        return change_source(document, path, LOGS, base)
    value: object = '["one", "two"]' if kept == "jsonData" else [otherwise()]
    return editing.set_setting(document, path, (*base, kept), value)


def parameter_sections(make: Maker, around: Around) -> Iterable[Section]:
    """The sections of one parameter; the text of its query is not among them."""
    kind = whole_of(make.get("type"))
    yield Section("Parameter", tuple(_parameter(make)), True)
    if kind == 4:
        yield Section("Time ranges", tuple(_times(make)), True)
    if kind in _WITH_SOURCE:
        yield Section("Value" if kind == 1 else "Options", tuple(_source(make, kind, around)), True)
    if kind in _CHOSEN:
        yield Section("Choosing", tuple(_choosing(make)))
    if kind == 1:
        yield Section("Typing", tuple(_typing(make)))


def _parameter(make: Maker) -> Iterable[Field]:
    yield make("name", "Name", help="What {name} refers to in queries and texts.")
    yield make("label", "Label")
    yield make("description", "Explanation")
    yield make.choice("type", "Type", v.PARAMETER_TYPES)
    yield make.flag("isRequired", "Required")
    yield make.flag("isHiddenWhenLocked", "Hidden from readers")
    yield make.flag("isGlobal", "Global", help="A later setter of the name changes every use, also above it.")


def _times(make: Maker) -> Iterable[Field]:
    settings = make.at("typeSettings")
    yield settings.flag("allowCustom", "Own start and end")
    yield make.choice("value.durationMs", "At first", ((None, "Unset"), *v.DURATIONS))
    yield settings.list(
        "selectableValues", "Offered", lambda each: dict(v.DURATIONS).get(each.get("durationMs"), f"{each.get('durationMs')} ms"),
        lambda each: (each.choice("durationMs", "Length", v.DURATIONS),), [New(label, {"durationMs": length}) for length, label in v.DURATIONS],
    )  # fmt: skip


def _source(make: Maker, kind: int | None, around: Around) -> Iterable[Field]:
    own = {1: "Typed by readers", 5: "The workbook's resources", 6: "The reader's subscriptions"}.get(kind or 0, "None")
    origins = [("typed", own), ("query", "A query")]
    origins += [("criteria", "Criteria over other parameters")] if kind == 1 else [("json", "A list written as JSON")]
    now = value_from(make)
    if now not in dict(origins):
        origins.append((now, now))
    yield Field((*make.base, "query"), "Come from" if kind != 1 else "Comes from", "choice", now, choices=tuple(origins), do=VALUE_FROM)  # fmt: skip
    if now == "criteria":
        yield criteria_field(make, around)
    if now == "query":
        yield from source_fields(make, around)
    if kind == 5 and now == "typed":
        types = make.get("typeSettings", "resourceTypeFilter")
        told = tuple(each for each in types if types[each]) if isinstance(types, dict) else ()
        keys = (*make.base, "typeSettings", "resourceTypeFilter")
        yield Field(keys, "Only of types", "names", told, suggest=v.RESOURCE_TYPES, do=TYPES)
    if kind != 1:
        offered = around.options.get(text_of(make.get("name")), ())
        several = bool(make.get("multiSelect")) or kind == 9
        yield make("value", "Chosen while nobody chose", "names" if several else "text", suggest=offered)


def _choosing(make: Maker) -> Iterable[Field]:
    settings = make.at("typeSettings")
    yield make.flag("multiSelect", "Several may be chosen")
    if make.get("multiSelect"):
        yield make("quote", "Quoted with", default="'")
        yield make("delimiter", "Separated by", default=",")
        yield settings("limitSelectTo", "Chosen at most", "number")
    yield settings(
        "additionalResourceOptions",
        "Special entries",
        "names",
        suggest=("value::all", "value::1", "value::3", "value::5"),
    )
    yield settings("selectAllValue", "Text in place of the list where All is chosen")
    yield make.choice(
        "defaultValue",
        "Chosen at first",
        ((None, "Nothing"), ("value::all", "All"), ("value::1", "The first"), ("value::3", "The first three")),
    )
    yield settings.flag("includeAll", "All are offered")


def _typing(make: Maker) -> Iterable[Field]:
    settings = make.at("typeSettings")
    yield make("value", "Value at first")
    yield settings.flag("multiLineText", "Several lines")
    yield settings.flag("isPassword", "Typed text is not shown")
    yield settings.flag("isSearchBox", "Search box")
    yield settings.list(
        "paramValidationRules", "Checks", lambda rule: text_of(rule.get("regExp")),
        lambda rule: (rule("regExp", "Regular expression"), rule.flag("match", "It must match", True), rule("message", "Message")), (New("Check", {"regExp": "", "match": True, "message": ""}),),
    )  # fmt: skip
