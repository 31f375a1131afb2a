"""The lengths that the index of an MP4 or a MOV file states, against those that its tables of samples make."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from seedspec.media.boxes import boxes_of, bytes_at
from seedspec.media.facts import Remark

# What headers are rounded to, and what is left of a last sample: less is no mistake of an index.
_ROUGH = 0.25
_MOST_ROWS = 4_000_000
_UNKNOWN = (0, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)


@dataclass(slots=True)
class _Track:
    """What stands about one track; lengths in ticks of its own scale, those of `header` and `edits` in the film's.

    `delay` is the time from the decoding of the first sample to its display: pictures may be stored out of order.
    """

    kind: bytes = b""
    number: int = 0
    scale: int = 0
    stated: int = 0
    header: int = 0
    samples: int = 0
    indexed: int = 0
    delay: int | None = None
    edits: list[tuple[int, int]] = field(default_factory=list)
    each: int = 0

    @property
    def made(self) -> float:
        return self.samples / self.scale if self.scale else 0.0

    def shown(self, scale: int) -> float:
        """The seconds that its edits leave of its samples, a pause before them with it."""
        if not scale or not self.scale or not self.edits:
            return self.made
        pauses = sum(length for length, start in self.edits if start < 0) / scale
        delay = self.delay or 0
        parts = [(length / scale, max(0, at - delay) / self.scale) for length, at in self.edits if at >= 0]
        # A length of zero means all that there is (ISO/IEC 14496-12, 8.6.6).
        return pauses + sum(min(length or self.made, max(0.0, self.made - start)) for length, start in parts)


@dataclass(frozen=True, slots=True)
class Lengths:
    """How many seconds the pictures and the longest sound are really shown, and what the headers say instead."""

    pictures: float
    sound: float
    fragmented: bool
    remark: Remark | None


def lengths(stream: BinaryIO, size: int) -> Lengths | None:
    """The lengths by the tables of samples; None where the file has no pictures or its tables tell nothing.

    The outline of the file must have been checked (`boxes.check_movie`).
    """
    scale, whole, tracks, fragmented = _read(stream, size)
    film = next((track for track in tracks if track.kind == b"vide" and track.made), None)
    if film is None or not scale:
        return None
    heard = [track for track in tracks if track.kind == b"soun"]
    pictures, sound = film.shown(scale), max((track.shown(scale) for track in heard), default=0.0)
    odds = _odds(film, "its pictures", scale, fragmented)
    odds += [odd for track in heard for odd in _odds(track, "its sound", scale, fragmented)]
    longest = max(track.shown(scale) for track in tracks)
    if whole not in _UNKNOWN and abs(whole / scale - longest) > _ROUGH and not fragmented:
        odds.append((f"says that it lasts {whole / scale:.4g} s (mvhd)", "its pictures", pictures, whole / scale))
    return Lengths(pictures, sound, fragmented, _remark(odds[0]) if odds else None)


_Odd = tuple[str, str, float, float]


def _odds(track: _Track, what: str, scale: int, fragmented: bool) -> list[_Odd]:
    """The statements about a track that its samples do not bear out."""
    found: list[_Odd] = []
    if not track.made or not track.scale:
        return found
    shown = track.shown(scale)
    stated = track.stated / track.scale
    counted = (track.samples, track.indexed)  # a writer of fragments may state what stands in the index alone
    if track.stated not in _UNKNOWN and all(abs(track.stated - c) > _ROUGH * track.scale for c in counted):
        found.append((f"says that it lasts {stated:.4g} s (mdhd)", what, track.made, stated))
    if fragmented:
        return found
    stated = track.header / scale
    if track.header not in _UNKNOWN and abs(stated - shown) > _ROUGH:
        found.append((f"says that a track of it lasts {stated:.4g} s (tkhd)", what, shown, stated))
    return found


def _remark(odd: _Odd) -> Remark:
    said, what, made, stated = odd
    return Remark(
        "header",
        f"{said}, and {what} make {made:.4g} s: services may go by either",
        "rewrite the index",
        'ffmpeg -i {file} -map 0:v -map "0:a?" -c copy {stem}-whole.mp4',
        stated,
    )


def _read(stream: BinaryIO, size: int) -> tuple[int, int, list[_Track], bool]:
    """The film's scale and length, its tracks, and whether samples stand in fragments."""
    scale = whole = 0
    tracks: list[_Track] = []
    track = part = _Track()
    each = 0
    fragmented = False
    for name, at in boxes_of(stream, 0, size):
        if name == b"mvhd":
            scale, whole = _scale_and_length(stream, at)
        elif name == b"trak":
            track = _Track()
            tracks.append(track)
        elif name == b"tkhd":
            track.number, track.header = _number_and_length(stream, at)
        elif name == b"mdhd":
            track.scale, track.stated = _scale_and_length(stream, at)
        elif name == b"hdlr" and not track.kind:
            track.kind = bytes_at(stream, at + 8, 4)
        elif name == b"stts":
            track.samples = track.indexed = sum(count * delta for count, delta in _rows(stream, at, ">II"))
        elif name == b"ctts":
            track.delay = next((offset for _, offset in _rows(stream, at, ">Ii", most=1)), None)
        elif name == b"elst":
            long = bytes_at(stream, at, 1) == b"\1"
            track.edits = [(row[0], row[1]) for row in _rows(stream, at, ">Qqi" if long else ">Iii")]
        elif name == b"trex":
            number, _, length = struct.unpack(">III", bytes_at(stream, at + 4, 12).ljust(12, b"\0"))
            _find_track(tracks, number).each = length
        elif name == b"tfhd":
            part, each = _fragment(stream, at, tracks)
        elif name == b"trun":
            fragmented = True
            part.delay = _run_delay(stream, at) if part.delay is None else part.delay
            part.samples += _run(stream, at, each)
    return scale, whole, tracks, fragmented


