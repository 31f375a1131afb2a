"""What stands beside a lock: its hold, its rescue files, the bytes of requests in doubt, and locks that were left."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from seedspec.compiler.entry import digest
from seedspec.lock.lock import Lock, LockFault, encode, parse
from seedspec.lock.version import HEADER
from seedspec.project.names import holder_of
from seedspec.run.store.left_behind import check_not_left
from seedspec.run.store.lock_file import HoldTaken, check_free, hold, holder, read_lock
from seedspec.run.store.rescue import describe_foreign, drop, foreign, places, records, remedy, rescue, rescues
from seedspec.run.store.sent_requests import Unsettled, drop_body, keep_body, read_body

AT = "2026-11-23T07:00:00Z"
BODY = b'{"prompt":"x"}'
HOST = socket.gethostname()


def line(fp: str = "a", state: str = "failed", attempt: int = 1, **more: object) -> bytes:
    values = {"fp": fp * 64, "entry": f"{fp}/1", "take": 1, "attempt": attempt, "state": state, "at": AT}
    intent = {"key": "k" * 20, "body_sha256": digest(BODY), "at": AT}
    return encode({**values, "manifest": {"take": 1, "request": {}}, "intent": intent, **more})


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lock that is not there, and a user's folder for states beside."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "user"))
    (tmp_path / "film").mkdir()
    monkeypatch.chdir(tmp_path / "film")
    return tmp_path / "film" / "s.lock"


def command(lock: Path, *words: str) -> str:
    return f"`{' '.join(('seedspec lock fix', *words, str(lock.with_suffix('.yaml'))))}`"


# --- the hold ---


def test_who_holds_a_lock_is_told_as_long_as_it_is_held(lock: Path) -> None:
    lock.write_bytes(HEADER)
    assert holder(lock) == ""
    with hold(lock):
        who = json.loads(holder_of(lock).read_bytes())
        assert sorted(who) == ["command", "host", "pid", "since"]
        said = f"process {os.getpid()} on {HOST} since {who['since']}"
        assert holder(lock) == said
        with pytest.raises(HoldTaken) as taken:
            check_free(lock)
        assert str(taken.value) == f"`{lock}` is held by {said}"
    check_free(lock)
    assert holder(lock) == "" and not holder_of(lock).exists()


@pytest.mark.parametrize(
    ("said", "who"),
    [
        (None, ""),
        ({}, "another process"),
        ([], "another process"),
        ("x", "another process"),
        ({"pid": 2**22 + 1, "host": HOST, "since": AT}, ""),
        ({"pid": "x", "host": HOST, "since": AT}, f"process x on {HOST} since {AT}"),
        ({"pid": 2**80, "host": "elsewhere", "since": AT}, f"process {2**80} on elsewhere since {AT}"),
        (
            {"pid": 2**80, "host": HOST, "since": AT},
            f"process {2**80} on {HOST} since {AT}",
        ),
        ({"pid": 2**22 + 1, "host": "elsewhere", "since": AT}, f"process {2**22 + 1} on elsewhere since {AT}"),
    ],
)
def test_what_the_file_of_a_holder_says_is_told_where_its_process_may_live(said: object, who: str, lock: Path) -> None:
    lock.write_bytes(HEADER)
    with hold(lock):
        if said is None:
            holder_of(lock).unlink()
        else:
            holder_of(lock).write_text("x" if said == "x" else json.dumps(said))
        assert holder(lock) == who
    assert holder(lock) == ""


def test_a_hold_that_is_left_by_a_dead_process_is_none(lock: Path) -> None:
    lock.write_bytes(HEADER)
    with hold(lock):
        said = holder_of(lock).read_bytes()
    holder_of(lock).write_bytes(said)
    assert holder(lock) == "", "its process lives and does not hold it"
    kept = holder_of(lock).with_name("kept")
    holder_of(lock).rename(kept)
    holder_of(lock).symlink_to(kept)
    assert holder(lock) == "", "a link is not followed"


def test_a_lock_is_read_or_refused_with_its_name_and_the_command(lock: Path) -> None:
    assert read_lock(lock) == Lock()
    lock.write_bytes(HEADER + line())
    assert [r.fp[0] for r in read_lock(lock)] == ["a"]
    lock.write_bytes(HEADER + b"x\n" + line())
    with pytest.raises(LockFault) as fault:
        read_lock(lock)
    assert (fault.value.file, fault.value.command) == (str(lock), command(lock)[1:-1])
    lock.write_bytes(HEADER)
    place = rescue(lock, HEADER + line())
    with pytest.raises(LockFault) as fault:
        read_lock(lock)
    assert (fault.value.code, fault.value.file) == ("lock-rescue", str(lock))
    assert str(fault.value) == f"`{lock}` lacks what stands in {place}; {command(lock)} takes it up"


# --- rescue files ---


def test_a_rescue_file_stands_beside_the_lock_with_this_users_seal(lock: Path) -> None:
    data = HEADER + line()
    assert rescues(lock) == [] and foreign(lock) is None
    place = rescue(lock, data)
    assert place == lock.parent / ".seedspec" / "s.lock.rescue" and place.stat().st_mode & 0o777 == 0o600
    head, _, rest = place.read_bytes().partition(b"\n")
    assert rest == line() and list(json.loads(head)) == ["seedspec_lock", "seal"]
    assert (rescues(lock), foreign(lock), records(place)) == ([place], None, data)
    assert remedy(place, lock) == command(lock)
    assert rescue(lock, data + line("b")) == place and records(place) == data + line("b")
    drop(place)
    drop(place)
    assert rescues(lock) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda place: place.write_bytes(place.read_bytes() + line("b")),
        lambda place: place.write_bytes(HEADER + line()),
        lambda place: place.write_bytes(b"[]\n" + line()),
        lambda place: place.write_bytes(b"[" * 5000 + b"\n" + line()),
        lambda place: place.write_bytes(b""),
        lambda place: (place.rename(place.with_name("x")), place.symlink_to(place.with_name("x"))),
        lambda place: (place.parent.rename(place.parent.with_name("x")), place.parent.symlink_to("x")),
        lambda place: (place.unlink(), place.mkdir()),
        lambda place: (place.unlink(), place.symlink_to("nowhere")),
    ],
)
def test_a_rescue_file_that_somebody_changed_is_foreign(change: Callable[[Path], object], lock: Path) -> None:
    place = rescue(lock, HEADER + line())
    assert place is not None
    change(place)
    assert rescues(lock) == [] and foreign(lock) == place
    named = f"delete it; if you know that it is yours, {command(lock, '--rescue', str(place))}"
    why = f"{place} was not written by you on this machine, so nothing of it is taken up"
    assert describe_foreign(place, lock) == f"{why}: {named}"


def test_the_seal_is_of_one_lock(lock: Path) -> None:
    place = rescue(lock, HEADER + line())
    assert place is not None
    place.rename(place.with_name("t.lock.rescue"))
    assert foreign(lock.with_name("t.lock")) == place.with_name("t.lock.rescue")


def test_a_rescue_file_goes_to_the_users_folder_where_the_other_cannot_be_written(lock: Path) -> None:
    (lock.parent / ".seedspec").write_text("a file")
    beside, other = places(lock)
    assert rescue(lock, HEADER + line()) == other
    assert other.parent == lock.parent.parent / "user" / "seedspec" and other.name.startswith("s.lock.")
    assert (rescues(lock), foreign(lock)) == ([other], None)
    assert remedy(other, lock) == command(lock)
    (other.parent.rename(other.parent.with_name("x")), other.parent.write_text("a file"))
    assert rescue(lock, HEADER + line()) is None and not beside.exists()


def test_where_no_secret_can_be_kept_a_rescue_file_must_be_named(lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (lock.parent.parent / "user").write_text("a file")
    place = rescue(lock, HEADER + line())
    assert place is not None and place.read_bytes() == HEADER + line()
    assert foreign(lock) == place
    assert remedy(place, lock) == command(lock, "--rescue", str(place))


# --- the bytes of requests in doubt ---


def test_bytes_of_a_request_are_kept_whole_until_they_are_dropped(lock: Path) -> None:
    sha256, target = digest(BODY), lock.parent / ".seedspec" / "s.lock.sent" / f"{digest(BODY)}.json"
    assert read_body(lock, sha256) is None
    keep_body(lock, BODY)
    assert target.read_bytes() == BODY and target.stat().st_mode & 0o777 == 0o600
    inode = target.stat().st_ino
    keep_body(lock, BODY)
    assert target.stat().st_ino == inode and read_body(lock, sha256) == BODY
    target.write_bytes(BODY[:3])
    assert read_body(lock, sha256) is None
    keep_body(lock, BODY)
    assert read_body(lock, sha256) == BODY
    drop_body(lock, sha256)
    drop_body(lock, sha256)
    assert list(target.parent.iterdir()) == []


def test_bytes_are_needed_as_long_as_a_request_with_them_is_in_doubt() -> None:
    sha256, lines = digest(BODY), [line("a", "submitting"), line("b", "doubt"), line("c", "failed")]
    open_ = Unsettled(parse(HEADER + b"".join(lines)))

    def settles(fp: str, state: str, attempt: int = 1, intent: object = {"body_sha256": sha256}) -> str:
        return open_.settles({"fp": fp * 64, "attempt": attempt, "state": state, "intent": intent})

    assert [settles("a", "running"), settles("d", "doubt"), settles("b", "queued"), settles("d", "failed")] == [
        "", "", "", sha256,
    ]  # fmt: skip
    assert settles("e", "failed", intent=None) == settles("e", "failed", intent={}) == ""
    assert [settles("e", "doubt", 2), settles("e", "failed", 1), settles("e", "failed", 2)] == ["", "", sha256]


# --- locks that were left behind ---

LEFT = "`{0}` holds {1}, and its storyboard is gone: rename it to `{2}` too"


@pytest.mark.parametrize(
    ("there", "asked", "said"),
    [
        ({}, "ab", ""),
        ({"old.lock": line("a", "running", task="T")}, "ab", "one of these purchases"),
        ({"old.lock": line("a", "running", task="T") + line("b", "running", task="U")}, "ab", "2 of these purchases"),
        ({"old.lock": line("a", "running", task="T"), "old.yaml": b""}, "a", ""),
        ({"old.lock": line("a", "running", task="T"), "old.yml": b""}, "a", ""),
        ({"old.lock": line("a", "running", task="T")}, "b", ""),
        ({"old.lock": line("a", "failed")}, "a", ""),
        ({"old.lock": line("a", "failed") + line("a", "running", 2, task="T")}, "a", "one of these purchases"),
        ({"old.emulator.lock": line("a", "running", task="T")}, "a", ""),
        ({"a.lock": b"x", "old.lock": line("a", "running", task="T")}, "a", "one of these purchases"),
        ({"s.lock": line("b"), "old.lock": line("a", "running", task="T")}, "a", ""),
    ],
)
def test_a_lock_whose_storyboard_is_gone_and_that_has_what_is_asked_for_is_told(
    there: dict[str, bytes], asked: str, said: str, lock: Path
) -> None:
    for name, content in there.items():
        lock.with_name(name).write_bytes(HEADER + content if name.endswith(".lock") else content)
    try:
        check_not_left(lock, [letter * 64 for letter in asked])
    except LockFault as fault:
        assert (fault.code, str(fault)) == ("lock-left-behind", LEFT.format(lock.with_name("old.lock"), said, lock))
    else:
        assert not said


def test_the_emulators_lock_is_compared_with_those_of_the_emulator(lock: Path) -> None:
    lock.with_name("old.emulator.lock").write_bytes(HEADER + line("a", "running", task="T"))
    with pytest.raises(LockFault, match=r"old\.emulator\.lock"):
        check_not_left(lock.with_name("s.emulator.lock"), ["a" * 64])
    lock.with_name("old.yaml").touch()
    check_not_left(lock.with_name("s.emulator.lock"), ["a" * 64])
