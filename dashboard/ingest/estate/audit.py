"""The control plane's logs: the audit events of both API servers in every table that holds them, and the other logs.

A request is a variant (who, what, where, answer) and a moment. The variants, some hundreds, are written out once; a row
adds its identifier and its times, so that a million events cost no more than their text.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from dashboard.ingest.estate.clock import moments
from dashboard.ingest.estate.frame import HOUR, SECOND, Rows, choose, fill, iso, pick, text_json, texts, uuids
from dashboard.ingest.estate.window import Window
from dashboard.ingest.estate.world import Json, World

REQUESTS = 7_000
"""Audit events of thirty days of the small estate."""
CONTROL_PLANE = 1_800
_READS = ("get", "list", "watch")
_EVENT_TYPES = {"exec": "Exec", "attach": "Attach", "portforward": "PortForward"}


def variants(world: World) -> list[Json]:
    """Every request that occurs, with its weight; those of the stories have weight 0 and the times they happen."""
    found: list[Json] = []
    for kind in world.data["audit_noise"]:
        made = [v for c in world.clusters if kind.get("cluster", c["key"]) == c["key"] for v in _spread(world, kind, c)]
        share = sum(v["share"] for v in made)
        found += [{**v, "weight": kind["weight"] * v["share"] / share, "at": ()} for v in made]
    for beat in world.data["story_audit"]:
        cluster = next(c for c in world.clusters if c["key"] == beat["cluster"])
        pod = next(iter(world.pods_named(beat["name"], cluster["number"])), None) if beat.get("pod") else None
        at = [
            world.now - int(beat["at"] * HOUR) + i * beat.get("every", 0) * SECOND for i in range(beat.get("times", 1))
        ]
        name = pod.name if pod else beat.get("name", "")
        warn = 1 if beat.get("why") else 0
        found.append(
            {
                **_variant(world, {**beat, "warn": warn}, cluster, _actor(world, beat["who"], cluster), {"name": name}),
                "weight": 0.0,
                "at": at,
            }
        )
    return found


def _lasting(world: World, cluster: Json, kind: Json) -> list[Any]:
    pods = [
        p for p in world.pods if p.cluster == cluster["number"] and p.died > world.now and p.trouble in ("", "memory")
    ]
    namespace = kind.get("ns", "{ns}")
    return [p for p in pods if namespace in ("{ns}", p.namespace) and p.controller_kind]


def _actor(world: World, who: str, cluster: Json) -> Json:
    """Who acts in a story; `node:POD` is the node on which a pod ran."""
    kind, _, name = who.partition(":")
    if kind == "node":
        node = world.nodes[world.pods_named(name, cluster["number"])[0].node].name
        return next(found for found in _who(world, kind, cluster) if found["node"] == node)
    return _who(world, who, cluster)[0]


def _who(world: World, who: str, cluster: Json) -> list[Json]:
    kind, _, rest = who.partition(":")
    if kind == "anonymous":
        return [{"username": "system:anonymous", "groups": ["system:unauthenticated"], "ip": ""}]
    if kind == "sa":
        namespace, _, name = rest.partition(":")
        groups = ["system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated"]
        uid = world.guid("sa", cluster["name"], rest)
        return [
            {
                "username": f"system:serviceaccount:{rest}",
                "uid": uid,
                "groups": groups,
                "ip": f"10.{224 + cluster['number']}.0.{4 + zlib.crc32(name.encode()) % 6}",
            }
        ]
    if kind == "node":
        return [
            {"username": f"system:node:{n.name}", "groups": ["system:nodes", "system:authenticated"], "ip": n.ip, "node": n.name}
            for n in world.nodes if n.cluster == cluster["number"]
        ]  # fmt: skip
    if kind == "component":
        groups = ["system:masters", "system:authenticated"] if rest == "aksService" else ["system:authenticated"]
        name = rest if rest in ("aksService", "cluster-autoscaler") else f"system:{rest}"
        return [{"username": name, "groups": groups, "ip": "172.31.39.167"}]
    if kind == "principal":
        principal = next(p for p in world.data["principals"] if p["name"] == rest)
        return [
            {
                "username": principal["id"],
                "groups": ["system:authenticated"],
                "extra": {"oid": [principal["id"]]},
                "ip": "20.61.4.18",
            }
        ]
    chosen = [p for p in world.people if p.k8s == rest or p.name.startswith(rest)]
    if rest == "dev":
        teams = {"shop": ("Shop",), "data": ("Data",)}
        chosen = [p for p in chosen if p.dept in teams[cluster["key"]]]
    return [
        {"username": p.upn, "groups": [world.guid("group", p.dept), "system:authenticated"], "extra": {"oid": [p.id]}, "ip": p.home["ip"], "share": p.weight}
        for p in chosen
    ]  # fmt: skip


def _spread(world: World, kind: Json, cluster: Json) -> list[Json]:
    """One kind of request over the cluster's people, nodes and pods: at most two dozen variants."""
    rng = world.rng("audit", kind["who"], kind["verb"], kind.get("resource", kind.get("uri", "")), cluster["name"])
    pods = _lasting(world, cluster, kind) if any("{" in str(kind.get(k, "")) for k in ("ns", "name")) else []
    if "{pod}" in str(kind.get("name", "")) and not pods:
        return []
    found = []
    for who in _who(world, kind["who"], cluster):
        mine = [p for p in pods if "node" not in who or world.nodes[p.node].name == who["node"]] or pods
        for pod in [mine[i] for i in rng.permutation(len(mine))[:4]] if mine else [None]:
            names = {"ns": pod.namespace, "pod": pod.name, "workload": pod.workload} if pod else {}
            names |= {"node": who.get("node") or next(n.name for n in world.nodes if n.cluster == cluster["number"])}
            for scanner in (
                [s["ip"] for s in world.data["strangers"]] if kind.get("ip") == "{scanner}" else [kind.get("ip", "")]
            ):
                made = {k: _put(kind.get(k, ""), names) for k in ("ns", "name")}
                found.append(
                    {**_variant(world, {**kind, "ip": scanner}, cluster, who, made), "share": who.get("share", 1.0)}
                )
    return found


