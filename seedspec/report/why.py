"""Why an entry stands where it does, in sentences and as JSON: what a run would do, what differs, and where that is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from seedspec.catalog.price import Rate
from seedspec.compiler.storyboard.profile import say_profile
from seedspec.lock.age import age
from seedspec.lock.record import Record
from seedspec.lock.staleness import Stale
from seedspec.lock.state import State
from seedspec.plan.command_hint import CommandHint
from seedspec.plan.difference import Difference
from seedspec.plan.plan import BUYS, Step
from seedspec.plan.reason import (
    Changed,
    Done,
    Elsewhere,
    Failure,
    Held,
    InBucket,
    InDoubt,
    InFlight,
    New,
    NotInStoryboard,
    Occupied,
    Picked,
    Second,
    Sending,
    Stuck,
    Twin,
    Unmet,
    Unpicked,
    Unsaved,
)
from seedspec.plan.why import Why
from seedspec.report.money import both
from seedspec.report.origins import place
from seedspec.report.plan import BARE, advise_taken, show_change, step_json
from seedspec.text.source import Span, excerpt
from seedspec.text.visible import visible


def as_text(
    found: Why, places: Mapping[str, Span | None], rate: Rate, commands: CommandHint = BARE, now: datetime | None = None
) -> list[str]:
    """The reasons in sentences. `places` are those of the differing fields' new values."""
    step = found.step
    lines = [f"{step.address}: {_verdict(step, rate)}", *(f"  {s}" for s in _sentences(found, commands, now))]
    for difference in found.differences:
        lines += _difference(difference, places.get(difference.field))
    if found.before is not None and found.before.state is State.SAVED:
        lines.append(
            "  The old request's purchase is kept: when the edit is undone, it is found again and costs nothing."
        )
    if found.twin is not None:
        lines += as_text(Why(found.twin), {}, rate, commands, now)
    return lines


def as_json(
    found: Why, places: Mapping[str, Span | None], rate: Rate, commands: CommandHint = BARE, now: datetime | None = None
) -> dict[str, Any]:
    """The step as `plan --format json` has it, with all differences and, for a twin, the step that decides."""
    return {
        "seedspec_why": 1,
        **step_json(found.step, rate, commands),
        "sentences": list(_sentences(found, commands, now)),
        "before": None if found.before is None else _record(found.before),
        "differences": [
            {"field": d.field, "old": d.old, "new": d.new, **place(places.get(d.field))} for d in found.differences
        ],
        "twin": None if found.twin is None else step_json(found.twin, rate, commands),
    }


def _verdict(step: Step, rate: Rate) -> str:
    match step.reason:
        case New() if step.action in BUYS:
            return f"new; a run would buy it for {both(step.cost, rate)}"
        case Changed():
            return f"changed; a run would buy it again for {both(step.cost, rate)}"
        case InFlight():
            return "in flight; a run would follow it"
        case Sending():
            return "being sent at this moment"
        case Unsaved():
            return "made and paid for; a run would fetch it"
        case InBucket():
            return "saved, and not on this disk; a run would take it from the bucket"
        case Done(stale=Stale()):
            return "done, and stale; a run would leave it alone"
        case Done():
            return "done; a run would leave it alone"
        case Twin():
            return "the same request as another entry; it costs nothing"
        case Failure():
            return "failed; a run would leave it alone"
        case InDoubt():
            return "in doubt; a run would leave it alone"
        case Stuck():
            return "running without an end in sight; a run would look at it once"
        case Held():
            return "held; a run could not buy it"
        case Unpicked():
            return "waits for a pick; a run could not buy it"
        case Unmet():
            return f"not as expected; a run would buy it again for {both(step.cost, rate)}"
        case Stale():
            return f"stale; a run would buy it again for {both(step.cost, rate)}"
        case Occupied():
            return "a file is in the way; a run would not buy it"
        case Picked():
            return "picked; a run would not buy it again"
        case _:
            return "in the lock, and no entry stands for it"


