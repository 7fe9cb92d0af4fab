"""Lines and polygons on the sphere, as GeoJSON: how long, how large, how far, where their middle is; and WKT read as GeoJSON.
Edges are great circles, as the service draws them. What is no valid shape gives null."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

from dashboard.kql.functions.geo import RADIUS, Vector, _cross, _dot, point_in_polygon, vector
from dashboard.kql.functions.literals import json_text
from dashboard.kql.functions.registry import PythonFunction, ScalarFunction

function = partial(ScalarFunction, family="geo")

Path = list[Vector]


def _length(a: Vector) -> float:
    return math.sqrt(_dot(a, a))


def _unit(a: Vector) -> Vector:
    size = _length(a)
    return (a[0] / size, a[1] / size, a[2] / size)


def _angle(a: Vector, b: Vector) -> float:
    return math.atan2(_length(_cross(a, b)), _dot(a, b))


def _sum(vectors: Iterable[Vector]) -> Vector:
    x, y, z = (math.fsum(parts) for parts in zip(*vectors, strict=True))
    return x, y, z


def _scaled(a: Vector, factor: float) -> Vector:
    return a[0] * factor, a[1] * factor, a[2] * factor


def _degrees(a: Vector) -> list[float]:
    return [math.degrees(math.atan2(a[1], a[0])), math.degrees(math.atan2(a[2], math.hypot(a[0], a[1])))]


def _path(coordinates: Any, least: int) -> Path:
    """The corners of a line; ValueError where it is none."""
    corners = []
    for lon, lat, *_ in coordinates:
        if abs(lon) > 180 or abs(lat) > 90:
            raise ValueError(coordinates)
        corners.append((lon, lat))
    if len(corners) < least or any(a == b for a, b in pairwise(corners)):
        raise ValueError(coordinates)
    return [vector(lon, lat) for lon, lat in corners]


def _parts(shape: str, kind: str) -> list[Any]:
    """The coordinates of a shape of a kind, or of each one of the `Multi` shape of it; ValueError for another shape."""
    value = json.loads(shape)
    found, coordinates = value["type"], value["coordinates"]
    if found not in (kind, f"Multi{kind}"):
        raise ValueError(found)
    return [coordinates] if found == kind else list(coordinates)


def _lines(shape: str) -> list[Path] | None:
    """The lines of a LineString or MultiLineString."""
    try:
        return [_path(line, 2) for line in _parts(shape, "LineString")] or None
    except (ValueError, TypeError, KeyError):
        return None


def _polygons(shape: str) -> list[list[Path]] | None:
    """The closed rings of a Polygon, or of each polygon of a MultiPolygon."""
    try:
        found = [[_ring(ring) for ring in rings] for rings in _parts(shape, "Polygon")]
        return found if found and all(found) else None
    except (ValueError, TypeError, KeyError):
        return None


def _ring(coordinates: Any) -> Path:
    corners = _path(coordinates, 3)
    if coordinates[0] != coordinates[-1]:
        corners.append(corners[0])
    if len(corners) < 4:
        raise ValueError(coordinates)
    return corners


def _paths(shape: str) -> list[Path] | None:
    """The edges of any line or polygon."""
    lines = _lines(shape)
    if lines is not None:
        return lines
    polygons = _polygons(shape)
    return None if polygons is None else [ring for rings in polygons for ring in rings]


def _nearest(point: Vector, paths: Iterable[Path]) -> Vector:
    """The point of the paths that is nearest to a point."""
    return min(
        (_nearest_on(point, a, b) for path in paths for a, b in pairwise(path)), key=lambda at: _angle(point, at)
    )


def _nearest_on(point: Vector, a: Vector, b: Vector) -> Vector:
    normal = _unit(_cross(a, b))
    off = _dot(point, normal)
    foot = (point[0] - off * normal[0], point[1] - off * normal[1], point[2] - off * normal[2])
    if _length(foot) > 1e-15:
        foot = _unit(foot)
        if _dot(_cross(a, foot), normal) >= 0 and _dot(_cross(foot, b), normal) >= 0:
            return foot
    return min((a, b), key=lambda end: _angle(point, end))


def _is_point(longitude: float, latitude: float) -> bool:
    return abs(longitude) <= 180 and abs(latitude) <= 90


def azimuth(lon1: float, lat1: float, lon2: float, lat2: float) -> float | None:
    """The angle from north at the first point towards the second, clockwise, in radians from 0 to 2π."""
    if not _is_point(lon1, lat1) or not _is_point(lon2, lat2) or (lon1, lat1) == (lon2, lat2):
        return None
    turn, a, b = math.radians(lon2 - lon1), math.radians(lat1), math.radians(lat2)
    found = math.atan2(
        math.sin(turn) * math.cos(b), math.cos(a) * math.sin(b) - math.sin(a) * math.cos(b) * math.cos(turn)
    )
    return found % (2 * math.pi)


def closest_on_line(longitude: float, latitude: float, shape: str) -> str | None:
    """The point of a line that is nearest to a point."""
    lines = _lines(shape)
    if lines is None or not _is_point(longitude, latitude):
        return None
    return json_text({"type": "Point", "coordinates": _degrees(_nearest(vector(longitude, latitude), lines))})


def closest_on_polygon(longitude: float, latitude: float, shape: str) -> str | None:
    """The point of a polygon that is nearest to a point: itself inside."""
    paths = _edges_of_polygon(longitude, latitude, shape)
    if paths is None:
        return None
    if not paths:
        return json_text({"type": "Point", "coordinates": [longitude, latitude]})
    return json_text({"type": "Point", "coordinates": _degrees(_nearest(vector(longitude, latitude), paths))})


def distance_to_line(longitude: float, latitude: float, shape: str) -> float | None:
    """Metres from a point to a line."""
    lines = _lines(shape)
    if lines is None or not _is_point(longitude, latitude):
        return None
    point = vector(longitude, latitude)
    return RADIUS * _angle(point, _nearest(point, lines))


def distance_to_polygon(longitude: float, latitude: float, shape: str) -> float | None:
    """Metres from a point to a polygon: 0 inside."""
    paths = _edges_of_polygon(longitude, latitude, shape)
    if not paths:
        return None if paths is None else 0.0
    point = vector(longitude, latitude)
    return RADIUS * _angle(point, _nearest(point, paths))


def _edges_of_polygon(longitude: float, latitude: float, shape: str) -> list[Path] | None:
    """The edges of a polygon, none where it holds the point."""
    polygons = _polygons(shape)
    if polygons is None or not _is_point(longitude, latitude):
        return None
    if point_in_polygon(longitude, latitude, shape):
        return []
    return [ring for rings in polygons for ring in rings]


def line_length(shape: str) -> float | None:
    """Metres along a line."""
    lines = _lines(shape)
    return None if lines is None else RADIUS * math.fsum(_angle(a, b) for line in lines for a, b in pairwise(line))


def line_centroid(shape: str) -> str | None:
    """The middle of a line by its length."""
    lines = _lines(shape)
    if lines is None:
        return None
    arcs = [_scaled(_unit(_sum((a, b))), 2 * math.sin(_angle(a, b) / 2)) for line in lines for a, b in pairwise(line)]
    return json_text({"type": "Point", "coordinates": _degrees(_sum(arcs))})


def _apart(polygons: Sequence[list[Path]]) -> None:
    """Measures of a multipolygon are those of its union, which is not made here: parts that meet are refused."""
    for at, rings in enumerate(polygons):
        for other in polygons[at + 1 :]:
            if _polygons_meet(rings, other):
                raise ValueError("the polygons of a MultiPolygon overlap, and their union is not supported")


def _ring_area(ring: Path) -> float:
    """The area of a ring on the unit sphere, of the smaller side."""
    first = ring[0]
    area = math.fsum(
        2 * math.atan2(_dot(first, _cross(a, b)), 1 + _dot(first, a) + _dot(a, b) + _dot(b, first))
        for a, b in pairwise(ring[1:-1])
    )
    area = abs(area)
    return min(area, 4 * math.pi - area)


def polygon_area(shape: str) -> float | None:
    """Square metres of a polygon."""
    polygons = _polygons(shape)
    if polygons is None:
        return None
    _apart(polygons)
    return RADIUS**2 * math.fsum(
        _ring_area(rings[0]) - math.fsum(_ring_area(hole) for hole in rings[1:]) for rings in polygons
    )


def polygon_perimeter(shape: str) -> float | None:
    """Metres around a polygon and its holes."""
    polygons = _polygons(shape)
    if polygons is None:
        return None
    _apart(polygons)
    return RADIUS * math.fsum(_angle(a, b) for rings in polygons for ring in rings for a, b in pairwise(ring))


def polygon_centroid(shape: str) -> str | None:
    """The middle of a polygon by its area."""
    polygons = _polygons(shape)
    if polygons is None:
        return None
    _apart(polygons)
    moments = []
    for rings in polygons:
        for ring in rings:
            # Stokes: the integral of the position over a region is half the sum of its edges' angles along their normals.
            moment = _sum(_scaled(_unit(_cross(a, b)), _angle(a, b) / 2) for a, b in pairwise(ring))
            outward = _dot(moment, _sum(ring[:-1])) >= 0
            moments.append(_scaled(moment, 1 if outward == (ring is rings[0]) else -1))
    return json_text({"type": "Point", "coordinates": _degrees(_sum(moments))})


def _crosses(a: Vector, b: Vector, c: Vector, d: Vector) -> bool:
    if a in (c, d) or b in (c, d):
        return True
    across, along = _cross(a, b), _cross(c, d)
    first, second = _dot(across, c), _dot(across, d)
    third, fourth = _dot(along, a), _dot(along, b)
    # Opposite sides both times, and on the same half of the sphere.
    return first * second < 0 and third * fourth < 0 and first * fourth > 0


def _paths_cross(left: Iterable[Path], right: Sequence[Path]) -> bool:
    return any(
        _crosses(a, b, c, d) for path in left for a, b in pairwise(path) for other in right for c, d in pairwise(other)
    )


def _holds(rings: Sequence[Path], point: Vector) -> bool:
    shape = json.dumps({"type": "Polygon", "coordinates": [[_degrees(corner) for corner in ring] for ring in rings]})
    longitude, latitude = _degrees(point)
    return bool(point_in_polygon(longitude, latitude, shape))


def _polygons_meet(left: list[Path], right: list[Path]) -> bool:
    return _paths_cross(left, right) or _holds(left, right[0][0]) or _holds(right, left[0][0])


def lines_intersect(left: str, right: str) -> bool | None:
    """Whether two lines, or the edges of polygons, cross or touch."""
    ours, theirs = _paths(left), _paths(right)
    return None if ours is None or theirs is None else _paths_cross(ours, theirs)


def polygons_intersect(left: str, right: str) -> bool | None:
    """Whether two polygons share a point."""
    ours, theirs = _polygons(left), _polygons(right)
    if ours is None or theirs is None:
        return None
    return any(_polygons_meet(a, b) for a in ours for b in theirs)


def line_meets_polygon(line: str, polygon: str) -> bool | None:
    """Whether a line touches or enters a polygon."""
    lines, polygons = _lines(line), _polygons(polygon)
    if lines is None or polygons is None:
        return None
    return any(_paths_cross(lines, rings) or any(_holds(rings, path[0]) for path in lines) for rings in polygons)


# ---- WKT -----------------------------------------------------------------------------------------------------------

_WKT_NAMES = {
    name.upper(): name
    for name in (
        "Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection",
    )
}  # fmt: skip
_WKT_DEPTH = {"Point": 0, "LineString": 1, "MultiPoint": 1, "Polygon": 2, "MultiLineString": 2, "MultiPolygon": 3}
_WKT_TOKEN = re.compile(r"\s*([A-Za-z]+|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[(),])")


def from_wkt(text: str) -> str | None:
    """A geometry in Well-Known Text as GeoJSON."""
    tokens, at = [], 0
    while at < len(text.rstrip()):
        match = _WKT_TOKEN.match(text, at)
        if match is None:
            return None
        tokens.append(match[1])
        at = match.end()
    tokens.append("")
    tokens.reverse()
    try:
        found = _wkt(tokens, 0)
    except (ValueError, IndexError):
        return None
    return json_text(found) if tokens == [""] else None


def _wkt(tokens: list[str], depth: int) -> dict[str, Any]:
    name = _WKT_NAMES.get(tokens.pop().upper())
    if name is None or depth > 20:
        raise ValueError(name)
    if name == "GeometryCollection":
        return {"type": name, "geometries": _wkt_list(tokens, lambda: _wkt(tokens, depth + 1))}
    if name == "Point":
        position = _wkt_list(tokens, lambda: _wkt_position(tokens))
        if len(position) != 1:
            raise ValueError(name)
        return {"type": name, "coordinates": position[0]}
    return {"type": name, "coordinates": _wkt_nested(tokens, _WKT_DEPTH[name])}


def _wkt_nested(tokens: list[str], depth: int) -> list[Any]:
    if depth == 1:
        return _wkt_list(tokens, lambda: _wkt_position(tokens))
    return _wkt_list(tokens, lambda: _wkt_nested(tokens, depth - 1))


def _wkt_list(tokens: list[str], read: Callable[[], Any]) -> list[Any]:
    if tokens.pop() != "(":
        raise ValueError(tokens)
    found = [read()]
    while tokens[-1] == ",":
        tokens.pop()
        found.append(read())
    if tokens.pop() != ")":
        raise ValueError(tokens)
    return found


def _wkt_position(tokens: list[str]) -> list[float]:
    # MULTIPOINT may write each point in brackets of its own.
    if tokens[-1] == "(":
        return list(_wkt_list(tokens, lambda: _wkt_position(tokens))[0])
    return [float(tokens.pop()), float(tokens.pop())]


def _entry(
    name: str, call: Callable[..., Any], parameters: tuple[str, ...], returns: Any, note: str = ""
) -> ScalarFunction:
    kinds = {"real": "DOUBLE", "dynamic": "VARCHAR", "string": "VARCHAR", "bool": "BOOLEAN"}
    short = f"kql_{name}"
    places = ", ".join(f"{{{i}}}" for i in range(len(parameters)))
    python = PythonFunction(short, call, tuple(kinds[kind] for kind in parameters), kinds[returns])
    return function(name, parameters, returns, f"{short}({places})", python=(python,), note=note)


_AT_SHAPE = ("real", "real", "dynamic")
_APART_NOTE = "a MultiPolygon whose parts overlap is refused"

FUNCTIONS = (
    _entry("geo_azimuth", azimuth, ("real",) * 4, "real"),
    _entry("geo_closest_point_on_line", closest_on_line, _AT_SHAPE, "dynamic"),
    _entry("geo_closest_point_on_polygon", closest_on_polygon, _AT_SHAPE, "dynamic"),
    _entry("geo_distance_point_to_line", distance_to_line, _AT_SHAPE, "real"),
    _entry("geo_distance_point_to_polygon", distance_to_polygon, _AT_SHAPE, "real"),
    _entry("geo_line_length", line_length, ("dynamic",), "real"),
    _entry("geo_line_centroid", line_centroid, ("dynamic",), "dynamic"),
    _entry("geo_polygon_area", polygon_area, ("dynamic",), "real", _APART_NOTE),
    _entry("geo_polygon_perimeter", polygon_perimeter, ("dynamic",), "real", _APART_NOTE),
    _entry("geo_polygon_centroid", polygon_centroid, ("dynamic",), "dynamic", _APART_NOTE),
    _entry("geo_intersects_2lines", lines_intersect, ("dynamic", "dynamic"), "bool"),
    _entry("geo_intersects_2polygons", polygons_intersect, ("dynamic", "dynamic"), "bool"),
    _entry("geo_intersects_line_with_polygon", line_meets_polygon, ("dynamic", "dynamic"), "bool"),
    _entry("geo_from_wkt", from_wkt, ("string",), "dynamic"),
)
