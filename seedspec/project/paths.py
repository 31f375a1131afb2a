"""Where a storyboard's run keeps things: its lock, its videos, and whether the emulator's are meant."""

from __future__ import annotations

import shlex
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from seedspec.compiler.filename import is_folder
from seedspec.compiler.storyboard.profile import name_of
from seedspec.plan.command_hint import CommandHint
from seedspec.project.credentials import BadSettings
from seedspec.project.names import lock_of, track_of
from seedspec.text.value import valueclass

if TYPE_CHECKING:
    from seedspec.compiler.storyboard.types import Storyboard


def name_in_commands(path: Path) -> str:
    """A storyboard as proposed commands name it: "" for the one that commands take by themselves."""
    return "" if str(path) == "storyboard.yaml" else str(path)


def commands_of(lock: Path) -> CommandHint:
    """The commands that mean a lock, where nothing but its file is known."""
    stem = lock.stem.removesuffix(".emulator")
    boards = (lock.with_name(f"{stem}.yaml"), lock.with_name(f"{stem}.yml"))
    board = next((path for path in boards if path.exists()), boards[0])
    return CommandHint(name_in_commands(board), stem != lock.stem)


@valueclass(frozen=True, slots=True)
class Place:
    """`base` is the storyboard's folder; `lock` stands in it; videos go to `folder`, a path relative to it.

    The lock is one for all profiles. Each has a folder for its videos inside `output`, and `profile` is "" for none.
    `words` follow an entry on a command line that means this storyboard and this lock, each with a space before it;
    `commands` makes whole command lines, with the profile too.
    """

    base: Path
    lock: Path
    output: str
    profile: str = ""
    words: str = ""
    commands: CommandHint = CommandHint()

    @property
    def emulated(self) -> bool:
        """Whether the lock is the emulator's: what it records was never paid for."""
        return self.commands.emulated

    @property
    def folder(self) -> str:
        return f"{self.output}/{self.profile}" if self.profile else self.output

    def beside(self, ending: str) -> Path:
        """What is made of these takes and stands beside the storyboard, by the ending of its name."""
        return self.lock.with_name(f"{track_of(self.lock.stem, self.profile)}{ending}")


def place_of(path: Path, board: Storyboard, *, emulated: bool) -> Place:
    """The place of a run with the storyboard's profile.

    The emulator has a lock and a folder of its own: what it makes was never bought.
    Raises BadSettings for an output folder that is not inside the storyboard's, and for a storyboard whose lock has the
    name of another one's emulator.
    """
    if path.stem.endswith(".emulator"):
        other = f"{path.stem.removesuffix('.emulator')}{path.suffix}"
        raise BadSettings(
            f"`{path}`: its lock would be the one of `{path.with_name(other)}` with the emulator; rename it"
        )
    output = str(board.output.value) if board.output else "renders"
    if not is_folder(output):
        where = f"{board.output.span}: " if board.output else ""
        raise BadSettings(f"{where}`output` is `{output}`; expected a folder inside the storyboard's", 3)
    suffix = ".emulator" if emulated else ""
    words = ("" if str(path) == "storyboard.yaml" else f" {shlex.quote(str(path))}") + (" --emulator" * emulated)
    lock, folder = lock_of(path, emulated=emulated), f"{PurePosixPath(output)}{suffix}"
    own = name_of(board)
    return Place(path.parent, lock, folder, own, words, CommandHint(name_in_commands(path), emulated, own))
