"""What became of each entry in a run: a fold over events, from which the reports for people and for CI are written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, assert_never

from seedspec.catalog.model import Model
from seedspec.lock.event import (
    Adopted,
    Completed,
    Deferred,
    Delayed,
    Doubted,
    Event,
    Failed,
    Held,
    Progressed,
    RunFinished,
    RunStarted,
    Saved,
    Skipped,
    Stopped,
    Stuck,
    Submitted,
    Submitting,
    Unrecorded,
    Uploaded,
    Weighed,
)
from seedspec.lock.event import as_json as event_json
from seedspec.lock.mismatch import FACTS, Mismatch, mismatches, request_of
from seedspec.lock.mismatch import as_json as mismatches_json
from seedspec.lock.state import OPEN, UNANSWERED
from seedspec.plan.command_hint import CommandHint
from seedspec.plan.plan import BUYS, Step
from seedspec.plan.reason import Done, Failure, InDoubt, Occupied, Picked, Twin, Unpicked, Unsaved
from seedspec.plan.reason import Held as HeldBack
from seedspec.plan.reason import Stuck as StuckTask
from seedspec.report.plan import BARE, unpicked


class End(StrEnum):
    """How an entry stands when a run is over."""

    SAVED = "saved"
    REUSED = "reused"
    FAILED = "failed"
    HELD = "held"
    DOUBT = "in doubt"
    RUNNING = "running"
    FETCH = "to be fetched"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One entry at the end of a run. `code` and `message` say why it has no video; `then` what a failure allows.

    `units` is its estimate in 1/10,000 credit, None where nothing is known; `begun` and `ended` are the times of the
    request and of the saved file, as far as this run saw them. `mismatches` say how a video that this run saved differs
    from what was asked for.
    """

    step: Step
    end: End
    code: str = ""
    message: str = ""
    then: str = ""
    file: str = ""
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    bytes: int = 0
    task: str = ""
    units: int | None = None
    begun: str = ""
    ended: str = ""
    mismatches: tuple[Mismatch, ...] = ()

    @property
    def address(self) -> str:
        return self.step.address


