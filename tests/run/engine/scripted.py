"""A run whose world answers by a script, and what happened in it as a text: each call and each event with its clock."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any

from spelled import shown
from world import PACE, World

from seedspec.compiler.entry import Entry, digest
from seedspec.lock.event_values import values_of
from seedspec.lock.purchase_events import Intent, Submitting
from seedspec.plan.planner import make_plan
from seedspec.plan.rules import Rules
from seedspec.run.engine.engine import Engine
from seedspec.run.engine.messages import (
    Accepted,
    Archive,
    Balance,
    Call,
    Create,
    Credits,
    Cut,
    Download,
    Find,
    InBucket,
    Kept,
    List,
    Listing,
    Look,
    Looked,
    NotOffered,
    Picture,
    Read,
    ReadMany,
    Recall,
    Reply,
    Stored,
    Task,
    Theirs,
    Trouble,
    Upload,
)
from seedspec.run.engine.purchase import Limits, Pace
from seedspec.run.engine.renders import Renders
from seedspec.run.engine.terms import Terms
from seedspec.run.loop import drive
from seedspec.run.store.leave import NotGranted, TakenElsewhere

AGAIN = {"service_error": "again", "policy": "change"}
LATENCY = 0.1
"""Seconds after which each call has its reply."""


def then(code: str) -> Any:
    return AGAIN.get(code, "asked")


def terms(**more: Any) -> Terms:
    return Terms(**{"then": then, "attempts": 3, "result_seconds": 86400, "unreachable": ("unreachable",), **more})


Answer = Callable[["Script", Any], Reply]
"""A reply that depends on the call."""


@dataclass
class Go:
    """One run: what the world says to the calls of a kind, in turn; then it says what it always does.

    `says` has the replies by the kind of a call, or by the kind and the entry: "Read a/1".
    """

    says: Mapping[str, Sequence[Reply | Answer]] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    pace: Pace = PACE
    terms: Terms = field(default_factory=terms)
    services: Mapping[str, Terms] = field(default_factory=dict)
    entries: Sequence[str] = ()
    """The shots that are asked for; all of them, if none are given."""
    others: bool = True
    """Whether the plan knows of the other shots."""
    retry: bool = False
    today: str = ""
    runner: str = ""
    chance: float = 1.0
    url: str = ""
    sender: str = ""
    saved: Sequence[Archive] = ()
    insists: bool = False
    lost: Sequence[str] = ()
    """Files that are gone before the run."""
    later: float = 0.0
    """Seconds between this run and the one before."""
    grants: Mapping[str, Sequence[Exception | Their | None]] = field(default_factory=dict)
    """What the ledger says to the intents of an entry, in turn."""
    late: Sequence[str] = ()
    """Entries whose leave has ended when their requests are to go, once."""
    trouble: NotGranted | None = None
    slow: Mapping[str, float] = field(default_factory=dict)
    """Seconds until the replies to the calls of a kind are there, where they are not LATENCY."""
    refuses: int = 0
    """How often the disk refuses what is to be kept."""
    leaves: int = 10**9
    """After how many events nobody wants any more of them."""
    breaks: int = 10**9
    """After how many events Ctrl-C is pressed."""
    steps: int = 10**9
    """How many steps it may take until it is asked to stop."""
    seconds: float | None = None


@dataclass
class Script(World):
    """A world that does what a script says, and keeps a log."""

    log: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    left: dict[str, list[Reply | Answer]] = field(default_factory=dict)
    under_way: list[tuple[float, int, Call]] = field(default_factory=list)
    slow: Mapping[str, float] = field(default_factory=dict)
    made: int = 0
    entries: dict[str, Entry] = field(default_factory=dict)
    grants: dict[str, list[Exception | Their | None]] = field(default_factory=dict)
    late: list[str] = field(default_factory=list)
    stops: NotGranted | None = None

    def go(self, board: Sequence[Entry], run: Go) -> None:
        self.clock += run.later
        self.steps = 0
        self.left = {name: list(replies) for name, replies in run.says.items()}
        self.files -= set(run.lost)
        self.grants = {name: list(given) for name, given in run.grants.items()}
        self.late, self.stops, self.entries = list(run.late), run.trouble, {e.address: e for e in board}
        self.names |= {e.fingerprint: f"<{e.address}>" for e in board}
        own = [e for e in board if not run.entries or e.shot in run.entries]
        others = [e for e in board if e not in own] if run.others else []
        machine = Engine(
            name="film",
            plan=make_plan(own, self.lock(), self.rules(run), others),
            pace=run.pace,
            limits=run.limits,
            key=lambda: f"seedspec-{self._count('keys'):016}",
            terms=run.terms,
            services=run.services,
            chance=lambda: run.chance,
            runner=run.runner,
            today=run.today,
            renders=Renders(run.url, run.saved, run.insists),
        )
        stopping = lambda: self.steps > run.steps  # noqa: E731
        team = self if run.runner else None
        self.slow, self.refuses = run.slow, run.refuses
        events = drive(machine, self, self, clock=self.moment, stopping=stopping, seconds=run.seconds, team=team)
        try:
            for number, event in enumerate(events):
                self.tell("  ", event)
                if number == run.leaves:
                    events.close()
                if number == run.breaks:
                    events.throw(KeyboardInterrupt)
        except (Exception, KeyboardInterrupt) as error:
            self.log.append(f"{self.clock:8.2f}    raises {type(error).__name__}: {error}")
        self.under_way.clear()
        self._fix()
        lines = [(self.names.get(r.fp, r.fp), r.attempt, str(r.state)) for r in self.lock()]
        self.log += [f"        lock: {name} #{attempt} {state}" for name, attempt, state in sorted(lines)]

    def rules(self, run: Go) -> Rules:
        return Rules(
            folder="renders",
            then=then,
            exists=lambda file, size=None: file in self.files,
            now=self.moment().text(),
            retry=run.retry,
            renders=bool(run.url),
            sender=run.sender,
        )

    def tell(self, sign: str, value: object) -> None:
        self.log.append(f"{self.clock:8.2f} {sign} {shown(value)}")

    @property
    def text(self) -> str:
        """The log, with names for what is a digest."""
        return re.sub(r"[0-9a-f]{64}", lambda m: self.names.get(m[0], m[0]), "\n".join(self.log) + "\n")

    # --- the ports of the loop ---

    def intend(self, intent: Submitting, body: bytes) -> None:
        given = self.grants.get(intent.entry, [])
        refused = given.pop(0) if given else None
        if isinstance(refused, Their):
            raise TakenElsewhere(refused.of(self, intent.entry))
        if refused is not None:
            raise refused
        super().intend(intent, body)

    def timely(self, intent: Submitting) -> bool:
        if intent.entry in self.late:
            self.late.remove(intent.entry)
            return False
        return True

    def trouble(self) -> NotGranted | None:
        return self.stops

    def settle(self, *_: object) -> None:  # type: ignore[override]
        self.log.append(f"{self.clock:8.2f}    (the ledger is settled)")

    def start(self, call: Call) -> None:
        self.made += 1
        self.tell("->", call)
        seconds = self.slow.get(type(call).__name__, LATENCY)
        heappush(self.under_way, (self.clock + seconds, self.made, call))

    def wait(self, seconds: float | None) -> list[tuple[Call, Reply]]:
        self.steps += 1
        assert self.steps < 20_000, "\n".join(self.log[-40:])
        until = self.clock + (seconds or 0.0)
        if not self.under_way or self.under_way[0][0] > until:
            self.clock = until
            return []
        self.clock, _, call = heappop(self.under_way)
        reply = self._reply(call)
        self.tell("<-", reply)
        return [(call, reply)]

    def _reply(self, call: Call) -> Reply:
        kind = type(call).__name__
        job = getattr(call, "job", "")
        entry = getattr(call, "entry", "") or self.names.get(str(job).split("/")[0], "").strip("<>")
        for name in (f"{kind} {entry}", f"{kind} {getattr(call, 'provider', '')}", kind):
            if self.left.get(name):
                said = self.left[name].pop(0)
                return said(self, call) if callable(said) else said
        return self._plainly(call)

    def _plainly(self, call: Call) -> Reply:
        if isinstance(call, Balance):
            return Credits(1000.0)
        if isinstance(call, Create):
            return Accepted(f"task-{self._count('tasks')}", 25.11, 3.0)
        if isinstance(call, Read):
            return Task("completed", 100, (f"https://media.example.com/{call.task}.mp4",), credits=25.0)
        if isinstance(call, ReadMany):
            return NotOffered()
        if isinstance(call, Download | Recall):
            self.files.add(call.file)
            self.names[digest(call.file.encode())] = f"<{call.file}>"
            return Kept(call.file, digest(call.file.encode()), 10, 864, 496, 4.04, 24.0, True)
        if isinstance(call, Upload):
            return Stored(f"https://files.example.com/{self._count('uploads')}", 10, 3600.0)
        if isinstance(call, Cut):
            self.names[digest(call.name.encode())] = f"<{call.frame} of {call.file}>"
            return Picture(f"{call.frame}.png", digest(call.name.encode()), 10, 864, 496)
        if isinstance(call, Find | List):
            return Listing(())
        if isinstance(call, Archive):
            return InBucket(10)
        if isinstance(call, Look):
            return Looked({})
        return Trouble("no such call")


@dataclass(frozen=True)
class Their:
    """A purchase of another runner, as the ledger has it."""

    state: str
    lives: bool = True
    more: Mapping[str, Any] = field(default_factory=dict)

    def of(self, script: Script, address: str) -> Theirs:
        entry = script.entries[address]
        at = script.moment().text()
        intent = Intent("seedspec-of-somebody-else", "0" * 64, at)
        sent = Submitting(address, entry.fingerprint, entry.take, 1, {}, intent, entry.cost.high, at)
        values = {**values_of(sent), "state": self.state, **self.more}
        known = script.lock().record(entry.fingerprint, values["attempt"])
        if known is None or known.state != values["state"]:
            script._line(dict(values))
        return Theirs(values, "studio-7 (pid 12)", self.lives)


def looked(**theirs: Their) -> Answer:
    """How purchases of others stand, by their shots."""

    def answer(script: Script, call: Look) -> Reply:
        def shots(purchases: Mapping[str, tuple[str, int]]) -> dict[str, str]:
            asked = {name: script.names[fp].strip("<>") for name, (fp, _) in purchases.items()}
            return {name: at for name, at in asked.items() if at.split("/")[0] in theirs}

        found = {name: theirs[at.split("/")[0]].of(script, at) for name, at in shots(call.purchases).items()}
        return Looked(found, tuple(shots(call.wanted)))

    return answer


def play(board: Sequence[Entry], runs: Sequence[Go]) -> str:
    """What happens in runs of a storyboard, one after another."""
    script = Script(lambda n: 0, Counter())
    for entry in board:
        script.names |= {m.key: f"<{m.where}>" for m in entry.media if m.source == "file"}
    for number, run in enumerate(runs, 1):
        script.log.append(f"run {number}")
        script.go(board, run)
    return script.text
