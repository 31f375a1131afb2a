"""Real processes, killed wherever they can be: the emulator's books say that nothing was bought twice or lost."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter

import pytest
from helpers import LONGEST, OWN, PACE, SMALL, Ended, Make, Project

from seedspec.lock.lock import encode

pytestmark = pytest.mark.slow

STRACE = shutil.which("strace")
EVENTS = 22
"""More than a run of the small storyboard has: the last kills come too late, and the run ends by itself."""


def killed_after(project: Project, number: int) -> bool:
    """Runs, and kills the process after its so many events; whether it was still alive then."""
    process = project.start("run", "--yes", "--format", "jsonl", *PACE, bufsize=0)
    assert process.stdout is not None
    for _ in range(number + 1):  # the first line is the header
        if not process.stdout.readline():
            break
    alive = process.poll() is None
    process.kill()
    process.communicate(timeout=LONGEST)
    return alive


def settled(project: Project) -> int:
    """What a person does about doubts: looks into the service's books, by the key of the intent, and says it."""
    lock, doubts = project.lock(), 0
    for fp in lock.attempts:
        record = lock.last(fp)
        assert record is not None
        if record.state in ("doubt", "submitting"):
            doubts += 1
            key = record.get("intent")["key"]
            tasks = [v["task"] for v in project.service.ledger("reserved") if v["idempotency_key"] == key]
            said = ("--task", tasks[0]) if tasks else ("--not-billed",)
            done = project.do("settle", record.entry, *said)
            assert done.code == 0, done
    return doubts


def finished(project: Project, tally: Counter[str]) -> None:
    """After whatever happened: a run goes on without buying what is in doubt; settled, everything is saved, once."""
    doubts = [a for a, state in project.states().items() if state in ("doubt", "submitting")]
    before = project.service.bought(project.name)
    again = project.run()
    assert (again.code == 8) == bool(doubts), again
    held = {e["entry"] for e in again.events if e["event"] in ("Submitting", "Submitted")}
    assert not held & set(doubts), "what is in doubt was sent again"
    assert before - project.service.bought(project.name) == Counter()
    tally["kills that left a doubt"] += settled(project)
    last = project.run() if again.code else again
    assert last.code == 0, last
    states = project.states()
    assert set(states.values()) == {"saved"}, states
    bought = project.service.bought(project.name)
    assert set(bought.values()) == {1}, f"bought twice: {bought}"
    assert len(bought) == len(states)
    assert len(list((project.folder / "renders").glob("*.mp4"))) == len(states)
    assert not list(project.folder.rglob("*.part"))
    tally["purchases of killed runs"] += len(bought)


@pytest.mark.parametrize(
    "number", [pytest.param(n, marks=() if n % 3 == 0 else (pytest.mark.long,)) for n in range(1, EVENTS)]
)
def test_a_run_killed_after_any_event_is_finished_by_the_next(number: int, project: Make, tally: Counter[str]) -> None:
    found = project()
    tally["kills after an event"] += killed_after(found, number)
    finished(found, tally)


def strace(*arguments: str) -> tuple[str, ...]:
    assert STRACE is not None
    return (STRACE, "-f", "-qq", *arguments)  # with --seccomp-bpf it counts wrongly


def striking(project: Project, point: Point, how: str, *more: str) -> Ended:
    """A run whose so-manieth call of a kind on a path is struck. The path matters: strace counts by thread."""
    name, path, when = point
    target = str(project.folder / path)
    return project.run(
        *more,
        before=strace("-P", target, "-e", f"trace={name}", "-e", f"inject={name}:{how}:when={when}", "-o", "/dev/null"),
    )


Point = tuple[str, str, str]
LOCK, FRESH, PART = "storyboard.lock", ".storyboard.lock.new", f"renders/one_take1.{OWN}.mp4.part"
LINES: list[Point] = [("fdatasync", LOCK, str(n)) for n in range(1, 9)]
"""Two intents, two receipts, two completions, two videos."""
SHARED = LINES[6:]
"""Syncs that there may not be: completions that come together share one, and so do videos."""
FILES: list[Point] = [
    ("fsync", FRESH, "1"),  # the header of a new lock
    ("rename", FRESH, "1"),
    ("fsync", ".", "1"),
    ("fsync", PART, "1"),
    ("link", PART, "1"),
    ("unlink", PART, "1"),
    ("fsync", "renders", "1"),
    ("fsync", FRESH, "2"),  # the sorted lock of a clean end
    ("rename", FRESH, "2"),
    ("fsync", ".", "2"),
]
needs_strace = pytest.mark.skipif(STRACE is None, reason="strace is not installed")


