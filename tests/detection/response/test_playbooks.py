"""What playbooks send, how often, and what their receivers see, through every fault a receiver can have."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import hmac
import json
import random
import socket
import ssl
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import trustme
from aiosmtpd.controller import Controller

from dashboard.detection.incidents import Incident
from dashboard.detection.incidents.change import Change, change_incident
from dashboard.detection.response.playbook import Playbook, fill_json, save_playbook
from dashboard.detection.response.running import Outside, dry_run, list_runs, response_jobs, run_playbook
from dashboard.errors import WatchbookError
from dashboard.schedule.scheduler import Scheduler
from dashboard.store import schedule as kept
from dashboard.store.database import Store
from tests.detection.response.receiver import FAULTS, receiving
from tests.detection.response.trigger_schema import SCHEMA
from tests.detection.stored import alert, incident

TRIED_AGAIN = {"hang", "drip", "429", "500", "503", "reset", "garbage", "refused"}


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1)

    def __call__(self) -> dt.datetime:
        return self.now


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store of its own."""
    return Store(f"sqlite:///{tmp_path / 'store.db'}")


def _save(store: Store, monkeypatch: pytest.MonkeyPatch, hosts: str, **values: Any) -> Playbook:
    monkeypatch.setenv("WATCHBOOK_RESPONSE_HOSTS", hosts)
    return save_playbook(store, Playbook(**{"name": "Tell", "kind": "webhook", **values}))


def _work(store: Store, clock: Clock, outside: Outside | None = None, turns: int = 8) -> None:
    scheduler = Scheduler(
        store, lambda: [job for job in response_jobs(store, outside) if job.name != "automation"], clock
    )
    for _ in range(turns):
        scheduler.tick()
        clock.now += dt.timedelta(seconds=20)


def test_a_webhook_sends_the_body_of_sentinels_trigger(store: Store) -> None:
    from dashboard.detection.response.payload import incident_payload

    entities = [
        {"Type": "ip", "Address": "203.0.113.7"}, {"Type": "host", "HostName": "node1", "DnsDomain": "contoso.com"}, {"Type": "account", "Name": "ada", "UPNSuffix": "contoso.com"},
        {"Type": "azure-resource", "ResourceId": "/subscriptions/x/y"}, {"Type": "filehash", "Algorithm": "SHA256", "Value": "a" * 64},
    ]  # fmt: skip
    alerts = [alert(**entity) for entity in entities]
    made = incident(store, *alerts)
    with store.writing() as connection:
        made = change_incident(
            connection,
            made.number,
            made.version,
            Change(owner="ada@contoso.com", add_labels=("aks",), comment="seen"),
            "ada",
        )
    payload = json.loads(json.dumps(incident_payload(made, alerts)))
    jsonschema.Draft202012Validator(SCHEMA).validate(payload)
    body = payload["object"]["properties"]
    assert (body["title"], body["incidentNumber"], body["owner"]["email"]) == (
        made.title,
        made.number,
        "ada@contoso.com",
    )
    assert [entity["kind"] for entity in body["relatedEntities"]] == [
        "Ip",
        "Host",
        "Account",
        "AzureResource",
        "FileHash",
    ]
    assert body["relatedEntities"][0]["properties"]["address"] == "203.0.113.7"
    assert len(body["alerts"]) == 5
    with store.writing() as connection:
        closed = change_incident(
            connection, made.number, made.version, Change(status="Closed", classification="TruePositive"), "ada"
        )
    jsonschema.validate(incident_payload(closed, [], event="Update"), SCHEMA)


