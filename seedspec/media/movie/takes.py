"""The making of emulated takes: stills above a clock that runs, with a tone, quickly."""

from __future__ import annotations

import io
import math
import os
import threading
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

from seedspec.media import card as cards
from seedspec.media.card import Card, Pictures
from seedspec.media.facts import FPS, MediaError
from seedspec.media.movie.frames import DAMAGE, RATE, fill, frame_of, pack, sentence
from seedspec.media.picture import drawing
from seedspec.media.picture.light import lay_light, shine

_KEYS_EVERY = 250
"""Pictures from one key picture to the next: that of most encoders where nobody says otherwise."""
_DARK, _PLAIN = b"\x10", b"\x80"
"""Black, and no colour, as luma and chroma (ITU-R BT.709)."""

# A take is a card, over which light passes, above a strip with a running clock. Neither light nor strip depends on the
# task, and the encoder is told to put card and strip into two slices of every picture, with a constant quantizer and no
# filter across their edge. What it writes down of a card between key pictures is how much lighter or darker each block
# has become (`picture/light.py` says why it is nothing else), which holds for every card. So the pictures between key
# pictures are encoded once for all takes of one shape, above a grey card, and only the key pictures for each take.


@dataclass(frozen=True, slots=True)
class _Motion:
    """What all takes of one size, length and rate share: what is between key pictures, and the key pictures' strips
    and light."""

    between: tuple[bytes, ...]
    strips: tuple[bytes, ...]
    light: bytes
    head: bytes
    fps: int


@dataclass(frozen=True, slots=True)
class _Tone:
    """An encoded sound: its packets as (time, length, bytes), times in 1/48,000 s."""

    packets: tuple[tuple[int, int, bytes], ...]


