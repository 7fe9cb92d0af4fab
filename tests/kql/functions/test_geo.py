from __future__ import annotations

from typing import Any

import pytest

from tests.kql.functions.evaluation import refusal, same, value

CASES: list[tuple[str, Any]] = [
    ("round(geo_distance_2points(-122.407628, 47.578557, -118.275287, 34.019056), 3)", 1546754.352),
    ("geo_distance_2points(300, 1, 1, 1)", None),
    ("geo_point_in_circle(1, 1, 1.1, 1.1, 20000)", True),
    ("geo_point_in_circle(1, 1, 1, 1, -1)", None),
    (
        "geo_point_in_polygon(5, 5, dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]]}))",
        True,
    ),
    (
        "geo_point_in_polygon(15, 5, dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]]}))",
        False,
    ),
    ("geo_point_to_geohash(-80.195829, 25.802215, 8)", "dhwfz15h"),
    ("geo_point_to_geohash(200, 1, 8)", ""),
    ("geo_geohash_to_central_point('sunny')", {"type": "Point", "coordinates": [42.47314453125, 23.70849609375]}),
]


@pytest.mark.parametrize(("expression", "wanted"), CASES, ids=[case[0] for case in CASES])
def test_geo_give_what_the_language_says(expression: str, wanted: Any) -> None:
    found = value(expression)
    assert same(found, wanted), found


def test_the_place_of_an_address_is_refused_without_a_database() -> None:
    assert "database of addresses" in refusal("geo_info_from_ip_address('8.8.8.8')")
