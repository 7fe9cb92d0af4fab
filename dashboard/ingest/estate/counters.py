"""Perf and InsightsMetrics: what nodes, containers and machines use, as Container insights and VM insights write it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from dashboard.ingest.estate.azure import targets
from dashboard.ingest.estate.containers import container_pools
from dashboard.ingest.estate.frame import HOUR, Rows, pick, text_json
from dashboard.ingest.estate.window import Window
from dashboard.ingest.estate.world import Json, World

_GB = 1024**3
_ALWAYS = 2**62


def _node_series(world: World) -> list[Json]:
    found = []
    for node in world.nodes:
        cluster = world.clusters[node.cluster]
        cores, memory = node.pool["cores"], node.pool["memory_gb"] * _GB
        base = {
            "computer": node.name,
            "id": cluster["id"],
            "object": "K8SNode",
            "instance": f"{cluster['id']}/{node.name}",
            "born": node.born,
            "died": node.died,
        }
        mined = cluster["key"] == "shop" and node.pool["name"] != "system"
        found += [
            {**base, "counter": "cpuUsageNanoCores", "base": cores * 3.2e8, "swing": cores * 1.8e8, "most": cores * 1e9, "mined": cores * 5.5e8 if mined else 0},
            {**base, "counter": "memoryWorkingSetBytes", "base": memory * 0.55, "swing": memory * 0.08, "most": memory},
            {**base, "counter": "memoryRssBytes", "base": memory * 0.42, "swing": memory * 0.06, "most": memory},
            {**base, "counter": "cpuCapacityNanoCores", "base": cores * 1e9, "swing": 0, "most": cores * 1e9},
            {**base, "counter": "cpuAllocatableNanoCores", "base": cores * 9.3e8, "swing": 0, "most": cores * 1e9},
            {**base, "counter": "memoryCapacityBytes", "base": memory, "swing": 0, "most": memory},
            {**base, "counter": "memoryAllocatableBytes", "base": memory * 0.86, "swing": 0, "most": memory},
        ]  # fmt: skip
    return found


def _container_series(world: World) -> list[Json]:
    found = []
    for number, container in enumerate(world.containers):
        pod = world.pods[container.pod]
        # Those that live now and a share of the earlier ones: a container's counters are many.
        if pod.trouble == "pending" or (pod.died < world.now and number % 4):
            continue
        cluster = world.clusters[pod.cluster]
        mining = container.image.endswith("xmrig")
        cpu = 3.6e9 if mining else 2e6 + (number * 7919 % 97) * 3e6
        base = {
            "computer": world.nodes[pod.node].name,
            "id": cluster["id"],
            "object": "K8SContainer",
            "instance": f"{cluster['id']}/{pod.uid}/{container.name}",
            "born": pod.born,
            "died": pod.died,
        }
        memory = (60 + number * 37 % 400) * 1024**2
        found += [
            {**base, "counter": "cpuUsageNanoCores", "base": cpu, "swing": cpu * (0.05 if mining else 0.6), "most": cpu * 3},
            {**base, "counter": "memoryWorkingSetBytes", "base": memory, "swing": memory * 0.1, "most": memory * 1.4},
        ]  # fmt: skip
    return found


def _machine_series(world: World) -> list[Json]:
    found = []
    for i, (machine, target) in enumerate(zip(world.data["machines"], targets(world, "machine"), strict=True)):
        base = {"computer": machine["name"], "id": target["id"], "born": 0, "died": _ALWAYS}
        disk, free = ("/", "Free Megabytes") if machine["os"] == "Linux" else ("C:", "Free Megabytes")
        logical = "Logical Disk" if machine["os"] == "Linux" else "LogicalDisk"
        available = "Available MBytes Memory" if machine["os"] == "Linux" else "Available MBytes"
        found += [
            {**base, "object": "Processor", "counter": "% Processor Time", "instance": "_Total", "base": 15.0 + i * 3, "swing": 14.0, "most": 100.0},
            {**base, "object": "Memory", "counter": available, "instance": "Memory", "base": 5200.0 - i * 120, "swing": 700.0, "most": 16_000.0},
            {**base, "object": "Memory", "counter": "% Used Memory", "instance": "Memory", "base": 52.0 + i, "swing": 9.0, "most": 100.0},
            {**base, "object": logical, "counter": "% Used Space" if machine["os"] == "Linux" else "% Free Space", "instance": disk, "base": 42.0 + i * 4, "swing": 1.0, "most": 100.0},
            {**base, "object": logical, "counter": free, "instance": disk, "base": 21_000.0 - i * 900, "swing": 200.0, "most": 60_000.0},
            {**base, "object": "Network", "counter": "Total Bytes Transmitted", "instance": "eth0", "base": 8e6, "swing": 6e6, "most": 4e7},
        ]  # fmt: skip
    return found


def _insight_series(world: World) -> list[Json]:
    found = []
    for i, (machine, target) in enumerate(zip(world.data["machines"], targets(world, "machine"), strict=True)):
        base: Json = {
            "computer": machine["name"],
            "id": target["id"],
            "origin": "vm.azm.ms",
            "born": 0,
            "died": _ALWAYS,
        }
        mount = text_json(
            {"vm.azm.ms/mountId": "/" if machine["os"] == "Linux" else "C:", "vm.azm.ms/diskSizeMB": 65536.0}
        )
        found += [
            {**base, "object": "Processor", "counter": "UtilizationPercentage", "tags": text_json({"vm.azm.ms/totalCpus": 4}), "base": 15.0 + i * 3, "swing": 14.0, "most": 100.0},
            {**base, "object": "Memory", "counter": "AvailableMB", "tags": text_json({"vm.azm.ms/memorySizeMB": 16384.0}), "base": 5200.0 - i * 120, "swing": 700.0, "most": 16_000.0},
            {**base, "object": "LogicalDisk", "counter": "FreeSpacePercentage", "tags": mount, "base": 58.0 - i * 4, "swing": 1.0, "most": 100.0},
            {**base, "object": "Network", "counter": "WriteBytesPerSecond", "tags": text_json({"vm.azm.ms/networkDeviceId": "eth0"}), "base": 90_000.0, "swing": 60_000.0, "most": 1e6},
        ]  # fmt: skip
    for node in world.nodes:
        cluster = world.clusters[node.cluster]
        tags = {
            "container.azm.ms/clusterId": cluster["id"],
            "container.azm.ms/clusterName": cluster["name"],
            "hostName": node.name,
            "device": "sda1",
            "path": "/",
        }
        base = {
            "computer": node.name,
            "id": cluster["id"],
            "origin": "container.azm.ms/telegraf",
            "tags": text_json(tags),
            "born": node.born,
            "died": node.died,
        }
        found += [
            {**base, "object": "container.azm.ms/disk", "counter": "used_percent", "base": 31.0 + len(node.name) % 7 * 6, "swing": 2.0, "most": 100.0},
            {**base, "object": "container.azm.ms/net", "counter": "bytes_recv", "base": 4e6, "swing": 3e6, "most": 4e7},
            {**base, "object": "prometheus", "counter": "kubelet_running_pods", "base": 14.0, "swing": 2.0, "most": 60.0},
        ]  # fmt: skip
    for cluster in world.clusters:
        for workload in cluster["workloads"]:
            if workload["kind"] == "Deployment":
                tags = {
                    "container.azm.ms/clusterId": cluster["id"],
                    "container.azm.ms/clusterName": cluster["name"],
                    "deployment": workload["name"],
                    "k8sNamespace": workload["ns"],
                    "spec_replicas": str(workload["replicas"]),
                }
                ready = (
                    0.0
                    if workload.get("pending")
                    else float(workload["replicas"] - (1 if workload.get("crash") == "config" else 0))
                )
                found.append(
                    {
                        "computer": "",
                        "id": cluster["id"],
                        "origin": "container.azm.ms/kubestate",
                        "tags": text_json(tags),
                        "object": "container.azm.ms/kubestate",
                        "counter": "kube_deployment_status_replicas_ready",
                        "base": ready,
                        "swing": 0.0,
                        "most": 99.0,
                        "born": 0,
                        "died": _ALWAYS,
                    }
                )
    return found


def _sampled(
    window: Window, rng: np.random.Generator, series: list[Json], monthly: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times, series and values."""
    at = window.snapshots(monthly)
    born, died = (np.array([s[k] for s in series]) for k in ("born", "died"))
    which, index = np.nonzero((born[None, :] <= at[:, None]) & (at[:, None] < died[None, :]))
    times = at[which]
    base, swing, most = (np.array([float(s[k]) for s in series])[index] for k in ("base", "swing", "most"))
    wave = np.sin((times / HOUR - 9) / 24 * 2 * np.pi) * 0.7 + rng.normal(0, 0.35, len(times))
    values = base + swing * wave
    mined = np.array([float(s.get("mined", 0)) for s in series])[index]
    values = values + np.where(times > window.world.now - 17 * HOUR, mined, 0)
    return times, index, np.clip(values, 0, most)


