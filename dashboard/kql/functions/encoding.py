"""Hashes, Base64, URL escapes, code points, identifiers."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from functools import partial
from urllib.parse import quote

from dashboard.kql.functions.convert import convert, to_string
from dashboard.kql.functions.literals import literal, once
from dashboard.kql.functions.registry import Context, FunctionRefused, Operand, PythonFunction, ScalarFunction
from dashboard.kql.functions.strings import strings_of

function = partial(ScalarFunction, family="encoding")


def _decoded(sql: str) -> str:
    """Text of Base64; anything that is no Base64 or no UTF-8 gives an empty string."""
    return f"coalesce(TRY(decode(from_base64({sql}))), '')"


def _base64_decode(operands: Sequence[Operand]) -> str:
    if not operands[0].guardable:
        return f"kql_base64_text({operands[0].sql})"
    return _decoded(operands[0].sql)


def base64_text(value: str) -> str:
    """The text in Base64, empty where it is none."""
    import base64
    import binascii

    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def base64_bytes(value: str) -> str | None:
    """The bytes in Base64 as a JSON array of numbers."""
    import base64
    import binascii

    try:
        return str(list(base64.b64decode(value, validate=True))).replace(" ", "")
    except binascii.Error:
        return None


def base64_guid(value: str) -> str | None:
    """The guid in Base64 of its sixteen bytes."""
    import base64
    import binascii

    try:
        return str(uuid.UUID(bytes_le=base64.b64decode(value, validate=True)))
    except (binascii.Error, ValueError):
        return None


def guid_base64(value: str) -> str:
    """Base64 of a guid's sixteen bytes."""
    import base64

    return base64.b64encode(uuid.UUID(value).bytes_le).decode()


def gzip_decompressed(value: str) -> str:
    """The text in Base64 of gzip; limited, since little data can unfold to much."""
    import base64
    import binascii
    import zlib

    limit = 10_000_000
    try:
        unpacked = zlib.decompressobj(47).decompress(base64.b64decode(value), limit)
        return unpacked.decode()
    except (binascii.Error, zlib.error, UnicodeDecodeError):
        return ""


def url_encoded(value: str) -> str:
    """A text with form escapes: `+` for blanks, lower-case digits."""
    escaped = quote(value, safe="!*()-_. ").replace("~", "%7e").replace(" ", "+")
    return re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), escaped)


def url_component(value: str) -> str:
    """A text with all escapes a part of a URL needs, lower-case digits."""
    return re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), quote(value, safe="-_.~"))


def xxhash_text(value: str) -> int:
    """hash() of a string: the xxHash of its UTF-8 bytes."""
    return xxhash64(value.encode())


def xxhash_number(value: int) -> int:
    """hash() of a long, a timespan, or a datetime (as ticks): the xxHash of its eight bytes."""
    return xxhash64(value.to_bytes(8, "little", signed=True))


def xxhash64(data: bytes) -> int:
    """The 64-bit xxHash, as a signed number."""
    mask = 2**64 - 1
    p1, p2, p3, p4, p5 = (
        11400714785074694791, 14029467366897019727, 1609587929392839161, 9650029242287828579, 2870177450012600261,
    )  # fmt: skip

    def rotate(x: int, bits: int) -> int:
        return ((x << bits) | (x >> (64 - bits))) & mask

    def mix(accumulator: int, lane: int) -> int:
        return (rotate((accumulator + lane * p2) & mask, 31) * p1) & mask

    length, at = len(data), 0
    if length >= 32:
        lanes = [(p1 + p2) & mask, p2, 0, (-p1) & mask]
        while at + 32 <= length:
            lanes = [mix(v, int.from_bytes(data[at + 8 * i : at + 8 * i + 8], "little")) for i, v in enumerate(lanes)]
            at += 32
        h = sum(rotate(v, bits) for v, bits in zip(lanes, (1, 7, 12, 18), strict=True)) & mask
        for v in lanes:
            h = ((h ^ mix(0, v)) * p1 + p4) & mask
    else:
        h = p5
    h = (h + length) & mask
    while at + 8 <= length:
        h = (rotate(h ^ mix(0, int.from_bytes(data[at : at + 8], "little")), 27) * p1 + p4) & mask
        at += 8
    if at + 4 <= length:
        h = (rotate(h ^ (int.from_bytes(data[at : at + 4], "little") * p1) & mask, 23) * p2 + p3) & mask
        at += 4
    for byte in data[at:]:
        h = (rotate(h ^ (byte * p5) & mask, 11) * p1) & mask
    h = ((h ^ (h >> 33)) * p2) & mask
    h = ((h ^ (h >> 29)) * p3) & mask
    h ^= h >> 32
    return h - 2**64 if h >= 2**63 else h


def _hashed(operand: Operand) -> str:
    if operand.type in ("string", "guid", "dynamic"):
        return f"kql_xxhash_text({to_string(operand)})"
    if operand.type in ("long", "int", "timespan", "datetime"):
        return f"kql_xxhash_number({convert(operand, 'long').sql})"
    raise FunctionRefused(f"hash() of a {operand.type} is not supported.", "unsupported")


