"""Container insights: pods, containers, nodes, services, events, logs and counters of the two clusters."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from dashboard.ingest.estate.clock import snapshots
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
    text_json,
    texts,
    where,
)
from dashboard.ingest.estate.window import Window
from dashboard.ingest.estate.world import World

SNAPSHOTS = 92
_RUN_MINUTES = 25


@lru_cache(maxsize=2)
def _pools(world_key: int) -> dict[str, Any]:
    world = _WORLDS[world_key]
    pods = [world.pods[c.pod] for c in world.containers]
    clusters = [world.clusters[p.cluster] for p in pods]
    nodes = [world.nodes[p.node] for p in pods]
    pools: dict[str, Any] = {
        "born": np.array([p.born for p in pods]), "died": np.array([p.died for p in pods]),
        "rate": np.array([p.restarts_a_day for p in pods]), "trouble": np.array([p.trouble for p in pods]),
        "cluster_id": texts(c["id"] for c in clusters), "cluster": texts(c["name"] for c in clusters),
        "subscription": texts(c["subscription_id"] for c in clusters),
        "node": texts("" if p.trouble == "pending" else n.name for p, n in zip(pods, nodes, strict=True)),
        "namespace": texts(p.namespace for p in pods), "pod": texts(p.name for p in pods), "uid": texts(p.uid for p in pods),
        "ip": texts("" if p.trouble == "pending" else p.ip for p in pods), "labels": texts(p.labels for p in pods),
        "service": texts(p.service for p in pods), "kind": texts(p.controller_kind for p in pods),
        "controller": texts(p.controller for p in pods),
        "container": texts(c.name for c in world.containers), "container_id": texts(c.id for c in world.containers),
        "full_image": texts(f"{c.image}:{c.tag}" for c in world.containers),
        "repository": texts(c.image.rpartition("/")[0] for c in world.containers),
        "image": texts(c.image.rpartition("/")[2] for c in world.containers), "tag": texts(c.tag for c in world.containers),
        "digest": texts(c.image_digest for c in world.containers),
        "instance": texts(f"{p.uid}/{c.name}" for p, c in zip(pods, world.containers, strict=True)),
        "hosting": texts(f"k8s_{c.name}_{p.name}_{p.namespace}_{p.uid}_0" for p, c in zip(pods, world.containers, strict=True)),
        "first_of_pod": np.array([i == 0 or world.containers[i - 1].pod != c.pod for i, c in enumerate(world.containers)]),
        "pod_json": texts(_pod_json(world, i) for i in range(len(world.containers))),
        "metadata": texts(text_json({"podUid": p.uid, "podLabels": {"app": p.workload}, "image": c.image.rpartition("/")[2], "imageRepo": c.image.rpartition("/")[0], "imageTag": c.tag}) for p, c in zip(pods, world.containers, strict=True)),
        "workload": np.array([p.workload for p in pods]), "seedling": np.array([zlib.crc32(c.id.encode()) % 1000 / 1000 for c in world.containers]),
    }  # fmt: skip
    return pools


_WORLDS: dict[int, World] = {}


def container_pools(world: World) -> dict[str, Any]:
    """One entry a container, as pools to pick from, made once a world."""
    _WORLDS.clear()
    _WORLDS[id(world)] = world
    return _pools(id(world))


def _pod_json(world: World, number: int) -> str:
    container = world.containers[number]
    pod = world.pods[container.pod]
    spec = {
        "containers": {
            "name": container.name,
            "image": f"{container.image}:{container.tag}",
            "imagePullPolicy": "IfNotPresent",
        },
        "nodeName": world.nodes[pod.node].name,
        "serviceAccountName": "default",
    }
    metadata = {"name": pod.name, "namespace": pod.namespace, "uid": pod.uid, "labels": {"app": pod.workload}}
    return text_json({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})[:-1]


def alive(
    rng: np.random.Generator, times: np.ndarray, born: np.ndarray, died: np.ndarray, weights: np.ndarray | None = None
) -> np.ndarray:
    """For each time the index of something that lived then, by chance."""
    index = choose(rng, len(born), len(times), weights)
    for _ in range(12):
        wrong = np.flatnonzero((times < born[index]) | (times >= died[index]))
        if not len(wrong):
            break
        index[wrong] = choose(rng, len(born), len(wrong), weights)
    else:
        index[wrong] = int(np.argmax(died - born))
    return index


def inventory(window: Window) -> Iterator[tuple[str, pa.Table]]:
    """KubePodInventory and its view KubernetesPodInventory, ContainerInventory, KubeNodeInventory, KubeServices."""
    world, p = window.world, container_pools(window.world)
    times, index = _present(_looks(window, p["born"], p["died"]), p["born"], p["died"])
    age = times - p["born"][index]
    trouble = p["trouble"][index]
    restarts = (p["rate"][index] * age / DAY).astype(np.int32)
    done = (trouble == "done") & (age > _RUN_MINUTES * MINUTE)
    pending = (trouble == "pending") | (age < 20 * SECOND)
    # A container that crashes on its configuration is down most of the time; one short of memory, now and then.
    crashed = (trouble == "config") & (age > 2 * MINUTE)
    killed = (trouble == "memory") & (restarts > 0)
    status = where(done, "Succeeded", where(pending, "Pending", "Running"))
    state = where(done, "terminated", where(pending | crashed, "waiting", "running"))
    reason = where(
        done,
        "Completed",
        where(crashed, "CrashLoopBackOff", where(pending & (age < 20 * SECOND), "ContainerCreating", "")),
    )
    last = where(
        crashed, '{"lastState":"terminated","reason":"Error","startedAt":"","finishedAt":"","containerID":""}',
        where(killed, '{"lastState":"terminated","reason":"OOMKilled","startedAt":"","finishedAt":"","containerID":""}', ""),
    )  # fmt: skip
    restarted = p["born"][index] + np.where(
        restarts > 0, (restarts / np.maximum(p["rate"][index], 1e-9) * DAY).astype(np.int64), 3 * SECOND
    )
    shared = {"ClusterId": pick(p["cluster_id"], index), "ClusterName": pick(p["cluster"], index)}
    resource = {"_ResourceId": shared["ClusterId"], "_SubscriptionId": pick(p["subscription"], index)}
    common = {"Namespace": pick(p["namespace"], index), "PodUid": pick(p["uid"], index), "PodStatus": status,
              "ContainerID": pick(p["container_id"], index), "ContainerStatus": state,
              "ControllerKind": pick(p["kind"], index), "ControllerName": pick(p["controller"], index)}  # fmt: skip
    pod_name, node = pick(p["pod"], index), pick(p["node"], index)
    yield "KubePodInventory", Rows("KubePodInventory", times).put(
        **shared, **resource, **common, Computer=node, Name=pod_name, ContainerName=pick(p["instance"], index),
        InstanceName=pick(p["instance"], index), ContainerCreationTimeStamp=restarted, ContainerStartTime=restarted,
        ContainerStatusReason=reason, ContainerLastStatus=last, ContainerRestartCount=restarts, PodRestartCount=restarts,
        PodCreationTimeStamp=p["born"][index], PodStartTime=p["born"][index] + SECOND, PodIp=pick(p["ip"], index),
        PodLabel=pick(p["labels"], index), ServiceName=pick(p["service"], index), SourceSystem="Containers", _IsBillable="True", _BilledSize=912.0,
    ).arrow()  # fmt: skip
    yield "KubernetesPodInventory", Rows("KubernetesPodInventory", times).put(
        **shared, **common, _ResourceId=resource["_ResourceId"], PodName=pod_name, Node=node,
        ContainerName=pick(p["container"], index), RestartCount=restarts,
        Pod=fill('«pod»,"status":{"phase":"«phase»","podIP":"«ip»","startTime":"«start»"}}', pod=pick(p["pod_json"], index), phase=status, ip=pick(p["ip"], index), start=iso(p["born"][index], 0)),
    ).arrow()  # fmt: skip
    keep = ~pending
    times, index, done, crashed, restarted = times[keep], index[keep], done[keep], crashed[keep], restarted[keep]
    over = done | crashed
    yield "ContainerInventory", Rows("ContainerInventory", times).put(
        _ResourceId=pick(p["cluster_id"], index), _SubscriptionId=pick(p["subscription"], index), Computer=pick(p["node"], index),
        ContainerID=pick(p["container_id"], index), Name=pick(p["hosting"], index), ContainerHostname=pick(p["pod"], index),
        ContainerState=where(crashed, "Failed", where(done, "Stopped", "Running")), CreatedTime=p["born"][index], StartedTime=restarted,
        FinishedTime=pa.array(restarted + 25 * MINUTE, mask=~over).cast(pa.timestamp("us")), ExitCode=np.where(crashed, 1, 0).astype(np.int32),
        Image=pick(p["image"], index), ImageTag=pick(p["tag"], index), Repository=pick(p["repository"], index),
        ImageID=pick(p["digest"], index), Command="", EnvironmentVar="[]", Links="[]", Ports="[]", SourceSystem="Containers", _IsBillable="True",
    ).arrow()  # fmt: skip
    yield from _nodes_and_services(window, world)


def _looks(window: Window, born: np.ndarray, died: np.ndarray) -> np.ndarray:
    """The times of the looks that are kept. The agent looks every minute; each container is seen once, however short its life, and
    each look sees everything that runs: single rows would draw as an hour in which all else was down."""
    at = np.sort(window.snapshots(SNAPSHOTS))
    seen = born + MINUTE
    behind = np.searchsorted(at, born)
    unseen = (
        (behind == len(at)) | (at[np.minimum(behind, len(at) - 1)] >= died)
        if len(at)
        else np.ones(len(born), dtype=bool)
    )
    own = np.unique(seen[unseen & (seen >= window.start) & (seen < window.end) & (seen < died)])
    kept: list[int] = []
    for moment in own[::-1].tolist():
        # What was born shortly before one look is seen by the same.
        if not kept or kept[-1] - moment > 2 * MINUTE:
            kept.append(moment)
    return np.unique(np.concatenate([at, np.array(kept, dtype=np.int64)]))


def _present(at: np.ndarray, born: np.ndarray, died: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each snapshot with each thing that lives then: the times and the indexes, in order of time."""
    times, indexes = [], []
    for start in range(0, len(at), 500):
        part = at[start : start + 500]
        which, index = np.nonzero((born[None, :] <= part[:, None]) & (part[:, None] < died[None, :]))
        times.append(part[which])
        indexes.append(index)
    if not times:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    return np.concatenate(times), np.concatenate(indexes)


