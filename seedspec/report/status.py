"""Where every entry stands, from the lock alone: as text, fit for a screen of any height, and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from seedspec.catalog.model import Model
from seedspec.catalog.price import Cost, Rate
from seedspec.lock import mismatch
from seedspec.lock.mismatch import Mismatch
from seedspec.lock.run_events import Compared
from seedspec.lock.state import State
from seedspec.measures.values import Value
from seedspec.plan import cost
from seedspec.plan.command_hint import CommandHint
from seedspec.plan.plan import Action, Plan, Step
from seedspec.plan.reason import InBucket, InDoubt
from seedspec.report import cost as costs
from seedspec.report import expected
from seedspec.report import plan as plans
from seedspec.report.money import both
from seedspec.report.table import columns

_WORDS = {
    Action.DONE: "saved",
    Action.RESUME: "running",
    Action.FETCH: "bought and to be fetched",
    Action.DOUBT: "in doubt",
    Action.FAILED: "failed or held",
    Action.SUBMIT: "not bought",
    Action.CHANGE: "not bought since changed",
    Action.SHARED: "shared",
    Action.ORPHAN: "in the lock only",
}
_MOST_UNMET = 20
_ALWAYS = (Action.DONE, Action.RESUME, Action.FAILED, Action.DOUBT)
_URGENCY = (
    Action.DOUBT, Action.FETCH, Action.RESUME, Action.FAILED, Action.CHANGE, Action.SUBMIT, Action.ORPHAN,
    Action.SHARED, Action.DONE,
)  # fmt: skip


Surprises = Mapping[tuple[str, int], tuple[Mismatch, ...]]
"""What is unlike its request, by the fingerprint and the attempt of its record."""


def surprises(plan: Plan, models: Mapping[str, Model]) -> Surprises:
    """What is unlike its request, of all that a plan has a record of."""
    judged: dict[tuple[object, ...], tuple[Mismatch, ...]] = {}
    found = {}
    for entry, record in ((s.entry, s.record) for s in plan.steps if s.record is not None):
        # Of very many entries what they ask for besides their prompts is one object, and so is what came back.
        alike = id(record if entry is None else entry.base), id(record.facts), record.state
        if (strange := judged.get(alike)) is None:
            strange = judged[alike] = mismatch.of_record(models, record)
        if strange:
            found[record.fp, record.attempt] = strange
    return found


def rows(
    plan: Plan,
    strange: Surprises,
    now: datetime,
    *,
    color: bool = False,
    most: int | None = None,
    commands: CommandHint = plans.BARE,
    compared: Mapping[str, Compared] = MappingProxyType({}),
) -> list[str]:
    """A line an entry, doubts first; of more than `most` those that somebody waits for, the rest counted.

    `compared` are the takes of which something is expected, by address.
    """
    ordered = sorted(plan.steps, key=lambda s: s.action is not Action.DOUBT)
    shown = ordered
    if most is not None and len(ordered) > most:
        shown = sorted(plan.steps, key=lambda s: _URGENCY.index(s.action))[: max(most - 1, 0)]
    lines = columns([(s.action.value, s.address, _stands(s, strange, now, commands, compared)) for s in shown])
    if color:
        lines = [plans.paint(line, s.action) for s, line in zip(shown, lines, strict=True)]
    left = len(ordered) - len(shown)
    return [*lines, f"… and {left} more"] if left else lines


def sums(
    plan: Plan, strange: Surprises, rate: Rate, now: datetime, *, commands: CommandHint = plans.BARE,
    compared: Mapping[str, Compared] = MappingProxyType({}),
) -> list[str]:  # fmt: skip
    """How many entries stand where, what they have cost, what is unlike its request, and what waits to be saved."""
    counts = plan.counts
    said = ((counts[a], word, a) for a, word in _WORDS.items())
    lines = [", ".join(f"{n} {word}{plans.count_missing(plan, a)}" for n, word, a in said if n or a in _ALWAYS)]
    bought = cost.by_profile(plan, rate)
    own = bought.pop(plan.profile)
    doubts = _doubts(plan)
    unsure = f"; {both(_cost_of(doubts), rate)} of it for {len(doubts)} in doubt" if doubts else ""
    lines.append(
        f"bought so far: {costs.describe_spending(own, rate)}{unsure}" if own.bought else "nothing is bought yet"
    )
    lines += costs.elsewhere(bought, rate)
    if many := sum(bool(_surprises_of(s, strange)) for s in plan.steps):
        lines.append(f"{many} {'is' if many == 1 else 'are'} not what was asked for")
    lines += expected.lines(compared.values(), commands, _MOST_UNMET)
    if plan.stale:
        again = both(plan.stale_cost, rate)
        lines.append(f"{len(plan.stale)} stale: {commands.line('run', '--redo-stale')} buys again for {again}")
    waiting = [left for s in plan.steps if (left := hours_left(s, now)) is not None]
    if waiting:
        lines.append(f"{len(waiting)} to be saved{_soonest(waiting)}: {commands.line('fetch')}")
    return lines + plans.advise_lost(plan, commands)


def as_json(
    plan: Plan,
    strange: Surprises,
    rate: Rate,
    now: datetime,
    *,
    commands: CommandHint = plans.BARE,
    measures: Mapping[str, Mapping[str, Value]] = MappingProxyType({}),
    compared: Mapping[str, Compared] = MappingProxyType({}),
) -> dict[str, Any]:
    """The plan for programs, with the facts and the cost of what is bought, and how long the service keeps a video.

    `measures` are those of videos that are measured, by fingerprint; `compared` are the takes of which something is
    expected, by address.
    """
    found = plans.as_json(plan, rate, commands)
    found["spent"] = costs.spending_json(cost.by_profile(plan, rate)[plan.profile], rate)
    if doubts := _doubts(plan):
        found["spent"]["in_doubt"] = {"videos": len(doubts), **costs.cost_json(_cost_of(doubts), rate)}
    if compared:
        found["unmet"], found["not_measured"] = expected.count(compared.values())
    for step, shown in zip(plan.steps, found["steps"], strict=True):
        if (take := compared.get(step.address)) is not None and step.entry is not None:
            shown["expect"] = expected.as_json(take)
        left = hours_left(step, now)
        shown["results_until"] = (
            step.record.get("results_until") if step.record is not None and left is not None else None
        )
        shown["hours_left"] = None if left is None else round(left, 2)
        shown["reserved"] = step.record.reserved if step.record is not None else None
        shown["charged"] = step.record.charged if step.record is not None else None
        shown["facts"] = {k: step.record.get(k) for k in mismatch.FACTS} if _is_saved(step) and step.record else None
        if _is_saved(step) and step.fp in measures:
            shown["measures"] = dict(measures[step.fp])
        shown["surprises"] = mismatch.as_json(_surprises_of(step, strange))
    return found


def _doubts(plan: Plan) -> list[Step]:
    """The plan's own purchases of which nobody knows whether they are bought."""
    found = (s for s in plan.steps if isinstance(s.reason, InDoubt) and s.record is not None)
    return [s for s in found if s.entry is not None or (s.record and s.record.profile == plan.profile)]


