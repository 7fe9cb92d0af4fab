"""Reads parts of a rule's mapping, collecting everything that is wrong instead of stopping at the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.detection.rules.durations import read_duration
from dashboard.detection.rules.yaml_source import Source
from dashboard.errors import Place, Problem, Severity
from dashboard.kql.diagnostics import did_you_mean


class Reading:
    """A view on one mapping of a source; problems go into the list shared by all views of the rule."""

    def __init__(self, source: Source, problems: list[Problem], path: tuple[str | int, ...] = ()) -> None:
        self.source = source
        self.problems = problems
        self.path = path
        value: Any = source.value
        for step in path:
            value = value[step]
        self.value: Mapping[str, Any] = value if isinstance(value, Mapping) else {}

    def at(self, *path: str | int) -> Reading:
        """The view on an inner mapping."""
        return Reading(self.source, self.problems, (*self.path, *path))

    def place(self, *path: str | int) -> Place:
        """Where an inner value stands."""
        return self.source.place(*self.path, *path)

    def report(self, code: str, message: str, *path: str | int, hint: str = "", severity: Severity = "error") -> None:
        """Adds a problem at an inner value."""
        self.problems.append(Problem(code, message, severity, self.place(*path), hint))

    def has(self, name: str) -> bool:
        """Whether the key is there with a value."""
        return self.value.get(name) not in (None, "")

    def needed(self, name: str, hint: str = "") -> bool:
        """Whether the key has a value; reports where not."""
        if self.has(name):
            return True
        self.report("DT002", f"'{name}' is missing.", name, hint=hint or f"Add a line '{name}: …'.")
        return False

    def text(self, name: str, longest: int | None = None) -> str:
        """A text; empty where there is none."""
        value = self.value.get(name)
        if value is None:
            return ""
        if isinstance(value, (Mapping, list)):
            self.report("DT003", f"'{name}' must be a text.", name)
            return ""
        text = self.source.texts.get((*self.path, name), str(value))
        if longest is not None and len(text) > longest:
            self.report("DT003", f"'{name}' has {len(text):,} letters; at most {longest:,} are allowed.", name)
        return text

    def one_of(self, name: str, allowed: Sequence[str], default: str = "", code: str = "DT003") -> str:
        """One of the allowed words, in their spelling; letter case does not count."""
        text = self.text(name).strip()
        if not text:
            return default
        found = next((word for word in allowed if word.lower() == text.lower()), None)
        if found is None:
            hint = did_you_mean(text, allowed) or f"Use one of {', '.join(allowed)}."
            self.report(code, f"'{name}' must be one of {', '.join(allowed[:8])}; got '{text[:60]}'.", name, hint=hint)
            return default or allowed[0]
        return found

    def duration(self, name: str, least: int, most: int, said: str) -> int | None:
        """A length of time between two; `said` names the range in the message."""
        text = self.text(name)
        if not text:
            return None
        found = read_duration(text)
        if found is None:
            hint = "Write a number with m, h or d, as in 5m, 1h, 14d."
            self.report("DT004", f"'{name}' is no length of time: '{text[:60]}'.", name, hint=hint)
        elif not least <= found <= most:
            self.report("DT004", f"'{name}' must lie between {said}; got {text}.", name)
        return found

    def whole(self, name: str, least: int, most: int) -> int | None:
        """A whole number between two."""
        text = self.text(name).strip()
        if not text:
            return None
        try:
            found = int(text)
        except ValueError:
            self.report("DT003", f"'{name}' must be a whole number; got '{text[:60]}'.", name)
            return None
        if not least <= found <= most:
            self.report("DT003", f"'{name}' must lie between {least:,} and {most:,}; got {found:,}.", name)
        return found

    def flag(self, name: str, default: bool) -> bool:
        """A yes or no."""
        value = self.value.get(name)
        if value is None or value == "":
            return default
        if isinstance(value, bool):
            return value
        if str(value).lower() in ("true", "false"):
            return str(value).lower() == "true"
        self.report("DT003", f"'{name}' must be true or false; got '{str(value)[:60]}'.", name)
        return default

    def mapping(self, name: str) -> Reading | None:
        """The view on an inner mapping that may be missing."""
        value = self.value.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, Mapping):
            self.report("DT003", f"'{name}' must hold keys and values.", name)
            return None
        return self.at(name)

    def sequence(self, name: str) -> list[Any]:
        """A list; empty where there is none."""
        value = self.value.get(name)
        if value is None or value == "":
            return []
        if not isinstance(value, list):
            self.report("DT003", f"'{name}' must be a list.", name, hint="Begin each entry with '- '.")
            return []
        return value

    def texts(self, name: str) -> list[str]:
        """A list of texts."""
        found = []
        for i, value in enumerate(self.sequence(name)):
            if isinstance(value, (Mapping, list)) or value is None:
                self.report("DT003", f"'{name}' must be a list of texts.", name, i)
            else:
                found.append(self.source.texts.get((*self.path, name, i), str(value)).strip())
        return found