def _find_track(tracks: list[_Track], number: int) -> _Track:
    return next((track for track in tracks if track.number == number), _Track())


def _scale_and_length(stream: BinaryIO, at: int) -> tuple[int, int]:
    head = bytes_at(stream, at, 32).ljust(32, b"\0")
    scale, length = struct.unpack(">IQ", head[20:32]) if head[0] == 1 else struct.unpack(">II", head[12:20])
    return scale, length


def _number_and_length(stream: BinaryIO, at: int) -> tuple[int, int]:
    head = bytes_at(stream, at, 36).ljust(36, b"\0")
    number, _, length = struct.unpack(">IIQ", head[20:36]) if head[0] == 1 else struct.unpack(">III", head[12:24])
    return number, length


def _rows(stream: BinaryIO, at: int, form: str, most: int = _MOST_ROWS) -> Iterator[tuple[int, ...]]:
    count = min(int.from_bytes(bytes_at(stream, at + 4, 4), "big"), most)
    row = struct.calcsize(form)
    content = bytes_at(stream, at + 8, count * row)
    return struct.iter_unpack(form, content[: len(content) // row * row])


def _fragment(stream: BinaryIO, at: int, tracks: list[_Track]) -> tuple[_Track, int]:
    """The track that the samples of a fragment belong to, and how long each lasts unless it says so itself."""
    head = bytes_at(stream, at, 32).ljust(32, b"\0")
    flags, number = struct.unpack(">II", head[:8])
    track = _find_track(tracks, number)
    if not flags & 0x8:
        return track, track.each
    before = 8 + (8 if flags & 0x1 else 0) + (4 if flags & 0x2 else 0)
    return track, int.from_bytes(head[before : before + 4], "big")


def _run_delay(stream: BinaryIO, at: int) -> int:
    """The delay of the first sample of a run; 0 where it states none."""
    flags = int.from_bytes(bytes_at(stream, at, 4), "big")
    if not flags & 0x800:
        return 0
    before = 8 + 4 * sum(bool(flags & bit) for bit in (0x1, 0x4, 0x100, 0x200, 0x400))
    return int.from_bytes(bytes_at(stream, at + before, 4), "big", signed=True)


def _run(stream: BinaryIO, at: int, each: int) -> int:
    """The ticks that the samples of one run last together (trun: ISO/IEC 14496-12, 8.8.8)."""
    flags, count = struct.unpack(">II", bytes_at(stream, at, 8).ljust(8, b"\0"))
    if not flags & 0x100:
        return int(count) * each
    count = min(count, _MOST_ROWS)
    row = 4 * sum(bool(flags & bit) for bit in (0x100, 0x200, 0x400, 0x800))
    first = at + 8 + (4 if flags & 0x1 else 0) + (4 if flags & 0x4 else 0)
    content = bytes_at(stream, first, count * row)
    return sum(int.from_bytes(content[n : n + 4], "big") for n in range(0, len(content), row))
