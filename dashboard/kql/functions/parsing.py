"""Texts with a form of their own: URLs, paths, user agents, command lines, CSV, XML, versions."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import cache, partial
from typing import Any
from urllib.parse import unquote_plus

from dashboard.kql.functions.conversions import type_named
from dashboard.kql.functions.convert import convert
from dashboard.kql.functions.dynamic_access import parse_json
from dashboard.kql.functions.literals import json_step, json_text, literal
from dashboard.kql.functions.registry import Context, FunctionRefused, JsonPath, Operand, PythonFunction, ScalarFunction

function = partial(ScalarFunction, family="parsing")

JSON_PATH = re.compile(r"\$(?:\.[^.\[\]'\"*]+|\.\"[^\"]*\"|\[-?\d+\]|\.?\['[^']*'\]|\[\"[^\"]*\"\])*\Z")
MAX_XML = 1_000_000
MAX_XML_DEPTH = 100


def parse_url(value: str) -> str:
    """A URL's parts as a bag."""
    match = re.match(
        r"^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://(?:([^:@/?#]*)(?::([^@/?#]*))?@)?(\[[^\]]*\]|[^:/?#]*)(?::(\d*))?)?([^?#]*)"
        r"(?:\?([^#]*))?(?:#(.*))?$",
        value,
        re.S,
    )
    parts = match.groups() if match else (None,) * 8
    scheme, user, password, host, port, path, query, fragment = (part or "" for part in parts)
    return json_text(
        {
            "Scheme": scheme,
            "Host": host,
            "Port": port,
            "Path": path,
            "Username": user,
            "Password": password,
            "Query Parameters": query_bag(query, unquote_plus),
            "Fragment": fragment,
        }
    )


def query_bag(query: str, decode: Callable[[str], str]) -> dict[str, str]:
    """The parameters of a URL's query."""
    bag: dict[str, str] = {}
    for pair in query.lstrip("?").split("&"):
        if pair:
            key, _, value = pair.partition("=")
            bag[decode(key)] = decode(value)
    return bag


def parse_urlquery(value: str) -> str:
    """The parameters of a URL's query as a bag."""
    return json_text({"Query Parameters": query_bag(value, unquote_plus)})


def parse_path(value: str) -> str:
    """A file path's parts as a bag."""
    scheme = ""
    rest = value
    match = re.match(r"^([A-Za-z][A-Za-z0-9+.-]+)://", value)
    if match:
        scheme, rest = match[1], value[match.end() :]
    rest, _, stream = rest.partition(":") if scheme == "" and re.match(r"^[^\\/:]{2,}:", rest) else (rest, "", "")
    drive = re.match(r"^[A-Za-z]:", rest)
    if drive:
        tail = rest[2:]
        name_at = max(tail.rfind("\\"), tail.rfind("/"))
        if ":" in tail[name_at + 1 :]:
            head, _, stream = tail[name_at + 1 :].partition(":")
            rest = rest[:2] + tail[: name_at + 1] + head
    cut = max(rest.rfind("\\"), rest.rfind("/"))
    directory, name = (rest[:cut], rest[cut + 1 :]) if cut >= 0 else ("", rest)
    parent = directory[max(directory.rfind("\\"), directory.rfind("/")) + 1 :]
    root = re.match(r"^(?:[A-Za-z]:|[\\/]{1,2}[^\\/]*|)", rest)
    extension = name.rsplit(".", 1)[1] if "." in name[1:] else ""
    return json_text(
        {
            "Scheme": scheme,
            "RootPath": (drive[0] if drive else "") if root else "",
            "DirectoryPath": directory,
            "DirectoryName": parent,
            "Filename": name,
            "Extension": extension,
            "AlternateDataStreamName": stream,
        }
    )


