"""Which purchases of a run are due for what: queues by time and by turn, so that no step looks at all of them.

What is asked of a service stands in its own lane: one that is slow or full holds up no other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from heapq import heapify, heappop, heappush

from seedspec.run.engine.lane import Lane, Timed
from seedspec.run.engine.past import Past
from seedspec.run.engine.purchase import Phase, Purchase

READ = frozenset({Phase.RUNNING, Phase.LINKING})
FETCH = frozenset({Phase.FETCHING})
HAD = frozenset({Phase.SAVED, Phase.KEPT})
"""Phases in which the task is read, its video fetched, and the video is there for those that continue it."""

GONE = frozenset({Phase.FAILED, Phase.DOUBT, Phase.HELD, Phase.LEFT})
"""Phases that end a purchase in this run without a video."""


class Queue:
    """The jobs of a run by what they wait for. Tell it of a job with `update` whenever that has changed.

    `lanes` are those of each service, by what `service_of` says of a job. `counts` are the jobs in each phase.
    `in_order` says that what has a lower turn is bought before anything of a higher one: at each service for itself,
    or, with `together`, in the whole run. In the phase `last` a purchase is past, unless another one continues it.
    """

    def __init__(
        self,
        jobs: dict[str, Purchase],
        service_of: Callable[[Purchase], str] = lambda job: "",
        last: Phase | None = None,
        *,
        in_order: bool,
        together: bool = False,
    ) -> None:
        self.counts: Counter[Phase] = Counter()
        self.lanes: dict[str, Lane] = {}
        self.past = Past(jobs, None)
        self._jobs = list(jobs.values())
        self._in_order, self._together = in_order, together
        self._stamps = [0] * len(self._jobs)
        self._phases: list[Phase | None] = [None] * len(self._jobs)
        self._downloads = Timed(self._stamps)
        self._ups: dict[int, list[Purchase]] = {}
        self._dependants: dict[int, list[int]] = {}
        self._suspects: list[int] = []
        self._lane_of: list[Lane] = []
        for index, (name, job) in enumerate(jobs.items()):
            job.index, job.name = index, name
            self._lane_of.append(self.lane(service_of(job)))
        for job in self._jobs:
            if job.entry is not None and (ups := [u for m in job.entry.upstream if (u := jobs.get(m.key))]):
                self._ups[job.index] = ups
                for up in ups:
                    self._dependants.setdefault(up.index, []).append(job.index)
        for job in self._jobs:
            self.update(job)
        self.past.last = last

    def lane(self, service: str) -> Lane:
        """What is due at a service."""
        if service not in self.lanes:
            self.lanes[service] = Lane(self._jobs, self._stamps, self._lane_of, self._is_blocked, self._first_turn)
        return self.lanes[service]

    def shut(self, service: str) -> None:
        """Nothing more is bought of a service: no turn waits for what it still has, and nothing else should."""
        if not self.lane(service).shut:
            self.lane(service).shut = True
            self.suspect()

    def update(self, job: Purchase) -> None:
        """A job has begun, has moved on, or is due at another time."""
        index, phase, before = job.index, job.phase, self._phases[job.index]
        self._stamps[index] += 1
        if phase is not before:
            self._count_move(job, before)
        if job.busy:
            return
        if index not in self._dependants and (past := self.past.take(job)) is not None:
            self._jobs[index] = past
        elif phase in READ:
            self._lane_of[index].follow(job)
        elif phase in FETCH:
            self._downloads.push(job)
        elif phase is Phase.WAITING:
            self._lane_of[index].fresh.append(index)

    def _count_move(self, job: Purchase, before: Phase | None) -> None:
        index, phase, lane = job.index, job.phase, self._lane_of[job.index]
        for counts in (self.counts, lane.counts):
            if before is not None:
                counts[before] -= 1
            counts[phase] += 1
        self._phases[index] = phase
        if before is Phase.WAITING:
            lane.turns[job.turn] -= 1
        if phase is Phase.WAITING:
            lane.turns[job.turn] += 1
            self._suspects.append(index)
        if phase in HAD or phase in GONE or (phase is Phase.WAITING and lane.shut):
            for dependant in self._dependants.get(index, ()):
                if self._phases[dependant] is Phase.WAITING:
                    self._suspects.append(dependant)
                    self._lane_of[dependant].fresh.append(dependant)

    def downloads(self, clock: float) -> Iterator[Purchase]:
        """Takes out those whose videos are to be fetched by then."""
        return (self._jobs[i] for i in self._downloads.until(clock))

    @property
    def next_download(self) -> float | None:
        return self._downloads.first

    def release(self, name: str) -> None:
        """A file has its address, or a picture is cut: those that waited for it are newcomers again."""
        for lane in self.lanes.values():
            lane.release(name)

    def _first_turn(self, lane: Lane) -> int | None:
        """The turn that a service has come to; None where no order is kept."""
        if not self._in_order:
            return None
        lanes = [one for one in self.lanes.values() if not one.shut] if self._together else [lane]
        return min((turn for one in lanes for turn, many in one.turns.items() if many), default=0)

    def _is_blocked(self, index: int) -> bool:
        return any(up.phase not in HAD for up in self._ups.get(index, ()))

    def clear(self) -> None:
        """Lets go of what it has and of its lanes, which know it: both would stay until the collector comes by."""
        self._lane_of.clear()
        self.lanes.clear()

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
