"""A damaged or divided lock: what reads is kept, what does not is set aside and told; git may ask for a merge."""

from __future__ import annotations

import hashlib
import json
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from helpers import SMALL, Make, Project
from hypothesis import example, given, settings
from hypothesis import strategies as st

from seedspec.lock.lock import Lock, LockFault, encode, parse, serialise
from seedspec.lock.recover import recover
from seedspec.lock.version import HEADER
from seedspec.run.store import repair

pytestmark = pytest.mark.slow

FP = "a" * 64
RUNNING: dict[str, Any] = {
    "fp": FP, "entry": "open/1", "take": 1, "attempt": 1, "state": "running", "at": "2026-11-23T07:00:01Z",
    "task": "task-unified-1-aaaa",
}  # fmt: skip
SAVED = {**RUNNING, "state": "saved", "file": "renders/x.mp4", "sha256": FP}
OTHER = {**RUNNING, "fp": "b" * 64, "entry": "hold/1", "task": "task-unified-2-bbbb"}
WHOLE = HEADER + encode(RUNNING) + encode(OTHER) + encode(SAVED)
JOINT = WHOLE.index(b'","crc"', WHOLE.index(b"task-unified-2-bbbb"))
"""Where the one line of that task has its check sum behind it."""


def tasks(lock: Lock) -> set[str | None]:
    return {r.task for r in lock}


@pytest.mark.parametrize("at", range(len(HEADER), len(WHOLE) - 1, 7))
def test_a_bit_that_turned_is_found(at: int) -> None:
    """Whatever it makes of the line: another task, another fingerprint, another price, no JSON at all."""
    for bit in range(8):
        damaged = bytearray(WHOLE)
        damaged[at] ^= 1 << bit
        try:
            lock = parse(bytes(damaged))
        except LockFault:
            continue
        assert serialise(lock, []) == serialise(parse(WHOLE), []), "read as if nothing were wrong"


def test_a_line_written_by_hand_needs_no_crc() -> None:
    by_hand = json.dumps({**RUNNING, "task": "task-unified-9-hand"}).encode() + b"\n"
    record = parse(HEADER + by_hand).last(FP)
    assert record is not None and record.task == "task-unified-9-hand"
    spaced = json.dumps(json.loads(encode(RUNNING))).encode() + b"\n"
    assert parse(HEADER + spaced).last(FP) is not None, "white space is no damage"
    edited = encode(RUNNING).replace(b"open/1", b"shut/1")
    with pytest.raises(LockFault, match="if you edited it, take `crc` out of it"):
        parse(HEADER + edited)


@settings(max_examples=400)
@example([(JOINT, 3, b""), (WHOLE.index(b'":"', JOINT + 3) - 3, 3, b"")])
@given(
    st.lists(
        st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 3), st.binary(max_size=6)), min_size=1, max_size=3
    )
)
def test_of_any_damage_everything_that_reads_is_kept(strikes: list[tuple[int, int, bytes]]) -> None:
    """And every byte is either in a record that was taken up, or handed out."""
    data = WHOLE
    for at, cut, put in strikes:
        data = data[:at] + put + data[at + cut :]
    sound = {t for line in data.splitlines() if (t := _task(line))}
    try:
        found = recover(data)
    except LockFault as fault:
        assert fault.code in ("lock-damaged", "lock-version")
        assert not sound or fault.code == "lock-version"
        return
    assert sound <= tasks(found.lock)
    handed = b"\n".join(a.data for a in found.unreadable)
    for task in (b"task-unified-1-aaaa", b"task-unified-2-bbbb"):
        if task in data:  # what joins an id with its check sum leaves a line without one, as if written by hand
            kept = any(str(t).startswith(task.decode()) for t in tasks(found.lock))
            assert kept or task in handed, "a receipt was dropped"
    parse(serialise(found.lock, []))


def _task(line: bytes) -> str | None:
    """The receipt of a line that is whole by itself."""
    try:
        return next(iter(parse(HEADER + line + b"\n"))).task
    except (LockFault, StopIteration):
        return None


