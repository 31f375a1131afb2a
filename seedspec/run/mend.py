"""A lock outside a run: damage is mended, files are compared with it, and what is forgotten is asked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from seedspec.plan.lock import Lock, LockFault, Record, parse, serialise
from seedspec.plan.merge import sides, union
from seedspec.plan.state import State
from seedspec.run.disk import read_lock, replace, state_folder
from seedspec.run.rescue import rescues

PAID = frozenset({State.SUBMITTING, State.DOUBT, State.RUNNING, State.COMPLETED})
"""States of what may be paid for and is not in hand: never forgotten."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """What a mended lock is made of. `backup` holds the bytes that it had before; None when nothing was to be done."""

    lock: Lock
    merged: bool
    rescued: tuple[Path, ...]
    doubles: tuple[Record, ...]
    backup: Path | None


def fix(path: Path, order: Iterable[str]) -> Fixed:
    """Takes up both sides of a git merge and the records that the lock once could not take. Use it under the hold.

    Raises LockFault for damage that nothing but git or a backup can undo; then no byte is changed.
    """
    data = path.read_bytes() if path.exists() else b""
    texts = sides(data) if data else []
    waiting = rescues(path)
    locks = [parse(text) for text in (*texts, *(p.read_bytes() for p in waiting))]
    if not locks:
        return Fixed(Lock(), False, (), (), None)
    merged, doubles = locks[0], tuple[Record, ...]()
    for lock in (*locks[1:], Lock()):
        made = union(merged, lock)
        merged, doubles = made.lock, made.doubles
    torn = len(texts) == 1 and locks[0].good < len(data)
    if len(locks) == 1 and not torn:
        return Fixed(merged, False, (), doubles, None)
    backup = state_folder(path.parent) / f"{path.name}.before-fix"
    replace(backup, data)
    replace(path, serialise(merged, order))
    for done in waiting:  # only now: what it holds is in the lock, on disk
        done.unlink()
    return Fixed(merged, len(texts) > 1, tuple(waiting), doubles, backup)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a record that a person should know. `bad` when a video is missing or not what was saved."""

    record: Record
    said: str
    bad: bool


def verify(path: Path) -> list[Finding]:
    """Compares saved files with the lock and looks for what waits. Reads only. Raises LockFault and OSError."""
    lock, found = read_lock(path), []
    for record in lock:
        if record.state is State.SAVED:
            found += _compared(record, path.parent)
        elif record.state in (State.SUBMITTING, State.DOUBT):
            found.append(Finding(record, "in doubt: `seedspec settle`", False))
        elif record.state in PAID:
            found.append(Finding(record, f"{record.state}, not saved: `seedspec fetch`", False))
    found += [Finding(r, "one of several purchases of this request", False) for r in union(lock, lock).doubles]
    return found


def _compared(record: Record, base: Path) -> list[Finding]:
    file = base / (record.file or "")
    try:
        with file.open("rb") as opened:
            found = hashlib.file_digest(opened, "sha256").hexdigest()
    except FileNotFoundError:
        return [Finding(record, f"{record.file} is not on this disk", True)]
    except OSError as error:
        return [Finding(record, f"{record.file} cannot be read: {error.strerror}", True)]
    if found != record.get("sha256"):
        return [Finding(record, f"{record.file} is not the video that was saved", True)]
    return []


def strays(lock: Lock, known: Iterable[str]) -> list[Record]:
    """What may be forgotten: no entry asks for it, and nothing of it is paid for and not in hand."""
    wanted = set(known)
    return [r for r in lock if r.fp not in wanted and r.state not in PAID]


def prune(path: Path, lock: Lock, gone: Iterable[Record], order: Iterable[str]) -> None:
    """Forgets records; the files stay. Use it under the hold."""
    names = {(r.fp, r.attempt) for r in gone}
    kept = {fp: tuple(r for r in rs if (fp, r.attempt) not in names) for fp, rs in lock.attempts.items()}
    with suppress(FileNotFoundError):
        if parse(path.read_bytes()).digest != lock.digest:
            raise LockFault("lock-changed", f"`{path.name}` was changed by another program; nothing is written over it")
    replace(path, serialise(Lock({fp: rs for fp, rs in kept.items() if rs}), order))
