"""Money as people read it: credits and dollars from units of 1/10,000 credit; a guess has `~` before it."""

from __future__ import annotations

from typing import Any

from seedspec.catalog.price import Cost, Rate

UNPRICED = "unpriced"


def is_anything(cost: Cost) -> bool:
    """Whether there is a cost to speak of: an amount, or something without a known price."""
    return bool(cost.high or cost.unpriced)


def credits(cost: Cost, rate: Rate) -> str:
    """`67.50`, `98.66–172.65` where a length is not known, `~67.50` of a guess, `67.50 + 2 unpriced` of a sum."""
    if cost.unpriced and not cost.high:
        return UNPRICED
    low, high = (units / rate.units_per_credit for units in (cost.low, cost.high))
    known = f"{low:,.2f}" if low == high else f"{low:,.2f}–{high:,.2f}"
    return f"{'~' * cost.guessed}{known}{f' + {cost.unpriced:,} {UNPRICED}' if cost.unpriced else ''}"


def dollars(cost: Cost, rate: Rate) -> str:
    """`$0.99`, `$1.45–2.54` or `~$0.99`; nothing where no price is known."""
    if cost.unpriced and not cost.high:
        return ""
    per_usd = rate.units_per_credit * float(rate.credits_per_usd)
    low, high = (units / per_usd for units in (cost.low, cost.high))
    return "~" * cost.guessed + (f"${low:,.2f}" if f"{low:.2f}" == f"{high:.2f}" else f"${low:,.2f}–{high:,.2f}")


def to_the_unit(units: int, rate: Rate) -> str:
    """`33.7392`: credits to their last place, for where a budget and a price may differ there alone."""
    return f"{units / rate.units_per_credit:,.4f}"


def both(cost: Cost, rate: Rate) -> str:
    """`67.50 credits ($0.99)`; what has no known price is counted behind it."""
    if cost.unpriced and not cost.high:
        return UNPRICED
    known = Cost(cost.low, cost.high, guessed=cost.guessed)
    more = f" + {cost.unpriced:,} {UNPRICED}" if cost.unpriced else ""
    return f"{credits(known, rate)} credits ({dollars(known, rate)}){more}"


def say_prices(rate: Rate) -> str:
    """Whose day's prices an estimate is made with, and how sure they are; or why there is none."""
    if not rate.known:
        return rate.why
    if rate.beside:
        return f"price from this folder, of {rate.as_of}: whoever wrote it says so"
    return f"prices of {rate.as_of}" + (", which are a guess" if rate.sure == "guessed" else "")


def cost_of_bought(units: int, rate: Rate, videos: int = 1) -> Cost:
    """What was bought with a model for so many units, as a cost that is shown as its prices are known."""
    unpriced = 0 if rate.known or units else videos
    return Cost(units, units, unpriced, rate.sure == "guessed")


def range_json(cost: Cost, rate: Rate) -> dict[str, Any]:
    """Credits and dollars for programs, low and high. `guessed`, and how many are `unpriced`, only where it is so."""
    unit, per_usd = rate.units_per_credit, float(rate.credits_per_usd)
    return {
        "credits": {"low": round(cost.low / unit, 4), "high": round(cost.high / unit, 4)},
        "usd": {"low": round(cost.low / (unit * per_usd), 4), "high": round(cost.high / (unit * per_usd), 4)},
        **({"guessed": True} if cost.guessed else {}),
        **({"unpriced": cost.unpriced} if cost.unpriced else {}),
    }
