"""Maps find places without asking anyone; graphs keep every node and edge."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import asdict
from typing import Any

import pytest

from dashboard.table import Table, table_from_rows
from dashboard.visual import theme
from dashboard.visual.build import draw
from dashboard.visual.charts import KINDS
from dashboard.visual.layouts import force_layout, honeycomb, layered_layout
from dashboard.visual.palette import CATEGORICAL, NAMED
from dashboard.visual.places import country, outlines, project, region
from dashboard.visual.view import Figure, Message
from tests.visual.tables import counts, hours


def figure(table: Table, visualization: str, **settings: Any) -> Figure:
    view = draw({"visualization": visualization, f"{visualization}Settings": settings}, table)
    assert isinstance(view, Figure), view
    json.dumps(asdict(view), allow_nan=False)
    return view


@pytest.mark.parametrize("text", ["DE", "deu", "Germany", " germany "])
def test_a_country_is_found_by_name_and_code(text: str) -> None:
    found = country(text)
    assert found is not None
    assert found.name == "Germany"
    assert (47 < found.latitude < 55, 6 < found.longitude < 15) == (True, True)


@pytest.mark.parametrize(
    "text",
    ["Singapore", "Côte d'Ivoire", "The Netherlands", "Viet Nam", "Russia", "US", "UK", "South Korea", "Türkiye", "HK"],
)
def test_small_countries_and_other_names_are_found(text: str) -> None:
    assert country(text) is not None


def test_what_is_no_country_is_none() -> None:
    assert [country(text) for text in ("Atlantis", "", "12", "<script>")] == [None] * 4


def test_regions_are_found_by_both_names() -> None:
    assert region("westeurope") == region("West Europe")
    assert region("moon") is None


def test_outlines_stay_on_the_map_and_never_run_across_it() -> None:
    xs, ys = outlines()
    assert all(-181 <= x <= 195 for x in xs if x is not None)
    steps = [abs(b - a) for a, b in itertools.pairwise(xs) if a is not None and b is not None]
    assert max(steps) < 40
    assert len(xs) == len(ys) < 8000


def test_places_are_summed_sized_and_counted_below() -> None:
    table = table_from_rows(
        [("c", "string"), ("n", "long")], [("US", 300), ("United States", 100), ("France", 100), ("Atlantis", 1)]
    )
    view = figure(
        table,
        "map",
        locInfo="CountryRegion",
        locInfoColumn="c",
        sizeSettings="n",
        sizeAggregation="Sum",
        legendMetric="n",
        legendAggregation="Sum",
    )
    marks = view.figure["data"][1]
    assert len(marks["x"]) == 2
    assert math.isclose(marks["marker"]["size"][0] / marks["marker"]["size"][1], 2.0, rel_tol=0.01)
    assert [(label, number) for label, number, _ in view.metrics] == [("United States", "400"), ("France", "100")]
    assert "Atlantis" in view.notices[0]


def test_coordinates_are_points_of_their_own() -> None:
    table = table_from_rows(
        [("latitude", "real"), ("longitude", "real"), ("n", "long")],
        [(10.0, 20.0, 1), (10.0, 20.0, 1), (99.0, 0.0, 1), (None, 1.0, 1)],
    )
    view = figure(table, "map", locInfo="LatLong", latitude="latitude", longitude="longitude", sizeSettings="n")
    assert len(view.figure["data"][1]["x"]) == 2
    assert view.figure["data"][1]["x"][0] == project(10, 20)[0]


def test_azure_regions_and_resources_are_placed() -> None:
    table = table_from_rows([("id", "string"), ("location", "string")], [("/subscriptions/x/vm-1", "eastus")])
    assert figure(table, "map", locInfo="AzureLoc", locInfoColumn="location").figure["data"][1]["text"] == ["East US"]
    assert figure(table, "map", locInfo="AzureResource", locInfoColumn="id").figure["data"][1]["text"] == ["vm-1"]


def test_a_map_asks_no_tile_or_shape_server() -> None:
    text = json.dumps(asdict(figure(counts({"France": 1}), "map", locInfo="CountryRegion", locInfoColumn="Category")))
    assert not any(word in text for word in ("http", "scattergeo", "mapbox", "topojson"))


def test_a_map_without_any_known_place_says_so() -> None:
    view = draw(
        {"visualization": "map", "mapSettings": {"locInfo": "CountryRegion", "locInfoColumn": "Category"}},
        counts({"Atlantis": 1}),
    )
    assert isinstance(view, Message)
    assert (view.code, "Atlantis" in view.detail) == ("VI006", True)


def test_more_than_a_hundred_places_are_cut_with_a_notice() -> None:
    table = table_from_rows([("lat", "real"), ("lon", "real")], [(i / 10, i / 10) for i in range(150)])
    view = figure(table, "map", locInfo="LatLong", latitude="lat", longitude="lon")
    assert len(view.figure["data"][1]["x"]) == 100
    assert "150" in view.notices[0]


def test_colours_of_a_map_follow_thresholds() -> None:
    settings = {
        "type": "thresholds",
        "nodeColorField": "count_",
        "thresholdsGrid": [
            {"operator": ">", "thresholdValue": "5", "representation": "red"},
            {"operator": "Default", "representation": "green"},
        ],
    }
    view = figure(
        counts({"France": 9, "Spain": 1}),
        "map",
        locInfo="CountryRegion",
        locInfoColumn="Category",
        itemColorSettings=settings,
    )
    assert len(set(view.figure["data"][1]["marker"]["color"])) == 2


NETWORK = table_from_rows(
    [("id", "string"), ("name", "string"), ("s", "string"), ("d", "string"), ("w", "long")],
    [
        ("a", "Alpha", "", "", 1),
        ("b", "Beta", "", "", 4),
        ("", "", "a", "b", 5),
        ("", "", "b", "c", 1),
        ("", "", "a", "a", 1),
    ],
)
SETTINGS: dict[str, Any] = {
    "type": 0, "nodeIdField": "id", "sourceIdField": "s", "targetIdField": "d", "topContent": {"columnMatch": "name", "formatter": 1}, "edgeSize": "w",
}  # fmt: skip


def test_every_node_is_drawn_also_one_that_only_an_edge_names() -> None:
    view = figure(NETWORK, "graph", **SETTINGS)
    assert view.figure["data"][-1]["text"] == ["Alpha", "Beta", "c"]


def test_edges_have_an_arrow_and_their_size_a_width() -> None:
    lines = figure(NETWORK, "graph", **SETTINGS).figure["data"][:-1]
    assert sorted(trace["line"]["width"] for trace in lines) == [3.0, 5.0]
    assert all(trace["marker"]["angleref"] == "previous" for trace in lines)


def test_a_clicked_node_exports_its_row() -> None:
    view = draw({"visualization": "graph", "graphSettings": SETTINGS, "exportParameterName": "P"}, NETWORK)
    assert isinstance(view, Figure)
    assert view.points[-1][1]["name"] == "Beta"


@pytest.mark.parametrize("kind", [1, 2, 3, 4])
def test_nodes_are_coloured_by_category_field_threshold_or_heat(kind: int) -> None:
    table = table_from_rows(
        [("id", "string"), ("k", "string"), ("n", "long")], [("a", "#112233", 1), ("b", "#445566", 9)]
    )
    colours = {
        "type": kind,
        "nodeColorField": "n" if kind > 2 else "k",
        "heatmapPalette": "greenRed",
        "thresholdsGrid": [{"operator": ">", "thresholdValue": "5", "representation": "red"}],
    }
    view = figure(table, "graph", type=0, nodeIdField="id", colorSettings=colours)
    assert len(set(view.figure["data"][-1]["marker"]["color"])) == 2


def test_a_honeycomb_has_a_cell_a_node_and_a_label_a_cluster() -> None:
    table = table_from_rows([("id", "string"), ("g", "string")], [(f"n{i}", f"g{i % 3}") for i in range(20)])
    view = figure(
        table, "graph", type=2, nodeIdField="id", groupByField="g", hivesContent={"columnMatch": "g", "formatter": 1}
    )
    assert len(view.figure["data"][-1]["x"]) == 20
    assert [a["text"] for a in view.figure["layout"]["annotations"]] == ["g0", "g1", "g2"]
    cells = view.figure["data"][0]
    assert cells["fill"] == "toself"


def test_a_graph_without_its_columns_says_what_there_is() -> None:
    view = draw({"visualization": "graph", "graphSettings": {"nodeIdField": "gone"}}, NETWORK)
    assert isinstance(view, Message)
    assert view.code == "VI002"


def test_a_huge_graph_is_cut_with_a_notice() -> None:
    table = table_from_rows([("id", "string")], [(f"n{i}",) for i in range(1000)])
    view = figure(table, "graph", type=0, nodeIdField="id")
    assert len(view.figure["data"][-1]["x"]) == 300
    assert "1,000" in view.notices[0]


def test_a_layout_by_force_is_the_same_each_time_and_keeps_nodes_apart() -> None:
    edges = [(i, (i * 7 + 1) % 30) for i in range(30)]
    places = force_layout(30, edges)
    assert places == force_layout(30, edges)
    closest = min(math.dist(places[a], places[b]) for a in range(30) for b in range(a))
    assert closest > 0.03
    assert all(abs(x) <= 1 and abs(y) <= 1 for x, y in places)


def test_layers_follow_the_edges_and_cycles_end() -> None:
    places = layered_layout(4, [(0, 1), (1, 2), (2, 3)], across=True)
    assert [x for x, _ in places] == sorted(x for x, _ in places)
    down = layered_layout(3, [(0, 1), (1, 2)], across=False)
    assert [y for _, y in down] == sorted((y for _, y in down), reverse=True)
    assert len(layered_layout(3, [(0, 1), (1, 2), (2, 0), (1, 1)], across=True)) == 3


def test_cells_of_a_honeycomb_never_overlap() -> None:
    cells = honeycomb(61)
    assert len(set(cells)) == 61
    assert min(math.dist(cells[a], cells[b]) for a in range(61) for b in range(a)) > 0.99


@pytest.mark.parametrize("kind", [*sorted(KINDS), "piechart", "map", "graph"])
def test_plotly_accepts_every_setting_of_every_figure(kind: str) -> None:
    import plotly.graph_objects as go

    chart = {
        "customThresholdLine": "3", "showLegend": True, "showDataPoints": True, "xSettings": {"label": "x"},
        "ySettings": {"label": "y", "min": 0, "numberFormatSettings": {"unit": 2}},
    }  # fmt: skip
    places = {"locInfo": "CountryRegion", "locInfoColumn": "Category"}
    settings = {"visualization": kind, "chartSettings": chart, "mapSettings": places, "graphSettings": SETTINGS}
    for table in (
        NETWORK if kind == "graph" else counts({"France": 3, "Spain": 1}),
        hours({"France": [1, 2], "Spain": [3, 4]}),
    ):
        view = draw({**settings, "timeBrushParameterName": "T"}, table)
        if isinstance(view, Figure):
            go.Figure(theme.apply(view.figure, True))
        else:
            assert (kind, view.code if isinstance(view, Message) else "") == ("graph", "VI002")


@pytest.mark.parametrize("dark", [False, True])
def test_a_theme_leaves_no_role_unresolved_and_no_background(dark: bool) -> None:
    for view in (
        figure(NETWORK, "graph", **SETTINGS),
        figure(counts({"France": 1}), "map", locInfo="CountryRegion", locInfoColumn="Category"),
    ):
        themed = theme.apply(view.figure, dark)
        assert "theme:" not in json.dumps(themed)
        assert themed["layout"]["paper_bgcolor"] == "rgba(0,0,0,0)"
        assert themed["layout"]["font"]["color"] == theme.colors(dark)["ink"]


def test_a_theme_changes_colours_only_where_colours_stand() -> None:
    figure_dict = {
        "data": [{"name": "theme:ink", "x": ["theme:ink"], "marker": {"color": "theme:ink"}}],
        "layout": {"title": {"text": "theme:ink"}},
    }
    trace = theme.apply(figure_dict, True)["data"][0]
    assert (trace["name"], trace["x"], trace["marker"]["color"]) == ("theme:ink", ["theme:ink"], theme.DARK["ink"])


def test_the_label_of_a_narrow_honeycomb_has_two_lines_at_most() -> None:
    table = table_from_rows(
        [("id", "string"), ("kind", "string")], [("a", "A name of very many words that goes on"), ("b", "B")]
    )
    settings = {"visualization": "graph", "graphSettings": {"type": 2, "nodeIdField": "id", "groupByField": "kind"}}
    view = draw(settings, table)
    assert isinstance(view, Figure)
    labels = [each["text"] for each in view.figure["layout"]["annotations"]]
    assert labels == ["A name of very<br>many words tha…", "B"]


MIXED = table_from_rows(
    [("id", "string"), ("from", "string"), ("to", "string"), ("state", "string"), ("trend", "dynamic")],
    [
        ("a", "", "", "", "[1,5,2]"), ("b", "", "", "", "[3,3,4]"), ("", "a", "b", "bad", None), ("", "b", "c", "good", None),
        ("", "a", "c", "bad", None),
    ],
)  # fmt: skip
NODES_AND_EDGES = {"type": 0, "nodeIdField": "id", "sourceIdField": "from", "targetIdField": "to"}


def test_edges_have_the_colour_of_their_own_settings() -> None:
    rules = [
        {"operator": "==", "thresholdValue": "bad", "representation": "redBright"},
        {"operator": "Default", "representation": "green"},
    ]
    coloured = {"type": 3, "edgeColorField": "state", "thresholdsGrid": rules}
    traces = figure(MIXED, "graph", **NODES_AND_EDGES, edgeColorSettings=coloured).figure["data"][:-1]
    ends = {trace["line"]["color"]: trace["x"].count(None) for trace in traces}
    assert ends == {NAMED["redbright"]: 2, NAMED["green"]: 1}
    assert len(figure(MIXED, "graph", **NODES_AND_EDGES, edgeColorSettings=None).figure["data"]) == 2


def test_a_reader_may_choose_among_the_layouts_where_the_graph_offers_them() -> None:
    offered = figure(MIXED, "graph", **NODES_AND_EDGES, graphOrientation=2, showOrientationToggles=True)
    assert [name for name, _ in offered.layouts] == ["Flow vertical", "Force directed", "Flow horizontal"]
    assert offered.figure == offered.layouts[0][1]
    places = {name: tuple(shown["data"][-1]["x"]) for name, shown in offered.layouts}
    assert len(set(places.values())) == 3
    assert figure(MIXED, "graph", **NODES_AND_EDGES, showOrientationToggles=False).layouts == ()


def test_categories_take_the_colours_of_the_palette_asked_for() -> None:
    def hues(name: str | None) -> list[str]:
        settings = {"type": 1, "nodeColorField": "id", "colorPalette": name}
        shown: list[str] = figure(MIXED, "graph", **NODES_AND_EDGES, colorSettings=settings).figure["data"][-1][
            "marker"
        ]["color"]
        return shown[:2]

    assert hues("default") == hues(None) == hues("no such") == list(CATEGORICAL["default"][:2])
    assert hues("pastel") == list(CATEGORICAL["pastel"][:2])
    assert hues("cool") == list(CATEGORICAL["cool"][:2])


def test_a_spark_is_drawn_in_the_cells_of_a_honeycomb() -> None:
    slot = {"columnMatch": "trend", "formatter": 21}
    traces = figure(MIXED, "graph", **NODES_AND_EDGES | {"type": 2}, bottomContent=slot).figure["data"]
    lines = [trace for trace in traces if trace["mode"] == "lines" and "fill" not in trace]
    assert sum(sum(1 for y in trace["y"] if y is not None) for trace in lines) == 6


def test_a_node_shows_all_its_slots_and_opens_the_link_of_one() -> None:
    table = table_from_rows(
        [("id", "string"), ("state", "string"), ("site", "string")], [("a", "up", "https://a.example/")]
    )
    rules = [{"operator": "==", "thresholdValue": "up", "representation": "success", "text": "{0}"}]
    slots = {
        "topContent": {"columnMatch": "id", "formatter": 1, "tooltipFormat": {"tooltip": 'machine ["id"]'}},
        "centerContent": {"columnMatch": "state", "formatter": 18, "formatOptions": {"thresholdsOptions": "icons", "thresholdsGrid": rules}},
        "bottomContent": {"columnMatch": "site", "formatter": 7, "formatOptions": {"linkTarget": "Url"}},
    }  # fmt: skip
    for kind in (0, 2):
        view = figure(table, "graph", type=kind, nodeIdField="id", **slots)
        marks = view.figure["data"][-1]
        assert marks["customdata"] == ["machine a<br>up<br>https://a.example/"]
        assert marks["text"][0].split("<br>")[:2] == ["a", "✔ up"]
        (point,) = view.points[-1]
        assert (point["_link"], point["_row"]) == ({"kind": "url", "href": "https://a.example/"}, 0)


@pytest.mark.parametrize("parts", [True, False])
def test_what_stands_for_several_rows_exports_them_all_where_asked(parts: bool) -> None:
    table = table_from_rows([("c", "string"), ("id", "string")], [("US", "1"), ("US", "2"), ("FR", "3")])
    asked = {"exportAggregateParts": parts, "exportedParameters": [{"fieldName": "id", "parameterName": "P"}]}
    settings = {"visualization": "map", "mapSettings": {"locInfo": "CountryRegion", "locInfoColumn": "c"}}
    view = draw({**settings, **asked}, table)
    assert isinstance(view, Figure)
    exported = {point["label"]: [row["id"] for row in point.get("_parts", ())] for point in view.points[1]}
    assert exported == {"United States": ["1", "2"] if parts else [], "France": []}
    pie = draw({"visualization": "piechart", "chartSettings": {"group": "id", "createOtherGroup": 1}, **asked}, table)
    assert isinstance(pie, Figure)
    assert [row["label"] for row in pie.points[0][-1].get("_parts", ())] == (["2", "3"] if parts else [])
