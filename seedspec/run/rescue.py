"""Records that the lock did not take: written to the first place that does, and found again by the next command."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def rescues(lock: Path) -> list[Path]:
    """The rescue files that wait for a lock."""
    return [p for p in places(lock) if p.exists()]


def rescue(lock: Path, data: bytes) -> Path | None:
    """Writes a whole rescue file, durably, over an earlier one of the same run; None when no place takes it."""
    for target in places(lock):
        aside = target.with_name(f"{target.name}.new")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):
                aside.unlink()
            with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(aside, target)
        except OSError:
            with suppress(OSError):
                aside.unlink()
            continue
        return target
    return None


def places(lock: Path) -> Iterator[Path]:
    """Where they may be: beside the lock; or, where that disk is full or read-only, in the user's folder for states."""
    yield lock.parent / ".seedspec" / f"{lock.name}.rescue"
    whole = hashlib.sha256(os.fsencode(lock.absolute())).hexdigest()[:12]
    with suppress(RuntimeError):  # there is no home
        home = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
        yield home / "seedspec" / f"{lock.name}.{whole}.rescue"
