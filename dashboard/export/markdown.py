"""A run of a workbook as Markdown: texts as their authors wrote them, results as tables."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from dashboard.export.run import Run, Section, part_title
from dashboard.runtime.plan import PlannedItem
from dashboard.runtime.results import ItemResult
from dashboard.table import Table, json_cell

MOST_ROWS = 200
_LONGEST_CELL = 500
_MARKS = re.compile(r"([\\`*_{}\[\]<>#|!~])")


def run_markdown(run: Run) -> str:
    """Title, facts, then every part in order. A table holds at most 200 rows and says so; charts are the table they were drawn
    of. Texts of the data cannot become markup."""
    lines = [
        f"# {_plain(run.title)}",
        "",
        *(f"- **{_plain(name)}:** {_plain(value)}" for name, value in run.facts.items()),
    ]
    for section in run.sections:
        if section.label:
            lines += ["", f"## {_plain(section.label)}"]
        lines += _section(section)
    return "\n".join(lines).rstrip() + "\n"


def _section(section: Section) -> Iterable[str]:
    deep = "###" if section.label else "##"
    for planned, result in section.results:
        if planned.path not in section.own or result.status == "hidden":
            continue
        kind = planned.item.kind
        if kind == "text" and result.status == "ok":
            yield from ("", planned.texts.get("json", "").strip())
        elif kind == "group" and planned.texts.get("title"):
            yield from ("", f"{deep} {_plain(planned.texts['title'])}")
        elif kind in ("query", "metric"):
            yield from ("", f"{deep}# {_plain(part_title(planned))}", "", *_part(planned, result))


def _part(planned: PlannedItem, result: ItemResult) -> Iterable[str]:
    table = result.table
    if table is None or not len(table):
        yield f"_{_plain(result.message or result.status)}_"
        return
    yield from _table(table)
    if len(table) > MOST_ROWS:
        yield from ("", f"_The first {MOST_ROWS} of {len(table):,} rows._")
    for notice in table.notices:
        yield from ("", f"_{_plain(notice.message)}_")


def _table(table: Table) -> Iterable[str]:
    numbers = [column.type in ("int", "long", "real", "decimal") for column in table.columns]
    yield "| " + " | ".join(_plain(name) for name in table.names) + " |"
    yield "|" + "|".join(" ---: " if number else " --- " for number in numbers) + "|"
    for row in table.head(MOST_ROWS).rows():
        cells = (_cell(json_cell(cell, column.type)) for cell, column in zip(row, table.columns, strict=True))
        yield "| " + " | ".join(cells) + " |"


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return _plain(text if len(text) <= _LONGEST_CELL else text[: _LONGEST_CELL - 1] + "…")


def _plain(text: str) -> str:
    """A text on one line in which no character is markup."""
    return _MARKS.sub(r"\\\1", " ".join(text.split()))
