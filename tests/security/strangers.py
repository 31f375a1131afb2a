"""What the tests of security share: a command line in a process of its own, and what a folder holds."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sysconfig
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import forks
import pytest

CANARY = "sk-canary-4Hq8sWn1KzT6yPd3"
"""The key of every command in these tests."""
LONGEST = 60

STARTER = """\
seedspec: 1
name: starter
model: seedance-2.0-reference-to-video
defaults: {duration: 4, quality: 480p}
shots:
  - {id: one, prompt: "a cup"}
"""


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it said, byte for byte."""

    code: int
    out: bytes
    err: bytes

    @property
    def all(self) -> str:
        return (self.out + self.err).decode(errors="replace")


Command = Callable[..., Said]


def tool() -> str:
    """The console script, as people start it: Python's search path then begins with the script's folder."""
    return str(Path(sysconfig.get_path("scripts")) / "seedspec")


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """Runs `seedspec` in a folder, as a user whose home is empty, with the canary for a key."""

    def run(folder: Path, *arguments: str, **environ: str) -> Said:
        done = forks.run(arguments, folder, environ_of(tmp_path, environ), LONGEST)
        return Said(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def started(tmp_path: Path) -> Command:
    """As `command`, for tests of what Python meets when it starts: the console script, as people start it."""

    def run(folder: Path, *arguments: str, **environ: str) -> Said:
        words = [tool(), *arguments]
        done = subprocess.run(
            words, cwd=folder, env=environ_of(tmp_path, environ), capture_output=True, stdin=subprocess.DEVNULL,
            timeout=LONGEST,
        )  # fmt: skip
        return Said(done.returncode, done.stdout, done.stderr)

    return run


def environ_of(tmp_path: Path, more: Mapping[str, str]) -> dict[str, str]:
    """A user's environment: a home below the test's folder, the canary, and an API that is not there."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("EVOLINK", "SEEDSPEC", "GITHUB", "GIT_"))}
    own = {
        "HOME": str(tmp_path / "home"), "XDG_STATE_HOME": str(tmp_path / "home" / ".local" / "state"),
        "XDG_CACHE_HOME": str(tmp_path / "home" / ".local" / "cache"),
        "EVOLINK_API_KEY": CANARY, "EVOLINK_BASE_URL": "http://127.0.0.1:9", "EVOLINK_FILES_URL": "http://127.0.0.1:9",
        "GIT_CONFIG_GLOBAL": os.devnull, "NO_COLOR": "1",
    }  # fmt: skip
    (tmp_path / "home").mkdir(exist_ok=True)
    return {**kept, **own, **more}


def snapshot(folder: Path, without: Path | None = None) -> dict[str, str]:
    """Every file, folder and link below a folder, with what it holds and its mode; `without` is left out."""
    found = {}
    for place, folders, names in os.walk(folder):
        here = Path(place)
        folders[:] = [f for f in folders if here / f != without]
        for name in (*folders, *names):
            path = here / name
            if path.is_symlink():
                said = f"-> {os.readlink(path)}"
            elif path.is_dir():
                said = "folder"
            else:
                said = hashlib.sha256(path.read_bytes()).hexdigest()
            found[str(path.relative_to(folder))] = f"{path.lstat().st_mode & 0o7777:o} {said}"
    return found


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A checkout with a storyboard of one shot; beside it stands what is not the project's."""
    folder = tmp_path / "project"
    (folder / ".git").mkdir(parents=True)
    (folder / ".git" / "config").write_text("[core]\n")
    (folder / "storyboard.yaml").write_text(STARTER)
    return folder
