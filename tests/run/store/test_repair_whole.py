"""A lock outside a run, line by line: what mending writes where, what verifying tells, what may be forgotten."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seedspec.compiler.entry import digest
from seedspec.lock.lock import Lock, LockFault, encode, parse
from seedspec.lock.version import HEADER
from seedspec.run.store import repair
from seedspec.run.store.rescue import rescue

AT, VIDEO = "2026-11-23T07:00:00Z", b"\0\0\0\x10ftypisom0000 a video"


def line(fp: str, state: str, attempt: int = 1, **more: Any) -> bytes:
    values = {"fp": fp * 64, "entry": f"{fp}/1", "take": 1, "attempt": attempt, "state": state, "at": AT}
    return encode({**values, "manifest": {"take": 1, "request": {}}, **more})


def saved(fp: str, file: str, content: bytes = VIDEO, **more: Any) -> bytes:
    return line(fp, "saved", file=file, sha256=digest(content), bytes=len(content), task=f"task-{fp}-12345", **more)


A, B = line("a", "running", task="task-a-12345"), line("b", "running", task="task-b-12345")


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "user"))
    (tmp_path / "film").mkdir()
    return tmp_path / "film" / "s.lock"


def names(found: Lock) -> list[str]:
    return [f"{r.entry} #{r.attempt} {r.state}" for r in found]


def tree(lock: Path) -> dict[str, bytes]:
    files = (p for p in sorted(lock.parent.rglob("*")) if p.is_file() and p.name != ".gitignore")
    return {p.relative_to(lock.parent).as_posix(): p.read_bytes() for p in files}


BACKUP, DAMAGED = ".seedspec/s.lock.before-fix", "s.lock.damaged"
SIDES = b"<<<<<<< ours\n" + HEADER + A + b"=======\n" + HEADER + B + b">>>>>>> theirs\n"


@pytest.mark.parametrize(
    ("there", "said", "after"),
    [
        ({}, (False, 0, 0, 0, False, False), {}),
        ({"s.lock": HEADER + B + A}, (False, 0, 0, 0, False, False), {"s.lock": HEADER + B + A}),
        (
            {"s.lock": HEADER + B + A + b'{"fp'},
            (False, 0, 0, 0, True, False),
            {"s.lock": HEADER + A + B, BACKUP: HEADER + B + A + b'{"fp'},
        ),
        (
            {"s.lock": HEADER + B + b"x\n" + A + b"x\ny\n", DAMAGED: b"old\n", BACKUP: b"older"},
            (False, 0, 0, 2, True, False),
            {
                "s.lock": HEADER + A + B, DAMAGED: b"old\nx\ny\n", BACKUP: b"older",
                f"{BACKUP}.2": HEADER + B + b"x\n" + A + b"x\ny\n",
            },
        ),
        ({"s.lock": SIDES}, (True, 0, 0, 0, True, False), {"s.lock": HEADER + A + B, BACKUP: SIDES}),
    ],
    ids=["nothing", "a sound one", "a torn line", "damaged lines", "two sides"],
)  # fmt: skip
def test_a_lock_is_mended_and_what_it_was_is_kept(
    there: dict[str, bytes], said: tuple[Any, ...], after: dict[str, bytes], lock: Path
) -> None:
    for name, content in there.items():
        (lock.parent / name).parent.mkdir(exist_ok=True)
        (lock.parent / name).write_bytes(content)
    fixed = repair.fix(lock, ["a" * 64])
    backup = fixed.backup is not None
    found = (fixed.merged, len(fixed.rescued), len(fixed.doubles), len(fixed.unreadable), backup, fixed.parted)
    assert found == said and tree(lock) == after
    assert fixed.damaged == (lock.with_name(DAMAGED) if fixed.unreadable else None)
    again = repair.fix(lock, ["a" * 64])
    assert again.backup is None and tree(lock) == after


def test_what_waits_beside_a_lock_is_taken_up_and_goes(lock: Path) -> None:
    lock.write_bytes(HEADER + A)
    place, other = rescue(lock, HEADER + B), lock.with_name("mine")
    other.write_bytes(HEADER + line("c", "running", task="task-c-12345") + b"x\n")
    assert place is not None
    fixed = repair.fix(lock, [], [other, place])
    assert fixed.rescued == (place, other) and not place.exists() and not other.exists()
    assert names(fixed.lock) == names(parse(lock.read_bytes())) == [f"{fp}/1 #1 running" for fp in "abc"]
    assert [u.data for u in fixed.unreadable] == [b"x"] and fixed.backup is not None
    assert fixed.backup.read_bytes() == HEADER + A
    lock.unlink()
    rescue(lock, HEADER + B)
    alone = repair.fix(lock, [])
    assert names(parse(lock.read_bytes())) == ["b/1 #1 running"] and alone.backup is not None
    assert (alone.backup.name, alone.backup.read_bytes()) == ("s.lock.before-fix.2", b"")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda lock: lock.write_bytes(b""), "lock-empty"),
        (lambda lock: lock.write_bytes(b'{"seedspec_lock":9}\n' + A), "lock-version"),
        (lambda lock: lock.write_bytes(b"notes\n"), "lock-damaged"),
    ],
)
def test_what_cannot_be_mended_is_left_as_it_is(change: Callable[[Path], object], code: str, lock: Path) -> None:
    change(lock)
    before = tree(lock)
    with pytest.raises(LockFault) as fault:
        repair.fix(lock, [])
    assert fault.value.code == code and tree(lock) == before


def test_an_empty_lock_is_told_with_what_brings_it_back(lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock.touch()
    monkeypatch.chdir(lock.parent)
    for path, words in ((lock, f"git -C {lock.parent} checkout -- s.lock"), (Path("s.lock"), "git checkout -- s.lock")):
        with pytest.raises(LockFault) as fault:
            repair.fix(path, [])
        assert str(fault.value) == (
            f"`{path}` is empty, which a lock never is; what was bought is not known from it: `{words}` brings it "
            "back; remove it only if nothing was ever bought"
        )


def test_a_link_in_the_place_of_what_is_set_aside_is_not_written_through(lock: Path) -> None:
    lock.write_bytes(HEADER + A + b"x\n")
    lock.with_name(DAMAGED).symlink_to("elsewhere")
    with pytest.raises(OSError, match="symbolic link"):
        repair.fix(lock, [])
    assert lock.read_bytes() == HEADER + A + b"x\n" and not lock.with_name("elsewhere").exists()


def test_two_versions_become_one_in_the_order_of_their_base() -> None:
    base, ours, theirs = HEADER + B + A, HEADER + B + A, HEADER + A + B
    assert repair.merge(base, ours, theirs) == repair.merge(base, theirs, ours) == (HEADER + B + A, ())
    made, doubles = repair.merge(b" \n", HEADER + B, HEADER + A)
    assert (made, doubles) == (HEADER + A + B, ())
    one, two = line("a", "running", task="task-a-22222"), line("a", "running", task="task-a-33333")
    made, doubles = repair.merge(HEADER, HEADER + one, HEADER + two)
    assert [r.task for r in doubles] == [r.task for r in parse(made)] == ["task-a-22222", "task-a-33333"]
    with pytest.raises(LockFault):
        repair.merge(base, ours, b"x\n")


def test_what_cannot_be_merged_stands_between_markers() -> None:
    woven = b"<<<<<<< ours\n%s=======\n%s>>>>>>> theirs\n"
    assert repair.weave(b"a\n", b"b") == woven % (b"a\n", b"b\n")
    assert repair.weave(b"", b"b\n") == woven % (b"", b"b\n")


def test_a_lock_is_held_against_its_files(lock: Path) -> None:
    board, folder = lock.with_suffix(".yaml"), lock.parent
    (folder / "renders").mkdir()
    for name, content in (("a", VIDEO), ("b", VIDEO + b"!")):
        (folder / "renders" / f"{name}.mp4").write_bytes(content)
    (folder / "renders" / "d.mp4").mkdir()
    (folder / "out").symlink_to(folder.parent)
    records = [
        *(saved(name, f"renders/{name}.mp4") for name in "abcd"), saved("e", "out/e.mp4"),
        line("f", "submitting"), line("1", "doubt"), line("2", "running", task="task-2-12345"),
        line("3", "completed", task="task-3-12345"), line("4", "failed"), line("5", "queued"),
        line("6", "running", task="task-6-12345"), line("6", "running", 2, task="task-6-22345"),
    ]  # fmt: skip
    lock.write_bytes(HEADER + b"".join(records))
    found = [(f.record.entry, f.said, f.bad) for f in repair.verify(lock)]
    settle, fetch = f"`seedspec settle {board}`", f"`seedspec fetch {board}`"
    double = "one of several purchases of this request"
    assert found == [
        ("b/1", f"{folder}/renders/b.mp4 is not the video that was saved", True),
        ("c/1", f"{folder}/renders/c.mp4 is not on this disk", True),
        ("d/1", f"`{folder}/renders/d.mp4` is no regular file; it is not read", True),
        ("e/1", f"`{folder}/out/e.mp4` leads out of the project; it is not read", True),
        ("f/1", f"in doubt: {settle}", False),
        ("1/1", f"in doubt: {settle}", False),
        ("2/1", f"running, not saved: {fetch}", False),
        ("3/1", f"completed, not saved: {fetch}", False),
        ("6/1", f"running, not saved: {fetch}", False),
        ("6/1", f"running, not saved: {fetch}", False),
        ("6/1", double, False),
        ("6/1", double, False),
    ]


def test_a_task_without_an_end_is_told_as_such(lock: Path) -> None:
    stuck = line("a", "running", task="task-a-12345", stuck={"since": AT, "word": "queued"})
    lock.write_bytes(HEADER.replace(b":1", b":2") + stuck)
    board = lock.with_suffix(".yaml")
    assert [f.said for f in repair.verify(lock)] == [f"running, with no end in sight: `seedspec settle {board}`"]


def test_what_is_paid_for_and_not_in_hand_is_never_forgotten(lock: Path) -> None:
    states = ["submitting", "doubt", "queued", "failed"]
    lines = [line(f"{n}", state) for n, state in enumerate(states)]
    lines += [A, line("c", "completed", task="task-c-12345"), saved("d", "renders/d.mp4"), line("e", "failed")]
    known = parse(HEADER + b"".join(lines))
    gone = repair.forgettable(known, ["e" * 64])
    assert [r.entry for r in gone] == ["2/1", "3/1", "d/1"]
    lock.write_bytes(HEADER + b"".join(lines))
    repair.prune(lock, parse(lock.read_bytes()), gone[:2], ["e" * 64])
    assert [r.fp[0] for r in parse(lock.read_bytes())] == ["e", "0", "1", "a", "c", "d"]
    with pytest.raises(LockFault) as fault:
        repair.prune(lock, known, gone, [])
    assert str(fault.value) == f"`{lock}` was changed by another program; nothing is written over it"
    lock.unlink()
    repair.prune(lock, known, gone, [])
    assert [r.fp[0] for r in parse(lock.read_bytes())] == ["0", "1", "a", "c", "e"]


def test_of_several_attempts_one_may_be_forgotten(lock: Path) -> None:
    lock.write_bytes(HEADER + line("a", "failed") + line("a", "failed", 2))
    known = parse(lock.read_bytes())
    repair.prune(lock, known, [next(iter(known))], [])
    assert names(parse(lock.read_bytes())) == ["a/1 #2 failed"]