def _hash(operands: Sequence[Operand]) -> str:
    value = _hashed(operands[0])
    if len(operands) == 1:
        return value
    return once(value, lambda it: f"(({it} % {operands[1].sql}) + {operands[1].sql}) % {operands[1].sql}")


def _new_guid(operands: Sequence[Operand]) -> str:
    return "CAST(uuid() AS VARCHAR)"


def _codepoints(operands: Sequence[Operand]) -> str:
    return (
        f"CAST(to_json(list_transform(string_split({operands[0].sql}, ''), lambda kql_c: unicode(kql_c))) AS VARCHAR)"
    )


def _from_codepoints(operands: Sequence[Operand]) -> str:
    parts = [
        f"array_to_string(list_transform({strings_of(o)}, lambda kql_c: chr(CAST(kql_c AS INTEGER))), '')"
        if o.type == "dynamic"
        else f"chr(CAST({o.sql} AS INTEGER))"
        for o in operands
    ]
    return f"concat({', '.join(parts)})"


def _session(name: str, default: str) -> ScalarFunction:
    def build(operands: Sequence[Operand], context: Context) -> Operand:
        return literal(context.values.get(name, default), "string")

    return function(name, (), "string", "", build=build)


def _text_function(name: str, call: object, returns: str, kind: str) -> ScalarFunction:
    registered = PythonFunction(f"kql_{name}", call, ("VARCHAR",), returns)  # type: ignore[arg-type]
    sql = f"kql_{name}({{0}})" if kind != "string" else f"coalesce(kql_{name}({{0}}), '')"
    return function(name, ("string",), kind, sql, python=(registered,))  # type: ignore[arg-type]


BASE64 = PythonFunction("kql_base64_text", base64_text, ("VARCHAR",), "VARCHAR")
XXHASH = (
    PythonFunction("kql_xxhash_text", xxhash_text, ("VARCHAR",), "BIGINT"),
    PythonFunction("kql_xxhash_number", xxhash_number, ("BIGINT",), "BIGINT"),
)


def punycode_domain(value: str) -> str:
    """A domain with each label that is not ASCII in Punycode; ideographic stops separate labels, too."""
    labels = re.split("[.\u3002\uff0e\uff61]", value)
    if value.isascii():
        return value
    return ".".join(label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii") for label in labels)


FUNCTIONS = (
    function("punycode_domain_to_string", ("string",), "string", "coalesce(kql_punycode_domain({0}), '')",
             python=(PythonFunction("kql_punycode_domain", punycode_domain, ("VARCHAR",), "VARCHAR"),)),
    function("hash_md5", ("any",), "string", lambda o: f"md5({to_string(o[0])})"),
    function("hash_sha1", ("any",), "string", lambda o: f"sha1({to_string(o[0])})"),
    function("hash_sha256", ("any",), "string", lambda o: f"sha256({to_string(o[0])})"),
    function("hash", ("any", "long"), "long", _hash, required=1, aliases=("hash_xxhash64",), python=XXHASH, note="strings, whole numbers and times"),
    function("base64_encode_tostring", ("string",), "string", "to_base64(encode({0}))", aliases=("base64_encodestring",)),
    function("base64_decode_tostring", ("string",), "string", _base64_decode, aliases=("base64_decodestring",), python=(BASE64,)),
    _text_function("base64_decode_toarray", base64_bytes, "VARCHAR", "dynamic"),
    _text_function("base64_decode_toguid", base64_guid, "VARCHAR", "guid"),
    _text_function("gzip_decompress_from_base64_string", gzip_decompressed, "VARCHAR", "string"),
    function("base64_encode_fromguid", ("guid",), "string", "coalesce(kql_guid_base64({0}), '')",
             python=(PythonFunction("kql_guid_base64", guid_base64, ("VARCHAR",), "VARCHAR"),)),
    function("base64_encode_fromarray", ("dynamic",), "string",
             lambda o: f"coalesce(to_base64(unhex(array_to_string(list_transform({strings_of(o[0])}, lambda kql_b: "
             "printf('%02X', CAST(kql_b AS INTEGER))), ''))), '')"),
    _text_function("url_encode", url_encoded, "VARCHAR", "string"),
    _text_function("url_encode_component", url_component, "VARCHAR", "string"),
    function("url_decode", ("string",), "string", "url_decode({0})"),
    function("unicode_codepoints_from_string", ("string",), "dynamic", _codepoints, aliases=("to_utf8",)),
    function("unicode_codepoints_to_string", ("any",), "string", _from_codepoints, required=1, variadic=True, aliases=("make_string",)),
    function("new_guid", (), "guid", _new_guid, volatile=True),
    _text_function("zlib_decompress_from_base64_string", gzip_decompressed, "VARCHAR", "string"),
    _session("current_principal", "aaduser=local"),
    _session("current_principal_details", "local"),
    _session("current_database", "local"),
    _session("current_cluster_endpoint", "local"),
    _session("current_user", "local"),
)  # fmt: skip
