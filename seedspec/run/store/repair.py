"""A lock outside a run: damage is mended, files are compared with it, and what is forgotten is asked."""

from __future__ import annotations

import hashlib
import os
import shlex
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from seedspec.lock.lock import Lock, LockFault, parse, serialise
from seedspec.lock.merge import sides, union
from seedspec.lock.record import Record
from seedspec.lock.recover import Unreadable, recover
from seedspec.lock.state import OPEN, UNANSWERED, State
from seedspec.project.atomic import replace, replace_lock
from seedspec.project.files import MOST_LOCK, check_no_link, read_file, read_lock_file
from seedspec.project.paths import commands_of
from seedspec.project.saved_video import NotRead, saved_video
from seedspec.project.state_folder import state_folder
from seedspec.run.store.lock_file import read_lock
from seedspec.run.store.rescue import drop, records, rescues
from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class Fixed:
    """What a mended lock is made of. `backup` holds the bytes that it had before; None when nothing was to be done.

    `unreadable` are the lines that could not be relied on; they stand in `damaged`, beside the lock. `parted` says that
    two videos had one name, and have one each now.
    """

    lock: Lock
    merged: bool
    rescued: tuple[Path, ...]
    doubles: tuple[Record, ...]
    backup: Path | None
    unreadable: tuple[Unreadable, ...] = ()
    damaged: Path | None = None
    parted: bool = False


def fix(path: Path, order: Iterable[str], also: Iterable[Path] = ()) -> Fixed:
    """Takes up both sides of a git merge, the records that the lock once could not take, and what can be read of a
    damaged lock. Use it under the hold. `also` names rescue files that nobody but the user vouches for.

    Raises LockFault for a lock that is empty, of another version, or holds no record, and OSError for a symbolic link
    in the place of what it writes; then no byte is changed.
    """
    damaged = path.with_name(f"{path.name}.damaged")
    check_no_link(damaged)
    try:
        data, there = read_lock_file(path), True
    except FileNotFoundError:
        data, there = b"", False
    if not data and there:  # a rescue alone would make it look whole
        message = f"`{path}` is empty, which a lock never is; what was bought is not known from it"
        place = "" if path.parent == Path() else f"-C {shlex.quote(str(path.parent))} "
        restore = f"`git {place}checkout -- {shlex.quote(path.name)}`"
        hint = f"{restore} brings it back; remove it only if nothing was ever bought"
        raise LockFault("lock-empty", f"{message}: {hint}")
    texts = sides(data) if data else []
    texts = [text for text in texts if text.strip()] if len(texts) > 1 else texts
    waiting = list(dict.fromkeys((*rescues(path), *also)))
    locks, unreadable = list[Lock](), dict[bytes, Unreadable]()
    for text in (*texts, *map(records, waiting)):
        lock, lost = _read(text)
        locks.append(lock)
        unreadable.update((line.data, line) for line in lost if line.data not in unreadable)
    if not locks:
        return Fixed(Lock(), False, (), (), None)
    merged, doubles = locks[0], tuple[Record, ...]()
    for lock in (*locks[1:], Lock()):
        made = union(merged, lock)
        merged, doubles = made.lock, made.doubles
    torn = len(texts) == 1 and (bool(unreadable) or locks[0].good < len(data))
    parted = len(locks) == 1 and {r.file for r in merged} != {r.file for r in locks[0]}
    if len(locks) == 1 and not torn and not parted and not waiting:
        return Fixed(merged, False, (), doubles, None)
    backup = _backup(state_folder(path.parent), f"{path.name}.before-fix")
    replace(backup, data)
    kept = _set_aside(damaged, unreadable.values())
    replace_lock(path, serialise(merged, order))
    for done in waiting:  # only now: what it holds is in the lock, on disk
        drop(done)
    return Fixed(merged, len(texts) > 1, tuple(waiting), doubles, backup, tuple(unreadable.values()), kept, parted)


def _backup(folder: Path, name: str) -> Path:
    """A name that no earlier backup has: the first one may be all that is left of what was bought."""
    names = (name, *(f"{name}.{number}" for number in range(2, 10_000)))
    return next(folder / found for found in names if not os.path.lexists(folder / found))


