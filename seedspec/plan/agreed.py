"""A plan that people agreed to, as a value: what it would buy and at what price, and what has changed since."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal

import orjson

from seedspec.catalog.price import Rate
from seedspec.catalog.schema import Schema
from seedspec.compiler.entry import Entry
from seedspec.compiler.storyboard.profile import say_profile
from seedspec.lock.lock import Lock
from seedspec.lock.state import OPEN, State
from seedspec.plan.plan import Plan
from seedspec.plan.select import Selection
from seedspec.text.diagnostic import Problems
from seedspec.text.node import Map, Node, Sequence, plain
from seedspec.text.source import Span
from seedspec.text.value import valueclass

FORMAT = 1
TIME = "%Y-%m-%dT%H:%M:%SZ"
AGE = 7.0
"""Days for which a plan holds when nothing else is said."""
_ANEW = "make the plan anew with `seedspec plan --out FILE`"
_AHEAD = timedelta(hours=1)
"""How far the clock of another machine may be before ours."""


class NotThisPlan(Exception):
    """The plan is of another storyboard, profile or lock, or too old; nothing may be bought by it."""


@valueclass(frozen=True, slots=True)
class Purchase:
    """One purchase that was agreed: the request, which attempt at it, and what it may cost, in 1/10,000 credit."""

    address: str
    fp: str
    attempt: int
    units: int


@valueclass(frozen=True, slots=True)
class Agreed:
    """What people agreed to buy of a storyboard, by fingerprint, in the plan's order.

    `made` is when, in UTC. `requests` is the digest of every request that the storyboard made then. `retry` and `redo`
    say whether what had failed, and what had become stale, was to be bought again. `credits` and `usd` are the sum,
    which bounds a run by this plan beside the price of each purchase.
    """

    storyboard: str
    file: str
    profile: str
    emulated: bool
    made: str
    requests: str
    retry: bool
    redo: bool
    credits: Decimal
    usd: Decimal
    prices: str
    purchases: Mapping[str, Purchase]

    def __repr__(self) -> str:
        return f"Agreed({self.storyboard!r}, {len(self.purchases):,} purchases, ${self.usd:,.2f}, {self.made})"

    def check_fits(self, storyboard: str, file: str, profile: str, *, emulated: bool, now: str, days: float) -> None:
        """Raises NotThisPlan unless the plan is of this storyboard, profile and lock, and of the last so many days."""
        if (self.storyboard, self.file) != (storyboard, file):
            raise NotThisPlan(
                f"the plan is of `{self.storyboard}` ({self.file}); expected one of `{storyboard}` ({file})"
            )
        if self.profile != profile:
            how = f"--profile {self.profile}" if self.profile else "no --profile"
            raise NotThisPlan(f"the plan was made {say_profile(self.profile)}; give {how}, or make the plan anew")
        if self.emulated != emulated:
            whose, how = ("the emulator's lock", "add") if self.emulated else ("the paid lock", "leave out")
            raise NotThisPlan(f"the plan was made with {whose}; {how} --emulator, or make the plan anew")
        age = datetime.strptime(now, TIME) - datetime.strptime(self.made, TIME)
        if age > timedelta(days=days):
            raise NotThisPlan(
                f"the plan is of {self.made}, older than {days:g} day{'s' * (days != 1)}; make it anew, "
                "or give --plan-age DAYS"
            )
        if age < -_AHEAD:
            raise NotThisPlan(f"the plan is of {self.made}, which is yet to come; set the clock right or make it anew")


@valueclass(frozen=True, slots=True)
class Dearer:
    """A purchase whose price has risen to `units` since."""

    agreed: Purchase
    units: int


@valueclass(frozen=True, slots=True)
class Drift:
    """What has changed since a plan was agreed to. Only `gone` and `dearer` keep a part of it from being bought.

    `gone` are purchases whose request the storyboard makes no longer, `bought` those that were made since, `new` the
    addresses of what would be bought now and is not in the plan. `same` says that the storyboard makes the very
    requests that it made then.
    """

    gone: tuple[Purchase, ...] = ()
    dearer: tuple[Dearer, ...] = ()
    bought: int = 0
    new: tuple[str, ...] = ()
    same: bool = True

    def __repr__(self) -> str:
        counts = {"gone": len(self.gone), "dearer": len(self.dearer), "bought": self.bought, "new": len(self.new)}
        return f"Drift({', '.join(f'{n:,} {word}' for word, n in counts.items() if n) or 'nothing'})"

    @property
    def short(self) -> bool:
        """Whether something that was agreed is not bought."""
        return bool(self.gone or self.dearer)


def agreed_of(plan: Plan, entries: Collection[Entry], rate: Rate, *, name: str, file: str, emulated: bool, made: str,
              retry: bool, redo: bool) -> Agreed:  # fmt: skip
    """What a plan would buy, for people to agree to. `entries` are all of the storyboard's."""
    purchases = [Purchase(s.address, s.fp, plan.lock.next_attempt(s.fp), s.cost.high) for s in plan.buys]
    credits = Decimal(plan.cost.high) / rate.units_per_credit
    return Agreed(
        name, file, plan.profile, emulated, made, requests_digest(entries), retry, redo, credits,
        credits / rate.credits_per_usd, rate.as_of, {p.fp: p for p in purchases},
    )  # fmt: skip


