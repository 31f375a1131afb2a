"""The light that passes over the card of an emulated take: bands in which its grain is seen more than between them."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator

from PIL import Image, ImageChops

_GREY = 128
_DEPTH = 12
"""How much the brightest light makes a grain lighter or darker than the card, of 255."""
_DIM = 90
"""How bright it is between two bands, of 255."""
_GRAIN = 4
"""The side of a grain in pixels: that of the smallest block that H.264 transforms."""
_BAND, _APART = 0.3, 0.6
"""The width of a band, and how far the next one is behind it, in widths of the card."""
_SPEED = 0.25
"""Widths of the card in a second."""


def shine(width: int, height: int, seconds: Iterable[float]) -> Iterator[bytes]:
    """The luma rows of a grey card in the light of so many seconds.

    No place of the card is like another one near it, and the grain is never out of sight. So an encoder predicts each
    block from the same place of the picture before, and writes down how the light has changed there, and nothing else.
    """
    small = (-(-width // _GRAIN), -(-height // _GRAIN))
    grains, grey = _grains(*small), Image.new("L", small, _GREY)
    period = max(1, round(small[0] * _APART))
    wave = bytes(_bright(x / small[0]) for x in range(period)) * (2 + small[0] // period)
    before, rows = None, b""
    for passed in seconds:
        begin = -round(passed * _SPEED * small[0]) % period
        if begin != before:
            mask = Image.frombytes("L", (small[0], 1), wave[begin : begin + small[0]]).resize(small)
            lit = Image.composite(grains, grey, mask)
            large = lit.resize((small[0] * _GRAIN, small[1] * _GRAIN), Image.Resampling.NEAREST)
            before, rows = begin, large.crop((0, 0, width, height)).tobytes()
        yield rows


def lay_light(luma: bytes, light: bytes) -> bytes:
    """The luma rows of a card in a light: the rows of a grey card in it."""
    size = (len(luma), 1)
    return ImageChops.add(
        Image.frombytes("L", size, luma), Image.frombytes("L", size, light), offset=-_GREY
    ).tobytes()  # fmt: skip


def _bright(place: float) -> int:
    """How bright the light is at a place of a band and the dark behind it, of 255."""
    within = place / _BAND
    return _DIM if within >= 1 else round(_DIM + (255 - _DIM) * math.sin(math.pi * within) ** 2)


def _grains(width: int, height: int) -> Image.Image:
    """A light and a dark grain in each row and each column of each square of two by two, in an order of chance."""
    light, dark = _GREY + _DEPTH, _GREY - _DEPTH
    chance = random.Random(1)
    rows: list[bytes] = []
    for _ in range(0, height, 2):
        above = b"".join(chance.choices((bytes((light, dark)), bytes((dark, light))), k=-(-width // 2)))
        rows += [above[:width], bytes(2 * _GREY - grain for grain in above[:width])]
    return Image.frombytes("L", (width, height), b"".join(rows[:height]))