def _nodes_and_services(window: Window, world: World) -> Iterator[tuple[str, pa.Table]]:
    born, died = np.array([n.born for n in world.nodes]), np.array([n.died for n in world.nodes])
    times, index = _present(window.snapshots(SNAPSHOTS), born, died)
    clusters = [world.clusters[n.cluster] for n in world.nodes]
    # One node was not ready for an hour, ten days and again two hours ago.
    ill = (index == 3) & (
        ((times > world.now - 10 * DAY) & (times < world.now - 10 * DAY + HOUR))
        | ((times > world.now - 3 * HOUR) & (times < world.now - 2 * HOUR))
    )
    yield "KubeNodeInventory", Rows("KubeNodeInventory", times).put(
        ClusterId=pick([c["id"] for c in clusters], index), ClusterName=pick([c["name"] for c in clusters], index),
        _ResourceId=pick([c["id"] for c in clusters], index), _SubscriptionId=pick([c["subscription_id"] for c in clusters], index),
        Computer=pick([n.name for n in world.nodes], index), CreationTimeStamp=born[index], Status=where(ill, "NotReady", "Ready"),
        KubeletVersion=pick([f"v{c['version']}" for c in clusters], index), KubeProxyVersion=pick([f"v{c['version']}" for c in clusters], index),
        DockerVersion="containerd://1.7.27-1", OperatingSystem="Ubuntu 22.04.5 LTS", LastTransitionTimeReady=born[index] + 2 * MINUTE,
        KubernetesProviderID=pick([f"azure:///subscriptions/{c['subscription_id']}/resourceGroups/mc_{c['resource_group']}/providers/Microsoft.Compute/virtualMachineScaleSets/{n.name[:-10]}vmss/virtualMachines/{int(n.name[-2:])}" for c, n in zip(clusters, world.nodes, strict=True)], index),
        Labels=pick([text_json([{"agentpool": n.pool["name"], "kubernetes.io/os": "linux", "node.kubernetes.io/instance-type": n.pool["vm"], "topology.kubernetes.io/zone": f"{c['location']}-{1 + i % 3}"}]) for i, (c, n) in enumerate(zip(clusters, world.nodes, strict=True))], index),
        SourceSystem="Containers", _IsBillable="True",
    ).arrow()  # fmt: skip
    node_times, node_index = times, index
    yield "ContainerNodeInventory", Rows("ContainerNodeInventory", node_times).put(
        Computer=pick([n.name for n in world.nodes], node_index), OperatingSystem="Ubuntu 22.04.5 LTS", DockerVersion="containerd://1.7.27-1",
        _ResourceId=pick([c["id"] for c in clusters], node_index), SourceSystem="Containers",
    ).arrow()  # fmt: skip
    services = [(c, w) for c in world.clusters for w in c["workloads"] if w.get("service")]
    at = snapshots(window.start, window.end, world.now, int(30 * window.scale))
    index = np.tile(np.arange(len(services)), len(at))
    yield "KubeServices", Rows("KubeServices", np.repeat(at, len(services))).put(
        ClusterId=pick([c["id"] for c, _ in services], index), ClusterName=pick([c["name"] for c, _ in services], index),
        _ResourceId=pick([c["id"] for c, _ in services], index), _SubscriptionId=pick([c["subscription_id"] for c, _ in services], index),
        Namespace=pick([w["ns"] for _, w in services], index), ServiceName=pick([w["name"] for _, w in services], index),
        ServiceType=pick([w["service"] for _, w in services], index), ClusterIp=pick([f"10.0.{i // 200}.{10 + i}" for i in range(len(services))], index),
        SelectorLabels=pick([text_json([{"app": w["name"]}]) for _, w in services], index), SourceSystem="Containers",
    ).arrow()  # fmt: skip


