"""The run without I/O: due calls go out, replies come in, events come out. It never sleeps, opens or asks the time.

The caller hands in the moment with every step, makes the intent of each Create durable before it starts the call,
and records the events of each reply before anything else happens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice

import orjson

from seedspec.compiler.entry import body_of, digest
from seedspec.lock.event import Event
from seedspec.lock.purchase_events import Deferred, Intent, Submitting
from seedspec.lock.run_events import Held, RunFinished, RunStarted, Stopped
from seedspec.plan.plan import Plan
from seedspec.run.engine.account import Account, Accounts, accounts_of
from seedspec.run.engine.admission import admit
from seedspec.run.engine.budget import Budget
from seedspec.run.engine.common_cause import Blame
from seedspec.run.engine.doubts import Doubts
from seedspec.run.engine.lane import Lane
from seedspec.run.engine.media_urls import MediaUrls, known_as
from seedspec.run.engine.messages import (
    Archive,
    Balance,
    Call,
    Cancel,
    Create,
    Cut,
    Download,
    Find,
    List,
    Look,
    Picture,
    Read,
    ReadMany,
    Recall,
    Refused,
    Reply,
    Stored,
    Theirs,
    Trouble,
    Upload,
    most_bytes,
)
from seedspec.run.engine.obstacles import Obstacles
from seedspec.run.engine.others import Others
from seedspec.run.engine.outage import Outage, away, outages
from seedspec.run.engine.pictures import Pictures
from seedspec.run.engine.proof import marks_of
from seedspec.run.engine.purchase import Limits, Moment, Pace, Phase, Purchase
from seedspec.run.engine.queue import Queue
from seedspec.run.engine.reads import Reads
from seedspec.run.engine.renders import Renders
from seedspec.run.engine.slots import Slots
from seedspec.run.engine.sums import sums
from seedspec.run.engine.terms import Terms
from seedspec.run.engine.transitions import Transitions


@dataclass(slots=True)
class Engine:
    """One run of a plan. `key` makes a fresh idempotency key. `terms` are those of the service that most is bought of,
    and `services` those of further ones, by their ids. Each has its pace and its balance, and may be stopped alone.

    `chance` gives numbers from 0 to 1 that spread the waits of several runs over time. `renders` is the bucket of
    videos, if any. `runner` is the id by which a shared ledger knows this run, "" without one. `today` is the day by
    which a model has ended, of which nothing is bought again; "" judges nothing.
    """

    name: str
    plan: Plan
    pace: Pace
    limits: Limits
    key: Callable[[], str]
    terms: Terms
    services: Mapping[str, Terms] = field(default_factory=dict)
    chance: Callable[[], float] = lambda: 1.0
    runner: str = ""
    today: str = ""
    renders: Renders = field(default_factory=Renders)
    _terms: Callable[[str], Terms] = field(init=False)
    _accounts: Accounts = field(init=False)
    _budget: Budget = field(init=False)
    _progress: Transitions = field(init=False)
    _assets: MediaUrls = field(init=False)
    _jobs: dict[str, Purchase] = field(default_factory=dict)
    _agenda: Queue = field(init=False)
    _outages: dict[str, Outage] = field(default_factory=dict)
    _reads: Reads = field(init=False)
    _others: Others = field(init=False)
    _doubts: Doubts = field(init=False)
    _blame: Blame | None = None
    _obstacles: Obstacles = field(init=False)
    _slots: Slots = field(init=False)
    _reused: int = 0

    def __post_init__(self) -> None:
        def pause(tries: int, asked: float | None) -> float:
            return self.pace.pause(tries, asked, self.chance())

        pictures = Pictures(self.pace, pause)

        def terms(provider: str) -> Terms:
            return self.services.get(provider, self.terms)

        self._terms = terms
        self._assets = MediaUrls(self.plan.lock, self.pace, pause, pictures, terms)
        own = (s.entry.model.provider.id for s in self.plan.steps if s.entry is not None)
        self._accounts, self._budget = accounts_of(self.name, own, self.services, pause), Budget(self.limits)
        self._progress = Transitions(self.pace, self.limits, self._budget, pause, terms, self._accounts)
        self._slots = Slots(self.pace, self.limits, self._accounts, self._lane, self._outage)
        self.renders.begin(pause, self._progress.after_download)
        self._others = Others(self._progress, self.renders.url)
        self._doubts = Doubts(self.plan.lock, self._jobs, terms, self.limits, self._progress)

    def start(self, now: Moment) -> list[Event]:
        """The run begins: what is planned, and what is passed over and why."""
        taken = admit(self.plan, self.limits, self.pace, now, self.runner)
        self._jobs.update(taken.jobs)
        self._budget.elsewhere, self._reused = taken.elsewhere, taken.reused
        self._blame = None if self.limits.retry else Blame(self.plan.lock)
        self._obstacles = Obstacles(
            self._jobs, self.plan.lock, self._assets, self._blame, self.today, self._accounts.is_open
        )
        self._assets.begin(self._jobs)
        last = Phase.SAVED if (wait := self.limits.wait) else Phase.RUNNING
        self._agenda = Queue(self._jobs, self._service_of, last, in_order=wait, together=self.limits.bounded)
        self._outages = outages(self.name, self._accounts, self._jobs, self._progress, self._update)
        self._reads = Reads(self._terms, self.pace, self._jobs, self._lane, self._outage, self._progress, self._update)
        for job in self._jobs.values():
            if self._doubts.take(job, now):
                self._agenda.update(job)
            self._budget.place(job)
        buys = [j for j in self._jobs.values() if j.phase is Phase.WAITING]
        for provider in dict.fromkeys(j.provider for j in buys if self._terms(j.provider).balance):
            self._accounts.of(provider).open(now)
        finish = sum(j.phase is Phase.RUNNING for j in self._jobs.values())
        entries = sum(s.entry is not None for s in self.plan.steps)
        begun = RunStarted(self.name, entries, len(buys), finish, sum(j.units for j in buys), now.text())
        return [begun, *taken.events, *self._hold(now)]

    def due(self, now: Moment) -> tuple[list[Event], list[Call]]:
        """The calls to start now: downloads and reads, then pictures and uploads, then at most one paid request."""
        if self._slots.closing:
            return [], []
        calls = self._following(now) if self.limits.wait else []
        calls += [self._slots.begin(call) for call in self.renders.due(now)]
        calls += [self._slots.begin(call) for call in self._doubts.due(now)]
        if self._looks and (look := self._others.due(self._jobs, now, buying=self._slots.buying)) is not None:
            calls.append(self._slots.begin(look))
        calls += [self._slots.begin(Balance(account.provider)) for account in self._slots.to_weigh(now)]
        if not (selling := self._slots.selling):
            return [], calls
        job = self._next(selling, now)
        calls += [self._slots.begin(cut) for cut in self._assets.pictures.due(now)]
        calls += [
            self._slots.begin(up) for up in self._assets.due(now, lambda name: self._accounts.of(name) in selling)
        ]
        if job is None:
            return [], calls
        if (ceiling := self._budget.ceiling(job, now)) is not None:
            return self._accounts.stop(ceiling), calls
        return [], [*calls, self._create(job, now)]

    def reply(self, call: Call, reply: Reply, now: Moment) -> list[Event]:
        """What a reply means. Its events are to be recorded before anything else is done."""
        self._slots.end(call)
        if isinstance(call, Upload):
            events = self._assets.reply(call, reply, now)
            if isinstance(reply, Stored):
                self._agenda.release(known_as(call.provider, call.sha256))
            if self._assets.lost(call.provider, call.sha256):
                self._agenda.suspect()
        elif isinstance(call, Cut):
            events = self._assets.pictures.reply(call, reply, now)
            if isinstance(reply, Picture):
                self._agenda.release(call.name)
            if isinstance(reply, Picture) or self._assets.pictures.lost(call) is not None:
                self._agenda.suspect()
        elif isinstance(call, Archive):
            return self.renders.archived(call, reply, now)
        elif isinstance(call, Balance):
            events = self._accounts.balance(call.provider, reply, now)
        elif isinstance(call, Look):
            events, looked = self._others.reply(call, reply, self._jobs, now)
            for job in looked:
                self._doubts.take(job, now)
                self._update(job)
        elif isinstance(call, Cancel):
            events = []  # no run sends one
        elif isinstance(call, Find | List):
            events, sought = self._doubts.reply(call, reply, now)
            for job in sought:
                self._update(job)
        elif isinstance(call, ReadMany):
            events = self._reads.reply(call, reply, now)
        else:
            job = self._jobs[call.job]
            job.busy = False
            if isinstance(reply, Refused):
                reply = self._assets.renewed(job.entry_to_buy, self._jobs, reply)
            own = self._progress
            if isinstance(call, Read) and away(reply) and job.phase is not Phase.LINKING:
                events = self._outage(job.provider).lost([job], reply, now)
            else:
                if isinstance(call, Read) and not away(reply):
                    self._outage(job.provider).over()
                after = {Create: own.after_create, Read: own.after_read, Download: own.after_download}
                events = (after | {Recall: self.renders.recalled})[type(call)](job, reply, now)
            if isinstance(call, Create):
                self._doubts.hear(job, reply, now)
            self._update(job)
            for left in self.renders.moved(call, job, self._jobs.values(), now):
                self._update(left)
            if isinstance(call, Create) and self._blame is not None and self._blame.heard(job.entry_to_buy, reply):
                self._agenda.suspect()
        if isinstance(reply, Trouble) and reply.stop and not isinstance(call, ReadMany | Recall | Find | List):
            why = Stopped("key", reply.reason, 5, now.text())
            at = call.provider if isinstance(call, Create | Read | Upload | Balance) else None
            events += self._accounts.stop(why, at)
        return [*events, *self._hold(now)]

    def wake(self, now: Moment) -> float | None:
        """The clock at which something is due next, or None when only a reply can move the run on."""
        if self._slots.closing:
            return None
        found: list[float | None] = []
        if self.limits.wait:
            found += [self._slots.next_read(account) for account in self._accounts]
            found.append(self._agenda.next_download if self._slots.downloads else None)
        found += [self.renders.wake(), self._doubts.next_look, self._others.next_look if self._looks else None]
        for account in self._accounts:
            found += self._selling(account)
        return min((t for t in found if t is not None), default=None)

    def close(self) -> None:
        """Nothing new is started; what is under way is waited for by the caller as long as it likes."""
        self._slots.closing = True

    def stop(self, why: Stopped) -> list[Event]:
        """Nothing more is submitted, for a reason that lies outside; what is running is followed."""
        return self._accounts.stop(why)

    @property
    def done(self) -> bool:
        """Whether the run has nothing left to do or to wait for."""
        if self._slots.any:
            return False
        if self._slots.closing:
            return True
        if self.renders.waits or any(account.weighs for account in self._accounts):
            return False
        counts, lanes = self._agenda.counts, self._slots.selling_lanes
        if not self.limits.wait:
            return not counts[Phase.TAKEN] and not any(lane.any_turn for lane in lanes)
        live = (Phase.RUNNING, Phase.FETCHING, Phase.TAKEN, Phase.ELSEWHERE, Phase.SEEKING)
        return not any(counts[p] for p in live) and not any(lane.counts[Phase.WAITING] for lane in lanes)

    @property
    def stops(self) -> list[Stopped]:
        """Why nothing more is submitted: in the run, or to one of its services."""
        return self._accounts.stops

    @property
    def paying(self) -> bool:
        """Whether a paid request is on its way, whose answer must not be lost."""
        return self._slots.paying

    def withdraw(self, call: Create, now: Moment) -> Deferred:
        """Takes back an intent whose request was never started; the purchase is queued as before."""
        job = self._jobs[call.job]
        self._slots.end(call)
        job.busy, job.phase = False, Phase.WAITING
        self._update(job)
        self._budget.withdraw()
        step = job.step
        return Deferred(step.address, step.fp, job.attempt, "withdrawn", "the request was not sent", 0, now.text())

    def yielded(self, call: Create, theirs: Theirs, now: Moment) -> list[Event]:
        """Another runner has this purchase: the call, which was not started, is none of this run's."""
        job = self._jobs[call.job]
        self.withdraw(call, now)
        self._accounts.of(job.provider).next_submit = now.clock  # nothing was sent
        events, self._others.met = self._others.take(job, theirs, now), True
        self._doubts.take(job, now)
        self._update(job)
        return [*events, *self._hold(now)]

    def finish(self, now: Moment, *, interrupted: bool = False) -> RunFinished:
        """The sums, and the exit code: the worst of those that apply. The purchases are let go of."""
        how = {"interrupted": interrupted, "short": self.limits.short, "owing": self.renders.owing}
        jobs, past, missing = self._jobs.values(), self._agenda.past, len(self.plan.missing)
        found = sums(jobs, self.stops, self._reused, now, past=past, missing=missing, **how)
        self._jobs.clear()  # what is left of the run is writing, which needs the room
        self._agenda.clear()
        self._agenda, self._outages = Queue(self._jobs, in_order=False), {}
        return found

    # --- what may start ---

    def _selling(self, account: Account) -> list[float | None]:
        """The clocks at which something is due that a purchase at a service needs."""
        if (asks := self._slots.asks(account)) is not None:
            return [None if self._slots.weighing(account) else asks]
        if not self._slots.may_submit(account):
            return []
        found = [self._assets.wake(lambda name: self._accounts.of(name) is account), self._assets.pictures.wake()]
        turn = self._lane(account.provider).next_turn
        if turn is not None and not self._slots.paying and self._slots.room(account):
            found.append(max(turn, account.next_submit))
        return found

    def _service_of(self, job: Purchase) -> str:
        return self._accounts.of(job.provider).provider

    def _lane(self, provider: str) -> Lane:
        return self._agenda.lane(self._accounts.of(provider).provider)

    def _outage(self, provider: str) -> Outage:
        return self._outages[self._accounts.of(provider).provider]

    @property
    def _looks(self) -> bool:
        """Whether there is something to be learned of what others buy, and nobody asks for it now."""
        return not self._slots.looking and self._others.wants(self._agenda.counts, lambda: self._slots.buying)

    def _following(self, now: Moment) -> list[Call]:
        """The free calls that bought videos need next, as far as slots for them are open."""
        calls: list[Call] = []
        for job in islice(self._agenda.downloads(now.clock), self._slots.downloads):
            job.busy = True
            most = most_bytes(job.seconds)
            fetched = self.renders.fetch(job, most) or Download(job.name, job.link, job.file, most)
            calls.append(self._slots.begin(fetched))
        for account in self._accounts:
            while (due := self._slots.next_read(account)) is not None and due <= now.clock:
                first = next(self._lane(account.provider).reads(now.clock))
                calls.append(self._slots.begin(self._reads.call(first, now)))
        return calls

    def _update(self, job: Purchase) -> None:
        """A purchase has moved on: its turn and its share of the budget are found anew."""
        self._agenda.update(job)
        self._budget.place(job)

    def _next(self, selling: Iterable[Account], now: Moment) -> Purchase | None:
        """Whose turn it is, at the services that sell: of several the first in the order of the run."""

        def lacks(job: Purchase) -> str:
            return self._assets.missing(job.entry_to_buy, self._jobs, now)

        found = []
        for account in selling:
            lane = self._lane(account.provider)
            lane.sort(lacks)
            if not self._slots.paying and now.clock >= account.next_submit and self._slots.room(account):
                found.append(lane.turn(now.clock, lacks))
        return min((job for job in found if job is not None), key=lambda job: job.index, default=None)

    def _create(self, job: Purchase, now: Moment) -> Call:
        entry, step = job.entry_to_buy, job.step
        key = self.key()
        marks = marks_of(entry.model, entry.request, self._terms(job.provider).lookup, key)
        body = body_of(entry, self._assets.urls(entry, self._jobs, now), marks.fields, marks.own)
        intent = Submitting(
            entry=step.address,
            fp=step.fp,
            take=entry.take,
            attempt=job.attempt,
            manifest=orjson.loads(entry.manifest),
            intent=Intent(key, digest(body), now.text(), self._accounts.of(job.provider).left),
            units=job.units,
            at=now.text(),
            profile=self.plan.profile or None,
            used=self._assets.used(entry, self._jobs),
            made=marks.made,
        )
        job.trace = marks.trace(key, now.utc.timestamp())
        job.phase, job.busy = Phase.POSTING, True
        self._update(job)
        self._budget.begin()
        self._accounts.of(job.provider).next_submit = now.clock + self.pace.submit_every
        return self._slots.begin(Create(step.fp, body, intent, job.provider, entry.model.called))

    def _hold(self, now: Moment) -> list[Event]:
        """Purchases whose upstream has no video, or whose file cannot be uploaded, are held; the rest goes on."""
        events: list[Event] = []
        for provider in self._accounts.shut:
            self._agenda.shut(provider)
        for job in self._agenda.suspects():
            if job.phase is Phase.WAITING and (why := self._obstacles.of(job)) is not None:
                upstream, reason, job.phase = why
                self._update(job)
                events.append(Held(job.step.address, job.step.fp, upstream, reason, now.text()))
        return events
