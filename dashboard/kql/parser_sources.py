"""What a pipe may start with besides a table's name, and the clauses that many operators share."""

from __future__ import annotations

from typing import Any

from dashboard.kql.parser_expressions import SOURCES, Expressions
from dashboard.kql.syntax import (
    Datatable,
    Evaluate,
    Expression,
    ExternalData,
    Find,
    Name,
    Operator,
    Options,
    Print,
    Range,
    Search,
    Span,
    Star,
    Subquery,
    Union,
)
from dashboard.table import KqlType

_NO_OPTIONS: frozenset[str] = frozenset()
# What may follow a word that is a mere name, so that `print` or `range` can be a column.
AFTER_NAME = frozenset((")", "]", "}", ",", ";", "|", ".", "==", "=", "!=", "", "and", "or", "+", "-", "/", "=~", ".."))


class Sources(Expressions):
    """The layer that reads datatable, externaldata, range, print, union, search, find and evaluate."""

    __slots__ = ()

    def source_operator(self) -> Operator | None:
        """Takes an operator that stands where a table would; None, and nothing taken, where there is none."""
        word = self.texts[self.index]
        if word not in SOURCES or self.kinds[self.index] != "name":
            return None
        following = self.texts[self.index + 1]
        if following in AFTER_NAME and not (word == "print" and following == "-"):
            return None
        if following == "(" and word in ("range", "find", "search", "evaluate"):
            return None
        start = self.starts[self.index]
        self.index += 1
        if word == "datatable":
            return self.datatable(start)
        if word in ("externaldata", "external_data"):
            return self.externaldata(start)
        if word == "range":
            return self.range(start)
        if word == "print":
            return Print(columns=self.listed(self.named), span=self.span_from(start))
        if word == "union":
            return self.union(start)
        if word == "search":
            return self.search(start)
        return self.find(start) if word == "find" else self.evaluate(start)

    # ---- shared clauses

    def options(self, known: frozenset[str] | None = _NO_OPTIONS) -> tuple[Options, Options]:
        """Takes `hint.x=…` and `name=…` in any order: hints, then the others. `known` says which names are options where
        a column's name may stand too; None takes any."""
        hints: list[tuple[str, Any]] = []
        others: list[tuple[str, Any]] = []
        while self.kinds[self.index] == "name":
            text, following = self.texts[self.index], self.texts[self.index + 1]
            if text == "hint" and following == "." and self.texts[self.index + 3] == "=":
                name = self.texts[self.index + 2].lower()
                self.index += 4
                hints.append((name, self.option_value()))
            elif following == "=" and (known is None or text in known):
                self.index += 2
                others.append((text.lower(), self.option_value()))
            else:
                break
        return tuple(hints), tuple(others)

    def option_value(self) -> Any:
        """Takes the value of an option: a constant's value, or a word as text."""
        if self.at_constant() or self.texts[self.index] in ("-", "+"):
            return self.constant().value
        return self.expect_name("a value")

    def properties(self) -> Options:
        """Takes `(name = value, …)`; a value may be a pair in parentheses."""
        opened = self.index
        self.expect("(")
        found: list[tuple[str, Any]] = []
        while self.texts[self.index] != ")":
            name = self.expect_name("a property's name")
            self.expect("=")
            found.append((name.lower(), self.property_value()))
            if not self.take(","):
                break
        self.expect_closer(")", opened)
        return tuple(found)

    def property_value(self) -> Any:
        opened = self.index
        if not self.take("("):
            return self.option_value()
        values = self.listed(self.option_value)
        self.expect_closer(")", opened)
        return values

    def table(self) -> Expression:
        """Takes one table of a list: a name (with wildcards), a function's call, or a pipe in parentheses."""
        index = self.index
        if self.texts[index] == "(":
            inside = self.parenthesised()
            if self.texts[self.index] in (".", "["):
                return self.path(inside)
            return inside
        name = self.wildcard_tail(index)
        if name is not None:
            return Name(span=self.span_from(self.starts[index]), name=name, wildcard=True)
        return self.operand()

    def table_with_alias(self) -> Expression:
        """Takes one table of `in (…)` of search and find; `T | as A` is allowed there."""
        start = self.starts[self.index]
        found = self.table()
        if self.texts[self.index] == "|":
            pipe = self.pipe_from(found, start)
            return Subquery(span=pipe.span, pipe=pipe)
        return found

    def in_tables(self) -> tuple[Expression, ...]:
        """Takes `in (tables)` where it stands."""
        if self.texts[self.index] != "in" or self.texts[self.index + 1] != "(":
            return ()
        self.index += 1
        opened = self.index
        self.enter()
        self.index += 1
        found = self.listed(self.table_with_alias)
        self.expect_closer(")", opened)
        self.depth -= 1
        return found

    # ---- operators

    def datatable(self, start: int) -> Datatable:
        self.options(None)
        columns = self.typed_names()
        opened = self.index
        self.expect("[", "before the values")
        values: list[Expression] = []
        self.take(",")
        while self.texts[self.index] != "]":
            values.append(self.expression())
            if not self.take(","):
                break
        self.expect_closer("]", opened)
        return Datatable(columns=columns, values=tuple(values), span=self.span_from(start))

    def externaldata(self, start: int) -> ExternalData:
        self.options(None)
        columns = self.typed_names()
        opened = self.index
        self.expect("[", "before the addresses")
        addresses = () if self.texts[self.index] == "]" else self.listed(self.expression)
        self.expect_closer("]", opened)
        properties = self.properties() if self.take("with") else ()
        return ExternalData(columns=columns, addresses=addresses, properties=properties, span=self.span_from(start))

    def range(self, start: int) -> Range:
        name = self.expect_name("a column name")
        self.expect("from")
        low = self.expression()
        self.expect("to")
        high = self.expression()
        self.expect("step")
        step = self.expression()
        return Range(name=name, start=low, stop=high, step=step, span=self.span_from(start))

    def union(self, start: int) -> Union:
        hints, options = self.options(None)
        tables = self.listed(self.table)
        return Union(
            tables=tables, options=(*options, *(("hint." + k, v) for k, v in hints)), span=self.span_from(start)
        )

    def search(self, start: int) -> Search:
        _, options = self.options(None)
        tables = self.in_tables()
        index = self.index
        predicate: Expression
        if self.texts[index] == "*" and self.texts[index + 1] in ("|", ";", ")", "", "and"):
            self.index += 1
            predicate = Star(span=Span(self.starts[index], self.ends[index]))
            if self.take("and"):
                predicate = self.expression()
        else:
            predicate = self.expression()
        return Search(predicate=predicate, tables=tables, options=options, span=self.span_from(start))

    def find(self, start: int) -> Find:
        _, options = self.options(None)
        tables = self.in_tables()
        self.take("where")
        predicate = self.expression()
        project: tuple[Expression, ...] | None = None
        smart = False
        away: tuple[Expression, ...] = ()
        if self.take("project"):
            project = self.listed(self.find_column)
        elif self.take("project-smart"):
            smart = True
        if self.take("project-away"):
            away = self.listed(self.find_column)
        return Find(
            predicate=predicate, tables=tables, options=options, project=project, project_smart=smart,
            project_away=away, span=self.span_from(start),
        )  # fmt: skip

    def find_column(self) -> Expression:
        index = self.index
        if self.texts[index] == "*":
            self.index += 1
            return Star(span=Span(self.starts[index], self.ends[index]))
        return self.expression()

    def evaluate(self, start: int) -> Evaluate:
        hints, _ = self.options()
        plugin = self.expect_name("the name of a plugin")
        arguments = self.arguments()
        schema: tuple[tuple[str, KqlType], ...] | None = None
        star = False
        if self.take(":"):
            if self.texts[self.index] == "(" and self.texts[self.index + 1] == "*":
                star = True
                opened = self.index
                self.index += 2
                columns: list[tuple[str, KqlType]] = []
                while self.take(","):
                    name = self.expect_name("a column name")
                    self.expect(":")
                    columns.append((name, self.type_name()))
                self.expect_closer(")", opened)
                schema = tuple(columns)
            else:
                schema = self.typed_names()
        return Evaluate(
            plugin=plugin, arguments=arguments, schema=schema, schema_star=star, hints=hints, span=self.span_from(start)
        )
