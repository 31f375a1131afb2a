"""What a plan's purchases cost, as a fold over it: estimate, reserved and charged, by shot, axis, take and state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field

from seedspec.catalog.price import Cost, Rate
from seedspec.compiler.address import parse, shot_of
from seedspec.compiler.entry import MODEL, Entry
from seedspec.compiler.storyboard.profile import AS_WRITTEN
from seedspec.lock.record import Record
from seedspec.lock.state import BOUGHT, word
from seedspec.plan.plan import Plan, Step
from seedspec.plan.reason import NotInStoryboard
from seedspec.text.value import valueclass

KEYS = ("shot", "take", "model", "state", "profile")
"""What costs can be told apart by, beside the axes; an axis of such a name comes first."""


@valueclass(frozen=True, slots=True)
class Stated:
    """What the service stated, in 1/10,000 credit, of so many videos; what it keeps of a failed one is of none."""

    units: int = 0
    of: int = 0

    def __bool__(self) -> bool:
        return bool(self.units or self.of)

    def __add__(self, other: Stated) -> Stated:
        return Stated(self.units + other.units, self.of + other.of)

    def times(self, count: int) -> Stated:
        return Stated(self.units * count, self.of * count)


@valueclass(frozen=True, slots=True)
class Spending:
    """Videos that are or would be bought. `estimate` is of all of them, `paid` of the `bought` ones alone.

    `judged` is the estimate of what `charged` is of, in 1/10,000 credit, so that the two can be compared.
    """

    videos: int = 0
    bought: int = 0
    estimate: Cost = field(default_factory=Cost)
    paid: Cost = field(default_factory=Cost)
    reserved: Stated = field(default_factory=Stated)
    charged: Stated = field(default_factory=Stated)
    judged: int = 0

    def __add__(self, other: Spending) -> Spending:
        return Spending(
            self.videos + other.videos,
            self.bought + other.bought,
            self.estimate + other.estimate,
            self.paid + other.paid,
            self.reserved + other.reserved,
            self.charged + other.charged,
            self.judged + other.judged,
        )

    def times(self, count: int) -> Spending:
        """The spending of so many such videos."""
        return Spending(
            self.videos * count,
            self.bought * count,
            self.estimate.times(count),
            self.paid.times(count),
            self.reserved.times(count),
            self.charged.times(count),
            self.judged * count,
        )


@valueclass(frozen=True, slots=True)
class Line:
    """The spending of what has these labels in common; "" where it has none of that axis."""

    labels: tuple[str, ...]
    spending: Spending


def lines(plan: Plan, by: Sequence[str], rate: Rate, *, whole: bool = True) -> list[Line]:
    """The spending of each combination of labels that occurs, in the order of the plan.

    `by` names axes, columns as `axis.column`, or shot, take, model, state and profile. A request that several entries
    share is one purchase and counts with the first of them. With `whole` also what the lock alone knows: what was
    bought and left the storyboard, and where it is told apart by profile, what was bought with the other ones.
    """
    found: dict[tuple[str, ...], list[Spending]] = {}
    for purchase in _purchases(plan, rate, whole=whole, everywhere="profile" in by, by=by):
        found.setdefault(tuple(purchase.labels.get(key, "") for key in by), []).append(purchase.spending)
    return [Line(labels, _sum(spent)) for labels, spent in found.items()]


def by_profile(plan: Plan, rate: Rate) -> dict[str, Spending]:
    """All that the lock knows and the plan asks for, by the profile it was bought with, "" for none.

    What an entry of the plan asks for counts with the plan's profile, which is always there.
    """
    found: dict[str, list[Spending]] = {plan.profile: []}
    for purchase in _purchases(plan, rate, whole=True, everywhere=True):
        found.setdefault(purchase.profile, []).append(purchase.spending)
    return {profile: _sum(spent) for profile, spent in found.items()}


def price_of_videos(plan: Plan) -> Callable[[Entry], float]:
    """What an entry's video cost in dollars: as the service states it, else as it was estimated at its purchase."""

    def usd(entry: Entry) -> float:
        record, rate = plan.lock.last(entry.fingerprint), entry.model.rate
        stated = record.stated if record is not None else None
        units = entry.cost.high if record is None else _estimate(record, entry).high
        credits = units / rate.units_per_credit if stated is None else float(stated)
        return credits / float(rate.credits_per_usd)

    return usd


def total(found: Sequence[Line]) -> Spending:
    return sum((line.spending for line in found), Spending())


