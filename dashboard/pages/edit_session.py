"""One workbook as one person edits it: the stack of documents, what is selected, the draft, and what each act does.

An `Edit` lives in Streamlit's session state. Acts come from the browser: each is checked by the operations of `document.editing`,
and one that is refused becomes a notice and changes nothing.
"""

from __future__ import annotations

import datetime as dt
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboard import settings
from dashboard.document import Workbook, parse_item, parse_workbook, replace_document
from dashboard.document import editing as edit
from dashboard.document.forms import Around, Field, form_of
from dashboard.document.forms.data import Written, change_source, written
from dashboard.document.forms.parameters import change_value_from
from dashboard.document.paths import Key
from dashboard.document.writing import write_json, write_workbook
from dashboard.errors import Problem, WatchbookError
from dashboard.pages import edit_templates, library
from dashboard.store.files import file_in, free_name
from dashboard.store.versions import Conflict, Versions, default_author, digest_of, read_text

PANELS = ("outline", "settings", "json", "versions")
_REMEMBERED = 30
_WIDTHS = (20.0, 25.0, 33.0, 50.0, 66.0, 75.0, 100.0)


@dataclass
class Notice:
    """Something to tell above the workbook; `acts` are buttons as {id, label, primary?}."""

    tone: str
    text: str
    acts: tuple[Mapping[str, Any], ...] = ()


@dataclass
class Looking:
    """What is open of the item at `path`: the number of the parameter whose own form it is, a part of its query that was run by
    itself, and the tab below the query."""

    path: str = ""
    inside: int | None = None
    trial: str = ""
    shown: str = ""


