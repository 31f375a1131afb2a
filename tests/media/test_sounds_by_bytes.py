"""Sounds by their bytes alone: WAV files and the tags around an MP3, built by hand, and all that is read from each."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from told import said

from seedspec.media import tags, wav
from seedspec.media.facts import MediaError

HERE = Path(__file__).parent / "expected"
Expect = Callable[[Path, str], None]


# --- wav -------------------------------------------------------------------------------------------------------------


def chunk(name: bytes, content: bytes, order: str = "<", length: int | None = None) -> bytes:
    size = len(content) if length is None else length
    return name + struct.pack(order + "I", size) + content + b"\0" * (len(content) % 2)


def fmt(tag: int = 1, channels: int = 1, rate: int = 8000, per_second: int = 16000, align: int = 2, bits: int = 16,
        order: str = "<", more: bytes = b"") -> bytes:  # fmt: skip
    return chunk(b"fmt ", struct.pack(order + "HHIIHH", tag, channels, rate, per_second, align, bits) + more, order)


def riff(*chunks: bytes, kind: bytes = b"RIFF", order: str = "<", whole: int | None = None) -> bytes:
    content = b"WAVE" + b"".join(chunks)
    return kind + struct.pack(order + "I", len(content) if whole is None else whole) + content


SOUND = bytes(16_000)
DATA = chunk(b"data", SOUND)
GIGA = 1_000_000_000
EXTENDED = struct.pack("<HHIH", 22, 16, 0, 3) + bytes(14)
BLOCKS = struct.pack("<HH", 2, 505)
WAVS: dict[str, bytes] = {
    "one second": riff(fmt(), DATA), "two channels": riff(fmt(channels=2, align=4), DATA),
    "floats": riff(fmt(tag=3, align=4), DATA),
    "A-law": riff(fmt(tag=6, align=1), DATA), "mu-law": riff(fmt(tag=7, align=1), DATA),
    "no align": riff(fmt(align=0), DATA),
    "no align, of 12 bits": riff(fmt(align=0, bits=12, channels=2), DATA),
    "no align, of 9 bits": riff(fmt(align=0, bits=9), DATA),
    "nothing of anything": riff(fmt(align=0, bits=0, channels=0), DATA), "no rate": riff(fmt(rate=0), DATA),
    "no channels": riff(fmt(channels=0), DATA), "a short format": riff(chunk(b"fmt ", bytes(15)), DATA),
    "an extended format": riff(fmt(tag=0xFFFE, align=4, more=EXTENDED), DATA),
    "an extended format without its codec": riff(fmt(tag=0xFFFE, more=bytes(8)), DATA),
    "bytes behind": riff(fmt(), DATA) + b"more",
    "numbers the other way": riff(fmt(order=">"), chunk(b"data", SOUND, ">"), kind=b"RIFX", order=">"),
    "numbers the other way, of a codec": riff(fmt(tag=0x55, order=">"), chunk(b"fact", struct.pack(">I", 4000), ">"),
                                              chunk(b"data", SOUND, ">"), kind=b"RIFX", order=">"),
    "64 bits": riff(chunk(b"ds64", struct.pack("<QQQ", 0, 16_000, 0)), fmt(), chunk(b"data", SOUND, length=0xFFFFFFFF),
                    kind=b"RF64", whole=0xFFFFFFFF),
    "64 bits by another name": riff(chunk(b"ds64", struct.pack("<QQQ", 0, 8_000, 0)), fmt(),
                                    chunk(b"data", SOUND, length=0xFFFFFFFF), kind=b"BW64", whole=0xFFFFFFFF),
    "64 bits that are short": riff(chunk(b"ds64", bytes(23)), fmt(), chunk(b"data", SOUND), kind=b"RF64"),
    "a size that was never written": riff(fmt(), chunk(b"data", SOUND, length=0), whole=0),
    "a size as large as can be": riff(fmt(), chunk(b"data", SOUND, length=0xFFFFFFFF), whole=0xFFFFFFFF),
    "a size above any": riff(fmt(), chunk(b"data", SOUND, length=GIGA + 1)),
    "a size at the bound": riff(fmt(), chunk(b"data", SOUND, length=GIGA)),
    "a whole size above any": riff(fmt(), DATA, whole=GIGA + 1),
    "a whole size at the bound": riff(fmt(), DATA, whole=GIGA),
    "no whole size": riff(fmt(), DATA, whole=0), "cut short": riff(fmt(), chunk(b"data", SOUND, length=16_001)),
    "an empty sound": riff(fmt(), chunk(b"data", b"")),
    "an empty sound and a list": riff(fmt(), chunk(b"data", b""), chunk(b"LIST", b"ab")),
    "an empty sound and a cut list": riff(fmt(), chunk(b"data", b""), chunk(b"LIST", b"ab", length=9)),
    "an empty sound and another": riff(fmt(), chunk(b"data", b""), chunk(b"abcd", b"ab")),
    "no sound": riff(fmt()), "no chunk": riff(), "sound before its format": riff(DATA, fmt()),
    "an odd chunk before": riff(chunk(b"JUNK", b"abc"), fmt(), DATA),
    "an even chunk before": riff(chunk(b"JUNK", b"ab"), fmt(), DATA),
    "an MP3 that says its samples": riff(fmt(tag=0x55), chunk(b"fact", struct.pack("<I", 4000)), DATA),
    "an MP3 with a short fact": riff(fmt(tag=0x55), chunk(b"fact", b"\1\2\3"), DATA),
    "an MP3 by its rate": riff(fmt(tag=0x55), DATA),
    "an MP3 that says nothing": riff(fmt(tag=0x55, per_second=0), DATA), "AAC": riff(fmt(tag=0xFF), DATA),
    "MPEG": riff(fmt(tag=0x50), DATA), "GSM": riff(fmt(tag=0x31), DATA), "an odd codec": riff(fmt(tag=0xAB), DATA),
    "blocks": riff(fmt(tag=0x11, align=256, more=BLOCKS), DATA),
    "Microsoft's blocks": riff(fmt(tag=2, align=256, more=BLOCKS), DATA),
    "blocks that do not say how many": riff(fmt(tag=2, align=256), DATA),
    "plain sound with a wrong fact": riff(fmt(), chunk(b"fact", struct.pack("<I", 1)), DATA),
    "an unfinished codec with a fact": riff(fmt(tag=0x55), chunk(b"fact", struct.pack("<I", 1)),
                                            chunk(b"data", SOUND, length=0xFFFFFFFF), whole=0),
}  # fmt: skip


def wav_shown(content: bytes) -> str:
    found = wav.look(io.BytesIO(content), len(content))
    remarks = [(r.kind, r.found, r.advice, r.command, r.stated) for r in found.remarks]
    return f"{found.seconds} s, {found.behind} behind, {remarks}"


def test_what_is_read_of_each_wav(expect: Expect) -> None:
    expect(
        HERE / "wavs.txt",
        "".join(f"{case}: {said(lambda c=content: wav_shown(c))}\n" for case, content in WAVS.items()),
    )


KNOWN = "LIST fact cue_ smpl inst bext iXML JUNK PAD_ FLLR id3_ ID3_ plst peak PEAK _PMX cart axml chna afsp acid DISP"


@pytest.mark.parametrize("name", KNOWN.split())
def test_a_known_chunk_behind_an_empty_sound_ends_a_finished_file(name: str) -> None:
    ends = chunk(name.replace("_", " ").encode() if name != "_PMX" else b"_PMX", b"ab")
    content = riff(fmt(), chunk(b"data", b""), ends)
    with pytest.raises(MediaError, match=r"its `data` chunk is empty$"):
        wav.look(io.BytesIO(content), len(content))


# --- mp3 -------------------------------------------------------------------------------------------------------------

FRAMES = b"\xff\xfb\x90\x64" + bytes(400)


def id3(size: int, flags: int = 0, name: bytes = b"ID3") -> bytes:
    parts = bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
    return name + bytes((4, 0, flags)) + parts + b"x" * size


def ape(items: int, flags: int, *, foot: bool) -> bytes:
    mark = b"APETAGEX" + struct.pack("<IIII", 2000, items + 32, 1, flags) + bytes(8)
    return b"i" * items + mark if foot else mark + b"i" * items


def ape_whole(items: int) -> bytes:
    """With a header and a footer."""
    head = b"APETAGEX" + struct.pack("<IIII", 2000, items + 32, 1, 0xA0000000) + bytes(8)
    return head + b"i" * items + b"APETAGEX" + struct.pack("<IIII", 2000, items + 32, 1, 0x80000000) + bytes(8)


LYRICS = b"LYRICSBEGIN" + b"l" * 20
TAGS: dict[str, tuple[bytes, bytes]] = {
    "nothing": (b"", b""), "ID3v2": (id3(300), b""), "ID3v2 of two": (id3(5) + id3(200), b""),
    "ID3v2 with a footer": (id3(5, 0x10) + b"3DI" + bytes(7), b""), "ID3v1": (b"", b"TAG" + bytes(125)),
    "APE behind": (b"", ape(40, 0, foot=True)), "APE behind with a header": (b"", ape_whole(40)),
    "APE before": (ape(8, 0xA0000000, foot=False) + b"APETAGEX" + bytes(24), b""),
    "APE and ID3v1": (b"", ape(4, 0, foot=True) + b"TAG" + bytes(125)),
    "Lyrics3": (b"", LYRICS + b"LYRICSEND"), "Lyrics3 of version 2": (b"", LYRICS + b"000031LYRICS200"),
    "Lyrics3 without a begin": (b"", b"l" * 20 + b"LYRICSEND"),
    "Lyrics3 of no number": (b"", LYRICS + b"00003xLYRICS200"),
    "ID3v2 behind": (b"", id3(9, name=b"ID3") + b"3DI" + b"\4\0\0\0\0\0\x09"),
    "a tag larger than the file": (id3(300)[:40], b""),
}  # fmt: skip


def test_sound_lies_between_the_tags(expect: Expect) -> None:
    lines = []
    for case, (before, after) in TAGS.items():
        content = before + FRAMES + after
        begin, end = tags.sound_of_mp3(io.BytesIO(content), len(content))
        lines += [f"{case}: {begin} of {len(before)}, {end - len(content)} of {-len(after)}\n"]
    expect(HERE / "tags.txt", "".join(lines))


def test_at_most_so_many_tags_are_looked_through() -> None:
    content = id3(1) * 21 + FRAMES + (b"TAG" + bytes(125)) * 21
    begin, end = tags.sound_of_mp3(io.BytesIO(content), len(content))
    assert (begin, end) == (20 * 11, len(content) - 20 * 128)


@pytest.mark.parametrize(
    ("frame", "states"),
    [
        (b"Xing" + struct.pack(">II", 1, 9), True), (b"Info" + struct.pack(">II", 3, 9), True),
        (b"Xing" + struct.pack(">II", 2, 9), False), (b"Xing" + struct.pack(">II", 1, 0), False), (b"Xing", False),
        (b"VBRI", True), (b"VBRX", False), (b"", False), (bytes(252) + b"VBRI", False), (bytes(236) + b"VBRI", True),
    ],
)  # fmt: skip
def test_a_first_frame_may_say_how_many_follow(frame: bytes, states: bool) -> None:
    content = b"xx" + b"\xff\xfb\x90\x64" + bytes(8) + frame + bytes(40)
    assert tags.states_its_frames(io.BytesIO(b"__" + content), 2) is states
    assert tags.states_its_frames(io.BytesIO(content[6:]), 0) is states or len(frame) > 200
