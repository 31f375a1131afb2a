"""The only door to PyAV: here the facts of videos and frames of them; what makes videos is in the modules beside."""

from seedspec.media.movie.decode import check_playable, look, look_into
from seedspec.media.movie.probe import facts, frames_held, picture_at, poster

__all__ = ["check_playable", "facts", "frames_held", "look", "look_into", "picture_at", "poster"]
