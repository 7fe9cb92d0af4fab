"""Places on Earth: distances, circles, polygons, geohashes. The Earth is a sphere, as the service measures it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

from dashboard.kql.functions.literals import json_text
from dashboard.kql.functions.registry import Operand, PythonFunction, ScalarFunction

function = partial(ScalarFunction, family="geo")

# Metres.
RADIUS = 6_371_010.0

ALPHABET = "0123456789bcdefghjkmnpqrstuvwxyz"

Vector = tuple[float, float, float]


def _valid(longitude: str, latitude: str) -> str:
    return f"abs({longitude}) <= 180 AND abs({latitude}) <= 90"


def _distance_sql(lon1: str, lat1: str, lon2: str, lat2: str) -> str:
    half = (
        f"pow(sin(radians({lat2} - {lat1}) / 2), 2) + cos(radians({lat1})) * cos(radians({lat2})) "
        f"* pow(sin(radians({lon2} - {lon1}) / 2), 2)"
    )
    return (
        f"CASE WHEN {_valid(lon1, lat1)} AND {_valid(lon2, lat2)} "
        f"THEN 2 * {RADIUS!r}::DOUBLE * asin(sqrt(least(1, {half}))) END"
    )


def _distance_2points(operands: Sequence[Operand]) -> str:
    return _distance_sql(*(operand.sql for operand in operands))


def _point_in_circle(operands: Sequence[Operand]) -> str:
    lon, lat, center_lon, center_lat, radius = (operand.sql for operand in operands)
    return f"CASE WHEN {radius} >= 0 THEN ({_distance_sql(lon, lat, center_lon, center_lat)}) <= {radius} END"


def vector(longitude: float, latitude: float) -> Vector:
    """The point of the unit sphere."""
    lon, lat = math.radians(longitude), math.radians(latitude)
    return math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)


def _cross(a: Vector, b: Vector) -> Vector:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def _dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _ring_holds(point: Vector, ring: Sequence[Sequence[float]]) -> bool:
    """Whether a ring of geodesic edges winds around a point: the angles under which the edges are seen add up to a turn."""
    turn = 0.0
    corners = [vector(lon, lat) for lon, lat, *_ in ring]
    for a, b in pairwise(corners):
        first, second = _cross(point, a), _cross(point, b)
        turn += math.atan2(_dot(point, _cross(first, second)), _dot(first, second))
    return abs(turn) > math.pi


def point_in_polygon(longitude: float, latitude: float, shape: str) -> bool | None:
    """Whether a GeoJSON polygon or multipolygon holds a point."""
    value = json.loads(shape)
    if not isinstance(value, dict) or abs(longitude) > 180 or abs(latitude) > 90:
        return None
    coordinates = value.get("coordinates")
    kind = value.get("type")
    polygons: Any = [coordinates] if kind == "Polygon" else coordinates if kind == "MultiPolygon" else None
    if not polygons:
        return None
    point = vector(longitude, latitude)
    try:
        return any(
            _ring_holds(point, rings[0]) and not any(_ring_holds(point, hole) for hole in rings[1:])
            for rings in polygons
        )
    except (TypeError, ValueError, IndexError):
        return None


def geohash(longitude: float, latitude: float, accuracy: int) -> str:
    """The geohash of a point; empty where the point or the length makes none."""
    if abs(longitude) > 180 or abs(latitude) > 90 or not 1 <= accuracy <= 18:
        return ""
    ranges = [[-180.0, 180.0], [-90.0, 90.0]]
    wanted = (longitude, latitude)
    text, bits, value, axis = "", 0, 0, 0
    while len(text) < accuracy:
        low, high = ranges[axis]
        middle = (low + high) / 2
        upper = wanted[axis] >= middle
        value = value * 2 + upper
        ranges[axis] = [middle, high] if upper else [low, middle]
        axis, bits = 1 - axis, bits + 1
        if bits == 5:
            text, bits, value = text + ALPHABET[value], 0, 0
    return text


def geohash_box(text: str) -> tuple[float, float, float, float] | None:
    """West, south, east and north of a geohash."""
    ranges = [[-180.0, 180.0], [-90.0, 90.0]]
    axis = 0
    for character in text.lower():
        value = ALPHABET.find(character)
        if value < 0:
            return None
        for shift in range(4, -1, -1):
            low, high = ranges[axis]
            middle = (low + high) / 2
            ranges[axis] = [middle, high] if value >> shift & 1 else [low, middle]
            axis = 1 - axis
    return (ranges[0][0], ranges[1][0], ranges[0][1], ranges[1][1]) if text and len(text) <= 18 else None


def geohash_center(text: str) -> str | None:
    """The middle of a geohash as a GeoJSON point."""
    box = geohash_box(text)
    if box is None:
        return None
    return json_text({"type": "Point", "coordinates": [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]})


def geohash_polygon(text: str) -> str | None:
    """A geohash as a GeoJSON polygon."""
    box = geohash_box(text)
    if box is None:
        return None
    west, south, east, north = box
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return json_text({"type": "Polygon", "coordinates": [ring]})


def geohash_neighbors(text: str) -> str | None:
    """The geohashes of the same length around a geohash; fewer at a pole."""
    box = geohash_box(text)
    if box is None:
        return None
    west, south, east, north = box
    width, height = east - west, north - south
    found = []
    for right, up in ((-1, 0), (-1, -1), (0, -1), (1, -1), (1, 1), (1, 0), (0, 1), (-1, 1)):
        longitude = (west + east) / 2 + right * width
        latitude = (south + north) / 2 + up * height
        if abs(latitude) < 90:
            found.append(geohash((longitude + 180) % 360 - 180, latitude, len(text)))
    return json_text(list(dict.fromkeys(found)))


def _python(
    name: str, call: Callable[..., Any], arguments: tuple[str, ...], returns: str
) -> tuple[PythonFunction, ...]:
    return (PythonFunction(f"kql_{name}", call, arguments, returns),)


def _geohash(operands: Sequence[Operand]) -> str:
    accuracy = operands[2].sql if len(operands) > 2 else "5::BIGINT"
    return f"coalesce(kql_geohash({operands[0].sql}, {operands[1].sql}, {accuracy}), '')"


FUNCTIONS = (
    function("geo_distance_2points", ("real",) * 4, "real", _distance_2points),
    function("geo_point_in_circle", ("real",) * 5, "bool", _point_in_circle),
    function("geo_point_in_polygon", ("real", "real", "dynamic"), "bool", "kql_point_in_polygon({0}, {1}, {2})",
             python=_python("point_in_polygon", point_in_polygon, ("DOUBLE", "DOUBLE", "VARCHAR"), "BOOLEAN")),
    function("geo_point_to_geohash", ("real", "real", "long"), "string", _geohash, required=2,
             python=_python("geohash", geohash, ("DOUBLE", "DOUBLE", "BIGINT"), "VARCHAR")),
    function("geo_geohash_to_central_point", ("string",), "dynamic", "kql_geohash_center({0})",
             python=_python("geohash_center", geohash_center, ("VARCHAR",), "VARCHAR")),
    function("geo_geohash_to_polygon", ("string",), "dynamic", "kql_geohash_polygon({0})",
             python=_python("geohash_polygon", geohash_polygon, ("VARCHAR",), "VARCHAR")),
    function("geo_geohash_neighbors", ("string",), "dynamic", "kql_geohash_neighbors({0})",
             python=_python("geohash_neighbors", geohash_neighbors, ("VARCHAR",), "VARCHAR")),
)  # fmt: skip
