"""Numbers: rounding, powers, logarithms, trigonometry, bits, units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from dashboard.kql.functions.convert import convert
from dashboard.kql.functions.literals import once, real
from dashboard.kql.functions.registry import (
    NOT_CONSTANT,
    Context,
    FunctionRefused,
    Operand,
    PythonFunction,
    ScalarFunction,
)

function = partial(ScalarFunction, family="math")


def _real(name: str, template: str, *aliases: str, count: int = 1) -> ScalarFunction:
    """A function of reals. Outside its domain it gives NaN, where DuckDB raises."""
    return function(name, ("real",) * count, "real", template, aliases=aliases)


def _guarded(name: str, template: str, domain: str, outside: str = "'nan'::DOUBLE") -> ScalarFunction:
    def sql(operands: Sequence[Operand]) -> str:
        return once(
            operands[0].sql,
            lambda it: (
                f"CASE WHEN {domain.format(it)} THEN {template.format(it)} WHEN {it} IS NOT NULL THEN {outside.format(it)} END"
            ),
        )

    return function(name, ("real",), "real", sql)


def _round(operands: Sequence[Operand]) -> str:
    value = operands[0]
    digits = f", CAST({operands[1].sql} AS INTEGER)" if len(operands) > 1 else ""
    if value.type in ("int", "long"):
        whole = "INTEGER" if value.type == "int" else "BIGINT"
        return f"CAST(round({value.sql}{digits}) AS {whole})" if digits else value.sql
    # Halves go to the even neighbour.
    return f"round_even({value.sql}{digits or ', 0'})"


def _ceiling(operands: Sequence[Operand]) -> str:
    value = operands[0]
    if value.type in ("int", "long"):
        return value.sql
    return f"CAST(ceil({value.sql}) AS DECIMAL(38, 17))" if value.type == "decimal" else f"ceil({value.sql})"


def _numeric_or_span(operands: Sequence[Operand], context: Context) -> Operand:
    value = operands[0]
    if value.type == "dynamic":
        value = convert(value, "real")
    if value.type not in ("int", "long", "real", "decimal", "timespan"):
        raise FunctionRefused(f"abs() takes a number or a timespan; this is a {value.type}.")
    if value.type == "int":
        value = convert(value, "long")
    return Operand(f"abs({value.sql})", value.type)


def _bits(name: str, template: str) -> ScalarFunction:
    count = 1 if "{1}" not in template else 2
    return function(name, ("long",) * count, "long", template)


def _rand(operands: Sequence[Operand]) -> str:
    return f"floor(random() * {operands[0].sql})" if operands else "random()"


def _format_bytes(operands: Sequence[Operand]) -> str:
    size, digits = operands[0].sql, operands[1].constant if len(operands) > 1 else 0
    unit = operands[2].constant if len(operands) > 2 else ""
    units = ("Bytes", "KB", "MB", "GB", "TB", "PB", "EB")
    if not isinstance(digits, int) or not 0 <= digits <= 30 or (unit and unit not in units) or unit is NOT_CONSTANT:
        raise FunctionRefused(f"format_bytes() takes a constant precision and a unit of {', '.join(units)}.")

    def shown(it: str, power: int) -> str:
        return f"printf('%.{digits}f', {it} / {real(float(1024**power))}) || ' {units[power]}'"

    def formatted(it: str) -> str:
        if unit:
            return f"coalesce({shown(it, units.index(str(unit)))}, '')"
        branches = " ".join(f"WHEN abs({it}) < {1024 ** (i + 1)} THEN {shown(it, i)}" for i in range(len(units) - 1))
        return f"CASE {branches} WHEN {it} IS NULL THEN '' ELSE {shown(it, 6)} END"

    return once(size, formatted)


def _erf(value: float) -> float:
    import math

    return math.erf(value)


def _erfc(value: float) -> float:
    import math

    return math.erfc(value)


def _beta_cdf(x: float, a: float, b: float) -> float | None:
    """The regularised incomplete beta function; NaN where a parameter is not positive, null outside 0 to 1."""
    import math

    if a <= 0 or b <= 0:
        return math.nan
    return _beta_share(x, a, b) if 0 <= x <= 1 else None


def _beta_share(x: float, a: float, b: float) -> float:
    import math

    if x in (0.0, 1.0):
        return x
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _beta_fraction(x, a, b) / a
    return 1 - front * _beta_fraction(1 - x, b, a) / b


def _welch_test(mean1: float, variance1: float, count1: float, mean2: float, variance2: float, count2: float) -> float:
    """The two-sided p-value of Welch's t-test."""
    import math

    if count1 <= 1 or count2 <= 1 or variance1 < 0 or variance2 < 0:
        return math.nan
    spread1, spread2 = variance1 / count1, variance2 / count2
    spread = spread1 + spread2
    if spread == 0:
        return math.nan
    freedom = spread**2 / (spread1**2 / (count1 - 1) + spread2**2 / (count2 - 1))
    squared = (mean1 - mean2) ** 2 / spread
    return _beta_share(freedom / (freedom + squared), freedom / 2, 0.5)


