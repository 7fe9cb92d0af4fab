"""Signing in with the real azure-identity: applications by secret, certificate and the token of their cluster, people by a device
code, and on behalf of a reader; against Entra ID on loopback over TLS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.cli import main
from dashboard.engines.azure.clouds import cloud
from dashboard.engines.azure.identity import make_credential, who_is
from tests.engines.azure_server import TENANT, WORKSPACE, Azure, azure_server, token
from tests.engines.entra_server import CLIENT, FEDERATED, SECRET, Entra, entra_server


@pytest.fixture
def azure() -> Iterator[Azure]:
    with azure_server() as running:
        yield running


@pytest.fixture
def entra(azure: Azure, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Entra]:
    with entra_server(tmp_path) as running:
        for name in ("AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_FEDERATED_TOKEN_FILE"):
            monkeypatch.delenv(name, raising=False)
        for name, value in {
            "WATCHBOOK_HOME": str(tmp_path / "home"), "WATCHBOOK_AZURE_ENDPOINT": azure.address, "WATCHBOOK_WORKSPACES": WORKSPACE,
            "WATCHBOOK_AZURE_AUTHORITY": running.host, "REQUESTS_CA_BUNDLE": str(running.authority_file),
            "AZURE_TENANT_ID": TENANT, "AZURE_CLIENT_ID": CLIENT,
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        yield running


def set_up(way: str, entra: Entra, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "federated").write_text(FEDERATED)
    kind, _, with_what = way.partition(" by ")
    monkeypatch.setenv("WATCHBOOK_AZURE_CREDENTIAL", kind)
    if with_what == "secret":
        monkeypatch.setenv("AZURE_CLIENT_SECRET", SECRET)
    elif with_what == "certificate":
        monkeypatch.setenv("AZURE_CLIENT_CERTIFICATE_PATH", str(entra.certificate_file))
    elif with_what == "token":
        # As the webhook of workload identity sets them in a pod.
        monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(tmp_path / "federated"))
        monkeypatch.setenv("AZURE_AUTHORITY_HOST", f"https://{entra.host}/")
    elif kind == "device_code":
        monkeypatch.setenv("WATCHBOOK_AZURE_TENANT", TENANT)
        monkeypatch.setenv("WATCHBOOK_AZURE_CLIENT", CLIENT)


@pytest.mark.parametrize(
    ("way", "grant"),
    [
        ("environment by secret", "client_credentials"), ("environment by certificate", "client_credentials"),
        ("workload_identity by token", "client_credentials"), ("default by token", "client_credentials"),
        ("device_code", "urn:ietf:params:oauth:grant-type:device_code"),
    ],
)  # fmt: skip
def test_a_way_to_sign_in_is_checked_with_what_it_may_read(
    azure: Azure, entra: Entra, way: str, grant: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    set_up(way, entra, monkeypatch, tmp_path)
    assert main(["azure", "check"]) == 0
    said = capsys.readouterr()
    assert "You are     ada@example.org" in said.out
    assert "1 of 2 tables with data of the last 30 days can be read" in said.out
    assert {given["grant_type"] for given in entra.grants} == {grant}
    assert {given["client_id"] for given in entra.grants} == {CLIENT}
    if way == "device_code":
        assert "open https://microsoft.com/devicelogin and enter the code ABCD-EFGH" in said.err
    for secret in (SECRET, FEDERATED, token().split(".")[1]):
        assert secret not in said.out + said.err
    assert azure.of("/query")[-1].headers["authorization"].startswith("Bearer ")


def test_a_token_on_behalf_of_a_reader_is_exchanged_for_one_of_azure(
    entra: Entra, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_CLIENT_SECRET", SECRET)
    reader = token("reader@example.org")
    credential = make_credential(cloud(), "on_behalf_of", reader)
    assert who_is(credential, "https://management.azure.com/.default").name == "ada@example.org"
    (given,) = entra.grants
    assert (given["requested_token_use"], given["assertion"]) == ("on_behalf_of", reader)


def test_a_secret_that_is_wrong_is_told_without_saying_it(
    entra: Entra, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WATCHBOOK_AZURE_CREDENTIAL", "environment")
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "not-the-secret")
    assert main(["azure", "check"]) == 1
    said = capsys.readouterr()
    assert "EN011: Signing in to Azure failed" in said.out
    assert "not-the-secret" not in said.out + said.err
