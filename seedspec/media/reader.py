"""The media room's door: looks at a file, whatever its name says, and tells when a library for it is missing."""

from __future__ import annotations

import os
import stat
import sys
from fractions import Fraction
from functools import cache
from io import BufferedReader
from typing import TYPE_CHECKING, BinaryIO

from seedspec.media.facts import IMAGES, SOUNDS, VIDEOS, Facts, MediaError, MediaMissing, OtherFormat, sniff

if TYPE_CHECKING:
    from seedspec.media.signals import Signals

_READERS = {"pillow": "Pillow", "tinytag": "tinytag", "av": "av"}
"""Libraries that read media: each under the name it is told apart by, and as it writes itself."""


def facts(path: str | os.PathLike[str]) -> Facts:
    """The facts of a file. Raises MediaError when it is missing, empty, cut short, or of no known format."""
    try:
        stream, size = open_regular(path)
    except OSError as error:
        raise MediaError(f"cannot be read: {(error.strerror or type(error).__name__).lower()}") from error
    with stream:
        return facts_of(stream, size)


def open_regular(path: str | os.PathLike[str]) -> tuple[BufferedReader, int]:
    """A regular file for reading, and its bytes; it waits for no pipe and opens no device.

    Raises OSError, and MediaError for what is no regular file.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):  # opening alone may do something to a device
        raise MediaError("is no regular file")
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    stream = open(handle, "rb")  # noqa: SIM115 - the caller closes it
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        stream.close()
        raise MediaError("is no regular file")
    return stream, status.st_size


def facts_of(stream: BinaryIO, size: int, *, whole: bool = True) -> Facts:
    """The facts of an open file of `size` bytes. MediaError, and MediaMissing when a library is not installed.

    Without `whole` no more is read than tells the facts: damage further on, and what lies behind the end, goes unseen.
    """
    if not size:
        raise MediaError("the file is empty")
    stream.seek(0)
    head = stream.read(64)
    format = sniff(head)
    try:
        if format in IMAGES:
            from seedspec.media import picture

            return picture.facts(stream, format=format, size=size, whole=whole)
        if format in VIDEOS:
            from seedspec.media import movie

            return movie.facts(stream, format=format, size=size, whole=whole)
        if format in SOUNDS:
            from seedspec.media import sound

            return sound.facts(stream, format=format, size=size, whole=whole)
    except ImportError as error:
        raise MediaMissing() from error
    except OSError as error:
        raise MediaError(f"cannot be read: {(error.strerror or str(error) or type(error).__name__).lower()}") from error
    if format is None:
        looks = "text" if head.isascii() and b"\0" not in head else "unknown bytes"
        raise MediaError(f"not an image, a video or a sound: the file holds {looks}")
    raise OtherFormat(format)


def readers() -> str | None:
    """The libraries that read media, each with its version; None when one is missing. None of them is imported.

    An installed package has a folder `name-version.dist-info` (packaging.python.org, Recording installed projects),
    or `.egg-info` where a distribution made it: its name is enough. `importlib.metadata` would be loaded, and parse
    each package's whole description, for as much time as the rest of a small check takes without its imports.
    """
    found: dict[str, str] = {}
    for place in sys.path:
        try:
            names = sorted(os.listdir(place or os.curdir))
        except OSError:  # a path that is not there, or an archive
            continue
        for file in names:
            whole, ending = os.path.splitext(file)
            name, _, version = whole.partition("-")
            if ending in (".dist-info", ".egg-info") and name.lower() in _READERS:
                found.setdefault(name.lower(), version)
    if len(found) < len(_READERS):
        return None
    return " ".join(f"{shown} {found[name]}" for name, shown in _READERS.items())


def playable(path: str | os.PathLike[str]) -> Facts:
    """The facts of a video whose first and last pictures decode. Raises MediaError, and MediaMissing without PyAV."""
    if not _has_av():
        raise MediaMissing()
    try:
        from seedspec.media import movie
    except ImportError as error:
        raise MediaMissing() from error
    return movie.check_playable(path)


def examine_with_poster(path: str | os.PathLike[str], width: int) -> tuple[Facts, bytes]:
    """The same, with a poster as a WebP file, sized as `picture.poster` does by `width`, of one decode."""
    if not _has_av():
        raise MediaMissing()
    try:
        from seedspec.media import movie, picture
    except ImportError as error:
        raise MediaMissing() from error
    found = movie.look(path, poster=True)
    assert found.poster is not None
    return found.facts, picture.poster(found.poster, width=width, webp=True)


def signals(stream: BinaryIO, size: int, reference: str | os.PathLike[str] | None = None) -> Signals:
    """What one decode of a whole open video finds in it; its first picture is compared with a reference, an image file.

    Raises MediaError, and MediaMissing without PyAV.
    """
    if not _has_av():
        raise MediaMissing()
    try:
        from seedspec.media import movie, picture
    except ImportError as error:
        raise MediaMissing() from error
    like = None
    if reference is not None:
        file, _ = open_regular(reference)
        with file:
            format = sniff(file.read(64))
            if format not in IMAGES:
                raise MediaError("its first-frame reference is no image")
            like = picture.raster(file, format)
    found = movie.look_into(stream, size, measured=True, reference=like).signals
    assert found is not None
    return found


def thumbnail(path: str | os.PathLike[str], side: int) -> bytes:
    """A small picture of an image, or of the first moment of a video, as a WebP file of `side` pixels at most.

    b"" for a sound, which has none. Raises OSError, MediaError for a file that is damaged or of no known format, and
    MediaMissing when a library is not installed.
    """
    stream, _ = open_regular(path)
    with stream:
        format = sniff(stream.read(64))
        if format in SOUNDS:
            return b""
        try:
            from seedspec.media import picture

            if format in IMAGES:
                return picture.thumbnail(stream, format, side=side)
            from seedspec.media import movie
        except ImportError as error:
            raise MediaMissing() from error
    return movie.poster(path, width=side, webp=True)


def picture_of(stream: BinaryIO, frame: str) -> tuple[bytes, int, int]:
    """A picture of an open video as a PNG file, with its width and height: its `first`, its `last`, or the one that is
    shown at so many milliseconds. The same video gives the same bytes. Raises MediaError, and MediaMissing without
    PyAV.
    """
    if not _has_av():
        raise MediaMissing()
    try:
        from seedspec.media.movie.still import still
        from seedspec.media.picture.png import png
    except ImportError as error:
        raise MediaMissing() from error
    found = still(stream, "first" if frame == "first" else "last" if frame == "last" else Fraction(int(frame), 1000))
    return png(found), found.width, found.height


def plays_videos() -> bool:
    """Whether videos can be looked at here. Cheap: what is installed is looked for once."""
    return _has_av()


def cuts_pictures() -> bool:
    """Whether pictures can be cut out of videos here."""
    return readers() is not None and _has_av()


@cache
def _has_av() -> bool:
    """Whether PyAV is installed. An import that fails is no way to see that: Python remembers none, so that each would
    look through all folders again, and another thread may meet the half of a module that it leaves for a moment.
    """
    from importlib.util import find_spec  # nothing that only looks into pictures needs it

    return find_spec("av") is not None
