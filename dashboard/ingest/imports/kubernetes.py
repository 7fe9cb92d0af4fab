"""Kubernetes' own records as rows: audit events and pods."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from dashboard.ingest.imports.records import Record

Row = tuple[str, Record]
AUDIT_TABLES = ("AKSAudit", "AzureDiagnostics", "KubernetesAudit")

EVENT_TYPES = {"exec": "Exec", "attach": "Attach", "portforward": "PortForward"}
_CHANGES = frozenset(("create", "update", "patch"))
AUDIT_KEYS = frozenset((
    "kind", "apiVersion", "level", "auditID", "stage", "requestURI", "verb", "user", "sourceIPs", "userAgent", "objectRef",
    "responseStatus", "requestObject", "responseObject", "requestReceivedTimestamp", "stageTimestamp", "annotations",
))  # fmt: skip


def is_audit_event(record: Record) -> bool:
    """Whether the record is an event of a Kubernetes audit log, of any version."""
    version = record.get("apiVersion")
    if isinstance(version, str) and version.startswith("audit.k8s.io"):
        return "items" not in record
    if record.get("kind", "Event") != "Event" or (version is not None and version != "v1"):
        return False
    return "verb" in record and any(key in record for key in ("objectRef", "requestURI", "auditID"))


def audit_time(event: Record) -> Any:
    """The time of an audit event: of its stage, else of its request, else of its object; None where it has none."""
    for key in ("stageTimestamp", "requestReceivedTimestamp", "timestamp"):
        if event.get(key):
            return event[key]
    metadata = event.get("metadata")
    return metadata.get("creationTimestamp") if isinstance(metadata, dict) else None


def audit_rows(event: Record, base: Record) -> Iterator[Row]:
    """One audit event as rows of AKSAudit and KubernetesAudit. `base` holds what is known beside it: `_ResourceId`, `PodName`,
    `TenantId`, `TimeGenerated` …"""
    get = event.get
    time = base.get("TimeGenerated") or audit_time(event)
    user, ref, status, annotations = (
        _object(get("user")),
        _object(get("objectRef")),
        _object(get("responseStatus")),
        _object(get("annotations")),
    )
    addresses = get("sourceIPs")
    row = {
        "TimeGenerated": time, "Annotations": get("annotations"), "AuditId": get("auditID"), "Level": get("level"), "ObjectRef": get("objectRef"),
        "RequestObject": get("requestObject"), "RequestReceivedTime": get("requestReceivedTimestamp"), "RequestUri": get("requestURI"),
        "ResponseObject": get("responseObject"), "ResponseStatus": get("responseStatus"), "SourceIps": addresses, "Stage": get("stage"),
        "StageReceivedTime": get("stageTimestamp"), "User": get("user"), "UserAgent": get("userAgent"), "Verb": get("verb"),
        "PodName": base.get("PodName"), "_ResourceId": base.get("_ResourceId"), "SourceSystem": base.get("SourceSystem"),
    }  # fmt: skip
    if not event.keys() <= AUDIT_KEYS:
        row["AdditionalFields"] = {key: value for key, value in event.items() if key not in AUDIT_KEYS}
    yield "AKSAudit", row
    resource, sub, name, verb = (
        _text(part) for part in (ref.get("resource"), ref.get("subresource"), ref.get("name"), get("verb"))
    )
    why = warning_of(event, user, ref, status, annotations, resource, sub, verb)
    yield "KubernetesAudit", {
        "TimeGenerated": time, "AuditId": get("auditID"), "EventType": EVENT_TYPES.get(sub) or verb.capitalize(),
        "Level": "Warning" if why else "Normal", "Reason": why, "User": orjson.dumps(user).decode() if user else "",
        "Username": user.get("username"), "SourceIp": addresses[0] if isinstance(addresses, list) and addresses else "",
        "UserAgent": get("userAgent"), "Namespace": ref.get("namespace"), "ResourceType": resource, "Subresource": sub,
        "Resource": f"{resource}/{name}" if resource and name else resource or name or get("requestURI"),
        "Action": f"{verb} {resource}/{sub}" if sub else f"{verb} {resource}".strip(), "Verb": verb, "ResponseCode": status.get("code"),
        "Decision": annotations.get("authorization.k8s.io/decision"), "RequestUri": get("requestURI"),
        "ClusterId": base.get("_ResourceId"), "_ResourceId": base.get("_ResourceId"), "ClusterName": base.get("ClusterName"),
    }  # fmt: skip


def diagnostics_row(event: Record) -> Row:
    """One audit event as the row of AzureDiagnostics that AKS would have written."""
    return "AzureDiagnostics", {
        "TimeGenerated": audit_time(event), "Category": "kube-audit", "ResourceProvider": "MICROSOFT.CONTAINERSERVICE",
        "ResourceType": "MANAGEDCLUSTERS", "OperationName": "Microsoft.ContainerService/managedClusters/diagnosticLogs/Read",
        "stream_s": "stdout", "log_s": orjson.dumps(event).decode(),
    }  # fmt: skip


def pod_rows(pod: Record) -> Iterator[Row]:
    """A pod as `kubectl get pods -o json` gives it: one row of KubePodInventory for each of its containers. What has no column
    is kept in AdditionalFields of the first one."""
    meta, spec, status = _object(pod.get("metadata")), _object(pod.get("spec")), _object(pod.get("status"))
    owner = next((o for o in meta.get("ownerReferences") or [] if isinstance(o, dict)), {})
    states = {
        _text(entry.get("name")): entry
        for key in ("initContainerStatuses", "containerStatuses")
        for entry in status.get(key) or []
        if isinstance(entry, dict)
    }
    labels = meta.get("labels") or {}
    shared = {
        "Name": meta.get("name"), "Namespace": meta.get("namespace"), "PodUid": meta.get("uid"), "PodLabel": [labels],
        "PodCreationTimeStamp": meta.get("creationTimestamp"), "PodStartTime": status.get("startTime"), "PodIp": status.get("podIP"),
        "PodStatus": "Terminating" if meta.get("deletionTimestamp") else status.get("phase"), "Computer": spec.get("nodeName"),
        "ControllerKind": owner.get("kind"), "ControllerName": owner.get("name"),
        "ServiceName": labels.get("app") if isinstance(labels, dict) else None,
        "PodRestartCount": sum(entry.get("restartCount") or 0 for entry in states.values()),
    }  # fmt: skip
    containers = [c for key in ("containers", "initContainers") for c in spec.get(key) or [] if isinstance(c, dict)]
    for i, container in enumerate(containers or [{}]):
        name = _text(container.get("name"))
        state = states.get(name, {})
        word, detail = next(iter(_object(state.get("state")).items()), ("", {}))
        detail = _object(detail)
        row = {
            **shared,
            "ContainerName": f"{_text(meta.get('uid'))}/{name}" if name else None,
            "ContainerID": _text(state.get("containerID")).rpartition("//")[2],
            "ContainerRestartCount": state.get("restartCount"),
            "ContainerStatus": word,
            "ContainerStatusReason": detail.get("reason"),
            "ContainerLastStatus": state.get("lastState"),
            "ContainerStartTime": detail.get("startedAt"),
            "ContainerCreationTimeStamp": detail.get("startedAt"),
        }
        if i == 0:
            row["AdditionalFields"] = pod
        yield "KubePodInventory", row


def warning_of(
    event: Record, user: Record, ref: Record, status: Record, annotations: Record, resource: str, sub: str, verb: str
) -> str:
    """Why a defender should look at the request; empty where nothing speaks for it."""
    name = _text(user.get("username"))
    if sub in EVENT_TYPES and resource == "pods":
        return f"{EVENT_TYPES[sub]} into a pod"
    if name == "system:anonymous" and resource:
        return "Anonymous request"
    denied = status.get("code") == 403 or annotations.get("authorization.k8s.io/decision") == "forbid"
    if resource == "secrets" and verb in ("get", "list", "watch") and (denied or not name.startswith("system:")):
        return "Secrets denied" if denied else "Secrets read by a person"
    if resource in ("clusterrolebindings", "rolebindings") and verb in _CHANGES:
        return "Role bound"
    if resource == "events" and verb.startswith("delete"):
        return "Events deleted"
    if verb in _CHANGES and "requestObject" in event:
        return _risky_pod(event["requestObject"])
    return ""


def _risky_pod(value: Any) -> str:
    spec = _object(_object(value).get("spec"))
    spec = _object(_object(spec.get("template")).get("spec")) or spec
    containers = (
        [c for key in ("containers", "initContainers") for c in spec.get(key) or [] if isinstance(c, dict)]
        if spec
        else []
    )
    if any(_object(c.get("securityContext")).get("privileged") is True for c in containers):
        return "Privileged container"
    if any(spec.get(key) is True for key in ("hostNetwork", "hostPID", "hostIPC")):
        return "Pod shares the host's namespaces"
    if any(isinstance(v, dict) and "hostPath" in v for v in spec.get("volumes") or []):
        return "Pod mounts a path of its host"
    return ""


def _object(value: Any) -> Record:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)
