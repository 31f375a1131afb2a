"""Facts of a sound file; the only module that imports tinytag."""

from __future__ import annotations

import io
from typing import BinaryIO

from tinytag import TinyTag, TinyTagException

from seedspec.media import tags, wav
from seedspec.media.boxes import bytes_at
from seedspec.media.facts import Facts, MediaError, Remark

_LEAST_BYTES = 96  # one frame of the poorest mp3
# What an estimate by the size of a file may differ from its frames: more, and the frames are believed.
_ROUGH = 0.05


def facts(stream: BinaryIO, *, format: str, size: int, whole: bool) -> Facts:
    """The facts of a sound. Raises MediaError for a file that is cut short or holds no sound.

    The length is that of all that is stored, silence that an encoder adds to fill its last frame with it.
    """
    if size < (44 if format == "wav" else _LEAST_BYTES):
        raise MediaError(f"cut short: {size} bytes hold no {format} sound")
    if format == "wav":
        found = wav.look(stream, size)
        return Facts(kind="audio", format=format, bytes=size, seconds=found.seconds, audio_streams=1,
                     behind=found.behind, remarks=found.remarks)  # fmt: skip
    if format == "mp3":
        return _mp3(stream, size, whole=whole)
    return Facts(kind="audio", format=format, bytes=size, seconds=_seconds(stream, format), audio_streams=1)


def _seconds(stream: BinaryIO, format: str) -> float:
    try:
        # The name is left out of the decision: the content has already told the format.
        stream.seek(0)
        tag = TinyTag.get(filename=f"sound.{format}", file_obj=stream, tags=False)
    except (TinyTagException, OSError, ValueError, ArithmeticError, LookupError) as error:
        raise MediaError(f"not a whole {format} file: {str(error) or type(error).__name__}") from error
    if not tag.duration or tag.duration <= 0:
        raise MediaError(f"a {format} file without any sound")
    return round(float(tag.duration), 3)


def _mp3(stream: BinaryIO, size: int, *, whole: bool) -> Facts:
    """An MP3 says in its first frame how long it is, or not at all: then its frames are counted, without its tags."""
    begin, end = tags.sound_of_mp3(stream, size) if whole else (0, size)
    sound = stream if end == size else io.BytesIO(bytes_at(stream, 0, end))
    seconds = _seconds(sound, "mp3")
    held = _count_seconds(sound) if whole else None
    remarks: tuple[Remark, ...] = ()
    if held is not None and not tags.states_its_frames(stream, begin):
        seconds = round(held, 3) if abs(held - seconds) > _ROUGH else seconds
    elif held is not None and held < seconds - 0.5:
        raise MediaError(f"cut short: it should last {seconds:g} s, {held:.1f} s are there")
    elif held is not None and held > seconds + 0.5:
        remarks = (_other_length(seconds, held),)
        seconds = round(held, 3)
    return Facts(kind="audio", format="mp3", bytes=size, seconds=seconds, audio_streams=1, remarks=remarks)


def _count_seconds(sound: BinaryIO) -> float | None:
    """How many seconds the frames make together; None without the library that counts them."""
    try:
        from seedspec.media import movie
    except ImportError:  # the length stands, as the file declares it
        return None
    return movie.frames_held(sound, format="mp3")


def _other_length(stated: float, held: float) -> Remark:
    return Remark(
        "header",
        f"says that it lasts {stated:g} s, and its frames make {held:.3f} s",
        "write its header anew",
        "ffmpeg -i {file} -c:a copy {stem}-whole.mp3",
        stated,
    )