def _put(text: str, names: Json) -> str:
    for key, value in names.items():
        text = text.replace(f"{{{key}}}", value)
    return text


def _variant(world: World, kind: Json, cluster: Json, who: Json, made: Json) -> Json:
    resource, sub, verb = kind.get("resource", ""), kind.get("subresource", ""), kind["verb"]
    namespace, name = made.get("ns") or kind.get("ns", ""), made.get("name", "")
    group = kind.get("group", "")
    uri = kind.get("uri") or _uri(
        group, namespace, resource, "" if verb == "create" and not sub else name, sub
    ) + kind.get("uri_tail", "")
    reference = {
        "resource": resource,
        "namespace": namespace,
        "name": name,
        "apiGroup": group,
        "apiVersion": "v1",
        "subresource": sub,
    }
    code = kind["code"]
    status: Json = {"metadata": {}, "code": code}
    if code >= 400:
        reason = {403: "Forbidden", 409: "AlreadyExists", 404: "NotFound"}.get(code, "Unknown")
        status = {"metadata": {}, "status": "Failure", "reason": reason, "code": code}
    user = {k: who[k] for k in ("username", "uid", "groups", "extra") if k in who}
    allowed = "forbid" if code == 403 else "allow"
    event = _EVENT_TYPES.get(sub) or {"create": "Create", "update": "Update", "patch": "Patch", "delete": "Delete"}.get(
        verb, verb.capitalize()
    )
    return {
        "cluster": cluster["number"], "user": user, "username": who["username"], "ip": kind.get("ip") or who["ip"], "agent": kind["agent"],
        "verb": verb, "resource": resource, "sub": sub, "ns": namespace, "name": name, "uri": uri, "code": code, "status": status,
        "ref": {k: v for k, v in reference.items() if v} if resource else None, "request": kind.get("request"), "decision": allowed,
        "event": event, "warn": bool(kind.get("warn")), "why": kind.get("why", ""), "admin": verb not in _READS,
        "level": "RequestResponse" if kind.get("request") else "Metadata",
        "annotations": {"authorization.k8s.io/decision": allowed, "authorization.k8s.io/reason": "" if allowed == "forbid" else "RBAC: allowed"},
    }  # fmt: skip


def _uri(group: str, namespace: str, resource: str, name: str, sub: str) -> str:
    root = f"/apis/{group}/v1" if group else "/api/v1"
    parts = [root, f"namespaces/{namespace}" if namespace else "", resource, name, sub]
    return "/".join(part for part in parts if part)


def _head(v: Json) -> str:
    return f'{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"{v["level"]}","auditID":"'


def _middle(v: Json) -> str:
    parts: Json = {
        "requestURI": v["uri"],
        "verb": v["verb"],
        "user": v["user"],
        "sourceIPs": [v["ip"]],
        "userAgent": v["agent"],
    }
    parts |= {"objectRef": v["ref"]} if v["ref"] else {}
    parts |= {"responseStatus": v["status"]}
    parts |= {"requestObject": v["request"]} if v["request"] else {}
    return '","stage":"ResponseComplete",' + text_json(parts)[1:-1] + ',"requestReceivedTimestamp":"'


def _tail(v: Json) -> str:
    return f'","annotations":{text_json(v["annotations"])}}}'