def _sentences(found: Why, commands: CommandHint, now: datetime | None) -> Iterator[str]:
    step, record = found.step, found.step.record
    match step.reason:
        case New(attempt=1):
            yield "Its request is not in the lock, and nothing was bought under its address."
        case New(attempt=n):
            yield f"Attempt {n - 1} failed without a video, and its failure may be tried again: this is attempt {n}."
        case InFlight(task=task, asked=asked):
            words = age(asked, now)
            yield f"The service took it as {task}{_when(record)}{f', {words} ago' if words else ''}."
        case Stuck(task=task, asked=asked, since=since, word=word):
            words = age(asked, now)
            yield f"The service took it as {task}{f' {words} ago' if words else ''}, and has not ended it."
            yield f"At {since} that was too long: it is no longer waited for. The service says: {visible(word)}."
            yield f"{commands.on('settle', step.address)} shows what is known and takes what you find out."
        case Sending(by=who):
            yield f"Its request is being sent by {who}, which waits for the answer."
        case Unsaved(task=task, gone=None):
            yield f"{task} is completed{_until(record)}."
        case Unsaved(task=task, gone=file):
            saved = f"It was saved as {commands.path(file or '')}, which is not on this disk"
            yield f"{saved}; the service still has {task}{_until(record)}."
        case InBucket(file=file):
            saved = f"It was saved as {commands.path(file)}{_when(record)}, which is not on this disk"
            yield f"{saved}: it comes from the bucket."
        case Done(file=file, here=here):
            yield f"Its video is {commands.path(file)}{_when(record)}" + ("." if here else ", and not on this disk.")
        case Twin(of=of):
            yield f"{of} asks for exactly the same: one purchase serves both."
        case Failure(code=code, message=message, then=then):
            yield f"The last attempt failed, {code}: {visible(message)}"
            hint = "The same request would fail again: change it." if then == "change" else ""
            yield hint or f"{commands.line('run', '--retry-failed')} tries it again."
        case InDoubt(why=text):
            yield f"Whether the service took its request is not known: {visible(text).rstrip('.')}."
            yield f"{commands.on('settle', step.address)} shows what is known and takes what you find out."
        case Held(upstream=upstream, why=text):
            yield f"It continues {upstream}, and {text}; {commands.on('why', upstream)} says more."
        case Unpicked(variants=variants):
            for variant in variants:
                yield f"It continues the take of {variant} that people choose, and nobody has chosen yet."
            yield f"{commands.on('pick', variants[0], 'TAKE')} says which; until then it is not known what to ask for."
        case Unmet(measures=measures):
            yield f"Its saved video is not what the storyboard expects: {', '.join(measures)}."
        case Stale():
            yield from _stale(step.reason, commands)
        case Occupied(file=file):
            known = f"{commands.path(file)} exists and the lock does not know it"
            yield f"{known}: {advise_taken(step.address, file, commands)}."
        case Picked(changed=True):
            yield "People chose this take, and its request has changed since: a picked take is never bought again."
            yield f"{commands.on('pick', step.address, '--drop')} lets the request as it is now be bought."
        case Picked():
            yield "People chose this take, and the lock has lost its video: a picked take is never bought again."
            yield f"{commands.on('adopt', step.address, '--file FILE')} takes the video up."
        case Elsewhere(profile=profile, state=state):
            yield f"It was bought {say_profile(profile)}, and is {state}: a run follows it too."
        case NotInStoryboard(state=state):
            yield f"No entry of the storyboard asks for this request; its purchase is {state}{_file(record, commands)}."
        case Second(state=state):
            yield f"It is a second purchase of one request, {state}; a run follows it too."
        case Changed():
            pass
    if isinstance(step.reason, Done) and step.reason.moved_from:
        yield f"It was bought as {step.reason.moved_from}; the request is the same, so it was not bought again."
    if isinstance(step.reason, Done) and step.reason.profile is not None:
        yield f"It was bought {say_profile(step.reason.profile)}; the request is the same, so one purchase serves both."
    if isinstance(step.reason, Done) and step.reason.stale is not None:
        yield from _stale(step.reason.stale, commands)
        if not step.reason.stale.kept:
            redo = commands.line("run", "--redo-stale")
            yield f"Nothing is bought again by itself: {redo} does it, from the video of now."
    if found.before is not None:
        was = found.before
        yield f"Another request was bought under this address: it is {was.state}{_file(was, commands)}{_when(was)}."


def _stale(found: Stale, commands: CommandHint) -> Iterator[str]:
    up = found.upstream
    if found.now:
        yield f"It was made from the video {found.was[:12]} of {up}, which is {found.now[:12]} now."
    else:
        why = commands.on("why", up)
        yield f"It was made from the video {found.was[:12]} of {up}, which is to get another one: {why}."
    if found.kept == "picked":
        yield "People chose it: a picked take is never bought again."
    elif found.kept:
        yield "Its next attempt is under way."


def _difference(difference: Difference, span: Span | None) -> Iterator[str]:
    yield f"  {difference.field}: {show_change(difference.old, difference.new)}"
    if span is None:
        return
    line, carets = excerpt(span)
    number = str(span.place[0])
    yield f"    {span}"
    yield f"    {number} | {line.rstrip()}"
    yield f"    {' ' * len(number)} | {carets}"


def _when(record: Record | None) -> str:
    at = record.get("at") if record is not None else None
    return f", since {at}" if at else ""


def _until(record: Record | None) -> str:
    until = record.get("results_until") if record is not None else None
    return f", kept there until {until}" if until else ""


def _file(record: Record | None, commands: CommandHint) -> str:
    return f" as {commands.path(record.file)}" if record is not None and record.file else ""


def _record(record: Record) -> dict[str, Any]:
    return {"attempt": record.attempt, "state": str(record.state), "task": record.task, "file": record.file}
