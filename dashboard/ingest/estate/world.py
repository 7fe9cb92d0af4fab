"""The estate as it stands at each moment: clusters, nodes, pods with their lives, people, addresses.

Made once for a seed and a "now"; every family of tables reads it, so that a pod of KubePodInventory is the pod of the
audit log and of the alerts.
"""

from __future__ import annotations

import itertools
import uuid
import zlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dashboard import settings
from dashboard.errors import Place, Problem, WatchbookError
from dashboard.ingest.estate.frame import DAY, HOUR, MINUTE

Json = dict[str, Any]


@dataclass(frozen=True)
class Node:
    """A node of a cluster. `born` and `died` limit its life, in microseconds."""

    cluster: int
    name: str
    pool: Json
    ip: str
    born: int
    died: int


@dataclass(frozen=True)
class Container:
    """One container of one pod over its whole life."""

    pod: int
    name: str
    image: str
    tag: str
    id: str
    image_digest: str


@dataclass(frozen=True)
class Pod:
    """A pod over its whole life. `trouble` is '', memory, config, pending, done or mining."""

    cluster: int
    namespace: str
    name: str
    uid: str
    node: int
    ip: str
    controller_kind: str
    controller: str
    workload: str
    born: int
    died: int
    trouble: str
    labels: str
    service: str
    restarts_a_day: float


@dataclass(frozen=True)
class Person:
    """Somebody who signs in. `home` and `office` are places with ip, city, country …"""

    name: str
    upn: str
    id: str
    tenant: Json
    office: Json
    home: Json
    dept: str
    title: str
    roles: tuple[str, ...]
    weight: float
    habits: tuple[str, ...]
    k8s: str
    device: str
    os: str
    browser: str


@dataclass
class World:
    """Everything that the tables are made from."""

    seed: int
    now: int
    start: int
    data: Json
    clusters: list[Json] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    pods: list[Pod] = field(default_factory=list)
    containers: list[Container] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)

    def rng(self, *names: Any) -> np.random.Generator:
        """The source of chance of one purpose: the same for the same seed and names, whatever else was drawn."""
        return np.random.default_rng([self.seed, *(zlib.crc32(str(name).encode()) for name in names)])

    def guid(self, *names: Any) -> str:
        """A lasting identifier of something by name."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(["watchbook", str(self.seed), *map(str, names)])))

    def subscription(self, key: str) -> Json:
        """A subscription by key."""
        found: Json = next(s for s in self.data["subscriptions"] if s["key"] == key)
        return found

    def tenant(self, key: str) -> Json:
        """A tenant by key."""
        found: Json = next(t for t in self.data["tenants"] if t["key"] == key)
        return found

    def resource_id(self, subscription: str, group: str, kind: str, name: str) -> str:
        """An ARM id in the writing of `_ResourceId`: lower case."""
        return f"/subscriptions/{self.subscription(subscription)['id']}/resourcegroups/{group}/providers/{kind}/{name}".lower()

    @property
    def workspace_tenant(self) -> str:
        """What the column TenantId holds: the workspace's id."""
        return str(self.data["workspace"]["id"])

    def pods_named(self, name: str, cluster: int | None = None) -> list[Pod]:
        """The pods of a story by the start of their names: all that an attacker started, else the first of a workload that
        goes on living."""
        found = [p for p in self.pods if p.name.startswith(name) and cluster in (None, p.cluster)]
        if any(pod["name"].startswith(name) for pod in self.data["story_pods"]):
            return found
        lasting = [p for p in found if p.died > self.now and p.trouble in ("", "memory") and p.controller_kind]
        return lasting[:1]

    def person(self, name: str) -> Person:
        """A person by the start of the name."""
        return next(p for p in self.people if p.name.startswith(name))


