"""The money of a run: its budget, whichever service it is spent at."""

from __future__ import annotations

from seedspec.lock.run_events import Stopped
from seedspec.run.engine.purchase import Limits, Moment, Purchase
from seedspec.text.value import valueclass


@valueclass(frozen=False, slots=True)
class Budget:
    """The budget of a run, in 1/10,000 credit.

    `elsewhere` is what earlier purchases may cost that this run does not follow; `begun` counts the paid requests of
    this run that were not refused.
    """

    limits: Limits
    elsewhere: int = 0
    begun: int = 0
    _taken: int = 0

    @property
    def committed(self) -> int:
        """What is reserved, running, in doubt, or was bought in this run: the sum over the purchases as they stand."""
        return self.elsewhere + self._taken

    def place(self, job: Purchase) -> None:
        """A purchase has begun or has moved on: its share of the budget is what its phase makes it, whatever it was."""
        share = job.units if job.committed else 0
        self._taken += share - job.share
        job.share = share

    def ceiling(self, job: Purchase, now: Moment) -> Stopped | None:
        """The budget that a purchase would break, if it would."""
        if self.limits.entries is not None and self.begun >= self.limits.entries:
            return Stopped("limit", f"{self.begun} of at most {self.limits.entries} entries are bought", 4, now.text())
        if self.limits.units is not None and self.committed + job.units > self.limits.units:
            message = (
                f"`{job.step.address}` may cost {job.units / 10_000:,.4f} credits; {self.committed / 10_000:,.4f}"
                f" of the budget of {self.limits.units / 10_000:,.4f} are taken"
            )
            return Stopped("budget", message, 4, now.text())
        return None

    def begin(self) -> None:
        """A paid request is to leave."""
        self.begun += 1

    def withdraw(self) -> None:
        """The request was not taken, or never left."""
        self.begun -= 1
