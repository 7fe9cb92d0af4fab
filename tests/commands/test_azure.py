"""`watchbook azure`: the real sign-in of a managed identity and the real clients, against Azure on loopback."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.cli import main
from dashboard.engines.azure import connections
from dashboard.engines.azure.clouds import CLOUDS, cloud
from dashboard.engines.azure.identity import KINDS, PERSONAL, make_credential
from dashboard.errors import WatchbookError
from tests.engines.azure_server import RESOURCE, SENTINEL, WORKSPACE, Azure, azure_server, environment, token


@pytest.fixture
def azure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Azure]:
    with azure_server() as running:
        for name, value in environment(running).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("WATCHBOOK_HOME", str(tmp_path))
        yield running


def test_check_says_who_you_are_and_what_you_can_read(azure: Azure, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["azure", "add-workspace", WORKSPACE, "--name", "Production"]) == 0
    assert main(["azure", "check"]) == 0
    said = capsys.readouterr().out
    assert "You are     ada@example.org (person)" in said
    assert "1 of 2 tables with data of the last 30 days can be read" in said
    assert "SecretTable: EN012: You have no permission" in said
    assert token().split(".")[1] not in said


def test_check_as_json_names_the_workspaces_that_may_be_added(azure: Azure, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["azure", "check", "--format", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["identity"]["name"] == "ada@example.org"
    assert told["visible_workspaces"] == [{"id": WORKSPACE, "name": "law-soc", "resource": RESOURCE}]
    assert told["workspaces"] == []


def test_a_sign_in_that_fails_says_what_to_do(
    azure: Azure, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WATCHBOOK_AZURE_CREDENTIAL", "environment")
    for name in ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    assert main(["azure", "check"]) == 1
    assert "EN011: Signing in to Azure failed" in capsys.readouterr().out


def test_a_text_that_is_no_workspace_id_is_refused(azure: Azure, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["azure", "add-workspace", "my workspace"]) == 1
    assert "EN038" in capsys.readouterr().err


def test_workspaces_that_were_added_are_kept_and_taken_out(azure: Azure, monkeypatch: pytest.MonkeyPatch) -> None:
    connections.add_workspace(WORKSPACE.upper(), "Production")
    connections.add_workspace(RESOURCE)
    connections.add_workspace(WORKSPACE, "Renamed")
    assert [each.label for each in connections.workspaces()] == [RESOURCE, "Renamed"]
    assert stat.S_IMODE(connections.path().stat().st_mode) == 0o600
    monkeypatch.setenv("WATCHBOOK_WORKSPACES", "22222222-2222-3333-4444-555555555555")
    assert len(connections.workspaces()) == 3
    connections.remove_workspace(RESOURCE)
    assert len(connections.workspaces()) == 2


def test_a_file_of_connections_that_cannot_be_read_is_told(azure: Azure) -> None:
    connections.path().write_text("{")
    with pytest.raises(WatchbookError, match="EN037"):
        connections.workspaces()


@pytest.mark.parametrize("name", list(CLOUDS))
def test_each_cloud_has_addresses_of_its_own(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHBOOK_AZURE_CLOUD", name)
    monkeypatch.delenv("WATCHBOOK_AZURE_ENDPOINT", raising=False)
    found = cloud()
    assert found.logs.startswith("https://")
    assert all(found.logs != other.logs for other in CLOUDS.values() if other.name != name)


def test_an_unknown_cloud_or_way_to_sign_in_names_those_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WatchbookError, match="public, usgovernment, china"):
        cloud("moon")
    with pytest.raises(WatchbookError, match="azure_cli"):
        make_credential(CLOUDS["public"], "magic")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in PERSONAL])
def test_every_way_to_sign_in_can_be_made(kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("AZURE_TENANT_ID", "99999999-0000-0000-0000-000000000000")
    monkeypatch.setenv("AZURE_CLIENT_ID", "99999999-0000-0000-0000-000000000001")
    assert hasattr(make_credential(CLOUDS["china"], kind), "get_token")


@pytest.mark.parametrize("kind", PERSONAL)
def test_a_readers_own_sign_in_is_never_replaced_by_the_servers(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WatchbookError, match="EN036"):
        make_credential(CLOUDS["public"], kind)
    for name in ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"):
        monkeypatch.setenv(name, "99999999-0000-0000-0000-000000000001")
    assert hasattr(make_credential(CLOUDS["public"], kind, "a.b.c"), "get_token")


def test_incidents_are_listed_and_changed_only_where_it_is_confirmed(
    azure: Azure, capsys: pytest.CaptureFixture[str]
) -> None:
    name = f"{SENTINEL}/incidents/i7"
    told = {"title": "Odd sign-in", "severity": "High", "status": "New", "incidentNumber": 7}
    azure.resources[name] = {"id": name, "name": "i7", "etag": '"1"', "properties": told}
    connections.add_workspace(WORKSPACE)
    assert main(["azure", "incidents"]) == 0
    assert "Odd sign-in" in capsys.readouterr().out
    change = ["azure", "change-incident", "7", "--status", "Active"]
    assert main(change) == 2
    said = capsys.readouterr()
    assert "status: New → Active" in said.out
    assert azure.resources[name]["properties"]["status"] == "New"
    assert main([*change, "--yes"]) == 0
    assert azure.resources[name]["properties"]["status"] == "Active"


def test_analytics_rules_are_fetched_as_files_that_can_be_checked(azure: Azure, tmp_path: Path) -> None:
    rule = f"{SENTINEL}/alertRules/r1"
    azure.resources[rule] = {
        "id": rule, "name": "r1", "kind": "Scheduled", "properties": {"displayName": "Odd sign-in", "severity": "High"},
    }  # fmt: skip
    assert main(["azure", "rules", "--workspace", RESOURCE, "-o", str(tmp_path / "rules")]) == 0
    (file,) = (tmp_path / "rules").glob("*.json")
    assert file.name == "Odd-sign-in-r1.json"
    assert json.loads(file.read_text())["resources"][0]["properties"]["displayName"] == "Odd sign-in"
