"""The text of a query in edit mode: one function, whatever editor is behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dashboard.errors import Problem
from dashboard.pages import kql_editor


def edit(
    key: str,
    text: str,
    on_change: Callable[[str], None],
    *,
    revision: int = 0,
    parameters: Sequence[str] = (),
    problems: Sequence[Problem] = (),
) -> None:
    """Draws the text of a query; `on_change` gets the new text as it is typed, or at once by Ctrl+Enter. `parameters` may be named
    in it; a new `revision` puts `text` in place of what stands there."""

    def act(event: kql_editor.Event) -> None:
        if isinstance(event.get("text"), str):
            on_change(event["text"])

    known = [(name, "parameter of this workbook") for name in parameters]
    kql_editor.draw(key, text, act, revision=revision, label="Query", parameters=known, problems=problems, live=True)
