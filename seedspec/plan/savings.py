"""Ways to pay less for what a plan would buy, from the price file alone; nothing here changes a request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from seedspec.catalog.model import Model
from seedspec.catalog.price import Cost, Seconds, estimate
from seedspec.compiler.entry import Entry
from seedspec.plan.plan import Plan


@dataclass(frozen=True, slots=True)
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


def savings(plan: Plan, model: Model) -> list[Saving]:
    """What may be worth knowing before the plan's videos are bought; empty when nothing is."""
    entries = [s.entry for s in plan.buys if s.entry is not None]
    return [h for h in (_long(entries, model), _draft(entries, model)) if h is not None]


def _long(entries: Sequence[Entry], model: Model) -> Saving | None:
    names: dict[str, None] = {}
    count, cost, adds = 0, Cost(), Cost()
    for entry in entries:
        videos, duration = _seconds(entry, model), int(entry.says("duration"))
        cut = [m.name for m in entry.media if m.kind == "video" and m.source != "shot"]  # a shot's is what it is
        kept = _seconds(entry, model, "shot") or (Decimal(), Decimal())
        same = (max(kept[0], Decimal(duration)), max(kept[1], Decimal(duration)))
        if videos is None or not cut or videos[0] <= same[0]:
            continue
        quality = str(entry.says("quality"))
        least = estimate(model.rate, quality=quality, duration=duration, videos=same)
        count += 1
        cost += entry.cost
        adds += Cost(entry.cost.low - least.low, entry.cost.high - least.high)
        names.update(dict.fromkeys(cut))
    return Saving("long-reference", count, tuple(names), cost, adds) if count else None


def _draft(entries: Sequence[Entry], model: Model) -> Saving | None:
    known = [q for q in model.rate.without_video if q in model.pixels or not model.pixels]
    lowest = min(known, key=model.rate.without_video.__getitem__)
    if all(e.says("quality") == lowest for e in entries):
        return None
    alike = Counter((int(e.says("duration")), _seconds(e, model)) for e in entries)
    cost = Cost()
    for (duration, videos), count in alike.items():
        each = estimate(model.rate, quality=lowest, duration=duration, videos=videos)
        cost += Cost(count * each.low, count * each.high)
    return Saving("draft", len(entries), (lowest,), cost)


def _seconds(entry: Entry, model: Model, source: str = "") -> Seconds | None:
    """What an entry's reference videos last together: all of them, or those from one source."""
    return model.video_seconds(m.seconds for m in entry.media if m.kind == "video" and source in ("", m.source))
