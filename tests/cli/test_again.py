"""What was done is said again without a compile, and only while nothing that it rests on has changed."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from looks import DONE, IMAGE, Run, edit, kept, plainly

from seedspec import api
from seedspec.run import again
from seedspec.run.again import ask
from seedspec.run.disk import hold
from seedspec.run.seen import RACY, Seen, facts_of, installation, same

ROOT = Path(__file__).parents[2]
COMMANDS = (
    ("plan",), ("plan", "--format", "json"), ("plan", "--format", "markdown"), ("plan", "--exit-code"),
    ("plan", "--select", "open"), ("plan", "-x", "take=2"), ("status",), ("status", "--format", "json"),
    ("run", "--yes"), ("run", "--plain"), ("fetch",), ("run", "--locked"),
)  # fmt: skip
HEAVY = {
    "filelock", "yaml", "jinja2", "jsonschema", "jsonschema_rs", "httpx", "rich", "PIL", "dotenv", "click", "orjson",
    "typing", "re", "json", "pathlib", "dataclasses", "inspect",
}  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_the_same_bytes_are_said(project: Path, seedspec: Run, command: tuple[str, ...]) -> None:
    first = seedspec(*command)
    assert first.code == 0, first.err
    answers = kept(project)
    assert answers, "everything is done, so the answer is kept"
    before = [(a.name, a.stat().st_mtime_ns) for a in answers]
    assert seedspec(*command) == first
    assert [(a.name, a.stat().st_mtime_ns) for a in kept(project)] == before, "nothing was compiled and kept anew"
    assert plainly(seedspec, project, *command) == first


def test_warnings_are_shown_again(project: Path, seedspec: Run) -> None:
    first, second = seedspec("plan"), seedspec("plan")
    assert "warning" in first.err
    assert second == first


@pytest.mark.parametrize("command", ["plan", "status", "run"])
def test_nothing_heavy_is_imported(project: Path, command: str) -> None:
    words = [sys.executable, "-X", "importtime", "-m", "seedspec", command]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    for _ in range(2):
        said = subprocess.run(words, capture_output=True, text=True, check=True, env=environ, timeout=60).stderr
    loaded = [line.rpartition("|")[2].strip() for line in said.splitlines() if "|" in line]
    own = loaded[loaded.index("seedspec") :]  # before it stands what the interpreter loads for any program
    assert "seedspec.run.again" in own
    assert not {name.partition(".")[0] for name in own} & HEAVY


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
    "records wait beside the lock": lambda p: (p / ".seedspec" / "storyboard.lock.rescue").write_bytes(b"{}\n"),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_is_noticed(project: Path, seedspec: Run, change: Callable[[Path], object]) -> None:
    before = seedspec("plan")
    assert seedspec("plan") == before
    change(project)
    after = seedspec("plan")
    assert after != before
    if not (project / ".seedspec" / "storyboard.lock.rescue").exists():
        assert plainly(seedspec, project, "plan") == after


def test_a_key_that_is_gone_is_noticed(project: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert seedspec("run").code == 0
    monkeypatch.delenv("EVOLINK_API_KEY")
    assert seedspec("run").code == 5
    (project / ".env").write_text("EVOLINK_API_KEY=sk-of-a-file\n", encoding="utf-8")
    assert seedspec("run").code == 0
    (project / ".env").unlink()
    assert seedspec("run").code == 5
    monkeypatch.setenv("EVOLINK_API_KEY", "sk-again")
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


def test_a_comment_alone_is_asked_anew_and_kept(project: Path, seedspec: Run) -> None:
    before = seedspec("plan")
    edit(project / "storyboard.yaml", "seedspec: 1\n", "seedspec: 1 # a comment\n")
    (answer,) = kept(project)
    old = answer.read_bytes()
    assert seedspec("plan").out == before.out
    assert answer.read_bytes() != old


def test_two_storyboards_in_one_folder(project: Path, seedspec: Run) -> None:
    seedspec("plan")
    other = project / "other.yaml"
    other.write_text(DONE.replace("name: done", "name: other"), encoding="utf-8")
    assert "4 failed or held" in seedspec("plan", "other.yaml").out
    shutil.copyfile(project / "storyboard.lock", project / "other.lock")
    assert seedspec("plan", "other.yaml").out.startswith("other ")
    assert seedspec("plan").out.startswith("done ")
    assert seedspec("plan", "--emulator").out != seedspec("plan").out


@pytest.mark.parametrize("damage", ["cut", "empty", "another byte", "no JSON", "a folder"])
def test_a_damaged_answer_is_not_believed(project: Path, seedspec: Run, damage: str) -> None:
    before = seedspec("plan")
    (answer,) = kept(project)
    data = answer.read_bytes()
    if damage == "a folder":
        answer.unlink()
        answer.mkdir()
    else:
        changed = {
            "cut": data[:-9], "empty": b"", "another byte": data.replace(b"done:", b"dome:"),
            "no JSON": data[:65] + b"{",
        }  # fmt: skip
        answer.write_bytes(changed[damage])
    assert seedspec("plan") == before


def test_answers_do_not_pile_up(project: Path, seedspec: Run) -> None:
    for n in range(20):
        assert seedspec("plan", "--most", str(2000 + n)).code == 0
    assert len(kept(project)) == 12


def test_what_is_not_done_is_not_kept(project: Path, seedspec: Run) -> None:
    edit(project / "storyboard.yaml", "takes: 2", "takes: 3")
    assert "to buy" in seedspec("plan").out
    assert not kept(project)


def test_a_folder_that_cannot_be_written_is_no_fault(project: Path, seedspec: Run) -> None:
    before = seedspec("plan")
    shutil.rmtree(project / ".seedspec")
    (project / ".seedspec").write_text("in the way", encoding="utf-8")
    assert seedspec("plan") == before


def test_times_prove_nothing_about_what_changed_just_before(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"now")
    status = file.stat()
    of_another_content = Seen("file", str(file), os.path.realpath(file), facts_of(status), "0" * 64)
    assert not same([of_another_content], status.st_ctime_ns), "the bytes themselves are looked at"
    assert not same([of_another_content], status.st_ctime_ns + RACY)
    assert same([of_another_content], status.st_ctime_ns + RACY + 1), "of older files size and times are enough"


def test_another_installation_believes_nothing(project: Path, seedspec: Run) -> None:
    """The schemas, the prices and the code are inputs too, whatever the version says."""
    assert seedspec("plan").code == 0
    copy = project / "installed"
    shutil.copytree(ROOT / "seedspec", copy / "seedspec", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "schemas", copy / "schemas")

    def told() -> str:
        command = [sys.executable, "-c", "from seedspec.run.seen import installation as i; print(i())"]
        environ = {**os.environ, "PYTHONPATH": str(copy)}
        return subprocess.run(command, capture_output=True, text=True, check=True, env=environ, timeout=60).stdout

    found = {installation() + "\n", told()}
    for part in ("schemas/evolink/prices.json", "schemas/storyboard.json", "seedspec/compiler/entry.py"):
        with (copy / part).open("ab") as file:
            file.write(b"\n")
        found.add(told())
    (copy / "av").mkdir()  # a library that reads media, in a folder that PYTHONPATH names
    found.add(told())
    assert len(found) == 6


Parts = list[bytes]


def sealed(answer: Path, change: Callable[[Parts], Parts]) -> None:
    """Writes other parts into an answer, under a seal that is right."""
    parts = change(list(again._parts(answer.read_bytes().partition(b"\n")[2])))
    rest = again._joined(parts)
    answer.write_bytes(hashlib.sha256(rest).hexdigest().encode() + b"\n" + rest)


HOSTILE: dict[str, Callable[[Parts], Parts]] = {
    "another installation": lambda p: [b"0" * 64 + p[0][64:], *p[1:]],
    "no times": lambda p: [p[0].partition(b" ")[0], *p[1:]],
    "a time that is no number": lambda p: [p[0] + b"x", *p[1:]],
    "another lock": lambda p: [*p[:2], p[2].replace(b"board.lock\0", b"board.lacks\0"), *p[3:]],
    "what was seen, cut": lambda p: [*p[:2], p[2][:-80], *p[3:]],
    "nothing was seen": lambda p: [*p[:2], b"", *p[3:]],
    "another kind of question": lambda p: [*p[:2], p[2].replace(b"project\0", b"other\0"), *p[3:]],
    "an address without its value": lambda p: [p[0], p[1] + b"\0EVOLINK_BASE_URL", *p[2:]],
    "a part of no kind": lambda p: [*p, b"other\0words"],
    "a part without a kind": lambda p: [*p, b""],
    "no UTF-8": lambda p: [*p, b"out\0\xff"],
    "a file that is not there": lambda p: [*p, b"files\0renders\0other.mp4"],
    "a folder that is not there": lambda p: [*p, b"files\0other\0other.mp4"],
    "a folder of no name": lambda p: [*p, b"files\0\0\0"],
    "no parts": lambda p: [],
    "two parts": lambda p: p[:2],
}


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_answer_is_not_believed(project: Path, seedspec: Run, change: Callable[[Parts], Parts]) -> None:
    before = seedspec("plan")
    (answer,) = kept(project)
    assert ask("storyboard.yaml", answer.name) is not None
    sealed(answer, lambda parts: parts)
    assert ask("storyboard.yaml", answer.name) is not None, "what changes below is what is not believed"
    sealed(answer, change)
    assert ask("storyboard.yaml", answer.name) is None
    assert seedspec("plan") == before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in folders here")
@pytest.mark.parametrize("at", ["the answer", "the lock"])
def test_what_has_no_end_is_not_waited_for(project: Path, seedspec: Run, at: str) -> None:
    assert seedspec("plan").code == 0
    (answer,) = kept(project)
    place = answer if at == "the answer" else project / "storyboard.lock"
    place.unlink()
    os.mkfifo(place)
    assert ask("storyboard.yaml", answer.name) is None


def test_programs_get_the_same_plan(project: Path, seedspec: Run) -> None:
    """The stages themselves know nothing of this."""
    seedspec("plan")
    edit(project / "storyboard.yaml", "closes.", "opens.")
    assert api.plan(project / "storyboard.yaml").plan.buys
