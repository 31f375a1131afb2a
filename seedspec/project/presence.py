"""Which of a storyboard's videos are on this disk."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seedspec.plan.rules import Exists


def presence(base: Path) -> Exists:
    """Tells whether paths below a folder are taken; each folder is listed once, when it is first asked about.

    What is not listed is looked for by name: letter case may not count there. For a size the file itself is looked at.
    """
    root = f"{base}/"
    listed: dict[str, frozenset[str]] = {}

    def taken(file: str, size: int | None = None) -> bool:
        if size is not None:
            try:
                return os.stat(root + file).st_size == size
            except OSError:  # nothing, or a link that leads nowhere
                return False
        folder, _, name = file.rpartition("/")
        names = listed.get(folder)
        if names is None:
            try:
                names = frozenset(os.listdir(root + folder))
            except OSError:
                names = frozenset()
            listed[folder] = names
        return name in names or os.path.lexists(root + file)

    return taken
