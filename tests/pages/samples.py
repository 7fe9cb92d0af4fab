"""Workbooks for the tests of the pages: small, over rows that stand in their queries."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

PODS = """datatable(TimeGenerated: datetime, Namespace: string, Pod: string, Phase: string, Restarts: long) [
  datetime(2026-11-20T08:00:00Z), "shop", "web-1", "Running", 0,
  datetime(2026-11-20T09:00:00Z), "shop", "web-2", "Pending", 4,
  datetime(2026-11-21T08:00:00Z), "bank", "ledger-1", "Running", 1,
  datetime(2026-11-21T10:00:00Z), "bank", "ledger-2", "Failed", 9,
  datetime(2026-11-22T08:00:00Z), "ops", "<img src=x onerror=alert(1)>", "Running", 2
]"""


def text(markdown: str, **more: Any) -> dict[str, Any]:
    return {"type": 1, "content": {"json": markdown}, "name": "text", **more}


def query(kql: str, title: str, **content: Any) -> dict[str, Any]:
    keys = ("customWidth", "conditionalVisibility", "name", "styleSettings")
    outer = {key: content.pop(key) for key in keys if key in content}
    inner = {
        "version": "KqlItem/1.0",
        "query": kql,
        "size": 1,
        "title": title,
        "queryType": 0,
        "visualization": "table",
        **content,
    }
    return {"type": 3, "content": inner, "name": title, **outer}


def parameter(name: str, kind: int, **more: Any) -> dict[str, Any]:
    return {"id": name, "version": "KqlParameterItem/1.0", "name": name, "type": kind, **more}


def parameters(*several: dict[str, Any], style: str = "pills", **more: Any) -> dict[str, Any]:
    content = {"version": "KqlParameterItem/1.0", "parameters": list(several), "style": style, "queryType": 0}
    return {"type": 9, "content": content, "name": "parameters", **more}


def tabs(*labels: str, name: str = "Tab") -> dict[str, Any]:
    links = [
        {
            "id": label,
            "cellValue": name,
            "linkTarget": "parameter",
            "linkLabel": label,
            "subTarget": label,
            "style": "link",
        }
        for label in labels
    ]
    return {"type": 11, "content": {"version": "LinkItem/1.0", "style": "tabs", "links": links}, "name": "tabs"}


def group(items: list[dict[str, Any]], **content: Any) -> dict[str, Any]:
    outer = {key: content.pop(key) for key in ("conditionalVisibility",) if key in content}
    inner = {"version": "NotebookGroup/1.0", "groupType": "editable", "items": items, **content}
    return {"type": 12, "content": inner, "name": "group", **outer}


def shown_if(name: str, value: str | None, comparison: str = "isEqualTo") -> dict[str, Any]:
    return {"conditionalVisibility": {"parameterName": name, "comparison": comparison, "value": value}}


def document(*items: dict[str, Any]) -> dict[str, Any]:
    return {
        "version": "Notebook/1.0",
        "items": list(items),
        "$schema": "https://github.com/Microsoft/Application-Insights-Workbooks/blob/master/schema/workbook.json",
    }


NAMESPACES = json.dumps(
    [{"value": "shop", "label": "Shop"}, {"value": "bank", "label": "Bank"}, {"value": "ops", "label": "Operations"}]
)

PODS_BOARD = document(
    text("# Pods at a glance\nEvery pod of the clusters, with its phase and restarts."),
    parameters(
        parameter("TimeRange", 4, label="Time range", value={"durationMs": 604800000}, typeSettings={"selectableValues": [{"durationMs": 86400000}, {"durationMs": 604800000}], "allowCustom": True}),
        parameter("Namespace", 2, multiSelect=True, quote="'", delimiter=",", value=["value::all"], jsonData=NAMESPACES, typeSettings={"additionalResourceOptions": ["value::all"]}),
        parameter("Phase", 10, value="Any", jsonData='["Any", "Running", "Failed"]'),
        parameter("Like", 1, label="Name contains"),
    ),
    parameters(parameter("NotSetYet", 1, isRequired=True, label="Ticket"), style="above"),
    tabs("Overview", "Inventory"),
    group(
        [
            query(f"{PODS}\n| where Namespace in ({{Namespace}}) | summarize Pods = count() by Namespace", "Pods by namespace", visualization="piechart", customWidth="50"),
            query(f"{PODS}\n| summarize Restarts = sum(Restarts) by bin(TimeGenerated, 1d)", "Restarts by day", visualization="barchart", customWidth="50"),
            query("print Fixed = 'does not depend on anything'", "Fixed"),
            query(f"{PODS}\n| where Namespace == 'nowhere'", "Nothing there", noDataMessage="All quiet."),
            query("SecurityAlert | wheer 1 == 1", "Broken query"),
            query("NoSuchTable_CL | take 1", "Unknown table"),
            query("print Value = '{NotSetYet}'", "Waits for a value"),
        ],
        **shown_if("Tab", "Overview"),
    ),
    group(
        [
            query(f"{PODS}\n| where Namespace in ({{Namespace}}) | where '{{Phase}}' == 'Any' or Phase == '{{Phase}}' | where Pod contains '{{Like}}' | project Pod, Namespace, Phase, Restarts",
                  "Pods", size=0, exportedParameters=[{"fieldName": "Pod", "parameterName": "ChosenPod", "parameterType": 1}]),
            text("Chosen pod: **{ChosenPod}**", **shown_if("ChosenPod", None, "isNotEqualTo")),
            query(f"{PODS}\n| where Pod == '{{ChosenPod}}' | project Phase", "Phase of the chosen pod", **shown_if("ChosenPod", None, "isNotEqualTo")),
        ],
        **shown_if("Tab", "Inventory"),
    ),
    group([text("Inside the fold.")], title="More", expandable=True),
    group([text("Loaded now.")], title="Slow part", loadType="explicit", loadButtonText="Load it"),
)  # fmt: skip

CYCLE = document(
    text("# A circle"),
    parameters(
        parameter("A", 1, query="print '{B}'", queryType=0),
        parameter("B", 1, query="print '{A}'", queryType=0),
    ),
    query("print Still = 'alive'", "Still alive"),
)

HOSTILE = document(
    text("# <script>window.hit=1</script>Hostile <img src=x onerror='window.hit=1'>"),
    parameters(parameter("Name", 1, value="<img src=x onerror=window.hit=1>")),
    text("Hello {Name}"),
    query('print Cell = "<img src=x onerror=window.hit=1>"', "<img src=x onerror=window.hit=1>"),
    query('print Cell = "<svg onload=window.hit=1>", Value = 1', "tiles", visualization="tiles", tileSettings={"titleContent": {"columnMatch": "Cell"}, "leftContent": {"columnMatch": "Value", "formatter": 12}}),
)  # fmt: skip


SLOW_QUERY = """range x from 1 to 60000 step 1 | extend k = 1
| join kind=inner (range y from 1 to 60000 step 1 | extend k = 1) on k
| summarize Total = sum((x * y) % 7)"""

SLOW = document(
    text("# Slow and fast"),
    parameters(parameter("P", 10, value="one", jsonData='["one", "two"]')),
    query(SLOW_QUERY, "Slow"),
    query("print Answer = 'at once {P}'", "Fast", exportedParameters=[{"fieldName": "Answer", "parameterName": "Chosen", "parameterType": 1}]),
    text("Chosen: **{Chosen}**", **shown_if("Chosen", None, "isNotEqualTo")),
)  # fmt: skip

LATE = document(
    text("# Late"),
    query(SLOW_QUERY.replace("60000", "18000"), "Late"),
)


CLICKS = document(
    text("# Clicks"),
    parameters(parameter("Brush", 4, value={"durationMs": 86400000})),
    query(f"{PODS}\n| summarize Restarts = sum(Restarts) by Namespace", "Bars", visualization="categoricalbar", exportedParameters=[{"fieldName": "x", "parameterName": "Bar", "parameterType": 1}]),
    query(f"{PODS}\n| summarize Pods = count() by Namespace", "Pie", visualization="piechart", exportedParameters=[{"fieldName": "label", "parameterName": "Slice", "parameterType": 1}]),
    query(f"{PODS}\n| summarize Restarts = sum(Restarts) by bin(TimeGenerated, 1h)", "Times", visualization="timechart", timeBrushParameterName="Brush"),
    text("Bar {Bar}, slice {Slice}, range {Brush:label}."),
)  # fmt: skip


GRAPH = document(
    query(
        json.dumps({"version": "1.0.0", "content": json.dumps([
            {"id": "web", "from": "", "to": ""}, {"id": "db", "from": "", "to": ""}, {"id": "", "from": "web", "to": "db"},
        ])}),
        "Network", queryType=8, visualization="graph",
        graphSettings={"type": 0, "nodeIdField": "id", "sourceIdField": "from", "targetIdField": "to", "showOrientationToggles": True,
                       "topContent": {"columnMatch": "id", "formatter": 1, "formatOptions": {"linkTarget": "GenericDetails"}}},
    )
)  # fmt: skip

SITES = json.dumps(
    {
        "value": [
            {"name": "north", "properties": {"state": "Up", "hosts": 3}},
            {"name": "south", "properties": {"state": "Down", "hosts": 5}},
        ]
    }
)
JSON_PATHS = {
    "version": "1.0.0",
    "content": SITES,
    "transformers": [
        {"type": "jsonpath", "settings": {"tablePath": "$.value", "columns": [{"path": "$.name", "columnid": "Site"}]}}
    ],
}

SOURCES = document(
    text("# Every source"),
    parameters(
        parameter("Namespace", 2, query=f"{PODS}\n| distinct Namespace, strcat('The ', Namespace)", queryType=0, typeSettings={"additionalResourceOptions": ["value::1"]}, value="value::1"),
        parameter("Level", 1, criteriaData=[
            {"criteriaContext": {"leftOperand": "Namespace", "operator": "==", "rightValType": "static", "rightVal": "bank", "resultValType": "static", "resultVal": "high"}},
            {"criteriaContext": {"operator": "Default", "resultValType": "static", "resultVal": "low"}},
        ]),
    ),
    query(f"{PODS}\n| summarize Pods = count() by Namespace", "Pods", name="pods"),
    query(f"{PODS}\n| summarize Restarts = sum(Restarts) by Namespace", "Restarts", name="restarts"),
    query(json.dumps({"version": "Merge/1.0", "merges": [{"id": "m1", "mergeType": "inner", "leftTable": "pods", "rightTable": "restarts", "leftColumn": "Namespace", "rightColumn": "Namespace"}], "projectRename": []}), "Merged", queryType=7),
    query(json.dumps(JSON_PATHS), "Sites", queryType=8),
    group([], groupType="template", loadFromTemplateId="Community-Workbooks/Tests/hostile"),
)  # fmt: skip


HALF = {"maxWidth": "50%"}
LONG_NAME = "What a series is called when nobody counts letters"
WIDTHS = document(
    text("# Widths"),
    text("\n", customWidth="65"),
    parameters(parameter("Note", 1, label="Note"), customWidth="35"),
    query(f'{PODS}\n| summarize Pods = count() by Namespace = "{LONG_NAME}", bin(TimeGenerated, 1d)', "Left", styleSettings=HALF, visualization="barchart"),
    query(f"{PODS}\n| summarize Pods = count() by Namespace", "Right", styleSettings=HALF),
    query(f"{PODS}\n| summarize Pods = count() by Namespace", "Ring", visualization="piechart", size=4),
    query(f"{PODS}\n| summarize Pods = count() by Namespace", "Whole rows", visualization="tiles", tileSettings={"size": "full", "showBorder": False, "leftContent": {"columnMatch": "Pods", "formatter": 12}, "rightContent": {"columnMatch": "Namespace"}}),
)  # fmt: skip


def write(folder: Path) -> Path:
    """Puts the workbooks into a folder, with two files that are none."""
    for name, content in (
        ("pods", PODS_BOARD),
        ("cycle", CYCLE),
        ("hostile", HOSTILE),
        ("slow", SLOW),
        ("late", LATE),
        ("clicks", CLICKS),
        ("graph", GRAPH),
        ("sources", SOURCES),
        ("widths", WIDTHS),
    ):
        (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    (folder / "torn.json").write_text('{"version": "Notebook/1.0", "items": [', encoding="utf-8")
    (folder / "other.json").write_text('{"hello": "world"}', encoding="utf-8")
    return folder
