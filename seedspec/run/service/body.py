"""An answer's body as it comes, unpacked where it is packed all the same, and never more of it than may be."""

from __future__ import annotations

import zlib

import httpx

MOST_JSON = 4 * 1024 * 1024
"""Bytes of an answer of the API, unpacked."""


class TooLong(Exception):
    """A body beyond its cap."""


async def whole(response: httpx.Response, most: int = MOST_JSON) -> bytes:
    """The body. Nothing packed is asked for; of what comes packed no more is unpacked than `most` bytes.

    Raises TooLong, and what httpx raises.
    """
    packed = response.headers.get("content-encoding", "").strip().lower() in ("gzip", "x-gzip", "deflate")
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 32) if packed else None  # 32: by what it begins with
    body = bytearray()
    async for chunk in response.aiter_raw():
        try:
            body += chunk if unpack is None else unpack.decompress(chunk, most + 1 - len(body))
        except zlib.error as error:
            raise httpx.DecodingError(str(error), request=response.request) from None
        if len(body) > most:
            raise TooLong(f"a body of more than {most} bytes")
    return bytes(body)
