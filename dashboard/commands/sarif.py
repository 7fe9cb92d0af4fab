"""Findings of `watchbook check` as SARIF 2.1.0, which code hosts show beside the lines of a change."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dashboard.document.positions import line_of
from dashboard.document.reading import decode
from dashboard.errors import WatchbookError

_LEVELS: Mapping[str, str] = {"error": "error", "warning": "warning", "info": "note"}
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(entries: Iterable[Mapping[str, Any]], codes: Mapping[str, str]) -> str:
    """The log of one run. `entries` are those of `check --format json`; `codes` gives a code's sentence."""
    results: list[dict[str, Any]] = []
    for entry in entries:
        path = Path(str(entry["file"]))
        results += _results(path, entry["findings"])
    used = sorted({str(result["ruleId"]) for result in results})
    driver = {
        "name": "watchbook check",
        "rules": [{"id": code, "shortDescription": {"text": codes.get(code, code)}} for code in used],
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}
    return json.dumps(log, ensure_ascii=False, indent=1)


def _results(path: Path, findings: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    try:
        text = decode(path.read_bytes(), path.name) if findings else ""
    except (OSError, WatchbookError):
        text = ""
    return [
        {
            "ruleId": finding["code"],
            "level": _LEVELS.get(str(finding["severity"]), "note"),
            "message": {"text": finding["message"]},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": path.as_posix()},
                        "region": {"startLine": line_of(text, str(finding["path"]))},
                    },
                    "logicalLocations": [{"fullyQualifiedName": finding["path"] or "/"}],
                }
            ],
        }
        for finding in findings
    ]
