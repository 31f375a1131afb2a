"""Entries meet the lock and become a Plan: for each entry what a run would do, and why, as data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Literal

import orjson

from seedspec.compiler.catalog import Kind, MediaRule
from seedspec.compiler.entry import Entry
from seedspec.compiler.filename import same
from seedspec.compiler.price import Cost
from seedspec.compiler.profile import said
from seedspec.compiler.upstream import unfit
from seedspec.plan.age import asked_at
from seedspec.plan.chain import Stale, address_in, facts_of, link_lives, named, stale, under_way
from seedspec.plan.lock import Lock, Record
from seedspec.plan.reason import (
    Changed,
    Done,
    Elsewhere,
    Failure,
    Held,
    InDoubt,
    InFlight,
    New,
    NotInStoryboard,
    Occupied,
    Picked,
    Reason,
    Second,
    Sending,
    Stuck,
    Twin,
    Unpicked,
    Unsaved,
)
from seedspec.plan.state import State
from seedspec.plan.strays import strays
from seedspec.text.values import valueclass


class Action(Enum):
    """What a run does with an entry; the value is the sign that people see."""

    SUBMIT = "+"
    CHANGE = "~"
    RESUME = ">"
    FETCH = "v"
    DONE = "="
    FAILED = "!"
    DOUBT = "?"
    ORPHAN = "-"


BUYS = frozenset({Action.SUBMIT, Action.CHANGE})


@valueclass(frozen=True, slots=True)
class Step:
    """One line of a plan. `cost` is zero unless the step buys; `file` is where the video is or will be saved."""

    address: str
    fp: str
    action: Action
    reason: Reason
    cost: Cost
    file: str
    entry: Entry | None = None
    record: Record | None = None


@valueclass(frozen=True, slots=True)
class Plan:
    """The steps in the storyboard's order, then what the lock alone knows. `profile` is "" for none."""

    steps: tuple[Step, ...]
    lock: Lock
    profile: str = ""

    @property
    def buys(self) -> tuple[Step, ...]:
        return tuple(s for s in self.steps if s.action in BUYS)

    @property
    def cost(self) -> Cost:
        return sum((s.cost for s in self.buys), Cost())

    @property
    def stale(self) -> tuple[Step, ...]:
        """What is saved, and would be made again from the videos that stand now if that were asked for."""
        return tuple(s for s in self.steps if isinstance(s.reason, Done) and s.reason.stale and not s.reason.stale.kept)

    @property
    def stale_cost(self) -> Cost:
        return sum((s.entry.cost for s in self.stale if s.entry is not None), Cost())

    def count(self, action: Action) -> int:
        return sum(s.action is action for s in self.steps)


@dataclass(frozen=True, slots=True)
class Rules:
    """What a plan needs besides entries and lock.

    `retry` asks for failed purchases again, `redo` for stale ones; `then` tells what a failure's code allows;
    `attempts` bounds tries by themselves; `exists` tells whether a path relative to the lock is taken; `now` is the
    time as events state it.

    `picked` gives the fingerprint of the choice that an entry is, by its request or its address; it is not bought.
    `media` are the model's rules, for the upstream videos that are there.

    `profile` is the one that the entries were compiled with, "" for none, and `others` are the storyboard's other
    ones. `unwanted` says by fingerprint why an entry was left out that another one may continue.

    `sender` is the run that holds the lock, in words, "" for none: what it is sending is in no doubt yet.
    """

    folder: str
    then: Callable[[str], Literal["again", "asked", "change"]]
    exists: Callable[[str], bool]
    now: str
    attempts: int = 3
    retry: bool = False
    redo: bool = False
    media: Mapping[Kind, MediaRule] = field(default_factory=dict)
    picked: Callable[[Entry], str | None] = lambda entry: None
    profile: str = ""
    others: frozenset[str] = frozenset()
    unwanted: Mapping[str, str] = field(default_factory=dict)
    sender: str = ""

    def place(self, profile: str) -> str:
        """Where the videos of a profile are saved: each has a folder of its own."""
        return f"{self.folder}/{profile}" if profile else self.folder


def make(entries: Iterable[Entry], lock: Lock, rules: Rules, others: Iterable[Entry] = ()) -> Plan:
    """The plan for the selected entries.

    `others` are the storyboard's entries outside the selection: they are neither bought nor called orphans.
    """
    planner = _Planner(lock, rules)
    chosen = list(entries)
    left_out = list(others)
    planner.known = {e.fingerprint for e in chosen} | {e.fingerprint for e in left_out}
    for entry in chosen:
        planner.first.setdefault(entry.fingerprint, entry)
    for entry in chosen:
        planner.place(entry)
    orphans = _left_over(lock, planner.known, rules, planner.steps)
    place = {entry.address: i for i, entry in enumerate(chosen)}
    return Plan((*sorted(planner.steps, key=lambda s: place[s.address]), *orphans), lock, rules.profile)


