"""The rows that `seedspec rows` writes: those of the file that are still allowed, and the few that are lacking."""

from __future__ import annotations

from seedspec.compiler.matrix.build import whole_grid
from seedspec.compiler.matrix.chosen import choose, of_product, rows_of
from seedspec.compiler.matrix.completion import Completion
from seedspec.compiler.matrix.grid import Grid
from seedspec.compiler.matrix.product import Row, Work
from seedspec.compiler.matrix.strategy import extend, in_order
from seedspec.compiler.storyboard.types import Pattern, RowsFile, Storyboard
from seedspec.text.diagnostic import Problems, Severity
from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class Chosen:
    """The rows in the order of the product. Of those in the file `kept` stay, `left_out` go, and `completed` of the
    kept ones got a label of an axis that they lacked, or lost one of an axis that is gone. `added` are new.

    No fewer than `least` rows could do what the strategy asks for; `of` says in words how many there are.
    """

    axes: tuple[str, ...]
    rows: tuple[Row, ...]
    kept: int
    completed: int
    added: int
    left_out: int
    least: int
    of: str
    included: int


def choose_rows(board: Storyboard, file: RowsFile, problems: Problems, work: Work, *, anew: bool) -> Chosen | None:
    """What the file should hold; None with errors in `problems`, and then nothing may be written. Raises TooMuch.

    `anew` forgets what the file has.
    """
    strategy = board.strategy
    assert strategy is not None
    grid, must = whole_grid(board, problems, work)
    if problems.failed or grid.repaired:
        return None
    quiet = Problems()
    choose(board, grid, must, file, quiet)
    fatal = {"base-excluded", *(() if anew else ("sample-too-small",))}
    problems.extend(d for d in quiet if d.code in fatal or (d.code == "row-left-out" and not anew))
    if any(d.severity is Severity.ERROR for d in problems):
        return None
    there = () if anew else file.rows or ()
    plain = dict.fromkeys(rows_of(there, board, grid, file, None))
    completed = {row: None for pattern in there if (row := _complete(pattern, grid)) is not None and row not in plain}
    known = {**plain, **completed}
    found = extend(strategy, grid.whole, {**known, **dict.fromkeys(must)})
    rows = in_order(grid.whole, {*known, *must, *found.added})
    gone = sum(_complete(p, grid) is None and not _is_whole(p, grid) for p in _once(there))
    sizes = of_product(Grid(grid.axes, grid.exclude, (), grid.own, work, chosen=rows).arithmetic)
    added = len(rows) - len(known)
    axes = tuple(a.name for a in grid.own)
    return Chosen(axes, rows, len(known), len(completed), added, gone, found.least, sizes, len(grid.include))


def _once(written: tuple[Pattern, ...]) -> list[Pattern]:
    """Patterns without those that say the same again."""
    return list({tuple(sorted((k, v[0].text) for k, v in p.wanted.items())): p for p in written}.values())


def _is_whole(pattern: Pattern, grid: Grid) -> bool:
    """Whether it is a row of the product, or one that the storyboard includes beside it."""
    row = tuple(p[0].text if (p := pattern.wanted.get(axis.name)) else "" for axis in grid.own)
    return len(pattern.wanted) == len(row) and (grid.whole.allows(row) or row in grid.include)


def _complete(pattern: Pattern, grid: Grid) -> Row | None:
    """The row of one that names other axes than the storyboard has: an axis that is new has its first label there, so
    that a video which was bought before there was the axis may still be asked for. None for any other row."""
    names = [axis.name for axis in grid.own]
    if pattern.wanted.keys() == set(names):
        return None
    fixed = {i: pattern.wanted[name][0].text for i, name in enumerate(names) if name in pattern.wanted}
    return Completion(grid.whole).row_with(fixed, {}) if fixed else None
