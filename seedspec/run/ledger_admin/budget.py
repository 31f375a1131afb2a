"""The team's ceiling, as a person sees and sets it."""

from __future__ import annotations

from seedspec.run.ledger_admin.opening import check_lineage
from seedspec.run.ledger_admin.runners import active_runs, clock_of
from seedspec.run.ledger_admin.standings import Ceiling, ceiling_of
from seedspec.run.store.ledger.purse import load, set_ceiling
from seedspec.run.store.ledger.store import Store


def ceiling(store: Store, board: str) -> Ceiling:
    """The ceiling as it is. Raises WrongLineage, Sealed, BadDocument, Unreachable and StoreRefuses."""
    check_lineage(store, board)
    clock = clock_of(store, board)
    return ceiling_of(load(store)[0], clock.month(), active_runs(store, clock), {})


def change_ceiling(store: Store, board: str, micro: int | None, *, monthly: bool) -> Ceiling:
    """Sets the ceiling, in millionths of a dollar, or takes it away; how it is then. Raises what `ceiling` raises."""
    check_lineage(store, board)
    set_ceiling(store, micro, monthly=monthly)
    return ceiling(store, board)
