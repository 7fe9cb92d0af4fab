"""Every colour the product draws data with: series colours, named colours, and the scales of heatmaps and bars.

Series colours keep a contrast of at least 3:1 against both the light and the dark page, and stay apart for readers with
a colour-vision deficiency (tests check both). The format names palettes but documents no RGB values; these are our own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

SERIES: tuple[str, ...] = (
    "#2b7bd6", "#d9720c", "#12a184", "#6c47f2", "#c9154a", "#3d7085", "#c270ba", "#a88347", "#4a9bc9", "#6d8f2f",
    "#a3459f", "#a8643c", "#7d8896", "#5f66d8", "#3d9460", "#d65c74",
)  # fmt: skip
"""Colours of series in order; a sixteenth series and later ones start over."""

NEUTRAL = "#7d8896"
"""The colour of "Other", of unknown values and of what has no state."""

NAMED: dict[str, str] = {
    "blue": "#2b7bd6", "bluedark": "#1d5cae", "bluedarkdark": "#274a9c", "lightblue": "#4a9bc9", "grayblue": "#5f7f9e",
    "green": "#2e8f4e", "greendark": "#237a40", "greendarkdark": "#1c6b3a", "lightgreen": "#6d8f2f",
    "turquoise": "#0e9a8a", "yellow": "#b78a00", "yellowdark": "#a88000", "gold": "#b78a00",
    "orange": "#d9720c", "orangedark": "#bb5d06", "brown": "#a8643c",
    "red": "#c93a34", "redbright": "#e0403a", "reddark": "#b5332f", "pink": "#d6457a", "magenta": "#c2409c",
    "purple": "#9a5fd0", "purpledark": "#7b48b0", "amethyst": "#8a6bbe", "violet": "#8a6bbe",
    "gray": NEUTRAL, "grey": NEUTRAL, "black": "#4a525c", "white": "#9aa4b0", "teal": "#0e9a8a", "cyan": "#3a93a8",
}  # fmt: skip
"""A colour by the name that thresholds, series settings and composite bars use (lower case)."""

CATEGORICAL: dict[str, tuple[str, ...]] = {
    "default": SERIES,
    "pastel": (
        "#7fb2e8", "#f0b07a", "#7ccbb8", "#b3a2f5", "#e58aa6", "#8fb4c2", "#dcaad6", "#cdb78f", "#9cc9e2", "#b3c98a",
        "#c99bc7", "#cfa98f", "#b3bac3", "#a8adec", "#95c9ab", "#eba6b3",
    ),
    "cool": (
        "#2b7bd6", "#12a184", "#6c47f2", "#3d7085", "#4a9bc9", "#5f66d8", "#3d9460", "#0e8fa3", "#9a5fd0", "#1d5cae",
        "#2f9e9e", "#7b48b0",
    ),
}  # fmt: skip
"""The colours of categories by the name of the palette that a graph asks for (lower case)."""

SEVERITIES: dict[str, str] = {
    "critical": NAMED["reddark"], "error": NAMED["red"], "warning": NAMED["orangedark"], "low": NAMED["yellowdark"],
    "info": NAMED["lightblue"],
}  # fmt: skip
"""Series of severities, from the gravest: each lighter than the one before, so that they keep their order without colour."""

_WHITE = "#ffffff"
_RAMPS: dict[str, tuple[str, ...]] = {
    "blue": ("#eaf3fc", "#8fbfee", "#2b7bd6", "#174a8c"),
    "lightblue": ("#ecf7fc", "#9fd3ec", "#4a9bc9", "#2a6c92"),
    "bluedark": ("#e4edf8", "#7fa6da", "#1d5cae", "#123c74"),
    "bluedarkdark": ("#dfe5f4", "#7186c4", "#274a9c", "#152a60"),
    "grayblue": ("#edf1f5", "#a5b8ca", "#5f7f9e", "#3a536b"),
    "green": ("#e8f6ec", "#8fd1a4", "#2e8f4e", "#175a2e"),
    "lightgreen": ("#f3f8e6", "#bcd685", "#7fa536", "#50691f"),
    "greendark": ("#e2f2e7", "#79bd90", "#237a40", "#124a25"),
    "greendarkdark": ("#dcefe2", "#66ab7f", "#1c6b3a", "#0c3d1f"),
    "turquoise": ("#e3f6f3", "#80d2c8", "#0e9a8a", "#07615a"),
    "yellow": ("#fff8dc", "#fbe083", "#eec200", "#a88300"),
    "yellowdark": ("#fbf1cf", "#e6c764", "#c49a00", "#7e6100"),
    "orange": ("#fff1e2", "#fcc48c", "#ee8a22", "#a85505"),
    "orangedark": ("#fde9d6", "#eda76a", "#bb5d06", "#773a02"),
    "red": ("#fdecea", "#f2a7a2", "#d0443e", "#8a1f1b"),
    "redbright": ("#ffeceb", "#ffa39d", "#ee4a43", "#a31a15"),
    "reddark": ("#f9e4e2", "#d98984", "#b0302c", "#701512"),
    "pink": ("#fdeaf2", "#f2a6c3", "#d6457a", "#8f1f49"),
    "magenta": ("#fae8f5", "#e59fd3", "#c2409c", "#7d1c61"),
    "purple": ("#f4edfb", "#cbaeea", "#9a5fd0", "#5e2f90"),
    "purpledark": ("#ece3f6", "#ac8ad2", "#7b48b0", "#481f76"),
    "amethyst": ("#f0ecf8", "#c0b0de", "#8a6bbe", "#553a86"),
    "gray": ("#f0f2f4", "#c0c6cd", "#7d8896", "#454d57"),
    "greenred": ("#2e9e57", "#b9d98b", "#f7e08a", "#f2a25c", "#d6403a"),
    "redgreen": ("#d6403a", "#f2a25c", "#f7e08a", "#b9d98b", "#2e9e57"),
    "coldhot": ("#2b6fc4", "#9cc7ea", "#f3f0e6", "#f3a979", "#cf3d35"),
    "hotcold": ("#cf3d35", "#f3a979", "#f3f0e6", "#9cc7ea", "#2b6fc4"),
    "yelloworangered": ("#fff2b3", "#fdc462", "#f5783b", "#98122b"),
    "whiteblack": ("#ffffff", "#b9bfc6", "#6b737d", "#16191d"),
    "blackwhite": ("#16191d", "#6b737d", "#b9bfc6", "#ffffff"),
    "orangered": ("#fdebd3", "#fcbd8b", "#ea6a4c", "#8f0d0d"),
    "bluegreen": ("#e8f5f8", "#a3d9cc", "#45ae7e", "#00582f"),
    "greenblue": ("#e4f4dd", "#a8dcba", "#4fb0cf", "#0a478a"),
    "blueorange": ("#2f72c8", "#e9e6df", "#e8841f"),
    "orangeblue": ("#e8841f", "#e9e6df", "#2f72c8"),
    "purplebluegreen": ("#ebe7f1", "#a8bedb", "#3a93b5", "#02564a"),
    "purpleblue": ("#ebe8f2", "#a9bddb", "#3a90c0", "#04456e"),
    "bluepurple": ("#e6eff5", "#a3b9d9", "#8a68ae", "#4e0f58"),
    "purplered": ("#efe6f1", "#cba0ca", "#df3f93", "#7a0a33"),
    "yellowgreenblue": ("#f5f8c4", "#8ed1ba", "#3490bb", "#12316f"),
    "redpurple": ("#fce6e2", "#f9a8b4", "#d83f97", "#5c0a6a"),
    "yellowgreen": ("#f7f8c2", "#b0da8f", "#46a55b", "#0c4a32"),
}  # fmt: skip
"""A scale from its low to its high end. Names of two or three hues that do not oppose each other (`greenBlue`) run from light
to dark, as the portal's pictures show."""

