"""Where things are: countries by name or ISO code, Azure regions, and the outlines of land that a map is drawn on.

Outlines come from Natural Earth (public domain), so that a map asks no tile server.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from dashboard.visual.resources import REGIONS, region_key


@dataclass(frozen=True, slots=True)
class Place:
    """A point on the map: degrees north and east, and its name."""

    name: str
    latitude: float
    longitude: float


@lru_cache(maxsize=1)
def _world() -> dict[str, Any]:
    path = Path(__file__).parent / "shapes" / "world.json"
    world: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return world


@lru_cache(maxsize=1)
def _countries() -> dict[str, Place]:
    found: dict[str, Place] = {}
    for two, three, name, latitude, longitude, *others in _world()["countries"]:
        place = Place(name, latitude, longitude)
        for key in (two, three, name, *others):
            found.setdefault(_key(key), place)
    return found


def _key(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z]", "", plain.lower().removeprefix("the "))


def country(text: str) -> Place | None:
    """A country by its English name or ISO 3166-1 code; None where it is not known."""
    key = _key(text)
    return _countries().get(key) if key else None


def region(text: str) -> Place | None:
    """An Azure region by either of its names; None where it is not known."""
    known = REGIONS.get(region_key(text))
    return Place(*known) if known else None


def project(latitude: float, longitude: float) -> tuple[float, float]:
    """Degrees to the map's plane (Miller's projection): x is the longitude from 170° west on, so that no land is cut at the
    date line; y grows like degrees at the equator."""
    north = math.radians(max(-85.0, min(85.0, latitude)))
    return longitude if longitude >= -170 else longitude + 360, math.degrees(
        1.25 * math.log(math.tan(math.pi / 4 + 0.4 * north))
    )


@lru_cache(maxsize=1)
def outlines() -> tuple[list[float | None], list[float | None]]:
    """x and y of all countries' outlines in the map's plane, with None between them."""
    xs: list[float | None] = []
    ys: list[float | None] = []
    for ring in _world()["outlines"]:
        for longitude, latitude in zip(ring[::2], ring[1::2], strict=True):
            _, y = project(latitude, longitude)
            xs.append(longitude)
            ys.append(round(y, 1))
        xs.append(None)
        ys.append(None)
    return xs, ys
