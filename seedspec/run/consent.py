"""A person's yes to buying: what is asked for, what was allowed, and that nothing is bought without it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal

from seedspec.catalog.model import Catalog
from seedspec.catalog.price import Rate
from seedspec.compiler.storyboard.dates import say_others
from seedspec.plan.plan import Plan, Step
from seedspec.project.credentials import BadSettings
from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class Quote:
    """What a run would buy at most: so many videos, for so much.

    Of them `unpriced` have no known price and are in no sum; with `guessed` a price in the sum is a guess.
    """

    videos: int
    credits: Decimal
    usd: Decimal
    unpriced: int = 0
    guessed: bool = False

    def __str__(self) -> str:
        return f"{self.count}, {self._parts('at most', '')}"

    @property
    def count(self) -> str:
        return f"{self.videos:,} video{'s' if self.videos != 1 else ''}"

    @property
    def question(self) -> str:
        return f"Buy {self.count}{', ' if self.unpriced else ' '}{self._parts('for at most', ', which is a guess')}?"

    def _parts(self, before: str, guess: str) -> str:
        known = f"{before} {'~' * self.guessed}{dollars(self.usd)}{guess * self.guessed}"
        if not self.unpriced:
            return known
        unknown = f"{self.unpriced:,} of them without a known price"
        return f"{unknown}, the others {known}" if self.unpriced < self.videos else unknown


@valueclass(frozen=True, slots=True)
class Yes:
    """A yes to buying what the plan asks for, up to a price in dollars or credits; None is no bound.

    With `whole` the price of all that the plan would buy counts, also where a budget lets a run buy less of it. With
    `unpriced` a bound is a yes to what has no known price too, which it does not bound; without any bound it is one.

    Raises ValueError for a bound that is no number from 0 on.
    """

    max_usd: Decimal | float | None = None
    max_credits: Decimal | float | None = None
    whole: bool = False
    unpriced: bool = False

    def __post_init__(self) -> None:
        for name, most in (("max_usd", self.max_usd), ("max_credits", self.max_credits)):
            if most is not None and not (Decimal(str(most)).is_finite() and most >= 0):
                raise ValueError(f"{name} is {most}; expected a number from 0 on")

    def covers(self, quote: Quote) -> bool:
        bounds = ((self.max_usd, quote.usd), (self.max_credits, quote.credits))
        if quote.unpriced and not self.unpriced and any(most is not None for most, _ in bounds):
            return False
        return all(most is None or price <= Decimal(str(most)) for most, price in bounds)

    def __str__(self) -> str:
        bounds = [dollars(Decimal(str(self.max_usd)))] if self.max_usd is not None else []
        bounds += [f"{self.max_credits:,} credits"] if self.max_credits is not None else []
        return f"at most {' and '.join(bounds)}" if bounds else "any price"


class ConsentNeeded(BadSettings):
    """Something would be bought that nobody said yes to; nothing was sent. `quote` has the count and the price.

    `exit` is 4 where there is a yes that does not cover the price, and 2 where there is none.
    """

    def __init__(self, quote: Quote, consent: Yes | None, how: str) -> None:
        why = "nothing is bought without a yes; " + how if consent is None else f"the yes is for {consent}"
        if consent is not None and quote.unpriced and not consent.unpriced:
            why += "; `--unpriced` makes it one for what has no known price too"
        super().__init__(f"{quote}: {why}", 2 if consent is None else 4)
        self.quote = quote
        self.consent = consent


def quote_of(plan: Plan, rate: Rate, budget: int | None, entries: int | None) -> Quote | None:
    """What a plan would buy, with its retakes, within a budget of units and so many entries; None for nothing."""
    videos, cost = len(plan.buys) + plan.retakes, plan.cost + plan.retake_cost
    units = cost.high
    videos = videos if entries is None else min(videos, entries)
    if not videos:
        return None
    credits = Decimal(units if budget is None else min(units, budget)) / rate.units_per_credit
    unpriced = min(videos, cost.unpriced)
    return Quote(videos, credits, credits / rate.credits_per_usd, unpriced, cost.guessed)


def check_consent(quote: Quote | None, consent: Yes | None, how: str = "give `consent=api.Yes()`") -> None:
    """Raises ConsentNeeded unless there is nothing to buy, or a yes that covers it. `how` says how to give one."""
    if quote is not None and (consent is None or not consent.covers(quote)):
        raise ConsentNeeded(quote, consent, how)


def dollars(usd: Decimal) -> str:
    """Never less than what may be paid: part of a cent counts as one."""
    return f"${usd.quantize(Decimal('0.01'), ROUND_CEILING):,}"


class Unpriced(BadSettings):
    """A run with a budget would buy what has no known price, and so cannot be kept within it; nothing was sent."""

    def __init__(self, step: Step, count: int) -> None:
        videos = "1 video has" if count == 1 else f"{count:,} videos have"
        super().__init__(
            f"{videos} no known price, the first is `{step.address}`; a run with a budget buys none of them: leave the "
            "budget out, or add --unpriced, which buys them outside of it", 4,
        )  # fmt: skip


def check_priced(plan: Plan, budget: int | None, *, unpriced: bool) -> None:
    """Raises Unpriced where a budget would have to bound what has no known price, unless that is allowed."""
    count = plan.cost.unpriced + plan.retake_cost.unpriced
    if budget is None or unpriced or not count:
        return
    raise Unpriced(
        next(s for s in plan.steps if s.cost.unpriced or (s.retakes and s.entry is not None and s.entry.cost.unpriced)),
        count,
    )


class Retired(BadSettings):
    """A run would buy from a model from which nothing can be bought any more; nothing was sent."""

    def __init__(self, steps: Sequence[Step], catalog: Catalog) -> None:
        first, videos = steps[0], "1 video" if len(steps) == 1 else f"{len(steps):,} videos"
        assert first.entry is not None
        model = first.entry.model
        super().__init__(
            f"{videos} cannot be bought, the first is `{first.address}`: model `{model.id}` is retired since "
            f"{model.dates.end()}; {say_others(model, catalog)}, or leave out what it makes with --exclude", 3,
        )  # fmt: skip


def retired_steps(plan: Plan, catalog: Catalog) -> tuple[Step, ...]:
    """What a plan would buy from models that have ended by the catalog's day; none of it can be bought."""
    found = [(step, step.entry.model) for step in plan.buys if step.entry is not None]
    over = {m.id for m in {m.id: m for _, m in found}.values() if m.dates.are_over(catalog.today)}
    return tuple(step for step, model in found if model.id in over)


def check_not_retired(plan: Plan, catalog: Catalog) -> None:
    """Raises Retired where something would be bought from a model that has ended."""
    if steps := retired_steps(plan, catalog):
        raise Retired(steps, catalog)