def _read(text: bytes) -> tuple[Lock, tuple[Unreadable, ...]]:
    try:
        return parse(text), ()
    except LockFault as fault:
        if fault.code != "lock-damaged":
            raise
        found = recover(text)
        return found.lock, found.unreadable


def _set_aside(target: Path, unreadable: Iterable[Unreadable]) -> Path | None:
    """Lines that are not relied on go to a file beside the lock, behind those of an earlier time; durably."""
    lines = b"".join(line.data + b"\n" for line in unreadable)
    if not lines:
        return None
    check_no_link(target)
    replace(target, (read_file(target, MOST_LOCK) if target.exists() else b"") + lines)
    return target


def merge(base: bytes, ours: bytes, theirs: bytes) -> tuple[bytes, tuple[Record, ...]]:
    """Two versions of a lock as one, for git: what either side bought is kept, and the order of the sides does not
    matter. The records stand in the order of the base, new ones behind. Raises LockFault when a side cannot be read."""
    before = parse(base) if base.strip() else Lock()
    made = union(parse(ours), parse(theirs))
    return serialise(made.lock, before.attempts), made.doubles


def weave(ours: bytes, theirs: bytes) -> bytes:
    """Both sides between conflict markers, as git weaves what it cannot merge: `fix` takes them apart again."""
    one, other = (side if side.endswith(b"\n") or not side else side + b"\n" for side in (ours, theirs))
    return b"<<<<<<< ours\n" + one + b"=======\n" + other + b">>>>>>> theirs\n"


@valueclass(frozen=True, slots=True)
class Finding:
    """Something about a record that a person should know. `bad` when a video is missing or not what was saved."""

    record: Record
    said: str
    bad: bool


def verify(path: Path) -> list[Finding]:
    """Compares saved files with the lock and looks for what waits. Reads only. Raises LockFault and OSError."""
    lock, found, commands = read_lock(path), [], commands_of(path)
    for record in lock:
        if record.state is State.SAVED:
            found += _compare_file(record, path.parent)
        elif record.state in UNANSWERED:
            found.append(Finding(record, f"in doubt: {commands.line('settle')}", False))
        elif record.stuck:
            found.append(Finding(record, f"running, with no end in sight: {commands.line('settle')}", False))
        elif record.state in OPEN:
            found.append(Finding(record, f"{record.state}, not saved: {commands.line('fetch')}", False))
    found += [Finding(r, "one of several purchases of this request", False) for r in union(lock, lock).doubles]
    return found


def _compare_file(record: Record, base: Path) -> list[Finding]:
    try:
        with saved_video(base, record.file or "").open("rb") as opened:
            found = hashlib.file_digest(opened, "sha256").hexdigest()
    except NotRead as error:
        return [Finding(record, str(error), True)]
    except FileNotFoundError:
        return [Finding(record, f"{base / (record.file or '')} is not on this disk", True)]
    except OSError as error:
        return [Finding(record, f"{base / (record.file or '')} cannot be read: {error.strerror}", True)]
    if found != record.get("sha256"):
        return [Finding(record, f"{base / (record.file or '')} is not the video that was saved", True)]
    return []


def forgettable(lock: Lock, known: Iterable[str]) -> list[Record]:
    """What may be forgotten: no entry asks for it, and nothing of it is paid for and not in hand."""
    wanted = set(known)
    return [r for r in lock if r.fp not in wanted and r.state not in OPEN]


def prune(path: Path, lock: Lock, gone: Iterable[Record], order: Iterable[str]) -> None:
    """Forgets records; the files stay. Use it under the hold."""
    names = {(r.fp, r.attempt) for r in gone}
    kept = {fp: tuple(r for r in rs if (fp, r.attempt) not in names) for fp, rs in lock.attempts.items()}
    with suppress(FileNotFoundError):
        if parse(read_lock_file(path)).digest != lock.digest:
            raise LockFault("lock-changed", f"`{path}` was changed by another program; nothing is written over it")
    replace_lock(path, serialise(Lock({fp: rs for fp, rs in kept.items() if rs}, header=lock.header), order))
