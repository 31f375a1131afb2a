"""`check --watch` as people have it: a process that checks again after each change, however a file is written."""

from __future__ import annotations

import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from looks import IMAGE, LOOKS

pytestmark = pytest.mark.slow

LONGEST = 60.0
"""Seconds that are waited for a line, at most."""
WRONG = LOOKS.replace("look.words", "lok.words")
CLEAN, ERROR = "no problems found", "1 error"


class Watching:
    """A `check --watch` whose lines are read as they come."""

    def __init__(self, folder: Path, *words: str) -> None:
        tool = str(Path(sysconfig.get_path("scripts")) / "seedspec")
        environ = {k: v for k, v in os.environ.items() if not k.startswith("SEEDSPEC")} | {"NO_COLOR": "1"}
        self.process = subprocess.Popen(
            [tool, "check", "--watch", *words], cwd=folder, env=environ, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        self.lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put("the end")

    def until(self, text: str) -> list[str]:
        """The lines up to the end of the check in which a text stands."""
        found, seen = [], False
        while True:
            found.append(self.lines.get(timeout=LONGEST))
            seen = seen or text in found[-1]
            if found[-1] == "the end":
                pytest.fail(f"no {text!r} in {found}")
            if seen and found[-1].startswith("watching"):
                return found

    def end(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(LONGEST)


@pytest.fixture
def watching(folder: Path) -> Iterator[Callable[..., Watching]]:
    started: list[Watching] = []

    def start(*words: str) -> Watching:
        started.append(Watching(folder, *words))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()


def rename_over(path: Path, text: str) -> None:
    """As most editors save: a new file takes the place of the old one."""
    path.with_name(".new").write_text(text)
    os.replace(path.with_name(".new"), path)


def keep_the_old(path: Path, text: str) -> None:
    """As vim saves: the old file gets another name, and a new one is written."""
    os.replace(path, path.with_name(f"{path.name}~"))
    path.write_text(text)


def in_halves(path: Path, text: str) -> None:
    with path.open("w") as file:
        for part in (text[: len(text) // 2], text[len(text) // 2 :]):
            file.write(part)
            file.flush()


WAYS: dict[str, Callable[[Path, str], object]] = {
    "written": Path.write_text, "renamed": rename_over, "vim": keep_the_old, "halves": in_halves,
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_each_way_of_saving_is_seen(way: str, looks: Path, watching: Callable[..., Watching]) -> None:
    run = watching()
    run.until(CLEAN)
    for _ in range(2):
        WAYS[way](looks, WRONG)
        # a look may fall between the two steps of such a save; the next one sees the whole file
        said = run.until("storyboard.yaml:18:39: error: `lok` is not defined")
        assert any(re.fullmatch(r"\d\d:\d\d:\d\d  storyboard.yaml changed, checked again", line) for line in said)
        WAYS[way](looks, LOOKS)
        run.until(CLEAN)
    assert run.end() == 0


def test_a_file_that_vanishes_and_comes_back(looks: Path, watching: Callable[..., Watching]) -> None:
    run = watching()
    run.until(CLEAN)
    looks.unlink()
    run.until("there is no such file")
    looks.write_text(LOOKS)
    run.until(CLEAN)


READS = """\
seedspec: 1
model: seedance-2.0-reference-to-video
references: {cup: {image: media/cup.png}}
shots:
  - id: open
    prompt: "{% include 'words/begin.j2' %} {{ ref('cup') }}{% include 'words/maybe.j2' ignore missing %}"
"""


def test_what_the_storyboard_reads_is_watched(project: Path, watching: Callable[..., Watching]) -> None:
    """Templates and media, also those that are not there yet, and a folder that goes and comes."""
    (project / "storyboard.yaml").write_text(READS)
    run = watching()
    assert run.until(CLEAN)[-1] == "watching 1 storyboard and 3 other files; Ctrl-C ends"
    (project / "words" / "begin.j2").write_text("{{ nothing }}")
    run.until("`nothing` is not defined")
    (project / "words" / "begin.j2").write_text("A morning,")
    run.until(CLEAN)
    (project / "words" / "maybe.j2").write_text("{{ maybe }}")
    run.until("`maybe` is not defined")
    (project / "words" / "maybe.j2").unlink()
    run.until(CLEAN)
    shutil.move(project / "media", project / "aside")
    run.until("`media/cup.png` does not exist")
    (project / "media").mkdir()
    shutil.copyfile(IMAGE, project / "media" / "cup.png")
    run.until(CLEAN)


def test_a_folder_is_watched_for_new_storyboards(folder: Path, watching: Callable[..., Watching]) -> None:
    (folder / "ads").mkdir()
    run = watching("ads")
    run.until("0 storyboards")
    (folder / "ads" / "notes.yaml").write_text("a: 1\n")
    (folder / "ads" / "deep").mkdir()
    (folder / "ads" / "deep" / "tea.yaml").write_text(LOOKS)
    run.until("1 storyboard: no problems found")
    (folder / "ads" / "notes.yaml").write_text(WRONG)
    run.until("2 storyboards: 1 error")
    shutil.rmtree(folder / "ads" / "deep")
    run.until("1 storyboard: 1 error")


def test_what_is_not_read_wakes_nothing(looks: Path, watching: Callable[..., Watching]) -> None:
    run = watching()
    run.until(CLEAN)
    for number in range(20):
        (looks.parent / f"{number}.txt").write_text("x")
    looks.write_text(WRONG)
    said = run.until(ERROR)
    assert len([line for line in said if "checked again" in line]) == 1


def test_a_profile_that_is_gone_for_a_moment(looks: Path, watching: Callable[..., Watching]) -> None:
    looks.write_text(LOOKS + "profiles: {draft: {takes: 2}}\n")
    run = watching("--profile", "draft")
    run.until(CLEAN)
    looks.write_text(LOOKS)
    run.until("draft")
    looks.write_text(LOOKS + "profiles: {draft: {takes: 3}}\n")
    run.until(CLEAN)
    assert run.end() == 0


def test_without_the_package_it_says_what_to_install(looks: Path) -> None:
    code = (
        "import sys; sys.modules['watchfiles'] = None\n"
        "from seedspec.cli.main import start; sys.exit(start(['check', '--watch']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=LONGEST)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "seedspec: --watch needs one package more: pip install 'seedspec[watch]'\n"
