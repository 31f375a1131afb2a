"""What was found in local media, remembered in one process: a file is read again once it may have changed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from seedspec.catalog.slot import Kind
from seedspec.compiler.references.limits import MediaFile

_Look = Callable[[Path, str, Kind], MediaFile | str]
_State = tuple[int, int, int, int, int]

MOST = 10_000
"""Media that are remembered; with more all are looked at anew."""
_SETTLED = 2.0
"""Seconds after its last change from which a file is believed: a second change within one tick of a disk's clock would
leave no trace."""


class MediaMemory:
    """What a look at each medium gave, with the state that the file had then: size, times, inode and device."""

    def __init__(self) -> None:
        self._known: dict[tuple[Path, str, Kind], tuple[_State, MediaFile | str]] = {}

    def found(self, path: Path, target: str, kind: Kind, look: _Look) -> MediaFile | str:
        """What `look` gives, or gave for the file as it is now. Raises what `look` does, and OSError without a file."""
        key, before = (path, target, kind), _state(path)
        known = self._known.get(key)
        if known is not None and known[0] == before:
            return known[1]
        made = look(path, target, kind)
        if _state(path) == before and time.time() - max(before[1], before[2]) / 1e9 > _SETTLED:
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[key] = (before, made)
        return made


def _state(path: Path) -> _State:
    found = os.stat(path)
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_dev
