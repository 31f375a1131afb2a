"""Facts of a sound file; the only module that imports tinytag."""

from __future__ import annotations

from pathlib import Path

from tinytag import TinyTag, TinyTagException

from seedspec.media.facts import Facts, MediaError

_LEAST_BYTES = 96  # one frame of the poorest mp3
# A stream recorder that never learned its length writes one of these instead of a size.
_UNKNOWN_SIZES = (0, 0xFFFFFFFF)


def facts(path: Path, *, format: str, size: int) -> Facts:
    """The facts of a sound. Raises MediaError for a file that is cut short or holds no sound."""
    if format == "wav":
        _check_whole_wav(path, size)
    if size < _LEAST_BYTES:
        raise MediaError(f"cut short: {size} bytes hold no {format} sound")
    try:
        # The name is left out of the decision: the content has already told the format.
        with path.open("rb") as stream:
            tag = TinyTag.get(filename=f"sound.{format}", file_obj=stream, tags=False)
    except (TinyTagException, OSError, ValueError, ArithmeticError, LookupError) as error:
        raise MediaError(f"not a whole {format} file: {str(error) or type(error).__name__}") from error
    if not tag.duration or tag.duration <= 0:
        raise MediaError(f"a {format} file without any sound")
    return Facts(kind="audio", format=format, bytes=size, seconds=round(float(tag.duration), 3), audio=True)


def _check_whole_wav(path: Path, size: int) -> None:
    """Compare the sizes that a WAV file declares with the bytes that are there."""
    with path.open("rb") as stream:
        head = stream.read(12)
        if head[:4] != b"RIFF":
            return  # RF64 keeps its sizes elsewhere
        at = 12
        while at + 8 <= size:
            stream.seek(at)
            name, length = stream.read(4), int.from_bytes(stream.read(4), "little")
            if name == b"data":
                if length not in _UNKNOWN_SIZES and at + 8 + length > size:
                    raise MediaError(f"cut short: its sound should take {length} bytes, {size - at - 8} are there")
                return
            at += 8 + length + length % 2
    raise MediaError("a wav file without any sound")
