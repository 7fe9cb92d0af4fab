"""Tables made from `sample_data/estate/streams_*.yaml`: mail, files, machines, firewalls, vaults and much else.

A stream is a list of kinds of event with weights, each with the columns it sets in one or more tables. A kind is written
in some dozens of variants, in which `«upn»`, `«machine»`, `«stranger»` and the like are replaced, so that a row costs two
draws. A value that starts with `!` is made anew for each row: `!guid`, `!hex N`, `!int FROM TO`, `!real FROM TO`, `!time`,
`!nth TEXT` (the text with the row's number in the place of `#`).
A kind with `at` (hours before now) is a step of a story: it happens then, `times` times, `every` seconds, to the person `who`
or in turn on the nodes of the pods `pod`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from dashboard.ingest.estate.frame import HOUR, SECOND, Rows, arrow_schema, choose, fill, hexes, pick, uuids
from dashboard.ingest.estate.window import Family, Window
from dashboard.ingest.estate.world import Json, Pod, World

VARIANTS = 48
_WORDS = {"weight", "at", "times", "every", "who", "pod"}
_MARK = re.compile("«([a-z_]+)»")


def families(data: Json) -> list[Family]:
    """A family a stream."""
    found = []
    for key, streams in data.items():
        if key.startswith("streams_"):
            for name, stream in streams.items():
                found.append(
                    Family(name, stream["rows"] * len(_tables(stream)), partial(_make, stream=stream, name=name))
                )
    return found


def _tables(stream: Json) -> dict[str, Json]:
    """The tables of a stream with the columns that all their rows have."""
    return stream["tables"] if "tables" in stream else {stream["table"]: stream.get("columns", {})}


def _make(window: Window, *, stream: Json, name: str) -> Iterator[tuple[str, pa.Table]]:
    world, rng = window.world, window.rng(name)
    kinds = stream["kinds"]
    variants = [_names(world, v, name) for v in range(VARIANTS)]
    weights = [v["weight"] for v in variants]
    times = window.times(rng, stream["rows"], stream.get("rhythm", "steady"))
    kind = choose(rng, len(kinds), len(times), [k.get("weight", 0) for k in kinds])
    variant = choose(rng, VARIANTS, len(times), weights)
    parts = [(times, kind, variant)]
    for i, k in enumerate(kinds):
        if "at" in k:
            at = world.now - int(k["at"] * HOUR) + np.arange(k.get("times", 1)) * int(k.get("every", 60) * SECOND)
            at = at[(at >= window.start) & (at < window.end)]
            actors = _actors(world, k, variants)
            parts.append((at, np.full(len(at), i), np.resize(np.array(actors), len(at))))
    merged = [np.concatenate([p[i] for p in parts]) for i in range(3)]
    order = np.argsort(merged[0], kind="stable")
    times, kind, variant = (m[order] for m in merged)
    for table, columns in _tables(stream).items():
        own = [k.get(table) if "tables" in stream else k for k in kinds]
        arrow = _rows(window, name, table, columns, own, times, kind, variant, variants)
        mask = np.array([o is not None for o in own])[kind]
        yield table, arrow if mask.all() else arrow.filter(pa.array(mask))


def _actors(world: World, kind: Json, variants: list[Json]) -> list[int]:
    """The variants in which the kind's person acts, or the node of each of its pods, which are added."""
    if "pod" in kind:
        first = len(variants)
        variants += [_names_on_node(world, pod, variants[0]) for pod in world.pods_named(kind["pod"])]
        return list(range(first, len(variants)))
    who = kind.get("who")
    return [next((i for i, p in enumerate(world.people) if who and p.name.startswith(who)), 0)]


def _names_on_node(world: World, pod: Pod, names: Json) -> Json:
    """What the marks mean on the node of a pod: nobody's account acts there."""
    node = world.nodes[pod.node]
    nobody = dict.fromkeys(("upn", "oid", "person", "netbios", "sid"), "")
    device = world.guid("device", node.name).replace("-", "") + "00000000"
    return {
        **names, **nobody, "user": "root", "node": node.name, "node_ip": node.ip, "device": node.name, "device_id": device,
        "cluster_id": world.clusters[node.cluster]["id"],
    }  # fmt: skip


