"""series_…() functions: names, columns and defaults. The numbers come from `series_math` and `series_seasons`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from dashboard.kql.functions import series_math as m
from dashboard.kql.functions import series_seasons as seasons
from dashboard.kql.functions.literals import text
from dashboard.kql.functions.registry import Context, Operand, PythonFunction, ScalarFunction, TupleFunction
from dashboard.table import KqlType

function = partial(ScalarFunction, family="series")

TEXT, REAL, LONG, BOOL = "VARCHAR", "DOUBLE", "BIGINT", "BOOLEAN"


def _python(name: str, call: Callable[..., Any], arguments: Sequence[str], returns: str = TEXT) -> PythonFunction:
    return PythonFunction(f"kql_series_{name}", call, tuple(arguments), returns)


MAP = _python("map", m.mapped, (TEXT, TEXT))
PAIR = _python("pair", m.paired, (TEXT, TEXT, TEXT))
REDUCE = _python("reduce", m.reduced, (TEXT, TEXT))
COMPARE = _python("compare", m.compared, (TEXT, TEXT, TEXT))


def _unary(name: str) -> ScalarFunction:
    return function(f"series_{name}", ("dynamic",), "dynamic", f"kql_series_map('{name}', {{0}})", python=(MAP,))


def _binary(name: str) -> ScalarFunction:
    return function(
        f"series_{name}", ("dynamic", "dynamic"), "dynamic", f"kql_series_pair('{name}', {{0}}, {{1}})", python=(PAIR,)
    )


def _reduced(name: str) -> ScalarFunction:
    return function(
        f"series_{name}", ("dynamic",), "real", f"CAST(kql_series_reduce('{name}', {{0}}) AS DOUBLE)", python=(REDUCE,)
    )


def _compared(name: str) -> ScalarFunction:
    return function(
        f"series_{name}",
        ("dynamic", "dynamic"),
        "real",
        f"CAST(kql_series_compare('{name}', {{0}}, {{1}}) AS DOUBLE)",
        python=(COMPARE,),
    )


def _with_defaults(call: str, defaults: Sequence[str]) -> Callable[[Sequence[Operand]], str]:
    """The call of a registered function, with defaults for the arguments that are left out or null."""

    def sql(operands: Sequence[Operand]) -> str:
        given = [operand.sql for operand in operands]
        arguments = [given[0]]
        for i, default in enumerate(defaults, 1):
            if i >= len(given) or operands[i].is_null:
                arguments.append(default)
            else:
                arguments.append(given[i])
        return f"{call}({', '.join(arguments)})"

    return sql


def _filled(
    name: str, call: Callable[..., Any], kinds: Sequence[str], parameters: tuple[str, ...], defaults: Sequence[str]
) -> ScalarFunction:
    registered = _python(name, call, kinds)
    sql = _with_defaults(registered.name, defaults)
    return function(f"series_{name}", parameters, "dynamic", sql, required=1, python=(registered,))


Columns = Sequence[tuple[str, KqlType, str]]


def _tuple(
    name: str,
    registered: PythonFunction,
    parameters: tuple[str, ...],
    defaults: Sequence[str],
    columns: Columns,
    note: str = "",
) -> TupleFunction:
    """A function with several columns, read from the JSON object that the registered function gives."""

    def results(operands: Sequence[Operand], context: Context) -> Sequence[Operand]:
        call = _with_defaults(registered.name, defaults)(operands)
        prefix = "_".join(part for part in (name, operands[0].name) if part)
        found = []
        for column, kind, path in columns:
            where = text(f"$.{path}")
            if kind == "dynamic":
                sql = f"CAST(json_extract({call}, {where}) AS VARCHAR)"
            else:
                sql = f"TRY_CAST(json_extract_string({call}, {where}) AS {REAL if kind == 'real' else LONG})"
            found.append(Operand(sql, kind, name=f"{prefix}_{column}"))
        return found

    required = 2 if name == "series_decompose_forecast" else 4 if name == "series_periods_detect" else 1
    return TupleFunction(name, parameters, results, "series", required=required, note=note, python=(registered,))


def _same(*names: str, kind: KqlType) -> list[tuple[str, KqlType, str]]:
    return [(name, kind, name) for name in names]


STATS = _python("stats", m.stats, (TEXT,))
LINE = _python("fit_line", m.fit_line, (TEXT,))
TWO_LINES = _python("fit_2lines", m.fit_2lines, (TEXT,))
DECOMPOSE = _python("decompose", seasons.decompose, (TEXT, LONG, TEXT, LONG, REAL))
ANOMALIES = _python("anomalies", seasons.anomalies, (TEXT, REAL, LONG, TEXT, LONG, TEXT, REAL))
DETECT = _python("detect_periods", seasons.detect_periods, (TEXT, REAL, REAL, LONG))

STATS_COLUMNS: Columns = [
    ("min", "real", "min"), ("min_idx", "long", "min_idx"), ("max", "real", "max"), ("max_idx", "long", "max_idx"),
    ("avg", "real", "avg"), ("stdev", "real", "stdev"), ("variance", "real", "variance"),
]  # fmt: skip
SIDES: Columns = [
    (f"{side}_{name}", "real", f"{side}.{name}")
    for side in ("right", "left")
    for name in ("rsquare", "slope", "interception", "variance", "rvariance")
]
PARTS: Columns = _same("baseline", "seasonal", "trend", "residual", kind="dynamic")


def _forecast(operands: Sequence[Operand], context: Context) -> Sequence[Operand]:
    """series_decompose_forecast(): the baseline reaches over the test points."""
    series, points, *rest = operands
    period = rest[0].sql if rest and not rest[0].is_null else "-1::BIGINT"
    trend = rest[1].sql if len(rest) > 1 else "'linefit'"
    threshold = rest[2].sql if len(rest) > 2 else "0.6e0"
    call = f"kql_series_decompose({series.sql}, {period}, {trend}, {points.sql}, {threshold})"
    prefix = "_".join(part for part in ("series_decompose_forecast", series.name) if part)
    names = (("forecast", "baseline"), ("seasonal", "seasonal"), ("trend", "trend"), ("residual", "residual"))
    return [
        Operand(f"CAST(json_extract({call}, '$.{path}') AS VARCHAR)", "dynamic", name=f"{prefix}_{name}")
        for name, path in names
    ]


def _dynamic(name: str, registered: PythonFunction) -> ScalarFunction:
    return function(name, ("dynamic",), "dynamic", f"{registered.name}({{0}})", python=(registered,))


NULL_NUMBER = "'null'"

FUNCTIONS = (
    *(_unary(name) for name in m.UNARY),
    *(_binary(name) for name in m.BINARY),
    *(_reduced(name) for name in ("sum", "product", "magnitude")),
    *(_compared(name) for name in ("dot_product", "cosine_similarity", "pearson_correlation")),
    _filled("fill_const", m.fill_const, (TEXT, TEXT, TEXT), ("dynamic",) * 3, ("'0'", NULL_NUMBER)),
    function("series_fill_forward", ("dynamic", "dynamic"), "dynamic", lambda o: f"kql_series_fill({o[0].sql}, {o[1].sql if len(o) > 1 else NULL_NUMBER}, TRUE)",
             required=1, python=(_python("fill", m.fill_from, (TEXT, TEXT, BOOL)),)),
    function("series_fill_backward", ("dynamic", "dynamic"), "dynamic", lambda o: f"kql_series_fill({o[0].sql}, {o[1].sql if len(o) > 1 else NULL_NUMBER}, FALSE)",
             required=1, python=(_python("fill", m.fill_from, (TEXT, TEXT, BOOL)),)),
    _filled("fill_linear", m.fill_linear, (TEXT, TEXT, BOOL, TEXT), ("dynamic", "dynamic", "bool", "dynamic"), (NULL_NUMBER, "TRUE", "'0'")),
    _filled("fir", m.fir, (TEXT, TEXT, TEXT, BOOL), ("dynamic", "dynamic", "string", "bool"), ("'[]'", "''", "FALSE")),
    _filled("iir", m.iir, (TEXT, TEXT, TEXT), ("dynamic", "dynamic", "dynamic"), ("'[]'", "'[]'")),
    _tuple("series_stats", STATS, ("dynamic",), (), STATS_COLUMNS),
    _dynamic("series_stats_dynamic", STATS),
    _tuple("series_fit_line", LINE, ("dynamic",), (), [*_same("rsquare", "slope", "variance", "rvariance", "interception", kind="real"), ("line_fit", "dynamic", "line_fit")]),
    _dynamic("series_fit_line_dynamic", LINE),
    _tuple("series_fit_2lines", TWO_LINES, ("dynamic",), (), [
        ("rsquare", "real", "rsquare"), ("split_idx", "long", "split_idx"), ("variance", "real", "variance"),
        ("rvariance", "real", "rvariance"), ("line_fit", "dynamic", "line_fit"), *SIDES,
    ]),
    _dynamic("series_fit_2lines_dynamic", TWO_LINES),
    _tuple("series_decompose", DECOMPOSE, ("dynamic", "long", "string", "long", "real"), ("-1", "'avg'", "0", "0.6e0"), PARTS),
    TupleFunction("series_decompose_forecast", ("dynamic", "long", "long", "string", "real"), _forecast, "series", required=2, python=(DECOMPOSE,)),
    _tuple("series_decompose_anomalies", ANOMALIES, ("dynamic", "real", "long", "string", "long", "string", "real"),
           ("1.5e0", "-1", "'avg'", "0", "'ctukey'", "0.6e0"), _same("ad_flag", "ad_score", "baseline", kind="dynamic"),
           "periods are found by autocorrelation; scores may differ where the service interpolates otherwise"),
    _tuple("series_periods_detect", DETECT, ("dynamic", "real", "real", "long"), ("0", "0", "1"), _same("periods", "scores", kind="dynamic"),
           "periods by autocorrelation; the scores are our own"),
    _filled("outliers", seasons.outliers, (TEXT, TEXT, TEXT, REAL, REAL), ("dynamic", "string", "string", "real", "real"), ("'ctukey'", "''", "10e0", "90e0")),
    _filled("seasonal", seasons.seasonal, (TEXT, LONG, LONG), ("dynamic", "long", "long"), ("-1", "0")),
)  # fmt: skip
