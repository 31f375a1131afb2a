"""The benchmark's frame: what a bar is and what a growth, and how both are measured, in turn.

A bar is a ratio, never a time: the machine may be slow, busy or fast, product and limit meet it in the same minute.
Measures are numbers from one round: CPU seconds as a rule, wall seconds or megabytes where a bar says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

from process import Spent

Measure = Callable[[], float]


class Missing(Exception):
    """What a bar is measured against is not on this machine; the message says what to install."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A product held against a limit: `passes` is the ratio that must be met, `aim` the one to strive for.

    Without them nothing is asked: the row only says what something costs. `ready` is called once before the rounds,
    and may raise Missing. `most` bounds the product's own measure as well, to pass and as the aim, where a ratio alone
    would say too little. `rounds` is what is enough where a round takes minutes. `version` names the program that
    gave the limit, once it has.
    """

    name: str
    against: str
    product: Measure
    limit: Measure
    passes: float | None = None
    aim: float | None = None
    unit: str = "s CPU"
    ready: Callable[[], object] = field(default=lambda: None)
    most: tuple[float, float] | None = None
    rounds: int | None = None
    version: Callable[[], str] = field(default=lambda: "")

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        return ((self.name, self.against),)


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that a finished process says of itself, and how it may grow: `passes` is the largest exponent.

    A `flat` one is a cost of each already: it is not divided by the size, and should not grow at all.
    """

    name: str
    unit: str
    of: Callable[[Spent], float]
    passes: float = 1.1
    flat: bool = False


CPU = Figure("CPU", "s CPU", lambda found: found.cpu)
INSIDE = Figure("CPU", "s CPU", lambda found: found.said["cpu"])
"""Without the start of the process: what it says of itself once everything is imported."""

PEAK = Figure("peak memory", "MB", lambda found: found.peak)


@dataclass(frozen=True, slots=True)
class Growth:
    """A measure at sizes a factor ten apart: one process for each size and round says all of its figures.

    `per` names what one of a size is, for the cost of each; an exponent of 1 is linear, and the last step's decides.
    """

    name: str
    sizes: Sequence[int]
    measure: Callable[[int], Spent]
    figures: Sequence[Figure] = (CPU, PEAK)
    per: str = "entry"
    ready: Callable[[], object] = field(default=lambda: None)
    rounds: int = 3

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        return tuple((self.name, figure.name) for figure in self.figures)


@dataclass(frozen=True, slots=True)
class Row:
    """A bar measured: the medians, and the ratio of each round, whose median counts."""

    bar: Bar
    product: float
    limit: float
    ratios: tuple[float, ...]

    @property
    def ratio(self) -> float:
        return median(self.ratios)

    @property
    def rounds(self) -> int:
        return len(self.ratios)

    @property
    def verdict(self) -> str:
        if self.bar.passes is None or self.bar.aim is None:
            return "-"
        most = self.bar.most or (math.inf, math.inf)
        if self.ratio <= self.bar.aim and self.product <= most[1]:
            return "aim"
        return "pass" if self.ratio <= self.bar.passes and self.product <= most[0] else "FAIL"


@dataclass(frozen=True, slots=True)
class Curve:
    """A figure of a growth measured: the medians by size, and the exponent from each size to the next."""

    growth: Growth
    figure: Figure
    found: tuple[float, ...]
    rounds: int

    @property
    def exponents(self) -> tuple[float, ...]:
        sizes = self.growth.sizes
        pairs = zip(sizes, sizes[1:], self.found, self.found[1:], strict=False)
        return tuple(math.log(max(y, 1e-9) / max(x, 1e-9)) / math.log(b / a) for a, b, x, y in pairs)

    @property
    def verdict(self) -> str:
        return "pass" if self.exponents[-1] <= self.figure.passes else "FAIL"


def measured(one: Bar | Growth, most: int) -> list[Row | Curve]:
    """A row, or a curve for each figure, of no more rounds than `most`. May raise Missing."""
    one.ready()
    rounds = min(most, one.rounds or most)
    if isinstance(one, Bar):
        return [_in_turn(one, rounds)]
    found = [[one.measure(size) for size in one.sizes] for _ in range(rounds)]
    return [
        Curve(one, figure, tuple(median(map(figure.of, of_size)) for of_size in zip(*found, strict=True)), rounds)
        for figure in one.figures
    ]


def _in_turn(bar: Bar, rounds: int) -> Row:
    """Product and limit in turn, the one that goes first changing each round, so that drift hits both alike."""
    found: list[tuple[float, float]] = []
    for number in range(rounds):
        if number % 2:
            limit = bar.limit()
            found.append((bar.product(), limit))
        else:
            found.append((bar.product(), bar.limit()))
    ratios = tuple(p / max(x, 1e-9) for p, x in found)
    return Row(bar, median(p for p, _ in found), median(x for _, x in found), ratios)
