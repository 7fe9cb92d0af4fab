"""Text → syntax tree, or the problems that keep it from being one.

`parse` reads statements and pipes. After a mistake it goes on behind the next pipe or semicolon, so that one look at the
answer shows everything that is wrong; a missing pipe or semicolon is told and then taken as if it were there.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import NoReturn

from msgspec import Struct

from dashboard.errors import Place, Problem
from dashboard.kql.diagnostics import did_you_mean
from dashboard.kql.parser_cursor import TooDeep, Unparsable
from dashboard.kql.parser_expressions import OPERATOR_WORDS, SOURCES
from dashboard.kql.parser_shapes import ShapedOperators
from dashboard.kql.parser_sources import AFTER_NAME
from dashboard.kql.syntax import (
    DeclareParameters,
    Expression,
    Function,
    Let,
    Literal,
    Name,
    Node,
    Operator,
    OtherStatement,
    Parameter,
    Pipe,
    Query,
    SetOption,
    Span,
    Statement,
    Subquery,
)

MAX_LENGTH = 400_000
MAX_HEIGHT = 220


class ParseResult(Struct, frozen=True):
    """The tree of a query and what was found wrong. `tree` is None where a problem is an error; warnings leave it be."""

    tree: Query | None
    problems: tuple[Problem, ...] = ()


def parse(text: str) -> ParseResult:
    """Reads a query text. Never raises: mistakes, and texts beyond the limits of length and nesting, are problems. A text
    without any statement is a tree without any."""
    if len(text) > MAX_LENGTH:
        message = f"The query has {len(text):,} characters; at most {MAX_LENGTH:,} are read."
        hint = "Put long lists into a table, or into externaldata."
        return ParseResult(None, (Problem("KQ001", message, "error", Place(line=1, column=1), hint),))
    parser = Parser(text)
    try:
        tree = parser.query()
        # The tree is at most this high; only where that is much, its true height is looked at.
        if parser.deepest * (parser.longest_chain + 3) > MAX_HEIGHT and _height(tree) > MAX_HEIGHT:
            parser.too_deep(tree.span)
    except TooDeep:
        return ParseResult(None, tuple(parser.problems[-1:]))
    if not parser.problems:
        return ParseResult(tree)
    problems = tuple(sorted(parser.problems, key=lambda p: (p.place.line or 0, p.place.column or 0)))
    failed = any(problem.severity == "error" for problem in problems)
    return ParseResult(None if failed else tree, problems)


def _height(root: Node) -> int:
    """How many nodes stand above one another, counted without recursion."""
    highest = 0
    waiting: list[tuple[object, int]] = [(root, 1)]
    while waiting:
        node, height = waiting.pop()
        if isinstance(node, tuple):
            waiting.extend((item, height) for item in node)
        elif isinstance(node, Node):
            highest = max(highest, height)
            waiting.extend((getattr(node, name), height + 1) for name in node.__struct_fields__)
    return highest


class Parser(ShapedOperators):
    """The outermost layer: pipes, statements, functions."""

    __slots__ = ()

    # ---- pipes

    def pipe(self) -> Pipe:
        start = self.starts[self.index]
        depth = self.depth
        try:
            source: Expression | Operator = self.source_operator() or self.expression()
        except Unparsable:
            self.depth = depth
            source = self.skipped(start)
        return self.pipe_from(source, start)

    def skipped(self, start: int) -> Name:
        """Goes on behind a mistake, with a name in place of what could not be read."""
        self.recover()
        return Name(span=Span(start, start), name="")

    def pipe_from(self, source: Expression | Operator, start: int) -> Pipe:
        operators: list[Operator] = []
        while self.more_operators():
            self.next_operator(operators)
        return Pipe(source=source, operators=tuple(operators), span=self.span_from(start))

    def more_operators(self) -> bool:
        """Whether another operator follows; takes the pipe before it, or tells that it is missing."""
        if self.texts[self.index] == "|":
            self.index += 1
            return True
        if not self.at_operator():
            return False
        word = self.texts[self.index]
        self.report("KQ012", f"A pipe is missing before '{word}'.", f"Write | {word}.")
        return True

    def at_operator(self) -> bool:
        return self.texts[self.index] in OPERATOR_WORDS and self.kinds[self.index] == "name"

    def next_operator(self, operators: list[Operator]) -> None:
        """Takes one operator, or goes on behind a mistake in it."""
        index = self.index
        depth = self.depth
        try:
            operators.append(self.operator())
        except Unparsable:
            self.depth = depth
            self.recover()
        if self.index == index:  # nothing could be taken: whoever asked for the pipe must deal with it
            self.index += self.texts[index] == "|"

    def operator(self) -> Operator:
        word = self.texts[self.index]
        method = _METHODS.get(word)
        if method is None:
            self.fail_operator(word)
        start = self.starts[self.index]
        self.index += 1
        return method(self, start)

    def fail_operator(self, word: str) -> NoReturn:
        """Gives up because no operator stands behind the pipe."""
        if self.kinds[self.index] != "name":
            self.fail_expected("an operator after '|'")
        end = self.index  # a mistyped `mv-aply` is three tokens
        while (
            self.texts[end + 1] == "-" and self.kinds[end + 2] == "name" and self.starts[end + 2] == self.ends[end] + 1
        ):
            end += 2
        span = Span(self.starts[self.index], self.ends[end])
        word = self.text[span.start : span.end]
        hint = (
            did_you_mean(word, OPERATOR_WORDS)
            or "An operator such as where, extend, project or summarize follows a pipe."
        )
        self.fail("KQ014", f"'{word}' is not an operator.", hint, span)

    def operators(self) -> tuple[Operator, ...]:
        found: list[Operator] = []
        self.take("|")
        self.next_operator(found)
        while self.more_operators():
            self.next_operator(found)
        if not found:
            raise Unparsable
        return tuple(found)

    # ---- statements

    def query(self) -> Query:
        """Takes the whole text."""
        statements, pipes = self.statements("")
        span = Span(0, len(self.text))
        return Query(statements=statements, pipe=pipes[0] if pipes else None, more=tuple(pipes[1:]), span=span)

    def statements(self, closer: str) -> tuple[tuple[Statement, ...], list[Pipe]]:
        """Takes statements with semicolons between them, up to `closer`."""
        statements: list[Statement] = []
        pipes: list[Pipe] = []
        while True:
            while self.take(";"):
                pass
            text = self.texts[self.index]
            if text == closer or self.kinds[self.index] == "end":
                return tuple(statements), pipes
            depth = self.depth
            index = self.index
            try:
                statement = self.statement()
                if isinstance(statement, Pipe):
                    pipes.append(statement)
                else:
                    statements.append(statement)
            except Unparsable:
                self.depth = depth
                self.recover_statement()
            following = self.texts[self.index]
            if following != ";" and following != closer and self.kinds[self.index] != "end":
                after_let = (
                    self.index > index and bool(statements) and statements[-1].span.end == self.ends[self.index - 1]
                )
                if not self.told_semicolon(after_let):
                    self.report_unseparated()
                    self.recover_statement()

    def recover_statement(self) -> None:
        """Goes on to the next semicolon or the end of the block."""
        index = self.index
        while True:
            self.recover()
            text = self.texts[self.index]
            if text not in ("|", ")", "]") and (text != "}" or self.depth > 0):
                break
            self.index += 1
        if self.index == index and self.texts[index] not in (";", "}"):
            self.index += self.kinds[index] != "end"

    def at_statement(self) -> bool:
        return self.texts[self.index] in ("let", "set", "declare") and self.kinds[self.index + 1] == "name"

    def told_semicolon(self, after_let: bool) -> bool:
        """Where a new statement clearly starts and only the semicolon before it is missing, tells so."""
        text = self.texts[self.index]
        starts = self.at_statement() or (
            after_let and self.kinds[self.index] == "name" and self.starts_line(self.index)
        )
        if starts:
            self.report("KQ015", f"A semicolon is missing before '{text}'.", "End the statement above with ;.")
        return starts

    def report_unseparated(self) -> None:
        """Tells what is wrong where a statement ended and neither a semicolon nor the end follows."""
        text = self.texts[self.index]
        if text in (")", "]", "}"):
            self.report("KQ013", f"This '{text}' closes nothing.", "Remove it, or open its bracket before.")
            return
        hint = "Queries are separated by ; and operators by |."
        with contextlib.suppress(Unparsable):
            self.fail_expected("'|', ';' or the end of the query", hint if self.starts_line(self.index) else "")

    def statement(self) -> Statement | Pipe:
        """Takes one statement or one pipe."""
        word = self.texts[self.index]
        kind, following = self.kinds[self.index + 1], self.texts[self.index + 1]
        if self.kinds[self.index] != "name":
            if word == "|":
                self.fail("KQ011", "A query cannot start with a pipe.", "Put a table's name before it.")
            return self.pipe()
        if word == "let" and (kind == "name" or following == "["):
            return self.let()
        if word == "set" and kind == "name":
            return self.set_option()
        if word == "declare" and following == "query_parameters":
            return self.declare()
        if (word, following) in (("declare", "pattern"), ("alias", "database"), ("restrict", "access")):
            start = self.starts[self.index]
            self.recover_statement()
            span = self.span_from(start)
            return OtherStatement(keyword=f"{word} {following}", text=self.text[span.start : span.end], span=span)
        if self.at_operator() and word not in SOURCES and following not in AFTER_NAME and following != "(":
            self.report(
                "KQ100", f"The query starts with the operator '{word}'.", "Put a table's name and a pipe before it."
            )
            start = self.starts[self.index]
            found = self.operators()
            return Pipe(source=found[0], operators=found[1:], span=self.span_from(start))
        return self.pipe()

    def let(self) -> Let:
        start = self.starts[self.index]
        self.index += 1
        name = self.expect_name("a name")
        self.expect("=", f"after let {name}")
        if self.texts[self.index] == "(" and self.at_function(self.index):
            value: Expression = self.function(is_view=False)
        elif self.texts[self.index] == "view" and self.texts[self.index + 1] == "(":
            value = self.function(is_view=True)
        else:
            pipe = self.pipe()
            plain = not pipe.operators and not isinstance(pipe.source, Operator)
            value = pipe.source if plain else Subquery(pipe=pipe, span=pipe.span)  # type: ignore[assignment]
        return Let(name=name, value=value, span=self.span_from(start))

    def at_function(self, opened: int) -> bool:
        """Whether the parentheses at a token are a function's parameters: `{` stands behind them."""
        if self.texts[opened + 1] != ")" and self.texts[opened + 2] != ":" and self.texts[opened + 1] != "[":
            return False
        level = 0
        index = opened
        while self.kinds[index] != "end":
            text = self.texts[index]
            level += (text == "(") - (text == ")")
            index += 1
            if level == 0:
                return self.texts[index] == "{"
        return False

    def function(self, is_view: bool) -> Function:
        """Takes `(parameters) { statements; result }`, `view` before it where it is a view."""
        start = self.starts[self.index]
        self.index += is_view
        opened = self.index
        self.expect("(")
        parameters: tuple[Parameter, ...] = () if self.texts[self.index] == ")" else self.listed(self.parameter)
        self.expect_closer(")", opened)
        opened = self.index
        self.expect("{")
        self.enter()
        statements, pipes = self.statements("}")
        self.expect_closer("}", opened)
        self.depth -= 1
        if not pipes:
            span = Span(self.starts[opened], self.ends[self.index - 1])
            self.fail("KQ011", "The function has no result.", "Its last line must be an expression or a query.", span)
        span = self.span_from(start)
        return Function(parameters=parameters, statements=statements, body=pipes[-1], is_view=is_view, span=span)

    def set_option(self) -> SetOption:
        start = self.starts[self.index]
        self.index += 1
        name = self.expect_name("an option")
        value: Literal | Name | None = None
        if self.take("="):
            if self.at_constant() or self.texts[self.index] in ("-", "+"):
                value = self.constant()
            else:
                index = self.index
                value = Name(name=self.expect_name("a value"), span=Span(self.starts[index], self.ends[index]))
        return SetOption(name=name, value=value, span=self.span_from(start))

    def declare(self) -> DeclareParameters:
        start = self.starts[self.index]
        self.index += 2
        opened = self.index
        self.expect("(")
        parameters = self.listed(self.parameter)
        self.expect_closer(")", opened)
        return DeclareParameters(parameters=parameters, span=self.span_from(start))


