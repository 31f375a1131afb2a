"""What a compile reads is noted as data, for `seen.py` to tell later whether any of it has changed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from seedspec.run import seen
from seedspec.run.seen import Seen, facts_of


class Watch:
    """What was asked while it was watched. `spoiled` says that something cannot be told as data."""

    def __init__(self) -> None:
        self.seen: dict[tuple[str, str], Seen] = {}
        self.spoiled = False

    def take(self, one: Seen) -> None:
        known = self.seen.setdefault((one.kind, one.asked), one)
        if known.sha256 != one.sha256 or known.real != one.real:
            self.spoiled = True  # it changed between two looks at it


_watch: ContextVar[Watch | None] = ContextVar("watch", default=None)


@contextmanager
def watching() -> Iterator[Watch]:
    """Everything that the readers of this room are asked for inside the block is noted."""
    token = _watch.set(watch := Watch())
    try:
        yield watch
    finally:
        _watch.reset(token)


def read(asked: Path, status: os.stat_result, data: bytes | None, sha256: str = "") -> None:
    """A file was read: `status` is of the open file, from before its bytes (or their digest) were taken."""
    if (watch := _watch.get()) is not None:
        digest = sha256 if data is None else hashlib.sha256(data).hexdigest()
        path = os.path.join(os.getcwd(), asked)  # no `..` is folded: it may follow a link
        watch.take(Seen("file", path, os.path.realpath(path), facts_of(status), digest))


def absent(asked: Path) -> None:
    """Something was looked for and was not to be had."""
    if (watch := _watch.get()) is not None:
        path = os.path.join(os.getcwd(), asked)
        if os.path.lexists(path):  # there, and of no use: too many ways to tell apart later
            watch.spoiled = True
        watch.take(Seen("none", path))


def project_of(folder: Path) -> Path:
    """The git checkout that an absolute folder stands in, or else the folder itself: local media must lie inside it."""
    project = seen.project_of(str(folder))
    if (watch := _watch.get()) is not None:
        watch.take(Seen("project", str(folder), project))
    return Path(project)
