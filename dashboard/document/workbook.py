"""The typed view of a workbook document: `Workbook`, its `Item`s and `Parameter`s.

The JSON itself stays as it was loaded, in `raw`: every unknown key is there, and saving writes it back. The properties
read it leniently: a value of the wrong kind reads as absent, because one bad key must not take the page. Nothing here
is ever changed in place; an edit makes a new document (`load.replace_document`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from dashboard.errors import Problem

ItemKind = Literal["text", "query", "parameters", "metric", "links", "group", "unknown"]
ParameterKind = Literal[
    "text",
    "dropdown",
    "time",
    "resource",
    "subscription",
    "resource_type",
    "location",
    "multi",
    "options",
    "tabs",
    "unknown",
]

ITEM_KINDS: Mapping[int, ItemKind] = {
    1: "text", 3: "query", 9: "parameters", 10: "metric", 11: "links", 12: "group",
}  # fmt: skip
PARAMETER_KINDS: Mapping[int, ParameterKind] = {
    1: "text", 2: "dropdown", 4: "time", 5: "resource", 6: "subscription", 7: "resource_type", 8: "location",
    9: "multi", 10: "options", 11: "tabs",
}  # fmt: skip
VISUALIZATIONS = frozenset(
    [
        "table",
        "piechart",
        "tiles",
        "linechart",
        "timechart",
        "barchart",
        "areachart",
        "categoricalbar",
        "unstackedbar",
        "scatterchart",
        "map",
        "graph",
        "card",
        "stat",
        "columnchart",
    ]
)
SIZES: Mapping[int, str] = {0: "medium", 1: "small", 2: "large", 3: "full", 4: "tiny"}


def text_of(value: Any) -> str:
    """A JSON value as text: a string itself, a number or truth value as JSON writes it, all else empty."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    return ""


