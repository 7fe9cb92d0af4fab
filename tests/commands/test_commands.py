"""The command line as a person or a script uses it: output, exit status, one-line errors."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dashboard.cli import main
from tests.shared import ROOT

WORKBOOK = str(ROOT / "workbooks/aks-pod-inventory.json")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit status, stdout and stderr of one command."""
    status = main(list(arguments))
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    return status, said.out, said.err


def test_a_query_prints_json_of_the_contract(capsys: pytest.CaptureFixture[str], estate: Path) -> None:
    query = "print when = datetime(2026-01-02), span = 1h, bag = dynamic({'a': 1}), real = real(nan), none = int(null)"
    status, out, _ = run(capsys, "kql", query, "--data", str(estate), "--format", "json")
    answer = json.loads(out)
    assert status == 0
    assert answer["columns"][0] == ["when", "datetime"]
    assert answer["rows"] == [["2026-01-02T00:00:00Z", "01:00:00", {"a": 1}, "NaN", None]]


def test_a_query_prints_csv_with_a_header(capsys: pytest.CaptureFixture[str], estate: Path) -> None:
    status, out, _ = run(capsys, "kql", "print a = 1, b = 'x,y'", "--data", str(estate), "--format", "csv")
    assert (status, out) == (0, 'a,b\n1,"x,y"\n')


def test_control_characters_of_logs_do_not_reach_the_terminal(capsys: pytest.CaptureFixture[str], estate: Path) -> None:
    _, out, _ = run(capsys, "kql", "print a = 'x\\u001b[31my'", "--data", str(estate))
    assert "\x1b" not in out


def test_a_wrong_query_is_told_in_one_line_with_its_place(capsys: pytest.CaptureFixture[str], estate: Path) -> None:
    status, out, err = run(capsys, "kql", "SecurityAlert\n| wher Severity == 1", "--data", str(estate))
    assert (status, out) == (1, "")
    assert "line 2, column 3" in err
    assert "where" in err


PRINTED = """KubernetesAudit
where Level == “Warning”
where EventType == “Exec”
extend User = parse_json(User)
project TimeGenerated, User.username, Namespace, Resource, Action"""
PRINTED_PODS = """KubernetesPodInventory
where PodName contains “nginx”
extend Pod = parse_json(Pod)
| extend Container = parse_json(Pod.spec.containers)
extend Image = Container.image
extend ImageName = extract(“(.+):.+”, 1, Image)
project PodName, ImageName"""


def test_the_printed_queries_run_after_repair_and_give_what_they_promise(
    capsys: pytest.CaptureFixture[str], estate: Path
) -> None:
    status, out, err = run(capsys, "kql", PRINTED, "--repair", "--data", str(estate), "--format", "json")
    answer = json.loads(out)
    assert status == 0
    assert [name for name, _ in answer["columns"]] == [
        "TimeGenerated",
        "User_username",
        "Namespace",
        "Resource",
        "Action",
    ]
    assert answer["rows"]
    assert all(row[1] for row in answer["rows"])
    assert "Repaired" in err
    status, out, _ = run(capsys, "kql", PRINTED_PODS, "--repair", "--data", str(estate), "--format", "json")
    rows = json.loads(out)["rows"]
    assert rows
    assert all("nginx" in pod and image for pod, image in rows)


def test_the_printed_query_as_typed_names_quotes_and_pipes(capsys: pytest.CaptureFixture[str], estate: Path) -> None:
    status, _, err = run(capsys, "kql", PRINTED, "--data", str(estate))
    assert status == 1
    assert "pipe" in err
    assert "quot" in err


def test_explain_shows_the_sql_and_the_plan(capsys: pytest.CaptureFixture[str], estate: Path) -> None:
    status, out, _ = run(
        capsys, "kql", "KubePodInventory | where TimeGenerated > ago(1d) | count", "--explain", "--data", str(estate)
    )
    assert status == 0
    assert out.startswith("SELECT")
    assert "TimeGenerated" in out


