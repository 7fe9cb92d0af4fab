"""Plugins over the doings of people in time: activity_counts_metrics, rolling_percentile, dcount_intersect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.kql import syntax as s
from dashboard.kql.bound import Bound, Relation
from dashboard.kql.operators.plugins_shape import column_argument
from dashboard.kql.operators.written import quoted, run_written

if TYPE_CHECKING:
    from dashboard.kql.binder import Binder
    from dashboard.kql.operators.evaluate import Plugin
    from dashboard.kql.scopes import Scope


def activity_counts_metrics(binder: Binder, scope: Scope, source: Relation, node: s.Evaluate) -> Relation:
    """`activity_counts_metrics(id, time, start, end, step[, dimension …])`: rows, different ids, ids seen for the first time
    and ids seen so far, for each step."""
    if len(node.arguments) < 5:
        raise binder.failure(node, "KQ104", "activity_counts_metrics() takes an id, a time, start, end and step.")
    who, when = (column_argument(binder, source, argument) for argument in node.arguments[:2])
    values = _values(binder, scope, node.arguments[2:5], ("$start", "$end", "$step"))
    dimensions = [quoted(column_argument(binder, source, argument).name) for argument in node.arguments[5:]]
    time, person = quoted(when.name), quoted(who.name)
    by = "".join(f", {name}" for name in dimensions)
    same = " or ".join(f"{name} != prev({name})" for name in dimensions)
    text = f"""
    | where {time} >= $start and {time} <= $end
    | extend {time} = bin_at({time}, $step, $start)
    | as ['$rows']
    | summarize {time} = min({time}) by {person}{by}
    | summarize new_dcount = count() by {time}{by}
    | join kind=rightouter (
        ['$rows'] | summarize ['count'] = count(), dcount = count_distinct({person}) by {time}{by}) on {time}{by}
    | project {time} = {quoted(when.name + "1")}{"".join(f", {_second(name)}" for name in dimensions)}, ['count'], dcount,
        new_dcount = coalesce(new_dcount, 0)
    | sort by {"".join(f"{name} asc, " for name in dimensions)}{time} asc
    | extend aggregated_dcount = row_cumsum(new_dcount{f", {same}" if same else ""})
    """
    return run_written(binder, scope, source, "activity_counts_metrics", text, values)


def _second(name: str) -> str:
    """A key as the right side of a join calls it, under its own name."""
    return f"{name} = {name[:-2]}1']"


def rolling_percentile(binder: Binder, scope: Scope, source: Relation, node: s.Evaluate) -> Relation:
    """`rolling_percentile(value, percentile, index, size, bins[, dimension …])`: the percentile over the last bins, for each
    bin that has rows."""
    if len(node.arguments) < 5:
        message = "rolling_percentile() takes a value, a percentile, an index, the size of a bin and a number of bins."
        raise binder.failure(node, "KQ104", message)
    value, index = (column_argument(binder, source, node.arguments[i]) for i in (0, 2))
    reader = binder.scalar_row(scope)
    percentile = reader.constant(node.arguments[1], "real")
    bins = reader.constant(node.arguments[4], "long")
    values = _values(binder, scope, (node.arguments[3],), ("$size",))
    shown = int(percentile) if float(percentile).is_integer() else percentile
    dimensions = "".join(f", {quoted(column_argument(binder, source, a).name)}" for a in node.arguments[5:])
    place, name = quoted(index.name), quoted(f"rolling_{bins}_percentile_{value.name}_{shown}")
    text = f"""
    | extend ['$value'] = {quoted(value.name)}
    | extend {place} = bin({place}, $size)
    | as ['$rows']
    | mv-expand ['$later'] = range(0, {int(bins) - 1}, 1) to typeof(long)
    | extend {place} = {place} + ['$later'] * $size
    | summarize {name} = percentile(['$value'], {percentile!r}) by {place}{dimensions}
    | join kind=leftsemi (['$rows'] | distinct {place}{dimensions}) on {place}{dimensions}
    """
    return run_written(binder, scope, source, "rolling_percentile", text, values)


def dcount_intersect(binder: Binder, scope: Scope, source: Relation, node: s.Evaluate) -> Relation:
    """`dcount_intersect(hll, hll …)`: how many values the first ones have in common."""
    names = [quoted(column_argument(binder, source, argument).name) for argument in node.arguments]
    if len(names) < 2:
        raise binder.failure(node, "KQ104", "dcount_intersect() takes at least two columns made by hll().")
    columns = [f"s0 = dcount_hll({names[0]})"]
    for count in range(2, len(names) + 1):
        columns.append(f"s{count - 1} = array_length(set_intersect({', '.join(names[:count])}))")
    return run_written(binder, scope, source, "dcount_intersect", f"| extend {', '.join(columns)}", {})


def _values(binder: Binder, scope: Scope, nodes: tuple[s.Expression, ...], names: tuple[str, ...]) -> dict[str, Bound]:
    reader = binder.scalar_row(scope)
    return {name: reader.bind(node) for name, node in zip(names, nodes, strict=True)}


PLUGINS: dict[str, Plugin] = {
    "activity_counts_metrics": activity_counts_metrics, "rolling_percentile": rolling_percentile,
    "dcount_intersect": dcount_intersect,
}  # fmt: skip