def number_of(value: Any) -> float | None:
    """A JSON number, or a string that holds one; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float, str)):
        try:
            number = float(value)
        except (ValueError, OverflowError):
            return None
        return number if math.isfinite(number) else None
    return None


def whole_of(value: Any) -> int | None:
    """A JSON whole number, or a string that holds one; None for anything else."""
    number = number_of(value)
    return int(number) if number is not None and number.is_integer() else None


def object_of(value: Any) -> Mapping[str, Any]:
    """A JSON object; empty for anything else."""
    return value if isinstance(value, dict) else {}


def list_of(value: Any) -> list[Any]:
    """A JSON list; empty for anything else."""
    return value if isinstance(value, list) else []


def named_parameter(value: Any) -> str:
    """The name of the parameter that a setting names, with or without braces; empty where it names none."""
    return text_of(value).strip("{}")


@dataclass(frozen=True, slots=True)
class Condition:
    """One visibility condition. `value` is "" where the condition asks whether the parameter is set at all."""

    parameter: str
    equal: bool
    value: str


def parameter_place(path: str, number: int) -> str:
    """The place of the parameter at `number` in the list of the item at `path`."""
    return f"{path}/content/parameters/{number}"


@dataclass(frozen=True)
class Parameter:
    """One parameter definition. `path` is the path of its parameters item, `place` its own place in the document."""

    raw: Mapping[str, Any]
    path: str
    place: str

    @property
    def name(self) -> str:
        """What `{name}` refers to; case-sensitive."""
        return text_of(self.raw.get("name"))

    @property
    def label(self) -> str:
        """What a person reads; the name where there is no label."""
        return text_of(self.raw.get("label")) or self.name

    @property
    def description(self) -> str:
        """The tooltip."""
        return text_of(self.raw.get("description"))

    @property
    def type(self) -> int | None:
        """The format's number."""
        return whole_of(self.raw.get("type"))

    @property
    def kind(self) -> ParameterKind:
        """The type by name."""
        return PARAMETER_KINDS.get(self.type if self.type is not None else -1, "unknown")

    @property
    def is_required(self) -> bool:
        """Must have a value before what uses it runs."""
        return self.raw.get("isRequired") is True

    @property
    def is_hidden_when_locked(self) -> bool:
        """Evaluated, and not shown in reading mode."""
        return self.raw.get("isHiddenWhenLocked") is True

    @property
    def is_global(self) -> bool:
        """A later setter of the same name changes every use, also those above it."""
        return self.raw.get("isGlobal") is True

    @property
    def value(self) -> Any:
        """The saved value, in the form of its kind; None is unset."""
        return self.raw.get("value")

    @property
    def default_value(self) -> str:
        """`value::all`, `value::1` … while there is no value; empty where there is none."""
        return text_of(self.raw.get("defaultValue"))

    @property
    def query(self) -> str:
        """The query, or the payload of another data source, that gives options or value."""
        return text_of(self.raw.get("query"))

    @property
    def query_type(self) -> int:
        """The data source of `query`; 0 (logs) where absent."""
        number = whole_of(self.raw.get("queryType"))
        return 0 if number is None else number

    @property
    def resource_type(self) -> str:
        """The kind of resource that the query asks."""
        return text_of(self.raw.get("resourceType"))

    @property
    def resources(self) -> Any:
        """`crossComponentResources` as written."""
        return self.raw.get("crossComponentResources")

    @property
    def json_data(self) -> str:
        """Options as JSON text, before substitution."""
        data = self.raw.get("jsonData")
        return data if isinstance(data, str) else ""

    @property
    def criteria(self) -> list[Mapping[str, Any]]:
        """The computed text's criteria, each its `criteriaContext`."""
        return [object_of(object_of(entry).get("criteriaContext")) for entry in list_of(self.raw.get("criteriaData"))]

    @property
    def is_multi(self) -> bool:
        """Several values may be chosen; of an options group or tabs only one, whatever `multiSelect` says."""
        return self.kind == "multi" or (self.raw.get("multiSelect") is True and self.kind not in ("options", "tabs"))

    @property
    def quote(self) -> str:
        """What each value of a multi-select is wrapped in."""
        quote = self.raw.get("quote")
        return quote if isinstance(quote, str) else "'"

    @property
    def delimiter(self) -> str:
        """What stands between the values of a multi-select."""
        delimiter = self.raw.get("delimiter")
        return delimiter if isinstance(delimiter, str) else ","

    @property
    def settings(self) -> Mapping[str, Any]:
        """`typeSettings`."""
        return object_of(self.raw.get("typeSettings"))

    @property
    def specials(self) -> tuple[str, ...]:
        """The special entries that are offered: `value::all`, `value::1` …"""
        offered = [text_of(option) for option in list_of(self.settings.get("additionalResourceOptions"))]
        return tuple(option for option in offered if option.startswith("value::"))

    @property
    def select_all_value(self) -> str | None:
        """The one text used in place of the list when All is chosen; None where the list itself is used."""
        value = self.settings.get("selectAllValue")
        return value if isinstance(value, str) and value else None

    @property
    def durations(self) -> tuple[int, ...]:
        """The offered lengths of a time range, in milliseconds, in order."""
        found = [
            whole_of(object_of(entry).get("durationMs")) for entry in list_of(self.settings.get("selectableValues"))
        ]
        return tuple(length for length in found if length is not None and length > 0)

    @property
    def allow_custom(self) -> bool:
        """A time range's own start and end, or a value outside the list, may be entered."""
        return self.settings.get("allowCustom") is True

    @property
    def include_all(self) -> bool:
        """All subscriptions, types or places are offered, not only the chosen defaults."""
        return self.settings.get("includeAll") is True

    @property
    def resource_types(self) -> tuple[str, ...]:
        """The resource types that a resource picker is limited to, in lower case."""
        return tuple(
            name.lower() for name, on in object_of(self.settings.get("resourceTypeFilter")).items() if on is True
        )

    @property
    def limit(self) -> int | None:
        """The most values that may be chosen."""
        return whole_of(self.settings.get("limitSelectTo"))

    @property
    def rules(self) -> list[Mapping[str, Any]]:
        """Validation rules of a text: {regExp, match, message}."""
        return [object_of(rule) for rule in list_of(self.settings.get("paramValidationRules"))]

    @property
    def is_password(self) -> bool:
        """Typed text is not shown."""
        return self.settings.get("isPassword") is True

    @property
    def is_search_box(self) -> bool:
        """Drawn as a search box."""
        return self.settings.get("isSearchBox") is True

    @property
    def is_multi_line(self) -> bool:
        """A text of several lines."""
        return self.settings.get("multiLineText") is True

    @property
    def time_parameter(self) -> str:
        """The parameter that limits the time of the query; empty where none does."""
        return text_of(self.raw.get("timeContextFromParameter"))

    @property
    def time_context(self) -> Mapping[str, Any]:
        """The fixed time range of the query."""
        return object_of(self.raw.get("timeContext"))


