"""Colours are read on light and dark pages, and by readers who see fewer of them."""

from __future__ import annotations

import itertools

import pytest

from dashboard.visual import icons, theme
from dashboard.visual.palette import (
    NAMED,
    SERIES,
    SEVERITIES,
    bar_color,
    contrast,
    ink_on,
    named_color,
    scale_color,
    series_color,
)

PAGES = (theme.LIGHT["paper"], theme.DARK["paper"])

# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB.
DEFICIENCIES = {
    "none": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
}


def linear(color: str) -> list[float]:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]


def lab(color: str, seen: tuple[tuple[float, ...], ...]) -> tuple[float, float, float]:
    rgb = linear(color)
    r, g, b = (min(1.0, max(0.0, sum(m * c for m, c in zip(row, rgb, strict=True)))) for row in seen)
    xyz = (
        (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047, 0.2126 * r + 0.7152 * g + 0.0722 * b,
        (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883,
    )  # fmt: skip
    x, y, z = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize("page", PAGES)
def test_series_colours_stand_out_from_the_page(page: str) -> None:
    assert min(contrast(color, page) for color in SERIES) >= 3.0


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_the_first_six_series_are_told_apart_by_every_reader(deficiency: str) -> None:
    seen = DEFICIENCIES[deficiency]
    for first, second in itertools.combinations(SERIES[:6], 2):
        apart = sum((a - b) ** 2 for a, b in zip(lab(first, seen), lab(second, seen), strict=True)) ** 0.5
        assert apart >= 18, f"{first} and {second} look alike ({apart:.1f}) to {deficiency} readers"


def test_graver_severities_are_darker_so_that_they_keep_their_order_without_colour() -> None:
    seen = [contrast(color, PAGES[0]) for color in SEVERITIES.values()]
    assert seen == sorted(seen, reverse=True)
    assert min(contrast(color, page) for color in SEVERITIES.values() for page in PAGES) >= 3.0


def test_text_on_a_scale_stays_readable() -> None:
    for name in ("blue", "greenRed", "redGreen", "coldHot", "whiteBlack", "yellowOrangeRed", "turquoise", "purple"):
        for step in range(21):
            color = scale_color(name, step / 20)
            assert color is not None
            assert contrast(color, ink_on(color)) >= 4.5, (name, step, color)


def test_text_on_a_threshold_colour_stays_readable() -> None:
    assert min(contrast(color, ink_on(color)) for color in NAMED.values()) >= 4.5


def test_the_same_palette_name_gives_the_same_end_of_the_scale_in_any_case() -> None:
    assert scale_color("greenRed", 0) == scale_color("GREENRED", 0)
    assert scale_color("greenRed", 0) == scale_color("redGreen", 1)


def test_a_palette_of_none_means_no_colour_and_an_unknown_one_blue() -> None:
    assert scale_color("none", 0.5) is None
    assert bar_color("none") is None
    assert scale_color("no such palette", 0.5) == scale_color("blue", 0.5)


def test_only_named_colours_and_hex_are_colours() -> None:
    assert named_color("#ABC") == "#aabbcc"
    hostile = ["red;background:url(//x)", "#12345", "url(x)", "", None, 7, "javascript:alert(1)", "#12345g"]
    assert [named_color(text) for text in hostile] == [None] * len(hostile)


def test_series_colours_start_over() -> None:
    assert series_color(len(SERIES)) == series_color(0)


def test_every_icon_name_of_the_documentation_has_a_drawing() -> None:
    documented = [
        "cancelled",
        "critical",
        "disabled",
        "error",
        "failed",
        "info",
        "pending",
        "stopped",
        "question",
        "success",
        "unknown",
        "uninitialized",
        "resource",
        "up",
        "down",
        "left",
        "right",
        "trendup",
        "trenddown",
        "4",
        "3",
        "2",
        "1",
        "Sev0",
        "Sev1",
        "Sev2",
        "Sev3",
        "Sev4",
        "Fired",
        "Resolved",
        "Available",
        "Unavailable",
        "Degraded",
        "Unknown",
        "warning",
        "more",
        "Person",
        "Gear",
        "Globe",
        "ResourceFlat",
        "Check",
        "Normal",
        "Alert",
        "Clock",
        "Important",
        "Tags",
        "Diagnostics",
    ]
    assert [name for name in documented if icons.icon_name(name) in ("dot", "")] == []


def test_an_unknown_icon_is_a_neutral_dot_and_blank_is_nothing() -> None:
    assert icons.icon_name("no such icon") == "dot"
    assert [icons.icon_name(name) for name in ("None", "Blank", "")] == [""] * 3
    assert icons.svg("Blank") == ""
    assert icons.icon_name("dot-yellow") == "dot-yellow"
    assert icons.icon_name("Command and Control") == "tactic"


def test_icons_are_well_formed_and_hold_no_script() -> None:
    import xml.etree.ElementTree as ET

    for name, drawing in icons.catalogue().items():
        root = ET.fromstring(drawing)
        assert root.tag.endswith("svg"), name
        assert not any(
            "script" in element.tag or any(key.startswith("on") for key in element.attrib) for element in root.iter()
        )


def test_a_title_of_an_icon_is_escaped() -> None:
    assert "<b>" not in icons.svg("info", title='"><b>')
