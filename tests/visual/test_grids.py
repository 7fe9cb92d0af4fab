"""Grids: every formatter, thresholds, order, limits and links."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict
from typing import Any

import pytest

from dashboard.table import KqlType, table_from_rows
from dashboard.visual.build import draw
from dashboard.visual.html import cell_html
from dashboard.visual.view import Grid
from tests.visual.drawn_grids import VM, cell, column, grid, rule, texts
from tests.visual.tables import NOON, counts, one


def test_without_rules_each_type_has_its_own_text() -> None:
    table = table_from_rows(
        [
            ("s", "string"),
            ("d", "datetime"),
            ("n", "long"),
            ("r", "real"),
            ("b", "bool"),
            ("t", "timespan"),
            ("j", "dynamic"),
            ("x", "dynamic"),
        ],
        [("a", NOON, 12345, 0.5, True, 900_000_000, {"a": [1, "ü"]}, "[1]")],
    )
    view = grid(table)
    assert [row["t"] for row in view.rows[0].values() if isinstance(row, dict)] == [
        "a", "11/20/2026, 12:00:00 PM", "12345", "0.5", "true", "1 min 30 s", '{"a": [1, "ü"]}', "[1]",
    ]  # fmt: skip
    assert [each.align for each in view.columns] == ["left", "left", "right", "right", "left", "left", "left", "left"]


def test_nulls_are_blank_and_sort_first() -> None:
    view = grid(table_from_rows([("n", "long")], [(None,), (2,), (1,)]), sortBy=[{"itemKey": "n", "sortOrder": 1}])
    assert texts(view, "n") == ["", "1", "2"]
    assert view.rows[0]["n"]["v"] is None


def test_an_empty_value_can_have_its_own_text() -> None:
    assert cell(None, 1, "long", numberFormat={"unit": 0, "emptyValCustomText": "N/A"})["t"] == "N/A"


def test_an_exact_name_beats_a_pattern_and_the_first_pattern_wins() -> None:
    rules = [rule(1, ".*"), rule(5, "val.*"), rule(8, "value")]
    assert grid(one(1, "long"), formatters=rules).columns[0].kind == "heatmap"
    assert grid(one(1, "long"), formatters=rules[:2]).columns[0].visible


def test_a_rule_that_names_no_column_is_a_pattern_found_anywhere_in_a_name() -> None:
    table = table_from_rows(
        [("Trend", "long"), ("Trend By Traffic", "long"), ("Traffic Timeline", "long")], [(1, 2, 3)]
    )

    def kinds(*patterns: str) -> list[str]:
        return [column.kind for column in grid(table, formatters=[rule(4, each) for each in patterns]).columns]

    assert kinds("Traffic") == ["number", "bar", "bar"]
    assert kinds("Traffic$|Timeline$") == ["number", "bar", "bar"]
    assert kinds("Traffic$") == ["number", "bar", "number"]
    assert kinds("^Traf") == ["number", "number", "bar"]
    assert kinds("Trend") == ["bar", "number", "number"]
    assert kinds("") == ["number", "number", "number"]


@pytest.mark.parametrize("pattern", ["(", "*", "(?=a)b", "(a+)+$", "[", "\\1(a)"])
def test_a_pattern_that_is_broken_or_costly_matches_nothing_at_once(pattern: str) -> None:
    assert grid(one("a" * 40 + "!"), formatters=[rule(5, pattern)]).columns[0].visible


def test_hidden_columns_are_named_but_carry_no_cells() -> None:
    view = grid(table_from_rows([("a", "string"), ("b", "string")], [("x", "y")]), formatters=[rule(5, "a")])
    assert [(each.title, each.visible) for each in view.columns] == [("a", False), ("b", True)]
    assert column(view, "a").field not in view.rows[0]


def test_text_and_right_aligned() -> None:
    view = grid(one(5, "long"), formatters=[rule(1)])
    assert view.columns[0].align == "left"
    assert grid(one("a"), formatters=[rule(2)]).columns[0].align == "right"


@pytest.mark.parametrize(("formatter", "under"), [(3, False), (4, True)])
def test_bars_are_as_long_as_their_share_of_the_largest(formatter: int, under: bool) -> None:
    view = grid(counts({"a": 50, "b": 200, "c": 0}), formatters=[rule(formatter, "count_", palette="green")])
    field = column(view, "count_")
    assert field.options == {"under": under}
    assert [row[field.field]["bar"]["share"] for row in view.rows] == [0.25, 1.0, 0.0]


def test_a_bars_scale_can_be_set() -> None:
    view = grid(counts({"a": 50}), formatters=[rule(3, "count_", min=0, max="100")])
    assert view.rows[0]["count_"]["bar"]["share"] == 0.5


def test_a_heatmap_runs_from_the_least_to_the_greatest() -> None:
    view = grid(counts({"a": 10, "b": 20, "c": 30}), formatters=[rule(8, "count_", palette="greenRed")])
    colours = [row["count_"]["bg"] for row in view.rows]
    assert colours[0] != colours[1] != colours[2]
    reverse = grid(counts({"a": 10, "b": 20, "c": 30}), formatters=[rule(8, "count_", palette="redGreen")])
    assert reverse.rows[0]["count_"]["bg"] == colours[2]


def test_columns_of_one_rule_share_a_scale() -> None:
    table = table_from_rows([("p50", "long"), ("p95", "long")], [(0, 50), (10, 100)])
    shared = grid(table, formatters=[rule(8, "p50|p95", palette="blue")])
    own = grid(table, formatters=[rule(8, "p50", palette="blue"), rule(8, "p95", palette="blue")])
    assert shared.rows[1]["p50"]["bg"] != shared.rows[1]["p95"]["bg"]
    assert own.rows[1]["p50"]["bg"] == own.rows[1]["p95"]["bg"]


def test_a_heatmap_leaves_text_and_nulls_uncoloured() -> None:
    assert "bg" not in cell("text", 8)
    assert "bg" not in cell(None, 8, "long")


def test_a_date_has_its_pattern_and_utc_or_local_time() -> None:
    local = grid(one(NOON, "datetime"), "Europe/Berlin", formatters=[rule(6)])
    utc = grid(
        one(NOON, "datetime"),
        "Europe/Berlin",
        formatters=[rule(6, dateFormat={"formatName": "longTimePattern", "showUtcTime": True})],
    )
    assert (texts(local, "value"), texts(utc, "value")) == (["11/20/2026, 1:00:00 PM"], ["12:00:00 PM"])


def test_a_date_in_text_is_read_and_other_text_stays() -> None:
    assert cell("2026-11-20T12:00:00Z", 6)["t"] == "11/20/2026, 12:00:00 PM"
    assert cell("yesterday", 6)["t"] == "yesterday"


@pytest.mark.parametrize(("formatter", "style"), [(9, "line"), (10, "bar"), (21, "area")])
def test_sparks_draw_arrays(formatter: int, style: str) -> None:
    view = grid(one([1, None, "3", "x"], "dynamic"), formatters=[rule(formatter, palette="turquoise")])
    assert view.columns[0].options == {"style": style}
    made = view.rows[0]["value"]
    assert made["values"] == [1.0, None, 3.0, None]
    assert made["v"] == 4.0


def test_gaps_of_a_spark_can_be_filled() -> None:
    assert cell([1, None, 3], 9, "dynamic", numberFormat={"missingSparkDataOption": "average"})["values"] == [
        1.0,
        2.0,
        3.0,
    ]
    assert cell([1, None, 3], 9, "dynamic", numberFormat={"missingSparkDataOption": "zero"})["values"] == [
        1.0,
        0.0,
        3.0,
    ]


@pytest.mark.parametrize(
    ("options", "bounds"),
    [({}, None), ({"min": 0, "max": 10}, [0.0, 10.0]), ({"max": "5"}, [None, 5.0]), ({"min": 0, "max": 0}, None), ({"min": 9}, None)],
)  # fmt: skip
def test_a_spark_has_the_ends_of_its_scale_where_they_make_one(
    options: dict[str, Any], bounds: list[float | None] | None
) -> None:
    drawn = cell([1, 3, 2], 9, "dynamic", **options)
    assert drawn.get("bounds") == bounds
    shown = cell_html(drawn)
    assert ("2.0,23.6" in shown) == (bounds == [0.0, 10.0]), shown


def test_a_groups_row_takes_sparks_together_point_by_point() -> None:
    rows = [("a", "[1,2]"), ("a", "[3,null,5]"), ("b", "[7]")]
    formatters = [rule(9, aggregation="Sum")]
    view = grid(
        table_from_rows([("who", "string"), ("value", "dynamic")], rows),
        formatters=formatters,
        hierarchySettings={"treeType": 1, "groupBy": ["who"]},
    )
    assert [row["value"]["values"] for row in view.rows] == [[4.0, 2.0, 5.0], [7.0]]


def test_a_spark_of_something_else_stays_text() -> None:
    assert cell("hello", 9)["t"] == "hello"
    assert "values" not in cell("[]", 9)


def test_an_icon_is_named_by_the_text() -> None:
    assert cell("Sev1", 11)["icon"] == "sev1"
    assert cell("made up", 11)["icon"] == "dot"


def test_a_big_number_has_three_digits_and_a_unit() -> None:
    made = cell(44812, 12, "long", palette="blue")
    assert (made["t"], made["unit"], made["big"]) == ("44.8", "K", True)
    formatted = cell(1500, 12, "long", numberFormat={"unit": 23, "options": {}})
    assert (formatted["t"], formatted["unit"]) == ("1.5", "s")


def test_resources_are_shown_by_name_with_icon_and_portal_link() -> None:
    made = cell(VM, 13, linkTarget="Resource", showIcon=True)
    assert (made["t"], made["icon"], made["tip"]) == ("vm-7", "server", VM)
    assert made["link"]["href"].startswith("https://portal.azure.com/#@/resource/subscriptions/")
    assert (cell(VM, 14)["t"], cell(VM, 15)["t"]) == ("rg-1", "11111111-2222-3333-4444-555555555555")
    assert (cell(VM, 16)["t"], cell("microsoft.foo/barBazzes", 16)["t"]) == ("Virtual machine", "Bar bazzes")
    assert (cell("westeurope", 17)["t"], cell("atlantis", 17)["t"]) == ("West Europe", "atlantis")


def test_a_resource_link_is_only_made_for_a_resource_id() -> None:
    for text in ("vm-7", "javascript:alert(1)", "/subscriptions/x", VM + "/../../?<script>"):
        assert "link" not in cell(text, 13, linkTarget="Resource")


def test_the_first_threshold_that_holds_decides() -> None:
    grid_rules = [
        {"operator": "Default", "thresholdValue": None, "representation": "success", "text": "{0}{1}"},
        {"operator": ">", "thresholdValue": "90", "representation": "4", "text": "{0} of 100"},
        {"operator": ">", "thresholdValue": "50", "representation": "2", "text": ""},
    ]
    shown = [cell(value, 18, "long", thresholdsOptions="icons", thresholdsGrid=grid_rules) for value in (95, 60, 5)]
    assert [(made.get("icon"), made["t"]) for made in shown] == [
        ("critical", "95 of 100"),
        ("warning", ""),
        ("success", "5"),
    ]


def test_thresholds_can_be_colours() -> None:
    grid_rules = [{"operator": "==", "thresholdValue": "down", "representation": "redBright", "text": "{0}"}]
    made = cell("down", 18, thresholdsOptions="colors", thresholdsGrid=grid_rules)
    assert made["bg"].startswith("#")
    assert "bg" not in cell("up", 18, thresholdsOptions="colors", thresholdsGrid=grid_rules)


@pytest.mark.parametrize(
    ("operator", "wanted", "yes", "no"),
    [
        ("==", "5", 5, 6), ("==", "high", "High", "Low"), ("!=", "5", 6, 5), (">", "9", 10, 9), (">=", "9", 9, 8.5),
        ("<", "0", -1, 0), ("<=", "10", 10, 11), ("contains", "ERR", "an error", "fine"), ("startsWith", "a", "abc", "cba"),
        ("endsWith", "c", "abc", "cba"), ("regex", "^a.c$", "abc", "abd"), ("is Empty", None, "", "x"),
        ("is Empty", None, None, 0), ("notContains", "x", "abc", "xyz"), ("is not empty", None, "x", ""),
    ],
)  # fmt: skip
def test_operators_of_thresholds(operator: str, wanted: Any, yes: Any, no: Any) -> None:
    grid_rules = [{"operator": operator, "thresholdValue": wanted, "representation": "Sev0", "text": "{0}"}]
    for value, expected in ((yes, "sev0"), (no, None)):
        kind: KqlType = "string" if isinstance(value, str) else "real"
        assert cell(value, 18, kind, thresholdsOptions="icons", thresholdsGrid=grid_rules).get("icon") == expected


def test_a_threshold_may_look_at_another_column_and_quote_it() -> None:
    table = table_from_rows(
        [("value", "long"), ("limit", "long"), ("state", "string")], [(5, 3, "bad"), (2, 3, "good")]
    )
    grid_rules = [
        {"operator": ">", "thresholdValue": '["limit"]', "representation": "critical", "text": 'over ["limit"]: {0}'}
    ]
    view = grid(table, formatters=[rule(18, thresholdsOptions="icons", thresholdsGrid=grid_rules)])
    assert texts(view, "value") == ["over 3: 5", "2"]
    by_state = [
        {
            "sourceColumn": "state",
            "operator": "==",
            "thresholdValue": "bad",
            "representation": "critical",
            "text": "{0}",
        }
    ]
    other = grid(table, formatters=[rule(18, thresholdsOptions="icons", thresholdsGrid=by_state)])
    assert [row["value"].get("icon") for row in other.rows] == ["critical", None]


def test_a_value_is_never_read_as_a_format_again() -> None:
    grid_rules = [{"operator": "Default", "representation": "info", "text": "{0}"}]
    assert cell('["secret"] {1}', 18, thresholdsOptions="icons", thresholdsGrid=grid_rules)["t"] == '["secret"] {1}'


def test_a_timeline_bar_lies_between_start_and_end() -> None:
    table = table_from_rows(
        [("start", "datetime"), ("value", "timespan")],
        [(NOON, 36_000_000_000), (NOON + dt.timedelta(hours=3), 36_000_000_000)],
    )
    view = grid(table, formatters=[rule(19, timelineSettings={"timelineStartColumn": "start"}, palette="blue")])
    spans = [row["value"]["span"] for row in view.rows]
    assert [(span["start"], span["width"]) for span in spans] == [(0.0, 0.25), (0.75, 0.25)]


def test_a_composite_bar_shares_its_width_among_columns() -> None:
    table = table_from_rows([("up", "long"), ("down", "long"), ("value", "long")], [(30, 10, 40), (0, 0, 0)])
    settings = {
        "labelText": '["up"] of ["value"] are up',
        "columnSettings": [
            {"columnName": "up", "color": "green"},
            {"columnName": "down", "color": "red"},
            {"columnName": "gone", "color": "blue"},
        ],
    }
    view = grid(table, formatters=[rule(22, compositeBarSettings=settings)])
    first, second = (row["value"] for row in view.rows)
    assert [part["share"] for part in first["parts"]] == [0.75, 0.25]
    assert (first["t"], first["v"]) == ("30 of 40 are up", 40)
    assert "parts" not in second


@pytest.mark.parametrize(("alone", "short"), [(False, 0.2), (True, 1.0)])
def test_composite_bars_of_a_column_share_one_length_unless_each_row_is_asked_to_fill_its_cell(
    alone: bool, short: float
) -> None:
    table = table_from_rows([("up", "long"), ("down", "long"), ("value", "long")], [(30, 20, 50), (10, 0, 10)])
    settings = {"columnSettings": [{"columnName": "up"}, {"columnName": "down"}], "noRowsScaling": alone}
    view = grid(table, formatters=[rule(22, compositeBarSettings=settings)])
    first, second = ([part["share"] for part in row["value"]["parts"]] for row in view.rows)
    assert (first, second) == ([0.6, 0.4], [short])


def test_a_coloured_number_has_the_colour_of_its_palette() -> None:
    assert cell(5, 20, "long", palette="red")["fg"].startswith("#")


def test_tags_are_the_entries_of_a_list() -> None:
    assert cell(["a", "b", 3], 1, "dynamic", showAsTag=True)["tags"] == ["a", "b", "3"]
    assert cell("alone", 1, showAsTag=True)["tags"] == ["alone"]


def test_a_tooltip_quotes_the_row() -> None:
    table = table_from_rows([("value", "string"), ("who", "string")], [("x", "ann")])
    view = grid(table, formatters=[rule(1, tooltipFormat={"tooltip": '{0} by ["who"]'})])
    assert view.rows[0]["value"]["tip"] == "x by ann"


@pytest.mark.parametrize(
    ("options", "value", "link"),
    [
        ({"linkTarget": "Url"}, "https://a.example/x?y=1", {"kind": "url", "href": "https://a.example/x?y=1"}),
        ({"linkTarget": "CellDetails"}, "{}", {"kind": "cell"}),
        ({"linkTarget": "GenericDetails"}, "x", {"kind": "row"}),
    ],
)
def test_links_open_addresses_cells_and_rows(options: dict[str, Any], value: str, link: dict[str, Any]) -> None:
    assert cell(value, 7, **options)["link"] == link


def test_a_link_can_take_its_address_from_another_column_and_have_a_label() -> None:
    table = table_from_rows([("value", "string"), ("url", "string")], [("x", "https://a.example")])
    made = grid(table, formatters=[rule(7, linkTarget="Url", linkColumn="url", linkLabel="Open {0}")]).rows[0]["value"]
    assert (made["t"], made["link"]["href"]) == ("Open x", "https://a.example")


def test_a_link_to_another_workbook_says_which_and_with_what() -> None:
    context = {
        "templateIdSource": "static",
        "templateId": "Community-Workbooks/x",
        "passSpecificParams": True,
        "templateParameters": [
            {"name": "P", "source": "cell", "value": "value"},
            {"name": "Time", "source": "parameter", "value": "TimeRange"},
        ],
    }
    link = cell("a", 7, linkTarget="WorkbookTemplate", workbookContext=context)["link"]
    assert link == {
        "kind": "workbook",
        "template": "Community-Workbooks/x",
        "parameters": {"P": "a"},
        "from": {"Time": "TimeRange"},
        "all": False,
    }


def test_views_of_the_portal_are_shown_as_text_that_says_why() -> None:
    link = cell("a", 7, linkTarget="OpenBlade")["link"]
    assert link["kind"] == "inert"
    assert "OpenBlade" in link["why"]


def test_severity_words_get_an_icon_without_being_asked() -> None:
    view = grid(table_from_rows([("AlertSeverity", "string"), ("Name", "string")], [("High", "High"), ("odd", "x")]))
    assert [row["AlertSeverity"].get("icon") for row in view.rows] == ["error", None]
    assert "icon" not in view.rows[0]["Name"]


def test_headings_can_be_labelled() -> None:
    view = grid(
        counts({"a": 1}),
        labelSettings=[{"columnId": "count_", "label": "How many"}, {"columnId": "gone", "label": "x"}],
    )
    assert [each.title for each in view.columns] == ["Category", "How many"]


@pytest.mark.parametrize(
    ("setting", "css"), [("20", "20ch"), ("20ch", "20ch"), ("120px", "120px"), ("12.5%", "12.5%"), ("2fr", "2fr"), (15, "15ch"),
                         ("0", ""), ("wide", ""), ("10px;color:red", ""), (None, ""), ("99999px", "")]
)  # fmt: skip
def test_widths_are_lengths_or_nothing(setting: Any, css: str) -> None:
    assert grid(one("a"), formatters=[rule(1, customColumnWidthSetting=setting)]).columns[0].width == css


@pytest.mark.parametrize("key", ["count_", "$gen_heatmap_count__1", "$gen_count_count__0"])
def test_sorting_knows_generated_names(key: str) -> None:
    view = grid(counts({"a": 2, "b": 3, "c": 1}), sortBy=[{"itemKey": key, "sortOrder": 2}])
    assert texts(view, "Category") == ["b", "a", "c"]
    assert view.sort == (("count_", "desc"),)


def test_sorting_is_stable_over_several_columns_and_ignores_case() -> None:
    table = table_from_rows([("a", "string"), ("b", "long")], [("x", 1), ("B", 1), ("a", 2), ("c", 1)])
    view = grid(table, sortBy=[{"itemKey": "b", "sortOrder": 1}, {"itemKey": "a", "sortOrder": 1}])
    assert texts(view, "a") == ["B", "c", "x", "a"]


def test_rows_are_sorted_before_they_are_cut() -> None:
    table = table_from_rows([("n", "long")], [(i,) for i in range(5000)])
    view = grid(table, rowLimit=3, sortBy=[{"itemKey": "n", "sortOrder": 2}])
    assert [row["n"]["v"] for row in view.rows] == [4999, 4998, 4997]
    assert [row["_id"] for row in view.rows] == [4999, 4998, 4997]


def test_a_grid_shows_250_rows_and_says_so() -> None:
    view = grid(table_from_rows([("n", "long")], [(i,) for i in range(300)]))
    assert len(view.rows) == 250
    assert view.notices == ("Results were limited to the first 250 of 300 rows.",)


def test_a_limit_is_never_above_ten_thousand() -> None:
    table = table_from_rows([("n", "long")], [(i,) for i in range(10_100)])
    assert len(grid(table, rowLimit="50000").rows) == 10_000


def test_rows_can_be_chosen_where_something_is_exported() -> None:
    table = counts({"a": 1})
    one_row = draw({"exportParameterName": "P"}, table)
    many = draw({"exportedParameters": [{"parameterName": "P"}], "exportMultipleValues": True}, table)
    none = draw({}, table)
    assert [view.selectable for view in (one_row, many, none) if isinstance(view, Grid)] == ["one", "many", "none"]


def test_a_grid_is_as_tall_as_ten_rows_need_and_scrolls_for_more() -> None:
    heights = {count: grid(counts({f"p{i}": i for i in range(count)})).height for count in (3, 10, 11, 40)}
    assert heights == {3: 32 * 4 + 8, 10: 32 * 11 + 8, 11: 340, 40: 340}


def test_a_line_that_counts_the_rows_has_room_below_them() -> None:
    table = counts({f"p{i}": i for i in range(4)})
    assert grid(table, filter=True).height - grid(table).height == 44 + 24


def test_fields_are_safe_as_keys_whatever_columns_are_called() -> None:
    names = ["a.b", "a_b", "_id", "_children", "", "x[0]", "constructor"]
    view = grid(table_from_rows([(name, "long") for name in names], [tuple(range(7))]))
    fields = [each.field for each in view.columns]
    assert len(set(fields)) == 7
    assert not any("." in f or "[" in f or f.startswith("_") for f in fields)
    assert [view.rows[0][f]["v"] for f in fields] == list(range(7))


def test_a_long_text_is_cut_for_the_page() -> None:
    made = grid(one("x" * 100_000)).rows[0]["value"]
    assert len(made["t"]) == 2000
    assert made["t"].endswith("…")


def test_ten_thousand_rows_are_drawn_in_moderate_size() -> None:
    table = table_from_rows([("a", "string"), ("n", "long")], [("pod", i) for i in range(10_000)])
    assert len(json.dumps(asdict(grid(table, rowLimit=10_000))["rows"])) < 1_500_000


def test_half_a_surrogate_pair_in_json_can_be_written() -> None:
    view = grid(table_from_rows([("d", "dynamic")], [('{"a": "\\ud800"}',), ('"\\ud83d\\ude00"',)]))
    assert texts(view, "d") == ['{"a": "?"}', "\U0001f600"]
    str(view).encode("utf-8")


def test_values_that_are_all_alike_are_neither_good_nor_bad() -> None:
    alike = grid(counts({"a": 100, "b": 100}), formatters=[rule(8, "count_", palette="greenRed")])
    other = grid(counts({"a": 100, "b": 100}), formatters=[rule(8, "count_", palette="redGreen")])
    assert alike.rows[0]["count_"]["bg"] == other.rows[0]["count_"]["bg"]


def test_without_a_rule_the_id_of_a_resource_is_its_name_with_icon_and_portal_link() -> None:
    made = cell(VM, 0)
    assert (made["t"], made["icon"], made["tip"]) == ("vm-7", "server", VM)
    assert made["link"]["href"].startswith("https://portal.azure.com/")
    assert cell("/subscriptions of mine", 0) == {"v": "/subscriptions of mine", "t": "/subscriptions of mine"}


def test_a_columns_comment_is_the_tooltip_of_its_heading() -> None:
    view = grid(one("x", "string"), labelSettings=[{"columnId": "value", "label": "Value", "comment": "As sent."}])
    assert (view.columns[0].title, view.columns[0].tooltip) == ("Value", "As sent.")


def test_a_subscription_is_shown_by_its_name_where_that_is_known() -> None:
    guid = "11111111-2222-3333-4444-555555555555"
    settings = {"subscriptionNames": {guid: "Production"}, "gridSettings": {"formatters": [rule(15)]}}
    view = draw(settings, one(f"/subscriptions/{guid}", "string"))
    assert isinstance(view, Grid)
    assert view.rows[0]["value"]["t"] == "Production"
    assert view.rows[0]["value"]["tip"] == f"/subscriptions/{guid}"
    assert cell(f"/subscriptions/{guid}", 15)["t"] == guid
