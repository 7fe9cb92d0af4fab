"""Operators with a little language of their own: mv-expand, mv-apply, parse, parse-kv, make-series, scan."""

from __future__ import annotations

from typing import Literal as OneOf

from dashboard.kql.parser_operators import PipedOperators
from dashboard.kql.syntax import (
    Expression,
    Literal,
    MakeSeries,
    MvApply,
    MvExpand,
    MvItem,
    Parameter,
    Parse,
    ParseColumn,
    ParseKv,
    Scan,
    ScanStep,
    SeriesColumn,
    Span,
    Star,
)
from dashboard.table import KqlType

_EXPAND_OPTIONS = frozenset(("kind", "bagexpansion", "with_itemindex"))
_PARSE_KINDS: dict[str, OneOf["simple", "regex", "relaxed"]] = {
    "simple": "simple", "regex": "regex", "relaxed": "relaxed",
}  # fmt: skip


class ShapedOperators(PipedOperators):
    """The layer that reads operators with clauses found nowhere else. Each method finds its first word taken."""

    __slots__ = ()

    # ---- mv-expand, mv-apply

    def mv_expand(self, start: int) -> MvExpand:
        old = self.texts[self.index - 1] == "mvexpand"  # the old spelling gives at most 128 rows for one
        _, options = self.options(_EXPAND_OPTIONS)
        kind: OneOf["bag", "array"] | None = None
        item_index: str | None = None
        for name, value in options:
            if name == "with_itemindex":
                item_index = str(value)
            elif value in ("bag", "array"):
                kind = "bag" if value == "bag" else "array"
            else:
                self.fail("KQ010", f"mv-expand has no kind '{value}'.", "Write kind=bag or kind=array.")
        items = self.listed(self.mv_item)
        limit: Expression | None = self.expression() if self.take("limit") else None
        if limit is None and old:
            limit = Literal(type="long", value=128, span=self.span_from(start))
        return MvExpand(items=items, kind=kind, item_index=item_index, limit=limit, span=self.span_from(start))

    def mv_item(self) -> MvItem:
        start = self.starts[self.index]
        value = self.named()
        to_type: KqlType | None = None
        if self.take("to"):
            self.expect("typeof")
            opened = self.index
            self.expect("(")
            to_type = self.type_name()
            self.expect_closer(")", opened)
        return MvItem(value=value, to_type=to_type, span=self.span_from(start))

    def mv_apply(self, start: int) -> MvApply:
        _, options = self.options(_EXPAND_OPTIONS)
        item_index = next((str(value) for name, value in options if name == "with_itemindex"), None)
        items = self.listed(self.mv_item)
        limit = self.expression() if self.take("limit") else None
        if self.take("id"):
            self.constant()
        self.expect("on")
        operators = self.operators_in_parentheses()
        return MvApply(items=items, operators=operators, item_index=item_index, limit=limit, span=self.span_from(start))

    # ---- parse

    def parse(self, start: int) -> Parse:
        return self.parse_rows(start, False)

    def parse_where(self, start: int) -> Parse:
        return self.parse_rows(start, True)

    def parse_rows(self, start: int, only_matches: bool) -> Parse:
        kind: OneOf["simple", "regex", "relaxed"] = "simple"
        flags = ""
        while self.texts[self.index] in ("kind", "flags") and self.texts[self.index + 1] == "=":
            option = self.texts[self.index]
            self.index += 2
            value = self.expect_name("a value")
            if option == "flags":
                flags = value
            elif value in _PARSE_KINDS:
                kind = _PARSE_KINDS[value]
            else:
                self.fail("KQ010", f"parse has no kind '{value}'.", "Its kinds are simple, regex and relaxed.")
        source = self.expression()
        self.expect("with")
        pattern: list[Literal | ParseColumn | Star] = []
        while True:
            index = self.index
            if self.texts[index] == "*":
                self.index += 1
                pattern.append(Star(span=Span(self.starts[index], self.ends[index])))
            elif self.kinds[index] in ("string", "curly"):
                text = self.string_text()
                pattern.append(Literal(span=self.span_from(self.starts[index]), type="string", value=text))
            elif self.kinds[index] == "name" or self.texts[index] == "[":
                name = self.expect_name("a column name")
                column_type = self.type_name() if self.take(":") else None
                pattern.append(ParseColumn(span=self.span_from(self.starts[index]), name=name, type=column_type))
            else:
                break
            if self.starts_line(self.index) and self.at_operator():
                break
        if not pattern:
            self.fail_expected("a pattern after 'with'")
        return Parse(
            source=source, pattern=tuple(pattern), kind=kind, flags=flags, only_matches=only_matches,
            span=self.span_from(start),
        )  # fmt: skip

    def at_operator(self) -> bool:
        """Whether the token at hand is the first word of an operator."""
        raise NotImplementedError

    def parse_kv(self, start: int) -> ParseKv:
        source = self.expression()
        self.expect("as")
        columns = self.typed_names()
        options = self.properties() if self.take("with") else ()
        return ParseKv(source=source, columns=columns, options=options, span=self.span_from(start))

    # ---- make-series

    def make_series(self, start: int) -> MakeSeries:
        hints, options = self.options(frozenset(("kind",)))
        columns = self.listed(self.series_column)
        self.expect("on")
        axis = self.named()
        low: Expression | None = None
        high: Expression | None = None
        inclusive = False
        if self.take("in"):
            self.expect("range")
            opened = self.index
            self.expect("(")
            low = self.expression()
            self.expect(",")
            high = self.expression()
            self.expect(",")
            step = self.expression()
            self.expect_closer(")", opened)
            inclusive = True
        else:
            if self.take("from"):
                low = self.expression()
            if self.take("to"):
                high = self.expression()
            self.expect("step")
            step = self.expression()
        by = self.listed(self.named) if self.take("by") else ()
        named = (*options, *(("hint." + name, value) for name, value in hints))
        return MakeSeries(
            columns=columns, axis=axis, step=step, start=low, stop=high, by=by, inclusive=inclusive, options=named,
            span=self.span_from(start),
        )  # fmt: skip

    def series_column(self) -> SeriesColumn:
        start = self.starts[self.index]
        aggregate = self.named()
        default: Expression | None = None
        if self.take("default"):
            self.expect("=")
            default = self.expression()
        return SeriesColumn(aggregate=aggregate, default=default, span=self.span_from(start))

    # ---- scan

    def scan(self, start: int) -> Scan:
        _, options = self.options(None)
        order_by: tuple[Expression, ...] = ()
        partition_by: tuple[Expression, ...] = ()
        declared: tuple[Parameter, ...] = ()
        if self.take("order"):
            self.expect("by")
            order_by = self.listed(self.ordered)
        if self.take("partition"):
            self.expect("by")
            partition_by = self.listed(self.expression)
        if self.take("declare"):
            opened = self.index
            self.expect("(")
            declared = self.listed(self.parameter)
            self.expect_closer(")", opened)
        self.expect("with")
        opened = self.index
        self.expect("(")
        steps: list[ScanStep] = []
        while self.texts[self.index] != ")":
            steps.append(self.scan_step())
            if not self.take(";"):
                break
        self.expect_closer(")", opened)
        return Scan(
            steps=tuple(steps), declared=declared, options=options, order_by=order_by, partition_by=partition_by,
            span=self.span_from(start),
        )  # fmt: skip

    def scan_step(self) -> ScanStep:
        start = self.starts[self.index]
        self.expect("step")
        name = self.expect_name("the name of the step")
        optional = self.take("optional")
        output = "all"
        if self.take("output"):
            self.expect("=")
            output = self.expect_name("all, last or none")
        self.expect(":")
        condition = self.expression()
        assignments = self.listed(self.scan_assignment) if self.take("=>") else ()
        return ScanStep(
            name=name, condition=condition, assignments=assignments, optional=optional, output=output,
            span=self.span_from(start),
        )  # fmt: skip

    def scan_assignment(self) -> tuple[str, Expression]:
        name = self.expect_name("a column name")
        self.expect("=")
        return name, self.expression()

    # ---- parameters of functions, shared with declare

    def parameter(self) -> Parameter:
        """Takes `name:type`, `name:type = default`, `name:(columns)` or `name:(*)`."""
        start = self.starts[self.index]
        name = self.expect_name("a parameter's name")
        self.expect(":", "between the parameter's name and its type")
        if self.texts[self.index] == "(":
            if self.texts[self.index + 1] == "*" and self.texts[self.index + 2] == ")":
                self.index += 3
                return Parameter(name=name, columns=(), span=self.span_from(start))
            return Parameter(name=name, columns=self.typed_names(), span=self.span_from(start))
        kind = self.type_name()
        default = self.constant() if self.take("=") else None
        return Parameter(name=name, type=kind, default=default, span=self.span_from(start))
