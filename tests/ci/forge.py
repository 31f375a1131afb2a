"""A forge on this disk: a bare repository, its pull requests, runs and artifacts; and the service that sells videos."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path

from emulated import booked

from seedspec.emulator.settings import Addresses

KEY = "key-of-the-environment"
BOARD = """\
seedspec: 1
name: ads
model: seedance-2.0-reference-to-video
defaults: {duration: 4, quality: 480p}
shots:
  - {id: first, prompt: "first"}
  # what stands between two edits,
  # so that git merges
  # them
  - {id: last, prompt: "last"}
"""
TWO = '  - {id: two, prompt: "two"}\n'
THIRD = '  - {id: third, prompt: "third"}\n'
OWN, FORK = "org/ads", "stranger/ads"


@dataclass
class Pull:
    """A pull request; `commits` are those that brought it into main."""

    number: int
    head: str
    repository: str
    commits: list[str] = field(default_factory=list)


@dataclass
class Done:
    """A run of the pull request's workflow: a folder for each of its artifacts."""

    id: int
    head: str
    repository: str
    good: bool


@dataclass(frozen=True)
class Books:
    """What the service has sold, since a test began."""

    addresses: Addresses
    folder: Path
    before: int = 0

    @property
    def sold(self) -> list[str]:
        """The prompts of what was bought, in order."""
        return [v["prompt"] for v in booked(self.folder) if v["event"] == "reserved"][self.before :]


class Forge:
    """A forge in a folder. A copy of the folder is another forge that is in the same state."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.origin = folder / "origin.git"
        self._author = folder / "author"
        self._state = folder / "state.json"
        if not folder.exists():
            self._begin()
        known = json.loads(self._state.read_text())
        self.pulls = [Pull(**values) for values in known["pulls"]]
        self.runs = [Done(**values) for values in known["runs"]]
        git(self._author, "remote", "set-url", "origin", str(self.origin))

    def _begin(self) -> None:
        self.folder.mkdir()
        self._state.write_text('{"pulls": [], "runs": []}')
        git(self.folder, "init", "-q", "--bare", "-b", "main", str(self.origin))
        git(self.folder, "clone", "-q", str(self.origin), str(self._author))
        git(self._author, "checkout", "-q", "-b", "main")
        (self._author / "ads").mkdir()
        (self._author / "ads" / ".gitignore").write_text("renders/\n.seedspec/\n*.emulator.lock\n")
        (self._author / "ads" / "storyboard.yaml").write_text(BOARD)
        self._commit("begin")
        git(self._author, "push", "-q", "-u", "origin", "main")

    def copy(self, folder: Path) -> Forge:
        self.keep()
        return Forge(shutil.copytree(self.folder, folder))

    def keep(self) -> None:
        document = {"pulls": [asdict(p) for p in self.pulls], "runs": [asdict(r) for r in self.runs]}
        self._state.write_text(json.dumps(document))

    def artifacts(self, run: int) -> Path:
        return self.folder / "artifacts" / str(run)

    # --- what people do ---

    def open(self, old: str, new: str, *, file: str = "ads/storyboard.yaml", fork: bool = False) -> Pull:
        """A pull request with one edit."""
        number = len(self.pulls) + 1
        git(self._author, "checkout", "-q", "-b", f"pull-{number}", "origin/main")
        self._edit(old, new, file)
        head = self._commit(f"pull request {number}")
        git(self._author, "push", "-q", "origin", f"HEAD:refs/pull/{number}/head")
        pull = Pull(number, head, FORK if fork else OWN)
        self.pulls.append(pull)
        self.keep()
        return pull

    def merge(self, pull: Pull, how: str = "merge") -> str:
        """Brings a pull request into main; gives the commit of the push."""
        self._newest()
        if how == "merge":
            git(self._author, "merge", "-q", "--no-ff", "-m", f"merge {pull.number}", pull.head)
        elif how == "squash":
            git(self._author, "merge", "-q", "--squash", pull.head)
            self._commit(f"pull request {pull.number}, squashed")
        else:
            git(self._author, "cherry-pick", pull.head)
        sha = self._push()
        pull.commits = [sha, pull.head]
        self.keep()
        return sha

    def push(self, old: str, new: str) -> str:
        """An edit that goes to main directly."""
        self._newest()
        self._edit(old, new, "ads/storyboard.yaml")
        self._commit("directly")
        return self._push()

    # --- what is found afterwards ---

    def file(self, path: str) -> str:
        """A file of main; empty where there is none."""
        there = git(self.origin, "ls-tree", "main", path).strip()
        return git(self.origin, "show", f"main:{path}") if there else ""

    @property
    def states(self) -> list[str]:
        """The states of the purchases in the lock of main."""
        lines = self.file("ads/storyboard.lock").splitlines()[1:]
        return sorted(json.loads(line)["state"] for line in lines)

    def test_merge(self, pull: Pull) -> str:
        """The commit that GitHub makes of a pull request and its branch, for its workflow."""
        self._newest()
        git(self._author, "checkout", "-q", "--detach", "origin/main")
        git(self._author, "merge", "-q", "--no-ff", "-m", f"test of {pull.number}", pull.head)
        sha = git(self._author, "rev-parse", "HEAD").strip()
        git(self._author, "push", "-q", "-f", "origin", f"HEAD:refs/pull/{pull.number}/merge")
        return sha

    def _newest(self) -> None:
        git(self._author, "fetch", "-q", "origin")
        git(self._author, "checkout", "-q", "-B", "main", "origin/main")

    def _edit(self, old: str, new: str, file: str) -> None:
        path = self._author / file
        text = path.read_text() if path.exists() else ""
        assert old in text
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace(old, new) if old else text + new)

    def _commit(self, message: str) -> str:
        git(self._author, "add", "-A")
        git(self._author, "commit", "-q", "-m", message)
        return git(self._author, "rev-parse", "HEAD").strip()

    def _push(self) -> str:
        git(self._author, "push", "-q", "origin", "main")
        return git(self._author, "rev-parse", "HEAD").strip()


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=author", "-c", "user.email=author@example.com")
    done = subprocess.run(
        ["git", *who, *arguments], cwd=folder, env=bare_environ(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"git {arguments}: {done.stdout}{done.stderr}"
    return done.stdout


def bare_environ() -> dict[str, str]:
    """The environment of this process without what a runner, git or the user sets."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "GITHUB_", "CI", "SEEDSPEC_", "EVOLINK_"))}
    return kept | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def runner_environ(folder: Path, books: Books) -> dict[str, str]:
    """What a runner gives each process: programs, the addresses of the service, a quick pace; no key."""
    return bare_environ() | {
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1", "HOME": str(folder),
        "EVOLINK_BASE_URL": books.addresses.api, "EVOLINK_FILES_URL": books.addresses.files,
        "SEEDSPEC_RUN_SUBMIT_RATE": "1000", "SEEDSPEC_RUN_POLL_INTERVAL": "0.1",
        "XDG_STATE_HOME": str(folder / "state"),
    }  # fmt: skip


def program(folder: Path, name: str, script: str) -> None:
    """Puts a program into a runner's path."""
    (folder / "bin").mkdir(parents=True, exist_ok=True)
    path = folder / "bin" / name
    path.write_text(script)
    path.chmod(0o755)


def seedspec_in(folder: Path) -> None:
    program(folder, "seedspec", f'#!/bin/sh\nexec "{sys.executable}" -m seedspec "$@"\n')
