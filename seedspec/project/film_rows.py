"""The films of a storyboard on disk: its rows, where a file has those that a strategy has chosen, with what plays."""

from __future__ import annotations

from collections.abc import Sequence

from seedspec.choices.films import Films, NoFilms, film_axes, films_of
from seedspec.choices.picks import Picks
from seedspec.compiler.matrix.build import board_grid, kept_rows
from seedspec.compiler.matrix.product import TooMuch
from seedspec.project.compile import Compiled, ceiling
from seedspec.project.rows_file import rows_beside
from seedspec.text.diagnostic import Problems


def films_in(compiled: Compiled, picks: Picks, by: Sequence[str] = ()) -> Films:
    """The films of a storyboard that compiled well. Raises NoFilms, also for more films than entries may be."""
    assert compiled.board is not None
    allowed, known = ceiling(), Problems()
    grid = board_grid(compiled.board, known, allowed.work, rows_beside(compiled.path, compiled.board, known))
    axes = film_axes(compiled.entries, grid.names)
    rows = kept_rows(grid, axes)
    try:
        count = rows.arithmetic.rows
    except TooMuch:
        count = allowed.most + 1
    if count > allowed.most:
        raise NoFilms(f"the axes make more than {allowed.most:,} films; expected at most so many")
    return films_of(compiled.entries, axes, rows.rows(), picks, by)
