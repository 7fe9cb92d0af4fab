"""Who you are, which workspaces and tables you can read, and for each thing that fails what to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from dashboard.engines.azure.connections import Workspace, chosen
from dashboard.engines.azure.identity import KINDS, Identity, who_is
from dashboard.engines.azure.management import Management
from dashboard.engines.loganalytics import LogAnalyticsEngine
from dashboard.engines.protocol import QueryRequest
from dashboard.errors import Problem, WatchbookError

MOST_TABLES = 100
"""Tables of a workspace that are tried one by one: those with data in the last 30 days first."""
Tell = Callable[[float, str], None]


@dataclass(frozen=True)
class TableCheck:
    """A table: whether it can be read, and why not."""

    name: str
    problem: Problem | None = None


@dataclass(frozen=True)
class WorkspaceCheck:
    """A workspace: why it cannot be queried, or which of its tables with recent data can be read."""

    workspace: Workspace
    problem: Problem | None = None
    tables: tuple[TableCheck, ...] = ()

    @property
    def readable(self) -> tuple[str, ...]:
        """The names of the tables that can be read."""
        return tuple(each.name for each in self.tables if each.problem is None)


@dataclass(frozen=True)
class Report:
    """What a check found. `identity` is None where the sign-in failed, and `problem` says why; `subscriptions` and
    `visible` (workspaces that may be added) are what Azure Resource Manager shows, `management` why it shows nothing."""

    cloud: str
    way: str
    identity: Identity | None = None
    problem: Problem | None = None
    subscriptions: tuple[tuple[str, str], ...] = ()
    visible: tuple[Workspace, ...] = ()
    management: Problem | None = None
    workspaces: tuple[WorkspaceCheck, ...] = field(default=())

    @property
    def is_well(self) -> bool:
        """Whether there is a workspace that can be queried, and none that cannot."""
        return bool(self.workspaces) and all(each.problem is None for each in self.workspaces)

    def json(self) -> dict[str, Any]:
        """The report as plain data."""
        return {
            "cloud": self.cloud,
            "credential": self.way,
            "identity": _identity_json(self.identity),
            "problem": _problem_json(self.problem),
            "subscriptions": [{"id": a, "name": b} for a, b in self.subscriptions],
            "visible_workspaces": [{"id": w.id, "name": w.name, "resource": w.resource} for w in self.visible],
            "management": _problem_json(self.management),
            "workspaces": [
                {
                    "id": each.workspace.id,
                    "name": each.workspace.name,
                    "problem": _problem_json(each.problem),
                    "tables": [{"name": t.name, "problem": _problem_json(t.problem)} for t in each.tables],
                }
                for each in self.workspaces
            ],
        }


def check(
    engine_for: Callable[[tuple[str, ...]], LogAnalyticsEngine],
    workspaces: tuple[Workspace, ...],
    tell: Tell = lambda share, what: None,
) -> Report:
    """Tries everything in turn and never raises for what it finds. `engine_for` makes the engine of some workspaces."""
    try:
        engine = engine_for(())
        cloud = engine.cloud
        way = chosen("azure_credential") or "default"
        tell(0.05, "signing in")
        credential = engine.credential()
        # What the service is asked with, so that a consent that is missing shows here.
        identity = who_is(credential, f"{engine.audience}/.default")
    except WatchbookError as error:
        return Report(chosen("azure_cloud"), chosen("azure_credential"), problem=error.problem)
    report = Report(cloud.label, f"{way}: {KINDS.get(way, '')}", identity)
    subscriptions, visible, trouble = _visible(Management(credential, cloud), tell)
    checked = []
    for number, workspace in enumerate(workspaces):
        tell(0.3 + 0.7 * number / len(workspaces), workspace.label)
        checked.append(check_workspace(engine_for((workspace.id,)), workspace))
    return Report(
        report.cloud, report.way, identity, None, subscriptions, visible, trouble, tuple(checked)
    )  # fmt: skip


def _visible(
    management: Management, tell: Tell
) -> tuple[tuple[tuple[str, str], ...], tuple[Workspace, ...], Problem | None]:
    try:
        tell(0.1, "subscriptions")
        subscriptions = tuple(management.subscriptions())
        tell(0.2, "workspaces")
        visible = tuple(Workspace(a, b, c) for a, b, c in management.workspaces())
    except WatchbookError as error:
        return (), (), error.problem
    return subscriptions, visible, None


def check_workspace(engine: LogAnalyticsEngine, workspace: Workspace) -> WorkspaceCheck:
    """Asks the workspace for its tables and tries to read each without taking a row."""
    try:
        tables = sorted(engine.tables(), key=lambda table: (table.last is None, table.name))
    except WatchbookError as error:
        return WorkspaceCheck(workspace, error.problem)
    names = [table.name for table in tables if table.last is not None][:MOST_TABLES]
    requests = [QueryRequest(f"['{name}'] | take 0") for name in names]
    try:
        answers = engine.run_batch(requests) if requests else []
    except WatchbookError as error:
        return WorkspaceCheck(workspace, error.problem)
    found = tuple(
        TableCheck(name, _of_table(answer.problem) if isinstance(answer, WatchbookError) else None)
        for name, answer in zip(names, answers, strict=True)
    )
    return WorkspaceCheck(workspace, None, found)


def _of_table(problem: Problem) -> Problem:
    if problem.code != "EN012":
        return problem
    return replace(
        problem,
        message="You have no permission to read this table.",
        hint="Ask for 'Log Analytics Reader' on the workspace, or for a role on the table.",
    )


def _identity_json(identity: Identity | None) -> dict[str, str] | None:
    if identity is None:
        return None
    return {
        "name": identity.name,
        "kind": identity.kind,
        "tenant": identity.tenant,
        "object_id": identity.object_id,
        "expires": identity.expires.isoformat(),
    }


def _problem_json(problem: Problem | None) -> dict[str, str] | None:
    if problem is None:
        return None
    return {"code": problem.code, "message": problem.message, "hint": problem.hint}
