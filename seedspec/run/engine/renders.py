"""A run's bucket of renders: which saved videos go up, which come from there, and when the bucket is given up.

Nothing that is bought waits for it. A bucket in trouble is tried a few times, told of once, and left alone for the
rest of the run: what is saved stays on disk, and the next run or fetch puts it up.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import field, replace

from seedspec.lock.event import Event
from seedspec.lock.run_events import Archived, Delayed
from seedspec.lock.staleness import link_lives
from seedspec.lock.state import State
from seedspec.run.engine.messages import Archive, Call, Download, InBucket, Kept, Recall, Reply, Trouble
from seedspec.run.engine.purchase import Moment, Phase, Purchase
from seedspec.text.value import valueclass

AT_ONCE = 4
"""Videos that go up at one time."""

TRIES = 3
"""How many calls in a row a bucket may leave without success."""
_FACTS = ("width", "height", "seconds", "fps", "audio")
Pause = Callable[[int, float | None], float]
After = Callable[[Purchase, Reply, Moment], list[Event]]
_STRANGE = Trouble("an answer that was not understood")


@valueclass(frozen=False, slots=True)
class _Way:
    """One direction, up or down: the calls under way, those in a row without success, and why it was given up."""

    busy: int = 0
    tries: int = 0
    due: float = 0.0
    lost: str = ""

    def failed(self, trouble: Trouble, now: Moment, pause: Callable[[int, float | None], float]) -> bool:
        """Counts a call without success. Says whether the way is given up by it, which it is once."""
        self.tries += 1
        self.due = now.clock + pause(self.tries, trouble.retry_after)
        if self.lost or not (trouble.stop or self.tries >= TRIES):
            return False
        self.lost = trouble.reason
        return True

    def worked(self) -> None:
        self.tries, self.due = 0, 0.0


@valueclass(frozen=False, slots=True)
class Renders:
    """The videos of a run and its bucket at `url`. `saved` are those that earlier runs saved and that are here.

    `insists` says that the run is there for this too: it is not
    finished while a video could not go up.
    """

    url: str = ""
    saved: Iterable[Archive] = ()
    insists: bool = False
    _open: deque[Archive] = field(default_factory=deque)
    _up: _Way = field(default_factory=_Way)
    _down: _Way = field(default_factory=_Way)
    _left: int = 0
    _pause: Pause = lambda tries, asked: 0.0
    _after: After = lambda job, reply, now: []

    def begin(self, pause: Pause, after: After) -> None:
        """The run begins. `pause` is how long to wait after so many tries, `after` what a saved video means."""
        self._pause, self._after = pause, after
        self._open.extend(self.saved)

    # --- up ---

    def moved(self, call: Call, job: Purchase, jobs: Iterable[Purchase], now: Moment) -> list[Purchase]:
        """A purchase has moved on: a video that this run saved goes up. Gives the others that move with it, which are
        to be asked of the service because the bucket was given up.
        """
        if self.url and isinstance(call, Download) and job.phase is Phase.SAVED:
            self._open.append(Archive(job.sha256, job.file, job.step.address, job.step.fp))
        left = [j for j in jobs if j.recall and not j.busy and j.phase is Phase.FETCHING] if self._is_gone(call) else []
        for other in left:
            self.give_up(other, now)
        return left

    def _is_gone(self, call: Call) -> bool:
        return isinstance(call, Recall) and bool(self._down.lost)

    def due(self, now: Moment) -> list[Archive]:
        """What goes up now, as far as slots are free."""
        calls: list[Archive] = []
        while self._open and not self._up.lost and self._up.due <= now.clock and self._up.busy < AT_ONCE:
            calls.append(self._open.popleft())
            self._up.busy += 1
        return calls

    def wake(self) -> float | None:
        """When the next may go up; None where none waits for its time."""
        return self._up.due if self.waits and self._up.busy < AT_ONCE else None

    @property
    def waits(self) -> bool:
        """Whether something is still to go up in this run."""
        return bool(self._open) and not self._up.lost

    @property
    def owing(self) -> bool:
        """Whether the run is not finished because a video should have gone up and has not."""
        return self.insists and self._left + len(self._open) > 0

    def archived(self, call: Archive, reply: Reply, now: Moment) -> list[Event]:
        """What became of a video that was to go up."""
        self._up.busy -= 1
        if isinstance(reply, InBucket):
            self._up.worked()
            if reply.reused:
                return []
            return [Archived(call.entry, call.fp, call.sha256, call.path, reply.bytes, now.text())]
        trouble = reply if isinstance(reply, Trouble) else _STRANGE
        if trouble.final and not trouble.stop:  # of this video alone: the bucket answers
            self._left += 1
            return [Delayed(call.path, "", "bucket", trouble.reason, None, now.text())]
        self._open.append(call)
        if not self._up.failed(trouble, now, self._pause):
            return []
        many = len(self._open) + self._up.busy
        left = f"{trouble.reason}; {many} saved video{'s' if many != 1 else ''} can go up with the next run or fetch"
        return [Delayed(self.url, "", "bucket", left, None, now.text())]

    # --- down ---

    def fetch(self, job: Purchase, most: int) -> Recall | None:
        """The call that brings a video from here; None for one that the service has."""
        return Recall(job.name, job.recall, job.file, most) if job.recall else None

    def recalled(self, job: Purchase, reply: Reply, now: Moment) -> list[Event]:
        """What became of a video that was to come from the bucket: saved, with all that the lock knows of it.

        Where the bucket has it not, the service is asked, as long as it keeps what it made.
        """
        if isinstance(reply, Kept):
            self._down.worked()
            job.recall = ""
            record = job.step.record
            known = {k: record.get(k) for k in _FACTS} if record is not None else {}
            return self._after(job, replace(reply, **known), now)
        trouble = reply if isinstance(reply, Trouble) else _STRANGE
        events: list[Event] = []
        if not trouble.final or trouble.stop:
            if self._down.failed(trouble, now, self._pause):
                events.append(Delayed(self.url, "", "bucket", trouble.reason, None, now.text()))
            elif not self._down.lost:
                job.due = self._down.due
                return []
        elif trouble.missing:
            self._down.worked()
        lives = self.give_up(job, now)
        if trouble.final and not (trouble.missing and lives):
            gone = "" if lives else ", and the service keeps it no longer"
            wait = 0.0 if lives else None
            events.append(Delayed(job.step.address, job.step.fp, "bucket", f"{trouble.reason}{gone}", wait, now.text()))
        return events

    def give_up(self, job: Purchase, now: Moment) -> bool:
        """A video does not come from here: whether the service may still have it, which is then asked."""
        job.recall, job.due = "", now.clock
        lives = bool(job.task) and (job.made is not State.SAVED or link_lives(job.step.record, now.text()))
        job.phase = Phase.RUNNING if lives else Phase.LEFT
        return lives
