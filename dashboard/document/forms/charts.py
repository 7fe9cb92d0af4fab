"""The settings of what a query is drawn as: charts, grids, tiles, maps, graphs, stat and text."""

from __future__ import annotations

from collections.abc import Iterable

from dashboard.document.forms import values as v
from dashboard.document.forms.fields import Around, Field, Maker, New, Section, same
from dashboard.document.forms.links import target_fields
from dashboard.document.workbook import text_of

CHARTS = frozenset(
    (
        "timechart",
        "linechart",
        "areachart",
        "barchart",
        "categoricalbar",
        "unstackedbar",
        "piechart",
        "scatterchart",
        "columnchart",
    )
)


def sections(make: Maker, drawn_as: str, around: Around) -> Iterable[Section]:
    """The sections of the visualization `drawn_as`."""
    if drawn_as in CHARTS:
        yield Section("Chart", tuple(_chart(make.at("chartSettings"), around)), True)
        yield Section("Axes and numbers", tuple(_axes(make.at("chartSettings"))))
        yield Section("Series", tuple(_series(make.at("chartSettings"))))
    elif drawn_as == "tiles":
        yield Section("Tiles", tuple(_tiles(make.at("tileSettings"), around)), True)
        for slot, title in (
            ("titleContent", "Title"),
            ("subtitleContent", "Subtitle"),
            ("leftContent", "Left"),
            ("rightContent", "Right"),
            ("secondaryContent", "Below"),
        ):
            yield Section(f"{title} of the tile", tuple(column_format(make.at("tileSettings", slot), around)))
    elif drawn_as == "stat":
        yield Section("Stat", tuple(_stat(make.at("statSettings"), around)), True)
    elif drawn_as == "card":
        styles = (
            (None, "Plain"),
            ("header", "Heading"),
            ("bignumber", "Big number"),
            ("markdown", "Markdown"),
            ("editor", "Code"),
        )
        yield Section("Text", (make.choice("textSettings.style", "Style", styles),), True)
    elif drawn_as == "map":
        yield Section("Map", tuple(_map(make.at("mapSettings"), around)), True)
    elif drawn_as == "graph":
        yield Section("Graph", tuple(_graph(make.at("graphSettings"), around)), True)
        for slot, title in (
            ("topContent", "Top"),
            ("centerContent", "Centre"),
            ("bottomContent", "Bottom"),
            ("leftContent", "Left"),
            ("rightContent", "Right"),
        ):
            yield Section(f"{title} of the nodes", tuple(column_format(make.at("graphSettings", slot), around)))
    if drawn_as in ("", "table"):
        grid = make.at("gridSettings")
        yield Section("Columns", tuple(_columns(grid, around)), True)
        yield Section("Grid", tuple(_grid(grid, around)))
        yield Section("Tree", tuple(_tree(grid, around)))


def number_format(make: Maker, keys: str) -> Iterable[Field]:
    """Unit and digits of a number."""
    inner = make.at(*keys.split("."))
    yield inner.choice("unit", "Unit", v.UNITS)
    yield inner.choice("options.style", "Number style", v.NUMBER_STYLES)
    if inner.get("options", "style") == "currency":
        yield inner("options.currency", "Currency", suggest=("USD", "EUR", "GBP", "JPY"))
    yield inner("options.maximumFractionDigits", "Digits after the point, at most", "number")
    yield inner("options.minimumFractionDigits", "Digits after the point, at least", "number")
    yield inner("options.maximumSignificantDigits", "Digits that count, at most", "number")
    yield inner.flag("options.useGrouping", "Thousands separated", True)
    yield inner("emptyValCustomText", "Text for an empty value")


