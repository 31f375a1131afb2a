"""Standings as text for a terminal and as JSON, which the review page holds too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seedspec.choices.standings import Standing, Standings
from seedspec.report.table import columns


def as_text(axes: Sequence[Standings], shots: Sequence[Standings]) -> list[str]:
    """The axes first, then the takes of each shot; a line that says how sure it is under each."""
    lines: list[str] = []
    for found, what in (*((s, "axis") for s in axes), *((s, "shot") for s in shots)):
        lines += ([""] if lines else []) + _block(found, what)
    return lines or ["no votes"]


def as_json(axes: Sequence[Standings], shots: Sequence[Standings]) -> dict[str, Any]:
    return {
        "seedspec_stats": 1,
        "axes": [_object(s) | {"said": verdict(s)} for s in axes],
        "shots": [_object(s) | {"said": verdict(s)} for s in shots],
    }


def verdict(s: Standings) -> str:
    """In one sentence who leads and how sure that is."""
    if not s.rows:
        return "no votes"
    first = s.rows[0].name
    if s.verdict == "too few":
        return f"too few to say: about {s.more} more {_votes(s.more or 0)}"
    if s.verdict == "even":
        return "even: the votes do not prefer one"
    if s.verdict == "clear":
        return f"{first} leads, and by more than chance"
    more = f"; about {s.more} more {_votes(s.more)} at this rate would decide" if s.more else ""
    return f"{first} leads, not proven{more}"


def _block(s: Standings, what: str) -> list[str]:
    apart = f", {s.votes + s.bad - s.alike} of them between takes that differ in more" if what == "axis" else ""
    bad = f", {s.bad} for neither" if s.bad else ""
    head = f"{what} {s.of}: {s.votes} {_votes(s.votes)}{bad}{apart if s.alike < s.votes + s.bad else ''}"
    rows: list[tuple[str, ...]] = [("", "won", "lost", "tied", "chance", "95 %")]
    rows += [(r.name, str(r.wins), str(r.losses), str(r.ties), _percent(r.rate), _interval(r)) for r in s.rows]
    if any(r.usd_per_win is not None for r in s.rows):
        prices = ("a win costs", *(_price(r.usd_per_win) for r in s.rows))
        rows = [(*row, price) for row, price in zip(rows, prices, strict=True)]
    return [head, *(columns(rows, right=(1, 2, 3, 4, 6), indent="  ") if s.rows else []), f"  {verdict(s)}"]


def _price(usd: float | None) -> str:
    return "–" if usd is None else f"${usd:,.2f}"


def _votes(count: int) -> str:
    return "vote" if count == 1 else "votes"


def _percent(rate: float) -> str:
    return f"{100 * rate:.0f} %"


def _interval(row: Standing) -> str:
    return f"{100 * row.low:.0f}–{100 * row.high:.0f} %"


def _object(s: Standings) -> dict[str, Any]:
    return {
        "of": s.of,
        "votes": s.votes,
        "neither": s.bad,
        "alike": s.alike,
        "verdict": s.verdict,
        "more": s.more,
        "rows": [
            {
                "name": r.name,
                "wins": r.wins,
                "losses": r.losses,
                "ties": r.ties,
                "rate": round(r.rate, 4),
                "low": round(r.low, 4),
                "high": round(r.high, 4),
                **({} if r.usd_per_win is None else {"usd_per_win": round(r.usd_per_win, 4)}),
            }
            for r in s.rows
        ],
    }