class Edit:
    """State and acts of an edit. `go` is set to the id of a workbook that is to be opened next instead of this
    one, `visit` to one that is to be opened while this edit waits."""

    def __init__(
        self, name: str, workbook: Workbook, file: Path, own: bool, versions: Versions, author: str = ""
    ) -> None:
        self.name, self.file, self.own, self.versions = name, file, own, versions
        self.text = read_text(file) or ""
        self.base = digest_of(self.text)
        self.packed = workbook
        self.history = edit.History(workbook.raw)
        self.saved: edit.Document = workbook.raw
        self.draft = secrets.token_hex(8)
        self.author = author or default_author()
        self.panel = "outline"
        self.selected = ""
        self._looking = Looking()
        # Texts of queries that were run or replaced here, the newest first.
        self.queries: list[str] = []
        self.notices: list[Notice] = []
        self.conflict: Conflict | None = None
        self.shown_version = 0
        self.typed: str | None = None
        self.json_problems: list[tuple[str, bool]] = []
        self.download: tuple[str, str] | None = None
        self.go = ""
        self.visit = ""
        self.done = False
        self.state = ""
        self.around, self.drawn_as = Around(), ""
        # Grows where the text of a query changes by anything but typing: then the editor takes the document's text.
        self.revision = 0
        self._typing = ""

    # ---- what is there -----------------------------------------------------------------------------------------------

    @property
    def document(self) -> edit.Document:
        """The document as it stands."""
        return self.history.present

    @property
    def dirty(self) -> bool:
        """Whether something was changed since it was opened or saved."""
        return self.document is not self.saved and self.document != self.saved

    def workbook(self) -> Workbook:
        """The workbook as it stands, in the package it came in."""
        return replace_document(self.packed, self.document)

    def item(self) -> dict[str, Any] | None:
        """The selected item, None where the workbook itself is selected."""
        try:
            return edit.item_at(self.document, self.selected) if self.selected else None
        except WatchbookError:
            self.selected = ""
            return None

    @property
    def looking(self) -> Looking:
        """What is open of the selected item; another item begins anew, and so does one whose parameter is gone."""
        found = self._looking
        parameters = edit.setting(self.document, self.selected, ("content", "parameters")) if self.item() else None
        count = len(parameters) if isinstance(parameters, list) else 0
        if found.path != self.selected or (found.inside is not None and found.inside >= count):
            self._looking = found = Looking(self.selected)
        return found

    @property
    def inside(self) -> int | None:
        """The number of the parameter whose own form is open."""
        return self.looking.inside

    def sourced(self) -> tuple[Key, ...] | None:
        """The keys that lead to what has a data source in the selected item: its content, or the parameter whose form is open."""
        kind = (self.item() or {}).get("type")
        if kind == 9 and self.inside is not None:
            return ("content", "parameters", self.inside)
        return ("content",) if kind == 3 else None

    def written(self) -> Written | None:
        """What a person writes as the query of what is selected; None where nothing is."""
        item, base = self.item(), self.sourced()
        return written(item, base) if item is not None and base is not None else None

    # ---- acts --------------------------------------------------------------------------------------------------------

    def act(self, event: Mapping[str, Any]) -> None:
        """Does what the browser asked; what is refused is told."""
        what = str(event.get("do") or "")
        act = self._acts().get(what)
        if act is None:
            return
        self.notices = []
        self._typing = ""
        self.revision += 1
        before = self.document
        try:
            act(event)
        except WatchbookError as error:
            self.notices = [Notice("error", problem.describe()) for problem in error.problems]
        if self.document is not before:
            self.typed, self.json_problems, self.state = None, [], ""
            self._keep_draft()

    def _acts(self) -> Mapping[str, Callable[[Mapping[str, Any]], None]]:
        path = self._path
        return {
            "undo": lambda _: self._step(self.history.undo()),
            "redo": lambda _: self._step(self.history.redo()),
            "add": self._add,
            "panel": lambda event: setattr(self, "panel", event.get("value") if event.get("value") in PANELS else ""),
            "select": lambda event: self._select(path(event)),
            "select-all": lambda _: self._select(""),
            "up": lambda event: self._moved(edit.shift_item(self.document, path(event), -1)),
            "down": lambda event: self._moved(edit.shift_item(self.document, path(event), 1)),
            "nest": lambda event: self._moved(edit.nest_item(self.document, path(event))),
            "unnest": lambda event: self._moved(edit.unnest_item(self.document, path(event))),
            "copy": self._copy_item_or_workbook,
            "delete": self._delete,
            "group": lambda event: self._moved(edit.group_items(self.document, [path(event)])),
            "group-marked": lambda event: self._moved(edit.group_items(self.document, _paths(event.get("value")))),
            "ungroup": lambda event: self._change(edit.ungroup(self.document, path(event))),
            "width": lambda event: self._change(edit.resize_item(self.document, path(event), _number(event.get("value")))),
            "narrower": lambda event: self._resize(path(event), -1),
            "wider": lambda event: self._resize(path(event), 1),
            "arrange": lambda event: self._change(edit.arrange(self.document, _placed(event.get("value")))),
            "set": self._set,
            "value-from": self._value_from,
            "types": self._set_types,
            "inside": lambda event: self._open(event.get("index")),
            "open-template": self._open_template,
            "own-items": self._own_items,
            "outside": lambda _: self._open(None),
            "entry-add": self._entry_add,
            "entry-remove": self._entry_remove,
            "entry-up": lambda event: self._entry_move(event, -1),
            "entry-down": lambda event: self._entry_move(event, 1),
            "json": self._json,
            "save": self._save,
            "save-over": lambda event: self._save(event, over=True),
            "take-theirs": lambda _: self._take_theirs(),
            "close-conflict": lambda _: setattr(self, "conflict", None),
            "discard": lambda _: self._discard(),
            "done": self._finish,
            "leave": lambda _: self._leave(),
            "show": lambda event: setattr(self, "shown_version", int(event.get("value") or 0)),
            "restore": self._restore,
            "download": lambda _: self._download(arm=False),
            "download-arm": lambda _: self._download(arm=True),
        }  # fmt: skip

    def _path(self, event: Mapping[str, Any]) -> str:
        return str(event.get("path") or "")

    def _change(self, document: edit.Document) -> None:
        self.history = self.history.changed(document)

    def _step(self, history: edit.History) -> None:
        self.history = history
        self.looking.trial = ""

    def _moved(self, moved: tuple[edit.Document, str]) -> None:
        document, where = moved
        self._change(document)
        self.selected = where

    def _select(self, path: str) -> None:
        if path:
            edit.item_at(self.document, path)
        self.selected, self.typed, self.json_problems = path, None, []
        if self.panel not in ("settings", "json"):
            self.panel = "settings"

    def _open(self, number: Any) -> None:
        self._looking = Looking(self.selected, number if isinstance(number, int) and number >= 0 else None)

    def _template(self, path: str) -> edit_templates.Template:
        """The template of the group at `path`, or of the nearest one around it. Raises WatchbookError where it is not here."""
        found = edit_templates.above(self.document, path) or edit_templates.of(edit.item_at(self.document, path))
        if found is None or not found.id:
            what = found.missing() if found else "This group has its own content."
            raise WatchbookError(Problem("PG001", what, hint="Choose one of the workbooks that are here."))
        return found

    def _open_template(self, event: Mapping[str, Any]) -> None:
        self.visit = self._template(self._path(event)).id

    def _own_items(self, event: Mapping[str, Any]) -> None:
        path = self._path(event)
        items = library.open_workbook(self._template(path).id).raw.get("items")
        self._change(edit.own_items(self.document, path, items if isinstance(items, list) else []))

    def _add(self, event: Mapping[str, Any]) -> None:
        group, index = "", len(edit.children(self.document, ""))
        if self.item() is not None:
            group, at = edit.split(self.selected)
            index = at + 1
            if edit.setting(self.document, self.selected, ("type",)) == 12:
                group, index = self.selected, len(edit.children(self.document, self.selected))
        self._moved(
            edit.insert_item(
                self.document, group, index, edit.new_item(str(event.get("kind")), edit.names(self.document))
            )
        )
        self.panel = "settings"

    def _copy_item_or_workbook(self, event: Mapping[str, Any]) -> None:
        if "title" in event:
            self._save_copy(event)
        else:
            self._moved(edit.duplicate_item(self.document, self._path(event)))

    def _delete(self, event: Mapping[str, Any]) -> None:
        path = self._path(event)
        self._change(edit.delete_item(self.document, path))
        if self.selected == path or self.selected.startswith(f"{path}/"):
            self.selected = ""
        self.notices = [Notice("info", "The item is deleted.", ({"id": "undo", "label": "Undo"},))]

    def _resize(self, path: str, step: int) -> None:
        now = edit.width_of(edit.item_at(self.document, path))
        others = [each for each in _WIDTHS if (each > now + 0.5 if step > 0 else each < now - 0.5)]
        if others:
            self._change(edit.resize_item(self.document, path, others[0] if step > 0 else others[-1]))

    # ---- settings ----------------------------------------------------------------------------------------------------

    def _set(self, event: Mapping[str, Any]) -> None:
        path, keys, value = self._path(event), _keys(event.get("keys")), event.get("value")
        if keys[:1] == ("conditionalVisibilities",) and len(keys) == 1:
            self._change(edit.set_conditions(self.document, path, value if isinstance(value, list) else []))
        elif keys[-1:] == ("queryType",) and keys[:-1] == self.sourced():
            self._change(change_source(self.document, path, int(value or 0), keys[:-1]))
        else:
            self._change(edit.set_setting(self.document, path, keys, value))

    def _value_from(self, event: Mapping[str, Any]) -> None:
        base = self.sourced()
        if base is not None:
            self._change(change_value_from(self.document, self._path(event), base, str(event.get("value") or "")))

    def _set_types(self, event: Mapping[str, Any]) -> None:
        told = event.get("value")
        types = {str(each): True for each in told} if isinstance(told, list) and told else None
        self._change(edit.set_setting(self.document, self._path(event), _keys(event.get("keys")), types))

    def query(self) -> str:
        """The text of the query that is written for what is selected."""
        found = self.written()
        return str(edit.setting(self.document, self.selected, found.keys, "") or "") if found else ""

    def set_query(self, text: str) -> None:
        """Sets that text as a person types it: one step of undo for what is typed in one go."""
        found, before = self.written(), self.query()
        if found is None or before == text:
            return
        place = f"{self.selected} {found.keys}"
        if self._typing != place:
            self.remember(before)
        self.looking.trial = ""  # a part of another text than this one
        document = edit.set_setting(self.document, self.selected, found.keys, text)
        self.history = self.history.replaced(document) if self._typing == place else self.history.changed(document)
        self._typing, self.notices, self.state = place, [], ""
        self._keep_draft()

    def remember(self, text: str) -> None:
        """Keeps the text of a query for the list of earlier ones."""
        if text.strip():
            self.queries = [text, *(old for old in self.queries if old != text)][:_REMEMBERED]

    def _entry_add(self, event: Mapping[str, Any]) -> None:
        path, keys = self._path(event), _keys(event.get("keys"))
        field = self._list_field(path, keys)
        number = event.get("index")
        if field is None or not isinstance(number, int) or not 0 <= number < len(field.add):
            return
        entry = field.add[number].entry
        if keys == ("conditionalVisibilities",):
            conditions = [*edit.conditions_of(edit.item_at(self.document, path)), entry]
            self._change(edit.set_conditions(self.document, path, conditions))
        else:
            self._change(edit.add_entry(self.document, path, keys, entry))
            if field.opens:
                self._open(len(field.entries))

    def _entry_remove(self, event: Mapping[str, Any]) -> None:
        path, keys = self._path(event), _keys(event.get("keys"))
        if keys[:1] == ("conditionalVisibilities",):
            conditions = list(edit.conditions_of(edit.item_at(self.document, path)))
            del conditions[int(keys[1])]
            self._change(edit.set_conditions(self.document, path, conditions))
        else:
            self._change(edit.set_setting(self.document, path, keys, None))

    def _entry_move(self, event: Mapping[str, Any], by: int) -> None:
        keys = _keys(event.get("keys"))
        if keys and isinstance(keys[-1], int):
            self._change(edit.move_entry(self.document, self._path(event), keys[:-1], keys[-1], by))

    def _list_field(self, path: str, keys: Sequence[Key]) -> Field | None:
        item = edit.item_at(self.document, path)

        def inside(fields: Sequence[Field]) -> Field | None:
            for field in fields:
                if field.kind == "list" and field.keys == tuple(keys):
                    return field
                for entry in field.entries:
                    found = inside(entry.fields)
                    if found is not None:
                        return found
            return None

        return next(
            (
                found
                for section in form_of(item, self.around, self.drawn_as, self.inside)
                if (found := inside(section.fields)) is not None
            ),
            None,
        )

    def _json(self, event: Mapping[str, Any]) -> None:
        path, text = self._path(event), str(event.get("value") or "")
        self.typed = text
        try:
            if path:
                item, problems = parse_item(text)
                self._change(edit.replace_item(self.document, path, item))
            else:
                workbook = parse_workbook(text, self.file.name)
                problems = workbook.problems
                self._change(workbook.raw)
        except WatchbookError as error:
            self.json_problems = [(problem.describe(), True) for problem in error.problems]
            return
        self.typed = None
        self.notices = [Notice("warning", problem.describe()) for problem in problems[:5]]

    # ---- saving ------------------------------------------------------------------------------------------------------

    def _save(self, event: Mapping[str, Any], *, over: bool = False) -> None:
        if not self.own:
            raise WatchbookError(
                Problem("PG004", "A shipped workbook is saved as a copy.", hint="Choose Save as a copy.")
            )
        self._take_author(event)
        text = write_workbook(self.workbook(), self.conflict.theirs if over and self.conflict else self.text)
        try:
            version = self.versions.save(
                self.file, text, base=self.base, author=self.author, message=str(event.get("message") or ""), over=over
            )
        except Conflict as conflict:
            self.conflict = conflict
            self._keep_draft()
            return
        self._is_saved(text)
        self.state = f"Saved as version {version.number}"

    def _save_copy(self, event: Mapping[str, Any]) -> None:
        self._take_author(event)
        title = " ".join(str(event.get("title") or "").split())[:200]
        folder = settings.workbooks_folder()
        below, _, last = title.rpartition("/")
        name = free_name(folder, last, "/".join(part.strip() for part in below.split("/") if part.strip()))
        file = file_in(folder, name)
        text = write_json(_titled(self.document, last))
        self.versions.save(file, text, base=None, author=self.author, message=f"Copy of {self.name}")
        self.versions.drop_draft(self.draft)
        self.saved = self.document
        self.go = f"mine/{name}"

    def _take_author(self, event: Mapping[str, Any]) -> None:
        author = " ".join(str(event.get("author") or "").split())[:200]
        self.author = author or self.author

    def _is_saved(self, text: str) -> None:
        self.text, self.base, self.saved, self.conflict = text, digest_of(text), self.document, None
        self.packed = self.workbook()
        self.shown_version = 0
        self.versions.drop_draft(self.draft)

    def _take_theirs(self) -> None:
        """Goes on from what the other saved; what was edited here stays one undo away, and as a draft."""
        if self.conflict is None:
            return
        self._keep_draft()
        self.draft = secrets.token_hex(8)
        self.follow_file(self.conflict.theirs)
        self.notices = [
            Notice(
                "info",
                "This is the other version now. Yours is kept as a draft, and one undo away.",
                ({"id": "undo", "label": "Undo"},),
            )
        ]

    def follow_file(self, text: str) -> None:
        """Takes over a content of the file as the base of further edits."""
        workbook = parse_workbook(text, self.file.name)
        self.text, self.base, self.packed, self.saved, self.conflict = (
            text,
            digest_of(text),
            workbook,
            workbook.raw,
            None,
        )
        self._change(workbook.raw)

    def _restore(self, event: Mapping[str, Any]) -> None:
        number = int(event.get("value") or 0)
        workbook = parse_workbook(self.versions.content(self.file, number), self.file.name)
        self._change(workbook.raw)
        self.selected = ""
        self.state = f"Version {number} is shown; save to make it the newest"

    def _discard(self) -> None:
        self._change(self.saved)
        self.versions.drop_draft(self.draft)
        self.state = ""
        self.notices = [Notice("info", "What was changed is discarded.", ({"id": "undo", "label": "Undo"},))]

    def _finish(self, _: Mapping[str, Any]) -> None:
        if self.dirty:
            keep = {"id": "leave", "label": "Leave, keep the draft"}
            self.notices = [
                Notice(
                    "warning",
                    "Some changes are not saved. They are kept as a draft when you leave.",
                    (keep, {"id": "discard", "label": "Discard them"}),
                )
            ]
        else:
            self.done = True

    def _leave(self) -> None:
        self._keep_draft()
        self.done = True

    def continue_draft(self, draft: str) -> None:
        """Goes on with a draft that somebody left."""
        self._change(json.loads(self.versions.draft(draft)))
        self.draft = draft

    def _keep_draft(self) -> None:
        """Keeps what was edited so that a crash or a closed tab loses nothing."""
        try:
            if self.dirty:
                text = json.dumps(self.document, ensure_ascii=False, separators=(",", ":"))
                self.versions.keep_draft(self.draft, self.name, text, base=self.base, author=self.author)
            else:
                self.versions.drop_draft(self.draft)
        except WatchbookError as error:
            self.notices.append(Notice("warning", f"The draft cannot be kept. {error.problem.describe()}"))

    def _download(self, *, arm: bool) -> None:
        from dashboard.document.packing import arm_template

        title = self.name.rpartition("/")[2]
        document = arm_template(self.document, title) if arm else self.document
        self.download = (f"{title}{'.arm' if arm else ''}.json", write_json(document))


