"""Facts of a sound file; the only module that imports tinytag."""

from __future__ import annotations

from typing import BinaryIO

from tinytag import TinyTag, TinyTagException

from seedspec.media import boxes
from seedspec.media.facts import Facts, MediaError

_LEAST_BYTES = 96  # one frame of the poorest mp3


def facts(stream: BinaryIO, *, format: str, size: int, whole: bool) -> Facts:
    """The facts of a sound. Raises MediaError for a file that is cut short or holds no sound.

    The length is that of all that is stored, silence that an encoder adds to fill its last frame with it.
    """
    beyond = boxes.check_wav(stream, size) if format == "wav" else 0
    if size < _LEAST_BYTES:
        raise MediaError(f"cut short: {size} bytes hold no {format} sound")
    try:
        # The name is left out of the decision: the content has already told the format.
        stream.seek(0)
        tag = TinyTag.get(filename=f"sound.{format}", file_obj=stream, tags=False)
    except (TinyTagException, OSError, ValueError, ArithmeticError, LookupError) as error:
        raise MediaError(f"not a whole {format} file: {str(error) or type(error).__name__}") from error
    if not tag.duration or tag.duration <= 0:
        raise MediaError(f"a {format} file without any sound")
    seconds = round(float(tag.duration), 3)
    if whole and format == "mp3":
        _check_whole_mp3(stream, seconds)
    return Facts(kind="audio", format=format, bytes=size, seconds=seconds, audio_streams=1, behind=beyond)


def _check_whole_mp3(stream: BinaryIO, seconds: float) -> None:
    """Compare the length that an MP3 file declares with the frames that are there."""
    try:
        from seedspec.media import movie
    except ImportError:  # the length stands, as the file declares it
        return
    held = movie.frames_held(stream, format="mp3")
    if held < seconds - 0.5:
        raise MediaError(f"cut short: it should last {seconds:g} s, {held:.1f} s are there")
