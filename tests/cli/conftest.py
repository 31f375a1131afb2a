"""What the tests of commands share: a folder of their own, and a command line run in this process."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import lookups
import pytest
from emulated import emulated
from looks import DONE, IMAGE, LOOKS, MP4, Acme, Run, Said, keep
from outputs import check_output
from sessions import Session

from seedspec.cli.main import start
from seedspec.emulator.settings import Settings, parse_fault
from seedspec.project import sources


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that commands run in."""
    here = tmp_path / "project"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("NO_COLOR", "1")
    return here


@pytest.fixture
def looks(folder: Path) -> Path:
    """The storyboard of two shots that most tests here are about."""
    file = folder / "storyboard.yaml"
    file.write_text(LOOKS, encoding="utf-8")
    return file


@pytest.fixture
def seedspec(folder: Path, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a command line in the folder. What it prints as JSON is held against its schema."""

    def run(*arguments: str) -> Said:
        capfd.readouterr()
        code = start(arguments)
        said = capfd.readouterr()
        check_output(arguments, said.out)
        return Said(code, said.out, said.err)

    return run


@pytest.fixture
def session(seedspec: Run, folder: Path, expect: Callable[[Path, str], None]) -> Session:
    """Commands one after the other, whose whole answers are held against one file."""
    return Session(seedspec, folder, expect)


@pytest.fixture
def acme(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Acme:
    """Opens a storyboard at a service on loopback: how it is asked for a lost request, its faults, keys of its file."""

    @contextmanager
    def opened(kind: str, *faults: str, takes: int = 2, seconds: float = 0.05, **more: object) -> Iterator[Path]:
        settings = tmp_path / "settings"
        lookups.write(settings, kind, **more)
        monkeypatch.setenv("XDG_CONFIG_HOME", str(settings))
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
        board = folder / "storyboard.yaml"
        board.write_text(lookups.BOARD.replace("TAKES", str(takes)), encoding="utf-8")
        models = sources.catalog(folder).models
        asked = Settings(folder=tmp_path / "service", seconds=seconds, faults=tuple(map(parse_fault, faults)))
        with emulated(asked, models) as at:
            monkeypatch.setenv("ACME_API_KEY", "sk-canary-0000-0000")
            monkeypatch.setenv("ACME_BASE_URL", at.api)
            yield board

    return opened


@pytest.fixture
def project(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A storyboard with everything it reads, all of it bought and saved; its files are old enough to be believed."""
    monkeypatch.setenv("EVOLINK_API_KEY", "sk-done-before")
    (folder / ".git").mkdir()
    for name in ("media", "words", "renders"):
        (folder / name).mkdir()
    shutil.copyfile(IMAGE, folder / "media" / "cup.png")
    (folder / "words" / "begin.j2").write_text("A morning,", encoding="utf-8")
    storyboard = folder / "storyboard.yaml"
    storyboard.write_text(DONE, encoding="utf-8")
    for address in ("open/1", "open/2", "close/1"):
        name = f"renders/{address.replace('/', '_take')}.mp4"
        keep(storyboard, address, "saved", task="task-unified-1", file=name, sha256="0" * 64, bytes=len(MP4))
        (folder / name).write_bytes(MP4)
    return folder
