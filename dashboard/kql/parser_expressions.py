"""Expressions: operators by precedence, names, paths, calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal as OneOf
from typing import NoReturn

from dashboard.kql.parser_literals import CONSTANT_KINDS, Literals
from dashboard.kql.syntax import (
    Between,
    Binary,
    Call,
    Expression,
    Index,
    InList,
    Literal,
    Member,
    Name,
    Named,
    Operator,
    Ordered,
    Pipe,
    Span,
    Star,
    Subquery,
    Unary,
)

_OR, _AND, _EQUAL, _COMPARE, _ADD, _MULTIPLY, _STRING = 1, 2, 3, 4, 5, 6, 7


def _words(text: str) -> list[str]:
    return text.split()


_STRING_OPERATORS = _words(
    "=~ !~ : has !has has_cs !has_cs hasprefix !hasprefix hasprefix_cs !hasprefix_cs hassuffix !hassuffix hassuffix_cs "
    "!hassuffix_cs like notlike likecs notlikecs contains notcontains containscs notcontainscs !contains contains_cs "
    "!contains_cs startswith !startswith startswith_cs !startswith_cs endswith !endswith endswith_cs !endswith_cs"
)
_LISTS = frozenset(("in", "!in", "in~", "!in~", "has_any", "has_all"))
_POWER: dict[str, int] = {
    "or": _OR, "and": _AND, "==": _EQUAL, "!=": _EQUAL, "<>": _EQUAL, "between": _EQUAL, "!between": _EQUAL,
    "<": _COMPARE, ">": _COMPARE, "<=": _COMPARE, ">=": _COMPARE, "+": _ADD, "-": _ADD, "*": _MULTIPLY,
    "/": _MULTIPLY, "%": _MULTIPLY, **dict.fromkeys(_STRING_OPERATORS, _STRING), **dict.fromkeys(_LISTS, _EQUAL),
    "matches regex": _STRING,
}  # fmt: skip
# Old spellings, by what they are today.
_SPELLED = {
    "<>": "!=", "notcontains": "!contains", "containscs": "contains_cs", "notcontainscs": "!contains_cs",
}  # fmt: skip
_AFTER_STAR = frozenset((*_STRING_OPERATORS, "matches regex", "=="))

# The words that an operator may start with.
OPERATOR_WORDS = frozenset(
    _words(
        "where filter extend project project-away project-keep project-rename project-reorder project-by-names summarize "
        "distinct sort order top top-nested top-hitters take limit sample sample-distinct count join lookup union mv-expand "
        "mvexpand mv-apply mvapply parse parse-where parse-kv make-series serialize evaluate invoke as render search find "
        "partition __partitionby fork facet scan reduce getschema consume macro-expand "
        "make-graph graph-match graph-to-table graph-shortest-paths graph-mark-components graph-where-nodes "
        "graph-where-edges assert-schema __executeAndCache"
    )
)

# Words that cannot be a column or a table unless they are written ['…'].
_RESERVED = frozenset(
    _words(
        "and or by of in between has contains asc desc where project extend union project-away project-keep project-rename "
        "project-reorder mv-expand mv-apply make-series parse-where parse-kv sample-distinct top-nested top-hitters to"
    )
) | frozenset(_POWER)
# The words of operators that may stand where a table would.
SOURCES = frozenset(
    ("datatable", "externaldata", "external_data", "range", "print", "union", "search", "find", "evaluate")
)
MAX_CHAIN = 100


class Expressions(Literals):
    """The layer that reads scalar expressions, and pipes inside of them."""

    __slots__ = ()

    # ---- pipes, filled in by the layer above

    def source_operator(self) -> Operator | None:
        """Takes an operator that stands where a table would (datatable, range, union …); None where there is none."""
        raise NotImplementedError

    def pipe_from(self, source: Expression | Operator, start: int) -> Pipe:
        """Takes the operators behind a source that is already taken."""
        raise NotImplementedError

    def pipe_or_expression(self) -> Expression:
        """Takes a pipe or an expression: a pipe becomes a `Subquery`, a mere expression stays one."""
        start = self.starts[self.index]
        operator = self.source_operator() if self.texts[self.index] in SOURCES else None
        if operator is None:
            expression = self.expression()
            following = self.texts[self.index]
            if following != "|" and (following not in OPERATOR_WORDS or self.kinds[self.index] != "name"):
                return expression
            pipe = self.pipe_from(expression, start)
        else:
            pipe = self.pipe_from(operator, start)
        return Subquery(span=pipe.span, pipe=pipe)

    # ---- operators by precedence

    def expression(self, minimum: int = _OR) -> Expression:
        """Takes an expression whose operators bind at least as tightly as `minimum`."""
        left = self.operand()
        power = _POWER.get(self.texts[self.index])
        if power is None or power < minimum:
            return left
        return self.operations(left, power, minimum)

    def operations(self, left: Expression, power: int | None, minimum: int) -> Expression:
        """Takes the operators behind a first operand."""
        chain = 0
        start = left.span.start
        while power is not None and power >= minimum:
            text = self.texts[self.index]
            if power <= _AND:
                left = self.logic(left, text, power)
            elif text in _LISTS:
                if self.texts[self.index + 1] == "range" and text == "in":  # the old form of make-series
                    return left
                left = self.in_list(left, text)
            elif text in ("between", "!between"):
                left = self.between(left, text)
            else:
                self.index += 1
                right = self.expression(power + 1) if power != _STRING else self.operand()
                spelled = _SPELLED.get(text, text)
                left = Binary(span=Span(start, right.span.end), operator=spelled, left=left, right=right)
            chain += 1
            power = _POWER.get(self.texts[self.index])
        self.chained(chain, left.span)
        return left

    def chained(self, length: int, span: Span) -> None:
        """Notes how long a chain of operators is, since it makes the tree as deep."""
        if length > self.longest_chain:
            self.longest_chain = length
            if length > MAX_CHAIN:
                self.too_deep(span)

    def logic(self, first: Expression, word: str, power: int) -> Expression:
        """Takes a row of `and` or of `or`. It becomes a balanced tree: rules with hundreds of terms are common, and the order
        in which they are tied together changes nothing."""
        terms = [first]
        while self.texts[self.index] == word:
            self.index += 1
            terms.append(self.expression(power + 1))
        return _balanced(terms, word)

    def in_list(self, operand: Expression, operator: str) -> InList:
        """Takes `in (…)` and its kin."""
        self.index += 1
        opened = self.index
        if self.texts[opened] != "(":
            self.fail_expected(f"'(' after {operator}", "The values stand in parentheses.")
        self.enter()
        self.index += 1
        items = () if self.texts[self.index] == ")" else self.listed(self.pipe_or_expression)
        self.expect_closer(")", opened)
        self.depth -= 1
        return InList(span=self.span_from(operand.span.start), operator=operator, operand=operand, items=items)

    def between(self, operand: Expression, operator: str) -> Between:
        """Takes `between (low .. high)`."""
        self.index += 1
        opened = self.index
        self.expect("(", f"after {operator}")
        self.enter()
        low = self.expression()
        self.expect("..", "between the two ends")
        high = self.expression()
        self.expect_closer(")", opened)
        self.depth -= 1
        span = self.span_from(operand.span.start)
        return Between(span=span, operand=operand, low=low, high=high, negated=operator[0] == "!")

    # ---- operands

    def operand(self) -> Expression:
        """Takes one operand with its sign and the path behind it."""
        index = self.index
        kind, text = self.kinds[index], self.texts[index]
        if kind == "name":
            following = self.texts[index + 1]
            if following == "(" or text in _WORDS:
                base = self.word(text, following)
            elif text in _RESERVED:
                self.fail_missing()
            else:
                self.index = index + 1
                base = Name(span=Span(self.starts[index], self.ends[index]), name=text)
        elif kind in CONSTANT_KINDS:
            base = self.unsigned()
        elif text == "(":
            base = self.parenthesised()
        elif text in ("-", "+"):
            return self.signed(text)
        elif text == "[" and self.kinds[index + 1] == "string":
            name = self.bracketed_name()
            base = Name(span=self.span_from(self.starts[index]), name=name, quoted=True)
        elif text == "*" and self.texts[index + 1] in _AFTER_STAR:
            self.index = index + 1
            return Star(span=Span(self.starts[index], self.ends[index]))
        else:
            self.fail_missing()
        following = self.texts[self.index]
        if following == "." or following == "[":
            return self.path(base)
        return base

    def fail_missing(self) -> NoReturn:
        """Gives up because an expression should stand here."""
        kind, text = self.kinds[self.index], self.texts[self.index]
        if kind in ("open", "bad"):
            self.fail_expected("an expression")
        found = "the query ends" if kind == "end" else f"found '{text}'"
        hint = f"A column of that name is written ['{text}']." if kind == "name" else ""
        self.fail("KQ011", f"An expression is missing here, {found}.", hint)

    def signed(self, sign: str) -> Expression:
        """Takes `-x` or `+x`; the sign of a number belongs to the number."""
        index = self.index
        start = self.starts[index]
        self.index = index + 1
        if self.kinds[index + 1] in ("long", "real", "timespan") and self.texts[index + 2] not in (".", "["):
            literal = self.unsigned(negative=sign == "-")
            return Literal(span=self.span_from(start), type=literal.type, value=literal.value)
        if self.texts[self.index] in ("-", "+"):
            self.fail_missing()
        operand = self.operand()
        direction: OneOf["-", "+"] = "-" if sign == "-" else "+"
        return Unary(span=self.span_from(start), operator=direction, operand=operand)

    def parenthesised(self) -> Expression:
        """Takes `( … )`."""
        opened = self.index
        self.enter()
        self.index += 1
        inside = self.pipe_or_expression()
        self.expect_closer(")", opened)
        self.depth -= 1
        return inside

    def word(self, text: str, following: str) -> Expression:
        """Takes a call, or one of the words that start something else than a name."""
        index = self.index
        start = self.starts[index]
        if text in ("true", "false", "True", "False", "TRUE", "FALSE"):
            return self.unsigned()
        if following == "(":
            if text == "dynamic":
                return self.dynamic()
            if text == "typeof":
                return self.typeof()
            if text in ("datatable", "externaldata", "external_data"):
                operator = self.source_operator()
                if operator is not None:
                    return Subquery(span=operator.span, pipe=Pipe(span=operator.span, source=operator))
            if text in _RESERVED:
                self.fail_missing()
            return self.call(start)
        self.index = index + 1
        return Name(span=Span(start, self.ends[index]), name=text)

    def call(self, start: int, target: Expression | None = None) -> Call:
        """Takes `name(arguments)`, the name at hand."""
        name = self.texts[self.index]
        self.index += 1
        arguments = self.arguments()
        return Call(span=self.span_from(start), name=name, arguments=arguments, target=target)

    def arguments(self) -> tuple[Expression, ...]:
        """Takes `(…)` of a call."""
        opened = self.index
        self.expect("(")
        self.enter()
        found = () if self.texts[self.index] == ")" else self.listed(self.argument)
        self.expect_closer(")", opened)
        self.depth -= 1
        return found

    def argument(self) -> Expression:
        """Takes one argument of a call: `*`, `name = value`, a pipe or an expression."""
        index = self.index
        if self.texts[index] == "*" and self.texts[index + 1] in (",", ")"):
            self.index = index + 1
            return Star(span=Span(self.starts[index], self.ends[index]))
        if self.texts[index + 1] == "=" and self.kinds[index] == "name":
            self.index = index + 2
            value = self.pipe_or_expression()
            return Named(span=self.span_from(self.starts[index]), names=(self.texts[index],), value=value)
        return self.pipe_or_expression()

    def typeof(self) -> Call:
        """Takes `typeof(type)` or `typeof(name:type, …)`."""
        start = self.starts[self.index]
        self.index += 1
        opened = self.index
        self.expect("(")
        arguments: list[Expression] = []
        while True:
            index = self.index
            if self.texts[index] == "*":
                self.index += 1
                arguments.append(Star(span=self.span_from(self.starts[index])))
            elif self.texts[index + 1] == ":" or self.texts[index] == "[":
                name = self.expect_name("a column name")
                left = Name(span=self.span_from(self.starts[index]), name=name)
                self.expect(":")
                right = self.type_as_name()
                span = self.span_from(self.starts[index])
                arguments.append(Binary(span=span, operator=":", left=left, right=right))
            else:
                arguments.append(self.type_as_name())
            if not self.take(","):
                break
        self.expect_closer(")", opened)
        return Call(span=self.span_from(start), name="typeof", arguments=tuple(arguments))

    def type_as_name(self) -> Name:
        start = self.starts[self.index]
        kind = self.type_name()
        return Name(span=self.span_from(start), name=kind)

    def path(self, base: Expression) -> Expression:
        """Takes `.name`, `['name']`, `[index]` and `.function(…)` behind an operand."""
        start = base.span.start
        links = 0
        while True:
            text = self.texts[self.index]
            if text == ".":
                self.index += 1
                index = self.index
                if self.kinds[index] == "name":
                    if self.texts[index + 1] == "(":
                        base = self.call(start, base)
                    else:
                        self.index = index + 1
                        name = self.wildcard_tail(index) or self.texts[index]
                        base = Member(span=self.span_from(start), target=base, name=name)
                elif self.texts[index] == "[":
                    base = self.indexed(base)
                elif self.texts[index] == "*":
                    name = self.wildcard_tail(index) or "*"
                    base = Member(span=self.span_from(start), target=base, name=name)
                else:
                    self.fail_expected("a name after the dot")
            elif text == "[":
                base = self.indexed(base)
            else:
                self.chained(links, base.span)
                return base
            links += 1

    def indexed(self, base: Expression) -> Index:
        opened = self.index
        self.enter()
        self.index += 1
        index = self.expression()
        self.expect_closer("]", opened)
        self.depth -= 1
        return Index(span=self.span_from(base.span.start), target=base, index=index)

    # ---- names with wildcards, names before expressions

    def wildcard_tail(self, first: int) -> str | None:
        """Where the token `first` and those touching it make a name with `*`, takes them and gives the name."""
        index = first
        while self.kinds[index] in ("name", "long") or self.texts[index] == "*":
            index += 1
            if self.starts[index] != self.ends[index - 1]:
                break
        name = self.text[self.starts[first] : self.ends[index - 1]] if index > first else ""
        if "*" not in name:
            return None
        self.index = index
        return name

    def wildcard_name(self) -> Name:
        """Takes a name in which `*` may stand."""
        index = self.index
        start = self.starts[index]
        name = self.wildcard_tail(index)
        if name is not None:
            return Name(span=self.span_from(start), name=name, wildcard=True)
        plain = self.expect_name("a column name")
        quoted = self.texts[index] == "["
        return Name(span=self.span_from(start), name=plain, quoted=quoted, wildcard=quoted and "*" in plain)

    def named(self) -> Expression:
        """Takes an expression that may have a name before it: `a = x`, `['a b'] = x`, `(a, b) = x`."""
        index = self.index
        following = self.texts[index + 1]
        if following == "=" and self.kinds[index] == "name":
            self.index = index + 2
            value = self.expression()
            return Named(span=self.span_from(self.starts[index]), names=(self.texts[index],), value=value)
        text = self.texts[index]
        if text == "[" and self.kinds[index + 1] == "string" and self.texts[index + 3] == "=":
            names: tuple[str, ...] = (self.bracketed_name(),)
        elif text == "(" and (self.kinds[index + 1] == "name" or following == "["):
            found = self.names_before_equals()
            if found is None:
                return self.expression()
            names = found
        else:
            return self.expression()
        self.index += 1
        value = self.expression()
        return Named(span=self.span_from(self.starts[index]), names=names, value=value)

    def names_before_equals(self) -> tuple[str, ...] | None:
        """Takes `(a, b)` where `=` follows; None, and nothing taken, where the parentheses are something else."""
        index = start = self.index
        names: list[str] = []
        while True:
            index += 1
            if self.kinds[index] == "name":
                names.append(self.texts[index])
                index += 1
            elif self.texts[index] == "[" and self.kinds[index + 1] == "string" and self.texts[index + 2] == "]":
                self.index = index
                names.append(self.bracketed_name())
                index = self.index
                self.index = start
            else:
                return None
            if self.texts[index] == ")" and self.texts[index + 1] == "=":
                self.index = index + 1
                return tuple(names)
            if self.texts[index] != ",":
                return None

    def ordered(self) -> Ordered:
        """Takes `x [asc|desc] [nulls first|last]`."""
        value = self.named()
        ascending: bool | None = None
        nulls_first: bool | None = None
        if self.texts[self.index] in ("asc", "desc"):
            ascending = self.texts[self.index] == "asc"
            self.index += 1
        if self.take("nulls"):
            if self.texts[self.index] not in ("first", "last"):
                self.fail_expected("'first' or 'last'")
            nulls_first = self.texts[self.index] == "first"
            self.index += 1
        return Ordered(span=self.span_from(value.span.start), value=value, ascending=ascending, nulls_first=nulls_first)


_WORDS = frozenset(("true", "false", "True", "False", "TRUE", "FALSE"))


def _balanced(terms: Sequence[Expression], operator: str) -> Expression:
    """The terms tied together by an associative operator, as flat as it goes."""
    if len(terms) == 1:
        return terms[0]
    middle = (len(terms) + 1) // 2
    left, right = _balanced(terms[:middle], operator), _balanced(terms[middle:], operator)
    return Binary(span=Span(left.span.start, right.span.end), operator=operator, left=left, right=right)
