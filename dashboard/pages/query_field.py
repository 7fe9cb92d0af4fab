"""The text of a query in edit mode: one function, so that the editor behind it can be another one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dashboard.pages import controls


def edit(
    key: str, text: str, on_change: Callable[[str], None], *, label: str = "Query", parameters: Sequence[str] = ()
) -> None:
    """Draws the text of a query; `on_change` gets the new text once a person left it. `parameters` may be named in it."""
    field = {
        "keys": ["query"],
        "label": label,
        "kind": "code",
        "value": text,
        "help": "Ctrl+Enter, or leaving the field, runs it.",
    }
    data = {"path": key, "sections": [{"title": label, "open": True, "fields": [field]}]}

    def act(event: controls.Event) -> None:
        if event.get("do") == "set":
            value = event.get("value")
            on_change(value if isinstance(value, str) else "")

    controls.edit("form", key, data, act)
