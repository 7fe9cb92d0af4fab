"""A rule's window is evaluated once, and what it finds becomes alerts and incidents as Sentinel makes them."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from dashboard.detection.backfill import backfill
from dashboard.detection.incidents import Change, change_incident, read_incident
from dashboard.detection.jobs import rule_jobs
from dashboard.detection.moments import to_micros
from dashboard.detection.query import Exclusion
from dashboard.detection.rows import RowTables
from dashboard.detection.rulebook import list_rules, read_rule_record, save_rule, set_enabled
from dashboard.detection.rules import Rule, read_rules
from dashboard.detection.rules.durations import DAY, HOUR, MINUTE
from dashboard.detection.run import Outcome, run_rule
from dashboard.detection.simulate import simulate
from dashboard.detection.source import DetectionTables
from dashboard.detection.windows import ends_between
from dashboard.engines.local import LocalEngine
from dashboard.engines.protocol import QueryRequest
from dashboard.errors import WatchbookError
from dashboard.ingest.schemas import known_tables
from dashboard.schedule.scheduler import Scheduler
from dashboard.store.database import Store

NOON = dt.datetime(2026, 3, 4, 12, tzinfo=dt.UTC)
END = to_micros(NOON)
TEXT = """\
id: 0b85a077-8ba5-4cb5-90f7-1e882afe10c4
name: Failed sign-ins
description: Many failed sign-ins.
severity: Medium
requiredDataConnectors: []
queryFrequency: 1h
queryPeriod: 1h
triggerOperator: gt
triggerThreshold: 0
tactics: [CredentialAccess]
relevantTechniques: [T1110, T1110.003]
query: |
  SigninLogs
  | where ResultType != "0"
  | project TimeGenerated, UserPrincipalName, IPAddress, AppDisplayName, RiskLevelAggregated
entityMappings:
  - entityType: Account
    fieldMappings: [{identifier: FullName, columnName: UserPrincipalName}]
  - entityType: IP
    fieldMappings: [{identifier: Address, columnName: IPAddress}]
customDetails: {App: AppDisplayName}
version: 1.0.0
kind: Scheduled
"""


class Lab:
    """A store, rows to look at, and an engine over both."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(f"sqlite:///{folder / 'store.db'}")
        self.rows = RowTables()
        self.engine = LocalEngine(folder / "data", known_tables(), [self.rows, _Incidents(self.store)])

    def show(self, *rows: tuple[int, str, str]) -> None:
        """Failed sign-ins: minutes before noon, user, address."""
        self.rows.show({"SigninLogs": [
            {"TimeGenerated": NOON - dt.timedelta(minutes=ago), "UserPrincipalName": user, "IPAddress": ip, "ResultType": "50126", "AppDisplayName": "Portal", "RiskLevelAggregated": "high"}
            for ago, user, ip in rows
        ]})  # fmt: skip

    def add(self, rule: Rule, **more: Any) -> None:
        """Turns the rule on."""
        with self.store.writing() as connection:
            save_rule(connection, rule, "dana", enabled=True, at=END - DAY, **more)

    def run(self, rule: Rule, end: int = END) -> Outcome:
        """Evaluates one window."""
        with self.store.reading() as connection:
            record = read_rule_record(connection, rule.id)
        return run_rule(record, end, self.engine, self.store, at=end)

    def ask(self, text: str) -> list[tuple[Any, ...]]:
        """The rows of a query, incidents and alerts included."""
        return self.engine.run(QueryRequest(text)).rows()


class _Incidents(DetectionTables):
    pass


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def _rule(**more: Any) -> Rule:
    found = read_rules(TEXT)[0].rule
    assert found is not None
    return replace(found, **more)