def audit(window: Window) -> Iterator[tuple[str, pa.Table]]:
    """AKSAudit, AKSAuditAdmin, AzureDiagnostics (kube-audit, kube-audit-admin) and the view KubernetesAudit."""
    world, rng = window.world, window.rng("audit")
    pool = variants(world)
    times, index = _requests(window, rng, pool)
    received = times - rng.integers(2_000, 90_000, len(times))
    ids = uuids(rng, len(times))
    stage = times - 1_000
    clusters = world.clusters
    number = np.array([v["cluster"] for v in pool])[index]
    place = {
        "_ResourceId": pick([c["id"] for c in clusters], number), "_SubscriptionId": pick([c["subscription_id"] for c in clusters], number),
        "TenantId": world.workspace_tenant, "SourceSystem": "Azure", "_IsBillable": "True",
    }  # fmt: skip
    server = pick(
        [f"kube-apiserver-{zlib.crc32((c['name'] + str(i)).encode()):08x}-{i}xk7d" for c in clusters for i in range(2)],
        number * 2 + rng.integers(0, 2, len(times)),
    )
    columns = {
        "AuditId": ids, "RequestReceivedTime": received, "StageReceivedTime": stage, "Stage": "ResponseComplete", "PodName": server,
        **{name: pick(texts(v[key] for v in pool), index) for name, key in (("Level", "level"), ("RequestUri", "uri"), ("UserAgent", "agent"), ("Verb", "verb"))},
        **{name: pick(pa.array([None if v[key] is None else text_json(v[key]) for v in pool], type=pa.string()), index)
           for name, key in (("Annotations", "annotations"), ("ObjectRef", "ref"), ("RequestObject", "request"), ("ResponseStatus", "status"), ("User", "user"))},
        "SourceIps": pick([text_json([v["ip"]]) for v in pool], index),
    }  # fmt: skip
    every = Rows("AKSAudit", times).put(**place, **columns).arrow()
    yield "AKSAudit", every
    admin = pa.array(np.array([v["admin"] for v in pool])[index])
    yield "AKSAuditAdmin", _renamed(every.filter(admin), "AKSAuditAdmin")
    yield (
        "KubernetesAudit",
        _view(pool, times, index, ids, pick([c["name"] for c in clusters], number), place["_ResourceId"]),
    )
    log = fill(
        "«head»«id»«middle»«received»\",\"stageTimestamp\":\"«stage»«tail»", head=pick([_head(v) for v in pool], index), id=ids,
        middle=pick([_middle(v) for v in pool], index), received=iso(received), stage=iso(stage), tail=pick([_tail(v) for v in pool], index),
    )  # fmt: skip
    diagnostics = _diagnostics(world, times, number, "kube-audit", server, log)
    yield "AzureDiagnostics", diagnostics
    position = diagnostics.schema.get_field_index("Category")
    fewer = diagnostics.filter(admin)
    category = pa.DictionaryArray.from_arrays(
        pa.array(np.zeros(len(fewer), dtype=np.int32)), pa.array(["kube-audit-admin"])
    )
    # A name of its own keeps both categories of a day apart.
    yield "AzureDiagnostics:admin", fewer.set_column(position, "Category", category)


def _renamed(arrow: pa.Table, table: str) -> pa.Table:
    kind = pa.DictionaryArray.from_arrays(pa.array(np.zeros(len(arrow), dtype=np.int32)), pa.array([table]))
    return arrow.set_column(arrow.schema.get_field_index("Type"), "Type", kind)


def _requests(window: Window, rng: np.random.Generator, pool: list[Json]) -> tuple[np.ndarray, np.ndarray]:
    """Times and variants of all requests of the window, those of the stories among them."""
    weights = np.array([v["weight"] for v in pool])
    human = np.array(["@" in v["username"] for v in pool])
    parts = []
    for mask, rhythm in ((human, "people"), (~human, "steady")):
        share = np.where(mask, weights, 0)
        times = moments(rng, window.count(REQUESTS * share.sum() / weights.sum()), window.start, window.end, rhythm)
        parts.append((times, choose(rng, len(pool), len(times), share)))
    for i, v in enumerate(pool):
        at = np.array([t for t in v["at"] if window.start <= t < window.end], dtype=np.int64)
        parts.append((at, np.full(len(at), i)))
    times = np.concatenate([part[0] for part in parts])
    order = np.argsort(times, kind="stable")
    return times[order], np.concatenate([part[1] for part in parts])[order]


