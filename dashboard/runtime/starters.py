"""Templates that a new workbook may begin with: clusters, identity, network, incidents. Each is a small whole workbook that shows
how its tables are asked, made to be changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.runtime import blueprint as make

_GRAIN = f"{{{make.TIME}:grain}}"


@dataclass(frozen=True)
class Starter:
    """A template: its id, title, one sentence, and what makes its document."""

    id: str
    title: str
    text: str
    make: Callable[[], dict[str, Any]]


def _filter(name: str, table: str, column: str) -> Mapping[str, Any]:
    return make.filter_parameter(
        name,
        name,
        f"{table}\n| summarize by Value = tostring({column})\n| where isnotempty(Value)\n| order by Value asc",
    )


def _aks() -> dict[str, Any]:
    pods = f"KubePodInventory\n{make.filter_text('Namespace', 'Namespace')}"
    events = f"KubeEvents\n{make.filter_text('Namespace', 'Namespace')}"
    return make.document(
        make.text("# Clusters\nPods, their restarts and what the clusters warn of.", "title"),
        make.parameters(make.time_range(1), _filter("Namespace", "KubePodInventory", "Namespace")),
        make.tiles("Now", f"{pods}\n| summarize arg_max(TimeGenerated, PodStatus, ClusterName, Namespace) by PodUid\n| summarize Pods = count(), Waiting = countif(PodStatus != 'Running' and PodStatus != 'Succeeded'), Clusters = dcount(ClusterName), Namespaces = dcount(Namespace)\n| extend Numbers = bag_pack('Pods', Pods, 'Not running', Waiting, 'Clusters', Clusters, 'Namespaces', Namespaces)\n| mv-expand kind=array Numbers\n| project Name = tostring(Numbers[0]), Value = tolong(Numbers[1])"),
        make.query("Pods by status", f"{pods}\n| summarize Pods = dcount(PodUid) by bin(TimeGenerated, {_GRAIN}), PodStatus", "areachart", width=50, size=1),
        make.query("Warnings by reason", f"{events}\n| where KubeEventType == 'Warning'\n| summarize Events = count() by Reason\n| top 10 by Events", "categoricalbar", width=50, size=1),
        make.grid("Pods that restart", f"{pods}\n| summarize Restarts = max(PodRestartCount), Status = take_any(PodStatus) by Pod = Name, Namespace, Cluster = ClusterName\n| where Restarts > 0\n| top 100 by Restarts", [make.bar("Restarts", "orange")]),
        make.grid("Latest warnings", f"{events}\n| where KubeEventType == 'Warning'\n| top 250 by TimeGenerated\n| project TimeGenerated, Namespace, Object = Name, Reason, Message"),
    )  # fmt: skip


def _identity() -> dict[str, Any]:
    signins = f"SigninLogs\n{make.filter_text('App', 'AppDisplayName')}"
    return make.document(
        make.text("# Sign-ins\nWho signs in, from where, and what fails.", "title"),
        make.parameters(make.time_range(7), _filter("App", "SigninLogs", "AppDisplayName")),
        make.tiles("Numbers", f"{signins}\n| summarize SignIns = count(), Failed = countif(ResultType != '0'), People = dcount(UserPrincipalName), Places = dcount(Location)\n| extend Numbers = bag_pack('Sign-ins', SignIns, 'Failed', Failed, 'People', People, 'Places', Places)\n| mv-expand kind=array Numbers\n| project Name = tostring(Numbers[0]), Value = tolong(Numbers[1])"),
        make.query("Sign-ins over time", f"{signins}\n| summarize SignIns = count() by bin(TimeGenerated, {_GRAIN}), Result = iff(ResultType == '0', 'Success', 'Failure')", "barchart", size=1),
        make.query("Reasons of failures", f"{signins}\n| where ResultType != '0'\n| summarize Failures = count() by Reason = iff(isempty(ResultDescription), ResultType, ResultDescription)\n| top 8 by Failures", "piechart", width=50, size=1),
        make.query("By place", f"{signins}\n| summarize SignIns = count() by Location", "map", width=50, size=1, mapSettings={"locInfo": "CountryRegion", "locInfoColumn": "Location", "labelSettings": "Location", "sizeSettings": "SignIns", "sizeAggregation": "Sum", "legendMetric": "SignIns", "legendAggregation": "Sum", "itemColorSettings": {"type": "heatmap", "nodeColorField": "SignIns", "colorAggregation": "Sum", "heatmapPalette": "greenRed"}}),
        make.grid("People with the most failures", f"{signins}\n| summarize Failures = countif(ResultType != '0'), SignIns = count(), Addresses = dcount(IPAddress) by User = UserPrincipalName\n| where Failures > 0\n| top 100 by Failures", [make.bar("Failures", "redBright")], width=50),
        make.grid("Changes in the directory", "AuditLogs\n| top 250 by TimeGenerated\n| project TimeGenerated, OperationName, Result, Category", width=50),
    )  # fmt: skip


def _network() -> dict[str, Any]:
    flows = f"CommonSecurityLog\n{make.filter_text('Product', 'DeviceProduct')}"
    return make.document(
        make.text("# Network\nWhat firewalls and gateways saw and did.", "title"),
        make.parameters(make.time_range(7), _filter("Product", "CommonSecurityLog", "DeviceProduct")),
        make.tiles("Numbers", f"{flows}\n| summarize Events = count(), Sources = dcount(SourceIP), Targets = dcount(DestinationIP)\n| extend Numbers = bag_pack('Events', Events, 'Sources', Sources, 'Targets', Targets)\n| mv-expand kind=array Numbers\n| project Name = tostring(Numbers[0]), Value = tolong(Numbers[1])"),
        make.query("Events by action", f"{flows}\n| summarize Events = count() by bin(TimeGenerated, {_GRAIN}), DeviceAction", "barchart", size=1),
        make.query("By port", f"{flows}\n| where isnotempty(DestinationPort)\n| summarize Events = count() by Port = tostring(DestinationPort)\n| top 12 by Events", "categoricalbar", width=50, size=1),
        make.query("By activity", f"{flows}\n| summarize Events = count() by Activity\n| top 8 by Events", "piechart", width=50, size=1),
        make.grid("Top talkers", f"{flows}\n| summarize Events = count(), Targets = dcount(DestinationIP), Last = max(TimeGenerated) by SourceIP\n| top 100 by Events", [make.bar("Events")]),
    )  # fmt: skip


def _incidents() -> dict[str, Any]:
    latest = "SecurityIncident\n| summarize arg_max(TimeGenerated, *) by IncidentNumber"
    alerts = f"SecurityAlert\n{make.filter_text('Severity', 'AlertSeverity')}"
    return make.document(
        make.text("# Incidents and alerts\nWhat is open, what came in, and from which product.", "title"),
        make.parameters(make.time_range(14), _filter("Severity", "SecurityAlert", "AlertSeverity")),
        make.tiles("Incidents", f"{latest}\n| summarize Value = count() by Name = Status\n| order by Name asc"),
        make.query("Alerts by severity", f"{alerts}\n| summarize Alerts = count() by bin(TimeGenerated, {_GRAIN}), AlertSeverity", "barchart", size=1),
        make.query("By product", f"{alerts}\n| summarize Alerts = count() by ProductName\n| top 8 by Alerts", "piechart", width=50, size=1),
        make.query("By tactic", f"{alerts}\n| extend Tactic = split(Tactics, ',')\n| mv-expand Tactic to typeof(string)\n| extend Tactic = trim(' ', Tactic)\n| where isnotempty(Tactic)\n| summarize Alerts = count() by Tactic\n| top 12 by Alerts", "categoricalbar", width=50, size=1),
        make.grid("Open incidents", f"{latest}\n| where Status != 'Closed'\n| top 250 by CreatedTime\n| project IncidentNumber, Severity, Status, Title, CreatedTime", [make.severity("Severity")]),
        make.grid("Latest alerts", f"{alerts}\n| top 250 by TimeGenerated\n| project TimeGenerated, AlertSeverity, AlertName, ProductName, CompromisedEntity", [make.severity("AlertSeverity")]),
    )  # fmt: skip


STARTERS: tuple[Starter, ...] = (
    Starter("aks", "Clusters", "Kubernetes: pods by status, restarts, warnings.", _aks),
    Starter("identity", "Sign-ins", "Identity: who signs in, from where, what fails.", _identity),
    Starter("network", "Network", "Firewalls and gateways: actions, ports, talkers.", _network),
    Starter("incidents", "Incidents and alerts", "What is open, what came in, from which product.", _incidents),
    Starter(
        "empty",
        "Empty",
        "A title and a time range, and nothing else.",
        lambda: make.document(make.text("# New workbook", "title"), make.parameters(make.time_range(1))),
    ),
)