def parse_command_line(value: str, kind: str) -> str | None:
    """A Windows command line's arguments as an array: quotes hold an argument together, backslashes before a quote
    count in pairs."""
    if kind.lower() != "windows" or not value.strip():
        return None
    arguments: list[str] = []
    current: list[str] = []
    quoted = started = False
    at = 0
    while at < len(value):
        character = value[at]
        if character == "\\":
            end = at
            while end < len(value) and value[end] == "\\":
                end += 1
            count = end - at
            at = end
            if end < len(value) and value[end] == '"':
                current.append("\\" * (count // 2))
                started = True
                if count % 2:
                    current.append('"')
                    at += 1
            else:
                current.append("\\" * count)
                started = True
            continue
        at += 1
        if character == '"':
            quoted, started = not quoted, True
        elif character in " \t" and not quoted:
            if started:
                arguments.append("".join(current))
                current, started = [], False
        else:
            current.append(character)
            started = True
    if started:
        arguments.append("".join(current))
    return json_text(arguments)


def parse_csv(value: str) -> str:
    """The first record of a CSV text as an array of strings."""
    import csv
    import io

    if not value:
        return '[""]'
    csv.field_size_limit(10_000_000)
    try:
        return json_text(next(csv.reader(io.StringIO(value)), [""]))
    except csv.Error:
        return json_text([value])


def parse_xml(value: str) -> str | None:
    """An XML text as a bag: elements by name, attributes as `@name`, text as `#text`; null where it is no XML."""
    from xml.etree import ElementTree

    # Entities can unfold without end; log data has no use for them.
    if len(value) > MAX_XML or "<!DOCTYPE" in value or "<!ENTITY" in value:
        return None
    try:
        root = ElementTree.fromstring(value.strip())  # noqa: S314 (no entities, limited size)
        return json_text({_xml_name(root.tag): _xml_value(root, 0)})
    except (ElementTree.ParseError, RecursionError, ValueError):
        return None


def _xml_name(tag: str) -> str:
    return tag.rsplit("}", 1)[-1]


def _xml_value(element: Any, depth: int) -> Any:
    if depth > MAX_XML_DEPTH:
        raise ValueError("too deep")
    bag: dict[str, Any] = {f"@{_xml_name(key)}": value for key, value in element.attrib.items()}
    for child in element:
        name, value = _xml_name(child.tag), _xml_value(child, depth + 1)
        if name in bag:
            if not isinstance(bag[name], list):
                bag[name] = [bag[name]]
            bag[name].append(value)
        else:
            bag[name] = value
    content = (element.text or "").strip()
    if not bag:
        return content or None
    if content:
        bag["#text"] = content
    return bag


def parse_version(value: str) -> Decimal | None:
    """A version of up to four parts as one number that orders as versions do."""
    parts = value.strip().split(".")
    if not 1 <= len(parts) <= 4 or not all(part.isdigit() and len(part) <= 8 for part in parts):
        return None
    return Decimal(sum(int(part) * 10 ** (24 - 8 * i) for i, part in enumerate(parts)))


def parse_user_agent(value: str, wanted: str) -> str:
    """A user agent's browser, operating system and device, by the rules of the uap-core project, which the service reads
    as well."""
    asked = json.loads(wanted)
    parts = {str(part).lower() for part in (asked if isinstance(asked, list) else [asked])}
    parser = _user_agents()
    result: dict[str, Any] = {}
    if "browser" in parts:
        browser = parser.parse_user_agent(value)
        names = ("family", "major", "minor", "patch")
        family, *versions = (getattr(browser, name, None) or "" for name in names)
        result["Browser"] = dict(
            zip(("Family", "MajorVersion", "MinorVersion", "Patch"), (family or "Other", *versions), strict=True)
        )
    if "os" in parts:
        system = parser.parse_os(value)
        family, *versions = (
            getattr(system, name, None) or "" for name in ("family", "major", "minor", "patch", "patch_minor")
        )
        result["OperatingSystem"] = dict(
            zip(
                ("Family", "MajorVersion", "MinorVersion", "Patch", "PatchMinor"),
                (family or "Other", *versions),
                strict=True,
            )
        )
    if "device" in parts:
        device = parser.parse_device(value)
        family, brand, model = (getattr(device, name, None) or "" for name in ("family", "brand", "model"))
        result["Device"] = {"Family": family or "Other", "Brand": brand, "Model": model}
    return json_text(result)


@cache
def _user_agents() -> Any:
    import ua_parser
    from ua_parser.caching import S3Fifo

    # The resolver of ua-parser-rs takes linear time; Python's own regular expressions would not, and logs are hostile.
    if ua_parser.RegexResolver is None:
        raise RuntimeError("ua-parser-rs is not installed")
    resolver = ua_parser.RegexResolver(ua_parser.load_lazy_builtins())
    return ua_parser.Parser(ua_parser.CachingResolver(resolver, S3Fifo(4096)))


def _python(
    name: str, call: Callable[..., Any], parameters: tuple[str, ...], kind: str, note: str = ""
) -> ScalarFunction:
    arguments = ", ".join(f"{{{i}}}" for i in range(len(parameters)))
    held = {"decimal": "DECIMAL(38, 0)"}.get(kind, "VARCHAR")
    sql = f"kql_{name}({arguments})"
    registered = PythonFunction(f"kql_{name}", call, ("VARCHAR",) * len(parameters), held)
    sql = f"coalesce({sql}, '')" if kind == "string" else sql
    aliases = {"parse_url": ("parseurl",)}.get(name, ())
    return function(name, parameters, kind, sql, python=(registered,), note=note, aliases=aliases)  # type: ignore[arg-type]


def _extract_json(operands: Sequence[Operand], context: Context) -> Operand:
    path, source = operands[0], operands[1]
    if not isinstance(path.constant, str) or not path.constant.startswith("$"):
        raise FunctionRefused("The path of extract_json() must be a constant that begins with $.", "unsupported")
    if not JSON_PATH.match(path.constant):
        # A path that cannot be read finds nothing.
        return literal(None, type_named(str(operands[2].constant)) if len(operands) > 2 else "string")
    steps = re.findall(r"\.\"?([^.\[\]\"]+)\"?|\[(-?\d+)\]|\['([^']*)'\]|\[\"([^\"]*)\"\]", path.constant)
    plain = "$" + "".join(
        json_step(int(index) if index else name or single or double) for name, index, single, double in steps
    )
    base = parse_json(convert(source, "string"))
    found = Operand(
        "",
        "dynamic",
        json=JsonPath(base.json.text if base.json else base.sql, plain, False),
        guardable=source.guardable,
    )
    kind = type_named(str(operands[2].constant)) if len(operands) > 2 else "string"
    return convert(found, kind if kind != "dynamic" else "string")


FUNCTIONS = (
    _python("parse_url", parse_url, ("string",), "dynamic"),
    _python("parse_urlquery", parse_urlquery, ("string",), "dynamic"),
    _python("parse_path", parse_path, ("string",), "dynamic"),
    _python("parse_command_line", parse_command_line, ("string", "string"), "dynamic"),
    _python("parse_csv", parse_csv, ("string",), "dynamic"),
    _python("parse_xml", parse_xml, ("string",), "dynamic", "no document type declarations"),
    _python("parse_version", parse_version, ("string",), "decimal", "as a real of 16 digits"),
    _python("parse_user_agent", parse_user_agent, ("string", "dynamic"), "dynamic"),
    function(
        "extract_json",
        ("string", "any", "string"),
        "string",
        "",
        required=2,
        aliases=("extractjson",),
        build=_extract_json,
    ),
)