def _titled(document: edit.Document, title: str) -> edit.Document:
    """The document with its first heading as the title, where it begins with one: a copy that is named must not read as the
    original."""
    for path, item in list(edit.walk(document))[:3]:
        text = edit.setting(document, path, ("content", "json"))
        if item.get("type") == 1 and isinstance(text, str) and text.lstrip().startswith("#"):
            first, line, rest = text.lstrip().partition("\n")
            marks = first[: len(first) - len(first.lstrip("#"))]
            return edit.set_setting(document, path, ("content", "json"), f"{marks} {title}{line}{rest}")
    return document


def _keys(value: Any) -> tuple[Key, ...]:
    found = value if isinstance(value, list) else []
    return tuple(key for key in found if isinstance(key, (str, int)) and not isinstance(key, bool))


def _paths(value: Any) -> list[str]:
    return [path for path in value if isinstance(path, str)] if isinstance(value, list) else []


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _placed(value: Any) -> list[edit.Placed]:
    found = []
    for each in value if isinstance(value, list) else []:
        if isinstance(each, Mapping):
            items = each.get("items")
            found.append(
                edit.Placed(
                    str(each.get("path")),
                    _number(each.get("width")),
                    tuple(_placed(items)) if isinstance(items, list) else None,
                )
            )
    return found


def ago(moment: dt.datetime) -> str:
    """How long ago a moment was, roughly."""
    seconds = int((dt.datetime.now(dt.UTC) - moment).total_seconds())
    for size, word in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            return f"{count} {word}{'s' if count > 1 else ''} ago"
    return "just now"
