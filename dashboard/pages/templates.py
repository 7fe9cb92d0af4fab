"""What a template group loads: another workbook of the gallery, looked up by the template's id."""

from __future__ import annotations

import re

from dashboard.document import Workbook, load_workbook
from dashboard.errors import WatchbookError
from dashboard.pages import library


def find_template(template: str) -> Workbook | None:
    """The workbook that `template` (`Community-Workbooks/…/Name`, a file name or a resource id) means; None where there is
    none here."""
    wanted = _words(template.rsplit("/", 1)[-1])
    if not wanted:
        return None
    for path, _ in library.files().values():
        if _words(path.stem) == wanted:
            try:
                return load_workbook(path)
            except WatchbookError:
                return None
    return None


def _words(name: str) -> str:
    return re.sub(r"\W|_", "", name).lower()