def test_a_batch_answers_every_line_in_order(tmp_path: Path) -> None:
    asked = [
        "print x = 1",
        "T | where",
        "T | take 1",
        "T | frobnicate",
        "externaldata(a:long)['https://x.example/a.csv']",
    ]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps({"query": q}) + "\n" for q in asked), encoding="utf-8")
    (tmp_path / "tables.json").write_text('{"T": {"A": "string"}}', encoding="utf-8")
    out = tmp_path / "out.jsonl"
    assert (
        main(["kql", "--batch", str(tmp_path / "in.jsonl"), "--tables", str(tmp_path / "tables.json"), "-o", str(out)])
        == 0
    )
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [line["ok"] for line in lines] == [True, False, True, False, True]
    assert (lines[0]["rows"], lines[2]["columns"], lines[4]["rows"]) == ([[1]], [["A", "string"]], [])
    assert lines[1]["error"]["kind"] == "syntax"
    assert lines[3]["error"]["line"] == 1


def test_rendering_reports_every_item(capsys: pytest.CaptureFixture[str], estate: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    status, _, _ = run(capsys, "render", WORKBOOK, "-o", str(out), "--data", str(estate), "--time-range", "24h")
    report = json.loads(out.read_text(encoding="utf-8"))
    assert status == 0
    assert {"workbook", "parameters", "items"} <= set(report)
    assert {"path", "name", "type", "status", "visualization", "rows", "columns", "message", "ms"} <= set(
        report["items"][0]
    )
    assert {item["status"] for item in report["items"]} <= {"ok", "empty", "hidden", "unset"}


def test_rendering_a_folder_goes_on_after_a_broken_file(
    capsys: pytest.CaptureFixture[str], estate: Path, tmp_path: Path
) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    (folder / "a.json").write_text("{ not json", encoding="utf-8")
    (folder / "b.json").write_text(Path(WORKBOOK).read_text(encoding="utf-8"), encoding="utf-8")
    status, _, err = run(capsys, "render", str(folder), "-o", str(out), "--format", "json", "--data", str(estate))
    assert status == 1
    assert [path.name for path in out.iterdir()] == ["b.json"]
    assert "a.json" in err


def test_a_page_is_rendered_as_one_html_file(capsys: pytest.CaptureFixture[str], estate: Path, tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    status, _, _ = run(capsys, "render", WORKBOOK, "-o", str(out), "--data", str(estate))
    text = out.read_text(encoding="utf-8")
    assert status == 0
    assert "AKS pod inventory" in text
    assert "<script src=" not in text


@pytest.mark.parametrize(("ending", "start"), [("md", b"# AKS pod inventory\n"), ("xlsx", b"PK")])
def test_a_workbook_is_rendered_with_all_its_tabs_as_a_file_to_take_away(
    capsys: pytest.CaptureFixture[str], estate: Path, tmp_path: Path, ending: str, start: bytes
) -> None:
    out = tmp_path / f"page.{ending}"
    status, _, _ = run(capsys, "render", WORKBOOK, "-o", str(out), "--all-tabs", "--data", str(estate))
    assert status == 0
    assert out.read_bytes().startswith(start)
    if ending == "md":
        assert "## Unhealthy" in out.read_text("utf-8")


def test_a_form_that_is_not_known_is_refused_with_those_that_are(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    status, _, err = run(capsys, "render", WORKBOOK, "-o", str(tmp_path / "page.docx"))
    assert status == 2
    assert "json, html, pdf, png, xlsx, md" in err


def test_the_shipped_workbooks_have_no_findings(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "check", str(ROOT / "workbooks"), "--format", "json")
    entries = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    found = {Path(entry["file"]).stem: entry["findings"] for entry in entries}
    assert {"aks-audit-warnings", "aks-pod-inventory", "incident-trends"} <= set(found)
    assert not any(found.values())


def test_checking_what_is_no_workbook_is_a_finding(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("[1, 2]", encoding="utf-8")
    status, out, _ = run(capsys, "check", str(tmp_path / "x.json"), str(tmp_path / "absent.json"), "--format", "json")
    entries: list[dict[str, Any]] = [json.loads(line) for line in out.splitlines()]
    assert status == 1
    assert all(entry["findings"][0]["severity"] == "error" for entry in entries)


def test_findings_can_be_written_as_sarif_with_their_lines(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    item = {"type": 3, "content": {"version": "KqlItem/1.0", "query": "T", "size": 7}}
    document = {"version": "Notebook/1.0", "items": [item]}
    file = tmp_path / "w.json"
    file.write_text(json.dumps(document, indent=1), encoding="utf-8")
    _, out, _ = run(capsys, "check", str(file), "--format", "sarif")
    (log,) = json.loads(out)["runs"]
    found = next(result for result in log["results"] if result["ruleId"] == "WB102")
    assert found["level"] == "warning"
    place = found["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == file.as_posix()
    assert '"content"' in file.read_text().splitlines()[place["region"]["startLine"] - 1]
    assert {"WB102"} <= {rule["id"] for rule in log["tool"]["driver"]["rules"]}


def test_tables_are_listed_with_rows_and_times(capsys: pytest.CaptureFixture[str], estate: Path) -> None:
    status, out, _ = run(capsys, "data", "tables", "--data", str(estate), "--format", "json")
    entries = {entry["table"]: entry for entry in json.loads(out)}
    assert status == 0
    assert entries["KubePodInventory"]["rows"] > 1_000
    assert entries["KubePodInventory"]["first"] < entries["KubePodInventory"]["last"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["kql"], "CL003"),
        (["kql", "--batch", "absent.jsonl"], "CL003"),
        (["render", "absent.json", "-o", "x.pptx"], "CL005"),
        (["render", "absent.json", "-o", "x.json", "--param", "novalue"], "CL006"),
        (["render", "absent.json", "-o", "x.json", "--time-range", "soon"], "CL007"),
        (["serve", "--workbooks", "no/such/folder"], "CL008"),
        (["kql", "SigninLogs | count", "--data", "no/such/folder"], "CL008"),
        (["kql", "--batch", "absent.jsonl", "-o", "out.jsonl", "--data", "no/such/folder"], "CL008"),
        (["kql", "--batch", "absent.jsonl", "-o", "out.jsonl", "--tables", "README.md"], "CL016"),
        (["data", "generate", "--rows", "0"], "CL002"),
    ],
)
def test_misuse_is_told_with_a_code(capsys: pytest.CaptureFixture[str], arguments: list[str], code: str) -> None:
    status, _, err = run(capsys, *arguments)
    assert status == 2
    assert code in err


def test_a_fault_of_our_own_is_one_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.commands.kql._write", lambda *_: [][1])
    status, out, err = run(capsys, "kql", "print 1")
    assert (status, out) == (1, "")
    assert err.startswith("CL015: Watchbook failed: IndexError: list index out of range.")
    assert len(err.splitlines()) == 1


def test_every_command_has_an_example_in_its_help() -> None:
    for command in (["serve"], ["check"], ["render"], ["kql"], ["data", "generate"], ["data", "tables"]):
        run = subprocess.run(
            [sys.executable, "-m", "dashboard.cli", *command, "--help"], capture_output=True, text=True, cwd=ROOT
        )
        assert run.returncode == 0
        assert "Example: watchbook" in run.stdout


def test_the_estate_is_made_in_the_users_folder_on_first_use(tmp_path: Path) -> None:
    environment = {**os.environ, "WATCHBOOK_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "dashboard.cli", "kql", "KubePodInventory | count", "--format", "json"]
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["rows"][0][0] > 1_000


@pytest.mark.parametrize("port", ["", "abc"])
def test_a_setting_that_cannot_be_read_is_told_in_one_line(port: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dashboard.cli", "serve"], env={**os.environ, "WATCHBOOK_PORT": port},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"ST001: WATCHBOOK_PORT must be of type int; got '{port}'.")
    assert done.stderr.count("\n") == 1