def counters(window: Window) -> Iterator[tuple[str, pa.Table]]:
    """Perf and InsightsMetrics."""
    world = window.world
    container_pools(world)
    rng = window.rng("Perf")
    parts: list[tuple[list[Json], np.ndarray, np.ndarray, np.ndarray]] = []
    for series, monthly in ((_node_series(world), 60), (_machine_series(world), 36), (_container_series(world), 36)):
        parts.append((series, *_sampled(window, rng, series, monthly)))
    every = [s for part in parts for s in part[0]]
    starts = np.cumsum([0, *(len(part[0]) for part in parts)])
    times = np.concatenate([part[1] for part in parts])
    order = np.argsort(times, kind="stable")
    times = times[order]
    index = np.concatenate([part[2] + start for part, start in zip(parts, starts, strict=False)])[order]
    values = np.concatenate([part[3] for part in parts])[order]
    yield "Perf", Rows("Perf", times).put(
        **_named(every, index, {"Computer": "computer", "ObjectName": "object", "CounterName": "counter", "InstanceName": "instance", "_ResourceId": "id"}),
        CounterValue=values, CounterPath="", SourceSystem="Insights", TenantId=world.workspace_tenant, _IsBillable="True",
    ).arrow()  # fmt: skip
    series = _insight_series(world)
    times, index, values = _sampled(window, window.rng("InsightsMetrics"), series, 40)
    yield "InsightsMetrics", Rows("InsightsMetrics", times).put(
        **_named(series, index, {"Computer": "computer", "Namespace": "object", "Name": "counter", "Tags": "tags", "Origin": "origin", "_ResourceId": "id"}),
        Val=values, SourceSystem="Insights", _IsBillable="True",
    ).arrow()  # fmt: skip


def _named(series: list[Json], index: np.ndarray, columns: dict[str, str]) -> dict[str, Any]:
    return {column: pick([s[key] for s in series], index) for column, key in columns.items()}
