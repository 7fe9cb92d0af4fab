"""Tabular operators behind a pipe, each as its reference page writes it."""

from __future__ import annotations

from typing import Any

from dashboard.kql.parser_sources import Sources
from dashboard.kql.syntax import (
    As,
    Binary,
    Call,
    Consume,
    Count,
    Distinct,
    Expression,
    Extend,
    Facet,
    Fork,
    GetSchema,
    Invoke,
    Join,
    Lookup,
    Member,
    Name,
    Operator,
    Ordered,
    OtherOperator,
    Partition,
    Pipe,
    Project,
    Reduce,
    Render,
    Sample,
    Serialize,
    Sort,
    Span,
    Star,
    Summarize,
    Take,
    Top,
    TopHitters,
    TopNested,
    TopNestedClause,
    Where,
)

_LISTS_OF_NAMES = frozenset(("series", "ycolumns", "anomalycolumns"))
_GRANNY = {"asc": True, "desc": False, "granny-asc": True, "granny-desc": False}
_ENDS = frozenset(("|", ";", ")", "]", "}", ""))


class PipedOperators(Sources):
    """The layer that reads the operators whose clauses are expressions. Each method finds its first word taken."""

    __slots__ = ()

    def operators(self) -> tuple[Operator, ...]:
        """Takes operators with pipes between them, as they stand in mv-apply, fork, facet and partition."""
        raise NotImplementedError

    def operators_in_parentheses(self) -> tuple[Operator, ...]:
        """Takes `( operator | operator … )`."""
        opened = self.index
        self.expect("(")
        self.enter()
        found = self.operators()
        self.expect_closer(")", opened)
        self.depth -= 1
        return found

    def where(self, start: int) -> Where:
        self.options()
        return Where(predicate=self.named(), span=self.span_from(start))

    def extend(self, start: int) -> Extend:
        return Extend(columns=self.listed(self.named), span=self.span_from(start))

    def project(self, start: int) -> Project:
        columns = () if self.texts[self.index] in _ENDS else self.listed(self.named)
        return Project(form="project", columns=columns, span=self.span_from(start))

    def project_away(self, start: int) -> Project:
        return Project(form="away", columns=self.listed(self.wildcard_name), span=self.span_from(start))

    def project_keep(self, start: int) -> Project:
        return Project(form="keep", columns=self.listed(self.wildcard_name), span=self.span_from(start))

    def project_rename(self, start: int) -> Project:
        return Project(form="rename", columns=self.listed(self.named), span=self.span_from(start))

    def project_reorder(self, start: int) -> Project:
        columns = () if self.texts[self.index] in _ENDS else self.listed(self.reordered)
        return Project(form="reorder", columns=columns, span=self.span_from(start))

    def reordered(self) -> Expression:
        """Takes `name [asc|desc|granny-asc|granny-desc]`; a granny order is an `Ordered` with `nulls_first` set, which has no
        other meaning here: numbers inside of names are compared as numbers."""
        name = self.wildcard_name()
        order = self.texts[self.index]
        if order not in _GRANNY:
            return name
        self.index += 1
        granny = True if order.startswith("granny") else None
        return Ordered(value=name, ascending=_GRANNY[order], nulls_first=granny, span=self.span_from(name.span.start))

    def summarize(self, start: int) -> Summarize:
        hints, _ = self.options()
        aggregates = () if self.texts[self.index] in _ENDS or self.at_by() else self.listed(self.named)
        by = self.listed(self.named) if self.take("by") else ()
        if self.texts[self.index] == "bin" and self.texts[self.index + 1] == "=":  # the old `by x bin=1h`
            self.index += 2
            by = (*by[:-1], self.bin_of(by[-1], self.expression()))
        return Summarize(aggregates=aggregates, by=by, hints=hints, span=self.span_from(start))

    def at_by(self) -> bool:
        return self.texts[self.index] == "by"

    def bin_of(self, key: Expression, size: Expression) -> Expression:
        return Call(name="bin", arguments=(key, size), span=Span(key.span.start, size.span.end))

    def distinct(self, start: int) -> Distinct:
        self.options()
        return Distinct(columns=self.listed(self.star_or_named), span=self.span_from(start))

    def star_or_named(self) -> Expression:
        index = self.index
        if self.texts[index] == "*":
            self.index += 1
            return Star(span=Span(self.starts[index], self.ends[index]))
        return self.named()

    def sort(self, start: int) -> Sort:
        hints, _ = self.options()
        self.expect("by")
        return Sort(by=self.listed(self.ordered), hints=hints, span=self.span_from(start))

    def top(self, start: int) -> Top:
        self.options()
        count = self.expression()
        self.expect("by")
        return Top(count=count, by=self.ordered(), span=self.span_from(start))

    def top_nested(self, start: int) -> TopNested:
        clauses = [self.top_nested_clause(start)]
        while self.texts[self.index] == "," and self.texts[self.index + 1] == "top-nested":
            self.index += 2
            clauses.append(self.top_nested_clause(self.starts[self.index - 1]))
        return TopNested(clauses=tuple(clauses), span=self.span_from(start))

    def top_nested_clause(self, start: int) -> TopNestedClause:
        count = None if self.texts[self.index] == "of" else self.expression()
        self.expect("of")
        of = self.named()
        others: Expression | None = None
        if self.take("with"):
            self.expect("others")
            self.expect("=")
            others = self.expression()
        self.expect("by")
        by = self.ordered()
        value: Expression = by.value if by.ascending is None and by.nulls_first is None else by
        return TopNestedClause(count=count, of=of, others=others, by=value, span=self.span_from(start))

    def top_hitters(self, start: int) -> TopHitters:
        count = self.expression()
        self.expect("of")
        of = self.named()
        by = self.ordered().value if self.take("by") else None
        return TopHitters(count=count, of=of, by=by, span=self.span_from(start))

    def take_rows(self, start: int) -> Take:
        self.options()
        return Take(count=self.expression(), span=self.span_from(start))

    def sample(self, start: int) -> Sample:
        return Sample(count=self.expression(), span=self.span_from(start))

    def sample_distinct(self, start: int) -> Sample:
        count = self.expression()
        self.expect("of")
        return Sample(count=count, of=self.named(), span=self.span_from(start))

    def count_rows(self, start: int) -> Count:
        name = self.expect_name("a name") if self.take("as") else None
        return Count(name=name, span=self.span_from(start))

    def join(self, start: int) -> Join:
        hints, options = self.options(None)
        kind = next((str(value) for name, value in options if name == "kind"), None)
        right = self.table()
        on = self.conditions() if self.take("on") else ()
        others = tuple(pair for pair in options if pair[0] != "kind")
        return Join(right=right, on=on, kind=kind, hints=hints, options=others, span=self.span_from(start))

    def lookup(self, start: int) -> Lookup:
        _, options = self.options(None)
        kind = next((str(value) for name, value in options if name == "kind"), None)
        right = self.table()
        self.expect("on")
        return Lookup(right=right, on=self.conditions(), kind=kind, span=self.span_from(start))

    def conditions(self) -> tuple[Expression, ...]:
        """Takes the list behind `on`; conditions tied by `and` stand each for itself."""
        if self.texts[self.index] in _ENDS:
            return ()
        found: list[Expression] = []
        for condition in self.listed(self.expression):
            _split_and(condition, found)
        return tuple(found)

    def serialize(self, start: int) -> Serialize:
        self.options()
        columns = () if self.texts[self.index] in _ENDS else self.listed(self.named)
        return Serialize(columns=columns, span=self.span_from(start))

    def invoke(self, start: int) -> Invoke:
        call = self.operand()
        name = getattr(call, "name", None)
        arguments = getattr(call, "arguments", None)
        if name is None or arguments is None:
            self.fail("KQ010", "invoke takes a function with its parentheses.", "Write invoke name(…).", call.span)
        return Invoke(function=name, arguments=arguments, span=self.span_from(start))

    def as_name(self, start: int) -> As:
        self.options(None)
        return As(name=self.expect_name("a name"), span=self.span_from(start))

    def getschema(self, start: int) -> GetSchema:
        self.options(frozenset(("kind",)))
        return GetSchema(span=self.span_from(start))

    def consume(self, start: int) -> Consume:
        _, options = self.options(None)
        return Consume(options=options, span=self.span_from(start))

    def reduce(self, start: int) -> Reduce:
        _, options = self.options(frozenset(("kind",)))
        self.expect("by")
        by = self.named()
        if self.take("with"):
            found = list(options)
            while True:
                name = self.expect_name("threshold or characters")
                self.expect("=")
                found.append((name.lower(), self.option_value()))
                if not self.take(","):
                    break
            options = tuple(found)
        return Reduce(by=by, options=options, span=self.span_from(start))

    def fork(self, start: int) -> Fork:
        branches: list[tuple[str | None, tuple[Operator, ...]]] = []
        while True:
            name: str | None = None
            if self.texts[self.index] != "(":
                name = self.expect_name("'(' or a name")
                self.expect("=")
            branches.append((name, self.operators_in_parentheses()))
            if self.texts[self.index] != "(" and self.texts[self.index + 1] != "=":
                return Fork(branches=tuple(branches), span=self.span_from(start))

    def facet(self, start: int) -> Facet:
        self.expect("by")
        by = self.listed(self.named)
        operators: tuple[Operator, ...] = ()
        if self.take("with"):
            operators = self.operators_in_parentheses() if self.texts[self.index] == "(" else (self.operators()[0],)
        return Facet(by=by, operators=operators, span=self.span_from(start))

    def partition(self, start: int) -> Partition:
        hints, _ = self.options(None)
        self.expect("by")
        by = self.column_path()
        if self.texts[self.index] == "in":
            self.fail("KQ010", "partition … in (…) is not read.", "Leave out the list, or filter before the partition.")
        if self.texts[self.index] == "{":
            opened = self.index
            self.enter()
            self.index += 1
            inside = self.pipe()
            self.expect_closer("}", opened)
            self.depth -= 1
            return Partition(by=by, body=inside, hints=hints, span=self.span_from(start))
        body = self.operators_in_parentheses()
        return Partition(by=by, body=body, hints=hints, span=self.span_from(start))

    def column_path(self) -> Expression:
        """Takes a column, or a path into one; parentheses behind it are not a call."""
        start = self.starts[self.index]
        quoted = self.texts[self.index] == "["
        column: Expression = Name(name=self.expect_name("a column"), quoted=quoted, span=self.span_from(start))
        while self.take("."):
            column = Member(target=column, name=self.expect_name("a name"), span=self.span_from(start))
        return column

    def pipe(self) -> Pipe:
        """Takes a pipe up to its end."""
        raise NotImplementedError

    def render(self, start: int) -> Render:
        kind = self.expect_name("the kind of chart")
        properties: list[tuple[str, Any]] = []
        while True:
            text, following = self.texts[self.index], self.texts[self.index + 1]
            if text == "with" and following == "(":
                self.index += 1
                opened = self.index
                self.index += 1
                while self.texts[self.index] != ")":
                    if not self.take(","):
                        properties.append(self.render_property(opened))
                self.expect_closer(")", opened)
                break
            if following == "=" and self.kinds[self.index] == "name":
                properties.append(self.render_property(None))
            elif text == "by":
                self.index += 1
                properties.append(("series", self.listed(lambda: self.expect_name("a column"))))
            else:
                break
        return Render(kind=kind, properties=tuple(properties), span=self.span_from(start))

    def render_property(self, opened: int | None) -> tuple[str, Any]:
        name = self.expect_name("a property's name").lower()
        self.expect("=")
        if name in _LISTS_OF_NAMES:
            names = [self.expect_name("a column")]
            while self.texts[self.index] == "," and self.texts[self.index + 2] != "=":
                self.index += 1
                names.append(self.expect_name("a column"))
            return name, tuple(names)
        if self.kinds[self.index] == "name" and self.texts[self.index + 1] != "(" and not self.at_constant():
            return name, self.expect_name("a value")
        value = self.expression()
        return name, getattr(value, "value", value)

    def other(self, start: int) -> OtherOperator:
        """Takes an operator that is known by name alone, up to the next pipe."""
        keyword = self.texts[self.index - 1]
        self.recover()
        return OtherOperator(keyword=keyword, span=self.span_from(start))


def _split_and(condition: Expression, found: list[Expression]) -> None:
    if isinstance(condition, Binary) and condition.operator == "and":
        _split_and(condition.left, found)
        _split_and(condition.right, found)
    else:
        found.append(condition)
