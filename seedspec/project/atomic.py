"""The replacement of a file as a whole, or not at all, durably, and never through a link that a repository brings."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from seedspec.project.files import check_no_link, check_way, lock_file


def replace(path: Path, data: bytes) -> None:
    """Replaces a file as a whole, or not at all: temporary file, fsync, rename, fsync of the folder.

    One process at a time; what a crash has left of an earlier try is cleared away. Raises OSError, also for a symbolic
    link: a cloned repository may hold one, also one that leads to nothing yet.
    """
    check_no_link(path)
    _replaced(_absolute(path), data)


def replace_lock(path: Path, data: bytes) -> None:
    """The same for a lock, which may be a link to another lock of its project. Raises LockFault for any other link."""
    _replaced(_absolute(lock_file(path)), data)


def _absolute(path: Path) -> Path:
    """A file by its folder's own name."""
    return Path(os.path.realpath(path.parent), path.name)


def put(path: Path, data: bytes) -> None:
    """The same for what a command makes: a symbolic link of that name is replaced, not followed.

    A cloned repository may hold one, and it would lead to a file of somebody's own. What the system itself keeps
    under a name, and what is no file, such as a pipe, is written to as it stands.
    """
    if is_stream(path):
        path.write_bytes(data)
    else:
        check_way(path.parent)
        _replaced(path, data)


def is_stream(path: Path) -> bool:
    """Whether a name is one of the system's own, such as `/dev/stdout`, or of a pipe: nothing may take its place."""
    if os.path.abspath(path).startswith(("/dev/", "/proc/")):
        return True
    try:
        mode = path.lstat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISLNK(mode) or stat.S_ISDIR(mode))


def _replaced(path: Path, data: bytes) -> None:
    aside = path.with_name(f".{path.name}.new")
    with suppress(FileNotFoundError):
        aside.unlink()
    try:
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        with open(handle, "wb") as file:
            with suppress(OSError):
                if not path.is_symlink():
                    os.chmod(aside, path.stat().st_mode & 0o777)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except BaseException:
        with suppress(OSError):
            aside.unlink()
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Makes new and renamed entries of a folder durable, where the system can."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
