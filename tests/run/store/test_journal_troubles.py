"""A disk that refuses the lock, and others who change it: what the file has then, what is owed, each message whole."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from test_journal import AT, BODY, events, intent, opened

from seedspec.compiler.entry import digest
from seedspec.lock.lock import encode, parse
from seedspec.lock.purchase_events import Deferred, Saved, Submitted
from seedspec.lock.run_events import Progressed
from seedspec.lock.version import HEADER, header_of
from seedspec.run.store import journal as module
from seedspec.run.store.journal import RESERVE, DiskRefuses, Journal, NotRecorded
from seedspec.run.store.lock_file import read_lock
from seedspec.run.store.sent_requests import read_body

FULL = OSError(errno.ENOSPC, "No space left on device")
NO_SPACE = "[Errno 28] No space left on device"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "user"))
    (tmp_path / "film").mkdir()
    return tmp_path / "film" / "s.lock"


class Disk:
    """A disk that refuses what it is told to, so many times: `sync` of an appended line, and a `new` file."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sync = self.new = 0
        monkeypatch.setattr(module, "_sync", self._taking("sync", module._sync))
        monkeypatch.setattr(module, "replace_lock", self._taking("new", module.replace_lock))

    def _taking(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def take(*given: Any) -> Any:
            if left := getattr(self, name):
                setattr(self, name, left - 1)
                raise FULL
            return work(*given)

        return take


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


def begun(path: Path, letter: str = "a") -> Journal:
    journal = opened(path)
    journal.intend(intent(letter), BODY)
    return journal


def states(path: Path) -> dict[str, str]:
    return {f"{r.entry} #{r.attempt}": str(r.state) for r in read_lock(path)}


def test_room_is_held_back_for_the_receipts_to_come(path: Path) -> None:
    journal = begun(path)
    reserve = path.parent / ".seedspec" / "s.lock.reserve"
    assert reserve.stat().st_size == RESERVE, "twice a lock that is not there yet, and more"
    file = journal._handle
    journal.abandon()
    journal.abandon()
    assert not reserve.exists() and journal.written == 1 and file is not None
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(file)
    again = opened(path)
    before = path.stat().st_size
    again.intend(intent("b"), BODY)
    assert reserve.stat().st_size == RESERVE + 2 * before
    again.intend(intent("c"), BODY)
    assert reserve.stat().st_size == RESERVE + 2 * before, "it is held back once"
    again.close([])
    assert not reserve.exists()


def test_an_intent_that_the_disk_refuses_is_not_in_the_lock(path: Path, disk: Disk) -> None:
    journal = begun(path)
    before, disk.sync = path.read_bytes(), 1
    with pytest.raises(DiskRefuses) as refused:
        journal.intend(intent("b"), BODY)
    assert str(refused.value) == f"the lock could not be written: {NO_SPACE}; nothing was sent for `b/1`"
    assert path.read_bytes() == before and journal.written == 1 and journal.owed == ""
    journal.intend(intent("b"), BODY)
    assert states(path) == {"a/1 #1": "submitting", "b/1 #1": "submitting"}
    assert journal.record("b" * 64, 1) is not None and journal.record("b" * 64, 2) is None
    journal.abandon()


def test_an_intent_is_refused_before_anything_is_written_where_there_is_no_room(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise FULL

    monkeypatch.setattr(os, "posix_fallocate", full, raising=False)
    journal = opened(path)
    with pytest.raises(DiskRefuses, match=r"nothing was sent for `a/1`$"):
        journal.intend(intent("a"), BODY)
    assert not path.exists() and read_body(path, digest(BODY)) is None


def test_a_receipt_goes_into_a_new_file_where_the_old_one_takes_none(path: Path, disk: Disk) -> None:
    journal = begun(path)
    inode, disk.sync = path.stat().st_ino, 1
    journal.keep(events("a")[0])
    assert journal.owed == "" and states(path) == {"a/1 #1": "running"} and path.stat().st_ino != inode
    assert not (path.parent / ".seedspec" / "s.lock.reserve").exists(), "its room was for this"
    inode = path.stat().st_ino
    journal.keep(events("a")[1])
    assert path.stat().st_ino == inode, "the new file is trusted"
    journal.close([])
    assert states(path) == {"a/1 #1": "completed"} and journal.written == 3


def test_a_file_that_once_refused_gets_no_further_line(path: Path, disk: Disk) -> None:
    journal = begun(path)
    inode, disk.sync = path.stat().st_ino, 1
    with pytest.raises(DiskRefuses):
        journal.intend(intent("b"), BODY)
    journal.keep(events("a")[0])
    assert path.stat().st_ino != inode and states(path) == {"a/1 #1": "running"}
    journal.abandon()


def test_what_no_file_takes_is_rescued_told_and_paid_later(path: Path, disk: Disk) -> None:
    journal = begun(path)
    disk.sync, disk.new = 1, 2
    journal.keep(events("a")[0])
    place, board = path.parent / ".seedspec" / "s.lock.rescue", path.with_suffix(".yaml")
    told = (
        f"the lock could not be written: {NO_SPACE}; `a/1` was bought: `seedspec adopt a/1 --task task-unified-a`; "
        f"this run's records are in {place}, and `seedspec lock fix {board}` takes them up"
    )
    assert journal.owed == told and place.exists()
    with pytest.raises(DiskRefuses) as refused:
        journal.intend(intent("b"), BODY)
    assert str(refused.value) == f"{told}; nothing was sent for `b/1`"
    journal.again()
    assert journal.owed == told, "the disk has refused it once more"
    assert read_body(path, digest(BODY)) == BODY
    journal.again()
    assert (journal.owed, place.exists(), states(path)) == ("", False, {"a/1 #1": "running"})
    assert read_body(path, digest(BODY)) is None, "its fate is known, on disk"
    journal.again()
    journal.close([])


def test_at_the_end_what_is_owed_is_told_and_a_longer_lock_is_no_trouble(path: Path, disk: Disk) -> None:
    journal = begun(path)
    disk.sync, disk.new = 1, 2
    journal.keep(*events("a"))
    with pytest.raises(NotRecorded, match=r"^the lock could not be written: .*`a/1` was bought") as refused:
        journal.close([])
    assert not isinstance(refused.value, DiskRefuses)
    path = path.with_name("t.lock")
    other = begun(path, "b")
    other.keep(*events("b"))
    disk.new, lines = 1, path.read_bytes().count(b"\n")
    other.close([])
    assert path.read_bytes().count(b"\n") == lines == 5


@pytest.mark.parametrize(
    ("event", "words", "told"),
    [
        (Submitted("a/1", "a" * 64, 1, "T", None, None, AT), "", "`a/1` was bought: `seedspec adopt a/1 --task T`"),
        (
            Submitted("a 1", "a" * 64, 1, "T", None, None, AT), " --file x.yaml",
            "`a 1` was bought: `seedspec adopt 'a 1' --file x.yaml --profile draft --task T`",
        ),
        (
            Deferred("a/1", "a" * 64, 1, "busy", "no", 1, AT), " -x",
            "`a/1` was not taken: `seedspec settle a/1 -x --profile draft --not-billed`",
        ),
    ],
)  # fmt: skip
def test_the_command_for_what_the_lock_lacks_is_told(event: Any, words: str, told: str, path: Path, disk: Disk) -> None:
    journal = Journal(path, read_lock(path), words)
    journal.intend(replace(intent("a"), entry=event.entry, profile="draft" if words else None), BODY)
    disk.sync, disk.new = 1, 1
    journal.keep(event)
    assert journal.owed.split("; ")[1] == told
    journal.again()
    disk.sync, disk.new = 1, 1
    if isinstance(event, Submitted):
        journal.keep(events("a")[1].__class__("a/1", "a" * 64, 1, "T", None, AT, AT))
        assert [part for part in journal.owed.split("; ") if "adopt" in part] == [], "its task is on the disk"
    journal.abandon()


CHANGES: dict[str, Callable[[Path], object]] = {
    "gone": lambda path: path.unlink(),
    "another file": lambda path: (path.rename(old := path.with_name("old")), path.write_bytes(old.read_bytes())),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"\n"),
    "as long": lambda path: (
        path.write_bytes(path.read_bytes().replace(b'"take":1', b'"take":2')), os.utime(path, ns=(1, 1)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_lock_that_another_program_changed_is_not_written_over(change: str, path: Path) -> None:
    journal = begun(path)
    CHANGES[change](path)
    after = path.read_bytes() if path.exists() else None
    with pytest.raises(NotRecorded) as refused:
        journal.keep(events("a")[0])
    said = f"`{path}` was changed by another program during the run; nothing is written over it"
    place = path.parent / ".seedspec" / "s.lock.rescue"
    assert str(refused.value) == (
        f"the lock could not be written: {said}; `a/1` was bought: `seedspec adopt a/1 --task task-unified-a`; "
        f"this run's records are in {place}, and `seedspec lock fix {path.with_suffix('.yaml')}` takes them up"
    )
    assert (path.read_bytes() if path.exists() else None) == after
    with pytest.raises(NotRecorded) as refused:
        journal.intend(intent("b"), BODY)
    with pytest.raises(NotRecorded):
        journal.close([])


def test_a_lock_that_was_only_touched_is_written_on(path: Path) -> None:
    journal = begun(path)
    os.utime(path, ns=(1, 1))
    journal.keep(events("a")[0])
    os.utime(path, ns=(2, 2))
    journal.close([])
    assert states(path) == {"a/1 #1": "running"}


def test_what_needs_version_2_goes_into_a_new_file_with_that_header(path: Path) -> None:
    journal = begun(path)
    inode = path.stat().st_ino
    journal.intend(replace(intent("b"), made={"seed": 7}), BODY)
    assert path.stat().st_ino != inode and path.read_bytes().startswith(header_of(2, {}))
    assert (path.parent / ".seedspec" / "s.lock.reserve").exists(), "room is held back anew"
    inode = path.stat().st_ino
    journal.intend(replace(intent("c"), made={"seed": 8}), BODY)
    assert path.stat().st_ino == inode
    journal.close([])
    lock = read_lock(path)
    assert lock.version == 2 and [(r.entry, r.get("made")) for r in lock] == [
        ("a/1", None), ("b/1", {"seed": 7}), ("c/1", {"seed": 8}),
    ]  # fmt: skip


def test_what_changes_no_record_is_not_written(path: Path) -> None:
    journal = begun(path)
    journal.keep(*events("a"))
    journal.close([])
    kept = path.read_bytes()
    again = opened(path)
    again.keep(Progressed("a/1", "a" * 64, "task-unified-a", 5, AT))
    *_, saved = events("a")
    assert isinstance(saved, Saved)
    again.keep(replace(saved, at="2026-11-24T00:00:00Z"))
    assert again.written == 0 and path.read_bytes() == kept
    again.keep(replace(saved, file="renders/b.mp4"))
    assert again.written == 1
    again.abandon()
    assert len(path.read_bytes()) > len(kept)


def test_the_order_of_one_profile_leaves_the_lines_of_others_where_they_are(path: Path) -> None:
    lines = [
        encode({"fp": fp * 64, "attempt": 1, "state": "failed", "at": AT, **({"profile": p} if p else {})})
        for fp, p in (("c", "draft"), ("b", ""), ("d", "draft"), ("a", ""))
    ]
    found = {}
    for profile in (None, "draft", ""):
        path.write_bytes(HEADER + b"".join(lines))
        journal = opened(path)
        journal.intend(intent("e"), BODY)
        journal.close([letter * 64 for letter in "abdc"], profile)
        found[profile] = "".join(r.fp[0] for r in parse(path.read_bytes()))
    assert found == {None: "abedc", "draft": "baedc", "": "abecd"}
