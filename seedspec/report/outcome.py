"""How each entry of a run stands: the one fold over its events, read by the live view and by every report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any, assert_never

from seedspec.catalog.model import Model
from seedspec.lock.event import Event
from seedspec.lock.event import as_json as event_json
from seedspec.lock.mismatch import FACTS, Mismatch, mismatches, request_of
from seedspec.lock.mismatch import as_json as mismatches_json
from seedspec.lock.purchase_events import (
    Adopted,
    Completed,
    Deferred,
    Doubted,
    Failed,
    Saved,
    Stuck,
    Submitted,
    Submitting,
    Weighed,
)
from seedspec.lock.record import Record
from seedspec.lock.run_events import (
    Archived,
    BoughtElsewhere,
    Bound,
    Compared,
    Delayed,
    Held,
    Progressed,
    RunFinished,
    RunStarted,
    Skipped,
    Stopped,
    Unrecorded,
    Uploaded,
)
from seedspec.lock.state import OPEN, UNANSWERED, State
from seedspec.plan.command_hint import CommandHint
from seedspec.plan.plan import BUYS, Step
from seedspec.plan.reason import Done, Failure, InBucket, InDoubt, Occupied, Picked, Sending, Twin, Unpicked, Unsaved
from seedspec.plan.reason import Held as HeldBack
from seedspec.plan.reason import Stuck as StuckTask
from seedspec.report.plan import BARE, say_unpicked
from seedspec.text.value import valueclass


class End(StrEnum):
    """How an entry stands; SENDING while an answer is awaited, which is a doubt when the run ends before it."""

    SENDING = "sending"
    SAVED = "saved"
    REUSED = "reused"
    FAILED = "failed"
    HELD = "held"
    DOUBT = "in doubt"
    RUNNING = "running"
    FETCH = "to be fetched"
    WAITING = "waiting"


@valueclass(frozen=True, slots=True)
class Why:
    """Why an entry has no video, nothing where that needs no reason; `then` is what a failure allows."""

    code: str = ""
    message: str = ""
    then: str = ""


@valueclass(frozen=True, slots=True)
class Video:
    """What is known of a video; `mismatches` say how one that this run saved differs from what was asked for."""

    width: int | None
    height: int | None
    seconds: float | None
    bytes: int
    mismatches: tuple[Mismatch, ...] = ()

    @property
    def size(self) -> str:
        """Its width and height for people, "" where they are not known."""
        return f"{self.width}×{self.height}" if self.width else ""

    @property
    def length(self) -> str:
        """Its seconds for people, "" where they are not known."""
        return f"{self.seconds:.1f} s" if self.seconds else ""


_NO_REASON = Why()


@valueclass(frozen=True, slots=True)
class Outcome:
    """How one entry stands.

    `units` is its estimate in 1/10,000 credit, None where nothing is known; `begun` and `ended` are the times of the
    request and of the saved file, as far as this run saw them. `percent` is how far the service says to be;
    `given_up`: this run does not read or fetch it any more. `compared` says what became of what is expected of its
    video. What is reused has its file alone.
    """

    step: Step
    end: End
    why: Why = _NO_REASON
    file: str = ""
    video: Video | None = None
    task: str = ""
    units: int | None = None
    begun: str = ""
    ended: str = ""
    percent: int | None = None
    given_up: bool = False
    compared: Compared | None = None

    @property
    def mismatches(self) -> tuple[Mismatch, ...]:
        return () if self.video is None else self.video.mismatches

    @property
    def unmet(self) -> tuple[Bound, ...]:
        """The expectations that its saved video does not meet; none of a take that people picked."""
        return () if self.compared is None or self.compared.picked else self.compared.unmet

    @property
    def address(self) -> str:
        return self.step.address

    @property
    def under_way(self) -> bool:
        """Whether this run waits for something of it."""
        return self.end in _UNDER_WAY and not self.given_up

    @property
    def spent(self) -> int:
        """What it has cost or may have cost, in 1/10,000 credit; nothing for what an earlier run saved."""
        if self.end not in _SPENT:
            return 0
        return self.units or (self.step.entry.cost.high if self.step.entry is not None else 0)


_UNDER_WAY = frozenset({End.SENDING, End.RUNNING, End.FETCH})
_SPENT = _UNDER_WAY | {End.DOUBT, End.SAVED}

_Move = Submitting | Submitted | Completed | Deferred | Saved | Failed | Stuck | Doubted | BoughtElsewhere
"""An event that says how a purchase stands from then on."""


class Outcomes:
    """Folds the events of a run into an outcome for each step of its plan; `models` by id judge what came back.

    `started` and `finished` are the events of those names; None when there was none. `stops` say why nothing more is
    submitted, by the service; "" has that of the whole run. The commands that reports propose are about what is
    `meant`.
    """

    def __init__(self, steps: Sequence[Step], models: Mapping[str, Model], commands: CommandHint = BARE) -> None:
        self._models, self.commands = models, commands
        self.started: RunStarted | None = None
        self.stops: dict[str, Stopped] = {}
        self.finished: RunFinished | None = None
        self._away = ""
        self._compared: dict[str, Compared] = {}
        self._twins = {s.address: s.reason.of for s in steps if isinstance(s.reason, Twin)}
        self._tasks: dict[str, str] = {}  # of what no entry stands for
        self._names: dict[tuple[str, int], str] = {}
        self._outcomes: dict[str, Outcome] = {}
        for step in steps:
            name = step.fp
            if step.address in self._twins:
                name = f"{step.fp} {step.address}"
            elif step.entry is None:
                if step.record is None or step.record.state not in OPEN:
                    continue  # the lock alone knows it, and there is nothing to be done about it
                name = self._names[step.fp, step.record.attempt] = f"{step.fp}/{step.record.attempt}"
            self._outcomes[name] = outcome = _begin_outcome(step, commands)
            if outcome.task and step.entry is None:
                self._tasks[outcome.task] = name

    def take(self, event: Event) -> None:
        match event:
            case Skipped() | Uploaded() | Archived() | Weighed() | Adopted() | Unrecorded():
                pass  # no entry stands differently because of it
            case RunStarted():
                self.started = event
            case Stopped():
                self.stops.setdefault(event.provider, event)
            case RunFinished():
                self.finished = event
            case Progressed():
                name = self._tasks.get(event.task, event.fp)
                if (known := self._outcomes.get(name)) is not None:
                    self._outcomes[name] = replace(known, percent=event.percent)
            case Delayed(fp="", step="poll", wait=None):
                self._away = event.reason
            case Held() | Delayed(wait=None):
                if (known := self._outcomes.get(event.fp)) is not None:
                    self._outcomes[event.fp] = _keep_back(_whole(known), event)
            case Compared():
                self._compared[event.entry] = event
            case Delayed():
                pass  # it is tried again
            case _:
                self._move(event)

    def _move(self, event: _Move) -> None:
        name = self._names.get((event.fp, event.attempt), event.fp)
        if (known := self._outcomes.get(name)) is None:
            return
        if isinstance(event, Submitted | BoughtElsewhere) and event.task and name != event.fp:
            self._tasks[event.task] = name
        found = self._mismatches(event) if isinstance(event, Saved) else ()
        self._outcomes[name] = _move_on(replace(_whole(known), why=_NO_REASON, given_up=False), event, found)

    @property
    def standing(self) -> list[Outcome]:
        """Each purchase as it stands now, twins left out; another thread may ask while events are taken."""
        return [o for o in list(self._outcomes.values()) if o.address not in self._twins]

    def may_buy(self, outcome: Outcome) -> bool:
        """Whether what waits may still be bought in this run."""
        return self.why_not_bought(outcome) is None and (self.started is None or self.started.to_buy > 0)

    def why_not_bought(self, outcome: Outcome) -> Stopped | None:
        """Why nothing more is submitted where an entry is bought; None where something is."""
        entry = outcome.step.entry
        return self.stops.get("") or (self.stops.get(entry.model.provider.id) if entry is not None else None)

    def __iter__(self) -> Iterator[Outcome]:
        """The outcomes if the run ends now, in the order of the plan; a twin has that of what serves it."""
        for outcome in self._stand():
            compared = self._compared.get(outcome.address) if outcome.step.entry is not None else None
            yield outcome if compared is outcome.compared else replace(outcome, compared=compared)

    @property
    def compared(self) -> list[Compared]:
        """The takes of which something is expected, and which are saved, in the order in which they were compared."""
        return list(self._compared.values())

    def _stand(self) -> Iterator[Outcome]:
        ended = [_end_outcome(o) for o in self._outcomes.values()]
        by_address = {o.address: o for o in ended if o.step.entry is not None} if self._twins else {}
        for outcome in ended:
            if by_address and (served := by_address.get(self._twins.get(outcome.address, ""))) is not None:
                end = End.REUSED if served.end is End.SAVED else served.end
                yield replace(served, step=outcome.step, end=end, video=None, units=None, begun="", ended="")
            elif outcome.end is End.RUNNING and self._away and not outcome.why.message:
                yield replace(outcome, why=Why("poll", self._away))
            elif outcome.end is End.WAITING and not outcome.why.message and (why := self.why_not_bought(outcome)):
                yield replace(outcome, why=Why(why.code, why.message))
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
        known = self._outcomes.get(self._names.get((event.fp, event.attempt), event.fp))
        if known is None:
            return ()
        step, asked = known.step, None
        if step.entry is not None:
            asked = step.entry.model, step.entry.request
        elif step.record is not None:
            asked = request_of(self._models, step.record)
        facts = {k: getattr(event, k) for k in FACTS}
        return mismatches(*asked, facts) if asked is not None else ()


def _move_on(before: Outcome, event: _Move, found: tuple[Mismatch, ...]) -> Outcome:
    """How a purchase stands after an event of its own; `found` are the mismatches of what is saved."""
    match event:
        case Submitting():
            return replace(before, end=End.SENDING, units=event.units, begun=event.at, percent=None)
        case Submitted():
            return replace(before, end=End.RUNNING, task=event.task)
        case BoughtElsewhere():
            return _elsewhere(before, event)
        case Completed():
            return replace(before, end=End.FETCH)
        case Deferred():
            return replace(before, end=End.WAITING, why=Why(event.code, event.message))
        case Saved():
            video = _video(before.video, event, found)
            return replace(before, end=End.SAVED, file=event.file, video=video, ended=event.at)
        case Failed():
            return replace(before, end=End.FAILED, why=Why(event.code, event.message, event.then), ended=event.at)
        case Stuck():
            return replace(before, end=End.DOUBT, why=Why("stuck", _endless(event.task, event.word)))
        case Doubted():
            return replace(before, end=End.DOUBT, why=Why("doubt", event.reason))
        case _:
            assert_never(event)


def _video(known: Video | None, event: Saved, found: tuple[Mismatch, ...]) -> Video:
    """A saved video; what its event does not say of it may have been known before."""
    width, height, seconds = event.width, event.height, event.seconds
    if known is not None:
        width, height = width or known.width, height or known.height
        seconds = known.seconds if seconds is None else seconds
    return Video(width, height, seconds, event.bytes, found)


def _elsewhere(before: Outcome, event: BoughtElsewhere) -> Outcome:
    """How a purchase stands that another runner has."""
    if event.gone or event.state == State.DOUBT:
        lost = f"sent by {event.runner}, which has ended without an answer"
        return replace(before, end=End.DOUBT, why=Why("doubt", lost))
    if event.state == State.QUEUED:
        return replace(before, end=End.WAITING)
    made = event.state in (State.COMPLETED, State.SAVED)
    return replace(before, end=End.FETCH if made else End.RUNNING, task=event.task or "")


def _end_outcome(outcome: Outcome) -> Outcome:
    """What nobody has answered is in doubt when the run ends."""
    if outcome.end is not End.SENDING:
        return outcome
    return replace(outcome, end=End.DOUBT, why=Why("doubt", "the answer was not awaited"))


def _keep_back(before: Outcome, event: Held | Delayed) -> Outcome:
    """How a purchase stands that another one holds, or of which this run has given up reading or fetching."""
    if isinstance(event, Held):
        return replace(before, end=End.HELD, why=Why("held", f"{event.upstream}: {event.reason}"))
    return replace(before, why=Why(event.step, event.reason), given_up=True)


def _endless(task: str, word: str) -> str:
    return f"{task} has no end in sight; the service says: {word}"


def _whole(outcome: Outcome) -> Outcome:
    """An outcome with what the lock knows of its video."""
    if outcome.end is not End.REUSED or (record := outcome.step.record) is None:
        return outcome
    return replace(outcome, **_known(record))


def _known(record: Record) -> dict[str, Any]:
    get = record.values.get
    facts = get("width"), get("height"), get("seconds"), record.size or 0
    return {"task": get("task") or "", "units": get("units"), "video": Video(*facts) if any(facts) else None}


def _begin_outcome(step: Step, commands: CommandHint) -> Outcome:
    """How a step stands before anything has happened.

    Of what is done nothing is looked up, for there may be much of it: `_whole` does, should something happen to it.
    """
    record, reason = step.record, step.reason
    if step.action in BUYS:
        return Outcome(step, End.WAITING, units=step.cost.high)

    def begun(end: End, why: Why = _NO_REASON) -> Outcome:
        return Outcome(step, end, why, **({} if record is None else _known(record)))

    match reason:
        case Done(file=file):
            return Outcome(step, End.REUSED, file=file)
        case Picked():
            return Outcome(step, End.REUSED)
        case Failure(code=code, message=message, then=then):
            return begun(End.FAILED, Why(code, message, then))
        case InDoubt(why=why):
            return begun(End.DOUBT, Why("doubt", why))
        case StuckTask(task=task, word=word):
            return begun(End.DOUBT, Why("stuck", _endless(task, word)))
        case HeldBack(upstream=upstream, why=why):
            return begun(End.HELD, Why("held", f"{upstream}: {why}"))
        case Unsaved() | InBucket():
            return begun(End.FETCH)
        case Sending(by=who):
            return begun(End.RUNNING, Why("elsewhere", f"being sent by {who}"))
        case Unpicked():
            return begun(End.WAITING, Why("pick", say_unpicked(reason, commands)))
        case Occupied(file=file):
            return begun(End.HELD, Why("occupied", f"{commands.path(file)} is not known to the lock"))
        case _:
            if record is not None and record.state in UNANSWERED:
                return begun(End.DOUBT, Why("doubt", record.get("doubt") or "never answered"))
            return begun(End.RUNNING)
