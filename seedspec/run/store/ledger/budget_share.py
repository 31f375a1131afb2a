"""A run's share of the team's budget: drawn from the one object that holds it, before anything is spent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import ROUND_CEILING, Decimal
from functools import cache
from typing import Any

from seedspec.catalog.price import UNITS
from seedspec.project import sources
from seedspec.run.store.ledger import layout
from seedspec.run.store.ledger.budget import (
    MICRO,
    Budget,
    Drawn,
    budget_document,
    draw,
    give_back,
    read_budget,
    settle,
)
from seedspec.run.store.ledger.lease import Lease
from seedspec.run.store.ledger.purchase import Purchase
from seedspec.run.store.ledger.snapshot import Board
from seedspec.run.store.ledger.store import Store, Unreachable
from seedspec.run.store.ledger.types import Runner, Sealed, Spent

_TRIES = 200
_FORGOTTEN = 7 * 86_400.0
"""Seconds after which a run whose lease is over does not come back."""


def price_of(values: Mapping[str, Any]) -> int | None:
    """What a purchase is expected to cost, in millionths of a dollar; None where that is not known.

    It is the estimate of its record, by its provider's credits to the dollar.
    """
    units, manifest = values.get("units"), values.get("manifest") or {}
    per_usd = _units_per_usd(str(manifest.get("provider")))
    if not units or per_usd is None:
        return None
    return int((units * MICRO / per_usd).to_integral_value(ROUND_CEILING))


@cache
def _units_per_usd(provider: str) -> Decimal | None:
    book = sources.catalog().prices.get(provider)
    return None if book is None else UNITS * book.credits_per_usd


def load(store: Store) -> tuple[Budget, str]:
    """The budget with its tag; one without a ceiling, and no tag, where none was ever set."""
    found = store.get(layout.BUDGET)
    return (Budget(), "") if found is None else (read_budget(found[0]), found[1])


def change(store: Store, make: Callable[[Budget], Budget | None]) -> Budget | None:
    """Changes the budget, whoever else does at the same time; what it is then. None where `make` gives None.

    `make` gets the budget as it stands, perhaps several times, also when its change was made and the answer was lost:
    what it makes of its own result must be that result.
    """
    for _ in range(_TRIES):
        budget, tag = load(store)
        made = make(budget)
        if made is None or made == budget:
            return made
        data = budget_document(made)
        if (store.replace(layout.BUDGET, data, tag) if tag else store.create(layout.BUDGET, data)) is not None:
            return made
    raise Unreachable(f"`{store.where}`: the budget is changed by others all the time")


class BudgetShare:
    """What a run may spend. `boards` reads other boards, for the settling of runs that are over."""

    def __init__(self, store: Store, board: Board, lease: Lease, run: str, boards: Callable[[str], Board]) -> None:
        self._store, self._board, self._lease, self._run, self._boards = store, board, lease, run, boards
        self._guard = threading.RLock()
        self._costs: dict[tuple[str, int], tuple[str, int]] = {}
        self._kinds: dict[tuple[str, int], tuple[str, int]] = {}  # many purchases have one price
        self._used: dict[str, int] = {}
        self._drawn: dict[str, int] = {}
        self._budget: Budget | None = None
        self.unpriced = False
        """Whether this run may buy what has no known price, which then counts when the service says what it charged."""

    def refresh(self) -> Budget:
        """Reads the ceiling, which somebody may have changed."""
        self._budget = load(self._store)[0]
        return self._budget

    def spends(self, purchase: Purchase) -> None:
        """Keeps what a purchase of this run costs, by its state."""
        with self._guard:
            before, after = self._costs.get(purchase.name), (purchase.month, purchase.cost)
            if before == after:
                return
            self.drops(purchase.name)
            month, cost = self._costs[purchase.name] = self._kinds.setdefault(after, after)
            self._used[month] = self._used.get(month, 0) + cost

    def drops(self, name: tuple[str, int]) -> None:
        """Keeps that a purchase was not begun, after all."""
        with self._guard:
            if (kept := self._costs.pop(name, None)) is not None:
                self._used[kept[0]] -= kept[1]

    def _used_without(self, name: tuple[str, int]) -> dict[str, int]:
        """What all other purchases of this run cost, by month."""
        of, cost = self._costs.get(name, ("", 0))
        left = {month: usd - cost * (month == of) for month, usd in sorted(self._used.items())}
        return {month: usd for month, usd in left.items() if usd}

    def stale(self) -> None:
        """The lease was not certain for a while: what was drawn may have been given to others."""
        with self._guard:
            self._drawn = {}

    def reserve(self, purchase: Purchase, entry: str, *, priced: bool) -> Spent | None:
        """Takes the price of a purchase that is about to be granted out of what this run has drawn, or draws."""
        with self._guard:
            budget = self._budget or self.refresh()
            if budget.ceiling is None:
                self.spends(purchase)
                return None
            if not priced:
                if not self.unpriced:
                    said = f"the team has a ceiling, and the price of `{entry}` is not known"
                    return Spent(f"{said}: --unpriced buys it outside of the ceiling")
                self.spends(purchase)
                return None
            month, need = purchase.month, purchase.usd
            used = self._used_without(purchase.name)
            if used.get(month, 0) + need > self._drawn.get(month, 0):
                spent = self._draw(used, month, need, entry)
                if spent is not None:
                    return spent
            self.spends(purchase)
            return None

    def _draw(self, used: Mapping[str, int], month: str, need: int, entry: str) -> Spent | None:
        settled = False
        while True:
            made = change(self._store, lambda b: draw(b, self._run, self._board.uuid, month, used, need))
            if made is not None:
                self._budget, self._drawn = made, dict(made.runs[self._run].by_month) if self._run in made.runs else {}
                return None
            if not settled and (settled := self.settle_others()):
                continue
            budget = change(self._store, lambda b: give_back(b, self._run, used))
            assert budget is not None
            self._budget, self._drawn = budget, dict(used)
            return Spent(_refusal(budget, month, need, entry, self._who))

    def _who(self, run: str) -> str:
        """A run as people know it: its machine and its job."""
        if run == self._run:
            return "this run"
        key = layout.run(run)
        found = self._store.get(key)
        try:
            values = layout.read_document(key, found[0]) if found is not None else {}
        except layout.BadDocument:
            values = {}
        host, job = (str(values.get(part, "")) for part in ("host", "job"))
        return str(Runner(run, host, job)) if host else f"run {run}"

    def settle_others(self) -> bool:
        """Gives back what runs that are over had drawn and not spent; whether there was any such run."""
        budget = self.refresh()
        self._lease.look()  # after the budget was read: each run that has drawn had begun its lease
        found = False
        for run, drawn in budget.runs.items():
            if run == self._run or self._lease.lives(run, sure=False):
                continue
            if drawn.board == self._board.uuid:
                self._board.refresh()
            board = self._board if drawn.board == self._board.uuid else self._boards(drawn.board)
            age = self._lease.age(run)
            for_good = self._lease.ended(run) or age is None or age > _FORGOTTEN
            self._settle(run, drawn, board, for_good)
            found = True
        return found

    def _settle(self, run: str, drawn: Drawn, board: Board, for_good: bool) -> None:
        def make(budget: Budget) -> Budget:
            if budget.runs.get(run) != drawn:  # somebody else has settled it, or it goes on and has drawn anew
                return budget
            return settle(budget, run, board.uuid, board.all(), for_good=for_good)

        change(self._store, make)

    def close(self) -> None:
        """Gives back what was not spent. The board must have been read since the last purchase."""

        def make(budget: Budget) -> Budget:
            if self._run not in budget.runs:
                return budget
            return settle(budget, self._run, self._board.uuid, self._board.all(), for_good=True)

        if self._drawn or (self._budget is not None and self._run in self._budget.runs):
            change(self._store, make)


def set_ceiling(store: Store, ceiling: int | None, *, monthly: bool) -> Budget:
    """Sets the team's ceiling, in millionths of a dollar, or takes it away."""
    made = change(store, lambda b: replace(b, ceiling=ceiling, monthly=monthly))
    assert made is not None
    return made


def raise_epoch(store: Store, before: int) -> Budget:
    """Seals the ledger for all runs that began in the epoch `before`."""
    made = change(store, lambda b: replace(b, epoch=max(b.epoch, before + 1)))
    assert made is not None
    return made


def check_epoch(budget: Budget, epoch: int, where: str) -> None:
    if budget.epoch != epoch:
        raise Sealed(f"`{where}` was sealed for all runs that had begun: begin anew")


def _refusal(budget: Budget, month: str, need: int, entry: str, who: Callable[[str], str]) -> str:
    """Who holds how much."""
    held = {r: usd for r in budget.runs if (usd := budget.of_run(r, month))}
    said = "".join(f", {_usd(usd)} by {who(r)}" for r, usd in held.items())
    ceiling = f"{_usd(budget.ceiling or 0)}{f' for {month}' if budget.monthly else ''}"
    spent = _usd(budget.of(budget.spent, month))
    return f"`{entry}` may cost {_usd(need)}; of the team's ceiling of {ceiling} are taken: {spent} spent{said}"


def _usd(micro: int) -> str:
    return f"${micro / MICRO:,.2f}"
