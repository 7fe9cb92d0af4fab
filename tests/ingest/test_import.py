"""`watchbook data import`: files in, rows out, nothing lost or doubled."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from dashboard.cli import main
from dashboard.engines.local import LocalEngine
from dashboard.engines.protocol import QueryRequest
from dashboard.ingest.schemas import known_tables


def imported(tmp_path: Path, *files: Path, table: str | None = None) -> int:
    chosen = ["--table", table] if table else []
    return main(["data", "import", *map(str, files), *chosen, "--data", str(tmp_path / "data"), "--yes"])


def ask(tmp_path: Path, query: str) -> list[list[object]]:
    return LocalEngine(tmp_path / "data", known_tables()).run(QueryRequest(query)).json_rows()


def written(tmp_path: Path, name: str, content: str | bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def rejects(tmp_path: Path) -> list[dict[str, object]]:
    files = sorted((tmp_path / "data" / "rejects").glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


AUDIT = {
    "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata", "auditID": "a1", "stage": "ResponseComplete",
    "requestURI": "/api/v1/namespaces/shop/pods/web/exec", "verb": "create", "user": {"username": "ada@contoso.com"},
    "sourceIPs": ["192.0.2.7"], "userAgent": "kubectl", "objectRef": {"resource": "pods", "namespace": "shop", "name": "web", "subresource": "exec"},
    "responseStatus": {"code": 101}, "requestReceivedTimestamp": "2026-11-20T10:00:00.000001Z", "stageTimestamp": "2026-11-20T10:00:00.5Z",
    "annotations": {"authorization.k8s.io/decision": "allow"}, "impersonatedUser": {"username": "root"},
}  # fmt: skip


def events(count: int) -> list[dict[str, object]]:
    return [
        {**AUDIT, "auditID": f"a{i}", "stageTimestamp": f"2026-11-20T10:{i // 60:02d}:{i % 60:02d}.5Z"}
        for i in range(count)
    ]


def lines(records: list[dict[str, object]]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def test_audit_events_fill_three_tables_and_keep_every_field(tmp_path: Path) -> None:
    assert imported(tmp_path, written(tmp_path, "audit.log", lines(events(5)))) == 0
    assert ask(tmp_path, "AKSAudit | where ObjectRef.resource == 'pods' | count") == [[5]]
    assert ask(tmp_path, "AKSAudit | project tostring(AdditionalFields.impersonatedUser.username) | take 1") == [
        ["root"]
    ]
    row = "KubernetesAudit | take 1 | project EventType, Level, Username, SourceIp, Action, ResponseCode"
    assert ask(tmp_path, row) == [["Exec", "Warning", "ada@contoso.com", "192.0.2.7", "create pods/exec", 101]]
    whole = ask(
        tmp_path, "AzureDiagnostics | where Category == 'kube-audit' | top 1 by TimeGenerated asc | project log_s"
    )
    assert json.loads(str(whole[0][0])) == events(1)[0]


@pytest.mark.parametrize("version", ["audit.k8s.io/v1", "audit.k8s.io/v1beta1", None])
@pytest.mark.parametrize("shape", ["one", "list", "pretty", "array", "gzip"])
def test_audit_files_of_every_version_and_wrapping_are_read(tmp_path: Path, version: str | None, shape: str) -> None:
    records = [{k: v for k, v in {**e, "apiVersion": version}.items() if v is not None} for e in events(3)]
    content = {
        "one": lines(records), "array": json.dumps(records), "gzip": gzip.compress(lines(records).encode()),
        "list": json.dumps({"kind": "EventList", "apiVersion": version or "v1", "items": records}),
        "pretty": "\n".join(json.dumps(record, indent=2) for record in records),
    }[shape]  # fmt: skip
    assert imported(tmp_path, written(tmp_path, "events", content)) == 0
    assert ask(tmp_path, "KubernetesAudit | count") == [[3]]


def test_lines_and_a_list_of_the_same_events_give_the_same_rows_whatever_is_odd_in_them(tmp_path: Path) -> None:
    odd = [
        {"responseStatus": None}, {"user": None}, {"sourceIPs": None}, {"objectRef": {"resource": "nodes", "name": 7}}, {"annotations": {}},
        {"stageTimestamp": "2026-11-20T10:00:00+02:00"}, {"stageTimestamp": None}, {"responseStatus": {"code": "200"}}, {"requestObject": "text"},
        {"requestURI": None, "objectRef": None}, {"verb": None}, {"responseStatus": {"code": 99_999_999_999}}, {"userAgent": ["a"]},
        {"requestObject": {"spec": {"hostNetwork": True}}, "responseObject": {"a": 1}}, {"sourceIPs": ["192.0.2.1", "10.0.0.1"]},
    ]  # fmt: skip
    records = events(3) + [{**AUDIT, "auditID": f"odd-{i}", **change} for i, change in enumerate(odd)]
    answers = []
    for name, content in (("lines", lines(records)), ("list", json.dumps({"kind": "EventList", "items": records}))):
        (tmp_path / name).mkdir()
        imported(tmp_path / name, written(tmp_path / name, "audit.json", content))
        answers.append([
            ask(tmp_path / name, f"{table} | extend log_s = tostring(parse_json(column_ifexists('log_s', '{{}}'))) | order by TimeGenerated asc, {key} asc")
            for table, key in (("AKSAudit", "AuditId"), ("KubernetesAudit", "AuditId"), ("AzureDiagnostics", "log_s"))
        ])  # fmt: skip
    assert [len(rows) for rows in answers[0]] == [len(records)] * 3
    assert answers[0] == answers[1]


def test_importing_again_adds_nothing_and_what_is_new_is_added(tmp_path: Path) -> None:
    imported(tmp_path, written(tmp_path, "a.log", lines(events(5))))
    imported(tmp_path, written(tmp_path, "b.log.gz", gzip.compress(lines(events(8)).encode())))
    assert ask(tmp_path, "AKSAudit | count") == [[8]]
    assert ask(tmp_path, "AzureDiagnostics | count") == [[8]]


def test_identity_is_the_content_and_not_the_audit_id(tmp_path: Path) -> None:
    records = [{**AUDIT, "verb": verb} for verb in ("create", "get", "create")]
    imported(tmp_path, written(tmp_path, "a.log", lines(records)))
    assert ask(tmp_path, "AKSAudit | count") == [[2]]


def test_equal_lines_of_a_table_file_are_rows_of_their_own_but_only_once(tmp_path: Path) -> None:
    path = written(tmp_path, "App_CL.csv", "time,what\n2026-11-20T10:00:00Z,login\n2026-11-20T10:00:00Z,login\n")
    imported(tmp_path, path)
    imported(tmp_path, path)
    assert ask(tmp_path, "App_CL | count") == [[2]]


def test_a_csv_of_a_known_table_gets_its_types_and_keeps_further_columns(tmp_path: Path) -> None:
    text = "TimeGenerated [UTC],Computer,DeviceVendor,DeviceProduct,SourcePort,SourceIP,Colour\n"
    text += '"6/23/2021, 11:08:25.370 AM",fw,Contoso,Wall,443,192.0.2.1,blue\n'
    assert imported(tmp_path, written(tmp_path, "export.csv", text)) == 0
    row = "CommonSecurityLog | project TimeGenerated, SourcePort, Colour"
    assert ask(tmp_path, row) == [["2021-06-23T11:08:25.3700000Z", 443, "blue"]]


def test_bad_rows_go_to_the_reject_file_with_reasons(tmp_path: Path) -> None:
    text = "TimeGenerated,Computer,OSMajorVersion,Version,ComputerIP\n2026-11-20T10:00:00Z,a,10,1,192.0.2.1\n"
    text += "yesterday,b,10,1,192.0.2.1\n2026-11-20T10:00:00Z,c\n2026-11-20T11:00:00Z,d,10,1,192.0.2.1\n"
    assert imported(tmp_path, written(tmp_path, "beats.csv", text), table="Heartbeat") == 0
    assert ask(tmp_path, "Heartbeat | project Computer | order by Computer asc") == [["a"], ["d"]]
    assert sorted(str(entry["reason"]) for entry in rejects(tmp_path)) == [
        "2 cells where the header has 5",
        "Heartbeat.TimeGenerated is datetime, not 'yesterday'",
    ]


def test_unknown_json_lines_become_a_custom_table_with_inferred_types(tmp_path: Path) -> None:
    text = '{"time":"2026-11-20T10:00:00Z","n":1,"deep":{"a":[1,2]}}\nnot json\n{"time":"2026-11-20T11:00:00Z","n":"many","late":true}\n'
    assert imported(tmp_path, written(tmp_path, "my app.jsonl", text)) == 0
    query = "my_app_CL | order by TimeGenerated asc | project TimeGenerated, n, tostring(deep.a[1]), late"
    assert ask(tmp_path, query) == [
        ["2026-11-20T10:00:00Z", "1", "2", None],
        ["2026-11-20T11:00:00Z", "many", "", True],
    ]
    assert [entry["place"] for entry in rejects(tmp_path)] == [2]


def test_query_api_answers_and_export_blobs_find_their_tables(tmp_path: Path) -> None:
    columns = [{"name": name, "type": "string"} for name in ("TimeGenerated", "Computer", "OSType", "Type")]
    answer = {
        "tables": [
            {"name": "PrimaryResult", "columns": columns, "rows": [["2026-11-20T10:00:00Z", "a", "Linux", "Heartbeat"]]}
        ]
    }
    blob = {
        "time": "2026-11-20T10:00:00Z", "category": "SignInLogs", "operationName": "Sign-in activity",
        "properties": {"userPrincipalName": "ada@contoso.com", "ipAddress": "192.0.2.7"},
    }  # fmt: skip
    audit = {
        "time": "2026-11-20T10:00:00Z", "category": "kube-audit", "operationName": "x", "resourceId": "/SUBSCRIPTIONS/S/X/Y",
        "properties": {"log": json.dumps(AUDIT), "pod": "kube-apiserver-1"},
    }  # fmt: skip
    files = [written(tmp_path, "answer.json", json.dumps(answer)), written(tmp_path, "PT1H.json", lines([blob, audit]))]
    assert imported(tmp_path, *files) == 0
    assert ask(tmp_path, "Heartbeat | project Computer") == [["a"]]
    assert ask(tmp_path, "SigninLogs | project UserPrincipalName") == [["ada@contoso.com"]]
    assert ask(tmp_path, "AzureDiagnostics | project pod_s") == [["kube-apiserver-1"]]
    assert ask(tmp_path, "AKSAudit | project PodName, AuditId") == [["kube-apiserver-1", "a1"]]


def test_pods_cef_and_syslog_are_told_by_their_content(tmp_path: Path) -> None:
    pod = {
        "kind": "Pod", "metadata": {"name": "web", "namespace": "shop", "uid": "u1", "creationTimestamp": "2026-11-01T00:00:00Z"},
        "spec": {"nodeName": "n1", "containers": [{"name": "nginx"}, {"name": "side"}]},
        "status": {"phase": "Running", "containerStatuses": [{"name": "nginx", "restartCount": 3, "state": {"running": {}}}]},
    }  # fmt: skip
    cef = "<134>Nov 20 10:00:00 fw CEF:0|Contoso|Wall|1.0|100|Denied\\|all|5|src=192.0.2.7 spt=443 msg=a b\\=c odd=1\n"
    syslog = "<38>Nov 20 10:00:00 host sshd[77]: Failed password\n  more of it\n"
    files = [
        written(tmp_path, "pods.json", json.dumps({"apiVersion": "v1", "kind": "List", "items": [pod]})),
        written(tmp_path, "fw.txt", cef), written(tmp_path, "messages", syslog),
    ]  # fmt: skip
    assert imported(tmp_path, *files) == 0
    pods = (
        "KubePodInventory | order by ContainerName asc | project Name, Namespace, ContainerName, ContainerRestartCount"
    )
    assert ask(tmp_path, pods) == [["web", "shop", "u1/nginx", 3], ["web", "shop", "u1/side", None]]
    firewall = "CommonSecurityLog | project Activity, SourcePort, Message, AdditionalExtensions, Computer"
    assert ask(tmp_path, firewall) == [["Denied|all", 443, "a b=c", "odd=1", "fw"]]
    log = "Syslog | project Facility, SeverityLevel, ProcessName, ProcessID, SyslogMessage"
    assert ask(tmp_path, log) == [["auth", "info", "sshd", 77, "Failed password\n  more of it"]]


def test_a_cef_number_in_other_digits_is_kept_as_text(tmp_path: Path) -> None:
    cef = "<134>Nov 20 10:00:00 fw CEF:0|Contoso|Wall|1.0|100|Denied|5|src=192.0.2.7 spt=² in=٣ cnt=5\n"
    assert imported(tmp_path, written(tmp_path, "fw.txt", cef)) == 0
    columns = "CommonSecurityLog | project SourcePort, ReceivedBytes, EventCount, AdditionalExtensions"
    assert ask(tmp_path, columns) == [[None, None, 5, "spt=²;in=٣"]]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_other_encodings_are_read(tmp_path: Path, encoding: str) -> None:
    text = "TimeGenerated,name\n2026-11-20T10:00:00Z,Zoë\n"
    assert imported(tmp_path, written(tmp_path, "Names_CL.csv", text.encode(encoding))) == 0
    assert ask(tmp_path, "Names_CL | project name") == [["Zoë"]]


def test_truncated_gzip_gives_what_came_before_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packed = gzip.compress(lines(events(2000)).encode())
    assert imported(tmp_path, written(tmp_path, "cut.gz", packed[: len(packed) // 2])) == 1
    assert "ends in the middle" in capsys.readouterr().err
    assert int(str(ask(tmp_path, "AKSAudit | count")[0][0])) > 100
    imported(tmp_path, written(tmp_path, "whole.gz", packed))
    assert ask(tmp_path, "AKSAudit | count") == [[2000]]


@pytest.mark.parametrize("content", [b"", b"\0\1\2\3" * 50, b"PAR1 no", b"PK\3\4 no", b"\x1f\x8b\x08junk"])
def test_a_file_that_is_none_is_refused_in_one_sentence(
    tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    assert imported(tmp_path, written(tmp_path, "x.bin", content)) == 1
    assert capsys.readouterr().err.startswith("IN01")


def test_old_and_coming_times_are_kept_with_a_notice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "TimeGenerated,a\n1970-01-02T00:00:00Z,1\n2090-01-01T00:00:00Z,2\n"
    assert imported(tmp_path, written(tmp_path, "Clock_CL.csv", text)) == 0
    assert "1970-01-02" in (told := capsys.readouterr().err)
    assert "yet to come" in told
    assert ask(tmp_path, "Clock_CL | count") == [[2]]


def test_parquet_and_excel_are_read(tmp_path: Path) -> None:
    import openpyxl
    import pyarrow as pa
    import pyarrow.parquet as pq

    book = openpyxl.Workbook()
    book.active.append(["TimeGenerated", "n"])
    book.active.append(["2026-11-20T10:00:00Z", 7])
    book.save(tmp_path / "Sheet_CL.xlsx")
    pq.write_table(pa.table({"TimeGenerated": ["2026-11-20T10:00:00Z"], "n": [8]}), tmp_path / "Flat_CL.parquet")
    assert imported(tmp_path, tmp_path / "Sheet_CL.xlsx", tmp_path / "Flat_CL.parquet") == 0
    assert ask(tmp_path, "union Sheet_CL, Flat_CL | project n | order by n asc") == [[7], [8]]


def test_the_listing_names_imported_tables_and_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    imported(tmp_path, written(tmp_path, "mine.jsonl", '{"time":"2026-11-20T10:00:00Z","a":1}\nbroken\n'), table="Mine")
    capsys.readouterr()
    assert main(["data", "tables", "--data", str(tmp_path / "data"), "--format", "json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed == [{"table": "Mine_CL", "rows": 1, "first": "2026-11-20T10:00:00Z", "last": "2026-11-20T10:00:00Z"}]
