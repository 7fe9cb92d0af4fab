"""The form of a parameters item: its style, and each parameter with the settings of its own type."""

from __future__ import annotations

from collections.abc import Iterable

from dashboard.document import editing
from dashboard.document.forms import values as v
from dashboard.document.forms.fields import Around, Field, Maker, New, Section
from dashboard.document.workbook import text_of, whole_of


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
        "Parameters",
        (
            content.list(
                "parameters", "Parameters", lambda each: f"{each.get('name') or '?'} · {dict(v.PARAMETER_TYPES).get(each.get('type'), each.get('type'))}",
                lambda each: _parameter(each, around), new,
            ),
        ),
        True,
    )  # fmt: skip
    yield Section(
        "All of them",
        (
            content.choice("style", "Style", styles, default="pills"),
            content.flag("doNotRunWhenHidden", "Queries do not run while it is hidden"),
        ),
    )


def _parameter(make: Maker, around: Around) -> Iterable[Field]:
    kind = whole_of(make.get("type"))
    settings = make.at("typeSettings")
    yield make("name", "Name", help="What {name} refers to in queries and texts.")
    yield make("label", "Label")
    yield make("description", "Explanation")
    yield make.choice("type", "Type", v.PARAMETER_TYPES)
    told = around.options.get(text_of(make.get("name")))
    if told:
        yield Field((*make.base, "name"), "Just now", "note", told)
    yield make.flag("isRequired", "Required")
    yield make.flag("isHiddenWhenLocked", "Hidden from readers")
    yield make.flag("isGlobal", "Global", help="A later setter of the name changes every use, also above it.")
    if kind == 4:
        yield settings.flag("allowCustom", "Own start and end")
        yield make.choice("value.durationMs", "At first", ((None, "Unset"), *v.DURATIONS))
        yield settings.list(
            "selectableValues", "Offered", lambda each: dict(v.DURATIONS).get(each.get("durationMs"), f"{each.get('durationMs')} ms"),
            lambda each: (each.choice("durationMs", "Length", v.DURATIONS),), [New(label, {"durationMs": length}) for length, label in v.DURATIONS],
        )  # fmt: skip
        return
    if kind in (1, 2, 5, 6, 7, 8, 9, 10, 11):
        yield from _source(make, kind, around)
    if kind in (2, 5, 6, 7, 8):
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
    if kind == 1:
        yield make("value", "Value at first")
        yield settings.flag("multiLineText", "Several lines")
        yield settings.flag("isPassword", "Typed text is not shown")
        yield settings.flag("isSearchBox", "Search box")
        yield settings.list(
            "paramValidationRules", "Checks", lambda rule: text_of(rule.get("regExp")),
            lambda rule: (rule("regExp", "Regular expression"), rule.flag("match", "It must match", True), rule("message", "Message")), (New("Check", {"regExp": "", "match": True, "message": ""}),),
        )  # fmt: skip
    elif kind in (10, 11):
        yield make("value", "Chosen at first")


def _source(make: Maker, kind: int, around: Around) -> Iterable[Field]:
    if kind == 1:
        yield make.list(
            "criteriaData", "Computed by criteria", lambda each: _criterion_title(each.at("criteriaContext")),
            lambda each: _criterion(each.at("criteriaContext"), around),
            (New("Criterion", {"criteriaContext": {"leftOperand": around.parameters[0] if around.parameters else "", "operator": "==", "rightValType": "static", "rightVal": "", "resultValType": "static", "resultVal": ""}}), New("Otherwise", {"criteriaContext": {"operator": "Default", "resultValType": "static", "resultVal": ""}})),
        )  # fmt: skip
    if kind in (2, 7, 8, 10, 11):
        yield make(
            "jsonData", "Options as JSON", "code", help='["one", "two"], or objects with value, label, selected, group.'
        )
    yield make(
        "query",
        "Query",
        "code",
        help="Columns in order: value, label, selected, group." if kind != 1 else "The first cell is the value.",
    )
    if make.get("query") is not None:
        yield make.choice("queryType", "Data source", v.SOURCES, default=0)
        yield make("resourceType", "Kind of resource", suggest=v.RESOURCE_TYPES)
        yield make(
            "crossComponentResources",
            "Resources",
            "names",
            suggest=("value::all", *(f"{{{name}}}" for name in around.parameters)),
        )
        yield make("timeContextFromParameter", "Time range from parameter", suggest=around.times)


def _criterion_title(make: Maker) -> str:
    result = text_of(make.get("resultVal")) or "empty"
    if make.get("operator") == "Default":
        return f"otherwise → {result}"
    return f"{make.get('leftOperand') or '?'} {make.get('operator') or ''} {text_of(make.get('rightVal'))} → {result}"


def _criterion(make: Maker, around: Around) -> Iterable[Field]:
    yield make.choice("operator", "Where", v.CRITERIA)
    if make.get("operator") != "Default":
        yield make("leftOperand", "Parameter", suggest=around.parameters)
        yield make.choice("rightValType", "Compared with", (("static", "a text"), ("param", "a parameter")))
        yield make("rightVal", "Text or parameter")
    yield make.choice(
        "resultValType", "Gives", (("static", "a text"), ("param", "a parameter"), ("expression", "an expression"))
    )
    yield make("resultVal", "Result")
