"""Posters and small copies of saved videos for the review page, kept so that the next page is quick."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from seedspec.media.facts import MediaError, MediaMissing
from seedspec.media.reader import facts
from seedspec.project.atomic import replacement
from seedspec.project.files import read_file
from seedspec.project.posters import WIDTH, poster
from seedspec.report.page.content import Seen
from seedspec.text.value import valueclass

T = TypeVar("T")
MANY = 400
"""Takes at most on a page that has the posters as they are. On a larger one they are half as wide: Chromium keeps 500
pictures unpacked, each as large as its file has it, however small it is shown."""


@valueclass(frozen=True, slots=True)
class Clip:
    """A saved video: its fingerprint, its file, the sha256 of its bytes, and its facts as far as the lock has them."""

    fp: str
    file: Path
    sha256: str
    seconds: float
    fps: float | None = None
    audio: bool | None = None


def look(clip: Clip) -> Seen:
    """The poster and facts of a video; without the media libraries, or of a damaged file, there are none."""
    fps, audio = clip.fps, clip.audio
    if fps is None or audio is None:  # saved before the lock kept them, or without the media libraries
        with suppress(MediaError):
            found = facts(clip.file)
            fps, audio = found.fps, found.audio
    return Seen(poster(clip.file, clip.seconds), fps, audio)


def small(look: Callable[[Clip], Seen], kept: Path) -> Callable[[Clip], Seen]:
    """The same look, with posters of half the width, kept for the next time."""

    def seen(clip: Clip) -> Seen:
        found = look(clip)
        return Seen(_halved(found.poster, kept), found.fps, found.audio)

    return seen


def _halved(whole: bytes, kept: Path) -> bytes:
    """A poster of half the width; the whole one where the media libraries are missing, or cannot read it."""
    file = kept / f"{hashlib.sha256(whole).hexdigest()[:32]}.webp"
    with suppress(OSError):
        return read_file(file)
    try:
        from seedspec.media import picture

        made = picture.poster(picture.raster(io.BytesIO(whole), "webp"), width=WIDTH // 2, webp=True)
    except (ImportError, MediaError):
        return whole
    with suppress(OSError), replacement(file, shared=True) as making:
        making.write_bytes(made)
    return made


def proxy(clip: Clip, kept: Path) -> Path:
    """A small copy of a video. Raises MediaError for one that cannot be read, MediaMissing without PyAV."""
    file = kept / f"{clip.sha256[:32]}.mp4"
    if not file.exists():
        try:
            from seedspec.media.movie import edit
        except ImportError as error:
            raise MediaMissing() from error
        # two takes may hold the same video, and two pages may be made at one time
        with replacement(file, shared=True) as making:
            edit.proxy(clip.file, making)
    return file


def each(work: Callable[[Clip], T], clips: Iterable[Clip]) -> Iterator[tuple[str, T]]:
    """The work on every clip, several at a time, in the order of the clips, by fingerprint."""
    listed = list(clips)
    with ThreadPoolExecutor() as pool:
        yield from zip((c.fp for c in listed), pool.map(work, listed), strict=True)