def column_format(make: Maker, around: Around, match: bool = True) -> Iterable[Field]:
    """How one column is drawn: in a grid, in a tile, on a node."""
    if match:
        yield make(
            "columnMatch",
            "Column",
            suggest=around.names,
            help="A column's name, or a regular expression that matches several.",
        )
    yield make.choice("formatter", "Drawn as", v.FORMATTERS)
    kind, options = make.get("formatter"), make.at("formatOptions")
    if kind in (3, 4, 8, 9, 10, 12, 20, 21):
        yield options.choice("palette", "Palette", v.PALETTES)
        yield options("min", "Smallest", "number", help="The column's own smallest where empty.")
        yield options("max", "Largest", "number", help="The column's own largest where empty.")
    if kind == 18:
        yield options.choice("thresholdsOptions", "Show", (("icons", "Icons"), ("colors", "Colours")), default="icons")
        yield options.list(
            "thresholdsGrid",
            "Thresholds",
            _threshold_title,
            _threshold,
            (
                New(
                    "Threshold", {"operator": "==", "thresholdValue": "", "representation": "success", "text": "{0}{1}"}
                ),
                New(
                    "Otherwise",
                    {"operator": "Default", "thresholdValue": None, "representation": "unknown", "text": "{0}{1}"},
                ),
            ),
        )
    if kind == 22:
        yield options("compositeBarSettings.labelText", "Label", help='May hold ["column"] and {parameter}.')
        yield options.list(
            "compositeBarSettings.columnSettings", "Parts", lambda part: str(part.get("columnName") or ""),
            lambda part: (part("columnName", "Column", suggest=around.numbers), part.choice("color", "Colour", v.COLOURS)), (New("Part", {"columnName": "", "color": "blue"}),),
        )  # fmt: skip
    if kind in (1, 7, 13) or make.get("formatOptions", "linkTarget"):
        yield options.choice("linkTarget", "A click", (((None, "Nothing")), *v.LINK_TARGETS))
        yield options("linkLabel", "Link text")
        yield options("linkColumn", "Link from column", suggest=around.names)
        yield from target_fields(options, text_of(options.get("linkTarget")), around)
    if kind in (11, 13, 14, 15, 16, 17, 18) or make.get("formatOptions", "showIcon") is not None:
        yield options.flag("showIcon", "Icon")
    if kind != 5:
        yield from number_format(make, "numberFormat")
        if kind in (0, 6, None):
            yield make.choice("dateFormat.formatName", "Date style", v.DATES)
            yield make.flag("dateFormat.showUtcTime", "In UTC")
        yield make("tooltipFormat.tooltip", "Tooltip", help='May hold {0}, ["column"] and {parameter}.')
        if match and make.base[-1:] and isinstance(make.base[-1], int):
            yield options("customColumnWidthSetting", "Width", help="Such as 20ch, 150px or 25%.")
            yield options.choice("aggregation", "In rows of groups", v.GROUP_AGGREGATIONS)


def _thresholds(make: Maker, keys: str) -> Field:
    """Thresholds that choose a colour."""
    return make.list(
        keys, "Thresholds", _threshold_title, _threshold,
        (
            New("Threshold", {"operator": ">", "thresholdValue": "0", "representation": "redBright"}),
            New("Otherwise", {"operator": "Default", "thresholdValue": None, "representation": "green"}),
        ),
    )  # fmt: skip


def _threshold_title(make: Maker) -> str:
    if make.get("operator") == "Default":
        return f"otherwise → {make.get('representation') or 'nothing'}"
    return (
        f"{make.get('operator') or ''} {make.get('thresholdValue') or ''} → {make.get('representation') or 'nothing'}"
    )


def _threshold(make: Maker) -> Iterable[Field]:
    yield make.choice("operator", "Where the value", v.OPERATORS)
    if make.get("operator") != "Default":
        yield make("thresholdValue", "Compared with")
    yield make(
        "representation",
        "Icon or colour",
        suggest=(
            "success",
            "warning",
            "failed",
            "error",
            "critical",
            "info",
            "unknown",
            "disabled",
            "pending",
            "up",
            "down",
            "green",
            "yellow",
            "orange",
            "redBright",
            "blue",
            "gray",
            "Blank",
        ),
    )
    yield make("text", "Text", help="{0} is the value, {1} its unit; empty shows the icon alone.")


def _chart(make: Maker, around: Around) -> Iterable[Field]:
    yield make("xAxis", "X axis", suggest=around.names, help="The first time, else the first column, where empty.")
    yield make("yAxis", "Y axis", "names", suggest=around.numbers, help="All columns with numbers where empty.")
    yield make("group", "Split by", suggest=around.names)
    yield make("createOtherGroup", "Series shown, rest as Other", "number")
    yield make.flag("showLegend", "Legend at the side")
    yield make.flag("showMetrics", "Numbers below the chart", True)
    yield make.flag("showDataPoints", "Dots")


