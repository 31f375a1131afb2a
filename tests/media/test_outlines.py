"""Files by their bytes alone: boxes and chunks that are built by hand, and all that is read from each."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from told import said

from seedspec.media import boxes, index
from seedspec.media.boxes import behind, behind_riff, boxes_of, check_movie
from seedspec.media.facts import MediaError, sniff

HERE = Path(__file__).parent / "expected"
Expect = Callable[[Path, str], None]


# --- boxes of a film -------------------------------------------------------------------------------------------------


def box(name: str, *parts: bytes | int, size: int | None = None) -> bytes:
    content = b"".join(part if isinstance(part, bytes) else struct.pack(">I", part) for part in parts)
    return struct.pack(">I", 8 + len(content) if size is None else size) + name.encode() + content


def long_box(name: str, content: bytes) -> bytes:
    return struct.pack(">I4sQ", 1, name.encode(), 16 + len(content)) + content


def track(kind: str, *parts: bytes, number: int = 1, length: int = 2000, scale: int = 600, stated: int = 1200) -> bytes:
    head = box("tkhd", 0, 0, 0, number, 0, length, bytes(60))
    media = box("mdhd", 0, 0, 0, scale, stated, 0) + box("hdlr", 0, 0, kind.encode(), bytes(12))
    return box("trak", head, box("mdia", media, box("minf", box("stbl", *parts))))


def stts(*rows: int) -> bytes:
    return box("stts", 0, len(rows) // 2, *rows)


def edits(*rows: tuple[int, int], long: bool = False) -> bytes:
    form, version = (">Qqi", 1 << 24) if long else (">Iii", 0)
    return box("edts", box("elst", version, len(rows), *(struct.pack(form, *row, 0x10000) for row in rows)))


def film(*tracks: bytes, scale: int = 1000, length: int = 2000, more: bytes = b"") -> bytes:
    return (
        box("ftyp", b"isom")
        + box("moov", box("mvhd", 0, 0, 0, scale, length, bytes(80)), *tracks, more)
        + box("mdat", b"x" * 9)
    )


def with_edits(made: bytes, *rows: tuple[int, int], long: bool = False) -> bytes:
    return box("trak", made[8:], edits(*rows, long=long))


def fragment(*runs: bytes, number: int = 1, flags: int = 0, more: bytes = b"") -> bytes:
    return box("moof", box("traf", box("tfhd", flags, number, more), *runs)) + box("mdat", b"x" * 9)


PICTURES = track("vide", stts(48, 25))
LONG_HEAD = struct.pack(">IQQIQ", 1 << 24, 0, 0, 1000, 2000)
LONG_TRACK = struct.pack(">IQQIIQ", 1 << 24, 0, 0, 1, 0, 2000)
EMPTY = track("vide", stts(), stated=0, length=0)
TREX = box("mvex", box("trex", 0, 1, 0, 25, 0, 0))
FILMS: dict[str, bytes] = {
    "two seconds": film(PICTURES), "with sound": film(PICTURES, track("soun", stts(80, 15), number=2)),
    "with longer sound": film(PICTURES, track("soun", stts(100, 18), number=2, length=3000, stated=1800), length=3000),
    "sound alone": film(track("soun", stts(80, 15))), "no samples": film(EMPTY), "no scale": film(PICTURES, scale=0),
    "rows of times": film(track("vide", stts(24, 25, 12, 50))),
    "a film that says otherwise": film(PICTURES, length=2251),
    "a film that says nearly so": film(PICTURES, length=2250),
    "a film that says nothing": film(PICTURES, length=0), "a film of no end": film(PICTURES, length=0xFFFFFFFF),
    "a track that says otherwise": film(track("vide", stts(48, 25), length=2251)),
    "a track that says nearly so": film(track("vide", stts(48, 25), length=2250)),
    "a track that says nothing": film(track("vide", stts(48, 25), length=0)),
    "media that say otherwise": film(track("vide", stts(48, 25), stated=1351)),
    "media that say nearly so": film(track("vide", stts(48, 25), stated=1350)),
    "media that say nothing": film(track("vide", stts(48, 25), stated=0)),
    "sound that says otherwise": film(PICTURES, track("soun", stts(80, 15), stated=9999, number=2)),
    "all of it, by an edit": film(with_edits(PICTURES, (0, 0))),
    "a second of it": film(with_edits(PICTURES, (1000, 0))),
    "a second of it, by long numbers": film(with_edits(PICTURES, (1000, 0), long=True)),
    "from its second second on": film(with_edits(PICTURES, (2000, 600))),
    "a pause before it": film(with_edits(PICTURES, (500, -1), (2000, 0))),
    "past its end": film(with_edits(PICTURES, (1000, 1300))),
    "delayed, and edited for it": film(with_edits(track("vide", stts(48, 25), box("ctts", 0, 1, 1, 50)), (2000, 50))),
    "delayed by less than nothing": film(with_edits(track("vide", stts(48, 25), box("ctts", 0, 1, 1, 0xFFFFFFCE)),
    (2000, 50))),
    "long heads": box("moov", box("mvhd", LONG_HEAD),
    PICTURES.replace(PICTURES[8:8 + 92], box("tkhd", LONG_TRACK, bytes(48)))),
    "fragments that say their own": film(EMPTY, more=TREX) + fragment(box("trun", 0x100, 2, 600, 300)),
    "fragments by the index": film(EMPTY, more=TREX) + fragment(box("trun", 0, 48)),
    "fragments by their head": film(EMPTY, more=TREX) + fragment(box("trun", 0, 10), flags=0x8,
    more=struct.pack(">I", 60)),
    "fragments by a longer head": film(EMPTY, more=TREX) + fragment(box("trun", 0, 10), flags=0xB,
    more=struct.pack(">QII", 1, 2, 60)),
    "fragments with all parts": film(EMPTY, more=TREX)
    + fragment(box("trun", 0xF05, 2, 1, 2, *(600, 7, 8, 50), *(300, 7, 8, 9))),
    "fragments with an offset alone": film(EMPTY, more=TREX) + fragment(box("trun", 0x101, 2, 1, 600, 300)),
    "fragments with first flags alone": film(EMPTY, more=TREX) + fragment(box("trun", 0x104, 2, 1, 600, 300)),
    "fragments of another track": film(EMPTY, more=TREX) + fragment(box("trun", 0x100, 1, 600), number=9),
    "fragments beside an index": film(PICTURES, more=TREX) + fragment(box("trun", 0x100, 1, 600)),
    "fragments that are delayed": film(with_edits(EMPTY, (0, 50)),
    more=TREX) + fragment(box("trun", 0x900, 1, 600, 50)),
}  # fmt: skip


def lengths_shown(content: bytes) -> str:
    check_movie(io.BytesIO(content), len(content))
    found = index.lengths(io.BytesIO(content), len(content))
    if found is None:
        return "nothing"
    remark = found.remark
    told = f", {remark.kind}: {remark.found}; {remark.advice}; {remark.command}; {remark.stated}" if remark else ""
    return f"pictures {found.pictures:.4g} s, sound {found.sound:.4g} s, fragmented {found.fragmented}{told}"


def test_how_long_each_film_is(expect: Expect) -> None:
    expect(
        HERE / "films.txt",
        "".join(f"{case}: {said(lambda c=content: lengths_shown(c))}\n" for case, content in FILMS.items()),
    )


def sizes(*rows: int, name: str = "stsz") -> bytes:
    return box(name, 0, *rows)


def film_of(kind: str, *parts: bytes) -> bytes:
    return box("moov", box("trak", box("mdia", box("hdlr", 0, 0, kind.encode()), box("minf", box("stbl", *parts)))))


MOVIES: dict[str, bytes] = {
    "an index": box("moov"), "no index": box("ftyp"), "nothing": b"", "a few bytes": b"1234567",
    "a box to the end": box("ftyp", size=0) + box("moov"),
    "a long box": long_box("free", b"x" * 8) + box("moov"),
    "a long box of no size": struct.pack(">I4sQ", 1, b"free", 15),
    "a box of no size": box("free", size=7), "a cut box": box("moov") + box("free", b"xx", size=11),
    "a box as long as the file": box("moov") + box("free", b"xx"),
    "a box larger than the one around it": box("moov", box("trak", size=9)),
    "a fragment alone": box("moov") + box("moof"), "a fragment with its sound": box("moov") + box("moof") + box("mdat"),
    "a fragment and another box": box("moov") + box("moof") + box("free"),
    "sound before a fragment": box("moov") + box("mdat") + box("moof"),
    "samples of a size": film_of("vide", sizes(10, 8)),
    "samples of a size that is too large": film_of("vide", sizes(1, 81)),
    "samples of no size": film_of("vide", sizes(0, 4_000_000)),
    "a picture too many": film_of("vide", sizes(0, 4_000_001)),
    "sounds": film_of("soun", sizes(0, 20_000_000)), "a sound too many": film_of("soun", sizes(0, 20_000_001)),
    "small sizes": film_of("vide", sizes(10, 4_000_000, name="stz2")),
    "small sizes too many": film_of("vide", sizes(10, 4_000_001, name="stz2")),
    "runs": box("moov") + box("moof", box("traf", box("trun", 0, 4_000_000))) + box("mdat"),
    "runs too many": box("moov") + box("moof", box("traf", box("trun", 0, 4_000_001))) + box("mdat"),
    "runs and samples": film_of("vide", sizes(0, 2_000_000)) + box("moof",
    box("traf", box("trun", 0, 2_000_001))) + box("mdat"),
    "ten levels": box("moov",
    box("moov", box("moov", box("moov", box("moov", box("moov", box("moov", box("moov", box("moov", box("moov",
                  b"damaged!")))))))))),
    "nine levels": box("moov",
    box("moov", box("moov", box("moov", box("moov", box("moov", box("moov", box("moov", box("moov",
                   box("trak", size=99)))))))))),
    "eight levels": box("moov", box("moov", box("moov", box("moov", box("moov", box("moov", box("moov", box("moov",
                    box("trak", size=99))))))))),
}  # fmt: skip


def test_what_is_told_of_each_outline(expect: Expect) -> None:
    lines = [
        f"{case}: {said(lambda c=content: check_movie(io.BytesIO(c), len(c)))}\n" for case, content in MOVIES.items()
    ]
    expect(HERE / "outlines.txt", "".join(lines).replace(": None\n", ": fine\n"))


def test_a_flood_of_boxes_is_counted() -> None:
    most = box("moov") + box("free") * (boxes._MOST_BOXES - 1)
    check_movie(io.BytesIO(most), len(most))
    with pytest.raises(MediaError, match=r"^more than 100,000 boxes, which no clip needs$"):
        check_movie(io.BytesIO(most + box("free")), len(most) + 8)


def test_boxes_are_entered_where_they_hold_boxes() -> None:
    content = box("moov", box("trak", box("free", b"x")), box("udta", box("meta"))) + long_box("mdat", b"y")
    assert list(boxes_of(io.BytesIO(content), 0, len(content))) == [
        (b"moov", 8), (b"trak", 16), (b"free", 24), (b"udta", 33), (b"mdat", 57),
    ]  # fmt: skip


# --- pictures --------------------------------------------------------------------------------------------------------

PNG = b"\x89PNG\r\n\x1a\n" + box("IHDR", bytes(13), size=13) + bytes(4) + box("IEND", size=0) + bytes(4)
SCAN = b"\xff\xda\0\4ab" + b"\1\xff\0\2\xff\xd0\3"
JPEG = b"\xff\xd8" + b"\xff\xe0\0\4ab" + SCAN
END = b"\xff\xd9"
MPF = b"\xff\xe2\0\x08MPF\0ab"
BEHIND: dict[str, tuple[str, bytes]] = {
    "a png": ("png", PNG), "a png and more": ("png", PNG + b"more"), "a cut png": ("png", PNG[:30]),
    "a png of no end": ("png", PNG[:-12]),
    "a jpeg": ("jpeg", JPEG + END), "a jpeg and more": ("jpeg", JPEG + END + b"more"),
    "a jpeg and nothing": ("jpeg", JPEG + END + bytes(9)),
    "a jpeg, more and nothing": ("jpeg", JPEG + END + b"more" + bytes(9)), "a jpeg without an end": ("jpeg", JPEG),
    "a jpeg with a gap": ("jpeg", JPEG[:2] + b"\xff\xff" + JPEG[2:] + END + b"x"),
    "a jpeg of two": ("jpeg", b"\xff\xd8" + MPF + SCAN + END + JPEG + END),
    "a jpeg of two, one of them nothing": ("jpeg", b"\xff\xd8" + MPF + SCAN + END + bytes(3) + JPEG + END),
    "a jpeg that says that it is of two": ("jpeg", b"\xff\xd8" + MPF + SCAN + END + b"xyz"),
    "a jpeg behind a jpeg": ("jpeg", JPEG + END + JPEG + END),
    "a jpeg of a hundred passes": ("jpeg", b"\xff\xd8" + SCAN * 100 + END + b"x"),
    "a jpeg of one more": ("jpeg", b"\xff\xd8" + SCAN * 101 + END),
    "a webp": ("webp", b"RIFF" + struct.pack("<I", 8) + b"WEBPabcd"),
    "a webp and more": ("webp", b"RIFF" + struct.pack("<I", 8) + b"WEBPabcdmore"),
    "an odd webp": ("webp", b"RIFF" + struct.pack("<I", 7) + b"WEBPabc\0x"), "a gif": ("gif", b"GIF89a" + b"x" * 50),
    "not even a jpeg": ("jpeg", b"\xff\xd8x"),
}  # fmt: skip


def test_what_follows_each_picture(expect: Expect) -> None:
    lines = [
        f"{case}: {said(lambda k=kind, c=content: behind(io.BytesIO(c), k, len(c)))}\n"
        for case, (kind, content) in BEHIND.items()
    ]
    expect(HERE / "behind.txt", "".join(lines))
    assert [behind_riff(b"RIFF" + struct.pack("<I", n), 100) for n in (0, 0xFFFFFFFF, 92, 91, 90, 200)] == [
        0,
        0,
        0,
        0,
        2,
        0,
    ]


HEADS: dict[str, Iterable[bytes]] = {
    "mov": [b"\0\0\0\x14ftypqt  ", *(b"\0\0\0\x08" + n for n in (b"moov", b"mdat", b"wide", b"free", b"skip"))],
    "mp4": [b"\0\0\0\x18ftypisom", b"\0\0\0\x18ftyp"], "m4a": [b"\0\0\0\x18ftypM4A ", b"\0\0\0\x18ftypM4B "],
    "heic": [b"\0\0\0\x18ftyp" + n for n in (b"heic", b"heix", b"mif1", b"msf1")], "cr3": [b"\0\0\0\x18ftypcrx "],
    "avif": [b"\0\0\0\x18ftypavif", b"\0\0\0\x18ftypavis"], "avi": [b"RIFF\0\0\0\0AVI "], "webp": [b"RIFF\0\0\0\0WEBP"],
    "3gp": [b"\0\0\0\x18ftyp" + n for n in (b"3gp4", b"3gp5", b"3gp6", b"3gp7", b"3g2a")],
        "webm": [b"\x1aE\xdf\xa3....webm"],
    "wav": [n + b"\0\0\0\0WAVE" for n in (b"RIFF", b"RF64", b"BW64", b"RIFX")], "mkv": [b"\x1aE\xdf\xa3....matroska"],
    "aiff": [b"FORM\0\0\0\0AIFF", b"FORM\0\0\0\0AIFC"], "jpeg": [b"\xff\xd8\xff"], "png": [b"\x89PNG\r\n\x1a\n"],
    "gif": [b"GIF87a", b"GIF89a"], "bmp": [b"BM"], "tiff": [b"II*\0", b"MM\0*"], "ogg": [b"OggS"], "flac": [b"fLaC"],
    "pdf": [b"%PDF"], "mpg": [b"\0\0\1\xba"], "flv": [b"FLV\1"], "wmv": [b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"],
        "zip": [b"PK\3\4"],
    "mp3": [b"ID3", b"\xff\xfb\x90", b"\xff\xf3\x10\x00", b"\xff\xe2\xe0\x08"],
}  # fmt: skip
NO_HEADS = [
    b"",
    b"FORM\0\0\0\0ILBM",
    b"RIFF\0\0\0\0ABCD",
    b"\xff\xfb",
    b"\xff\xfd\x90",
    b"\xff\xfb\x0f",
    b"\xff\xfb\xf0",
    b"\xff\xfb\x9c",
    b"\xfe\xfb\x90",
]


def test_a_format_is_told_by_the_first_bytes() -> None:
    for format, heads in HEADS.items():
        assert [(head, sniff(head)) for head in heads if sniff(head) != format] == []
    assert [head for head in NO_HEADS if sniff(head) is not None] == []
