"""The data sources a person may switch between. Each is made once for the whole server, on first use."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import streamlit as st

from dashboard import settings
from dashboard.detection.workspace import open_local
from dashboard.engines.azure import connections
from dashboard.engines.azure.clouds import cloud
from dashboard.engines.azure.identity import PERSONAL, make_credential
from dashboard.engines.local import LocalEngine
from dashboard.engines.loganalytics import LogAnalyticsEngine
from dashboard.engines.protocol import Engine, TableInfo
from dashboard.errors import Problem, WatchbookError
from dashboard.store.database import Store

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

LOCAL = "local"
LIVE = "loganalytics"
_KEY = "wb-source"
_lock = threading.Lock()
_making: Future[None] | None = None
_told = (0.0, "")
_tables: WeakKeyDictionary[Engine, Future[list[TableInfo]]] = WeakKeyDictionary()


def labels() -> dict[str, str]:
    """The sources by name, as a person reads them."""
    local = "Local data" if settings.text("data") else "Sample estate"
    return {LOCAL: local, LIVE: "Log Analytics"}


def chosen() -> str:
    """The name of the source of this session."""
    name = st.session_state.get(_KEY, LOCAL)
    return name if name in labels() else LOCAL


def choose(name: str) -> None:
    """Switches this session's source."""
    if name in labels():
        st.session_state[_KEY] = name


def engine() -> Engine:
    """The engine of this session's source. Raises WatchbookError where it cannot be made."""
    return _local() if chosen() == LOCAL else _live()


def live_hint() -> str:
    """What the switch says beside Log Analytics."""
    return "" if _workspaces() else "no workspace set"


def _workspaces() -> tuple[connections.Workspace, ...]:
    try:
        return connections.workspaces()
    except WatchbookError:
        return ()


def problem_of_source() -> Problem | None:
    """Why the chosen source cannot answer, as far as that can be told without asking it."""
    if chosen() == LIVE and not _workspaces():
        hint = "Add one on the settings page, or choose a workspace in the workbook's own parameter."
        return Problem("PG003", "No Log Analytics workspace is set.", "warning", hint=hint)
    return None


def local_is_made() -> bool:
    """Whether local data needs no further work before the first query."""
    return _local.cache_info().currsize > 0


def start_local() -> Future[None]:
    """Starts making local data, or joins it: the sample estate on first use takes some seconds."""
    global _making
    with _lock:
        if _making is None or (_making.done() and _making.exception() is not None):
            _making = pool().submit(_make_local)
        return _making


def _make_local() -> None:
    if not settings.text("data"):
        from dashboard.ingest.estate import ensure_estate

        ensure_estate(settings.data_folder(), progress=_tell)
    _local()


def _tell(share: float, what: str) -> None:
    global _told
    _told = (min(max(share, 0.0), 1.0), what)


@cache
def _local() -> LocalEngine:
    folder = settings.data_folder()
    if not folder.is_dir():
        raise WatchbookError(
            Problem(
                "PG003",
                f"The data folder '{folder.name}' does not exist.",
                hint="Check --data, or run `watchbook data generate`.",
            )
        )
    return open_local(folder, store())


@cache
def store() -> Store:
    """What the dashboard remembers, opened once for the whole server. Raises WatchbookError (SO001, SO002)."""
    return Store()


def _live() -> LogAnalyticsEngine:
    return live_engine(tuple(each.id for each in connections.workspaces()), user_token())


def user_token() -> str:
    """The reader's own token, where a proxy passes it on in the header that was set."""
    name = settings.text("user_token_header")
    if not name:
        return ""
    told = str(st.context.headers.get(name) or "")
    return told.removeprefix("Bearer ").strip()


def live_engine(workspaces: tuple[str, ...], token: str) -> LogAnalyticsEngine:
    """The engine of these workspaces for a reader; the same one as long as nothing that matters to it changes."""
    return _live_engine(
        workspaces,
        connections.chosen("azure_cloud"),
        connections.chosen("azure_credential"),
        token,
        settings.text("azure_endpoint"),
    )


@lru_cache(maxsize=128)
def _live_engine(workspaces: tuple[str, ...], _cloud: str, way: str, token: str, _endpoint: str) -> LogAnalyticsEngine:
    return LogAnalyticsEngine(workspaces, _credential(way, _cloud) if not token else None, user_token=token)


@lru_cache(maxsize=8)
def _credential(way: str, cloud_name: str) -> TokenCredential | None:
    """One credential a way to sign in, so that each person is asked once, not once a workspace."""
    return None if way in PERSONAL else make_credential(cloud(cloud_name), way)


def live_tables(engine: Engine, *, again: bool = False) -> Future[list[TableInfo]]:
    """What a live source has, asked for once in the background. A failure stays, so that whoever looks meanwhile can tell of it,
    until somebody wants it asked `again`."""
    with _lock:
        asked = _tables.get(engine)
        if asked is None or (again and asked.done() and asked.exception() is not None):
            asked = _tables[engine] = pool().submit(engine.tables)
        return asked


@lru_cache(maxsize=4)
def _empty_tables(_version: str) -> frozenset[str]:
    return frozenset(table.name for table in _local().tables() if table.rows == 0)


def empty_tables(engine: Engine) -> frozenset[str]:
    """The known tables that certainly have no rows; none are known of a live source."""
    return _empty_tables(engine.version()) if engine.name == LOCAL else frozenset()


@cache
def pool() -> ThreadPoolExecutor:
    """Where the query and data pages run what a workbook's session does not run."""
    return ThreadPoolExecutor(settings.integer("concurrent_queries"), "page")


def prepare() -> None:
    """Waits for local data on first use, with a progress bar in the page. Raises WatchbookError where it cannot be made."""
    if chosen() != LOCAL or local_is_made():
        return
    making = start_local()
    slot = None
    while True:
        try:
            making.result(0.3)
            break
        except NotYet:
            slot = slot or st.empty()
            share, what = _told
            slot.progress(share, text=f"Preparing the sample estate, once. {what}")
    if slot is not None:
        slot.empty()
