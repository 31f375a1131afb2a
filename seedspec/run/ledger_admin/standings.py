"""How a team's ledger stands: who runs, what is under way, what was spent and by whom, and the ceiling, as values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from seedspec.lock.state import UNANSWERED, State
from seedspec.run.ledger_admin.opening import check_lineage
from seedspec.run.ledger_admin.runners import Active, active_runs, clock_of
from seedspec.run.store.ledger import layout
from seedspec.run.store.ledger.budget import Budget
from seedspec.run.store.ledger.budget_share import load
from seedspec.run.store.ledger.purchase import Purchase
from seedspec.run.store.ledger.snapshot import read_board
from seedspec.run.store.ledger.store import Store
from seedspec.run.store.ledger.team import boards as boards_of
from seedspec.run.store.ledger.types import Runner, Sealed
from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class BoardStanding:
    """One storyboard of the team. `sealed` says that its ledger was shut: nobody buys there any more.

    `purchases` is None for another storyboard's that is shut, whose purchases stand elsewhere, or cannot be read.
    """

    id: str
    name: str
    purchases: int | None
    sealed: bool


@valueclass(frozen=True, slots=True)
class Pending:
    """A request whose fate is not known: it is being sent by a run that lives, or it is in doubt."""

    board: str
    entry: str
    sending: bool
    runner: Runner
    at: str


@valueclass(frozen=True, slots=True)
class Spending:
    """What was spent on a storyboard by a machine in a month; `micro` are millionths of a dollar."""

    board: str
    runner: str
    month: str
    purchases: int
    micro: int


@valueclass(frozen=True, slots=True)
class Held:
    """What a run holds of the ceiling: what it has spent, and what it has drawn to spend."""

    runner: str
    micro: int


@valueclass(frozen=True, slots=True)
class Ceiling:
    """The team's ceiling in millionths of a dollar, None for none; `month` is the one that it is of, "" for ever.

    `spent` counts against it and is settled; `held` is what runs have drawn that are not.
    """

    micro: int | None
    month: str
    spent: int
    held: tuple[Held, ...]

    @property
    def left(self) -> int | None:
        return None if self.micro is None else self.micro - self.spent - sum(h.micro for h in self.held)


@valueclass(frozen=True, slots=True)
class Standings:
    """All that `ledger status` shows. Names of boards are those of their storyboards."""

    where: str
    team: str
    board: str
    name: str
    serial: int
    boards: tuple[BoardStanding, ...]
    runners: tuple[Active, ...]
    pending: tuple[Pending, ...]
    spending: tuple[Spending, ...]
    ceiling: Ceiling


def standings(store: Store, board: str) -> Standings:
    """How the ledger of a board stands. Raises WrongLineage, Unreachable, StoreRefuses, Sealed and BadDocument."""
    check_lineage(store, board)
    clock = clock_of(store, board)
    boards = {b.uuid: b for b in boards_of(store)}
    mine = read_board(store, board)
    every = {board: tuple(mine.all())}
    every |= {b.uuid: found for b in boards.values() if b.uuid != board and (found := _others(store, b)) is not None}
    runs = active_runs(store, clock)
    living = {run.runner.id for run in runs if run.lives is not False}
    own = boards[board]
    return Standings(
        where=store.where,
        team=own.team,
        board=board,
        name=own.name,
        serial=mine.serial,
        boards=tuple(BoardStanding(b.uuid, b.name, _many(every.get(b.uuid)), b.sealed) for b in boards.values()),
        runners=tuple(runs),
        pending=tuple(p for uuid, ps in every.items() for p in _pending(boards[uuid].name, ps, living)),
        spending=_spending({boards[uuid].name or uuid: ps for uuid, ps in every.items()}),
        ceiling=ceiling_of(load(store)[0], clock.month(), runs, every),
    )


def _others(store: Store, board: layout.Board) -> tuple[Purchase, ...] | None:
    """The purchases of another storyboard; None where they stand elsewhere now, or cannot be read."""
    if board.sealed:
        return None
    try:
        return tuple(read_board(store, board.uuid).all())
    except Sealed:
        return None


def _many(purchases: tuple[Purchase, ...] | None) -> int | None:
    return None if purchases is None else len(purchases)


def ceiling_of(budget: Budget, month: str, runs: Iterable[Active], every: Mapping[str, Iterable[Purchase]]) -> Ceiling:
    """The ceiling, and who holds how much of it."""
    names = {p.runner.id: str(p.runner) for ps in every.values() for p in ps}
    names |= {run.runner.id: str(run.runner) for run in runs}
    held = {run: budget.of(drawn.by_month, month) for run, drawn in budget.runs.items()}
    rows = tuple(Held(names.get(run, run), micro) for run, micro in held.items() if micro)
    return Ceiling(budget.ceiling, month if budget.monthly else "", budget.of(budget.spent, month), rows)


def _pending(board: str, purchases: Iterable[Purchase], living: set[str]) -> Iterable[Pending]:
    for p in purchases:
        if p.state in UNANSWERED:
            sending = p.state is State.SUBMITTING and p.runner.id in living
            at = str((p.values.get("intent") or {}).get("at", p.values.get("at", "")))
            yield Pending(board, p.record.entry, sending, p.runner, at)


def _spending(every: Mapping[str, Iterable[Purchase]]) -> tuple[Spending, ...]:
    found: dict[tuple[str, str, str], list[int]] = {}
    for board, purchases in every.items():
        for p in purchases:
            if p.cost:
                found.setdefault((board, p.runner.host, _month(p)), []).append(p.cost)
    return tuple(Spending(*key, len(costs), sum(costs)) for key, costs in sorted(found.items()))


def _month(purchase: Purchase) -> str:
    """The month by the store's clock; of what was bought before there was a ledger, by its own machine's."""
    return purchase.month or str((purchase.values.get("intent") or {}).get("at", ""))[:7]
