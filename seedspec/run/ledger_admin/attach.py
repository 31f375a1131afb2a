"""A lock is attached to a shared ledger: the store is proved, its purchases go there, and its header names it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from seedspec.lock.lock import Lock, serialise
from seedspec.lock.merge import union
from seedspec.project.atomic import replace_lock
from seedspec.project.credentials import BadSettings
from seedspec.project.files import read_lock_file
from seedspec.run.ledger_admin.opening import check_header
from seedspec.run.store.ledger.connect import at_of
from seedspec.run.store.ledger.layout import Board
from seedspec.run.store.ledger.ledger import open_ledger
from seedspec.run.store.ledger.opened import recall, remember, runner_of
from seedspec.run.store.ledger.store import Store, keeps_conditions
from seedspec.run.store.ledger.team import boards, make_board, make_team, seal
from seedspec.run.store.lock_file import read_lock
from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class Attached:
    """What became of a lock. `outcome` is `already` where this lock, this machine and the ledger knew all of it.

    `pushed` are those of the `purchases` that the ledger got from this lock; `changed` says that the lock's file has
    changed.
    """

    board: str
    where: str
    outcome: Literal["attached", "joined", "already"]
    purchases: int
    pushed: int
    changed: bool


def attach(store: Store, url: str, path: Path, name: str, order: Sequence[str], *, anew: bool) -> Attached:
    """Shares a lock through a ledger, or joins the one that it names. Use it under the hold.

    Raises BadSettings for a store that does not keep conditions (2), and for a lock and a ledger that do not belong
    together (6); WrongLineage, Sealed, Unreachable, StoreRefuses, BadDocument, LockFault and OSError.
    """
    lock = read_lock(path)
    named = check_header(lock, path)
    if ignored := keeps_conditions(store):
        said = f"`{store.where}` cannot say who may buy: it ignores {ignored}"
        raise BadSettings(f"{said}; use another store: AWS, Google, Azure and PostgreSQL keep what is needed")
    if named:
        if anew:
            raise BadSettings("--new is for a lock that names no ledger; this one names one: leave --new out")
        return _share(store, url, path, lock, named, order, joined=True)
    make_team(store)
    before = boards(store)
    if not anew:
        check_alone(name, before)
    board = make_board(store, name)
    give_way(store, board, name, {b.uuid for b in before})
    return _share(store, url, path, lock, board, order, joined=False)


def check_alone(name: str, known: Iterable[Board]) -> None:
    """Raises BadSettings where the team has a ledger of a storyboard's name that its lock does not name."""
    if same := [b.uuid for b in known if b.name == name and not b.sealed]:
        ids = ", ".join(same)
        said = f"the team already shares a storyboard named `{name}` (ledger {ids}), which this lock does not name"
        raise BadSettings(f"{said}: pull the lock that does; if this is another storyboard, say --new", 6)


def give_way(store: Store, own: str, name: str, known: set[str]) -> None:
    """Of two machines that attach one storyboard at the same moment none goes on: each shuts what it has just made."""
    others = [b for b in boards(store) if b.name == name and not b.sealed and b.uuid not in known | {own}]
    if others:
        seal(store, own)
        said = f"another machine attaches a storyboard named `{name}` at this moment (ledger {others[0].uuid})"
        raise BadSettings(f"{said}: pull its lock when it is done, or attach once more", 6)


def _share(
    store: Store, url: str, path: Path, lock: Lock, board: str, order: Sequence[str], *, joined: bool
) -> Attached:
    """What the lock has goes into the ledger, and the other way round; the header names it, and this machine knows."""
    there, serial, pushed = push(store, board, lock, order)
    merged = union(lock, there).lock
    changed = write_lock(path, merged, {"ledger": board, "at": at_of(store.where), "serial": serial}, lock, order)
    known = bool(recall(board))
    remember(board, url)
    outcome: Literal["attached", "joined", "already"] = "joined" if joined else "attached"
    if not changed and not pushed and known:
        outcome = "already"
    return Attached(board, store.where, outcome, sum(1 for _ in merged), pushed, changed)


def push(store: Store, board: str, lock: Lock, order: Iterable[str]) -> tuple[Lock, int, int]:
    """Puts into a ledger what it lacks of a lock; all that it knows then, the serial of its snapshot, and how much of
    it is new."""
    ledger = open_ledger(store, board, runner_of(os.environ))
    before = {(r.fp, r.attempt): r.values for r in ledger.refresh()[0]}
    ledger.push(lock)
    merged, serial = ledger.close(order)
    return merged, serial, sum(before.get((r.fp, r.attempt)) != r.values for r in merged)


def write_lock(path: Path, lock: Lock, header: dict[str, object], before: Lock, order: Sequence[str]) -> bool:
    """Writes a lock with another header, durably; whether its bytes have changed."""
    data = serialise(Lock(lock.attempts, header=header), order)
    if before.digest and data == read_lock_file(path):
        return False
    replace_lock(path, data)
    return True