def _fault_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cases: list[list[str]]) -> None:
    """Each case is a run of its own against a receiver that shows those faults one after another, then accepts."""
    authority, other = trustme.CA(), trustme.CA()
    good, bad = (ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) for _ in range(2))
    authority.issue_cert("hooks.example.com").configure_cert(good)
    other.issue_cert("hooks.example.com").configure_cert(bad)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    clock = Clock()
    for number, faults in enumerate(cases):
        store = Store(f"sqlite:///{tmp_path / f'{number}.db'}")
        made = incident(store)
        with receiving(faults, good, bad) as receiver, socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))  # a port that refuses: nobody listens, and nobody else gets it
            port = receiver.port
            if faults[0] == "refused":
                port = closed.getsockname()[1]
            outside = Outside((f"hooks.example.com:{port}", "127.0.0.1"), lambda *_: ["127.0.0.1"], client)
            monkeypatch.setenv("WATCHBOOK_RESPONSE_HOSTS", f"hooks.example.com:{port}, 127.0.0.1")
            retries = (0,) * 5
            values = {
                "name": "Tell",
                "kind": "webhook",
                "address": f"https://hooks.example.com:{port}/x?sig=s",
                "retries": retries,
                "seconds": 3,
            }
            playbook = save_playbook(store, Playbook(**values))  # type: ignore[arg-type]
            run_playbook(store, playbook.id, made.number, f"test:{number}")
            _work(store, clock, outside)
            run = list_runs(store)[0]
            stopping = next((i for i, fault in enumerate(faults) if fault not in TRIED_AGAIN), len(faults))
            ending = faults[stopping] if stopping < len(faults) else "ok"
            delivered = ending in ("ok", "truncated")
            if faults[0] == "refused":
                expected, delivered = 6, False
            else:
                expected = min(stopping + 1, 6)
                delivered = delivered and stopping < 6
            assert (run.state, run.attempts) == ("done" if delivered else "failed", expected), (faults, run)
            assert len(receiver.accepted) == (1 if delivered else 0), faults
            assert len(set(receiver.keys())) <= 1, faults
            assert "sig=" not in run.message
            if faults[0] != "refused":
                assert receiver.touched == expected, faults
        store.close()


def _cases(seed: int, each: int) -> list[list[str]]:
    chance = random.Random(seed)
    # Those that take their whole second come at most twice in a run.
    quick = sorted(TRIED_AGAIN - {"hang", "drip", "refused"})
    return [
        [
            fault,
            *(chance.choice(quick) for _ in range(chance.randrange(4))),
            *(["ok"] if chance.random() < 0.8 else ["404"]),
        ]
        for fault in FAULTS
        for _ in range(each)
    ]


def test_every_fault_gets_the_right_number_of_tries_and_is_delivered_once_it_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fault_runs(tmp_path, monkeypatch, _cases(7, 1))


@pytest.mark.soak
def test_every_fault_fifty_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _fault_runs(tmp_path, monkeypatch, _cases(11, 50))


