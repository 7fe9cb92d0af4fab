"""Metric items: what they ask, and the sentence drawn where no engine answers metrics (section 9)."""

from __future__ import annotations

from collections.abc import Mapping

from dashboard.document.workbook import Item, list_of, object_of, text_of, whole_of
from dashboard.engines.protocol import Engine
from dashboard.parameters.substitute import Context, substitute
from dashboard.parameters.values import Value
from dashboard.runtime.sources import Asked

AGGREGATIONS: Mapping[int, str] = {1: "sum", 2: "minimum", 3: "maximum", 4: "average", 7: "count"}


def ask_metrics(item: Item, values: Mapping[str, Value], context: Context, engine: Engine) -> Asked:
    """What a metric item asks; on engines without metrics the sentence that names what would be shown."""
    names = []
    for metric in list_of(item.content.get("metrics")):
        written = substitute(text_of(object_of(metric).get("metric")), values, context)
        name = metric_name(written)
        aggregation = AGGREGATIONS.get(whole_of(object_of(metric).get("aggregation")) or 0, "")
        names.append(f"{name} ({aggregation})" if aggregation else name)
    shown = ", ".join(name for name in names if name) or "none chosen"
    resource = text_of(item.content.get("resourceParameter"))
    of = f" of the resources in {resource}" if resource else ""
    return Asked(
        message=f"Metrics need a live connection; local data cannot answer them. This item shows: {shown}{of}."
    )


def metric_name(written: str) -> str:
    """The metric's own name in `<namespace>-<category>-<name>`."""
    _, _, rest = written.partition("-")
    _, _, name = rest.partition("-")
    return name or rest or written
