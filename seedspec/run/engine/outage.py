"""A service that does not answer is one cause for all tasks: it is told once, and asked by one read at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from seedspec.lock.event import Event
from seedspec.lock.run_events import Delayed
from seedspec.run.engine.account import Accounts
from seedspec.run.engine.messages import Reply, Trouble
from seedspec.run.engine.purchase import Moment, Phase, Purchase
from seedspec.run.engine.queue import READ
from seedspec.run.engine.transitions import STRANGE, Transitions
from seedspec.text.value import valueclass


def outages(
    run: str,
    accounts: Accounts,
    jobs: Mapping[str, Purchase],
    progress: Transitions,
    placed: Callable[[Purchase], None],
) -> dict[str, Outage]:
    """The reads of each service of a run, by its id."""
    own: dict[str, dict[str, Purchase]] = {account.provider: {} for account in accounts}
    for name, job in jobs.items() if len(own) > 1 else ():
        own[accounts.of(job.provider).provider][name] = job
    called = {a.provider: f"`{a.provider}`" if a.several else "the service" for a in accounts}
    return {
        provider: Outage(run, mine if len(own) > 1 else jobs, progress, placed, called[provider])
        for provider, mine in own.items()
    }


def away(reply: Reply) -> bool:
    """Whether a reply says that the service as a whole does not answer, and nothing of what was asked for."""
    return isinstance(reply, Trouble) and reply.away and not reply.stop


@valueclass(frozen=False, slots=True)
class Outage:
    """The reads of one service while it does not answer. `due` is the clock at which it is to be asked again.

    `jobs` are those of the service, `called` is what it is called where this is told. `placed` is told of each job
    that has moved on.
    """

    name: str
    jobs: Mapping[str, Purchase]
    progress: Transitions
    placed: Callable[[Purchase], None]
    called: str
    due: float = 0.0
    _since: float = 0.0
    _tries: int = 0

    @property
    def on(self) -> bool:
        return self._tries > 0

    def over(self) -> None:
        """The service has answered: all goes on."""
        self._tries = 0

    def lost(self, asked: Iterable[Purchase], reply: Reply, now: Moment) -> list[Event]:
        """A read of these tasks was not answered. Of one alone that is given up the service says nothing, of others it
        does; when patience with the service itself ends, all are left to the next run."""
        reason = reply.reason if isinstance(reply, Trouble) else STRANGE
        events = self._tell(reply, reason, now)
        hopeless = bool(events) and events[0].wait is None
        for job in asked:
            job.busy, job.due = False, self.due
            if job.stuck:
                job.phase = Phase.DOUBT
            elif self.progress.count_try(job, now) and not hopeless:
                job.phase = Phase.LEFT
                events.append(Delayed(job.step.address, job.step.fp, "poll", reason, None, now.text()))
            self.placed(job)
        for job in self.jobs.values() if hopeless else ():
            if job.phase in READ:
                job.phase = Phase.LEFT if job.phase is Phase.RUNNING else Phase.KEPT
                self.placed(job)
        return list(events)

    def _tell(self, reply: Reply, reason: str, now: Moment) -> list[Delayed]:
        """The one line for all tasks: the second time, as one alone may be chance, and when patience has ended."""
        if self.on and now.clock < self.due:
            return []  # it had left before this was known
        if not self.on:
            self._since = now.clock
        self._tries += 1
        pace = self.progress.pace
        wait = self.progress.pause(self._tries, reply.retry_after if isinstance(reply, Trouble) else None)
        self.due = now.clock + wait
        ended = self._tries > pace.patience and now.clock - self._since >= pace.outage
        if not ended and self._tries != 2:
            return []
        tasks = sum(job.phase is Phase.RUNNING for job in self.jobs.values())
        many = "1 task" if tasks == 1 else f"{tasks:,} tasks"
        said = f"{self.called} cannot be reached: reading waits ({many}); {reason}"
        return [Delayed(self.name, "", "poll", said, None if ended else wait, now.text())]
