"""How many entries a storyboard asks for, and whether so many may be made: all is counted before any is made."""

from __future__ import annotations

from collections.abc import Mapping

from seedspec.compiler.matrix.build import board_grid, shot_grid
from seedspec.compiler.matrix.columns import part
from seedspec.compiler.matrix.grid import Arithmetic, Grid
from seedspec.compiler.matrix.product import TooMuch, Work
from seedspec.compiler.storyboard.reader import whole_number
from seedspec.compiler.storyboard.types import RowsFile, Storyboard
from seedspec.text.diagnostic import Problems
from seedspec.text.value import valueclass

DEFAULT_MOST = 1000
"""The bound on the entries of a storyboard that does not give `max_entries`."""

CEILING = 200_000
"""The most entries that any storyboard may have, whatever it says of itself. Only who runs the tool can raise it."""

_STEPS = 5
"""Times the ceiling: the rows that may be looked at, for the entries of all profiles and for what `exclude` leaves."""


class Ceiling:
    """What one command may do for a storyboard that somebody else wrote: `most` entries, and the work for them."""

    def __init__(self, most: int = CEILING) -> None:
        self.most = most
        self.work = Work(_STEPS * most)


@valueclass(frozen=True, slots=True)
class Count:
    """The arithmetic of one shot: its rows, times its takes."""

    shot: str
    rows: Arithmetic
    takes: int

    @property
    def entries(self) -> int:
        return self.rows.rows * self.takes


def count_grids(
    board: Storyboard, ceiling: Ceiling, problems: Problems, file: RowsFile | None = None
) -> tuple[Grid, dict[str, Grid]] | None:
    """The storyboard's grid and that of each shot; None when one takes too long to count. `file` has the chosen rows.

    Their rows are counted before anything else is done with them.
    """
    span, whose = board.shots[0].span, "the storyboard"
    if board.exclude:
        span = board.exclude[0].span
    elif board.strategy is not None:
        span = board.strategy.span
    try:
        parent = _count_rows(board_grid(board, problems, ceiling.work, file))
        grids: dict[str, Grid] = {}
        for shot in board.shots:
            span, whose = shot.exclude[0].span if shot.exclude else shot.span, f"shot `{shot.id}`"
            grids[shot.id] = _count_rows(shot_grid(shot, board, parent, problems))
    except TooMuch:
        most = ceiling.work.most
        message = f"what `exclude` leaves of {whose} takes more than {most:,} steps to count; expected at most so many"
        remedy = "name fewer axes and labels in `exclude`"
        problems.error("too-much-work", message, span, remedy, _how_to_raise(2 * ceiling.most))
        return None
    return (parent, grids) if _columns_within(board, parent, grids, ceiling, problems) else None


def _columns_within(
    board: Storyboard, parent: Grid, grids: Mapping[str, Grid], ceiling: Ceiling, problems: Problems
) -> bool:
    """Whether the rows can be found in time whose columns a `when` names."""
    found = [(parent, o) for o in board.overrides] + [(grids[s.id], o) for s in board.shots for o in s.overrides]
    for grid, override in found:
        try:
            ceiling.work.spend(
                sum(grid.columns.size(axis) for axis, column in map(part, override.when.wanted) if column)
            )
        except TooMuch:
            message = (
                f"the columns that `when` names take more than {ceiling.work.most:,} steps; expected at most so many"
            )
            remedy = "name the labels themselves, or fewer columns"
            problems.error("too-much-work", message, override.when.span, remedy, _how_to_raise(2 * ceiling.most))
            return False
    return True


def _count_rows(grid: Grid) -> Grid:
    """A grid whose rows are counted, so that no later question about it can take too long."""
    assert grid.arithmetic.rows >= 0
    return grid


def _how_to_raise(most: int) -> str:
    return f"the tool's own ceiling; to raise it add `--ceiling {most}`, or set SEEDSPEC_CEILING={most}"


def within_bound(
    board: Storyboard, counts: tuple[Count, ...], ceiling: Ceiling, problems: Problems, *, repaired: bool
) -> bool:
    """Whether the entries may be made: within the storyboard's own bound first, then within the tool's.

    Of a `repaired` matrix it is not said that they are too many: what would have left rows out may be broken.
    """
    total = sum(c.entries for c in counts)
    given = board.max_entries
    most = whole_number(given, DEFAULT_MOST)
    sums = ", ".join(f"`{c.shot}` {c.entries:,}" for c in sorted(counts, key=lambda c: -c.entries)[:4])
    where = given.span if given else (board.axes[0].span if board.axes else board.shots[0].span)
    if repaired and total > min(most, ceiling.most):
        return False
    if total > most:
        message = f"{total:,} entries; expected at most {most:,}"
        raised = f"raise it: `matrix: {{max_entries: {total}}}`"
        if total > ceiling.most:  # the storyboard alone cannot allow so many
            raised = f"leave out axes with `only`, or rows with `exclude`: at most {ceiling.most:,} can be made"
        problems.error("too-many-entries", message, where, f"the largest: {sums}", raised)
        return False
    if total > ceiling.most:
        message = f"{total:,} entries; expected at most {ceiling.most:,}"
        problems.error("too-much-work", message, where, f"the largest: {sums}", _how_to_raise(total))
        return False
    try:
        ceiling.work.spend(total)
    except TooMuch:
        message = f"more than {ceiling.work.most:,} entries in all profiles together; expected at most so many"
        notes = ("check one profile alone: `--profile NAME`", _how_to_raise(2 * ceiling.most))
        problems.error("too-much-work", message, where, *notes)
        return False
    return True
