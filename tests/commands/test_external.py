"""`watchbook data external`: lists are fetched when a person says so, land where externaldata looks, and nothing else happens."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from dashboard.cli import main
from tests.commands.test_commands import run
from tests.loopback import running


def _archive(**files: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "../"), text)
    return out.getvalue()


CONTENT = {
    "/bad%20ones.csv": b"192.0.2.9\n",
    "/top.csv.zip": _archive(a="1,contoso.com\n", __up="2,fabrikam.com\n"),
    "/broken.zip": b"no archive",
}


class Handler(BaseHTTPRequestHandler):
    """Gives the lists."""

    def do_GET(self) -> None:
        """One list, or 404; `/moved` leads elsewhere."""
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/bad%20ones.csv")
            self.end_headers()
            return
        body = CONTENT.get(self.path)
        if body is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *given: Any) -> None:
        """Stays quiet."""


@pytest.fixture
def server() -> Iterator[str]:
    with running(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as listening:
        yield f"http://127.0.0.1:{listening.server_port}"


def test_a_fetched_list_is_what_externaldata_reads(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, server: str
) -> None:
    address = f"{server}/bad%20ones.csv"
    status, _, err = run(capsys, "data", "external", address, "--yes", "--data", str(tmp_path))
    assert (status, (tmp_path / "external/127.0.0.1/bad ones.csv").read_text()) == (0, "192.0.2.9\n"), err
    _, out, _ = run(capsys, "kql", f"externaldata(ip:string)['{address}']", "--data", str(tmp_path), "--format", "json")
    assert json.loads(out)["rows"] == [["192.0.2.9"]]
    _, out, _ = run(capsys, "data", "external", "--data", str(tmp_path), "--format", "json")
    (listed,) = json.loads(out)
    assert (listed["list"], listed["kind"], listed["bytes"]) == ("127.0.0.1/bad ones.csv", "copy", 10)


def test_an_archive_is_unpacked_inside_its_folder(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, server: str
) -> None:
    assert run(capsys, "data", "external", f"{server}/top.csv.zip", "--yes", "--data", str(tmp_path))[0] == 0
    place = tmp_path / "external/127.0.0.1/top.csv.zip"
    assert sorted(path.name for path in place.iterdir()) == ["a", "up"]


def test_an_archive_that_is_fetched_again_leaves_no_file_of_the_earlier_one(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"{server}/top.csv.zip"
    place = tmp_path / "external/127.0.0.1/top.csv.zip"
    (place.parent / ".top.csv.zip.new").mkdir(parents=True)
    (place.parent / ".top.csv.zip.new" / "cut-off.csv").write_text("4,left.example\n", encoding="utf-8")
    assert run(capsys, "data", "external", address, "--yes", "--data", str(tmp_path))[0] == 0
    monkeypatch.setitem(CONTENT, "/top.csv.zip", _archive(b="3,tailspin.com\n"))
    assert run(capsys, "data", "external", address, "--yes", "--data", str(tmp_path))[0] == 0
    assert [path.name for path in place.parent.rglob("*") if path.is_file()] == ["b"]
    query = f"externaldata(rank:long, name:string)['{address}'] with (format='csv')"
    _, out, _ = run(capsys, "kql", query, "--data", str(tmp_path), "--format", "json")
    assert json.loads(out)["rows"] == [[3, "tailspin.com"]]
    monkeypatch.setitem(CONTENT, "/top.csv.zip", b"no archive")
    assert run(capsys, "data", "external", address, "--yes", "--data", str(tmp_path))[0] == 1
    assert [path.name for path in place.iterdir()] == ["b"]


def test_files_of_one_name_in_two_folders_of_an_archive_are_both_kept(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CONTENT, "/two.zip", _archive(**{"a/x.csv": "1\n", "b/x.csv": "2\n", "c/x-2.csv": "3\n"}))
    address = f"{server}/two.zip"
    assert run(capsys, "data", "external", address, "--yes", "--data", str(tmp_path))[0] == 0
    query = f"externaldata(n:long)['{address}'] with (format='csv', zipPattern='*.csv') | order by n asc"
    _, out, _ = run(capsys, "kql", query, "--data", str(tmp_path), "--format", "json")
    assert json.loads(out)["rows"] == [[1], [2], [3]]


def test_nobody_is_contacted_without_an_answer(capsys: pytest.CaptureFixture[str], tmp_path: Path, server: str) -> None:
    assert main(["data", "external", f"{server}/bad%20ones.csv", "--data", str(tmp_path)]) != 0
    assert "Say --yes" in capsys.readouterr().err
    assert not (tmp_path / "external").exists()


@pytest.mark.parametrize(
    ("path", "told"), [("/none", "answers 404"), ("/moved", "redirect"), ("/broken.zip", "CL011"), ("/../..", "CL011")]
)
def test_what_cannot_be_fetched_is_told_and_leaves_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, server: str, path: str, told: str
) -> None:
    status, _, err = run(capsys, "data", "external", server + path, "--yes", "--data", str(tmp_path))
    assert status == 1
    assert told in err
    assert not [found for found in tmp_path.rglob("*") if found.is_file()]


@pytest.mark.parametrize("address", ["file:///etc/passwd", "list.csv", "https://_stand-ins/../x"])
def test_only_web_addresses_are_fetched(capsys: pytest.CaptureFixture[str], tmp_path: Path, address: str) -> None:
    status, _, _ = run(capsys, "data", "external", address, "--yes", "--data", str(tmp_path))
    assert status == 1
    assert not [found for found in tmp_path.rglob("*") if found.is_file()]
