"""The data's own resources: what resource and subscription pickers offer where their own query gives nothing.

On local data a workbook's saved resource ids belong to somebody else's tenant; the estate's own take their place.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from dashboard.document.workbook import Parameter
from dashboard.engines.protocol import QueryRequest
from dashboard.parameters.options import MOST_OPTIONS, Option, cell_text
from dashboard.runtime.answers import PENDING, Answer
from dashboard.table import Table, table_from_rows

WORKSPACES = "microsoft.operationalinsights/workspaces"
RESOURCES = "resources | project id, name, type = tolower(type), location, resourceGroup, subscriptionId"
SUBSCRIPTIONS = (
    "resourcecontainers | where type =~ 'microsoft.resources/subscriptions' | project id, name, subscriptionId"
)
_TYPE = re.compile(r"['\"](microsoft\.[\w.\-]+/[\w./\-]+)['\"]", re.IGNORECASE)

Ask = Callable[[QueryRequest], Answer]
"""The answer to a request, a failure, or PENDING."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of the estate, type in lower case."""

    id: str
    name: str
    type: str
    location: str
    group: str
    subscription: str


class Estate:
    """Asks for the resources at most once for each evaluation."""

    def __init__(self, answer: Ask, now: dt.datetime) -> None:
        self._answer = answer
        self._now = now

    def options(self, parameter: Parameter, query: str) -> tuple[Option, ...] | None:
        """What the picker may offer: resources of the types that its filter or its query names (workspaces where they name
        none), subscriptions, types, or places. None while the resources are not known yet."""
        if parameter.kind == "subscription":
            table = self._ask(SUBSCRIPTIONS)
            if table is None:
                return None
            if len(table):
                rows = table.rows()[:MOST_OPTIONS]
                return tuple(
                    Option(cell_text(row[0]), cell_text(row[1]) or cell_text(row[0])) for row in rows if row[0]
                )
        resources = self._resources()
        if resources is None:
            return None
        match parameter.kind:
            case "subscription":
                ids = sorted({resource.subscription for resource in resources})
                found = [Option(f"/subscriptions/{each}", each) for each in ids if each]
            case "resource_type":
                found = [Option(each, each) for each in sorted({resource.type for resource in resources})]
            case "location":
                found = [Option(each, each) for each in sorted({resource.location for resource in resources})]
            case _:
                types = set(parameter.resource_types) or {name.lower() for name in _TYPE.findall(query)} or {WORKSPACES}
                found = [Option(each.id, each.name, each.group) for each in resources if each.type in types]
        return tuple(option for option in found if option.value)[:MOST_OPTIONS]

    def subscription_names(self) -> Mapping[str, str] | None:
        """The names of the subscriptions by their GUIDs in lower case; None while they are not known yet."""
        table = self._ask(SUBSCRIPTIONS)
        if table is None:
            return None
        rows = [tuple(map(cell_text, row[:3])) for row in table.rows()]
        return {guid.lower(): name for _, name, guid in rows if guid and name and name.lower() != guid.lower()}

    def named(self, options: tuple[Option, ...]) -> tuple[Option, ...] | None:
        """Options of subscriptions that have nothing but their ids, with their names; None while these are not known yet."""
        if all(option.label != option.value for option in options):
            return options
        names = self.subscription_names()
        if names is None:
            return None
        return tuple(
            replace(option, label=names.get(option.value.rstrip("/").rsplit("/", 1)[-1].lower(), option.label))
            if option.label == option.value
            else option
            for option in options
        )

    def _resources(self) -> list[Resource] | None:
        table = self._ask(RESOURCES)
        if table is None:
            return None
        return [Resource(*(cell_text(cell) for cell in row[:6])) for row in table.rows()]

    def _ask(self, text: str) -> Table | None:
        """The rows of a Resource Graph query, or of the same over plain tables; none where both fail; None while pending."""
        for source in ("resource_graph", "logs"):
            answer = self._answer(QueryRequest(text, source=source, now=self._now))
            if answer is PENDING:
                return None
            if isinstance(answer, Table) and len(answer) and len(answer.columns) >= 3:
                return answer
        return table_from_rows([], [])
