"""Videos with made faults of five grades: black, frozen, silent and clipped, in moving pictures and in chords.

python tests/media/faults.py
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.error import BlockingIOError as NotYet
from av.filter import Graph
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

RATE, FPS, SECONDS = 48000, 24, 5
GRADES = {
    "black": (0.1, 0.25, 0.5, 1.0, 2.0),
    "frozen": (0.25, 0.5, 1.0, 2.0, 4.0),
    "silent": (0.2, 0.4, 0.8, 1.6, 3.2),
    "clipped": (1.0, 3.0, 6.0, 9.0, 12.0),
}
"""The strength of each grade: seconds, and for `clipped` how many decibels the sound is driven over full scale."""

_OF_SOUND = ("silent", "clipped")
_HEADROOM = 2.84
"""Decibels from the peak of the sound to full scale."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a video, from `begin` on: `name` is the measure that should find it."""

    name: str
    strength: float
    begin: float = 0.8


def made(path: Path, fault: Fault | None = None, *, sound: bool = True, size: str = "320x180") -> Path:
    """A clip of five seconds with a fault, or none: pictures that turn with grain in them, as H.264, and AAC."""
    with av.open(str(path), "w", options={"fflags": "bitexact"}) as container:
        video = container.add_stream("libx264", rate=FPS, options={"preset": "veryfast", "crf": "23", "g": "250"})
        assert isinstance(video, VideoStream)
        video.width, video.height = (int(n) for n in size.split("x"))
        video.pix_fmt, video.codec_context.thread_count = "yuv420p", 1
        audio = container.add_stream("aac", rate=RATE, layout="stereo", bit_rate=128_000) if sound else None
        assert audio is None or isinstance(audio, AudioStream)
        for number, frame in enumerate(_run(_pictures(size, fault))):
            assert isinstance(frame, VideoFrame)
            frame.pts, frame.time_base, frame.pict_type = number, Fraction(1, FPS), PictureType.NONE
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if audio is not None:
            for heard in _run(_sound(fault)):
                assert isinstance(heard, AudioFrame)
                container.mux(audio.encode(heard))
            container.mux(audio.encode(None))
    return path


def graded(path: Path, name: str, strength: float) -> Path:
    """A clip with a fault, and with no more beside it than the fault needs: what is not looked at is small."""
    heard = name in _OF_SOUND
    return made(path, Fault(name, strength), sound=heard, size="64x64" if heard else "320x180")


def _pictures(size: str, fault: Fault | None) -> list[tuple[str, str]]:
    steps = [
        ("testsrc2", f"size={size}:rate={FPS}:duration={SECONDS}"),
        ("format", "yuv420p"),
        ("noise", "alls=6:allf=t:all_seed=1"),
    ]
    if fault is not None and fault.name == "black":
        between = f"between(t,{fault.begin},{fault.begin + fault.strength - 1e-3})"
        steps += [("drawbox", f"color=black:t=fill:enable='{between}'"), ("noise", f"c0s=4:c0f=t:enable='{between}'")]
    if fault is not None and fault.name == "frozen":
        first = round(fault.begin * FPS)
        held = round(fault.strength * FPS)
        steps.append(("loop", f"loop={held}:size=1:start={first}"))
        steps.append(("trim", f"duration={SECONDS}"))
    return steps


def _sound(fault: Fault | None) -> list[tuple[str, str]]:
    voices = "+".join(f"sin(2*PI*{hz}*t)*(0.6+0.4*sin(2*PI*{beat}*t))" for hz, beat in ((220, 2), (277, 3), (330, 1)))
    steps = [
        ("aevalsrc", f"exprs=0.3*({voices})|0.3*({voices}):sample_rate={RATE}:duration={SECONDS}"),
    ]
    if fault is not None and fault.name == "silent":
        between = f"between(t,{fault.begin},{fault.begin + fault.strength})"
        steps.append(("volume", f"volume=0.00008:enable='{between}'"))
    if fault is not None and fault.name == "mute":
        steps.append(("volume", "0"))
    if fault is not None and fault.name == "clipped":
        steps.append(("volume", f"{fault.strength + _HEADROOM}dB"))
    return [*steps, ("aformat", "sample_fmts=s16:channel_layouts=stereo"), ("aformat", "sample_fmts=fltp")]


def _run(steps: list[tuple[str, str]]) -> Iterator[VideoFrame | AudioFrame]:
    sound = steps[0][0] == "aevalsrc"
    graph = Graph()
    graph.threads = 1
    graph.link_nodes(*(graph.add(*step) for step in steps), graph.add("abuffersink" if sound else "buffersink"))
    graph.configure()
    while True:
        try:
            yield graph.pull()
        except (NotYet, EOFError):
            return


def table() -> list[tuple[str, int, float, float | str]]:
    """Each fault at each grade, and the figure of its measure."""
    from seedspec.measures.values import measures_of
    from seedspec.media.movie import look

    rows: list[tuple[str, int, float, float | str]] = []
    with tempfile.TemporaryDirectory() as folder:
        for name, strengths in GRADES.items():
            for grade, strength in enumerate(strengths, 1):
                found = look(graded(Path(folder, "a.mp4"), name, strength), measured=True).signals
                assert found is not None
                values = measures_of("", found).values
                rows.append((name, grade, strength, values[name]))
    return rows


if __name__ == "__main__":
    for row in table():
        print("| {} | {} | {:g} | {} |".format(*row))
