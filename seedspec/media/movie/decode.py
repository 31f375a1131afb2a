"""One decode of a video for all that is asked of it: its facts, whether it plays, its poster, and its signals."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO

import av
from av.audio.frame import AudioFrame
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from seedspec.media.facts import FPS, Facts, MediaError, sniff
from seedspec.media.index import Lengths
from seedspec.media.movie import gauge, probe
from seedspec.media.movie.frames import DAMAGE, raster_of, sentence
from seedspec.media.picture import Raster
from seedspec.media.reader import open_regular
from seedspec.media.signals import Heard, Signals

_LAST = 0.1
"""Seconds before the stated end from which on the last picture is looked for."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What a video was found to be. `poster` and `signals` are None where they were not asked for."""

    facts: Facts
    poster: Raster | None = None
    signals: Signals | None = None


def look(
    path: str | os.PathLike[str], *, poster: bool = False, measured: bool = False, reference: Raster | None = None
) -> Looked:
    """The facts of a video whose first and last pictures decode, and what else is asked for, in one decode.

    The poster is the picture a third of the way in: the first is often black, or the same in all takes. A video that is
    `measured` is decoded whole; else what lies between the pictures that are wanted is left out where a key picture
    allows it. `reference` is what the first picture is compared with. MediaError says what does not decode.
    """
    try:
        file, size = open_regular(path)
    except OSError as error:
        raise MediaError(f"does not play: {sentence(error)}") from error
    with file:
        return look_into(file, size, poster=poster, measured=measured, reference=reference)


def look_into(
    file: BinaryIO, size: int, *, poster: bool = False, measured: bool = False, reference: Raster | None = None
) -> Looked:
    """The same of an open file of `size` bytes."""
    try:
        file.seek(0)
        format = sniff(file.read(64)) or "unknown"
        index = probe.index_of(file, format, size)
        with probe.open_stream(file, format) as container:
            if not container.streams.video:
                raise MediaError(f"a {format} file without pictures")
            return _decode_all(container, index, format, size, poster=poster, measured=measured, reference=reference)
    except DAMAGE as error:
        raise MediaError(f"does not play: {sentence(error)}") from error


def check_playable(path: str | os.PathLike[str]) -> Facts:
    """The facts of a video whose first and last pictures were both decoded; MediaError when either cannot be."""
    return look(path).facts


def _decode_all(
    container: InputContainer, index: Lengths | None, format: str, size: int,
    *, poster: bool, measured: bool, reference: Raster | None,
) -> Looked:  # fmt: skip
    stream = container.streams.video[0]
    probe.check_size(stream)
    rates, seconds = probe.rates(container, stream, whole=True), probe.seconds_of(container, stream, index)
    if seconds is None:
        raise MediaError("does not say how long it is")
    at = seconds / 3
    sound = _Sound(container) if measured else None
    moments = [0.0, *([at] if poster else []), max(0.0, seconds - _LAST)]
    shown = _skipping(container, stream, moments) if sound is None else _all(container, stream, sound)
    first = next(shown, None)
    if first is None:
        raise MediaError(f"a {format} file without pictures")
    facts = probe.facts_of(container, first, index, rates, format=format, size=size)
    pictures = gauge.PictureGauge()
    chosen, end = first, 0.0
    for frame in chain((first,), shown):
        if (chosen.time or 0.0) < at:
            chosen = frame
        if measured:
            pictures.add(frame)
        end = max(end, _end_of(frame))
    if end < seconds - max(0.5, 3 / (facts.fps or FPS)):
        raise MediaError(f"pictures end at {end:.2f} s of {seconds:.2f} s")
    found = raster_of(chosen) if poster else None
    if sound is None:
        return Looked(facts, found)
    begin = first.time or 0.0
    alike = None if reference is None else gauge.likeness(first, reference)
    return Looked(facts, found, Signals(round(end - begin, 3), *pictures.spans(begin, end), sound.heard(), alike))


class _Sound:
    """The first sound of a file, which is decoded beside the pictures; damage in it is said, and ends it alone."""

    def __init__(self, container: InputContainer) -> None:
        self.streams = container.streams.audio[:1]
        self._gauge = gauge.SoundGauge()
        self._damage = ""

    def add(self, packet: Packet[Stream]) -> None:
        try:
            for frame in () if self._damage else packet.decode():
                assert isinstance(frame, AudioFrame)
                self._gauge.add(frame)
        except DAMAGE as error:
            self._damage = f"its sound does not decode: {sentence(error)}"

    def heard(self) -> Heard | str | None:
        if not self.streams:
            return None
        try:
            return self._damage or self._gauge.heard() or "its sound is empty"
        except DAMAGE as error:
            return f"its sound does not decode: {sentence(error)}"


def _all(container: InputContainer, stream: VideoStream, sound: _Sound) -> Iterator[VideoFrame]:
    """Every picture in order; the sound goes where it belongs on the way."""
    for packet in container.demux(stream, *sound.streams):
        if packet.stream.index != stream.index:
            sound.add(packet)
            continue
        for frame in packet.decode():
            assert isinstance(frame, VideoFrame)
            yield frame


def _skipping(container: InputContainer, stream: VideoStream, moments: Sequence[float]) -> Iterator[VideoFrame]:
    """The pictures up to each moment, and to the end after the last; what lies before a key picture is left out."""
    base = float(stream.time_base or 0)
    keys = sorted(entry.timestamp * base for entry in stream.index_entries if entry.is_keyframe)
    now, pictures = 0.0, container.decode(stream)
    for number, moment in enumerate(moments, 1):
        before = bisect_right(keys, moment)
        if moment and (not keys or (before and keys[before - 1] > now)):
            container.seek(int(moment * av.time_base), backward=True)
            pictures = container.decode(stream)
        elif moment and now >= moment:
            continue
        for frame in pictures:
            yield frame
            now = frame.time or now
            if now >= moment and number < len(moments):
                break


def _end_of(frame: VideoFrame) -> float:
    """When a picture is shown no longer, in seconds; 0 where it has no time."""
    if frame.time is None:
        return 0.0
    return frame.time + float(frame.duration * frame.time_base if frame.duration and frame.time_base else 0)
