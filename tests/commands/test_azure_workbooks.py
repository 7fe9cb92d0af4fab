"""Workbooks to and from Azure, against a server that follows the public REST reference."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboard.cli import main
from dashboard.document import load_workbook
from dashboard.engines.loganalytics import LogAnalyticsEngine
from dashboard.errors import WatchbookError
from dashboard.export.azure_workbooks import preview, publish
from tests.engines.azure_server import GROUP, SUBSCRIPTION, Azure, azure_server, environment


@pytest.fixture
def azure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Azure]:
    with azure_server() as running:
        for name, value in environment(running).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("WATCHBOOK_HOME", str(tmp_path / "home"))
        yield running


def document(*texts: str) -> dict[str, Any]:
    items = [{"type": 1, "content": {"json": text}, "name": f"text {at}"} for at, text in enumerate(texts)]
    return {"version": "Notebook/1.0", "items": items, "$schema": "x", "unknown": {"kept": True}}


def written(tmp_path: Path, *texts: str) -> Path:
    path = tmp_path / "pods.json"
    path.write_text(json.dumps(document(*texts)))
    return path


def held(azure: Azure, name: str, title: str, content: Any, category: str = "workbook") -> None:
    path = f"{GROUP}/providers/Microsoft.Insights/workbooks/{name}"
    data = content if isinstance(content, str) else json.dumps(content)
    azure.resources[path] = {
        "id": path, "name": name, "etag": '"1"', "location": "westeurope", "kind": "shared", "tags": {"team": "soc"},
        "properties": {"displayName": title, "serializedData": data, "category": category, "sourceId": "Azure Monitor"},
    }  # fmt: skip


def test_a_new_workbook_is_shown_then_created_once_it_is_confirmed(
    azure: Azure, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["azure", "publish", str(written(tmp_path, "Hello")), "--resource-group", GROUP, "--title", "Pods"]
    assert main([*command, "--dry-run"]) == 0
    assert "Creates the workbook 'Pods'" in capsys.readouterr().out
    assert main(command) == 2  # nobody can answer here
    assert azure.resources == {}
    assert main([*command, "--yes"]) == 0
    ((path, made),) = azure.resources.items()
    assert path.lower().startswith(f"{GROUP}/providers/microsoft.insights/workbooks/".lower())
    assert (made["location"], made["kind"]) == ("westeurope", "shared")
    assert json.loads(made["properties"]["serializedData"]) == document("Hello")
    assert main([*command, "--yes"]) == 0
    assert "is the same already" in capsys.readouterr().out
    assert len(azure.resources) == 1


def test_a_workbook_of_that_title_is_changed_and_keeps_what_azure_knows_of_it(
    azure: Azure, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    held(azure, "w1", "Pods", document("Old", "Same"), "sentinel")
    command = ["azure", "publish", str(written(tmp_path, "New", "Same")), "--resource-group", GROUP, "--title", "pods"]
    assert main([*command, "--yes"]) == 0
    said = capsys.readouterr().out
    assert "Changes the workbook" in said
    assert "Old → New" in said
    (made,) = azure.resources.values()
    assert made["tags"] == {"team": "soc"}
    assert made["properties"]["category"] == "sentinel"
    assert json.loads(made["properties"]["serializedData"]) == document("New", "Same")


def test_a_workbook_that_somebody_changed_meanwhile_is_not_overwritten(azure: Azure, tmp_path: Path) -> None:
    held(azure, "w1", "Pods", document("Old"))
    management = LogAnalyticsEngine().management()
    seen = preview(management, load_workbook(written(tmp_path, "New")), GROUP, "Pods")
    (key,) = azure.resources
    azure.resources[key]["etag"] = '"2"'
    with pytest.raises(WatchbookError, match="EN039"):
        publish(management, seen)
    assert len([each for each in azure.asked if each.method == "PUT"]) == 1


def test_what_is_no_resource_group_is_refused(azure: Azure, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["azure", "publish", str(written(tmp_path, "x")), "--resource-group", "soc"]) == 1
    assert "EX010" in capsys.readouterr().err


def test_every_workbook_of_a_subscription_is_fetched_and_one_that_is_broken_stops_none(
    azure: Azure, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(5):
        held(azure, f"w{number}", f"Workbook {number}", document(f"text {number}"))
    held(azure, "twin1234-x", "Workbook 1", document("the other one"), "sentinel")
    held(azure, "broken", "../../Broken", "{not json", "sentinel")
    target = tmp_path / "fetched"
    assert main(["azure", "import-workbooks", "--subscription", SUBSCRIPTION, "-o", str(target)]) == 1
    assert "../../Broken" in capsys.readouterr().err
    names = sorted(path.name for path in target.iterdir())
    assert names == [
        *(f"workbook-{n}.json" for n in (0,)),
        "workbook-1-twin1234.json",
        *(f"workbook-{n}.json" for n in range(1, 5)),
    ]
    assert json.loads((target / "workbook-1-twin1234.json").read_text()) == document("the other one")
    assert load_workbook(target / "workbook-3.json").count_items() == 1
