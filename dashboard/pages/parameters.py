"""A parameters item on the page: its controls as data, and what a person set as values of the session."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dashboard.pages import bar, controls
from dashboard.runtime.plan import Control, Option, PlannedItem

PRESETS = (300_000, 900_000, 1_800_000, 3_600_000, 14_400_000, 43_200_000, 86_400_000, 172_800_000, 259_200_000, 604_800_000, 1_209_600_000, 2_592_000_000, 5_184_000_000, 7_776_000_000)  # fmt: skip
_KINDS = {"text": "text", "time": "time", "options": "options", "tabs": "tabs", "multi": "multi"}


def draw(planned: PlannedItem, key: str, set_value: Callable[[str, Any], None]) -> None:
    """Draws the visible controls of a parameters item."""
    shown = [control for control in planned.controls if control.visible]

    def act(event: controls.Event) -> None:
        name = event.get("name")
        control = next((control for control in shown if control.parameter.name == name), None)
        if control is not None:
            set_value(control.parameter.name, event.get("value"))

    if shown:
        data = {
            "style": planned.item.text_style,
            "controls": [_control(control) for control in shown],
            "utc": bar.utc(),
        }
        controls.draw("parameters", key, data, act)


def _control(control: Control) -> dict[str, Any]:
    parameter = control.parameter
    chosen = {str(value) for value in (control.value if isinstance(control.value, (list, tuple)) else [control.value])}
    kind = _KINDS.get(parameter.kind, "list")
    data: dict[str, Any] = {
        "name": parameter.name,
        "label": parameter.label,
        "help": parameter.description or None,
        "kind": kind,
        "value": control.value,
        "options": [_option(option, chosen) for option in control.options],
        "specials": [_option(option, chosen) for option in control.specials],
        "multi": parameter.is_multi,
        "required": parameter.is_required,
        "problem": control.problem.message if control.problem else None,
        "custom": parameter.allow_custom and kind == "list",
        "limit": parameter.limit,
        "fixed": _is_computed(parameter.raw),
    }
    if kind == "time":
        data["presets"] = parameter.durations or PRESETS
        data["customRange"] = True
    if kind == "text":
        settings = parameter.settings
        height = settings.get("multiLineHeight")
        lines = round(height / 20) if isinstance(height, (int, float)) and not isinstance(height, bool) else 4
        data["lines"] = min(40, max(2, lines)) if settings.get("multiLineText") is True else 1
        data["password"] = settings.get("isPassword") is True
        data["placeholder"] = "" if parameter.is_required else "optional"
    return data


def _is_computed(raw: Mapping[str, Any]) -> bool:
    """A text whose value comes from a query or from criteria is shown and not edited."""
    return raw.get("type") == 1 and bool(raw.get("query") or raw.get("criteriaData"))


def _option(option: Option, chosen: set[str]) -> dict[str, Any]:
    return {"v": option.value, "l": option.label, "g": option.group, "s": option.value in chosen}