class Outcomes:
    """Folds the events of a run into an outcome for each step of its plan; `model` judges what came back.

    `started`, `stopped` and `finished` are the events of those names; None when there was none. The commands that
    reports propose are about what is `meant`.
    """

    def __init__(self, steps: Sequence[Step], model: Model, commands: CommandHint = BARE) -> None:
        self._model, self.commands = model, commands
        self.started: RunStarted | None = None
        self.stopped: Stopped | None = None
        self.finished: RunFinished | None = None
        self._away = ""
        self._twins = {s.address: s.reason.of for s in steps if isinstance(s.reason, Twin)}
        self._names: dict[tuple[str, int], str] = {}
        self._found: dict[str, Outcome] = {}
        for step in steps:
            name = step.fp
            if step.address in self._twins:
                name = f"{step.fp} {step.address}"
            elif step.entry is None:
                if step.record is None or step.record.state not in OPEN:
                    continue  # the lock alone knows it, and there is nothing to be done about it
                name = self._names[step.fp, step.record.attempt] = f"{step.fp}/{step.record.attempt}"
            self._found[name] = _begun(step, commands)

    def take(self, event: Event) -> None:
        match event:
            case RunStarted():
                self.started = event
            case Stopped():
                self.stopped = self.stopped or event
            case RunFinished():
                self.finished = event
            case Submitting():
                self._set(event.fp, event.attempt, end=End.DOUBT, code="doubt", message="the answer was not awaited",
                          units=event.units, begun=event.at)  # fmt: skip
            case Submitted():
                self._set(event.fp, event.attempt, end=End.RUNNING, code="", message="", task=event.task)
            case Completed():
                self._set(event.fp, event.attempt, end=End.FETCH, code="", message="")
            case Deferred():
                self._set(event.fp, event.attempt, end=End.WAITING, code=event.code, message=event.message)
            case Saved():
                self._set(event.fp, event.attempt, end=End.SAVED, code="", message="", file=event.file,
                          width=event.width, height=event.height, seconds=event.seconds,
                          bytes=event.bytes, ended=event.at,
                          mismatches=self._mismatches(event))  # fmt: skip
            case Failed():
                self._set(event.fp, event.attempt, end=End.FAILED, code=event.code, message=event.message,
                          then=event.then, ended=event.at)  # fmt: skip
            case Stuck():
                self._set(
                    event.fp, event.attempt, end=End.DOUBT, code="stuck", message=_endless(event.task, event.word)
                )
            case Doubted():
                self._set(event.fp, event.attempt, end=End.DOUBT, code="doubt", message=event.reason)
            case Held():
                self._set(event.fp, 0, end=End.HELD, code="held", message=f"{event.upstream}: {event.reason}")
            case Delayed(fp="", step="poll", wait=None):
                self._away = event.reason
            case Delayed(wait=None):
                self._set(event.fp, 0, code=event.step, message=event.reason)
            case Delayed() | Skipped() | Uploaded() | Progressed() | Weighed() | Adopted() | Unrecorded():
                pass  # no entry stands differently because of it
            case _:
                assert_never(event)

    def __iter__(self) -> Iterator[Outcome]:
        """The outcomes in the order of the plan; a twin's is that of the purchase that serves it too."""
        by_address = {o.address: o for o in self._found.values() if o.step.entry is not None}
        for outcome in self._found.values():
            served = by_address.get(self._twins.get(outcome.address, ""))
            if served is not None:
                end = End.REUSED if served.end is End.SAVED else served.end
                yield replace(served, step=outcome.step, end=end, units=None, begun="", ended="", mismatches=())
            elif outcome.end is End.RUNNING and self._away and not outcome.message:
                yield replace(outcome, code="poll", message=self._away)
            elif outcome.end is End.WAITING and self.stopped is not None and not outcome.message:
                yield replace(outcome, code=self.stopped.code, message=self.stopped.message)
            else:
                yield outcome

    def of(self, *ends: End) -> list[Outcome]:
        """Those that ended in one of the given ways."""
        return [o for o in self if o.end in ends]

    def as_json(self, event: Event) -> dict[str, Any]:
        """An event that was taken, as programs get it: a saved video with its mismatches, a doubt with its command."""
        said = event_json(event)
        if isinstance(event, Saved):
            said["surprises"] = mismatches_json(self._mismatches(event))
        if isinstance(event, Doubted | Stuck):
            said["settle"] = self.commands.on("settle", event.entry).strip("`")
        return said

    def _mismatches(self, event: Saved) -> tuple[Mismatch, ...]:
        known = self._found.get(self._names.get((event.fp, event.attempt), event.fp))
        if known is None:
            return ()
        step, request = known.step, None
        if step.entry is not None:
            request = step.entry.request
        elif step.record is not None:
            request = request_of(self._model, step.record)
        facts = {k: getattr(event, k) for k in FACTS}
        return mismatches(self._model, request, facts) if request is not None else ()

    def _set(self, fp: str, attempt: int, **changes: Any) -> None:
        name = self._names.get((fp, attempt), fp)
        if (known := self._found.get(name)) is not None:
            self._found[name] = replace(known, **{k: v for k, v in changes.items() if v is not None})


def _endless(task: str, word: str) -> str:
    return f"{task} has no end in sight; the service says: {word}"


def _begun(step: Step, commands: CommandHint) -> Outcome:
    """How a step stands before anything has happened."""
    record, reason = step.record, step.reason
    found = Outcome(step, End.WAITING)
    if record is not None:
        found = replace(
            found,
            task=record.task or "",
            units=record.get("units"),
            width=record.get("width"),
            height=record.get("height"),
            seconds=record.get("seconds"),
            bytes=record.get("bytes") or 0,
        )
    if step.action in BUYS:
        return replace(Outcome(step, End.WAITING), units=step.cost.high)
    match reason:
        case Done(file=file):
            return replace(found, end=End.REUSED, file=file)
        case Picked():
            return replace(found, end=End.REUSED)
        case Failure(code=code, message=message, then=then):
            return replace(found, end=End.FAILED, code=code, message=message, then=then)
        case InDoubt(why=why):
            return replace(found, end=End.DOUBT, code="doubt", message=why)
        case StuckTask(task=task, word=word):
            return replace(found, end=End.DOUBT, code="stuck", message=_endless(task, word))
        case HeldBack(upstream=upstream, why=why):
            return replace(found, end=End.HELD, code="held", message=f"{upstream}: {why}")
        case Unsaved():
            return replace(found, end=End.FETCH)
        case Unpicked():
            return replace(found, code="pick", message=unpicked(reason, commands))
        case Occupied(file=file):
            return replace(found, end=End.HELD, code="occupied", message=f"{file} is not known to the lock")
        case _:
            if record is not None and record.state in UNANSWERED:
                return replace(found, end=End.DOUBT, code="doubt", message=record.get("doubt") or "never answered")
            return replace(found, end=End.RUNNING)