# Warnings by chance: type, reason, message, component, weight.
_EVENTS: tuple[tuple[str, str, str, str, float], ...] = (
    ("Warning", "BackOff", "Back-off restarting failed container in pod", "kubelet", 6),
    ("Warning", "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503", "kubelet", 8),
    ("Warning", "Unhealthy", "Liveness probe failed: context deadline exceeded (Client.Timeout exceeded while awaiting headers)", "kubelet", 3),
    ("Warning", "FailedScheduling", "0/6 nodes are available: 6 Insufficient memory. preemption: 0/6 nodes are available", "default-scheduler", 4),
    ("Warning", "FailedMount", 'MountVolume.SetUp failed for volume "config": configmap "web-canary-config" not found', "kubelet", 2),
    ("Warning", "ImagePullBackOff", "Back-off pulling image", "kubelet", 1),
    ("Warning", "OOMKilling", "Memory cgroup out of memory: Killed process", "kernel-monitor", 2),
    ("Warning", "DNSConfigForming", "Nameserver limits were exceeded, some nameservers have been omitted", "kubelet", 2),
    ("Normal", "Pulled", "Container image already present on machine", "kubelet", 4),
    ("Normal", "SuccessfulRescale", "New size: 4; reason: cpu resource utilization (percentage of request) above target", "horizontal-pod-autoscaler", 2),
    ("Normal", "TriggeredScaleUp", "pod triggered scale-up: [{aks-apps 3->4 (max: 6)}]", "cluster-autoscaler", 1),
)  # fmt: skip


