"""What is due at one service of a run: its tasks by the time of their next read, and what is to be bought of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field
from heapq import heappop, heappush

from seedspec.run.engine.purchase import Phase, Purchase
from seedspec.text.value import valueclass

Lacks = Callable[[Purchase], str]
"""The digest of a file that a purchase still needs an address for, or the name of a picture that is still to be cut,
which is asked for thereby; "" when none lacks."""


@valueclass(frozen=False, slots=True)
class Timed:
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


@valueclass(frozen=False, slots=True)
class Lane:
    """The jobs of one service. `jobs`, `stamps` and `lane_of` are those of the whole run, by index; `blocked` says
    which of them wait for another video. `first_turn` gives the lowest turn of which something is still to be bought,
    None where no order is kept.

    `counts` are how many of its jobs are in each phase, `turns` how many wait, by their turn. `shut` says that nothing
    more is bought of it. `fresh` have newly come to wait, `lacking` lack something, by name.
    """

    jobs: Sequence[Purchase]
    stamps: list[int]
    lane_of: Sequence[Lane]
    blocked: Callable[[int], bool]
    first_turn: Callable[[Lane], int | None]
    counts: Counter[Phase] = field(default_factory=Counter)
    turns: Counter[int] = field(default_factory=Counter)
    shut: bool = False
    fresh: list[int] = field(default_factory=list)
    lacking: dict[str, list[int]] = field(default_factory=dict)
    _reads: Timed = field(init=False)
    _later: Timed = field(init=False)
    _ready: list[tuple[int, int]] = field(default_factory=list)
    _closed: dict[int, list[int]] = field(default_factory=dict)
    _open: int = 0

    def __post_init__(self) -> None:
        self._reads, self._later = Timed(self.stamps), Timed(self.stamps)

    # --- what was bought ---

    def follow(self, job: Purchase) -> None:
        """The task of a job is to be read when it is due."""
        self._reads.push(job)

    def reads(self, clock: float) -> Iterator[Purchase]:
        """Takes out those whose tasks are to be read by then, the longest due first."""
        return (self.jobs[i] for i in self._reads.until(clock))

    @property
    def next_read(self) -> float | None:
        return self._reads.first

    # --- what is to be bought ---

    def sort(self, lacks: Lacks) -> None:
        """Finds out of each newcomer whose turn it may be whether a file lacks, or time."""
        first = self._first
        if not self.fresh and self._open >= first:
            return
        self._open = max(self._open, first)
        for turn in [t for t in self._closed if t <= self._open]:
            self.fresh += self._closed.pop(turn)
        fresh, self.fresh = self.fresh, []
        for index in sorted(set(fresh)):
            job = self.jobs[index]
            if job.phase is not Phase.WAITING or job.busy or self.blocked(index):
                continue
            if job.turn > self._open and self.first_turn(self) is not None:
                self._closed.setdefault(job.turn, []).append(index)
            else:
                self._sort_one(job, lacks)

    def _sort_one(self, job: Purchase, lacks: Lacks) -> None:
        self.stamps[job.index] += 1
        if name := lacks(job):
            self.lacking.setdefault(name, []).append(job.index)
        elif job.due > 0:
            self._later.push(job)
        else:
            heappush(self._ready, (job.index, self.stamps[job.index]))

    def release(self, name: str) -> None:
        """What lacked is there: those that waited for it are newcomers again."""
        self.fresh += self.lacking.pop(name, [])

    def turn(self, clock: float, lacks: Lacks) -> Purchase | None:
        """The purchase whose turn it is, when there is one; it stays here until it is placed anew."""
        for index in self._later.until(clock):
            heappush(self._ready, (index, self.stamps[index]))
        while (job := self._head) is not None:
            if not (name := lacks(job)):  # an address may have come to its end
                return job
            heappop(self._ready)
            self.lacking.setdefault(name, []).append(job.index)
        return None

    @property
    def next_turn(self) -> float | None:
        """When there is somebody whose turn it is: 0 for now. None while nothing but a reply can bring that about."""
        if self._head is not None or self.fresh:
            return 0.0
        return self._later.first

    @property
    def any_turn(self) -> bool:
        """Whether there is a purchase that waits for no other video, ready or not."""
        if self._head is not None:
            return True
        if not self.counts[Phase.WAITING]:
            return False
        first = self.first_turn(self)
        waiting = (j for j in self.jobs if j.phase is Phase.WAITING and self.lane_of[j.index] is self)
        return any(first is None or j.turn <= first for j in waiting if not self.blocked(j.index))

    @property
    def _first(self) -> int:
        return self.first_turn(self) or 0

    @property
    def _head(self) -> Purchase | None:
        while self._ready and self.stamps[self._ready[0][0]] != self._ready[0][1]:
            heappop(self._ready)
        if not self._ready:
            return None
        job, first = self.jobs[self._ready[0][0]], self.first_turn(self)
        return None if first is not None and job.turn > first else job
