"""Where every entry stands, from the lock alone: as text, fit for a screen of any height, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from seedspec.compiler.price import Cost, Rate
from seedspec.compiler.profile import said
from seedspec.plan.lock import Record
from seedspec.plan.plan import Action, Plan, Step
from seedspec.plan.state import State
from seedspec.report import plan as plans
from seedspec.report.money import both
from seedspec.report.table import columns

_WORDS = {
    Action.DONE: "saved",
    Action.RESUME: "running",
    Action.FETCH: "made and not saved",
    Action.DOUBT: "in doubt",
    Action.FAILED: "failed or held",
    Action.SUBMIT: "not bought",
    Action.CHANGE: "not bought since changed",
    Action.ORPHAN: "in the lock only",
}
_ALWAYS = (Action.DONE, Action.RESUME, Action.FAILED, Action.DOUBT)
_URGENCY = (
    Action.DOUBT, Action.FETCH, Action.RESUME, Action.FAILED, Action.CHANGE, Action.SUBMIT, Action.ORPHAN, Action.DONE
)  # fmt: skip
_UNPAID = (State.FAILED, State.QUEUED)


def rows(plan: Plan, now: datetime, *, color: bool = False, most: int | None = None) -> list[str]:
    """A line an entry, doubts first; of more than `most` those that somebody waits for, the rest counted."""
    ordered = sorted(plan.steps, key=lambda s: s.action is not Action.DOUBT)
    shown = ordered
    if most is not None and len(ordered) > most:
        shown = sorted(plan.steps, key=lambda s: _URGENCY.index(s.action))[: max(most - 1, 0)]
    lines = columns([(s.action.value, s.address, _stands(s, now)) for s in shown])
    if color:
        lines = [plans.painted(line, s.action) for s, line in zip(shown, lines, strict=True)]
    left = len(ordered) - len(shown)
    return [*lines, f"… and {left} more"] if left else lines


def sums(plan: Plan, rate: Rate, now: datetime) -> list[str]:
    """How many entries stand where, what they have cost, and how long made videos wait to be saved."""
    counts = ((plan.count(a), word, a) for a, word in _WORDS.items())
    lines = [", ".join(f"{n} {word}" for n, word, a in counts if n or a in _ALWAYS)]
    own = {s.fp for s in plan.steps if s.entry is not None}
    found: dict[str, list[Record]] = {plan.profile: []}
    for record in _paid(plan):
        found.setdefault(plan.profile if record.fp in own else record.profile, []).append(record)
    lines.append(f"bought so far: {_bought(found.pop(plan.profile), rate)}")
    lines += [f"bought {said(name)}: {_bought(records, rate)}" for name, records in sorted(found.items())]
    waiting = [left for s in plan.steps if (left := hours_left(s, now)) is not None]
    if waiting:
        lines.append(f"{len(waiting)} to be saved{_soonest(waiting)}: `seedspec fetch`")
    return lines


def as_json(plan: Plan, rate: Rate, now: datetime) -> dict[str, Any]:
    """The plan for programs, with how long the service keeps what is made and not saved."""
    found = plans.as_json(plan, rate)
    for step, shown in zip(plan.steps, found["steps"], strict=True):
        left = hours_left(step, now)
        shown["results_until"] = (
            step.record.get("results_until") if step.record is not None and left is not None else None
        )
        shown["hours_left"] = None if left is None else round(left, 2)
    return found


def hours_left(step: Step, now: datetime) -> float | None:
    """Hours that the service keeps a video that is made and not saved, below zero when they are over."""
    record = step.record
    until = record.get("results_until") if record is not None else None
    unsaved = step.action is Action.FETCH or (
        step.action is Action.ORPHAN and record and record.state is State.COMPLETED
    )
    if until is None or not unsaved:
        return None
    return (datetime.fromisoformat(until) - now).total_seconds() / 3600


def within(hours: float) -> str:
    """`within 21.4 hours`, or what it is when that is over."""
    return f"within {hours:.1f} hours" if hours > 0 else f"its link expired {-hours:.1f} hours ago"


def _soonest(waiting: list[float]) -> str:
    alive, expired = [h for h in waiting if h > 0], sum(h <= 0 for h in waiting)
    said = f", the first {within(min(alive))}" if alive else ""
    return said + (f", {expired} with an expired link" if expired else "")


def _stands(step: Step, now: datetime) -> str:
    said = plans.reason(step.reason)
    left = hours_left(step, now)
    return said if left is None else f"{said}; {'to be fetched ' if left > 0 else ''}{within(left)}"


def _bought(records: Sequence[Record], rate: Rate) -> str:
    """What purchases have cost: by the service's word, and where it has given none yet by the estimate."""
    stated = round(sum(r.get("credits") or 0 for r in records) * rate.units_per_credit)
    unstated = sum(r.get("units") or 0 for r in records if r.get("credits") is None)
    estimated = f", and an estimated {both(Cost(unstated, unstated), rate)}" if unstated else ""
    return f"{both(Cost(stated, stated), rate)} as the service stated them{estimated}"


def _paid(plan: Plan) -> Iterator[Record]:
    return (r for r in plan.lock if r.state not in _UNPAID)
