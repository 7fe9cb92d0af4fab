"""Tests of rules: rows that must raise alerts and rows that must not, as YAML beside the rule.

    rule: exec-into-pod.yaml        # beside this file; left out, the file's own name without `.test`
    cases:
      - name: A shell in a pod is found
        rows:
          AKSAudit:
            - {Verb: create, RequestUri: /api/v1/…}
        alerts: 1
        severity: High              # optional, as are title and entities

Rows without TimeGenerated happened five minutes before the end of the window, which is `now` (a fixed moment where left out).
"""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboard.detection.alert import entity_name
from dashboard.detection.moments import to_micros
from dashboard.detection.raise_alerts import raise_alerts, triggers
from dashboard.detection.rows import RowTables
from dashboard.detection.rules import Rule, load_rules
from dashboard.detection.rules.yaml_source import read_yaml
from dashboard.detection.run import ask
from dashboard.engines.local import LocalEngine
from dashboard.errors import Place, Problem, WatchbookError
from dashboard.ingest.schemas import known_tables

NOW = dt.datetime(2026, 3, 4, 12, tzinfo=dt.UTC)
SUFFIXES = (".test.yaml", ".test.yml")


@dataclass(frozen=True)
class Result:
    """One case: the rule, the case, why it failed (empty where it passed), and how long it took."""

    rule: str
    case: str
    failure: str
    seconds: float
    file: str


class Bench:
    """One engine that all cases share, each with rows of its own."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="watchbook-")
        self._rows = RowTables()
        self.engine = LocalEngine(Path(self._folder.name), known_tables(), [self._rows])

    def judge(self, rule: Rule, case: Mapping[str, Any]) -> str:
        """Why a case failed; empty where it passed."""
        now = _moment(case.get("now")) or NOW
        self._rows.show(_placed(case.get("rows") or {}, now))
        end = to_micros(now)
        rows = ask(rule, end - rule.period, end, self.engine)
        alerts = raise_alerts(rule, rows, end - rule.period, end, end) if triggers(rule, len(rows)) else []
        wanted = int(case.get("alerts", 1))
        if len(alerts) != wanted:
            return f"{len(alerts)} alerts instead of {wanted} ({len(rows)} rows)"
        for alert in alerts:
            if "severity" in case and alert.row["AlertSeverity"] != case["severity"]:
                return f"severity {alert.row['AlertSeverity']} instead of {case['severity']}"
            if "title" in case and case["title"] not in str(alert.row["DisplayName"]):
                return f"the title is '{alert.row['DisplayName']}'"
        named = {entity_name(entity).lower() for alert in alerts for entity in alert.entities}
        missing = [name for name in case.get("entities") or [] if str(name).lower() not in named]
        return (
            f"no entity {', '.join(map(str, missing))}; there are {', '.join(sorted(named)) or 'none'}"
            if missing
            else ""
        )


def _placed(rows: Mapping[str, Sequence[Mapping[str, Any]]], now: dt.datetime) -> dict[str, list[dict[str, Any]]]:
    """The rows with a time; `minutes_ago` places one, `times` repeats it a second apart."""
    placed: dict[str, list[dict[str, Any]]] = {}
    for table, given in rows.items():
        placed[table] = []
        for row in given:
            values = {k: v for k, v in row.items() if k not in ("minutes_ago", "times")}
            at = now - dt.timedelta(minutes=float(row.get("minutes_ago", 5)))
            for i in range(int(row.get("times", 1))):
                placed[table].append({"TimeGenerated": at + dt.timedelta(seconds=i), **values})
    return placed


def _moment(value: Any) -> dt.datetime | None:
    if value is None:
        return None
    found = value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def test_files(paths: Sequence[Path]) -> list[Path]:
    """The test files that the paths mean: test files, those of rules, and all below folders."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(file for file in path.rglob("*") if file.name.endswith(SUFFIXES))
        elif path.name.endswith(SUFFIXES):
            found.append(path)
        else:
            found += [
                path.with_name(path.stem + suffix) for suffix in SUFFIXES if path.with_name(path.stem + suffix).exists()
            ]
    return list(dict.fromkeys(found))


def run_tests(path: Path, bench: Bench) -> list[Result]:
    """Runs the cases of one test file. What is wrong with the file or the rule is a failed case."""
    started = time.perf_counter()
    try:
        rule, cases = _read(path)
    except WatchbookError as error:
        return [Result(path.stem, "the test can be read", error.problem.describe(), 0.0, str(path))]
    results = []
    for case in cases:
        started = time.perf_counter()
        try:
            failure = bench.judge(rule, case)
        except WatchbookError as error:
            failure = error.problem.describe()
        except (ValueError, TypeError, KeyError) as error:
            failure = f"the case cannot be read: {error}"
        name = str(case.get("name", "case"))
        results.append(Result(rule.name, name, failure, time.perf_counter() - started, str(path)))
    return results


def _read(path: Path) -> tuple[Rule, list[Mapping[str, Any]]]:
    sources = read_yaml(path.read_text(encoding="utf-8-sig"), path.name)
    value = sources[0].value if sources else None
    cases = value.get("cases") if isinstance(value, Mapping) else None
    if not isinstance(value, Mapping) or not isinstance(cases, list) or not all(isinstance(c, Mapping) for c in cases):
        hint = "See docs/detection.md for the form of a test."
        raise WatchbookError(Problem("DT040", "The test has no 'cases'.", place=Place(file=path.name), hint=hint))
    name = str(value.get("rule") or path.name.replace(".test.", "."))
    file = path.parent / Path(name).name
    if not file.is_file():
        raise WatchbookError(
            Problem("DT040", f"There is no rule file '{name}' beside it.", place=Place(file=path.name))
        )
    loaded = load_rules(file)[0]
    if loaded.rule is None:
        raise WatchbookError(*loaded.problems)
    shared = value.get("rows")
    return loaded.rule, [{**case, "rows": {**(shared or {}), **(case.get("rows") or {})}} for case in cases]


def junit(results: Sequence[Result], suite: str) -> str:
    """The results as JUnit XML, which every CI system reads."""
    from xml.sax.saxutils import escape, quoteattr

    failed = sum(bool(result.failure) for result in results)
    total = sum(result.seconds for result in results)
    lines = ['<?xml version="1.0" encoding="utf-8"?>']
    lines.append(f'<testsuites><testsuite name={quoteattr(suite)} tests="{len(results)}" failures="{failed}" time="{total:.3f}">')  # fmt: skip
    for result in results:
        head = f"<testcase classname={quoteattr(result.rule)} name={quoteattr(result.case)} file={quoteattr(result.file)} time=\"{result.seconds:.3f}\""  # fmt: skip
        if result.failure:
            lines.append(f"{head}><failure message={quoteattr(result.failure)}>{escape(result.failure)}</failure></testcase>")  # fmt: skip
        else:
            lines.append(f"{head}/>")
    return "\n".join([*lines, "</testsuite></testsuites>"]) + "\n"
