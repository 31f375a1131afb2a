"""What other runners of a shared ledger buy: it is followed like one's own, and waited for while it is being sent.

Following is free and safe to do twice. A purchase that is being sent has no task yet: the ledger is looked at now and
then, until it has one or until the lease of its runner is over. Then it is in doubt, as after a run that was killed.

Where others have bought one purchase that this run wanted, they have bought more: the next look finds which of all that
this run still wants are taken, so that it does not ask for each of them to be told so. How they stand is read when this
run has nothing left that it can buy: what is bought meanwhile is not held up, and each is read once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from seedspec.lock.age import seconds_since
from seedspec.lock.event import Event
from seedspec.lock.purchase_events import Failed
from seedspec.lock.run_events import BoughtElsewhere, Delayed
from seedspec.lock.state import UNANSWERED, State
from seedspec.run.engine.messages import Look, Looked, Reply, Theirs, Trouble
from seedspec.run.engine.proof import trace_of
from seedspec.run.engine.purchase import Moment, Phase, Purchase
from seedspec.run.engine.transitions import STRANGE, Transitions
from seedspec.text.value import valueclass

LOOK = 3.0
"""Seconds between two looks at what others are sending."""

_REST = 3.0
"""The time after a look until the next one, as a multiple of what it took: thousands of purchases take seconds."""


@valueclass(frozen=False, slots=True)
class Others:
    """The purchases of other runners in this run. `renders` is the bucket of videos, "" for none. `met` says that one
    was met since the last look, which began at `looked`.
    """

    progress: Transitions
    renders: str
    next_look: float = 0.0
    met: bool = False
    looked: float = 0.0

    def wants(self, counts: Mapping[Phase, int], buying: Callable[[], bool]) -> bool:
        """Whether a look would tell something: of what others are sending, of what they have taken, or of what they
        may have. `buying` says whether this run has something that it can buy."""
        sent = self.progress.limits.wait and counts[Phase.ELSEWHERE] > 0
        return sent or self.met or (counts[Phase.TAKEN] > 0 and not buying())

    def due(self, jobs: Mapping[str, Purchase], now: Moment, *, buying: bool) -> Look | None:
        """The look that is due now, at everything that others are sending, or may have sent. `buying` says that this
        run has something that it can buy."""
        if now.clock < self.next_look:
            return None

        def named(*phases: Phase) -> dict[str, tuple[str, int]]:
            return {j.name: (j.step.fp, j.attempt) for j in jobs.values() if j.phase in phases}

        found = named(Phase.ELSEWHERE) if buying else named(Phase.ELSEWHERE, Phase.TAKEN)
        wanted = named(Phase.WAITING) if self.met and buying else {}
        self.met, self.looked = False, now.clock
        return Look(found, wanted) if found or wanted else None

    def reply(
        self, call: Look, reply: Reply, jobs: Mapping[str, Purchase], now: Moment
    ) -> tuple[list[Event], list[Purchase]]:
        """How they stand now, and the jobs that this is about. A silent ledger is asked again for a while.

        A job of this run that was wanted when the look began may have been begun since: then it is this run's.
        """
        rest = _REST * (now.clock - self.looked) if isinstance(reply, Looked) else 0.0
        self.next_look = now.clock + max(rest, min(LOOK, self.progress.pace.poll))
        events: list[Event] = []
        waiting = [jobs[name] for name in call.purchases]
        if isinstance(reply, Looked):
            taken = [job for name in reply.taken if (job := jobs[name]).phase is Phase.WAITING]
            for job in taken:
                job.phase = Phase.TAKEN
            for job in waiting:
                job.tries = 0
                events += self._take_move(job, reply.found.get(job.name), now)
            return events, [*taken, *waiting]
        reason = reply.reason if isinstance(reply, Trouble) else STRANGE
        for job in waiting:
            if self.progress.count_try(job, now):
                job.phase = Phase.LEFT
                events.append(Delayed(job.step.address, job.step.fp, "ledger", reason, None, now.text()))
        return events, waiting

    def _take_move(self, job: Purchase, theirs: Theirs | None, now: Moment) -> list[Event]:
        if job.phase is Phase.TAKEN and (theirs is None or theirs.values["state"] == State.QUEUED):
            job.phase = Phase.WAITING  # nobody has it: whoever asked for it took that back
            return []
        if theirs is None:
            return []
        still = theirs.values["state"] == State.SUBMITTING and theirs.values["attempt"] == job.attempt
        known = still and theirs.lives and job.phase is Phase.ELSEWHERE
        return [] if known else self.take(job, theirs, now)

    def take(self, job: Purchase, theirs: Theirs, now: Moment) -> list[Event]:
        """A purchase goes on from where another runner has it."""
        values, step, at = theirs.values, job.step, now.text()
        state = State(values["state"])
        job.attempt, job.task, job.recorded = values["attempt"], values.get("task") or "", values.get("units")
        job.due, job.tries, job.looks, job.stuck, job.made = now.clock, 0, 0, None, None
        job.trace = trace_of(values)
        gone = state is State.SUBMITTING and not theirs.lives
        said: list[Event] = [
            BoughtElsewhere(step.address, step.fp, job.attempt, theirs.runner, state.value, job.task or None, at, gone)
        ]
        if state in UNANSWERED:
            job.phase = Phase.ELSEWHERE if theirs.lives and state is State.SUBMITTING else Phase.DOUBT
            self.next_look = now.clock + min(LOOK, self.progress.pace.poll)
        elif state is State.QUEUED:
            job.phase, job.recorded, job.due = Phase.WAITING, None, now.clock + self.progress.pace.wait
        elif state is State.FAILED:
            return [*said, *self._take_failure(job, values.get("failure") or {}, now)]
        else:
            self._follow(job, state, values, now)
        return said

    def _follow(self, job: Purchase, state: State, values: Mapping[str, object], now: Moment) -> None:
        """It has a task, or its video is saved on another machine: from the bucket, or while the service keeps it."""
        intent = values.get("intent")
        asked = str((intent.get("at") if isinstance(intent, Mapping) else None) or values.get("at") or "")
        job.begun = now.clock - (seconds_since(asked, now.utc) or 0.0)
        job.phase, job.interval = Phase.RUNNING, self.progress.pace.poll
        job.made = None if state is State.RUNNING else state
        job.file = str(values.get("file") or job.file)
        if state is not State.SAVED:
            return
        if self.renders and values.get("sha256"):
            job.phase, job.recall = Phase.FETCHING, str(values["sha256"])
        elif not (job.task and _is_kept(values.get("results_until"), now)):
            job.phase = Phase.LEFT  # it is on another disk; the next plan says so

    def _take_failure(self, job: Purchase, failure: Mapping[str, str], now: Moment) -> list[Event]:
        """An attempt of theirs failed: it is repeated by the rules by which one's own is."""
        code, message = failure.get("code", "unknown_error"), failure.get("message", "")
        then, attempt, task = self.progress.terms(job.provider).then(code), job.attempt, job.task or None
        job.phase, job.recorded, job.task = Phase.FAILED, None, ""
        limits = self.progress.limits
        if (
            then == "again"
            and job.entry is not None
            and limits.submit
            and attempt < self.progress.terms(job.provider).attempts
        ):
            job.phase, job.attempt, job.due = Phase.WAITING, attempt + 1, now.clock + self.progress.pace.again_after
        return [Failed(job.step.address, job.step.fp, attempt, task, code, message, then, now.text())]


def _is_kept(until: object, now: Moment) -> bool:
    """Whether the service still has a video."""
    try:
        return datetime.fromisoformat(str(until)) > now.utc
    except (ValueError, TypeError):
        return False
