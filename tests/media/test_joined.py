"""Videos in one: as long as their pictures, from the first moment on, with sound beside them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
from made import video

from seedspec.media.movie.join import Canvas, Gap, Part, join

PARTS = (12, 24)
"""Pictures of each video, at 24 a second."""


def test_pictures_and_sound_begin_at_once_and_follow_one_another(tmp_path: Path) -> None:
    clips = [video(tmp_path / f"{n}.mp4", 64, 64, frames=n, sounds=1) for n in PARTS]
    canvas = Canvas(64, 64)
    seconds = join([Part(clips[0]), Gap(("one",), 0.5), Part(clips[1])], tmp_path / "all.mp4", canvas)
    pictures = sum(PARTS) + 12
    assert seconds == pictures / canvas.fps
    with av.open(str(tmp_path / "all.mp4")) as made:
        times = [frame.pts * frame.time_base for frame in made.decode(video=0)]
        made.seek(0)
        heard = [frame.pts * frame.time_base for frame in made.decode(audio=0)]
    assert times == [Fraction(n, canvas.fps) for n in range(pictures)]
    assert heard[0] <= 0 and heard[-1] < seconds
