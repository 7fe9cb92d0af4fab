"""IPv4 and IPv6 addresses. IPv4 is computed in SQL; IPv6 in Python, registered by the engine."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from dashboard.kql.functions.convert import convert
from dashboard.kql.functions.literals import once, text
from dashboard.kql.functions.registry import Context, Operand, PythonFunction, ScalarFunction
from dashboard.kql.functions.string_operators import quote
from dashboard.kql.functions.strings import strings_of

function = partial(ScalarFunction, family="network")

OCTETS = r"'^\s*(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:/(\d{1,2}))?\s*$'"
PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")


def parsed(address: str) -> str:
    """The SQL of a struct: n the address as a number, p its prefix length (32 where it names none); NULL where the text
    is no address."""
    part = ", ".join(f"TRY_CAST(kql_o.{name} AS BIGINT)" for name in "abcd")
    number = " + ".join(f"TRY_CAST(kql_o.{name} AS BIGINT) * {256 ** (3 - i)}" for i, name in enumerate("abcd"))
    prefix = "coalesce(TRY_CAST(kql_o.m AS BIGINT), 32)"
    return (
        f"list_extract(list_transform([regexp_extract({address}, {OCTETS}, ['a', 'b', 'c', 'd', 'm'])], lambda kql_o: "
        f"CASE WHEN greatest({part}) <= 255 AND kql_o.a <> '' AND {prefix} <= 32 "
        f"THEN {{'n': {number}, 'p': {prefix}}} END), 1)"
    )


def masked(number: str, prefix: str) -> str:
    """A number without the bits behind its prefix."""
    return f"({number} - {number} % (1::BIGINT << (32 - {prefix})))"


def _bounds(network: str) -> tuple[int, int] | None:
    try:
        found = ipaddress.IPv4Network(network.strip(), strict=False)
    except ValueError:
        return None
    return int(found.network_address), int(found.broadcast_address)


def _is_private(operands: Sequence[Operand]) -> str:
    tests = " OR ".join("{{0}}.n BETWEEN {} AND {}".format(*(_bounds(network) or ())) for network in PRIVATE)
    return once(parsed(operands[0].sql), lambda it: f"CASE WHEN {it} IS NOT NULL THEN {tests.replace('{0}', it)} END")


def _in_range_test(it: str, network: Operand) -> str:
    if isinstance(network.constant, str):
        bounds = _bounds(network.constant)
        return f"({it}.n BETWEEN {bounds[0]} AND {bounds[1]})" if bounds else "NULL::BOOLEAN"
    return once(parsed(network.sql), lambda net: f"{masked(f'{it}.n', f'{net}.p')} = {masked(f'{net}.n', f'{net}.p')}")


def _is_in_range(operands: Sequence[Operand]) -> str:
    address, network = operands
    return once(parsed(address.sql), lambda it: f"CASE WHEN {it} IS NOT NULL THEN {_in_range_test(it, network)} END")


def _is_in_any_range(operands: Sequence[Operand]) -> str:
    address, networks = operands[0], operands[1:]

    def test(it: str) -> str:
        tests = []
        for network in networks:
            if network.is_constant and network.type == "dynamic":
                tests += [_in_range_test(it, Operand("", "string", str(entry))) for entry in network.constant or ()]
            elif network.type == "dynamic":
                inner = _in_range_test(it, Operand("kql_net", "string"))
                tests.append(f"list_bool_or(list_transform({strings_of(network)}, lambda kql_net: {inner}))")
            else:
                tests.append(_in_range_test(it, convert(network, "string")))
        found = " OR ".join(f"coalesce({test}, FALSE)" for test in tests) or "FALSE"
        return f"CASE WHEN {it} IS NOT NULL THEN ({found}) END"

    return once(parsed(convert(address, "string").sql), test)


def _compared(operands: Sequence[Operand], template: str) -> str:
    """A comparison of two addresses by their common prefix."""
    left, right = operands[:2]
    prefix = f", {operands[2].sql}" if len(operands) > 2 else ""

    def compare(it: str) -> str:
        common = f"least({it}.a.p, {it}.b.p{prefix})"
        return f"CASE WHEN {it}.a IS NOT NULL AND {it}.b IS NOT NULL THEN " + template.format(
            masked(f"{it}.a.n", common), masked(f"{it}.b.n", common)
        ) + " END"  # fmt: skip

    return once(f"{{'a': {parsed(left.sql)}, 'b': {parsed(right.sql)}}}", compare)


def _is_match(operands: Sequence[Operand]) -> str:
    return _compared(operands, "({0} = {1})")


def _compare(operands: Sequence[Operand]) -> str:
    return _compared(operands, "CAST(sign({0} - {1}) AS BIGINT)")


def _parse(operands: Sequence[Operand], context: Context) -> Operand:
    source = operands[0]
    if source.type in ("int", "long"):
        return convert(source, "long")
    sql = once(parsed(convert(source, "string").sql), lambda it: masked(f"{it}.n", f"{it}.p"))
    return Operand(sql, "long")


def _parse_mask(operands: Sequence[Operand]) -> str:
    address, prefix = operands
    return once(parsed(address.sql), lambda it: masked(f"{it}.n", f"least({it}.p, {prefix.sql})"))


def dotted(number: str) -> str:
    """The text of an address from its number."""
    return once(number, lambda it: f"concat_ws('.', {it} >> 24, ({it} >> 16) & 255, ({it} >> 8) & 255, {it} & 255)")


def _format(with_prefix: bool) -> Callable[[Sequence[Operand]], str]:
    def sql(operands: Sequence[Operand]) -> str:
        source = operands[0]
        entry = (
            f"{{'n': {convert(source, 'long').sql}, 'p': 32::BIGINT}}"
            if source.type in ("int", "long")
            else parsed(convert(source, "string").sql)
        )
        limit = f", {operands[1].sql}" if len(operands) > 1 else ""

        def shown(it: str) -> str:
            prefix = f"least({it}.p{limit})"
            address = dotted(masked(f"{it}.n", prefix))
            tail = f" || '/' || {prefix}" if with_prefix else ""
            valid = f"{it}.n BETWEEN 0 AND 4294967295 AND {prefix} BETWEEN 0 AND 32"
            return f"CASE WHEN {valid} THEN {address}{tail} ELSE '' END"

        return f"coalesce({once(entry, shown)}, '')"

    return sql


def _netmask_suffix(operands: Sequence[Operand]) -> str:
    return once(parsed(operands[0].sql), lambda it: f"{it}.p")


BEFORE, AFTER = "(?:^|[^0-9A-Za-z.])", "(?:[^0-9A-Za-z.]|\\.(?:[^0-9]|$)|$)"


OCTET = "(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"


def _search_pattern(address: str, prefix: bool) -> str | None:
    """The pattern that finds an address, or any that begins with its first parts; None where it is no address."""
    octets = address.strip().rstrip(".").split(".")
    if not all(octet.isdigit() and int(octet) <= 255 for octet in octets):
        return None
    if prefix and address.endswith(".") and len(octets) <= 3:
        return quote(".".join(octets)) + f"(?:\\.{OCTET}){{{4 - len(octets)}}}"
    return quote(".".join(octets)) if len(octets) == 4 else None


def _unknown_test(source: str, address: str, prefix: bool) -> str:
    """The same search for an address or prefix that the data tells."""
    found = f"regexp_matches({source}, {text(BEFORE)} || regexp_escape({address}) || {{}}{text(AFTER)})"
    branches = f"WHEN regexp_full_match({address}, {text(f'(?:{OCTET}[.]){{3}}{OCTET}')}) THEN {found.format('')} "
    if prefix:
        dots = f"length({address}) - length(replace({address}, '.', ''))"
        rest = f"repeat({text(f'{OCTET}[.]')}, 3 - ({dots})) || {text(OCTET)} || "
        branches += f"WHEN regexp_full_match({address}, {text(f'(?:{OCTET}[.]){{1,3}}')}) THEN {found.format(rest)} "
    return f"CASE {branches}ELSE FALSE END"


def _has(prefix: bool) -> Callable[[Sequence[Operand]], str]:
    def sql(operands: Sequence[Operand]) -> str:
        source, tests = operands[0].sql, []
        known: list[str] = []
        for operand in operands[1:]:
            if operand.is_constant:
                value = operand.constant
                known += [str(entry) for entry in value] if isinstance(value, list) else [str(value)]
                continue
            entries = strings_of(operand) if operand.type == "dynamic" else f"[{convert(operand, 'string').sql}]"
            test = _unknown_test(source, "kql_ip", prefix)
            tests.append(f"coalesce(list_bool_or(list_transform({entries}, lambda kql_ip: {test})), FALSE)")
        patterns = [found for found in (_search_pattern(address, prefix) for address in known) if found is not None]
        if patterns:
            tests.append(f"regexp_matches({source}, {text(BEFORE + '(?:' + '|'.join(patterns) + ')' + AFTER)})")
        return f"({' OR '.join(tests)})" if tests else "FALSE"

    return sql


# ---- in Python -----------------------------------------------------------------------------------------------------


def _address(value: str) -> tuple[int, int] | None:
    """An address as a number of 128 bits and its prefix; IPv4 addresses are mapped."""
    head, _, tail = value.strip().partition("/")
    try:
        found = ipaddress.ip_address(head)
        prefix = int(tail) if tail else found.max_prefixlen
        if tail and "." in head and isinstance(found, ipaddress.IPv6Address):
            # `::1.2.3.4/24` counts the bits of its IPv4 part.
            prefix = prefix + 96 if prefix <= 32 else prefix
    except ValueError:
        return None
    if not 0 <= prefix <= found.max_prefixlen:
        return None
    if isinstance(found, ipaddress.IPv4Address):
        return int(found) + (0xFFFF << 32), prefix + 96
    return int(found), prefix


def _cut(number: int, prefix: int) -> int:
    return number >> (128 - prefix) << (128 - prefix)


def parse_ipv6(value: str, prefix: int) -> str | None:
    """The full text of an IPv6 address (IPv4 mapped), cut to a prefix."""
    found = _address(value)
    if found is None:
        return None
    cut = _cut(found[0], min(found[1], prefix))
    return ipaddress.IPv6Address(cut).exploded


def _comparable_address(value: str) -> tuple[int, int] | None:
    """An address for comparing: `::1.2.3.4` counts as IPv4 as well."""
    found = _address(value)
    if found is not None and "." in value and found[0] < 2**32:
        return found[0] + (0xFFFF << 32), found[1]
    return found


def compare_ipv6(left: str, right: str, prefix: int) -> int | None:
    """-1, 0 or 1 for two addresses by their common prefix."""
    a, b = _comparable_address(left), _comparable_address(right)
    if a is None or b is None:
        return None
    common = min(a[1], b[1], prefix)
    first, second = _cut(a[0], common), _cut(b[0], common)
    return (first > second) - (first < second)


def in_ipv6_ranges(value: str, networks: str) -> bool | None:
    """Whether an address lies in one of the networks of a JSON array."""
    found = _comparable_address(value)
    if found is None:
        return None
    for network in json.loads(networks):
        net = _comparable_address(str(network))
        if net is not None and _cut(found[0], net[1]) == _cut(net[0], net[1]):
            return True
    return False


def cidr_list(first: str, last: str) -> str | None:
    """The networks that cover a range of IPv4 addresses, as a JSON array."""
    try:
        low, high = ipaddress.IPv4Address(first), ipaddress.IPv4Address(last)
        return json.dumps([str(net) for net in ipaddress.summarize_address_range(low, high)], separators=(",", ":"))
    except ValueError:
        return None


def _python(name: str, call: Callable[..., Any], arguments: Sequence[str], returns: str) -> tuple[PythonFunction, ...]:
    return (PythonFunction(name, call, tuple(arguments), returns),)


PARSE6 = _python("kql_ipv6", parse_ipv6, ("VARCHAR", "BIGINT"), "VARCHAR")
COMPARE6 = _python("kql_ipv6_compare", compare_ipv6, ("VARCHAR", "VARCHAR", "BIGINT"), "BIGINT")
RANGES6 = _python("kql_ipv6_in_ranges", in_ipv6_ranges, ("VARCHAR", "VARCHAR"), "BOOLEAN")
CIDR = _python("kql_cidr_list", cidr_list, ("VARCHAR", "VARCHAR"), "VARCHAR")


def _ranges6(operands: Sequence[Operand]) -> str:
    parts = []
    for operand in operands[1:]:
        if operand.type == "dynamic":
            parts.append(f"trim({operand.sql}, '[]')")
        else:
            parts.append(f"CAST(to_json({operand.sql}) AS VARCHAR)")
    return f"kql_ipv6_in_ranges({operands[0].sql}, concat('[', concat_ws(',', {', '.join(parts)}), ']'))"


def _compare6(template: str) -> Callable[[Sequence[Operand]], str]:
    def sql(operands: Sequence[Operand]) -> str:
        prefix = operands[2].sql if len(operands) > 2 else "128::BIGINT"
        return template.format(f"kql_ipv6_compare({operands[0].sql}, {operands[1].sql}, {prefix})")

    return sql


FUNCTIONS = (
    function("parse_ipv4", ("any",), "long", "", build=_parse),
    function("parse_ipv4_mask", ("string", "long"), "long", _parse_mask),
    function("ipv4_is_private", ("string",), "bool", _is_private),
    function("ipv4_is_in_range", ("string", "string"), "bool", _is_in_range),
    function("ipv4_is_in_any_range", ("any",), "bool", _is_in_any_range, required=2, variadic=True),
    function("ipv4_is_match", ("string", "string", "long"), "bool", _is_match, required=2),
    function("ipv4_compare", ("string", "string", "long"), "long", _compare, required=2),
    function("ipv4_netmask_suffix", ("string",), "long", _netmask_suffix),
    function("ipv4_range_to_cidr_list", ("string", "string"), "dynamic", "kql_cidr_list({0}, {1})", python=CIDR),
    function("format_ipv4", ("any", "long"), "string", _format(False), required=1),
    function("format_ipv4_mask", ("any", "long"), "string", _format(True), required=1),
    function("has_ipv4", ("string", "string"), "bool", _has(False)),
    function("has_any_ipv4", ("string", "any"), "bool", _has(False), variadic=True),
    function("has_ipv4_prefix", ("string", "string"), "bool", _has(True)),
    function("has_any_ipv4_prefix", ("string", "any"), "bool", _has(True), variadic=True),
    function("parse_ipv6", ("string",), "string", "coalesce(kql_ipv6({0}, 128), '')", python=PARSE6),
    function("parse_ipv6_mask", ("string", "long"), "string", "coalesce(kql_ipv6({0}, {1}), '')", python=PARSE6),
    function(
        "ipv6_is_match", ("string", "string", "long"), "bool", _compare6("({0} = 0)"), required=2, python=COMPARE6
    ),
    function("ipv6_compare", ("string", "string", "long"), "long", _compare6("{0}"), required=2, python=COMPARE6),
    function("ipv6_is_in_range", ("string", "string"), "bool", _ranges6, python=RANGES6),
    function("ipv6_is_in_any_range", ("string", "any"), "bool", _ranges6, variadic=True, python=RANGES6),
)
