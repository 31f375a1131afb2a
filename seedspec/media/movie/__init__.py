"""Facts of videos, frames and copies of them, and the making of emulated takes; the only door to PyAV."""

from seedspec.media.movie.edit import proxy
from seedspec.media.movie.join import Canvas, Part, join
from seedspec.media.movie.probe import check_playable, facts, frames_held, picture_at, poster
from seedspec.media.movie.takes import Studio, make_clip

__all__ = [
    "Canvas", "Part", "Studio", "check_playable", "facts", "frames_held", "join", "make_clip", "picture_at", "poster",
    "proxy",
]  # fmt: skip