DAMAGE = {
    "a line of zeros": (lambda lines: [*lines[:2], b"\0" * 40, *lines[2:]], 0),
    "half a line": (lambda lines: [lines[0], lines[1][:-30], *lines[2:]], 1),
    "two lines glued": (lambda lines: [lines[0], lines[1] + lines[2], *lines[3:]], 0),
    "no header": (lambda lines: lines[1:], 0),
    "a header that is none": (lambda lines: [b"{seedspec", *lines[1:]], 1),
    "garbage": (lambda lines: [*lines[:2], b"\xff\xfe not a line", *lines[2:]], 1),
    "another task for one attempt": (
        lambda lines: [*lines, encode({**SAVED, "task": "task-unified-3-cccc"}).rstrip()], 1,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGE)
@pytest.mark.sampled(2)
def test_a_damaged_lock_is_mended_and_says_what_it_set_aside(name: str, tmp_path: Path) -> None:
    strike, lines = DAMAGE[name]
    path = tmp_path / "s.lock"
    data = b"\n".join(strike(WHOLE.splitlines())) + b"\n"
    path.write_bytes(data)
    with pytest.raises(LockFault):
        parse(data)
    fixed = repair.fix(path, [])
    lock = parse(path.read_bytes())
    assert len(fixed.unreadable) == lines
    assert fixed.backup is not None and fixed.backup.read_bytes() == data
    kept = fixed.damaged.read_bytes() if fixed.damaged else b""
    assert kept == b"".join(a.data + b"\n" for a in fixed.unreadable)
    assert {"task-unified-2-bbbb"} <= {str(t) for t in tasks(lock)}
    assert b"task-unified-1-aaaa" in path.read_bytes() + kept
    if name == "another task for one attempt":
        assert {"task-unified-1-aaaa", "task-unified-3-cccc"} <= {str(t) for t in tasks(lock)}
        assert len(fixed.doubles) == 2, "a request that was paid for twice is reported"
    again = repair.fix(path, [])
    assert again.backup is None and not again.unreadable, "what is mended is sound"


@pytest.mark.parametrize(
    "data", [b" \n", b"# notes\n", HEADER, b'{"seedspec_lock":3}\n' + encode(RUNNING)[:-9] + b"\n"]
)
def test_what_holds_no_record_is_left_alone(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "s.lock"
    path.write_bytes(data + (b"x\n" if data == HEADER else b""))
    before = path.read_bytes()
    with pytest.raises(LockFault):
        repair.fix(path, [])
    assert path.read_bytes() == before
    assert not list(tmp_path.rglob("*.damaged"))


def test_an_empty_lock_is_no_sound_one(tmp_path: Path) -> None:
    path = tmp_path / "s.lock"
    path.write_bytes(b"")
    with pytest.raises(LockFault, match=r"git -C .* checkout -- s.lock"):
        repair.fix(path, [])
    assert path.read_bytes() == b"" and not list(tmp_path.glob(".seedspec/*before-fix"))


def test_where_there_is_nothing_to_look_after_that_is_said(project: Make) -> None:
    found = project(SMALL)
    for action in ("verify", "fix"):
        done = found.do("lock", action, "nope.yaml")
        assert done.code == 3 and "nope.yaml" in done.err, done
        assert not (found.folder / ".seedspec").exists()
        assert found.do("lock", action).code == 0, "nothing was bought yet"
    shutil.rmtree(found.folder / ".seedspec")
    found.lock_path.write_bytes(b"")
    for action in ("verify", "fix"):
        done = found.do("lock", action)
        assert done.code == 6 and "[lock-empty]" in done.err, done


def test_a_lock_that_a_renamed_storyboard_left_behind_is_told(project: Make) -> None:
    """Nothing is bought again for a new name; a lock of a storyboard that is there is somebody else's."""
    found = project(SMALL)
    assert found.run().code == 0
    board, film, lock = found.folder / "storyboard.yaml", found.folder / "film.yaml", found.folder / "film.lock"
    (found.folder / "uv.lock").write_text("version = 1\n")
    shutil.copy(board, film)
    (found.folder / "renders").rename(found.folder / "aside")
    assert found.do("plan", "film.yaml", "--exit-code").code == 10
    board.unlink()
    for command in ("plan", "status", "run"):
        done = found.do(command, "film.yaml")
        assert done.code == 6, done
        said = "`storyboard.lock` holds 2 of these purchases, and its storyboard is gone: rename it to `film.lock` too"
        assert said in done.err and "[lock-left-behind]" in done.err
    assert found.do("plan", "film.yaml", "--emulator").code == 0, "the emulator's locks are others"
    found.lock_path.rename(lock)
    (found.folder / "aside").rename(found.folder / "renders")
    assert found.run("film.yaml").code == 0
    lock.write_bytes(HEADER)
    assert found.do("plan", "film.yaml").code == 0, "who has a lock is not asked for another one"
    assert len(found.service.ledger("reserved", f"{found.name} ")) == 2


def test_a_receipt_in_a_damaged_line_is_told_with_its_command(project: Make) -> None:
    found = project(SMALL)
    assert found.run().code == 0
    record = next(iter(found.lock()))
    lines = found.lock_path.read_bytes().splitlines()
    found.lock_path.write_bytes(b"\n".join([lines[0], lines[1][:-40], *lines[2:]]) + b"\n")
    assert found.do("plan").code == 6
    fixed = found.do("lock", "fix")
    assert fixed.code == 0, fixed
    assert "line 2  set aside: not JSON" in fixed.out
    command = fixed.out.split("`")[-2]
    assert command == f"seedspec adopt {record.entry} --task {record.task}"
    assert (found.folder / "storyboard.lock.damaged").read_bytes() == lines[1][:-40] + b"\n"
    assert found.do(*shlex.split(command)[1:]).code == 0
    assert found.run().code == 0
    assert len(found.service.ledger("reserved", f"{found.name} ")) == 2, "nothing was bought again"


def git(folder: Path, *arguments: str, code: int = 0) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main")
    done = subprocess.run(["git", *who, *arguments], cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == code, (arguments, done.stdout, done.stderr)
    return done.stdout + done.stderr


@pytest.fixture
def repository(project: Make) -> Project:
    """A repository that asks seedspec for the merge of its lock, as the guide says."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    found = project(SMALL)
    git(found.folder, "init", "-q")
    git(
        found.folder,
        "config",
        "merge.seedspec.driver",
        f"{shlex.quote(sys.executable)} -m seedspec lock merge %O %A %B",
    )
    with (found.folder / ".git" / "info" / "attributes").open("a") as file:
        file.write("storyboard.lock merge=seedspec\n")
    (found.folder / ".gitignore").write_text("renders\n.seedspec\nhero.png\nstate\n")
    assert found.run("--select", "two").code == 0
    git(found.folder, "add", "-A")
    git(found.folder, "commit", "-qm", "begun")
    return found


def test_git_merges_what_two_branches_bought(repository: Project, tally: Counter[str]) -> None:
    found = repository
    git(found.folder, "checkout", "-qb", "theirs")
    assert found.run("--select", "one").code == 0
    git(found.folder, "commit", "-qam", "theirs bought one")
    theirs = {r.task for r in found.lock()}
    git(found.folder, "checkout", "-q", "main")
    shutil.rmtree(found.folder / "renders")
    board = found.folder / "storyboard.yaml"
    board.write_text(board.read_text() + '  - {id: extra, prompt: "' + found.name + ' extra"}\n')
    assert found.run("--select", "one", "--select", "extra").code == 0
    git(found.folder, "commit", "-qam", "ours bought one too, and another")
    ours = {r.task for r in found.lock()}
    base = git(found.folder, "rev-parse", "HEAD")
    said = git(found.folder, "merge", "-q", "--no-edit", "theirs")
    assert said.count("bought more than once") == 2, said
    merged = found.lock_path.read_bytes()
    assert tasks(parse(merged)) == ours | theirs and len(ours | theirs) == 4
    assert found.do("plan").code == 0, "a merged lock needs no mending"
    assert found.run().code in (0, 7)
    # the other way round git comes to the same bytes
    git(found.folder, "checkout", "-qf", "theirs")
    git(found.folder, "merge", "-q", "--no-edit", base.strip())
    assert found.lock_path.read_bytes() == merged
    assert len(found.service.ledger("reserved", f"{found.name} ")) == 4
    tally["merges by git"] += 2


@pytest.mark.parametrize("other_prompt", [False, True], ids=["the same request", "another request"])
def test_both_videos_that_two_branches_bought_are_had(other_prompt: bool, repository: Project) -> None:
    """Two clones saved two videos under one name: in either of them the merge names both, and both come."""
    found = repository
    git(found.folder, "checkout", "-qb", "theirs")
    assert found.run("--select", "one").code == 0
    git(found.folder, "commit", "-qam", "theirs bought one")
    theirs = found.folder.parent / "theirs"
    shutil.copytree(found.folder, theirs)
    git(found.folder, "checkout", "-q", "main")
    shutil.rmtree(found.folder / "renders")
    board = found.folder / "storyboard.yaml"
    text = board.read_text()
    if other_prompt:
        board.write_text(text.replace(' one"', ' another"'))
    assert found.run("--select", "one", "--select", "two").code == 0
    git(found.folder, "commit", "-qam", "ours bought one too")
    git(found.folder, "merge", "-q", "--no-edit", "theirs")
    shutil.copy(found.lock_path, theirs)
    (theirs / "storyboard.yaml").write_text(board.read_text())
    names = {r.file for r in found.lock() if r.entry == "one/1"}
    assert found.do("lock", "fix").err.endswith("nothing to fix\n")
    assert len(names) == 2 and "renders/one_take1.mp4" in names
    assert "v  one/1" in found.do("plan").out or other_prompt
    for folder in (found.folder, theirs):
        clone = Project(folder, found.name, found.service)
        # the request that the storyboard has no more is not fetched, but what is here is under its own name
        assert clone.do("fetch").code == 0
        records = [r for r in clone.lock() if r.entry == "one/1"]
        here = [r for r in records if (folder / str(r.file)).exists()]
        assert len(here) == 2 or other_prompt
        for record in here:
            assert hashlib.sha256((folder / str(record.file)).read_bytes()).hexdigest() == record.get("sha256")
        again = clone.do("plan")
        assert "v  " not in again.out and "is not on this disk" not in again.out, again
    assert len(found.service.ledger("reserved", f"{found.name} ")) == 3


def test_a_lock_that_was_merged_before_is_mended(tmp_path: Path) -> None:
    """Two records with one name for two videos, as merges once left them."""
    path, other = tmp_path / "s.lock", {**SAVED, "attempt": 2, "task": "task-unified-3-cccc", "sha256": "c" * 64}
    path.write_bytes(HEADER + encode(SAVED) + encode(other))
    fixed = repair.fix(path, [])
    assert fixed.backup is not None and len(fixed.doubles) == 2
    assert [r.file for r in parse(path.read_bytes())] == ["renders/x.mp4", "renders/x.aaaaaaaa.cccccccc.mp4"]
    assert repair.fix(path, []).backup is None


def test_a_side_that_cannot_be_read_leaves_a_conflict_that_can_be_mended(repository: Project) -> None:
    found = repository
    git(found.folder, "checkout", "-qb", "theirs")
    lines = found.lock_path.read_bytes().splitlines()
    found.lock_path.write_bytes(b"\n".join([*lines, b"garbage"]) + b"\n")
    git(found.folder, "commit", "-qam", "damaged")
    git(found.folder, "checkout", "-q", "main")
    assert found.run().code == 0
    git(found.folder, "commit", "-qam", "bought")
    ours = found.lock()
    assert "lock fix" in git(found.folder, "merge", "-q", "--no-edit", "theirs", code=1)
    assert found.do("plan").code == 6
    fixed = found.do("lock", "fix")
    assert fixed.code == 0 and "set aside" in fixed.out, fixed
    assert tasks(found.lock()) == tasks(ours)
    assert found.run().code == 0
