"""Facts of videos, frames of them, and the making of emulated takes; the only module that imports PyAV."""

from __future__ import annotations

import io
import math
import os
import threading
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Stream
from av.video.frame import PictureType, VideoFrame
from av.video.plane import VideoPlane
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream

from seedspec.media import card as cards
from seedspec.media import picture
from seedspec.media.card import FPS, Card
from seedspec.media.facts import Facts, MediaError, sniff
from seedspec.media.picture import Raster

# What a damaged file makes PyAV raise: its own errors, and those of Python for values out of any sense.
_DAMAGE = (FFmpegError, OSError, ValueError, ArithmeticError, LookupError, MemoryError)
_TICK = Fraction(1, FPS)
_KEY_EVERY = 2 * FPS
_RATE = 48000


def facts(path: Path, *, format: str, size: int) -> Facts:
    """The facts of a video, from its header and its first frame. Raises MediaError when it is cut or damaged."""
    if format in ("mp4", "mov"):
        _check_boxes(path, size)
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                return _sound_only(container, format=format, size=size)
            return _facts(container, format=format, size=size)
    except _DAMAGE as error:
        raise MediaError(f"a damaged {format} file: {_sentence(error)}") from error


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
    except _DAMAGE as error:
        raise MediaError(f"does not play: {_sentence(error)}") from error
    if last < found.seconds - max(0.5, 3 / (found.fps or FPS)):
        raise MediaError(f"pictures end at {last:.2f} s of {found.seconds:.2f} s")
    return found


def poster(path: str | os.PathLike[str], *, width: int = 480) -> bytes:
    """The first picture of a video as a JPEG file, as displayed, at most `width` pixels wide."""
    try:
        with av.open(str(path)) as container:
            frame = next(container.decode(video=0)).reformat(format="rgb24")
            return picture.poster(
                Raster(frame.width, frame.height, _rows(frame.planes[0], frame.width * 3)), width=width
            )
    except (*_DAMAGE, StopIteration) as error:
        raise MediaError(f"no picture in it: {_sentence(error)}") from error


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


def _sentence(error: BaseException) -> str:
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(reason).split())[:120]


# --- making takes -------------------------------------------------------------------------------------------------
#
# A take is a still card above a strip with a running clock. The strip never depends on the task, and the encoder is
# told to put card and strip into two slices of every picture, with a constant quantizer and no filter across their
# edge. So the bits of the pictures between key pictures, where the card stands still, are the same in all takes of
# one shape: they are encoded once, above a grey card, and only the key pictures are encoded for each take.


@dataclass(frozen=True, slots=True)
class _Motion:
    """What all takes of one size and length share: the packets between key pictures, and the key pictures' strips."""

    between: tuple[bytes, ...]
    strips: tuple[bytes, ...]
    head: bytes


@dataclass(frozen=True, slots=True)
class _Tone:
    """An encoded sound: its packets as (time, length, bytes), times in 1/48,000 s."""

    packets: tuple[tuple[int, int, bytes], ...]


