"""The rules that a person has: kept in the store, made from templates or own files, turned on and off, tuned, excluded from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import sqlalchemy as sa

from dashboard.detection.moments import iso, now_micros
from dashboard.detection.query import Exclusion
from dashboard.detection.rules import Rule, read_rules
from dashboard.detection.rules.write import write_yaml
from dashboard.errors import Problem, WatchbookError
from dashboard.store.rules import AUDIT, RULES, RUNS


@dataclass(frozen=True)
class Record:
    """A rule of the store. `version` counts the changes and must be given back to change it. Times are microseconds since
    1970; `problem` is what the last run said where it failed, `turned_off` why Watchbook turned the rule off."""

    rule: Rule
    version: int
    enabled: bool
    customised: bool
    exclusions: tuple[Exclusion, ...]
    modified: int
    modified_by: str
    evaluated_to: int
    suppressed_until: int
    failures: int
    problem: str
    turned_off: str

    @property
    def id(self) -> str:
        """The rule's id."""
        return self.rule.id


_parsed: dict[tuple[str, str], Rule] = {}


def list_rules(connection: sa.Connection, enabled_only: bool = False) -> list[Record]:
    """All rules by name."""
    query = sa.select(RULES).order_by(sa.func.lower(RULES.c.name))
    if enabled_only:
        query = query.where(RULES.c.enabled)
    return [_record(row) for row in connection.execute(query)]


def find_rule(connection: sa.Connection, rule_id: str) -> Record | None:
    """The rule of that id; None where there is none."""
    row = connection.execute(sa.select(RULES).where(RULES.c.id == rule_id.lower())).first()
    return _record(row) if row is not None else None


def read_rule_record(connection: sa.Connection, rule_id: str) -> Record:
    """The rule of that id. Raises WatchbookError (DT030) where there is none."""
    found = find_rule(connection, rule_id)
    if found is None:
        raise WatchbookError(
            Problem("DT030", f"There is no rule '{rule_id[:80]}'.", hint="List them with `watchbook rules list`.")
        )
    return found


def _record(row: Any) -> Record:
    key = (row.id, row.text)
    rule = _parsed.get(key)
    if rule is None:
        found = read_rules(row.text, row.id)[0]
        # A text that a newer Watchbook refuses still shows, with what is wrong.
        rule = found.rule or Rule(row.id, row.name, "Scheduled", version=row.template_version)
        if len(_parsed) > 5_000:
            _parsed.clear()
        _parsed[key] = rule
    rule = replace(rule, enabled=row.enabled, template=row.template, template_version=row.template_version)
    exclusions = tuple(
        Exclusion(item["column"], tuple(item["values"]), item["contains"], item["why"])
        for item in json.loads(row.exclusions)
    )
    return Record(
        rule, row.version, row.enabled, row.customised, exclusions, row.modified, row.modified_by, row.evaluated_to,
        row.suppressed_until, row.failures, row.problem, row.turned_off,
    )  # fmt: skip


def save_rule(
    connection: sa.Connection,
    rule: Rule,
    by: str,
    *,
    version: int = 0,
    enabled: bool | None = None,
    exclusions: Sequence[Exclusion] | None = None,
    customised: bool = True,
    at: int | None = None,
) -> Record:
    """Writes a rule: a new one for version 0, else the next version of the one that was seen as `version`. Turning a rule on
    has its newest window evaluated at once. Raises WatchbookError: DT031 where it was changed since, DT032 where a new one
    has the id of one that is there."""
    moment = now_micros() if at is None else at
    before = find_rule(connection, rule.id)
    if before is None and version:
        raise WatchbookError(Problem("DT030", f"There is no rule '{rule.name}' any more.", hint="Add it anew."))
    if before is not None and not version:
        raise WatchbookError(
            Problem(
                "DT032",
                f"There is a rule with this id: '{before.rule.name}'.",
                hint="Change that one, or use a new id.",
            )
        )
    if before is not None and before.version != version:
        told = f"'{before.rule.name}' was changed by {before.modified_by} at {iso(before.modified)[:19]}Z."
        hint = "Nothing of yours was written. Look at the rule as it is now and try again."
        raise WatchbookError(Problem("DT031", told, hint=hint))
    on = enabled if enabled is not None else (before.enabled if before else rule.enabled)
    kept = exclusions if exclusions is not None else (before.exclusions if before else ())
    values: dict[str, Any] = {
        "version": version + 1, "name": rule.name, "kind": rule.kind, "enabled": on,
        "text": write_yaml(replace(rule, template="", template_version="")), "template": rule.template,
        "template_version": rule.template_version, "customised": customised,
        "exclusions": json.dumps([asdict(exclusion) for exclusion in kept], ensure_ascii=False), "modified": moment,
        "modified_by": by,
    }  # fmt: skip
    if on and (before is None or not before.enabled):
        values |= {
            "evaluated_to": moment - rule.frequency, "failures": 0, "first_failure": 0, "problem": "", "turned_off": "",
            "suppressed_until": 0,
        }  # fmt: skip
    if before is None:
        fresh = {"evaluated_to": moment, "suppressed_until": 0, "failures": 0, "first_failure": 0, "problem": "", "turned_off": ""}  # fmt: skip
        connection.execute(RULES.insert().values(id=rule.id, **{**fresh, **values}))
    else:
        connection.execute(RULES.update().where(RULES.c.id == rule.id).values(**values))
    audit_rule(
        connection, rule.id, moment, by, "created" if before is None else "changed", _told(before, rule, on, kept)
    )
    return read_rule_record(connection, rule.id)


