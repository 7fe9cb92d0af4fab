"""The settings of visualizations as data: a shape is what may stand at a place. `ANY` is anything, a set a closed list of values,
a mapping an object with these keys (or a list of such objects)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dashboard.document.known import LINK_TARGETS

ANY: Final = None
Shape = frozenset[Any] | Mapping[str, Any] | None


def _keys(text: str, **shapes: Shape) -> dict[str, Shape]:
    return dict.fromkeys(text.split(), ANY) | shapes


_FORMATTERS = frozenset(range(23))
_OPERATORS = frozenset(
    ("Default", "==", "!=", ">", ">=", "<", "<=", "contains", "startsWith", "endsWith", "regex", "is Empty", "is not Empty", "Between")
)  # fmt: skip
_AGGREGATIONS = frozenset(("Sum", "Count", "Max", "Average", "Unique", "Min", "Inherit", "None"))

_NUMBER_OPTIONS = _keys(
    "style currency currencyDisplay minimumIntegerDigits minimumFractionDigits maximumFractionDigits minimumSignificantDigits "
    "maximumSignificantDigits",
    useGrouping=frozenset((True, False)),
)
_NUMBER = _keys("unit emptyValCustomText", options=_NUMBER_OPTIONS)
_DATE = _keys("formatName showUtcTime")
_THRESHOLDS = _keys("thresholdValue representation text sourceColumn", operator=_OPERATORS)
_TEMPLATE_PARAMETERS = _keys("name source value kind")
_WORKBOOK_CONTEXT = _keys(
    "componentIdSource componentId resourceIdsSource resourceIds templateIdSource templateId typeSource type gallerySource gallery "
    "locationSource location passSpecificParams viewerMode workbookName",
    templateParameters=_TEMPLATE_PARAMETERS,
)
_ARM_ACTION = _keys(
    "path headers body httpMethod title description actionName runLabel isLongOperation responseType applyOptions theme",
    params=_keys("key value"),
)
_BLADE = _keys("bladeName extensionName bladeJsonParameters inFullBlade", bladeParameters=_keys("name source value"))
_TEMPLATE_RUN = _keys(
    "componentIdSource componentId templateUriSource templateUri titleSource title descriptionSource description runLabelSource "
    "runLabel",
    templateParameters=_TEMPLATE_PARAMETERS,
)
_COMPOSITE = _keys("labelText noRowsScaling", columnSettings=_keys("columnName color"))
_FORMAT_OPTIONS = _keys(
    "palette showIcon min max customColumnWidthSetting linkIsContextBlade linkLabel linkColumn subTarget showAsTag timelineSettings "
    "copilotNudgeActionSettings appInsightsContext alertRuleContext",
    linkTarget=LINK_TARGETS, thresholdsOptions=frozenset(("icons", "colors")), thresholdsGrid=_THRESHOLDS,
    aggregation=_AGGREGATIONS, compositeBarSettings=_COMPOSITE, bladeOpenContext=_BLADE, workbookContext=_WORKBOOK_CONTEXT,
    armActionContext=_ARM_ACTION, templateRunContext=_TEMPLATE_RUN,
)  # fmt: skip
_COLUMN = _keys(
    "columnMatch", formatter=_FORMATTERS, formatOptions=_FORMAT_OPTIONS, numberFormat=_NUMBER, dateFormat=_DATE,
    tooltipFormat=_keys("tooltip"),
)  # fmt: skip
_COLOURS = _keys(
    "type mode nodeColorField colorAggregation colorPalette heatmapPalette heatmapMin heatmapMax emptyValueColor",
    thresholdsGrid=_THRESHOLDS,
)
_SORT = _keys("itemKey", sortOrder=frozenset((0, 1, 2)))
_AXIS = _keys("min max unit label scale", numberFormatSettings=_NUMBER, dateFormatSettings=_DATE)

SETTINGS: Final[Mapping[str, Shape]] = {
    "gridSettings": _keys(
        "filter rowLimit", formatters=_COLUMN, labelSettings=_keys("columnId label comment"), sortBy=_SORT,
        hierarchySettings=_keys("groupBy expandTopLevel finalBy idColumn parentColumn expanderColumn", treeType=frozenset((0, 1, 2))),
    ),
    "sortBy": _SORT,
    "tileSettings": _keys(
        "showBorder size sortOrderField sortCriteriaField rowLimit styleSettings",
        **dict.fromkeys(("titleContent", "subtitleContent", "leftContent", "rightContent", "secondaryContent"), _COLUMN),
    ),
    "chartSettings": _keys(
        "yAxis xAxis group createOtherGroup showMetrics showLegend showDataPoints customThresholdLine customThresholdLineStyle "
        "simpleLegendSettings",
        seriesLabelSettings=_keys("seriesName color label comment"), xSettings=_AXIS, ySettings=_AXIS,
    ),
    "graphSettings": _keys(
        "nodeIdField sourceIdField targetIdField groupByField nodeSize staticNodeSize edgeLabel edgeSize hivesMargin "
        "graphOrientation showOrientationToggles edgeColorSettings unit",
        type=frozenset((0, 1, 2, 3, 4)), colorSettings=_COLOURS,
        **dict.fromkeys(("topContent", "centerContent", "bottomContent", "leftContent", "rightContent", "hivesContent"), _COLUMN),
    ),
    "mapSettings": _keys(
        "locInfoColumn latitude longitude sizeSettings sizeAggregation minSize maxSize defaultSize minData maxData opacity "
        "labelSettings legendMetric legendAggregation numberOfMetrics",
        locInfo=frozenset(("LatLong", "CountryRegion", "AzureLoc", "AzureResource")), itemColorSettings=_COLOURS,
        numberFormatSettings=_NUMBER,
    ),
    "statSettings": _keys(
        "valueField valueAggregation tagText valueFontStyle", colorSettings=_COLOURS, iconSettings={"thresholdsGrid": _THRESHOLDS},
        numberFormatSettings=_NUMBER,
    ),
    "exportedParameters": _keys("parameterName fieldName parameterType defaultValue quote"),
}  # fmt: skip
"""What may stand in the settings of a query or metric item, by the key of the item's content."""
