"""Cells of the Earth: H3 hexagons (by Uber's library) and S2 squares (by the published arithmetic of the S2 curve)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from dashboard.kql.functions.literals import json_text
from dashboard.kql.functions.registry import Operand, PythonFunction, ScalarFunction

function = partial(ScalarFunction, family="geo")

_LEAF = 30
_SIZE = 1 << _LEAF
# Position on the curve for a quadrant and back, by orientation (1: swapped, 2: inverted), and how a position turns it.
_TO_POSITION = ((0, 1, 3, 2), (0, 3, 1, 2), (2, 3, 1, 0), (2, 1, 3, 0))
_TO_QUADRANT = ((0, 1, 3, 2), (0, 2, 3, 1), (3, 2, 0, 1), (3, 1, 0, 2))
_TURN = (1, 0, 0, 3)
# Children more than this many levels below a cell are too many for one value.
_DEEPEST_CHILD = 5

Place = tuple[int, int, int]


def _inside(longitude: float, latitude: float) -> bool:
    return abs(longitude) <= 180 and abs(latitude) <= 90


def _point(longitude: float, latitude: float) -> str:
    return json_text({"type": "Point", "coordinates": [longitude, latitude]})


def _polygon(corners: Iterable[tuple[float, float]]) -> str:
    ring = [[longitude, latitude] for longitude, latitude in corners]
    return json_text({"type": "Polygon", "coordinates": [[*ring, ring[0]]]})


# ---- S2 ------------------------------------------------------------------------------------------------------------


def _face_uv(x: float, y: float, z: float) -> tuple[int, float, float]:
    size = (abs(x), abs(y), abs(z))
    axis = size.index(max(size))
    face = axis + (3 if (x, y, z)[axis] < 0 else 0)
    u, v = ((y / x if x else 0, z / x if x else 0), (-x / y if y else 0, z / y if y else 0),
            (-x / z if z else 0, -y / z if z else 0), (z / x if x else 0, y / x if x else 0),
            (z / y if y else 0, -x / y if y else 0), (-y / z if z else 0, -x / z if z else 0))[face]  # fmt: skip
    return face, u, v


def _xyz(face: int, u: float, v: float) -> tuple[float, float, float]:
    return ((1, u, v), (-u, 1, v), (-u, -v, 1), (-1, -v, -u), (v, -1, -u), (v, u, -1))[face]


def _to_st(u: float) -> float:
    return 0.5 * math.sqrt(1 + 3 * u) if u >= 0 else 1 - 0.5 * math.sqrt(1 - 3 * u)


def _to_uv(s: float) -> float:
    return (4 * s * s - 1) / 3 if s >= 0.5 else (1 - 4 * (1 - s) ** 2) / 3


def _leaf(st: float) -> int:
    return max(0, min(_SIZE - 1, math.floor(st * _SIZE)))


def _number(place: Place, level: int) -> int:
    """The number of the cell of a level that holds a leaf (face, i, j)."""
    face, i, j = place
    turn, position = face & 1, face
    for k in range(_LEAF - 1, -1, -1):
        at = _TO_POSITION[turn][(i >> k & 1) << 1 | (j >> k & 1)]
        position = position << 2 | at
        turn ^= _TURN[at]
    leaf = position << 1 | 1
    lowest = 1 << 2 * (_LEAF - level)
    return leaf & -lowest | lowest


def _place(number: int) -> tuple[Place, int] | None:
    """Face and lowest i and j of a cell, and its level; None for a number that is no cell."""
    lowest = number & -number
    if not 0 < number < 6 << 61 or lowest.bit_length() % 2 == 0:
        return None
    level = _LEAF - (lowest.bit_length() - 1) // 2
    face = number >> 61
    turn, i, j = face & 1, 0, 0
    for k in range(_LEAF - 1, _LEAF - 1 - level, -1):
        at = number >> (2 * k + 1) & 3
        quadrant = _TO_QUADRANT[turn][at]
        i, j = i | (quadrant >> 1) << k, j | (quadrant & 1) << k
        turn ^= _TURN[at]
    return (face, i, j), level


def _token(number: int) -> str:
    return f"{number:016x}".rstrip("0")


def _read_token(text: str) -> tuple[Place, int] | None:
    try:
        return _place(int(text.ljust(16, "0"), 16)) if 0 < len(text) <= 16 else None
    except ValueError:
        return None


def s2_cell(longitude: float, latitude: float, level: int) -> str:
    """The token of the S2 cell that holds a point; empty where the point or the level makes none."""
    if not _inside(longitude, latitude) or not 0 <= level <= _LEAF:
        return ""
    lon, lat = math.radians(longitude), math.radians(latitude)
    face, u, v = _face_uv(math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat))
    return _token(_number((face, _leaf(_to_st(u)), _leaf(_to_st(v))), level))


def _corner(face: int, i: float, j: float) -> tuple[float, float]:
    x, y, z = _xyz(face, _to_uv(i / _SIZE), _to_uv(j / _SIZE))
    return math.degrees(math.atan2(y, x)), math.degrees(math.atan2(z, math.hypot(x, y)))


def s2_center(token: str) -> str | None:
    """The middle of an S2 cell as a GeoJSON point."""
    found = _read_token(token)
    if found is None:
        return None
    (face, i, j), level = found
    half = (_SIZE >> level) / 2
    return _point(*_corner(face, i + half, j + half))


def s2_polygon(token: str) -> str | None:
    """An S2 cell as a GeoJSON polygon."""
    found = _read_token(token)
    if found is None:
        return None
    (face, i, j), level = found
    size = _SIZE >> level
    return _polygon(_corner(face, i + a * size, j + b * size) for a, b in ((0, 0), (1, 0), (1, 1), (0, 1)))


def s2_neighbors(token: str) -> str | None:
    """The cells of the same level around an S2 cell, edges and corners."""
    found = _read_token(token)
    if found is None:
        return None
    (face, i, j), level = found
    size = _SIZE >> level
    own = _number((face, i, j), level)
    around = [
        _number(_wrapped(face, i + a * size, j + b * size), level)
        for a, b in ((1, 1), (1, 0), (-1, 0), (0, -1), (-1, 1), (1, -1), (0, 1), (-1, -1))
    ]
    return json_text([_token(number) for number in dict.fromkeys(around) if number != own])


def _wrapped(face: int, i: int, j: int) -> Place:
    """A leaf beside a face is one of the next face."""
    if 0 <= i < _SIZE and 0 <= j < _SIZE:
        return face, i, j
    u, v = ((2 * (max(-1, min(_SIZE, at)) - _SIZE // 2) + 1) / _SIZE for at in (i, j))
    other, u, v = _face_uv(*_xyz(face, u, v))
    return other, _leaf(0.5 * (u + 1)), _leaf(0.5 * (v + 1))


# ---- H3 ------------------------------------------------------------------------------------------------------------


def _known(cell: str) -> str | None:
    """A cell as the library spells it."""
    import h3

    try:
        found = h3.int_to_str(h3.str_to_int(cell))
    except (ValueError, OverflowError):
        return None
    return found if h3.is_valid_cell(found) else None


def h3_cell(longitude: float, latitude: float, resolution: int) -> str:
    """The H3 cell that holds a point; empty where the point or the resolution makes none."""
    import h3

    if not _inside(longitude, latitude) or not 0 <= resolution <= 15:
        return ""
    return str(h3.latlng_to_cell(latitude, longitude, resolution))


def h3_center(cell: str) -> str | None:
    """The middle of an H3 cell as a GeoJSON point."""
    import h3

    known = _known(cell)
    if known is None:
        return None
    latitude, longitude = h3.cell_to_latlng(known)
    return _point(longitude, latitude)


def h3_polygon(cell: str) -> str | None:
    """An H3 cell as a GeoJSON polygon."""
    import h3

    known = _known(cell)
    return None if known is None else _polygon((lon, lat) for lat, lon in h3.cell_to_boundary(known))


def h3_level(cell: str) -> int | None:
    """The resolution of an H3 cell."""
    import h3

    known = _known(cell)
    return None if known is None else int(h3.get_resolution(known))


def h3_children(cell: str, resolution: int) -> str | None:
    """The cells of a finer resolution (-1: the next) inside an H3 cell."""
    import h3

    known = _known(cell)
    if known is None:
        return None
    own = h3.get_resolution(known)
    wanted = own + 1 if resolution == -1 else resolution
    if not own < wanted <= min(15, own + _DEEPEST_CHILD):
        return None
    return json_text(list(h3.cell_to_children(known, wanted)))


def h3_parent(cell: str, resolution: int) -> str:
    """The cell of a coarser resolution (-1: the next) around an H3 cell; empty where there is none."""
    import h3

    known = _known(cell)
    if known is None:
        return ""
    own = h3.get_resolution(known)
    wanted = own - 1 if resolution == -1 else resolution
    return str(h3.cell_to_parent(known, wanted)) if 0 <= wanted < own else ""


def h3_neighbors(cell: str) -> str | None:
    """The cells that touch an H3 cell."""
    import h3

    known = _known(cell)
    return None if known is None else json_text([other for other in h3.grid_disk(known, 1) if other != known])


def h3_rings(cell: str, distance: int) -> str | None:
    """The rings around an H3 cell up to a distance; the first is the cell itself."""
    import h3

    known = _known(cell)
    if known is None or not 0 <= distance <= 142:
        return None
    return json_text([list(h3.grid_ring(known, step)) for step in range(distance + 1)])


def _python(
    name: str, call: Callable[..., Any], arguments: tuple[str, ...], returns: str
) -> tuple[PythonFunction, ...]:
    return (PythonFunction(f"kql_{name}", call, arguments, returns),)


def _with_default(name: str, count: int, default: int, text: bool = False) -> Callable[[Sequence[Operand]], str]:
    """The SQL of a call whose last argument may be left out."""

    def sql(operands: Sequence[Operand]) -> str:
        given = [operand.sql for operand in operands]
        call = f"kql_{name}({', '.join((*given, *([f'{default}::BIGINT'] if len(given) < count else ())))})"
        return f"coalesce({call}, '')" if text else call

    return sql


_POINT = ("DOUBLE", "DOUBLE", "BIGINT")
_TEXT = ("VARCHAR",)

FUNCTIONS = (
    function("geo_point_to_s2cell", ("real", "real", "long"), "string", _with_default("s2_cell", 3, 11, True), required=2,
             python=_python("s2_cell", s2_cell, _POINT, "VARCHAR")),
    function("geo_s2cell_to_central_point", ("string",), "dynamic", "kql_s2_center({0})",
             python=_python("s2_center", s2_center, _TEXT, "VARCHAR")),
    function("geo_s2cell_to_polygon", ("string",), "dynamic", "kql_s2_polygon({0})",
             python=_python("s2_polygon", s2_polygon, _TEXT, "VARCHAR")),
    function("geo_s2cell_neighbors", ("string",), "dynamic", "kql_s2_neighbors({0})",
             python=_python("s2_neighbors", s2_neighbors, _TEXT, "VARCHAR")),
    function("geo_point_to_h3cell", ("real", "real", "long"), "string", _with_default("h3_cell", 3, 6, True), required=2,
             python=_python("h3_cell", h3_cell, _POINT, "VARCHAR")),
    function("geo_h3cell_to_central_point", ("string",), "dynamic", "kql_h3_center({0})",
             python=_python("h3_center", h3_center, _TEXT, "VARCHAR")),
    function("geo_h3cell_to_polygon", ("string",), "dynamic", "kql_h3_polygon({0})",
             python=_python("h3_polygon", h3_polygon, _TEXT, "VARCHAR")),
    function("geo_h3cell_level", ("string",), "long", "kql_h3_level({0})",
             python=_python("h3_level", h3_level, _TEXT, "BIGINT")),
    function("geo_h3cell_children", ("string", "long"), "dynamic", _with_default("h3_children", 2, -1), required=1,
             python=_python("h3_children", h3_children, ("VARCHAR", "BIGINT"), "VARCHAR")),
    function("geo_h3cell_parent", ("string", "long"), "string", _with_default("h3_parent", 2, -1, True), required=1,
             python=_python("h3_parent", h3_parent, ("VARCHAR", "BIGINT"), "VARCHAR")),
    function("geo_h3cell_neighbors", ("string",), "dynamic", "kql_h3_neighbors({0})",
             python=_python("h3_neighbors", h3_neighbors, _TEXT, "VARCHAR")),
    function("geo_h3cell_rings", ("string", "long"), "dynamic", "kql_h3_rings({0}, {1})",
             python=_python("h3_rings", h3_rings, ("VARCHAR", "BIGINT"), "VARCHAR")),
)  # fmt: skip
