"""What a template group loads: another workbook of the gallery, looked up by the template's id."""

from __future__ import annotations

from dashboard.document import Workbook, load_workbook
from dashboard.document.templates import template_file
from dashboard.errors import WatchbookError
from dashboard.pages import library


def find_id(template: str) -> str | None:
    """The id of the workbook that `template` (`Community-Workbooks/…/Name`, a file name or a resource id) means; None where
    there is none here."""
    files = {path: name for name, (path, _) in library.files().items()}
    found = template_file(template, files)
    return files[found] if found is not None else None


def find_template(template: str) -> Workbook | None:
    """The workbook that a group loads; None where there is none here, or none that can be read."""
    found = find_id(template)
    if found is None:
        return None
    try:
        return load_workbook(library.files()[found][0])
    except WatchbookError:
        return None
