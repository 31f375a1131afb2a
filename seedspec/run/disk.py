"""What is written: the hold, the lock's lines and its compaction; each write is durable before it is relied on."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from seedspec.plan.event import Event
from seedspec.plan.lock import HEADER, Lock, LockFault, line_of, parse, serialise


class HoldTaken(Exception):
    """Another run holds the lock; the message says which."""


class NotRecorded(Exception):
    """The lock could not be written; the message says what is to be done about it. Nothing further may be sent."""


def state_folder(base: Path) -> Path:
    """`.seedspec` beside the storyboard, made when missing: what is this machine's alone, and no part of git."""
    folder = base / ".seedspec"
    folder.mkdir(exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")
    return folder


@contextmanager
def hold(lock: Path) -> Iterator[None]:
    """Mutual exclusion for one lock, by the kernel: released by the death of its process, never broken by force.

    Raises HoldTaken at once when another process has it, OSError when the folder cannot be written.
    """
    side = state_folder(lock.parent) / f"{lock.name}.hold"
    by = side.with_suffix(".hold-by")
    taken = FileLock(side, timeout=0)
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


def _holder(by: Path) -> str:
    try:
        said = json.loads(by.read_text(encoding="utf-8"))
        return f"process {said['pid']} on {said['host']} since {said['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"


def read_lock(path: Path) -> Lock:
    """The lock on disk; an empty value when there is no such file. Raises LockFault and OSError."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Lock()
    return parse(data)


class Journal:
    """The lock file during a run: a line is appended and synced for each event that changes a record.

    `lock` is what the caller has read. The file is made, with its folder entry synced, by the first line. When the
    file on disk is no longer the one that was read (git, an editor), nothing is written over it.
    """

    def __init__(self, path: Path, lock: Lock) -> None:
        self.path = path
        self.written = 0
        self._good = lock.good
        self._ended = lock.ended
        self._handle: int | None = None

    def keep(self, event: Event) -> None:
        """Makes an event durable; one that changes no record costs nothing. Raises NotRecorded."""
        line = line_of(event)
        if line is None:
            return
        try:
            self._append(line)
        except (OSError, LockFault) as error:
            raise NotRecorded(self._rescue(line, error)) from error
        self.written += 1

    def close(self, order: Iterable[str]) -> None:
        """A clean end: the file is rewritten sorted, one line an attempt. Without a new line no byte changes."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
            data = self.path.read_bytes()
            replace(self.path, serialise(parse(data), order))

    def abandon(self) -> None:
        """An end in trouble: the file stays as it is, longer but whole."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _append(self, line: bytes) -> None:
        handle = self._open()
        self._unchanged(handle)
        data = line if self._ended else b"\n" + line
        try:
            if os.write(handle, data) != len(data):
                raise OSError("the disk took a part of the line only")
            _sync(handle)
        except OSError:
            # the torn line goes, so that nothing is ever appended behind it
            with suppress(OSError):
                os.ftruncate(handle, self._good)
            raise
        self._good += len(data)
        self._ended = True

    def _open(self) -> int:
        if self._handle is None:
            if self._good == 0:
                if self.path.exists():
                    raise LockFault("lock-changed", f"`{self.path.name}` appeared during the run")
                replace(self.path, HEADER)
                self._good = len(HEADER)
            self._handle = os.open(self.path, os.O_RDWR | os.O_APPEND | getattr(os, "O_BINARY", 0))
            if os.fstat(self._handle).st_size > self._good:
                os.ftruncate(self._handle, self._good)  # the torn last line of a crash
        return self._handle

    def _unchanged(self, handle: int) -> None:
        ours, now = os.fstat(handle), os.stat(self.path)
        if (ours.st_ino, ours.st_dev) != (now.st_ino, now.st_dev) or now.st_size != self._good:
            message = f"`{self.path.name}` was changed by another program during the run; nothing is written over it"
            raise LockFault("lock-changed", message)

    def _rescue(self, line: bytes, error: Exception) -> str:
        """A line that the lock did not take goes to the first place that does; the message carries it in any case."""
        why = f"the lock could not be written: {error}"
        home = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "seedspec"
        for folder in (self.path.parent / ".seedspec", home):
            target = folder / f"{self.path.name}.rescue"
            try:
                folder.mkdir(parents=True, exist_ok=True)
                handle = os.open(target, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
                try:
                    os.write(handle, line)
                    _sync(handle)
                finally:
                    os.close(handle)
            except OSError:
                continue
            return f"{why}; the record is in {target}: {line.decode().strip()}"
        return f"{why}; keep this record: {line.decode().strip()}"


def replace(path: Path, data: bytes) -> None:
    """Replaces a file as a whole, or not at all: temporary file, fsync, rename, fsync of the folder."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.new")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with open(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except OSError:
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


def _sync(handle: int) -> None:
    getattr(os, "fdatasync", os.fsync)(handle)
