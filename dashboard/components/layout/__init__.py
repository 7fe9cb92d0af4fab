"""Edit mode's parts: tools, the bar of an item, the outline (gridstack), forms, JSON, versions, the wizard.

One mount has one `kind` and plain data, as the types in frontend/src say; what a person does comes back as one event.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from dashboard.components import component


def layout(kind: str, data: Mapping[str, Any], key: str, on_event: Callable[[], None]) -> Mapping[str, Any] | None:
    """Draws one part. Returns the event of this run, a dict whose keys depend on the kind, or None.

    `on_event` is called before the run that an event causes; there `st.session_state[key]["event"]` is the event.
    """
    content = json.dumps({"kind": kind, **data}, separators=(",", ":"), ensure_ascii=False)
    event = component("layout")(key=key, data=content.encode("utf-8", "surrogatepass"), on_event_change=on_event).get(
        "event"
    )
    return event if isinstance(event, Mapping) else None
