"""The length of a WAV file, from its format and the bytes that are there: its header may never have been finished."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

from seedspec.media.boxes import behind_riff, bytes_at
from seedspec.media.facts import MediaError, Remark

_MOST_CHUNKS = 100_000
# A size above this that no bytes stand for is none: writers of streams put the largest number there that they can.
_PLACEHOLDER = 1_000_000_000
_PLAIN = {1: "PCM", 3: "float", 6: "A-law", 7: "µ-law"}  # whole samples of equal size
_BLOCKS = {2: "Microsoft ADPCM", 0x11: "IMA ADPCM"}
_OTHERS = {0x31: "GSM 6.10", 0x50: "MPEG audio", 0x55: "MP3", 0xFF: "AAC"}
_EXTENSIBLE = 0xFFFE
# What may follow the sound of a finished file.
_KNOWN = (b"LIST", b"fact", b"cue ", b"smpl", b"inst", b"bext", b"iXML", b"JUNK", b"PAD ", b"FLLR", b"id3 ", b"ID3 ",
          b"plst", b"peak", b"PEAK", b"_PMX", b"cart", b"axml", b"chna", b"afsp", b"acid", b"DISP")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wav:
    """How many seconds a WAV file lasts, how many bytes follow its end, and what is odd about it."""

    seconds: float
    behind: int
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True)
class _Format:
    """The chunk `fmt `: the codec's number, bytes of a block, and samples of one channel in a block or a second."""

    tag: int
    rate: int
    align: int
    per_second: int
    per_block: int

    @property
    def name(self) -> str:
        return {**_PLAIN, **_BLOCKS, **_OTHERS}.get(self.tag, f"codec 0x{self.tag:04X}")


def look(stream: BinaryIO, size: int) -> Wav:
    """Read the chunks of a WAV file: RIFF, RIFX (numbers the other way round), RF64 and BW64 (sizes of 64 bits).

    MediaError when it is cut short, without sound, or without a format.
    """
    head = bytes_at(stream, 0, 12)
    order = ">" if head[:4] == b"RIFX" else "<"
    format, samples, long = None, 0, 0
    at = 12
    for _ in range(_MOST_CHUNKS):
        part = bytes_at(stream, at, 8)
        if len(part) < 8:
            break
        name, length = part[:4], struct.unpack(order + "I", part[4:])[0]
        if name == b"fmt ":
            format = _format(bytes_at(stream, at + 8, min(length, 40)), order)
        elif name == b"fact" and length >= 4:
            samples = _number(bytes_at(stream, at + 8, 4), order)
        elif name == b"ds64" and length >= 24:
            long = struct.unpack("<Q", bytes_at(stream, at + 16, 8).ljust(8, b"\0"))[0]
        elif name == b"data":
            if format is None:
                raise MediaError("a wav file whose sound comes before its format (no `fmt ` chunk)")
            if length == 0xFFFFFFFF and head[:4] in (b"RF64", b"BW64"):
                length = long
            return _measure(stream, head, size, order, format, samples, at + 8, length)
        at += 8 + length + length % 2
    raise MediaError("a wav file without any sound: it has no `data` chunk")


def _format(chunk: bytes, order: str) -> _Format:
    if len(chunk) < 16:
        raise MediaError(f"a damaged wav file: its format (`fmt `) has {len(chunk)} bytes, 16 or more expected")
    tag, channels, rate, per_second, align, bits = struct.unpack(order + "HHIIHH", chunk[:16])
    per_block = struct.unpack(order + "H", chunk[18:20])[0] if len(chunk) >= 20 else 0
    if tag == _EXTENSIBLE and len(chunk) >= 26:
        tag = struct.unpack(order + "H", chunk[24:26])[0]
    align = align or channels * ((bits + 7) // 8)
    if not (rate and align and channels):
        raise MediaError(f"a damaged wav file: {channels} channels of {bits} bits at {rate} Hz")
    return _Format(tag, rate, align, per_second, per_block)


def _measure(
    stream: BinaryIO, head: bytes, size: int, order: str, format: _Format, samples: int, at: int, length: int
) -> Wav:
    there = size - at
    unknown = (length > there and length > _PLACEHOLDER) or (length == 0 and there > 0 and not _ends(stream, at, size))
    if unknown:
        length = there
    if length > there:
        raise MediaError(f"cut short: its sound should take {length} bytes, {there} are there")
    if not length:
        raise MediaError("a wav file without any sound: its `data` chunk is empty")
    whole = _number(head[4:8], order)
    behind = 0 if unknown or head[:4] != b"RIFF" else behind_riff(head, size)
    seconds = _seconds(format, length, 0 if unknown else samples)
    open_end = unknown or (head[:4] in (b"RIFF", b"RIFX") and (not whole or whole > max(_PLACEHOLDER, size)))
    return Wav(round(seconds, 3), behind, tuple(_remarks(head, format, seconds, unfinished=open_end)))


def _ends(stream: BinaryIO, at: int, size: int) -> bool:
    """Whether what follows an empty sound is a chunk that ends a finished file, and no sound."""
    part = bytes_at(stream, at, 8)
    return part[:4] in _KNOWN and at + 8 + int.from_bytes(part[4:], "little") <= size


def _seconds(format: _Format, length: int, samples: int) -> float:
    """Plain samples are counted by their bytes; of a codec, the file says how many it holds (`fact`), or how many a
    block or a second takes."""
    if format.tag in _PLAIN:
        return length / format.align / format.rate
    if samples:
        return samples / format.rate
    if format.tag in _BLOCKS and format.per_block:
        return length / format.align * format.per_block / format.rate
    if not format.per_second:
        raise MediaError(f"a wav file of {format.name} that does not say how long it is")
    return length / format.per_second


def _remarks(head: bytes, format: _Format, seconds: float, *, unfinished: bool) -> list[Remark]:
    found = []
    kind = head[:4].decode("ascii")
    plain = format.tag in (1, 3) and kind == "RIFF"
    if unfinished:
        found.append(
            Remark(
                "header",
                f"has an unfinished header, as streams are recorded: its sound lasts {seconds:.3f} s, and "
                "other programs may find another length",
                "write it anew, with its true size",
                "ffmpeg -ignore_length 1 -i {file} -c:a " + ("copy" if plain else "pcm_s16le") + " {stem}-whole.wav",
            )
        )
    if not plain:
        what = format.name if kind == "RIFF" else f"{format.name} in {kind}"
        found.append(
            Remark(
                "codec",
                f"holds {what}; the service's page names no codec, and PCM in RIFF is what every reader of wav takes",
                "make it PCM of 16 bits, to be safe",
                "ffmpeg -i {file} -c:a pcm_s16le {stem}-pcm.wav",
            )
        )
    return found[:1]  # the first command mends both


def _number(four: bytes, order: str) -> int:
    return int.from_bytes(four, "big" if order == ">" else "little")
