"""The sharing of a lock ends: the ledger is shut for everybody, and all that it knows goes into the lock."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from seedspec.lock.lock import lock_from
from seedspec.lock.merge import union
from seedspec.run.ledger_admin.attach import write_lock
from seedspec.run.ledger_admin.opening import check_lineage
from seedspec.run.ledger_admin.runners import Active, wait_for_runs
from seedspec.run.store.ledger.snapshot import read_board
from seedspec.run.store.ledger.store import Store
from seedspec.run.store.ledger.team import seal
from seedspec.run.store.lock_file import read_lock
from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class Detached:
    """How many purchases the lock has now, and the runs that still follow what they have bought."""

    purchases: int
    following: tuple[Active, ...]


def detach(
    store: Store,
    board: str,
    path: Path,
    order: Sequence[str],
    say: Callable[[str], None],
    *,
    pause: Callable[[float], object] = time.sleep,
) -> Detached:
    """Shuts a board, waits until nobody can buy on it any more, and takes the ledger out of the lock's header.

    Use it under the hold. It may be repeated: also of a board that is shut already. Raises WrongLineage, Sealed for a
    ledger that is damaged, Unreachable, StoreRefuses, BadDocument, LockFault and OSError.
    """
    lock = read_lock(path)
    check_lineage(store, board)
    seal(store, board)
    following = wait_for_runs(store, board, say, pause=pause)
    merged = union(lock, lock_from(read_board(store, board).records(), 2)).lock
    rest = {k: v for k, v in lock.header.items() if k not in ("ledger", "at", "serial")}
    write_lock(path, merged, rest, lock, order)
    return Detached(sum(1 for _ in merged), tuple(following))