def _axes(make: Maker) -> Iterable[Field]:
    yield make("ySettings.label", "Label of the Y axis")
    yield make("ySettings.min", "Smallest", "number")
    yield make("ySettings.max", "Largest", "number")
    yield from number_format(make, "ySettings.numberFormatSettings")
    yield make("xSettings.label", "Label of the X axis")
    yield make.choice("xSettings.dateFormatSettings.formatName", "Dates on the X axis", v.DATES)
    yield make("customThresholdLine", "Line across at", help="A number, or a {parameter}.")


def _series(make: Maker) -> Iterable[Field]:
    yield make.list(
        "seriesLabelSettings", "Names and colours of series", lambda entry: str(entry.get("seriesName") or ""),
        lambda entry: (entry("seriesName", "Series"), entry("label", "Shown as"), entry.choice("color", "Colour", v.COLOURS)),
        (New("Series", {"seriesName": ""}),),
    )  # fmt: skip


def _columns(make: Maker, around: Around) -> Iterable[Field]:
    rules = make.get("formatters")
    ruled = (
        {str(rule.get("columnMatch")) for rule in rules if isinstance(rule, dict)} if isinstance(rules, list) else set()
    )
    kinds = dict(around.columns)
    fresh = [
        New(name, {"columnMatch": name, "formatter": 6 if kinds[name] == "datetime" else 0})
        for name in around.names
        if name not in ruled
    ]
    yield make.list(
        "formatters", "How columns are drawn",
        lambda rule: f"{rule.get('columnMatch') or '?'} · {dict(v.FORMATTERS).get(rule.get('formatter'), rule.get('formatter'))}",
        lambda rule: column_format(rule, around), (*fresh, New("Other columns …", {"columnMatch": ".*", "formatter": 0})),
    )  # fmt: skip
    labels = make.get("labelSettings")
    labelled = (
        {str(each.get("columnId")) for each in labels if isinstance(each, dict)} if isinstance(labels, list) else set()
    )
    yield make.list(
        "labelSettings", "Headings", lambda entry: f"{entry.get('columnId') or '?'} → {entry.get('label') or ''}",
        lambda entry: (entry("columnId", "Column", suggest=around.names), entry("label", "Heading"), entry("comment", "Note")),
        [New(name, {"columnId": name, "label": name}) for name in around.names if name not in labelled] or [New("Heading", {"columnId": "", "label": ""})],
    )  # fmt: skip


def _grid(make: Maker, around: Around) -> Iterable[Field]:
    yield make("rowLimit", "Rows shown, at most", "number", default=250)
    yield make.flag("filter", "Search box")
    yield make.list(
        "sortBy", "Sorted by", lambda entry: str(entry.get("itemKey") or ""),
        lambda entry: (entry("itemKey", "Column", suggest=around.names), entry.choice("sortOrder", "Order", ((1, "Ascending"), (2, "Descending")))),
        (New("Column", {"itemKey": around.names[0] if around.names else "", "sortOrder": 1}),),
    )  # fmt: skip


def _tree(make: Maker, around: Around) -> Iterable[Field]:
    tree = make.at("hierarchySettings")
    yield tree.choice("treeType", "Tree", ((None, "No tree"), (1, "By values of columns"), (0, "By parent and child")))
    if tree.get("treeType") == 0:
        yield tree("idColumn", "Id column", suggest=around.names)
        yield tree("parentColumn", "Parent's id column", suggest=around.names)
        yield tree("expanderColumn", "Column with the expander", suggest=around.names)
    elif tree.get("treeType") == 1:
        yield tree("groupBy", "Group by", "names", suggest=around.names)
        yield tree("finalBy", "Column of the leaves", suggest=around.names)
    yield tree.flag("expandTopLevel", "First level open")


def _tiles(make: Maker, around: Around) -> Iterable[Field]:
    yield make.flag("showBorder", "Border", True)
    yield make.choice("size", "Size", ((None, "Fixed"), ("auto", "Automatic"), ("full", "One a line")))
    yield make("sortCriteriaField", "Sorted by", suggest=around.names)
    yield make.choice("sortOrderField", "Order", ((None, "As the query"), (1, "Ascending"), (2, "Descending")))
    yield make("rowLimit", "Tiles shown, at most", "number")


