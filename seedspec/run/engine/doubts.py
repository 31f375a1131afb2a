"""Purchases in doubt are looked for at their service, where what it shows can prove which task is theirs.

The questions cost nothing. What is found is followed; what is not found within the seconds that the provider's file
gives stays in doubt, for a person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field

from seedspec.lock.event import Event
from seedspec.lock.lock import Lock
from seedspec.lock.run_events import Delayed
from seedspec.run.engine.messages import Accepted, Find, List, Listing, Reply, Trouble
from seedspec.run.engine.proof import Lookup, Verdict, judge
from seedspec.run.engine.purchase import Limits, Moment, Phase, Purchase
from seedspec.run.engine.terms import Terms
from seedspec.run.engine.transitions import STRANGE, Transitions
from seedspec.text.value import valueclass

MOST = 4
"""Questions that are under way at once."""


@valueclass(frozen=False, slots=True)
class Doubts:
    """The doubts of a run that may be settled by proof. No task of `lock`, or that this run was given, is a match."""

    lock: Lock
    jobs: Mapping[str, Purchase]
    terms: Callable[[str], Terms]
    limits: Limits
    progress: Transitions
    _sought: dict[str, Purchase] = field(default_factory=dict)
    _given: set[str] = field(default_factory=set)

    def take(self, job: Purchase, now: Moment) -> bool:
        """Whether a purchase is looked for from now on: one in doubt of which something can be proved."""
        if job.phase is not Phase.DOUBT or job.stuck or not self.limits.wait:
            return False
        if not self._lookup(job).proves(job.trace):
            return False
        job.phase, job.due, job.tries, job.looks = Phase.SEEKING, now.clock, 0, 0
        self._sought[job.name] = job
        return True

    def hear(self, job: Purchase, reply: Reply, now: Moment) -> None:
        """A paid request was answered, or its answer was lost."""
        if isinstance(reply, Accepted) and self.limits.wait:
            self._given.add(reply.task)
        self.take(job, now)

    def due(self, now: Moment) -> list[Find | List]:
        """The questions that are due: one for all doubts of a model where the service has a list, else one for each."""
        calls: list[Find | List] = []
        busy, asked = self._busy, set[tuple[str, str]]()
        for job in self._sought.values():
            if job.busy or job.due > now.clock or busy + len(calls) >= MOST:
                continue
            model = self.terms(job.provider).called.get(job.model, job.model)
            if self._lookup(job).by == "own-id":
                job.busy = True
                calls.append(Find(job.name, job.trace.own, job.provider, model))
            elif (job.provider, model) not in asked:
                asked.add((job.provider, model))
                group = [j for j in self._sought.values() if self._with(j, job) and not j.busy]
                for one in group:
                    one.busy = True
                calls.append(List(model, job.provider, tuple(j.name for j in group)))
        return calls

    @property
    def next_look(self) -> float | None:
        """The clock at which something is to be asked next; None while only a reply can bring that about."""
        if self._busy >= MOST:
            return None
        return min((j.due for j in self._sought.values() if not j.busy), default=None)

    @property
    def _busy(self) -> int:
        return sum(j.busy for j in self._sought.values())

    def reply(self, call: Find | List, reply: Reply, now: Moment) -> tuple[list[Event], list[Purchase]]:
        """What the service shows, and the purchases that it was asked for."""
        names = (call.job,) if isinstance(call, Find) else call.jobs
        jobs = [self._sought[name] for name in names]
        for job in jobs:
            job.busy = False
        events: list[Event] = []
        if isinstance(reply, Listing) and jobs:
            own = {j.name: j.trace for j in jobs}
            verdicts = judge(own, reply.tasks, self._known_tasks(), self._lookup(jobs[0]))
            for job in jobs:
                events += self._settle(job, verdicts[job.name], now)
        else:
            trouble = reply if isinstance(reply, Trouble) else Trouble(STRANGE)
            for job in jobs:
                job.tries += 1
                if trouble.stop or trouble.final or job.tries > self.progress.pace.patience:
                    events += self._give_up(job, f"it could not be looked for: {trouble.reason}", now)
                else:
                    job.due = now.clock + self.progress.pause(job.tries, trouble.retry_after)
        return events, jobs

    def _settle(self, job: Purchase, verdict: Verdict, now: Moment) -> list[Event]:
        lookup, trace = self._lookup(job), job.trace
        if (proof := verdict.sole) is not None:
            del self._sought[job.name]
            return self.progress.found(job, proof, now)
        waited = lookup.after + 1 if trace.sent is None else now.utc.timestamp() - trace.sent
        if verdict.proofs or verdict.claimed or waited >= lookup.after:
            after = "" if verdict.proofs or verdict.claimed else f", {max(waited, 0):.0f} s after it was sent"
            return self._give_up(job, verdict.say(lookup.says(trace)) + after, now)
        job.looks += 1
        job.due = now.clock + min(self.progress.pause(job.looks, None), max(lookup.after - waited, 0.1))
        return []

    def _give_up(self, job: Purchase, why: str, now: Moment) -> list[Event]:
        """It stays in doubt, for a person."""
        del self._sought[job.name]
        job.phase = Phase.DOUBT
        return [Delayed(job.step.address, job.step.fp, "lookup", why, None, now.text())]

    def _known_tasks(self) -> set[str]:
        of_lock = {task for r in self.lock if (task := r.task)}
        return of_lock | self._given | {j.task for j in self.jobs.values() if j.task}

    def _lookup(self, job: Purchase) -> Lookup:
        return self.terms(job.provider).lookup

    def _with(self, job: Purchase, other: Purchase) -> bool:
        return (job.provider, job.model) == (other.provider, other.model)
