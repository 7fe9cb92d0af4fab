"""A run of a workbook as all exports tell it: sections (one, or one a tab), their items with results, and the facts."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from dashboard import settings
from dashboard.engines.protocol import CancelToken
from dashboard.export.page import chosen_text
from dashboard.runtime.evaluate import Session
from dashboard.runtime.execute import run_all
from dashboard.runtime.plan import PlannedItem
from dashboard.runtime.results import ItemResult

Results = Sequence[tuple[PlannedItem, ItemResult]]
Progress = Callable[[float, str], None]

_MOST_SECTIONS = 40
_LONGEST_FACT = 300


@dataclass(frozen=True)
class Section:
    """What one tab showed: its label, empty where the workbook has one section, and the items in document order. An item
    that an earlier section showed in the same state is not among `own`."""

    label: str
    results: Results
    own: frozenset[str]


@dataclass(frozen=True)
class Run:
    """A run: the workbook's title, the facts that every export states, in order, and the sections."""

    title: str
    facts: Mapping[str, str]
    sections: tuple[Section, ...]
    zone: str = "UTC"
    partial: tuple[str, ...] = field(default=())

    def parts(self) -> list[tuple[Section, PlannedItem, ItemResult]]:
        """The items with data, or with a reason why there is none, each once."""
        return [
            (section, planned, result)
            for section in self.sections
            for planned, result in section.results
            if planned.path in section.own and planned.item.kind in ("query", "metric") and result.status != "hidden"
        ]


def run_workbook(
    title: str,
    session: Session,
    *,
    zone: str = "UTC",
    all_tabs: bool = False,
    source: str = "",
    progress: Progress = lambda share, what: None,
    cancel: CancelToken | None = None,
) -> Run:
    """Runs a workbook as it stands, or with each of its tabs chosen in turn, which changes what `session` has chosen. `source`
    is the data source's name, the engine's own without it. Raises Cancelled."""
    sections: list[Section] = []
    seen: set[tuple[str, str]] = set()

    def take(label: str, results: Results) -> None:
        own = {planned.path for planned, _ in results if (planned.path, planned.key) not in seen}
        seen.update((planned.path, planned.key) for planned, _ in results)
        sections.append(Section(label, results, frozenset(own)))

    def visit(labels: tuple[str, ...], fixed: frozenset[str]) -> None:
        plan = session.plan(cancel)
        tabs = next((item for item in plan.walk() if _has_tabs(item) and item.path not in fixed), None)
        if tabs is None or not all_tabs or len(sections) >= _MOST_SECTIONS:
            label = " › ".join(labels)
            progress(min(0.9, len(sections) / (len(sections) + 3)), label or title)
            take(label, run_all(session, cancel=cancel))
            return
        for at, tab in enumerate(tabs.tabs):
            if tab.enabled and tab.label:
                session.set_tab(tabs.path, at)
                visit((*labels, tab.label), fixed | {tabs.path})

    visit((), frozenset())
    return Run(title, _facts(session, sections, zone, source), tuple(sections), zone, tuple(_partial(sections)))


def _has_tabs(planned: PlannedItem) -> bool:
    return (
        planned.status == "ready"
        and planned.item.kind == "links"
        and str(planned.settings.get("style") or planned.item.text_style or "") == "tabs"
        and sum(bool(tab.label) and bool(tab.parameter) for tab in planned.tabs) > 1
    )


def _facts(session: Session, sections: Sequence[Section], zone: str, source: str) -> dict[str, str]:
    facts = {
        "Data source": source or session.engine.label,
        "Run": f"{session.now.astimezone(_zone(zone)):%Y-%m-%d %H:%M} {zone}",
        "Times in": zone,
        "Rows": f"at most {settings.integer('query_rows'):,} a query",
    }
    shown = parameter_facts(planned for section in sections for planned, _ in section.results)
    facts |= {name: value for name, value in shown.items() if name not in facts}
    told = _partial(sections)
    if told:
        facts["Partial"] = "; ".join(told)
    return facts


def parameter_facts(items: Iterable[PlannedItem]) -> dict[str, str]:
    """The parameters that a reader sees, by label, as the page shows them."""
    facts: dict[str, str] = {}
    for planned in items:
        for control in planned.controls if planned.status != "hidden" else ():
            if control.visible and control.parameter.label not in facts:
                facts[control.parameter.label] = (chosen_text(control) or "not set")[:_LONGEST_FACT]
    return facts


def _partial(sections: Iterable[Section]) -> list[str]:
    """The parts whose result is not whole, each with the reason."""
    found: dict[str, None] = {}
    for section in sections:
        for planned, result in section.results:
            if result.table is not None and result.table.status == "partial":
                why = " ".join(notice.message for notice in result.table.notices)
                found[f"{part_title(planned)}: {why}"] = None
    return list(found)


def part_title(planned: PlannedItem) -> str:
    """What a reader calls a part."""
    return planned.texts.get("title") or planned.item.name or planned.path


def _zone(name: str) -> dt.tzinfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return dt.UTC
