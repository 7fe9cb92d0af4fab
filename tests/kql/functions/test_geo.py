from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from dashboard.kql.catalog import Catalog
from dashboard.kql.translate import translate
from tests.kql.functions.evaluation import refusal, run, same, value

OCTANT = "dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [90, 0], [0, 90], [0, 0]]]})"

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
    ("geo_geohash_neighbors('a')", None),
    ("geo_s2cell_neighbors('x')", None),
    ("array_length(geo_s2cell_neighbors('89c259'))", 8),
    ("geo_s2cell_to_central_point(geo_point_to_s2cell(12.5, 41.9, 30)).coordinates[0] - 12.5 < 0.000001", True),
    ("geo_point_to_s2cell(-80.195829, 25.802215, 8)", "88d9b"),
    ("geo_point_to_h3cell(-74.016, 40.704)", "862a1072fffffff"),
    ("geo_h3cell_parent('862a1072fffffff', 5)", "852a1073fffffff"),
    ("array_length(geo_h3cell_rings('862a1072fffffff', 2)[2])", 12),
    ("array_length(geo_h3cell_neighbors('862a1072fffffff'))", 6),
    ("geo_h3cell_level('nonsense')", None),
    ("geo_azimuth(0, 0, 90, 0)", math.pi / 2),
    ("geo_azimuth(1, 1, 1, 1)", None),
    ("geo_line_length(dynamic({'type': 'LineString', 'coordinates': [[0, 0], [90, 0]]}))", 6_371_010.0 * math.pi / 2),
    (f"geo_polygon_area({OCTANT})", 6_371_010.0**2 * math.pi / 2),
    (f"geo_polygon_perimeter({OCTANT})", 6_371_010.0 * math.pi * 1.5),
    (f"geo_polygon_centroid({OCTANT}).coordinates[0]", 45.0),
    (f"geo_distance_point_to_polygon(10, 10, {OCTANT})", 0.0),
    (f"round(geo_distance_point_to_polygon(-1, 10, {OCTANT}), 0)", 109506.0),
    (
        f"geo_intersects_line_with_polygon(dynamic({{'type': 'LineString', 'coordinates': [[-5, 5], [5, 5]]}}), {OCTANT})",
        True,
    ),
    (f"geo_intersects_2polygons({OCTANT}, {OCTANT})", True),
    ("geo_polygon_area(dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [1, 1]]]}))", None),
    ("geo_from_wkt('MULTIPOINT ((1 2), (3 4))')", {"type": "MultiPoint", "coordinates": [[1.0, 2.0], [3.0, 4.0]]}),
    ("geo_from_wkt('POLYGON ((0 0')", None),
    ("geo_geohash_to_central_point('sunny')", {"type": "Point", "coordinates": [42.47314453125, 23.70849609375]}),
]


@pytest.mark.parametrize(("expression", "wanted"), CASES, ids=[case[0] for case in CASES])
def test_geo_give_what_the_language_says(expression: str, wanted: Any) -> None:
    found = value(expression)
    assert same(found, wanted), found


def test_overlapping_parts_of_a_multipolygon_are_refused_rather_than_counted_twice() -> None:
    twice = "dynamic({'type': 'MultiPolygon', 'coordinates': [[[[0, 0], [9, 0], [0, 9], [0, 0]]], [[[1, 1], [9, 1], [1, 9], [1, 1]]]]})"
    with pytest.raises(Exception, match="overlap"):
        value(f"geo_polygon_area({twice})")


def test_the_place_of_an_address_comes_from_the_database_that_the_user_points_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mmdb_writer import MMDBWriter
    from netaddr import IPSet

    writer = MMDBWriter(ip_version=6, database_type="City", ipv4_compatible=True, float_type="f64")
    place = {
        "country": {"names": {"en": "Norway"}}, "city": {"names": {"en": "Oslo"}},
        "location": {"latitude": 59.91, "longitude": 10.75},
    }  # fmt: skip
    writer.insert_network(IPSet(["203.0.113.0/24"]), place)
    writer.to_db_file(str(tmp_path / "city.mmdb"))
    monkeypatch.setenv("WATCHBOOK_GEO_DATABASE", str(tmp_path / "city.mmdb"))
    wanted = {"country": "Norway", "city": "Oslo", "latitude": 59.91, "longitude": 10.75}
    assert value("geo_info_from_ip_address('203.0.113.7')") == wanted
    assert value("geo_info_from_ip_address('8.8.8.8')") is None
    assert value("geo_info_from_ip_address('no address')") is None


def test_without_a_database_a_column_of_places_is_null_with_a_notice_and_a_single_place_is_refused() -> None:
    assert "database of addresses" in refusal("geo_info_from_ip_address('8.8.8.8')")
    _, rows = run("datatable(a: string)['8.8.8.8'] | extend p = geo_info_from_ip_address(a) | project p.country, a")
    assert rows == [["", "8.8.8.8"]] or rows == [[None, "8.8.8.8"]]
    found = translate("datatable(a: string)['8.8.8.8'] | extend p = geo_info_from_ip_address(a)", Catalog())
    assert [problem.code for problem in found.problems] == ["KQ209"]
