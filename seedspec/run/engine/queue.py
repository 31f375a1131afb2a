"""Which purchases of a run are due for what: queues by time and by turn, so that no step looks at all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

from seedspec.run.engine.purchase import Phase, Purchase

READ = frozenset({Phase.RUNNING, Phase.LINKING})
FETCH = frozenset({Phase.FETCHING})
HAD = frozenset({Phase.SAVED, Phase.KEPT})
"""Phases in which the task is read, its video fetched, and the video is there for those that continue it."""

GONE = frozenset({Phase.FAILED, Phase.DOUBT, Phase.HELD, Phase.LEFT})
"""Phases that end a purchase in this run without a video."""

Lacks = Callable[[Purchase], str]
"""The digest of a file that a purchase still needs an address for, or the name of a picture that is still to be cut,
which is asked for thereby; "" when none lacks."""


@dataclass(slots=True)
class _Timed:
    """Jobs by the time at which they are due, then in turn. An entry that its job has outlived is passed over."""

    stamps: list[int]
    heap: list[tuple[float, int, int]] = field(default_factory=list)

    def push(self, job: Purchase) -> None:
        heappush(self.heap, (job.due, job.index, self.stamps[job.index]))

    @property
    def first(self) -> float | None:
        """When the next one is due."""
        while self.heap and self.stamps[self.heap[0][1]] != self.heap[0][2]:
            heappop(self.heap)
        return self.heap[0][0] if self.heap else None

    def until(self, clock: float) -> Iterator[int]:
        """Takes out, one by one, what is due by then."""
        while (first := self.first) is not None and first <= clock:
            yield heappop(self.heap)[1]


class Queue:
    """The jobs of a run by what they wait for. Tell it of a job with `placed` whenever that has changed.

    `counts` are the jobs in each phase. `in_order` says that what has a lower turn is bought before
    anything of a higher one.
    """

    def __init__(self, jobs: Mapping[str, Purchase], *, in_order: bool) -> None:
        self.counts: Counter[Phase] = Counter()
        self._jobs = tuple(jobs.values())
        self._in_order = in_order
        self._stamps = [0] * len(self._jobs)
        self._phases: list[Phase | None] = [None] * len(self._jobs)
        self._reads, self._downloads = _Timed(self._stamps), _Timed(self._stamps)
        self._ups: dict[int, list[Purchase]] = {}
        self._dependants: dict[int, list[int]] = {}
        self._fresh: list[int] = []
        self._lacking: dict[str, list[int]] = {}
        self._later = _Timed(self._stamps)
        self._ready: list[tuple[int, int]] = []
        self._turns: Counter[int] = Counter()
        self._closed: dict[int, list[int]] = {}
        self._open = 0
        self._suspects: list[int] = []
        for index, (name, job) in enumerate(jobs.items()):
            job.index, job.name = index, name
        for job in self._jobs:
            if job.entry is not None and (ups := [u for m in job.entry.upstream if (u := jobs.get(m.key))]):
                self._ups[job.index] = ups
                for up in ups:
                    self._dependants.setdefault(up.index, []).append(job.index)
        for job in self._jobs:
            self.update(job)

    def update(self, job: Purchase) -> None:
        """A job has begun, has moved on, or is due at another time."""
        index, phase, before = job.index, job.phase, self._phases[job.index]
        self._stamps[index] += 1
        if phase is not before:
            self._count_move(job, before)
        if job.busy:
            return
        if phase in READ:
            self._reads.push(job)
        elif phase in FETCH:
            self._downloads.push(job)
        elif phase is Phase.WAITING:
            self._fresh.append(index)

    def _count_move(self, job: Purchase, before: Phase | None) -> None:
        index, phase = job.index, job.phase
        if before is not None:
            self.counts[before] -= 1
        self.counts[phase] += 1
        self._phases[index] = phase
        if before is Phase.WAITING:
            self._turns[job.turn] -= 1
        if phase is Phase.WAITING:
            self._turns[job.turn] += 1
            self._suspects.append(index)
        elif phase in HAD or phase in GONE:
            for dependant in self._dependants.get(index, ()):
                if self._phases[dependant] is Phase.WAITING:
                    self._suspects.append(dependant)
                    self._fresh.append(dependant)

    # --- what was bought ---

    def reads(self, clock: float) -> Iterator[Purchase]:
        """Takes out those whose tasks are to be read by then, the longest due first."""
        return (self._jobs[i] for i in self._reads.until(clock))

    def downloads(self, clock: float) -> Iterator[Purchase]:
        """Takes out those whose videos are to be fetched by then."""
        return (self._jobs[i] for i in self._downloads.until(clock))

    @property
    def next_read(self) -> float | None:
        return self._reads.first

    @property
    def next_download(self) -> float | None:
        return self._downloads.first

    # --- what is to be bought ---

    def sort(self, lacks: Lacks) -> None:
        """Finds out of each newcomer whose turn it may be whether a file lacks, or time."""
        if not self._fresh and self._open >= self._first_turn:
            return
        self._open = max(self._open, self._first_turn)
        for turn in [t for t in self._closed if t <= self._open]:
            self._fresh += self._closed.pop(turn)
        fresh, self._fresh = self._fresh, []
        for index in sorted(set(fresh)):
            job = self._jobs[index]
            if job.phase is not Phase.WAITING or job.busy or self._is_blocked(index):
                continue
            if job.turn > self._open and self._in_order:
                self._closed.setdefault(job.turn, []).append(index)
            else:
                self._sort_one(job, lacks)

    def _sort_one(self, job: Purchase, lacks: Lacks) -> None:
        self._stamps[job.index] += 1
        if sha256 := lacks(job):
            self._lacking.setdefault(sha256, []).append(job.index)
        elif job.due > 0:
            self._later.push(job)
        else:
            heappush(self._ready, (job.index, self._stamps[job.index]))

    def release(self, sha256: str) -> None:
        """A file has its address: those that waited for it are newcomers again."""
        self._fresh += self._lacking.pop(sha256, [])

    def turn(self, clock: float, lacks: Lacks) -> Purchase | None:
        """The purchase whose turn it is, when there is one; it stays here until it is placed anew."""
        for index in self._later.until(clock):
            heappush(self._ready, (index, self._stamps[index]))
        while (job := self._head) is not None:
            if not (sha256 := lacks(job)):  # an address may have come to its end
                return job
            heappop(self._ready)
            self._lacking.setdefault(sha256, []).append(job.index)
        return None

    @property
    def next_turn(self) -> float | None:
        """When there is somebody whose turn it is: 0 for now. None while nothing but a reply can bring that about."""
        if self._head is not None or self._fresh:
            return 0.0
        return self._later.first

    @property
    def any_turn(self) -> bool:
        """Whether there is a purchase that waits for no other video, ready or not."""
        if self._head is not None:
            return True
        if not self.counts[Phase.WAITING]:
            return False
        waiting = (j for j in self._jobs if j.phase is Phase.WAITING and not self._is_blocked(j.index))
        return any(not self._in_order or j.turn <= self._first_turn for j in waiting)

    @property
    def _head(self) -> Purchase | None:
        while self._ready and self._stamps[self._ready[0][0]] != self._ready[0][1]:
            heappop(self._ready)
        if not self._ready:
            return None
        job = self._jobs[self._ready[0][0]]
        return None if self._in_order and job.turn > self._first_turn else job

    @property
    def _first_turn(self) -> int:
        return min((turn for turn, many in self._turns.items() if many), default=0)

    def _is_blocked(self, index: int) -> bool:
        return any(up.phase not in HAD for up in self._ups.get(index, ()))

    # --- what cannot be bought any more ---

    def suspect(self, jobs: Iterable[Purchase] | None = None) -> None:
        """Something may stand in the way of these purchases; of all that wait, when none are given."""
        found = self._jobs if jobs is None else jobs
        self._suspects += [j.index for j in found if j.phase is Phase.WAITING]

    def suspects(self) -> Iterator[Purchase]:
        """Takes out those that something may stand in the way of, in passes through the order of the run.

        One that is placed in between makes suspects of those that continue it: in the same pass where it can be.
        """
        now, last = self._take_suspects(), -1
        while now:
            index = heappop(now)
            if index > last:
                last = index
                yield self._jobs[index]
                for new in self._take_suspects():
                    if new > index:
                        heappush(now, new)
                    else:
                        self._suspects.append(new)
            if not now:
                now, last = self._take_suspects(), -1

    def _take_suspects(self) -> list[int]:
        taken, self._suspects = self._suspects, []
        heapify(taken)
        return taken
