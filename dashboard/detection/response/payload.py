"""An incident as Microsoft Sentinel's incident trigger sends it to a playbook, so that an Azure Logic App takes ours as well.

Source: the reference of the Logic Apps connector for Microsoft Sentinel (trigger "Microsoft Sentinel incident"), and bodies
of the trigger that people published.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dashboard.detection.alert import Alert, entity_name
from dashboard.detection.incidents.incident import Incident

_NONE: Final = "00000000-0000-0000-0000-000000000000"
_KINDS: Final = {
    "account": "Account", "azure-resource": "AzureResource", "cloud-application": "CloudApplication", "dns": "DnsResolution",
    "file": "File", "filehash": "FileHash", "host": "Host", "ip": "Ip", "iotdevice": "IoTDevice", "mailbox": "Mailbox",
    "mail-cluster": "MailCluster", "mail-message": "MailMessage", "malware": "Malware", "process": "Process",
    "registry-key": "RegistryKey", "registry-value": "RegistryValue", "security-group": "SecurityGroup",
    "submissionmail": "SubmissionMail", "url": "Url",
}  # fmt: skip
_NAMES: Final = {
    "Name": "accountName", "UPNSuffix": "upnSuffix", "NTDomain": "ntDomain", "AadUserId": "aadUserId", "Sid": "sid", "Address": "address",
    "HostName": "hostName", "DnsDomain": "dnsDomain", "NetBiosName": "netBiosName", "Url": "url", "DomainName": "domainName",
    "ResourceId": "resourceId", "CommandLine": "commandLine", "ProcessId": "processId", "Algorithm": "algorithm", "Value": "hashValue",
}  # fmt: skip


def incident_payload(
    incident: Incident,
    alerts: Sequence[Alert],
    *,
    event: str = "Create",
    event_id: str = "",
    workspace: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The body of the trigger. `event` is Create or Update; `event_id` the same for every attempt; `workspace` may hold
    subscription, group, name and id."""
    state, known = incident.state, dict(workspace or {})
    place = (
        f"/subscriptions/{known.get('subscription') or _NONE}/resourceGroups/{known.get('group') or 'local'}"
        f"/providers/Microsoft.OperationalInsights/workspaces/{known.get('name') or 'watchbook'}/providers/Microsoft.SecurityInsights"
    )
    name = str(state.get("IncidentName") or incident.number)
    extra = state.get("AdditionalData") or {}
    properties: dict[str, Any] = {
        "title": incident.title, "description": str(state.get("Description") or ""), "severity": incident.severity,
        "status": incident.status, "owner": dict(state.get("Owner") or {}), "labels": list(state.get("Labels") or []),
        "firstActivityTimeUtc": state.get("FirstActivityTime") or state["CreatedTime"],
        "lastActivityTimeUtc": state.get("LastActivityTime") or state["CreatedTime"],
        "lastModifiedTimeUtc": state["LastModifiedTime"], "createdTimeUtc": state["CreatedTime"], "incidentNumber": incident.number,
        "additionalData": {
            "alertsCount": len(incident.alert_ids), "bookmarksCount": len(state.get("BookmarkIds") or []),
            "commentsCount": len(state.get("Comments") or []),
            "alertProductNames": [str(part) for part in extra.get("alertProductNames") or []],
            "tactics": list(extra.get("tactics") or []), "techniques": list(extra.get("techniques") or []),
        },
        "relatedAnalyticRuleIds": [f"{place}/alertRules/{rule}" for rule in state.get("RelatedAnalyticRuleIds") or []],
        "incidentUrl": str(state.get("IncidentUrl") or ""), "providerName": "Azure Sentinel",
        "providerIncidentId": str(state.get("ProviderIncidentId") or incident.number),
        "alerts": [_alert(alert, place) for alert in alerts], "bookmarks": [], "relatedEntities": _entities(alerts, place),
        "comments": list(state.get("Comments") or []),
    }  # fmt: skip
    if incident.status == "Closed":
        properties |= {
            "classification": state.get("Classification") or "", "classificationReason": state.get("ClassificationReason") or "",
            "classificationComment": state.get("ClassificationComment") or "",
        }  # fmt: skip
    return {
        "eventUniqueId": event_id or str(uuid.uuid4()), "objectSchemaType": "Incident", "objectEventType": event,
        "workspaceInfo": {
            "SubscriptionId": known.get("subscription") or _NONE, "ResourceGroupName": known.get("group") or "local",
            "WorkspaceName": known.get("name") or "watchbook",
        },
        "workspaceId": known.get("id") or _NONE,
        "object": {
            "id": f"{place}/Incidents/{name}", "name": name, "etag": f'"{incident.version}"',
            "type": "Microsoft.SecurityInsights/Incidents", "properties": properties,
        },
    }  # fmt: skip


def _alert(alert: Alert, place: str) -> dict[str, Any]:
    row = alert.row

    def text(*names: str) -> str:
        return next((str(row[name]) for name in names if row.get(name)), "")

    try:
        extended = json.loads(row.get("ExtendedProperties") or "{}")
    except ValueError:
        extended = {}
    properties = {
        "systemAlertId": alert.alert_id, "tactics": alert.tactics, "alertDisplayName": text("DisplayName", "AlertName"),
        "description": text("Description"), "confidenceLevel": text("ConfidenceLevel") or "Unknown", "severity": text("AlertSeverity"),
        "vendorName": text("VendorName") or "Watchbook", "productName": text("ProductName"), "productComponentName": text("ProductComponentName"),
        "alertType": text("AlertType"), "processingEndTime": text("ProcessingEndTime", "TimeGenerated"), "status": text("Status") or "New",
        "endTimeUtc": text("EndTime", "TimeGenerated"), "startTimeUtc": text("StartTime", "TimeGenerated"), "timeGenerated": text("TimeGenerated"),
        "providerAlertId": text("VendorOriginalId") or alert.alert_id, "resourceIdentifiers": [],
        "additionalData": {str(name): value if isinstance(value, str) else json.dumps(value) for name, value in extended.items()},
        "friendlyName": text("DisplayName", "AlertName"),
    }  # fmt: skip
    return _resource(place, alert.alert_id, "SecurityAlert", properties)


def _entities(alerts: Sequence[Alert], place: str) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for alert in alerts:
        for entity in alert.entities:
            kind = _KINDS.get(str(entity.get("Type", "")).lower())
            name = entity_name(entity)
            if kind is None or not name:
                continue
            ident = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{kind}:{name}".lower()))
            values = {
                _NAMES.get(key, key[:1].lower() + key[1:]): value
                for key, value in entity.items()
                if key not in ("Type", "$id") and isinstance(value, (str, int, float, bool))
            }
            found.setdefault(ident, _resource(place, ident, kind, {**values, "friendlyName": name}))
    return list(found.values())


def _resource(place: str, name: str, kind: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"{place}/Entities/{name}", "name": name, "type": "Microsoft.SecurityInsights/Entities", "kind": kind, "properties": properties,
    }  # fmt: skip
