"""What has changed since people agreed to a plan, as text."""

from __future__ import annotations

from collections.abc import Iterator

from seedspec.catalog.price import Rate
from seedspec.plan.agreed import Agreed, Drift
from seedspec.plan.command_hint import CommandHint
from seedspec.report.money import to_the_unit

MOST = 20
"""Entries of one kind that are listed."""


def drift(found: Drift, agreed: Agreed, rate: Rate, commands: CommandHint) -> list[str]:
    """A line for each agreed purchase that is not bought any more, and the counts of the rest."""
    lines = [f"by the plan of {agreed.made}: {_count(len(agreed.purchases), 'purchase')}, at most ${agreed.usd:,.2f}"]
    lines += _list_first(
        (f"{p.address}: the storyboard no longer makes this request" for p in found.gone), len(found.gone)
    )
    risen = (
        f"{d.agreed.address}: {to_the_unit(d.units, rate)} credits now, "
        f"agreed were {to_the_unit(d.agreed.units, rate)}; it is not bought"
        for d in found.dearer
    )
    lines += _list_first(risen, len(found.dearer))
    if found.bought:
        lines.append(f"{_count(found.bought, 'purchase')} of it {'is' if found.bought == 1 else 'are'} made already")
    if found.new:
        many = len(found.new) > 1
        lines.append(
            f"{_count(len(found.new), 'entry', 'entries')} {'are' if many else 'is'} not in the plan and "
            f"{'are' if many else 'is'} not bought, first `{found.new[0]}`"
        )
    if found.short:
        lines.append(f"for these a new plan is needed: {commands.line('plan', '--out FILE')}")
    elif found.same:
        lines.append("the storyboard makes the same requests as then")
    return lines


def _list_first(lines: Iterator[str], count: int) -> Iterator[str]:
    for line, _ in zip(lines, range(MOST), strict=False):
        yield f"  {line}"
    if count > MOST:
        yield f"  … and {count - MOST:,} more"


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