class Studio:
    """Makes clips, and keeps what clips of one shape share. Safe to use from several threads."""

    def __init__(self, type: picture.Type | None = None) -> None:
        self._type = type or picture.Type()
        self._drawing = threading.Lock()
        self._making = threading.Lock()
        self._motions: dict[tuple[int, int, int], _Motion] = {}
        self._tones: dict[tuple[int, int], _Tone] = {}

    def make(self, card: Card, out: str | os.PathLike[str]) -> None:
        """Write a clip of exactly the card's size and seconds: H.264 at 24 pictures a second, AAC when it sounds.

        MediaError when it cannot be encoded or written.
        """
        try:
            self._make(card, out)
        except _DAMAGE as error:
            raise MediaError(f"no clip could be made: {_sentence(error)}") from error

    def _make(self, card: Card, out: str | os.PathLike[str]) -> None:
        motion = self._motion(card.width, card.height, card.seconds)
        tone = self._tone(cards.tone(card.task), card.seconds) if card.audio else None
        with self._drawing:
            still = picture.draw_card(card, self._type)
        frame = _raster_frame(still)
        with av.open(str(out), "w", format="mp4", options={"movflags": "faststart"}) as container:
            stream = _video_stream(container, card.width, card.height)
            sound = _audio_stream(container) if tone else None
            container.metadata["title"] = card.task
            container.start_encoding()
            if bytes(stream.codec_context.extradata or b"") != motion.head:
                raise MediaError("this build of the video encoder is not steady: two runs gave two stream heads")
            keys: list[bytes] = []
            for number, strip in enumerate(motion.strips):
                joined = _joined(frame, strip, card.width, card.height)
                joined.pts, joined.time_base = number * _KEY_EVERY, _TICK
                joined.pict_type = PictureType.I
                keys += [bytes(packet) for packet in stream.encode(joined)]
            keys += [bytes(packet) for packet in stream.encode(None)]
            for packet in _woven(motion, keys, tone, stream, sound):
                container.mux(packet)

    def _motion(self, width: int, height: int, seconds: int) -> _Motion:
        key = (width, height, seconds)
        with self._making:
            if key not in self._motions:
                with self._drawing:
                    strips = list(
                        picture.draw_strip(width, cards.strip_height(height), frames=seconds * FPS, type=self._type)
                    )
                self._motions[key] = _encode_motion(width, height, strips)
            return self._motions[key]

    def _tone(self, hertz: int, seconds: int) -> _Tone:
        key = (hertz, seconds)
        with self._making:
            if key not in self._tones:
                self._tones[key] = _encode_tone(hertz, seconds)
            return self._tones[key]


def make_clip(card: Card, out: str | os.PathLike[str]) -> None:
    """One clip, as Studio.make; who makes many keeps a Studio."""
    Studio().make(card, out)


def _video_stream(container: OutputContainer, width: int, height: int) -> VideoStream:
    """An encoder that gives equal bits for equal rows: constant quantizer, one thread, card and strip apart."""
    above = (height - cards.strip_height(height)) // 16 * ((width + 15) // 16)
    x264 = {
        "keyint": _KEY_EVERY, "min-keyint": _KEY_EVERY, "scenecut": 0, "bframes": 0, "slice-max-mbs": above,
        "no-deblock": 1, "colorprim": "bt709", "transfer": "bt709", "colormatrix": "bt709",
    }  # fmt: skip
    options = {
        "preset": "ultrafast",
        "qp": "20",
        "forced-idr": "1",
        "x264-params": ":".join(f"{name}={value}" for name, value in x264.items()),
    }
    stream = container.add_stream("libx264", rate=FPS, options=options)
    assert isinstance(stream, VideoStream)
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    stream.codec_context.thread_count = 1
    stream.codec_context.time_base = _TICK
    return stream


def _audio_stream(container: OutputContainer) -> AudioStream:
    stream = container.add_stream("aac", rate=_RATE, options={"aac_coder": "fast"}, layout="mono", bit_rate=96000)
    assert isinstance(stream, AudioStream)
    return stream


def _encode_motion(width: int, height: int, strips: list[bytes]) -> _Motion:
    rows = height - cards.strip_height(height)
    grey = VideoFrame(width, rows, "yuv420p")
    for plane in grey.planes:
        plane.update(b"\x80" * plane.buffer_size)
    between: list[bytes] = []
    with av.open(io.BytesIO(), "w", format="mp4") as container:
        stream = _video_stream(container, width, height)
        container.start_encoding()
        head = bytes(stream.codec_context.extradata or b"")
        for number, strip in enumerate(strips):
            joined = _joined(grey, strip, width, height)
            joined.pts, joined.time_base = number, _TICK
            between += [bytes(packet) for packet in stream.encode(joined)]
        between += [bytes(packet) for packet in stream.encode(None)]
        between_ = [b"" if number % _KEY_EVERY == 0 else bits for number, bits in enumerate(between)]
    return _Motion(tuple(between_), tuple(strips[::_KEY_EVERY]), head)


