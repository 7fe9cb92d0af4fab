"""Constants: from tokens to `Literal` nodes."""

from __future__ import annotations

from typing import Any

from dashboard.kql.literals import TYPE_NAMES, read_span, read_typed
from dashboard.kql.parser_cursor import Cursor, short
from dashboard.kql.syntax import Literal, Span
from dashboard.kql.tokens import UnknownEscape, string_value
from dashboard.table import KqlType, format_datetime, format_timespan

_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
CONSTANT_KINDS = frozenset(("string", "long", "real", "timespan", "guid", "typed", "curly"))
_WRITTEN: dict[KqlType, str] = {
    "datetime": "datetime(2024-01-31 12:30:00)", "timespan": "timespan(1.02:03:04)", "int": "int(5)",
    "long": "long(5)", "real": "real(1.5)", "decimal": "decimal(1.5)", "bool": "bool(true)",
    "guid": "guid(74be27de-1e4e-49d9-b579-fe0b331d3642)",
}  # fmt: skip


class Literals(Cursor):
    """The layer that reads constants."""

    __slots__ = ()

    def at_constant(self) -> bool:
        """Whether the token at hand is a constant without a sign."""
        kind = self.kinds[self.index]
        if kind in CONSTANT_KINDS:
            return True
        text = self.texts[self.index]
        return kind == "name" and (text in _BOOLS or (text == "dynamic" and self.texts[self.index + 1] == "("))

    def constant(self) -> Literal:
        """Takes a constant, with a sign where it has one."""
        start = self.starts[self.index]
        if self.texts[self.index] in ("-", "+"):
            negative = self.texts[self.index] == "-"
            if self.kinds[self.index + 1] not in ("long", "real", "timespan", "typed"):
                self.fail_expected("a constant")
            self.index += 1
            literal = self.unsigned(negative)
            return Literal(span=self.span_from(start), type=literal.type, value=literal.value)
        if not self.at_constant():
            self.fail_expected("a constant")
        return self.unsigned()

    def unsigned(self, negative: bool = False) -> Literal:
        """Takes the constant at hand; `negative` where a minus stands before it."""
        index = self.index
        kind, text = self.kinds[index], self.texts[index]
        if kind in ("string", "curly"):
            start = self.starts[index]
            value: Any = self.string_text()
            return Literal(span=self.span_from(start), type="string", value=value)
        span = Span(self.starts[index], self.ends[index])
        if kind == "name":
            if text == "dynamic":
                return self.dynamic()
            self.index = index + 1
            return Literal(span=span, type="bool", value=_BOOLS[text])
        self.index = index + 1
        if kind == "long":
            number = int(text, 16) if text[:2] in ("0x", "0X") else int(text[:40])  # one that long is refused anyway
            number = -number if negative else number
            if not -(2**63) <= number < 2**63:
                self.report("KQ020", f"{short(text)} does not fit in a long.", "Write decimal(…) or real(…).", span)
            return Literal(span=span, type="long", value=number)
        if kind == "real":
            return Literal(span=span, type="real", value=-float(text) if negative else float(text))
        if kind == "timespan":
            ticks = read_span(text)
            if ticks is None:
                self.report("KQ020", f"{text} does not fit in a timespan.", "The longest is about 29,000 years.", span)
                ticks = 0
            return Literal(span=span, type="timespan", value=-ticks if negative else ticks)
        if kind == "guid":
            return Literal(span=span, type="guid", value=text.lower())
        return self.typed_constant(text, span, negative)

    def typed_constant(self, text: str, span: Span, negative: bool) -> Literal:
        """The constant of `type(text)`. What cannot be read is null with a warning, as Kusto answers."""
        head, inside = text[:-1].split("(", 1)
        kind = TYPE_NAMES[head]
        try:
            value = read_typed(kind, inside)
        except (ValueError, OverflowError):
            hint = f"It counts as null. Write it like {_WRITTEN[kind]}."
            self.report("KQ020", f"'{short(inside.strip())}' cannot be read as a {kind}.", hint, span, "warning")
            value = None
        if negative and value is not None and kind in ("int", "long", "real", "decimal", "timespan"):
            value = -value
        return Literal(span=span, type=kind, value=value)

    def string_text(self) -> str:
        """Takes one or more string constants side by side, which are one text."""
        parts: list[str] = []
        while True:
            kind = self.kinds[self.index]
            token = self.texts[self.index]
            if kind == "string":
                try:
                    parts.append(string_value(token))
                except UnknownEscape as problem:
                    start = self.starts[self.index] + problem.offset
                    span = Span(start, start + len(problem.escape))
                    hint = "Write \\\\ for a backslash, or the string as @'…', where backslashes stand for themselves."
                    self.report("KQ019", f"'{problem.escape}' is no escape that KQL knows.", hint, span)
                    parts.append("")
            elif kind == "curly":
                self.report_curly()
                parts.append(token[1:-1])
            elif parts:
                return "".join(parts)
            else:
                self.fail_expected("a string")
            self.index += 1

    def report_curly(self) -> None:
        """Records that the token at hand is written in curly quotes."""
        token = self.texts[self.index]
        message = f"{token[0]} and {token[-1]} are curly quotation marks, which KQL does not read."
        quote = "'" if '"' in token else '"'
        self.report("KQ017", message, f"Write {quote}{short(token[1:-1])}{quote} with straight ones.")

    # ---- dynamic

    def dynamic(self) -> Literal:
        """Takes `dynamic(…)`."""
        start = self.starts[self.index]
        value = self.dynamic_value()
        return Literal(span=self.span_from(start), type="dynamic", value=value)

    def dynamic_value(self) -> Any:
        self.enter()
        self.index += 1
        opened = self.index
        self.expect("(")
        value = self.json_value()
        self.expect_closer(")", opened)
        self.depth -= 1
        return value

    def json_value(self) -> Any:
        """One value inside dynamic(…), as the JSON value it becomes: times and guids become texts."""
        index = self.index
        kind, text = self.kinds[index], self.texts[index]
        if kind in ("string", "curly"):
            return self.string_text()
        if text == "{":
            return self.json_object(index)
        if text == "[":
            return self.json_array(index)
        if kind == "name":
            if text == "null":
                self.index += 1
                return None
            if text in _BOOLS:
                self.index += 1
                return _BOOLS[text]
            if text == "dynamic" and self.texts[index + 1] == "(":
                return self.dynamic_value()
        if kind not in CONSTANT_KINDS and text not in ("-", "+"):
            self.fail_expected("a JSON value", "Inside dynamic(…) stand constants, lists […] and bags {…}.")
        literal = self.constant()
        if literal.value is None:
            return None
        if literal.type == "datetime":
            return format_datetime(literal.value)
        if literal.type == "timespan":
            return format_timespan(literal.value)
        return float(literal.value) if literal.type == "decimal" else literal.value

    def json_object(self, opened: int) -> dict[str, Any]:
        self.enter()
        self.index += 1
        bag: dict[str, Any] = {}
        while self.texts[self.index] != "}":
            key = self.string_text()
            self.expect(":", "between a key and its value")
            bag[key] = self.json_value()
            if not self.take(","):
                break
        self.expect_closer("}", opened)
        self.depth -= 1
        return bag

    def json_array(self, opened: int) -> list[Any]:
        self.enter()
        self.index += 1
        items: list[Any] = []
        while self.texts[self.index] != "]":
            items.append(self.json_value())
            if not self.take(","):
                break
        self.expect_closer("]", opened)
        self.depth -= 1
        return items
