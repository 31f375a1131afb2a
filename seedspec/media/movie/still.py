"""One picture of a video, in full size and turned as it is shown: the same pixels from the same bytes everywhere."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, BinaryIO, Literal

import av
from av.container import InputContainer
from av.filter import Graph
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from seedspec.media.facts import MediaError, sniff
from seedspec.media.movie.frames import DAMAGE, pack, sentence
from seedspec.media.movie.probe import check_size, open_stream
from seedspec.media.picture import Raster

Moment = Literal["first", "last"] | Fraction
"""Which picture of a video: its first, its last, or the one that is shown so many seconds after its beginning."""

_HELD = Fraction(1, 10)
"""Seconds for which a player holds the last picture: readers of a file differ by as much in where it ends."""

# Without `bitexact` and `accurate_rnd` the conversion rounds otherwise on another processor.
_FLAGS = "bicubic+bitexact+accurate_rnd+full_chroma_int+full_chroma_inp"
_UNSPECIFIED = 2
"""A file's word for colours that it says nothing about (ISO 23001-8, 7.3)."""
_OLD_TELEVISION = 576
"""Rows up to which colours that a file says nothing about are those of standard television, as players take them."""


def still(stream: BinaryIO, at: Moment) -> Raster:
    """The picture of an open MP4 or MOV file that is shown at a moment. What the file's edit list leaves out is not
    shown. MediaError when it cannot be had, or when the video has ended by then.
    """
    try:
        stream.seek(0)
        format = sniff(stream.read(64))
        if format not in ("mp4", "mov"):
            raise MediaError(f"found {format or 'unknown bytes'}, expected an MP4 file")
        with open_stream(stream, format) as container:
            if not container.streams.video:
                raise MediaError("a file without pictures")
            pictures = container.streams.video[0]
            check_size(pictures)
            frame = _find_picture(container, pictures, at)
            if frame.is_corrupt:
                raise MediaError("the picture is damaged")
            return _raster(frame)
    except DAMAGE as error:
        raise MediaError(f"no picture can be cut out of it: {sentence(error)}") from error


def _find_picture(container: InputContainer, pictures: VideoStream, at: Moment) -> VideoFrame:
    """All pictures are gone through up to the one: an index may be wrong, and a leap to a key picture may miss some."""
    shown = _decode_in_order(container, pictures)
    chosen = next(shown, None)
    if chosen is None:
        raise MediaError("a file without pictures")
    if at == "first":
        return chosen
    begin = max(Fraction(container.start_time or 0, av.time_base), Fraction(0))
    for frame in shown:
        if at != "last" and _time(frame) - begin > at:
            return chosen
        chosen = frame
    if at != "last" and at > (end := _end(container, chosen) - begin) + _HELD:
        raise MediaError(f"{float(at):g} s is past its end: it lasts {float(end):.3f} s")
    return chosen


def _decode_in_order(container: InputContainer, pictures: VideoStream) -> Iterator[VideoFrame]:
    """The pictures in the order in which they are shown, which is that of a decoder. Damage raises what PyAV raises."""
    pictures.thread_type = "AUTO"
    yield from container.decode(pictures)


def _time(frame: VideoFrame) -> Fraction:
    if frame.pts is None or frame.time_base is None:
        raise MediaError("a picture in it has no time")
    return frame.pts * frame.time_base


def _end(container: InputContainer, last: VideoFrame) -> Fraction:
    """When the last picture is shown no longer: its own end, or that of a sound that goes on."""
    own = _time(last) + (last.duration or 0) * (last.time_base or 0)
    whole = Fraction((container.start_time or 0) + (container.duration or 0), av.time_base)
    return max(own, whole)


def _raster(frame: VideoFrame) -> Raster:
    """The picture in red, green and blue, with the file's turn carried out."""
    graph = Graph()
    graph.threads = 1
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base or Fraction(1, 1000)
    )
    steps = [("scale", f"flags={_FLAGS}:in_color_matrix={_matrix(frame)}:out_range=full"), ("format", "rgb24")]
    last = source
    for name, options in (*steps, *_turns(frame)):
        step = graph.add(name, options)
        last.link_to(step)
        last = step
    sink = graph.add("buffersink")
    last.link_to(sink)
    graph.configure()
    graph.vpush(frame)
    graph.vpush(None)
    made = graph.vpull()
    return Raster(made.width, made.height, pack(made.planes[0], made.width * 3))


def _matrix(frame: VideoFrame) -> str:
    if frame.colorspace == _UNSPECIFIED:
        return "bt709" if frame.height > _OLD_TELEVISION or frame.width >= 1280 else "smpte170m"
    return "auto"


def _turns(frame: VideoFrame) -> list[tuple[str, str]]:
    """The filters that turn and mirror a picture as its display matrix says (ISO 14496-12, 8.2.2), by right angles."""
    found: Any = frame.side_data.get("DISPLAYMATRIX")
    if found is None:
        return []
    a, b, _, c, d, *_ = struct.unpack("=9i", bytes(found))
    if abs(b) > abs(a):
        directions = {(True, False): "clock", (False, True): "cclock", (True, True): "cclock_flip"}
        return [("transpose", f"dir={directions.get((b > 0, c > 0), 'clock_flip')}")]
    return [("hflip", "")] * (a < 0) + [("vflip", "")] * (d < 0)
