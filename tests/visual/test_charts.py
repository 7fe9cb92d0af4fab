"""Charts choose their axes as the portal does, and say in numbers what they draw."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict
from typing import Any

import pytest

from dashboard.table import Table, render_of, table_from_rows
from dashboard.visual.build import VISUALIZATIONS, draw, visualization
from dashboard.visual.view import Figure, Grid, Message
from tests.visual.tables import NOON, counts, hours


def figure(table: Table, visualization: str = "linechart", zone: str = "UTC", **settings: Any) -> Figure:
    view = draw({"visualization": visualization, **settings}, table, zone=zone)
    assert isinstance(view, Figure), view
    json.dumps(asdict(view), allow_nan=False)
    return view


def traces(view: Figure) -> list[dict[str, Any]]:
    return list(view.figure["data"])


def test_time_is_x_numbers_are_y_and_text_splits_into_series_the_largest_first() -> None:
    view = figure(hours({"exec": [1, 2], "attach": [3, 4]}))
    assert [trace["name"] for trace in traces(view)] == ["attach", "exec"]
    assert traces(view)[0]["x"] == ["2026-11-20T12:00:00", "2026-11-20T13:00:00"]
    assert traces(view)[0]["y"] == [3, 4]
    assert view.time_axis


def test_several_number_columns_are_several_series() -> None:
    table = table_from_rows([("t", "datetime"), ("p50", "real"), ("p95", "real")], [(NOON, 1.0, 2.0)])
    assert [trace["name"] for trace in traces(figure(table))] == ["p50", "p95"]


TRAFFIC = table_from_rows(
    [("t", "datetime"), ("place", "string"), ("in", "long"), ("out", "long")], [(NOON, "a", 1, 4), (NOON, "b", 2, 5)]
)


@pytest.mark.parametrize("kind", ["areachart", "barchart", "categoricalbar"])
def test_stacks_of_several_number_columns_are_divided_by_a_text_only_when_asked(kind: str) -> None:
    assert [(trace["name"], trace["y"]) for trace in traces(figure(TRAFFIC, kind))] == [("in", [3]), ("out", [9])]
    asked = figure(TRAFFIC, kind, chartSettings={"group": "place"})
    assert [trace["name"] for trace in traces(asked)] == ["b, out", "a, out", "b, in", "a, in"]


def test_lines_of_several_number_columns_stay_divided_by_a_text() -> None:
    assert len(traces(figure(TRAFFIC, "linechart"))) == 4, "sums of what is measured may mean nothing"


@pytest.mark.parametrize(
    ("moment", "ticks"), [(NOON, "%H:%M\n%b %-d"), (NOON.replace(hour=0), "%b %-d")], ids=["an hour", "a day"]
)
def test_points_of_one_moment_are_named_once_on_an_axis_of_an_hour(moment: dt.datetime, ticks: str) -> None:
    table = table_from_rows([("t", "datetime"), ("s", "string"), ("n", "long")], [(moment, "a", 1), (moment, "b", 2)])
    axis = figure(table).figure["layout"]["xaxis"]
    at = moment.replace(tzinfo=None)
    assert (axis["tickvals"], axis["tickformat"]) == ([at.isoformat()], ticks)
    assert axis["range"] == [(at + dt.timedelta(minutes=side)).isoformat() for side in (-30, 30)]
    assert all(trace["width"] == 450_000 for trace in traces(figure(table, "barchart")))
    assert all(trace["width"] == 225_000 for trace in traces(figure(table, "unstackedbar")))


def test_the_settings_choose_the_columns() -> None:
    table = table_from_rows(
        [("a", "datetime"), ("b", "datetime"), ("n", "long"), ("m", "long"), ("s", "string"), ("r", "string")],
        [(NOON, NOON + dt.timedelta(days=1), 1, 2, "x", "y")],
    )
    view = figure(table, chartSettings={"xAxis": "b", "yAxis": ["m"], "group": "r"})
    assert traces(view)[0]["x"] == ["2026-11-21T12:00:00"]
    assert (traces(view)[0]["name"], traces(view)[0]["y"]) == ("y", [2])


def test_columns_that_the_result_lacks_are_chosen_anew() -> None:
    view = figure(hours({"exec": [1]}), chartSettings={"xAxis": "gone", "yAxis": ["gone too"], "group": "away"})
    assert traces(view)[0]["y"] == [1]


def test_a_group_of_null_is_one_series() -> None:
    view = figure(hours({"a": [1], "b": [2]}), "barchart", chartSettings={"group": None})
    assert [trace["y"] for trace in traces(view)] == [[3]]


def test_arrays_of_make_series_are_expanded_against_their_times() -> None:
    times = ["2026-11-20T12:00:00.0000000Z", "2026-11-20T13:00:00.0000000Z"]
    table = table_from_rows(
        [("Category", "string"), ("count_", "dynamic"), ("TimeGenerated", "dynamic")],
        [("a", [1, 2], times), ("b", [3, None], times)],
    )
    view = figure(table, "timechart")
    assert [(t["name"], t["x"][1], t["y"]) for t in traces(view)] == [
        ("a", "2026-11-20T13:00:00", [1.0, 2.0]), ("b", "2026-11-20T13:00:00", [3.0, None]),
    ]  # fmt: skip


def test_points_stand_in_the_order_of_time() -> None:
    table = table_from_rows([("t", "datetime"), ("n", "long")], [(NOON + dt.timedelta(hours=h), h) for h in (2, 0, 1)])
    assert traces(figure(table))[0]["y"] == [0, 1, 2]


def test_time_is_drawn_in_the_readers_zone() -> None:
    assert traces(figure(hours({"a": [1]}), zone="Asia/Tokyo"))[0]["x"] == ["2026-11-20T21:00:00"]


def test_rows_without_a_time_are_left_out_and_gaps_stay() -> None:
    table = table_from_rows([("t", "datetime"), ("n", "real")], [(None, 5.0), (NOON, None), (NOON, 1.0)])
    assert traces(figure(table))[0]["y"] == [None, 1.0]


def test_bars_of_one_series_at_one_time_are_summed() -> None:
    table = table_from_rows([("t", "datetime"), ("n", "long")], [(NOON, 1), (NOON, 2)])
    assert traces(figure(table, "barchart"))[0]["y"] == [3]


@pytest.mark.parametrize(("kind", "mode"), [("barchart", "relative"), ("unstackedbar", "group")])
def test_bars_stand_on_each_other_or_beside(kind: str, mode: str) -> None:
    assert figure(hours({"a": [1], "b": [2]}), kind).figure["layout"]["barmode"] == mode


def test_areas_are_stacked() -> None:
    assert {trace["stackgroup"] for trace in traces(figure(hours({"a": [1, 2], "b": [2, 1]}), "areachart"))} == {"one"}


def test_a_categorical_bar_has_a_bar_a_category_each_with_its_colour_and_number() -> None:
    view = figure(counts({"audit": 1200, "scheduler": 30}), "categoricalbar")
    assert traces(view)[0]["x"] == ["audit", "scheduler"]
    assert [(label, number) for label, number, _ in view.metrics] == [("audit", "1.2K"), ("scheduler", "30")]
    assert len(set(traces(view)[0]["marker"]["color"])) == 2


@pytest.mark.parametrize("kind", ["categoricalbar", "unstackedbar"])
def test_categorical_bars_over_times_stand_along_them(kind: str) -> None:
    view = figure(hours({"High": [1, 2], "Low": [3, 4]}), kind)
    assert view.time_axis
    assert [(trace["name"], trace["y"]) for trace in traces(view)] == [("Low", [3, 4]), ("High", [1, 2])]
    assert not figure(hours({"High": [1, 2]}), kind, chartSettings={"xAxis": "Category"}).time_axis


def test_a_bar_chart_without_times_is_one_of_categories() -> None:
    view = figure(counts({"audit": 3}), "barchart")
    assert not view.time_axis
    assert view.figure["layout"]["xaxis"]["type"] == "category"


def test_empty_categories_are_named() -> None:
    assert traces(figure(counts({"": 3, "b": 1}), "categoricalbar"))[0]["x"] == ["(empty)", "b"]


@pytest.mark.parametrize(
    ("aggregation", "label", "number"),
    [(5, "a (Sum)", "1.5K"), (3, "a (Avg)", "500"), (2, "a (Max)", "900"), (None, "a (Sum)", "1.5K")],
)
def test_the_strip_says_its_aggregation(aggregation: int | None, label: str, number: str) -> None:
    settings = {} if aggregation is None else {"aggregation": aggregation}
    assert figure(hours({"a": [100, 500, 900]}), **settings).metrics[0][:2] == (label, number)


def test_the_strip_can_be_off_and_the_legend_on() -> None:
    view = figure(hours({"a": [1], "b": [2]}), chartSettings={"showMetrics": False, "showLegend": True})
    assert view.metrics == ()
    assert view.figure["layout"]["showlegend"]


def test_the_strip_takes_the_colour_of_its_series() -> None:
    view = figure(hours({"a": [1], "b": [2]}))
    assert [metric[2] for metric in view.metrics] == [trace["line"]["color"] for trace in traces(view)]


def test_series_have_the_labels_and_colours_that_are_asked() -> None:
    labels = [{"seriesName": "a", "label": "Attach", "color": "#112233"}, {"seriesName": "b", "color": "green"}]
    view = figure(hours({"a": [1], "b": [2], "c": [3]}), chartSettings={"seriesLabelSettings": labels})
    assert [trace["name"] for trace in traces(view)] == ["c", "b", "Attach"]
    assert traces(view)[2]["line"]["color"] == "#112233"


def test_severities_have_their_own_colours() -> None:
    view = figure(hours({"High": [1], "Medium": [2], "Informational": [3]}), "barchart")
    swapped = figure(hours({"Medium": [1], "Informational": [2], "High": [3]}), "barchart")
    colours = {trace["name"]: trace["marker"]["color"] for trace in traces(view)}
    assert colours == {trace["name"]: trace["marker"]["color"] for trace in traces(swapped)}
    assert len(set(colours.values())) == 3


def test_only_the_largest_series_are_kept_and_the_rest_is_other() -> None:
    table = hours({name: [float(i), float(i)] for i, name in enumerate("abcdef")})
    view = figure(table, "barchart", chartSettings={"createOtherGroup": 2})
    assert [trace["name"] for trace in traces(view)] == ["f", "e", "Other"]
    assert traces(view)[2]["y"] == [6, 6]


def test_more_than_a_hundred_series_are_grouped_with_a_notice() -> None:
    view = figure(hours({f"s{i}": [1.0] for i in range(130)}))
    assert len(traces(view)) == 100
    assert "Other" in view.notices[0]


def test_more_than_ten_thousand_points_are_cut_with_a_notice() -> None:
    view = figure(hours({"a": [1.0] * 10_050}))
    assert len(traces(view)[0]["x"]) == 10_000
    assert "10,000" in view.notices[0]


def test_the_y_axis_speaks_the_unit_and_keeps_its_bounds() -> None:
    settings = {"ySettings": {"numberFormatSettings": {"unit": 23}, "min": 0, "max": 2000, "label": "Latency"}}
    view = figure(hours({"a": [500, 1500]}), aggregation=2, chartSettings=settings)
    axis = view.figure["layout"]["yaxis"]
    assert axis["range"] == [0, 2000]
    assert [text.replace("\u00a0", " ") for text in axis["ticktext"]] == ["0 ms", "500 ms", "1 s", "1.5 s", "2 s"]
    assert axis["title"]["text"] == "Latency"
    assert view.metrics[0][1].replace("\u00a0", " ") == "1.5 s"
    assert traces(view)[0]["customdata"][0].replace("\u00a0", " ") == "500 ms"


def test_percentages_are_not_rounded_up_to_a_hundred() -> None:
    settings = {"ySettings": {"numberFormatSettings": {"unit": 1}}}
    assert figure(hours({"a": [99.96]}), chartSettings=settings).metrics[0][1] == "99.96%"


def test_ticks_of_bytes_are_round_in_powers_of_1024() -> None:
    settings = {"ySettings": {"numberFormatSettings": {"unit": 2}}}
    axis = figure(hours({"a": [0, 4 * 1024**3]}), chartSettings=settings).figure["layout"]["yaxis"]
    assert axis["ticktext"][1].replace("\u00a0", " ") == "1 GiB"


def test_a_threshold_line_stands_at_its_number() -> None:
    view = figure(hours({"a": [1]}), chartSettings={"customThresholdLine": "90"})
    assert view.figure["layout"]["shapes"][0]["y0"] == 90
    none = figure(hours({"a": [1]}), chartSettings={"customThresholdLine": "{unset}"})
    assert "shapes" not in none.figure["layout"]


def test_points_can_be_shown_and_a_single_point_always_is() -> None:
    assert traces(figure(hours({"a": [1]})))[0]["mode"] == "lines+markers"
    assert traces(figure(hours({"a": [1, 2]}), chartSettings={"showDataPoints": True}))[0]["mode"] == "lines+markers"
    assert traces(figure(hours({"a": [1, 2]})))[0]["mode"] == "lines"


def test_an_item_with_a_brush_selects_by_time() -> None:
    assert figure(hours({"a": [1, 2]}), timeBrushParameterName="Brush").figure["layout"]["dragmode"] == "select"


def test_a_clicked_point_carries_its_x_y_series_label_and_row() -> None:
    view = figure(hours({"a": [1, 2]}), exportParameterName="P")
    point = view.points[0][1]
    assert (point["x"], point["y"], point["series"], point["label"], point["Category"]) == (
        "2026-11-20T13:00:00",
        2,
        "a",
        "a",
        "a",
    )


def test_nothing_is_carried_where_nothing_is_exported() -> None:
    assert figure(hours({"a": [1, 2]})).points == ()


def test_scatter_draws_points_over_numbers() -> None:
    table = table_from_rows([("x", "real"), ("y", "real")], [(1.0, 2.0), (3.0, 4.0)])
    view = figure(table, "scatterchart")
    assert (traces(view)[0]["mode"], traces(view)[0]["x"]) == ("markers", [1.0, 3.0])


def test_a_result_without_numbers_says_so() -> None:
    view = draw({"visualization": "barchart"}, table_from_rows([("a", "string"), ("b", "string")], [("x", "y")]))
    assert isinstance(view, Message)
    assert "column of numbers" in view.text
    assert "a (string)" in view.detail


def test_timespans_are_drawn_in_seconds() -> None:
    table = table_from_rows([("t", "datetime"), ("took", "timespan")], [(NOON, 25_000_000)])
    assert traces(figure(table))[0]["y"] == [2.5]


@pytest.mark.parametrize(
    ("render", "kind"),
    [("timechart", "timechart"), ("piechart", "piechart"), ("columnchart", "barchart"), ("areachart", "areachart")],
)
def test_without_a_choice_the_querys_own_render_decides(render: str, kind: str) -> None:
    from dataclasses import replace

    view = draw({}, replace(hours({"a": [1, 2]}), render={"kind": render}))
    assert isinstance(view, Figure)
    assert view.kind == kind


def test_without_a_choice_or_render_it_is_a_grid() -> None:
    assert isinstance(draw({}, hours({"a": [1]})), Grid)


def test_the_properties_of_render_choose_columns_and_titles() -> None:
    from dataclasses import replace

    table = table_from_rows([("t", "datetime"), ("n", "long"), ("m", "long")], [(NOON, 1, 2)])
    view = draw({}, replace(table, render={"kind": "linechart", "ycolumns": "m", "ytitle": "Pods"}))
    assert isinstance(view, Figure)
    assert [trace["y"] for trace in traces(view)] == [[2]]
    assert view.figure["layout"]["yaxis"]["title"]["text"] == "Pods"


def test_every_visualization_survives_every_settings_of_a_wrong_shape() -> None:
    table = hours({"a": [1, None], "b": [2, 3]})
    wrong: list[Any] = [None, 7, "x", [], [1], {"a": 1}, True]
    keys = (
        "chartSettings",
        "gridSettings",
        "tileSettings",
        "mapSettings",
        "graphSettings",
        "statSettings",
        "textSettings",
    )
    inner = (
        "xAxis", "yAxis", "group", "ySettings", "xSettings", "seriesLabelSettings", "createOtherGroup", "formatters", "sortBy",
        "rowLimit", "hierarchySettings", "labelSettings", "titleContent", "leftContent", "sizeSettings", "colorSettings",
        "itemColorSettings", "thresholdsGrid", "valueField", "numberFormatSettings", "nodeIdField", "topContent", "locInfo",
    )  # fmt: skip
    for kind in VISUALIZATIONS:
        for value in wrong:
            for key in keys:
                view = draw({"visualization": kind, key: value, "size": value, "aggregation": 5}, table)
                assert not (isinstance(view, Message) and view.code == "VI008"), (kind, key, value, view)
            for name in inner:
                view = draw({"visualization": kind, **{key: {name: value} for key in keys}}, table)
                assert not (isinstance(view, Message) and view.code == "VI008"), (kind, name, value, view)


def test_unstacked_bars_of_a_query_stand_beside_each_other() -> None:
    from dataclasses import replace

    table = replace(hours({"a": [1], "b": [2]}), render=render_of("barchart", {"kind": "unstacked", "title": "x"}))
    view = draw({}, table)
    assert isinstance(view, Figure)
    assert view.kind == "unstackedbar"


@pytest.mark.parametrize(
    ("chart", "kind"), [(2, "linechart"), (3, "areachart"), (1, "barchart"), (4, "scatterchart"), (None, "linechart")]
)
def test_a_metric_item_is_drawn_by_its_chart_type(chart: int | None, kind: str) -> None:
    assert visualization({"version": "MetricsItem/2.0", "chartType": chart}) == kind
    assert visualization({"version": "MetricsItem/2.0", "chartType": -1}) == "tiles"
    assert visualization({"version": "MetricsItem/2.0", "chartType": 0}) == "table"


def test_among_many_categories_some_are_named_in_short() -> None:
    view = figure(counts({f"a category with a rather long name, number {i}": 1 for i in range(90)}), "categoricalbar")
    axis = view.figure["layout"]["xaxis"]
    assert len(axis["ticktext"]) == 30
    assert max(len(text) for text in axis["ticktext"]) == 22
    few = figure(counts({f"{'long ' * 10}{n}": n for n in range(3)}), "categoricalbar").figure["layout"]["xaxis"]
    assert {len(text) for text in few["ticktext"]} == {32}, "few names have more room"
