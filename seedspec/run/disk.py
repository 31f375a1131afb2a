"""Files that are relied on: the hold, the lock as it is read, and the replacement of a file as a whole, durably."""

from __future__ import annotations

import errno
import json
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from seedspec.run.beside import held_by
from seedspec.run.regular import check_no_link, check_way, lock_file, read_file, read_lock_file
from seedspec.run.rescue import rescues

if TYPE_CHECKING:
    from seedspec.plan.lock import Lock
    from seedspec.plan.plan import Exists


_MOST_HOLDER = 4096


class HoldTaken(Exception):
    """Another run holds the lock; the message says which."""


def state_folder(base: Path) -> Path:
    """`.seedspec` beside the storyboard, made when missing: what is this machine's alone, and no part of git.

    Raises OSError, also for a symbolic link in it or on the way to it: seedspec makes none, a cloned repository may
    hold one, and what is written there would go where it leads.
    """
    folder = base / ".seedspec"
    check_way(base)
    with suppress(FileExistsError):  # a link that leads nowhere is there, too
        folder.mkdir()
    if not folder.is_dir() and not folder.is_symlink():
        what = "is a file; move it away: seedspec keeps a folder of that name"
        raise OSError(errno.ENOTDIR, what, str(folder))
    _without_links(folder.absolute())
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")
    return folder


@cache
def _without_links(folder: Path) -> None:
    """Looked at once: nobody but this machine's own runs writes there while one of them is under way."""
    for found in (folder, *folder.rglob("*")):
        if found.is_symlink():
            raise OSError(errno.ELOOP, "is a symbolic link; remove it: seedspec keeps its own files there", str(found))


@contextmanager
def hold(lock: Path, *, wait: float = 0.0) -> Iterator[None]:
    """Mutual exclusion for one file, by the kernel: released by the death of its process, never broken by force.

    Raises HoldTaken when another process has it: at once, or when it still has it after so many seconds. Raises
    OSError when the folder cannot be written.
    """
    import socket

    from filelock import FileLock, Timeout  # whoever reads the lock alone holds nothing

    side = state_folder(lock.parent) / f"{lock.name}.hold"
    by = held_by(lock)
    taken = FileLock(side, timeout=wait)
    try:
        taken.acquire()
    except Timeout:
        raise HoldTaken(f"`{lock.name}` is held by {_holder(by)}") from None
    try:
        since = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        said = {"pid": os.getpid(), "host": socket.gethostname(), "since": since, "command": Path(sys.argv[0]).name}
        by.write_text(json.dumps(said), encoding="utf-8")
        yield
    finally:
        with suppress(OSError):
            by.unlink()
        taken.release()


def check_free(lock: Path) -> None:
    """Raises HoldTaken when a run holds the lock; it may still be taken the next moment."""
    with hold(lock):
        pass


def holder(lock: Path) -> str:
    """The run that holds a lock at this moment, in words; "" for none. A run that begins is not kept from it.

    A file that says who holds it may be left by one that was killed. Only where its process seems to be alive is the
    hold itself tried, which then is nearly always taken, so that nobody finds it taken by whoever only asks.
    """
    by, side = held_by(lock), lock.parent / ".seedspec" / f"{lock.name}.hold"
    if any(found.is_symlink() for found in (by, side, side.parent)):  # to try the hold is to write to its file
        return ""
    if not (by.exists() and side.exists() and _alive(by)):
        return ""
    from filelock import FileLock, Timeout

    said = _holder(by)
    try:
        with FileLock(side, timeout=0):
            return ""
    except Timeout:
        return said
    except OSError:
        return ""


def _alive(by: Path) -> bool:
    """Whether the process that a file names may be running; one of another host, or where that cannot be asked, may."""
    import socket

    try:
        said = json.loads(read_file(by, _MOST_HOLDER))
        if os.name == "nt" or said["host"] != socket.gethostname():  # there a signal 0 is none
            return True
        os.kill(int(said["pid"]), 0)
    except ProcessLookupError:
        return False
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return True
    return True


def _holder(by: Path) -> str:
    try:
        said = json.loads(read_file(by, _MOST_HOLDER))
        return f"process {said['pid']} on {said['host']} since {said['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"


def read_lock(path: Path) -> Lock:
    """The lock on disk; an empty value when there is no such file.

    Raises LockFault, also while records that the lock once could not take wait beside it, and OSError.
    """
    from seedspec.plan.lock import Lock, LockFault, parse  # a hold alone needs none of it

    if waiting := rescues(path):
        where = ", ".join(map(str, waiting))
        message = f"`{path.name}` lacks what stands in {where}: `seedspec lock fix` takes it up"
        raise LockFault("lock-rescue", message)
    try:
        data = read_lock_file(path)
    except FileNotFoundError:
        return Lock()
    try:
        return parse(data)
    except LockFault as fault:
        fault.file = os.path.relpath(path)
        raise


def presence(base: Path) -> Exists:
    """Tells whether paths below a folder are taken; each folder is listed once, when it is first asked about.

    What is not listed is looked for by name: letter case may not count there. A size costs a look at the file itself.
    """
    root = f"{base}/"
    listed: dict[str, frozenset[str]] = {}

    def taken(file: str, size: int | None = None) -> bool:
        folder, _, name = file.rpartition("/")
        names = listed.get(folder)
        if names is None:
            try:
                names = frozenset(os.listdir(root + folder))
            except OSError:
                names = frozenset()
            listed[folder] = names
        if not (name in names or os.path.lexists(root + file)):
            return False
        try:
            return size is None or os.stat(root + file).st_size == size
        except OSError:  # a link that leads nowhere
            return False

    return taken


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
