"""Clones of one storyboard that share a ledger in a bucket, each with real processes of its own."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from bucket import Store
from helpers import PACE, Make, Project

from seedspec.lock.lock import Lock, serialise
from seedspec.run.store.ledger.connect import connect
from seedspec.run.store.ledger.team import make_board

URL = "s3://team/ledger"

MANY = """\
seedspec: 1
name: {name}
model: seedance-2.0-reference-to-video
defaults: {{duration: 4, quality: 480p}}
matrix: {{axes: {{n: [a, b, c, d, e, f]}}}}
shots:
  - {{id: one, prompt: "{name} {{{{ n }}}}"}}
"""

QUICK = """
import sys
from seedspec.run.store.ledger import lease, opened, outbox, shared
from seedspec.run.engine import others
quick = {quick}
for module in (lease, opened, outbox, shared, others):
    for name, value in quick.items():
        if hasattr(module, name):
            setattr(module, name, value)
{more}
from seedspec.cli.main import start
sys.exit(start(sys.argv[1:]))
"""
"""A command with other seconds than users have, and whatever else a test does to it."""

GATE = """
import os, pathlib, time
before = shared.take_up
def take_up(*given):
    found = before(*given)
    gate = pathlib.Path({gate!r})
    gate.mkdir(exist_ok=True)
    (gate / str(os.getpid())).touch()
    while len(list(gate.iterdir())) < 2:
        time.sleep(0.01)
    return found
shared.take_up = take_up
"""
"""Neither of two runs buys anything before both have planned."""


@dataclass(frozen=True)
class Clone(Project):
    """A clone, with the bucket of its ledger; `quick` are seconds of the ledger's rules, by their names."""

    bucket: Mapping[str, str] = field(default_factory=dict)
    quick: Mapping[str, float] = field(default_factory=dict)
    more: str = ""

    def environ(self, **more: str) -> dict[str, str]:
        kept = {k: v for k, v in super().environ().items() if not k.startswith("AWS_")}
        return {**kept, **self.bucket, **more}

    @property
    def is_plain(self) -> bool:
        return not self.quick and not self.more

    def command(self, *arguments: str) -> list[str]:
        if self.is_plain:
            return super().command(*arguments)
        return [sys.executable, "-c", QUICK.format(quick=dict(self.quick), more=self.more), *arguments]

    def another(self, name: str, **changes: object) -> Clone:
        """What git brings of this clone, on another machine."""
        folder = self.folder.with_name(f"{self.folder.name}-{name}")
        shutil.copytree(self.folder, folder, ignore=shutil.ignore_patterns("renders", ".seedspec", "state"))
        return replace(self, folder=folder, **changes)

    def pull(self, other: Project) -> None:
        shutil.copy(other.lock_path, self.lock_path)


def attached(project: Make, store: Store, board: str = MANY, **given: object) -> Clone:
    """A storyboard whose lock names a ledger in the bucket."""
    found = project(board, **given)
    clone = Clone(found.folder, found.name, found.service, store.environ | {"SEEDSPEC_LEDGER": URL})
    return share(clone, store)


def share(clone: Clone, store: Store) -> Clone:
    door = connect(URL, "--ledger", local=True)
    try:
        uuid = make_board(door, clone.name)
    finally:
        door.close()
    lock = Lock(header={"ledger": uuid, "at": URL, "serial": 0})
    clone.lock_path.write_bytes(serialise(lock, ()))
    return clone


def together(*clones: Clone, words: tuple[str, ...] = ()) -> list[tuple[int, str, str]]:
    """Runs of several clones at once, to their ends: code, output and what was said."""
    started = [c.start("run", "--yes", "--format", "jsonl", *PACE, *words) for c in clones]
    out = []
    for process in started:
        said, err = process.communicate(timeout=90)
        out.append((process.returncode, said.decode(), err.decode()))
    return out


def wanted(path: Path) -> int:
    return len(list(path.glob("renders/*.mp4")))
