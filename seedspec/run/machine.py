"""The run without I/O: due calls go out, replies come in, events come out. It never sleeps, opens or asks the time.

The caller hands in the moment with every step, makes the intent of each Create durable before it starts the call,
and records the events of each reply before anything else happens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from seedspec.compiler.entry import body_of, digest
from seedspec.plan.event import (
    Completed,
    Deferred,
    Delayed,
    Doubted,
    Event,
    Failed,
    Held,
    Intent,
    Progressed,
    RunFinished,
    RunStarted,
    Saved,
    Stopped,
    Submitted,
    Submitting,
)
from seedspec.plan.plan import Plan
from seedspec.run.assets import Assets
from seedspec.run.begin import admit
from seedspec.run.call import (
    Accepted,
    Balance,
    Call,
    Create,
    Credits,
    Download,
    Expired,
    Kept,
    Read,
    Refused,
    Reply,
    Task,
    Trouble,
    Unknown,
    Upload,
)
from seedspec.run.job import Job, Limits, Moment, Pace, Phase
from seedspec.run.outcome import sums

_GONE = (Phase.FAILED, Phase.DOUBT, Phase.HELD, Phase.LEFT)


@dataclass(slots=True)
class Machine:
    """One run of a plan. `key` makes a fresh idempotency key; `then` and `attempts` say what a failure allows.

    `result_seconds` is how long the service keeps a result.
    """

    name: str
    plan: Plan
    pace: Pace
    limits: Limits
    key: Callable[[], str]
    then: Callable[[str], Literal["again", "asked", "change"]]
    attempts: int
    result_seconds: float
    stopped: Stopped | None = None
    _assets: Assets = field(init=False)
    _jobs: dict[str, Job] = field(default_factory=dict)
    _busy: dict[type[Any], int] = field(default_factory=dict)
    _closing: bool = False
    _balance_due: float | None = None
    _balance_tries: int = 0
    _next_submit: float = 0.0
    _refusals: int = 0
    _committed: int = 0
    _reused: int = 0

    def __post_init__(self) -> None:
        self._assets = Assets(self.plan.lock, self.pace)

    def start(self, now: Moment) -> list[Event]:
        """The run begins: what is planned, and what is passed over and why."""
        taken = admit(self.plan, self.limits, self.pace, now)
        self._jobs, self._committed, self._reused = taken.jobs, taken.committed, taken.reused
        buys = [j for j in self._jobs.values() if j.phase is Phase.WAITING]
        if buys:
            self._balance_due = now.clock
        finish = sum(j.phase is Phase.RUNNING for j in self._jobs.values())
        entries = sum(s.entry is not None for s in self.plan.steps)
        begun = RunStarted(self.name, entries, len(buys), finish, sum(j.units for j in buys), now.text())
        return [begun, *taken.events, *self._hold(now)]

    def due(self, now: Moment) -> tuple[list[Event], list[Call]]:
        """The calls to start now: downloads and reads, then uploads, then at most one paid request."""
        if self._closing:
            return [], []
        calls: list[Call] = []
        for bought in self._jobs.values():
            if not bought.busy and bought.due <= now.clock and (kind := self._following(bought)):
                bought.busy = True
                fp = bought.step.fp
                fetch = kind is Download
                call = Download(fp, bought.link, bought.file) if fetch else Read(fp, bought.task)
                calls.append(self._begin(call))
        if not self._may_submit:
            return [], calls
        if self._balance_due is not None:
            if self._balance_due <= now.clock and not self._busy.get(Balance):
                calls.append(self._begin(Balance()))
            return [], calls
        job = self._next(now)
        calls += [self._begin(upload) for upload in self._assets.due(now)]
        if job is None:
            return [], calls
        if self.limits.units is not None and self._committed + job.units > self.limits.units:
            message = (
                f"`{job.step.address}` may cost {job.units / 10_000:g} credits; {self._committed / 10_000:g}"
                f" of the budget of {self.limits.units / 10_000:g} are taken"
            )
            return [self._stop("budget", message, 4, now)], calls
        return [], [*calls, self._create(job, now)]

    def reply(self, call: Call, reply: Reply, now: Moment) -> list[Event]:
        """What a reply means. Its events are to be recorded before anything else is done."""
        self._busy[type(call)] -= 1
        if isinstance(reply, Trouble) and reply.stop and self.stopped is None:
            first: list[Event] = [self._stop("key", reply.reason, 5, now)]
        else:
            first = []
        if isinstance(call, Upload):
            events = self._assets.reply(call, reply, now)
        elif isinstance(call, Balance):
            events = self._balance(reply, now)
        else:
            job = self._jobs[call.fp]
            job.busy = False
            answer = {Create: self._created, Read: self._read, Download: self._downloaded}[type(call)]
            events = answer(job, reply, now)
        return [*events, *first, *self._hold(now)]

    def wake(self, now: Moment) -> float | None:
        """The clock at which something is due next, or None when only a reply can move the run on."""
        if self._closing:
            return None
        times = [j.due for j in self._jobs.values() if not j.busy and self._following(j)]
        if self._may_submit:
            if self._balance_due is not None:
                times += [] if self._busy.get(Balance) else [self._balance_due]
            elif (upload := self._assets.wake()) is not None:
                times.append(upload)
            if self._balance_due is None and not self._busy.get(Create) and self._room:
                times += [max(j.due, self._next_submit) for j in self._in_turn(now)]
        return min(times, default=None)

    def close(self) -> None:
        """Nothing new is started; what is under way is waited for by the caller as long as it likes."""
        self._closing = True

    @property
    def done(self) -> bool:
        """Whether the run has nothing left to do or to wait for."""
        if any(self._busy.values()):
            return False
        live = {Phase.RUNNING, Phase.FETCHING} | ({Phase.WAITING} if self._may_submit else set())
        return self._closing or not any(j.phase in live for j in self._jobs.values())

    @property
    def paying(self) -> bool:
        """Whether a paid request is on its way, whose answer must not be lost."""
        return self._busy.get(Create, 0) > 0

    def withdraw(self, call: Create, now: Moment) -> Deferred:
        """Takes back an intent whose request was never started; the purchase is queued as before."""
        job = self._jobs[call.fp]
        self._busy[Create] -= 1
        job.busy, job.phase = False, Phase.WAITING
        self._committed -= job.units
        step = job.step
        return Deferred(step.address, step.fp, job.attempt, "withdrawn", "the request was not sent", 0, now.text())

    def finish(self, now: Moment, *, interrupted: bool = False) -> RunFinished:
        """The sums, and the exit code; when several apply: doubt, key, budget, failed, not finished."""
        return sums(self._jobs.values(), self.stopped, self._reused, now, interrupted=interrupted)

    # --- what may start ---

    @property
    def _may_submit(self) -> bool:
        return self.limits.submit and self.stopped is None and not self._closing

    @property
    def _room(self) -> bool:
        flying = sum(j.phase in (Phase.RUNNING, Phase.POSTING) for j in self._jobs.values())
        return flying < self.pace.in_flight

    def _following(self, job: Job) -> type[Download] | type[Read] | None:
        """The free call that a bought video needs next, when a slot for it is open."""
        if job.phase is Phase.FETCHING and self._busy.get(Download, 0) < self.pace.downloads:
            return Download
        return Read if job.phase is Phase.RUNNING and self._busy.get(Read, 0) < self.pace.reads else None

    def _begin(self, call: Call) -> Call:
        self._busy[type(call)] = self._busy.get(type(call), 0) + 1
        return call

    def _in_turn(self, now: Moment) -> Iterator[Job]:
        """Purchases that lack nothing but their turn. Take 1 of everything is bought before take 2 of anything."""
        take: int | None = None
        for job in self._jobs.values():
            if job.phase is not Phase.WAITING:
                continue
            take = job.entry.take if take is None else take
            if job.entry.take > take:
                return
            ups = (self._jobs.get(m.key) for m in job.entry.upstream)
            waits = any(up is not None and up.phase is not Phase.SAVED for up in ups)
            if not waits and not self._assets.missing(job.entry, self._jobs, now):
                yield job

    def _next(self, now: Moment) -> Job | None:
        ready = list(self._in_turn(now))  # asks for every file that is missing, also while the turn is another's
        if self._busy.get(Create) or now.clock < self._next_submit or not self._room:
            return None
        return next((job for job in ready if job.due <= now.clock), None)

    def _create(self, job: Job, now: Moment) -> Call:
        body = body_of(job.entry, self._assets.urls(job.entry, self._jobs, now))
        step = job.step
        intent = Submitting(
            entry=step.address,
            fp=step.fp,
            take=job.entry.take,
            attempt=job.attempt,
            manifest=orjson.loads(job.entry.manifest),
            intent=Intent(self.key(), digest(body), now.text()),
            units=job.units,
            at=now.text(),
        )
        job.phase, job.busy = Phase.POSTING, True
        self._committed += job.units
        self._next_submit = now.clock + self.pace.submit_every
        return self._begin(Create(step.fp, body, intent))

    # --- what replies mean ---

    def _created(self, job: Job, reply: Reply, now: Moment) -> list[Event]:
        step, at = job.step, now.text()
        if isinstance(reply, Accepted):
            job.phase, job.task, job.credits = Phase.RUNNING, reply.task, reply.credits
            job.accepted += 1
            job.tries = self._refusals = 0
            job.interval, job.percent = self.pace.poll, -1
            # reading an unfinished task makes the service ask its provider: begin near the time it announced
            job.due = now.clock + max(self.pace.poll, 0.7 * (reply.estimated_seconds or 0))
            seconds = reply.estimated_seconds
            return [Submitted(step.address, step.fp, job.attempt, reply.task, reply.credits, seconds, at)]
        if isinstance(reply, Refused):
            self._committed -= job.units
            return self._refused(job, reply, now)
        job.phase = Phase.DOUBT
        reason = reply.reason if isinstance(reply, (Unknown, Trouble)) else "an answer that was not understood"
        return [Doubted(step.address, step.fp, job.attempt, reason, at)]

    def _refused(self, job: Job, reply: Refused, now: Moment) -> list[Event]:
        step, at, code, message = job.step, now.text(), reply.code, reply.message
        if reply.then == "failed":
            job.phase = Phase.FAILED
            return [Failed(step.address, step.fp, job.attempt, None, code, message, self.then(code), at)]
        job.phase = Phase.WAITING
        self._refusals += 1
        wait = self.pace.pause(self._refusals, reply.retry_after)
        job.due = self._next_submit = now.clock + wait
        events: list[Event] = [Deferred(step.address, step.fp, job.attempt, code, message, wait, at)]
        if reply.then == "stop":
            events.append(self._stop(code, message, 5, now))
        elif self._refusals > self.pace.patience:
            events.append(self._stop(code, f"refused {self._refusals} times in a row: {message}", 7, now))
        return events

    def _read(self, job: Job, reply: Reply, now: Moment) -> list[Event]:
        step, at = job.step, now.text()
        if not isinstance(reply, Task):
            trouble = reply if isinstance(reply, Trouble) else Trouble("an answer that was not understood")
            return self._troubled(job, trouble, "poll", now)
        job.tries = 0
        job.credits = job.credits if reply.credits is None else reply.credits
        if reply.state == "running":
            remaining = min(0.5 * (reply.remaining_seconds or 0), self.pace.poll_most)
            job.due = now.clock + max(job.interval, remaining)
            job.interval = min(job.interval * 1.3, self.pace.poll_most)
            if reply.percent is None or reply.percent == job.percent:
                return []
            job.percent = reply.percent
            return [Progressed(step.address, step.fp, job.task, reply.percent, at)]
        if reply.state == "completed":
            job.phase, job.link, job.due = Phase.FETCHING, reply.links[0], now.clock
            job.link_until = now.clock + 0.9 * self.result_seconds
            until = now.text(self.result_seconds)
            return [Completed(step.address, step.fp, job.attempt, job.task, reply.credits, until, at)]
        then, failed, task = self.then(reply.code), job.attempt, job.task
        job.phase = Phase.FAILED
        if job.accepted:
            self._committed -= job.units
        if then == "again" and job.attempt < self.attempts and self.limits.submit:
            job.phase, job.attempt, job.task = Phase.WAITING, job.attempt + 1, ""
            job.due = now.clock + self.pace.again_after
        return [Failed(step.address, step.fp, failed, task, reply.code, reply.message, then, at)]

    def _downloaded(self, job: Job, reply: Reply, now: Moment) -> list[Event]:
        step = job.step
        if isinstance(reply, Kept):
            job.phase, job.file, job.sha256 = Phase.SAVED, reply.file, reply.sha256
            facts = (reply.file, reply.sha256, reply.bytes, reply.width, reply.height, reply.seconds)
            return [Saved(step.address, step.fp, job.attempt, *facts, now.text())]
        if isinstance(reply, Expired):
            # the task is read again for a fresh link; it was paid for once and is never bought for this
            job.links += 1
            given_up = job.links > self.pace.patience
            reason = f"the link is no longer good: {reply.reason}"
            events = self._troubled(job, Trouble(reason, final=given_up), "download", now)
            job.phase = Phase.LEFT if given_up else Phase.RUNNING
            return events
        trouble = reply if isinstance(reply, Trouble) else Trouble("an answer that was not understood")
        return self._troubled(job, trouble, "download", now)

    def _troubled(self, job: Job, reply: Trouble, what: str, now: Moment) -> list[Event]:
        job.tries += 1
        wait: float | None = self.pace.pause(job.tries, reply.retry_after)
        if reply.stop or reply.final or job.tries > self.pace.patience:
            job.phase, wait = Phase.LEFT, None
        job.due = now.clock + (wait or 0)
        return [Delayed(job.step.address, job.step.fp, what, reply.reason, wait, now.text())]

    def _balance(self, reply: Reply, now: Moment) -> list[Event]:
        """The first call of a run that buys: it costs nothing and tells a bad key or an unreachable service."""
        self._balance_tries += 1
        if isinstance(reply, Trouble) and not reply.stop and not reply.final:
            if self._balance_tries > 2:
                self._balance_due = None
                return [self._stop("unreachable", reply.reason, 7, now)]
            wait = self.pace.pause(self._balance_tries, reply.retry_after)
            self._balance_due = now.clock + wait
            return [Delayed(self.name, "", "balance", reply.reason, wait, now.text())]
        self._balance_due = None
        if isinstance(reply, Credits) and reply.remaining is not None and reply.remaining <= 0:
            return [self._stop("balance", "the account has no credits left", 5, now)]
        return []

    def _stop(self, code: str, message: str, exit_code: int, now: Moment) -> Stopped:
        self.stopped = Stopped(code, message, exit_code, now.text())
        return self.stopped

    def _hold(self, now: Moment) -> list[Event]:
        """Purchases whose upstream has no video, or whose file cannot be uploaded, are held; the rest goes on."""
        events: list[Event] = []
        changed = True
        while changed:
            changed = False
            for job in self._jobs.values():
                if job.phase is Phase.WAITING and (why := self._obstacle(job)) is not None:
                    upstream, reason, job.phase = why
                    events.append(Held(job.step.address, job.step.fp, upstream, reason, now.text()))
                    changed = True
        return events

    def _obstacle(self, job: Job) -> tuple[str, str, Phase] | None:
        for medium in job.entry.upstream:
            up = self._jobs.get(medium.key)
            if up is not None and up.phase in _GONE:
                if up.phase is Phase.LEFT:
                    return up.step.address, "it is not finished", Phase.LEFT
                said = {Phase.FAILED: "it failed", Phase.DOUBT: "it is in doubt", Phase.HELD: "it is held"}
                return up.step.address, said[up.phase], Phase.HELD
        dead = self._assets.dead(job.entry, self._jobs)
        return (dead[0], f"it could not be uploaded: {dead[1]}", Phase.LEFT) if dead else None
