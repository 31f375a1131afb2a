"""The accounts of a run, one at each service: its pace, its balance, and why nothing more is submitted there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, replace

from seedspec.lock.event import Event
from seedspec.lock.purchase_events import Weighed
from seedspec.lock.run_events import Delayed, Stopped
from seedspec.run.engine.messages import Credits, Reply, Trouble
from seedspec.run.engine.purchase import Moment, Phase, Purchase
from seedspec.text.value import valueclass


@valueclass(frozen=False, slots=True)
class Account:
    """What a run knows of one service. `run` is the name of the run; `several` says that it has further services, so
    that what is told of this one names it.

    No paid request leaves before the clock `next_submit`; `stopped` says why none leaves any more. `refusals`, `doubts`
    and `alike`, the code with its count, are those of paid requests in a row. `left` are the credits of the account.

    Nothing is bought before the balance was read once: that costs nothing and tells a bad key or a service that
    cannot be reached. After a doubt it is read again.
    """

    run: str
    provider: str
    several: bool
    pause: Callable[[int, float | None], float]
    next_submit: float = 0.0
    stopped: Stopped | None = None
    refusals: int = 0
    doubts: int = 0
    alike: tuple[str, int] = ("", 0)
    left: float | None = None
    _opened: bool = False
    _due: float | None = None
    _first: bool = True
    _tries: int = 0
    _weighing: list[Purchase] = field(default_factory=list)

    def named(self, said: str) -> str:
        """What is told of this service, with its name where the run has several."""
        return f"`{self.provider}`: {said}" if self.several and self.provider else said

    def stop(self, why: Stopped) -> list[Event]:
        """Nothing more is submitted here; only the first reason counts."""
        if self.stopped is not None:
            return []
        self.stopped = self._of_service(why)
        return [self.stopped]

    def _of_service(self, why: Stopped) -> Stopped:
        if not self.several or why.provider:
            return why
        return replace(why, message=self.named(why.message), provider=self.provider)

    # --- the balance ---

    def open(self, now: Moment) -> None:
        """Something is to be bought, and the service tells its balance: that is due."""
        self._opened, self._due = True, now.clock

    @property
    def asks(self) -> float | None:
        """The clock at which the balance is to be read; nothing is bought before. None when it need not be."""
        return self._due

    @property
    def weighs(self) -> bool:
        """Whether a doubt still waits for its evidence."""
        return bool(self._weighing)

    def stated(self, job: Purchase, credits: float | None) -> None:
        """What the service now says a purchase of this run costs."""
        if credits is not None:
            if self.left is not None and job.accepted:
                self.left -= credits - (job.credits or 0)
            job.credits = credits

    def doubt(self, job: Purchase, now: Moment) -> None:
        """Whether a purchase was billed is not known: the balance is read for evidence."""
        if self._opened:
            self._weighing.append(job)
            self._due, self._tries = now.clock, 0

    def reply(self, reply: Reply, now: Moment) -> list[Event]:
        """What an answer about the balance means."""
        if isinstance(reply, Trouble) and not reply.stop and not reply.final:
            self._tries += 1
            if self._tries <= 2:
                wait = self.pause(self._tries, reply.retry_after)
                self._due = now.clock + wait
                return [Delayed(self.run, "", "balance", self.named(reply.reason), wait, now.text())]
            if self._first:
                self._due = None
                return [self._of_service(Stopped("unreachable", reply.reason, 7, now.text()))]
        self._due, self._first = None, False
        found = reply.remaining if isinstance(reply, Credits) else None
        doubts, self._weighing = self._weighing, []
        events: list[Event] = []
        if found is not None:
            self.left = found
            at = now.text()
            still = (j for j in doubts if j.phase in (Phase.DOUBT, Phase.SEEKING))  # its task may be found by now
            events += [Weighed(j.step.address, j.step.fp, j.attempt, found, at) for j in still]
            if found <= 0:
                events.append(self._of_service(Stopped("balance", "the account has no credits left", 5, at)))
        return events


def accounts_of(
    run: str, providers: Iterable[str], others: Iterable[str], pause: Callable[[int, float | None], float]
) -> Accounts:
    """The accounts of a run at `others` and at one more: the first of `providers`, those of its entries, that is none
    of these."""
    names = tuple(others)
    first = next((provider for provider in providers if provider not in names), "")
    return Accounts(Account(run, first, bool(names), pause), {name: Account(run, name, True, pause) for name in names})


@valueclass(frozen=False, slots=True)
class Accounts:
    """The accounts of a run, one at each of its services: `first`, and `others` by the ids of their services.

    `stopped` says why nothing more is submitted to any of them.
    """

    first: Account
    others: Mapping[str, Account] = field(default_factory=dict)
    stopped: Stopped | None = None

    def __iter__(self) -> Iterator[Account]:
        yield self.first
        yield from self.others.values()

    def of(self, provider: str) -> Account:
        """The account at a service; the first one for a service that the run does not know."""
        return self.others.get(provider, self.first)

    def stop(self, why: Stopped, at: str | None = None) -> list[Event]:
        """Nothing more is submitted to the service `at`, or to any (None); only the first reason counts."""
        if at is not None:
            return self.of(at).stop(why) if self.stopped is None else []
        if not any(self.is_open(account.provider) for account in self):
            return []
        self.stopped = why
        return [why]

    def balance(self, provider: str, reply: Reply, now: Moment) -> list[Event]:
        """What an answer about the balance at a service means."""
        events = self.of(provider).reply(reply, now)
        for event in events:
            if isinstance(event, Stopped):
                self.stop(event, provider)
        return events

    def is_open(self, provider: str) -> bool:
        """Whether anything may still be submitted to a service."""
        return self.stopped is None and self.of(provider).stopped is None

    @property
    def shut(self) -> list[str]:
        """The services that are sent nothing more while others may be."""
        return [a.provider for a in self if a.several and a.stopped is not None]

    @property
    def stops(self) -> list[Stopped]:
        """Why nothing more is submitted, of the whole run and of single services."""
        return [why for why in (self.stopped, *(a.stopped for a in self)) if why is not None]
