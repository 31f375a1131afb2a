"""A plan becomes the jobs of a run: what is to be bought or finished, and what is passed over and why."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime
from hashlib import sha256

from seedspec.catalog.price import Cost
from seedspec.lock.age import asked_at, seconds_since
from seedspec.lock.event import Event
from seedspec.lock.record import Record
from seedspec.lock.run_events import Held, Skipped
from seedspec.lock.staleness import link_lives, video_of
from seedspec.lock.state import FOLLOWED, UNANSWERED, State
from seedspec.plan import reason as reasons
from seedspec.plan.plan import BUYS, Action, Plan, Step
from seedspec.plan.reason import Done
from seedspec.run.engine.proof import trace_of
from seedspec.run.engine.purchase import Limits, Moment, Pace, Phase, Purchase
from seedspec.text.value import valueclass

_MARGIN = 900.0
"""Seconds before its end from which a result link is not given to the service as a reference any more."""


@valueclass(frozen=False, slots=True)
class Admitted:
    """`elsewhere` is what purchases may cost that are running or in doubt and not followed, in 1/10,000 credit."""

    jobs: dict[str, Purchase] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    elsewhere: int = 0
    reused: int = 0


def admit(plan: Plan, limits: Limits, pace: Pace, now: Moment, runner: str = "") -> Admitted:
    """The jobs by fingerprint, take 1 of everything (and what that continues) first, otherwise in the plan's order.

    Of several runners that share a ledger each has an order of its own within a turn, by its id and the fingerprint:
    in one order each would ask for what another one has just taken. Purchases that no entry stands for come last, by
    fingerprint and attempt.
    """
    out = Admitted()
    turns, at = _turns(plan), now.text()

    def place(step: Step) -> tuple[int, bytes]:
        return turns[step.fp], sha256((runner + step.fp).encode()).digest() if runner else b""

    for step in sorted((s for s in plan.steps if s.entry is not None), key=place):
        _admit(out, step, plan, limits, pace, now, at)
    for job in out.jobs.values():
        job.turn = turns[job.step.fp]
    own = {s.fp for s in plan.steps if s.entry is not None}
    for step in plan.steps:
        if step.entry is None and step.record is not None:
            _admit_orphan(out, step, step.record, pace, limits, now, follow=limits.orphans or step.fp in own)
    if limits.wait:
        _seek_links(out, plan, now)
    return out


def _seek_links(out: Admitted, plan: Plan, now: Moment) -> None:
    """Upstream videos that an earlier run saved, and the service still keeps: their own links are asked for.

    A picture is cut from the saved file, and needs none.
    """
    wanted = (m for j in list(out.jobs.values()) if j.phase is Phase.WAITING for m in j.entry_to_buy.upstream)
    for medium in wanted:
        if medium.frame:
            continue
        record = plan.lock.last(medium.key)
        if medium.key in out.jobs or record is None or not video_of(record):
            continue
        if not link_lives(record, now.text(_MARGIN)):
            continue
        file, until = str(record.file), datetime.fromisoformat(str(record.get("results_until")))
        step = Step(medium.where, record.fp, Action.DONE, Done(file, None, True), Cost(), file, None, record)
        job = Purchase(step, None, Phase.LINKING, record.attempt, file, record.task or "")
        job.link_until = now.clock + (until - now.utc).total_seconds() - _MARGIN
        out.jobs[medium.key] = job


def _admit_orphan(
    out: Admitted, step: Step, record: Record, pace: Pace, limits: Limits, now: Moment, *, follow: bool
) -> None:
    name, doubtful = f"{record.fp}/{record.attempt}", record.state in UNANSWERED
    fetched = step.action is Action.FETCH  # saved in another clone, and paid for long ago
    if not (record.state in FOLLOWED or fetched or doubtful):
        return
    if not follow:
        out.elsewhere += 0 if fetched else record.get("units") or 0
    elif isinstance(step.reason, reasons.Sending):
        out.jobs[name] = _elsewhere(step, record)
    elif doubtful:
        out.jobs[name] = _doubtful(step, record)
        out.events.append(Skipped(step.address, step.fp, "doubt", now.text()))
    else:
        _follow(out, name, step, record, pace, limits, now)


def _admit(out: Admitted, step: Step, plan: Plan, limits: Limits, pace: Pace, now: Moment, at: str) -> None:
    record, reason, entry = step.record, step.reason, step.entry
    assert entry is not None
    attempt = record.attempt if record else 1
    if isinstance(reason, reasons.Twin):
        out.events.append(Skipped(step.address, step.fp, "twin", at))
    elif step.action in BUYS:
        if limits.submit:
            out.jobs[step.fp] = Purchase(step, entry, Phase.WAITING, plan.lock.next_attempt(step.fp), step.file)
    elif isinstance(reason, reasons.Sending):
        assert record is not None
        out.jobs[step.fp] = _elsewhere(step, record)
    elif step.action in (Action.RESUME, Action.FETCH) or isinstance(reason, reasons.Stuck):
        assert record is not None
        _follow(out, step.fp, step, record, pace, limits, now)
    elif step.action is Action.DONE:
        out.reused += 1
        out.events.append(Skipped(step.address, step.fp, "done", at))
    elif isinstance(reason, reasons.Held):
        out.jobs[step.fp] = Purchase(step, entry, Phase.HELD, attempt, step.file)
        out.events.append(Held(step.address, step.fp, reason.upstream, reason.why, at))
    elif isinstance(reason, reasons.Unpicked):
        out.jobs[step.fp] = Purchase(step, entry, Phase.LEFT, attempt, step.file)
        out.events.append(Held(step.address, step.fp, reason.variants[0], "no take of it is picked", at))
    elif step.action is Action.DOUBT:
        assert record is not None
        out.jobs[step.fp] = _doubtful(step, record)
        out.events.append(Skipped(step.address, step.fp, "doubt", at))
    else:
        out.jobs[step.fp] = Purchase(step, entry, Phase.FAILED, attempt, step.file)
        word = "occupied" if isinstance(reason, reasons.Occupied) else "failed"
        out.events.append(Skipped(step.address, step.fp, word, at))


def _follow(out: Admitted, name: str, step: Step, record: Record, pace: Pace, limits: Limits, now: Moment) -> None:
    """A purchase with a task. One that has no end in sight is looked at once, in case it has ended since."""
    job = out.jobs[name] = _follow_task(step, record, pace)
    job.begun = now.clock - (seconds_since(asked_at(record), now.utc) or 0.0)
    if isinstance(step.reason, reasons.Stuck):
        job.stuck = record.stuck
        job.phase = Phase.RUNNING if limits.wait else Phase.DOUBT
        out.events.append(Skipped(step.address, step.fp, "stuck", now.text()))


def _follow_task(step: Step, record: Record, pace: Pace) -> Purchase:
    made = record.state if record.state in (State.COMPLETED, State.SAVED) else None
    task = record.task or ""
    job = Purchase(step, step.entry, Phase.RUNNING, record.attempt, step.file, task, interval=pace.poll, made=made)
    if isinstance(step.reason, reasons.InBucket):
        job.phase, job.recall = Phase.FETCHING, str(record.get("sha256"))
    job.credits, job.recorded = record.stated, record.get("units")
    return job


def _elsewhere(step: Step, record: Record) -> Purchase:
    """A purchase that another runner is sending."""
    return Purchase(step, step.entry, Phase.ELSEWHERE, record.attempt, step.file, recorded=record.get("units"))


def _doubtful(step: Step, record: Record) -> Purchase:
    job = Purchase(step, step.entry, Phase.DOUBT, record.attempt, step.file, recorded=record.get("units"))
    job.trace = trace_of(record.values)
    return job


def _turns(plan: Plan) -> dict[str, int]:
    """The turn of each entry, by fingerprint: its take; and what another one continues comes no later than that one."""
    entries = {s.fp: s.entry for s in plan.steps if s.entry is not None}
    turns = {fp: entry.take for fp, entry in entries.items()}
    for fp in sorted(turns, key=turns.__getitem__):
        path = [fp]
        while path:
            turn = turns[here := path.pop()]
            sooner = [m.key for m in entries[here].upstream if turns.get(m.key, 0) > turn]
            turns |= dict.fromkeys(sooner, turn)
            path += sooner
    return turns
