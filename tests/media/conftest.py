"""Media files made on the spot: nothing of them is kept in the repository."""

from __future__ import annotations

import shutil
import struct
import wave
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import pytest
import real
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from seedspec.media.card import Card
from seedspec.media.movie.takes import Studio


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[real.Store]:
    folder = tmp_path_factory.mktemp("packages")
    yield real.Store(folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def studio() -> Studio:
    return Studio()


@pytest.fixture(scope="session")
def card() -> Callable[..., Card]:
    def make(**fields: object) -> Card:
        given: dict[str, object] = {
            "task": "task-unified-1774857405-abc123",
            "prompt": "Image 1 walks toward us, camera as in video 1.", "width": 640, "height": 640, "seconds": 4,
            "quality": "480p", "ratio": "1:1", "audio": True,
        }  # fmt: skip
        return Card(**{**given, **fields})  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def movie_file() -> Callable[..., Path]:
    """Writes a grey video in whatever container its name says; returns its path."""

    def make(path: Path, *, width: int = 640, height: int = 480, frames: int = 12, fps: int = 24) -> Path:
        codec = "libvpx" if path.suffix == ".webm" else "mpeg4" if path.suffix == ".avi" else "libx264"
        with av.open(str(path), "w") as container:
            stream = container.add_stream(codec, rate=fps)
            assert isinstance(stream, VideoStream)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            for number in range(frames):
                frame = VideoFrame(width, height, "yuv420p")
                for plane in frame.planes:
                    plane.update(bytes([number * 7 % 256]) * plane.buffer_size)
                frame.pts, frame.time_base = number, Fraction(1, fps)
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return path

    return make


@pytest.fixture(scope="session")
def wav_file() -> Callable[..., Path]:
    def make(path: Path, *, seconds: float = 1.0) -> Path:
        with wave.open(str(path), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(8000)
            out.writeframes(struct.pack("<h", 1000) * int(8000 * seconds))
        return path

    return make


@pytest.fixture(scope="session")
def mp3_file() -> Callable[..., Path]:
    def make(path: Path, *, seconds: int = 1) -> Path:
        with av.open(str(path), "w") as container:
            stream = container.add_stream("libmp3lame", rate=44100, layout="mono")
            for number in range(seconds * 10):
                frame = AudioFrame(format="s16p", layout="mono", samples=4410)
                frame.planes[0].update(b"\x10\x02" * (frame.planes[0].buffer_size // 2))
                frame.sample_rate, frame.time_base, frame.pts = 44100, Fraction(1, 44100), number * 4410
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return path

    return make
