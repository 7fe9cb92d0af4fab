"""The Azure control plane: AzureActivity, AzureMetrics, Heartbeat, Usage, Operation, and Resource Graph's tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from dashboard.ingest.estate.clock import moments
from dashboard.ingest.estate.frame import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    Rows,
    choose,
    fill,
    iso,
    pick,
    rows_from,
    text_json,
    texts,
    uuids,
)
from dashboard.ingest.estate.window import Window
from dashboard.ingest.estate.world import Json, Person, World

ACTIVITIES = 1_400
"""Operations of thirty days of the small estate; each writes two rows."""


def targets(world: World, kind: str) -> list[Json]:
    """The resources of a kind (`cluster`, `machine`, `group`, `subscription`, `workspace` or a resource type), each with id,
    name, type, group and subscription key."""
    found: list[Json] = []
    if kind == "cluster":
        found = [
            _target(
                world,
                c["subscription"],
                c["resource_group"],
                "Microsoft.ContainerService/managedClusters",
                c["name"],
                c["location"],
            )
            for c in world.clusters
        ]
    elif kind == "machine":
        found = [
            _target(
                world,
                m["subscription"],
                m["resource_group"],
                "Microsoft.Compute/virtualMachines",
                m["name"],
                m["location"],
            )
            for m in world.data["machines"]
        ]
    elif kind == "workspace":
        w = world.data["workspace"]
        found = [
            _target(
                world,
                w["subscription"],
                w["resource_group"],
                "Microsoft.OperationalInsights/workspaces",
                w["name"],
                w["location"],
            )
        ]
    elif kind == "subscription":
        for s in world.data["subscriptions"]:
            found.append(
                {
                    "id": f"/subscriptions/{s['id']}",
                    "name": s["name"],
                    "type": "Microsoft.Resources/subscriptions",
                    "group": "",
                    "sub": s["key"],
                    "location": "",
                }
            )
    elif kind == "group":
        for sub, group in sorted(
            {
                (r["subscription"], r["resource_group"])
                for r in [*world.data["resources"], *world.data["machines"], *world.data["clusters"]]
            }
        ):
            ident = f"/subscriptions/{world.subscription(sub)['id']}/resourcegroups/{group}"
            found.append(
                {
                    "id": ident,
                    "name": group,
                    "type": "Microsoft.Resources/subscriptions/resourceGroups",
                    "group": group,
                    "sub": sub,
                    "location": "westeurope",
                }
            )
    else:
        found = [
            _target(world, r["subscription"], r["resource_group"], r["type"], r["name"], "westeurope")
            for r in world.data["resources"]
            if r["type"] == kind
        ]
    return found


def _target(world: World, sub: str, group: str, kind: str, name: str, location: str) -> Json:
    return {
        "id": world.resource_id(sub, group, kind, name),
        "name": name,
        "type": kind,
        "group": group,
        "sub": sub,
        "location": location,
    }


def callers(world: World, who: str) -> list[tuple[str, str, str, float]]:
    """Who did it: caller, address, object id, weight."""
    kind, _, name = who.partition(":")
    if kind == "system":
        return [("", "", "", 1.0)]
    if kind == "principal":
        return [(p["id"], f"20.61.4.{18 + i}", p["id"], 1.0) for i, p in enumerate(world.data["principals"])]
    people: list[Person] = {
        "admin": [p for p in world.people if p.roles], "dev": [p for p in world.people if p.k8s],
        "soc": [p for p in world.people if p.dept == "Security"], "person": [p for p in world.people if name and p.name.startswith(name)],
    }[kind]  # fmt: skip
    return [(p.upn, p.home["ip"], p.id, p.weight) for p in people]


def _variants(world: World) -> list[Json]:
    found = []
    for kind in [*world.data["activity_noise"], *world.data["story_activity"]]:
        story = "at" in kind
        people = callers(world, kind["who"])
        places = [t for t in targets(world, kind["target"]) if kind.get("sub", t["sub"]) == t["sub"]]
        total = sum(p[3] for p in people) * len(places)
        for caller, ip, object_id, weight in people:
            for target in places[:1] if story else places:
                found.append(
                    {**target, "op": kind["op"], "title": kind["title"], "caller": caller, "ip": kind.get("ip", ip), "oid": object_id,
                     "category": kind.get("category", "Administrative"), "level": kind.get("level", "Informational"), "status": kind.get("status", ""),
                     "weight": 0.0 if story else kind["weight"] * weight / total, "at": [world.now - int(kind["at"] * HOUR)] if story else [],
                     "human": "@" in caller}
                )  # fmt: skip
    return found


def activity(window: Window) -> Iterator[tuple[str, pa.Table]]:
    """AzureActivity: each operation as its start and its end, under one correlation id."""
    world, rng = window.world, window.rng("AzureActivity")
    pool = _variants(world)
    weights, human = np.array([v["weight"] for v in pool]), np.array([v["human"] for v in pool])
    parts = []
    for mask, rhythm in ((human, "people"), (~human, "steady")):
        share = np.where(mask, weights, 0)
        at = moments(
            rng, window.count(ACTIVITIES * share.sum() / weights.sum()), window.start, window.end - 2 * MINUTE, rhythm
        )
        parts.append((at, choose(rng, len(pool), len(at), share)))
    for i, v in enumerate(pool):
        at = np.array([t for t in v["at"] if window.start <= t < window.end], dtype=np.int64)
        parts.append((at, np.full(len(at), i)))
    begun, index = np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])
    failed = (rng.random(len(begun)) < 0.06) & (weights[index] > 0)
    correlation = uuids(rng, len(begun))
    # What Azure reports as one state only (policy, health) has no start.
    single = np.array([bool(v["status"]) or v["category"] != "Administrative" for v in pool])[index]
    two = np.flatnonzero(~single)
    times = np.concatenate([begun, begun[two] + rng.integers(1, 90, len(two)) * SECOND])
    source = np.concatenate([np.arange(len(begun)), two])
    phase = np.concatenate([np.where(single, 2, 0), np.where(failed[two], 3, 1)])
    order = np.argsort(times, kind="stable")
    times, source, phase = times[order], source[order], phase[order]
    index = index[source]
    values = pick(["Start", "Success", "Succeeded", "Failure"], phase)
    legacy = pick(["Started", "Succeeded", "Succeeded", "Failed"], phase)
    substatus = pick(["", "OK", "", "Forbidden"], phase)
    level = pick(
        ["Informational", "Warning", "Error"],
        np.where(phase == 3, 2, np.array([v["level"] == "Warning" for v in pool])[index].astype(int)),
    )
    operation = pick(texts(v["op"].upper() for v in pool), index)
    claims = [text_json(_claims(v)) if v["caller"] else None for v in pool]
    authorization = [
        text_json(
            {
                "action": v["op"],
                "scope": v["id"],
                "evidence": {
                    "role": "Contributor" if v["human"] else "Reader",
                    "principalType": "User" if v["human"] else "ServicePrincipal",
                    "principalId": v["oid"].replace("-", ""),
                },
            }
        )
        for v in pool
    ]
    event = uuids(rng, len(times))
    properties = fill(
        '{"eventCategory":"«category»","entity":"«id»","message":"«op»","hierarchy":"«tenant»/«sub»","caller":"«caller»","eventDataId":"«event»","eventSubmissionTimestamp":"«time»","resource":"«name»","resourceGroup":"«group»","resourceProviderValue":"«provider»","subscriptionId":"«sub»","activityStatusValue":"«status»","activitySubstatusValue":"«substatus»"}',
        category=_of(pool, "category", index), id=_of(pool, "id", index), op=_of(pool, "op", index), caller=_of(pool, "caller", index), name=_of(pool, "name", index),
        group=pick([v["group"].upper() for v in pool], index), provider=pick([_provider(v) for v in pool], index), sub=_subscriptions(world, pool, index),
        tenant=pick([world.tenant(world.subscription(v["sub"])["tenant"])["id"] for v in pool], index), event=event, time=iso(times), status=values, substatus=substatus,
    )  # fmt: skip
    yield "AzureActivity", Rows("AzureActivity", times).put(
        TenantId=world.workspace_tenant, SourceSystem="Azure", CallerIpAddress=_of(pool, "ip", index), Caller=_of(pool, "caller", index),
        Category=_of(pool, "category", index), CategoryValue=_of(pool, "category", index), CorrelationId=correlation.take(pa.array(source)),
        OperationName=_of(pool, "title", index), OperationNameValue=operation, ActivityStatus=legacy, ActivityStatusValue=values,
        ActivitySubstatus=substatus, ActivitySubstatusValue=substatus, Level=level, EventDataId=event, EventSubmissionTimestamp=times + 20 * SECOND,
        Authorization=pick(authorization, index), Authorization_d=pick(authorization, index), Claims=pick([c or "" for c in claims], index),
        Claims_d=pick(pa.array(claims, type=pa.string()), index), HTTPRequest=pick([text_json({"clientRequestId": "", "clientIpAddress": v["ip"], "method": "POST" if v["op"].endswith("action") else "PUT"}) for v in pool], index),
        Hierarchy=pick([f"{world.tenant(world.subscription(v['sub'])['tenant'])['id']}/{world.subscription(v['sub'])['id']}" for v in pool], index),
        Properties=properties, Properties_d=properties, Resource=_of(pool, "name", index), ResourceGroup=pick([v["group"].upper() for v in pool], index),
        ResourceId=_of(pool, "id", index), _ResourceId=_of(pool, "id", index), ResourceProvider=pick([v["op"].split("/")[0] for v in pool], index),
        ResourceProviderValue=pick([_provider(v) for v in pool], index), SubscriptionId=_subscriptions(world, pool, index), _SubscriptionId=_subscriptions(world, pool, index),
        OperationId=event, _IsBillable="False",
    ).arrow()  # fmt: skip


def _of(pool: list[Json], key: str, index: np.ndarray) -> pa.Array:
    return pick(texts(v[key] for v in pool), index)


def _provider(v: Json) -> str:
    return str(v["op"].split("/")[0].upper())


def _subscriptions(world: World, pool: list[Json], index: np.ndarray) -> pa.Array:
    return pick([world.subscription(v["sub"])["id"] for v in pool], index)


def _claims(v: Json) -> Json:
    who: Json = {
        "http://schemas.microsoft.com/identity/claims/objectidentifier": v["oid"],
        "appid": "c44b4083-3bb0-49c1-b47d-974e53cbdf3c",
        "ipaddr": v["ip"],
    }
    if v["human"]:
        who["http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name"] = v["caller"]
        who["http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"] = v["caller"]
    return who


def metrics(window: Window) -> Iterator[tuple[str, pa.Table]]:
    """AzureMetrics: one row a resource and metric at each moment; AzureMetricsV2: the same values by dimension."""
    world, rng = window.world, window.rng("AzureMetrics")
    series = [(m, t) for m in world.data["metrics"] for t in targets(world, m["target"])]
    at = window.snapshots(70)
    times, index = np.repeat(at, len(series)), np.tile(np.arange(len(series)), len(at))
    base, swing = (np.array([float(m[k]) for m, _ in series])[index] for k in ("base", "swing"))
    average = np.maximum(
        0, base + swing * (np.sin((times / HOUR - 8) / 24 * 2 * np.pi) * 0.6 + rng.normal(0, 0.3, len(times)))
    )
    yield "AzureMetrics", Rows("AzureMetrics", times).put(
        MetricName=pick([m["name"] for m, _ in series], index), UnitName=pick([m["unit"] for m, _ in series], index), TimeGrain="PT1M",
        Average=average, Minimum=average * 0.8, Maximum=average * 1.3, Total=average * 5, Count=np.full(len(times), 5.0),
        Resource=pick([t["name"].upper() for _, t in series], index), ResourceId=pick([t["id"].upper() for _, t in series], index), _ResourceId=pick([t["id"] for _, t in series], index),
        ResourceGroup=pick([t["group"].upper() for _, t in series], index), ResourceProvider=pick([t["type"].split("/")[0].upper() for _, t in series], index),
        SubscriptionId=pick([world.subscription(t["sub"])["id"] for _, t in series], index), SourceSystem="Azure", _IsBillable="False",
    ).arrow()  # fmt: skip
    parts = [(m, t, part) for m, t in series for part in m.get("parts", [{"share": 1.0}])]
    of = {(m["name"], t["id"]): i for i, (m, t) in enumerate(series)}
    source = np.array([of[m["name"], t["id"]] for m, t, _ in parts])
    rows = (np.arange(len(at))[:, None] * len(series) + source).ravel()
    index = np.tile(np.arange(len(parts)), len(at))
    # What is counted is divided among the parts; a level is the same in each.
    share = np.array([part["share"] if m["unit"] == "Count" else 1.0 for m, _, part in parts])[index]
    average = average[rows] * share
    dimensions = [text_json({k: v for k, v in part.items() if k != "share"}) for _, _, part in parts]
    yield "AzureMetricsV2", Rows("AzureMetricsV2", times[rows]).put(
        MetricName=pick([m["name"] for m, _, _ in parts], index), UnitName=pick([m["unit"] for m, _, _ in parts], index), TimeGrain="PT1M",
        Average=average, Minimum=average * 0.8, Maximum=average * 1.3, Total=average * 5, Count=np.full(len(index), 5.0),
        MetricResourceType=pick([t["type"].lower() for _, t, _ in parts], index), Dimension=pick(dimensions, index), _ResourceId=pick([t["id"] for _, t, _ in parts], index),
        _SubscriptionId=pick([world.subscription(t["sub"])["id"] for _, t, _ in parts], index), SourceSystem="Azure", _IsBillable="False",
    ).arrow()  # fmt: skip


def heartbeat(window: Window) -> Iterator[tuple[str, pa.Table]]:
    """Heartbeat of the machines and the clusters' nodes. One machine has been silent for two days, one for five hours."""
    world = window.world
    hosts: list[Json] = [
        {"name": f"{m['name']}.{m['domain']}" if m.get("domain") else m["name"], "os": m["os"], "ip": m["ip"], "version": "10.0" if m["os"] == "Windows" else "22.04",
         "osname": "Windows Server 2022 Datacenter" if m["os"] == "Windows" else "Ubuntu", "target": t, "until": world.now - {"GAME01": 2 * DAY, "vm-build-01": 5 * HOUR}.get(m["name"], 0)}
        for m, t in zip(world.data["machines"], targets(world, "machine"), strict=True)
    ]  # fmt: skip
    for node in world.nodes:
        cluster = world.clusters[node.cluster]
        target = {
            "id": cluster["id"],
            "name": node.name,
            "group": cluster["resource_group"],
            "sub": cluster["subscription"],
            "type": "Microsoft.ContainerService/managedClusters",
        }
        hosts.append(
            {
                "name": node.name,
                "os": "Linux",
                "ip": node.ip,
                "version": "22.04",
                "osname": "Ubuntu",
                "target": target,
                "until": world.now,
            }
        )
    at = window.snapshots(110)
    until = np.array([h["until"] for h in hosts])
    which, index = np.nonzero(at[:, None] <= until[None, :])
    times = at[which]
    place = world.data["offices"][0]
    yield "Heartbeat", Rows("Heartbeat", times).put(
        SourceSystem="OpsManager", Computer=pick([h["name"] for h in hosts], index), ComputerIP=pick([h["ip"] for h in hosts], index),
        Category=pick(["Azure Monitor Agent" if i % 4 else "Direct Agent" for i in range(len(hosts))], index), OSType=pick([h["os"] for h in hosts], index),
        OSName=pick([h["osname"] for h in hosts], index), OSMajorVersion=pick([h["version"].split(".")[0] for h in hosts], index), OSMinorVersion=pick([h["version"].split(".")[1] for h in hosts], index),
        Version=pick(["1.33.4" if h["os"] == "Linux" else "1.31.0.0" for h in hosts], index), SCAgentChannel="Direct", IsGatewayInstalled=False,
        RemoteIPCountry=place["country_name"], RemoteIPLatitude=float(place["lat"]), RemoteIPLongitude=float(place["lon"]),
        SubscriptionId=pick([world.subscription(h["target"]["sub"])["id"] for h in hosts], index), _SubscriptionId=pick([world.subscription(h["target"]["sub"])["id"] for h in hosts], index),
        ResourceGroup=pick([h["target"]["group"] for h in hosts], index), ResourceProvider=pick([h["target"]["type"].split("/")[0] for h in hosts], index),
        Resource=pick([h["target"]["name"] for h in hosts], index), ResourceId=pick([h["target"]["id"] for h in hosts], index), _ResourceId=pick([h["target"]["id"] for h in hosts], index),
        ResourceType=pick([h["target"]["type"].split("/")[1] for h in hosts], index), ComputerEnvironment="Azure",
        Solutions=pick(['"security", "changeTracking", "azureMonitorForVMs"' if h["os"] == "Windows" else '"security", "containerInsights"' for h in hosts], index),
        VMUUID=pick([world.guid("vm", h["name"]) for h in hosts], index), ComputerPrivateIPs=pick([text_json([h["ip"]]) for h in hosts], index),
    ).arrow()  # fmt: skip


