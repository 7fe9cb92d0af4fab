"""What forms are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from dashboard.document.paths import MISSING, Key, value_at

Kind = Literal["text", "lines", "code", "number", "flag", "choice", "names", "columns", "list", "note"]
Choices = tuple[tuple[Any, str], ...]


@dataclass(frozen=True)
class Around:
    """What a form may offer: the columns of the item's result as (name, KQL type), the parameters that are declared before the
    item, the time ranges among them, the names of steps, the values that parameters offer just now, by name, the
    columns of the steps that a merge reads, and the workbooks that a group may load."""

    columns: tuple[tuple[str, str], ...] = ()
    parameters: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    merged: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    workbooks: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names."""
        return tuple(name for name, _ in self.columns)

    @property
    def numbers(self) -> tuple[str, ...]:
        """The columns that hold numbers, or all where the result is not known."""
        return tuple(name for name, kind in self.columns if kind in ("int", "long", "real", "decimal")) or self.names

    def of_step(self, name: str) -> tuple[str, ...]:
        """The columns of a step that is merged; none where they are not known."""
        return self.merged.get(name, ())


NOTHING = Around()


@dataclass(frozen=True)
class New:
    """An entry that may be added to a list."""

    label: str
    entry: Any


@dataclass(frozen=True)
class Entry:
    """An entry of a list: what it is called, its own fields, and its keys where the list shows only some of what stands there
    (such entries keep their place)."""

    title: str
    fields: tuple[Field, ...]
    keys: tuple[Key, ...] = ()


@dataclass(frozen=True)
class Field:
    """One setting. `keys` lead to it below the item. `value` is what stands there now, None where nothing does.

    kind: text, lines (several), code, number, flag, choice (one of `choices`; None as a choice takes the setting out), names (a list of
    texts, some of them suggested), columns (a list of objects with `originalName` and `mergedName`, those that may be kept are
    `choices`), list (`entries` with fields of their own, and what may be added), note (shown, not changed). `default` is what the
    format takes where nothing stands there. A number that the format holds as text has `as_text`. The entries of a list that
    `opens` are forms of their own. `do` names the act that changes the setting, where that is more than to set it.
    """

    keys: tuple[Key, ...]
    label: str
    kind: Kind = "text"
    value: Any = None
    default: Any = None
    choices: Choices = ()
    suggest: tuple[str, ...] = ()
    help: str = ""
    as_text: bool = False
    entries: tuple[Entry, ...] = ()
    add: tuple[New, ...] = ()
    opens: bool = False
    do: str = ""


@dataclass(frozen=True)
class Section:
    """Fields that belong together. `open` says whether they show from the start."""

    title: str
    fields: tuple[Field, ...]
    open: bool = False


class Maker:
    """Makes fields of one JSON value, reading what stands there now. `base` are the keys that lead to that value."""

    def __init__(self, item: Mapping[str, Any], base: Sequence[Key] = ()) -> None:
        self.item, self.base = item, tuple(base)

    def at(self, *keys: Key) -> Maker:
        """The same for a value further inside."""
        return Maker(self.item, (*self.base, *keys))

    def get(self, *keys: Key, default: Any = None) -> Any:
        """What stands at keys below the base."""
        found = value_at(self.item, (*self.base, *keys))
        return default if found is MISSING else found

    def __call__(self, keys: str, label: str, kind: Kind = "text", **more: Any) -> Field:
        """A field at keys written with dots."""
        parts = (*self.base, *keys.split("."))
        found = value_at(self.item, parts)
        return Field(parts, label, kind, None if found is MISSING else found, **more)

    def flag(self, keys: str, label: str, default: bool = False, help: str = "") -> Field:
        """A switch."""
        return self(keys, label, "flag", default=default, help=help)

    def choice(
        self, keys: str, label: str, choices: Iterable[tuple[Any, str]], help: str = "", default: Any = None
    ) -> Field:
        """One of several; a value that is none of them is offered, too, so that it is kept."""
        field = self(keys, label, "choice", choices=tuple(choices), help=help, default=default)
        known = [value for value, _ in field.choices]
        if field.value is not None and field.value not in known:
            return Field(
                field.keys,
                field.label,
                "choice",
                field.value,
                default,
                (*field.choices, (field.value, f"{field.value}")),
                help=help,
            )
        return field

    def list(
        self,
        keys: str,
        label: str,
        title: Callable[[Maker], str],
        fields: Callable[[Maker], Iterable[Field]],
        add: Iterable[New],
        help: str = "",
        opens: bool = False,
    ) -> Field:
        """A list of objects, each with fields of its own, or with a form of its own where it `opens`."""
        inner = self.at(*keys.split("."))
        found = inner.get()
        entries = [
            Entry(title(entry) or f"{number + 1}", tuple(fields(entry)))
            for number in range(len(found) if isinstance(found, list) else 0)
            for entry in [inner.at(number)]
        ]
        return Field(inner.base, label, "list", help=help, entries=tuple(entries), add=tuple(add), opens=opens)


def same(*names: str) -> Choices:
    """Choices that read as they are written."""
    return tuple((name, name) for name in names)
