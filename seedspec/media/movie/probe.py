"""Facts of videos, and single pictures of them."""

from __future__ import annotations

import os
from pathlib import Path

import av
from av.container import InputContainer

from seedspec.media import picture
from seedspec.media.card import FPS
from seedspec.media.facts import Facts, MediaError, sniff
from seedspec.media.movie.frames import DAMAGE, raster_of, sentence
from seedspec.media.picture import Raster


def facts(path: Path, *, format: str, size: int) -> Facts:
    """The facts of a video, from its header and its first frame. Raises MediaError when it is cut or damaged."""
    if format in ("mp4", "mov"):
        _check_boxes(path, size)
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                return _sound_only(container, format=format, size=size)
            return _facts(container, format=format, size=size)
    except DAMAGE as error:
        raise MediaError(f"a damaged {format} file: {sentence(error)}") from error


def check_playable(path: str | os.PathLike[str]) -> Facts:
    """The facts of a video whose first and last pictures were both decoded; MediaError when either cannot be."""
    file = Path(path)
    try:
        with file.open("rb") as stream:
            format = sniff(stream.read(64)) or "unknown"
        size = file.stat().st_size
        if format in ("mp4", "mov"):
            _check_boxes(file, size)
        with av.open(str(file)) as container:
            if not container.streams.video:
                raise MediaError(f"a {format} file without pictures")
            found = _facts(container, format=format, size=size)
            if found.seconds is None:
                raise MediaError("does not say how long it is")
            last = _last_time(container, seconds=found.seconds)
    except DAMAGE as error:
        raise MediaError(f"does not play: {sentence(error)}") from error
    if last < found.seconds - max(0.5, 3 / (found.fps or FPS)):
        raise MediaError(f"pictures end at {last:.2f} s of {found.seconds:.2f} s")
    return found


def poster(path: str | os.PathLike[str], *, width: int = 480, at: float = 0.0, webp: bool = False) -> bytes:
    """The picture of a video at `at` seconds, or its last, as a JPEG or WebP file at most `width` pixels wide."""
    return picture.poster(picture_at(path, at), width=width, webp=webp)


def picture_at(path: str | os.PathLike[str], at: float) -> Raster:
    """The picture of a video at `at` seconds, or its last. MediaError when there is none."""
    try:
        with av.open(str(path)) as container:
            container.seek(int(at * av.time_base), backward=True)
            pictures = container.decode(video=0)
            frame = next(pictures)
            while (frame.time or 0.0) < at and (later := next(pictures, None)):
                frame = later
            return raster_of(frame)
    except (*DAMAGE, StopIteration) as error:
        raise MediaError(f"no picture in it: {sentence(error)}") from error


def _facts(container: InputContainer, *, format: str, size: int) -> Facts:
    stream = container.streams.video[0]
    frame = next(container.decode(stream), None)
    if frame is None:
        raise MediaError(f"a {format} file without pictures")
    width, height = frame.width, frame.height
    if frame.rotation % 180:
        width, height = height, width
    if stream.duration is not None and stream.time_base is not None:
        seconds: float | None = float(stream.duration * stream.time_base)
    else:
        seconds = container.duration / av.time_base if container.duration else None
    rate = stream.average_rate or stream.guessed_rate
    return Facts(
        kind="video",
        format=format,
        bytes=size,
        width=width,
        height=height,
        seconds=None if seconds is None else round(seconds, 3),
        fps=round(float(rate), 3) if rate else None,
        audio=bool(container.streams.audio),
    )


def _sound_only(container: InputContainer, *, format: str, size: int) -> Facts:
    if not container.streams.audio or not container.duration:
        raise MediaError(f"a {format} file without pictures or sound")
    seconds = round(container.duration / av.time_base, 3)
    return Facts(kind="audio", format=format, bytes=size, seconds=seconds, audio=True)


def _last_time(container: InputContainer, *, seconds: float) -> float:
    """When the last picture that decodes ends, in seconds; reads no more than what follows the last key picture."""
    container.seek(max(0, int((seconds - 0.1) * av.time_base)), backward=True)
    last = 0.0
    for frame in container.decode(video=0):
        if frame.time is not None:
            length = frame.duration * frame.time_base if frame.duration and frame.time_base else 0
            last = max(last, frame.time + float(length))
    return last


def _check_boxes(path: Path, size: int) -> None:
    """Walk the outermost boxes of an MP4: each must end within the file, and one must be the index (moov)."""
    indexed = False
    at = 0
    with path.open("rb") as stream:
        while at + 8 <= size:
            stream.seek(at)
            head = stream.read(16)
            length = int.from_bytes(head[:4], "big")
            if length == 1:
                length = int.from_bytes(head[8:16], "big")
            elif length == 0:
                length = size - at
            if length < 8:
                raise MediaError("a damaged mp4 file: a box without a size")
            if at + length > size:
                raise MediaError(f"cut short: {at + length} bytes or more expected, {size} found")
            indexed = indexed or head[4:8] == b"moov"
            at += length
    if not indexed:
        raise MediaError("an mp4 file without its index (moov): it was cut, or never finished")
