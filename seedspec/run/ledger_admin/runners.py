"""Who runs on a shared ledger: read from the leases, by the clock of the store; and how a board is shut for all."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from seedspec.run.store.ledger import layout
from seedspec.run.store.ledger.layout import BadDocument
from seedspec.run.store.ledger.lease import LEASE, Lease
from seedspec.run.store.ledger.store import Store, StoreRefuses
from seedspec.run.store.ledger.types import Runner
from seedspec.text.value import valueclass

LOOKING = Runner("look", "", "")
"""Whoever only looks at a ledger, on any machine: one lease for all of them, which is over at once. By it the time of
the store is known."""

MOST_WAIT = LEASE + 30
"""Seconds after which no run can buy any more that has not seen that its board is shut."""

_GLANCE = 5.0


@valueclass(frozen=True, slots=True)
class Active:
    """A run that has not come to a clean end. `age` are the seconds since its last sign of life; `lives` is None where
    that cannot be told, because these credentials may not write."""

    runner: Runner
    board: str
    since: str
    age: float
    lives: bool | None


def clock_of(store: Store, board: str = "") -> Lease:
    """The time of the store. Raises Unreachable; whoever may not write knows it by the leases of others alone."""
    lease = Lease(store, board, LOOKING)
    try:
        lease.beat(ended=True)
    except StoreRefuses:
        return lease
    return lease


def active_runs(store: Store, clock: Lease) -> list[Active]:
    """The runs that have not ended, the youngest sign of life first. A lease that cannot be read is none."""
    listed = {one.key: one for one in store.list(layout.RUNS)}
    now = clock.now()
    found = []
    for key, data, _ in store.get_all(list(listed)):
        try:
            values = layout.read_document(key, data)
        except BadDocument:
            continue
        if values.get("ended") is True:
            continue
        age = max(now - listed[key].written, 0.0)
        who = Runner(*(str(values.get(part, "")) for part in ("id", "host", "job")))
        lives = age <= LEASE if clock.begun else None
        found.append(Active(who, str(values.get("board", "")), str(values.get("since", "")), age, lives))
    return sorted(found, key=lambda run: run.age)


def wait_for_runs(
    store: Store,
    board: str,
    say: Callable[[str], None],
    *,
    pause: Callable[[float], object] = time.sleep,
    most: float = MOST_WAIT,
) -> list[Active]:
    """Waits until no run lives on a board that is shut, at most so many seconds; gives those that live still."""
    waited = 0.0
    for living in _living(store, board):
        if not living or waited >= most:
            return living
        for run in living if not waited else ():
            say(f"{run.runner} runs, its last sign of life is {run.age:.0f} s old; it buys no more")
        say(f"waiting for {len(living)} run{'s' * (len(living) > 1)}, {most - waited:.0f} s at most")
        pause(_GLANCE)
        waited += _GLANCE
    return []


def _living(store: Store, board: str) -> Iterator[list[Active]]:
    while True:
        clock = clock_of(store, board)
        yield [run for run in active_runs(store, clock) if run.board == board and run.lives]
