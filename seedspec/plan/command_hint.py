"""The commands that messages propose, ready to be copied: they mean this storyboard, lock and profile."""

from __future__ import annotations

import os
import re
import shlex
from functools import cache
from pathlib import Path

from seedspec.text.value import valueclass

_PLAIN = re.compile(r"[^/.][^/]*(?:/[^/.][^/]*)*")
"""A path of which nothing is left out when it is put behind another one."""


@valueclass(frozen=True, slots=True)
class CommandHint:
    """What commands that are proposed are about: copied as they stand, they mean this storyboard, lock and profile.

    `storyboard` is its name as it was given, "" for the one that commands take by themselves.
    """

    storyboard: str = ""
    emulated: bool = False
    profile: str = ""

    def line(self, name: str, *words: str) -> str:
        """A command line in backticks. `words` go to the shell as they are, the name of an entry first."""
        return f"`{self.plain(name, *words)}`"

    def plain(self, name: str, *words: str) -> str:
        """The same without backticks, for a line of its own."""
        named = shlex.quote(self.storyboard) if self.storyboard else ""
        if named and name == "pick":  # its words are entries alone
            named = f"-f {named}"
        options = (
            "--emulator" if self.emulated else "",
            f"--profile {shlex.quote(self.profile)}" if self.profile else "",
        )
        return " ".join(word for word in ("seedspec", name, *words, named, *options) if word)

    def on(self, name: str, entry: str, *words: str) -> str:
        """The same about an entry or a variant, whose name a shell may take for something else."""
        return self.line(name, shlex.quote(entry), *words)

    def path(self, name: str) -> str:
        """A file of the storyboard's folder as people are shown it: from where they stand, as the storyboard was named.

        `name` is as the lock and the storyboard have it: relative to that folder. "" stays "".
        """
        if os.sep == "/" and _PLAIN.fullmatch(name):  # nearly every one, and there may be many
            return _folder(self.storyboard) + name
        return str(Path(self.storyboard).parent / name) if name else ""

    def file(self, name: str) -> str:
        """The same as a shell is given it."""
        return shlex.quote(self.path(name))


@cache
def _folder(storyboard: str) -> str:
    """What stands before a name in the folder of a storyboard."""
    return str(Path(storyboard).parent / "_").removesuffix("_")
