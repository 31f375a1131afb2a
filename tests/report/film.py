"""Videos of one luma and a steady tone, of any size, rate and length."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

Film = Callable[..., Path]


def make_film(
    path: Path, *, seconds: float = 2.0, size: tuple[int, int] = (320, 240), fps: Fraction | int = 24,
    luma: int = 120, sound: int = 0, layout: str = "mono", heard: float | None = None,
) -> Path:  # fmt: skip
    with av.open(str(path), "w", format="mp4") as out:
        video = out.add_stream("libx264", rate=fps)
        assert isinstance(video, VideoStream)
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        tone = out.add_stream("aac", rate=sound, layout=layout) if sound else None
        for number in range(round(seconds * fps)):
            frame = VideoFrame(*size, "yuv420p")
            for i, plane in enumerate(frame.planes):
                plane.update(bytes([128 if i else luma]) * plane.buffer_size)
            frame.pts, frame.time_base = number, 1 / Fraction(fps)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        if tone is not None:
            assert isinstance(tone, AudioStream)
            for number in range(round((heard or seconds) * sound / 1000)):
                wave = AudioFrame(format="fltp", layout=layout, samples=1000)
                for plane in wave.planes:
                    plane.update((b"\0\0\x80\x3e" * 8 + b"\0\0\x80\xbe" * 8) * 62 + b"\0\0\0\0" * 8)
                wave.sample_rate, wave.time_base, wave.pts = sound, Fraction(1, sound), number * 1000
                out.mux(tone.encode(wave))
            out.mux(tone.encode(None))
    return path
