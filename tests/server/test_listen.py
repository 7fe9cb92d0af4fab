"""`watchbook listen` as a process, and its senders: Microsoft's own client, a webhook, Syslog over UDP and TCP."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.monitor.ingestion import LogsIngestionClient

from dashboard.engines.local import LocalEngine
from dashboard.engines.protocol import QueryRequest
from dashboard.ingest.schemas import known_tables
from dashboard.server.syslog import split_messages
from tests.server.querying import Credential
from tests.shared import ROOT

RULE = "dcr-00000000000000000000000000000000"


class Listening:
    """A running listener: its HTTP and Syslog ports, and its process."""

    def __init__(self, folder: Path, *more: str, **environment: str) -> None:
        command = [
            sys.executable,
            "-m",
            "dashboard.cli",
            "listen",
            "--data",
            str(folder),
            "--port",
            "0",
            "--syslog",
            "0",
            *more,
        ]
        import os

        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, **environment},
        )
        assert self.process.stdout is not None
        found = re.search(r":(\d+)$", self.process.stdout.readline().strip())
        ports = re.search(r"UDP port (\d+) and TCP port (\d+)", self.process.stdout.readline())
        assert found
        assert ports
        self.port, self.udp, self.tcp = int(found[1]), int(ports[1]), int(ports[2])

    def post(self, path: str, body: Any, **headers: str) -> tuple[int, dict[str, str], bytes]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("POST", path, data, {"Content-Type": "application/json", **headers})
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def upload(self, stream: str, rows: list[dict[str, Any]], token: str = "any") -> None:
        client = LogsIngestionClient(f"http://127.0.0.1:{self.port}", Credential(token))
        client.upload(RULE, stream, rows, enforce_https=False)

    def stop(self) -> str:
        self.process.send_signal(signal.SIGINT)
        return self.process.communicate(timeout=60)[0]

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=30)


@contextlib.contextmanager
def listening(folder: Path, *more: str, **environment: str) -> Iterator[Listening]:
    running = Listening(folder, *more, **environment)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.stop()


def ask(folder: Path, query: str) -> list[list[object]]:
    return LocalEngine(folder, known_tables()).run(QueryRequest(query)).json_rows()


def _until(happened: Callable[[], bool]) -> None:
    for _ in range(600):
        if happened():
            return
        time.sleep(0.1)
    raise AssertionError("it did not happen")


def event(number: int) -> dict[str, object]:
    return {
        "level": "Metadata", "auditID": f"a{number}", "stage": "ResponseComplete", "requestURI": "/api/v1/pods", "verb": "list",
        "user": {"username": "ada@contoso.com"}, "objectRef": {"resource": "pods"}, "requestReceivedTimestamp": "2026-11-20T10:00:00.000001Z",
        "stageTimestamp": "2026-11-20T10:00:00.000002Z",
    }  # fmt: skip


def test_what_senders_of_every_kind_are_told_is_taken_is_in_its_table(tmp_path: Path) -> None:
    with listening(tmp_path) as running:
        rows = [{"TimeGenerated": "2026-11-20T10:00:00Z", "Computer": "web-1", "n": i % 2} for i in range(300)]
        running.upload("Custom-App_CL", rows)
        batch = {"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "metadata": {}, "items": [event(1), event(2)]}
        assert running.post("/audit", batch)[0] == 200
        assert running.post("/audit", batch)[0] == 200  # the API server sends a batch again when it is not sure
        with socket.create_connection(("127.0.0.1", running.tcp)) as tcp:
            tcp.sendall(
                b"<38>Nov 20 10:00:00 host sshd[77]: Failed password\n<38>Nov 20 10:00:01 host sshd[77]: Failed again\n"
            )
            tcp.sendall(b"<134>Nov 20 10:00:00 fw CEF:0|Contoso|Wall|1.0|100|Denied|5|src=192.0.2.7 spt=443\n")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.sendto(b"<13>1 2026-11-20T10:00:00Z box app 7 - - over UDP", ("127.0.0.1", running.udp))
        _until(lambda: ask(tmp_path, "union Syslog, CommonSecurityLog | count") == [[4]])
        running.upload("Microsoft-Heartbeat", [{"TimeGenerated": "2026-11-20T10:00:00Z", "Computer": "web-2"}])
        told = running.stop()  # what has not landed yet lands now
    assert "309 rows taken, 307 new in their tables, 0 rejected" in told
    assert ask(tmp_path, "App_CL | summarize count() by n | order by n asc") == [[0, 150], [1, 150]]
    assert ask(tmp_path, "Heartbeat | project Computer") == [["web-2"]]
    assert ask(tmp_path, "AKSAudit | count") == [[2]]
    assert ask(tmp_path, "Syslog | order by TimeGenerated asc, SyslogMessage asc | project SyslogMessage") == [
        ["Failed password"], ["over UDP"], ["Failed again"],
    ]  # fmt: skip
    assert ask(tmp_path, "CommonSecurityLog | project DeviceVendor, SourceIP, SourcePort") == [
        ["Contoso", "192.0.2.7", 443]
    ]
    assert not list((tmp_path / "journal").glob("*.jsonl"))


def test_a_kill_loses_nothing_that_was_acknowledged_and_doubles_nothing(tmp_path: Path) -> None:
    running = Listening(tmp_path)
    acknowledged = 0
    for number in range(60):
        rows = [{"TimeGenerated": "2026-11-20T10:00:00Z", "n": number, "same": "row"} for _ in range(20)]
        assert running.post(f"/dataCollectionRules/{RULE}/streams/Custom-App_CL?api-version=2023-01-01", rows)[0] == 204
        acknowledged += 20
        if number == 40:
            time.sleep(2.5)  # some of it has landed by now
    running.kill()
    running = Listening(tmp_path)
    running.kill()  # and once more, perhaps in the middle of landing
    with listening(tmp_path) as again:
        assert "rejected" in again.stop()
    assert ask(tmp_path, "App_CL | summarize count(), dcount(n)") == [[acknowledged, 60]]


def test_a_token_a_limit_and_a_wrong_body_are_told_in_azures_own_shape(tmp_path: Path) -> None:
    stream = f"/dataCollectionRules/{RULE}/streams/Custom-App_CL"
    with listening(tmp_path, "--token", "a-token-of-one-run", WATCHBOOK_LISTEN_WAITING_MB="1") as running:
        shown = {"Authorization": "Bearer a-token-of-one-run"}
        with pytest.raises(HttpResponseError) as refused:
            running.upload("Custom-App_CL", [{"a": 1}], "wrong")
        assert refused.value.status_code == 401
        running.upload("Custom-App_CL", [{"a": 1}], "a-token-of-one-run")
        for body, status, code in (
            (b"[{", 400, "InvalidPayload"), (b'"text"', 400, "InvalidPayload"), (b"[" + b" " * 1_100_000 + b"]", 413, ""),
        ):  # fmt: skip
            answer = running.post(stream, body, **shown)
            assert answer[0] == status
            assert code in answer[2].decode()
        bomb = gzip.compress(b"[" + b" " * 40_000_000 + b"]")
        assert running.post(stream, bomb, **shown, **{"Content-Encoding": "gzip"})[0] == 413
        assert running.post("/elsewhere", b"[]", **shown)[0] == 404
        for _ in range(30):  # where rows land between two requests, there is room again
            status, headers, _ = running.post(stream, [{"text": "x" * 900_000}], **shown)
            if status != 204:
                break
        assert status == 429
        assert int(headers["retry-after"]) > 0


def test_a_second_listener_of_a_folder_is_refused(tmp_path: Path) -> None:
    with listening(tmp_path):
        command = [
            sys.executable,
            "-m",
            "dashboard.cli",
            "listen",
            "--data",
            str(tmp_path),
            "--port",
            "0",
            "--syslog",
            "none",
        ]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.startswith("IN015")


def test_both_framings_of_syslog_over_tcp_are_told_apart() -> None:
    assert split_messages(b"<1>a\n<2>b\n<3>c") == ([b"<1>a", b"<2>b"], b"<3>c")
    assert split_messages(b"6 <1>a\nb5 <2>cd9 <3>") == ([b"<1>a\nb", b"<2>cd"], b"9 <3>")
