"""The money of a run: its budgets, the account's balance, and the balances that are evidence in a doubt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from seedspec.lock.event import Event
from seedspec.lock.purchase_events import Weighed
from seedspec.lock.run_events import Delayed, Stopped
from seedspec.run.engine.messages import Credits, Reply, Trouble
from seedspec.run.engine.purchase import Limits, Moment, Phase, Purchase


@dataclass(slots=True)
class Budget:
    """The budget of a run, in 1/10,000 credit; `left` are the credits of the account
    at `provider`, the one whose balance is asked for.

    `elsewhere` is what earlier purchases may cost that this run does not follow; `begun` counts the paid requests of
    this run that were not refused.

    Nothing is bought before the balance was read once: that costs nothing and tells a bad key or a service that
    cannot be reached. After a doubt it is read again.
    """

    name: str
    limits: Limits
    pause: Callable[[int, float | None], float]
    elsewhere: int = 0
    begun: int = 0
    left: float | None = None
    provider: str = ""
    _due: float | None = None
    _first: bool = True
    _tries: int = 0
    _doubts: list[Purchase] = field(default_factory=list)
    _shares: dict[str, int] = field(default_factory=dict)
    _taken: int = 0

    @property
    def committed(self) -> int:
        """What is reserved, running, in doubt, or was bought in this run: the sum over the purchases as they stand."""
        return self.elsewhere + self._taken

    def place(self, job: Purchase) -> None:
        """A purchase has begun or has moved on: its share of the budget is what its phase makes it, whatever it was."""
        share = job.units if job.committed else 0
        self._taken += share - self._shares.get(job.name, 0)
        self._shares[job.name] = share

    def open(self, provider: str, now: Moment) -> None:
        """Something is to be bought of a service that tells its balance: that is due."""
        self.provider, self._due = provider, now.clock

    def left_of(self, job: Purchase) -> float | None:
        """The balance of the service of a purchase, where it is known."""
        return self.left if job.provider == self.provider else None

    @property
    def asks(self) -> float | None:
        """The clock at which the balance is to be read; nothing is bought before. None when it need not be."""
        return self._due

    @property
    def weighs(self) -> bool:
        """Whether a doubt still waits for its evidence."""
        return bool(self._doubts)

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

    def stated(self, job: Purchase, credits: float | None) -> None:
        """What the service now says a purchase of this run costs."""
        if credits is not None:
            if self.left is not None and job.accepted and job.provider == self.provider:
                self.left -= credits - (job.credits or 0)
            job.credits = credits

    def doubt(self, job: Purchase, now: Moment) -> None:
        """Whether a purchase was billed is not known: the balance is read for evidence."""
        if job.provider == self.provider:
            self._doubts.append(job)
            self._due, self._tries = now.clock, 0

    def reply(self, reply: Reply, now: Moment) -> list[Event]:
        if isinstance(reply, Trouble) and not reply.stop and not reply.final:
            self._tries += 1
            if self._tries <= 2:
                wait = self.pause(self._tries, reply.retry_after)
                self._due = now.clock + wait
                return [Delayed(self.name, "", "balance", reply.reason, wait, now.text())]
            if self._first:
                self._due = None
                return [Stopped("unreachable", reply.reason, 7, now.text())]
        self._due, self._first = None, False
        found = reply.remaining if isinstance(reply, Credits) else None
        doubts, self._doubts = self._doubts, []
        events: list[Event] = []
        if found is not None:
            self.left = found
            at = now.text()
            still = (j for j in doubts if j.phase in (Phase.DOUBT, Phase.SEEKING))  # its task may be found by now
            events += [Weighed(j.step.address, j.step.fp, j.attempt, found, at) for j in still]
            if found <= 0:
                events.append(Stopped("balance", "the account has no credits left", 5, at))
        return events
