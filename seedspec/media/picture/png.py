"""Pixels as a PNG file whose bytes depend on nothing else: no version of a library, no setting, no time of day."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from seedspec.media.picture import Raster

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_RGB8 = (8, 2, 0, 0, 0)
"""Bits of a sample, three colours, and the one way that there is to compress, to filter and to order rows."""
_HEAD = b"\x78\x01"
"""Of a zlib stream whose window is 32 kB and whose compression is the fastest (RFC 1950, 2.2)."""
_MOST = 0xFFFF
"""Bytes of a block that is stored (RFC 1951, 3.2.4)."""


def png(raster: Raster) -> bytes:
    """A picture as a PNG file with nothing in it but the picture.

    Its pixels are stored, not compressed: what a compressor makes of them is another thing in each version of zlib and
    in what takes its place. So the file is as large as its pixels, 2.8 MB for 1280×720.
    """
    size = struct.pack(">II5B", raster.width, raster.height, *_RGB8)
    return b"".join((_SIGNATURE, _chunk(b"IHDR", size), _chunk(b"IDAT", _store(_rows(raster))), _chunk(b"IEND", b"")))


def _rows(raster: Raster) -> bytes:
    """The rows, each behind the number of its filter: 0 is none."""
    row = raster.width * 3
    return b"".join(b"\0" + raster.rgb[at : at + row] for at in range(0, row * raster.height, row))


def _store(data: bytes) -> bytes:
    return b"".join((_HEAD, *_blocks(data), struct.pack(">I", zlib.adler32(data))))


def _blocks(data: bytes) -> Iterator[bytes]:
    for at in range(0, len(data), _MOST):
        block = data[at : at + _MOST]
        yield struct.pack("<BHH", at + _MOST >= len(data), len(block), len(block) ^ _MOST) + block


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
