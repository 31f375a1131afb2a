"""A cut as a contact sheet, a picture of each take with its facts; a film as one, a row of pictures for each shot."""

from __future__ import annotations

from collections.abc import Sequence

from seedspec.compiler.entry import Entry
from seedspec.media.facts import MediaError
from seedspec.media.movie import picture_at
from seedspec.media.picture import Raster
from seedspec.media.picture.drawing import Tile
from seedspec.media.picture.drawing import sheet as drawn
from seedspec.report.export.cut import Cut
from seedspec.report.export.film import FilmCut, Gap


def sheet(cuts: Sequence[Cut], *, across: int, width: int, captions: bool = True) -> bytes:
    """A PNG file with the picture from the middle of each take; one that does not play has an empty place."""
    return drawn([_tile(c, captions=captions) for c in cuts], across=across, width=width)


def film_sheet(film: FilmCut, *, across: int, width: int) -> bytes:
    """A PNG file with a row for each shot: pictures from its beginning to its end, and below the first its facts."""
    tiles = [tile for part in film.parts for tile in _row(part, across)]
    return drawn(tiles, across=across, width=width)


def _row(part: Cut | Gap, across: int) -> list[Tile]:
    if isinstance(part, Gap):
        told = (_name(part.entry), f"take {part.entry.take} · {part.seconds:g} s · {part.state}")
        return [Tile(None, told), *[Tile(None, ())] * (across - 1)]
    times = (part.seconds * (n + 0.5) / across for n in range(across))
    facts = _facts(part, "picked" if part.picked else "not picked")
    return [Tile(_picture(part, at), () if n else facts) for n, at in enumerate(times)]


def _tile(cut: Cut, *, captions: bool) -> Tile:
    facts = _facts(cut, "picked" if cut.picked else "") if captions else ()
    return Tile(_picture(cut, cut.seconds / 2), facts)


def _picture(cut: Cut, at: float) -> Raster | None:
    try:
        return picture_at(cut.path, at)
    except MediaError:
        return None


def _facts(cut: Cut, picked: str) -> tuple[str, ...]:
    size = f"{cut.record.get('width')}×{cut.record.get('height')}" if cut.record.get("width") else ""
    facts = [f"take {cut.entry.take}", f"{cut.seconds:g} s", size, picked]
    return (_name(cut.entry), " · ".join(f for f in facts if f))


def _name(entry: Entry) -> str:
    labels = ",".join(f"{axis}={label}" for axis, label in entry.labels)
    return f"{entry.shot}  {labels}".rstrip()
