"""Standings as text for a terminal and as JSON, which the review page holds too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from seedspec.choices.standings import Standing, Standings
from seedspec.compiler.address import Labels
from seedspec.report.table import columns


def as_text(axes: Sequence[Standings], shots: Sequence[Standings]) -> list[str]:
    """The axes first, then the takes of each shot; a line that says how sure it is under each."""
    return _blocks((*_axes(axes), *((s, f"shot {s.of}") for s in shots)), "takes") or ["no votes"]


def films_as_text(films: Standings, axes: Sequence[Standings]) -> list[str]:
    """The films, then the labels that tell them apart; what a film costs counts what it shares with others."""
    if not films.rows and not films.bad:
        return ["no votes between films"]
    lines = _blocks([(films, "films"), *_axes(axes)], "films")
    return [*lines, "", "a film costs what its videos cost; one that several films play counts in each of them"]


def films_as_json(films: Standings, axes: Sequence[Standings], labels: Mapping[str, Labels]) -> dict[str, Any]:
    """The same for programs; `labels` are those of each film by its name."""
    found = _object(films) | {"said": verdict(films)}
    for row in found["rows"]:
        row["labels"] = dict(labels[row["name"]])
    return {"seedspec_stats": 1, "films": found, "axes": [_object(s) | {"said": verdict(s)} for s in axes]}


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


def _axes(found: Iterable[Standings]) -> list[tuple[Standings, str]]:
    return [(s, f"axis {s.of}") for s in found]


def _blocks(found: Iterable[tuple[Standings, str]], things: str) -> list[str]:
    lines: list[str] = []
    for standings, what in found:
        lines += ([""] if lines else []) + _block(standings, what, things)
    return lines


def _block(s: Standings, what: str, things: str) -> list[str]:
    bad = f", {s.bad} for neither" if s.bad else ""
    apart = s.votes + s.bad - s.alike if what.startswith("axis") else 0
    more = f", {apart} of them between {things} that differ in more" if apart > 0 else ""
    head = f"{what}: {s.votes} {_votes(s.votes)}{bad}{more}"
    rows: list[tuple[str, ...]] = [("", "won", "lost", "tied", "chance", "95 %")]
    rows += [(r.name, str(r.wins), str(r.losses), str(r.ties), _percent(r.rate), _interval(r)) for r in s.rows]
    for name, prices in (("costs", [r.usd for r in s.rows]), ("a win costs", [r.usd_per_win for r in s.rows])):
        if any(price is not None for price in prices):
            rows = [(*row, price) for row, price in zip(rows, (name, *map(_price, prices)), strict=True)]
    return [head, *(columns(rows, right=(1, 2, 3, 4, 6, 7), indent="  ") if s.rows else []), f"  {verdict(s)}"]


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
                **({} if r.usd is None else {"usd": round(r.usd, 4)}),
                **({} if r.usd_per_win is None else {"usd_per_win": round(r.usd_per_win, 4)}),
            }
            for r in s.rows
        ],
    }
