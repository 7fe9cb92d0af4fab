"""Stored functions of local data: those of a workspace that come built in, and the user's, read from a folder of files.

A file is KQL (`.kql`, `.csl`) or the YAML of a parser as Microsoft Sentinel's repositories hold it. KQL comes in three forms:

    .create-or-alter function with (…) Name(a:string, b:int = 1) { body }
    let Name = (a:string, b:int = 1) { body };
    body alone: the file's name is the function's, and a first line `// parameters: a:string, b:int = 1` its parameters
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from dashboard.errors import Place, Problem, WatchbookError
from dashboard.kql.catalog import StoredFunction

_LARGEST = 2_000_000
_HEAD = re.compile(
    r"""\s*(?:\.create(?:-or-alter)?\s+function\s+(?:(?:if\s+not\s+exists|ifnotexists)\s+)?(?:with\s*\((?:"[^"\n]*"|'[^'\n]*'|[^)"'])*+\)\s*)?|let\s+)
    (?:\['(?P<quoted>[^']+)'\]|(?P<name>[A-Za-z_]\w*))\s*(?:=\s*)?\(""",
    re.VERBOSE,
)
_PARAMETERS = re.compile(r"//\s*parameters:\s*(?P<text>.*)", re.IGNORECASE)
_COMMENTS = re.compile(r"(?:\s*//[^\n]*\n)*")

# What Microsoft Sentinel gives for a watchlist: the present state of each item, its fields beside what is known of it.
_GET_WATCHLIST = """
Watchlist
| where WatchlistAlias == watchlistAlias and _DTItemType != 'watchlist'
| summarize arg_max(_DTTimestamp, _DTItemStatus, LastUpdatedTimeUTC, SearchKey, WatchlistItem) by _DTItemId
| where _DTItemStatus != 'Delete'
| project _DTItemId, LastUpdatedTimeUTC, SearchKey, WatchlistItem, ['$fields'] = WatchlistItem
| evaluate bag_unpack(['$fields'], '', 'keep_source')
"""

BUILT_IN: Mapping[str, StoredFunction] = {
    function.name: function
    for function in (
        StoredFunction("_GetWatchlist", "watchlistAlias:string", _GET_WATCHLIST, any_time=True),
        StoredFunction("_GetWatchlistAlias", "", "Watchlist | distinct WatchlistAlias", any_time=True),
    )
}

_ASIM = re.compile(r"(?:_Im_|_ASim_|v?im(?=[A-Z]))\w+")
_UNKNOWN = re.compile(r"function '(\w+)'")
_WHERE = "its .yaml or .kql file in the folder that WATCHBOOK_FUNCTIONS_FOLDER names"


def is_parser(name: str) -> bool:
    """Whether the name is that of an ASIM parser, which a workspace of Microsoft Sentinel has and local data lacks."""
    return _ASIM.fullmatch(name) is not None


def parser_hint(name: str) -> str:
    """What to do where a parser is not there."""
    return f"{name} is an ASIM parser: save {_WHERE}."


def with_hint(problem: Problem) -> Problem:
    """A problem about an unknown name, with what to do where it may be a function of a workspace."""
    unknown = _UNKNOWN.search(problem.message) if problem.code in ("KQ101", "KQ103") else None
    if unknown is None or unknown[1].endswith("_CL"):
        return problem
    if is_parser(unknown[1]):
        return replace(problem, hint=parser_hint(unknown[1]))
    return problem if problem.hint else replace(problem, hint=f"If it is a function of your workspace, save {_WHERE}.")


def stored_functions(folder: Path | None) -> tuple[dict[str, StoredFunction], list[Problem]]:
    """The built-in functions and those of a folder and the folders in it, by name; and what could not be read. A file's function
    hides a built-in one of its name."""
    found = dict(BUILT_IN)
    problems: list[Problem] = []
    for path in _files(folder):
        try:
            found.update({function.name: function for function in read_function(path)})
        except WatchbookError as error:
            problems.extend(error.problems)
    return found, problems


def functions_version(folder: Path | None) -> str:
    """Changes when a file of the folder is added, removed or written."""
    stamps = [path.stat().st_mtime_ns for path in _files(folder)]
    return f"{len(stamps)}-{max(stamps, default=0)}"


def read_function(path: Path) -> list[StoredFunction]:
    """The function of a file, once under each name it has. Raises WatchbookError (EN023) where the file holds none."""
    try:
        if path.stat().st_size > _LARGEST:
            raise _unreadable(path, f"it is larger than {_LARGEST:,} bytes")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, str(error)) from None
    if path.suffix.lower() in (".yaml", ".yml"):
        return _from_yaml(path, text)
    return [_from_kql(path, text)]


def _files(folder: Path | None) -> Iterator[Path]:
    if folder is not None and folder.is_dir():
        suffixes = (".kql", ".csl", ".yaml", ".yml")
        yield from (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in suffixes and path.is_file())


def _from_kql(path: Path, text: str) -> StoredFunction:
    start = _COMMENTS.match(text)
    head = _HEAD.match(text, start.end() if start else 0)
    if head is not None:
        closing = _closing(text, head.end() - 1)
        body = text[closing + 1 :].strip() if closing is not None else ""
        if closing is not None and body.startswith("{"):
            end = _closing(body, 0)
            rest = body[end + 1 :].strip().removesuffix(";").strip() if end is not None else ""
            # `let f = () {…}; f | …` is a body of its own that begins with a let.
            if end is not None and not rest:
                name = head["quoted"] or head["name"]
                return StoredFunction(name, text[head.end() - 1 : closing + 1], body[1:end])
    if re.match(r"\s*\.", text[start.end() if start else 0 :]):
        raise _unreadable(path, "only '.create function' is understood of the commands")
    if not text.strip():
        raise _unreadable(path, "it is empty")
    told = _PARAMETERS.match(text.lstrip())
    return StoredFunction(path.stem, f"({told['text'].strip()})" if told else "", text)


def _closing(text: str, opening: int) -> int | None:
    """Where the bracket that opens at `opening` closes; None where it does not."""
    from dashboard.kql.tokens import tokenize

    pairs = {"(": ")", "{": "}", "[": "]"}
    depth = 0
    tokens = tokenize(text[opening:])
    for word, start in zip(tokens.texts, tokens.starts, strict=True):
        if word in pairs:
            depth += 1
        elif word in pairs.values():
            depth -= 1
            if depth == 0:
                return opening + start
    return None


def _from_yaml(path: Path, text: str) -> list[StoredFunction]:
    import yaml

    try:
        data = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise _unreadable(path, str(error).split("\n", 1)[0]) from None
    data = data if isinstance(data, dict) else {}
    body = data.get("ParserQuery") or data.get("FunctionQuery")
    if not isinstance(body, str):
        raise _unreadable(path, "it has no ParserQuery or FunctionQuery")
    keys = ("FunctionName", "FunctionAlias", "ParserName", "EquivalentBuiltInParser")
    names = dict.fromkeys(str(data[key]) for key in keys if data.get(key)) or {path.stem: None}
    given = data.get("ParserParams") or data.get("FunctionParams") or []
    parameters = f"({', '.join(_parameter(path, item) for item in given)})"
    return [StoredFunction(name, parameters, body) for name in names]


def _parameter(path: Path, item: Any) -> str:
    if not isinstance(item, dict) or not isinstance(item.get("Name"), str):
        raise _unreadable(path, "a parameter has no Name")
    kind = str(item.get("Type", "string"))
    declared = f"{item['Name']}:(*)" if kind.startswith("table") else f"{item['Name']}:{kind}"
    default = item.get("Default")
    if default is None:
        return declared
    if kind == "string":
        return f"{declared} = {json.dumps(str(default))}"
    return f"{declared} = {str(default).lower() if isinstance(default, bool) else default}"


def _unreadable(path: Path, why: str) -> WatchbookError:
    return WatchbookError(
        Problem(
            "EN023",
            f"No stored function can be read from this file: {why}.",
            place=Place(file=path.name),
            hint="See the forms of a function file in docs/kql.md.",
        )
    )
