"""Money as people read it: credits and dollars from units of 1/10,000 credit."""

from __future__ import annotations

from seedspec.catalog.price import Cost, Rate


def credits(cost: Cost, rate: Rate) -> str:
    """`67.50`, or `98.66–172.65` where a length is not known."""
    low, high = (units / rate.units_per_credit for units in (cost.low, cost.high))
    return f"{low:,.2f}" if low == high else f"{low:,.2f}–{high:,.2f}"


def dollars(cost: Cost, rate: Rate) -> str:
    """`$0.99`, or `$1.45–2.54`."""
    per_usd = rate.units_per_credit * float(rate.credits_per_usd)
    low, high = (units / per_usd for units in (cost.low, cost.high))
    return f"${low:,.2f}" if f"{low:.2f}" == f"{high:.2f}" else f"${low:,.2f}–{high:,.2f}"


def to_the_unit(units: int, rate: Rate) -> str:
    """`33.7392`: credits to their last place, for where a budget and a price may differ there alone."""
    return f"{units / rate.units_per_credit:,.4f}"


def both(cost: Cost, rate: Rate) -> str:
    return f"{credits(cost, rate)} credits ({dollars(cost, rate)})"
