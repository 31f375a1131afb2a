"""The films of the review page as JSON values: what plays in each, by the number of its take on the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from seedspec.choices.films import Film, Playing
from seedspec.report.export.film import GAP_SECONDS
from seedspec.report.page.content import Take

MOST = 200
"""Films on a page: the list to choose from stays one that a person reads, and pairs of them stay few enough."""


def films(found: Sequence[Take], made: Iterable[Film]) -> list[dict[str, Any]]:
    """The films whose takes are all on the page, at most as many as MOST; none where the page has one shot alone.

    A film of takes that were not selected would be another one than its name and its fingerprint say.
    """
    if len({take.entry.shot for take in found}) < 2:
        return []
    numbers = {take.entry.address: number for number, take in enumerate(found)}
    whole = [film for film in made if all(play.entry.address in numbers for play in film.plays)]
    return [_film(film, found, numbers) for film in whole[:MOST]]


def _film(film: Film, found: Sequence[Take], numbers: dict[str, int]) -> dict[str, Any]:
    return {
        "name": film.name,
        "labels": dict(film.labels),
        "fp": film.fingerprint[:16],
        "plays": [_play(play, found, numbers[play.entry.address]) for play in film.plays],
        "lacks": list(film.lacks),
    }


def _play(play: Playing, found: Sequence[Take], number: int) -> dict[str, Any]:
    """`picked` is also true where there was nothing to choose."""
    take = found[number]
    said = take.record.get("seconds") if take.video and take.record is not None else None
    seconds = float(said or take.entry.says("duration") or GAP_SECONDS)
    return {"take": number, "seconds": seconds, "picked": play.picked or play.choices == 1}
