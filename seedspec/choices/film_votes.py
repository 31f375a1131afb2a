"""Votes between films become standings: which film wins, which label of an axis, and what a win costs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from seedspec.choices.films import Film
from seedspec.choices.reviews import Mention, Review, Winner
from seedspec.choices.standings import Standings, standings_of_pairs
from seedspec.compiler.entry import Entry
from seedspec.text.diagnostic import Problems, did_you_mean
from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class FilmBallot:
    """A vote on two films of today."""

    a: Film
    b: Film
    winner: Winner
    criterion: str
    reviewer: str


def film_ballots(reviews: Iterable[Review], films: Sequence[Film], problems: Problems) -> list[FilmBallot]:
    """All votes on films of today. A film is known by what plays in it, whatever its labels are called now; a vote on
    one that plays something else today is left out with a warning."""
    by_name = {film.name: film for film in films}

    def find(seen: Mention) -> Film | None:
        here = by_name.get(seen.address)
        if here is not None and here.fingerprint.startswith(seen.fp):
            return here
        found = next((film for film in films if film.fingerprint.startswith(seen.fp)), None)
        if found is None and here is not None:
            message = f"`{seen.address}` plays other takes now; the vote is not counted"
            problems.warning("changed-since", message, seen.span)
        elif found is None:
            message = f"`{seen.address}` is no film of the storyboard; the vote is not counted"
            problems.warning("unknown-film", message, seen.span, *did_you_mean(seen.address, by_name))
        return found

    cast = []
    for review in reviews:
        for vote in review.film_votes:
            a, b = find(vote.a), find(vote.b)
            if a is not None and b is not None and a.fingerprint != b.fingerprint:
                cast.append(FilmBallot(a, b, vote.winner, vote.criterion, review.reviewer))
    return cast


def by_film(votes: Sequence[FilmBallot], usd: Callable[[Entry], float], *, seed: int = 0) -> Standings:
    """The films that were voted on, by their names, with what each costs and what a win of it does.

    `usd` is the price of an entry's video. A video that plays in several films counts in each of them, and once in a
    film whatever plays it again.
    """
    films = {film.name: film for v in votes for film in (v.a, v.b)}
    found = standings_of_pairs("film", [(v.winner, v.a.name, v.b.name) for v in votes], _count(votes), seed)
    rows = []
    for row in found.rows:
        price = price_of_film(films[row.name], usd)
        won = row.wins + row.ties / 2
        rows.append(replace(row, usd=price, usd_per_win=price / won if won else None))
    return replace(found, rows=tuple(rows))


def films_by_axis(votes: Sequence[FilmBallot], axis: str, *, seed: int = 0) -> Standings:
    """The labels of an axis by the votes between films that differ in it."""
    told = [(v, dict(v.a.labels), dict(v.b.labels)) for v in votes]
    pairs = [(v, x, y) for v, x, y in told if axis in x and axis in y and x[axis] != y[axis]]
    alike = sum(v.winner != "skip" and {**x, axis: ""} == {**y, axis: ""} for v, x, y in pairs)
    return standings_of_pairs(axis, [(v.winner, x[axis], y[axis]) for v, x, y in pairs], alike, seed)


def price_of_film(film: Film, usd: Callable[[Entry], float]) -> float:
    """What the videos of a film cost together; an equal request is one purchase."""
    bought = {play.entry.fingerprint: play.entry for play in film.plays}
    return sum(map(usd, bought.values()))


def _count(votes: Iterable[FilmBallot]) -> int:
    return sum(v.winner != "skip" for v in votes)
