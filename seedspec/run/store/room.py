"""Room on the disk that is held back beside a lock."""

from __future__ import annotations

import os
from pathlib import Path

from seedspec.project.state_folder import state_folder


def room_of(lock: Path) -> Path:
    return lock.parent / ".seedspec" / f"{lock.name}.reserve"


def hold_back(lock: Path, size: int) -> None:
    """Room on the disk that is given up when it is full: a full disk is then known before anything is bought."""
    state_folder(lock.parent)
    with open(room_of(lock), "wb") as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)
        else:
            file.write(bytes(size))
