"""The documentation pages that are made from the code: `make docs` writes them, a test holds them to it."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
from collections.abc import Callable
from pathlib import Path

import dashboard
from dashboard.cli import build_parser
from dashboard.settings import SETTINGS
from tests.docs.workbooks_page import workbooks_page

ROOT = Path(__file__).resolve().parents[2]
NOTE = "<!-- Written by `make docs` from the code. -->\n\n"


def error_codes() -> dict[str, str]:
    """All error codes of all rooms. A code listed twice is a fault."""
    found: dict[str, str] = {"ST001": "A setting in the environment has a value of the wrong type."}
    for module in pkgutil.walk_packages(dashboard.__path__, "dashboard."):
        if module.name.endswith(".codes"):
            for code, sentence in importlib.import_module(module.name).CODES.items():
                if code in found:
                    raise ValueError(f"{code} is listed twice")
                found[code] = sentence
    return dict(sorted(found.items()))


def errors_page() -> str:
    """docs/errors.md"""
    lines = ["# Error codes\n", NOTE, "Every message of Watchbook begins with a stable code. What each means:\n"]
    for code, sentence in error_codes().items():
        lines.append(f"\n## {code}\n{sentence}\n")
    return "".join(lines)


def settings_page() -> str:
    """docs/settings.md"""
    lines = [
        "# Settings\n",
        NOTE,
        "Every limit is a setting, read from the environment. An empty default means none.\n\n",
        "| setting | default | meaning |\n|---|---|---|\n",
    ]
    for setting in SETTINGS:
        lines.append(f"| `{setting.variable}` | `{setting.default}` | {setting.sentence} |\n")
    return "".join(lines)


def commands_page() -> str:
    """docs/commands.md"""
    lines = ["# The command line\n", NOTE]

    # Our own layout: argparse's differs between versions of Python.
    def visit(parser: argparse.ArgumentParser) -> None:
        lines.append(f"\n## {parser.prog}\n{parser.description}\n\n")
        children: list[argparse.ArgumentParser] = []
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                children = list(action.choices.values())
            elif not isinstance(action, argparse._HelpAction):
                value = action.metavar or ("|".join(map(str, action.choices)) if action.choices else "")
                name = ", ".join(action.option_strings) + (f" {value}" if value and action.nargs != 0 else "")
                text = (action.help or "").replace("%(default)s", str(action.default))
                lines.append(f"- `{name.strip()}` {text}\n")
        lines.append(f"\n{parser.epilog.replace('Example: ', 'Example: `')}`\n" if parser.epilog else "")
        for child in children:
            visit(child)

    visit(build_parser())
    return "".join(lines)


OPERATORS = {
    "rows": "rows", "columns": "columns", "summarize": "summarize", "joins": "joins", "unions": "unions", "sources": "sources",
    "serialize": "order and windows", "parse": "parsing", "expand": "arrays to rows", "series": "series", "evaluate": "plugins",
    "search": "search", "nested": "tops", "scan": "scan",
}  # fmt: skip


def kql_page() -> str:
    """docs/kql.md"""
    from dashboard.kql.functions import REGISTRY
    from dashboard.kql.operators import registry
    from dashboard.kql.operators.evaluate import plugins

    text = (ROOT / "tests/docs/kql_head.txt").read_text(encoding="utf-8")
    lines = [text.replace("# KQL over local data\n", f"# KQL over local data\n{NOTE}", 1)]
    by_family: dict[str, list[str]] = {}
    for node, handler in registry().items():
        family = handler.__module__.rsplit(".", 1)[-1]
        summary = " ".join((node.__doc__ or "").split()).split(". ")[0].rstrip(".")
        by_family.setdefault(family, []).append("- " + summary.replace("](", "] (") + "\n")
    lines.append("\n## Tabular operators\n")
    for family, entries in by_family.items():
        lines += [f"\n### {OPERATORS.get(family, family).capitalize()}\n", *sorted(entries)]
    lines.append("\n## Plugins of evaluate\n" + ", ".join(f"`{name}`" for name in sorted(plugins())) + "\n")
    functions: dict[str, dict[str, str]] = {}
    for name, function in REGISTRY.scalars.items():
        if not name.startswith("$"):
            functions.setdefault(function.family, {})[name] = function.note
    functions["aggregates"] = {name: function.note for name, function in REGISTRY.aggregates.items()}
    functions["windows"] = dict.fromkeys(REGISTRY.windows, "")
    for family in sorted(functions):
        lines.append(f"\n## Functions: {family}\n")
        named = [f"`{name}` ({note})" if note else f"`{name}`" for name, note in sorted(functions[family].items())]
        lines.append(", ".join(named) + "\n")
    return "".join(lines)


PAGES: dict[str, Callable[[], str]] = {
    "docs/errors.md": errors_page,
    "docs/settings.md": settings_page,
    "docs/commands.md": commands_page,
    "docs/kql.md": kql_page,
    "docs/workbooks.md": workbooks_page,
}


def main() -> None:
    """Writes every page."""
    for path, page in PAGES.items():
        (ROOT / path).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
