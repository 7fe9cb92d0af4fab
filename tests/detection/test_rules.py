"""Rules load as Sentinel takes them, or say with file and line what is wrong; YAML and ARM JSON carry the same rule."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dashboard.cli import main
from dashboard.detection.rules import Rule, load_rules, read_rules
from dashboard.detection.rules.arm import write_arm
from dashboard.detection.rules.check import check_query, known_catalog
from dashboard.detection.rules.durations import DAY, HOUR, MINUTE, iso_duration, read_duration
from dashboard.detection.rules.write import write_yaml
from dashboard.detection.workspace import open_local
from dashboard.engines.protocol import QueryRequest
from dashboard.errors import WatchbookError
from dashboard.ingest.estate import generate
from dashboard.store.database import Store
from tests.shared import SHARED, lines, needs_shared

GOOD = """\
id: 0b85a077-8ba5-4cb5-90f7-1e882afe10c4
name: Secrets listed
description: |
  'Somebody lists secrets.'
severity: Medium
status: Available
requiredDataConnectors:
  - connectorId: AzureKubernetes
    dataTypes:
      - AKSAudit
queryFrequency: 1h
queryPeriod: 1d
triggerOperator: gt
triggerThreshold: 2
tactics:
  - CredentialAccess
relevantTechniques:
  - T1552.007
query: |
  AKSAudit
  | where Verb == "list"
  | summarize Count = count() by Name = tostring(User.username), Level
entityMappings:
  - entityType: Account
    fieldMappings:
      - identifier: FullName
        columnName: Name
customDetails:
  Requests: Count
alertDetailsOverride:
  alertDisplayNameFormat: Secrets listed by {{Name}}
  alertSeverityColumnName: Level
eventGroupingSettings:
  aggregationKind: AlertPerResult
suppressionEnabled: true
suppressionDuration: 5h
incidentConfiguration:
  createIncident: true
  groupingConfiguration:
    enabled: true
    reopenClosedIncident: true
    lookbackDuration: 3d
    matchingMethod: Selected
    groupByEntities: [Account]
    groupByAlertDetails: [DisplayName]
    groupByCustomDetails: [Requests]
