"""Chosen rows as people and programs read them: how many of how many, and what the full matrix would cost."""

from __future__ import annotations

from typing import Any

from seedspec.catalog.price import Cost, Rate
from seedspec.compiler.matrix.chosen import of_product
from seedspec.compiler.matrix.grid import Arithmetic
from seedspec.compiler.storyboard.types import Strategy
from seedspec.project.full_matrix import FullMatrix
from seedspec.report.money import both, range_json


def beside(entries: int, cost: Cost, full: FullMatrix, rate: Rate) -> str:
    """What all chosen entries cost, and what the full matrix would, in a line."""
    chosen = f"chosen: {_entries(entries)}, {both(cost, rate)} in all"
    if full.entries is None or full.cost is None:
        return f"{chosen}; the full matrix has too many rows to be counted"
    about = both(full.cost, rate) if full.exact else f"about {both(full.cost, rate)} at the average of the chosen ones"
    return f"{chosen}; the full matrix: {_entries(full.entries)}, {about}"


def show_choice(strategy: Strategy, rows: Arithmetic) -> str:
    """How many rows a strategy has chosen, in a line."""
    included = f", and {rows.included:,} included" if rows.included else ""
    return f"rows: {rows.chosen or 0:,} of {of_product(rows)} chosen by `{strategy.word}`{included}"


def as_json(strategy: Strategy, rows: Arithmetic) -> dict[str, Any]:
    """The same for programs; `full` is None where the rows of the product have not been counted."""
    full = None if rows.excluded is None else rows.candidates - rows.excluded
    return {
        "strategy": strategy.kind,
        **({"sample": strategy.count, "seed": strategy.seed} if strategy.kind == "sample" else {}),
        "chosen": rows.chosen,
        "included": rows.included,
        "full": full,
    }


def full_json(full: FullMatrix, rate: Rate) -> dict[str, Any]:
    """The full matrix for programs; what cannot be counted is None, and `exact` tells a price from an average."""
    cost = None if full.cost is None else range_json(full.cost, rate)
    return {"entries": full.entries, "exact": full.exact, "cost": cost}


def _entries(count: int) -> str:
    return f"{count:,} {'entry' if count == 1 else 'entries'}"
