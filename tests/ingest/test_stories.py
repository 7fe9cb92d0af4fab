"""Every stage of the six stories lies in every table that docs/estate.md names, at its time and with its own addresses and names."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from dashboard.ingest.estate import generate
from tests.shared import ROOT

NOW = dt.datetime(2026, 11, 24, 9, 30)
# What tells a story's rows from the others': its addresses, people, pods, identities and hosts.
MARKS = {
    1: (
        "192.0.2.101", "kubernetes-dashboard", "debug-shell", "node-metrics-helper", "hashvault", "cdn-metrics.example", "chroot", "xmrig",
        "metrics-reader-admin", "aks-apps-", "nginx-web", "Exposed dashboard to crypto mining", "/networksecuritygroups/", "multistage",
    ),
    2: ("192.0.2.77", "elif.yildiz", "cart-api", "Service account token", "serviceaccount/token", "K8S_ServiceAccountRareOperation"),
    3: ("198.18.16.38", "backup-operator-2", "terraform-platform", "61c8e5d3-4f29-47ba-9a01-7b3d2f8e6c23"),
    4: ("192.0.2.58", "hugo.martins", "node-debugger-7xk2p", "nsenter", "/var/lib/kubelet/pki", "k.tgz"),
    5: ("192.0.2.33", "quinn.harper"),
    6: ("192.0.2.14", "jonas.berg", "login-contoso.example", "Phished mailbox"),
}  # fmt: skip
# An address that must be in the row wherever the stage is the attacker's own doing, seen by a service outside the victim's machine.
ADDRESS = {2: "192.0.2.77", 4: "192.0.2.58", 5: "192.0.2.33", 6: "192.0.2.14"}
BY_ADDRESS = (
    "SigninLogs", "AADNonInteractiveUserSignInLogs", "AADUserRiskEvents", "BehaviorAnalytics", "AKSAudit", "AKSAuditAdmin", "KubernetesAudit",
    "AzureDiagnostics", "AZKVAuditLogs", "AzureActivity", "StorageBlobLogs", "AuditLogs", "CloudAppEvents", "OfficeActivity",
    "MicrosoftGraphActivityLogs", "SecurityAlert",
)  # fmt: skip
# Hours after a stage until a table that is taken now and then shows it.
LATER = {"IdentityInfo": 40.0, "KubePodInventory": 1.0, "KubernetesPodInventory": 1.0, "ContainerInventory": 1.0}
NOT_THE_ATTACKER = ("the incident is closed", "Vera Novak disables")


@dataclass(frozen=True)
class Stage:
    story: int
    what: str
    older: float
    newer: float
    tables: tuple[str, ...]
    alerts: tuple[str, ...]


def stages() -> list[Stage]:
    found, story = [], 0
    for line in (ROOT / "docs/estate.md").read_text(encoding="utf-8").splitlines():
        if heading := re.match(r"## (\d)\. ", line):
            story = int(heading[1])
        elif line.startswith("## "):
            story = 0
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not story or len(cells) != 4 or not re.match(r"\d", cells[0]):
            continue
        hours = [float(number) for number in re.findall(r"[\d.]+", cells[0])]
        where = re.sub(r"\(.*?\)", "", cells[3])
        alerts = tuple(re.findall(r"`(K8S[^`]+)`", where))
        tables = tuple(re.findall(r"\b[A-Z][A-Za-z0-9]{3,}\b", re.sub(r"`[^`]*`", "", where)))
        found.append(Stage(story, cells[1], hours[0], 0.0 if "now" in cells[0] else hours[-1], tables, alerts))
    return found


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stories")
    generate(folder, now=NOW)
    return folder


def test_the_story_book_has_six_stories_with_their_stages() -> None:
    told = stages()
    assert {stage.story for stage in told} == set(range(1, 7))
    assert all(stage.tables for stage in told)
    assert len(told) >= 40


@pytest.mark.parametrize("story", range(1, 7))
def test_each_stage_is_in_the_tables_that_the_story_book_names(estate: Path, story: int) -> None:
    connection = duckdb.connect()
    missing = []
    for stage in stages():
        if stage.story != story:
            continue
        # Services write minutes later.
        first, last = NOW - dt.timedelta(hours=stage.older + 0.05), NOW - dt.timedelta(hours=max(stage.newer - 0.5, 0))
        for table in stage.tables:
            until = last + dt.timedelta(hours=LATER.get(table, 0))
            marks = MARKS[story]
            theirs = not stage.what.startswith(NOT_THE_ATTACKER)
            if theirs and story in ADDRESS and table in BY_ADDRESS:
                marks = (ADDRESS[story],)
            where = " OR ".join(f"contains(row, '{mark}')" for mark in marks)
            files = f"read_parquet('{estate}/{table}/*/*.parquet', hive_partitioning=false)"
            rows = f"(SELECT to_json(t)::VARCHAR AS row FROM {files} t WHERE TimeGenerated BETWEEN '{first}' AND '{until}')"
            if connection.execute(f"SELECT count(*) FROM {rows} WHERE {where}").fetchone() == (0,):
                missing.append(f"{stage.what}: {table}")
        for alert in stage.alerts:
            sql = f"SELECT count(*) FROM read_parquet('{estate}/SecurityAlert/*/*.parquet', hive_partitioning=false) WHERE AlertType = '{alert}' AND TimeGenerated BETWEEN '{first}' AND '{last}'"
            if connection.execute(sql).fetchone() == (0,):
                missing.append(f"{stage.what}: {alert}")
    assert missing == []
