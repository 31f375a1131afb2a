"""First room after the text: what a media file is, as values, and how its first bytes tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["image", "video", "audio"]

IMAGES = frozenset({"jpeg", "png", "webp", "gif", "bmp", "tiff"})
VIDEOS = frozenset({"mp4", "mov", "webm", "mkv", "avi"})
SOUNDS = frozenset({"wav", "mp3", "flac", "ogg", "m4a"})

FPS = 24
"""Pictures a second of emulated takes, and of a video that does not tell."""

# What the first bytes of an ISO base media file say after "ftyp", where it is not simply an MP4.
_BRANDS = {
    b"qt  ": "mov", b"M4A ": "m4a", b"M4B ": "m4a",
    b"heic": "heic", b"heix": "heic", b"mif1": "heic", b"msf1": "heic", b"avif": "avif", b"avis": "avif",
    b"crx ": "cr3", b"3gp4": "3gp", b"3gp5": "3gp", b"3gp6": "3gp", b"3gp7": "3gp", b"3g2a": "3gp",
}  # fmt: skip
_RIFF = {b"WAVE": "wav", b"WEBP": "webp", b"AVI ": "avi"}
_MAGIC = (
    (b"\xff\xd8\xff", "jpeg"), (b"\x89PNG\r\n\x1a\n", "png"), (b"GIF87a", "gif"), (b"GIF89a", "gif"),
    (b"BM", "bmp"), (b"II*\0", "tiff"), (b"MM\0*", "tiff"), (b"ID3", "mp3"), (b"OggS", "ogg"),
    (b"fLaC", "flac"), (b"%PDF", "pdf"), (b"\0\0\1\xba", "mpg"), (b"FLV\1", "flv"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "wmv"), (b"PK\3\4", "zip"),
)  # fmt: skip


class MediaError(Exception):
    """A file that is not what it should be; the message is one line and says what was found."""


class OtherFormat(MediaError):
    """A whole file of a known format that is not examined, for no model takes it; `format` is its name."""

    def __init__(self, format: str) -> None:
        super().__init__(f"found {format}, which is none of the formats that can be examined")
        self.format = format

    def __reduce__(self) -> tuple[type[OtherFormat], tuple[str]]:
        return (OtherFormat, (self.format,))


class MediaMissing(MediaError):
    """A library that media facts need is not installed; the message says how to install it."""

    def __init__(self) -> None:
        super().__init__("media facts need more packages: pip install 'seedspec[media]'")

    def __reduce__(self) -> tuple[type[MediaMissing], tuple[()]]:
        return (MediaMissing, ())


@dataclass(frozen=True, slots=True)
class Remark:
    """What readers of media may stumble over in a whole file, as the end of a sentence, and how it is mended.

    `header`: it states another length than it holds, or none. `codec`: its form is one that many programs do not read.
    `alpha`: parts of its picture are transparent. `command` makes a file without it; `{file}` stands for the file,
    `{stem}` for its path without the ending. `stated` is the length in its header, in seconds, where that is wrong.
    """

    kind: Literal["header", "codec", "alpha"]
    found: str
    advice: str
    command: str
    stated: float | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What a file holds; None where its kind has no such fact, or where it was not looked for.

    Sizes are as displayed: a picture that its file turns is turned. `fps` is the average over the whole clip,
    `fps_least` and `fps_most` are the rates of its slowest and its fastest second. `behind` counts the bytes that
    follow the end of the picture or the sound: nothing that opens the file reads them.
    `codec` says how pictures of a video are encoded, as FFmpeg names it, and `pixels` their pixel format.
    """

    kind: Kind
    format: str
    bytes: int
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    fps: float | None = None
    audio_streams: int | None = None
    fps_least: float | None = None
    fps_most: float | None = None
    behind: int = 0
    codec: str | None = None
    pixels: str | None = None
    remarks: tuple[Remark, ...] = ()

    @property
    def audio(self) -> bool | None:
        """Whether there is any sound in it."""
        return None if self.audio_streams is None else self.audio_streams > 0


def sniff(head: bytes) -> str | None:
    """The format that the first bytes (64 are enough) belong to, or None when they belong to none that is known."""
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "mp4")
    if head[4:8] in (b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "mov"  # QuickTime files older than `ftyp`
    if head[:4] in (b"RIFF", b"RF64", b"BW64", b"RIFX"):
        return _RIFF.get(head[8:12])
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    if head[:4] == b"\x1aE\xdf\xa3":
        return "webm" if b"webm" in head else "mkv"
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    # A bare MPEG audio frame: eleven bits of sync, layer III, and a bit rate and sample rate that exist.
    if (
        len(head) > 2
        and head[0] == 0xFF
        and head[1] & 0xE6 == 0xE2
        and head[2] & 0xF0 not in (0x00, 0xF0)
        and head[2] & 0x0C != 0x0C
    ):
        return "mp3"
    return None
