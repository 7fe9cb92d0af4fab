"""Where a click leads: the settings of a target, in a links item, a cell or a tile alike (section 7)."""

from __future__ import annotations

from collections.abc import Iterable

from dashboard.document.forms.fields import Around, Field, Maker, New
from dashboard.document.workbook import text_of

_SOURCES = (
    ("static", "a text"), ("parameter", "a parameter"), ("column", "a column"), ("cell", "the cell"), ("step", "an item"), ("default", "the workbook's own"),
    ("workbook", "this workbook's"),
)  # fmt: skip


def target_fields(make: Maker, target: str, around: Around) -> Iterable[Field]:
    """The fields of a target that need more than an address; `make` is what holds `linkTarget`."""
    if target == "WorkbookTemplate":
        yield from _workbook(make.at("workbookContext"), around)
    elif target == "OpenBlade":
        blade = make.at("bladeOpenContext")
        yield blade("bladeName", "View", help="Opens in the Azure portal only.")
        yield blade("extensionName", "Extension")
        yield _passed(blade, "bladeParameters", around)
    elif target == "ArmAction":
        action = make.at("armActionContext")
        yield action.choice("httpMethod", "Method", ((each, each) for each in ("POST", "PATCH", "PUT", "DELETE")))
        yield action("path", "Path", help="Runs in the Azure portal only.")
        yield action("body", "Body", "code")
        yield action("title", "Title")
        yield action("description", "Explanation", "lines")
        yield action("runLabel", "Text of the button")
    elif target == "Resource":
        yield make("subTarget", "Its page", help="Such as overview or logs, in the Azure portal.")
    if target in ("CellDetails", "GenericDetails", "OpenBlade", "WorkbookTemplate", "Resource"):
        yield make.flag("linkIsContextBlade", "Beside the page")


def _workbook(context: Maker, around: Around) -> Iterable[Field]:
    yield context.choice("templateIdSource", "Which workbook", _SOURCES, default="static")
    yield context("templateId", "Workbook", suggest=around.workbooks, help="A workbook here, by its name, or the id of a template.")  # fmt: skip
    yield context.flag(
        "passSpecificParams", "Only these parameters are passed", help="Else all that it knows, by their names."
    )
    if context.get("passSpecificParams"):
        yield _passed(context, "templateParameters", around)


def _passed(context: Maker, keys: str, around: Around) -> Field:
    def fields(entry: Maker) -> Iterable[Field]:
        source = text_of(entry.get("source"))
        named = {"parameter": around.parameters, "column": around.names, "step": around.steps}.get(source, ())
        yield entry("name", "Name there")
        yield entry.choice("source", "Is", _SOURCES)
        if source not in ("cell", "default", "workbook"):
            yield entry("value", "Value", suggest=named)

    return context.list(
        keys, "Parameters", lambda entry: f"{entry.get('name') or '?'} = {text_of(entry.get('value'))}", fields,
        (New("Parameter", {"name": "", "source": "static", "value": ""}),),
    )  # fmt: skip
