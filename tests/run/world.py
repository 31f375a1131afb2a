"""A model of everything outside a run: a service that may take, refuse or lose, a disk that may tear, a power cut."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from seedspec.compiler.entry import Entry, digest
from seedspec.lock.event import Event
from seedspec.lock.event_values import values_of
from seedspec.lock.lock import Lock, encode, parse, serialise, update_record
from seedspec.lock.purchase_events import Deferred, Failed, PurchaseEvent, Submitted, Submitting
from seedspec.lock.record import Record
from seedspec.lock.run_events import RunFinished
from seedspec.lock.state import State
from seedspec.lock.version import HEADER, OF_2, header_of, names_pictures
from seedspec.plan.plan import Plan
from seedspec.plan.planner import make_plan
from seedspec.plan.rules import Rules
from seedspec.run.engine.engine import Engine
from seedspec.run.engine.messages import (
    Accepted,
    Balance,
    Call,
    Create,
    Credits,
    Cut,
    Download,
    Expired,
    Find,
    Kept,
    Listed,
    Listing,
    NotOffered,
    Picture,
    Read,
    ReadMany,
    Refused,
    Reply,
    Stored,
    Task,
    Tasks,
    Trouble,
    Unknown,
    Upload,
)
from seedspec.run.engine.proof import Lookup
from seedspec.run.engine.purchase import Limits, Moment, Pace
from seedspec.run.engine.terms import Terms
from seedspec.run.loop import drive
from seedspec.run.store.journal import DiskRefuses, NotRecorded

Choose = Callable[[int], int]
"""Chooses one of so many; 0 is the plain course of things, so that a shrunk scenario is a calm one."""

PACE = Pace(
    in_flight=3,
    submit_every=0.5,
    poll=1,
    poll_most=4,
    wait=1,
    wait_most=4,
    patience=3,
    again_after=1,
    outage=6,
    stuck=30,
)
AGAIN = {"service_error": "again", "content_policy_violation": "change"}


class Crash(BaseException):
    """The power is cut: nothing of the process happens any more."""


@dataclass
class Bought:
    """What the service knows of a task, whether the client does or not."""

    fp: str
    key: str
    state: str = "running"
    reads: int = 0


@dataclass
class World:
    """The service, the disk and the clock, under the will of `choose`. `counts` tells how much was tried."""

    choose: Choose
    counts: Counter[str]
    lines: bytes = b""
    tasks: dict[str, Bought] = field(default_factory=dict)
    disowned: set[str] = field(default_factory=set)
    receipts: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)
    uploaded: dict[str, str] = field(default_factory=dict)
    first_dead: dict[str, str] = field(default_factory=dict)
    rescued: list[dict[str, Any]] = field(default_factory=list)
    debts: list[dict[str, Any]] = field(default_factory=list)
    refuses: int = 0
    clock: float = 0.0
    dead: bool = False
    steps: int = 0
    finished: RunFinished | None = None
    _pending: list[tuple[Call, Reply]] = field(default_factory=list)

    # --- one run ---

    def run(
        self,
        entries: Sequence[Entry],
        *,
        limits: Limits,
        retry: bool,
        others: Sequence[Entry] = (),
        stop_after: int | None = None,
    ) -> str:
        """One process from its start to its end, which may be sudden; says how it ended.

        A person asks it to stop after so many steps, or, with None, at some time or never.
        """
        self.dead, self.steps, self._pending, self.first_dead = False, 0, [], {}
        lock = self.lock()
        plan = self.plan(entries, lock, retry=retry, others=others)
        terms = Terms(
            then=lambda code: AGAIN.get(code, "asked"),  # type: ignore[arg-type,return-value]
            attempts=3,
            result_seconds=86400,
            unreachable=("invalid_media_url",),
            together=(1, 3)[self.choose(2)],
            lookup=(Lookup(), Lookup("own-id", own="client_id", after=2.0))[self.choose(3) == 2],
        )
        machine = Engine(
            name="model",
            plan=plan,
            pace=PACE,
            limits=limits,
            key=lambda: f"key-{self.counts['keys']:06}-{len(self.lines):06}-{self._count('keys'):06}",
            terms=terms,
            services={e.model.provider.id: terms for e in entries if e.model.provider.id != "evolink"},
        )
        self.counts["runs over two services"] += bool(machine.services)
        if stop_after is None:
            stop_after = self.choose(30) if self.choose(12) == 11 else 10**9
        events = drive(machine, self, self, clock=self.moment, stopping=lambda: self.steps > stop_after)
        finished = None
        leave_after = self.choose(30) if self.choose(12) == 11 else 10**9
        try:
            for number, event in enumerate(events):
                if isinstance(event, RunFinished):
                    finished = event
                elif number > leave_after:
                    events.close()
                    assert not self.debts, "what the lock lacks was not told"
                    return "left"
            self._compact(entries)
        except Crash:
            self._fix()
            return "crash"
        except NotRecorded:
            assert finished is None or finished.exit == 6
            told = self.debts if not self.rescued else []  # the message names every receipt, with its command
            self._fix()
            for values in told:
                self._adopt(values)
            return "unrecorded"
        assert finished is not None
        self.finished = finished
        elsewhere = {e.fingerprint for e in others} - {e.fingerprint for e in entries}
        self._check_exit(finished, entries, bought=limits.submit, orphans=limits.orphans, elsewhere=elsewhere)
        return "ended"

    def plan(self, entries: Sequence[Entry], lock: Lock, *, retry: bool, others: Sequence[Entry]) -> Plan:
        rules = Rules(
            folder="renders",
            then=lambda code: AGAIN.get(code, "asked"),  # type: ignore[arg-type,return-value]
            exists=lambda file, size=None: file in self.files,
            now=self.moment().text(),
            attempts=3,
            retry=retry,
        )
        return make_plan(entries, lock, rules, others)

    def lock(self) -> Lock:
        lock = parse(self.lines) if self.lines else Lock()
        self.lines = self.lines[: lock.good]
        if self.lines and not lock.ended:
            self.lines += b"\n"
        return lock

    def _compact(self, entries: Sequence[Entry]) -> None:
        if self.lines and self.choose(4):
            self.lines = serialise(self.lock(), [e.fingerprint for e in entries])

    def _check_exit(
        self, finished: RunFinished, entries: Sequence[Entry], *, bought: bool, orphans: bool, elsewhere: set[str]
    ) -> None:
        """The exit code tells the truth about what the lock says afterwards."""
        lock = self.lock()
        states = [r.state if (r := lock.last(e.fingerprint)) else None for e in entries]
        if finished.exit == 0:
            done = {State.SAVED} if bought else {State.SAVED, State.QUEUED, State.FAILED, None}
            assert done.issuperset(states), (finished, states)
        own = {e.fingerprint for e in entries}
        found = [r for fp in lock.attempts if (r := lock.last(fp)) and (orphans or fp in own) and fp not in elsewhere]
        doubt = any(r.state in (State.DOUBT, State.SUBMITTING) or r.stuck for r in found)
        assert (finished.exit == 8) == doubt, (finished, states)

    # --- the ports of the driver ---

    def moment(self) -> Moment:
        return Moment(self.clock, datetime(2026, 11, 23, tzinfo=UTC) + timedelta(seconds=self.clock))

    def intend(self, intent: Submitting, body: bytes) -> None:
        assert intent.intent.body_sha256 == digest(body)
        self.keep(intent)

    def keep(self, *events: Event) -> None:
        for event in events:
            self._keep(event)

    def _keep(self, event: Event) -> None:
        self._alive()
        if not isinstance(event, PurchaseEvent):
            return
        values = values_of(event)
        trouble = self.choose(60)
        if trouble == 59:
            self._crash()
        if trouble == 58:
            self.refuses = 1 + self.choose(40)
            self._count("times the disk refused")
        if self.debts or self.refuses:
            if isinstance(event, Submitting):
                self.refuses = max(0, self.refuses - 1)
                raise DiskRefuses("the disk is full")
            self.debts.append(values)
            self.again()
            return
        self._write(event, values, trouble)

    @property
    def owed(self) -> str:
        return "records" if self.debts else ""

    def again(self) -> None:
        """The disk takes everything that is owed, or nothing; a place for the rescue may be there or not."""
        self._alive()
        self.refuses = max(0, self.refuses - 1)
        if not self.debts:
            return
        if self.refuses:
            self.rescued = list(self.debts) if self.choose(2) == 0 or self.rescued else []
            return
        self.lines = self.lines or HEADER
        for values in self.debts:
            self._line(values)
            if task := values.get("task"):
                self.receipts.add(task)
        self.debts, self.rescued = [], []
        self._count("debts paid")

    def _fix(self) -> None:
        """What `lock fix` does: nothing goes on before."""
        for values in self.rescued:
            self._line(values)
        self.debts, self.rescued, self.refuses = [], [], 0

    def _adopt(self, values: dict[str, Any]) -> None:
        """A person does what the message says."""
        known = self.lock().record(values["fp"], values["attempt"])
        if values["state"] == State.RUNNING or (values["state"] == State.QUEUED and known is not None):
            self._line(values)
            self._count("remedies typed")
            if task := values.get("task"):
                self.receipts.add(task)

    def _line(self, values: dict[str, Any]) -> None:
        self.lines = self.lines or HEADER
        known = self.lock().record(values["fp"], values["attempt"])
        update_record(known.values if known else None, values)
        self._head(values)
        self.lines += encode(values)

    def _head(self, values: dict[str, Any]) -> None:
        """What needs version 2 of the lock goes into a new file with that header."""
        if (OF_2 & values.keys() or names_pictures(values)) and self.lines.startswith(HEADER):
            self.lines = header_of(2, {}) + self.lines[len(HEADER) :]
            self._count("locks of version 2")

    def _write(self, event: Event, values: dict[str, Any], trouble: int) -> None:
        known = parse(self.lines).record(values["fp"], values["attempt"]) if self.lines else None
        update_record(known.values if known else None, values)
        line = encode(values)
        self.lines = self.lines or HEADER
        self._head(values)
        if trouble == 57:
            self.lines += line[: 1 + self.choose(len(line))]
            self._crash()
        self.lines += line
        parse(self.lines)
        if isinstance(event, Submitted):
            self.receipts.add(event.task)
        if isinstance(event, Failed) and event.task:
            self.receipts.add(event.task)
        if trouble == 56:
            self._crash()

    def start(self, call: Call) -> None:
        self._alive()
        when = self.choose(60)
        if when == 59:
            self._crash()
        self._pending.append((call, self._answer(call)))
        if when == 58:
            self._crash()

    def wait(self, seconds: float | None) -> list[tuple[Call, Reply]]:
        self._alive()
        self.steps += 1
        if self.steps > 300 or self.choose(80) == 79:
            self._crash()
        self.clock += seconds or 0.0
        if not self._pending:
            return []
        few = 1 + min(self.choose(3), len(self._pending) - 1)
        return [self._pending.pop(self.choose(len(self._pending))) for _ in range(few)]

    # --- the service ---

    def _answer(self, call: Call) -> Reply:
        if isinstance(call, Create):
            return self._create(call)
        if isinstance(call, Read):
            return self._read(call, self.tasks[call.task])
        if isinstance(call, ReadMany):
            return self._read_many(call)
        if isinstance(call, Download):
            return self._download(call)
        if isinstance(call, Find):
            return self._find(call)
        if isinstance(call, Cut):
            return self._cut(call)
        kind = self.choose(12)
        if kind == 11:
            return Trouble("down")
        if kind == 10 and self.choose(4) == 3:
            return Trouble("no such key", stop=True)
        if isinstance(call, Upload):
            reused = call.sha256 in self.uploaded and not call.again
            if not reused:
                self.uploaded[call.sha256] = f"https://files.example.com/{call.sha256}/{self._count('uploads')}/x"
            return Stored(self.uploaded[call.sha256], 10, (3600.0, 3.0)[self.choose(6) == 5], reused=reused)
        assert isinstance(call, Balance)
        return Credits(1000.0)

    def _cut(self, call: Cut) -> Reply:
        """The same picture of the same video each time, unless the disk is full or the video is gone."""
        assert call.video, "a picture of a video that is not there"
        self._count("pictures cut")
        if self.choose(12) == 11:
            return Trouble("no space left")
        if call.file not in self.files or self.choose(12) == 11:
            return Trouble("no picture can be cut out of it", final=True)
        return Picture(f"{call.name}.png", digest(call.name.encode()), 10, 640, 640)

    def _create(self, call: Create) -> Reply:
        record = self.lock().record(call.job, call.intent.attempt)
        assert record is not None and record.state is State.SUBMITTING, "sent without an intent on disk"
        assert not self.debts, "sent while the disk lacks what is known"
        assert record.get("intent")["key"] == call.intent.intent.key
        again = [u for u in self.first_dead.values() if u.encode() in call.body]
        assert not again, f"{call.intent.entry} is sent with an address that the service called dead: {again}"
        kind = self.choose(16)
        if kind < 8:
            return Accepted(self._accept(call), 25.11, 1.0)
        if kind < 10:
            self._accept(call)
            return Unknown("cut after it was taken")
        if kind == 10:
            return Unknown("cut before it was taken")
        if kind < 14:
            return Refused("later", "rate_limit_exceeded", "slow down", None if kind == 11 else 2.0)
        if kind == 14:
            named = {sha256: u for sha256, u in self.uploaded.items() if u.encode() in call.body}
            if named and self.choose(2):
                self._count("dead addresses")
                self.first_dead = {**named, **self.first_dead}
                return Refused("failed", "invalid_media_url", "gone")
            return Refused("failed", "content_policy_violation", "no")
        return Refused("stop", "insufficient_quota", "no credits left")

    def _accept(self, call: Create) -> str:
        own = {t: b for t, b in self.tasks.items() if b.fp == call.job and t not in self.disowned}
        billed = [t for t, b in own.items() if b.state != "failed"]
        assert not billed, f"{call.intent.entry} is bought twice: {billed}"
        task = f"task-unified-1-{len(self.tasks):08x}"
        self.tasks[task] = Bought(call.job, call.intent.intent.key, ("running", "endless")[self.choose(9) == 8])
        self._count("accepted")
        return task

    def _read(self, call: Read, task: Bought) -> Reply:
        task.reads += 1
        kind = self.choose(12)
        if kind == 11:
            return Trouble("HTTP 503", away=True) if self.choose(3) else Trouble("HTTP 401", stop=True)
        if task.state == "endless":
            return Task("running", 95, word="processing", remaining_seconds=1.0)
        if task.state == "running" and (kind in (1, 2, 3) or task.reads > 6):
            task.state = "completed" if self.choose(4) < 3 else "failed"
        if task.state == "completed" and kind == 10:
            # the service contradicts itself, which a client can tell from what it heard before
            heard = any(r.task == call.task and r.state in (State.COMPLETED, State.SAVED) for r in self.lock())
            return Task("failed", code="service_error", message="gone") if heard else Trouble("HTTP 404", missing=True)
        if task.state == "completed":
            return Task("completed", 100, ("https://media.example.com/x.mp4?signature=1",), credits=25.0)
        if task.state == "failed":
            return Task("failed", code=("service_error", "content_policy_violation", "odd")[task.reads % 3], message="")
        return Task("running", min(task.reads * 10, 99), remaining_seconds=1.0)

    def _find(self, call: Find) -> Reply:
        """The task of an id; it may not be shown yet, or be shown with another one."""
        kind = self.choose(8)
        if kind > 5:
            return Trouble("HTTP 503", away=True) if kind == 6 else Trouble("in another form", final=True)
        own = [t for t, b in self.tasks.items() if b.key == call.own and kind < 5]
        self._count("lookups that found" if own else "lookups that found nothing")
        return Listing(tuple(Listed(t, self.clock, "running") for t in own))

    def _read_many(self, call: ReadMany) -> Reply:
        """The service may not offer it, may be down, and may leave out what it should know."""
        self._count("reads of many")
        kind = self.choose(8)
        if kind > 5:
            return NotOffered() if kind == 7 else Trouble("HTTP 503", stop=self.choose(9) == 8, away=True)
        replies = {t: self._read(Read(j, t), self.tasks[t]) for j, t in call.tasks.items() if self.choose(6) < 5}
        return Tasks({t: reply for t, reply in replies.items() if isinstance(reply, Task)})

    def _download(self, call: Download) -> Reply:
        kind = self.choose(10)
        if kind == 9:
            return Expired("HTTP 403")
        if kind == 8:
            return Trouble("cut short", final=self.choose(3) == 2)
        self.files.add(call.file)
        return Kept(call.file, digest(call.file.encode()), 10)

    # --- what people do between runs ---

    def settle(self, entry: Entry) -> None:
        """A person says what the service's task list shows: the truth; or asks, knowingly, for a second try."""
        lock = self.lock()
        record = lock.last(entry.fingerprint)
        if record is not None and record.stuck and record.task:
            self._unstick(entry, record)
        if record is None or record.state not in (State.DOUBT, State.SUBMITTING):
            return
        known = {r.task for r in lock}
        key = (record.get("intent") or {}).get("key")
        task = next((t for t, b in self.tasks.items() if b.key == key and t not in known), None)
        at = self.moment().text()
        if task is not None and self.choose(6) == 5:
            self.disowned.add(task)  # it is this person's word that this one does not count
            event: Event = Deferred(entry.address, entry.fingerprint, record.attempt, "not-billed", "", 0, at)
        elif task is not None:
            event = Submitted(entry.address, entry.fingerprint, record.attempt, task, None, None, at)
            self.receipts.add(task)
        else:
            event = Deferred(entry.address, entry.fingerprint, record.attempt, "not-billed", "", 0, at)
        self.lines += encode(values_of(event))
        self._count("settled")

    def _unstick(self, entry: Entry, record: Record) -> None:
        """A task that never ends: the service ends it after all, or a person gives it up."""
        task = str(record.task)
        if self.choose(2):
            self.tasks[task].state = "completed"
            self._count("tasks that ended after all")
            return
        self.disowned.add(task)
        at = self.moment().text()
        self._line(values_of(Failed(entry.address, record.fp, record.attempt, task, "abandoned", "", "asked", at)))
        self._count("tasks given up")

    def lose_file(self) -> None:
        if self.files:
            self.files.discard(sorted(self.files)[self.choose(len(self.files))])

    def check(self) -> None:
        """What holds at every moment, whatever happened."""
        known = {r.task for r in self.lock()}
        assert self.receipts <= known, f"receipts lost: {self.receipts - known}"

    def _alive(self) -> None:
        if self.dead:
            raise Crash

    def _crash(self) -> None:
        self.dead = True
        self._count("crashes")
        raise Crash

    def _count(self, what: str) -> int:
        self.counts[what] += 1
        return self.counts[what]