def _view(
    pool: list[Json], times: np.ndarray, index: np.ndarray, ids: pa.Array, cluster: pa.Array, resource_id: pa.Array
) -> pa.Table:
    named = {
        "EventType": "event", "Username": "username", "SourceIp": "ip", "UserAgent": "agent", "Namespace": "ns", "ResourceType": "resource",
        "Subresource": "sub", "Verb": "verb", "Decision": "decision", "RequestUri": "uri", "Reason": "why",
    }  # fmt: skip
    return Rows("KubernetesAudit", times).put(
        ClusterId=resource_id, _ResourceId=resource_id, ClusterName=cluster, AuditId=ids,
        **{name: pick(texts(v[key] for v in pool), index) for name, key in named.items()},
        Level=pick(["Warning" if v["warn"] else "Normal" for v in pool], index),
        User=pick([text_json(v["user"]) for v in pool], index),
        Resource=pick(["/".join(p for p in (v["resource"], v["name"]) if p) or v["uri"] for v in pool], index),
        Action=pick([f"{v['verb']} {v['resource']}{'/' + v['sub'] if v['sub'] else ''}".strip() for v in pool], index),
        ResponseCode=pick(np.array([v["code"] for v in pool], dtype=np.int32), index),
    ).arrow()  # fmt: skip


def _diagnostics(
    world: World, times: np.ndarray, number: np.ndarray, category: Any, pod: pa.Array, log: pa.Array
) -> pa.Table:
    clusters = world.clusters
    return Rows("AzureDiagnostics", times).put(
        TenantId=world.workspace_tenant, SourceSystem="Azure", Category=category, ResourceProvider="MICROSOFT.CONTAINERSERVICE",
        ResourceType="MANAGEDCLUSTERS", OperationName="Microsoft.ContainerService/managedClusters/diagnosticLogs/Read",
        ResourceId=pick([c["id"].upper() for c in clusters], number), _ResourceId=pick([c["id"] for c in clusters], number),
        SubscriptionId=pick([c["subscription_id"] for c in clusters], number), ResourceGroup=pick([c["resource_group"].upper() for c in clusters], number),
        Resource=pick([c["name"].upper() for c in clusters], number), ccpNamespace_s=pick([world.guid("ccp", c["name"]).replace("-", "")[:24] for c in clusters], number),
        Cloud_s="AzureCloud", Environment_s="prod", UnderlayClass_s="hcp-underlay", stream_s="stdout",
        UnderlayName_s=pick([f"hcp-underlay-{c['location']}-cx-{417 + c['number']}" for c in clusters], number),
        containerID_s=pick([f"{zlib.crc32(c['name'].encode()):08x}" * 8 for c in clusters], number), pod_s=pod, log_s=log,
    ).arrow()  # fmt: skip


def control_plane(window: Window) -> Iterator[tuple[str, pa.Table]]:
    """AKSControlPlane, and AzureDiagnostics of the categories other than audit."""
    world, rng = window.world, window.rng("control plane")
    lines = world.data["control_plane"]
    times = window.times(rng, CONTROL_PLANE)
    index = choose(rng, len(lines), len(times), [line["weight"] for line in lines])
    number = choose(rng, len(world.clusters), len(times), [c["weight"] for c in world.clusters])
    variant = rng.integers(0, 20, len(times))
    pods = [p.name for p in world.pods if p.namespace == "shop" and p.died > world.now]
    made = [
        line["text"].replace("«n»", str(1 + i)).replace("«pod»", pods[i % len(pods)])
        for line in lines
        for i in range(20)
    ]
    clock = np.datetime_as_string(times.astype("datetime64[us]"), unit="us")
    day = pa.array([f"{stamp[5:7]}{stamp[8:10]} {stamp[11:]}" for stamp in clock.tolist()], type=pa.string())
    text = fill(
        "«level»«day»       1 «file»] «text»",
        level=pick([line["level"] for line in lines], index),
        day=day,
        file=pick([line["file"] for line in lines], index),
        text=pick(made, index * 20 + variant),
    )
    pod = pick(
        [
            f"{line['category']}-{zlib.crc32((c['name'] + line['category']).encode()):08x}-7h2mx"
            for c in world.clusters
            for line in lines
        ],
        number * len(lines) + index,
    )
    category = pick([line["category"] for line in lines], index)
    level = {"I": "INFO", "W": "WARNING", "E": "ERROR"}
    yield "AKSControlPlane", Rows("AKSControlPlane", times).put(
        _ResourceId=pick([c["id"] for c in world.clusters], number), _SubscriptionId=pick([c["subscription_id"] for c in world.clusters], number),
        TenantId=world.workspace_tenant, SourceSystem="Azure", Category=category, Level=pick([level[line["level"]] for line in lines], index),
        Message=text, PodName=pod, Stream="stdout", _IsBillable="True",
    ).arrow()  # fmt: skip
    yield "AzureDiagnostics", _diagnostics(world, times, number, category, pod, text)