class Studio:
    """Makes clips, and keeps what clips of one shape share. Safe to use from several threads."""

    def __init__(self, type: drawing.Type | None = None) -> None:
        self._type = type or drawing.Type()
        self._drawing = threading.Lock()
        self._making = threading.Lock()
        self._motions: dict[tuple[int, int, int, int, Pictures], _Motion] = {}
        self._tones: dict[tuple[int, int], _Tone] = {}

    def make(self, card: Card, out: str | os.PathLike[str]) -> None:
        """Write a clip of exactly the card's size, seconds and rate: H.264, and AAC when it sounds.

        MediaError when it cannot be encoded or written.
        """
        try:
            self._make(card, out)
        except DAMAGE as error:
            raise MediaError(f"no clip could be made: {sentence(error)}") from error

    def _make(self, card: Card, out: str | os.PathLike[str]) -> None:
        motion = self._motion(card)
        tone = self._tone(cards.tone(card.task), card.seconds) if card.audio else None
        with self._drawing:
            still = drawing.draw_card(card, self._type)
        luma, *colour = _rows(frame_of(still))
        if card.pictures == "black":
            above = [_DARK * len(luma), *(_PLAIN * len(plane) for plane in colour)]
        else:
            above = [lay_light(luma, motion.light), *colour]
        with av.open(str(out), "w", format="mp4", options={"movflags": "faststart"}) as container:
            stream = _video_stream(container, card.width, card.height, card.fps)
            sound = _audio_stream(container) if tone else None
            container.metadata["title"] = card.task
            container.start_encoding()
            if bytes(stream.codec_context.extradata or b"") != motion.head:
                raise MediaError("this build of the video encoder is not steady: two runs gave two stream heads")
            keys: list[bytes] = []
            for number, strip in enumerate(motion.strips):
                joined = _join_planes(above, strip, card.width, card.height)
                joined.pts, joined.time_base = number * _KEYS_EVERY, Fraction(1, card.fps)
                joined.pict_type = PictureType.I
                keys += [bytes(packet) for packet in stream.encode(joined)]
            keys += [bytes(packet) for packet in stream.encode(None)]
            for packet in _woven(motion, keys, tone, stream, sound):
                container.mux(packet)

    def _motion(self, card: Card) -> _Motion:
        key = (card.width, card.height, card.seconds, card.fps, card.pictures)
        with self._making:
            if key not in self._motions:
                size, frames = (card.width, cards.strip_height(card.height)), card.seconds * FPS
                with self._drawing:
                    strips = list(drawing.draw_strip(*size, frames=frames, type=self._type))[:: FPS // card.fps]
                if card.pictures != "moving":
                    strips = [strips[0] if card.pictures == "still" else _DARK * len(strips[0])] * len(strips)
                self._motions[key] = _encode_motion(card, strips)
            return self._motions[key]

    def _tone(self, hertz: int, seconds: int) -> _Tone:
        key = (hertz, seconds)
        with self._making:
            if key not in self._tones:
                self._tones[key] = _encode_tone(hertz, seconds)
            return self._tones[key]


def _video_stream(container: OutputContainer, width: int, height: int, fps: int) -> VideoStream:
    """An encoder that gives equal bits for equal rows: constant quantizer, one thread, card and strip apart."""
    above = (height - cards.strip_height(height)) // 16 * ((width + 15) // 16)
    x264 = {
        "keyint": _KEYS_EVERY, "min-keyint": _KEYS_EVERY, "scenecut": 0, "bframes": 0,
        "slice-max-mbs": above, "no-deblock": 1, "colorprim": "bt709", "transfer": "bt709", "colormatrix": "bt709",
    }  # fmt: skip
    options = {
        "preset": "ultrafast",
        "qp": "20",
        "forced-idr": "1",
        "x264-params": ":".join(f"{name}={value}" for name, value in x264.items()),
    }
    stream = container.add_stream("libx264", rate=fps, options=options)
    assert isinstance(stream, VideoStream)
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    stream.codec_context.thread_count = 1
    stream.codec_context.time_base = Fraction(1, fps)
    return stream


def _audio_stream(container: OutputContainer) -> AudioStream:
    stream = container.add_stream("aac", rate=RATE, options={"aac_coder": "fast"}, layout="mono", bit_rate=96000)
    assert isinstance(stream, AudioStream)
    return stream


def _encode_motion(card: Card, strips: list[bytes]) -> _Motion:
    width, height, fps = card.width, card.height, card.fps
    rows = height - cards.strip_height(height)
    moving = card.pictures == "moving"
    # The light moves in every second picture: that is smooth enough, and half the work of whoever makes or decodes it.
    passed = (number % _KEYS_EVERY // 2 * 2 / fps if moving else 0 for number in range(len(strips)))
    colour = _PLAIN * (width // 2 * rows // 2)
    light = b""
    between: list[bytes] = []
    with av.open(io.BytesIO(), "w", format="mp4") as container:
        stream = _video_stream(container, width, height, fps)
        container.start_encoding()
        head = bytes(stream.codec_context.extradata or b"")
        for number, (strip, lit) in enumerate(zip(strips, shine(width, rows, passed), strict=True)):
            light = light or lit
            joined = _join_planes((lit, colour, colour), strip, width, height)
            joined.pts, joined.time_base = number, Fraction(1, fps)
            between += [bytes(packet) for packet in stream.encode(joined)]
        between += [bytes(packet) for packet in stream.encode(None)]
        between_ = [b"" if number % _KEYS_EVERY == 0 else bits for number, bits in enumerate(between)]
    return _Motion(tuple(between_), tuple(strips[::_KEYS_EVERY]), light, head, fps)


def _encode_tone(hertz: int, seconds: int) -> _Tone:
    """A soft sine that swells once a second; both repeat every second, so one second of it is computed."""
    turn = 2 * math.pi / RATE
    second = array(
        "f", (0.14 * (0.7 - 0.3 * math.cos(turn * n)) * math.sin(turn * hertz * n) for n in range(RATE))
    ).tobytes()
    packets: list[Packet[AudioStream]] = []
    with av.open(io.BytesIO(), "w", format="mp4") as container:
        stream = _audio_stream(container)
        for number in range(seconds):
            frame = AudioFrame(format="fltp", layout="mono", samples=RATE)
            frame.planes[0].update(second)
            frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), number * RATE
            packets += stream.encode(frame)
        packets += stream.encode(None)
        return _Tone(tuple((packet.pts or 0, packet.duration or 1024, bytes(packet)) for packet in packets))


def _woven(
    motion: _Motion, keys: list[bytes], tone: _Tone | None, stream: VideoStream, sound: AudioStream | None
) -> Iterator[Packet[Stream]]:
    """All packets of a clip in the order of their times."""
    waiting = list(reversed(tone.packets)) if tone else []
    for number, bits in enumerate(motion.between):
        while waiting and sound and waiting[-1][0] * motion.fps <= number * RATE:
            time, length, samples = waiting.pop()
            yield _packet(samples, sound, time=time, length=length, base=Fraction(1, RATE), key=True)
        place, after = divmod(number, _KEYS_EVERY)
        bits = bits if after else keys[place]
        yield _packet(bits, stream, time=number, length=1, base=Fraction(1, motion.fps), key=not after)
    while waiting and sound:
        time, length, samples = waiting.pop()
        yield _packet(samples, sound, time=time, length=length, base=Fraction(1, RATE), key=True)


def _packet(
    bits: bytes, stream: VideoStream | AudioStream, *, time: int, length: int, base: Fraction, key: bool
) -> Packet[Stream]:
    packet = Packet(bits)
    packet.time_base, packet.pts, packet.dts, packet.duration = base, time, time, length
    packet.is_keyframe = key
    packet.stream = stream
    return packet


def _join_planes(card: Sequence[bytes], strip: bytes, width: int, height: int) -> VideoFrame:
    """A whole picture: the rows of the card's planes above, the strip (luma alone; it has no colour) below."""
    frame = VideoFrame(width, height, "yuv420p")
    below = _PLAIN * (width // 2 * cards.strip_height(height) // 2)
    for number, (plane, above) in enumerate(zip(frame.planes, card, strict=True)):
        fill(plane, above + (below if number else strip), width // 2 if number else width)
    return frame


def _rows(frame: VideoFrame) -> tuple[bytes, ...]:
    """The planes of a picture without padding."""
    return tuple(pack(plane, frame.width // 2 if number else frame.width) for number, plane in enumerate(frame.planes))
