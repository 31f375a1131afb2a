"""Posters and small copies of saved videos for the review page, kept in a folder so that the next page is quick."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from seedspec.media.facts import MediaError, MediaMissing
from seedspec.media.look import facts
from seedspec.report.review.content import Seen

WIDTH = 480
"""Of a poster, in pixels: two for one on a dense screen in the grid."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Clip:
    """A saved video: its fingerprint, its file, and the sha256 of its bytes, which what is made of it is kept under."""

    fp: str
    file: Path
    sha256: str
    seconds: float


def look(clip: Clip, kept: Path) -> Seen:
    """The poster and facts of a video; without the media libraries, or of a damaged file, there are none."""
    picture, said = kept / f"{clip.sha256[:32]}.webp", kept / f"{clip.sha256[:32]}.json"
    try:
        known = json.loads(said.read_text(encoding="utf-8"))
        return Seen(picture.read_bytes(), known["fps"], known["audio"])
    except (OSError, ValueError, KeyError):
        pass
    try:
        from seedspec.media import movie

        found = facts(clip.file)
        # a third of the way in: the first picture is often black, or the same in all takes
        poster = movie.poster(clip.file, width=WIDTH, at=clip.seconds / 3, webp=True)
    except (ImportError, MediaMissing, MediaError):
        return Seen(b"", None, None)
    _keep(picture, poster, clip)
    _keep(said, json.dumps({"fps": found.fps, "audio": found.audio}).encode(), clip)
    return Seen(poster, found.fps, found.audio)


def proxy(clip: Clip, kept: Path) -> Path:
    """A small copy of a video. Raises MediaError for one that cannot be read, MediaMissing without PyAV."""
    file = kept / f"{clip.sha256[:32]}.mp4"
    if not file.exists():
        try:
            from seedspec.media import movie
        except ImportError as error:
            raise MediaMissing() from error
        making = file.with_suffix(f".{clip.fp[:12]}.mp4")  # two takes may hold the same video
        movie.proxy(clip.file, making)
        making.replace(file)
    return file


def each(work: Callable[[Clip], T], clips: Iterable[Clip]) -> Iterator[tuple[str, T]]:
    """The work on every clip, several at a time, in the order of the clips, by fingerprint."""
    listed = list(clips)
    with ThreadPoolExecutor() as pool:
        yield from zip((c.fp for c in listed), pool.map(work, listed), strict=True)


def _keep(file: Path, content: bytes, clip: Clip) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    making = file.with_name(f"{file.name}.{clip.fp[:12]}")
    making.write_bytes(content)
    making.replace(file)
