"""What an edit changed, as text and as JSON."""

from __future__ import annotations

from typing import Any

from seedspec.catalog.price import Cost, Rate
from seedspec.plan.compare import KINDS, Change, Comparison
from seedspec.report.money import both, credits, dollars, is_anything, range_json, say_prices
from seedspec.report.plan import show_change
from seedspec.report.table import columns

_COLORS = {"added": "32", "changed": "33", "moved": "36", "gone": "2"}


def as_text(found: Comparison, rate: Rate, *, color: bool = False) -> list[str]:
    """A line a change, a further one for each further field that differs, and the sums."""
    rows: list[tuple[str, str, str, str]] = []
    paint: list[str] = []
    for change in found.changes:
        said = _describe(change)
        rows.append((change.kind, change.address, said[0], _cost(change.cost, rate)))
        rows += [("", "", more, "") for more in said[1:]]
        paint += [_COLORS[change.kind]] * len(said)
    lines = columns(rows, right=(3,))
    if color:
        lines = [f"\x1b[{code}m{line}\x1b[0m" for code, line in zip(paint, lines, strict=True)]
    counts = [f"{n} {kind}" for kind in KINDS if (n := found.count(kind))]
    sums = ", ".join([*counts, f"{len(found.same)} as before"])
    bought = f"to buy: {both(found.cost, rate)}; {say_prices(rate)}" if is_anything(found.cost) else "nothing to buy"
    return [*lines, *([""] if lines else []), sums, bought]


def as_json(found: Comparison, rate: Rate, commit: str) -> dict[str, Any]:
    """The same for programs; `commit` is the revision that was compared with."""
    return {
        "seedspec_diff": 1,
        "commit": commit,
        "changes": [
            {
                "kind": c.kind,
                "entry": c.address,
                "was": c.old.address if c.old else None,
                "fingerprint": c.new.fingerprint if c.new and not c.new.waits else None,
                "old_fingerprint": c.old.fingerprint if c.old and not c.old.waits else None,
                "differences": [{"field": d.field, "old": d.old, "new": d.new} for d in c.differences],
                **range_json(c.cost, rate),
            }
            for c in found.changes
        ],
        "counts": {**{kind: found.count(kind) for kind in KINDS}, "same": len(found.same)},
        **range_json(found.cost, rate),
        "prices_as_of": rate.as_of,
    }


def _describe(change: Change) -> list[str]:
    if change.kind == "moved" and change.old is not None:
        return [f"from {change.old.address}"]
    return [f"{d.field}: {show_change(d.old, d.new)}" for d in change.differences] or [""]


def _cost(cost: Cost, rate: Rate) -> str:
    if not cost.high:
        return credits(cost, rate) if is_anything(cost) else ""
    return f"{credits(cost, rate)} cr  {dollars(cost, rate)}"
