"""The names of the files that stand beside a storyboard, whether they are there or not; nothing is read or loaded."""

from __future__ import annotations

from pathlib import Path


def track_of(stem: str, profile: str) -> str:
    """What the names of a profile's files beside the storyboard begin with."""
    return f"{stem}.{profile}" if profile else stem


def lock_of(path: Path, *, emulated: bool) -> Path:
    """The lock of a storyboard, whether that is sound or not."""
    return path.with_name(f"{path.stem}{'.emulator' if emulated else ''}.lock")


def picks_of(path: Path, *, emulated: bool) -> Path:
    """The picks of a storyboard, for all of its profiles."""
    return path.with_name(f"{lock_of(path, emulated=emulated).stem}.picks.yaml")


def rows_of(path: Path) -> Path:
    """The rows that the strategy of a storyboard has chosen, for all of its profiles and for the emulator too."""
    return path.with_name(f"{path.stem}.rows.yaml")


def judgements_of(lock: Path) -> Path:
    """What judges say of the videos of a lock, for all profiles."""
    return lock.with_name(f"{lock.stem}.measures.jsonl")


def holder_of(lock: Path) -> Path:
    """The file in which a run says that it holds a lock; one that was killed leaves it behind."""
    return lock.parent / ".seedspec" / f"{lock.name}.hold-by"
