"""A ledger that was lost or damaged is made again, from a lock, from rescue files, and from what can be read of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from seedspec.lock.lock import Lock, lock_from
from seedspec.lock.merge import union
from seedspec.lock.record import record_of
from seedspec.lock.state import State
from seedspec.run.ledger_admin.attach import check_alone, push, write_lock
from seedspec.run.ledger_admin.reading import Contents, read_contents
from seedspec.run.ledger_admin.runners import Active, wait_for_runs
from seedspec.run.store import repair
from seedspec.run.store.ledger import layout
from seedspec.run.store.ledger.budget import Budget, budget_document, costs
from seedspec.run.store.ledger.budget_share import load
from seedspec.run.store.ledger.connect import at_of
from seedspec.run.store.ledger.layout import BadDocument
from seedspec.run.store.ledger.store import Store, Unreachable
from seedspec.run.store.ledger.team import make_board, make_team
from seedspec.run.store.lock_file import read_lock
from seedspec.run.store.rescue import rescues
from seedspec.text.value import valueclass

_WORD = "the ledger was made again, and the run that sent this had not written down what became of it"


@valueclass(frozen=True, slots=True)
class Rebuilt:
    """The new ledger of a lock. `doubts` are the entries whose fate only the lost ledger, or a run, knew;
    `unreadable` are the objects of the old one of which nothing could be taken."""

    board: str
    purchases: int
    read: int
    doubts: tuple[str, ...]
    unreadable: tuple[str, ...]
    new_budget: bool
    following: tuple[Active, ...]


def rebuild(
    store: Store,
    board: str,
    path: Path,
    name: str,
    order: Sequence[str],
    say: Callable[[str], None],
    *,
    anew: bool = False,
    pause: Callable[[float], object] = time.sleep,
) -> Rebuilt:
    """Shuts the old board, whatever is left of it, makes a new one, and writes its id into the lock's header.

    Use it under the hold. Raises BadSettings (6) where the team has another ledger of this storyboard, which somebody
    has rebuilt already, unless `anew`; Unreachable, StoreRefuses, LockFault and OSError.
    """
    lock = read_lock(path)
    old = read_contents(store)
    if not anew:
        check_alone(name, (b for b in old.boards.values() if b.uuid != board))
    gone = old.team is None  # maybe with all that stood beside it
    _restore_team(store, old)
    _shut(store, old, board, name)
    _end_damaged_runs(store)
    following = wait_for_runs(store, board, say, pause=pause)
    old = read_contents(store)
    there = lock_from((p.record for p in old.purchases.get(board, {}).values()), 2)
    merged, doubts = _with_doubts(union(lock, there).lock)
    new_budget = _restore_budget(store, old) or (gone and load(store)[0].ceiling is None)
    fresh = make_board(store, name)
    merged, serial, _ = push(store, fresh, merged, order)
    write_lock(path, merged, {**lock.header, "ledger": fresh, "at": at_of(store.where), "serial": serial}, lock, order)
    lost = tuple(f.key for f in old.faults if f.board == board and layout.purchase_named(f.key))
    many = sum(1 for _ in merged)
    return Rebuilt(fresh, many, sum(1 for _ in there), doubts, lost, new_budget, tuple(following))


def take_up_rescued(path: Path, order: Sequence[str]) -> None:
    """Puts records into the lock that it could not take before. Use it under the hold. Raises LockFault and OSError."""
    if rescues(path):
        repair.fix(path, order)


def _with_doubts(lock: Lock) -> tuple[Lock, tuple[str, ...]]:
    """What was about to be sent is in doubt: nobody who could know what became of it has said so."""
    entries, found = [], []
    for record in lock:
        if record.state is State.SUBMITTING:
            entries.append(record.entry)
            values: dict[str, Any] = {**record.values, "state": State.DOUBT.value, "doubt": _WORD}
            record = record_of(record.fp, record.attempt, values)
        found.append(record)
    return replace(lock, attempts=lock_from(found).attempts), tuple(entries)


def _restore_team(store: Store, old: Contents) -> None:
    """The team's document, where it is gone or damaged: its boards say which team it is, else it is a new one."""
    if old.team is not None:
        return
    teams = sorted({b.team for b in old.boards.values()})
    if not teams and store.get(layout.TEAM) is None:
        make_team(store)
        return
    team = layout.Team(teams[0]) if teams else layout.Team(str(uuid4()))
    _write(store, layout.TEAM, layout.team_document(team))


def _shut(store: Store, old: Contents, board: str, name: str) -> None:
    """The old board is shut for all who have its id, also where its document is damaged or gone."""
    known = old.boards.get(board) or layout.Board(board, make_team(store), name)
    _write(store, layout.board(board), layout.board_document(replace(known, sealed=True)))


def _end_damaged_runs(store: Store) -> None:
    """A lease that cannot be read is ended: whose it is nobody can say, and others stop at it."""
    for key, data, _ in store.get_all([one.key for one in store.list(layout.RUNS)]):
        try:
            layout.read_document(key, data)
        except BadDocument:
            _write(store, key, layout.document({"id": "", "host": "", "job": "", "board": "", "ended": True}))


def _restore_budget(store: Store, old: Contents) -> bool:
    """A budget without a ceiling in the place of one that cannot be read; what was spent is counted anew."""
    try:
        load(store)
    except BadDocument:
        every = (p for purchases in old.purchases.values() for p in purchases.values())
        _write(store, layout.BUDGET, budget_document(Budget(spent=costs(every))))
        return True
    return False


def _write(store: Store, key: str, data: bytes) -> None:
    """Puts bytes there, whatever stands there."""
    for _ in range(20):
        found = store.get(key)
        if found is not None and found[0] == data:
            return
        if found is None:
            store.create(key, data)
        else:
            store.replace(key, data, found[1])
    raise Unreachable(f"`{store.where}` gave no clear answer")
