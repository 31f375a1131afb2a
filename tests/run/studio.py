"""A storyboard of two takes at a service whose provider file a test chooses; its emulator is in this process."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lookups
import pytest
from helpers import CANARY, QUICK, Service, nearby

from seedspec import api
from seedspec.lock.lock import Lock, encode, parse
from seedspec.lock.record import Record
from seedspec.lock.version import header_of


@dataclass
class Studio:
    """A storyboard of two takes at a service of its own."""

    folder: Path
    service: Service

    def run(self, **options: Any) -> list[Any]:
        given = api.Options(**{"pace": QUICK, **options})
        return list(api.run(self.folder / "storyboard.yaml", given, consent=api.Yes(), environ=os.environ))

    @property
    def lock(self) -> Lock:
        return parse((self.folder / "storyboard.lock").read_bytes())

    def record(self, entry: str) -> Record:
        return next(r for r in self.lock if r.entry == entry)

    def bought(self) -> int:
        return len(self.service.ledger("reserved"))

    def rewrite(self, change: Callable[[Record], dict[str, Any]]) -> None:
        lines = [encode({**r.values, **change(r)}) for r in self.lock]
        (self.folder / "storyboard.lock").write_bytes(header_of(2, {}) + b"".join(lines))


def opened(folder: Path, environ: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Opens a studio in a folder: the way that its service can be asked for a lost request, the faults, and keys of its
    provider file."""

    @contextmanager
    def made(kind: str, *faults: str, seconds: float = 0.05, **more: Any) -> Iterator[Studio]:
        lookups.write(folder / "settings", kind, **more)
        environ.setenv("XDG_CONFIG_HOME", str(folder / "settings"))
        environ.setenv("XDG_STATE_HOME", str(folder / "state"))
        board = folder / "storyboard.yaml"
        board.write_text(lookups.BOARD.replace("TAKES", "2"), encoding="utf-8")
        compiled = api.compile(board)
        assert compiled.ok and compiled.board is not None, compiled.diagnostics
        models = compiled.board.catalog.models
        with nearby(folder / "service", *faults, models=models, seconds=seconds) as service:
            environ.setenv("ACME_API_KEY", CANARY)
            environ.setenv("ACME_BASE_URL", service.addresses.api)
            environ.chdir(folder)
            yield Studio(folder, service)

    return made
