"""Functions of serialized rows: prev, next, row_number, row_cumsum, row_rank_dense, row_rank_min, row_window_session."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.kql.functions.aggregates import summable
from dashboard.kql.functions.convert import convert
from dashboard.kql.functions.registry import FunctionRefused, Operand, Window, WindowFunction
from dashboard.table import KqlType

SO_FAR = "ROWS UNBOUNDED PRECEDING"


def _first(operands: Sequence[Operand]) -> KqlType:
    return operands[0].type


def _neighbour(word: str) -> WindowFunction:
    def sql(operands: Sequence[Operand], window: Window) -> str:
        value = operands[0]
        offset = f", {operands[1].sql}" if len(operands) > 1 else ""
        default = f", {convert(operands[2], value.type).sql}" if len(operands) > 2 else ""
        found = f"{word}({value.sql}{offset}{default}) {window.over()}"
        return f"coalesce({found}, '')" if value.type == "string" else found

    return WindowFunction("prev" if word == "lag" else "next", ("any", "long", "any"), _first, sql, required=1)


def _settled(window: Window, sql: str, kind: KqlType) -> str:
    if window.settle is None:
        raise FunctionRefused("A restart of rows is not supported here.", "unsupported")
    return window.settle(sql, kind)


def _run(window: Window, restart: Operand | None) -> str:
    """The number of the run a row belongs to, settled, empty where nothing restarts."""
    if restart is None or restart.constant is False:
        return ""
    flag = f"coalesce(CAST({convert(restart, 'bool').sql} AS BIGINT), 0)"
    return _settled(window, f"CAST(sum({flag}) {window.over(SO_FAR)} AS BIGINT)", "long")


def _row_number(operands: Sequence[Operand], window: Window) -> str:
    start = operands[0].sql if operands else "1::BIGINT"
    run = _run(window, operands[1] if len(operands) > 1 else None)
    return f"(row_number() {window.over(partition=run)} - 1 + {start})"


def _row_cumsum(operands: Sequence[Operand], window: Window) -> str:
    value = summable(operands[0])
    run = _run(window, operands[1] if len(operands) > 1 else None)
    total = f"sum({value.sql}) {window.over(SO_FAR, run)}"
    return f"CAST({total} AS BIGINT)" if value.type in ("int", "long", "timespan") else total


def _cumsum_type(operands: Sequence[Operand]) -> KqlType:
    kind = summable(operands[0]).type
    return "long" if kind == "int" else kind


def _changed(operands: Sequence[Operand], window: Window, run: str) -> str:
    value = operands[0].sql
    over = window.over(partition=run)
    flag = f"CAST({value} IS DISTINCT FROM lag({value}) {over} OR row_number() {over} = 1 AS BIGINT)"
    return _settled(window, flag, "long")


def _row_rank_dense(operands: Sequence[Operand], window: Window) -> str:
    run = _run(window, operands[1] if len(operands) > 1 else None)
    return f"CAST(sum({_changed(operands, window, run)}) {window.over(SO_FAR, run)} AS BIGINT)"


def _row_rank_min(operands: Sequence[Operand], window: Window) -> str:
    run = _run(window, operands[1] if len(operands) > 1 else None)
    changed = _changed(operands, window, run)
    place = _settled(window, f"CASE WHEN {changed} = 1 THEN row_number() {window.over(partition=run)} END", "long")
    return f"max({place}) {window.over(SO_FAR, run)}"


def _row_window_session(operands: Sequence[Operand], window: Window) -> str:
    moment, longest, gap = operands[0], operands[1], operands[2]
    distance = (
        f"(epoch_us({moment.sql}) - epoch_us(lag({moment.sql}) {window.over()})) * 10"
        if moment.type == "datetime"
        else f"{moment.sql} - lag({moment.sql}) {window.over()}"
    )
    restart = convert(operands[3], "bool").sql if len(operands) > 3 else "FALSE"
    broken = _settled(window, f"CAST(coalesce({distance} > {gap.sql} OR {restart}, TRUE) AS BIGINT)", "long")
    run = _settled(window, f"CAST(sum({broken}) {window.over(SO_FAR)} AS BIGINT)", "long")
    ticks = f"(epoch_us({moment.sql}) * 10)" if moment.type == "datetime" else moment.sql
    # Within a run without gaps, a session also ends once it has become too long.
    rows = _settled(window, f"list({ticks}) {window.over(SO_FAR, run)}", "dynamic")
    start = (
        f"list_reduce({rows}, lambda kql_s, kql_v: CASE WHEN kql_v - kql_s > {longest.sql} THEN kql_v ELSE kql_s END)"
    )
    return f"make_timestamp({start} // 10)" if moment.type == "datetime" else start


FUNCTIONS = (
    _neighbour("lag"),
    _neighbour("lead"),
    WindowFunction("row_number", ("long", "bool"), "long", _row_number, required=0),
    WindowFunction("row_cumsum", ("any", "bool"), _cumsum_type, _row_cumsum, required=1),
    WindowFunction("row_rank_dense", ("any", "bool"), "long", _row_rank_dense, required=1),
    WindowFunction("row_rank", ("any", "bool"), "long", _row_rank_dense, required=1),
    WindowFunction("row_rank_min", ("any", "bool"), "long", _row_rank_min, required=1),
    WindowFunction("row_window_session", ("any", "any", "any", "bool"), _first, _row_window_session, required=3),
)
