"""What a usable take costs: all that was spent, for each video that meets everything that is expected of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from seedspec.catalog.price import Cost, Rate
from seedspec.lock.run_events import Compared
from seedspec.plan.cost import Spending
from seedspec.report.money import both, range_json


class Usable(NamedTuple):
    """Of `saved` videos of which something is expected, `takes` meet all of it; of `not_measured` that is not known.

    `spent` is for the `videos` that are bought: what the service charged, else the estimate at the purchase.
    """

    takes: int
    saved: int
    not_measured: int
    videos: int
    spent: Cost

    @property
    def each(self) -> Cost | None:
        """What one of them costs; None where there is none."""
        if not self.takes:
            return None
        units = round(self.spent.high / self.takes)
        return Cost(units, units, self.spent.unpriced, self.spent.guessed)


def usable_of(spending: Spending, compared: Iterable[Compared]) -> Usable:
    """The usable takes of some purchases; a request that several entries share is one."""
    by_request = {take.fp: take for take in compared}.values()
    unmet, unknown = (sum(map(bool, found)) for found in _verdicts(list(by_request)))
    units = spending.charged.units + max(0, spending.paid.high - spending.judged)
    spent = Cost(units, units, spending.paid.unpriced, spending.paid.guessed)
    return Usable(len(by_request) - unmet - unknown, len(by_request), unknown, spending.bought, spent)


def _verdicts(takes: list[Compared]) -> tuple[list[bool], list[bool]]:
    """Which takes are unmet, and of which of the others something is not measured."""
    return [bool(t.unmet) for t in takes], [bool(t.not_measured) and not t.unmet for t in takes]


def as_text(found: Usable, rate: Rate) -> str:
    """`a usable take costs 37.67 credits ($0.55): 376.65 credits ($5.54) for 15 videos, 10 of them as expected`."""
    videos = f"{found.videos:,} video{'s' * (found.videos != 1)}"
    unknown = f", {found.not_measured:,} not measured" if found.not_measured else ""
    spent = f"{both(found.spent, rate)} for {videos}"
    if found.each is None:
        return f"no take is usable yet: {spent}, none of them as expected{unknown}"
    return f"a usable take costs {both(found.each, rate)}: {spent}, {found.takes:,} of them as expected{unknown}"


def as_json(found: Usable, rate: Rate) -> dict[str, Any]:
    """The same for programs."""
    return {
        "takes": found.takes,
        "saved": found.saved,
        "not_measured": found.not_measured,
        "spent": range_json(found.spent, rate),
        "each": range_json(found.each, rate) if found.each is not None else None,
    }