@dataclass(frozen=True)
class Item:
    """One item. `raw` is its JSON; `content` its content as an object, parsed where the file holds it as a JSON string;
    `items` what stands in a group; `parameters` what a parameters item declares; `problems` what is malformed in it."""

    raw: Any
    path: str
    content: Mapping[str, Any] = field(default_factory=dict)
    items: tuple[Item, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def keys(self) -> Mapping[str, Any]:
        """The item's own keys, empty where the item is no object."""
        return object_of(self.raw)

    @property
    def type(self) -> int | None:
        """The format's number."""
        return whole_of(self.keys.get("type"))

    @property
    def kind(self) -> ItemKind:
        """The type by name."""
        return ITEM_KINDS.get(self.type if self.type is not None else -1, "unknown")

    def parameter_at(self, number: int) -> Parameter | None:
        """The parameter that stands at `number` in the item's JSON; None where none does, or one that cannot be used."""
        place = parameter_place(self.path, number)
        return next((each for each in self.parameters if each.place == place), None)

    @property
    def name(self) -> str:
        """The step's name; not always unique."""
        return text_of(self.keys.get("name"))

    @property
    def title(self) -> str:
        """The heading before substitution."""
        return text_of(self.content.get("title"))

    @property
    def custom_width(self) -> float | None:
        """Percent of the container's width, more than 0 and at most 100; None is the whole width."""
        width = number_of(self.keys.get("customWidth"))
        if width is None or width <= 0:
            return 50.0 if self.keys.get("halfWidth") is True else None
        return min(width, 100.0)

    @property
    def row_share(self) -> float:
        """Percent of its row that the item takes: its width, but no more than a `maxWidth` in percent (a bare number is one)."""
        most = number_of(str(self.style.get("maxWidth") or "").strip().removesuffix("%"))
        return min(self.custom_width or 100.0, most if most is not None and most > 0 else 100.0)

    @property
    def style(self) -> Mapping[str, Any]:
        """`styleSettings` of the item."""
        return object_of(self.keys.get("styleSettings"))

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """All must hold for the item to be visible: the list where there is one, else the single condition."""
        several = self.keys.get("conditionalVisibilities")
        entries = several if isinstance(several, list) and several else [self.keys.get("conditionalVisibility")]
        found = []
        for entry in entries:
            name = text_of(object_of(entry).get("parameterName"))
            if name:
                equal = text_of(object_of(entry).get("comparison")).lower() != "isnotequalto"
                found.append(Condition(name, equal, text_of(object_of(entry).get("value"))))
        return tuple(found)

    @property
    def query(self) -> str:
        """The query text, or the payload of another data source, before substitution."""
        return text_of(self.content.get("query"))

    @property
    def query_type(self) -> int:
        """The data source; 0 (logs) where absent."""
        number = whole_of(self.content.get("queryType"))
        return 0 if number is None else number

    @property
    def visualization(self) -> str:
        """How the item asks to be drawn, in lower case; empty where the query's own render decides."""
        return text_of(self.content.get("visualization")).lower()

    @property
    def size(self) -> str:
        """The height by name: tiny, small, medium, large, full."""
        return SIZES.get(whole_of(self.content.get("size")) or 0, "medium")

    @property
    def text_style(self) -> str:
        """The style of a text, parameters or links item, as written."""
        return text_of(self.content.get("style"))

    @property
    def links(self) -> list[Mapping[str, Any]]:
        """The links of a links item."""
        return [object_of(link) for link in list_of(self.content.get("links"))]

    @property
    def load_type(self) -> Literal["lazy", "always", "explicit"]:
        """When a group's content is made."""
        written = text_of(self.content.get("loadType")).lower()
        return "always" if written == "always" else "explicit" if written == "explicit" else "lazy"

    @property
    def template_id(self) -> str:
        """The template whose content a group shows; empty for a group with its own items."""
        if text_of(self.content.get("groupType")).lower() != "template":
            return ""
        return text_of(self.content.get("loadFromTemplateId"))

    @property
    def exports_parameters(self) -> bool:
        """Parameters declared in this group are seen below it."""
        return self.content.get("exportParameters") is True

    @property
    def exports(self) -> tuple[Mapping[str, Any], ...]:
        """What a selection sets: entries {fieldName, parameterName, parameterType?, defaultValue?, quote?, delimiter?}, the
        old single form included."""
        found = []
        single = text_of(self.content.get("exportParameterName"))
        if single:
            found.append(
                {
                    "parameterName": single,
                    "fieldName": text_of(self.content.get("exportFieldName")),
                    "defaultValue": self.content.get("exportDefaultValue"),
                }
            )
        for entry in list_of(self.content.get("exportedParameters")):
            name = text_of(object_of(entry).get("parameterName"))
            if name and name != single:
                found.append(dict(object_of(entry)))
        return tuple(found)

    @property
    def exports_many(self) -> bool:
        """Several rows may be selected; the exported values are lists."""
        return self.content.get("exportMultipleValues") is True

    @property
    def brush_parameter(self) -> str:
        """The time range parameter that brushing the chart sets."""
        return text_of(self.content.get("timeBrushParameterName"))

    def walk(self) -> Iterator[Item]:
        """The item and all in it, in document order."""
        yield self
        for item in self.items:
            yield from item.walk()


@dataclass(frozen=True)
class Package:
    """How the document was packed: `outer` is the whole file's JSON, `path` the keys that lead to the document in it.

    `form` is document (the file is the workbook), string (JSON text in `serializedData`), object (`templateData` or a
    variable of an ARM template, in which literals that start with `[` are escaped as `[[`: `escaped`).
    """

    form: Literal["document", "string", "object"]
    outer: Any
    path: tuple[str | int, ...] = ()
    escaped: bool = False


@dataclass(frozen=True)
class Workbook:
    """A loaded workbook. `raw` is the document's JSON, `items` its typed content, `problems` what is malformed in it
    without keeping it from opening."""

    raw: Mapping[str, Any]
    name: str
    items: tuple[Item, ...]
    package: Package
    problems: tuple[Problem, ...] = ()

    def walk(self) -> Iterator[Item]:
        """All items, nested ones included, in document order."""
        for item in self.items:
            yield from item.walk()

    def find(self, path: str) -> Item | None:
        """The item at `path`."""
        return next((item for item in self.walk() if item.path == path), None)

    def count_items(self) -> int:
        """How many items there are, nested ones included."""
        return sum(1 for _ in self.walk())

    def count_drawn(self) -> int:
        """How many items are of a type, and ask for a visualization, that is drawn; the others become a message."""
        return sum(
            item.kind != "unknown"
            and not item.problems
            and (not item.visualization or item.visualization in VISUALIZATIONS)
            for item in self.walk()
        )

    @property
    def version(self) -> str:
        """`Notebook/1.0`."""
        return text_of(self.raw.get("version"))

    @property
    def style(self) -> Mapping[str, Any]:
        """Spacing and padding of the whole document."""
        return object_of(self.raw.get("styleSettings"))
