"""The lock during a run: a synced line for each event that changes a record, and nothing written over others' work."""

from __future__ import annotations

import hashlib
import os
import shlex
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from seedspec.compiler.entry import digest
from seedspec.plan.event import Event, Submitted, Submitting
from seedspec.plan.lock import HEADER, Lock, LockFault, encode, merged, parse, serialise, values_of
from seedspec.plan.state import IllegalMove
from seedspec.run.disk import replace, state_folder
from seedspec.run.rescue import rescue

RESERVE = 64 * 1024
"""Bytes held back on the disk besides twice the lock, so that a receipt still fits when everything else is full."""


class NotRecorded(Exception):
    """The lock could not be written; the message says what is to be done about it. Nothing further may be sent."""


class Journal:
    """Appends to the lock what events change, each line durable when `keep` returns.

    The lock that was read is compared with the file before every write; when another program has changed it, nothing
    is written over it, and what this run knows is rescued. One process at a time: use it under the hold.
    """

    def __init__(self, path: Path, lock: Lock) -> None:
        self.path = path
        self.written = 0
        self._lock = lock
        self._good = lock.good
        self._ended = lock.ended
        self._digest = hashlib.sha256()
        self._modified = 0
        self._handle: int | None = None
        self._distrusted = False
        self._reserved = False
        self._touched: dict[tuple[str, int], dict[str, Any]] = {}

    def intend(self, intent: Submitting, body: bytes) -> None:
        """Makes an intent durable, and keeps the body aside so that the same bytes can be sent once more, if asked.

        Raises NotRecorded; then the request must not leave.
        """
        try:
            if not self._reserved:
                _hold_back(self.path, RESERVE + 2 * self._good)
                self._reserved = True
            _keep_body(self.path, body)
            self._append(intent)
        except (OSError, LockFault, IllegalMove) as error:
            raise NotRecorded(
                f"the lock could not be written: {error}; nothing was sent for `{intent.entry}`"
            ) from error

    def keep(self, event: Event) -> None:
        """Makes an event durable; one that changes no record costs nothing. Raises NotRecorded."""
        try:
            self._append(event)
        except (OSError, LockFault, IllegalMove) as error:
            raise NotRecorded(self._rescue(event, error)) from error

    def close(self, order: Iterable[str], profile: str | None = None) -> None:
        """A clean end: the file is rewritten sorted, one line an attempt. Without a new line no byte changes.

        An order that is of one `profile` leaves the others' lines where they are.

        Raises NotRecorded when the file was changed by another program. A disk that refuses leaves the file longer.
        """
        try:
            if self._handle is not None:
                self._unchanged(self._handle)
                replace(self.path, serialise(parse(_content(self._handle, self._good)), order, profile))
        except LockFault as error:
            raise NotRecorded(self._rescue(None, error)) from error
        except OSError:
            return
        finally:
            self.abandon()

    def abandon(self) -> None:
        """An end in trouble: the file stays as it is, longer but whole."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
        with suppress(OSError):
            _reserve(self.path).unlink()

    def _append(self, event: Event) -> None:
        values = values_of(event)
        if values is None:
            return
        name = (values["fp"], values["attempt"])
        known: Mapping[str, Any] | None = self._touched.get(name)
        if known is None and (before := self._lock.record(*name)) is not None:
            known = before.values
        record = merged(known, values)  # an impossible move never gets into the file
        if not isinstance(event, Submitting):
            self._touched[name] = record
        handle = self._open()
        self._unchanged(handle)
        line = encode(values) if self._ended else b"\n" + encode(values)
        try:
            if self._distrusted:
                self._anew(handle, line)
            else:
                self._write(handle, line)
        except OSError:
            if isinstance(event, Submitting):
                raise
            self._anew(handle, line)  # a receipt is worth another file, and the room that was held back for it
        self._ended = True
        self.written += 1
        self._touched[name] = record
        _drop_body(self.path, record)

    def _write(self, handle: int, line: bytes) -> None:
        try:
            if os.write(handle, line) != len(line):
                raise OSError("the disk took a part of the line only")
            _sync(handle)
        except OSError:
            # the torn line goes, so that nothing is ever appended behind it; and after a sync that failed the
            # system may claim that all is well, so this file is not trusted with another line
            self._distrusted = True
            with suppress(OSError):
                os.ftruncate(handle, self._good)
            self._modified = os.fstat(handle).st_mtime_ns
            raise
        self._good += len(line)
        self._digest.update(line)
        self._modified = os.fstat(handle).st_mtime_ns

    def _anew(self, handle: int, line: bytes) -> None:
        """The whole file with the line, as a new file in the place of the old one."""
        _reserve(self.path).unlink(missing_ok=True)
        self._reserved = False
        data = _content(handle, self._good) + line
        replace(self.path, data)
        fresh = os.open(self.path, os.O_RDWR | os.O_APPEND | getattr(os, "O_BINARY", 0))
        os.dup2(fresh, handle, inheritable=False)
        os.close(fresh)
        self._good = len(data)
        self._digest = hashlib.sha256(data)
        self._modified = os.fstat(handle).st_mtime_ns
        self._distrusted = False

    def _open(self) -> int:
        if self._handle is not None:
            return self._handle
        if not self._lock.digest:
            if os.path.lexists(self.path):
                raise _changed(self.path)
            replace(self.path, HEADER)
            self._good = len(HEADER)
        handle = os.open(self.path, os.O_RDWR | os.O_APPEND | getattr(os, "O_BINARY", 0))
        try:
            data = _content(handle, os.fstat(handle).st_size)
            if digest(data) != (self._lock.digest or digest(HEADER)):
                raise _changed(self.path)
            if len(data) > self._good:
                os.ftruncate(handle, self._good)  # the torn last line of a crash
        except BaseException:
            os.close(handle)
            raise
        self._digest = hashlib.sha256(data[: self._good])
        self._modified = os.fstat(handle).st_mtime_ns
        self._handle = handle
        return handle

    def _unchanged(self, handle: int) -> None:
        ours = os.fstat(handle)
        try:
            now = os.stat(self.path)
        except FileNotFoundError:
            raise _changed(self.path) from None
        if (ours.st_ino, ours.st_dev) != (now.st_ino, now.st_dev) or now.st_size != self._good:
            raise _changed(self.path)
        if now.st_mtime_ns != self._modified:
            if digest(_content(handle, self._good)) != self._digest.hexdigest():
                raise _changed(self.path)
            self._modified = now.st_mtime_ns

    def _rescue(self, event: Event | None, error: Exception) -> str:
        """What this run knows goes to the first place that takes it; the message carries the receipt in any case."""
        where = rescue(self.path, HEADER + b"".join(map(encode, self._touched.values())))
        said = [f"the lock could not be written: {error}"]
        if isinstance(event, Submitted):
            said.append(f"`{event.entry}` was bought: `seedspec adopt {shlex.quote(event.entry)} --task {event.task}`")
        if where is not None:
            said.append(f"this run's records are in {where}, and `seedspec lock fix` takes them up")
        elif event is not None and not isinstance(event, Submitted) and (values := values_of(event)):
            said.append(f"keep this record: {encode(values).decode().strip()}")
        return "; ".join(said)


def body_kept(lock: Path, sha256: str) -> bytes | None:
    """The very bytes of a request whose fate is not known, where this machine sent it."""
    try:
        data = _body(lock, sha256).read_bytes()
    except OSError:
        return None
    return data if digest(data) == sha256 else None


def _keep_body(lock: Path, body: bytes) -> None:
    target = _body(lock, digest(body))
    target.parent.mkdir(exist_ok=True)
    with suppress(FileNotFoundError):
        target.unlink()
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with open(os.open(target, flags, 0o600), "wb") as file:
        file.write(body)


def _drop_body(lock: Path, values: dict[str, Any]) -> None:
    """A request whose fate is known needs no bytes any more."""
    intent = values.get("intent")
    if intent and values["state"] not in ("submitting", "doubt"):
        with suppress(OSError):
            _body(lock, intent["body_sha256"]).unlink()


def _body(lock: Path, sha256: str) -> Path:
    return state_folder(lock.parent) / f"{lock.name}.sent" / f"{sha256}.json"


def _reserve(lock: Path) -> Path:
    return lock.parent / ".seedspec" / f"{lock.name}.reserve"


def _hold_back(lock: Path, size: int) -> None:
    """Room on the disk that is given up when it is full: a full disk is then known before anything is bought."""
    state_folder(lock.parent)
    with open(_reserve(lock), "wb") as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)
        else:
            file.write(bytes(size))


def _content(handle: int, size: int) -> bytes:
    """The first bytes of an open file, also of one that has lost its name."""
    os.lseek(handle, 0, os.SEEK_SET)
    parts = []
    while size > 0 and (part := os.read(handle, size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _changed(path: Path) -> LockFault:
    message = f"`{path.name}` was changed by another program during the run; nothing is written over it"
    return LockFault("lock-changed", message)


def _sync(handle: int) -> None:
    getattr(os, "fdatasync", os.fsync)(handle)
