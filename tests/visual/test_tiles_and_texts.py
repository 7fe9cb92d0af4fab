"""Rings, tiles, stats, texts and messages."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

import pytest

from dashboard.errors import Place, Problem
from dashboard.table import Table, table_from_rows
from dashboard.visual.build import draw, markdown_text, message_view
from dashboard.visual.view import Figure, Message, Text, Tiles
from tests.visual.tables import NOON, counts, one


def pie(table: Table, **own: Any) -> Figure:
    view = draw({"visualization": "piechart", "chartSettings": own}, table)
    assert isinstance(view, Figure), view
    json.dumps(asdict(view), allow_nan=False)
    return view


def tiles(table: Table, **settings: Any) -> Tiles:
    view = draw({"visualization": "tiles", **settings}, table)
    assert isinstance(view, Tiles), view
    json.dumps(asdict(view), allow_nan=False)
    return view


def total(view: Figure) -> str:
    return str(view.figure["layout"]["annotations"][0]["text"])


def test_a_ring_has_its_total_in_the_middle_and_its_numbers_beside() -> None:
    view = pie(counts({"OneDrive": 9660, "Exchange": 868, "SharePoint": 3830}))
    assert total(view) == "14.4K"
    assert [(label, number) for label, number, _ in view.metrics] == [
        ("OneDrive", "9.66K"),
        ("SharePoint", "3.83K"),
        ("Exchange", "868"),
    ]
    assert view.side_metrics


def test_a_pie_with_more_slices_than_the_limit_groups_the_rest_into_other() -> None:
    view = pie(counts({f"p{i}": 10 - i for i in range(8)}), createOtherGroup=5)
    assert view.figure["data"][0]["labels"] == ["p0", "p1", "p2", "p3", "p4", "Other"]
    assert view.figure["data"][0]["values"] == [10, 9, 8, 7, 6, 12]


def test_one_slice_too_many_is_not_hidden_behind_other() -> None:
    assert len(pie(counts({f"p{i}": 10 - i for i in range(6)}), createOtherGroup=5).figure["data"][0]["labels"]) == 6


def test_without_a_setting_a_large_set_is_grouped_and_zero_turns_that_off() -> None:
    table = counts({f"p{i}": 100 - i for i in range(40)})
    assert len(pie(table).figure["data"][0]["labels"]) == 6
    assert len(pie(table, createOtherGroup=0).figure["data"][0]["labels"]) == 40


def test_rows_of_one_label_are_summed() -> None:
    table = table_from_rows(
        [("t", "datetime"), ("k", "string"), ("n", "long")], [(NOON, "a", 1), (NOON, "a", 2), (NOON, "b", 1)]
    )
    assert pie(table).figure["data"][0]["values"] == [3, 1]


def test_number_columns_of_one_row_are_slices() -> None:
    view = pie(table_from_rows([("ok", "long"), ("failed", "long")], [(7, 3)]))
    assert (view.figure["data"][0]["labels"], view.figure["data"][0]["values"]) == (["ok", "failed"], [7, 3])


def test_without_numbers_rows_are_counted() -> None:
    assert pie(table_from_rows([("k", "string")], [("a",), ("b",), ("a",)])).figure["data"][0]["values"] == [2, 1]


def test_slices_that_look_alike_stay_apart() -> None:
    labels = [{"seriesName": "a", "label": "same"}, {"seriesName": "b", "label": "same"}]
    shown = pie(counts({"a": 2, "b": 1}), seriesLabelSettings=labels).figure["data"][0]["labels"]
    assert len(set(shown)) == 2


def test_a_slice_exports_its_label_as_series() -> None:
    view = draw(
        {"visualization": "piechart", "exportParameterName": "P", "exportFieldName": "series"}, counts({"a": 2})
    )
    assert isinstance(view, Figure)
    assert (view.points[0][0]["series"], view.points[0][0]["Category"]) == ("a", "a")


def test_a_pie_of_zeros_says_so() -> None:
    view = draw({"visualization": "piechart"}, counts({"a": 0}))
    assert isinstance(view, Message)
    assert "zero" in view.text


SLOTS: dict[str, Any] = {
    "titleContent": {"columnMatch": "Name", "formatter": 1},
    "leftContent": {"columnMatch": "Count", "formatter": 12, "formatOptions": {"palette": "auto"}},
    "secondaryContent": {"columnMatch": "Trend", "formatter": 9, "formatOptions": {"palette": "blue"}},
}
TILES = table_from_rows(
    [("Name", "string"), ("Count", "long"), ("Trend", "dynamic")], [("All", 358_120, [1, 2]), ("SOC", 915, [2, 1])]
)


def test_a_tile_is_a_row_with_title_figure_and_spark() -> None:
    first = tiles(TILES, tileSettings=SLOTS).tiles[0]
    assert first.title
    assert first.left
    assert first.secondary
    assert (first.title["t"], first.left["t"], first.left["unit"], first.secondary["values"]) == (
        "All",
        "358",
        "K",
        [1.0, 2.0],
    )
    assert (first.subtitle, first.right, first.row) == (None, None, 0)


def test_tiles_can_be_sorted_sized_and_bordered() -> None:
    view = tiles(
        TILES,
        tileSettings={**SLOTS, "sortCriteriaField": "Count", "sortOrderField": 1, "size": "auto", "showBorder": False},
    )
    assert [tile.title["t"] for tile in view.tiles if tile.title] == ["SOC", "All"]
    assert [tile.row for tile in view.tiles] == [1, 0]
    assert (view.size, view.show_border) == ("auto", False)


def test_at_most_a_hundred_tiles_are_shown_with_a_notice() -> None:
    view = tiles(counts({f"t{i}": i for i in range(130)}))
    assert len(view.tiles) == 100
    assert "130" in view.notices[0]


def test_without_settings_text_is_the_title_and_a_number_the_figure() -> None:
    tile = tiles(counts({"a": 12})).tiles[0]
    assert tile.title
    assert tile.left
    assert (tile.title["t"], tile.left["t"]) == ("a", "12")


def test_tiles_of_columns_that_are_not_there_say_which() -> None:
    view = draw({"visualization": "tiles", "tileSettings": SLOTS}, counts({"a": 1}))
    assert isinstance(view, Message)
    assert "'Count'" in view.detail
    assert "count_" in view.detail


def test_a_stat_is_one_large_figure_with_tag_colour_and_icon() -> None:
    rules = [{"operator": ">", "thresholdValue": "3", "representation": "redBright"}]
    settings = {
        "valueField": "v", "tagText": "unhealthy", "colorSettings": {"type": "thresholds", "mode": "background", "thresholdsGrid": rules},
        "iconSettings": {"thresholdsGrid": [{"operator": ">", "thresholdValue": "3", "representation": "critical"}]},
    }  # fmt: skip
    tile = tiles(one(7, "long", "v"), visualization="stat", statSettings=settings).tiles[0]
    assert tile.left
    assert tile.secondary
    assert (tile.left["t"], tile.left["icon"], tile.secondary["t"]) == ("7", "critical", "unhealthy")
    assert tile.left["bg"].startswith("#")


@pytest.mark.parametrize(("how", "text"), [("None", "1"), ("Sum", "6"), ("Max", "3"), ("Average", "2"), ("Count", "3")])
def test_a_stat_aggregates(how: str, text: str) -> None:
    table = table_from_rows([("v", "long")], [(1,), (2,), (3,)])
    tile = tiles(table, visualization="stat", statSettings={"valueField": "v", "valueAggregation": how}).tiles[0]
    assert tile.left
    assert tile.left["t"] == text


def test_a_stat_of_a_missing_field_says_what_there_is() -> None:
    view = draw({"visualization": "stat", "statSettings": {"valueField": "gone"}}, one(1, "long"))
    assert isinstance(view, Message)
    assert view.code == "VI002"


@pytest.mark.parametrize(
    ("style", "html"),
    [
        (None, '<p class="wb-cell-text"># a &lt;b&gt;</p>'),
        ("header", "<h2># a &lt;b&gt;</h2>"),
        ("editor", "<pre><code># a &lt;b&gt;</code></pre>"),
    ],
)
def test_a_card_shows_the_first_cell_in_its_style(style: str | None, html: str) -> None:
    view = draw({"visualization": "card", "textSettings": {"style": style}}, one("# a <b>"))
    assert isinstance(view, Text)
    assert view.html == html


def test_a_card_can_be_markdown_or_a_big_number() -> None:
    markdown = draw({"visualization": "card", "textSettings": {"style": "markdown"}}, one("# a"))
    assert isinstance(markdown, Text)
    assert markdown.html.strip() == "<h1>a</h1>"
    assert isinstance(draw({"visualization": "card", "textSettings": {"style": "bignumber"}}, one(5, "long")), Tiles)


@pytest.mark.parametrize(
    ("style", "tone"),
    [("info", "info"), ("upsell", "upsell"), ("WARNING", "warning"), ("{P}", "plain"), (None, "plain")],
)
def test_a_text_has_the_tone_of_its_style(style: Any, tone: str) -> None:
    assert markdown_text("x", style).tone == tone


def test_markdown_has_tables_lists_code_and_headings_without_a_space() -> None:
    html = markdown_text("#Title\n\n* a\n* b\n\n|x|y|\n|-|-|\n|1|~~2~~|\n\n`code`").html
    for part in ("<h1>Title</h1>", "<li>a</li>", "<th>x</th>", "<s>2</s>", "<code>code</code>"):
        assert part in html


def test_links_of_a_text_open_outside_without_a_referrer() -> None:
    html = markdown_text("[guide](https://a.example/x)").html
    assert 'href="https://a.example/x"' in html
    assert 'target="_blank"' in html
    assert "noopener" in html
    assert "noreferrer" in html


def test_a_picture_is_not_loaded_but_described() -> None:
    html = markdown_text("![Diagram of the attack](https://tracker.example/x.png)").html
    assert "tracker.example" not in html
    assert "Diagram of the attack" in html


def test_no_rows_say_the_items_own_words_in_its_tone() -> None:
    empty = table_from_rows([("a", "long")], [])
    assert draw({}, empty) == Message("The query returned no results.", "plain")
    assert draw({"noDataMessage": "All well.", "noDataMessageStyle": 3}, empty) == Message("All well.", "success")


def test_an_unknown_visualization_is_named() -> None:
    view = draw({"visualization": "hologram"}, counts({"a": 1}))
    assert isinstance(view, Message)
    assert "'hologram'" in view.text
    assert view.code == "VI001"


def test_a_problem_keeps_its_code_place_and_hint() -> None:
    problem = Problem(
        "KQ014", "'mv-aply' is not an operator.", place=Place(line=3, column=7), hint="Did you mean 'mv-apply'?"
    )
    view = message_view("error", "", problem)
    assert (view.text, view.tone, view.code) == ("'mv-aply' is not an operator.", "error", "KQ014")
    assert view.detail == "Line 3, column 7. Did you mean 'mv-apply'?"
    assert "mv-apply" in view.detail


def test_an_unset_item_is_a_quiet_message() -> None:
    assert message_view("unset", "Please set: Workspace").tone == "info"
    assert (
        message_view("error", "x", replace(Problem("EN001", "The query was cancelled."), severity="info")).tone
        == "info"
    )


def test_a_tile_without_a_value_shows_a_dash() -> None:
    table = table_from_rows([("Name", "string"), ("Count", "real")], [("Mean time", None)])
    tile = tiles(table, tileSettings={"leftContent": {"columnMatch": "Count", "formatter": 12}}).tiles[0]
    assert tile.left
    assert tile.left["t"] == "–"


def test_figures_of_an_automatic_palette_have_a_colour_each_and_those_without_a_palette_none() -> None:
    def stripes(**options: Any) -> list[Any]:
        left = {"columnMatch": "n", "formatter": 12, "formatOptions": options}
        table = table_from_rows([("n", "long")], [(1,), (2,)])
        return [
            tile.left.get("color")
            for tile in tiles(table, tileSettings={"leftContent": left}).tiles
            if tile.left is not None
        ]

    assert len(set(stripes(palette="auto"))) == 2
    assert stripes() == [None, None]


def test_addresses_in_a_text_are_links_unless_they_stand_in_code_or_in_a_link() -> None:
    made = markdown_text("See https://a.example/x?y=1. `https://code.example` [here](https://b.example)", "").html
    assert (
        '<a href="https://a.example/x?y=1" target="_blank" rel="noopener noreferrer nofollow">https://a.example/x?y=1</a>.'
        in made
    )
    assert "<code>https://code.example</code>" in made
    assert made.count("<a ") == 2
