"""Many videos in one: each scaled and padded to one canvas at one rate, with silence where there is no sound."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.filter import Graph
from av.packet import Packet
from av.stream import Stream
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

from seedspec.media.facts import MediaError
from seedspec.media.movie import probe
from seedspec.media.movie.frames import DAMAGE, RATE, frame_of, sentence
from seedspec.media.picture import drawing
from seedspec.media.picture.drawing import Label

_FILE = {"movflags": "faststart", "fflags": "bitexact"}
_CODE = {"preset": "veryfast", "crf": "20"}
_SAMPLE = 4  # bytes of one sample of one channel: 32-bit floats, a plane a channel
_CHANNELS = 2


@dataclass(frozen=True, slots=True)
class Part:
    """One video of many; `label` is burnt into the lower left corner, "" for none."""

    path: str | os.PathLike[str]
    label: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """A card of so many seconds in the place of a video that is lacking; nothing is heard."""

    lines: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Canvas:
    """What all parts become: pixels (both even) and whole pictures a second that divide 48,000."""

    width: int
    height: int
    fps: int = 24

    @property
    def samples(self) -> int:
        """Samples of sound that go with one picture."""
        return RATE // self.fps


def join(parts: Sequence[Part | Gap], out: str | os.PathLike[str], canvas: Canvas) -> float:
    """Writes the parts one after another into an MP4 file; returns its length in seconds.

    Each video is as long as its pictures; sound that goes on after them is cut. MediaError names the part at fault.
    """
    type = drawing.Type()
    with av.open(str(out), "w", format="mp4", options=_FILE) as joined:
        video = joined.add_stream("libx264", rate=canvas.fps, options=_CODE | {"g": str(2 * canvas.fps)})
        assert isinstance(video, VideoStream)
        video.width, video.height, video.pix_fmt = canvas.width, canvas.height, "yuv420p"
        video.codec_context.time_base = Fraction(1, canvas.fps)
        sound = joined.add_stream("aac", rate=RATE, layout="stereo", bit_rate=160_000)
        assert isinstance(sound, AudioStream)
        number = 0
        for part in parts:
            text = part.label if isinstance(part, Part) else ""
            label = drawing.label(text, height=canvas.height, most=canvas.width, type=type) if text else None
            shown = _cut(part, canvas) if isinstance(part, Part) else _still(part, canvas, type)
            try:
                for frame, samples in shown:
                    if label is not None:
                        _burn(frame, label)
                    for packet in _encode(frame, samples, number, video, sound, canvas):
                        joined.mux(packet)
                    number += 1
            except (*DAMAGE, MediaError) as error:
                name = os.fspath(part.path) if isinstance(part, Part) else part.lines[0]
                raise MediaError(f"{name}: {sentence(error)}") from error
        for stream in (video, sound):
            joined.mux(stream.encode(None))
    return number / canvas.fps


def _encode(
    frame: VideoFrame, samples: Sequence[bytes], number: int, video: VideoStream, sound: AudioStream, canvas: Canvas
) -> Iterator[Packet[Stream]]:
    """One picture and its sound. Both encoders run through all parts, so that no part brings a beginning of its own."""
    frame.pts, frame.time_base, frame.pict_type = number, Fraction(1, canvas.fps), PictureType.NONE
    yield from video.encode(frame)
    heard = AudioFrame(format="fltp", layout="stereo", samples=canvas.samples)
    for plane, channel in zip(heard.planes, samples, strict=True):
        plane.update(channel.ljust(plane.buffer_size, b"\0"))
    heard.sample_rate, heard.time_base, heard.pts = RATE, Fraction(1, RATE), number * canvas.samples
    yield from sound.encode(heard)


def _cut(part: Part, canvas: Canvas) -> Iterator[tuple[VideoFrame, Sequence[bytes]]]:
    """The pictures of a part on the canvas, each with the sound that belongs to it."""
    with probe.video(part.path) as source:
        if not source.streams.video:
            raise ValueError("no pictures in it")
        heard = _sound(source)
    step = canvas.samples * _SAMPLE
    with probe.video(part.path) as source:
        found = False
        for number, frame in enumerate(_pictures(source, canvas)):
            found = True
            frame.make_writable()  # it may be one that the decoder still looks at
            yield frame, [channel[number * step : (number + 1) * step].ljust(step, b"\0") for channel in heard]
        if not found:
            raise ValueError("no pictures in it")


def _still(gap: Gap, canvas: Canvas, type: drawing.Type) -> Iterator[tuple[VideoFrame, Sequence[bytes]]]:
    """The pictures of a card, all alike, and silence."""
    raster = drawing.draw_gap(gap.lines, width=canvas.width, height=canvas.height, type=type)
    silence = bytes(canvas.samples * _SAMPLE)
    for _ in range(max(1, round(gap.seconds * canvas.fps))):
        yield frame_of(raster), [silence] * _CHANNELS  # each a picture of its own: an encoder keeps what it was given


def _pictures(source: InputContainer, canvas: Canvas) -> Iterator[VideoFrame]:
    stream = source.streams.video[0]
    size = f"{canvas.width}:{canvas.height}"
    graph = Graph()
    graph.link_nodes(
        graph.add_buffer(template=stream),
        graph.add("scale", f"{size}:force_original_aspect_ratio=decrease:force_divisible_by=2:flags=lanczos"),
        graph.add("pad", f"{size}:(ow-iw)/2:(oh-ih)/2"),
        graph.add("setsar", "1"),
        graph.add("fps", f"{canvas.fps}:start_time=0"),
        graph.add("format", "yuv420p"),
        graph.add("buffersink"),
    ).configure()
    for frame in chain(source.decode(stream), (None,)):
        graph.push(frame)
        while (shown := _pull(graph)) is not None:
            yield shown


def _pull(graph: Graph) -> VideoFrame | None:
    """The next picture, or None when the filters want more, or have no more."""
    try:
        frame = graph.pull()
    except (BlockingIOError, EOFError):
        return None
    assert isinstance(frame, VideoFrame)
    return frame


def _sound(source: InputContainer) -> list[bytes]:
    """The channels of a part from its beginning on: what lies before is dropped, gaps are silent."""
    channels = [bytearray() for _ in range(_CHANNELS)]
    if not source.streams.audio:
        return [bytes(c) for c in channels]
    resampler = AudioResampler(format="fltp", layout="stereo", rate=RATE)
    for frame in chain(source.decode(source.streams.audio[0]), (None,)):
        for heard in resampler.resample(frame):
            # encoders begin with priming that players skip: it lies before time 0
            at = round((heard.time or 0.0) * RATE) if heard.pts is not None else len(channels[0]) // _SAMPLE
            for channel, plane in zip(channels, heard.planes, strict=True):
                _place(channel, bytes(plane)[: heard.samples * _SAMPLE], at)
    return [bytes(c) for c in channels]


def _place(channel: bytearray, samples: bytes, at: int) -> None:
    if at < 0:
        samples, at = samples[-at * _SAMPLE :], 0
    missing = at * _SAMPLE - len(channel)
    if missing > _SAMPLE:  # one sample more or less is rounding
        channel.extend(bytes(missing))
    channel.extend(samples)


def _burn(frame: VideoFrame, label: Label) -> None:
    """Letters on a dark ground into the lower left corner; they have no colour, so chroma is grey there."""
    left = bottom = round(frame.height / 40) // 2 * 2
    top = frame.height - bottom - label.height
    for number, plane in enumerate(frame.planes):
        part = 2 if number else 1
        view = memoryview(plane)
        width = label.width // part
        for row in range(label.height // part):
            start = (top // part + row) * plane.line_size + left // part
            luma = label.luma[row * label.width : row * label.width + label.width]
            view[start : start + width] = b"\x80" * width if number else luma
