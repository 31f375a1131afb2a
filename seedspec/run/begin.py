"""A plan becomes the jobs of a run: what is to be bought or finished, and what is passed over and why."""

from __future__ import annotations

from dataclasses import dataclass, field

from seedspec.plan import plan as planned
from seedspec.plan.event import Event, Held, Skipped
from seedspec.plan.lock import Record
from seedspec.plan.plan import BUYS, Action, Plan, Step
from seedspec.plan.state import State
from seedspec.run.job import Job, Limits, Moment, Pace, Phase

_BOUGHT = (State.RUNNING, State.COMPLETED)


@dataclass(slots=True)
class Admitted:
    """`committed` is what running and doubtful purchases of earlier runs may cost, in 1/10,000 credit."""

    jobs: dict[str, Job] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    committed: int = 0
    reused: int = 0


def admit(plan: Plan, limits: Limits, pace: Pace, now: Moment) -> Admitted:
    """The jobs by fingerprint, take 1 of everything first, otherwise in the plan's order.

    Purchases that no entry stands for come last, by fingerprint and attempt.
    """
    out = Admitted()
    for step in sorted((s for s in plan.steps if s.entry is not None), key=_take):
        _admit(out, step, plan, limits, pace, now.text())
    for step in plan.steps:
        if step.entry is None and step.record is not None:
            _stray(out, step, step.record, limits, pace, now.text())
    return out


def _stray(out: Admitted, step: Step, record: Record, limits: Limits, pace: Pace, at: str) -> None:
    name = f"{record.fp}/{record.attempt}"
    if record.state in _BOUGHT:
        out.committed += record.get("units") or 0
        if limits.strays:
            out.jobs[name] = _followed(step, record, pace)
    elif record.state in (State.DOUBT, State.SUBMITTING):
        out.committed += record.get("units") or 0
        if limits.strays:
            out.jobs[name] = Job(step, None, Phase.DOUBT, record.attempt, step.file)
            out.events.append(Skipped(step.address, step.fp, "doubt", at))


def _admit(out: Admitted, step: Step, plan: Plan, limits: Limits, pace: Pace, at: str) -> None:
    record, reason, entry = step.record, step.reason, step.entry
    assert entry is not None
    attempt = record.attempt if record else 1
    if isinstance(reason, planned.Twin):
        out.events.append(Skipped(step.address, step.fp, "twin", at))
    elif step.action in BUYS:
        if limits.submit:
            out.jobs[step.fp] = Job(step, entry, Phase.WAITING, plan.lock.next_attempt(step.fp), step.file)
    elif step.action in (Action.RESUME, Action.FETCH):
        assert record is not None
        out.jobs[step.fp] = _followed(step, record, pace)
        out.committed += record.get("units") or 0
    elif step.action is Action.DONE:
        out.reused += 1
        out.events.append(Skipped(step.address, step.fp, "done", at))
    elif isinstance(reason, planned.Held):
        out.jobs[step.fp] = Job(step, entry, Phase.HELD, attempt, step.file)
        out.events.append(Held(step.address, step.fp, reason.upstream, reason.why, at))
    elif step.action is Action.DOUBT:
        out.jobs[step.fp] = Job(step, entry, Phase.DOUBT, attempt, step.file)
        out.committed += (record.get("units") if record else None) or entry.cost.high
        out.events.append(Skipped(step.address, step.fp, "doubt", at))
    else:
        out.jobs[step.fp] = Job(step, entry, Phase.FAILED, attempt, step.file)
        word = "occupied" if isinstance(reason, planned.Occupied) else "failed"
        out.events.append(Skipped(step.address, step.fp, word, at))


def _followed(step: Step, record: Record, pace: Pace) -> Job:
    made = record.state if record.state in (State.COMPLETED, State.SAVED) else None
    task = record.task or ""
    job = Job(step, step.entry, Phase.RUNNING, record.attempt, step.file, task, interval=pace.poll, made=made)
    job.credits = record.stated
    return job


def _take(step: Step) -> int:
    return step.entry.take if step.entry else 0
