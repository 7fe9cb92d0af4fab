"""Edit mode on the workbook page: the tools above it, the bar of each item, and the panel beside it."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboard import settings
from dashboard.document import Workbook, parse_workbook
from dashboard.document import editing as edit
from dashboard.document.compare import compare, compare_lines, kind_of, title_of
from dashboard.document.forms import Field, form_of
from dashboard.document.forms.fields import Maker
from dashboard.document.forms.parameters import parameter_title
from dashboard.document.writing import write_workbook
from dashboard.errors import WatchbookError
from dashboard.pages import (
    bar,
    controls,
    edit_around,
    edit_query,
    edit_templates,
    home,
    layout,
    library,
    sources,
    style,
)
from dashboard.pages.board import Board
from dashboard.pages.edit_session import Edit, Notice, ago
from dashboard.runtime.plan import Plan, PlannedItem
from dashboard.store.versions import Versions, read_text

_EDITS = "wb-edits"
_AUTHOR = "wb-author"
_MOST_LINES = 1_200
_KINDS = (
    ("text", "Text", "markdown"), ("query", "Query", "chart, grid, tiles …"), ("parameters", "Parameters", "pills and drop-downs"), ("tabs", "Tabs", ""),
    ("links", "Links", "buttons and lists"), ("group", "Group", "items together"), ("metric", "Metrics", "Azure metrics"),
)  # fmt: skip


def begin(board: Board) -> None:
    """Starts to edit a board's workbook. Drafts that were left are offered, not taken."""
    edits: dict[str, Edit] = st.session_state.setdefault(_EDITS, {})
    if board.name in edits:
        return
    known = library.files().get(board.name)
    if known is None:
        return
    path, shipped = known
    versions = Versions(sources.store())
    made = Edit(board.name, board.workbook, path, not shipped, versions, st.session_state.get(_AUTHOR, ""))
    edits[board.name] = made
    made.notices = [
        _draft_notice(draft.author, ago(draft.updated), draft.id) for draft in versions.drafts(board.name)[:3]
    ]


def current(board: Board) -> Edit | None:
    """The edit of a board's workbook, None while it is only read."""
    edits: dict[str, Edit] = st.session_state.get(_EDITS, {})
    return edits.get(board.name)


def end(board: Board) -> None:
    """Goes back to reading what is saved."""
    found = st.session_state.get(_EDITS, {}).pop(board.name, None)
    st.query_params.pop("edit", None)
    if found is not None:
        board.rewrite(parse_workbook(read_text(found.file) or "", found.file.name))


def act(board: Board, event: Mapping[str, Any]) -> None:
    """Does what a part of edit mode asked, before the page runs anew."""
    found = current(board)
    if found is None:
        return
    what = str(event.get("do") or "")
    before = found.document
    draft = what.partition(":")[2]
    try:
        if what.startswith("draft:"):
            found.notices = []
            found.continue_draft(draft)
        elif what == "pin":
            planned = board.current(str(event.get("path") or ""))
            found.notices = [Notice("info", home.pin(board, planned))] if planned is not None else []
        elif what.startswith("undraft:"):
            found.versions.drop_draft(draft)
            found.notices = []
        else:
            found.act(event)
    except WatchbookError as error:
        found.notices = [Notice("error", error.problem.describe())]
    st.session_state[_AUTHOR] = found.author
    if found.document is not before:
        board.rewrite(found.workbook())
    if found.done:
        end(board)


def _draft_notice(author: str, when: str, draft: str) -> Notice:
    acts = (
        {"id": f"draft:{draft}", "label": "Go on with it", "primary": True},
        {"id": f"undraft:{draft}", "label": "Discard the draft"},
    )
    return Notice("info", f"{author} left changes that were not saved ({when}).", acts)


# ---- tools -----------------------------------------------------------------------------------------------------------


