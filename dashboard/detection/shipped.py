"""The rule templates that ship with Watchbook, each with tests beside it."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from pathlib import Path

from dashboard.detection.rules import Rule, load_rules
from dashboard.errors import WatchbookError

TEMPLATES = Path(__file__).resolve().parent / "templates"


@dataclass(frozen=True)
class Template:
    """A shipped rule; `name` is its file's name without the ending. A rule made of it names it by id and version."""

    name: str
    rule: Rule


@functools.cache
def templates() -> tuple[Template, ...]:
    """All templates by name."""
    found = []
    for path in sorted(TEMPLATES.glob("*.yaml")):
        if path.name.endswith(".test.yaml"):
            continue
        loaded = load_rules(path)[0]
        if loaded.rule is None:
            raise WatchbookError(*loaded.problems)
        rule = loaded.rule
        found.append(Template(path.stem, replace(rule, template=rule.id, template_version=rule.version)))
    return tuple(found)


def find_templates(name: str) -> list[Template]:
    """The template of that name or id; all of them for `all`; none where there is none."""
    return [t for t in templates() if name == "all" or name.lower() in (t.name, t.rule.id)]


def newer(rule: Rule) -> Template | None:
    """The template of a rule where it has a version that the rule was not made of; else None."""
    template = next((t for t in templates() if t.rule.id == rule.template), None)
    return template if template is not None and template.rule.version != rule.template_version else None
