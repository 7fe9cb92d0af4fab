"""Every enabled rule as a job of the scheduler."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path

from dashboard import settings
from dashboard.detection.rulebook import Record, list_rules, read_rule_record
from dashboard.detection.run import run_rule
from dashboard.detection.windows import next_due, window_end
from dashboard.detection.workspace import open_local
from dashboard.engines.protocol import Engine
from dashboard.errors import Problem, WatchbookError
from dashboard.schedule.job import Due, Job
from dashboard.store.database import Store

RETRIES = tuple(dt.timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 16))
"""How long a failed run waits for each further try, as Sentinel tries five times more."""

OpenEngine = Callable[[Store], Engine]


LIVE = "loganalytics"


def engine_of(store: Store) -> Engine:
    """What rules are run over, by the setting `rules_source`; the same engine as long as nothing that matters to it changes."""
    if settings.text("rules_source") == LIVE:
        return live_engine()
    return _local_engine(settings.data_folder(), store)


@lru_cache(maxsize=8)
def _local_engine(folder: Path, store: Store) -> Engine:
    return open_local(folder, store)


def live_engine() -> Engine:
    """The workspaces that are set; the same engine as long as nothing that matters to it changes. Raises WatchbookError
    (DT033) where none is."""
    from dashboard.engines.azure.connections import chosen, workspaces

    known = tuple(each.id for each in workspaces())
    if not known:
        raise WatchbookError(
            Problem(
                "DT033",
                "Rules are to run over live data, and no workspace is set.",
                hint="Add one: watchbook azure add-workspace ID",
            )
        )
    return _live_engine(known, chosen("azure_cloud"), chosen("azure_credential"), settings.text("azure_endpoint"))


@lru_cache(maxsize=8)
def _live_engine(workspaces: tuple[str, ...], _cloud: str, _way: str, _endpoint: str) -> Engine:
    from dashboard.engines.loganalytics import LogAnalyticsEngine

    return LogAnalyticsEngine(workspaces)


def rule_jobs(store: Store, open_engine: OpenEngine = engine_of) -> Iterable[Job]:
    """The jobs of all enabled rules, as they are now."""
    with store.reading() as connection:
        records = list_rules(connection, enabled_only=True)
    return [_job(record, store, open_engine) for record in records]


def _job(record: Record, store: Store, open_engine: OpenEngine) -> Job:
    rule = record.rule
    nrt = rule.kind == "NRT"

    def run(due: Due) -> None:
        with store.reading() as connection:
            now = read_rule_record(connection, rule.id)
        end = window_end(rule, due.at)
        run_rule(
            now, end, open_engine(store), store,
            # A near-real-time rule takes everything since its last window at once, however long nobody ran.
            window_start=max(now.evaluated_to, end - rule.frequency * max(1, due.stands_for)) if nrt else None,
            complete=due.complete, retry=due.attempt <= len(RETRIES),
        )  # fmt: skip

    return Job(
        name=f"rule:{rule.id}",
        next_due=lambda after: next_due(rule, after, record.evaluated_to),
        run=run,
        catch_up="latest" if nrt else "each",
        retries=RETRIES,
    )
