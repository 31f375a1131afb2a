"""Engine, wire, disk and clock together, as one generator of events; the loop that all promises pass through."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from seedspec.lock.event import Event
from seedspec.lock.purchase_events import Submitting
from seedspec.lock.run_events import RunFinished, Stopped, Unrecorded
from seedspec.run.engine.messages import Create, Wire
from seedspec.run.engine.purchase import Moment
from seedspec.run.store.journal import DiskRefuses, NotRecorded
from seedspec.run.store.leave import NotGranted, NotYet, TakenElsewhere
from seedspec.text.value import valueclass

if TYPE_CHECKING:
    from seedspec.run.engine.engine import Engine

LAST_WORD = 30.0
"""Seconds that a run which is to end waits for the answer to a paid request."""

AGAIN = 2.0
"""Seconds between two tries to write what the disk has refused."""

_GLANCE = 0.5
_UNWRITTEN = "not-recorded"


class Team(Protocol):
    """What a run shares with other runners through a ledger, besides its record."""

    def timely(self, intent: Submitting) -> bool:
        """Whether a request may still leave on the leave that it got; asked right before it does."""
        ...

    def trouble(self) -> NotGranted | None:
        """Why nothing more may be bought, as far as that is known by now."""
        ...

    def settle(self) -> None:
        """The run is at its end: what the ledger still lacks is owed from now on."""
        ...


class Record(Protocol):
    """What keeps events. An intent is durable when `intend` returns, events when `keep` returns and nothing is owed.

    `again` tries once more what the disk refused. NotRecorded says that nothing further can be kept, DiskRefuses that
    an intent was not. With a shared ledger an intent may also raise TakenElsewhere, NotGranted and NotYet.
    """

    def intend(self, intent: Submitting, body: bytes) -> None: ...
    def keep(self, *events: Event) -> None: ...
    def again(self) -> None: ...
    @property
    def owed(self) -> str: ...


def now() -> Moment:
    return Moment(time.monotonic(), datetime.now(UTC))


def drive(
    machine: Engine,
    wire: Wire,
    record: Record,
    *,
    clock: Callable[[], Moment] = now,
    stopping: Callable[[], bool] = lambda: False,
    seconds: float | None = None,
    team: Team | None = None,
) -> Iterator[Event]:
    """Runs the machine to its end and yields each event after it is recorded; RunFinished is the last.

    `stopping` is asked between steps: once it says yes, nothing new starts, the answer to a paid request that is on
    its way is waited for, and the run ends as interrupted; after `seconds` it ends so too, as not finished. Closing
    the generator does the same, without events, and so does a KeyboardInterrupt; a second one, or one after `stopping`
    has said yes, ends it at once. A fault of seedspec itself waits for that answer too, and is raised after it.

    A disk that refuses the lock ends the buying: what is running is followed and saved, and the lock is tried again.
    Raises NotRecorded, after RunFinished where it can, when the lock lacks at the end what is known.
    """
    end = None if seconds is None else clock().clock + seconds
    stopped = False
    debt = _Debt(machine, record, clock)
    try:
        yield from _keep(record, machine.start(clock()))
        while not machine.done and not (stopped := stopping()) and (end is None or clock().clock < end):
            events, calls = machine.due(clock())
            yield from _keep(record, events)
            for call in calls:
                if isinstance(call, Create) and not (yield from _keep_intent(machine, record, call, clock, team)):
                    continue
                wire.start(call)
            yield from _replies(machine, wire, record, clock, _patience(machine, clock()))
            yield from _heed(team, machine, clock)
            yield from debt.report()
        interrupted = stopped and not machine.done
        machine.close()
        yield from _last_word(machine, wire, record, clock)
    except (Exception, GeneratorExit, KeyboardInterrupt) as error:  # also a fault of seedspec itself
        if isinstance(error, KeyboardInterrupt) and stopping():
            raise
        machine.close()
        with suppress(NotRecorded):  # what the lock does not take by then is owed
            deque(_last_word(machine, wire, record, clock, faulty=True), maxlen=0)
            record.again()
        if team is not None:
            team.settle()
        if record.owed:
            raise NotRecorded(record.owed) from error
        raise
    if team is not None:
        team.settle()
    yield from _heed(team, machine, clock)
    yield from debt.report(last=True)
    finished = machine.finish(clock(), interrupted=interrupted)
    if lacking := record.owed or _disk_refusal(machine):
        yield replace(finished, exit=6)
        raise NotRecorded(lacking)
    yield finished


def _keep_intent(
    machine: Engine, record: Record, call: Create, clock: Callable[[], Moment], team: Team | None
) -> Generator[Event, None, bool]:
    """The money law, with `wire.start(call)` behind it: keep the intent, yield the intent, start the call.

    False says that the call must not start: the disk or the ledger refused the intent, another runner has the
    purchase, or so much time has passed since the ledger's leave that it may be no more.
    """
    try:
        record.intend(call.intent, call.body)
    except DiskRefuses as error:
        machine.withdraw(call, clock())
        yield from machine.stop(Stopped(_UNWRITTEN, str(error), 6, clock().text()))
        return False
    except TakenElsewhere as error:
        yield from _keep(record, machine.yielded(call, error.theirs, clock()))
        return False
    except NotYet:
        machine.withdraw(call, clock())
        return False
    except NotGranted as error:
        machine.withdraw(call, clock())
        yield from machine.stop(Stopped(error.code, str(error), error.exit, clock().text()))
        return False
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
    if team is not None and not team.timely(call.intent):  # whoever was shown the intent may have taken long
        yield from _keep(record, [machine.withdraw(call, clock())])
        return False
    return True


def _heed(team: Team | None, machine: Engine, clock: Callable[[], Moment]) -> Iterator[Event]:
    """What keeps the team's ledger from going on ends the buying."""
    if team is not None and (why := team.trouble()) is not None:
        yield from machine.stop(Stopped(why.code, str(why), why.exit, clock().text()))