def test_an_alert_says_what_sentinels_alerts_say(lab: Lab) -> None:
    rule = _rule()
    lab.add(rule)
    lab.show((30, "ada@contoso.com", "192.0.2.1"), (20, "bram@contoso.com", "192.0.2.1"))
    outcome = lab.run(rule)
    assert (outcome.status, outcome.hits, len(outcome.alerts)) == ("ok", 2, 1)
    row = lab.ask(
        "SecurityAlert | extend E = parse_json(Entities), P = parse_json(ExtendedProperties) | project AlertName, "
        "AlertSeverity, ProviderName, Tactics, Techniques, SubTechniques, Upn = strcat(E[0].Name, '@', E[0].UPNSuffix), "
        "Type = tostring(E[1].Type), Count = array_length(E), Details = tostring(parse_json(tostring(P['Custom Details'])).App), "
        "StartTime, Period = tostring(P['Query Period'])"
    )[0]
    assert row == (
        "Failed sign-ins", "Medium", "ASI Scheduled Alerts", "CredentialAccess", '["T1110"]', '["T1110.003"]',
        "ada@contoso.com", "ip", 3, '["Portal"]', dt.datetime(2026, 3, 4, 11, 30), "01:00:00",
    )  # fmt: skip
    incident = lab.ask(
        "SecurityIncident | project Title, Status, Severity, Alerts = tolong(AdditionalData.alertsCount), "
        "Tactic = tostring(AdditionalData.tactics[0]), Id = tostring(AlertIds[0])"
    )
    assert incident == [("Failed sign-ins", "New", "Medium", 1, "CredentialAccess", outcome.alerts[0].alert_id)]


def test_a_window_counts_once_and_an_event_on_its_edge_belongs_to_one(lab: Lab) -> None:
    rule = _rule()
    lab.add(rule)
    lab.show((60, "edge@contoso.com", "192.0.2.1"))
    assert lab.run(rule).status == "quiet"
    assert lab.run(rule, END - HOUR).status == "ok"
    assert lab.run(rule, END - HOUR).status == "done"
    assert lab.ask("SecurityAlert | count") == [(1,)]


def test_rows_seen_by_overlapping_windows_raise_one_alert(lab: Lab) -> None:
    rule = _rule(period=DAY)
    lab.add(rule)
    lab.show((90, "ada@contoso.com", "192.0.2.1"))
    assert [lab.run(rule, END - HOUR).status, lab.run(rule).status] == ["ok", "quiet"]
    lab.show((90, "ada@contoso.com", "192.0.2.1"), (-30, "bram@contoso.com", "192.0.2.1"))
    later = lab.run(rule, END + HOUR)
    assert [alert.entities[0]["Name"] for alert in later.alerts] == ["bram"]


@pytest.mark.parametrize("per_result", [True, False])
def test_rules_run_over_the_past_again_with_other_windows_raise_no_alert_twice(lab: Lab, per_result: bool) -> None:
    rule = _rule(per_result=per_result)
    lab.add(rule)
    lab.show(*((60 * hour + 20, "ada@contoso.com", "192.0.2.1") for hour in range(24)))
    # As the scheduler ran it.
    assert lab.run(rule, ends_between(rule, END - DAY, END)[-2]).status == "ok"

    def run(end: int, step: int | None) -> tuple[int, int]:
        with lab.store.reading() as connection:
            records = list_rules(connection)
        (done,) = backfill(records, lab.engine, lab.store, DAY, end=end, step=step)
        assert not done.problem
        return done.hits, done.alerts

    hits, alerts = run(END, 4 * HOUR)
    assert (hits, alerts) == (23, 22 if per_result else 6)
    # Windows of the same ends are not looked at once more: the further runs see what they leave.
    for end, step, rows in ((END - HOUR, 4 * HOUR, 18), (END - 2 * HOUR, 6 * HOUR, 6), (END, None, 6)):
        hits, alerts = run(end, step)
        assert hits >= rows
        assert alerts == 0


def test_a_row_of_the_same_values_in_windows_that_do_not_overlap_raises_an_alert_in_each(lab: Lab) -> None:
    rule = _rule(query="SigninLogs | summarize Count = count() by UserPrincipalName", entities=(), custom_details=())
    lab.add(rule)
    lab.show(*((60 * hour + 20, "ada@contoso.com", "192.0.2.1") for hour in range(24)))
    with lab.store.reading() as connection:
        records = list_rules(connection)
    (done,) = backfill(records, lab.engine, lab.store, DAY, end=END, step=4 * HOUR)
    assert (done.hits, done.alerts) == (6, 6)


def test_results_make_an_alert_each_up_to_the_cap(lab: Lab) -> None:
    rule = _rule(per_result=True)
    lab.add(rule)
    lab.show(*((30, f"user{i}@contoso.com", "192.0.2.1") for i in range(200)))
    alerts = lab.run(rule).alerts
    assert len(alerts) == 150
    assert len(alerts[-1].entities) == 52