def requests_digest(entries: Iterable[Entry]) -> str:
    """One digest over every request of a storyboard: it changes with any of them, and with nothing else."""
    found = hashlib.sha256()
    for fp in sorted({e.fingerprint for e in entries}):
        found.update(fp.encode())
    return f"sha256:{found.hexdigest()}"


def narrow(found: Selection, agreed: Agreed, lock: Lock) -> tuple[Selection, Drift]:
    """Of a storyboard's entries those that a run by this plan is about, and what has changed since.

    They are what was agreed and is neither dearer now nor bought since, and what is under way: that is paid for.
    """
    chosen: list[Entry] = []
    others: list[Entry] = []
    dearer: dict[str, Dearer] = {}
    new: dict[str, str] = {}
    for entry in found.chosen:
        fp, record = entry.fingerprint, lock.last(entry.fingerprint)
        purchase = agreed.purchases.get(fp)
        inside = record is not None and record.state in OPEN
        if purchase is None:
            if record is None or record.state is State.QUEUED:
                new.setdefault(fp, entry.address)
        elif _is_bought(purchase, lock):
            inside = inside or not agreed.redo  # no further attempt was agreed for one that is stale again
        elif entry.cost.high > purchase.units:
            dearer.setdefault(fp, Dearer(purchase, entry.cost.high))
        else:
            inside = True
        (chosen if inside else others).append(entry)
    made = {e.fingerprint for e in found.chosen}
    bought = {p.fp for p in agreed.purchases.values() if _is_bought(p, lock)}
    gone = tuple(p for p in agreed.purchases.values() if p.fp not in made and p.fp not in bought)
    same = requests_digest(found.chosen) == agreed.requests
    drift = Drift(gone, tuple(dearer.values()), len(bought), tuple(new.values()), same)
    return Selection(tuple(chosen), (*found.others, *others)), drift


def _is_bought(purchase: Purchase, lock: Lock) -> bool:
    """Whether the agreed attempt, or a later one, was made and has not failed."""
    record = lock.last(purchase.fp)
    if record is None or record.state in (State.QUEUED, State.FAILED):
        return False
    return record.attempt >= purchase.attempt


def as_bytes(agreed: Agreed) -> bytes:
    """The file of an agreed plan: JSON with a line a purchase. It holds no prompt, no address and no key."""
    head = {
        "seedspec_agreed": FORMAT,
        "storyboard": agreed.storyboard,
        "file": agreed.file,
        **({"profile": agreed.profile} if agreed.profile else {}),
        **({"emulated": True} if agreed.emulated else {}),
        "made": agreed.made,
        "requests": agreed.requests,
        **({"retry_failed": True} if agreed.retry else {}),
        **({"redo_stale": True} if agreed.redo else {}),
        "credits": float(agreed.credits),
        "usd": float(agreed.usd.quantize(Decimal("0.0001"), ROUND_CEILING)),
        "prices_as_of": agreed.prices,
    }
    lines = b",\n".join(orjson.dumps(key) + b": " + orjson.dumps(value) for key, value in head.items())
    rows = b",\n".join(_row(p) for p in agreed.purchases.values())
    return b"{\n" + lines + b',\n"purchases": [' + (b"\n" + rows + b"\n" if rows else b"") + b"]\n}\n"


def _row(purchase: Purchase) -> bytes:
    return orjson.dumps(
        {"entry": purchase.address, "fp": purchase.fp, "attempt": purchase.attempt, "units": purchase.units}
    )


def read(node: Node, schema: Schema, problems: Problems) -> Agreed | None:
    """An agreed plan out of its file; None, with findings, for one that has not its form.

    Raises NotThisPlan for one that has a request twice, or no time.
    """
    if not schema.check(node, problems):
        return None
    assert isinstance(node, Map)
    values = plain(node)
    found: dict[str, Purchase] = {}
    for purchase, span in _purchases(node):
        known = found.setdefault(purchase.fp, purchase)
        if known is not purchase:
            raise NotThisPlan(f"{span}: `{purchase.address}` is in the plan twice; expected each request once; {_ANEW}")
    try:
        datetime.strptime(values["made"], TIME)
    except ValueError:
        raise NotThisPlan(f"{node.pairs['made'].value.span}: `{values['made']}` is no time; {_ANEW}") from None
    return Agreed(
        storyboard=values["storyboard"],
        file=values["file"],
        profile=values.get("profile", ""),
        emulated=values.get("emulated", False),
        made=values["made"],
        requests=values["requests"],
        retry=values.get("retry_failed", False),
        redo=values.get("redo_stale", False),
        credits=Decimal(str(values["credits"])),
        usd=Decimal(str(values["usd"])),
        prices=values["prices_as_of"],
        purchases=found,
    )


def _purchases(node: Map) -> Iterator[tuple[Purchase, Span]]:
    rows = node.get("purchases")
    for row in rows if isinstance(rows, Sequence) else ():
        values = plain(row)
        yield Purchase(values["entry"], values["fp"], values["attempt"], values["units"]), row.span