def _cost_of(steps: list[Step]) -> Cost:
    """What they may have cost, as their records have it."""
    units = ((s.record and s.record.get("units")) or (s.entry.cost.high if s.entry else 0) for s in steps)
    most = sum(units)
    return Cost(most, most)


def hours_left(step: Step, now: datetime) -> float | None:
    """Hours that the service keeps a video that is made and not saved, below zero when they are over."""
    record = step.record
    unsaved = step.action is Action.FETCH or (
        step.action is Action.ORPHAN and record and record.state is State.COMPLETED
    )
    if record is None or not unsaved or isinstance(step.reason, InBucket):
        return None
    if (until := record.get("results_until")) is None:
        return None
    return (datetime.fromisoformat(until) - now).total_seconds() / 3600


def within(hours: float) -> str:
    """`within 21.4 hours`, or what it is when that is over."""
    return f"within {hours:.1f} hours" if hours > 0 else f"its link expired {-hours:.1f} hours ago"


def _soonest(waiting: list[float]) -> str:
    alive, expired = [h for h in waiting if h > 0], sum(h <= 0 for h in waiting)
    said = f", the first {within(min(alive))}" if alive else ""
    return said + (f", {expired} with an expired link" if expired else "")


def _stands(
    step: Step, strange: Surprises, now: datetime, commands: CommandHint, compared: Mapping[str, Compared]
) -> str:
    said = plans.reason(step.reason, commands, step.address, now)
    for one in _surprises_of(step, strange):
        said += f"; {one.found}, expected {one.expected}"
    take = compared.get(step.address) if step.entry is not None else None
    if take is not None and (unmet := expected.short(take)):
        said += f"; {unmet}"
    left = hours_left(step, now)
    return said if left is None else f"{said}; {'to be fetched ' if left > 0 else ''}{within(left)}"


def _surprises_of(step: Step, strange: Surprises) -> tuple[Mismatch, ...]:
    return () if step.record is None else strange.get((step.record.fp, step.record.attempt), ())


def _is_saved(step: Step) -> bool:
    return step.record is not None and step.record.state is State.SAVED
