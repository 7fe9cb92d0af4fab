"""Everything around the drawings of a workbook: bar, parameters, links, tiles, item heads, gallery, tables.

One mount has one `kind` and plain data, as the types in frontend/src say; what a person does comes back as one event.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from dashboard.components import component


def controls(kind: str, data: Mapping[str, Any], key: str, on_event: Callable[[], None]) -> Mapping[str, Any] | None:
    """Draws one control. Returns the event of this run, a dict whose keys depend on the kind, or None.

    `on_event` is called before the run that an event causes; there `st.session_state[key]["event"]` is the event.
    """
    # As bytes: Streamlit looks into a dict for data frames, for which it imports pandas (half a second of the start), and
    # writes it as JSON several times.
    content = json.dumps({"kind": kind, **data}, separators=(",", ":"), ensure_ascii=False).encode(
        "utf-8", "surrogatepass"
    )
    event = component("controls")(key=key, data=content, on_event_change=on_event).get("event")
    return event if isinstance(event, Mapping) else None
