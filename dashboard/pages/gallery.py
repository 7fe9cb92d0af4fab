"""The gallery: every workbook there is, as a card."""

from __future__ import annotations

from urllib.parse import quote

from dashboard import settings
from dashboard.errors import WatchbookError
from dashboard.pages import bar, controls, home, library, sources


def draw() -> None:
    """Draws the page."""
    bar.draw("gallery")
    sources.start_local()  # ready, or nearly so, by the time a card is clicked
    empty = _empty_tables()
    cards = [
        {
            "id": entry.id,
            "title": entry.title,
            "text": entry.text,
            "category": entry.category,
            "tables": list(entry.tables),
            "missing": [table for table in entry.tables if table in empty],
            "origin": "" if entry.shipped else entry.path.name,
            "href": f"/workbook?w={quote(entry.id)}",
            "problem": entry.problem.describe() if entry.problem else None,
        }
        for entry in library.entries()
    ]
    actions = [{"id": "new", "label": "New workbook", "href": "/new"}]
    if home.exists():
        actions.insert(0, {"id": "home", "label": "Home", "href": f"/workbook?w={home.ID}"})
    data = {"cards": cards, "folder": str(settings.workbooks_folder()), "actions": actions}
    event = controls.draw("cards", "wb-cards", data)
    if event and event.get("open") == "action:new":
        bar.go("new")
    elif event and event.get("open") == "action:home":
        bar.go("workbook", w=home.ID)
    elif event and isinstance(event.get("open"), str):
        bar.go("workbook", w=event["open"])


def _empty_tables() -> frozenset[str]:
    """The known tables without rows, as far as that is known without work."""
    if sources.chosen() != sources.LOCAL or not sources.local_is_made():
        return frozenset()
    try:
        return sources.empty_tables(sources.engine())
    except WatchbookError:
        return frozenset()
