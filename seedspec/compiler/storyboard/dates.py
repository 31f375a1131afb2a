"""The days of a model: one that can no longer be bought is told where it is named, and one that soon cannot."""

from __future__ import annotations

from datetime import date

from seedspec.catalog.model import Catalog, Model
from seedspec.text.diagnostic import Problems, list_words
from seedspec.text.source import Span

SOON = 60
"""Days before its end in which a model is warned of."""
_MOST = 4


def check_dates(model: Model, catalog: Catalog, place: Span, problems: Problems) -> None:
    """Reports a model whose days are over, with its siblings, and warns of one whose end is near."""
    end = model.dates.end()
    if not catalog.today or not end:
        return
    near = catalog.siblings(model)[:_MOST]
    others = f"use another one of its family: {list_words(near)}" if near else "`seedspec models` shows the others"
    if end <= catalog.today:
        message = f"model `{model.id}` is retired since {end}: nothing can be bought from it"
        hint = "what was bought stays: `status`, `review` and `fetch` work as before"
        problems.error("model-retired", message, place, others, hint)
        return
    left = (date.fromisoformat(end) - date.fromisoformat(catalog.today)).days
    if left <= SOON:
        days = "1 day" if left == 1 else f"{left} days"
        problems.warning("model-ends", f"model `{model.id}` ends on {end}, in {days}", place, others)