def _left_over(lock: Lock, known: set[str], rules: Rules, others: Iterable[Step]) -> Iterator[Step]:
    """The steps that no entry stands for."""

    def lost(record: Record) -> bool:
        return not rules.exists(str(record.file)) and link_lives(record, rules.now)

    for stray in strays(lock, known, rules.profile, rules.others, rules.place, (s.file for s in others), lost):
        r = stray.record
        if stray.kind == "lost":
            yield Step(r.entry, r.fp, Action.FETCH, Unsaved(str(r.task), r.file), Cost(), stray.file, None, r)
            continue
        if r.state is State.SUBMITTING and rules.sender:
            yield Step(r.entry, r.fp, Action.RESUME, Sending(rules.sender), Cost(), stray.file, None, r)
            continue
        if (why := _doubt(r)) is not None:  # a person is to settle it, whatever the storyboard now asks for
            if stray.kind == "elsewhere" and isinstance(why, InDoubt):
                why = InDoubt(f"sent {said(r.profile)}; {why.why}")
            yield Step(r.entry, r.fp, Action.DOUBT, why, Cost(), stray.file, None, r)
            continue
        reasons: dict[str, Reason] = {"left": NotInStoryboard(r.state), "elsewhere": Elsewhere(r.profile, r.state)}
        reason = reasons.get(stray.kind, Second(r.state))
        yield Step(r.entry, r.fp, Action.ORPHAN, reason, Cost(), stray.file, None, r)


def _doubt(record: Record) -> InDoubt | Stuck | None:
    """Why a person is to settle a purchase, if so."""
    if record.state is State.SUBMITTING:
        return InDoubt("a run ended between the request and its answer")
    if record.state is State.DOUBT:
        return InDoubt(str(record.get("doubt") or "the answer was not understood"))
    if stuck := record.stuck:
        return Stuck(record.task or "", asked_at(record), stuck["since"], stuck["word"])
    return None


