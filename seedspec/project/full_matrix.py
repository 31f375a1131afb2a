"""What the full matrix would cost where a strategy has chosen some of its rows: compiled, if it is not too large."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction

from seedspec.catalog.price import Cost
from seedspec.compiler.entry import Entry
from seedspec.compiler.matrix.build import without_strategy
from seedspec.compiler.matrix.product import TooMuch
from seedspec.compiler.request.ceiling import CEILING, DEFAULT_MOST, Ceiling, count_grids
from seedspec.compiler.storyboard.reader import whole_number
from seedspec.project.compile import Compiled, expand_board
from seedspec.text.diagnostic import Problems
from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class FullMatrix:
    """The entries of the full matrix, and their cost at their own prices when `exact`.

    Else it is more than may be made, or some of it cannot be: then the cost is that of the chosen entries of each shot,
    on average. Where even the entries cannot be counted, both are None.
    """

    entries: int | None
    cost: Cost | None
    exact: bool


def full_matrix(made: Compiled) -> FullMatrix | None:
    """The full matrix of a storyboard that compiled well; None where no strategy has chosen among its rows."""
    board = made.board
    if board is None or made.rows is None or made.rows.chosen is None:
        return None
    quiet = Problems()
    try:
        whole = without_strategy(board, Ceiling().work)
    except TooMuch:
        return FullMatrix(None, None, False)
    counted = count_grids(whole, Ceiling(CEILING // 10), quiet)
    if counted is None:
        return FullMatrix(None, None, False)
    grids = counted[1]
    counts = {shot.id: grids[shot.id].arithmetic.rows * board.takes_of(shot) for shot in board.shots}
    total = sum(counts.values())
    if total <= whole_number(board.max_entries, DEFAULT_MOST):
        full = expand_board(made.path, whole, quiet)
        if not quiet.failed:
            return FullMatrix(total, cost_of(full.entries), True)
    each = defaultdict[str, list[Entry]](list)
    for entry in made.entries:
        each[entry.shot].append(entry)
    low = sum(Fraction(sum(e.cost.low for e in some), len(some)) * counts[shot] for shot, some in each.items())
    high = sum(Fraction(sum(e.cost.high for e in some), len(some)) * counts[shot] for shot, some in each.items())
    unpriced = sum(Fraction(sum(e.cost.unpriced for e in some), len(some)) * counts[s] for s, some in each.items())
    guessed = any(e.cost.guessed for e in made.entries)
    return FullMatrix(total, Cost(round(low), round(high), round(unpriced), guessed), False)


def cost_of(entries: Iterable[Entry]) -> Cost:
    """What entries cost together: equal requests are one purchase."""
    return sum({e.fingerprint: e.cost for e in entries}.values(), Cost())
