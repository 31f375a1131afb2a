"""The media room's door: looks at a file, whatever its name says, and tells when a library for it is missing."""

from __future__ import annotations

import os
from pathlib import Path

from seedspec.media.facts import IMAGES, SOUNDS, VIDEOS, Facts, MediaError, MediaMissing, sniff


def facts(path: str | os.PathLike[str]) -> Facts:
    """The facts of a file. Raises MediaError when it is missing, empty, cut short, or of no known format."""
    file = Path(path)
    try:
        with file.open("rb") as stream:
            head = stream.read(64)
        size = file.stat().st_size
    except OSError as error:
        raise MediaError(f"cannot be read: {(error.strerror or type(error).__name__).lower()}") from error
    if not head:
        raise MediaError("the file is empty")
    format = sniff(head)
    try:
        if format in IMAGES:
            from seedspec.media import picture

            return picture.facts(file, format=format, size=size)
        if format in VIDEOS:
            from seedspec.media import movie

            return movie.facts(file, format=format, size=size)
        if format in SOUNDS:
            from seedspec.media import sound

            return sound.facts(file, format=format, size=size)
    except ImportError as error:
        raise MediaMissing() from error
    if format is None:
        looks = "text" if head.isascii() and b"\0" not in head else "unknown bytes"
        raise MediaError(f"not an image, a video or a sound: the file holds {looks}")
    raise MediaError(f"found {format}, which is none of the formats that can be examined")


def playable(path: str | os.PathLike[str]) -> Facts:
    """The facts of a video whose first and last pictures decode. Raises MediaError, and MediaMissing without PyAV."""
    try:
        from seedspec.media import movie
    except ImportError as error:
        raise MediaMissing() from error
    return movie.check_playable(path)