def draw_tools(board: Board, found: Edit) -> None:
    """Draws the tools, and what is to be decided: a conflict, a download."""
    count = len(found.history.past)
    state = found.state or (
        "" if not found.dirty else f"{count} change{'s' if count != 1 else ''} not saved · kept as a draft"
    )
    notices = [*found.notices, *_changed_outside(found)]
    data = {
        "title": board.title, "state": state, "undo": bool(found.history.past), "redo": bool(found.history.future), "dirty": found.dirty, "own": found.own,
        "author": found.author, "copyName": f"{board.title} (copy)" if found.own else board.title, "folder": settings.workbooks_folder().name, "copies": 0,
        "notices": [dataclasses.asdict(notice) for notice in notices], "panel": found.panel,
        "kinds": [{"id": kind, "label": label, "hint": hint} for kind, label, hint in _KINDS],
    }  # fmt: skip
    with st.container(key="wb-edit-tools"):
        controls.edit("tools", "wb-tools", data, lambda event: act(board, event))
    if found.conflict is not None:
        _draw_conflict(board, found)
    if found.download is not None:
        name, text = found.download
        found.download = None
        _send_file(name, text)


def _changed_outside(found: Edit) -> list[Notice]:
    """A word of warning before the conflict: the file is another one than the edit began with."""
    if not found.own or found.conflict is not None:
        return []
    text = read_text(found.file)
    if text == found.text or text is None:
        return []
    newest = found.versions.list(found.file)[0]
    return [
        Notice(
            "warning",
            f"{newest.author} changed this workbook since you opened it ({ago(newest.time)}). Save to see both.",
        )
    ]


def _draw_conflict(board: Board, found: Edit) -> None:
    conflict = found.conflict
    if conflict is None:
        return
    base = parse_workbook(found.text, found.file.name)
    try:
        theirs = parse_workbook(conflict.theirs, found.file.name)
        other = _difference(f"{conflict.version.author}'s changes", base, theirs)
    except WatchbookError as error:
        other = {
            "title": f"{conflict.version.author}'s version cannot be read: {error.problem.message}",
            "items": [],
            "lines": [],
            "cut": 0,
        }
    data = {
        "text": conflict.problem.describe(),
        "sides": [other, _difference("Your changes", base, found.workbook())],
        "acts": [
            {
                "id": "save-over",
                "label": "Save mine over it",
                "primary": True,
                "hint": "The other version stays among the versions.",
            },
            {"id": "take-theirs", "label": "Take the other version", "hint": "Yours stays as a draft."},
            {"id": "close-conflict", "label": "Go on editing"},
        ],
    }
    controls.edit("compare", "wb-conflict", data, lambda event: act(board, event))


def _difference(title: str, old: Workbook, new: Workbook) -> dict[str, Any]:
    lines = compare_lines(write_workbook(old), write_workbook(new))
    return {
        "title": title,
        "items": [
            {
                "what": change.kind, "title": change.title, "type": change.type,
                "settings": [{"name": _setting_name(each.keys), "before": each.before, "after": each.after} for each in change.settings[:60]],
            }
            for change in compare(old.raw, new.raw)[:300]
        ],
        "lines": lines[:_MOST_LINES],
        "cut": max(0, len(lines) - _MOST_LINES),
    }  # fmt: skip


def _setting_name(keys: Sequence[Any]) -> str:
    shown = [str(key + 1) if isinstance(key, int) else str(key) for key in keys if key != "content"]
    return " › ".join(shown)


def _send_file(name: str, text: str) -> None:
    file = {
        "id": name,
        "name": name,
        "mime": "application/json",
        "base64": base64.b64encode(text.encode()).decode("ascii"),
    }
    data = {"title": "", "level": 2, "entries": [], "file": name, "download": file}
    with st.container(key="wb-edit-download"):
        controls.draw("frame", f"wb-download-{abs(hash((name, text)))}", data)


# ---- items -----------------------------------------------------------------------------------------------------------


