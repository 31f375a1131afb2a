"""A cut as a contact sheet: one picture of each take, its name and its facts below."""

from __future__ import annotations

from collections.abc import Sequence

from seedspec.media.facts import MediaError
from seedspec.media.movie import picture_at
from seedspec.media.picture import Raster
from seedspec.media.picture.drawing import Tile
from seedspec.media.picture.drawing import sheet as drawn
from seedspec.report.export.cut import Cut


def sheet(cuts: Sequence[Cut], *, across: int, width: int, captions: bool = True) -> bytes:
    """A PNG file with the picture from the middle of each take; one that does not play has an empty place."""
    return drawn([_tile(c, captions=captions) for c in cuts], across=across, width=width)


def _tile(cut: Cut, *, captions: bool) -> Tile:
    try:
        raster: Raster | None = picture_at(cut.path, cut.seconds / 2)
    except MediaError:
        raster = None
    if not captions:
        return Tile(raster, ())
    entry = cut.entry
    labels = ",".join(f"{axis}={label}" for axis, label in entry.labels)
    size = f"{cut.record.get('width')}×{cut.record.get('height')}" if cut.record.get("width") else ""
    facts = [f"take {entry.take}", f"{cut.seconds:g} s", size, "picked" if cut.picked else ""]
    named = f"{entry.shot}  {labels}".rstrip()
    return Tile(raster, (named, " · ".join(f for f in facts if f)))
