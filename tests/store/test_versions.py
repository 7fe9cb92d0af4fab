"""Workbooks are saved whole, with a version each; nothing that was saved, found or drafted is ever lost."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import resource
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from dashboard.errors import WatchbookError
from dashboard.store.database import Store
from dashboard.store.files import file_in, free_name, safe_name, write_whole
from dashboard.store.versions import CHANGED, FOUND, Conflict, Versions, digest_of


@pytest.fixture
def versions(tmp_path: Path) -> Versions:
    return Versions(Store(f"sqlite:///{tmp_path / 'store.db'}"))


def test_a_save_is_a_file_and_a_version_with_author_time_and_message(versions: Versions, tmp_path: Path) -> None:
    file = tmp_path / "team" / "pods.json"
    first = versions.save(file, "{}\n", base=None, author="Ada", message="The first\nline")
    second = versions.save(file, '{"a": 1}\n', base=first.digest, author="Bob")
    assert file.read_text() == '{"a": 1}\n'
    told = [(each.number, each.author, each.message) for each in versions.list(file)]
    assert told == [(2, "Bob", "Changed"), (1, "Ada", "The first line")]
    assert versions.content(file, 1) == "{}\n"
    assert versions.list(file)[0] == second


def test_saving_what_is_there_already_makes_no_version(versions: Versions, tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    first = versions.save(file, "{}", base=None)
    assert versions.save(file, "{}", base=first.digest) == first
    assert len(versions.list(file)) == 1


def test_a_restored_version_is_a_new_one(versions: Versions, tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    first = versions.save(file, "1", base=None)
    second = versions.save(file, "2", base=first.digest)
    versions.save(file, versions.content(file, 1), base=second.digest, message="Version 1 restored")
    assert file.read_text() == "1"
    assert [each.number for each in versions.list(file)] == [3, 2, 1]


def test_what_came_into_the_file_in_another_way_becomes_a_version(versions: Versions, tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(b"\xff found \xf0")
    assert [each.message for each in versions.list(file)] == [FOUND]
    version = versions.save(file, "mine", base=versions.list(file)[0].digest)
    file.write_text("pulled from Git")
    assert [each.message for each in versions.list(file)] == [CHANGED, "Changed", FOUND]
    assert versions.content(file, 1).encode("utf-8", "surrogateescape") == b"\xff found \xf0"
    with pytest.raises(Conflict):
        versions.save(file, "mine again", base=version.digest)
    assert file.read_text() == "pulled from Git"


def test_the_second_of_two_editors_is_told_and_nothing_is_lost(versions: Versions, tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    base = versions.save(file, "start", base=None).digest
    versions.save(file, "Ada's", base=base, author="Ada")
    with pytest.raises(Conflict) as caught:
        versions.save(file, "Bob's", base=base, author="Bob")
    assert (caught.value.theirs, caught.value.version.author, file.read_text()) == ("Ada's", "Ada", "Ada's")
    assert "Ada changed this workbook" in caught.value.problem.message
    versions.save(file, "Bob's", base=base, author="Bob", over=True)
    assert [versions.content(file, number) for number in (1, 2, 3)] == ["start", "Ada's", "Bob's"]


def test_a_new_workbook_never_replaces_one_that_is_there(versions: Versions, tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text("mine")
    with pytest.raises(WatchbookError) as caught:
        versions.save(file, "{}", base=None)
    assert caught.value.problem.code == "SO105"
    assert file.read_text() == "mine"
    assert free_name(tmp_path, "A") == "a-2"


def test_drafts_are_kept_listed_and_dropped(versions: Versions) -> None:
    versions.keep_draft("one", "mine/a", "text 1", base="b", author="Ada")
    versions.keep_draft("two", "mine/a", "text 2", base="b", author="Bob")
    versions.keep_draft("one", "mine/a", "text 3", base="b", author="Ada")
    assert [draft.id for draft in versions.drafts("mine/a")] == ["one", "two"]
    assert versions.draft("one") == "text 3"
    versions.drop_draft("one")
    assert [draft.id for draft in versions.drafts("mine/a")] == ["two"]
    with pytest.raises(WatchbookError):
        versions.draft("one")


@pytest.mark.parametrize(
    "name",
    [
        "", ".", "..", "../up", "a/../../up", "/etc/passwd", "a//b", ".hidden", "a/.git", "a\0b", "a\nb", "CON", "nul.json", "com1", "LPT9.x",
        "C:\\x", "a\\b", "a:b", "x" * 300, "/".join("abcdefghij"), " a", "a.", "a ", "a\u202eb", "ü" * 100,
    ],
)  # fmt: skip
def test_a_name_that_is_no_safe_file_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(WatchbookError) as caught:
        file_in(tmp_path, name)
    assert caught.value.problem.code == "SO101"
    assert "\0" not in caught.value.problem.message


def test_a_link_does_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "out").symlink_to(tmp_path)
    with pytest.raises(WatchbookError):
        file_in(tmp_path / "in", "out/a")


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("AKS: pods/overview", "aks-pods-overview"), ("../../etc", "etc"), ("CON", "workbook-con"), ("", "workbook"), ("\0", "workbook"),
        ("Größe ☃", "grösse"), ("日本", "日本"), ("x" * 500, "x" * 80),
    ],
)  # fmt: skip
def test_any_title_gives_a_safe_name(title: str, name: str, tmp_path: Path) -> None:
    assert safe_name(title) == name
    assert file_in(tmp_path, safe_name(title)).parent == tmp_path
    file_in(tmp_path, safe_name("日" * 200))


def _save_as_nobody(folder: str, base: str, answers: multiprocessing.Queue[str]) -> None:
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(_NOBODY)
        os.setuid(_NOBODY)
    versions = Versions(Store(f"sqlite:///{folder}/store/store.db"))
    answers.put(_answer(versions, Path(folder, "locked", "a.json"), "new", base))


def _answer(versions: Versions, file: Path, text: str, base: str) -> str:
    try:
        versions.save(file, text, base=base)
    except WatchbookError as error:
        return error.problem.code
    return "saved"


_NOBODY = 65_534


def test_a_read_only_folder_leaves_everything_as_it_was() -> None:
    # A superuser may write everywhere, so the one who saves is somebody else, in a folder that anybody may enter.
    place = Path(tempfile.mkdtemp())
    try:
        place.chmod(0o755)
        folder, store = place / "locked", place / "store"
        folder.mkdir()
        store.mkdir()
        versions = Versions(Store(f"sqlite:///{store}/store.db"))
        base = versions.save(folder / "a.json", "old", base=None).digest
        if os.geteuid() == 0:
            for path in (store, *store.iterdir()):
                os.chown(path, _NOBODY, _NOBODY)
        folder.chmod(0o555)
        context = multiprocessing.get_context("fork")
        answers: multiprocessing.Queue[str] = context.Queue()
        child = context.Process(target=_save_as_nobody, args=(str(place), base, answers))
        child.start()
        assert answers.get(timeout=30) == "SO102"
        child.join()
        assert [each.number for each in versions.list(folder / "a.json")] == [1]
        assert [(path.name, path.read_text()) for path in folder.iterdir()] == [("a.json", "old")]
    finally:
        (place / "locked").chmod(0o755)
        shutil.rmtree(place)


def test_a_full_file_system_leaves_everything_as_it_was(versions: Versions, tmp_path: Path) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = shutil.which("mount") and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if not mounted or mounted.returncode:
        pytest.skip("this user may mount no file system; the test below limits the size of files instead")
    try:
        file = folder / "a.json"
        base = versions.save(file, "old", base=None).digest
        assert _answer(versions, file, "x" * 1_000_000, base) == "SO102"
        assert file.read_text() == "old"
        assert [each.number for each in versions.list(file)] == [1]
        assert [path.name for path in folder.iterdir()] == ["a.json"]
        # There is room again for what is small: nothing half-written takes it.
        assert _answer(versions, file, "y" * 200_000, base) == "saved"
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_folder_that_cannot_be_made_is_told(versions: Versions, tmp_path: Path) -> None:
    (tmp_path / "team").write_text("a file, no folder")
    with pytest.raises(WatchbookError) as caught:
        versions.save(tmp_path / "team" / "a.json", "new", base=None)
    assert caught.value.problem.code == "SO102"
    assert (tmp_path / "team").read_text() == "a file, no folder"


def _save_on_full_disk(folder: str, limit: int, answers: multiprocessing.Queue[str]) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    versions = Versions(Store(f"sqlite:///{folder}/store.db"))
    file = Path(folder, "a.json")
    base = versions.list(file)[0].digest
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        versions.save(file, os.urandom(300_000).hex(), base=base)
        answers.put("saved")
    except WatchbookError as error:
        answers.put(error.problem.code)


@pytest.mark.parametrize("limit", [0, 100_000, 400_000])
def test_a_full_disk_leaves_everything_as_it_was(versions: Versions, tmp_path: Path, limit: int) -> None:
    # A limit on the size of files makes every write beyond it fail, as a full disk does: the file's, or the store's.
    versions.save(tmp_path / "a.json", "old", base=None)
    context = multiprocessing.get_context("fork")
    answers: multiprocessing.Queue[str] = context.Queue()
    child = context.Process(target=_save_on_full_disk, args=(str(tmp_path), limit, answers))
    child.start()
    assert answers.get(timeout=30) in ("SO001", "SO102")
    child.join()
    assert (tmp_path / "a.json").read_text() == "old"
    assert [each.number for each in versions.list(tmp_path / "a.json")] == [1]
    assert not list(tmp_path.glob(".*tmp"))


def test_a_file_left_by_a_killed_writer_is_cleaned_away_later(tmp_path: Path) -> None:
    left = tmp_path / ".0123.watchbook-tmp"
    left.write_text("half")
    write_whole(tmp_path / "a.json", b"1")
    assert left.exists()
    os.utime(left, (time.time() - 10_000,) * 2)
    write_whole(tmp_path / "a.json", b"2")
    assert not left.exists()


# ---- killed while saving ---------------------------------------------------------------------------------------------


def _text(number: int) -> str:
    return json.dumps(
        {"version": "Notebook/1.0", "items": [], "number": number, "filling": "x" * (number * 7919 % 60_000)}
    )


def _save_for_ever(folder: str, start: int, told: int) -> None:
    versions = Versions(Store(f"sqlite:///{folder}/store.db"))
    file = Path(folder, "a.json")
    number = start
    os.write(told, number.to_bytes(8, "big"))
    while True:
        number += 1
        newest = versions.list(file)
        versions.save(file, _text(number), base=newest[0].digest if newest else None)
        os.write(told, number.to_bytes(8, "big"))


def _kill_often(folder: Path, kills: int, seed: int) -> int:
    """Kills a saving process at random moments; returns how many saves were acknowledged in all."""
    chance = random.Random(seed)
    file, acknowledged = folder / "a.json", 0
    context = multiprocessing.get_context("fork")
    for kill in range(kills):
        reads, writes = os.pipe()
        child = context.Process(target=_save_for_ever, args=(str(folder), acknowledged, writes))
        child.start()
        os.close(writes)
        with os.fdopen(reads, "rb") as pipe:
            said = pipe.read(8)  # the store is open; from now on it saves
            if kill % 5 == 4:
                said += pipe.read(8)  # one is acknowledged, however slow the disk is
            time.sleep(chance.uniform(0, 0.06))
            os.kill(child.pid or 0, signal.SIGKILL)
            child.join()
            said += pipe.read()
        before, acknowledged = acknowledged, int.from_bytes(said[-8:], "big")
        if file.exists():
            held = json.loads(file.read_text())["number"]
            assert held in (acknowledged, acknowledged + 1)
            versions = Versions(Store(f"sqlite:///{folder}/store.db"))
            kept = versions.list(file)
            contents = {each.digest for each in kept}
            assert kept[0].digest == digest_of(file.read_text())
            assert {digest_of(_text(number)) for number in range(before + 1, held + 1)} <= contents
            acknowledged = held
            versions.store.close()
        else:
            assert acknowledged == 0
    return acknowledged


def test_nothing_acknowledged_is_lost_when_saving_is_killed(tmp_path: Path) -> None:
    assert _kill_often(tmp_path, 20, 5) > 0


@pytest.mark.soak
def test_a_thousand_kills_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    assert _kill_often(tmp_path, 1_000, 6) > 100
