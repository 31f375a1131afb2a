"""What was asked of the disk and its answers, as data that tells later whether all of them would be given again.

It is the proof behind a command that says again what it said before, so it is loaded at the start of such commands:
nothing here needs more than the interpreter has loaded already.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys

import seedspec
from seedspec.text.values import valueclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, Literal

RACY = 2_000_000_000
"""Nanoseconds. Of a file that changed less than this before it was looked at, the times prove nothing: a change in
the same tick of the file system's clock leaves them as they were (the racy rule of git's index)."""

Stat = tuple[int, int, int, int, int]


@valueclass(frozen=True, slots=True)
class Seen:
    """One question to the disk and its answer, under the path as it was `asked`.

    `file`: it led to `real`, with the bytes of `sha256` and the status `facts`. `bytes`: it had the bytes of `sha256`,
    which are looked at whatever the status says. `none`: there was nothing of that name. `project`: the checkout around
    the folder was `real`.
    """

    kind: Literal["file", "bytes", "none", "project"]
    asked: str
    real: str = ""
    facts: Stat = (0, 0, 0, 0, 0)
    sha256: str = ""


def same(seen: Iterable[Seen], when: int) -> bool:
    """Whether the disk would give every answer again that was noted at the time `when`, in nanoseconds."""
    return all(_same(one, when) for one in seen)


def _same(one: Seen, when: int) -> bool:
    try:
        if one.kind == "none":
            return not os.path.lexists(one.asked)
        if one.kind == "project":
            return project_of(one.asked) == one.real
        if one.kind == "bytes":
            return stat.S_ISREG(os.stat(one.asked).st_mode) and _sha256(one.asked) == one.sha256
        if os.path.realpath(one.asked) != one.real:
            return False
        now = os.stat(one.real)
        settled = max(now.st_mtime_ns, now.st_ctime_ns) < when - RACY and os.name != "nt"  # no such time there
        if settled and facts_of(now) == one.facts:
            return True
        if not stat.S_ISREG(now.st_mode) or now.st_size != one.facts[0]:
            return False
        return _sha256(one.real) == one.sha256
    except (OSError, ValueError):
        return False


def _sha256(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def facts_of(status: os.stat_result) -> Stat:
    """What changes when a file does. The time of the inode's own change cannot be set back by a program."""
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_dev)


def project_of(folder: str) -> str:
    """The git checkout that an absolute folder stands in, or else the folder itself."""
    place = folder
    while not os.path.exists(os.path.join(place, ".git")):
        above = os.path.dirname(place)
        if above == place:
            return folder
        place = above
    return place


def installation() -> str:
    """A digest that differs for another seedspec, another Python, or other packages beside it; "" for none to be had.

    The version alone would not do: an installation from a git commit keeps the number. A package that is installed,
    upgraded or removed changes the folder that packages stand in; the working folder, which `python -m` looks in too,
    changes with every video.
    """
    package = os.path.dirname(os.path.abspath(seedspec.__file__))
    found: list[Any] = [seedspec.__version__, sys.version, sys.platform]
    beside = os.path.join(os.path.dirname(package), "schemas")
    try:
        for root in (package, *(() if os.path.isdir(os.path.join(package, "schemas")) else (beside,))):
            found += sorted(_sizes_and_times(root))
        for folder in sys.path:
            if os.path.isdir(folder) and not os.path.samefile(folder, os.curdir):
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
