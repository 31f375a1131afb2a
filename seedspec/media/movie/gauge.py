"""The filters through which pictures and sound go while a video is decoded, and what they say: signals."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from fractions import Fraction

from av.audio.frame import AudioFrame
from av.error import BlockingIOError as NotYet
from av.filter import Graph
from av.filter.context import FilterContext
from av.video.frame import VideoFrame

from seedspec.media.movie.frames import frame_of
from seedspec.media.picture import Raster
from seedspec.media.signals import Heard, Spans

_SIDE = 360
"""Pixels of the shorter side at which two pictures are compared."""

_BLACK = "d=0.01:pic_th=0.98:pixel_black_th=0.10"
BLACK = 0.15
"""A span of pictures that are black in 98 % of their pixels counts from so many seconds on."""

FROZEN = 0.4
"""A span of pictures that all differ from its first by less than 1/500 of full brightness, on average, counts from so
many seconds on."""

SILENT = 0.3
"""A span below -60 dB of full scale counts from so many seconds on."""

_CUT = 10.0
QUIETEST = -120.0
"""The true peak of digital silence, which has none, in dBTP."""

_GATE = -70.0
_BLOCK = 0.4  # seconds, the shortest sound that has a loudness (BS.1770-5, annex 1)
# Within 0.3 dB of full scale, in 8 bits: lossy codecs do not keep the very top of what was clipped before.
_TOP = re.compile(rb"[\xfc-\xff]{3,}|[\x00-\x03]{3,}")


class PictureGauge:
    """Is given each picture of a video in order, and tells its spans and cuts at the end."""

    def __init__(self) -> None:
        self._graph: Graph | None = None
        self._shape: tuple[int, int, str] | None = None
        self._black, self._frozen = _Spans("lavfi.black"), _Spans("lavfi.freezedetect.freeze")
        self._cuts: list[float] = []

    def add(self, frame: VideoFrame) -> None:
        """Raises what PyAV raises. A file may change the size of its pictures: the filters begin anew then."""
        shape = (frame.width, frame.height, frame.format.name)
        if self._graph is None or shape != self._shape:
            self._end()
            self._graph, self._shape = _picture_graph(frame), shape
        self._read(frame)

    def spans(self, begin: float, end: float) -> tuple[Spans, Spans, tuple[float, ...]]:
        """Black, frozen, and cuts of a video whose pictures are shown from `begin` to `end`."""
        self._end()
        black, frozen = self._black.of(begin, end, BLACK), self._frozen.of(begin, end, FROZEN)
        return black, frozen, tuple(round(at - begin, 3) for at in self._cuts)

    def _end(self) -> None:
        if self._graph is not None:
            self._read(None)

    def _read(self, frame: VideoFrame | None) -> None:
        assert self._graph is not None
        for seen in _filter(self._graph, frame):
            said = seen.metadata
            self._black.read(said)
            self._frozen.read(said)
            if "lavfi.scd.time" in said:
                self._cuts.append(float(said["lavfi.scd.time"]))


class SoundGauge:
    """Is given each frame of a sound in order, and tells what was heard at the end."""

    def __init__(self) -> None:
        self._graph: Graph | None = None
        self._silent = _Spans("lavfi.silence")
        self._said: Mapping[str, str] = {}
        self._clipped = 0
        self._begin: float | None = None
        self._seconds = 0.0

    def add(self, frame: AudioFrame) -> None:
        """Raises what PyAV raises, also for a sound whose rate or channels change on the way."""
        if self._graph is None:
            self._graph = _sound_graph(frame)
        if self._begin is None:
            self._begin = frame.time or 0.0
        self._seconds += frame.samples / frame.sample_rate
        self._read(frame)

    def heard(self) -> Heard | None:
        """None where there was no sound at all."""
        if self._graph is None or self._begin is None:
            return None
        self._read(None)
        silent = self._silent.of(self._begin, self._begin + self._seconds, SILENT)
        peaks = [float(value) for name, value in self._said.items() if ".true_peaks_ch" in name]
        peak = max((20 * math.log10(value) for value in peaks if value > 0), default=QUIETEST)
        loudness = (
            float(self._said["lavfi.r128.I"]) if self._seconds >= _BLOCK and "lavfi.r128.I" in self._said else None
        )
        if loudness is not None:
            loudness = round(max(loudness, _GATE), 1)
        return Heard(silent, loudness, round(max(peak, QUIETEST), 1), self._clipped)

    def _read(self, frame: AudioFrame | None) -> None:
        assert self._graph is not None
        for heard in _filter(self._graph, frame):
            assert isinstance(heard, AudioFrame)
            said = heard.metadata
            self._said = said if "lavfi.r128.I" in said else self._said
            self._silent.read(said)
            for plane in heard.planes:
                self._clipped += len(_TOP.findall(bytes(plane)[: heard.samples]))


class _Spans:
    """The spans that a filter says of in the metadata of frames: where one begins, and where it has ended."""

    def __init__(self, name: str) -> None:
        self._start, self._end = f"{name}_start", f"{name}_end"
        self._found: list[tuple[float, float]] = []
        self._since: float | None = None

    def read(self, said: Mapping[str, str]) -> None:
        if self._end in said and self._since is not None:
            self._found.append((self._since, float(said[self._end])))
            self._since = None
        if self._start in said:
            self._since = float(said[self._start])

    def of(self, begin: float, end: float, least: float) -> Spans:
        """Those of `least` seconds or more, from the video's begin on; the last may last until its end."""
        found = [*self._found, *([(self._since, end)] if self._since is not None else [])]
        within = [(max(a, begin) - begin, min(b, end) - begin) for a, b in found]
        return tuple((round(a, 3), round(b, 3)) for a, b in within if b - a >= least - 1e-6)


