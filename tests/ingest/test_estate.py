"""The sample estate, as those who query it rely on it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from dashboard.engines.externaldata import path_of
from dashboard.engines.inventory import read_inventory
from dashboard.engines.local import LocalEngine
from dashboard.engines.protocol import QueryRequest
from dashboard.errors import WatchbookError
from dashboard.ingest.estate import ensure_estate, generate
from dashboard.ingest.estate.frame import DAY, arrow_schema
from dashboard.ingest.estate.generate import read_manifest
from dashboard.ingest.estate.identity import signins
from dashboard.ingest.estate.window import Window
from dashboard.ingest.estate.world import build_world, load_data
from dashboard.ingest.schemas import known_tables
from tests.shared import ROOT

NOW = dt.datetime(2026, 11, 24, 9, 30)


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("estate")
    generate(folder, now=NOW)
    return folder


@pytest.fixture(scope="module")
def ask(estate: Path) -> Iterator[object]:
    connection = duckdb.connect()

    def run(sql: str) -> list[tuple[object, ...]]:
        for table in sorted(known_tables(), key=len, reverse=True):
            if f"<{table}>" in sql:
                sql = sql.replace(
                    f"<{table}>", f"read_parquet('{estate}/{table}/*/*.parquet', hive_partitioning=false)"
                )
        return connection.execute(sql).fetchall()

    yield run
    connection.close()


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.glob("*/*/*.parquet"))}


def tables(folder: Path) -> list[Path]:
    return sorted({path.parents[1] for path in folder.glob("*/*/*.parquet")})


def rows_of(folder: Path, table: str) -> list[dict[str, object]]:
    return pq.read_table(sorted((folder / table).glob("*/*.parquet"))[-1]).to_pylist()[-20:]


def test_the_same_seed_and_now_give_the_same_files(estate: Path, tmp_path: Path) -> None:
    generate(tmp_path, now=NOW)
    assert files(estate) == files(tmp_path)


def test_another_seed_gives_other_rows(estate: Path, tmp_path: Path) -> None:
    generate(tmp_path, seed=8, days=3, now=NOW)
    assert rows_of(tmp_path, "KubeEvents") != rows_of(estate, "KubeEvents")


def test_every_file_has_the_known_columns_in_their_types(estate: Path) -> None:
    for table in tables(estate):
        schema = pq.read_schema(next(table.glob("*/*.parquet")))
        assert [(f.name, f.type) for f in schema] == [(name, kind) for name, _, kind in arrow_schema(table.name)], (
            table.name
        )


def test_text_columns_are_never_null(estate: Path) -> None:
    for table in tables(estate):
        read = pq.read_table(next(table.glob("*/*.parquet")))
        for name, kind, _ in arrow_schema(table.name):
            if kind == "string":
                assert read.column(name).null_count == 0, f"{table.name}.{name}"


def test_dynamic_columns_hold_json(estate: Path) -> None:
    for table in tables(estate):
        read = pq.read_table(sorted(table.glob("*/*.parquet"))[-1])
        for name, kind, _ in arrow_schema(table.name):
            if kind == "dynamic":
                for cell in read.column(name).unique().to_pylist()[:50]:
                    if cell is not None:
                        json.loads(cell)


def test_rows_are_sorted_and_not_earlier_than_the_date_of_their_folder(estate: Path) -> None:
    for path in estate.glob("*/*/*.parquet"):
        if "TimeGenerated" in pq.read_schema(path).names:
            times = pq.read_table(path, columns=["TimeGenerated"]).column(0).to_pylist()
            assert times == sorted(times), path
            first = dt.date.fromisoformat(path.parent.name.removeprefix("date="))
            assert first <= times[0].date() <= times[-1].date() < first + dt.timedelta(days=32), path


def test_times_end_now_and_never_after(estate: Path) -> None:
    listed = {name: last for name, (_, _, last) in read_inventory(estate).items()}
    assert max(last for last in listed.values() if last) < NOW
    for table in ("KubePodInventory", "AKSAudit", "AzureDiagnostics", "SigninLogs", "Heartbeat", "AzureActivity"):
        assert NOW - listed[table] < dt.timedelta(hours=1.5), table


def test_the_inventory_counts_what_the_manifest_says(estate: Path) -> None:
    manifest = read_manifest(estate)
    assert manifest is not None
    assert {name: rows for name, (rows, _, _) in read_inventory(estate).items()} == manifest["rows"]


def test_a_pod_of_the_inventory_has_its_image_in_the_view(ask) -> None:
    found = ask(
        "select distinct PodName, Pod->'spec'->'containers'->>'image' from <KubernetesPodInventory> where PodName like '%nginx%'"
    )
    assert len(found) >= 6
    assert all(":" in image for _, image in found)


def test_the_audit_view_has_warnings_with_users_for_exec(ask) -> None:
    found = ask(
        "select User->>'username', Namespace, Resource, Action from <KubernetesAudit> where Level='Warning' and EventType='Exec'"
    )
    assert len(found) >= 30
    assert all(all(row) for row in found)
    assert (
        "system:serviceaccount:kubernetes-dashboard:kubernetes-dashboard",
        "default",
        "pods/debug-shell",
        "create pods/exec",
    ) in found


def test_one_audit_event_is_the_same_in_all_its_tables(ask) -> None:
    ((name,),) = ask(
        "select AuditId from <AKSAudit> where RequestUri like '%node-metrics-helper%' or RequestObject like '%xmrig%' limit 1"
    )
    for table, column in (("AKSAuditAdmin", "AuditId"), ("KubernetesAudit", "AuditId")):
        assert ask(f"select count(*) from <{table}> where {column} = '{name}'") == [(1,)]
    logs = ask(f"select Category, log_s from <AzureDiagnostics> where contains(log_s, '{name}') order by 1")
    assert [category for category, _ in logs] == ["kube-audit", "kube-audit-admin"]
    assert json.loads(logs[0][1])["auditID"] == name


def test_the_attack_shows_in_every_log_it_touched(ask) -> None:
    assert ask("select count(*) > 0 from <KubePodInventory> where Name like 'node-metrics-helper%'") == [(True,)]
    assert ask("select count(*) > 0 from <ContainerInventory> where Image = 'xmrig'") == [(True,)]
    assert ask("select count(*) > 0 from <ContainerLogV2> where LogMessage like '%hashvault%'") == [(True,)]
    alerts = {row[0] for row in ask("select AlertType from <SecurityAlert>")}
    assert {
        "K8S_ExposedDashboard",
        "K8S_ClusterAdminBinding",
        "K8S_MaliciousContainerImage",
        "K8S.NODE_DigitalCurrencyMining",
    } <= alerts
    assert ask(
        "select distinct arg_max(Status, TimeGenerated) from <SecurityIncident> where Title like 'Exposed dashboard%' group by IncidentNumber"
    ) == [("Active",)]


def test_incidents_are_written_again_at_each_change(ask) -> None:
    history = ask("select IncidentNumber, list(Status order by TimeGenerated) from <SecurityIncident> group by 1")
    assert {tuple(dict.fromkeys(states)) for _, states in history} == {
        ("New",),
        ("New", "Active"),
        ("New", "Active", "Closed"),
    }


def test_comments_of_incidents_have_their_times_as_texts(ask) -> None:
    (comments,) = ask("SELECT Comments FROM <SecurityIncident> WHERE Comments != '[]' LIMIT 1")[0]
    assert json.loads(comments)[0]["createdTimeUtc"].endswith("Z")


def test_a_list_that_workbooks_read_from_its_first_line_has_no_header() -> None:
    for name in ("AzureSentinel.csv", "MSFTAlerts.csv"):
        (entry,) = [entry for entry in load_data()["lists"] if entry["address"].endswith(f"/{name}")]
        assert "head" not in entry


def test_alerts_of_an_incident_exist(ask) -> None:
    assert ask(
        "select count(*) from (select unnest(from_json(AlertIds, '[\"VARCHAR\"]')) id from <SecurityIncident>) where id not in (select SystemAlertId from <SecurityAlert>)"
    ) == [(0,)]


def test_more_rows_scale_the_ordinary_days(tmp_path: Path) -> None:
    small, large = (
        generate(tmp_path / "a", rows=20_000, days=2, now=NOW),
        generate(tmp_path / "b", rows=60_000, days=2, now=NOW),
    )
    assert 40_000 < large.rows < 90_000
    assert large.tables["AKSAudit"] > 2 * small.tables["AKSAudit"]


def test_an_absurd_size_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WatchbookError, match="IN002"):
        generate(tmp_path, rows=0)
    with pytest.raises(WatchbookError, match="IN002"):
        generate(tmp_path, days=0)


def test_the_estate_is_made_once_and_again_when_it_is_old(tmp_path: Path) -> None:
    assert ensure_estate(tmp_path) is not None
    assert ensure_estate(tmp_path) is None
    generate(tmp_path, now=dt.datetime.now(dt.UTC) - dt.timedelta(days=2))
    again = ensure_estate(tmp_path)
    assert again is not None
    assert dt.datetime.now(dt.UTC).replace(tzinfo=None) - again.now < dt.timedelta(minutes=5)
    newest = max(last for _, _, last in read_inventory(tmp_path).values() if last)
    assert dt.datetime.now(dt.UTC).replace(tzinfo=None) - newest < dt.timedelta(hours=1)


def test_a_folder_with_the_users_own_tables_only_is_left_alone(tmp_path: Path, estate: Path) -> None:
    own = tmp_path / "AppLog_CL" / "date=2026-01-01"
    own.mkdir(parents=True)
    (own / "mine.parquet").write_bytes(next((estate / "KubeEvents").glob("*/*.parquet")).read_bytes())
    assert ensure_estate(tmp_path) is None
    assert list(read_inventory(tmp_path)) == ["AppLog_CL"]


def test_making_it_anew_keeps_other_files_of_a_table(tmp_path: Path, estate: Path) -> None:
    generate(tmp_path, days=2, now=NOW)
    mine = next((tmp_path / "KubeEvents").iterdir()) / "import.parquet"
    mine.write_bytes(next((estate / "KubeEvents").glob("*/*.parquet")).read_bytes())
    generate(tmp_path, days=2, now=NOW + dt.timedelta(days=50))
    assert mine.exists()
    assert [path.name for path in mine.parent.iterdir()] == ["import.parquet"]


def test_what_a_makers_function_gives_is_the_same_events_as_its_log(estate: Path, ask) -> None:
    log, given = (
        ask(f"select TimeGenerated, SourceIP, SourcePort, AdditionalExtensions from <{table}> where DeviceVendor = 'Infoblox' order by all")
        for table in ("CommonSecurityLog", "InfobloxCDC")
    )  # fmt: skip
    assert given
    assert log == given
    for row in rows_of(estate, "InfobloxCDC"):
        parts = dict(part.split("=", 1) for part in str(row["AdditionalExtensions"]).split(";"))
        assert parts == json.loads(str(row["AdditionalExtensionsParsedNested"]))
        assert parts == {name: row[name] for name in parts}


def _ensure(folder: Path) -> bool:
    return ensure_estate(folder) is not None


def test_processes_that_start_together_make_one_estate(tmp_path: Path) -> None:
    with ProcessPoolExecutor(3) as pool:
        made = list(pool.map(_ensure, [tmp_path] * 3))
    assert sorted(made) == [False, False, True]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WatchbookError, match="IN001"):
        generate(tmp_path / "file" / "data")


def test_the_estate_brings_stand_ins_of_public_lists_and_leaves_copies_alone(tmp_path: Path) -> None:
    mine = tmp_path / "external" / "feeds.example" / "mine.csv"
    mine.parent.mkdir(parents=True)
    mine.write_text("1\n")
    generate(tmp_path, days=1, rows=1_000, now=NOW)
    generate(tmp_path, days=1, rows=1_000, now=NOW)
    assert mine.read_text() == "1\n"
    answer = LocalEngine(tmp_path).run(
        QueryRequest(
            "externaldata(cve:string)['https://www.cisa.gov/sites/default/files/csv/known_exploited_vulnerabilities.csv'] with (ignoreFirstRecord=true)"
        )
    )
    assert answer.arrow.num_rows > 0
    assert [notice.code for notice in answer.notices] == ["EN024"]


def test_every_stand_in_is_told_with_its_columns_in_the_story_book() -> None:
    told = (ROOT / "docs/estate.md").read_text(encoding="utf-8")
    for entry in load_data()["lists"]:
        (line,) = [line for line in told.splitlines() if line.startswith(f"| {path_of(entry['address'])} |")]
        assert all(column in line for column in entry.get("head", [])[:6])


def test_every_look_at_the_pods_sees_all_that_run(estate: Path) -> None:
    """Single rows between the looks drew as an hour in which a cluster was down."""
    rows = f"read_parquet('{estate}/KubePodInventory/*/*.parquet', hive_partitioning=false)"
    looks = f"SELECT count(DISTINCT PodUid) AS pods FROM {rows} GROUP BY TimeGenerated"
    fewest, median = duckdb.connect().execute(f"SELECT min(pods), median(pods) FROM ({looks})").fetchone() or (0, 1)
    assert fewest > 0.7 * median


@pytest.mark.parametrize("hour", range(0, 24, 3))
def test_no_day_of_the_estate_is_without_a_risky_sign_in(hour: int) -> None:
    now = int(dt.datetime(2026, 11, 28, hour, 40, tzinfo=dt.UTC).timestamp()) * 1_000_000
    world = build_world(1, now, 30)
    tables = dict(signins(Window(world, world.start, now, 0, 1)))
    signed = tables["SigninLogs"].select(["TimeGenerated", "RiskLevelDuringSignIn"]).to_pylist()
    risky = {
        (now - int(row["TimeGenerated"].replace(tzinfo=dt.UTC).timestamp() * 1_000_000)) // DAY
        for row in signed
        if row["RiskLevelDuringSignIn"] != "none"
    }
    assert risky >= set(range(30))


@pytest.mark.parametrize(
    "rows",
    [
        "OfficeActivity | where Operation startswith 'Sharing'",
        "OfficeActivity | where Operation == 'New-InboxRule'",
        "OfficeActivity | where Logon_Type == 'Delegated'",
        "AADUserRiskEvents",
        "SentinelHealth | where SentinelResourceType in ('Playbook', 'Automation rule')",
    ],
)
def test_no_day_of_the_estate_is_without_what_workbooks_show_of_it(estate: Path, rows: str) -> None:
    days = f"{rows} | summarize by Day = toint((datetime({NOW.isoformat()}) - TimeGenerated) / 1d)"
    found = {row[0] for row in LocalEngine(estate, known_tables()).run(QueryRequest(days)).rows()}
    assert found >= set(range(30))
