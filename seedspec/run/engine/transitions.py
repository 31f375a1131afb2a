"""What a reply means for one purchase: its job moves on, and its events say so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field

from seedspec.catalog.media_facts import MediaFacts
from seedspec.lock.event import Event
from seedspec.lock.purchase_events import Completed, Deferred, Doubted, Failed, Saved, Stuck, Submitted
from seedspec.lock.run_events import Delayed, Progressed, Stopped
from seedspec.lock.state import State
from seedspec.run.engine.account import Accounts
from seedspec.run.engine.budget import Budget
from seedspec.run.engine.messages import Accepted, Expired, Kept, Refused, Reply, Task, Trouble, Unknown
from seedspec.run.engine.proof import Proof
from seedspec.run.engine.purchase import Limits, Moment, Pace, Phase, Purchase
from seedspec.run.engine.terms import Terms
from seedspec.text.value import valueclass

STRANGE = "an answer that was not understood"
_TIMES, _LOOKS = 10, 3
"""How often over the announced time, and how many answers in one run, before a task counts as one without an end."""


@valueclass(frozen=False, slots=True)
class Transitions:
    """The rules by which jobs move on.

    `terms` are those of a service by its id, `accounts` those of the run, `pause` is how long to wait after so many
    tries.
    """

    pace: Pace
    limits: Limits
    budget: Budget
    pause: Callable[[int, float | None], float]
    terms: Callable[[str], Terms]
    accounts: Accounts
    _strange: set[str] = field(default_factory=set)

    def after_create(self, job: Purchase, reply: Reply, now: Moment) -> list[Event]:
        step, at, account = job.step, now.text(), self.accounts.of(job.provider)
        if isinstance(reply, Accepted):
            self._follow(job, reply.task, reply.estimated_seconds, now)
            job.accepted += 1
            job.credits = None
            account.stated(job, reply.credits)
            account.refusals = account.doubts = 0
            account.alike = ("", 0)
            # reading an unfinished task makes the service ask its provider: begin near the time it announced
            job.due = now.clock + max(self.pace.poll, self.pace.announced * (reply.estimated_seconds or 0))
            seconds = reply.estimated_seconds
            return [Submitted(step.address, step.fp, job.attempt, reply.task, reply.credits, seconds, at)]
        if isinstance(reply, Refused):
            self.budget.withdraw()
            account.doubts = 0
            return self._refuse(job, reply, now)
        job.phase = Phase.DOUBT
        account.doubt(job, now)
        reason = reply.reason if isinstance(reply, (Unknown, Trouble)) else STRANGE
        doubted = Doubted(step.address, step.fp, job.attempt, reason, at)
        account.doubts += 1
        if account.doubts >= self.pace.doubts:
            why = f"{account.doubts} paid requests in a row had no clear answer: {reason}"
            return [doubted, *self.accounts.stop(Stopped("doubt", why, 8, at), job.provider)]
        return [doubted]

    def found(self, job: Purchase, proof: Proof, now: Moment) -> list[Event]:
        """The task of a purchase in doubt is proved: it is followed from now on, and nothing is sent."""
        self._follow(job, proof.task, None, now)
        job.accepted += job.recorded is None  # it was sent in this run
        job.due = now.clock
        named = (job.step.address, job.step.fp, job.attempt)
        return [Submitted(*named, proof.task, None, None, now.text(), proof.kept)]

    def _follow(self, job: Purchase, task: str, estimate: float | None, now: Moment) -> None:
        job.phase, job.task, job.tries, job.looks = Phase.RUNNING, task, 0, 0
        job.begun, job.estimate, job.stuck = now.clock, estimate or 0.0, None
        job.interval, job.percent = self.pace.poll, -1

    def _refuse(self, job: Purchase, reply: Refused, now: Moment) -> list[Event]:
        step, at, code, message = job.step, now.text(), reply.code, reply.message
        account = self.accounts.of(job.provider)
        if reply.then == "failed":
            job.phase = Phase.FAILED
            before, times = account.alike
            account.alike = (code, times + 1 if before == code else 1)
            failed = Failed(
                step.address, step.fp, job.attempt, None, code, message, self.terms(job.provider).then(code), at
            )
            if account.alike[1] >= self.pace.breaker:
                why = f"{account.alike[1]} requests in a row were refused alike: {message}"
                return [failed, *self.accounts.stop(Stopped(code, why, 7, at), job.provider)]
            return [failed, *self._fast(code, now)]
        job.phase = Phase.WAITING
        account.refusals += 1
        wait = self.pause(account.refusals, reply.retry_after)
        job.due = account.next_submit = now.clock + wait
        events: list[Event] = [Deferred(step.address, step.fp, job.attempt, code, message, wait, at)]
        if reply.then == "stop":
            events += self.accounts.stop(Stopped(code, message, 5, at), job.provider)
        elif account.refusals > self.pace.patience:
            why = f"refused {account.refusals} times in a row: {message}"
            events += self.accounts.stop(Stopped(code, why, 7, at), job.provider)
        return events

    def after_read(self, job: Purchase, reply: Reply, now: Moment) -> list[Event]:
        step, at = job.step, now.text()
        if job.phase is Phase.LINKING:
            return self._after_link(job, reply, now)
        if (stuck := self._stuck(job, reply, now)) is not None:
            return stuck
        if not isinstance(reply, Task):
            return self.after_trouble(job, reply if isinstance(reply, Trouble) else Trouble(STRANGE), "poll", now)
        job.tries = 0
        if reply.state == "running":
            if reply.strange and reply.word not in self._strange:
                self._strange.add(reply.word)
                said = f"`{reply.word}` is no status that is known here: it is taken for running"
                return [
                    Delayed(step.address, step.fp, "poll", said, job.interval, at),
                    *self.after_read(job, reply, now),
                ]
            remaining = min(self.pace.announced * (reply.remaining_seconds or 0), self.pace.poll_most)
            job.due = now.clock + max(job.interval, remaining)
            job.interval = min(job.interval * 1.3, self.pace.poll_most)
            if reply.percent is None or reply.percent == job.percent:
                return []
            job.percent = reply.percent
            return [Progressed(step.address, step.fp, job.task, reply.percent, at)]
        if reply.state == "completed":
            self.accounts.of(job.provider).stated(job, reply.credits)
            job.phase, job.link, job.due = Phase.FETCHING, reply.links[0], now.clock
            job.link_until = now.clock + 0.9 * self.terms(job.provider).result_seconds
            job.made, job.stuck = State.COMPLETED, None
            until = min([now.text(self.terms(job.provider).result_seconds), *_known_until(job)])
            return [Completed(step.address, step.fp, job.attempt, job.task, reply.credits, until, at)]
        return self._fail(job, reply, now)

    def _stuck(self, job: Purchase, reply: Reply, now: Moment) -> list[Event] | None:
        """What becomes of a task that has had no end for too long; None for one that is to be waited for.

        Of a task that an earlier run found stuck one answer is enough: it may have ended since.
        """
        running = isinstance(reply, Task) and reply.state == "running"
        if job.made is not None or (isinstance(reply, Task) and not running):
            return None
        if isinstance(reply, Trouble) and (reply.away or reply.stop or reply.final):  # it says nothing of the task
            job.phase = Phase.DOUBT if job.stuck else job.phase
            return [] if job.stuck else None
        job.looks += 1
        word, missing = STRANGE, isinstance(reply, Trouble) and reply.missing
        if isinstance(reply, Task):
            word, job.estimate = reply.word, reply.estimated_seconds or job.estimate
        elif isinstance(reply, Trouble):
            word = reply.reason
        bound = self.pace.stuck if missing else max(self.pace.stuck, _TIMES * job.estimate)
        if job.stuck is None and (now.clock - job.begun < bound or job.looks < _LOOKS):
            return None
        job.phase, at = Phase.DOUBT, now.text()
        if job.stuck is not None and job.stuck["word"] == word:
            return []
        job.stuck = {"since": job.stuck["since"] if job.stuck else at, "word": word}
        return [Stuck(job.step.address, job.step.fp, job.attempt, job.task, job.stuck["since"], word, at)]

    def _after_link(self, job: Purchase, reply: Reply, now: Moment) -> list[Event]:
        """A saved video's task was read for its link; where it gives none, the file goes up instead."""
        job.phase = Phase.KEPT
        if isinstance(reply, Task) and reply.state == "completed":
            job.link = reply.links[0]
        return []

    def _fail(self, job: Purchase, reply: Task, now: Moment) -> list[Event]:
        step, at, code = job.step, now.text(), reply.code
        if job.made is not None:  # it was paid for, and is bought again by a person's word about this entry alone
            gone = Trouble(f"the service made it and no longer has it: {code}: {reply.message}", final=True)
            return self.after_trouble(job, gone, "poll", now)
        then, failed, task = self.terms(job.provider).then(code), job.attempt, job.task
        job.phase, job.recorded, job.stuck = Phase.FAILED, None, None
        self.accounts.of(job.provider).stated(job, reply.credits or 0.0)
        by_itself = then == "again" and job.entry is not None
        event = Failed(step.address, step.fp, failed, task, code, reply.message, then, at, reply.credits)
        if by_itself and self.limits.submit and job.attempt < self.terms(job.provider).attempts:
            job.phase, job.attempt, job.task = Phase.WAITING, job.attempt + 1, ""
            job.due = now.clock + self.pace.again_after
            return [event]
        return [event, *self._fast(code, now)]

    def _fast(self, code: str, now: Moment) -> list[Event]:
        if not self.limits.fast:
            return []
        return self.accounts.stop(Stopped("fail-fast", f"an entry failed: {code}", 7, now.text()))

    def after_download(self, job: Purchase, reply: Reply, now: Moment) -> list[Event]:
        step = job.step
        if isinstance(reply, Kept):
            job.phase, job.file, job.sha256 = Phase.SAVED, reply.file, reply.sha256
            job.facts = MediaFacts(reply.bytes, reply.width, reply.height, reply.seconds, reply.fps)
            facts = (reply.file, reply.sha256, reply.bytes, reply.width, reply.height, reply.seconds)
            return [Saved(step.address, step.fp, job.attempt, *facts, now.text(), reply.fps, reply.audio)]
        if isinstance(reply, Expired):
            # the task is read again for a fresh link; it was paid for once and is never bought for this
            job.links += 1
            given_up = job.links > self.pace.patience
            reason = f"the link is no longer good: {reply.reason}"
            events = self.after_trouble(job, Trouble(reason, final=given_up), "download", now)
            job.phase = Phase.LEFT if given_up else Phase.RUNNING
            return events
        return self.after_trouble(job, reply if isinstance(reply, Trouble) else Trouble(STRANGE), "download", now)

    def count_try(self, job: Purchase, now: Moment) -> bool:
        """Counts one more try of a free call that did not succeed; whether it was the last one."""
        if not job.tries:
            job.troubled = now.clock
        job.tries += 1
        return job.tries > self.pace.patience and now.clock - job.troubled >= self.pace.outage

    def after_trouble(self, job: Purchase, reply: Trouble, what: str, now: Moment) -> list[Event]:
        """A free call that did not succeed is tried again, as long as patience lasts."""
        given_up = self.count_try(job, now)
        wait: float | None = self.pause(job.tries, reply.retry_after)
        if reply.stop or reply.final or given_up:
            job.phase, wait = Phase.LEFT, None
        job.due = now.clock + (wait or 0)
        return [Delayed(job.step.address, job.step.fp, what, reply.reason, wait, now.text())]


def _known_until(job: Purchase) -> list[str]:
    """Until when the service keeps the video of a task, where an earlier run has found that out."""
    record = job.step.record
    until = record.get("results_until") if record is not None and record.task == job.task else None
    return [until] if until else []