def events(window: Window) -> Iterator[tuple[str, pa.Table]]:
    """KubeEvents: what scheduling and rollouts left, the containers that keep failing, and warnings by chance."""
    world, p, rng = window.world, container_pools(window.world), window.rng("KubeEvents")
    first = np.flatnonzero(p["first_of_pod"])
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    kinds: list[tuple[str, str, str, str]] = [event[:4] for event in _EVENTS]
    for type_, reason, message, source, delay in (
        ("Normal", "Scheduled", "Successfully assigned pod to node", "default-scheduler", 0),
        ("Normal", "Pulling", "Pulling image", "kubelet", 2 * SECOND),
        ("Normal", "Created", "Created container", "kubelet", 9 * SECOND),
        ("Normal", "Started", "Started container", "kubelet", 10 * SECOND),
        ("Normal", "Killing", "Stopping container", "kubelet", -1),
    ):
        kinds.append((type_, reason, message, source))
        at = p["died"][first] if delay < 0 else p["born"][first] + delay
        inside = (at >= window.start) & (at < window.end) & ((p["trouble"][first] != "pending") | (reason == "none"))
        parts.append((at[inside], first[inside], np.full(int(inside.sum()), len(kinds) - 1)))
    for trouble, kind, monthly in (("config", 0, 420), ("memory", 6, 90), ("pending", 3, 420)):
        of = first[(p["trouble"][first] == trouble)]
        at = window.times(rng, monthly)
        index = of[choose(rng, len(of), len(at))]
        living = (at >= p["born"][index]) & (at < p["died"][index])
        parts.append((at[living], index[living], np.full(int(living.sum()), kind)))
    at = window.times(rng, 1100, "shoppers")
    parts.append(
        (
            at,
            alive(rng, at, p["born"][first], p["died"][first]),
            choose(rng, len(_EVENTS), len(at), [e[4] for e in _EVENTS]),
        )
    )
    parts[-1] = (at, first[parts[-1][1]], parts[-1][2])
    times = np.concatenate([part[0] for part in parts])
    order = np.argsort(times, kind="stable")
    index, kind_index = (np.concatenate([part[i] for part in parts])[order] for i in (1, 2))
    times = times[order]
    reason = np.array([k[1] for k in kinds])[kind_index]
    repeated = np.where(
        np.isin(reason, ["BackOff", "Unhealthy", "FailedScheduling"]), rng.integers(1, 60, len(times)), 1
    )
    message = pick([k[2] for k in kinds], kind_index)
    yield "KubeEvents", Rows("KubeEvents", times).put(
        ClusterId=pick(p["cluster_id"], index), ClusterName=pick(p["cluster"], index), _ResourceId=pick(p["cluster_id"], index),
        _SubscriptionId=pick(p["subscription"], index), Computer=pick(p["node"], index), Namespace=pick(p["namespace"], index),
        Name=pick(p["pod"], index), ObjectKind="Pod", KubeEventType=pick([k[0] for k in kinds], kind_index), Reason=pick(texts(k[1] for k in kinds), kind_index),
        Message=fill("«message» («image»)", message=message, image=pick(p["full_image"], index)), SourceComponent=pick([k[3] for k in kinds], kind_index),
        FirstSeen=times - repeated * 30 * SECOND, LastSeen=times, Count=repeated.astype(np.float64), SourceSystem="Containers", _IsBillable="True",
    ).arrow()  # fmt: skip
    yield from _logs(window, world, p)


