"""Facts of videos, and single pictures of them."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import BinaryIO

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from seedspec.media import picture
from seedspec.media.boxes import check_movie
from seedspec.media.facts import Facts, MediaError, Remark, sniff
from seedspec.media.index import Lengths, lengths
from seedspec.media.movie.frames import DAMAGE, raster_of, sentence
from seedspec.media.picture import Raster
from seedspec.media.reader import open_regular

# The reader of the library that a file is for, by what its first bytes tell: the library's own guess could be led to
# one that opens further files or addresses.
_READERS = {"mp4": "mov", "mov": "mov", "m4a": "mov", "webm": "matroska", "mkv": "matroska", "avi": "avi", "mp3": "mp3"}
Pace = tuple[float | None, float | None, float | None]
"""Pictures a second: in the slowest second, over all, and in the fastest second."""

_MOST_PIXELS = 100_000_000
_MOST_PACKETS = 4_000_000
# Sound that goes on for longer than this after the last picture is no padding of an encoder's last frame.
_PADDING = 0.1
_USUAL = ("h264", "hevc")
_EIGHT_BITS = ("yuv420p", "yuvj420p", "nv12")
_CODECS = {
    "h264": "H.264", "hevc": "HEVC (H.265)", "prores": "ProRes", "mjpeg": "Motion JPEG", "av1": "AV1", "vp9": "VP9",
    "vp8": "VP8", "mpeg4": "MPEG-4 Part 2", "mpeg2video": "MPEG-2", "dnxhd": "DNxHD", "cfhd": "CineForm",
    "qtrle": "QuickTime Animation", "png": "PNG pictures", "rawvideo": "raw pictures", "h263": "H.263",
}  # fmt: skip
_PIXELS = {
    "yuv420p10le": "yuv420p10le (4:2:0, 10 bits)", "yuv422p": "yuv422p (4:2:2)", "yuvj422p": "yuvj422p (4:2:2)",
    "yuv444p": "yuv444p (4:4:4)", "yuvj444p": "yuvj444p (4:4:4)", "yuv422p10le": "yuv422p10le (4:2:2, 10 bits)",
    "yuv444p10le": "yuv444p10le (4:4:4, 10 bits)",
}  # fmt: skip


def facts(stream: BinaryIO, *, format: str, size: int, whole: bool) -> Facts:
    """The facts of a video, from its index and its first picture. Raises MediaError when it is cut or damaged."""
    index = index_of(stream, format, size)
    try:
        with open_stream(stream, format) as container:
            if not container.streams.video:
                return _sound_only(container, format=format, size=size)
            pictures = container.streams.video[0]
            check_size(pictures)
            first = next(container.decode(pictures), None)
            if first is None:
                raise MediaError(f"a {format} file without pictures")
            return facts_of(container, first, index, rates(container, pictures, whole=whole), format=format, size=size)
    except DAMAGE as error:
        raise MediaError(f"a damaged {format} file: {sentence(error)}") from error


def index_of(stream: BinaryIO, format: str, size: int) -> Lengths | None:
    """What the index of an MP4 makes of its length; MediaError when it is cut, or claims too much."""
    if format not in ("mp4", "mov"):
        return None
    check_movie(stream, size)
    return lengths(stream, size)


def frames_held(stream: BinaryIO, *, format: str) -> float:
    """How many seconds of sound the frames of a file make together, whatever it says of itself."""
    try:
        with open_stream(stream, format) as container:
            sound = container.streams.audio[0]
            base = sound.time_base or Fraction(0)
            return float(sum(packet.duration or 0 for packet in container.demux(sound)) * base)
    except DAMAGE as error:
        raise MediaError(f"a damaged {format} file: {sentence(error)}") from error


def open_stream(stream: BinaryIO, format: str) -> InputContainer:
    """A file as the library reads it: by one reader, through the open file alone, and without giant pictures."""
    stream.seek(0)
    options = {"max_pixels": str(_MOST_PIXELS)}
    return av.open(stream, mode="r", format=_READERS.get(format, format), options=options)


@contextmanager
def video(path: str | os.PathLike[str]) -> Iterator[InputContainer]:
    """A saved video, open: an MP4 or MOV by its content, whatever its name says, and a regular file.

    Raises OSError and MediaError; what the library raises while it reads is left to the caller.
    """
    stream, _ = open_regular(path)
    with stream:
        format = sniff(stream.read(64))
        if format not in ("mp4", "mov"):
            raise MediaError(f"found {format or 'unknown bytes'}, expected an MP4 file")
        with open_stream(stream, format) as container:
            yield container


def poster(path: str | os.PathLike[str], *, width: int = 480, at: float = 0.0, webp: bool = False) -> bytes:
    """The picture of a video at `at` seconds, or its last, as a JPEG or WebP file of the size of `picture.poster`."""
    return picture.poster(picture_at(path, at), width=width, webp=webp)


def picture_at(path: str | os.PathLike[str], at: float) -> Raster:
    """The picture of a video at `at` seconds, or its last. MediaError when there is none."""
    try:
        with video(path) as container:
            container.seek(int(at * av.time_base), backward=True)
            pictures = container.decode(video=0)
            frame = next(pictures)
            while (frame.time or 0.0) < at and (later := next(pictures, None)):
                frame = later
            return raster_of(frame)
    except (*DAMAGE, StopIteration) as error:
        raise MediaError(f"no picture in it: {sentence(error)}") from error


def check_size(stream: VideoStream) -> None:
    """Raises MediaError for pictures that are too large to be unpacked."""
    claimed = stream.codec_context.width * stream.codec_context.height
    if claimed > _MOST_PIXELS:
        raise MediaError(f"claims pictures of {claimed:,} pixels, more than this tool unpacks")


def facts_of(
    container: InputContainer, frame: VideoFrame, index: Lengths | None, pace: Pace, *, format: str, size: int
) -> Facts:
    """The facts of an open video whose first picture is decoded, by the index of its file."""
    stream = container.streams.video[0]
    width, height = frame.width, frame.height
    if frame.rotation % 180:
        width, height = height, width
    least, average, most = pace
    return Facts(
        kind="video",
        format=format,
        bytes=size,
        width=width,
        height=height,
        seconds=seconds_of(container, stream, index),
        fps=average,
        audio_streams=len(container.streams.audio),
        fps_least=least,
        fps_most=most,
        codec=stream.codec.canonical_name,
        pixels=stream.pix_fmt,
        remarks=tuple(_remarks(stream, index)),
    )


def _remarks(stream: VideoStream, index: Lengths | None) -> Iterator[Remark]:
    if index and index.remark:
        yield index.remark
    codec, pixels = stream.codec.canonical_name, stream.pix_fmt or "an unknown pixel format"
    if codec in _USUAL and pixels in _EIGHT_BITS:
        return
    holds = f"holds {_CODECS.get(codec, codec)} with {_PIXELS.get(pixels, pixels)}"
    even = ' -vf "crop=trunc(iw/2)*2:trunc(ih/2)*2"' if stream.width % 2 or stream.height % 2 else ""
    yield Remark(
        "codec",
        f"{holds}; the service's page names no codec, and many services take H.264 or HEVC of 8 bits in 4:2:0 alone",
        "make it H.264 in 4:2:0, to be safe",
        f"ffmpeg -i {{file}}{even} -c:v libx264 -crf 16 -pix_fmt yuv420p -c:a aac {{stem}}-h264.mp4",
    )


def seconds_of(container: InputContainer, stream: VideoStream, index: Lengths | None) -> float | None:
    """How long the pictures last; the whole file where its sound goes on for clearly longer.

    As its headers say, unless the tables of samples say something else: these are what is played. Of fragments the
    library takes the time before the first picture for a part of the length.
    """
    if index and (index.remark or index.fragmented or not stream.duration):
        return round(index.sound if index.sound > index.pictures + _PADDING else index.pictures, 3)
    total = container.duration / av.time_base if container.duration else None
    if stream.duration is None or stream.time_base is None:
        return None if total is None else round(total, 3)
    own = float(stream.duration * stream.time_base)
    return round(total if total is not None and total > own + _PADDING else own, 3)


def rates(container: InputContainer, stream: VideoStream, *, whole: bool) -> Pace:
    """Pictures per second: in the slowest second, over all, and in the fastest second.

    From the times of the pictures, not from the length that the file states: that lacks the last picture's share in
    some files, which makes the average of a short clip too high.
    """
    times = _times(container, stream, whole=whole)
    base = stream.time_base
    if base is None or len(times) < 2 or times[-1] == times[0]:
        rate = stream.average_rate or stream.guessed_rate
        return None, round(float(rate), 3) if rate else None, None
    if _late(times):
        times = times[1:]
    average = (len(times) - 1) / float((times[-1] - times[0]) * base)
    step = max(1, round(average))  # about a second's worth: a single late picture is no change of rate
    spans = [later - earlier for earlier, later in zip(times, times[step:], strict=False)]
    if not spans or min(spans) <= 0:
        return round(average, 3), round(average, 3), round(average, 3)
    least, most = (round(step / float(span * base), 3) for span in (max(spans), min(spans)))
    return least, round(average, 3), most


def _late(times: list[int]) -> bool:
    """Whether the first picture alone stands longer than the others, which are even: a writer of fragments gives it
    the time by which an encoder of sound begins earlier."""
    first, *others = [later - earlier for earlier, later in itertools.pairwise(times)]
    if len(others) < 2 or min(others) <= 0:
        return False
    return max(others) < first < 2 * min(others) and max(others) - min(others) <= max(2, min(others) // 50)


def _times(container: InputContainer, stream: VideoStream, *, whole: bool) -> list[int]:
    """The times of all pictures in order, in the stream's time base: from the index, or else from all packets."""
    if stream.frames and len(stream.index_entries) >= stream.frames:
        return sorted(entry.timestamp for entry in stream.index_entries)
    if not whole:
        return []
    container.seek(0)
    packets = itertools.islice(container.demux(stream), _MOST_PACKETS)
    times = sorted(packet.pts for packet in packets if packet.pts is not None)
    container.seek(0)
    return times


def _sound_only(container: InputContainer, *, format: str, size: int) -> Facts:
    if not container.streams.audio or not container.duration:
        raise MediaError(f"a {format} file without pictures or sound")
    seconds = round(container.duration / av.time_base, 3)
    return Facts(kind="audio", format=format, bytes=size, seconds=seconds, audio_streams=len(container.streams.audio))
