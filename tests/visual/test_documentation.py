"""docs/visualizations.md names everything that is drawn."""

from __future__ import annotations

import re
from pathlib import Path

from dashboard.visual.build import RENDER_KINDS, VISUALIZATIONS
from dashboard.visual.formatters import COMPOSITE
from dashboard.visual.numbers import UNITS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "visualizations.md").read_text(encoding="utf-8")


def test_every_visualization_is_described() -> None:
    assert [name for name in VISUALIZATIONS if f"`{name}`" not in PAGE] == []


def test_every_formatter_is_described() -> None:
    assert [n for n in range(COMPOSITE + 1) if not re.search(rf"^\| {n} \| \S", PAGE, re.MULTILINE)] == []


def test_every_drawn_render_kind_is_described() -> None:
    plain = {"timepivot", "ladderchart", "pivotchart", "treemap", "plotly"}
    assert [name for name in RENDER_KINDS if name not in plain and f"`{name}`" not in PAGE] == []


def test_every_unit_is_in_the_table() -> None:
    spans = [
        range(int(first), int(last or first) + 1)
        for entry in re.findall(
            r"^\| ([\d–, ]+)(?: and unknown ones)? \| ",
            PAGE.split("### Numbers and units")[1].split("###")[0],
            re.MULTILINE,
        )
        for first, last in re.findall(r"(\d+)(?:–(\d+))?", entry)
    ]
    described = {n for span in spans for n in span}
    assert set(UNITS) - described == set()
