"""What a check reads of the disk: which files it asked for, and texts that stand in the place of some of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from seedspec.project.media_memory import MediaMemory

State = tuple[int, int, int] | None
"""What tells that a file was written, or another one put in its place; None where nothing is."""


class Reading:
    """The files of one or more checks. `instead` has texts, by real path, which are read in the place of files.
    `media` remembers media for the next check. Where the storyboard is `unsaved` it has no folder: no file that it
    names can be looked for.

    `asked` has every path that was looked for, there or not, with its state at that moment: as long as `state_of` gives
    the same for all of them, another check would find the same. Those in `folders` were asked for what stands in them.
    """

    def __init__(
        self, instead: Mapping[Path, bytes] | None = None, media: MediaMemory | None = None, *, unsaved: bool = False
    ) -> None:
        self.instead = instead or {}
        self.media, self.unsaved = media, unsaved
        self.asked: dict[Path, State] = {}
        self.folders: set[Path] = set()

    def ask(self, path: Path) -> bytes | None:
        """Notes that a file is looked for, before it is read. Gives the text that stands in its place, if one does."""
        self.asked.setdefault(path, state_of(path))
        return self.instead.get(Path(os.path.realpath(path))) if self.instead else None

    def ask_folder(self, path: Path) -> None:
        """Notes that the names in a folder are looked for."""
        self.ask(path)
        self.folders.add(path)


def state_of(path: Path) -> State:
    """The state of a file or folder as it is now."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
