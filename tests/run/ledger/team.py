"""Clones of a storyboard on machines of their own, and purchases in their locks, for the commands about a ledger."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import orjson
import pytest
from outputs import check_output

from seedspec import api
from seedspec.cli.main import start
from seedspec.lock.lock import Lock, encode, parse, serialise
from seedspec.lock.record import Record, record_of
from seedspec.run.store.ledger.connect import connect
from seedspec.run.store.ledger.ledger import Ledger, open_ledger
from seedspec.run.store.ledger.store import Store
from seedspec.run.store.ledger.types import Runner

BOARD = """\
seedspec: 1
name: {name}
model: seedance-2.0-reference-to-video
defaults: {{duration: 4, quality: 480p}}
references: {{cup: {{image: "https://cdn.example.com/cup.webp"}}}}
shots:
  - {{id: one, prompt: "{{{{ ref('cup') }}}} one"}}
  - {{id: two, prompt: "{{{{ ref('cup') }}}} two"}}
  - {{id: three, prompt: "{{{{ ref('cup') }}}} three"}}
"""
UNITS = 250_000
"""Of each purchase."""
NOBODY = "0b2f6f0e-0000-4000-8000-000000000000"
"""The id of no ledger."""
_NUMBERS = count(1)


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


@dataclass(frozen=True)
class Clone:
    """A storyboard in a folder, on a machine that remembers nothing of another one."""

    folder: Path
    patch: pytest.MonkeyPatch
    capfd: pytest.CaptureFixture[str]

    def do(self, *words: str, **environ: str) -> Said:
        """A command in this process, in this folder."""
        self.capfd.readouterr()
        with self.patch.context() as patch:
            patch.chdir(self.folder)
            for name, value in {"XDG_STATE_HOME": str(self.folder / "state"), "NO_COLOR": "1", **environ}.items():
                patch.setenv(name, value)
            patch.setattr("sys.stdin", None)
            code = start(words)
        said = self.capfd.readouterr()
        check_output(words, said.out)
        assert "Traceback" not in said.err and "\x1b" not in said.err + said.out
        return Said(code, said.out, said.err)

    def ledger(self, *words: str, **environ: str) -> Said:
        return self.do("ledger", *words, **environ)

    def attach(self, url: str, *words: str, **environ: str) -> str:
        """Attaches it, and gives the id of its ledger."""
        done = self.ledger("attach", url, *words, **environ)
        assert done.code == 0, done.err
        return self.board

    @property
    def path(self) -> Path:
        return self.folder / "storyboard.lock"

    @property
    def lock(self) -> Lock:
        return parse(self.path.read_bytes()) if self.path.exists() else Lock()

    @property
    def board(self) -> str:
        return str(self.lock.header["ledger"])

    def keep(self, address: str, state: str, **values: Any) -> Record:
        """Adds a purchase to the lock, as a run on this machine would have."""
        entry = next(e for e in api.compile(self.folder / "storyboard.yaml").entries if e.address == address)
        lock = self.lock
        intent = {"key": f"key-{address.replace('/', '-')}", "body_sha256": "0" * 64, "at": "2026-10-03T07:05:00Z"}
        record = {
            "fp": entry.fingerprint, "entry": address, "take": entry.take, "attempt": 1, "state": state,
            "at": "2026-10-03T07:05:00Z", "manifest": orjson.loads(entry.manifest), "intent": intent, "units": UNITS,
            **({"task": f"task-{address.replace('/', '-')}"} if state in ("running", "completed", "saved") else {}),
            **({"file": f"renders/{address}.mp4", "sha256": "a" * 64} if state == "saved" else {}), **values,
        }  # fmt: skip
        self.path.write_bytes(serialise(lock, []) + encode(record))
        return record_of(record["fp"], 1, record)

    def rename(self, **header: Any) -> None:
        """Writes another first line."""
        self.path.write_bytes(serialise(replace(self.lock, header=header), []))

    def pulled(self, name: str) -> Clone:
        """What git gives a colleague: the storyboard and the lock."""
        folder = self.folder.with_name(name)
        folder.mkdir()
        for file in ("storyboard.yaml", "storyboard.lock"):
            if (self.folder / file).exists():
                shutil.copy(self.folder / file, folder / file)
        return replace(self, folder=folder)


Make = Callable[..., Clone]


@contextmanager
def opened(url: str) -> Iterator[Store]:
    """The store at a URL, for what somebody else does there."""
    with closing(connect(url, "--ledger", local=True)) as store:
        yield store


def run_of(store: Store, board: str, host: str = "laptop") -> Ledger:
    """A run of somebody else."""
    return open_ledger(store, board, Runner(f"run-{host}", host, "pid 7"))


def damage(store: Store, key: str, data: bytes = b"}{") -> None:
    """What nobody who uses seedspec does."""
    found = store.get(key)
    done = store.create(key, data) if found is None else store.replace(key, data, found[1])
    assert done is not None


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Make:
    """Makes storyboards, each in a folder and on a machine of its own."""
    monkeypatch.setenv("EVOLINK_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("EVOLINK_FILES_URL", "http://127.0.0.1:9")
    monkeypatch.delenv("SEEDSPEC_LEDGER", raising=False)

    def made(name: str = "film") -> Clone:
        folder = tmp_path / f"{name}-{next(_NUMBERS)}"
        folder.mkdir()
        (folder / "storyboard.yaml").write_text(BOARD.format(name=name), encoding="utf-8")
        return Clone(folder, monkeypatch, capfd)

    return made


@pytest.fixture(params=["bucket", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    """The address of an empty store."""
    if request.param == "postgres":
        return str(request.getfixturevalue("database").url)
    request.getfixturevalue("bucket")
    return f"s3://team/films-{next(_NUMBERS)}"