def _names(world: World, v: int, stream: str) -> Json:
    """What the marks mean in variant `v`."""
    person = world.people[v % len(world.people)]
    other = world.people[(v * 7 + 5) % len(world.people)]
    machines = world.data["machines"]
    windows, linux = ([m for m in machines if m["os"] == system] for system in ("Windows", "Linux"))
    win, lin = windows[v % len(windows)], linux[v % len(linux)]
    stranger = world.data["strangers"][v % len(world.data["strangers"])]
    node = world.nodes[v % len(world.nodes)]
    vault = ("kv-shop-prod", "shop", "rg-shop") if v % 3 else ("kv-data-dev", "data", "rg-data")

    def machine(m: Json, part: str) -> str:
        return (
            world.resource_id(m["subscription"], m["resource_group"], "microsoft.compute/virtualmachines", m["name"])
            if part == "id"
            else str(m[part])
        )

    return {
        "weight": person.weight, "n": str(3 + v), "nn": str(1000 + v * 37), "person": person.name, "upn": person.upn, "user": person.upn.split("@")[0], "oid": person.id,
        "domain": person.tenant["domain"], "tenant": person.tenant["id"], "netbios": person.tenant["domain"].split(".")[0].upper(), "device": person.device, "home": person.home["ip"],
        "office": person.office["ip"], "city": person.office["city"], "country": person.office["country"], "lat": str(person.office["lat"]), "lon": str(person.office["lon"]), "os": person.os.replace(" ", ""), "other": other.upn, "other_name": other.name,
        "win": win["name"], "win_fqdn": f"{win['name']}.{win['domain']}".lower(), "win_ip": win["ip"], "win_id": machine(win, "id"), "linux": lin["name"], "linux_ip": lin["ip"], "linux_id": machine(lin, "id"),
        "stranger": stranger["ip"], "stranger_country": stranger["country_name"], "stranger_lat": str(stranger["lat"]), "stranger_lon": str(stranger["lon"]), "node": node.name, "node_ip": node.ip, "cluster_id": world.clusters[node.cluster]["id"],
        "feed": f"203.0.113.{160 + v % 40}", "public": f"198.51.100.{5 + v * 5}", "guid": world.guid(stream, v), "device_id": world.guid("device", person.device).replace("-", "") + "00000000",
        "workspace": world.workspace_tenant, "shop": world.subscription("shop")["id"], "data": world.subscription("data")["id"], "vault": vault[0], "vault_id": world.resource_id(vault[1], vault[2], "microsoft.keyvault/vaults", vault[0]),
        "vault_sub": world.subscription(vault[1])["id"], "vault_group": vault[2].upper(), "analyst": next(p.upn for p in world.people[2 + v % 2 :] if p.dept == "Security"), "sid": f"S-1-5-21-1004336348-1177238915-682003330-{1100 + v % len(world.people)}",
    }  # fmt: skip


def _rows(
    window: Window,
    stream: str,
    table: str,
    columns: Json,
    own: list[Json | None],
    times: np.ndarray,
    kind: np.ndarray,
    variant: np.ndarray,
    variants: list[Json],
) -> pa.Table:
    schema = {name: (kql, arrow) for name, kql, arrow in arrow_schema(table)}
    rows = Rows(table, times)
    if "TenantId" in schema:
        rows.put(TenantId=window.world.workspace_tenant)
    names = sorted({c for k in own if k for c in k if c not in _WORDS} | set(columns))
    index = kind * len(variants) + variant
    for name in names:
        kql, arrow = schema[name]
        values = [columns.get(name) if k is None else k.get(name, columns.get(name)) for k in own]
        fresh = {v for v in values if isinstance(v, str) and v.startswith("!")}
        plain = not any(
            (isinstance(v, str) and "«" in v)
            or (isinstance(v, (dict, list)) and "«" in json.dumps(v, ensure_ascii=False))
            for v in values
        )
        if plain and not fresh:
            column: Any = pick(pa.array([_typed(v, kql) for v in values], type=_build_type(arrow)), kind)
        else:
            pool = [
                _typed(None if v in fresh else _put(v, names_), kql)
                for v in (_text(v) for v in values)
                for names_ in variants
            ]
            column = pick(pa.array(pool, type=_build_type(arrow)), index)
        for order in sorted(fresh):
            # By column name: tables of one stream share the values, so that they join.
            made = _fresh(order, times, window.rng(f"{stream} {name}"))
            column = (
                made
                if len(fresh) == 1 and set(values) == {order}
                else _mixed(np.array([v == order for v in values])[kind], made, column, arrow)
            )
        rows.put(**{name: column.cast(arrow) if isinstance(column, pa.Array) and column.type != arrow else column})
    return rows.arrow()


def _mixed(mask: np.ndarray, made: Any, column: Any, arrow: pa.DataType) -> Any:
    import pyarrow.compute as pc

    made = made if isinstance(made, pa.Array) else pa.array(made)
    return pc.if_else(pa.array(mask), made.cast(arrow), column.cast(arrow))


def _build_type(arrow: pa.DataType) -> pa.DataType:
    return pa.int64() if pa.types.is_timestamp(arrow) else arrow


def _text(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) if isinstance(value, (dict, list)) else value


def _put(value: Any, names: Json) -> Any:
    return _MARK.sub(lambda m: str(names[m[1]]), value) if isinstance(value, str) and "«" in value else value


def _typed(value: Any, kql: str) -> Any:
    """The value as the column's type wants it."""
    value = _text(value)
    if value is None or (value == "" and kql not in ("string", "dynamic")):
        return "" if kql == "string" else None
    if kql in ("int", "long", "datetime"):
        return int(value)
    if kql in ("real", "decimal"):
        return float(value)
    if kql == "bool":
        return bool(value)
    return str(value)


def _fresh(order: str, times: np.ndarray, rng: np.random.Generator) -> Any:
    """Values made for each row."""
    what, *numbers = order[1:].split()
    n = len(times)
    if what == "guid":
        return uuids(rng, n)
    if what == "hex":
        return hexes(rng, n, int(numbers[0]))
    if what == "int":
        return rng.integers(int(numbers[0]), int(numbers[1]) + 1, n)
    if what == "real":
        return np.round(rng.uniform(float(numbers[0]), float(numbers[1]), n), 3)
    if what == "nth":
        before, _, after = order.partition(" ")[2].partition("#")
        return fill("«before»«number»«after»", before=before, number=np.arange(n), after=after)
    if what == "time":
        return times - (int(numbers[0]) * SECOND if numbers else 0)
    raise ValueError(f"unknown value '{order}'")
