"""Aggregates of spread and rank: stdev, variance, covariance, percentiles, tdigest, buildschema; and what reads a digest.

A percentile is the smallest value that at least so many per cent of the rows do not exceed (the nearest rank).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from dashboard.kql.functions.aggregates import named, summable, where
from dashboard.kql.functions.conversions import type_named
from dashboard.kql.functions.convert import NUMBERS, convert
from dashboard.kql.functions.dynamics import json_list
from dashboard.kql.functions.registry import (
    SHARED,
    AggregateCall,
    AggregateFunction,
    Context,
    FunctionRefused,
    Operand,
    PythonFunction,
    ScalarFunction,
)
from dashboard.table import KqlType

aggregate = partial(AggregateFunction, family="statistics")
scalar = partial(ScalarFunction, family="statistics")


def _spread(name: str, duckdb: str) -> tuple[AggregateFunction, AggregateFunction]:
    def sql(operands: Sequence[Operand], clause: str = "") -> str:
        value = convert(summable(operands[0]), "real").sql
        return f"coalesce({duckdb}({value}) {clause}, 0)"

    return (
        aggregate(name, ("any",), "real", sql, named(name)),
        aggregate(f"{name}if", ("any", "any"), "real", lambda o: sql(o, where(o[1])), named(f"{name}if")),
    )


def _joint(name: str, duckdb: str) -> tuple[AggregateFunction, AggregateFunction]:
    def sql(operands: Sequence[Operand], clause: str = "") -> str:
        a, b = (convert(summable(operand), "real").sql for operand in operands[:2])
        return f"coalesce({duckdb}({a}, {b}) {clause}, 0)"

    def name_of(prefix: str) -> Callable[[Sequence[Operand]], str]:
        return lambda o: f"{prefix}_{o[0].name or ''}_{o[1].name or ''}"

    return (
        aggregate(name, ("any", "any"), "real", sql, name_of(name)),
        aggregate(f"{name}if", ("any", "any", "any"), "real", lambda o: sql(o, where(o[2])), name_of(f"{name}if")),
    )


# ---- percentiles ---------------------------------------------------------------------------------------------------


def _rank_value(operand: Operand) -> tuple[Operand, KqlType]:
    """The values to rank, and the type of a percentile of them."""
    value = convert(operand, "real") if operand.type == "dynamic" else operand
    kinds: dict[KqlType, KqlType] = {"int": "long", "decimal": "real"}
    return value, kinds.get(value.type, value.type)


def _shares(operands: Sequence[Operand]) -> list[float]:
    found: list[float] = []
    for operand in operands:
        value = operand.constant if operand.is_constant else None
        for entry in value if isinstance(value, list) else [value]:
            if isinstance(entry, bool) or not isinstance(entry, int | float) or not 0 <= entry <= 100:
                raise FunctionRefused("A percentile must be a constant number from 0 to 100.")
            found.append(float(entry))
    return found


def _share_name(share: float) -> str:
    return (str(int(share)) if share == int(share) else repr(share)).replace(".", "_")


def _quantile(value: Operand, share: float) -> str:
    return f"quantile_disc({value.sql}, {share / 100!r})"


def _percentiles(operands: Sequence[Operand]) -> AggregateCall:
    value, kind = _rank_value(operands[0])
    shares = _shares(operands[1:])
    columns = []
    for share in shares:
        sql = _typed(_quantile(value, share), kind)
        columns.append(Operand(sql, kind, name=f"percentile_{operands[0].name or ''}_{_share_name(share)}"))
    return AggregateCall(tuple(columns))


def _typed(sql: str, kind: KqlType) -> str:
    casts = {"long": "BIGINT", "real": "DOUBLE"}
    return f"CAST({sql} AS {casts[kind]})" if kind in casts else sql


def _array_of(columns: Sequence[Operand], name: str) -> Operand:
    entries = ", ',', ".join(f"coalesce({convert(column, 'dynamic').sql}, 'null')" for column in columns)
    return Operand(f"concat('[', {entries}, ']')", "dynamic", name=name)


def _percentiles_array(operands: Sequence[Operand]) -> AggregateCall:
    return AggregateCall((_array_of(_percentiles(operands).columns, f"percentiles_{operands[0].name or ''}"),))


def _weighted(operands: Sequence[Operand]) -> AggregateCall:
    value, kind = _rank_value(operands[0])
    if kind not in ("long", "real"):
        raise FunctionRefused("Weighted percentiles take numbers.", "unsupported")
    pairs = (
        f"list([CAST({value.sql} AS DOUBLE), CAST({operands[1].sql} AS DOUBLE)]) FILTER (WHERE {value.sql} IS NOT NULL)"
    )
    columns = []
    for share in _shares(operands[2:]):
        read = f"kql_digest_percentile(CAST(to_json({SHARED}) AS VARCHAR), {share!r}::DOUBLE)"
        columns.append(
            Operand(_typed(read, kind), kind, name=f"percentile_{operands[0].name or ''}_{_share_name(share)}")
        )
    return AggregateCall(tuple(columns), pairs)


def _weighted_array(operands: Sequence[Operand]) -> AggregateCall:
    call = _weighted(operands)
    return AggregateCall((_array_of(call.columns, f"percentiles_{operands[0].name or ''}"),), call.shared)


# ---- digests -------------------------------------------------------------------------------------------------------


def _tdigest(operands: Sequence[Operand]) -> str:
    value = summable(operands[0])
    weight = convert(operands[1], "real").sql if len(operands) > 1 else "1e0"
    if value.type not in NUMBERS:
        raise FunctionRefused("tdigest() takes numbers.", "unsupported")
    pairs = f"list([CAST({value.sql} AS DOUBLE), {weight}]) FILTER (WHERE {value.sql} IS NOT NULL)"
    return f"CAST(to_json({pairs}) AS VARCHAR)"


def _tdigest_merge(operands: Sequence[Operand]) -> str:
    return f"('[' || array_to_string(flatten(list({json_list(operands[0])})), ',') || ']')"


def digest_percentile(digest: str, share: float) -> float | None:
    """The percentile of values with weights, given as JSON pairs."""
    pairs = sorted(json.loads(digest))
    total = sum(weight for _, weight in pairs)
    wanted, seen = total * share / 100, 0.0
    for value, weight in pairs:
        seen += weight
        if seen >= wanted and seen > 0:
            return float(value)
    return float(pairs[-1][0]) if pairs else None


def digest_rank(digest: str, value: float) -> float:
    """How much weight lies at or below a value."""
    return float(sum(weight for entry, weight in json.loads(digest) if entry <= value))


PERCENTILE = PythonFunction("kql_digest_percentile", digest_percentile, ("VARCHAR", "DOUBLE"), "DOUBLE")
RANK = PythonFunction("kql_digest_rank", digest_rank, ("VARCHAR", "DOUBLE"), "DOUBLE")


def _percentile_tdigest(operands: Sequence[Operand], context: Context) -> Operand:
    found = Operand(f"kql_digest_percentile({operands[0].sql}, {operands[1].sql})", "real")
    if len(operands) > 2:
        return convert(found, type_named(str(operands[2].constant)))
    return convert(found, "dynamic")


# ---- buildschema ---------------------------------------------------------------------------------------------------


def schema_of(values: Sequence[Any]) -> Any:
    """The schema of JSON values: a type's name, a bag of schemas, an `indexer` for arrays, a list of several."""
    bags = [value for value in values if isinstance(value, dict)]
    arrays = [value for value in values if isinstance(value, list)]
    kinds: list[Any] = []
    if bags:
        keys = dict.fromkeys(key for bag in bags for key in bag)
        kinds.append({key: schema_of([bag[key] for bag in bags if key in bag]) for key in keys})
    if arrays:
        kinds.append({"`indexer`": schema_of([entry for array in arrays for entry in array])})
    names = (_kind_name(value) for value in values if not isinstance(value, dict | list) and value is not None)
    kinds += dict.fromkeys(names)
    return kinds[0] if len(kinds) == 1 else kinds or "null"