def load_data() -> Json:
    """All of `sample_data/estate/*.yaml` as one mapping. Raises WatchbookError (IN003) where a file is missing or broken."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    folder = settings.shipped("sample_data") / "estate"
    data: Json = {}
    try:
        for path in sorted(folder.glob("*.yaml")):
            data.update(yaml.load(path.read_text(encoding="utf-8"), Loader=loader))  # noqa: S506 - a safe loader
    except (OSError, yaml.YAMLError) as error:
        raise _damaged(str(error)) from None
    if "clusters" not in data:
        raise _damaged(f"{folder.name} holds no clusters")
    return data


def _damaged(found: str) -> WatchbookError:
    return WatchbookError(
        Problem(
            "IN003",
            f"The sample estate's own data cannot be read: {found}.",
            place=Place(file="sample_data/estate"),
            hint="Install again.",
        )
    )


def build_world(seed: int, now: int, days: int, data: Json | None = None) -> World:
    """The estate of the `days` before `now`."""
    world = World(seed, now, now - days * DAY, data or load_data())
    _add_people(world)
    for number, cluster in enumerate(world.data["clusters"]):
        subscription = world.subscription(cluster["subscription"])
        resource = world.resource_id(
            cluster["subscription"],
            cluster["resource_group"],
            "microsoft.containerservice/managedclusters",
            cluster["name"],
        )
        world.clusters.append({**cluster, "number": number, "id": resource, "subscription_id": subscription["id"]})
        _add_nodes(world, number)
        _add_pods(world, number)
    _add_story_pods(world)
    return world


def _add_people(world: World) -> None:
    offices = {office["key"]: office for office in world.data["offices"]}
    systems = ("Windows 11", "Windows 11", "Windows 10", "MacOs", "Linux")
    browsers = ("Edge 142.0.0", "Chrome 142.0.0", "Chrome 141.0.0", "Safari 18.1", "Firefox 144.0")
    for number, person in enumerate(world.data["people"]):
        tenant = world.tenant(person["tenant"])
        office = offices[person["office"]]
        first, last = person["name"].split(" ", 1)
        upn = f"{first}.{last.split(' ')[-1]}@{tenant['domain']}".lower()
        home = {**office, "ip": f"198.18.{number + 10}.{20 + number * 3}"}
        world.people.append(
            Person(
                name=person["name"], upn=upn, id=world.guid("person", upn), tenant=tenant, office=office, home=home,
                dept=person["dept"], title=person["title"], roles=tuple(person.get("roles", ())),
                weight=float(person["weight"]), habits=tuple(person.get("risk", ())), k8s=person.get("k8s", ""),
                device=f"{first.upper()}-{'MAC' if number % 5 == 3 else 'PC'}{number + 1:02d}",
                os=systems[number % 5], browser=browsers[number % 5],
            )
        )  # fmt: skip


def _add_nodes(world: World, number: int) -> None:
    cluster = world.clusters[number]
    rng = world.rng("nodes", cluster["name"])
    for pool in cluster["pools"]:
        stem = int(rng.integers(10_000_000, 99_999_999))
        for i in range(pool["count"]):
            died = world.now + DAY
            born = world.start - 20 * DAY
            # The last node of a pool that scales comes and goes: it was added at the latest evening peak.
            if i == pool["count"] - 1 and pool["name"] != "system":
                born = world.now - 5 * DAY - 7 * HOUR
            name = f"aks-{pool['name']}-{stem}-vmss{i:06d}"
            world.nodes.append(Node(number, name, pool, f"10.{224 + number}.0.{4 + len(world.nodes)}", born, died))


def _name_part(rng: np.random.Generator, length: int) -> str:
    letters = "bcdfghjklmnpqrstvwxz2456789"
    return "".join(letters[i] for i in rng.integers(0, len(letters), length))


def _add_pods(world: World, number: int) -> None:
    cluster = world.clusters[number]
    nodes = [i for i, node in enumerate(world.nodes) if node.cluster == number]
    for workload in cluster["workloads"]:
        rng = world.rng("pods", cluster["name"], workload["ns"], workload["name"])
        for pod in _lives(world, workload, nodes, rng):
            _add_pod(world, number, workload, pod, rng)


def _lives(world: World, workload: Json, nodes: list[int], rng: np.random.Generator) -> list[Json]:
    """Each pod a workload had: node, generation (which tag), replica set, from when till when."""
    before, after = world.start - 9 * DAY, world.now + DAY
    kind = workload["kind"]
    if kind == "DaemonSet":
        return [
            {
                "node": n,
                "generation": -1,
                "set": "",
                "born": max(before, world.nodes[n].born + MINUTE),
                "died": after,
                "index": i,
            }
            for i, n in enumerate(nodes)
        ]
    if kind == "CronJob":
        first = world.start // DAY * DAY + 2 * HOUR
        return [
            {
                "node": int(rng.choice(nodes)),
                "generation": -1,
                "set": str(29_000_000 + d * 1440),
                "born": first + d * DAY,
                "died": first + d * DAY + 25 * MINUTE + DAY,
                "index": 0,
            }
            for d in range((world.now - first) // DAY + 1)
        ]
    rollouts = workload.get("rollouts", 0)
    # Rollouts happen on working days between nine and four; the newest is some hours old.
    span = world.now - world.start
    changes = (
        sorted(int(world.start + span * (i + 0.6 + 0.3 * rng.random()) / rollouts) for i in range(rollouts))
        if rollouts
        else []
    )
    edges = [before, *changes, after]
    found = []
    for generation, (born, died) in enumerate(itertools.pairwise(edges)):
        template = _name_part(rng, 10) if kind == "Deployment" else ""
        for i in range(workload["replicas"]):
            lag = int(rng.integers(5, 90)) * 1_000_000 * (i + 1)
            found.append(
                {"node": nodes[(i + generation + zlib.crc32(workload["name"].encode())) % len(nodes)], "generation": generation - len(changes) - 1,
                 "set": template, "born": born + lag, "died": died + lag, "index": i}
            )  # fmt: skip
    return found


def _add_pod(world: World, number: int, workload: Json, life: Json, rng: np.random.Generator) -> None:
    kind, name = workload["kind"], workload["name"]
    if kind == "StatefulSet":
        pod_name, controller_kind, controller = f"{name}-{life['index']}", "StatefulSet", name
    elif kind == "DaemonSet":
        pod_name, controller_kind, controller = f"{name}-{_name_part(rng, 5)}", "DaemonSet", name
    elif kind == "Bare":
        pod_name, controller_kind, controller = name, "", ""
    elif kind == "CronJob":
        controller = f"{name}-{life['set']}"
        pod_name, controller_kind = f"{controller}-{_name_part(rng, 5)}", "Job"
    else:
        controller = f"{name}-{life['set']}"
        pod_name, controller_kind = f"{controller}-{_name_part(rng, 5)}", "ReplicaSet"
    trouble = "done" if kind == "CronJob" else "pending" if workload.get("pending") else ""
    crash = workload.get("crash", "")
    if crash and life["index"] == 0 and life["died"] > world.now:
        trouble = crash
    restarts = {"memory": 0.7, "config": 9.0}.get(trouble, 0.01)
    label = f'[{{"app":"{name}","pod-template-hash":"{life["set"]}"}}]' if life["set"] else f'[{{"app":"{name}"}}]'
    pods = len(world.pods)
    pod = Pod(
        cluster=number, namespace=workload["ns"], name=pod_name, uid=str(uuid.UUID(bytes=rng.bytes(16), version=4)),
        node=life["node"], ip=f"10.{244 + number}.{life['node'] % 8}.{2 + pods % 250}", controller_kind=controller_kind,
        controller=controller, workload=name, born=life["born"], died=life["died"], trouble=trouble, labels=label,
        service=name if workload.get("service") else "", restarts_a_day=restarts,
    )  # fmt: skip
    world.pods.append(pod)
    tags = workload["tags"]
    specs = [
        {
            "name": workload.get("container", name),
            "image": workload["image"],
            "tag": tags[max(life["generation"], -len(tags))],
        }
    ]
    for spec in [*specs, *workload.get("sidecars", ())]:
        digest = f"sha256:{zlib.crc32((spec['image'] + spec['tag']).encode()):08x}"
        digest += format(zlib.adler32(spec["image"].encode()), "08x") * 7
        world.containers.append(Container(pods, spec["name"], spec["image"], spec["tag"], rng.bytes(32).hex(), digest))


def _add_story_pods(world: World) -> None:
    for pod in world.data["story_pods"]:
        number = next(i for i, c in enumerate(world.clusters) if c["key"] == pod["cluster"])
        nodes = [i for i, n in enumerate(world.nodes) if n.cluster == number and n.pool["name"] != "system"][
            : pod["nodes"]
        ]
        rng = world.rng("story", pod["name"])
        for i, node in enumerate(nodes):
            many = pod["kind"] == "DaemonSet"
            workload = {
                "ns": pod["ns"], "name": pod["name"], "kind": "DaemonSet" if many else "Bare", "image": pod["image"],
                "tags": [pod["tag"]], "container": pod["container"],
            }  # fmt: skip
            born = world.now - int(pod["born"] * HOUR) + i * 1_000_000
            _add_pod(
                world,
                number,
                workload,
                {
                    "node": node,
                    "generation": -1,
                    "set": "",
                    "born": born,
                    "died": world.now - int(pod["died"] * HOUR),
                    "index": i + 1,
                },
                rng,
            )
