"""`check --watch`: storyboards are checked again whenever one of the files changes that the last check has read."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

import click

from seedspec.cli.checking import Check, show, storyboards
from seedspec.cli.console import complain, print_notes
from seedspec.cli.main import Exit
from seedspec.compiler.storyboard.profile import NoProfile
from seedspec.project.changes import NoWatcher, Watcher
from seedspec.project.reading import Reading, State, state_of

_MOST_NAMED = 3


def watch(paths: Sequence[str], check: Check) -> None:
    """Checks storyboards, and again after each change, until Ctrl-C. Ends the command where nothing can watch."""
    try:
        watcher = Watcher()
    except NoWatcher:
        raise Exit(2, "--watch needs one package more: pip install 'seedspec[watch]'") from None
    changed: list[Path] = []
    with closing(watcher), suppress(KeyboardInterrupt):  # there is no other end, so it is none before the time
        while True:
            changed = _until_changed(watcher, paths, *_check_once(paths, check, changed))
    print_notes([""])


def _check_once(paths: Sequence[str], check: Check, changed: Sequence[Path]) -> tuple[list[str], Reading, Reading]:
    """Checks once and shows what is found. Gives what was checked, how that was chosen, and what was read for it."""
    chosen, reading = Reading(), Reading()
    files = storyboards(paths, chosen)
    found, trouble = [], ""
    try:
        found = [d for file in files for d in check.read(file, reading).diagnostics]
    except NoProfile as error:
        trouble = str(error)
    if sys.stdout.isatty() and os.environ.get("TERM") != "dumb":
        click.clear()
    what = f"{_names(changed)} changed, checked again" if changed else "checked"
    print_notes([f"{datetime.now():%H:%M:%S}  {what}"])
    if trouble:
        complain(trouble)
    else:
        show(found, files)
    others = len(reading.asked) - len(reading.folders) - len(files)
    beside = f" and {others} other file{'s' * (others != 1)}" if others > 0 else ""
    print_notes([f"watching {len(files)} storyboard{'s' * (len(files) != 1)}{beside}; Ctrl-C ends"])
    return files, chosen, reading


def _until_changed(
    watcher: Watcher, paths: Sequence[str], files: list[str], chosen: Reading, reading: Reading
) -> list[Path]:
    """Waits until another check may find something else. Gives the files that changed."""
    while True:
        if changed := _find_changes(reading.asked):
            return changed
        if _find_changes(chosen.asked):
            chosen = Reading()
            now = storyboards(paths, chosen)
            if now != files:
                return [Path(file) for file in sorted(set(now) ^ set(files))]
        watcher.wait([*reading.asked, *(place / "_" for place in chosen.asked)])


def _find_changes(known: Mapping[Path, State]) -> list[Path]:
    return [path for path, state in known.items() if state_of(path) != state]


def _names(changed: Iterable[Path]) -> str:
    names = [os.path.relpath(path) for path in changed]
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