@dataclass(slots=True)
class _Planner:
    lock: Lock
    rules: Rules
    known: set[str] = field(default_factory=set)
    first: dict[str, Entry] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    _by_fp: dict[str, Step] = field(default_factory=dict)
    _bought_as: dict[str, Record] | None = None

    def place(self, entry: Entry) -> None:
        known = self._by_fp.get(entry.fingerprint)
        if known is not None:
            if known.address != entry.address:
                action = Action.DONE if known.action in BUYS else known.action
                step = Step(entry.address, entry.fingerprint, action, Twin(known.address), Cost(), known.file, entry)
                self.steps.append(step)
            return
        for medium in entry.upstream:  # an upstream may stand later in the file; it decides first
            upstream = self.first.get(medium.key)
            if upstream is not None and medium.key not in self._by_fp:
                self.place(upstream)
        step = self._step(entry)
        self._by_fp[entry.fingerprint] = step
        self.steps.append(step)

    def _step(self, entry: Entry) -> Step:
        if entry.waits:
            waits = Unpicked(entry.waits)
            return Step(entry.address, entry.fingerprint, Action.FAILED, waits, Cost(), self._file(entry), entry)
        record = self.lock.last(entry.fingerprint)
        action, reason = self._decide(entry, record)
        if isinstance(reason, Stale):
            attempt = self.lock.next_attempt(entry.fingerprint)
            file = f"{self.rules.place(self.rules.profile)}/{entry.file.removesuffix('.mp4')}.{attempt}.mp4"
        else:
            file = record.file if record is not None and record.file else self._file(entry)
        if action in BUYS:
            if (pick := self.rules.picked(entry)) is not None:
                action, reason = Action.DONE, Picked(pick != entry.fingerprint)
            elif held := self._held(entry):
                action, reason = Action.FAILED, held
            elif self.rules.exists(file):
                action, reason = Action.FAILED, Occupied(file)
        cost = entry.cost if action in BUYS else Cost()
        return Step(entry.address, entry.fingerprint, action, reason, cost, file, entry, record)

    def _decide(self, entry: Entry, record: Record | None) -> tuple[Action, Reason]:
        if record is None or record.state is State.QUEUED:
            return self._new(entry)
        if record.state is State.SUBMITTING and self.rules.sender:
            return Action.RESUME, Sending(self.rules.sender)
        if (doubt := _doubt(record)) is not None:
            return Action.DOUBT, doubt
        if record.state is State.RUNNING:
            return Action.RESUME, InFlight(record.task or "", asked_at(record))
        if record.state is State.COMPLETED:
            return Action.FETCH, Unsaved(record.task or "")
        if record.state is State.SAVED:
            file = record.file or ""
            here = self.rules.exists(file)
            if not here and record.task and link_lives(record, self.rules.now):
                return Action.FETCH, Unsaved(record.task, gone=file)
            found = self._stale(entry, record)
            if found is not None and self.rules.redo and not found.kept:
                return Action.CHANGE, found
            moved = record.entry if record.entry != entry.address else None
            of = record.profile if record.profile != self.rules.profile else None
            return Action.DONE, Done(file, moved, here, of, found)
        return self._failed(record)

    def _stale(self, entry: Entry, record: Record) -> Stale | None:
        """Whether a saved video was made from one that stands no longer, or will not once this plan is carried out."""
        found = stale(entry, record, self.lock)
        used = record.get("used") or {}
        for medium in entry.upstream if found is None else ():
            step = self._by_fp.get(medium.key)
            if medium.key in used and step is not None and _moves(step):
                found = Stale(medium.where, used[medium.key], "")
                break
        if found is None:
            return None
        picked = self.rules.picked(entry) is not None
        return replace(found, kept="picked" if picked else "under way" if under_way(record, self.lock) else "")

    def _failed(self, record: Record) -> tuple[Action, Reason]:
        failure = record.get("failure") or {}
        code = str(failure.get("code", "unknown_error"))
        then = self.rules.then(code)
        again = then == "again" and record.attempt < self.rules.attempts
        if again or (self.rules.retry and then != "change"):
            return Action.SUBMIT, New(self.lock.next_attempt(record.fp))
        return Action.FAILED, Failure(code, str(failure.get("message", "")), then)

    def _new(self, entry: Entry) -> tuple[Action, Reason]:
        before = self._last_at(entry.address)
        if before is None or before.manifest is None:
            return Action.SUBMIT, New()
        found = changed(before.manifest, orjson.loads(entry.manifest))
        old, new = named(found.old, found.new, address_in(self.lock, entry))
        return Action.CHANGE, replace(found, old=old, new=new)

    def _last_at(self, address: str) -> Record | None:
        """What was bought under an address before, with a request that the storyboard no longer asks for."""
        if self._bought_as is None:
            own = (r for r in self.lock if r.profile == self.rules.profile and r.fp not in self.known)
            self._bought_as = {r.entry: r for r in own if r.state is not State.QUEUED}
        return self._bought_as.get(address)

    def _held(self, entry: Entry) -> Held | None:
        for medium in entry.upstream:
            step = self._by_fp.get(medium.key)
            if step is None:
                record = self.lock.last(medium.key)
                if record is None or record.state is not State.SAVED:
                    left_out = "it is not selected, and its video is not here"
                    return Held(medium.where, self.rules.unwanted.get(medium.key, left_out))
                if not (self.rules.exists(record.file or "") or link_lives(record, self.rules.now)):
                    return Held(medium.where, "its saved video is not on this disk")
            elif step.action is Action.DOUBT:
                return Held(medium.where, "it is in doubt")
            elif isinstance(step.reason, Picked):
                return Held(medium.where, "its take is picked, and the lock has no video of the request as it is now")
            elif step.action is Action.FAILED:
                return Held(medium.where, "it has no video")
        unusable = unfit(entry.media, self.rules.media, self._was)
        return Held(*unusable) if unusable is not None else None

    def _was(self, fp: str) -> Mapping[str, float] | None:
        """What is known of the upstream video that a purchase would use; None when that is yet to be made."""
        step = self._by_fp.get(fp)
        return facts_of(self.lock.last(fp)) if step is None or step.action is Action.DONE else None

    def _file(self, entry: Entry) -> str:
        """Where a new video goes: never over one that another purchase of the lock was saved under."""
        plain = f"{self.rules.place(self.rules.profile)}/{entry.file}"
        taken = any(r.fp != entry.fingerprint for r in self._saved_as(plain))
        return f"{plain.removesuffix('.mp4')}.{entry.fingerprint[:8]}.mp4" if taken else plain

    def _saved_as(self, file: str) -> tuple[Record, ...]:
        return self._files().get(same(file), ())

    def _files(self) -> Mapping[str, tuple[Record, ...]]:
        if self._files_memo is None:
            found: dict[str, tuple[Record, ...]] = {}
            for record in self.lock:
                if record.file:
                    name = same(record.file)
                    found[name] = (*found.get(name, ()), record)
            self._files_memo = found
        return self._files_memo

    _files_memo: dict[str, tuple[Record, ...]] | None = None


def _moves(step: Step) -> bool:
    """Whether an entry will have another video than it has now, once all is done that is asked or proposed."""
    found = step.reason.stale if isinstance(step.reason, Done) else None
    return step.action in BUYS or (found is not None and not found.kept)


def changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> Changed:
    """The first difference between two manifests, in the order that people ask about: prompt, media, fields, take."""
    before = {**old.get("request", {}), "take": old.get("take"), "model": old.get("model")}
    after = {**new.get("request", {}), "take": new.get("take"), "model": new.get("model")}
    names = ["prompt", *sorted((before.keys() | after.keys()) - {"prompt"})]
    for name in names:
        was, now = before.get(name), after.get(name)
        if isinstance(was, list) and isinstance(now, list) and was != now:
            at = next((i for i, (a, b) in enumerate(zip(was, now, strict=False)) if a != b), min(len(was), len(now)))
            return Changed(f"{name}[{at}]", *(items[at] if at < len(items) else None for items in (was, now)))
        if was != now:
            return Changed(name, was, now)
    return Changed("provider", old.get("provider"), new.get("provider"))
