"""Items on the page: each in its own container, each query item as a fragment that draws when its own answer is there."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import streamlit as st

from dashboard.pages import (
    answered,
    bar,
    controls,
    drawings,
    edit_page,
    home,
    layout,
    menus,
    parameters,
    sources,
    style,
    tabs,
    waiting,
)
from dashboard.pages import board as boards
from dashboard.runtime.plan import PlannedItem
from dashboard.runtime.titles import names_result
from dashboard.table import Table
from dashboard.visual import build as visual

Board = boards.Board


def draw_all(board: Board, items: tuple[PlannedItem, ...], key: str = "wg-root") -> None:
    """Draws items into a row that wraps; while the workbook is edited each has its bar, and a hidden one only that."""
    found = edit_page.current(board)
    with st.container(key=key, horizontal=True, gap=None):
        for planned in items:
            if found is not None or (planned.status != "hidden" and not _takes_no_room(planned)):
                with st.container(key=layout.item_key(planned)), style.guard():
                    if found is not None:
                        edit_page.draw_item_bar(board, found, planned)
                    if planned.status != "hidden":
                        _draw(board, planned)


def _takes_no_room(planned: PlannedItem) -> bool:
    """Whether it is a text that says nothing over its whole row; a narrower one pushes what stands beside it."""
    return _is_blank(planned) and planned.item.row_share == 100


def _is_blank(planned: PlannedItem) -> bool:
    return planned.item.kind == "text" and planned.status == "ready" and not planned.texts.get("json", "").strip()


def _draw(board: Board, planned: PlannedItem) -> None:
    kind = planned.item.kind
    if planned.status != "ready":
        view = board.message(planned.status, planned.message, planned.problem)
        if planned.status == "unset" and not view.detail:
            view = replace(view, detail=board.labels_of(planned.message))
        st.html(_title_html(board, planned) + drawings.message_html(view))
    elif _is_blank(planned):
        st.html('<div class="wb-spacer"></div>')
    elif kind == "text":
        st.html(drawings.text_html(visual.text_view(planned)))
    elif kind == "parameters":
        parameters.draw(
            planned,
            f"parameters-{layout.slug(planned.path)}",
            lambda name, value: board.set_value(planned, name, value),
        )
    elif kind == "links":
        tabs.draw(board, planned)
    elif kind == "group":
        _draw_group(board, planned)
    else:
        _draw_query(board, planned)


def _title_html(board: Board, planned: PlannedItem) -> str:
    title = board.title_of(planned)
    return f'<div class="wb-frame"><h2 class="wb-title">{style.text(title)}</h2></div>' if title else ""


def _draw_group(board: Board, planned: PlannedItem) -> None:
    title = board.title_of(planned)
    settings = planned.settings
    slug = layout.slug(planned.path)
    expanded = settings.get("expanded") is not False
    if planned.item.content.get("expandable") is True and title:
        data = {"title": title, "closed": not expanded}
        controls.draw("fold", f"fold-{slug}", data, lambda _: board.fold(planned, not expanded))
    elif title:
        st.html(f'<h2 class="wb-section">{style.text(title)}</h2>')
    if not expanded:
        return
    if settings.get("loaded") is False:
        label = str(planned.item.content.get("loadButtonText") or "Load")
        link = {"label": label, "action": "set", "selected": False, "enabled": True, "look": "primary"}
        controls.draw(
            "links", f"load-{slug}", {"style": "paragraph", "links": [link]}, lambda _: board.fold(planned, True)
        )
        return
    draw_all(board, planned.items, layout.group_key(planned))


def _draw_query(board: Board, planned: PlannedItem) -> None:
    """A query item as a fragment: nothing else on the page waits for it."""

    def content() -> None:
        with style.guard():
            _draw_content(board, board.current(planned.path) or planned)

    st.fragment(content, parallel=True, key=f"item-{layout.slug(planned.path)}")()


def _draw_content(board: Board, planned: PlannedItem) -> None:
    path, slug = planned.path, layout.slug(planned.path)
    action = board.take_action(path)
    if action == "query" and planned.query is not None:
        menus.open_query(planned.query)
    elif action == "anew":
        board.ask_anew(planned)
        st.rerun()
    elif action == "explain":
        answered.show(board, planned)

    there = board.is_there(planned) if names_result(planned) else None
    title = board.title_of(planned)
    subject = menus.Subject(
        board.title,
        title,
        lambda: board.outcome(planned),
        lambda: board.facts(planned),
        planned.item.content.get("exportToExcelOptions") == "visible",
    )
    told = home.pin(board, planned) if action == "pin" else ""

    def ask(chosen: str) -> None:
        board.ask_action(path, chosen)

    pins = planned.query is not None and board.name != home.ID
    menus.draw_head(
        f"frame-{slug}",
        subject,
        action,
        planned.query,
        ask,
        live=board.engine.name != sources.LOCAL,
        explained=True,
        pins=pins,
        told=told,
    )
    if not (board.is_there(planned) if there is None else there):
        return
    table, view = board.outcome(planned)
    reactions = board.reactions(planned, view)
    drawings.draw(view, f"view-{slug}", title, reactions, board.selected(path), board.picked(path))
    notices = style.notices_html(notice.message for notice in table.notices) if table is not None else ""
    if notices:
        st.html(notices)
    _offer_reasons(board, planned, table)
    _offer_narrower(board, planned)
    if table is not None and table.statistics.get("kept"):
        _draw_age(board, planned, table)
    followed = board.take_link(path)
    if followed and table is not None:
        menus.follow(table, followed, board.values())


def _offer_reasons(board: Board, planned: PlannedItem, table: Table | None) -> None:
    """A button under a blank part that tells why it is blank; none where its author says what blank means."""
    asked = planned.query is not None and planned.query.source in ("logs", "adx")
    if table is None or len(table) or not asked or planned.item.content.get("noDataMessage"):
        return
    slug = layout.slug(planned.path)
    with st.container(key=f"why-{slug}", horizontal=True, horizontal_alignment="center"):
        if st.button("Why is this blank?", key=f"why-button-{slug}", type="tertiary"):
            answered.show(board, planned)


def _offer_narrower(board: Board, planned: PlannedItem) -> None:
    """A button that narrows the time range, where a result was too large or too slow."""
    found = board.narrower(planned)
    if found is None:
        return
    name, length = found
    minutes = length // 60_000
    shown = (
        f"{minutes // 1_440} days"
        if minutes >= 2_880
        else f"{minutes // 60} hours"
        if minutes >= 120
        else f"{minutes} minutes"
    )
    link = {
        "label": f"Look at the last {shown} only",
        "action": "set",
        "selected": False,
        "enabled": True,
        "look": "secondary",
    }
    key = f"narrow-{layout.slug(planned.path)}"
    if controls.draw("links", key, {"style": "paragraph", "links": [link]}):
        board.narrow(name, length)
        st.rerun()


def _draw_age(board: Board, planned: PlannedItem, table: Table) -> None:
    """How old a kept live result is. One that is being fetched anew is drawn anew as soon as the newer one is there."""
    fetched = dt.datetime.fromtimestamp(table.statistics["fetched"], layout.zone(bar.zone()))
    minutes = int((dt.datetime.now(dt.UTC) - fetched).total_seconds() // 60)
    age = f"From {fetched:%H:%M}" + (f", {minutes} min ago" if minutes else "")
    if not table.statistics.get("stale"):
        st.html(f'<div class="wb-note wb-age">{age}</div>')
        return
    renewed = board.renewed(planned, table)
    if renewed:
        st.rerun()
    if renewed is None:
        note = f'<div class="wb-note wb-age" role="status">{age}; being fetched anew</div>'
        waiting.until_then(lambda: board.renewed(planned, table) is not None, lambda: st.html(note))
    else:
        st.html(f'<div class="wb-note wb-age">{age}; it could not be fetched anew</div>')
