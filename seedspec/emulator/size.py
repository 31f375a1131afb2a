"""The size of an emulated video: by its model's table, or by its words where the vendor promises none."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from seedspec.catalog.model import Model
from seedspec.media.facts import Facts

_RATIOS = ("16:9", "9:16", "1:1", "4:3", "3:4", "21:9")
_SIDES = {"4k": 2160, "2k": 1440}
_SIDE = 720
"""The shorter side of a video whose quality names none."""


def size_of(model: Model, said: Mapping[str, Any], media: Sequence[Facts]) -> tuple[str, tuple[int, int]]:
    """The ratio and the size of the video that a request asks for, in the storyboard's own words.

    A ratio that the request leaves open is the nearest to the first medium whose size is known, else the first.
    """
    quality, ratio = str(said.get("quality", "")), str(said.get("aspect_ratio", ""))
    table = model.pixels.get(quality) or {name: _sides(quality, name) for name in _RATIOS}
    if ratio in table:
        return ratio, table[ratio]
    for facts in media:
        if facts.width and facts.height:
            wanted = facts.width / facts.height
            nearest = min(table, key=lambda name: abs(table[name][0] / table[name][1] / wanted - 1))
            return nearest, table[nearest]
    return next(iter(table.items()))


def _sides(quality: str, ratio: str) -> tuple[int, int]:
    """Even sides of a ratio, the shorter one by the quality's number."""
    found = re.search(r"\d{3,4}", quality)
    short = _SIDES.get(quality.lower()) or (int(found[0]) if found else _SIDE)
    width, height = map(int, ratio.split(":"))
    long = round(short * max(width, height) / min(width, height) / 2) * 2
    return (long, short) if width >= height else (short, long)