_LIGHT_TO_DARK = frozenset({
    "yelloworangered", "orangered", "bluegreen", "greenblue", "purplebluegreen", "purpleblue", "bluepurple", "purplered",
    "redpurple", "yellowgreenblue", "yellowgreen",
})  # fmt: skip


def series_color(index: int) -> str:
    """The colour of the series at `index`, counted from 0."""
    return SERIES[index % len(SERIES)]


def category_color(palette: object, index: int) -> str:
    """The colour of the category at `index` in a palette of `CATEGORICAL`; unknown names are the default one."""
    shades = CATEGORICAL.get(str(palette or "").strip().lower().removesuffix("tone").strip(), SERIES)
    return shades[index % len(shades)]


def named_color(name: object) -> str | None:
    """The colour a document names (`redBright`, or `#a1b2c3`); None for unknown names, `none` and `auto`."""
    if not isinstance(name, str):
        return None
    text = name.strip().lower()
    if text in NAMED:
        return NAMED[text]
    digits = text[1:]
    if text.startswith("#") and len(digits) in (3, 6) and all(c in "0123456789abcdef" for c in digits):
        return text if len(digits) == 6 else "#" + "".join(c * 2 for c in digits)
    return None


def scale_color(palette: object, share: float) -> str | None:
    """The colour at `share` (0 to 1) of a named scale; None where the palette is `none` or there is no number.

    Unknown names and `auto` use the blue scale, so that a heatmap never loses its meaning over a name.
    """
    if math.isnan(share) or palette == "none":
        return None
    stops = _RAMPS.get(str(palette or "").lower(), _RAMPS["blue"])
    return _between(stops, min(1.0, max(0.0, share)))


def bar_color(palette: object, share: float = 1.0) -> str | None:
    """The colour of a bar: single-hue palettes give one solid colour, scales the colour at `share`."""
    if palette == "none":
        return None
    name = str(palette or "").lower()
    if name in NAMED:
        return NAMED[name]
    if name in _RAMPS and not math.isnan(share):
        if name in _LIGHT_TO_DARK:
            share = 0.4 + 0.6 * share  # a bar as light as the page would not be seen
        return _between(_RAMPS[name], min(1.0, max(0.0, share)))
    return NAMED["blue"]


@lru_cache(maxsize=1024)
def ink_on(background: str) -> str:
    """Black or white, whichever is read better on `background`."""
    return "#000000" if contrast("#000000", background) >= contrast(_WHITE, background) else _WHITE


def contrast(first: str, second: str) -> float:
    """The contrast ratio of two colours as WCAG defines it, 1 to 21."""
    one, two = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (one + 0.05) / (two + 0.05)


def translucent(color: str, alpha: float) -> str:
    """The CSS colour of a `#rrggbb` with an opacity."""
    red, green, blue = _channels(color)
    return f"rgba({red},{green},{blue},{alpha:g})"


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _luminance(color: str) -> float:
    def linear(channel: int) -> float:
        part = channel / 255
        return part / 12.92 if part <= 0.03928 else float(((part + 0.055) / 1.055) ** 2.4)

    red, green, blue = (linear(channel) for channel in _channels(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _between(stops: Sequence[str], share: float) -> str:
    place = share * (len(stops) - 1)
    left = min(int(place), len(stops) - 2)
    part = place - left
    low, high = _channels(stops[left]), _channels(stops[left + 1])
    mixed = (round(a + (b - a) * part) for a, b in zip(low, high, strict=True))
    return "#" + "".join(f"{channel:02x}" for channel in mixed)