def _stat(make: Maker, around: Around) -> Iterable[Field]:
    yield make("valueField", "Value", suggest=around.numbers)
    yield make.choice(
        "valueAggregation",
        "Of all rows",
        ((None, "First row"), *same("None", "Sum", "Count", "Average", "Min", "Max", "Unique")),
    )
    yield make("tagText", "Text below")
    yield make.choice("valueFontStyle", "Font", ((None, "Default"), ("auto", "Fitting"), ("xxLarge", "Very large")))
    yield make.choice(
        "colorSettings.type",
        "Colour",
        ((None, "None"), ("static", "Fixed"), ("thresholds", "Thresholds"), ("heatmap", "Heat map")),
    )
    yield make.choice(
        "colorSettings.mode", "Colours the", ((None, "Default"), ("background", "Ground"), ("foreground", "Number"))
    )
    if make.get("colorSettings", "type") == "heatmap":
        yield make.choice("colorSettings.heatmapPalette", "Palette", v.PALETTES)
    if make.get("colorSettings", "type") == "thresholds":
        yield _thresholds(make, "colorSettings.thresholdsGrid")
    yield from number_format(make, "numberFormatSettings")


def _map(make: Maker, around: Around) -> Iterable[Field]:
    places = (
        ("LatLong", "Latitude and longitude"),
        ("CountryRegion", "Country or region"),
        ("AzureLoc", "Azure region"),
        ("AzureResource", "Azure resource"),
    )
    yield make.choice("locInfo", "Places by", places)
    if make.get("locInfo") == "LatLong":
        yield make("latitude", "Latitude", suggest=around.numbers)
        yield make("longitude", "Longitude", suggest=around.numbers)
    else:
        yield make("locInfoColumn", "Place", suggest=around.names)
    yield make("sizeSettings", "Size by", suggest=around.numbers)
    yield make.choice("sizeAggregation", "Size is the", v.MAP_AGGREGATIONS)
    yield make("labelSettings", "Label", suggest=around.names)
    yield make("legendMetric", "Numbers below", suggest=around.numbers)
    yield make.choice("legendAggregation", "Numbers are the", v.MAP_AGGREGATIONS)
    yield make("numberOfMetrics", "Numbers shown, at most", "number")
    yield make.choice(
        "itemColorSettings.type",
        "Colour by",
        ((None, "Nothing"), ("heatmap", "Heat map"), ("thresholds", "Thresholds")),
    )
    yield make("itemColorSettings.nodeColorField", "Colour of", suggest=around.names)
    yield make.choice("itemColorSettings.colorAggregation", "Colour is the", v.MAP_AGGREGATIONS)
    if make.get("itemColorSettings", "type") == "thresholds":
        yield _thresholds(make, "itemColorSettings.thresholdsGrid")
    else:
        yield make.choice("itemColorSettings.heatmapPalette", "Palette", v.PALETTES)
    yield make("minSize", "Smallest circle", "number")
    yield make("maxSize", "Largest circle", "number")
    yield make("defaultSize", "Circle without a size", "number")
    yield from number_format(make, "numberFormatSettings")


def _graph(make: Maker, around: Around) -> Iterable[Field]:
    yield make.choice("type", "Form", ((0, "Nodes and lines"), (2, "Honeycomb")))
    yield make("nodeIdField", "Id of nodes", suggest=around.names)
    yield make("sourceIdField", "Lines from", suggest=around.names)
    yield make("targetIdField", "Lines to", suggest=around.names)
    yield make("edgeLabel", "Text of lines", suggest=around.names)
    yield make("nodeSize", "Size by", suggest=around.numbers)
    yield make("staticNodeSize", "Size of all", "number", default=100)
    yield make("groupByField", "Honeycombs by", suggest=around.names)
    yield make.choice("graphOrientation", "Direction", ((3, "By forces"), (1, "Flow 1"), (2, "Flow 2")), default=3)
    yield make.choice(
        "colorSettings.type", "Colour by", ((None, "Nothing"), (1, "Category"), (3, "Thresholds"), (4, "Heat map"))
    )
    yield make("colorSettings.nodeColorField", "Colour of", suggest=around.names)
    if make.get("colorSettings", "type") == 3:
        yield _thresholds(make, "colorSettings.thresholdsGrid")
    elif make.get("colorSettings", "type") == 4:
        yield make.choice("colorSettings.heatmapPalette", "Palette", v.PALETTES)
        yield make("colorSettings.heatmapMin", "Smallest", "number")
        yield make("colorSettings.heatmapMax", "Largest", "number")
    yield make.flag("showOrientationToggles", "Readers may turn it")
    if make.get("type") == 2:
        yield make("hivesMargin", "Space between honeycombs", "number", default=5)
