"""What depends on what among the parameters of one parameters item, and circles in a whole document (section 2.7)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from dashboard.document.references import references
from dashboard.document.workbook import Parameter, named_parameter, text_of


def dependencies(parameter: Parameter) -> frozenset[str]:
    """The names that a parameter's value and options are made from. Keys that its data source does not read are what the
    editor left behind, and so is a time context that names the parameter itself."""
    raw = parameter.raw
    if parameter.kind == "time":
        return frozenset()
    if parameter.kind == "text" and parameter.criteria:
        return _criteria_names(parameter)
    if parameter.query.strip():
        found = set(references([raw.get("query"), raw.get("crossComponentResources")]))
        if parameter.time_parameter != parameter.name:
            found.add(named_parameter(parameter.time_parameter))
        return frozenset(name for name in found if name)
    return references(parameter.json_data)


def _criteria_names(parameter: Parameter) -> frozenset[str]:
    found: set[str] = set()
    for context in parameter.criteria:
        if text_of(context.get("operator")).lower() != "default":
            found.add(text_of(context.get("leftOperand")))
            if text_of(context.get("rightValType")).lower() == "param":
                found.add(text_of(context.get("rightVal")))
        if text_of(context.get("resultValType")).lower() == "param":
            found.add(text_of(context.get("resultVal")))
        found |= references([context.get("rightVal"), context.get("resultVal")])
    return frozenset(name for name in found if name)


def evaluation_order(
    parameters: Sequence[Parameter], outer: Collection[str] = ()
) -> tuple[tuple[Parameter, ...], tuple[tuple[str, ...], ...]]:
    """The parameters of one item so that each comes after those it uses, otherwise in their own order, and the circles
    that are in the way: each as the names in it. A name means its latest declaration before the parameter, in the item or
    among the `outer` names; only where there is none may it be declared further down in the item."""
    earlier: dict[str, int] = {}
    last: dict[str, int] = {}
    uses: list[set[int]] = []
    for at, parameter in enumerate(parameters):
        last.setdefault(parameter.name, at)
    for at, parameter in enumerate(parameters):
        needed = set()
        for name in dependencies(parameter):
            source = earlier.get(name, None if name in outer else last.get(name))
            if source is not None:
                needed.add(source)
        uses.append(needed)
        earlier[parameter.name] = at
    order: list[int] = []
    done: set[int] = set()
    circles: list[tuple[str, ...]] = []
    for root in range(len(parameters)):
        if root in done:
            continue
        stack: list[tuple[int, list[int]]] = [(root, sorted(uses[root]))]
        open_: list[int] = [root]
        while stack:
            at, left = stack[-1]
            if left:
                following = left.pop(0)
                if following in done:
                    continue
                if following in open_:
                    circle = tuple(parameters[step].name for step in open_[open_.index(following) :])
                    if circle not in circles:
                        circles.append(circle)
                    continue
                stack.append((following, sorted(uses[following])))
                open_.append(following)
            else:
                stack.pop()
                open_.pop()
                done.add(at)
                order.append(at)
    return tuple(parameters[at] for at in order), tuple(circles)
