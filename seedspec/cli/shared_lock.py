"""The lock for commands that settle or adopt by a person's word: what they say is in the shared ledger too."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from seedspec.api import Compiled
from seedspec.cli.main import Exit
from seedspec.compiler.entry import Entry
from seedspec.lock.event import Event
from seedspec.lock.lock import Lock
from seedspec.lock.record import Record
from seedspec.lock.state import UNANSWERED
from seedspec.project.paths import Place
from seedspec.run.store.journal import Journal
from seedspec.run.store.lock_file import read_lock
from seedspec.text.value import valueclass

if TYPE_CHECKING:
    from seedspec.run.store.ledger.ledger import Ledger
    from seedspec.run.store.ledger.shared import SharedRecord


@valueclass(frozen=True, slots=True)
class Shared:
    """A lock that is held, with what its ledger has; `ledger` is None for one without."""

    place: Place
    lock: Lock
    ledger: Ledger | None = None

    @contextmanager
    def record(self, made: Compiled) -> Iterator[Journal | SharedRecord]:
        """What keeps events, in the ledger too, and is closed when the block ends well."""
        journal = Journal(self.place.lock, self.lock, self.place.words)
        order = [e.fingerprint for e in made.entries]
        if self.ledger is None:
            try:
                yield journal
                journal.close(order, self.place.profile)
            finally:
                journal.abandon()
            return
        from seedspec.run.store.ledger.shared import sharing

        with sharing(self.ledger, journal) as record:
            yield record
            record.settle()
            owed = record.owed
            record.close(order, self.place.profile)
            if owed:
                raise Exit(6, owed)

    def keep(self, made: Compiled, events: Iterable[Event]) -> None:
        with self.record(made) as record:
            record.keep(*events)

    def is_settled(self, record: Record) -> bool:
        """Whether no other runner may still be sending a request, or waiting for its answer."""
        if self.ledger is None or record.state not in UNANSWERED:
            return True
        from seedspec.run.store.ledger.opened import wait_to_settle

        return wait_to_settle(self.ledger, record)[0] <= 0

    def check_settled(self, record: Record) -> None:
        """Ends the command where another runner may still be sending a request, or waiting for its answer."""
        if self.ledger is None or record.state not in UNANSWERED:
            return
        from seedspec.run.store.ledger.opened import wait_to_settle

        left, who = wait_to_settle(self.ledger, record)
        if left > 0:
            said = f"`{record.entry}` was being sent by {who}, which may still have an answer"
            raise Exit(
                6, f"{said}: it can be settled in {left:.0f} s, when its lease and the request's deadline are over"
            )


@contextmanager
def shared_lock(place: Place, lock: Lock, option: str | None, entries: Sequence[Entry]) -> Iterator[Shared]:
    """The lock of a command that changes it, with what its ledger has. Use it under the hold.

    Raises BadSettings where the ledger is not known or refuses (6, 5). Ends the command where it does not answer (7).
    """
    if place.emulated or not (option or lock.header.get("ledger")):
        yield Shared(place, lock)
        return
    from seedspec.run.store.ledger.opened import open_with_lock

    order = list(dict.fromkeys(e.fingerprint for e in entries))
    with open_with_lock(place, lock, option, os.environ, order) as found:
        if found.away:
            raise Exit(7, f"the ledger does not answer: {found.away}; nothing was changed")
        yield Shared(place, found.lock, found.ledger)


def tell_ledger(path: Path, option: str | None, order: Sequence[str], *, emulated: bool) -> list[str]:
    """A lock that was mended goes to its ledger, where one is known; what is to be said where it cannot."""
    from seedspec.lock.lock import LockFault

    with suppress(LockFault):
        lock = read_lock(path)
        if not emulated and lock.header.get("ledger"):
            from seedspec.project.credentials import BadSettings
            from seedspec.run.store.ledger.opened import tell

            try:
                return tell(path, lock, option, os.environ, order)
            except BadSettings as error:
                return [f"the ledger was not told: {error}"]
    return []
