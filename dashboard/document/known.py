"""What the format knows: keys by place, and the values of keys that have a closed list. Checks read this as data."""

from __future__ import annotations

from collections.abc import Mapping


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SETTINGS = (
    "chartSettings gridSettings tileSettings graphSettings mapSettings statSettings textSettings columnSettings sortBy"
)
_EXPORTS = (
    "exportParameterName exportFieldName exportDefaultValue exportedParameters exportMultipleValues exportAggregateParts "
    "timeBrushParameterName timeBrushExportOnlyWhenBrushed"
)
_QUERY = "query queryType resourceType crossComponentResources timeContext timeContextFromParameter"

DOCUMENT_KEYS = _words(
    "version items $schema fallbackResourceIds fromTemplateId isLocked styleSettings defaultResourceIds workbookPin layout "
    "name"
)
ITEM_KEYS = _words(
    "type content name customWidth halfWidth styleSettings conditionalVisibility conditionalVisibilities showPin alwaysShowPin "
    "id"
)
CONTENT_KEYS: Mapping[str, frozenset[str]] = {
    "text": _words("json style title showViewButton version"),
    "query": _words(
        f"version size title noDataMessage noDataMessageStyle showAnalytics showExportToExcel exportToExcelOptions "
        f"showRefreshButton showExpandCollapseGrid showQuery showAnnotations aggregation color visualization headingLevel "
        f"showViewButton resourceParameter noDataMessageTitle {_SETTINGS} {_EXPORTS} {_QUERY}"
    ),
    "parameters": _words(f"version parameters style doNotRunWhenHidden description title {_QUERY}"),
    "metric": _words(
        f"version chartId size chartType metricScope resourceType resourceIds resourceParameter resourceLimit metrics filters "
        f"timeGrain title color gridFormatType showOpenInMe showCreateAlertRule showExportToExcel exportToExcelOptions "
        f"showExpandCollapseGrid noDataMessage noDataMessageStyle aggregation timeContext timeContextFromParameter "
        f"showRefreshButton showAnalytics {_SETTINGS} {_EXPORTS}"
    ),
    "links": _words("version style tabStyle links title"),
    "group": _words(
        "version groupType items title expandable expanded loadFromTemplateId loadType loadButtonText exportParameters "
        "showBorder"
    ),
}
PARAMETER_KEYS = _words(
    f"id version name label description type isRequired isHiddenWhenLocked isGlobal value defaultValue jsonData criteriaData "
    f"multiSelect quote delimiter typeSettings key {_QUERY}"
)
TYPE_SETTINGS_KEYS = _words(
    "additionalResourceOptions showDefault selectableValues selectAllValue allowCustom includeAll resourceTypeFilter "
    "multiLineText editorLanguage multiLineHeight paramValidationRules limitSelectTo componentIdOnly isSearchBox "
    "defaultItemsText preFormatJsonData isPassword defaultValue"
)
LINK_KEYS = _words(
    "id key cellValue linkTarget linkLabel subTarget style preText postText icon tabWidth linkIsContextBlade bladeOpenContext "
    "workbookContext armActionContext templateRunContext downloadActionSettings msGraphActionContext alertRuleContext "
    "copilotNudgeContext"
)

TEXT_STYLES = _words("info upsell warning success error plain")
PARAMETER_STYLES = _words("pills above formHorizontal formVertical")
LINK_STYLES = _words("tabs list paragraph nav toolbar bullets")
LINK_TARGETS = _words(
    "parameter step Url CellDetails GenericDetails Resource OpenBlade WorkbookTemplate ArmAction ArmTemplate Metrics "
    "DependencyDetails SessionTimeline ExceptionDetails RequestDetails CustomEventDetails UserTimeline Search AlertCreation "
    "CopilotNudge DownloadFile MsGraphAction PageViewDetails TraceDetails AlertRule"
)
COMPARISONS = _words("isEqualTo isNotEqualTo")
QUERY_TYPES = frozenset((0, 1, 2, 4, 7, 8, 9, 10, 11, 12, 13, 14, 16))
SIZES = frozenset((0, 1, 2, 3, 4))
LOAD_TYPES = _words("lazy always explicit")
GROUP_TYPES = _words("editable template")
OPENED_SCHEMES = ("http://", "https://", "mailto:")
