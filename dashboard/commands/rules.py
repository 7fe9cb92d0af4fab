"""`watchbook rules`: check, test, run and simulate detection rules."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboard import settings
from dashboard.commands.terminal import local_engine, progress, text_table
from dashboard.commands.workbooks import time_range_ms
from dashboard.detection.rules import load_rules
from dashboard.detection.rules.check import check_query, known_catalog
from dashboard.errors import Problem, WatchbookError

if TYPE_CHECKING:
    from dashboard.detection.rulebook import Record
    from dashboard.detection.rules import Rule
    from dashboard.engines.protocol import Engine

SUFFIXES = (".yaml", ".yml", ".json")
TEST_SUFFIXES = (".test.yaml", ".test.yml")


def rule_files(paths: Iterable[Path]) -> list[Path]:
    """The files that the paths mean: a file itself, of a folder its rules (below it, too) by name. JSON files of a folder
    count where they hold alert rules."""
    files: list[Path] = []
    for path in paths:
        if not path.is_dir():
            files.append(path)
            continue
        for file in sorted(f for f in path.rglob("*") if f.suffix.lower() in SUFFIXES and f.is_file()):
            if file.name.endswith(TEST_SUFFIXES):
                continue
            if file.suffix.lower() != ".json" or "alertrules" in file.read_text("utf-8", "replace").lower():
                files.append(file)
    return files


def check(options: argparse.Namespace) -> int:
    """Checks every file; exit 1 where one has an error."""
    files = rule_files(options.paths)
    if not files:
        raise WatchbookError(Problem("CL010", "No rule was found there.", hint="Name .yaml, .yml or .json files."))
    catalog = known_catalog()
    entries = []
    for file in files:
        problems: list[Problem] = []
        loaded = load_rules(file)
        for found in loaded:
            problems += found.problems
            if found.rule is not None:
                problems += check_query(found.rule, catalog, file.name)
        names = [found.name for found in loaded if found.name]
        entry: dict[str, Any] = {
            "file": str(file),
            "name": "; ".join(names) or file.stem,
            "findings": [_finding(p) for p in problems],
        }
        entries.append(entry)
        if options.format == "text":
            _print(entry)
    if options.format == "json":
        print(json.dumps(entries, ensure_ascii=False, indent=1))
    if options.junit:
        _write_junit(options.junit, entries)
    return int(any(finding["severity"] == "error" for entry in entries for finding in entry["findings"]))


def _finding(problem: Problem) -> dict[str, Any]:
    message = " ".join(part for part in (problem.message, problem.hint) if part)
    return {"code": problem.code, "severity": problem.severity, "line": problem.place.line or 1, "message": message}


def _print(entry: dict[str, Any]) -> None:
    if not entry["findings"]:
        print(f"{entry['file']}: {entry['name']}: ok")
        return
    print(f"{entry['file']}: {entry['name']}")
    for finding in entry["findings"]:
        print(f"  {finding['severity']:7} {finding['code']} line {finding['line']}: {finding['message']}")


def _write_junit(path: Path, entries: Sequence[dict[str, Any]]) -> None:
    from dashboard.detection.testing import Result, junit

    results = []
    for entry in entries:
        errors = [f for f in entry["findings"] if f["severity"] == "error"]
        failure = "; ".join(f"line {f['line']}: {f['code']} {f['message']}" for f in errors)
        results.append(Result(entry["name"], "the rule can be used", failure, 0.0, entry["file"]))
    path.write_text(junit(results, "watchbook rules check"), encoding="utf-8")


def test(options: argparse.Namespace) -> int:
    """Runs the tests beside rules; exit 1 where one fails."""
    from dashboard.detection.shipped import TEMPLATES
    from dashboard.detection.testing import Bench, junit, run_tests, test_files

    files = test_files(options.paths or [TEMPLATES])
    if not files:
        hint = "Put NAME.test.yaml beside NAME.yaml; docs/detection.md shows the form."
        raise WatchbookError(Problem("CL010", "No test of a rule was found there.", hint=hint))
    bench, results, show = Bench(), [], progress()
    for i, file in enumerate(files):
        show(i / len(files), file.name)
        results += run_tests(file, bench)
    show(1, f"{len(results)} cases")
    failed = [result for result in results if result.failure]
    if options.format == "json":
        print(json.dumps([vars(result) for result in results], ensure_ascii=False, indent=1))
    else:
        for result in failed:
            print(f"{result.file}: {result.rule}: {result.case}: {result.failure}")
        print(f"{len(results) - len(failed)} of {len(results)} cases passed, {len(files)} rules")
    if options.junit:
        options.junit.write_text(junit(results, "watchbook rules test"), encoding="utf-8")
    return int(bool(failed))


def _rules_of(paths: Iterable[Path]) -> list[Rule]:
    rules, problems = [], []
    for file in rule_files(paths):
        for found in load_rules(file):
            if found.rule is not None:
                rules.append(found.rule)
            problems += [p for p in found.problems if p.severity == "error"]
    for problem in problems:
        print(problem.describe(), file=sys.stderr)
    if not rules:
        raise WatchbookError(Problem("CL010", "No rule that can be used was found there."))
    return rules


def _engine(options: argparse.Namespace) -> Engine:
    """What the rules look at: as said, else local data where its folder is named, else as the setting says."""
    from dashboard.detection.jobs import LIVE, live_engine

    source = options.source or ("local" if options.data else settings.text("rules_source"))
    return live_engine() if source == LIVE else local_engine(options.data)


def run(options: argparse.Namespace) -> int:
    """Runs rules over past windows; exit 1 where a rule failed."""
    from dashboard.detection.backfill import backfill, record_of
    from dashboard.detection.rulebook import list_rules
    from dashboard.detection.shipped import templates
    from dashboard.detection.testing import Result, junit
    from dashboard.store.database import Store

    store = Store()
    records: list[Record]
    if options.paths:
        records = [record_of(rule) for rule in _rules_of(options.paths)]
    elif options.templates:
        records = [record_of(template.rule) for template in templates()]
    else:
        with store.reading() as connection:
            records = list_rules(connection, enabled_only=True)
        if not records:
            hint = "Name rule files, use --templates, or turn rules on with `watchbook rules enable`."
            raise WatchbookError(Problem("CL010", "No rule is enabled.", hint=hint))
    step = time_range_ms(options.step) * 1_000 if options.step else None
    engine, show = _engine(options), progress()
    done = backfill(
        records, engine, store, time_range_ms(options.last) * 1_000, step=step, dry_run=options.dry_run, progress=show
    )
    if options.format == "json":
        print(json.dumps([entry.json() for entry in done], ensure_ascii=False, indent=1))
    else:
        shown = [e for e in done if e.alerts or e.problem]
        rows = [[e.rule, str(e.windows), str(e.hits), str(e.alerts), str(len(e.incidents)), e.problem] for e in shown]
        print(text_table(["rule", "windows", "hits", "alerts", "incidents", "problem"], rows, 90))
    alerts = sum(entry.alerts for entry in done)
    print(f"{len(done)} rules: {alerts} alerts{' (nothing written)' if options.dry_run else ''}", file=sys.stderr)
    if options.junit:
        results = [Result(e.rule, "the rule runs", e.problem, e.seconds, "") for e in done]
        options.junit.write_text(junit(results, "watchbook rules run"), encoding="utf-8")
    return int(any(entry.problem for entry in done))


def simulate(options: argparse.Namespace) -> int:
    """Shows the windows of one rule."""
    from dashboard.detection.moments import iso, now_micros
    from dashboard.detection.simulate import simulate as look

    (rule,) = _rules_of([options.path])[:1]
    end = now_micros()
    step = time_range_ms(options.step) * 1_000 if options.step else None
    found = look(rule, _engine(options), end - time_range_ms(options.last) * 1_000, end, step=step, progress=progress())
    windows = [{"end": iso(hit.end), "hits": hit.rows, "alerts": hit.alerts} for hit in found.hits]
    if options.format == "json":
        names = [str(alert.row["DisplayName"]) for alert in found.alerts]
        print(json.dumps({"rule": rule.name, "trigger": rule.trigger, "windows": windows, "alerts": names}, ensure_ascii=False, indent=1))  # fmt: skip
        return 0
    highest = max([hit.rows for hit in found.hits] + [rule.threshold, 1])
    for hit in found.hits:
        if hit.rows:
            bar = "█" * max(1, round(40 * hit.rows / highest))
            print(f"{iso(hit.end)[:16]}  {hit.rows:6}  {bar}{'  alert' if hit.alerts else ''}")
    quiet = sum(not hit.rows for hit in found.hits)
    cut = " (older windows left out)" if found.cut else ""
    print(f"{len(found.hits)} windows{cut}, {quiet} without a hit; {rule.trigger}: {len(found.alerts)} alerts", file=sys.stderr)  # fmt: skip
    return 0


def listed(options: argparse.Namespace) -> int:
    """Lists rules or templates."""
    from dashboard.detection.rulebook import last_runs, list_rules
    from dashboard.detection.shipped import templates
    from dashboard.store.database import Store

    if options.templates:
        entries = [
            {"template": t.name, "name": t.rule.name, "severity": t.rule.severity, "tactics": ", ".join(t.rule.tactics)}
            for t in templates()
        ]
        return _print_entries(entries, ["template", "name", "severity", "tactics"], options.format)
    with Store().reading() as connection:
        records, runs = list_rules(connection), last_runs(connection)
    entries = []
    for record in records:
        ran = runs.get(record.id)
        state = "on" if record.enabled else "turned off" if record.turned_off else "off"
        entries.append({
            "id": record.id, "name": record.rule.name, "state": state, "severity": record.rule.severity,
            "last": ran.status if ran else "", "problem": record.turned_off or record.problem,
        })  # fmt: skip
    return _print_entries(entries, ["id", "name", "state", "severity", "last", "problem"], options.format)


def _print_entries(entries: list[dict[str, Any]], heads: list[str], form: str) -> int:
    if form == "json":
        print(json.dumps(entries, ensure_ascii=False, indent=1))
    else:
        print(text_table(heads, [[str(entry[head]) for head in heads] for entry in entries]))
    return 0


def enable(options: argparse.Namespace) -> int:
    """Turns rules on."""
    from dashboard.detection.rulebook import find_rule, save_rule, set_enabled
    from dashboard.detection.shipped import find_templates
    from dashboard.store.database import Store

    store, by = Store(), "command line"
    for name in options.names:
        path = Path(name)
        rules = _rules_of([path]) if path.exists() else [template.rule for template in find_templates(name)]
        with store.writing() as connection:
            if not rules:
                set_enabled(connection, name, True, by)
            for rule in rules:
                if find_rule(connection, rule.id):
                    set_enabled(connection, rule.id, True, by)
                else:
                    save_rule(connection, rule, by, enabled=True, customised=path.exists())
                print(f"on: {rule.name}", file=sys.stderr)
    return 0


def disable(options: argparse.Namespace) -> int:
    """Turns rules off."""
    from dashboard.detection.rulebook import set_enabled
    from dashboard.detection.shipped import find_templates
    from dashboard.store.database import Store

    store = Store()
    for name in options.names:
        path = Path(name)
        ids = [rule.id for rule in _rules_of([path])] if path.exists() else [t.rule.id for t in find_templates(name)]
        with store.writing() as connection:
            for rule_id in ids or [name]:
                print(f"off: {set_enabled(connection, rule_id, False, 'command line').rule.name}", file=sys.stderr)
    return 0


def export(options: argparse.Namespace) -> int:
    """Writes rules as YAML files or one ARM template."""
    from dashboard.detection.rulebook import list_rules
    from dashboard.detection.rules.arm import write_arm
    from dashboard.detection.rules.write import write_yaml
    from dashboard.store.database import Store

    if options.paths:
        rules = _rules_of(options.paths)
    else:
        with Store().reading() as connection:
            rules = [record.rule for record in list_rules(connection)]
    if options.output.suffix.lower() == ".json":
        options.output.write_text(write_arm(rules), encoding="utf-8")
    else:
        options.output.mkdir(parents=True, exist_ok=True)
        for rule in rules:
            name = "".join(c if c.isalnum() else "-" for c in rule.name.lower()).strip("-")[:80]
            (options.output / f"{name or rule.id}.yaml").write_text(write_yaml(rule), encoding="utf-8")
    print(f"{len(rules)} rules written to {options.output}", file=sys.stderr)
    return 0
