"""What a plan and its run come to by model, where a storyboard has several: as text, rows and JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from seedspec.catalog.price import Cost
from seedspec.plan.by_model import ByModel, names_of
from seedspec.report.cost import cost_json
from seedspec.report.money import both, credits, dollars
from seedspec.report.outcome import End, Outcome
from seedspec.report.table import columns


def as_text(found: Sequence[ByModel]) -> list[str]:
    """A line a model that something is bought with, if there are several; then what is left out, a line a model."""
    bought = [one for one in found if one.videos]
    table = [
        (f"  {one.name}", f"{one.videos:,} video{'s' * (one.videos != 1)}", both(one.cost, one.model.rate))
        for one in bought
    ]
    lines = ["by model:", *columns(table, right=(1,))] if len(found) > 1 and bought else []
    return lines + [f"left out for {one.name}: {', '.join(one.left_out)}" for one in found if one.left_out]


def as_json(found: Sequence[ByModel]) -> list[dict[str, Any]]:
    """The same for programs; empty for one model that takes every field."""
    if len(found) < 2 and not any(one.left_out for one in found):
        return []
    return [
        {
            "model": one.model.id,
            "name": one.name,
            "videos": one.videos,
            **cost_json(one.cost, one.model.rate),
            "left_out": list(one.left_out),
        }
        for one in found
    ]


def plan_rows(found: Sequence[ByModel]) -> list[tuple[str, ...]]:
    """Model, videos, credits and dollars; none where the plan has one model."""
    if len(found) < 2:
        return []
    return [
        (one.name, f"{one.videos:,}", credits(one.cost, one.model.rate), dollars(one.cost, one.model.rate))
        for one in found
    ]


def run_rows(outcomes: Iterable[Outcome]) -> list[tuple[str, ...]]:
    """Model, saved, failed, other, credits and dollars of a run; none where it has one model."""
    own = [(o, o.step.entry) for o in outcomes if o.step.entry is not None]
    models = {entry.model.id: entry.model for _, entry in own}
    if len(models) < 2:
        return []
    names, rows = names_of(entry for _, entry in own), list[tuple[str, ...]]()
    for id_, model in models.items():
        ends = [o for o, entry in own if entry.model.id == id_]
        saved, failed = (sum(o.end is end for o in ends) for end in (End.SAVED, End.FAILED))
        units = sum(o.spent for o in ends)
        cost = Cost(units, units)
        counts = (f"{saved:,}", f"{failed:,}", f"{len(ends) - saved - failed:,}")
        rows.append((names[id_], *counts, credits(cost, model.rate), dollars(cost, model.rate)))
    return rows