def test_alerts_take_name_severity_and_description_from_their_row(lab: Lab) -> None:
    text = TEXT.replace("customDetails", "alertDetailsOverride:\n  alertDisplayNameFormat: '{{UserPrincipalName}} from {{ IPAddress }}'\n  alertSeverityColumnName: RiskLevelAggregated\ncustomDetails")  # fmt: skip
    rule = read_rules(text)[0].rule
    assert rule is not None
    lab.add(rule)
    lab.show((30, "ada@contoso.com", "192.0.2.1"))
    alert = lab.run(rule).alerts[0]
    assert (alert.row["DisplayName"], alert.row["AlertSeverity"]) == ("ada@contoso.com from 192.0.2.1", "High")


def test_suppression_keeps_a_rule_quiet_after_an_alert(lab: Lab) -> None:
    rule = _rule(suppress=True, suppression=90 * MINUTE)
    lab.add(rule)
    lab.show(*((60 - 60 * i + 30, "ada@contoso.com", "192.0.2.1") for i in range(4)))
    assert [lab.run(rule, END + i * HOUR).status for i in range(3)] == ["ok", "suppressed", "ok"]


@pytest.mark.parametrize(
    ("operator", "threshold", "status"),
    [("LessThan", 1, "ok"), ("Equal", 0, "ok"), ("NotEqual", 0, "quiet"), ("GreaterThan", 0, "quiet")],
)
def test_a_trigger_may_ask_for_silence(lab: Lab, operator: str, threshold: int, status: str) -> None:
    rule = _rule(operator=operator, threshold=threshold)
    lab.add(rule)
    assert lab.run(rule).status == status


def _grouped(**more: Any) -> Rule:
    rule = _rule(per_result=True)
    return replace(rule, grouping=replace(rule.grouping, enabled=True, **more))


def test_alerts_with_the_same_entities_share_an_incident_within_the_lookback(lab: Lab) -> None:
    rule = _grouped(lookback=2 * HOUR)
    lab.add(rule)
    lab.show((30, "ada@contoso.com", "192.0.2.1"), (29, "bram@contoso.com", "192.0.2.2"))
    first = lab.run(rule).incidents
    assert len(first) == 2
    lab.show((-30, "ada@contoso.com", "192.0.2.1"))
    assert lab.run(rule, END + HOUR).incidents == (first[0],)
    lab.show((-4 * 60 - 30, "ada@contoso.com", "192.0.2.1"))
    assert lab.run(rule, END + 5 * HOUR).incidents[0] not in first


def test_a_closed_incident_is_reopened_only_where_the_rule_says_so(lab: Lab) -> None:
    for reopen in (True, False):
        rule = replace(
            _grouped(reopen=reopen, method="AnyAlert"), id=f"0b85a077-8ba5-4cb5-90f7-1e882afe10c{int(reopen)}"
        )
        lab.add(rule)
        lab.show((30, "ada@contoso.com", "192.0.2.1"))
        (number,) = lab.run(rule).incidents
        with lab.store.writing() as connection:
            change_incident(connection, number, 1, Change(status="Closed", classification="Undetermined"), "dana", END)
        lab.show((-30, "bram@contoso.com", "192.0.2.9"))
        (again,) = lab.run(rule, END + HOUR).incidents
        assert (again == number) is reopen
        with lab.store.reading() as connection:
            assert read_incident(connection, number).status == ("Active" if reopen else "Closed")


def test_alerts_are_grouped_by_selected_entities_and_custom_details(lab: Lab) -> None:
    rule = _grouped(method="Selected", by_entities=("IP",), by_custom=("App",))
    lab.add(rule)
    lab.show(
        (30, "ada@contoso.com", "192.0.2.1"),
        (29, "bram@contoso.com", "192.0.2.1"),
        (28, "ada@contoso.com", "192.0.2.2"),
    )
    assert len(lab.run(rule).incidents) == 2


def test_excluded_rows_raise_nothing(lab: Lab) -> None:
    rule = _rule()
    lab.add(
        rule, exclusions=[Exclusion("UserPrincipalName", ('ada@contoso.com"',)), Exclusion("IPAddress", ("192.0.2.9",))]
    )
    lab.show((30, "bram@contoso.com", "192.0.2.9"))
    assert lab.run(rule).status == "quiet"


def test_a_rule_that_keeps_failing_is_turned_off_with_a_reason(lab: Lab) -> None:
    rule = _rule(query="SigninLogs | where Nothing == 1")
    lab.add(rule)
    for i in range(5):
        assert lab.run(rule, END + i * HOUR).status == "failed"
    with lab.store.reading() as connection:
        record = list_rules(connection)[0]
    assert not record.enabled
    assert "Turned off after 5 failures in a row" in record.turned_off
    assert "Nothing" in record.turned_off
    with lab.store.writing() as connection:
        assert not set_enabled(connection, rule.id, True, "dana").turned_off


