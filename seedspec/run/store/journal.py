"""The lock during a run: a synced line for each event that changes a record, and nothing written over others' work."""

from __future__ import annotations

import hashlib
import os
import shlex
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from seedspec.compiler.entry import digest
from seedspec.lock.event import Event
from seedspec.lock.event_values import values_of
from seedspec.lock.keys import KEYS
from seedspec.lock.lock import Lock, LockFault, encode, lines_of, update_record
from seedspec.lock.press import Kept, Press
from seedspec.lock.purchase_events import PurchaseEvent, Submitting
from seedspec.lock.record import name_of
from seedspec.lock.state import IllegalMove, State
from seedspec.lock.version import HEADER, header_of, version_needed
from seedspec.project.atomic import replace_lock
from seedspec.project.files import lock_file, read_lock_file
from seedspec.run.store.digests import content, digest_of, passing
from seedspec.run.store.learnt import Learnt
from seedspec.run.store.rescue import drop, remedy, rescue
from seedspec.run.store.room import hold_back, room_of
from seedspec.run.store.sent_requests import Unsettled, drop_body, keep_body

RESERVE = 64 * 1024
"""Bytes held back on the disk besides twice the lock, so that a receipt still fits when everything else is full."""


class NotRecorded(Exception):
    """The lock could not be written; the message says what is to be done about it. Nothing further may be sent."""


class DiskRefuses(NotRecorded):
    """An intent did not get onto the disk, so its request must not leave; what was bought may be followed."""