# What each table brings in, megabytes an hour, and whether it is paid for.
_USAGE: tuple[tuple[str, str, float, bool], ...] = (
    ("AzureDiagnostics", "LogManagement", 210, True), ("ContainerLogV2", "ContainerInsights", 160, True), ("AKSAudit", "LogManagement", 120, True),
    ("SecurityEvent", "Security", 95, True), ("CommonSecurityLog", "Security", 140, True), ("Syslog", "LogManagement", 38, True),
    ("SigninLogs", "LogManagement", 9, True), ("AADNonInteractiveUserSignInLogs", "LogManagement", 22, True), ("AuditLogs", "LogManagement", 2, True),
    ("Perf", "LogManagement", 30, True), ("InsightsMetrics", "LogManagement", 26, True), ("KubePodInventory", "ContainerInsights", 18, True), ("KubeEvents", "ContainerInsights", 1, True),
    ("DeviceProcessEvents", "LogManagement", 44, True), ("DeviceNetworkEvents", "LogManagement", 52, True), ("DeviceFileEvents", "LogManagement", 33, True), ("DeviceEvents", "LogManagement", 21, True),
    ("EmailEvents", "LogManagement", 6, True), ("CloudAppEvents", "LogManagement", 12, True), ("OfficeActivity", "Office365/SecurityInsights", 8, False),
    ("AzureActivity", "LogManagement", 3, False), ("Heartbeat", "LogManagement", 1, False), ("SecurityAlert", "Security", 0.2, False), ("SecurityIncident", "SecurityInsights", 0.1, False),
    ("AADServicePrincipalSignInLogs", "LogManagement", 4, True), ("AADManagedIdentitySignInLogs", "LogManagement", 3, True), ("IdentityLogonEvents", "LogManagement", 5, True),
    ("ThreatIntelligenceIndicator", "SecurityInsights", 0.4, False), ("Operation", "LogManagement", 0.1, False), ("Usage", "LogManagement", 0.1, False),
)  # fmt: skip
_TROUBLE = (
    (
        "Data Collection Status",
        "Warning",
        "Data collection rate approached the ingestion rate limit of the workspace: AzureDiagnostics",
    ),
    ("Agent", "Error", "Heartbeat of the agent was not received for more than 15 minutes"),
    ("Ingestion", "Warning", "Some fields of type AzureDiagnostics were truncated at 32 KB"),
    ("Data Collection Status", "Succeeded", "Data collection started"),
    ("Agent", "Failure", "Failed to resolve the IP address for the logs endpoint"),
)