_LOGS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "nginx-web": (
        ("stdout", "INFO", '«ip» - - "GET /products/«n» HTTP/1.1" 200 «size» "-" "Mozilla/5.0" 0.0«n»'),
        ("stdout", "INFO", '«ip» - - "GET /cart HTTP/1.1" 200 «size» "-" "Mozilla/5.0" 0.0«n»'),
        ("stdout", "INFO", '«ip» - - "GET /wp-login.php HTTP/1.1" 404 153 "-" "curl/8.5.0" 0.001'),
        ("stderr", "ERROR", "upstream timed out (110: Connection timed out) while reading response header from upstream, client: «ip»"),
    ),
    "nginx-ingress-controller": (
        ("stdout", "INFO", '«ip» - - "POST /api/cart/«n» HTTP/2.0" 201 «size» "-" "okhttp/4.12" 0.0«n» [shop-cart-api-8080]'),
        ("stdout", "INFO", '«ip» - - "GET /api/catalog/«n» HTTP/2.0" 200 «size» "-" "Mozilla/5.0" 0.0«n» [shop-catalog-api-8080]'),
        ("stdout", "WARN", '«ip» - - "GET /.git/config HTTP/1.1" 403 «size» "-" "python-requests/2.32" 0.001 [-]'),
    ),
    "payment-gateway": (
        ("stdout", "INFO", '{"level":"info","msg":"payment authorised","order":«n»«n»,"ms":«n»}'),
        ("stdout", "WARN", '{"level":"warn","msg":"card declined","order":«n»«n»,"ms":«n»}'),
        ("stderr", "ERROR", '{"level":"error","msg":"acquirer timeout","order":«n»«n»,"ms":30000}'),
    ),
    "web-canary": (("stderr", "FATAL", 'config: missing key "SEARCH_URL" in /etc/web/config.yaml'), ("stderr", "ERROR", "exiting with status 1")),
    "node-metrics-helper": (
        ("stdout", "INFO", "[net] new job from pool.hashvault.example:443 diff 120001 algo rx/0 height 31«n»"),
        ("stdout", "INFO", "[cpu] accepted («n»/0) diff 120001 (62 ms)"),
        ("stdout", "INFO", "speed 10s/60s/15m 41«n».2 4102.6 4099.1 H/s max 4211.0 H/s"),
    ),
    "": (
        ("stdout", "INFO", "reconciled «n» objects in «n» ms"),
        ("stdout", "INFO", "request completed status=200 duration=«n»ms"),
        ("stderr", "WARN", "slow call duration=«n»«n»ms"),
        ("stderr", "ERROR", "connection refused, retrying in «n» s"),
    ),
}  # fmt: skip


