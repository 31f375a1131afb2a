"""Tasks are read: each alone, or together with others where the service offers that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import field
from itertools import islice

from seedspec.lock.event import Event
from seedspec.run.engine.lane import Lane
from seedspec.run.engine.messages import Read, ReadMany, Reply, Tasks, Trouble
from seedspec.run.engine.outage import Outage, away
from seedspec.run.engine.purchase import Moment, Pace, Purchase
from seedspec.run.engine.terms import Terms
from seedspec.run.engine.transitions import Transitions
from seedspec.text.value import valueclass

_EARLY = 1.0
"""Seconds that a task may be read before its time, to be read together with others."""


@valueclass(frozen=False, slots=True)
class Reads:
    """The reads of a run. `terms` say how many tasks a service tells at once, `lane` what is due at one, and `outage`
    whether it answers.

    `update` is told of each job that moved.
    """

    terms: Callable[[str], Terms]
    pace: Pace
    jobs: Mapping[str, Purchase]
    lane: Callable[[str], Lane]
    outage: Callable[[str], Outage]
    progress: Transitions
    update: Callable[[Purchase], None]
    _troubles: Counter[str] = field(default_factory=Counter)
    _alone: set[str] = field(default_factory=set)

    def call(self, first: Purchase, now: Moment) -> Read | ReadMany:
        """The call that reads a task; where the service offers it, others go along whose time is near."""
        first.busy = True
        group = [first]
        own = first.provider
        together = 1 if own in self._alone else self.terms(own).together
        if together > 1 and not first.alone and not self.outage(own).on:
            early = now.clock + min(_EARLY, self.pace.poll / 5)
            others = list(islice(self.lane(own).reads(early), together - 1))
            for job in others:
                job.busy = not job.alone and job.provider == own
                group += [job] if job.busy else []
                self.update(job)
        if len(group) == 1:
            return Read(first.name, first.task, own, self.terms(own).called.get(first.model, first.model))
        return ReadMany({job.name: job.task for job in group}, own)

    def reply(self, call: ReadMany, reply: Reply, now: Moment) -> list[Event]:
        """What is clear of a task counts as if it had been read alone; any other is read alone from now on.

        That this endpoint refuses says nothing about others: the key may be good for reading one task and not many.
        """
        events: list[Event] = []
        if away(reply):
            self._troubles[call.provider] += 1
            if self._troubles[call.provider] > 2:
                self._alone.add(call.provider)
            return self.outage(call.provider).lost([self.jobs[name] for name in call.tasks], reply, now)
        self.outage(call.provider).over()
        found = reply.found if isinstance(reply, Tasks) else {}
        wait, refused = 0.0, not isinstance(reply, Tasks)
        if isinstance(reply, Trouble) and not (reply.stop or reply.final):
            self._troubles[call.provider] += 1
            wait, refused = (
                self.progress.pause(self._troubles[call.provider], reply.retry_after),
                self._troubles[call.provider] > 2,
            )
        if refused:
            self._alone.add(call.provider)
        for name, task in call.tasks.items():
            job = self.jobs[name]
            job.busy = False
            if task in found:
                self._troubles[call.provider] = 0
                events += self.progress.after_read(job, found[task], now)
            else:
                job.alone, job.due = isinstance(reply, Tasks), now.clock + wait
            self.update(job)
        return events
