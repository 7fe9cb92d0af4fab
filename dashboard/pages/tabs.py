"""A links item on the page: tabs, buttons, lists."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from dashboard.pages import board as boards
from dashboard.pages import controls, layout, menus
from dashboard.runtime.plan import PlannedItem, Tab
from dashboard.visual import icons
from dashboard.visual.links import workbook_link
from dashboard.visual.resources import portal_address

_OPENED = re.compile(r"^(https?://|mailto:)", re.IGNORECASE)
_OUTSIDE = "This link works only in the Azure portal."
_MOST_BYTES = 1_000_000


def draw(board: boards.Board, planned: PlannedItem) -> None:
    """Draws the links; one that sets a parameter, or opens a workbook, is acted on before the page runs anew."""
    steps = board.steps()
    look = planned.item.text_style or "bullets"
    links = planned.item.links
    data = {
        "style": look,
        "big": str(planned.item.content.get("tabStyle", "")).lower() == "bigger",
        "links": [_link(tab, steps, links[at] if at < len(links) else {}) for at, tab in enumerate(planned.tabs)],
    }

    def act(event: controls.Event) -> None:
        at = event.get("index")
        if isinstance(at, int) and 0 <= at < len(planned.tabs) and not _leads_away(planned.tabs[at]):
            board.set_tab(planned, at)

    event = controls.draw("links", f"links-{layout.slug(planned.path)}", data, act)
    pressed = event.get("index") if event else None
    if isinstance(pressed, int) and 0 <= pressed < len(planned.tabs):
        tab = planned.tabs[pressed]
        if tab.workbook is not None:
            menus.open_workbook(workbook_link(tab.workbook), board.values())
        elif tab.opens.get("kind") == "details":
            menus.show_details(str(tab.opens.get("text", "")))


def _leads_away(tab: Tab) -> bool:
    """Whether the page must do something after it is drawn, rather than set a parameter before."""
    return tab.workbook is not None or tab.opens.get("kind") == "details"


def _link(tab: Tab, steps: dict[str, str], written: Mapping[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = {
        "label": tab.label,
        "selected": tab.selected,
        "enabled": tab.enabled,
        "before": tab.pre_text,
        "after": tab.post_text,
        "look": str(written.get("style", "")),
        "width": str(written.get("tabWidth") or ""),
        "icon": icons.svg(tab.icon) if tab.icon and icons.icon_name(tab.icon) not in ("", "dot") else "",
    }
    if tab.parameter or tab.workbook is not None:
        data["action"] = "set"
    elif tab.step and tab.step in steps:
        data.update(action="step", step=steps[tab.step])
    elif tab.url and _OPENED.match(tab.url):
        data.update(action="url", url=tab.url)
    else:
        data.update(_opened(tab))
    return data


def _opened(tab: Tab) -> dict[str, Any]:
    """What the browser does with a link that sets nothing and is no address."""
    opens = tab.opens
    match opens.get("kind"):
        case "details":
            return {"action": "open"}
        case "resource":
            address = portal_address(str(opens.get("id", "")))
            if address:
                return {"action": "url", "url": address}
        case "file":
            name = re.sub(r"[^\w .-]", "_", str(opens.get("name", ""))).strip(". ")[:120] or "download.txt"
            content = str(opens.get("text", "")).encode()[:_MOST_BYTES]
            file = {"name": name, "mime": "text/plain", "base64": base64.b64encode(content).decode("ascii")}
            return {"action": "file", "file": file}
    return {"action": "none", "hint": str(opens.get("why") or _OUTSIDE)}
