"""A links item on the page: tabs, buttons, lists."""

from __future__ import annotations

import re
from typing import Any

from dashboard.pages import board as boards
from dashboard.pages import controls, layout, menus
from dashboard.runtime.plan import PlannedItem, Tab
from dashboard.visual.links import workbook_link

_OPENED = re.compile(r"^(https?://|mailto:)", re.IGNORECASE)
_OUTSIDE = "This link works only in the Azure portal."


def draw(board: boards.Board, planned: PlannedItem) -> None:
    """Draws the links; one that sets a parameter, or opens a workbook, is acted on before the page runs anew."""
    steps = board.steps()
    look = planned.item.text_style or "bullets"
    links = planned.item.links
    data = {
        "style": look,
        "big": str(planned.item.content.get("tabStyle", "")).lower() == "bigger",
        "links": [
            _link(tab, steps, str(links[at].get("style", "")) if at < len(links) else "")
            for at, tab in enumerate(planned.tabs)
        ],
    }

    def act(event: controls.Event) -> None:
        at = event.get("index")
        if isinstance(at, int) and 0 <= at < len(planned.tabs) and planned.tabs[at].workbook is None:
            board.set_tab(planned, at)

    event = controls.draw("links", f"links-{layout.slug(planned.path)}", data, act)
    pressed = event.get("index") if event else None
    if isinstance(pressed, int) and 0 <= pressed < len(planned.tabs):
        context = planned.tabs[pressed].workbook
        if context is not None:
            menus.open_workbook(workbook_link(context), board.values())


def _link(tab: Tab, steps: dict[str, str], look: str) -> dict[str, Any]:
    data: dict[str, Any] = {
        "label": tab.label,
        "selected": tab.selected,
        "enabled": tab.enabled,
        "before": tab.pre_text,
        "after": tab.post_text,
        "look": look,
    }
    if tab.parameter or tab.workbook is not None:
        data["action"] = "set"
    elif tab.step and tab.step in steps:
        data.update(action="step", step=steps[tab.step])
    elif tab.url and _OPENED.match(tab.url):
        data.update(action="url", url=tab.url)
    else:
        data.update(action="none", hint=_OUTSIDE)
    return data
