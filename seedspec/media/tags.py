"""Where the sound of an MP3 file begins and ends, between the tags that programs put before and behind it."""

from __future__ import annotations

import re
import struct
from typing import BinaryIO

from seedspec.media.boxes import bytes_at

_MOST_TAGS = 20


def sound_of_mp3(stream: BinaryIO, size: int) -> tuple[int, int]:
    """The first byte of its frames and the one behind its last: ID3v2 before, ID3v1, APEv2 and Lyrics3 behind."""
    begin, end = 0, size
    for _ in range(_MOST_TAGS):
        head = bytes_at(stream, begin, 10)
        taken = _id3v2(head) if head[:3] == b"ID3" else _ape(head, bytes_at(stream, begin, 32))
        if not taken or begin + taken > size:
            break
        begin += taken
    for _ in range(_MOST_TAGS):
        taken = _last_tag(stream, end)
        if not taken or end - taken < begin:
            break
        end -= taken
    return begin, end


def states_its_frames(stream: BinaryIO, begin: int) -> bool:
    """Whether the first frame is one that says how many follow: Xing, Info or VBRI. A stream has none."""
    head = bytes_at(stream, begin, 4096)
    frame = head[max(head.find(b"\xff"), 0) :][:256]
    for name in (b"Xing", b"Info"):
        if (at := frame.find(name)) >= 0:
            flags, frames = struct.unpack(">II", frame[at + 4 : at + 12].ljust(8, b"\0"))
            return bool(flags & 1 and frames)
    return b"VBRI" in frame


def _last_tag(stream: BinaryIO, end: int) -> int:
    """The bytes of the last tag before `end`; 0 when there is none."""
    foot = bytes_at(stream, max(0, end - 128), min(end, 128))
    if foot[:3] == b"TAG" and len(foot) == 128:
        return 128
    if foot[-32:-24] == b"APETAGEX":
        return _ape(foot[-32:-22], foot[-32:])
    if foot[-9:] == b"LYRICS200" and re.fullmatch(b"[0-9]{6}", foot[-15:-9]):
        return int(foot[-15:-9]) + 15
    if foot[-9:] == b"LYRICSEND":
        return _lyrics_before(bytes_at(stream, max(0, end - 5200), min(end, 5200)))
    if foot[-10:-7] == b"3DI":
        return _id3v2(foot[-10:]) + 10
    return 0


def _lyrics_before(tail: bytes) -> int:
    at = tail.rfind(b"LYRICSBEGIN")
    return len(tail) - at if at >= 0 else 0


def _id3v2(head: bytes) -> int:
    size = 0
    for byte in head[6:10]:
        size = size << 7 | byte & 0x7F
    return 10 + size + (10 if head[5:6] and head[5] & 0x10 and head[:3] == b"ID3" else 0)


def _ape(head: bytes, whole: bytes) -> int:
    """The bytes of an APE tag by header or footer: the size counts items and footer, a flag tells of a header."""
    if head[:8] != b"APETAGEX" or len(whole) < 32:
        return 0
    size, _, flags = struct.unpack("<III", whole[12:24])
    return int(size) + (32 if flags & 0x80000000 else 0)
