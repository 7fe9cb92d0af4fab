"""Groups whose content is another workbook's, in edit mode: which workbook that is, and what belongs to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.document import editing as edit
from dashboard.document.workbook import object_of, text_of
from dashboard.pages.templates import find_id


@dataclass(frozen=True)
class Template:
    """What a group is told to load: the template's name as it is written, and the `id` of the workbook that is meant (empty
    where there is none here)."""

    name: str
    id: str

    @property
    def label(self) -> str:
        """What a person calls it."""
        return self.id.rpartition("/")[2] if self.id else self.name

    def missing(self) -> str:
        """The sentence for a template that is not here."""
        if not self.name:
            return "This group shows another workbook, and none is named yet."
        return f"The workbook '{self.name[:120]}' is not among the workbooks here."


def of(item: Mapping[str, Any]) -> Template | None:
    """The template of a group; None for a group with its own content, and for any other item."""
    content = object_of(item.get("content"))
    if item.get("type") != 12 or text_of(content.get("groupType")).lower() != "template":
        return None
    name = text_of(content.get("loadFromTemplateId"))
    return Template(name, find_id(name) or "" if name else "")


def above(document: edit.Document, path: str) -> Template | None:
    """The template that an item came from: that of the outermost group around it whose content is another workbook's."""
    parts = path.split("/items/")
    for length in range(1, len(parts)):
        found = of(edit.item_at(document, "/items/".join(parts[:length])))
        if found is not None and found.id:
            return found
    return None
