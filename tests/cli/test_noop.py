"""A command with nothing to do says the same each time, and notices every single thing that it rests on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from looks import DONE, IMAGE, Run, edit

from seedspec.run.store.lock_file import hold

COMMANDS = (
    ("plan",), ("plan", "--format", "json"), ("plan", "--format", "markdown"), ("plan", "--exit-code"),
    ("plan", "--select", "open"), ("plan", "-x", "take=2"), ("status",), ("status", "--format", "json"),
    ("run", "--yes"), ("run", "--plain"), ("fetch",), ("run", "--locked"),
)  # fmt: skip


def files(project: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in project.rglob("*") if p.is_file() and ".seedspec" not in p.parts}


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_the_same_is_said_and_nothing_changes(project: Path, seedspec: Run, command: tuple[str, ...]) -> None:
    before = files(project)
    first = seedspec(*command)
    assert first.code == 0, first.err
    assert "warning" in first.err
    assert seedspec(*command) == first
    assert files(project) == before


def restored(path: Path, change: Callable[[Path], None]) -> None:
    """Changes a file and sets its time back, as some tools do."""
    before = path.stat()
    change(path)
    assert path.stat().st_size == before.st_size
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def swapped(old: bytes, new: bytes) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        assert old in path.read_bytes()
        path.write_bytes(path.read_bytes().replace(old, new))

    return change


def flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-5] ^= 1  # in the check sum of the last chunk, which nobody reads
    path.write_bytes(bytes(data))


def another_image(folder: Path) -> Path:
    other = folder / "other.png"
    shutil.copyfile(IMAGE, other)
    flipped(other)
    return other


def linked(path: Path, target: Path) -> None:
    path.unlink()
    path.symlink_to(target)


CHANGES: dict[str, Callable[[Path], object]] = {
    "storyboard": lambda p: edit(p / "storyboard.yaml", "closes.", "opens."),
    "storyboard, same size and time": lambda p: restored(p / "storyboard.yaml", swapped(b"closes", b"closed")),
    "template": lambda p: (p / "words" / "begin.j2").write_text("An evening,", encoding="utf-8"),
    "template, same size and time": lambda p: restored(p / "words" / "begin.j2", swapped(b"morning", b"evening")),
    "template is gone": lambda p: (p / "words" / "begin.j2").unlink(),
    "a template that was looked for": lambda p: (p / "words" / "maybe.j2").write_text(" x", encoding="utf-8"),
    "the same by a folder's link": lambda p: (
        (p / "words").rename(p / "elsewhere"),
        (p / "elsewhere" / "maybe.j2").write_text(" x", encoding="utf-8"),
        (p / "words").symlink_to("elsewhere"),
    ),
    "medium": lambda p: flipped(p / "media" / "cup.png"),
    "medium, same size and time": lambda p: restored(p / "media" / "cup.png", flipped),
    "medium is gone": lambda p: (p / "media" / "cup.png").unlink(),
    "medium is a link to another": lambda p: linked(p / "media" / "cup.png", another_image(p)),
    "medium is a link out of the project": lambda p: linked(p / "media" / "cup.png", another_image(p.parent)),
    "a pick": lambda p: (p / "storyboard.picks.yaml").write_text("seedspec_picks: 1\npicks: [1]\n", encoding="utf-8"),
    "a video is gone": lambda p: (p / "renders" / "close_take1.mp4").unlink(),
    "the videos are gone": lambda p: shutil.rmtree(p / "renders"),
    "the lock lacks a purchase": lambda p: (p / "storyboard.lock").write_bytes(
        b"".join((p / "storyboard.lock").read_bytes().splitlines(keepends=True)[:-1])
    ),
    "the lock is gone": lambda p: (p / "storyboard.lock").unlink(),
    "the lock is damaged": lambda p: (p / "storyboard.lock").write_bytes(b"<<<<<<< ours\n"),
    "records wait beside the lock": lambda p: (
        (p / ".seedspec").mkdir(exist_ok=True),
        (p / ".seedspec" / "storyboard.lock.rescue").write_bytes(b"{}\n"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.slow
def test_a_change_is_noticed(project: Path, seedspec: Run, change: Callable[[Path], object]) -> None:
    before = seedspec("plan")
    change(project)
    assert seedspec("plan") != before


def test_a_key_that_is_gone_is_noticed(project: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert seedspec("run").code == 0
    monkeypatch.delenv("EVOLINK_API_KEY")
    assert seedspec("run").code == 5
    (project / ".env").write_text("EVOLINK_API_KEY=sk-of-a-file\n", encoding="utf-8")
    assert seedspec("run").code == 0
    (project / ".env").unlink()
    assert seedspec("run").code == 5
    monkeypatch.setenv("EVOLINK_API_KEY", "sk-done-before")
    monkeypatch.setenv("EVOLINK_BASE_URL", "http://example.com")
    assert seedspec("run").code == 2
    assert "https alone" in seedspec("run").err


def test_a_run_is_told_who_holds_the_lock(project: Path, seedspec: Run) -> None:
    assert seedspec("run").code == 0
    with hold(project / "storyboard.lock"):
        told = seedspec("run")
        assert told.code == 6 and "is held by process" in told.err
        assert seedspec("plan").code == 0
    (project / ".seedspec" / "storyboard.lock.hold-by").write_text("{}", encoding="utf-8")  # of a run that was killed
    assert seedspec("run").code == 0


def test_two_storyboards_in_one_folder(project: Path, seedspec: Run) -> None:
    seedspec("plan")
    other = project / "other.yaml"
    other.write_text(DONE.replace("name: done", "name: other"), encoding="utf-8")
    assert "1 shared, 3 failed or held" in seedspec("plan", "other.yaml").out
    shutil.copyfile(project / "storyboard.lock", project / "other.lock")
    assert seedspec("plan", "other.yaml").out.startswith("other ")
    assert seedspec("plan").out.startswith("done ")
    assert seedspec("plan", "--emulator").out != seedspec("plan").out


def test_a_folder_that_cannot_be_written_is_no_fault(project: Path, seedspec: Run) -> None:
    before = seedspec("plan")
    shutil.rmtree(project / ".seedspec", ignore_errors=True)
    (project / ".seedspec").write_text("in the way", encoding="utf-8")
    assert seedspec("plan") == before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in folders here")
def test_a_lock_that_has_no_end_is_not_waited_for(project: Path, seedspec: Run) -> None:
    assert seedspec("plan").code == 0
    (project / "storyboard.lock").unlink()
    os.mkfifo(project / "storyboard.lock")
    assert seedspec("plan").code in (2, 6)
