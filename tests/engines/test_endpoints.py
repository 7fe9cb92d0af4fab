"""ARM and custom endpoint queries of a workbook: read from a server on loopback, and what is refused before anything is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from dashboard.engines.loganalytics import LogAnalyticsEngine
from dashboard.runtime import Session, run_all
from dashboard.runtime.results import ItemResult
from tests.engines.azure_server import GROUP, Azure, azure_server, environment
from tests.runtime.standin import book, parameters, query

VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults"
COLUMNS = {
    "type": "jsonpath",
    "settings": {"tablePath": "$.value", "columns": [{"path": "$.name", "columnid": "Name"}]},
}


@pytest.fixture
def azure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Azure]:
    with azure_server() as running:
        for name, value in environment(running).items():
            monkeypatch.setenv(name, value)
        for number in range(3):
            running.resources[f"{VAULT}/kv-{number}"] = {"name": f"kv-{number}", "properties": {"sku": number}}
        yield running


def asked(query_type: int, payload: dict[str, Any], *before: dict[str, Any]) -> ItemResult:
    workbook = book(*before, query(json.dumps(payload), queryType=query_type))
    *_, (_, result) = run_all(Session(workbook, LogAnalyticsEngine()))
    return result


def arm(path: str, method: str = "GET", **more: Any) -> dict[str, Any]:
    return {
        "version": "ARMEndpoint/1.0",
        "method": method,
        "path": path,
        "urlParams": [{"key": "api-version", "value": "2023-01-01"}],
        **more,
    }


def test_a_resource_becomes_a_row_and_a_list_its_rows(azure: Azure) -> None:
    one = asked(12, arm("{Vault}"), parameters({"name": "Vault", "value": f"{VAULT}/kv-1"}))
    assert one.table is not None, one
    assert one.table.json_rows() == [["kv-1", {"sku": 1}]]
    listed = asked(12, arm(VAULT, transformers=[COLUMNS]))
    assert listed.table is not None, listed
    assert (listed.table.names, len(listed.table)) == (("Name",), 2)
    assert azure.of("vaults")[0].query["api-version"] == "2023-01-01"


def test_an_array_is_read_page_by_page(azure: Azure) -> None:
    result = asked(12, arm(VAULT, "GETARRAY"))
    assert result.table is not None, result
    assert result.table.column("name") == ["kv-0", "kv-1", "kv-2"]


@pytest.mark.parametrize(
    "payload",
    [
        arm(f"{VAULT}/kv-1", "DELETE"), arm(f"{VAULT}/kv-1", "PUT"), arm(f"{VAULT}/kv-1/listKeys", "POST"), arm("https://evil.example/x"),
        arm(f"{VAULT}/../x"), arm("//evil.example/x"), {**arm(VAULT), "urlParams": []},
    ],
)  # fmt: skip
def test_what_may_change_something_or_leads_elsewhere_is_never_sent(azure: Azure, payload: dict[str, Any]) -> None:
    result = asked(12, payload)
    assert (result.status, result.problem.code if result.problem else "") == ("error", "EN045")
    assert not azure.of("vaults")
    assert not azure.of("x")


def test_a_custom_endpoint_answers_only_where_its_host_is_allowed(
    azure: Azure, monkeypatch: pytest.MonkeyPatch
) -> None:
    payload = {"version": "CustomEndpoint/1.0", "method": "GET", "url": f"{azure.address}{VAULT}/kv-2",
               "headers": [{"key": "Authorization", "value": "Bearer mine"}, {"key": "Host", "value": "evil.example"}]}  # fmt: skip
    refused = asked(10, payload)
    assert refused.problem is not None
    assert refused.problem.code == "EN046"
    assert not azure.of("vaults")
    monkeypatch.setenv("WATCHBOOK_ENDPOINT_HOSTS", "127.0.0.1")
    result = asked(10, payload)
    assert result.table is not None, result
    assert result.table.column("name") == ["kv-2"]
    (sent,) = azure.of("vaults")
    assert (sent.headers["authorization"], "evil" in sent.headers["host"]) == ("Bearer mine", False)


@pytest.mark.parametrize(
    "url", ["http://example.org/x", "https://a@example.org/x", "https://example.org.evil/x", "file:///etc/passwd", ""]
)
def test_only_https_on_an_allowed_host_is_asked(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("WATCHBOOK_ENDPOINT_HOSTS", "example.org")
    result = asked(10, {"version": "CustomEndpoint/1.0", "method": "GET", "url": url})
    assert result.problem is not None
    assert result.problem.code == "EN046"