def test_two_people_change_a_rule_and_the_second_is_told(lab: Lab) -> None:
    rule = _rule()
    lab.add(rule)
    with lab.store.writing() as connection:
        save_rule(connection, replace(rule, threshold=5), "dana", version=1)
    with pytest.raises(WatchbookError, match="changed by dana"), lab.store.writing() as connection:
        save_rule(connection, replace(rule, threshold=9), "chidi", version=1)


def test_microsofts_alerts_become_incidents(lab: Lab) -> None:
    text = "id: 0b85a077-8ba5-4cb5-90f7-1e882afe10c5\nname: Defender\ndescription: d\nkind: MicrosoftSecurityIncidentCreation\nproductFilter: Azure Security Center\nseveritiesFilter: [High]\n"  # fmt: skip
    rule = read_rules(text)[0].rule
    assert rule is not None
    lab.add(rule)
    lab.rows.show({"SecurityAlert": [
        {"TimeGenerated": NOON - dt.timedelta(minutes=9), "SystemAlertId": f"a{i}", "AlertName": "Miner", "DisplayName": "Miner", "AlertSeverity": severity, "ProductName": "Microsoft Defender for Cloud"}
        for i, severity in enumerate(("High", "Low"))
    ]})  # fmt: skip
    assert len(lab.run(rule).incidents) == 1
    assert lab.ask("SecurityIncident | project Title, tostring(AlertIds[0])") == [("Miner", "a0")]
    with lab.store.reading() as connection:
        records = list_rules(connection)
    (done,) = backfill(records, lab.engine, lab.store, DAY, end=END + HOUR, step=4 * HOUR)
    assert (done.hits, done.incidents) == (1, ())


def test_an_anomaly_rule_finds_the_step_that_stands_out(lab: Lab) -> None:
    text = TEXT.replace("kind: Scheduled", "kind: Anomaly\nanomaly: {bin: 1h, groupBy: [AppDisplayName], threshold: 3, minimum: 10}").replace("queryPeriod: 1h", "queryPeriod: 7d")  # fmt: skip
    rule = read_rules(text)[0].rule
    assert rule is not None
    lab.add(rule)
    usual = [(60 * hour + 20, "ada@contoso.com", "192.0.2.1") for hour in range(1, 160) for _ in range(2 + hour % 2)]
    lab.show(*usual, *((20, f"u{i}@contoso.com", "192.0.2.1") for i in range(40)))
    outcome = lab.run(rule)
    assert outcome.hits == 1
    assert outcome.alerts[0].events[0]["AnomalyValue"] == 40
    assert outcome.alerts[0].events[0]["AnomalyBaseline"] < 10
    lab.show(*usual)
    assert lab.run(rule, END + HOUR).status == "quiet"


def test_a_simulation_shows_hits_and_writes_nothing(lab: Lab) -> None:
    rule = _rule()
    lab.show((30, "ada@contoso.com", "192.0.2.1"), (95, "ada@contoso.com", "192.0.2.1"))
    found = simulate(rule, lab.engine, END - 4 * HOUR, END + HOUR)
    assert sum(hit.rows for hit in found.hits) == 2
    assert len(found.alerts) == 2
    assert lab.ask("SecurityAlert | count") == [(0,)]


def test_the_scheduler_runs_each_window_once_through_jumps_and_missed_ticks(lab: Lab) -> None:
    rule = _rule()
    lab.add(rule)
    lab.show(*((i * 10, "ada@contoso.com", "192.0.2.1") for i in range(-72, 12)))
    clock = [NOON]
    scheduler = Scheduler(lab.store, lambda: rule_jobs(lab.store, lambda _: lab.engine), lambda: clock[0], "test")
    for hours in (0, 1, 4, -2, 3, 0, 2):
        clock[0] += dt.timedelta(hours=hours)
        scheduler.tick()
    with lab.store.reading() as connection:
        ends = list(connection.scalars(sa.text("SELECT window_end FROM rule_runs ORDER BY window_end")))
    assert {b - a for a, b in itertools.pairwise(ends)} == {HOUR}
    assert len(ends) >= 8
    events = lab.ask("SecurityAlert | extend N = toint(parse_json(ExtendedProperties)['Total Results In Alert']) | summarize sum(N), count(), dcount(SystemAlertId)")  # fmt: skip
    assert events[0][1] == events[0][2]
