"""A plan as a table for notebooks. Every text in it comes from a storyboard or a lock, and is escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seedspec.plan.plan import Plan, Step

MOST = 50
"""Rows that are shown."""

_UNITS = 10_000
_HEAD = ("", "entry", "a run would", "why", "credits", "video")
_CELL = '<td style="text-align:left">{}</td>'


def table(plan: Plan) -> str:
    """The first steps of a plan, how many more there are, and what all of it costs at most."""
    head = "".join(map(_CELL.replace("td", "th").format, _HEAD))
    rows = "".join(map(_row, plan.steps[:MOST]))
    more = len(plan.steps) - MOST
    said = [f"{len(plan.buys):,} to buy, at most {plan.cost.high / _UNITS:,.2f} credits"]
    if plan.cost.unpriced:
        said.append(f"{plan.cost.unpriced:,} without a known price")
    if more > 0:
        said.insert(0, f"{more:,} more")
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table><p>{'; '.join(said)}</p>"


def _row(step: Step) -> str:
    cost = (
        f"{'~' * step.cost.guessed}{step.cost.high / _UNITS:,.2f}"
        if step.cost.high
        else "unpriced" * step.cost.unpriced
    )
    why = type(step.reason).__name__
    cells = (step.action.value, step.address, step.action.name.lower(), why, cost, step.file)
    return f"<tr>{''.join(_CELL.format(escape(cell)) for cell in cells)}</tr>"