class Journal:
    """Appends to the lock what events change, each line durable when `keep` returns, or owed.

    The lock that was read is compared with the file before every write; when another program has changed it, nothing
    is written over it, and what this run knows is rescued. What a disk refuses is kept in mind, rescued where a place
    takes it, and tried again; `owed` tells of it. `words` follow an entry on a command line that means this lock.
    `press` keeps the records, those of somebody else maybe too. One process at a time: use it under the hold.
    """

    def __init__(self, path: Path, lock: Lock, words: str = "", press: Press | None = None) -> None:
        self.path = path
        self.written = 0
        self._words = words
        self._lock = lock
        self._good = self._size = lock.good
        self._ended = lock.ended
        self._version = lock.version
        self._digest = hashlib.sha256()
        self._modified = 0
        self._handle: int | None = None
        self._distrusted = False
        self._reserved = False
        self._press = press or Press()
        self._touched: dict[tuple[str, int], Kept] = {}
        self._entries: dict[tuple[str, int], str] = {}
        self._unsettled = Unsettled(lock)
        self._owed: list[dict[str, Any]] = []
        self._new_tasks: set[str] = set()  # of what is owed
        self._why = ""
        self._changed = False
        self._rescued: list[Path] = []

    def intend(self, intent: Submitting, body: bytes) -> None:
        """Makes an intent durable, and keeps the body aside so that the same bytes can be sent once more, if asked.

        Raises DiskRefuses, also while records are owed, and NotRecorded; then the request must not leave.
        """
        unsent = f"nothing was sent for `{intent.entry}`"
        if self._owed:
            raise DiskRefuses(f"{self.owed}; {unsent}")
        try:
            self._reserve()
            keep_body(self.path, body)
            values = values_of(intent)
            record = update_record(self._before(values), values)
            self._append(encode(values), anew=False, version=_version_of([values]))
        except OSError as error:
            raise DiskRefuses(f"the lock could not be written: {error}; {unsent}") from error
        except (LockFault, IllegalMove) as error:
            raise NotRecorded(f"the lock could not be written: {error}; {unsent}") from error
        with suppress(OSError):  # a file that was made anew for its version took the room: the receipt needs some
            self._reserve()
        self._touched[_name(values)] = self._press.keep(record)
        self._unsettled.settles(record)
        self.written += 1

    def _reserve(self) -> None:
        """Holds room back on the disk for the receipts to come. Raises OSError where there is none."""
        if not self._reserved:
            hold_back(self.path, RESERVE + 2 * self._good)
            self._reserved = True

    def keep(self, *events: Event) -> None:
        """Makes events durable, all of them with one sync. One that changes no record costs nothing, nor one that tells
        of a saved video what is known of it.

        What the disk refuses is `owed`. Raises NotRecorded when another program has changed the lock, and for an event
        that its record cannot have: then the others are kept all the same.
        """
        self.keep_lines([(event.entry, values_of(event)) for event in events if isinstance(event, PurchaseEvent)])

    def keep_lines(self, lines: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """`keep`, of what the lock keeps of events, each with the entry that it is about."""
        impossible, before = None, len(self._owed)
        for entry, values in lines:
            try:
                known = self._before(values)
                record = update_record(known, values)  # an impossible move never gets into the file (rule 3 of lock)
            except IllegalMove as error:
                said = f"the lock cannot hold this: {error}; keep this record: {encode(values).decode().strip()}"
                impossible = NotRecorded(said)
                impossible.__cause__ = error
                continue
            if known is not None and _is_known(known, record):
                continue
            if (task := values.get("task")) is not None and (known is None or known.get("task") is None):
                self._new_tasks.add(task)
            self._touched[_name(values)] = self._press.keep(record)
            if "entry" not in record:
                self._entries[_name(values)] = entry
            self._owed.append(dict(values))
        if len(self._owed) > before:
            self._pay()
        if impossible is not None:
            raise impossible

    def record(self, fp: str, attempt: int) -> Mapping[str, Any] | None:
        """What is known of a purchase, with what this run has learnt; None for nothing."""
        return self._before({"fp": fp, "attempt": attempt})

    @property
    def owed(self) -> str:
        """What the lock lacks and what is to be done about it should it stay so; empty when it lacks nothing."""
        if not self._owed:
            return ""
        unknown = {_name(v) for v in self._owed}
        if self._changed and not self._rescued:  # nothing of this run is on a disk for certain
            unknown = set(self._touched)
        said = [f"the lock could not be written: {self._why}", *filter(None, map(self._remedy, sorted(unknown)))]
        if self._rescued:
            place = self._rescued[-1]
            said.append(f"this run's records are in {place}, and {remedy(place, self.path)} takes them up")
        return "; ".join(said)

    def again(self) -> None:
        """Tries once more what the disk refused. Raises NotRecorded when another program has changed the lock."""
        if self._owed:
            self._pay()

    def close(self, order: Iterable[str], profile: str | None = None) -> None:
        """A clean end: the file is rewritten sorted, one line an attempt. Without a new line no byte changes.

        An order that is of one `profile` leaves the others' lines where they are.

        Raises NotRecorded when the file was changed by another program, or the disk took not all that is owed. A disk
        that refuses the sorted file alone leaves the one that is there, longer.
        """
        try:
            self.again()
            if self._owed:
                raise NotRecorded(self.owed)
            if self._handle is not None:
                self._refuse_change(self._handle)
                seen = hashlib.sha256()
                replace_lock(self.path, passing(lines_of(self.lock, order, profile), seen))
                self._digest = seen
        except LockFault as error:
            self._owed = list(map(self._told, self._touched))
            raise self._fail(error) from error
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
            room_of(self.path).unlink()

    def _before(self, values: Mapping[str, Any]) -> Mapping[str, Any] | None:
        if (known := self._touched.get(_name(values))) is not None:
            return self._press.read(known, *_name(values))
        return None if (before := self._lock.record(*_name(values))) is None else before.values

    def _told(self, name: tuple[str, int]) -> dict[str, Any]:
        """What this run knows of a purchase, with its entry, which the lock may not have."""
        return {"entry": self._entries.get(name, ""), **self._press.read(self._touched[name], *name)}

    @property
    def lock(self) -> Lock:
        """The lock that was read, with what this run knows, as it is on disk while nothing is owed."""
        if not self._touched:
            return self._lock
        attempts = Learnt(self._lock.attempts, self._touched, self._press)
        return replace(self._lock, attempts=attempts, digest=self._digest.hexdigest())

    def _pay(self) -> None:
        """Writes what is owed, or rescues it."""
        try:
            self._append(b"".join(map(encode, self._owed)), anew=True, version=_version_of(self._owed))
        except OSError as error:
            self._why = str(error)
            self._rescue()
            return
        except LockFault as error:
            raise self._fail(error) from error
        self.written += len(self._owed)
        for values in self._owed:
            if sha256 := self._unsettled.settles(self._before(values) or {}):
                drop_body(self.path, sha256)
        self._owed, self._new_tasks = [], set()
        for place in self._rescued:  # only now: what it holds is in the lock, on disk
            drop(place)
        self._rescued = []

    def _fail(self, fault: LockFault) -> NotRecorded:
        self._why, self._changed = str(fault), True
        self._rescue()
        return NotRecorded(self.owed)

    def _rescue(self) -> None:
        """What this run knows goes to the first place that takes it."""
        header = header_of(max(self._version, _version_of(map(self._told, self._touched))), self._lock.header)
        place = rescue(self.path, header + b"".join(map(encode, map(self._told, self._touched))))
        if place is not None:
            self._rescued = [*(p for p in self._rescued if p != place), place]

    def _remedy(self, name: tuple[str, int]) -> str:
        """The command that tells the lock what it lacks of a purchase, where one is needed."""
        values = self._told(name)
        entry, task = str(values.get("entry", "")), values.get("task")
        profile = values.get("profile")
        words = self._words + (f" --profile {profile}" if profile else "")
        if task is not None and (self._changed or task in self._new_tasks):
            return f"`{entry}` was bought: `seedspec adopt {shlex.quote(entry)}{words} --task {task}`"
        if task is None and values["state"] in (State.QUEUED, State.FAILED):
            return f"`{entry}` was not taken: `seedspec settle {shlex.quote(entry)}{words} --not-billed`"
        return ""

    def _append(self, lines: bytes, *, anew: bool, version: int) -> None:
        """Lines, durable when this returns; with `anew` a new file is tried where the old one refuses.

        Lines that need another version than the file's header says go with a new one.
        """
        handle = self._open()
        self._refuse_change(handle)
        if not self._ended:
            lines = b"\n" + lines
        if self._distrusted or version > self._version:
            self._anew(handle, lines, version)
        else:
            try:
                self._write(handle, lines)
            except OSError:
                if not anew:
                    raise
                self._anew(handle, lines)  # a receipt is worth another file, and the room that was held back for it
        self._ended = True

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
            self._remember(handle)
            raise
        self._good += len(line)
        self._digest.update(line)
        self._remember(handle)

    def _anew(self, handle: int, lines: bytes, version: int = 1) -> None:
        """The whole file with the lines, as a new file in the place of the old one."""
        room_of(self.path).unlink(missing_ok=True)
        self._reserved = False
        data = b"".join(content(handle, self._good)) + lines
        if version > self._version:
            data = header_of(version, self._lock.header) + data.partition(b"\n")[2]
        try:
            replace_lock(self.path, data)
        except OSError:
            with suppress(OSError):  # it may be in its place all the same, and its name alone not certain
                if read_lock_file(self.path) == data:
                    self._distrusted = True
                    self._reopen(handle)
            raise
        self._reopen(handle)
        self._good = len(data)
        self._digest = hashlib.sha256(data)
        self._distrusted, self._version = False, max(version, self._version)

    def _reopen(self, handle: int) -> None:
        fresh = os.open(lock_file(self.path), os.O_RDWR | os.O_APPEND | getattr(os, "O_BINARY", 0))
        os.dup2(fresh, handle, inheritable=False)
        os.close(fresh)
        self._remember(handle)

    def _remember(self, handle: int) -> None:
        """What the file is like after our own writing; `_good` of its bytes are relied on."""
        now = os.fstat(handle)
        self._size, self._modified = now.st_size, now.st_mtime_ns

    def _open(self) -> int:
        if self._handle is not None:
            return self._handle
        if not self._lock.digest:
            if os.path.lexists(self.path):
                raise _fault_of_change(self.path)
            replace_lock(self.path, HEADER)
            self._good = len(HEADER)
        handle = os.open(lock_file(self.path), os.O_RDWR | os.O_APPEND | getattr(os, "O_BINARY", 0))
        try:
            size = os.fstat(handle).st_size
            if digest_of(content(handle, size)).hexdigest() != (self._lock.digest or digest(HEADER)):
                raise _fault_of_change(self.path)
            if size > self._good:
                os.ftruncate(handle, self._good)  # the torn last line of a crash
            self._digest = digest_of(content(handle, self._good))
        except BaseException:
            os.close(handle)
            raise
        self._remember(handle)
        self._handle = handle
        return handle

    def _refuse_change(self, handle: int) -> None:
        ours = os.fstat(handle)
        try:
            now = os.stat(self.path)
        except FileNotFoundError:
            raise _fault_of_change(self.path) from None
        if (ours.st_ino, ours.st_dev) != (now.st_ino, now.st_dev) or now.st_size != self._size:
            raise _fault_of_change(self.path)
        if now.st_mtime_ns != self._modified:
            if digest_of(content(handle, self._good)).digest() != self._digest.digest():
                raise _fault_of_change(self.path)
            self._modified = now.st_mtime_ns


def _version_of(records: Iterable[Mapping[str, Any]]) -> int:
    return version_needed(records, KEYS.keys(), {})


def _name(values: Mapping[str, Any]) -> tuple[str, int]:
    return name_of(values["fp"], values["attempt"])


def _is_known(before: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    """Whether a saved video that was fetched once more, as another clone does it, is all that it was."""
    passing = ("state", "at")
    same = {k: v for k, v in before.items() if k not in passing} == {
        k: v for k, v in record.items() if k not in passing
    }
    return same and before["state"] == State.SAVED and record["state"] in (State.COMPLETED, State.SAVED)


def _fault_of_change(path: Path) -> LockFault:
    message = f"`{path}` was changed by another program during the run; nothing is written over it"
    return LockFault("lock-changed", message)


def _sync(handle: int) -> None:
    getattr(os, "fdatasync", os.fsync)(handle)