def _beta_fraction(x: float, a: float, b: float) -> float:
    # Lentz's method.
    tiny = 1e-300
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > tiny else tiny)
    result = d
    for m in range(1, 300):
        for numerator in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 + numerator * d
            d = 1 / (d if abs(d) > tiny else tiny)
            c = 1 + numerator / c
            c = c if abs(c) > tiny else tiny
            result *= d * c
        if abs(d * c - 1) < 1e-15:
            break
    return result


def _beta_inv(p: float, a: float, b: float) -> float | None:
    import math

    if a <= 0 or b <= 0:
        return math.nan
    if not 0 <= p <= 1:
        return None
    low, high = 0.0, 1.0
    for _ in range(200):
        middle = (low + high) / 2
        if _beta_share(middle, a, b) < p:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _beta_pdf(x: float, a: float, b: float) -> float:
    import math

    if a <= 0 or b <= 0 or not 0 < x < 1:
        return math.nan
    return math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + (a - 1) * math.log(x) + (b - 1) * math.log1p(-x)
    )


def _python(name: str, call: Callable[..., float | None], count: int) -> ScalarFunction:
    arguments = ", ".join(f"{{{i}}}" for i in range(count))

    def as_text(*values: float) -> str | None:
        result = call(*values)
        return None if result is None else repr(result)

    # A registered function cannot give NaN, a text can.
    registered = PythonFunction(f"kql_{name}", as_text, ("DOUBLE",) * count, "VARCHAR")
    return function(name, ("real",) * count, "real", f"CAST(kql_{name}({arguments}) AS DOUBLE)", python=(registered,))


UNITS = {
    "angle": {"degree": 1.0, "radian": 57.29577951308232, "arcminute": 1 / 60, "arcsecond": 1 / 3600, "grad": 0.9, "turn": 360.0,
              "revolution": 360.0, "mil": 0.05625, "gradian": 0.9},
    "length": {"meter": 1.0, "kilometer": 1000.0, "centimeter": 0.01, "millimeter": 0.001, "mile": 1609.344, "foot": 0.3048,
               "inch": 0.0254, "yard": 0.9144, "nauticalmile": 1852.0, "micrometer": 1e-6, "nanometer": 1e-9},
    "mass": {"kilogram": 1.0, "gram": 0.001, "milligram": 1e-6, "pound": 0.45359237, "ounce": 0.028349523125, "tonne": 1000.0},
    "volume": {"cubicmeter": 1.0, "liter": 0.001, "milliliter": 1e-6, "cubicinch": 1.6387064e-5, "cubicfoot": 0.028316846592, "acrefoot": 1233.48183754752,
               "usgallon": 0.003785411784, "imperialgallon": 0.00454609},
    "speed": {"meterpersecond": 1.0, "kilometerperhour": 1 / 3.6, "mileperhour": 0.44704, "knot": 0.514444444444444,
              "centimeterpersecond": 0.01, "centimeterperhour": 0.01 / 3600, "footpersecond": 0.3048, "metersperhour": 1 / 3600, "meterperhour": 1 / 3600},
    "energy": {"joule": 1.0, "kilojoule": 1000.0, "calorie": 4.184, "kilocalorie": 4184.0, "watthour": 3600.0,
               "kilowatthour": 3.6e6, "britishthermalunit": 1055.05585262, "electronvolt": 1.602176565e-19},
    "force": {"newton": 1.0, "kilonewton": 1000.0, "dyn": 1e-5, "decanewton": 10.0, "poundforce": 4.4482216152605, "kilogramforce": 9.80665},
}  # fmt: skip


