"""The form of an item by its kind, and of the workbook itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dashboard.document import editing
from dashboard.document.forms import charts
from dashboard.document.forms import values as v
from dashboard.document.forms.data import source_fields
from dashboard.document.forms.fields import NOTHING, Around, Entry, Field, Maker, New, Section
from dashboard.document.forms.links import target_fields
from dashboard.document.forms.parameters import parameter_sections, parameters_sections
from dashboard.document.workbook import ITEM_KINDS, text_of, whole_of


def form_of(
    item: Mapping[str, Any], around: Around = NOTHING, drawn_as: str = "", inside: int | None = None
) -> tuple[Section, ...]:
    """The form of an item; of the workbook itself where `item` has no type and holds items; of one parameter of a parameters
    item where `inside` is its number.

    `drawn_as` is how a query is drawn just now where its own `render` says so and not the item.
    """
    make = Maker(item)
    kind = ITEM_KINDS.get(whole_of(item.get("type")) or -1, "unknown")
    found: list[Section] = []
    if "items" in item and "type" not in item:
        return (_workbook(make),)
    content = make.at("content")
    if inside is not None:
        return tuple(parameter_sections(content.at("parameters", inside), around))
    if kind == "text":
        found.append(
            Section(
                "Text", (content("json", "Markdown", "lines"), content.choice("style", "Style", v.TEXT_STYLES)), True
            )
        )
    elif kind == "query":
        found += _query(content, around, drawn_as)
    elif kind == "parameters":
        found += parameters_sections(content, around)
    elif kind == "links":
        found.append(_links(content, around))
    elif kind == "group":
        found.append(Section("Group", tuple(_group(content, around)), True))
    elif kind == "metric":
        found.append(Section("Metrics", tuple(_metric(content, around)), True))
        found.append(_exports(content, around))
    found.append(
        Section(
            "Visibility",
            (_conditions(make, around),),
            bool(make.get("conditionalVisibility") or make.get("conditionalVisibilities")),
        )
    )
    found.append(Section("Place and style", tuple(_style(make))))
    return tuple(found)


def _workbook(make: Maker) -> Section:
    spaces = ((None, "Default"), ("wide", "Wide"), ("standard", "Standard"), ("narrow", "Narrow"), ("none", "None"))
    return Section(
        "The workbook",
        (
            make.choice("styleSettings.spacingStyle", "Space between items", spaces),
            make.choice("styleSettings.paddingStyle", "Space inside items", spaces),
            make.flag("isLocked", "Locked"),
            make("fallbackResourceIds", "Resources used where none is given", "names"),
            make("fromTemplateId", "Made from template"),
        ),
        True,
    )


def _style(make: Maker) -> Iterable[Field]:
    yield make("name", "Name", help="Merges and links find the item by this name.")
    yield make.choice("customWidth", "Width", v.WIDTHS)
    yield make("styleSettings.maxWidth", "Width at most", help="Such as 50% or 400px.")
    yield make.flag("styleSettings.showBorder", "Border")
    yield make("styleSettings.margin", "Space around", help="Such as 10px, or 5px 0.")
    yield make("styleSettings.padding", "Space inside", help="Such as 10px, or 5px 0.")
    yield make.choice(
        "styleSettings.progressStyle",
        "While it loads",
        ((None, "Default"), ("loader", "Line"), ("spinner", "Circle"), ("squares", "Squares"), ("none", "Nothing")),
    )
    yield make.flag("showPin", "Pin button")


def _conditions(make: Maker, around: Around) -> Field:
    several = make.get("conditionalVisibilities")
    keys = "conditionalVisibilities"
    if not (isinstance(several, list) and several) and isinstance(make.get("conditionalVisibility"), dict):
        # One condition: a list of it as far as the form goes; `editing.set_conditions` writes either form.
        one = make.at("conditionalVisibility")
        field = make.list(
            keys,
            "Shown only where all of these hold",
            _condition_title,
            lambda entry: _condition(entry, around),
            (_NEW_CONDITION,),
        )
        return Field(
            field.keys,
            field.label,
            "list",
            help=field.help,
            entries=(Entry(_condition_title(one), tuple(_condition(one, around))),),
            add=field.add,
        )
    return make.list(
        keys,
        "Shown only where all of these hold",
        _condition_title,
        lambda entry: _condition(entry, around),
        (_NEW_CONDITION,),
    )


_NEW_CONDITION = New("Condition", {"parameterName": "", "comparison": "isEqualTo", "value": ""})


def _condition_title(make: Maker) -> str:
    sign = "≠" if make.get("comparison") == "isNotEqualTo" else "="
    return f"{make.get('parameterName') or '?'} {sign} {make.get('value') or '(unset)'}"


def _condition(make: Maker, around: Around) -> Iterable[Field]:
    yield make("parameterName", "Parameter", suggest=around.parameters)
    yield make.choice("comparison", "Comparison", (("isEqualTo", "is"), ("isNotEqualTo", "is not")))
    yield make("value", "Value", help="Empty asks whether the parameter is set at all.")


# ---- queries ---------------------------------------------------------------------------------------------------------


def _query(content: Maker, around: Around, drawn_as: str) -> Iterable[Section]:
    yield Section("Data", tuple(source_fields(content, around)), True)
    yield Section(
        "Visualization",
        (
            content("title", "Title"),
            content.choice("visualization", "Drawn as", v.VISUALIZATIONS),
            content.choice("size", "Height", v.SIZES),
        ),
        True,
    )
    told = text_of(content.get("visualization")).lower()
    yield from charts.sections(content, told or drawn_as, around)
    yield Section(
        "Texts and buttons",
        (
            content("noDataMessage", "Text where there are no rows"),
            content.choice("noDataMessageStyle", "Its style", v.NO_DATA_STYLES),
            content.choice("aggregation", "Numbers below a chart", v.AGGREGATIONS),
            content.choice("color", "Colour of a single series", v.COLOURS),
            content.flag("showAnalytics", "Button: open the query"),
            content.flag("showExportToExcel", "Button: export"),
            content.choice(
                "exportToExcelOptions",
                "Exports",
                ((None, "All columns"), ("visible", "Columns that are shown"), ("all", "All columns (written)")),
            ),
            content.flag("showRefreshButton", "Button: refresh"),
            content.flag("showExpandCollapseGrid", "Button: expand all"),
        ),
    )
    yield _exports(content, around)


def _exports(content: Maker, around: Around) -> Section:
    def fields(entry: Maker) -> Iterable[Field]:
        yield entry(
            "fieldName",
            "Column",
            suggest=(*around.names, "x", "y", "series", "label"),
            help="Empty gives the whole row as JSON.",
        )
        yield entry("parameterName", "Sets parameter", suggest=around.parameters)
        yield entry.choice("parameterType", "Of type", v.EXPORT_TYPES)
        yield entry("defaultValue", "Value while nothing is selected")
        if content.get("exportMultipleValues"):
            yield entry("quote", "Quoted with")
            yield entry("delimiter", "Separated by")

    several = content.list(
        "exportedParameters", "A selection sets", lambda entry: f"{entry.get('parameterName') or '?'} = {entry.get('fieldName') or 'whole row'}", fields,
        (New("Parameter", {"fieldName": around.names[0] if around.names else "", "parameterName": "Selected", "parameterType": 1}),),
    )  # fmt: skip
    rows: list[Field] = [several, content.flag("exportMultipleValues", "Several rows may be selected")]
    if content.get("exportParameterName") is not None:
        rows += [
            content("exportParameterName", "Sets parameter (older form)"),
            content("exportFieldName", "Column (older form)", suggest=around.names),
            content("exportDefaultValue", "Value while nothing is selected (older form)"),
        ]
    rows += [
        content("timeBrushParameterName", "A brushed range of time sets", suggest=around.times),
        content.flag("timeBrushExportOnlyWhenBrushed", "Only once it was brushed"),
    ]
    return Section("Selections", tuple(rows), bool(several.entries))


# ---- the other kinds -------------------------------------------------------------------------------------------------


def _links(content: Maker, around: Around) -> Section:
    def fields(link: Maker) -> Iterable[Field]:
        target = link.get("linkTarget")
        yield link("linkLabel", "Text")
        yield link.choice("linkTarget", "A click", v.LINK_TARGETS)
        if target == "parameter":
            yield link("cellValue", "Parameter", suggest=around.parameters)
            yield link("subTarget", "Set to")
        elif target == "step":
            yield link("cellValue", "Item", suggest=around.steps)
        elif target not in ("WorkbookTemplate", "OpenBlade", "ArmAction"):
            yield link("cellValue", "Address or value")
        yield from target_fields(link, text_of(target), around)
        yield link.choice("style", "Style", (("link", "Link"), ("primary", "Primary button"), ("secondary", "Button")))
        yield link("preText", "Text before")
        yield link("postText", "Text after" if content.get("style") != "toolbar" else "Explanation")
        if content.get("style") == "toolbar":
            yield link(
                "icon",
                "Icon",
                suggest=("Refresh", "Edit", "Add", "Delete", "Search", "Start", "Stop", "Info", "Settings"),
            )
        if content.get("style") == "tabs":
            yield link("tabWidth", "Width", help="Such as 150px or 20ch.")

    tab = (
        next(
            (text_of(content.get("links", number, "cellValue")) for number in range(len(content.get("links") or ()))),
            "",
        )
        or "Tab"
    )
    number = len(content.get("links") or ()) + 1
    fresh = (
        editing.new_link(f"Tab {number}", tab) if content.get("style") == "tabs" else editing.new_link(f"Link {number}")
    )
    rows = content.list(
        "links",
        "Tabs" if content.get("style") == "tabs" else "Links",
        lambda link: text_of(link.get("linkLabel")),
        fields,
        (New("Tab" if content.get("style") == "tabs" else "Link", fresh),),
    )
    sizes = ((None, "Normal"), ("bigger", "Bigger"), ("smaller", "Smaller"))
    return Section(
        "Links",
        (content.choice("style", "Style", v.LINK_STYLES), content.choice("tabStyle", "Size of tabs", sizes), rows),
        True,
    )


def _group(content: Maker, around: Around) -> Iterable[Field]:
    yield content("title", "Title")
    yield content.flag("expandable", "Can be folded")
    yield content.flag("expanded", "Open at first")
    yield content.choice(
        "loadType", "Loads", ((None, "When it is seen"), ("always", "Always"), ("explicit", "On a button"))
    )
    if content.get("loadType") == "explicit":
        yield content("loadButtonText", "Text of the button")
    yield content.flag("exportParameters", "Its parameters count below it, too")
    yield content.choice(
        "groupType", "Content", (("editable", "Its own"), ("template", "Another workbook's")), default="editable"
    )
    if content.get("groupType") == "template":
        yield content(
            "loadFromTemplateId",
            "Workbook",
            suggest=around.workbooks,
            help="A workbook here, by its name, or a template's id such as Community-Workbooks/Folder/Name.",
        )


def _dimension_filters(make: Maker, around: Around) -> Field:
    """Which values of dimensions count."""
    return make.list(
        "filters", "Filters", lambda each: f"{each.get('key') or '?'} {'≠' if each.get('operator') == 1 else '='} {each.get('valueParam') or ', '.join(map(str, each.get('values') or ()))}",
        lambda each: (
            each("key", "Dimension"), each.choice("operator", "Comparison", ((0, "is one of"), (1, "is none of"))), each("values", "Values", "names"),
            each("valueParam", "Values of parameter", suggest=around.parameters),
        ),
        (New("Filter", {"key": "", "operator": 0, "values": []}),),
    )  # fmt: skip


def _metric(content: Maker, around: Around) -> Iterable[Field]:
    kinds = (
        (2, "Line"),
        (3, "Area"),
        (1, "Bars"),
        (4, "Points"),
        (0, "Grid"),
        (-1, "Tiles"),
        (-2, "Map"),
        (-3, "Graph"),
    )
    yield content("title", "Title")
    yield content.choice("chartType", "Drawn as", kinds)
    yield content.choice("size", "Height", v.SIZES)
    yield content("resourceType", "Kind of resource", suggest=v.RESOURCE_TYPES)
    yield content("resourceParameter", "Resources from parameter", suggest=around.parameters)
    sums = ((1, "Sum"), (4, "Average"), (3, "Largest"), (2, "Smallest"), (7, "Count"))
    yield content.list(
        "metrics", "Metrics", lambda entry: text_of(entry.get("columnName")) or text_of(entry.get("metric")).rpartition("--")[2],
        lambda entry: (
            entry("namespace", "Namespace"), entry("metric", "Metric"), entry.choice("aggregation", "Aggregation", sums), entry("columnName", "Shown as"),
            entry("splitBy", "Split by", "names", help="Names of dimensions."), entry("splitByLimit", "Values of the dimension, at most", "number"),
            entry.choice("splitBySortOrder", "Those that are", ((None, "Largest"), (-1, "Largest (written)"), (1, "Smallest"))), _dimension_filters(entry, around),
        ),
        (New("Metric", {"namespace": text_of(content.get("resourceType")), "metric": f"{text_of(content.get('resourceType'))}--Percentage CPU", "aggregation": 4}),),
    )  # fmt: skip
    yield _dimension_filters(content, around)
    if content.get("chartType") == 0:
        yield content.choice(
            "gridFormatType",
            "Rows",
            ((None, "Default"), (1, "One for each resource"), (2, "One for each resource and value")),
        )
    yield content("timeContextFromParameter", "Time range from parameter", suggest=around.times)
    yield content.choice("timeContext.durationMs", "Fixed time range", ((None, "None"), *v.DURATIONS))
    yield content("timeGrain", "Grain", help="ISO 8601, such as PT5M; automatic where empty.")
