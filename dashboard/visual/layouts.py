"""Where the nodes of a graph stand: by force, in layers, or in a honeycomb. Same input, same places."""

from __future__ import annotations

import math
from collections.abc import Sequence

Point = tuple[float, float]
Edge = tuple[int, int]


def force_layout(count: int, edges: Sequence[Edge]) -> list[Point]:
    """Nodes that repel each other, edges that pull, and a light pull to the middle (Fruchterman and Reingold 1991). Within
    -1 to 1 on the longer side."""
    import numpy as np

    if count == 1:
        return [(0.0, 0.0)]
    steps = np.arange(count)
    angle, radius = steps * math.pi * (3 - math.sqrt(5)), np.sqrt((steps + 0.5) / count)
    places = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    ideal = 1.6 / math.sqrt(count)
    start = np.array([a for a, _ in edges], dtype=int)
    end = np.array([b for _, b in edges], dtype=int)
    rounds = 160 if count <= 150 else 70
    for turn in range(rounds):
        apart = places[:, None, :] - places[None, :, :]
        distance = np.maximum(np.sqrt((apart**2).sum(axis=2)), 1e-3)
        move = (apart / distance[:, :, None] * (ideal**2 / distance)[:, :, None]).sum(axis=1)
        if len(edges):
            pull = places[start] - places[end]
            length = np.maximum(np.sqrt((pull**2).sum(axis=1)), 1e-3)
            force = pull * (length / ideal)[:, None]
            np.subtract.at(move, start, force)
            np.add.at(move, end, force)
        move -= places * 0.35
        size = np.maximum(np.sqrt((move**2).sum(axis=1)), 1e-9)
        heat = 0.12 * (1 - turn / rounds) + 0.002
        places += move / size[:, None] * np.minimum(size, heat)[:, None]
    places -= (places.max(axis=0) + places.min(axis=0)) / 2
    places /= max(float(np.abs(places).max()), 1e-9)
    return [(round(float(x), 4), round(float(y), 4)) for x, y in places]


def layered_layout(count: int, edges: Sequence[Edge], *, across: bool) -> list[Point]:
    """Nodes in layers along their edges: `across` from left to right, else from top to bottom. Cycles are cut where they
    close."""
    below: list[list[int]] = [[] for _ in range(count)]
    above = [0] * count
    for start, end in edges:
        if start != end:
            below[start].append(end)
            above[end] += 1
    layer = [0] * count
    waiting = list(above)
    ready = [node for node in range(count) if above[node] == 0]
    done = [False] * count
    while True:
        if not ready:
            rest = [node for node in range(count) if not done[node]]
            if not rest:
                break
            ready = [min(rest, key=lambda node: (waiting[node], node))]
        node = ready.pop(0)
        if done[node]:
            continue
        done[node] = True
        for child in below[node]:
            waiting[child] -= 1
            if not done[child]:
                layer[child] = max(layer[child], layer[node] + 1)
                if waiting[child] <= 0:
                    ready.append(child)
    rows: dict[int, list[int]] = {}
    for node in range(count):
        rows.setdefault(layer[node], []).append(node)
    widest = max(len(row) for row in rows.values())
    depth = max(1, max(rows))
    places: list[Point] = [(0.0, 0.0)] * count
    for level, row in rows.items():
        for i, node in enumerate(row):
            along, side = -1 + 2 * level / depth, (i - (len(row) - 1) / 2) * 2 / max(1, widest)
            places[node] = (round(along, 4), round(-side, 4)) if across else (round(side, 4), round(-along, 4))
    return places


def honeycomb(count: int) -> list[Point]:
    """Centres of `count` cells of a honeycomb around the origin; neighbouring centres are 1 apart."""
    turns = [(1, 0), (0, 1), (-1, 1), (-1, 0), (0, -1), (1, -1)]
    cells, ring = [(0, 0)], 1
    while len(cells) < count:
        q, r = 0, -ring
        for dq, dr in turns:
            for _ in range(ring):
                q, r = q + dq, r + dr
                cells.append((q, r))
        ring += 1
    return [(round(q + r / 2, 4), round(r * math.sqrt(3) / 2, 4)) for q, r in cells[:count]]


def shelves(sizes: Sequence[tuple[float, float]], ratio: float = 2.4) -> list[Point]:
    """Places (centres) for boxes of given width and height in rows, about `ratio` times as wide as high."""
    total = sum(w * h for w, h in sizes)
    limit = max(max((w for w, _ in sizes), default=1.0), math.sqrt(total * ratio))
    places: list[Point] = []
    x = y = tallest = 0.0
    for w, h in sizes:
        if x and x + w > limit:
            x, y, tallest = 0.0, y - tallest, 0.0
        places.append((x + w / 2, y - h / 2))
        x, tallest = x + w, max(tallest, h)
    return places
