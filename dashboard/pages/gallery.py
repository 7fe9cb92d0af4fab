"""The gallery: every workbook there is, as a card."""

from __future__ import annotations

from urllib.parse import quote

from dashboard import settings
from dashboard.errors import WatchbookError
from dashboard.pages import bar, controls, library, sources


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
    event = controls.draw("cards", "wb-cards", {"cards": cards, "folder": str(settings.workbooks_folder())})
    if event and isinstance(event.get("open"), str):
        bar.go("workbook", w=event["open"])


def _empty_tables() -> frozenset[str]:
    """The known tables without rows, as far as that is known without work."""
    if sources.chosen() != sources.LOCAL or not sources.local_is_made():
        return frozenset()
    try:
        return sources.empty_tables(sources.engine())
    except WatchbookError:
        return frozenset()
