"""The body of Sentinel's incident trigger as a JSON schema: the fields that its public reference names, with those that Logic
Apps read marked as required."""

from __future__ import annotations

from typing import Any


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"type": "object", "properties": {**required, **(optional or {})}, "required": list(required)}


def _array(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


_TEXT = {"type": "string"}
_FILLED = {"type": "string", "minLength": 1}
_COUNT = {"type": "integer", "minimum": 0}
_TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"}
_MAYBE = {"type": ["string", "null"]}
_ALERT = _object({
    "systemAlertId": _FILLED, "tactics": _array(_TEXT), "alertDisplayName": _FILLED, "confidenceLevel": _TEXT, "severity": {"enum": ["High", "Medium", "Low", "Informational"]},
    "vendorName": _TEXT, "productName": _TEXT, "productComponentName": _TEXT, "alertType": _TEXT, "processingEndTime": _TIME, "status": _TEXT, "endTimeUtc": _TIME,
    "startTimeUtc": _TIME, "timeGenerated": _TIME, "providerAlertId": _TEXT, "resourceIdentifiers": _array(_object({"type": _TEXT, "workspaceId": _TEXT})),
    "additionalData": {"type": "object", "additionalProperties": _TEXT}, "friendlyName": _TEXT,
})  # fmt: skip


def _resource(kind: Any, properties: Any) -> dict[str, Any]:
    place = {
        "type": "string",
        "pattern": "^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.OperationalInsights/workspaces/[^/]+/providers/Microsoft.SecurityInsights/Entities/",
    }
    return _object(
        {
            "id": place,
            "name": _FILLED,
            "type": {"const": "Microsoft.SecurityInsights/Entities"},
            "kind": kind,
            "properties": properties,
        }
    )


_KINDS = {
    "enum": [
        "Account", "AzureResource", "CloudApplication", "DnsResolution", "File", "FileHash", "Host", "Ip", "IoTDevice", "Mailbox", "MailCluster", "MailMessage",
        "Malware", "Process", "RegistryKey", "RegistryValue", "SecurityGroup", "SubmissionMail", "Url",
    ]
}  # fmt: skip
_INCIDENT = _object(
    {
        "title": _FILLED, "description": _TEXT, "severity": {"enum": ["High", "Medium", "Low", "Informational"]}, "status": {"enum": ["New", "Active", "Closed"]},
        "owner": _object({"objectId": _MAYBE, "email": _MAYBE, "assignedTo": _MAYBE, "userPrincipalName": _MAYBE}),
        "labels": _array(_object({"labelName": _TEXT, "labelType": {"enum": ["User", "AutoAssigned"]}})), "firstActivityTimeUtc": _TIME, "lastActivityTimeUtc": _TIME,
        "lastModifiedTimeUtc": _TIME, "createdTimeUtc": _TIME, "incidentNumber": {"type": "integer", "minimum": 1},
        "additionalData": _object({
            "alertsCount": _COUNT, "bookmarksCount": _COUNT, "commentsCount": _COUNT, "alertProductNames": _array(_TEXT), "tactics": _array(_TEXT), "techniques": _array(_TEXT),
        }),
        "relatedAnalyticRuleIds": _array({"type": "string", "pattern": "/alertRules/"}), "incidentUrl": _TEXT, "providerName": _TEXT, "providerIncidentId": _TEXT,
        "alerts": _array(_resource({"const": "SecurityAlert"}, _ALERT)), "bookmarks": {"type": "array"},
        "relatedEntities": _array(_resource(_KINDS, _object({"friendlyName": _FILLED}))), "comments": {"type": "array"},
    },
    {"classification": _TEXT, "classificationReason": _TEXT, "classificationComment": _TEXT},
)  # fmt: skip
SCHEMA: dict[str, Any] = _object({
    "eventUniqueId": _FILLED, "objectSchemaType": {"const": "Incident"}, "objectEventType": {"enum": ["Create", "Update"]},
    "workspaceInfo": _object({"SubscriptionId": _FILLED, "ResourceGroupName": _FILLED, "WorkspaceName": _FILLED}), "workspaceId": _FILLED,
    "object": _object({
        "id": {"type": "string", "pattern": "/providers/Microsoft.SecurityInsights/Incidents/"}, "name": _FILLED, "etag": _TEXT,
        "type": {"const": "Microsoft.SecurityInsights/Incidents"}, "properties": _INCIDENT,
    }),
})  # fmt: skip
