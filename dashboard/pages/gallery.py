"""The gallery: every workbook there is, as a card."""

from __future__ import annotations

from urllib.parse import quote

from dashboard import settings
from dashboard.errors import WatchbookError
from dashboard.pages import bar, controls, home, importing, library, shelves, sources, waiting


def draw() -> None:
    """Draws the page."""
    bar.draw("gallery")
    sources.start_local()  # ready, or nearly so, by the time a card is clicked
    empty = _empty_tables()
    known = empty is not None
    cards = [
        {
            "id": entry.id,
            "title": entry.title,
            "text": entry.text,
            "category": entry.category,
            "tables": list(entry.tables),
            "missing": [table for table in entry.tables if empty and table in empty],
            "known": known,
            "origin": "" if entry.shipped else entry.path.name,
            "href": f"/workbook?w={quote(entry.id)}",
            "light": shelves.picture(entry.id, "light"),
            "dark": shelves.picture(entry.id, "dark"),
            "problem": entry.problem.describe() if entry.problem else None,
        }
        for entry in library.entries()
    ]
    actions = [
        {"id": "import", "label": "Import"},
        {"id": "new", "label": "New workbook", "href": "/new"},
    ]
    if home.exists():
        actions.insert(0, {"id": "home", "label": "Home", "href": f"/workbook?w={home.ID}"})
    data = {"cards": cards, "folder": str(settings.workbooks_folder()), "actions": actions}
    event = controls.draw("gallery", "wb-cards", data)
    if not known and sources.chosen() == sources.LOCAL:
        waiting.until_then(sources.local_is_made, lambda: None)
    opened = event.get("open") if event else None
    if opened == "action:import":
        importing.draw()
    elif opened == "action:new":
        bar.go("new")
    elif opened == "action:home":
        bar.go("workbook", w=home.ID)
    elif isinstance(opened, str):
        bar.go("workbook", w=opened)


def _empty_tables() -> frozenset[str] | None:
    """The known tables without rows; None where that is not known, or not yet."""
    if sources.chosen() != sources.LOCAL or not sources.local_is_made():
        return None
    try:
        return sources.empty_tables(sources.engine())
    except WatchbookError:
        return None
