"""Machine, wire, disk and clock together, as one generator of events; the loop that all promises pass through."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Protocol

from seedspec.plan.event import Event, RunFinished, Submitting
from seedspec.run.call import Call, Create, Reply
from seedspec.run.job import Moment
from seedspec.run.journal import NotRecorded
from seedspec.run.machine import Machine

LAST_WORD = 30.0
"""Seconds that a run which is to end waits for the answer to a paid request."""

_GLANCE = 0.5


class Wire(Protocol):
    """What carries calls. `wait` gives the replies that are there within the given seconds."""

    def start(self, call: Call) -> None: ...
    def wait(self, seconds: float | None) -> list[tuple[Call, Reply]]: ...


class Record(Protocol):
    """What keeps events: durable when `intend` or `keep` returns; NotRecorded otherwise."""

    def intend(self, intent: Submitting, body: bytes) -> None: ...
    def keep(self, event: Event) -> None: ...


def now() -> Moment:
    return Moment(time.monotonic(), datetime.now(UTC))


def drive(
    machine: Machine,
    wire: Wire,
    record: Record,
    *,
    clock: Callable[[], Moment] = now,
    stopping: Callable[[], bool] = lambda: False,
    seconds: float | None = None,
) -> Iterator[Event]:
    """Runs the machine to its end and yields each event after it is recorded; RunFinished is the last.

    `stopping` is asked between steps: once it says yes, nothing new starts, the answer to a paid request that is on
    its way is waited for, and the run ends as interrupted; after `seconds` it ends so too, as not finished. Closing
    the generator does the same, without events.
    """
    end = None if seconds is None else clock().clock + seconds
    stopped = False
    try:
        yield from _kept(record, machine.start(clock()))
        while not machine.done and not (stopped := stopping()) and (end is None or clock().clock < end):
            events, calls = machine.due(clock())
            yield from _kept(record, events)
            for call in calls:
                if isinstance(call, Create):
                    yield from _intent(machine, record, call, clock)
                wire.start(call)
            yield from _replies(machine, wire, record, clock, _patience(machine, clock()))
        interrupted = stopped and not machine.done
        machine.close()
        yield from _last_word(machine, wire, record, clock)
        yield machine.finish(clock(), interrupted=interrupted)
    except (GeneratorExit, NotRecorded):
        machine.close()
        with suppress(NotRecorded):  # what the lock does not take is in the rescue file and in the message
            deque(_last_word(machine, wire, record, clock), maxlen=0)
        raise


def _intent(machine: Machine, record: Record, call: Create, clock: Callable[[], Moment]) -> Iterator[Event]:
    """The money law, with `wire.start(call)` behind it: keep the intent, yield the intent, start the call."""
    try:
        record.intend(call.intent, call.body)
    except BaseException:
        machine.withdraw(call, clock())
        raise
    try:
        yield call.intent
    except BaseException:
        # the request was not started: the intent is taken back, so that no doubt is left behind
        with suppress(NotRecorded):
            record.keep(machine.withdraw(call, clock()))
        raise


def _replies(
    machine: Machine, wire: Wire, record: Record, clock: Callable[[], Moment], seconds: float
) -> Iterator[Event]:
    """What has come back: every event of every reply is recorded before the first is shown."""
    events: list[Event] = []
    unrecorded: list[str] = []
    for call, reply in wire.wait(seconds):
        for event in machine.reply(call, reply, clock()):
            try:
                record.keep(event)
            except NotRecorded as error:  # the other replies of this moment are recorded all the same
                unrecorded.append(str(error))
            events.append(event)
    if unrecorded:
        raise NotRecorded("; ".join(unrecorded))
    yield from events


def _last_word(machine: Machine, wire: Wire, record: Record, clock: Callable[[], Moment]) -> Iterator[Event]:
    until = clock().clock + LAST_WORD
    while machine.paying and (left := until - clock().clock) > 0:
        yield from _replies(machine, wire, record, clock, left)


def _kept(record: Record, events: Iterable[Event]) -> Iterator[Event]:
    kept = list(events)
    for event in kept:
        record.keep(event)
    yield from kept


def _patience(machine: Machine, moment: Moment) -> float:
    wake = machine.wake(moment)
    return _GLANCE if wake is None else min(_GLANCE, max(0.0, wake - moment.clock))


def outcome(events: Iterable[Event]) -> RunFinished:
    """Runs to the end and gives the sums alone."""
    last = deque(events, maxlen=1)[0]
    assert isinstance(last, RunFinished)
    return last