def _sum(found: Sequence[Spending]) -> Spending:
    """The sum, in which what is one object many times is added once."""
    many = Counter(map(id, found))
    return sum((one.times(many[id(one)]) for one in {id(one): one for one in found}.values()), Spending())


@valueclass(frozen=True, slots=True)
class _Purchase:
    """One request with all attempts at it; `profile` is the one it was bought with, or would be, "" for none."""

    profile: str
    labels: Mapping[str, str]
    spending: Spending


def _purchases(plan: Plan, rate: Rate, *, whole: bool, everywhere: bool, by: Sequence[str] = ()) -> Iterator[_Purchase]:
    """Each request once, those of entries first, with labels if these are asked for; `everywhere` also what was bought
    with other profiles."""
    seen: set[str] = set()
    spent: dict[tuple[object, ...], Spending] = {}

    def spending(fp: str, entry: Entry | None) -> Spending:
        """Worked out once for all that are priced and paid alike: of very many both are one object."""
        records = plan.lock.attempts.get(fp, ())
        alike = id(entry and entry.cost), *[(id(r.facts), r.state) for r in records]
        if (found := spent.get(alike)) is None:
            found = spent[alike] = _spending(records, entry, rate)
        return found

    for step in plan.steps:
        if step.entry is not None and step.fp not in seen:
            seen.add(step.fp)
            labels = _stands(plan.lock.last(step.fp), plan.profile) | _words(step.entry, by) if by else {}
            yield _Purchase(plan.profile, labels, spending(step.fp, step.entry))
    orphans = plan.lock.attempts if everywhere else (s.fp for s in plan.steps if s.entry is None and _own(s, plan))
    for fp in orphans if whole else ():
        if fp not in seen and (record := plan.lock.last(fp)) is not None:
            seen.add(fp)
            if (known := spending(fp, None)) != Spending():
                labels = _stands(record, record.profile) | _read_words(record) if by else {}
                yield _Purchase(record.profile, labels, known)


def _own(step: Step, plan: Plan) -> bool:
    """Whether a purchase without an entry is an affair of the plan's profile."""
    mine = step.record is not None and step.record.profile == plan.profile
    return mine or isinstance(step.reason, NotInStoryboard)


def _stands(record: Record | None, profile: str) -> dict[str, str]:
    return {"state": word(record.state if record is not None else None), "profile": profile or AS_WRITTEN}


def _words(entry: Entry, by: Sequence[str]) -> dict[str, str]:
    """What an entry has for its shot, its take, its model and its axes, and for those of the columns asked for."""
    columns = {name: value for name in by if "." in name and (value := entry.value_of(name)) is not None}
    return {"shot": entry.shot, "take": str(entry.take), MODEL: entry.model.id, **dict(entry.labels), **columns}


def _read_words(record: Record) -> dict[str, str]:
    """What a record says of an entry that the storyboard no longer has."""
    model = (record.manifest or {}).get(MODEL)
    own = {MODEL: model} if isinstance(model, str) else {}
    try:
        found = parse(record.entry)
    except ValueError:  # the lock may come from anybody
        return {"shot": shot_of(record.entry), **own}
    return {"shot": found.shot, "take": str(found.take), **own, **dict(found.labels)}


def _spending(records: Sequence[Record], entry: Entry | None, rate: Rate) -> Spending:
    """All attempts at one request: each that is paid for is a video, and so is the one that is still to be bought."""
    found = [spent for r in records if (spent := _spent(r, entry, rate)) is not None]
    if entry is not None and not any(one.bought for one in found):
        found.append(Spending(1, 0, entry.cost))
    return found[0] if len(found) == 1 else sum(found, Spending())


def _spent(record: Record, entry: Entry | None, rate: Rate) -> Spending | None:
    """What one attempt has cost; None where that is nothing."""
    charged = _statement(record.charged, rate)
    if record.state in BOUGHT:
        cost = _estimate(record, entry)
        judged = cost.high if charged.of else 0
        return Spending(1, 1, cost, cost, _statement(record.reserved, rate), charged, judged)
    return Spending(charged=Stated(charged.units)) if charged.units else None  # it failed; the service keeps that


def _estimate(record: Record, entry: Entry | None) -> Cost:
    """The estimate at the time of purchase; its range where the storyboard, by the prices of today, still knows it."""
    units = record.get("units")
    if units is None:
        return entry.cost if entry is not None else Cost()
    return entry.cost if entry is not None and entry.cost.high == units else Cost(units, units)


def _statement(credits: float | None, rate: Rate) -> Stated:
    return Stated() if credits is None else Stated(round(credits * rate.units_per_credit), 1)
