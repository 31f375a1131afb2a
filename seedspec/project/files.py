"""The one way to read a whole file, and where a link may lead: a cloned repository may bring a link of any name."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

MOST = 64 * 1024 * 1024
"""Bytes of a file that has no bound of its own."""
MOST_LOCK = 512 * 1024 * 1024
"""Bytes of a lock. It is more than the records of 200,000 purchases take."""


def read_file(path: str | os.PathLike[str], most: int = MOST) -> bytes:
    """The bytes of a regular file, of at most so many. It waits for no pipe and opens no device.

    Raises OSError, also for what is no regular file, and for a file that has more bytes.
    """
    data = read_start(path, most + 1)
    if len(data) > most:
        raise _too_large(path, most)
    return data


def read_start(path: str | os.PathLike[str], size: int) -> bytes:
    """The first bytes of a regular file, as `read_file` reads it; all of them where it has fewer."""
    with _open(path) as file:
        return file.read(size)


def read_lines(path: str | os.PathLike[str], most: int = MOST) -> Iterator[bytes]:
    """The lines of a regular file, each with its line end, read as they are asked for. Raises as `read_file` does."""
    left = most
    with _open(path) as file:
        while line := file.readline(left + 1):
            left -= len(line)
            if left < 0:
                raise _too_large(path, most)
            yield line


@contextmanager
def _open(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    if not stat.S_ISREG(os.stat(path).st_mode):  # opening alone may do something to a device
        raise _no_file(path)
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with open(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise _no_file(path)
        yield file


def check_no_link(path: str | os.PathLike[str]) -> None:
    """Raises OSError for a symbolic link, also for one that leads nowhere."""
    if os.path.islink(path):
        what = "is a symbolic link; remove it: nothing is written through a link, nor read from where it leads"
        raise OSError(errno.ELOOP, what, str(path))


def check_way(path: str | os.PathLike[str]) -> None:
    """Raises OSError when a path lies in the project by its name, and outside of it by the links on its way.

    The project is the git checkout of the working folder, or else that folder. A path outside of it is the user's word.
    """
    here = os.path.realpath(os.curdir)
    project = project_of(here)
    named = os.path.normpath(os.path.join(here, path))
    if is_below(named, project) and not is_below(os.path.realpath(named), project):
        what = "leads out of the project by a symbolic link; remove the link, or name the place where it leads"
        raise OSError(errno.ELOOP, what, str(path))


def project_of(folder: str) -> str:
    """The git checkout that an absolute folder stands in, or else the folder itself: local media must lie inside it."""
    above = (folder, *map(str, Path(folder).parents))
    return next((place for place in above if os.path.exists(os.path.join(place, ".git"))), folder)


def is_below(path: str, folder: str) -> bool:
    """Whether an absolute path is a folder or below it, by the names alone."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def lock_file(path: Path) -> Path:
    """The lock itself: its own path, or the lock in the same project that a link of that name leads to.

    Raises LockFault for a link that leads anywhere else, or nowhere.
    """
    if not path.is_symlink():
        return path
    from seedspec.lock.lock import LockFault  # most locks are no link, and a hold needs none of it

    real = os.path.realpath(path)
    project = project_of(os.path.realpath(path.parent))
    inside = is_below(real, project) and ".git" not in os.path.relpath(real, project).casefold().split(os.sep)
    if inside and real.endswith(".lock") and os.path.isfile(real):
        return Path(real)
    message = f"`{path}` is a symbolic link and leads to no lock of this project; nothing is read or written there"
    raise LockFault("lock-link", f"{message}: remove the link, or put the lock itself in its place")


def read_lock_file(path: Path) -> bytes:
    """The bytes of a lock. Raises FileNotFoundError, LockFault, and what `read_file` raises."""
    return read_file(lock_file(path), MOST_LOCK)


def read_lock_lines(path: Path) -> Iterator[bytes]:
    """The lines of a lock, as they are asked for. Raises what `read_lock_file` raises, with the first of them."""
    return read_lines(lock_file(path), MOST_LOCK)


def _too_large(path: str | os.PathLike[str], most: int) -> OSError:
    return OSError(errno.EFBIG, f"has more than {most:,} bytes, so it is not read", str(path))


def _no_file(path: str | os.PathLike[str]) -> OSError:
    return OSError(errno.EINVAL, "is no regular file, so it is not read", str(path))
