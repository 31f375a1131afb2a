"""Locks that are torn, merged, in conflict, brought by strangers or altered: `lock`, whole."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from looks import MP4, edit, keep
from sessions import Session

NOIR, SOFT, SLOW, FAST = "open@look=noir/1", "open@look=soft/1", "close@prompt=slow/1", "close@prompt=fast/1"


def sides(looks: Path, ours: dict[str, str], theirs: dict[str, str]) -> tuple[bytes, bytes]:
    """Two versions of a lock, each with purchases that are running."""
    found = []
    for side in (ours, theirs):
        looks.with_suffix(".lock").unlink(missing_ok=True)
        for address, task in side.items():
            keep(looks, address, "running", task=task)
        found.append(looks.with_suffix(".lock").read_bytes())
    return found[0], found[1]


def test_a_lock_in_conflict_is_joined(looks: Path, session: Session) -> None:
    lock = looks.with_suffix(".lock")
    ours, theirs = sides(looks, {NOIR: "task-1-a", SOFT: "task-1-b"}, {NOIR: "task-1-c", SLOW: "task-1-d"})
    (head, *one), (_, *other) = ours.splitlines(True), theirs.splitlines(True)
    lock.write_bytes(b"".join([head, b"<<<<<<< ours\n", *one, b"=======\n", *other, b">>>>>>> theirs\n"]))
    session("plan", "lock verify", "lock fix", "lock fix", "lock verify", "status", "cancel " + NOIR,
            f"cancel {NOIR} --purchase ffff")  # fmt: skip
    lock.write_bytes(b"".join([head, b"<<<<<<< ours\n", *one, b"=======\n", *other, b">>>>>>> theirs\n"]))
    session("lock fix --format json")
    session.is_as("lock-conflict")


def test_git_asks_for_a_merge(looks: Path, session: Session) -> None:
    ours, theirs = sides(looks, {NOIR: "task-1-a"}, {NOIR: "task-1-c", SLOW: "task-1-d"})
    for name, data in (("base", b""), ("ours", ours), ("theirs", theirs)):
        Path(name).write_bytes(data)
    session("lock merge base ours theirs")
    assert len(Path("ours").read_bytes().splitlines()) == 4
    Path("theirs").write_bytes(b"{}{}\n")
    session("lock merge base ours theirs")
    session.note(Path("ours").read_text(encoding="utf-8").replace("\n", "\n# ")[:40])
    session.is_as("lock-merge")


def test_a_torn_or_damaged_lock_keeps_what_can_be_read(looks: Path, session: Session) -> None:
    lock = looks.with_suffix(".lock")
    keep(looks, NOIR, "running", task="task-1-a")
    keep(looks, SOFT, "running", task="task-1-b")
    whole = lock.read_bytes()
    lock.write_bytes(whole[:-20])
    session("plan", "lock fix", "status")
    bad = orjson.dumps({**orjson.loads(whole.splitlines()[-1]), "state": "nowhere"})
    lock.write_bytes(whole + b"what is this\n" + bad + b"\n" + bad.replace(b"task-1-b", b"") + b"\n")
    session("status", "lock fix", "lock verify")
    lock.write_bytes(whole + b"what is this\n" + bad + b"\n")
    session("lock fix --format json")
    session.is_as("lock-damaged")


def test_videos_that_are_missing_or_altered(looks: Path, session: Session) -> None:
    (looks.parent / "renders").mkdir()
    (looks.parent / "renders" / "a.mp4").write_bytes(MP4)
    facts = {"sha256": "0" * 64, "bytes": len(MP4)}
    keep(looks, NOIR, "saved", task="task-1-a", file="renders/a.mp4", **facts)
    keep(looks, SOFT, "saved", task="task-1-b", file="renders/b.mp4", **facts)
    keep(looks, SLOW, "running", task="task-1-c")
    session("lock verify", "lock verify --format json")
    edit(looks, "hard shadows", "no shadows")
    edit(looks, "slow push in", "no push in")
    session("lock prune", "lock prune --format json")
    session.typing("n\n", "lock", "prune")
    session.typing("y\n", "lock", "prune", "--format", "json")
    session("lock verify", "lock prune")
    session.is_as("lock-verify")


def test_what_a_stranger_brought_is_left_alone(looks: Path, session: Session) -> None:
    keep(looks, NOIR, "running", task="task-1-a")
    lines = looks.with_suffix(".lock").read_bytes()
    looks.with_suffix(".lock").unlink()
    (looks.parent / ".seedspec").mkdir()
    (looks.parent / ".seedspec" / "storyboard.lock.rescue").write_bytes(lines)
    session("plan", "lock verify", "lock fix", "lock fix --rescue .seedspec/storyboard.lock.rescue", "lock verify")
    session.is_as("lock-rescue")


def test_a_shared_lock_forgets_nothing(looks: Path, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(looks.parent / "state"))
    keep(looks, NOIR, "running", task="task-1-a")
    lock = looks.with_suffix(".lock")
    name = b'{"seedspec_lock":2,"ledger":"3f2a6c1e-5b1d-4c0e-9d57-2f1c6a8b9e10","serial":4}'
    lock.write_bytes(lock.read_bytes().replace(b'{"seedspec_lock":1}', name))
    session("lock prune", "plan", "lock fix", "why " + NOIR, "fetch", "settle", "cancel " + NOIR, "status")
    (head, line, *_) = lock.read_bytes().splitlines(True)
    lock.write_bytes(head + b"<<<<<<< ours\n" + line + b"=======\n>>>>>>> theirs\n")
    session("lock fix", "lock fix --ledger s3://team/film")
    session.is_as("lock-shared")
