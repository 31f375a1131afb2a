"""The record of a run that shares its ledger: the ledger before the disk for an intent, the disk first for the rest.

A crash between the two leaves an intent that the ledger alone has. Its runner's lease ends, and it is in doubt: the
next run of anybody takes it up with the rest of the ledger.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from seedspec.lock.event import Event
from seedspec.lock.event_values import values_of
from seedspec.lock.lock import Lock, lines_of
from seedspec.lock.merge import union
from seedspec.lock.purchase_events import PurchaseEvent, Submitting
from seedspec.lock.state import MOVES, RANKS, State
from seedspec.project.atomic import replace_lock
from seedspec.project.credentials import BadSettings
from seedspec.run.engine.messages import Call, Look, Looked, Reply, Theirs, Trouble, Wire
from seedspec.run.store.digests import digest_of
from seedspec.run.store.journal import Journal
from seedspec.run.store.leave import NotGranted, NotYet, TakenElsewhere
from seedspec.run.store.ledger.connect import at_of
from seedspec.run.store.ledger.lease import FRESH, elapsed_seconds
from seedspec.run.store.ledger.ledger import Ledger
from seedspec.run.store.ledger.outbox import Outbox
from seedspec.run.store.ledger.store import StoreRefuses, Unreachable
from seedspec.run.store.ledger.types import Sealed, Spent, Standing, Taken
from seedspec.run.store.lock_file import read_lock

BEHIND = 30.0
"""Seconds that the ledger may lack a record before nothing more is bought."""

MOMENT = 0.5
"""Seconds that the next request waits for the records before it; then the run looks after what it has bought."""

LAST = 10.0
"""Seconds that the end of a run waits for the next of the records that the ledger lacks."""

IDLE = 300.0
"""Seconds without a step of the run after which its lease is not renewed any more."""

BEAT = 5.0
"""Seconds between two looks whether the lease is to be renewed."""


class SharedRecord:
    """What keeps the events of a run, in the ledger and in the lock's journal; `Record` and `Team` of the loop.

    Its threads renew the lease and send records; `close` or `abandon` ends them.
    """

    def __init__(self, ledger: Ledger, journal: Journal) -> None:
        self._ledger, self._journal = ledger, journal
        self._outbox = Outbox(ledger.record)
        self._granted: dict[tuple[str, int], float] = {}
        self._why: NotGranted | None = None
        self._settled = False
        self._step = elapsed_seconds()
        self._ended = threading.Event()
        self._attendant: threading.Thread | None = None

    def begin(self) -> None:
        """The lease begins. Raises BadSettings where the ledger does not take it."""
        try:
            self._ledger.beat()
        except Unreachable as error:
            raise BadSettings(f"the ledger does not answer: {error}; nothing was sent", 7) from None
        except (StoreRefuses, Sealed) as error:
            raise BadSettings(f"{error}; nothing was sent", 6 if isinstance(error, Sealed) else error.code) from None
        self._attendant = threading.Thread(target=self._attend, name="seedspec-lease", daemon=True)
        self._attendant.start()

    # --- the record ---

    def intend(self, intent: Submitting, body: bytes) -> None:
        """Asks the ledger for the purchase, then makes the intent durable on disk.

        The receipt of the purchase before it may be on its way while the ledger is asked.
        """
        self._step = elapsed_seconds()
        unsent = f"nothing was sent for `{intent.entry}`"
        if not self._outbox.lets_pass(intent.fp) and not self._outbox.flush(MOMENT):
            raise NotYet(f"{self._lacks()}; {unsent}")
        values, asked = values_of(intent), elapsed_seconds()
        try:
            answer = self._ledger.grant(values)
        except Unreachable as error:
            raise NotGranted("ledger", f"the ledger does not answer: {error}; {unsent}", 7) from None
        except StoreRefuses as error:
            raise NotGranted("ledger", f"{error}; {unsent}", error.code) from None
        except Sealed as error:
            raise NotGranted("ledger", f"{error}; {unsent}", 6) from None
        if isinstance(answer, Spent):
            raise NotGranted("team-budget", f"{answer.message}; {unsent}", 4)
        if isinstance(answer, Taken):
            self._take_up([answer.standing.values])
            raise TakenElsewhere(_theirs(answer.standing))
        self._granted[intent.fp, intent.attempt] = asked
        try:
            if not self._outbox.flush(MOMENT):
                raise NotYet(f"{self._lacks()}; {unsent}")
            self._journal.intend(intent, body)
        except BaseException:
            self._outbox.add({**values, "state": State.QUEUED.value})
            raise

    def keep(self, *events: Event) -> None:
        self._step = elapsed_seconds()
        found = [(e, self._journal.record(e.fp, e.attempt)) for e in events if isinstance(e, PurchaseEvent)]
        try:
            self._journal.keep(*events)
        finally:
            for event, before in found:
                self._granted.pop((event.fp, event.attempt), None)  # its request has left, or never will
                values, after = values_of(event), self._journal.record(event.fp, event.attempt)
                if after is None or after["state"] != values["state"]:
                    self._outbox.add({**values, **{k: after[k] for k in ("intent",) if after and k in after}})
                elif after != before:
                    self._outbox.add(after)

    def again(self) -> None:
        self._journal.again()

    @property
    def owed(self) -> str:
        late = len(self._outbox) > 0 and (self._settled or self._outbox.age > BEHIND)
        return self._journal.owed or (self._lacks() if late else "")

    def _lacks(self) -> str:
        many = len(self._outbox)
        why = f" ({self._outbox.why})" if self._outbox.why else ""
        held = f"`{self._journal.path}` has them, and the next run tells it"
        return f"the ledger `{self._ledger.where}` lacks {many} record{'s' * (many != 1)}{why}; {held}"

    # --- the team ---

    def timely(self, intent: Submitting) -> bool:
        return elapsed_seconds() - self._granted[intent.fp, intent.attempt] <= FRESH

    def trouble(self) -> NotGranted | None:
        self._step = elapsed_seconds()
        if self._why is None and (self._settled and len(self._outbox)):
            return NotGranted("ledger", self._lacks(), 6)
        if self._why is None and self._outbox.age > BEHIND:
            return NotGranted("ledger", self._lacks(), 7)
        return self._why

    def settle(self) -> None:
        before = 0
        while (many := len(self._outbox)) and many != before:  # a slow ledger that takes them is waited for
            before = many
            self._outbox.flush(LAST)
        self._settled = True

    def wire(self, wire: Wire) -> SharedWire:
        """What carries calls, with those to the ledger."""
        return SharedWire(wire, self)

    def look(self, call: Look) -> Reply:
        """How the purchases of others stand, and which of those wanted they have. What is new of them is in the lock's
        journal before it is told."""
        try:
            standings = self._ledger.look(list(call.purchases.values()))
            taken = self._ledger.taken(call.wanted.values()) if call.wanted else ()
        except (Unreachable, StoreRefuses, Sealed) as error:
            return Trouble(str(error))
        others = (s for s in standings if s.runner.id != self._ledger.runner.id)
        by_name = {(s.values["fp"], s.values["attempt"]): s for s in others}
        found = {name: by_name[purchase] for name, purchase in call.purchases.items() if purchase in by_name}
        have = {name for name, purchase in call.wanted.items() if purchase in taken}
        return Looked({name: _theirs(standing) for name, standing in found.items()}, have)

    def learn(self, looked: Looked) -> None:
        self._take_up(theirs.values for theirs in looked.found.values())

    def _take_up(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Records of other runners get into the lock, in one writing."""
        self._journal.keep_lines([line for values in records for line in self._lines(values)])

    def _lines(self, values: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
        """What the lock lacks of a record of another runner, in as many lines as its moves need."""
        known = self._journal.record(values["fp"], values["attempt"])
        before = None if known is None else State(known["state"])
        after = State(values["state"])
        if before is after and known is not None and known.get("intent") == values.get("intent"):
            return []
        steps = [after] if before is None else _way(before, after)
        return [(str(values.get("entry", "")), {**values, "state": s.value}) for s in steps]

    # --- the lease, and the end ---

    def _attend(self) -> None:
        while not self._ended.wait(BEAT):
            if elapsed_seconds() - self._step > IDLE:
                continue  # whoever drives the run has left it standing
            try:
                self._ledger.beat()
            except Sealed as error:
                self._why = NotGranted("ledger", str(error), 6)
                return
            except (Unreachable, StoreRefuses):
                continue  # a grant asks anew, and is refused then
            except Exception as error:
                self._why = NotGranted("ledger", f"the lease cannot be renewed: {error}", 7)

    def close(self, order: Sequence[str], profile: str | None = None) -> None:
        """A clean end: the lock holds what everybody has bought, sorted, and names the ledger's newest snapshot.

        A ledger that does not answer leaves the lock with what this run knows; the next run brings the rest.
        """
        if not self._settled:
            self.settle()
        self._journal.close(order, profile)
        self._end()
        with suppress(Unreachable, StoreRefuses, Sealed):
            serial = self._ledger.end()
            lock = read_lock(self._journal.path, self._journal.lock)
            made = union(lock, news).lock if (news := self._ledger.news(lock)).attempts else lock
            _replace(self._journal.path, lock, made, header(self._ledger, serial), order, profile)

    def abandon(self) -> None:
        """An end in trouble: what is under way to the ledger is waited for, and its lease runs out."""
        if not self._ended.is_set():
            self._outbox.flush(LAST)
        self._end()
        self._journal.abandon()

    def _end(self) -> None:
        self._ended.set()
        self._outbox.close()


@contextmanager
def sharing(ledger: Ledger, journal: Journal, *, leased: bool = True) -> Iterator[SharedRecord]:
    """The record of a run for as long as the block lasts. A run that has nothing to do needs no lease.

    Raises BadSettings where the ledger does not take it: nothing was sent.
    """
    record = SharedRecord(ledger, journal)
    try:
        if leased:
            record.begin()
        yield record
    finally:
        record.abandon()


class SharedWire:
    """A wire on which the ledger can be asked too, each question on a thread of its own."""

    def __init__(self, wire: Wire, shared: SharedRecord) -> None:
        self._wire, self._shared = wire, shared
        self._back: deque[tuple[Call, Reply]] = deque()

    def start(self, call: Call) -> None:
        if isinstance(call, Look):
            threading.Thread(target=self._look, args=(call,), name="seedspec-look", daemon=True).start()
        else:
            self._wire.start(call)

    def _look(self, call: Look) -> None:
        try:
            reply = self._shared.look(call)
        except Exception as error:
            reply = Trouble(f"{type(error).__name__}: {error}")
        self._back.append((call, reply))

    def wait(self, seconds: float | None) -> list[tuple[Call, Reply]]:
        found = self._wire.wait(0.0 if self._back else seconds)
        while self._back:
            call, reply = self._back.popleft()
            if isinstance(reply, Looked):
                self._shared.learn(reply)
            found.append((call, reply))
        return found


def header(ledger: Ledger, serial: int) -> dict[str, Any]:
    """What the first line of a lock says of its ledger."""
    return {"ledger": ledger.board, "at": at_of(ledger.where), "serial": serial}


def take_up(ledger: Ledger, path: Path, order: Iterable[str], profile: str | None) -> Lock:
    """A run begins: the lock and the ledger each get what the other has; gives the lock as it is on disk then.

    Use it under the hold, before anything is written. Raises Unreachable, StoreRefuses and Sealed.
    """
    serial = ledger.see()
    lock = read_lock(path)
    replaced = _replace(path, lock, ledger.push(lock), header(ledger, serial), list(order), profile)
    return read_lock(path) if replaced else lock


def _replace(
    path: Path, lock: Lock, made: Lock, said: Mapping[str, Any], order: Sequence[str], profile: str | None
) -> bool:
    """Another lock on disk, unless it has these very bytes; whether it has others now."""
    made = replace(made, header={**lock.header, **said})
    if made.header == lock.header and lock.digest == digest_of(lines_of(made, order, profile)).hexdigest():
        return False
    replace_lock(path, lines_of(made, order, profile))
    return True


def _theirs(standing: Standing) -> Theirs:
    return Theirs(standing.values, str(standing.runner), standing.lives)


def _way(before: State, after: State) -> list[State]:
    """The states that lead from one to another that is further, without the first; none where no way does."""
    if RANKS[after].merge < RANKS[before].merge:
        return []
    ways: deque[list[State]] = deque([[before]])
    seen = {before}
    while ways:
        way = ways.popleft()
        for state in sorted(MOVES[way[-1]] - seen, key=lambda s: RANKS[s].merge):
            if state is after:
                return [*way[1:], state]
            seen.add(state)
            ways.append([*way, state])
    return []
