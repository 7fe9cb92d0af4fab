"""What a result column is called where the text does not say, and how names are kept apart.

The rules are those of Microsoft's language service, which the corpus's `columns` were made with: `tostring(a.b)` is
`a_b`, `bin(x, 1h)` is `x`, `strcat(x)` is `Column1`, a second `x` is `x1`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from dashboard.kql import syntax as s


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# The column is called like the first argument.
_FIRST_ARGUMENT = _words("""split tostring tohex todynamic toobject tolong toint toreal todouble todatetime totimespan totime tobool toboolean
    todecimal toguid parse_csv parsejson parse_json parse_xml format_datetime format_timespan startofday bin floor bin_at
    bin_auto binary_and binary_or binary_xor binary_not binary_shift_right binary_shift_left bitset_count_ones series_fir
    series_outliers series_iir series_fill_backward series_fill_forward series_fill_const series_fill_linear round ceiling
    pow sqrt log log2 log10 exp exp2 exp10 cos sin tan acos asin atan atan2 abs rand gamma loggamma erf erfc format_bytes
    binary_all_or binary_all_and binary_all_xor take_anyif""")
# The column is called `<prefix>_<first argument>`.
_PREFIXED = {
    name: name
    for name in _words("""strlen string_size percentile_tdigest dcount_hll gettype sum sumif cnt count countif dcount dcountif
    tdigest hll hll_if hll_merge min minif max maxif avg avgif count_distinct count_distinctif stdev stdevif stdevp variance
    varianceif variancep variancepif covariance covarianceif covariancep covariancepif any anyif""")
} | {
    "tdigest_merge": "merge_tdigests", "merge_tdigest": "merge_tdigests", "makelist": "list", "make_list": "list",
    "make_list_if": "list", "make_list_with_nulls": "list", "makeset": "set", "make_set": "set", "make_set_if": "set",
    "make_dictionary": "dictionary", "make_bag": "bag", "make_bag_if": "bag", "buildschema": "schema",
}  # fmt: skip
_ONLY_ARGUMENT = frozenset(("make_datetime", "make_timespan"))

# A conversion of a column to the type it has already stands for the column itself.
CONVERSIONS = {
    "tobool": "bool", "toboolean": "bool", "todatetime": "datetime", "todecimal": "decimal", "todouble": "real",
    "toreal": "real", "todynamic": "dynamic", "toguid": "guid", "toint": "int", "tolong": "long", "tostring": "string",
    "totime": "timespan", "totimespan": "timespan",
}  # fmt: skip


def result_name(node: s.Expression, columns: Iterable[str] = ()) -> str | None:
    """The name an expression gives its column; None where it gives none (`Column1`, `print_0` … then)."""
    if isinstance(node, s.Name):
        return node.name
    if isinstance(node, s.Member):
        return _joined(result_name(node.target), node.name)
    if isinstance(node, s.Index):
        return _joined(result_name(node.target), _index_name(node.index))
    if isinstance(node, s.Named):
        return node.names[0]
    if isinstance(node, s.Ordered):
        return result_name(node.value)
    if isinstance(node, s.Call):
        return _call_name(node, columns)
    return None


def _call_name(call: s.Call, columns: Iterable[str]) -> str | None:
    first = call.arguments[0] if call.arguments else None
    if call.name in _FIRST_ARGUMENT or (call.name in _ONLY_ARGUMENT and len(call.arguments) == 1):
        return result_name(first) if first is not None else None
    prefix = _PREFIXED.get(call.name)
    if prefix is not None:
        return f"{prefix}_{(result_name(first) or '') if first is not None else ''}"
    if call.name in ("column_ifexists", "columnifexists") and isinstance(first, s.Literal):
        return first.value if first.value in columns else None
    if call.name == "ingestion_time":
        return "$IngestionTime"
    return None


def _index_name(index: s.Expression) -> str | None:
    if isinstance(index, s.Literal) and index.type in ("string", "int", "long"):
        return str(index.value)
    return result_name(index)


def _joined(left: str | None, right: str | None) -> str | None:
    if left in ("$left", "$right"):
        return right
    return f"{left}_{right or ''}" if left else right


class NameTable:
    """Hands out names that are not yet taken: a second `x` becomes `x1`, then `x2`."""

    __slots__ = ("_last", "_taken")

    def __init__(self, taken: Collection[str] = ()) -> None:
        self._taken = taken
        self._last: dict[str, int] = {}

    def add(self, name: str) -> str:
        """The name itself, or the name with the first free number behind it."""
        if name not in self._last and name not in self._taken:
            self._last[name] = 0
            return name
        number = self._last.get(name, 0) + 1
        while f"{name}{number}" in self._last or f"{name}{number}" in self._taken:
            number += 1
        self._last[name] = number
        self._last[f"{name}{number}"] = 0
        return f"{name}{number}"


def unique_names(names: Iterable[str]) -> list[str]:
    """The names of joined sides: every first `x` keeps its name, further ones get numbers that nobody else has."""
    listed = list(names)
    table = NameTable(set(listed))
    seen: set[str] = set()
    result = []
    for name in listed:
        result.append(table.add(name) if name in seen else name)
        seen.add(name)
    return result
