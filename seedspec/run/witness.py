"""What a compile reads, kept as data that tells later, without reading it again, whether any of it has changed."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import seedspec

RACY = 2_000_000_000
"""Nanoseconds. Of a file that changed less than this before it was looked at, the times prove nothing: a change in
the same tick of the file system's clock leaves them as they were (the racy rule of git's index)."""

Stat = tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Seen:
    """One question to the disk and its answer, under the path as it was `asked`.

    `file`: it led to `real`, with the bytes of `sha256` and the status `facts`. `none`: there was nothing of that name.
    `project`: the checkout around the folder was `real`.
    """

    kind: Literal["file", "none", "project"]
    asked: str
    real: str = ""
    facts: Stat = (0, 0, 0, 0, 0)
    sha256: str = ""


@dataclass(slots=True)
class Watch:
    """What was asked while it was watched. `spoiled` says that something cannot be told as data."""

    seen: dict[tuple[str, str], Seen] = field(default_factory=dict)
    spoiled: bool = False

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


def within(folder: Path, project: Path) -> None:
    """The checkout around a folder was looked for: local media must lie inside it."""
    if (watch := _watch.get()) is not None:
        watch.take(Seen("project", str(folder), str(project)))


def project_of(folder: Path) -> Path:
    """The git checkout that a folder stands in, or else the folder itself."""
    return next((p for p in (folder, *folder.parents) if (p / ".git").exists()), folder)


def same(seen: Iterable[Seen], when: int) -> bool:
    """Whether the disk would give every answer again that was noted at the time `when`, in nanoseconds."""
    return all(_same(one, when) for one in seen)


def _same(one: Seen, when: int) -> bool:
    try:
        if one.kind == "none":
            return not os.path.lexists(one.asked)
        if one.kind == "project":
            return str(project_of(Path(one.asked))) == one.real
        if os.path.realpath(one.asked) != one.real:
            return False
        now = os.stat(one.real)
        settled = max(now.st_mtime_ns, now.st_ctime_ns) < when - RACY and os.name != "nt"  # no such time there
        if settled and facts_of(now) == one.facts:
            return True
        if not stat.S_ISREG(now.st_mode) or now.st_size != one.facts[0]:
            return False
        with open(one.real, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == one.sha256
    except (OSError, ValueError):
        return False


def facts_of(status: os.stat_result) -> Stat:
    """What changes when a file does. The time of the inode's own change cannot be set back by a program."""
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_dev)


def installation() -> str:
    """A digest that differs for another seedspec, another Python, or other packages beside it; "" for none to be had.

    The version alone would not do: an installation from a git commit keeps the number. A package that is installed,
    upgraded or removed changes the folder that packages stand in.
    """
    import sys

    package = Path(seedspec.__file__).parent
    found: list[Any] = [seedspec.__version__, sys.version, sys.platform]
    schemas = package / "schemas"
    try:
        for root in (package, *(() if schemas.is_dir() else (package.parent / "schemas",))):
            found += sorted(_sizes_and_times(str(root)))
        for folder in sys.path:
            if os.path.basename(folder) in ("site-packages", "dist-packages") and os.path.isdir(folder):
                found.append((folder, os.stat(folder).st_mtime_ns))
    except OSError:
        return ""
    return hashlib.sha256(repr(found).encode()).hexdigest()


def _sizes_and_times(folder: str) -> Iterator[tuple[str, int, int]]:
    with os.scandir(folder) as items:
        for item in items:
            if item.is_dir():
                if item.name != "__pycache__":
                    yield from _sizes_and_times(item.path)
            else:
                status = item.stat()
                yield item.path, status.st_size, status.st_mtime_ns
