"""The gallery: every workbook there is, as a card."""

from __future__ import annotations

from urllib.parse import quote

from dashboard import settings
from dashboard.errors import WatchbookError
from dashboard.pages import bar, controls, library, sources


def draw() -> None:
    """Draws the page."""
    bar.draw("gallery")
    filled = _filled_tables()
    cards = [
        {
            "id": entry.id,
            "title": entry.title,
            "text": entry.text,
            "category": entry.category,
            "tables": list(entry.tables),
            "missing": [] if filled is None else [table for table in entry.tables if table not in filled],
            "origin": "" if entry.shipped else entry.path.name,
            "href": f"/workbook?w={quote(entry.id)}",
            "problem": entry.problem.describe() if entry.problem else None,
        }
        for entry in library.entries()
    ]
    event = controls.draw("cards", "wb-cards", {"cards": cards, "folder": str(settings.workbooks_folder())})
    if event and isinstance(event.get("open"), str):
        bar.go("workbook", w=event["open"])


def _filled_tables() -> set[str] | None:
    """The tables of local data that have rows; None where that is not known without asking a live source."""
    if sources.chosen() != sources.LOCAL or not sources.local_is_made():
        return None
    try:
        return {table.name for table in sources.engine().tables() if table.rows}
    except WatchbookError:
        return None
