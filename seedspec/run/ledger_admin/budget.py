"""The team's ceiling, as a person sees and sets it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from seedspec.run.ledger_admin.opening import check_lineage
from seedspec.run.ledger_admin.runners import active_runs, clock_of
from seedspec.run.ledger_admin.standings import Ceiling, ceiling_of
from seedspec.run.store.ledger.budget import Budget, Drawn, costs, settle
from seedspec.run.store.ledger.budget_share import change, load, set_ceiling
from seedspec.run.store.ledger.lease import Lease
from seedspec.run.store.ledger.purchase import Purchase
from seedspec.run.store.ledger.snapshot import Board
from seedspec.run.store.ledger.store import Store
from seedspec.run.store.ledger.team import boards
from seedspec.run.store.ledger.types import Sealed


def ceiling(store: Store, board: str) -> Ceiling:
    """The ceiling as it is. Raises WrongLineage, Sealed, BadDocument, Unreachable and StoreRefuses."""
    check_lineage(store, board)
    clock = clock_of(store, board)
    return ceiling_of(load(store)[0], clock.month(), active_runs(store, clock), {})


def change_ceiling(store: Store, board: str, micro: int | None, *, monthly: bool) -> Ceiling:
    """Sets the ceiling, in millionths of a dollar, or takes it away; how it is then. Raises what `ceiling` raises.

    While there was none nobody drew from it: what was bought until now is counted when one is set.
    """
    check_lineage(store, board)
    if micro is not None and load(store)[0].ceiling is None:
        clock, every = clock_of(store, board), list(_purchases(store))

        def make(budget: Budget) -> Budget:
            if budget.ceiling is not None:  # by ourselves, or by somebody else at this moment
                return budget
            return replace(count_purchases(budget, every, clock), ceiling=micro, monthly=monthly)

        change(store, make)
    set_ceiling(store, micro, monthly=monthly)
    return ceiling(store, board)


def count_purchases(budget: Budget, every: list[tuple[str, Purchase]], clock: Lease) -> Budget:
    """A budget of which each run has what its purchases cost, and of runs that are over, and all before, what is spent.

    `every` are the purchases with the boards that they stand on.
    """
    by_run: dict[str, tuple[str, list[Purchase]]] = {}
    for board, purchase in every:
        by_run.setdefault(purchase.runner.id, (board, []))[1].append(purchase)
    before = by_run.pop("", ("", []))[1]  # what no grant began is no run's
    out = replace(budget, runs={}, spent=costs(before))
    for run, (board, purchases) in sorted(by_run.items()):
        if clock.lives(run):
            out = replace(out, runs={**out.runs, run: Drawn(board, costs(purchases))})
        else:
            out = settle(out, run, board, purchases, for_good=True)
    return out


def _purchases(store: Store) -> Iterator[tuple[str, Purchase]]:
    """All purchases of a team, each once: one of a board that was shut may stand on another one too by now."""
    seen = set[tuple[str | None, str]]()
    for one in sorted(boards(store), key=lambda b: b.sealed):
        board = Board(store, one.uuid)
        if not one.sealed:
            board.refresh()
        elif not _readable(board):
            continue
        for purchase in board.all():
            name = (purchase.record.task or purchase.key, purchase.name[0])
            if name not in seen or name[0] is None:
                seen.add(name)
                yield one.uuid, purchase


def _readable(board: Board) -> bool:
    """Whether a board that was shut can be read: one that was damaged is shut for good, and made again elsewhere."""
    try:
        board.refresh()
    except Sealed:
        return False
    return True
