"""Reports are rendered and delivered by the clock: missed ones once, none twice, failures told."""

from __future__ import annotations

import base64
import datetime as dt
import json
import socket
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from dashboard.detection.workspace import open_local
from dashboard.errors import WatchbookError
from dashboard.reporting.report import Report, deliveries, save_report
from dashboard.reporting.running import report_jobs, run_now
from dashboard.schedule.scheduler import Scheduler
from dashboard.store.database import Store
from tests.detection.response.receiver import receiving

START = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
WORKBOOK = {
    "version": "Notebook/1.0",
    "items": [
        {"type": 1, "content": {"json": "## Hello report"}, "name": "t"},
        {"type": 3, "content": {"version": "KqlItem/1.0", "query": "print Answer = 42", "queryType": 0}, "name": "q"},
    ],
}


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> dt.datetime:
        return self.now


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store of its own."""
    return Store(f"sqlite:///{tmp_path / 'store.db'}")


def _report(store: Store, place: Path, **more: Any) -> Report:
    file = place / "hello.json"
    file.write_text(json.dumps(WORKBOOK), encoding="utf-8")
    values = {
        "name": "Daily",
        "workbook": str(file),
        "cron": "0 7 * * *",
        "format": "md",
        "folder": str(place / "out"),
        "since": START,
    }
    return save_report(store, Report(**{**values, **more}))


def _scheduler(store: Store, folder: Path, clock: Clock) -> Scheduler:
    engine = open_local(folder / "data", store)
    return Scheduler(store, lambda: report_jobs(store, lambda _: engine), clock)


def test_a_report_is_written_each_day_and_missed_days_are_caught_up_once(store: Store, tmp_path: Path) -> None:
    _report(store, tmp_path)
    clock = Clock()
    scheduler = _scheduler(store, tmp_path, clock)
    for days in (0.5, 1, 4.5, 4.6, 5.5):
        clock.now = START + days * DAY
        scheduler.tick()
    files = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert files == [f"Daily-202611{day:02}T070000Z.md" for day in (1, 5, 6)]
    assert "42" in (tmp_path / "out" / files[0]).read_text(encoding="utf-8")
    assert [each.state for each in deliveries(store)] == ["sent"] * 3


class Box:
    """An inbox that refuses where it is told to."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.answers: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Takes or refuses a mail."""
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250"):
            self.mails.append(envelope.content)
        return answer


def test_mail_is_tried_again_and_what_a_kill_left_on_its_way_is_not_sent_twice(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = Box()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port, ready_timeout=60)
    controller.start()
    try:
        monkeypatch.setenv("WATCHBOOK_SMTP_HOST", "127.0.0.1")
        monkeypatch.setenv("WATCHBOOK_SMTP_PORT", str(port))
        monkeypatch.setenv("WATCHBOOK_SMTP_SECURITY", "none")
        _report(store, tmp_path, deliver="email", to=("soc@contoso.example",))
        clock = Clock()
        scheduler = _scheduler(store, tmp_path, clock)
        box.answers = ["451 later"]
        clock.now = START + DAY / 2
        scheduler.tick()
        assert [each.state for each in deliveries(store)] == ["waiting"]
        clock.now += dt.timedelta(minutes=2)
        scheduler.tick()
        assert (len(box.mails), deliveries(store)[0].state) == (1, "sent")
        assert b"Daily-20261101T070000Z.md" in box.mails[0]
        box.answers = ["550 no"]
        clock.now += DAY
        scheduler.tick()
        assert (len(box.mails), deliveries(store)[0].state) == (1, "failed")

        class Killed(BaseException):
            pass

        import dashboard.reporting.running as running

        real = running.send_mail

        def killed(*given: Any, **more: Any) -> str:
            real(*given, **more)
            raise Killed

        monkeypatch.setattr(running, "send_mail", killed)
        clock.now += DAY
        with pytest.raises(Killed):
            scheduler.tick()
        monkeypatch.setattr(running, "send_mail", real)
        clock.now += dt.timedelta(minutes=5)
        scheduler.tick()
        assert len(box.mails) == 2
        assert deliveries(store)[0].state == "unclear"
    finally:
        controller.stop()


def test_a_webhook_gets_the_file_and_a_key(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving([]) as receiver:
        monkeypatch.setenv("WATCHBOOK_RESPONSE_HOSTS", f"http://127.0.0.1:{receiver.port}")
        report = _report(
            store, tmp_path, deliver="webhook", address=f"http://127.0.0.1:{receiver.port}/r", format="html"
        )
        assert run_now(store, report, open_local(tmp_path / "data", store)) == "answered 202"
    body = json.loads(receiver.received[0][1])
    assert b"Hello report" in base64.b64decode(body["content"])
    assert receiver.keys()[0].startswith(f"report:{report.id}@")


def test_a_workbook_that_is_gone_fails_in_words_and_the_next_day_comes(store: Store, tmp_path: Path) -> None:
    _report(store, tmp_path)
    clock = Clock()
    scheduler = _scheduler(store, tmp_path, clock)
    (tmp_path / "hello.json").rename(tmp_path / "away.json")
    clock.now = START + DAY / 2
    scheduler.tick()
    assert deliveries(store)[0].message.startswith("RP002")
    (tmp_path / "away.json").rename(tmp_path / "hello.json")
    clock.now += DAY
    scheduler.tick()
    assert [each.state for each in deliveries(store)] == ["sent", "failed"]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"cron": "0 0 30 2 *"}, "SD002"), ({"cron": "daily"}, "SD001"), ({"zone": "Nowhere"}, "SD007"), ({"workbook": "../../etc/passwd"}, "RP002"), ({"format": "docx"}, "RP001"),
        ({"deliver": "email", "to": ("x",)}, "RP001"), ({"deliver": "fax"}, "RP001"), ({"folder": "relative"}, "RP001"), ({"time_range": "soon"}, "RP001"), ({"name": " "}, "RP001"),
        ({"deliver": "webhook", "address": "http://169.254.169.254/"}, "RS001"),
    ],
)  # fmt: skip
def test_a_report_that_is_wrong_is_refused_in_words(
    store: Store, tmp_path: Path, values: dict[str, Any], code: str
) -> None:
    with pytest.raises(WatchbookError) as caught:
        _report(store, tmp_path, **values)
    assert caught.value.problem.code == code
