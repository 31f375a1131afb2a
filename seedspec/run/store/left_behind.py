"""A storyboard without a lock, before its plan: whether the lock of its purchases has the name it had before."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from seedspec.lock.lock import LockFault, parse_lines
from seedspec.lock.state import BOUGHT
from seedspec.project.files import read_lock_lines


def check_not_left(lock: Path, fingerprints: Iterable[str]) -> None:
    """Raises LockFault when there is no such lock, and one beside it has what these fingerprints ask for and belongs
    to a storyboard that is there no more: all of it would be bought again.

    The lock of a storyboard that is there is that one's own; one that cannot be read says nothing.
    """
    if lock.exists():
        return
    emulated, wanted = lock.stem.endswith(".emulator"), frozenset[str]()
    for other in sorted(lock.parent.glob("*.lock")):
        stem = other.stem.removesuffix(".emulator")
        if (other.stem != stem) != emulated or any(
            other.with_name(f"{stem}{end}").exists() for end in (".yaml", ".yml")
        ):
            continue
        try:
            found = parse_lines(read_lock_lines(other))
        except (LockFault, OSError):
            continue
        wanted = wanted or frozenset(fingerprints)
        held = sum(any(r.state in BOUGHT for r in rs) for fp, rs in found.attempts.items() if fp in wanted)
        if held:
            some = f"{held} of these purchases" if held > 1 else "one of these purchases"
            message = f"`{other}` holds {some}, and its storyboard is gone: rename it to `{lock}` too"
            raise LockFault("lock-left-behind", message)
