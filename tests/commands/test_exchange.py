"""`watchbook import` and `export`: into the user's folder and out of it, whatever the packaging."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dashboard.cli import main
from dashboard.document import load_workbook
from tests.pages.samples import CYCLE, PODS_BOARD


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WATCHBOOK_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "workbooks"


def test_an_exported_arm_template_is_imported_as_the_same_workbook(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "pods.json").write_text(json.dumps(PODS_BOARD))
    assert (
        main(
            [
                "export",
                str(tmp_path / "pods.json"),
                "--format",
                "arm",
                "--title",
                "[Pods]",
                "-o",
                str(tmp_path / "pods.arm.json"),
            ]
        )
        == 0
    )
    packed = json.loads((tmp_path / "pods.arm.json").read_text())
    assert packed["parameters"]["workbookDisplayName"]["defaultValue"] == "[[Pods]"
    assert load_workbook(tmp_path / "pods.arm.json").raw == PODS_BOARD
    assert main(["import", str(tmp_path / "pods.arm.json")]) == 0
    assert json.loads((folder / "pods-arm.json").read_text()) == PODS_BOARD


def test_a_folder_with_several_workbooks_in_a_file_is_imported_with_its_folders(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clone = tmp_path / "clone"
    (clone / "Team A").mkdir(parents=True)
    two = {
        "resources": [
            {"properties": {"displayName": name, "serializedData": json.dumps(CYCLE)}} for name in ("../Evil", "Two")
        ]
    }
    (clone / "Team A" / "two.json").write_text(json.dumps(two))
    (clone / "torn.json").write_text("{")
    assert main(["import", str(clone)]) == 1
    said = capsys.readouterr()
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.json")) == [
        "team-a/evil.json",
        "team-a/two.json",
    ]
    assert "torn.json" in said.err
    assert "Traceback" not in said.err
    assert len(said.out.splitlines()) == 2
    assert main(["import", str(clone / "Team A" / "two.json")]) == 0
    assert (folder / "two.json").is_file()


def test_a_huge_file_is_refused_unread_and_nothing_is_written(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (tmp_path / "huge.json").open("wb") as file:
        file.truncate(100_000_000)
    assert main(["import", str(tmp_path / "huge.json")]) == 1
    assert "100.0 MB" in capsys.readouterr().err
    assert not folder.exists()


def test_a_shipped_workbook_is_exported_by_its_name_to_standard_output(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", "aks-pod-inventory"]) == 0
    assert json.loads(capsys.readouterr().out)["version"] == "Notebook/1.0"
    assert main(["export", "mine/../../none"]) == 2
    assert "There is no workbook" in capsys.readouterr().err
