"""Votes become standings: who wins how often, how sure that is, and when there are too few votes to say."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from seedspec.choices.reviews import Entries, Review, Winner
from seedspec.compiler.entry import Entry
from seedspec.text.diagnostic import Problems
from seedspec.text.value import valueclass

FEWEST = 6
"""Votes below which nothing is said about who is better."""
RESAMPLES = 400
PRIOR = 1.0
"""Votes that each one is given against an imagined one of middling strength, half of them won: nobody is certain."""

Verdict = Literal["too few", "even", "lean", "clear"]
Outcome = tuple[str, str, float]
"""Two names, and what the first one scored: 1, 0, or a half for a tie."""


@valueclass(frozen=True, slots=True)
class Ballot:
    """A vote on two entries of today."""

    a: Entry
    b: Entry
    winner: Winner
    criterion: str
    reviewer: str


@valueclass(frozen=True, slots=True)
class Standing:
    """`rate` is the chance to win against an average other one, `low` to `high` its 95 % interval.

    `usd_per_win` is what its videos that were voted on cost together, for each win; None where nobody asked for it, or
    it has no win. A tie is half a win. `usd` is what a film's videos cost together, None for all else.
    """

    name: str
    wins: int
    losses: int
    ties: int
    rate: float
    low: float
    high: float
    usd_per_win: float | None = None
    usd: float | None = None


@valueclass(frozen=True, slots=True)
class Standings:
    """What was compared, the best first. `bad` counts the votes that found neither any good: they rank nobody.

    `alike` counts the votes between takes that differ in nothing else. `more` is about how many further votes would
    decide at the present rate, None where that cannot be said.
    """

    of: str
    rows: tuple[Standing, ...]
    votes: int
    bad: int
    alike: int
    verdict: Verdict
    more: int | None


def ballots(reviews: Iterable[Review], entries: Entries, problems: Problems) -> list[Ballot]:
    """All votes on entries of today; what is no longer there is left out with a warning."""
    found = []
    for review in reviews:
        for vote in review.votes:
            a, b = (entries.find_or_warn(m, problems, lost="the vote is not counted") for m in (vote.a, vote.b))
            if a is not None and b is not None and a.fingerprint != b.fingerprint:
                found.append(Ballot(a, b, vote.winner, vote.criterion, review.reviewer))
    return found


def by_axis(votes: Sequence[Ballot], axis: str, *, seed: int = 0) -> Standings:
    """The labels of an axis, or the values of `axis.column`, by the votes between takes of one shot that differ."""
    found = [(v, v.a.value_of(axis), v.b.value_of(axis)) for v in votes if v.a.shot == v.b.shot]
    pairs = [(v, x, y) for v, x, y in found if x and y and x != y]
    alike = sum(_others(v.a, axis) == _others(v.b, axis) and v.winner != "skip" for v, _, _ in pairs)
    return standings_of_pairs(axis, [(v.winner, x, y) for v, x, y in pairs], alike, seed)


def with_prices(found: Standings, votes: Sequence[Ballot], usd: Callable[[Entry], float]) -> Standings:
    """Standings with what a win costs. `usd` is the price of an entry's video; a request that is shared counts once."""
    voted = {e.fingerprint: e for v in votes for e in (v.a, v.b) if v.winner != "skip"}
    spent: dict[str, float] = {}
    for entry in voted.values():
        if name := entry.value_of(found.of):
            spent[name] = spent.get(name, 0.0) + usd(entry)
    rows = (
        replace(row, usd_per_win=spent[row.name] / won if (won := row.wins + row.ties / 2) else None)
        for row in found.rows
    )
    return replace(found, rows=tuple(rows))


def by_take(votes: Sequence[Ballot], *, seed: int = 0) -> list[Standings]:
    """The takes of each shot that was voted on, by their addresses."""
    shots = list(dict.fromkeys(v.a.shot for v in votes if v.a.shot == v.b.shot))
    found = []
    for shot in shots:
        own = [v for v in votes if v.a.shot == shot == v.b.shot]
        rows = [(v.winner, v.a.address, v.b.address) for v in own]
        found.append(standings_of_pairs(shot, rows, sum(v.winner != "skip" for v in own), seed))
    return [s for s in found if s.votes or s.bad]