def usage(window: Window) -> Iterator[tuple[str, pa.Table]]:
    """Usage by table and hour, and Operation: what the workspace says about itself."""
    world, rng = window.world, window.rng("Usage")
    step = 6 * HOUR if window.scale < 20 else HOUR
    at = np.arange(-(-window.start // step) * step, window.end, step)
    times, index = np.repeat(at, len(_USAGE)), np.tile(np.arange(len(_USAGE)), len(at))
    rate = np.array([u[2] for u in _USAGE])[index] * step / HOUR
    quantity = (
        rate * (1 + 0.3 * np.sin((times / HOUR - 9) / 24 * 2 * np.pi)) * rng.normal(1, 0.08, len(times)).clip(0.4, 2)
    )
    workspace = targets(world, "workspace")[0]["id"]
    yield "Usage", Rows("Usage", times).put(
        DataType=pick([u[0] for u in _USAGE], index), Solution=pick([u[1] for u in _USAGE], index), Quantity=quantity, QuantityUnit="MBytes",
        IsBillable=np.array([u[3] for u in _USAGE])[index], StartTime=times - step, EndTime=times, ResourceUri=workspace, SourceSystem="OMS",
        TotalBatches=(quantity * 3).astype(np.int64), BatchesWithinSla=(quantity * 3).astype(np.int64), AvgLatencyInSeconds=rng.random(len(times)) * 4,
    ).arrow()  # fmt: skip
    times = window.times(rng, 180)
    kind, host = (
        choose(rng, len(_TROUBLE), len(times), [2, 2, 2, 4, 1]),
        rng.integers(0, len(world.data["machines"]), len(times)),
    )
    yield "Operation", Rows("Operation", times).put(
        OperationCategory=pick([t[0] for t in _TROUBLE], kind), OperationStatus=pick([t[1] for t in _TROUBLE], kind), Detail=pick([t[2] for t in _TROUBLE], kind),
        Computer=pick([m["name"] for m in world.data["machines"]], host), _ResourceId=pick([t["id"] for t in targets(world, "machine")], host), Solution="LogManagement", SourceSystem="OpsManager", OperationKey="",
    ).arrow()  # fmt: skip


def graph(window: Window) -> Iterator[tuple[str, pa.Table]]:
    """Resource Graph: `resources` and `resourcecontainers` as they are now."""
    world = window.world
    if window.index:
        return
    kinds = ["cluster", "machine", "workspace", *sorted({r["type"] for r in world.data["resources"]})]
    records: list[Json] = []
    for kind in kinds:
        for t in targets(world, kind):
            records.append(
                _graph_record(
                    world,
                    t["id"],
                    t["name"],
                    t["type"].lower(),
                    t["group"],
                    t["sub"],
                    t["location"],
                    _properties(world, kind, t),
                )
            )
    subscriptions = [
        _graph_record(world, f"/subscriptions/{s['id']}", s["name"], "microsoft.resources/subscriptions", "", s["key"], "", {"state": "Enabled", "managementGroupAncestorsChain": [{"displayName": "Tenant Root Group", "name": world.tenant(s["tenant"])["id"]}]})
        for s in world.data["subscriptions"]
    ]  # fmt: skip
    groups = [
        _graph_record(
            world,
            t["id"],
            t["name"],
            "microsoft.resources/subscriptions/resourcegroups",
            t["name"],
            t["sub"],
            t["location"],
            {"provisioningState": "Succeeded"},
        )
        for t in targets(world, "group")
    ]
    for table, found in (("resources", records), ("resourcecontainers", [*subscriptions, *groups])):
        yield table, rows_from(table, found)


def _graph_record(
    world: World, ident: str, name: str, kind: str, group: str, sub: str, location: str, properties: Json
) -> Json:
    subscription = world.subscription(sub)
    return {
        "id": ident, "name": name, "type": kind, "tenantId": world.tenant(subscription["tenant"])["id"], "location": location, "resourceGroup": group,
        "subscriptionId": subscription["id"], "properties": properties, "tags": {"environment": "production" if sub != "data" else "development", "owner": "platform"},
    }  # fmt: skip


def _properties(world: World, kind: str, target: Json) -> Json:
    if kind == "cluster":
        cluster = next(c for c in world.clusters if c["name"] == target["name"])
        pools: list[Any] = [
            {
                "name": p["name"],
                "count": p["count"],
                "vmSize": p["vm"],
                "mode": "System" if p["name"] == "system" else "User",
            }
            for p in cluster["pools"]
        ]
        profile = {
            "provisioningState": "Succeeded",
            "powerState": {"code": "Running"},
            "kubernetesVersion": cluster["version"],
            "agentPoolProfiles": pools,
            "enableRBAC": True,
        }
        return profile | {
            "fqdn": f"{cluster['name']}-dns.hcp.{cluster['location']}.azmk8s.io",
            "apiServerAccessProfile": {"enablePrivateCluster": False},
            "addonProfiles": {"omsagent": {"enabled": True}, "azurepolicy": {"enabled": cluster["key"] == "shop"}},
        }
    if kind == "machine":
        machine = next(m for m in world.data["machines"] if m["name"] == target["name"])
        return {
            "provisioningState": "Succeeded",
            "hardwareProfile": {"vmSize": "Standard_D4s_v5"},
            "storageProfile": {"osDisk": {"osType": machine["os"]}},
            "extended": {"instanceView": {"powerState": {"displayStatus": "VM running", "code": "PowerState/running"}}},
        }
    if kind == "workspace":
        return {
            "provisioningState": "Succeeded",
            "customerId": world.workspace_tenant,
            "retentionInDays": 90,
            "sku": {"name": "PerGB2018"},
        }
    return {"provisioningState": "Succeeded"}
