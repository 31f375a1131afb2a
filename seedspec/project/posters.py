"""Posters of saved videos: a WebP picture in a folder beside each, made once, and used by whoever shows the video."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from seedspec.media.facts import MediaError
from seedspec.project import atomic
from seedspec.project.files import read_file

FOLDER = "posters"
WIDTH = 480
"""In pixels, of one of 16:9: two for one on a dense screen in the grid of the review page."""


def poster_of(video: Path) -> Path:
    """Where the poster of a video stands: `renders/posters/x.webp` for `renders/x.mp4`."""
    return video.parent / FOLDER / f"{video.stem}.webp"


def poster(video: Path, seconds: float | None) -> bytes:
    """The poster of a video that lasts so long: the one that is there, or a new one, kept for the next time.

    Empty without the media extra or where no picture can be had. A poster has the time stamp of its video, which
    tells when the video is another one since; one that cannot be kept is no fault.
    """
    place = poster_of(video)
    try:
        made_for = video.stat().st_mtime_ns
        if (known := _read_cached(place, made_for)) is not None:
            return known
        from seedspec.media import movie

        # a third of the way in: the first picture is often black, or the same in all takes
        made = movie.poster(video, width=WIDTH, at=(seconds or 0.0) / 3, webp=True)
    except (ImportError, MediaError, OSError):
        return b""
    with suppress(OSError):
        _keep(place, made, made_for)
    return made


def keep(video: Path, made: bytes) -> None:
    """Keeps a poster that was made while the video was looked at, unless one is there for the video as it is."""
    with suppress(OSError):
        made_for = video.stat().st_mtime_ns
        if _read_cached(poster_of(video), made_for) is None:
            _keep(poster_of(video), made, made_for)


def clear(videos: Path) -> None:
    """Takes away what is left beside a folder's posters by a process that was killed."""
    atomic.clear(videos / FOLDER)


def _read_cached(place: Path, made_for: int) -> bytes | None:
    try:
        found = place.lstat()
        if place.parent.is_symlink() or not stat.S_ISREG(found.st_mode) or found.st_mtime_ns != made_for:
            return None
        return read_file(place)
    except OSError:
        return None


def _keep(place: Path, made: bytes, made_for: int) -> None:
    place.parent.mkdir(exist_ok=True)
    if place.parent.is_symlink():
        return
    with atomic.replacement(place, shared=True) as making:
        making.write_bytes(made)
        os.utime(making, ns=(made_for, made_for))
