"""Decodes a clip, checks it with a poster, and measures it, in turn; says the CPU seconds of each, the least of some.

    python tests/bench/media_work.py FILE hard|light TINY

The clip is made when it is not there: 720p, 5 seconds, one key picture in 250; a hard one weighs 3 MB at least.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.error import BlockingIOError as NotYet
from av.filter import Graph
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

from seedspec.media import picture
from seedspec.media.card import Card
from seedspec.media.movie import look
from seedspec.media.movie.takes import Studio
from seedspec.media.reader import examine_with_poster

SECONDS, FPS, LEAST = 5, 24, 3_000_000


def hard(path: Path, seconds: int) -> None:
    """Motion over the whole picture, and a tone."""
    with av.open(str(path), "w", options={"movflags": "faststart"}) as out:
        options = {"preset": "veryfast", "crf": "20", "g": "250", "keyint_min": "250", "sc_threshold": "0"}
        video = out.add_stream("libx264", rate=FPS, options=options)
        sound = out.add_stream("aac", rate=48000, layout="stereo")
        assert isinstance(video, VideoStream) and isinstance(sound, AudioStream)
        video.width, video.height, video.pix_fmt = 1280, 720, "yuv420p"
        pictures, tones = Graph(), Graph()
        pictures.link_nodes(
            pictures.add("mandelbrot", f"size=1280x720:rate={FPS}"),
            pictures.add("trim", f"duration={seconds}"),
            pictures.add("format", "yuv420p"),
            pictures.add("noise", "alls=4:allf=t:all_seed=1"),
            pictures.add("buffersink"),
        ).configure()
        tones.link_nodes(
            tones.add("sine", f"frequency=440:sample_rate=48000:duration={seconds}"),
            tones.add("aformat", "sample_fmts=fltp:channel_layouts=stereo"),
            tones.add("abuffersink"),
        ).configure()
        for number, frame in enumerate(_all(pictures)):
            assert isinstance(frame, VideoFrame)
            frame.pts, frame.time_base, frame.pict_type = number, Fraction(1, FPS), PictureType.NONE
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        for frame in _all(tones):
            assert isinstance(frame, AudioFrame)
            out.mux(sound.encode(frame))
        out.mux(sound.encode(None))
    assert path.stat().st_size >= LEAST * seconds / SECONDS, path.stat().st_size


def light(path: Path, seconds: int) -> None:
    card = Card("task-unified-1-a", "A street.", 1280, 720, seconds, "720p", "16:9", audio=True)
    Studio().make(card, path)


def _all(graph: Graph) -> list[VideoFrame | AudioFrame]:
    found = []
    while True:
        try:
            found.append(graph.pull())
        except (NotYet, EOFError):
            return found


def decode(path: Path) -> None:
    with av.open(str(path)) as container:
        for packet in container.demux():
            packet.decode()


def measure(path: Path) -> None:
    found = look(path, poster=True, measured=True)
    assert found.poster is not None
    picture.poster(found.poster, width=480, webp=True)


def main(path: Path, clip: str, tiny: bool) -> None:
    if not path.exists():
        {"hard": hard, "light": light}[clip](path, 1 if tiny else SECONDS)
    works: dict[str, Callable[[], object]] = {
        "decode": lambda: decode(path), "look": lambda: examine_with_poster(path, 480),
        "measure": lambda: measure(path),
    }  # fmt: skip
    least = dict.fromkeys(works, float("inf"))
    for _ in range(1 if tiny else 5):
        for name, work in works.items():
            begin = time.process_time()
            work()
            least[name] = min(least[name], time.process_time() - begin)
    print(json.dumps(least), file=sys.stderr)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3]))
