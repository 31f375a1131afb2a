"""The calls that are under way, and how many more may start: at each service for itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import field
from typing import Any

from seedspec.run.engine.account import Account, Accounts
from seedspec.run.engine.lane import Lane
from seedspec.run.engine.messages import Balance, Call, Create, Download, Look, Read, ReadMany
from seedspec.run.engine.outage import Outage
from seedspec.run.engine.purchase import Limits, Moment, Pace, Phase
from seedspec.text.value import valueclass


@valueclass(frozen=False, slots=True)
class Slots:
    """The slots of a run. `lane` gives what is due at a service, `outage` whether it answers. A run that is
    `closing` starts nothing new.

    One paid request is under way at a time in the whole run, so that a crash leaves at most one in doubt.
    """

    pace: Pace
    limits: Limits
    accounts: Accounts
    lane: Callable[[str], Lane]
    outage: Callable[[str], Outage]
    closing: bool = False
    _busy: Counter[tuple[type[Any], str]] = field(default_factory=Counter)

    def begin(self, call: Call) -> Call:
        """A call is to start."""
        self._busy[self._kind(call)] += 1
        return call

    def end(self, call: Call) -> None:
        """A call has its reply, or was never started."""
        self._busy[self._kind(call)] -= 1

    def _kind(self, call: Call) -> tuple[type[Any], str]:
        own = self.accounts.of(call.provider).provider if isinstance(call, Read | ReadMany | Balance) else ""
        return type(call), own

    def may_submit(self, account: Account) -> bool:
        """Whether anything may still be submitted to a service."""
        return self.limits.submit and not self.closing and self.accounts.is_open(account.provider)

    def asks(self, account: Account) -> float | None:
        """The clock at which the balance of an account is to be asked for, where the run still needs it."""
        return account.asks if self.may_submit(account) or account.weighs else None

    @property
    def any(self) -> bool:
        """Whether any call is under way."""
        return any(self._busy.values())

    @property
    def paying(self) -> bool:
        """Whether a paid request is under way."""
        return self._busy[Create, ""] > 0

    @property
    def looking(self) -> bool:
        """Whether the ledger is being looked at."""
        return self._busy[Look, ""] > 0

    @property
    def downloads(self) -> int:
        """How many more results may be fetched."""
        return max(self.pace.downloads - self._busy[Download, ""], 0)

    def to_weigh(self, now: Moment) -> list[Account]:
        """The accounts whose balance is to be asked for now."""
        found = ((account, self.asks(account)) for account in self.accounts if not self.weighing(account))
        return [account for account, asks in found if asks is not None and asks <= now.clock]

    @property
    def selling(self) -> list[Account]:
        """The accounts at which something may be bought now: what is to be known of their balance is known."""
        return [a for a in self.accounts if self.may_submit(a) and self.asks(a) is None]

    @property
    def buying(self) -> bool:
        """Whether there is something to be bought that waits for no reply."""
        return any(lane.next_turn is not None for lane in self.selling_lanes)

    @property
    def selling_lanes(self) -> list[Lane]:
        """The lanes of the services to which anything may still be submitted."""
        return [self.lane(account.provider) for account in self.accounts if self.may_submit(account)]

    def weighing(self, account: Account) -> bool:
        """Whether the balance of an account is being asked for."""
        return self._busy[Balance, account.provider] > 0

    def room(self, account: Account) -> bool:
        """Whether a service may be given one more task."""
        counts = self.lane(account.provider).counts
        return counts[Phase.RUNNING] + counts[Phase.POSTING] < self.pace.in_flight or not self.limits.wait

    def reads(self, account: Account) -> bool:
        """Whether one more read of a service may start: of one that does not answer, one at a time."""
        name = account.provider
        most = 1 if self.outage(name).on else self.pace.reads
        return self._busy[Read, name] + self._busy[ReadMany, name] < most

    def next_read(self, account: Account) -> float | None:
        """The clock at which a task of a service is to be read next; None while no slot is free for it."""
        due, outage = self.lane(account.provider).next_read, self.outage(account.provider)
        if due is None or not self.reads(account):
            return None
        return max(due, outage.due) if outage.on else due
