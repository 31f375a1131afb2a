"""A lock's file on disk: who holds it, and the lock as it is read."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from seedspec.project.files import read_file, read_lock_lines
from seedspec.project.names import holder_of
from seedspec.project.state_folder import state_folder
from seedspec.run.store.digests import digest_of
from seedspec.run.store.rescue import rescues

if TYPE_CHECKING:
    from seedspec.lock.lock import Lock, LockFault


_MOST_HOLDER = 4096


class HoldTaken(Exception):
    """Another run holds the lock; the message says which."""


@contextmanager
def hold(lock: Path, *, wait: float = 0.0) -> Iterator[None]:
    """Mutual exclusion for one file, by the kernel: released by the death of its process, never broken by force.

    Raises HoldTaken when another process has it: at once, or when it still has it after so many seconds. Raises
    OSError when the folder cannot be written.
    """
    import socket

    from filelock import FileLock, Timeout  # whoever reads the lock alone holds nothing

    side = state_folder(lock.parent) / f"{lock.name}.hold"
    by = holder_of(lock)
    taken = FileLock(side, timeout=wait)
    try:
        taken.acquire()
    except Timeout:
        raise HoldTaken(f"`{lock}` is held by {_holder(by)}") from None
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
    by, side = holder_of(lock), lock.parent / ".seedspec" / f"{lock.name}.hold"
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


def read_lock(path: Path, known: Lock | None = None, texts: Iterable[str] = ()) -> Lock:
    """The lock on disk; an empty value when there is no such file. It is `known` where the file still has its bytes.

    `texts` are fingerprints and addresses that others keep too, asked for where there is a lock: the records have the
    very same ones.

    Raises LockFault, also while records that the lock once could not take wait beside it, and OSError.
    """
    from seedspec.lock.lock import Lock, LockFault, parse_lines  # a hold alone needs none of it

    if waiting := rescues(path):
        where = ", ".join(map(str, waiting))
        raise _name(LockFault("lock-rescue", f"`{path}` lacks what stands in {where}", fix="takes it up"), path)
    lines = read_lock_lines(path)
    try:
        if known is not None and known.digest and digest_of(read_lock_lines(path)).hexdigest() == known.digest:
            return known
        return parse_lines(lines, texts)
    except FileNotFoundError:
        return Lock()
    except LockFault as fault:
        raise _name(fault, path) from None


def _name(fault: LockFault, path: Path) -> LockFault:
    """A fault with the lock and the command as a person has them from where they stand."""
    from seedspec.project.paths import commands_of

    fault.file, fault.command = str(path), commands_of(path).plain("lock fix")
    return fault
