"""Records that the lock did not take: written to the first place that does, and found again by the next command.

Beside the lock a rescue file is believed only with this user's seal: a cloned repository may bring one, and what it
says was bought would then be believed. The user's own folder for states is nobody else's.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from seedspec.project.atomic import atomic_write
from seedspec.project.files import MOST_LOCK, read_file
from seedspec.project.paths import commands_of
from seedspec.project.secret import seal
from seedspec.project.user_folders import user_state


def rescues(lock: Path) -> list[Path]:
    """The rescue files that wait for a lock. Raises OSError for one that cannot be read."""
    return [p for p in places(lock) if p.exists() and not _foreign(p, lock)]


def foreign(lock: Path) -> Path | None:
    """A rescue file beside the lock that this user did not write on this machine; None for none."""
    return next((p for p in places(lock) if os.path.lexists(p) and _foreign(p, lock)), None)


def describe_foreign(path: Path, lock: Path) -> str:
    """What is said of a foreign rescue file."""
    return (
        f"{path} was not written by you on this machine, so nothing of it is taken up: delete it; "
        f"if you know that it is yours, {commands_of(lock).line('lock fix', f'--rescue {shlex.quote(str(path))}')}"
    )


def records(path: Path) -> bytes:
    """What a rescue file holds, as the text of a lock. Raises OSError."""
    head, _, rest = read_file(path, MOST_LOCK).partition(b"\n")
    return _header(head) + b"\n" + rest


def rescue(lock: Path, data: bytes) -> Path | None:
    """Writes a whole rescue file, durably, over an earlier one of the same run; None when no place takes it."""
    head, _, rest = data.partition(b"\n")
    own = seal(_seal_bytes(lock, rest))
    sealed = head[:-1] + b',"seal":"%b"}\n' % own.encode() + rest if own is not None else data
    for target in places(lock):
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            atomic_write(target, sealed, mode=0o600, durable=True)
        except OSError:
            continue
        return target
    return None


def drop(path: Path) -> None:
    """A rescue file whose records the lock has is gone, where the disk allows it."""
    with suppress(OSError):
        path.unlink()


def remedy(path: Path, lock: Path) -> str:
    """The command that takes up a rescue file: it must be named where this user keeps no secret to seal it with."""
    own = path.parent.name != ".seedspec" or seal(b"") is not None
    named = () if own else (f"--rescue {shlex.quote(str(path))}",)
    return commands_of(lock).line("lock fix", *named)


def places(lock: Path) -> Iterator[Path]:
    """Where they may be: beside the lock; or, where that disk is full or read-only, in the user's folder for states."""
    yield lock.parent / ".seedspec" / f"{lock.name}.rescue"
    whole = hashlib.sha256(os.fsencode(lock.absolute())).hexdigest()[:12]
    with suppress(RuntimeError):  # there is no home
        yield user_state() / f"{lock.name}.{whole}.rescue"


def _foreign(path: Path, lock: Path) -> bool:
    if path.parent.name != ".seedspec":
        return False
    if path.is_symlink() or path.parent.is_symlink() or not path.is_file():
        return True
    head, _, rest = read_file(path, MOST_LOCK).partition(b"\n")
    said, own = _values(head).get("seal"), seal(_seal_bytes(lock, rest))
    return own is None or said != own


def _seal_bytes(lock: Path, rest: bytes) -> bytes:
    """What the seal is of: the records, and whose they are."""
    return f"rescue {lock.name}\n".encode("utf-8", "surrogateescape") + rest


def _header(line: bytes) -> bytes:
    values = _values(line)
    return (
        json.dumps({k: v for k, v in values.items() if k != "seal"}, separators=(",", ":")).encode() if values else line
    )


def _values(line: bytes) -> dict[str, object]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