def _temperature(operands: Sequence[Operand], context: Context) -> Operand:
    value = operands[0].sql
    units = [str(operand.constant).replace(" ", "").lower() for operand in operands[1:]]
    to_kelvin = {
        "kelvin": "{0}", "degreecelsius": "({0} + 273.15e0)", "degreefahrenheit": "(({0} + 459.67e0) * 5 / 9)",
        "degreerankine": "({0} * 5 / 9)",
    }  # fmt: skip
    from_kelvin = {
        "kelvin": "{0}", "degreecelsius": "({0} - 273.15e0)", "degreefahrenheit": "({0} * 9 / 5 - 459.67e0)",
        "degreerankine": "({0} * 9 / 5)",
    }  # fmt: skip
    if units[0] not in to_kelvin or units[1] not in from_kelvin:
        raise FunctionRefused(f"convert_temperature() takes {', '.join(to_kelvin)} here.", "unsupported")
    return Operand(from_kelvin[units[1]].format(to_kelvin[units[0]].format(value)), "real")


def _conversion(quantity: str) -> ScalarFunction:
    factors = UNITS[quantity]

    def build(operands: Sequence[Operand], context: Context) -> Operand:
        units = [str(operand.constant).replace(" ", "").lower() for operand in operands[1:]]
        for unit in units:
            if unit not in factors:
                raise FunctionRefused(f"convert_{quantity}() does not know the unit '{unit}' here.", "unsupported")
        return Operand(f"({operands[0].sql} * {real(factors[units[0]] / factors[units[1]])})", "real")

    return function(
        f"convert_{quantity}", ("real", "string", "string"), "real", "", build=build, note="the common units"
    )


FUNCTIONS = (
    function("round", ("number", "long"), lambda o: o[0].type, _round, required=1),
    function("ceiling", ("number",), lambda o: o[0].type, _ceiling),
    function("abs", ("any",), "real", "", build=_numeric_or_span),
    function("sign", ("number",), "real", "CAST(sign({0}) AS DOUBLE)"),
    _real("pow", "pow({0}, {1})", count=2),
    _guarded("sqrt", "sqrt({0})", "{0} >= 0"),
    _real("exp", "exp({0})"),
    _real("exp2", "pow(2e0, {0})"),
    _real("exp10", "pow(10e0, {0})"),
    _guarded("log", "ln({0})", "{0} > 0", "CASE WHEN {0} = 0 THEN '-inf'::DOUBLE ELSE 'nan'::DOUBLE END"),
    _guarded("log10", "log10({0})", "{0} > 0", "CASE WHEN {0} = 0 THEN '-inf'::DOUBLE ELSE 'nan'::DOUBLE END"),
    _guarded("log2", "log2({0})", "{0} > 0", "CASE WHEN {0} = 0 THEN '-inf'::DOUBLE ELSE 'nan'::DOUBLE END"),
    _real("sin", "sin({0})"),
    _real("cos", "cos({0})"),
    _real("tan", "tan({0})"),
    _real("cot", "cot({0})"),
    _guarded("asin", "asin({0})", "abs({0}) <= 1"),
    _guarded("acos", "acos({0})", "abs({0}) <= 1"),
    _real("atan", "atan({0})"),
    _real("atan2", "atan2({0}, {1})", count=2),
    _real("degrees", "degrees({0})"),
    _real("radians", "radians({0})"),
    function("pi", (), "real", "pi()"),
    _real("gamma", "gamma({0})"),
    _real("loggamma", "lgamma({0})"),
    _python("erf", _erf, 1),
    _python("erfc", _erfc, 1),
    _python("welch_test", _welch_test, 6),
    _python("beta_cdf", _beta_cdf, 3),
    _python("beta_inv", _beta_inv, 3),
    _python("beta_pdf", _beta_pdf, 3),
    function("isnan", ("real",), "bool", "coalesce(isnan({0}), FALSE)"),
    function("isinf", ("real",), "bool", "coalesce(isinf({0}), FALSE)"),
    function("isfinite", ("real",), "bool", "coalesce(isfinite({0}), FALSE)"),
    function("gcd", ("long", "long"), "long", "gcd({0}, {1})"),
    function("rand", ("long",), "real", _rand, required=0, volatile=True),
    _bits("binary_and", "({0} & {1})"),
    _bits("binary_or", "({0} | {1})"),
    _bits("binary_xor", "xor({0}, {1})"),
    _bits("binary_not", "(~{0})"),
    _bits("binary_shift_left", "CAST(({0}::HUGEINT * pow(2, {1} % 64)::HUGEINT) % 18446744073709551616 AS BIGINT)"),
    _bits("binary_shift_right", "({0} >> ({1} % 64))"),
    _bits("bitset_count_ones", "CAST(bit_count({0}) AS BIGINT)"),
    *(_conversion(quantity) for quantity in UNITS),
    function(
        "convert_temperature", ("real", "string", "string"), "real", "", build=_temperature, note="the common units"
    ),
    function("format_bytes", ("real", "long", "string"), "string", _format_bytes, required=1),
)
