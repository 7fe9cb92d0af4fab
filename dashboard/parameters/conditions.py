"""Whether an item is visible (section 1.4 of the format's description)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dashboard.document.workbook import Condition
from dashboard.parameters.formats import default_text
from dashboard.parameters.substitute import Context
from dashboard.parameters.values import Value


def visible(conditions: Iterable[Condition], values: Mapping[str, Value], context: Context) -> bool:
    """True where all conditions hold."""
    return all(holds(condition, values, context) for condition in conditions)


def holds(condition: Condition, values: Mapping[str, Value], context: Context) -> bool:
    """Compares as texts, with regard to case; a parameter that is unset or unknown compares as empty. A multi-select
    compares as its formatted list, or as its one value where one is chosen."""
    value = values.get(condition.parameter)
    texts = {""}
    if value is not None and value.is_set:
        texts = {default_text(value, context.now, context.zone, in_query=False)}
        if value.many and len(value.values) == 1:
            texts.add(value.values[0])
        if value.instead is not None:
            texts = {value.instead, *texts}
    return (condition.value in texts) is condition.equal