def likeness(frame: VideoFrame, reference: Raster) -> float:
    """The SSIM of a picture and a reference that is cropped around its centre to the picture's shape."""
    width, height = _scale(frame.width, frame.height)
    graph = Graph()
    graph.threads = 1
    size, other = f"{width}:{height}", frame_of(reference)
    filled = f"{size}:force_original_aspect_ratio=increase:flags=bicubic"
    first = _source(graph, frame)
    second = _source(graph, other)
    ssim, sink = graph.add("ssim"), graph.add("buffersink")
    for place, (source, scale) in enumerate(((first, f"{size}:flags=bicubic"), (second, filled))):
        last = source
        for name, options in (("scale", scale), ("crop", size), ("setsar", "1"), ("format", "yuv420p")):
            step = graph.add(name, options)
            last.link_to(step)
            last = step
        last.link_to(ssim, 0, place)
    ssim.link_to(sink)
    graph.configure()
    for source, picture in ((first, frame), (second, other)):
        picture.pts = 0
        source.push(picture)
        source.push(None)
    return round(float(graph.vpull().metadata["lavfi.ssim.All"]), 4)


def _picture_graph(frame: VideoFrame) -> Graph:
    graph = Graph()
    graph.threads = 1
    graph.link_nodes(  # of the pictures as they are: to scale them takes longer than all that is looked for
        _source(graph, frame),
        graph.add("blackdetect", _BLACK),
        graph.add("freezedetect", f"n=0.002:d={FROZEN}"),
        graph.add("scdet", f"t={_CUT:g}"),
        graph.add("buffersink"),
    ).configure()
    return graph


def _sound_graph(frame: AudioFrame) -> Graph:
    graph = Graph()
    graph.threads = 1
    source = graph.add_abuffer(
        format=frame.format, sample_rate=frame.sample_rate, layout=frame.layout, time_base=frame.time_base
    )
    graph.link_nodes(
        source,
        graph.add("ebur128", "peak=true:metadata=1:framelog=quiet"),  # first: it joins frames, and what they say
        graph.add("silencedetect", f"n=-60dB:d={SILENT:g}"),
        graph.add("aformat", "sample_fmts=u8p"),
        graph.add("abuffersink"),
    ).configure()
    return graph


def _source(graph: Graph, frame: VideoFrame) -> FilterContext:
    return graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base or Fraction(1, 1000)
    )


def _scale(width: int, height: int) -> tuple[int, int]:
    """The size at which a picture is compared, both even."""
    part = min(1.0, _SIDE / min(width, height))
    return max(2, round(width * part / 2) * 2), max(2, round(height * part / 2) * 2)


def _filter(graph: Graph, frame: VideoFrame | AudioFrame | None) -> Iterator[VideoFrame | AudioFrame]:
    """What the filters give for a frame; for None, all that they still hold."""
    graph.push(frame)
    while True:
        try:
            found = graph.pull()
        except (NotYet, EOFError):
            return
        assert isinstance(found, VideoFrame | AudioFrame)
        yield found
