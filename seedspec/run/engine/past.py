"""The purchases that a run has nothing more to do with: their sums are kept, and they themselves are let go of."""

from __future__ import annotations

from dataclasses import field
from decimal import Decimal

from seedspec.catalog.price import exact
from seedspec.run.engine.purchase import Phase, Purchase
from seedspec.text.value import valueclass


@valueclass(frozen=False, slots=True)
class Past:
    """What is past in a run, of the jobs by name. There may be very many: where one stood is one that stands for all.

    `last` is the phase in which nothing more is done for a purchase, None for none. `bought` counts paid requests that
    were taken, `units` and `credits` are what they cost unless they failed: by their estimates, and as it was stated.
    """

    jobs: dict[str, Purchase]
    last: Phase | None
    bought: int = 0
    units: int = 0
    credits: Decimal = Decimal()
    _all: list[Purchase] = field(default_factory=list)

    def take(self, job: Purchase) -> Purchase | None:
        """Lets go of a purchase that is past; what stands for it from now on. None where it is not past."""
        if job.phase is not self.last:
            return None
        self.add(job)
        self._all = self._all or [Purchase(job.step, None, job.phase, job.attempt, "")]
        self.jobs[job.name] = self._all[0]
        return self._all[0]

    def add(self, job: Purchase) -> None:
        """Counts a purchase."""
        self.bought += job.accepted
        if job.accepted and job.phase is not Phase.FAILED:
            self.units += job.units
            self.credits += exact(job.credits or 0)