def draw_item_bar(board: Board, found: Edit, planned: PlannedItem) -> None:
    """Draws the bar of an item; of one that a template group loaded, what says to which workbook it belongs."""
    path = planned.path
    key, act_on = f"wib-{layout.slug(path)}", lambda event: act(board, event)
    foreign = edit_templates.above(found.document, path)
    if foreign is not None:
        label = {
            "path": path,
            "title": title_of(planned.item.raw),
            "type": kind_of(planned.item.raw),
            "of": foreign.label,
        }
        with st.container(key=key):
            controls.edit("foreign", f"itembar-{layout.slug(path)}", label, act_on)
        return
    item = edit.item_at(found.document, path)
    group, index = edit.split(path)
    around = edit.children(found.document, group)
    beside = any(
        0 <= at < len(around) and isinstance(around[at], dict) and around[at].get("type") == 12
        for at in (index - 1, index + 1)
    )
    own = edit_templates.of(item)
    data = {
        "path": path, "title": title_of(item), "type": kind_of(item), "width": round(edit.width_of(item), 1), "first": index == 0, "last": index == len(around) - 1,
        "nested": bool(group), "beside": beside, "group": item.get("type") == 12, "selected": path == found.selected,
        "hidden": (planned.message or "Hidden just now.") if planned.status == "hidden" else "",
        "template": own.label if own is not None and own.id else "", "pins": planned.status != "hidden" and board.name != home.ID,
    }  # fmt: skip
    with st.container(key=key):
        controls.edit("itembar", f"itembar-{layout.slug(path)}", data, act_on)


# ---- the panel -------------------------------------------------------------------------------------------------------


def draw_panel(board: Board, found: Edit, plan: Plan) -> None:
    """Draws the panel that is open."""
    with st.container(key="wb-edit-close"):
        controls.edit("close", "wb-close", {}, lambda event: act(board, event))
    item = found.item()
    if found.panel == "outline":
        data = {"items": _blocks(plan.items, found), "selected": found.selected, "marked": []}
        st.html(style.head_html("Outline"))
        controls.edit("outline", "wb-outline", data, lambda event: act(board, event))
    elif found.panel == "settings":
        _draw_settings(board, found, item)
    elif found.panel == "json":
        st.html(_panel_head(item, "JSON of "))
        problems = [{"text": text, "error": wrong} for text, wrong in found.json_problems]
        text = json.dumps(item if item is not None else found.document, ensure_ascii=False, indent=2)
        told: dict[str, Any] = {"path": found.selected, "text": text, "problems": problems, "typed": found.typed}
        controls.edit("json", "wb-json", told, lambda event: act(board, event))
    elif found.panel == "versions":
        st.html(style.head_html("Versions"))
        _draw_versions(board, found)


def _panel_head(item: Mapping[str, Any] | None, before: str = "") -> str:
    title = title_of(item) if item is not None else "the workbook"
    return style.head_html(
        f"{before}{title}"[:1].upper() + f"{before}{title}"[1:], kind_of(item) if item is not None else ""
    )


def _blocks(items: Sequence[PlannedItem], found: Edit) -> list[dict[str, Any]]:
    hidden = {path for planned in _walk(items) for path in [planned.path] if planned.status == "hidden"}

    def blocks(group: str) -> list[dict[str, Any]]:
        made = []
        for index, item in enumerate(edit.children(found.document, group)):
            if not isinstance(item, dict):
                continue
            path = edit.child(group, index)
            block = {
                "path": path,
                "title": title_of(item),
                "type": kind_of(item),
                "width": edit.width_of(item),
                "hidden": path in hidden,
            }
            template = edit_templates.of(item)
            if template is not None:
                block["title"] = f"{block['title']} · {template.label}"
            is_group = item.get("type") == 12 and template is None
            made.append({**block, "items": blocks(path)} if is_group else block)
        return made

    return blocks("")


def _walk(items: Sequence[PlannedItem]) -> list[PlannedItem]:
    return [each for item in items for each in (item, *_walk(item.items))]


