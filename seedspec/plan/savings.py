"""Ways to pay less for what a plan would buy, from the price file alone; nothing here changes a request."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import field
from decimal import Decimal
from typing import Literal

from seedspec.catalog.price import Asked, Cost, Seconds, asked_of, estimate
from seedspec.compiler.entry import Entry
from seedspec.plan.plan import Plan
from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class Saving:
    """`long-reference`: reference videos that outlast the videos made with them, and what that `adds`; `about` are
    their names, without those of other shots' videos, which nobody can cut. `draft`: what all would come to at the
    lowest quality, which is named in `about`; it `adds` nothing.

    `videos` are those concerned, `cost` what they come to, or would.
    """

    code: Literal["long-reference", "draft"]
    videos: int
    about: tuple[str, ...]
    cost: Cost
    adds: Cost = field(default_factory=Cost)


def savings(plan: Plan) -> list[Saving]:
    """What may be worth knowing before the plan's videos are bought; empty when nothing is, or no price is known."""
    if plan.cost.unpriced:
        return []
    entries = [s.entry for s in plan.buys if s.entry is not None]
    return [h for h in (_long(entries), _draft(entries)) if h is not None]


def _long(entries: Sequence[Entry]) -> Saving | None:
    names: dict[str, None] = {}
    count, cost, adds = 0, Cost(), Cost()
    for entry in entries:
        videos, duration = _seconds(entry), int(entry.says("duration"))
        cut = [m.name for m in entry.media if m.kind == "video" and m.source != "shot"]  # a shot's is what it is
        kept = _seconds(entry, "shot") or (Decimal(), Decimal())
        same = (max(kept[0], Decimal(duration)), max(kept[1], Decimal(duration)))
        if videos is None or not cut or videos[0] <= same[0]:
            continue
        least = estimate(entry.model.rate, _ask_of(entry), same)
        count += 1
        cost += entry.cost
        adds += Cost(entry.cost.low - least.low, entry.cost.high - least.high)
        names.update(dict.fromkeys(cut))
    return Saving("long-reference", count, tuple(names), cost, adds) if count else None


def _draft(entries: Sequence[Entry]) -> Saving | None:
    """All of it at the quality that costs the least, for each model its own."""
    by_model = defaultdict[str, list[Entry]](list)
    for entry in entries:
        by_model[entry.model.id].append(entry)
    found = {name: _cheapest(own) for name, own in by_model.items()}
    lowest = {name: one[0] for name, one in found.items() if one is not None}
    if len(lowest) < len(found) or all(e.says("quality") == lowest[e.model.id] for e in entries):
        return None
    cost = sum((one[1] for one in found.values() if one is not None), Cost())
    return Saving("draft", len(entries), tuple(dict.fromkeys(lowest.values())), cost)


def _cheapest(entries: Sequence[Entry]) -> tuple[str, Cost] | None:
    """The quality at which the entries of one model cost the least, and what; None where no price is known."""
    model, costs = entries[0].model, defaultdict[str, Cost](Cost)
    alike = Counter((_ask_of(e), _seconds(e)) for e in entries)
    for quality in model.qualities:
        for (asked, videos), count in alike.items():
            costs[quality] += estimate(model.rate, asked._replace(quality=quality), videos).times(count)
    priced = {quality: cost for quality, cost in costs.items() if not cost.unpriced}
    lowest = min(priced, key=lambda q: priced[q].high, default=None)
    return None if lowest is None else (lowest, priced[lowest])


def _ask_of(entry: Entry) -> Asked:
    return asked_of(entry.base.said, [m.kind for m in entry.media])


def _seconds(entry: Entry, source: str = "") -> Seconds | None:
    """What an entry's reference videos last together: all of them, or those from one source."""
    return entry.model.video_seconds(m.seconds for m in entry.media if m.kind == "video" and source in ("", m.source))