def test_what_is_sent_is_signed_and_keyed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_SECRET", "s3cret")
    made = incident(store)
    with receiving(["500"]) as receiver:
        url = f"http://127.0.0.1:{receiver.port}/hook"
        playbook = _save(
            store, monkeypatch, f"http://127.0.0.1:{receiver.port}", address=url, secret="HOOK_SECRET", retries=(0,)
        )
        run_playbook(store, playbook.id, made.number, "hand:1")
        _work(store, Clock())
    assert len(receiver.received) == 2
    head, body = receiver.received[1]
    signed = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"x-watchbook-signature"))
    at, digest = (part.split("=")[1] for part in signed.decode().split(": ")[1].split(","))
    assert digest == hmac.new(b"s3cret", f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    assert len(set(receiver.keys())) == 1
    jsonschema.validate(json.loads(body), SCHEMA)
    with pytest.raises(WatchbookError):
        run_playbook(store, playbook.id, made.number + 1, "hand:2")


def test_an_address_outside_the_list_is_never_contacted(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving([]) as receiver:
        url = f"http://127.0.0.1:{receiver.port}/"
        with pytest.raises(WatchbookError):
            _save(store, monkeypatch, "", address=url)
        playbook = _save(store, monkeypatch, f"http://127.0.0.1:{receiver.port}", address=url)
        monkeypatch.setenv("WATCHBOOK_RESPONSE_HOSTS", "hooks.example.com")
        run_playbook(store, playbook.id, incident(store).number, "hand:1")
        _work(store, Clock())
        assert receiver.touched == 0
    assert list_runs(store)[0].state == "failed"
    assert list_runs(store)[0].message.startswith("RS001")


def test_a_run_in_whose_middle_the_process_ends_again_and_again_is_ended(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def dying(host: str, port: int) -> list[str]:
        raise Killed

    made = incident(store)
    playbook = _save(store, monkeypatch, "hooks.example.com", address="https://hooks.example.com/")
    run_playbook(store, playbook.id, made.number, "hand:1")
    clock, outside = Clock(), Outside(("hooks.example.com",), dying)
    for _ in range(8):
        with contextlib.suppress(Killed):
            Scheduler(store, lambda: response_jobs(store, outside), clock).tick()
        clock.now += dt.timedelta(minutes=2)
    run = list_runs(store)[0]
    assert (run.state, run.attempts) == ("failed", 5)
    assert "ended several times" in run.message
    with store.reading() as connection:
        assert [job for job in kept.progress(connection) if job.startswith("playbook-run")] == []


def test_a_run_that_is_skipped_by_hand_says_so_and_why_it_waited(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    made = incident(store)
    playbook = _save(store, monkeypatch, "http://127.0.0.1:9", address="http://127.0.0.1:9/", retries=(60, 60))
    for number in range(2):
        run_playbook(store, playbook.id, made.number, f"hand:{number}")
    clock = Clock()  # later than what it is to find due
    never, tried = list_runs(store)
    # One of them is tried, the other is skipped before anybody came to it.
    Scheduler(
        store, lambda: [job for job in response_jobs(store) if job.name == f"playbook-run:{tried.id}"], clock
    ).tick()
    with store.writing() as connection:
        for run in (never, tried):
            kept.skip(connection, f"playbook-run:{run.id}", run.created, clock.now)
    Scheduler(store, lambda: response_jobs(store), clock).tick()
    never, tried = list_runs(store)
    assert (never.state, never.attempts, never.message) == ("failed", 0, "Skipped by hand.")
    assert (tried.state, tried.attempts) == ("failed", 1)
    assert tried.message.startswith("Skipped by hand. RS002")
    assert "may have been sent" not in tried.message


def test_a_dry_run_shows_everything_and_sends_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    made = incident(store)
    with receiving([]) as receiver:
        url = f"http://127.0.0.1:{receiver.port}/"
        monkeypatch.setenv("WATCHBOOK_RESPONSE_HOSTS", f"http://127.0.0.1:{receiver.port}")
        for kind in ("webhook", "teams", "slack"):
            playbook = save_playbook(store, Playbook(name=kind, kind=kind, address=url))
            message = dry_run(store, playbook.id, made.number)
            assert made.title in message.body.decode()
        assert receiver.touched == 0
    assert list_runs(store) == []


def _hostile(store: Store) -> Incident:
    return incident(store, alert(), title='"}, "x": "{{number}}\r\nBcc: evil@x.example <!channel> \u202e')


def test_hostile_titles_change_no_structure(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    made = _hostile(store)
    values = {"title": made.title}
    assert fill_json('{"a": "{{title}}", "b": 1}', values) == {"a": made.title, "b": 1}
    monkeypatch.setenv("WATCHBOOK_RESPONSE_HOSTS", "http://127.0.0.1:9")
    slack = save_playbook(store, Playbook(name="s", kind="slack", address="http://127.0.0.1:9/"))
    text = json.loads(dry_run(store, slack.id, made.number).body)["attachments"][0]["blocks"][1]["text"]["text"]
    assert "<!channel>" not in text
    mail = save_playbook(store, Playbook(name="m", kind="email", to=("a@contoso.example",)))
    assert "\n" not in dry_run(store, mail.id, made.number).title


class Box:
    """A mail server's inbox that refuses where it is told to."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.refuse: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Takes or refuses a mail."""
        if self.refuse:
            return self.refuse.pop(0)
        self.mails.append(envelope.content)
        return "250 OK"


def test_mail_is_sent_once_tried_again_where_the_server_says_later_and_not_where_it_refuses(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = Box()
    controller = Controller(box, hostname="127.0.0.1", port=0, ready_timeout=60)
    with socket.create_server(("127.0.0.1", 0)) as free:
        controller.port = free.getsockname()[1]
    controller.start()
    try:
        monkeypatch.setenv("WATCHBOOK_SMTP_HOST", "127.0.0.1")
        monkeypatch.setenv("WATCHBOOK_SMTP_PORT", str(controller.port))
        monkeypatch.setenv("WATCHBOOK_SMTP_SECURITY", "none")
        made = _hostile(store)
        playbook = _save(store, monkeypatch, "", kind="email", to=("soc@contoso.example",), retries=(0, 0))
        box.refuse = ["451 later"]
        run_playbook(store, playbook.id, made.number, "hand:1")
        _work(store, Clock())
        assert [(run.state, run.attempts) for run in list_runs(store)] == [("done", 2)]
        assert len(box.mails) == 1
        assert b"\nBcc:" not in box.mails[0].split(b"\r\n\r\n")[0]
        box.refuse = ["550 no"]
        run_playbook(store, playbook.id, made.number, "hand:2")
        _work(store, Clock())
        assert (list_runs(store)[0].state, list_runs(store)[0].attempts) == ("failed", 1)
        assert "550" in list_runs(store)[0].message
    finally:
        controller.stop()


def test_only_files_of_the_folder_are_run_without_a_shell(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "commands"
    folder.mkdir()
    script = folder / "block.sh"
    script.write_text(
        '#!/bin/sh\ncat > seen.json\nprintf "%s" "$1" > argument.txt\nenv > environment.txt\n', encoding="utf-8"
    )
    script.chmod(0o755)
    monkeypatch.setenv("WATCHBOOK_RESPONSE_COMMANDS", str(folder))
    monkeypatch.setenv("TOP_SECRET", "x")
    made = _hostile(store)
    playbook = _save(store, monkeypatch, "", kind="command", command="block.sh", arguments=("$(touch x); {{title}}",))
    run_playbook(store, playbook.id, made.number, "hand:1")
    _work(store, Clock(), turns=2)
    assert list_runs(store)[0].state == "done"
    jsonschema.validate(json.loads((folder / "seen.json").read_text(encoding="utf-8")), SCHEMA)
    assert (folder / "argument.txt").read_text(encoding="utf-8").startswith("$(touch x); ")
    assert not (folder / "x").exists()
    assert "TOP_SECRET" not in (folder / "environment.txt").read_text(encoding="utf-8")
    (tmp_path / "outside.sh").write_text("#!/bin/sh\n", encoding="utf-8")
    (tmp_path / "outside.sh").chmod(0o755)
    (folder / "link.sh").symlink_to(tmp_path / "outside.sh")
    for name in ("link.sh", "absent.sh"):
        other = save_playbook(store, Playbook(name=name, kind="command", command=name))
        run_playbook(store, other.id, made.number, f"hand:{name}")
        _work(store, Clock(), turns=2)
        assert list_runs(store)[0].message.startswith("RS006")
    with pytest.raises(WatchbookError):
        save_playbook(store, Playbook(name="x", kind="command", command="../outside.sh"))


@pytest.mark.parametrize(
    "values",
    [
        {"name": ""}, {"kind": "fax"}, {"kind": "email", "to": ("a b",)}, {"kind": "email"}, {"body": "{no json"}, {"secret": "in the clear!"},
        {"title": "{{nonsense}}"}, {"retries": (-1,)}, {"seconds": 0}, {"headers": {"X": "a\r\nb: c"}}, {"address": "http://127.0.0.1/"},
    ],
)  # fmt: skip
def test_a_playbook_that_is_wrong_is_refused_in_words(
    store: Store, monkeypatch: pytest.MonkeyPatch, values: dict[str, Any]
) -> None:
    with pytest.raises(WatchbookError) as caught:
        _save(store, monkeypatch, "hooks.example.com", **{"address": "https://hooks.example.com/", **values})
    assert caught.value.problem.code in ("RS001", "RS003")
