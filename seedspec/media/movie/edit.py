"""Videos made of videos: small copies, and many in one."""

from __future__ import annotations

import os
from fractions import Fraction

import av
from av.video.frame import PictureType
from av.video.stream import VideoStream

from seedspec.media.facts import FPS, MediaError
from seedspec.media.movie.frames import DAMAGE, TICK, sentence
from seedspec.media.movie.probe import video

_PROXY_FILE = {"movflags": "faststart", "fflags": "bitexact"}
# Without x264's macroblock tree, whose choices in a process of many threads are not always the same.
_PROXY = {"preset": "veryfast", "crf": "30", "bf": "0", "x264-params": "mbtree=0"}


def proxy(path: str | os.PathLike[str], out: str | os.PathLike[str], *, side: int = 480) -> None:
    """Write a small MP4 copy, its shorter side `side` pixels: quick to seek, every picture at its time, same sound."""
    try:
        with video(path) as source, av.open(str(out), "w", format="mp4", options=_PROXY_FILE) as small:
            pictures, sounds = source.streams.video[0], [s for s in source.streams.audio if s.codec.name == "aac"][:1]
            scale = min(1.0, side / min(pictures.width, pictures.height))
            rate = pictures.average_rate or Fraction(FPS)
            copy = small.add_stream("libx264", rate=rate, options=_PROXY | {"g": str(max(1, round(rate / 2)))})
            assert isinstance(copy, VideoStream)
            copy.width, copy.height = (round(n * scale / 2) * 2 for n in (pictures.width, pictures.height))
            copy.codec_context.thread_count, copy.codec_context.time_base = 1, pictures.time_base or TICK
            sound = [small.add_stream_from_template(s) for s in sounds]
            for frame in source.decode(pictures):
                resized = frame.reformat(width=copy.width, height=copy.height, format="yuv420p")
                resized.pict_type = PictureType.NONE  # the copy chooses its own key pictures
                small.mux(copy.encode(resized))
            small.mux(copy.encode(None))
            source.seek(0)
            for packet in source.demux(sounds) if sounds else ():
                if packet.dts is not None:
                    packet.stream = sound[0]
                    small.mux(packet)
    except DAMAGE as error:
        raise MediaError(f"no small copy could be made: {sentence(error)}") from error
