"""The door to watchfiles: waits until files may have changed, whatever way they are written."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any

from seedspec.project.reading import State, state_of

MOST_FOLDERS = 2000
"""Folders that wake at once; what is in others is looked at every second. Systems bound what may be watched."""
_AGAIN, _QUIET, _PATIENCE = 1000, 100, 1000
"""Milliseconds: between two looks, how long it must be quiet before a change is told, and how long that may take."""


class NoWatcher(Exception):
    """The package that watches is not installed."""


class Watcher:
    """Waits for changes. Raises NoWatcher when it cannot.

    Folders are watched, not files: editors put a new file in the place of the old one. That something happened in one
    wakes; whether it matters, the states of files tell. So nothing is missed where a system tells of no change, such as
    on a network drive: it is only seen later.
    """

    def __init__(self) -> None:
        try:
            import watchfiles
        except ImportError:
            raise NoWatcher from None
        self._watch = watchfiles.watch
        self._events: Generator[Any, None, None] | None = None
        self._folders: tuple[tuple[Path, State], ...] = ()

    def wait(self, paths: Iterable[Path]) -> None:
        """Returns when something happened in the folders of some files, and after a second in any case."""
        folders = sorted(_folders(paths))[:MOST_FOLDERS]
        known = tuple((folder, _identity(folder)) for folder in folders)
        if self._events is None or known != self._folders:
            self.close()
            self._folders = known
            self._events = self._watch(
                *folders, watch_filter=None, recursive=False, ignore_permission_denied=True, yield_on_timeout=True,
                rust_timeout=_AGAIN, step=_QUIET, debounce=_PATIENCE,
            )  # fmt: skip
        try:
            next(self._events)
        except FileNotFoundError:  # a folder has gone since; the next wait takes the one above it
            self.close()

    def close(self) -> None:
        """Ends the watching."""
        if self._events is not None:
            self._events.close()
        self._events = None


def _folders(paths: Iterable[Path]) -> set[Path]:
    """The folders in which a change of some files is seen, by their names and by where links lead."""
    found = set()
    for path in paths:
        for one in (os.path.abspath(path), os.path.realpath(path)):
            folder = Path(one).parent
            while not folder.is_dir() and folder != folder.parent:
                folder = folder.parent
            found.add(folder)
    return found


def _identity(folder: Path) -> State:
    state = state_of(folder)
    return state and (0, 0, state[2])