version: 1.0.10
kind: Scheduled
"""


def _one(text: str) -> Rule:
    (found,) = read_rules(text, "rule.yaml")
    assert found.rule is not None, found.problems
    return found.rule


def _errors(text: str) -> list[tuple[str, int | None, str]]:
    return [
        (p.code, p.place.line, f"{p.message} {p.hint}")
        for found in read_rules(text, "rule.yaml")
        for p in found.problems
        if p.severity == "error"
    ]


def test_every_field_of_a_template_is_read() -> None:
    rule = _one(GOOD)
    assert (rule.frequency, rule.period, rule.operator, rule.threshold) == (HOUR, DAY, "GreaterThan", 2)
    assert rule.entities[0].fields == (("FullName", "Name"),)
    assert rule.custom_details == (("Requests", "Count"),)
    assert rule.details.severity_column == "Level"
    assert rule.per_result
    assert (rule.suppress, rule.suppression) == (True, 5 * HOUR)
    assert rule.grouping.reopen
    assert (rule.grouping.lookback, rule.grouping.by_custom) == (3 * DAY, ("Requests",))
    assert rule.version == "1.0.10"
    assert rule.description == "Somebody lists secrets."
    assert rule.connectors == (("AzureKubernetes", ("AKSAudit",)),)


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "told"),
    [
        ("kind: Scheduled\n", "", "DT002", 1, "'kind' is missing"),
        ("severity: Medium", "severity: Critical", "DT003", 5, "Informational"),
        ("queryFrequency: 1h", "queryFrequency: hourly", "DT004", 11, "5m, 1h, 14d"),
        ("queryFrequency: 1h", "queryFrequency: 1m", "DT004", 11, "between 5 minutes and 14 days"),
        ("queryPeriod: 1d", "queryPeriod: 30m", "DT004", 12, "shorter than"),
        ("queryPeriod: 1d", "queryPeriod: 15d", "DT004", 12, "14 days"),
        ("queryFrequency: 1h\nqueryPeriod: 1d", "queryFrequency: 5m\nqueryPeriod: 2d", "DT004", 11, "once an hour"),
        ("triggerOperator: gt", "triggerOperator: bigger", "DT003", 13, "gt, lt, eq, ne"),
        ("triggerThreshold: 2", "triggerThreshold: 20000", "DT003", 14, "10,000"),
        ("identifier: FullName", "identifier: Fullname", "DT006", 26, "Did you mean 'FullName'"),
        ("entityType: Account", "entityType: User", "DT006", 24, "There is no entity type 'User'"),
        ("identifier: FullName", "identifier: UPNSuffix", "DT006", 26, "needs one of these identifiers"),
        ("  - CredentialAccess", "  - Credential Access", "DT009", 16, "CredentialAccess"),
        ("  Requests: Count", "  The number of requests: Count", "DT006", 29, "at most 20"),
        ("by {{Name}}", "{{A}} {{B}} {{C}} {{D}}", "DT006", 31, "3 columns"),
        ("version: 1.0.10", "version: 1.0", "DT003", 47, "1.0.2"),
        ("name: Secrets listed", "name: Secrets: listed", "DT001", 2, "quotes"),
        ("id: 0b85a077-8ba5-4cb5-90f7-1e882afe10c4", "id: my-rule", "DT003", 1, "GUID"),
        ("matchingMethod: Selected", "matchingMethod: Some", "DT003", 43, "AllEntities"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_line_and_what_to_do(old: str, new: str, code: str, line: int, told: str) -> None:
    assert old in GOOD
    errors = _errors(GOOD.replace(old, new))
    assert [error for error in errors if error[:2] == (code, line) and told in error[2]], errors


def test_all_faults_are_told_at_once() -> None:
    broken = GOOD.replace("queryFrequency: 1h", "queryFrequency: x").replace("severity: Medium", "severity: x")
    assert {code for code, _, _ in _errors(broken)} == {"DT003", "DT004"}


def test_bytes_that_are_no_text_and_bombs_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"id: 1\nname: \xff\xfe")
    assert load_rules(path)[0].problems[0].place.line == 2
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)
    )
    assert read_rules(bomb)[0].problems[0].code == "DT001"


def test_yaml_and_arm_carry_the_same_rule_there_and_back() -> None:
    rule = _one(GOOD)
    assert _one(write_yaml(rule)) == rule
    (back,) = read_rules(write_arm([rule]), "rules.json")
    assert back.rule is not None
    assert {**vars(back.rule), "connectors": (), "query_line": 0, "raw": {}, "version": "", "template_version": ""} == {
        **vars(rule), "connectors": (), "query_line": 0, "raw": {}, "version": "", "template_version": "",
    }  # fmt: skip


def test_a_query_that_begins_with_a_bracket_survives_a_template() -> None:
    rule = _one(GOOD.replace("  AKSAudit\n", "  ['AKSAudit']\n"))
    text = write_arm([rule])
    assert json.loads(text)["resources"][0]["properties"]["query"].startswith("[['AKSAudit']")
    assert read_rules(text)[0].rule.query == rule.query  # type: ignore[union-attr]


def test_a_query_is_held_against_the_known_tables_at_lines_of_the_file() -> None:
    catalog = known_catalog()
    assert not check_query(_one(GOOD), catalog)
    wrong = check_query(_one(GOOD.replace("where Verb", "where Vreb")), catalog, "rule.yaml")
    assert [(p.code, p.severity, p.place.line) for p in wrong] == [("KQ102", "error", 21)]
    unknown = check_query(_one(GOOD.replace("  AKSAudit\n", "  MyAudit_CL\n")), catalog)
    assert {p.severity for p in unknown} == {"warning"}
    missing = check_query(_one(GOOD.replace("Requests: Count", "Requests: Cuont")), catalog)
    assert [(p.code, p.severity) for p in missing] == [("DT011", "warning")]


def test_lengths_of_time_are_read_as_rules_and_azure_write_them() -> None:
    cases = {"5m": 5 * MINUTE, "14d": 14 * DAY, "PT1H30M": 90 * MINUTE, "P1DT2H": 26 * HOUR, "01:00:00": HOUR, "1.00:05:00": DAY + 5 * MINUTE}  # fmt: skip
    assert {text: read_duration(text) for text in cases} == cases
    assert [read_duration(text) for text in ("", "h", "5s", "1H", "P", "PT", "25:00:00")] == [None] * 7
    assert [iso_duration(n) for n in (5 * MINUTE, DAY, 26 * HOUR)] == ["PT5M", "P1D", "P1DT2H"]


def test_the_check_command_answers_one_entry_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text("id: [")
    (tmp_path / "other.json").write_text("{}")
    assert main(["rules", "check", str(tmp_path), "--format", "json"]) == 1
    bad, good = json.loads(capsys.readouterr().out)
    assert good == {"file": str(tmp_path / "good.yaml"), "name": "Secrets listed", "findings": []}
    assert bad["findings"][0].keys() == {"code", "severity", "line", "message"}
    assert main(["rules", "check", str(tmp_path / "good.yaml")]) == 0


@pytest.mark.shared
@needs_shared
def test_every_real_rule_loads_or_is_refused_for_a_fault_of_the_rule() -> None:
    """Refused are the stubs that only point elsewhere, and one with an entity type that does not exist."""
    refused = {}
    files = sorted((SHARED / "corpus/rules").glob("*.yaml"))
    for file in files:
        for found in load_rules(file):
            if found.rule is None:
                refused[file.name] = {p.code for p in found.problems if p.severity == "error"}
    assert len(files) >= 500
    assert len(refused) <= len(files) * 0.02
    assert set().union(*refused.values()) <= {"DT002", "DT006"}


@pytest.mark.soak
@pytest.mark.shared
@needs_shared
def test_real_rules_that_microsoft_accepts_run_on_the_sample_estate(tmp_path: Path) -> None:
    """Left out are queries that name a column which their plugin finds only in a table that has it."""
    generate(tmp_path)
    engine = open_local(tmp_path, Store(f"sqlite:///{tmp_path}/store.db"))
    accepted = {
        "".join(case["query"].split())
        for file in (SHARED / "corpus/queries").glob("*.jsonl")
        for case in lines(f"corpus/queries/{file.name}")
        if case["semantic_ok"]
    }
    refused, ran = [], 0
    for file in sorted((SHARED / "corpus/rules").glob("*.yaml")):
        for found in load_rules(file):
            if found.rule is None or "".join(found.rule.query.split()) not in accepted:
                continue
            try:
                engine.run(QueryRequest(found.rule.query))
                ran += 1
            except WatchbookError as error:
                refused.append(f"{file.name}: {error}")
    print(f"{ran} of {ran + len(refused)} run")
    print("\n".join(refused))
    assert ran >= 0.98 * (ran + len(refused))
    assert ran > 200


SIGMA = """\
title: Whoami
id: e28a5a99-da44-436d-b7a0-2afc20a5f413
logsource: {category: process_creation, product: windows}
detection: {selection: {'Image|endswith': '\\\\whoami.exe'}, condition: selection}
level: high
tags: [attack.discovery, attack.t1033]
"""


def test_a_sigma_rule_is_read_where_pysigma_is_and_else_says_what_to_install() -> None:
    (found,) = read_rules(SIGMA, "whoami.yml")
    if found.rule is None:
        assert [problem.code for problem in found.problems] == ["DT013"]
        assert "watchbook[sigma]" in found.problems[0].hint
        pytest.skip("pySigma is not installed here")
    assert (found.rule.severity, found.rule.tactics, found.rule.techniques) == ("High", ("Discovery",), ("T1033",))
    assert not check_query(found.rule, known_catalog())