def _told(before: Record | None, rule: Rule, on: bool, exclusions: Sequence[Exclusion]) -> str:
    parts = []
    if before is None or before.enabled != on:
        parts.append("turned on" if on else "turned off")
    if before is not None:
        for name in ("name", "severity", "threshold", "operator", "suppress", "version"):
            old, new = getattr(before.rule, name), getattr(rule, name)
            if old != new:
                parts.append(f"{name} {old} → {new}")
        from dashboard.detection.rules.durations import short_duration

        for name in ("frequency", "period", "suppression"):
            old, new = getattr(before.rule, name), getattr(rule, name)
            if old != new:
                parts.append(f"{name} {short_duration(old)} → {short_duration(new)}")
        if before.rule.query.strip() != rule.query.strip():
            parts.append("query changed")
        added = [exclusion for exclusion in exclusions if exclusion not in before.exclusions]
        gone = [exclusion for exclusion in before.exclusions if exclusion not in exclusions]
        parts += [f"excluded: {e.describe()}" + (f" ({e.why})" if e.why else "") for e in added]
        parts += [f"no longer excluded: {e.describe()}" for e in gone]
    return "; ".join(parts)


def set_enabled(connection: sa.Connection, rule_id: str, on: bool, by: str, at: int | None = None) -> Record:
    """Turns a rule on or off, whatever its version."""
    record = read_rule_record(connection, rule_id)
    return save_rule(
        connection, record.rule, by, version=record.version, enabled=on, customised=record.customised, at=at
    )


def delete_rule(connection: sa.Connection, rule_id: str, by: str) -> None:
    """Removes a rule; its alerts and incidents stay."""
    record = read_rule_record(connection, rule_id)
    connection.execute(RULES.delete().where(RULES.c.id == record.id))
    audit_rule(connection, record.id, now_micros(), by, "deleted", record.rule.name)


def audit_rule(connection: sa.Connection, rule_id: str, at: int, by: str, action: str, detail: str) -> None:
    """Remembers what was done to a rule."""
    connection.execute(AUDIT.insert().values(rule_id=rule_id, at=at, by=by, action=action, detail=detail[:4_000]))


def audit_of(connection: sa.Connection, rule_id: str, limit: int = 50) -> list[Mapping[str, Any]]:
    """What was done to a rule, newest first: at, by, action, detail."""
    query = sa.select(AUDIT).where(AUDIT.c.rule_id == rule_id).order_by(AUDIT.c.id.desc()).limit(limit)
    return [dict(row._mapping) for row in connection.execute(query)]


def last_runs(connection: sa.Connection) -> dict[str, Any]:
    """The newest run of every rule: window_end, at, hits, alerts, status, problem, seconds."""
    newest = sa.select(RUNS.c.rule_id, sa.func.max(RUNS.c.window_end).label("last")).group_by(RUNS.c.rule_id).subquery()
    query = sa.select(RUNS).join(
        newest, sa.and_(RUNS.c.rule_id == newest.c.rule_id, RUNS.c.window_end == newest.c.last)
    )
    return {row.rule_id: row for row in connection.execute(query)}