def _encode_tone(hertz: int, seconds: int) -> _Tone:
    """A soft sine that swells once a second; both repeat every second, so one second of it is computed."""
    turn = 2 * math.pi / _RATE
    second = array(
        "f", (0.14 * (0.7 - 0.3 * math.cos(turn * n)) * math.sin(turn * hertz * n) for n in range(_RATE))
    ).tobytes()
    packets: list[Packet[AudioStream]] = []
    with av.open(io.BytesIO(), "w", format="mp4") as container:
        stream = _audio_stream(container)
        for number in range(seconds):
            frame = AudioFrame(format="fltp", layout="mono", samples=_RATE)
            frame.planes[0].update(second)
            frame.sample_rate, frame.time_base, frame.pts = _RATE, Fraction(1, _RATE), number * _RATE
            packets += stream.encode(frame)
        packets += stream.encode(None)
        return _Tone(tuple((packet.pts or 0, packet.duration or 1024, bytes(packet)) for packet in packets))


def _woven(
    motion: _Motion, keys: list[bytes], tone: _Tone | None, stream: VideoStream, sound: AudioStream | None
) -> Iterator[Packet[Stream]]:
    """All packets of a clip in the order of their times."""
    waiting = list(reversed(tone.packets)) if tone else []
    for number, bits in enumerate(motion.between):
        while waiting and sound and waiting[-1][0] * FPS <= number * _RATE:
            time, length, samples = waiting.pop()
            yield _packet(samples, sound, time=time, length=length, base=Fraction(1, _RATE), key=True)
        key = number % _KEY_EVERY == 0
        bits = keys[number // _KEY_EVERY] if key else bits
        yield _packet(bits, stream, time=number, length=1, base=_TICK, key=key)
    while waiting and sound:
        time, length, samples = waiting.pop()
        yield _packet(samples, sound, time=time, length=length, base=Fraction(1, _RATE), key=True)


def _packet(
    bits: bytes, stream: VideoStream | AudioStream, *, time: int, length: int, base: Fraction, key: bool
) -> Packet[Stream]:
    packet = Packet(bits)
    packet.time_base, packet.pts, packet.dts, packet.duration = base, time, time, length
    packet.is_keyframe = key
    packet.stream = stream
    return packet


def _raster_frame(raster: Raster) -> VideoFrame:
    frame = VideoFrame(raster.width, raster.height, "rgb24")
    _fill(frame.planes[0], raster.rgb, raster.width * 3)
    return frame.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG)


def _joined(card: VideoFrame, strip: bytes, width: int, height: int) -> VideoFrame:
    """A whole picture: the card above, the strip (luma alone; it has no colour) below."""
    frame = VideoFrame(width, height, "yuv420p")
    below = b"\x80" * (width // 2 * cards.strip_height(height) // 2)
    for number, (plane, above) in enumerate(zip(frame.planes, card.planes, strict=True)):
        row = width // 2 if number else width
        _fill(plane, _rows(above, row) + (below if number else strip), row)
    return frame


def _rows(plane: VideoPlane, row: int) -> bytes:
    """The bytes of a plane without the padding at the end of its rows."""
    held = bytes(plane)
    if plane.line_size == row:
        return held[: row * plane.height]
    return b"".join(held[at : at + row] for at in range(0, plane.line_size * plane.height, plane.line_size))


def _fill(plane: VideoPlane, rows: bytes, row: int) -> None:
    if plane.line_size != row:
        pad = bytes(plane.line_size - row)
        rows = b"".join(rows[at : at + row] + pad for at in range(0, len(rows), row))
    plane.update(rows.ljust(plane.buffer_size, b"\0"))