def _kind_name(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "long"
    return "double" if isinstance(value, float) else "string"


def build_schema(values: str) -> str | None:
    """The schema of the entries of a JSON array."""
    entries = json.loads(values)
    return json.dumps(schema_of(entries), separators=(",", ":")) if entries else None


SCHEMA = PythonFunction("kql_build_schema", build_schema, ("VARCHAR",), "VARCHAR")


def _buildschema(operands: Sequence[Operand]) -> str:
    value = operands[0].sql
    return f"kql_build_schema('[' || coalesce(array_to_string(list({value}), ','), '') || ']')"


FUNCTIONS = (
    *_spread("stdev", "stddev_samp"),
    *_spread("stdevp", "stddev_pop"),
    *_spread("variance", "var_samp"),
    *_spread("variancep", "var_pop"),
    *_joint("covariance", "covar_samp"),
    *_joint("covariancep", "covar_pop"),
    aggregate(
        "percentile", ("any", "any"), "real", "", named("percentile"), columns=_percentiles, note="exact, nearest rank"
    ),
    aggregate(
        "percentiles",
        ("any", "any"),
        "real",
        "",
        named("percentile"),
        variadic=True,
        columns=_percentiles,
        note="exact, nearest rank",
    ),
    aggregate(
        "percentiles_array",
        ("any", "any"),
        "dynamic",
        "",
        named("percentiles"),
        variadic=True,
        columns=_percentiles_array,
        note="exact, nearest rank",
    ),
    aggregate(
        "percentilew", ("any", "any", "any"), "real", "", named("percentile"), columns=_weighted, python=(PERCENTILE,)
    ),
    aggregate(
        "percentilesw",
        ("any", "any", "any"),
        "real",
        "",
        named("percentile"),
        variadic=True,
        columns=_weighted,
        python=(PERCENTILE,),
    ),
    aggregate(
        "percentilesw_array",
        ("any", "any", "any"),
        "dynamic",
        "",
        named("percentiles"),
        variadic=True,
        columns=_weighted_array,
        python=(PERCENTILE,),
    ),
    aggregate(
        "tdigest", ("any", "any"), "dynamic", _tdigest, named("tdigest"), required=1, note="holds the values themselves"
    ),
    aggregate(
        "tdigest_merge",
        ("dynamic",),
        "dynamic",
        _tdigest_merge,
        named("merge_tdigests"),
        aliases=("merge_tdigest",),
        note="holds the values themselves",
    ),
    aggregate("buildschema", ("dynamic",), "dynamic", _buildschema, named("schema"), python=(SCHEMA,)),
    scalar(
        "percentile_tdigest",
        ("dynamic", "real", "string"),
        "dynamic",
        "",
        required=2,
        build=_percentile_tdigest,
        python=(PERCENTILE,),
    ),
    scalar(
        "percentrank_tdigest",
        ("dynamic", "real"),
        "real",
        "(100e0 * kql_digest_rank({0}, {1}) / nullif(kql_digest_rank({0}, 'inf'::DOUBLE), 0))",
        python=(RANK,),
    ),
    scalar("rank_tdigest", ("dynamic", "real"), "real", "kql_digest_rank({0}, {1})", python=(RANK,)),
    scalar("dcount_hll", ("dynamic",), "long", "CAST(json_array_length({0}) AS BIGINT)"),
)