def _others(entry: Entry, axis: str) -> list[tuple[str, str]]:
    """What tells an entry from others beside an axis; beside a column its row's other cells do."""
    name, _, column = axis.partition(".")
    others = [(known, label) for known, label in entry.labels if known != name]
    if column:
        label = dict(entry.labels).get(name, "")
        cells = entry.base.cells.get(name, {}).get(label, {})
        others += [(key, text or label) for key, text in cells.items() if key not in (column, "id")]
    return others


def standings_of_pairs(of: str, pairs: Sequence[tuple[Winner, str, str]], alike: int, seed: int) -> Standings:
    """The standings of pairs of names by which of them won; `alike` of the votes are on what differs in no more."""
    score = {"a": 1.0, "b": 0.0, "tie": 0.5}
    outcomes: list[Outcome] = [(x, y, score[w]) for w, x, y in pairs if w in score]
    bad = sum(w == "bad" for w, _, _ in pairs)
    names = sorted({name for x, y, _ in outcomes for name in (x, y)})
    if not names:
        return Standings(of, (), 0, bad, alike, "too few", None)
    best = strengths(names, outcomes)
    order = sorted(names, key=lambda n: (-best[n], n))
    chance = random.Random(seed)
    drawn = [strengths(names, chance.choices(outcomes, k=len(outcomes)), start=best) for _ in range(RESAMPLES)]
    rows = tuple(_row(n, outcomes, names, best, drawn) for n in order)
    verdict, more = _verdict(order, best, drawn, len(outcomes))
    return Standings(of, rows, len(outcomes), bad, alike, verdict, more)


def strengths(
    names: Sequence[str], outcomes: Iterable[Outcome], *, start: Mapping[str, float] | None = None, prior: float = PRIOR
) -> dict[str, float]:
    """Bradley-Terry by MM updates: one beats another with the chance of its strength in the sum of both.

    A tie is half a win for each. Without a `prior`, everybody must have beaten and lost to somebody, however far.
    """
    won, met = dict.fromkeys(names, 0.0), Counter[tuple[str, str]]()
    for x, y, scored in outcomes:
        won[x] += scored
        won[y] += 1 - scored
        met[min(x, y), max(x, y)] += 1
    p = {n: start[n] if start else 1.0 for n in names}
    for _ in range(1000):
        weight = {n: prior / (p[n] + 1) for n in names}
        for (x, y), times in met.items():
            share = times / (p[x] + p[y])
            weight[x] += share
            weight[y] += share
        new = {n: (won[n] + prior / 2) / weight[n] if weight[n] else p[n] for n in names}
        moved = max(abs(new[n] - p[n]) / p[n] for n in names)
        p = new
        if moved < 1e-6:
            break
    return p


def _row(
    name: str, outcomes: Sequence[Outcome], names: Sequence[str], best: Mapping[str, float],
    drawn: Sequence[Mapping[str, float]],
) -> Standing:  # fmt: skip
    own = [s if x == name else 1 - s for x, y, s in outcomes if name in (x, y)]
    spread = sorted(_rate(name, names, p) for p in drawn)
    return Standing(
        name,
        wins=own.count(1.0),
        losses=own.count(0.0),
        ties=own.count(0.5),
        rate=_rate(name, names, best),
        low=spread[int(0.025 * len(spread))],
        high=spread[int(0.975 * len(spread)) - 1],
    )


def _rate(name: str, names: Sequence[str], p: Mapping[str, float]) -> float:
    return sum(p[name] / (p[name] + p[n]) for n in names if n != name) / max(1, len(names) - 1)


def _verdict(
    order: Sequence[str], best: Mapping[str, float], drawn: Sequence[Mapping[str, float]], votes: int
) -> tuple[Verdict, int | None]:
    """How far the first is ahead of the second, and what is lacking to be sure of it."""
    first, second = order[0], order[1]
    ahead = sorted(p[first] / (p[first] + p[second]) for p in drawn)
    rate = best[first] / (best[first] + best[second])
    if votes < FEWEST:
        return "too few", FEWEST - votes
    if ahead[int(0.025 * len(ahead))] > 0.5:
        return "clear", None
    if rate < 0.52:
        return "even", None
    # the votes at which a normal interval of 95 % around this rate would leave out a half
    needed = 3.84 * rate * (1 - rate) / (rate - 0.5) ** 2
    return "lean", max(1, round(needed - votes)) if len(order) == 2 else None
