"""An emulator's studio, built when the first take is drawn: loading what draws is a third of a start."""

from __future__ import annotations

import threading
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from seedspec.media.card import Card
from seedspec.media.facts import MediaError

if TYPE_CHECKING:
    from seedspec.media.movie.takes import Studio as Built

for _name in ("av", "PIL"):
    if find_spec(_name) is None:  # an emulator that could draw nothing does not start
        raise ModuleNotFoundError(f"No module named {_name!r}", name=_name)


class Studio:
    """Makes clips as the studio of the media room does. Safe to use from several threads."""

    def __init__(self) -> None:
        self._building = threading.Lock()
        self._built: Built | None = None

    def make(self, card: Card, out: Path) -> None:
        """Write the clip of a card. Raises MediaError when it cannot be encoded or written."""
        with self._building:
            if self._built is None:
                try:
                    from seedspec.media.movie.takes import Studio as Built
                except ImportError as error:  # there, and broken
                    raise MediaError(f"no clip could be made: {error}") from error
                self._built = Built()
        self._built.make(card, out)
