"""Where a command may write what it makes: never over what was bought, nor over what a run reads or relies on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import orjson

from seedspec.api import Planned
from seedspec.cli.compiled import board_of
from seedspec.cli.main import Exit
from seedspec.lock.keys import is_video_path
from seedspec.lock.lock import LockFault
from seedspec.project.files import check_way, read_lock_file
from seedspec.project.names import judgements_of, lock_of, picks_of


def check_output_path(out: str | Path, planned: Planned, *, makes_folder: bool = False) -> Path:
    """The file that is asked for. Ends the command, before anything is done, when another one would be lost there.

    Its folder must be there, unless the command makes it. Raises OSError where a link on the way leads out of the
    project.
    """
    target = Path(out)
    check_way(target.parent)
    if target.is_dir():
        raise Exit(2, f"`{out}` is a folder; expected a file to write")
    if not makes_folder and not target.parent.is_dir():
        raise Exit(2, f"`{out}`: there is no folder `{target.parent}`; make it first, or name another file")
    names = {target.name.casefold(), Path(os.path.realpath(target)).name.casefold()}
    if any(name.endswith(".lock") for name in names):
        raise Exit(2, f"`{out}` is named as a lock is; what was bought would be lost: expected another file to write")
    real = os.path.realpath(target)
    for file, what in _protected_files(planned):
        if os.path.realpath(file) == real or _is_same_file(file, target):
            raise Exit(2, f"`{out}` is {what}; expected another file to write")
    return target


def _protected_files(planned: Planned) -> Iterator[tuple[Path, str]]:
    path, base = planned.compiled.path, planned.place.base
    yield path, "the storyboard"
    for emulated in (False, True):
        yield picks_of(path, emulated=emulated), "the file of the picks"
        yield judgements_of(lock_of(path, emulated=emulated)), "the file of what judges say"
    for step in planned.plan.steps:
        if step.file:
            yield base / step.file, f"the video of `{step.address}`"
    for lock in sorted(base.glob("*.lock")):  # another storyboard's too, and the paid one beside the emulator's
        for file in _saved_files(lock):
            yield base / file, f"a video that `{lock}` knows"
    board = board_of(planned.compiled)
    for found in (*board.references, *(r for shot in board.shots for r in shot.references)):
        if not found.is_shot:
            yield base / str(found.target.value), f"the reference `{found.name}` of the storyboard"
    for entry in planned.compiled.entries:
        for medium in entry.media:
            if medium.source == "file":
                yield base / medium.where, f"the reference `{medium.name}` of the storyboard"


def _saved_files(lock: Path) -> Iterator[str]:
    """The files that a lock names, whatever state it is in: one that is damaged has been paid for too."""
    try:
        lines = read_lock_file(lock).splitlines()
    except (OSError, LockFault):
        return
    for line in lines:
        try:
            record = orjson.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict) and isinstance(file := record.get("file"), str) and is_video_path(file):
            yield file


def _is_same_file(one: Path, other: Path) -> bool:
    try:
        return os.path.samefile(one, other)
    except (OSError, ValueError):
        return False
