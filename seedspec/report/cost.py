"""Costs as a table, as JSON and as rows for a spreadsheet: estimate, reserved, charged; and hints that save money."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from seedspec.catalog.price import Cost, Rate
from seedspec.compiler.storyboard.profile import say_profile
from seedspec.plan.cost import Line, Spending, Stated, total
from seedspec.plan.plan import Plan
from seedspec.plan.savings import Saving
from seedspec.report.money import both, credits, dollars, range_json, say_prices
from seedspec.report.table import columns, cut

_HEAD = ("videos", "bought", "estimate", "USD", "reserved", "charged", "USD")
_LONGEST_LABEL = 40
_MOST_NAMES = 3


def table(found: Sequence[Line], by: Sequence[str], rate: Rate, *, color: bool = False) -> list[str]:
    """A line for each combination of labels, and the total; what nobody has stated is left empty."""
    width = len(by)
    rows = [(*by, *_HEAD)]
    rows += [(*(cut(label, _LONGEST_LABEL) or "-" for label in x.labels), *_cells(x.spending, rate)) for x in found]
    if width:
        rows.append(("total", *[""] * (width - 1), *_cells(total(found), rate)))
    else:
        rows = [rows[0], _cells(total(found), rate)]
    out = columns(rows, right=range(width, width + len(_HEAD)))
    if color and width:
        out[0], out[-1] = f"\x1b[2m{out[0]}\x1b[0m", f"\x1b[1m{out[-1]}\x1b[0m"
    return out


def notes(found: Sequence[Line], rates: Mapping[str, Rate], rate: Rate) -> list[str]:
    """What a reader should know of the table: whose prices they are, and how the estimate has done so far.

    `rates` are those of the models whose prices were used; `rate` is what a credit is worth.
    """
    every = total(found)
    lines = _sources(rates)
    if every.charged:
        difference = every.charged.units - every.judged
        share = f" ({difference / every.judged:+.1%})" if every.judged else ""
        said = "as estimated" if not difference else f"estimated {_units(every.judged, rate)}{share}"
        lines.append(f"charged for {_videos(every.charged.of)}: {_units(every.charged.units, rate)}, {said}")
    if left := every.bought - every.charged.of:
        lines.append(f"the service has not said yet what it charges for {_videos(left)}")
    return lines


def _sources(rates: Mapping[str, Rate]) -> list[str]:
    """Where the prices of models were read: a line for each source, with its models where there are several."""
    models: dict[tuple[str, str], list[str]] = {}
    for model, rate in rates.items():
        source = f" by the {say_prices(rate)}: {rate.source}"
        said = ("estimates", source) if rate.known else ("no estimate", f": {rate.why}")
        models.setdefault(said, []).append(model)
    of = {key: f" of {', '.join(f'`{name}`' for name in names)}" for key, names in models.items()}
    return [f"{what}{of[what, source] if len(models) > 1 else ''}{source}" for what, source in models]


def hints(found: Sequence[Saving], plan: Cost, rate: Rate, *, color: bool = False) -> list[str]:
    """A line for each hint; `plan` is what the plan would cost."""
    return [f"\x1b[2m{line}\x1b[0m" if color else line for line in (_hint(h, plan, rate) for h in found)]


def describe_spending(spending: Spending, rate: Rate) -> str:
    """What is bought as `estimate …, reserved …, charged …`, without what nobody has stated."""
    return ", ".join(f"{name} {said}" for name, said in _spending_parts(spending, rate))


def elsewhere(found: Mapping[str, Spending], rate: Rate) -> list[str]:
    """What was bought with profiles, "" for none: a line for each."""
    return [
        f"bought {say_profile(name)}: {describe_spending(x, rate)}" for name, x in sorted(found.items()) if x.bought
    ]


def as_json(found: Sequence[Line], by: Sequence[str], plan: Plan, rate: Rate, told: Sequence[Saving]) -> dict[str, Any]:
    """The same for programs: credits and dollars, ranges as low and high, null for what nobody has stated."""
    return {
        "seedspec_cost": 1,
        "profile": plan.profile or None,
        "by": list(by),
        "rows": [{"labels": dict(zip(by, x.labels, strict=True)), **spending_json(x.spending, rate)} for x in found],
        "total": spending_json(total(found), rate),
        "hints": hints_json(told, plan.cost, rate),
        "prices_as_of": rate.as_of,
        "prices_source": rate.source,
        **({} if rate.sure == "stated" else {"prices_sure": rate.sure}),
    }


def spending_json(spending: Spending, rate: Rate) -> dict[str, Any]:
    return {
        "videos": spending.videos,
        "bought": spending.bought,
        "estimate": cost_json(spending.estimate, rate),
        "reserved": _statement_json(spending.reserved, rate),
        "charged": _statement_json(spending.charged, rate),
    }


def cost_json(cost: Cost, rate: Rate) -> dict[str, Any]:
    return range_json(cost, rate)


def hints_json(found: Sequence[Saving], plan: Cost, rate: Rate) -> list[dict[str, Any]]:
    return [
        {
            "code": h.code,
            "videos": h.videos,
            "about": list(h.about),
            "cost": cost_json(h.cost, rate),
            "saves": cost_json(_cost_of_saving(h, plan), rate),
        }
        for h in found
    ]


def prices_json(rates: Mapping[str, Rate]) -> list[dict[str, Any]]:
    """Whose prices were used, by model."""
    return [
        {"model": model, "as_of": r.as_of if r.known else None, "source": r.source or None, "sure": r.sure}
        for model, r in rates.items()
    ]


def rows(found: Sequence[Line], by: Sequence[str], rate: Rate) -> list[dict[str, Any]]:
    """One flat row a line, for a spreadsheet: the labels in columns named `by`; no total, which it makes itself."""
    return [{**dict(zip(by, x.labels, strict=True)), **_flat(x.spending, rate)} for x in found]


def _cells(spending: Spending, rate: Rate) -> tuple[str, ...]:
    reserved, charged = (_cost(s) for s in (spending.reserved, spending.charged))
    return (
        f"{spending.videos:,}",
        f"{spending.bought:,}",
        credits(spending.estimate, rate),
        dollars(spending.estimate, rate),
        credits(reserved, rate) if reserved else "",
        credits(charged, rate) if charged else "",
        dollars(charged, rate) if charged else "",
    )


def _cost(stated: Stated) -> Cost | None:
    return Cost(stated.units, stated.units) if stated else None


def _spending_parts(spending: Spending, rate: Rate) -> Iterator[tuple[str, str]]:
    yield "estimate", both(spending.paid, rate)
    for name, stated in (("reserved", spending.reserved), ("charged", spending.charged)):
        if (cost := _cost(stated)) is not None:
            yield name, both(cost, rate)


def _hint(hint: Saving, plan: Cost, rate: Rate) -> str:
    saves = _cost_of_saving(hint, plan)
    if hint.code == "draft":
        share = f"{hint.cost.high / plan.high:.0%} of it" if plan.high else ""
        return f"for drafts: with `quality: {hint.about[0]}` all of it would cost {both(hint.cost, rate)}, {share}"
    some = [f"`{name}`" for name in hint.about[:_MOST_NAMES]]
    more = f" and {len(hint.about) - _MOST_NAMES} more" if len(hint.about) > _MOST_NAMES else ""
    return (
        f"longer than the video it is used for, and billed in full: {', '.join(some)}{more};"
        f" that adds {both(saves, rate)} to {_videos(hint.videos)}"
    )


def _cost_of_saving(hint: Saving, plan: Cost) -> Cost:
    return hint.adds if hint.code == "long-reference" else Cost(plan.low - hint.cost.low, plan.high - hint.cost.high)


def _money(units: int, rate: Rate) -> dict[str, float]:
    in_credits = units / rate.units_per_credit
    return {"credits": round(in_credits, 4), "usd": round(in_credits / float(rate.credits_per_usd), 4)}


def _statement_json(stated: Stated, rate: Rate) -> dict[str, float] | None:
    return _money(stated.units, rate) if stated else None


def _flat(spending: Spending, rate: Rate) -> dict[str, Any]:
    out: dict[str, Any] = {"videos": spending.videos, "bought": spending.bought}
    unknown = spending.estimate.unpriced and not spending.estimate.high
    for end, units in (("low", spending.estimate.low), ("high", spending.estimate.high)):
        out |= {f"estimate_{unit}_{end}": None if unknown else v for unit, v in _money(units, rate).items()}
    for name, stated in (("reserved", spending.reserved), ("charged", spending.charged)):
        money = _money(stated.units, rate)
        out |= {f"{name}_{unit}": value if stated else None for unit, value in money.items()}
    return out


def _units(units: int, rate: Rate) -> str:
    return both(Cost(units, units), rate)


def _videos(count: int) -> str:
    return f"{count:,} video{'' if count == 1 else 's'}"