def points(usual: set[int]) -> list[object]:
    """All points, most of them for the long mode alone."""
    marks = [(), (pytest.mark.long,)]
    found = [*LINES, *FILES]
    return [pytest.param(p, id="-".join(p), marks=marks[i not in usual]) for i, p in enumerate(found)]


@needs_strace
@pytest.mark.parametrize("point", points({0, 1, 2, 4, 6, 8, 9, 11, 14, 16}))
@pytest.mark.sampled(2)
def test_a_run_killed_at_a_sync_or_a_rename_is_finished_by_the_next(
    point: Point, project: Make, tally: Counter[str]
) -> None:
    found = project(SMALL)
    done = striking(found, point, "signal=SIGKILL")
    assert done.code in (-9, 137) or (done.code == 0 and point in SHARED), f"{point} was not reached: {done}"
    tally["kills at a system call"] += done.code != 0
    finished(found, tally)


@needs_strace
@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from-then-on"])
@pytest.mark.parametrize("point", points({1}))
def test_a_disk_that_refuses_loses_nothing(
    point: Point, error: str, project: Make, tally: Counter[str], *, lasting: bool
) -> None:
    name, path, when = point
    found = project(SMALL)
    # a full disk is waited for, so a lasting one needs an end
    more = ("--timeout", "8") if lasting else ()
    done = striking(found, (name, path, f"{when}+" if lasting else when), f"error={error}", *more)
    tally[f"times the disk refused, {error}"] += 1
    if point == LINES[1] and not lasting:
        assert done.code == 0, "a receipt that its file refuses goes to a new one"
    told(found, done)
    finished(found, tally)


@needs_strace
def test_a_receipt_finds_another_file_and_otherwise_another_place(project: Make, tally: Counter[str]) -> None:
    """The line of a receipt fails, and so does every new file beside it: the rescue is what is left, and suffices."""
    found = project(SMALL)
    refuse = [w for name in ("fsync", "fdatasync") for w in ("-e", f"inject={name}:error=ENOSPC:when=2+")]
    paths = [w for path in (LOCK, FRESH) for w in ("-P", str(found.folder / path))]
    done = found.run(before=strace("-e", "trace=fsync,fdatasync", *refuse, *paths, "-o", "/dev/null"))
    assert done.code == 6, done
    assert list(found.folder.rglob("*.rescue"))
    assert told(found, done), "no receipt was rescued"
    finished(found, tally)


def told(project: Project, done: Ended) -> set[str]:
    """What the lock did not take is told, and found again; gives the receipts that were missing in it."""
    assert done.code in (0, 2, 6, 7, 8), done
    assert "Traceback" not in done.err
    bought = {v["task"] for v in project.service.ledger("reserved", f"{project.name} ")}
    missing = bought - {r.task for r in project.lock()}
    for task in missing:
        assert f"--task {task}" in done.err, done
    if list(project.folder.rglob("*.rescue")):
        assert project.do("plan").code == 6
        fixed = project.do("lock", "fix")
        assert fixed.code == 0, fixed
        assert bought <= {r.task for r in project.lock()}
    else:
        assert not missing
    return missing


def test_a_receipt_that_no_process_could_record_is_adopted(project: Make, tally: Counter[str]) -> None:
    """Killed between the answer and its line: the lock is rebuilt as it was before the line of the receipt."""
    found = project(SMALL)
    assert found.run().code == 0
    lines = found.lock_path.read_bytes().splitlines(keepends=True)
    record = json.loads(lines[1])
    intent = {k: record[k] for k in ("fp", "attempt", "entry", "take", "manifest", "intent", "units", "at")}
    found.lock_path.write_bytes(lines[0] + encode({**intent, "state": "submitting"}) + lines[2])
    (found.folder / record["file"]).unlink()
    finished(found, tally)


def test_no_file_is_left_half_written(project: Make) -> None:
    found = project(SMALL)
    assert killed_after(found, 4)
    leftovers = [p for p in found.folder.rglob("*") if p.name.endswith(".new")]
    assert found.run().code in (0, 8)
    assert not [p for p in leftovers if p.exists()]


def test_strace_is_there_where_it_must_be() -> None:
    """The machines that test every change have it; elsewhere its tests are skipped, and say so."""
    if STRACE is None:
        pytest.skip("strace is not installed: kills inside a system call are not tried")
    subprocess.run([STRACE, "-V"], check=True, stdout=subprocess.DEVNULL)