def _replies(
    machine: Engine, wire: Wire, record: Record, clock: Callable[[], Moment], seconds: float
) -> Iterator[Event]:
    """What has come back: every event of every reply is recorded, at once, before the first is shown."""
    events: list[Event] = []
    fault: Exception | None = None
    try:
        for call, reply in wire.wait(seconds):
            try:
                events += machine.reply(call, reply, clock())
            except Exception as error:  # the replies beside it, one of them to a paid request maybe, are not lost
                fault = fault or error
    finally:
        record.keep(*events)
    if fault is not None:
        raise fault
    yield from events


def _last_word(
    machine: Engine, wire: Wire, record: Record, clock: Callable[[], Moment], *, faulty: bool = False
) -> Iterator[Event]:
    """Waits for the answer to a paid request. Time in which this process stood still is no waiting for it.

    Where the run is `faulty` already, a further fault does not end the wait: the first one is raised after it.
    """
    left, jumped = LAST_WORD, False
    while machine.paying and (left > 0 or jumped):
        before = clock().clock
        try:
            yield from _replies(machine, wire, record, clock, _GLANCE)
        except Exception as error:
            if not faulty or isinstance(error, NotRecorded):
                raise
            left -= 1.0  # a fault that comes each time, and takes no time, ends too
        took = clock().clock - before
        left, jumped = left - min(took, _GLANCE), took > 2 * _GLANCE


def _keep(record: Record, events: Iterable[Event]) -> Iterator[Event]:
    kept = list(events)
    record.keep(*kept)
    yield from kept


@valueclass(frozen=False, slots=True)
class _Debt:
    """What the disk has refused so far: it is told at once, ends the buying, and is tried again now and then."""

    machine: Engine
    record: Record
    clock: Callable[[], Moment]
    _said: str = ""
    _next: float = 0.0

    def report(self, *, last: bool = False) -> Iterator[Event]:
        now = self.clock()
        if self._said and (last or now.clock >= self._next):
            self.record.again()
            self._next = now.clock + AGAIN
        said = self.record.owed
        if said and not self._said:
            self._next = now.clock + AGAIN
            yield from self.machine.stop(Stopped("disk", "the disk refuses the lock", 0, now.text()))
        if said != self._said:
            self._said = said
            yield Unrecorded(said, now.text())


def _disk_refusal(machine: Engine) -> str:
    """Why an intent did not get onto the disk, if that ended the buying."""
    return next((why.message for why in machine.stops if why.code == _UNWRITTEN), "")


def _patience(machine: Engine, moment: Moment) -> float:
    wake = machine.wake(moment)
    return _GLANCE if wake is None else min(_GLANCE, max(0.0, wake - moment.clock))


def outcome(events: Iterable[Event]) -> RunFinished:
    """Runs to the end and gives the sums alone."""
    last = deque(events, maxlen=1)[0]
    assert isinstance(last, RunFinished)
    return last