_METHODS: dict[str, Callable[[Parser, int], Operator]] = {
    "where": Parser.where, "filter": Parser.where, "extend": Parser.extend, "project": Parser.project,
    "project-away": Parser.project_away, "project-keep": Parser.project_keep, "project-rename": Parser.project_rename,
    "project-reorder": Parser.project_reorder, "summarize": Parser.summarize, "distinct": Parser.distinct,
    "sort": Parser.sort, "order": Parser.sort, "top": Parser.top, "top-nested": Parser.top_nested,
    "top-hitters": Parser.top_hitters, "take": Parser.take_rows, "limit": Parser.take_rows, "sample": Parser.sample,
    "sample-distinct": Parser.sample_distinct, "count": Parser.count_rows, "join": Parser.join,
    "lookup": Parser.lookup, "union": Parser.union, "mv-expand": Parser.mv_expand, "mvexpand": Parser.mv_expand,
    "mv-apply": Parser.mv_apply, "mvapply": Parser.mv_apply, "parse": Parser.parse,
    "parse-where": Parser.parse_where, "parse-kv": Parser.parse_kv, "make-series": Parser.make_series,
    "serialize": Parser.serialize, "evaluate": Parser.evaluate, "invoke": Parser.invoke, "as": Parser.as_name,
    "render": Parser.render, "search": Parser.search, "find": Parser.find, "partition": Parser.partition,
    "fork": Parser.fork, "facet": Parser.facet, "scan": Parser.scan, "reduce": Parser.reduce,
    "getschema": Parser.getschema, "consume": Parser.consume,
    **{word: Parser.other for word in OPERATOR_WORDS if word.startswith(("graph-", "make-g", "__", "assert", "macro"))},
    "project-by-names": Parser.other,
}  # fmt: skip
