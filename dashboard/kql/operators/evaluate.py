"""evaluate: calls of plugins. A plugin is a function like an operator's, listed by name in the `PLUGINS` of its family."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dashboard.kql import syntax as s
from dashboard.kql.bound import Relation
from dashboard.kql.diagnostics import did_you_mean

if TYPE_CHECKING:
    from dashboard.kql.binder import Binder
    from dashboard.kql.operators import Handler
    from dashboard.kql.scopes import Scope

Plugin = Callable[["Binder", "Scope", Relation, s.Evaluate], Relation]

# Plugins of Kusto that nothing here runs.
_KNOWN = (
    "activity_metrics", "new_activity_metrics", "session_count", "diffpatterns", "diffpatterns_text", "sequence_detect", "funnel_sequence", "python", "r",
    "funnel_sequence_completion", "http_request", "http_request_post", "sql_request", "infer_storage_schema", "preview",
    "active_users_count", "activity_engagement", "geo_polygon_lookup", "geo_line_lookup", "cosmosdb_sql_request",
    "mysql_request", "postgresql_request", "azure_digital_twins_query_request", "rows_near", "schema_merge",
)  # fmt: skip


def plugins() -> dict[str, Plugin]:
    """All plugins by name."""
    from dashboard.kql.operators import plugins_activity, plugins_lookup, plugins_patterns, plugins_shape

    families = (plugins_shape, plugins_lookup, plugins_activity, plugins_patterns)
    return {name: plugin for family in families for name, plugin in family.PLUGINS.items()}


def evaluate(binder: Binder, scope: Scope, source: Relation | None, node: s.Evaluate) -> Relation:
    """`evaluate plugin(…)`."""
    known = plugins()
    plugin = known.get(node.plugin)
    if plugin is None and node.plugin in _KNOWN:
        raise binder.failure(node, "KQ203", f"The plugin '{node.plugin}' is not supported.")
    if plugin is None:
        raise binder.failure(node, "KQ103", f"There is no plugin '{node.plugin}'.", did_you_mean(node.plugin, known))
    if source is None:
        raise binder.failure(node, "KQ105", f"The plugin '{node.plugin}' needs a table before it.")
    return plugin(binder, scope, source, node)


OPERATORS: dict[type, Handler] = {s.Evaluate: evaluate}
