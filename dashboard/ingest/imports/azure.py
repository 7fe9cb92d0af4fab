"""Records of Azure's exports as rows: diagnostic settings and continuous export (blobs, Event Hubs), query API rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from dashboard.ingest.imports.json_reader import parse
from dashboard.ingest.imports.kubernetes import Row, audit_rows, audit_time, is_audit_event
from dashboard.ingest.imports.match import named_table
from dashboard.ingest.imports.records import Record

# Categories of diagnostic settings whose table has another name.
_CATEGORIES = {
    "administrative": "AzureActivity", "policy": "AzureActivity", "security": "AzureActivity", "servicehealth": "AzureActivity",
    "alert": "AzureActivity", "recommendation": "AzureActivity", "autoscale": "AzureActivity", "resourcehealth": "AzureActivity",
    "noninteractiveusersigninlogs": "AADNonInteractiveUserSignInLogs", "serviceprincipalsigninlogs": "AADServicePrincipalSignInLogs",
    "managedidentitysigninlogs": "AADManagedIdentitySignInLogs", "riskyusers": "AADRiskyUsers", "userriskevents": "AADUserRiskEvents",
    "provisioninglogs": "AADProvisioningLogs",
}  # fmt: skip
_NAMES = {
    "time": "TimeGenerated", "resourceid": "ResourceId", "category": "Category", "operationname": "OperationName",
    "operationversion": "OperationVersion", "resulttype": "ResultType", "resultsignature": "ResultSignature",
    "resultdescription": "ResultDescription", "durationms": "DurationMs", "calleripaddress": "CallerIPAddress",
    "correlationid": "CorrelationId", "level": "Level", "location": "Location", "tenantid": "TenantId", "identity": "Identity",
}  # fmt: skip


def is_diagnostic_record(record: Record) -> bool:
    """Whether it is a record of diagnostic settings or continuous export: `time`, `category`, `properties`."""
    category = record.get("category") or record.get("Category")
    return isinstance(category, str) and "properties" in record and ("operationName" in record or "time" in record)


def is_audit_row(record: Record) -> bool:
    """Whether it is a row of AzureDiagnostics that holds a Kubernetes audit event."""
    return isinstance(record.get("log_s"), str) and str(record.get("Category", "")).startswith("kube-audit")


def diagnostic_rows(record: Record) -> Iterator[Row]:
    """The rows of one record of diagnostic settings: the table of its category, else AzureDiagnostics with a column for each property
    (`_s`, `_d`, `_b` as the service names them)."""
    category = str(record.get("category") or record.get("Category"))
    table = named_table(record.get("Type")) or _CATEGORIES.get(category.lower()) or named_table(category)
    properties = _properties(record.get("properties"))
    named = {_NAMES.get(key.lower(), key): value for key, value in record.items() if key != "properties"}
    if table and table != "AzureDiagnostics":
        own = {_capital(key): value for key, value in properties.items()}
        extra = {key: value for key, value in own.items() if key in named and value != named[key]}
        row = {**own, **named}
        if extra or not isinstance(record.get("properties"), dict):
            row["properties"] = record.get("properties")
        yield table, row
        return
    resource = str(record.get("resourceId") or record.get("ResourceId") or "")
    parts = resource.strip("/").split("/")
    row = {**named, "_ResourceId": resource.lower()}
    if len(parts) >= 8:
        row |= {"SubscriptionId": parts[1].lower(), "ResourceGroup": parts[3].upper(), "ResourceProvider": parts[5].upper(),
                "ResourceType": parts[6].upper(), "Resource": parts[7].upper()}  # fmt: skip
    for key, value in properties.items():
        row[_diagnostics_name(key, value)] = value
    yield "AzureDiagnostics", row
    if category.startswith("kube-audit"):
        yield from _audit_of(properties.get("log"), row, properties.get("pod"))


def audit_diagnostics_rows(record: Record) -> Iterator[Row]:
    """A row of AzureDiagnostics as the query API returns it, and the audit event in it as rows of its own."""
    yield "AzureDiagnostics", record
    yield from _audit_of(record.get("log_s"), record, record.get("pod_s"))


def _audit_of(log: Any, row: Record, pod: Any) -> Iterator[Row]:
    try:
        event = log if isinstance(log, dict) else parse(log) if isinstance(log, str) else None
    except ValueError:
        return
    if isinstance(event, dict) and is_audit_event(event):
        resource = row.get("_ResourceId") or row.get("ResourceId")
        base = {"_ResourceId": resource, "PodName": pod, "ClusterName": str(resource or "").rpartition("/")[2]}
        yield from audit_rows(event, base if audit_time(event) else {**base, "TimeGenerated": row.get("TimeGenerated")})


def _properties(value: Any) -> Record:
    if isinstance(value, str):
        try:
            value = parse(value)
        except ValueError:
            return {"properties": value}
    return value if isinstance(value, dict) else {"properties": value} if value is not None else {}


def _capital(key: str) -> str:
    return key[:1].upper() + key[1:]


def _diagnostics_name(key: str, value: Any) -> str:
    key = re.sub(r"[^A-Za-z0-9_]", "_", key)
    suffix = "b" if isinstance(value, bool) else "d" if isinstance(value, (int, float)) else "s"
    return f"{key}_{suffix}"
