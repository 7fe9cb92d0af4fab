"""The home page: a workbook of pinned parts, an ordinary file in the user's folder.

A pinned part is frozen as it stood: its query has the values in it, a relative range of time stays relative. It can be moved,
changed and deleted like any other, because home is a workbook like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard import settings
from dashboard.document import editing as edit
from dashboard.document import load_workbook
from dashboard.document.writing import write_json
from dashboard.errors import WatchbookError
from dashboard.pages import sources
from dashboard.pages.board import Board
from dashboard.runtime import blueprint
from dashboard.runtime.freeze import frozen
from dashboard.runtime.plan import PlannedItem
from dashboard.store.files import file_in
from dashboard.store.versions import Versions, digest_of, read_text

ID = "mine/home"


def exists() -> bool:
    """Whether something was pinned."""
    return file_in(settings.workbooks_folder(), "home").is_file()


def pin(board: Board, planned: PlannedItem) -> str:
    """Puts a part on the home page; what is to be said about it."""
    title = board.title_of(planned) or planned.item.name
    try:
        _put(board, planned, title)
    except WatchbookError as error:
        return error.problem.describe()
    return "Pinned to Home."


def _put(board: Board, planned: PlannedItem, title: str) -> None:
    """Raises WatchbookError (RT016) for a part that cannot stand alone, or as `Versions.save`."""
    steps = {item.name: item for item in board.workbook.walk() if item.name}
    item = frozen(planned, planned.texts.get("title") or "", board.session.now, steps, board.values())
    file = file_in(settings.workbooks_folder(), "home")
    versions = Versions(sources.store())
    text = read_text(file)
    if text is None:
        document: Mapping[str, Any] = blueprint.document(
            blueprint.text("# Home\nPinned parts of your workbooks.", "title")
        )
        base = None
    else:
        document, base = load_workbook(file).raw, digest_of(text)
    taken = edit.names(document)
    name = next(
        each for number in range(1, 10_000) if (each := title if number == 1 else f"{title} {number}") not in taken
    )
    document, _ = edit.insert_item(document, "", len(edit.children(document, "")), {**item, "name": name})
    versions.save(file, write_json(document, text or ""), base=base, message=f"Pinned {title} of {board.title}")
