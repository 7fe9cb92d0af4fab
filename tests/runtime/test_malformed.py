"""A malformed workbook is refused with a sentence, or opens with problems in their places. It never crashes or hangs."""

from __future__ import annotations

import json
import time

import pytest

from dashboard.document import check, dump_workbook, load_workbook, parse_workbook
from dashboard.errors import WatchbookError
from dashboard.runtime import Session, report, run_all
from tests.runtime.mutation import SOUND, mutants
from tests.runtime.standin import StandIn, book
from tests.shared import SHARED, needs_shared

ENGINE = StandIn(name="local")


def open_and_run(text: str) -> str:
    """Does all that is done with a workbook; gives `refused` or `opened`."""
    try:
        workbook = parse_workbook(text, "w.json")
    except WatchbookError as refusal:
        return "refused" if refusal.problem.message.endswith(".") else "refused without a sentence"
    check(workbook)
    assert json.loads(dump_workbook(workbook)) == json.loads(text)
    view = Session(workbook, ENGINE, all_items=True)
    found = run_all(view)
    written = report(workbook, view, found)
    json.dumps(written).encode()
    assert len(written["items"]) >= len(list(workbook.walk()))
    for item in view.plan().walk():
        view.select(item.path, [{"a": "x", "query": 5}])
        if item.tabs:
            view.set_tab(item.path, 1)
    for name in ("T", "A", "N"):
        view.set_value(name, "24h")
    view.plan()
    return "opened"


def run(seed: int, count: int, bases: list[dict[str, object]] | None = None) -> float:
    """Opens and runs that many mutants; gives the longest processor time that one took, in seconds."""
    open_and_run(
        json.dumps({"version": "Notebook/1.0", "items": SOUND})
    )  # what is imported on first use is no mutant's time
    opened, longest, outcomes = 0, 0.0, {"opened", "refused"}
    for name, text in mutants(seed, count, bases):
        started = time.process_time()
        try:
            outcome = open_and_run(text)
        except Exception as error:
            raise AssertionError(f"mutant {name} crashed: {error!r}\n{text[:2000]}") from error
        assert outcome in outcomes, f"mutant {name}: {outcome}"
        opened += outcome == "opened"
        longest = max(longest, time.process_time() - started)
    assert opened > count // 3
    return longest


def test_the_sound_workbook_itself_has_no_errors() -> None:
    workbook = book(*SOUND)
    assert not [problem for problem in check(workbook) if problem.severity == "error"]
    statuses = {result.status for _, result in run_all(Session(workbook, ENGINE))}
    assert statuses <= {"ok", "unsupported"}


def test_malformed_workbooks_never_crash() -> None:
    run(1, 300)


@needs_shared
@pytest.mark.shared
def test_malformed_real_workbooks_never_crash() -> None:
    files = sorted(
        (SHARED / "corpus" / "workbooks" / "azure-sentinel-fork-2022-03").glob("*.json"),
        key=lambda file: file.stat().st_size,
    )
    run(2, 60, [dict(load_workbook(file).raw) for file in files[:20]])


@pytest.mark.soak
def test_twenty_thousand_malformed_workbooks_never_crash() -> None:
    assert run(3, 20_000) < 1