def _logs(window: Window, world: World, p: dict[str, Any]) -> Iterator[tuple[str, pa.Table]]:
    rng = window.rng("ContainerLogV2")
    times = window.times(rng, 5000, "shoppers")
    loud = np.where(np.isin(p["workload"], list(_LOGS)), 6.0, 1.0)
    loud[p["trouble"] == "pending"] = 0
    index = alive(rng, times, p["born"], p["died"], loud)
    lines = [(name, *line) for name, found in _LOGS.items() for line in found]
    by_name = {name: [i for i, line in enumerate(lines) if line[0] == name] for name in _LOGS}
    line = np.zeros(len(times), dtype=np.int64)
    for name in np.unique(p["workload"][index]):
        rows = np.flatnonzero(p["workload"][index] == name)
        options = by_name.get(str(name), by_name[""])
        line[rows] = np.array(options)[choose(rng, len(options), len(rows), [8, 4, 1, 1][: len(options)])]
    # Few texts, many rows: each line is made in forty variants.
    number = rng.integers(0, 40, len(times))
    variants = []
    for _, _, _, text in lines:
        for i in range(40):
            made = (
                text.replace("«ip»", f"198.18.{i % 8}.{40 + i}")
                .replace("«size»", str(500 + 37 * i))
                .replace("«n»", str(11 + i * 2))
            )
            variants.append(made if made.startswith("{") else text_json(made))
    log = {
        "_ResourceId": pick(p["cluster_id"], index), "_SubscriptionId": pick(p["subscription"], index), "Computer": pick(p["node"], index),
    }  # fmt: skip
    yield "ContainerLogV2", Rows("ContainerLogV2", times).put(
        **log, ContainerId=pick(p["container_id"], index), ContainerName=pick(p["container"], index), PodName=pick(p["pod"], index),
        PodNamespace=pick(p["namespace"], index), LogMessage=pick(variants, line * 40 + number), LogSource=pick([entry[1] for entry in lines], line),
        LogLevel=pick([entry[2] for entry in lines], line), KubernetesMetadata=pick(p["metadata"], index), TenantId=world.workspace_tenant,
        SourceSystem="Azure", _IsBillable="True",
    ).arrow()  # fmt: skip
    plain = [variant if variant.startswith("{") else variant[1:-1].replace('\\"', '"') for variant in variants]
    half = slice(0, None, 4)
    yield "ContainerLog", Rows("ContainerLog", times[half]).put(
        Computer=log["Computer"].take(pa.array(np.arange(0, len(times), 4))), _ResourceId=log["_ResourceId"].take(pa.array(np.arange(0, len(times), 4))),
        ContainerID=pick(p["container_id"], index[half]), LogEntry=pick(plain, (line * 40 + number)[half]),
        LogEntrySource=pick([entry[1] for entry in lines], line[half]), SourceSystem="Containers", TimeOfCommand=times[half],
    ).arrow()  # fmt: skip
