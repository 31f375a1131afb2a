"""What a run saves is measured beside it, and held against what is expected of it; its events come among the run's."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import closing
from dataclasses import field, replace
from pathlib import Path

from seedspec.catalog.price import sum_of
from seedspec.compiler.entry import Entry
from seedspec.lock.event import Event
from seedspec.lock.lock import Lock
from seedspec.lock.purchase_events import Saved
from seedspec.lock.run_events import Compared, RunFinished, RunStarted, Skipped
from seedspec.measures.judged import PREFIX
from seedspec.measures.values import Measured
from seedspec.media.facts import MediaMissing
from seedspec.media.reader import cuts_pictures
from seedspec.plan.command_hint import CommandHint
from seedspec.project.expectations import Expectations
from seedspec.project.measuring import measure
from seedspec.project.saved_measures import reference_of, trouble_of
from seedspec.project.workers import Workers, cores
from seedspec.run.engine.sums import worst
from seedspec.run.loop import now
from seedspec.text.value import valueclass

_GLANCE = 0.2

Again = Callable[[RunFinished], Generator[Event, None, None] | None]
"""The events of a further round, given the sums so far; None where there is none."""


@valueclass(frozen=False, slots=True)
class Takes:
    """The takes of a run of which something is expected. `standing` is what became of each that is saved, by address.

    A take that an earlier run saved is held against the measures that are there; what this run saves is measured, in
    processes that are started with the first of it. `end` is the clock after which nothing more is measured.
    """

    expected: Expectations
    entries: tuple[Entry, ...]
    base: Path
    commands: CommandHint
    strict: bool = False
    end: float | None = None
    standing: dict[str, Compared] = field(default_factory=dict)
    _by_fp: dict[str, list[Entry]] = field(default_factory=dict)
    _pool: Workers | None = None
    _jobs: dict[Future[Measured], Saved] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for entry in self.entries:
            if self.expected.of(entry):
                self._by_fp.setdefault(entry.fingerprint, []).append(entry)

    def earlier(self, lock: Lock) -> Iterator[Compared]:
        """What earlier runs have saved."""
        self.standing |= (found := self.expected.standing(self.entries, lock, now().text()))
        yield from found.values()

    def take(self, saved: Saved) -> Iterator[Compared]:
        """A video is saved: it is measured, where a measure of it is needed and not there."""
        own = self._of(saved)
        for entry in own:
            self.standing.pop(entry.address, None)
        known = self.expected.folder.read(saved.sha256)
        asked = any(not bound.measure.startswith(PREFIX) for entry in own for bound in self.expected.of(entry))
        reference = reference_of(own[0], self.base) if own else None
        if not own:
            return
        if not asked or (known is not None and not known.needs(reference.sha256 if reference is not None else None)):
            yield from self._compare(saved)
        elif not cuts_pictures():
            yield from self._compare(saved, str(MediaMissing()))
        else:
            self._pool = self._pool or Workers(cores())
            self._jobs[self._pool.submit(measure, str(self.base / saved.file), saved.sha256, reference)] = saved

    def ready(self, seconds: float = 0.0) -> Iterator[Compared]:
        """What is measured by now."""
        for done in wait(self._jobs, seconds, FIRST_COMPLETED).done if self._jobs else ():
            yield from self._compare(self._jobs.pop(done), self._keep(done))

    def rest(self, stopping: Callable[[], bool]) -> Iterator[Compared]:
        """What is still being measured, until it is, or the run is to end: the rest is not measured then."""
        while self._jobs and not stopping() and (self.end is None or time.monotonic() < self.end):
            yield from self.ready(_GLANCE)

    def finish(self, sums: RunFinished, *, interrupted: bool) -> RunFinished:
        """The sums of the run with those of its takes, and with the exit code that these give."""
        for saved in self._jobs.values():
            for _ in self._compare(saved, "the run ended before"):
                pass
        unmet = sum(take.counts(strict=False) for take in self.standing.values())
        unknown = sum(bool(take.not_measured) for take in self.standing.values())
        counted = any(take.counts(strict=self.strict) for take in self.standing.values())
        code = worst([sums.exit, 9 if counted else 0, 130 if interrupted and self._jobs else 0])
        return replace(sums, unmet=unmet, not_measured=unknown, exit=code)

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _of(self, saved: Saved) -> list[Entry]:
        return self._by_fp.get(saved.fp, [])

    def _keep(self, done: Future[Measured]) -> str:
        """Keeps measures; why there are none, in words."""
        try:
            self.expected.folder.keep(done.result())
        except OSError as error:
            return f"the measures cannot be kept: {(error.strerror or str(error)).lower()}"
        except Exception as error:  # of a decoder, or of the process that had it: it says nothing of the purchase
            return trouble_of(error, self.commands).found
        return ""

    def _compare(self, saved: Saved, why: str = "") -> Iterator[Compared]:
        for entry in self._of(saved):
            found = self.expected.compare(entry, saved.sha256, saved.attempt, now().text(), why=why)
            if found is not None:
                self.standing[entry.address] = found
                yield found


def with_comparisons(
    first: Generator[Event, None, None], takes: Takes, lock: Lock, stopping: Callable[[], bool],
    again: Again = lambda sums: None,
) -> Generator[Event, None, None]:  # fmt: skip
    """The events of a run with what became of its takes, and of its further rounds; RunFinished is the last.

    A run that ends in trouble ends in it here too, and nothing more is measured.
    """
    events: Generator[Event, None, None] | None = first
    sums: RunFinished | None = None
    try:
        while events is not None:
            finished: RunFinished | None = None
            with closing(events):
                try:
                    for event in events:
                        if isinstance(event, RunFinished):
                            finished = event
                            continue
                        if sums is not None and isinstance(event, RunStarted | Skipped):
                            continue  # which the first round has said
                        yield event
                        if isinstance(event, RunStarted):
                            yield from takes.earlier(lock)
                        if isinstance(event, Saved):
                            yield from takes.take(event)
                        yield from takes.ready()
                except Exception:
                    if finished is not None:
                        yield finished if sums is None else together(sums, finished)
                    raise
            assert finished is not None
            yield from takes.rest(stopping)
            sums = finished if sums is None else together(sums, finished)
            events = None if stopping() else again(sums)
        assert sums is not None
        yield takes.finish(sums, interrupted=stopping())
    finally:
        takes.close()


def together(first: RunFinished, second: RunFinished) -> RunFinished:
    """The sums of two rounds of one run. What the first has reused or failed at is no part of the second."""
    return replace(
        second,
        bought=first.bought + second.bought,
        saved=first.saved + second.saved,
        reused=first.reused,
        failed=first.failed + second.failed,
        held=first.held + second.held,
        running=first.running + second.running,
        doubt=first.doubt + second.doubt,
        waiting=first.waiting + second.waiting,
        to_fetch=first.to_fetch + second.to_fetch,
        missing=first.missing,
        units=first.units + second.units,
        credits=float(sum_of((first.credits, second.credits))),
        exit=worst([first.exit, second.exit]),
    )
