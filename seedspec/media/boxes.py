"""The outlines of files, read before a library unpacks them: where they end, and whether they claim too much."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from seedspec.media.facts import MediaError

_MOST_BOXES = 100_000
# Of pictures, and of samples of sound: tables for as many take a library some hundred megabytes to unpack.
_MOST_PICTURES = 4_000_000
_MOST_SAMPLES = 20_000_000
_FOLDERS = frozenset((b"moov", b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf", b"edts", b"mvex"))
_MOST_PASSES = 100  # of a progressive JPEG; encoders use some ten
_MOST_JPEG = 64 * 1024 * 1024
# A stream recorder that never learned its length writes one of these instead of a size.
UNKNOWN_SIZES = (0, 0xFFFFFFFF)
# Start of a pass, or the end of the picture. Between them stand 0xFF00 and restart marks, which belong to the pixels.
_JPEG_MARK = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def check_movie(stream: BinaryIO, size: int) -> None:
    """Walk the boxes of an MP4 or a MOV file. MediaError when it is cut, or claims more than a library should unpack.

    Each box must end within the file, and one must be the index (moov). Tables of samples whose rows need no bytes may
    claim billions of them in a few hundred bytes.
    """
    indexed = sound = waiting = False
    pictures = samples = 0
    for number, (name, at) in enumerate(boxes_of(stream, 0, size)):
        if number >= _MOST_BOXES:
            raise MediaError(f"more than {_MOST_BOXES:,} boxes, which no clip needs")
        indexed = indexed or name == b"moov"
        waiting = name == b"moof" or (waiting and name != b"mdat")
        if name == b"hdlr":
            sound = bytes_at(stream, at + 8, 4) == b"soun"
        elif name in (b"stsz", b"stz2"):
            row, count = _number(stream, at + 4), _number(stream, at + 8)
            if name == b"stsz" and row and row * count > size:
                raise MediaError(f"claims {count:,} samples of {row:,} bytes in {size:,} bytes")
            pictures, samples = (pictures, samples + count) if sound else (pictures + count, samples)
        elif name == b"trun":
            pictures += _number(stream, at + 4)
        if pictures > _MOST_PICTURES or samples > _MOST_SAMPLES:
            raise MediaError(f"claims {pictures + samples:,} samples, more than this tool unpacks")
    if not indexed:
        raise MediaError("an mp4 file without its index (moov): it was cut, or never finished")
    if waiting:
        raise MediaError("cut short: its last fragment (moof) says what should follow, and nothing follows")


def boxes_of(stream: BinaryIO, at: int, end: int, depth: int = 0) -> Iterator[tuple[bytes, int]]:
    """Each box from `at` to `end`, with where its content begins; those that hold boxes are entered."""
    while at + 8 <= end:
        head = bytes_at(stream, at, 16)
        length, name, begin = int.from_bytes(head[:4], "big"), head[4:8], at + 8
        if length == 1:
            length, begin = int.from_bytes(head[8:16], "big"), at + 16
        elif length == 0:
            length = end - at
        if length < begin - at:
            raise MediaError("a damaged mp4 file: a box without a size")
        if at + length > end:
            if depth:
                raise MediaError("a damaged mp4 file: a box larger than the one around it")
            raise MediaError(f"cut short: {at + length} bytes or more expected, {end} found")
        yield name, begin
        if name in _FOLDERS and depth < 8:
            yield from boxes_of(stream, begin, at + length, depth + 1)
        at += length


def behind(stream: BinaryIO, format: str, size: int) -> int:
    """How many bytes follow the end of a PNG, a JPEG or a WebP picture. MediaError for one of far too many passes."""
    if format == "webp":
        return behind_riff(bytes_at(stream, 0, 12), size)
    if format == "png":
        at = 8
        for _ in range(_MOST_BOXES):
            head = bytes_at(stream, at, 8)
            if len(head) < 8 or at > size:
                return 0  # a cut one; the library says so
            at += 12 + int.from_bytes(head[:4], "big")
            if head[4:] == b"IEND":
                return max(0, size - at)
        raise MediaError(f"more than {_MOST_BOXES:,} chunks, which no picture needs")
    return _behind_jpeg(bytes_at(stream, 0, size)) if format == "jpeg" and size <= _MOST_JPEG else 0


def _behind_jpeg(content: bytes) -> int:
    at, passes, several = 2, 0, False
    while content[at : at + 1] == b"\xff" and at + 2 <= len(content):
        mark, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        if mark == 0xFF:  # what fills up a gap
            at += 1
            continue
        if mark == 0xD9:
            if several and content[at + 2 :].lstrip(b"\0").startswith(b"\xff\xd8\xff"):
                return 0  # the further pictures that its index names: a depth map, a smaller copy
            return len(content[at + 2 :].rstrip(b"\0"))  # cameras fill up a file with nothing
        several = several or (mark == 0xE2 and content[at + 4 : at + 8] == b"MPF\0")  # CIPA DC-007
        at += 2 + length
        if mark == 0xDA:
            passes += 1
            if passes > _MOST_PASSES:
                raise MediaError(f"a picture in more than {_MOST_PASSES} passes, which no picture needs")
            following = _JPEG_MARK.search(content, at)
            at = following.start() if following else len(content)
    return 0


def behind_riff(head: bytes, size: int) -> int:
    """How many bytes follow the end that a RIFF file states in its first bytes."""
    length = int.from_bytes(head[4:8], "little")
    return 0 if length in UNKNOWN_SIZES else max(0, size - 8 - length - length % 2)


def bytes_at(stream: BinaryIO, at: int, length: int) -> bytes:
    stream.seek(at)
    return stream.read(length)


def _number(stream: BinaryIO, at: int) -> int:
    return int.from_bytes(bytes_at(stream, at, 4), "big")
