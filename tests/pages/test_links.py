"""What an address says of a workbook page, without a browser."""

from __future__ import annotations

import pytest

from dashboard.pages import layout, links


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"durationMs": 86_400_000}, "1d"),
        ({"durationMs": 14_400_000}, "4h"),
        ({"durationMs": 5_400_000}, "90m"),
        (
            {"durationMs": 3_600_000, "endTime": "2026-11-20T12:00:00Z"},
            "2026-11-20T11:00:00.000Z/2026-11-20T12:00:00.000Z",
        ),
    ],
)
def test_a_time_range_is_written_and_read_back(value: dict[str, object], text: str) -> None:
    assert links.write_range(value) == text
    again = links.read_range(text)
    assert again is not None
    assert again["durationMs"] == value["durationMs"]


@pytest.mark.parametrize("text", ["", "soon", "0h", "-1d", "1y", "2026/2025", "9999999d", "2026-11-20/x", "a/b/c"])
def test_a_text_that_is_no_time_range_is_left_out(text: str) -> None:
    assert links.read_range(text) is None


def test_values_of_every_kind_survive_the_address() -> None:
    values = {"T": {"durationMs": 3_600_000}, "M": ["a", "b&c"], "S": "x'y", "None": None}
    written = links.write_values(values)
    assert written == {"p.T": "1h", "p.M": ["a", "b&c"], "p.S": "x'y"}
    query = {name: [text] if isinstance(text, str) else text for name, text in written.items()}
    read = links.read_values(query, frozenset({"T"}), frozenset({"M"}))
    assert read == {"T": {"durationMs": 3_600_000}, "M": ["a", "b&c"], "S": "x'y"}


def test_names_that_no_parameter_can_have_are_left_out() -> None:
    assert links.read_values({"p.a b": ["1"], "p.": ["1"], "w": ["x"], "p.<i>": ["1"]}, frozenset(), frozenset()) == {}


def test_rows_that_nearly_fill_their_line_are_made_to_fill_it() -> None:
    filled = layout.fill_rows([33, 33, 33, 50, 50, 100, 30])
    assert [round(width, 2) for width in filled] == [33.33, 33.33, 33.33, 50, 50, 100, 30]


def test_rows_break_where_the_next_width_would_pass_the_whole() -> None:
    assert layout.fill_rows([60, 50, 30]) == [60, 50, 30]
