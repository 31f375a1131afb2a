"""The ratios of a film's pictures: one film has one, and where two meet is told at its place in the storyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from seedspec.choices.films import Film
from seedspec.compiler.entry import Entry
from seedspec.text.diagnostic import Note, Problems
from seedspec.text.source import Span

WORD = "aspect_ratio"
_ALIKE = 0.04
"""How far the pixels of one ratio may be from it: 864 by 496 is sold as 16:9."""

Size = Callable[[Entry], tuple[int, int] | None]
"""The width and height of an entry's saved video; None where none is known."""


def check_ratios(films: Iterable[Film], size: Size, shots: Mapping[str, Span], problems: Problems) -> None:
    """An error where a take's ratio is another one than that of the film's first, once for all films with both places.

    `shots` are the places of the shots: a ratio that nobody wrote stands at none.
    """
    found: dict[tuple[str, str], tuple[list[Film], Entry, Entry]] = {}
    for film in films:
        known = [(p, ratio) for p in film.plays if (ratio := ratio_of(p.entry, size)) is not None]
        for play, ratio in known[1:]:
            first, wanted = known[0]
            if abs(ratio / wanted - 1) > _ALIKE:
                one, other = first.entry, play.entry
                places = str(_place(one, shots)), str(_place(other, shots))
                found.setdefault(places, ([], one, other))[0].append(film)
    for films_of_it, one, other in found.values():
        more = f" and {len(films_of_it) - 1} more" if len(films_of_it) > 1 else ""
        message = (
            f"`{films_of_it[0].name}`{more} would play `{other.address}` at {_show_shape(other, size)} after "
            f"`{one.address}` at {_show_shape(one, size)}; expected one ratio in a film"
        )
        note = Note("the other ratio is from here", _place(one, shots))
        remedy = "pick a take of the first ratio, or give both shots one ratio"
        problems.error("film-ratio", message, _place(other, shots), note, remedy)


def ratio_of(entry: Entry, size: Size) -> float | None:
    """Width by height of a take: as it was asked for, else as it was measured; None where neither says it."""
    if (asked := asked_ratio(entry)) is not None:
        return asked
    found = size(entry)
    return found[0] / found[1] if found is not None and all(found) else None


def asked_ratio(entry: Entry) -> float | None:
    """Width by height as an entry asks for it; None where the service is to choose."""
    sides = str(entry.says(WORD) or "").split(":")
    if len(sides) != 2 or not all(s.isascii() and s.isdecimal() and int(s) for s in sides):
        return None
    return int(sides[0]) / int(sides[1])


def _show_shape(entry: Entry, size: Size) -> str:
    found = size(entry) if asked_ratio(entry) is None else None
    return str(entry.says(WORD)) if found is None else f"{found[0]}×{found[1]}"


def _place(entry: Entry, shots: Mapping[str, Span]) -> Span | None:
    origin = entry.origins.get(entry.model.means.field(WORD))
    return origin.span if origin is not None and origin.span is not None else shots.get(entry.shot)
