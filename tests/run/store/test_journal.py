"""The lock on disk: what is appended where, what is compared before, and what a clean end leaves."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from seedspec.lock.event import Event
from seedspec.lock.lock import LockFault, encode, parse
from seedspec.lock.purchase_events import Completed, Deferred, Failed, Intent, Saved, Submitted, Submitting
from seedspec.lock.version import HEADER
from seedspec.run.store.journal import Journal, NotRecorded
from seedspec.run.store.lock_file import HoldTaken, hold, read_lock
from seedspec.run.store.rescue import rescue
from seedspec.run.store.sent_requests import read_body

AT = "2026-11-23T07:00:00Z"
BODY = b'{"prompt":"x"}'


def intent(letter: str, attempt: int = 1) -> Submitting:
    from seedspec.compiler.entry import digest

    named = Intent(f"key-{letter}", digest(BODY), AT, 100.5)
    return Submitting(f"{letter}/1", letter * 64, 1, attempt, {"take": 1}, named, 10, AT)


def events(letter: str) -> list[Event]:
    entry, fp = f"{letter}/1", letter * 64
    return [
        Submitted(entry, fp, 1, f"task-unified-{letter}", 1.5, None, AT),
        Completed(entry, fp, 1, f"task-unified-{letter}", None, AT, AT),
        Saved(entry, fp, 1, f"renders/{letter}.mp4", "0" * 64, 3, None, None, None, AT),
    ]


def opened(path: Path) -> Journal:
    return Journal(path, read_lock(path))


def test_a_clean_end_leaves_one_line_a_purchase_in_order(tmp_path: Path) -> None:
    path = tmp_path / "s.lock"
    journal = opened(path)
    for letter in "ba":
        journal.intend(intent(letter), BODY)
        assert read_body(path, intent(letter).intent.body_sha256) == BODY
        for event in events(letter):
            journal.keep(event)
    assert path.read_bytes().count(b"\n") == 9
    journal.close(["a" * 64, "b" * 64])
    kept = path.read_bytes()
    assert [r.fp[0] for r in parse(kept)] == ["a", "b"]
    assert kept.count(b"\n") == 3
    assert b"100.5" not in kept, "balances are evidence in a doubt, and are no one's business afterwards"
    assert read_body(path, intent("a").intent.body_sha256) is None
    assert not (tmp_path / ".seedspec" / "s.lock.reserve").exists()
    inode = path.stat().st_ino
    opened(path).close([])
    assert (path.read_bytes(), path.stat().st_ino) == (kept, inode), "without anything new no byte changes"


def test_a_lock_is_read_again_unless_its_very_bytes_are_known(tmp_path: Path) -> None:
    path = tmp_path / "s.lock"
    journal = opened(path)
    journal.intend(intent("a"), BODY)
    journal.abandon()
    known, times = read_lock(path), path.stat()
    assert read_lock(path, known) is known
    path.write_bytes(path.read_bytes().replace(b"a/1", b"b/1"))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert path.stat().st_size == times.st_size
    with pytest.raises(LockFault):  # its checksum says that it was changed
        read_lock(path, known)
    path.unlink()
    assert read_lock(path, known) == read_lock(path) != known
    rescue(path, HEADER + b"{}\n")
    with pytest.raises(LockFault):
        read_lock(path, known)


def test_of_several_events_an_impossible_one_costs_no_other(tmp_path: Path) -> None:
    path = tmp_path / "s.lock"
    journal = opened(path)
    for letter in "ab":
        journal.intend(intent(letter), BODY)
    (bought, made, saved), (other, *_) = events("a"), events("b")
    with pytest.raises(NotRecorded, match="keep this record"):
        journal.keep(bought, made, Submitted("a/1", "a" * 64, 1, "task-unified-z", None, None, AT), saved, other)
    journal.abandon()
    lock = read_lock(path)
    assert {r.fp[0]: (str(r.state), r.task) for r in lock} == {
        "a": ("saved", "task-unified-a"), "b": ("running", "task-unified-b"),
    }  # fmt: skip


def test_a_line_without_its_end_is_ended_before_the_next(tmp_path: Path) -> None:
    path = tmp_path / "s.lock"
    journal = opened(path)
    journal.intend(intent("a"), BODY)
    journal.keep(events("a")[0])
    journal.abandon()
    path.write_bytes(path.read_bytes()[:-1])
    journal = opened(path)
    journal.keep(events("a")[1])
    journal.abandon()
    record = read_lock(path).last("a" * 64)
    assert record is not None and (record.task, record.state) == ("task-unified-a", "completed")


def test_a_torn_line_is_cut_before_the_next(tmp_path: Path) -> None:
    path = tmp_path / "s.lock"
    journal = opened(path)
    journal.intend(intent("a"), BODY)
    journal.abandon()
    path.write_bytes(path.read_bytes() + b'{"fp":"aaaa')
    journal = opened(path)
    journal.keep(events("a")[0])
    journal.close([])
    record = read_lock(path).last("a" * 64)
    assert record is not None and record.task == "task-unified-a"


def test_a_file_that_changed_since_it_was_read_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "s.lock"
    journal = opened(path)
    path.write_bytes(HEADER)
    with pytest.raises(NotRecorded):
        journal.intend(intent("a"), BODY)
    assert path.read_bytes() == HEADER
    late = opened(path)
    path.write_bytes(HEADER + encode({"fp": "c" * 64, "attempt": 1, "state": "failed", "at": AT}))
    before = path.read_bytes()
    with pytest.raises(NotRecorded, match="seedspec adopt a/1 --task task-unified-a"):
        late.keep(events("a")[0])
    assert path.read_bytes() == before


def test_a_file_that_changed_before_the_end_is_left_alone_and_all_is_rescued(tmp_path: Path) -> None:
    path = tmp_path / "s.lock"
    journal = opened(path)
    journal.intend(intent("a"), BODY)
    journal.keep(events("a")[0])
    path.unlink()
    path.write_bytes(HEADER)
    with pytest.raises(NotRecorded):
        journal.close([])
    assert path.read_bytes() == HEADER
    rescued = parse((tmp_path / ".seedspec" / "s.lock.rescue").read_bytes()).last("a" * 64)
    assert rescued is not None and rescued.task == "task-unified-a" and rescued.get("intent")["key"] == "key-a"


def test_rescued_records_are_not_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "s.lock"
    assert rescue(path, HEADER) == tmp_path / ".seedspec" / "s.lock.rescue"
    with pytest.raises(LockFault, match="lock fix"):
        read_lock(path)


def test_what_is_held_is_not_held_twice(tmp_path: Path) -> None:
    with hold(tmp_path / "s.lock"):
        with pytest.raises(HoldTaken, match=f"process {os.getpid()} on "), hold(tmp_path / "s.lock"):
            pass
        with hold(tmp_path / "other.lock"):
            pass
    with hold(tmp_path / "s.lock"):
        pass


def test_an_impossible_move_never_gets_into_the_file(tmp_path: Path) -> None:
    path = tmp_path / "s.lock"
    journal = opened(path)
    journal.intend(intent("a"), BODY)
    for event in events("a"):
        journal.keep(event)
    before = path.read_bytes()
    impossible: list[Any] = [
        Failed("a/1", "a" * 64, 1, None, "x", "y", "asked", AT),
        Deferred("a/1", "a" * 64, 1, "x", "y", 0, AT),
        Submitted("a/1", "a" * 64, 1, "task-unified-other", None, None, AT),
    ]
    for event in impossible:
        with pytest.raises(NotRecorded):
            journal.keep(event)
    assert path.read_bytes() == before


def test_where_nothing_can_be_written_the_message_carries_the_receipt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "s.lock"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file" / "state"))
    (tmp_path / "file").write_text("no folder")
    journal = opened(path)
    journal.intend(intent("a"), BODY)
    path.unlink()
    rescue = tmp_path / ".seedspec" / "s.lock.rescue"
    rescue.mkdir()
    (rescue / "x").write_text("in the way")
    with pytest.raises(NotRecorded, match="seedspec adopt a/1 --task task-unified-a"):
        journal.keep(events("a")[0])
