"""Where a storyboard's run keeps things: its lock, its videos, and whether the emulator's are meant."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from seedspec.run.settings import BadSettings

if TYPE_CHECKING:
    from seedspec.compiler.storyboard import Storyboard


@dataclass(frozen=True, slots=True)
class Place:
    """`base` is the storyboard's folder; `lock` stands in it; videos go to `folder`, a path relative to it.

    The lock is one for all profiles. Each has a folder for its videos inside `output`, and `profile` is "" for none.
    `words` follow an entry on a command line that means this storyboard and this lock, each with a space before it.
    """

    base: Path
    lock: Path
    output: str
    profile: str = ""
    words: str = ""

    @property
    def folder(self) -> str:
        return f"{self.output}/{self.profile}" if self.profile else self.output

    def beside(self, ending: str) -> Path:
        """What is made of these takes and stands beside the storyboard, by the ending of its name."""
        return self.lock.with_name(f"{track_of(self.lock.stem, self.profile)}{ending}")


def track_of(stem: str, profile: str) -> str:
    """What the names of a profile's files beside the storyboard begin with."""
    return f"{stem}.{profile}" if profile else stem


def lock_of(path: Path, *, emulated: bool) -> Path:
    """The lock of a storyboard, whether that is sound or not."""
    return path.with_name(f"{path.stem}{'.emulator' if emulated else ''}.lock")


def held_by(lock: Path) -> Path:
    """The file in which a run says that it holds a lock; one that was killed leaves it behind."""
    return lock.parent / ".seedspec" / f"{lock.name}.hold-by"


def place_of(path: Path, board: Storyboard, *, emulated: bool) -> Place:
    """The place of a run with the storyboard's profile.

    The emulator has a lock and a folder of its own: what it makes was never bought.
    Raises BadSettings for an output folder that is not inside the storyboard's.
    """
    from seedspec.compiler.filename import is_folder  # the lock's name alone needs none of the compiler
    from seedspec.compiler.profile import name_of

    output = str(board.output.value) if board.output else "renders"
    if not is_folder(output):
        where = f"{board.output.span}: " if board.output else ""
        raise BadSettings(f"{where}`output` is `{output}`; expected a folder inside the storyboard's", 3)
    suffix = ".emulator" if emulated else ""
    words = ("" if str(path) == "storyboard.yaml" else f" {shlex.quote(str(path))}") + (" --emulator" * emulated)
    lock, folder = lock_of(path, emulated=emulated), f"{PurePosixPath(output)}{suffix}"
    return Place(path.parent, lock, folder, name_of(board), words)
