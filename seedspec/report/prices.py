"""Prices in force, and what a newer document would change of them, as people and programs read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from seedspec.catalog.price import Rate
from seedspec.catalog.price_file import PriceBook
from seedspec.report.table import columns

OLD_DAYS = 60


def as_text(rates: Mapping[str, Rate], day: str) -> list[str]:
    """A line a model: since when its prices hold, how sure they are, and where they were read."""
    rows = [("model", "since", "sure", "from")]
    rows += [(model, r.as_of if r.known else "", r.sure, r.source if r.known else r.why) for model, r in rates.items()]
    return [*columns(rows), *say_old(rates.values(), day)]


def say_old(rates: Iterable[Rate], day: str) -> list[str]:
    """How old the oldest of some prices are, in a line; none while they are not old."""
    old = [r.as_of for r in rates if r.known and days_between(r.as_of, day) > OLD_DAYS]
    if not old:
        return []
    return [f"the oldest prices are {days_between(min(old), day)} days old: `seedspec prices refresh PROVIDER`"]


def as_json(rates: Mapping[str, Rate], day: str) -> dict[str, Any]:
    return {
        "seedspec_prices": 1,
        "models": {
            model: {
                "as_of": r.as_of if r.known else None,
                "until": r.until or None,
                "days": days_between(r.as_of, day) if r.known else None,
                "sure": r.sure,
                "source": r.source or None,
                "why": r.why or None,
            }
            for model, r in rates.items()
        },
    }


def days_between(since: str, day: str) -> int:
    return (date.fromisoformat(day) - date.fromisoformat(since)).days


def changes(book: PriceBook, rows: Mapping[str, Any], why: Mapping[str, str], day: str) -> list[str]:
    """What would be taken up: a line a model, and two for each part that differs."""
    lines: list[str] = []
    for model, row in rows.items():
        before, differ = _compare(book, model, row, day)
        since = f"since {before}" if before is not None else "not known before"
        lines.append(f"{'~' if differ else '='} {model}  {since}{'' if differ else ', the same'}")
        for name, old, new in differ:
            lines += [f"    {sign} {name}: {_brief(part)}" for sign, part in (("-", old), ("+", new)) if part]
    return [*lines, *(f"! {model}  stays as it is: {said}" for model, said in why.items())]


def changes_as_json(book: PriceBook, rows: Mapping[str, Any], why: Mapping[str, str], day: str) -> dict[str, Any]:
    """The same for programs; a part is as price files have it."""
    models = {}
    for model, row in rows.items():
        before, differ = _compare(book, model, row, day)
        models[model] = {"before": before, "parts": [{"name": n, "old": old, "new": new} for n, old, new in differ]}
    return {"seedspec_prices_refresh": 1, "from": day, "models": models, "not_understood": dict(why)}


_Part = Mapping[str, Any]


def _compare(
    book: PriceBook, model: str, row: Mapping[str, Any], day: str
) -> tuple[str | None, list[tuple[str, _Part | None, _Part | None]]]:
    """The day since which a model's known prices hold, and each part that differs: its name, as known, as read."""
    known = book.in_force(model, day)
    old = {p["name"]: p for p in known.document.get("parts", ())} if known is not None and not known.fault else {}
    new = {p["name"]: p for p in row["parts"]}
    names = [name for name in dict.fromkeys((*old, *new)) if old.get(name) != new.get(name)]
    since = known.since if known is not None else None
    return since, [(name, old.get(name), new.get(name)) for name in names]


def _brief(part: Mapping[str, Any]) -> str:
    tables = "; ".join(sorted(_tables(part["quantity"]))) or "the same for all"
    least = part.get("minimum", "0")
    return f"{part['rate']} credits{f', at least {least}' if least != '0' else ''}; {tables}"


def _tables(tree: Any) -> Iterable[str]:
    if isinstance(tree, Mapping):
        if "values" in tree:
            yield f"{tree['lookup']} " + " ".join(f"{k}×{v}" for k, v in sorted(tree["values"].items()))
        for part in tree.get("args", ()):
            yield from _tables(part)
