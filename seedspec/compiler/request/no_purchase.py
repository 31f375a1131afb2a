"""Storyboards that are sound and can never buy anything: a shot without rows, and a budget below every price."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from seedspec.catalog.price import exact, units_within
from seedspec.compiler.matrix.grid import Grid
from seedspec.compiler.storyboard.types import Storyboard
from seedspec.text.diagnostic import Problems, list_words


def has_rows(grid: Grid) -> bool:
    """Whether a grid whose rows are counted has any."""
    return grid.arithmetic.rows > 0


def check_rows(board: Storyboard, parent: Grid, grids: Mapping[str, Grid], problems: Problems) -> None:
    """Refuses a shot without rows: nothing would ever be bought of it, and every command would end well."""
    if problems.has_set_aside:
        return
    empty = [s for s in board.shots if not (has_rows(grids[s.id]) or grids[s.id].repaired)]
    if empty and not has_rows(parent) and parent.arithmetic.candidates:
        of = f"all {parent.arithmetic.candidates:,} rows of the storyboard"
        rest = "" if len(empty) == len(board.shots) else f"; {list_words(s.id for s in empty)} has none"
        message = f"`exclude` removes {of}, so that nothing is made{rest}; expected one row to be left"
        problems.error("no-rows", message, board.exclude[0].span, "name more axes in it, or leave it out")
        return
    for shot in (s for s in empty if grids[s.id].arithmetic.candidates):  # an axis without labels is reported
        message = (
            f"`exclude` removes all rows of shot `{shot.id}`, so that it makes nothing; expected one row to be left"
        )
        span = shot.exclude[0].span if shot.exclude else shot.span
        problems.error("no-rows", message, span, "name more axes in it, or take the shot out")


def check_budget(board: Storyboard, costs: Collection[int], problems: Problems) -> None:
    """Warns of a budget that buys none of the entries of any profile; `costs` are what each may come to, in units."""
    rate, cheapest = board.rate, min(costs, default=0)
    credits = [exact(c) for c in (board.budget_credits,) if c is not None]
    credits += [exact(u) * rate.credits_per_usd for u in (board.budget_usd,) if u is not None]
    if not credits or problems.failed or problems.has_set_aside or cheapest <= units_within(min(credits), rate):
        return
    units = rate.units_per_credit
    least = f"{cheapest / units:,.4g} credits (${cheapest / (units * float(rate.credits_per_usd)):,.2f})"
    message = f"the budget buys nothing: the cheapest video may cost {least}"
    problems.warning("budget-too-small", message, board.budget_span, "raise it, or leave it out")
