"""A syntax tree as short text, so that golden cases can hold it."""

from __future__ import annotations

from typing import Any

import msgspec

from dashboard.kql import syntax as s


def outline(node: Any) -> str:
    """One line for an expression; a query has one line a statement and a line an operator."""
    if isinstance(node, s.Query):
        lines = [outline(statement) + ";" for statement in node.statements]
        lines += [outline(pipe) for pipe in ((node.pipe,) if node.pipe else ()) + node.more]
        return "\n".join(lines)
    if isinstance(node, s.Pipe):
        return "\n| ".join(outline(part) for part in (node.source, *node.operators))
    if isinstance(node, s.Subquery):
        return "(" + outline(node.pipe).replace("\n", " ") + ")"
    if isinstance(node, s.Literal):
        return f"{node.type}:{node.value!r}"
    if isinstance(node, s.Name):
        return node.name + ("`" if node.quoted else "") + ("~" if node.wildcard else "")
    if isinstance(node, s.Star):
        return "*"
    if isinstance(node, s.Binary):
        return f"({outline(node.left)} {node.operator} {outline(node.right)})"
    if isinstance(node, s.Unary):
        return f"{node.operator}({outline(node.operand)})"
    if isinstance(node, s.Member):
        return f"{outline(node.target)}.{node.name}"
    if isinstance(node, s.Index):
        return f"{outline(node.target)}[{outline(node.index)}]"
    if isinstance(node, s.Call):
        head = f"{outline(node.target)}." if node.target else ""
        return f"{head}{node.name}({', '.join(map(outline, node.arguments))})"
    if isinstance(node, s.Named):
        return f"{','.join(node.names)}={outline(node.value)}"
    if isinstance(node, tuple):
        return "[" + ", ".join(map(outline, node)) + "]"
    if isinstance(node, msgspec.Struct):
        parts = [
            f"{field.name}={outline(getattr(node, field.name))}"
            for field in msgspec.structs.fields(type(node))
            if field.name != "span" and getattr(node, field.name) != field.default
        ]
        return f"{type(node).__name__}({' '.join(parts)})"
    return repr(node)
