"""Codes of this room: what a reader sees beside a message."""

from __future__ import annotations

CODES: dict[str, str] = {
    "VI001": "The item's visualization is not one this version draws.",
    "VI002": "A column that the item's settings name is not in the result.",
    "VI003": "The result has nothing that this visualization can draw, such as a number for a chart.",
    "VI006": "A place could not be found on the map.",
    "VI008": "An item could not be drawn because of a mistake in the product or in its settings.",
}
