"""The days of a model: one that can no longer be bought is told where it is named, and one that soon cannot.

Both are warnings of a compile: what was bought from a model is found again by entries that are made as ever. Where
buying is judged, an ended model is an error: `check` says it by `for_buyers`, and `run/consent.py` lets no money go.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from seedspec.catalog.model import Catalog, Model
from seedspec.text.diagnostic import Diagnostic, Problems, Severity, list_words
from seedspec.text.source import Span

SOON = 60
"""Days before its end in which a model is warned of."""
_MOST = 4


def check_dates(model: Model, catalog: Catalog, place: Span, problems: Problems) -> None:
    """Warns of a model whose days are over, with its siblings, and of one whose end is near."""
    end = model.dates.end()
    if not catalog.today or not end:
        return
    others = say_others(model, catalog)
    if model.dates.are_over(catalog.today):
        message = f"model `{model.id}` is retired since {end}: nothing can be bought from it"
        hint = "what was bought stays: `status`, `review` and `fetch` work as before"
        problems.warning("model-retired", message, place, others, hint)
        return
    left = (date.fromisoformat(end) - date.fromisoformat(catalog.today)).days
    if left <= SOON:
        days = "1 day" if left == 1 else f"{left} days"
        problems.warning("model-ends", f"model `{model.id}` ends on {end}, in {days}", place, others)


def say_others(model: Model, catalog: Catalog) -> str:
    """What to use in place of a model, as a sentence without its end."""
    near = catalog.siblings(model)[:_MOST]
    return f"use another one of its family: {list_words(near)}" if near else "`seedspec models` shows the others"


def for_buyers(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The findings as they are for whoever wants to buy: a model from which nothing can be bought is an error."""
    return tuple(replace(d, severity=Severity.ERROR) if d.code == "model-retired" else d for d in found)