def _draw_settings(board: Board, found: Edit, item: dict[str, Any] | None) -> None:
    path = found.selected
    base = found.sourced()
    # What may be added to a list is told by number; the numbers are those of this form.
    found.around, found.drawn_as = edit_around.find(board, found)
    if item is not None and found.inside is not None and base is not None:
        back = {"label": "‹ All parameters", "action": "set", "selected": False, "enabled": True, "look": "secondary"}
        links = {"style": "paragraph", "links": [back]}
        controls.draw("links", "wb-edit-back", links, lambda _: act(board, {"do": "outside"}))
        st.html(style.head_html(parameter_title(Maker(item, base)), "parameter"))
    else:
        st.html(_panel_head(item))
    template = edit_templates.of(item) if item is not None else None
    if template is not None:
        _draw_template(board, path, template)
    if base is not None:
        edit_query.draw(board, found)
    sections = form_of(item if item is not None else found.document, found.around, found.drawn_as, found.inside)
    data = {
        "path": path,
        "inside": found.inside,
        "sections": [
            {"title": section.title, "open": section.open, "fields": [_field(field) for field in section.fields]}
            for section in sections
        ],
    }
    controls.edit("form", f"form-{layout.slug(path) or 'workbook'}", data, lambda event: act(board, event))


def _draw_template(board: Board, path: str, template: edit_templates.Template) -> None:
    """What a group that loads another workbook is told to load, and what can be done with that workbook."""
    if not template.id:
        st.html(style.message_html(template.missing(), "warning"))
        return
    told = f"What stands in this group belongs to the workbook “{template.label}”. Change it there, or copy it into this one."
    st.html(style.message_html(told, "info"))
    looks = (("Open that workbook", "open-template"), ("Copy its items into this group", "own-items"))
    links = [{"label": label, "action": "set", "selected": False, "enabled": True, "look": "secondary"} for label, _ in looks]  # fmt: skip

    def press(event: controls.Event) -> None:
        at = event.get("index")
        if isinstance(at, int) and 0 <= at < len(looks):
            act(board, {"do": looks[at][1], "path": path})

    controls.draw("links", "wb-edit-template", {"style": "paragraph", "links": links}, press)


def _field(field: Field) -> dict[str, Any]:
    data: dict[str, Any] = {"keys": field.keys, "label": field.label, "kind": field.kind, "value": field.value}
    if field.kind == "list":
        data["entries"] = [
            {
                "title": entry.title,
                "fields": [_field(inner) for inner in entry.fields],
                **({"keys": entry.keys} if entry.keys else {}),
            }
            for entry in field.entries
        ]
        data["add"] = [new.label for new in field.add]
    for name in ("default", "choices", "suggest", "help", "as_text", "opens", "do"):
        value = getattr(field, name)
        if value not in (None, (), "", False):
            data[name] = value
    return data


def _draw_versions(board: Board, found: Edit) -> None:
    if not found.own:
        st.html(
            style.message_html(
                "A shipped workbook has no versions of its own. Save a copy: each save of it is a version.", "info"
            )
        )
        return
    versions = found.versions.list(found.file)
    difference = None
    if found.shown_version:
        try:
            then = parse_workbook(found.versions.content(found.file, found.shown_version), found.file.name)
            difference = _difference("From this version to what is shown now", then, found.workbook())
        except WatchbookError as error:
            difference = {
                "title": f"This version cannot be read: {error.problem.message}",
                "items": [],
                "lines": [],
                "cut": 0,
            }
    data = {
        "versions": [
            {
                "number": version.number, "author": version.author, "message": version.message, "here": version.digest == found.base,
                "time": version.time.astimezone(layout.zone(bar.zone())).strftime("%Y-%m-%d %H:%M"),
            }
            for version in versions
        ],
        "shown": found.shown_version, "difference": difference, "dirty": found.dirty,
    }  # fmt: skip
    controls.edit("versions", "wb-versions", data, lambda event: act(board, event))
