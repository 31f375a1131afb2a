"""The team's budget: one ceiling over all boards, from which runs draw before they spend; pure arithmetic.

All sums are whole millionths of a dollar. What a run has drawn is by month, so that a monthly ceiling is kept by a run
that goes on past midnight.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from decimal import ROUND_CEILING, Decimal
from typing import Any

from seedspec.lock.state import OPEN
from seedspec.run.store.ledger.layout import BUDGET, BadDocument, document, read_document
from seedspec.run.store.ledger.purchase import Purchase
from seedspec.text.value import valueclass

MICRO = 1_000_000
SLICE = 4
"""Purchases that a run draws for at once, while the ceiling is far."""


@valueclass(frozen=True, slots=True)
class Drawn:
    """What a run has drawn, by month. One that is `over` spends no more; it stands here until all of its purchases
    have come to an end."""

    board: str
    by_month: Mapping[str, int]
    over: bool = False


@valueclass(frozen=True, slots=True)
class Budget:
    """The ceiling in millionths of a dollar, for each month or for ever; None for none.

    `runs` are those that have drawn and are not settled, by id. `spent` is what all others have spent, by month. A
    higher `epoch` says that the team's ledger was sealed.
    """

    ceiling: int | None = None
    monthly: bool = False
    epoch: int = 1
    runs: Mapping[str, Drawn] = field(default_factory=dict)
    spent: Mapping[str, int] = field(default_factory=dict)

    def taken(self, month: str) -> int:
        """What is spent or drawn, of that month or of all, as the ceiling is."""
        return self._of(self.spent, month) + sum(self._of(run.by_month, month) for run in self.runs.values())

    def of_run(self, run: str, month: str) -> int:
        return self._of(self.runs[run].by_month, month) if run in self.runs else 0

    def of(self, by_month: Mapping[str, int], month: str) -> int:
        """Of sums by month that which counts against the ceiling."""
        return self._of(by_month, month)

    def _of(self, by_month: Mapping[str, int], month: str) -> int:
        return by_month.get(month, 0) if self.monthly else sum(by_month.values())


def draw(budget: Budget, run: str, board: str, month: str, used: Mapping[str, int], need: int) -> Budget | None:
    """The budget after a run has drawn for one more purchase, or for some; None where it does not reach for one.

    `used` is what the run has spent so far, by month. While the ceiling is far a run draws for `SLICE` purchases; near
    it for one, so that it is used up to the last purchase.
    """
    if budget.ceiling is None:
        return budget
    others = budget.taken(month) - budget.of_run(run, month)
    left = budget.ceiling - others - budget.of(used, month) - need
    if left < 0:
        return None
    far = left >= SLICE * need * (len(budget.runs) + 2)
    extra = need * (SLICE - 1) if far else 0
    by_month = {**used, month: used.get(month, 0) + need + extra}
    return replace(budget, runs={**budget.runs, run: Drawn(board, by_month)})


def give_back(budget: Budget, run: str, used: Mapping[str, int]) -> Budget:
    """The budget after a run has given back what it has drawn and not spent."""
    if run not in budget.runs:
        return budget
    return replace(budget, runs={**budget.runs, run: replace(budget.runs[run], by_month=_sums(used))})


def settle(budget: Budget, run: str, board: str, purchases: Iterable[Purchase], *, for_good: bool) -> Budget:
    """The budget after a run is over: what its purchases cost is what it has drawn.

    Where all of them have come to an end, and it is over `for_good`, its sum goes to what is spent.
    """
    own = [p for p in purchases if p.runner.id == run]
    used = costs(own)
    if not for_good or any(p.state in OPEN for p in own):
        return replace(budget, runs={**budget.runs, run: Drawn(board, used, over=True)})
    spent = {month: budget.spent.get(month, 0) + used.get(month, 0) for month in budget.spent.keys() | used.keys()}
    return replace(budget, runs={r: d for r, d in budget.runs.items() if r != run}, spent=_sums(spent))


def costs(purchases: Iterable[Purchase]) -> dict[str, int]:
    """What purchases cost, by month."""
    found: dict[str, int] = {}
    for p in purchases:
        found[p.month] = found.get(p.month, 0) + p.cost
    return _sums(found)


def _sums(by_month: Mapping[str, int]) -> dict[str, int]:
    return {month: usd for month, usd in sorted(by_month.items()) if usd}


def budget_document(budget: Budget) -> bytes:
    runs = {
        run: {"board": d.board, "drawn": dict(d.by_month), **({"over": True} if d.over else {})}
        for run, d in sorted(budget.runs.items())
    }
    usd = None if budget.ceiling is None else dollars(budget.ceiling)
    head = {"usd": usd, "month": budget.monthly, "epoch": budget.epoch}
    return document({**head, "runs": runs, "spent": dict(budget.spent)})


def read_budget(data: bytes) -> Budget:
    """Raises BadDocument."""
    values = read_document(BUDGET, data)
    try:
        usd = values["usd"]
        runs = {
            run: Drawn(str(d["board"]), _read_sums(d["drawn"]), d.get("over") is True)
            for run, d in values["runs"].items()
        }
        ceiling = None if usd is None else int((Decimal(usd) * MICRO).to_integral_value())
        return Budget(ceiling, values["month"] is True, int(values["epoch"]), runs, _read_sums(values["spent"]))
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError):
        raise BadDocument(f"`{BUDGET}` is not what seedspec writes") from None


def _read_sums(values: Mapping[str, Any]) -> dict[str, int]:
    return {str(month): int(usd) for month, usd in values.items()}


def dollars(micro: int) -> str:
    """Millionths of a dollar as text, exact: `12.5`, `500`."""
    text = format(Decimal(micro) / MICRO, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def micro(usd: Decimal) -> int:
    """Dollars as millionths, never fewer."""
    return int((usd * MICRO).to_integral_value(ROUND_CEILING))
