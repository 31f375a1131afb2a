"""Media files of exact size, length, rate and weight, for the edges of the rules."""

from __future__ import annotations

import struct
import wave
import zlib
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

_QUICK = {"libx264": {"preset": "ultrafast"}, "libvpx": {"deadline": "realtime", "cpu-used": "8"}}


def image(path: Path, width: int, height: int, *, weight: int | None = None) -> Path:
    """A picture of one colour in the format that its name says; a PNG can be given an exact number of bytes."""
    Image.new("RGB", (width, height), "teal").save(path)
    if weight is not None:
        whole = path.read_bytes()
        filler = weight - len(whole) - 12
        content = b"tEXt" + b"x\0" + b"y" * (filler - 2)
        chunk = struct.pack(">I", filler) + content + struct.pack(">I", zlib.crc32(content))
        path.write_bytes(whole[:33] + chunk + whole[33:])  # behind the header
        assert path.stat().st_size == weight
    return path


def video(
    path: Path,
    width: int = 640,
    height: int = 640,
    *,
    frames: int = 72,
    rate: Fraction | int = 24,
    times: Iterable[Fraction] | None = None,
    weight: int | None = None,
    turned: int = 0,
    sounds: int = 0,
) -> Path:
    """A clip in the container that its name says; `times` are when its pictures are shown, in seconds."""
    codec = {".webm": "libvpx", ".avi": "mpeg4"}.get(path.suffix, "libx264")
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, options=_QUICK.get(codec, {}))
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        base = 1 / Fraction(rate)
        if times is not None:
            base = Fraction(1, 600)
            stream.codec_context.time_base = base
        if turned:
            stream.set_display_rotation(turned)
        tones = [container.add_stream("aac", rate=48000, layout="mono") for _ in range(sounds)]
        when = range(frames) if times is None else [round(time / base) for time in times]
        for number, time in enumerate(when):
            frame = VideoFrame(width, height, "yuv420p")
            for plane in frame.planes:
                plane.update(bytes([number * 7 % 256]) * plane.buffer_size)
            frame.pts, frame.time_base = time, base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        for tone in tones:
            quiet = AudioFrame(format="fltp", layout="mono", samples=48000)
            quiet.planes[0].update(bytes(quiet.planes[0].buffer_size))
            quiet.sample_rate, quiet.pts = 48000, 0
            container.mux(tone.encode(quiet))
            container.mux(tone.encode(None))
    if weight is not None:
        filler = weight - path.stat().st_size
        with path.open("ab") as file:
            file.write(struct.pack(">I4s", filler, b"free") + bytes(filler - 8))
        assert path.stat().st_size == weight
    return path


def wav(path: Path, seconds: float, *, rate: int = 8000, weight: int | None = None) -> Path:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(b"\x10\x02" * round(rate * seconds))
    if weight is not None:
        whole = bytearray(path.read_bytes())
        filler = weight - len(whole) - 8
        whole[36:36] = struct.pack("<4sI", b"JUNK", filler) + bytes(filler)
        whole[4:8] = struct.pack("<I", weight - 8)
        path.write_bytes(whole)
        assert path.stat().st_size == weight
    return path


def sound(path: Path, seconds: float, *, rate: int = 44100) -> Path:
    """A sound in the format that its name says: mp3, flac or m4a."""
    codec = {".mp3": "libmp3lame", ".flac": "flac", ".m4a": "aac"}[path.suffix]
    format = {".mp3": "s16p", ".flac": "s16", ".m4a": "fltp"}[path.suffix]
    with av.open(str(path), "w", format="ipod" if path.suffix == ".m4a" else None) as container:
        stream = container.add_stream(codec, rate=rate, layout="mono")
        total, at = round(seconds * rate), 0
        while at < total:
            frame = AudioFrame(format=format, layout="mono", samples=min(4096, total - at))
            frame.planes[0].update(bytes(frame.planes[0].buffer_size))
            frame.sample_rate, frame.time_base, frame.pts = rate, Fraction(1, rate), at
            container.mux(stream.encode(frame))
            at += frame.samples
        container.mux(stream.encode(None))
    return path
