"""Entries meet the lock and become a Plan: what a run would do with each, decided once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import field, replace

import orjson

from seedspec.catalog.media_facts import MediaFacts
from seedspec.catalog.price import Cost
from seedspec.compiler.entry import Entry
from seedspec.compiler.filename import same
from seedspec.compiler.references.upstream import unusable_upstream
from seedspec.compiler.storyboard.profile import say_profile
from seedspec.lock.age import asked_at
from seedspec.lock.lock import Lock
from seedspec.lock.record import Record
from seedspec.lock.staleness import Stale, address_in, facts_of, link_lives, stale, under_way
from seedspec.lock.state import State
from seedspec.plan.difference import differences
from seedspec.plan.orphans import Orphan, orphans
from seedspec.plan.plan import BUYS, Action, Plan, Step
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
    Reason,
    Second,
    Sending,
    Stuck,
    Twin,
    Unmet,
    Unpicked,
    Unsaved,
)
from seedspec.plan.rules import Rules
from seedspec.text.value import valueclass

_FREE, _NEW = Cost(), New()
_LOST = "its saved video is not on this disk, and the service keeps it no longer"


def make_plan(
    entries: Iterable[Entry], lock: Lock, rules: Rules, others: Iterable[Entry] = (), before: Plan | None = None
) -> Plan:
    """The plan for the selected entries.

    `others` are the storyboard's entries outside the selection: they are neither bought nor called orphans. Of
    what is done by a plan `before`, and has the same record still, the file alone is looked at.
    """
    chosen = tuple(entries)
    done = {s.fp: s for s in before.steps if isinstance(s.reason, Done)} if before is not None else {}
    planner = _Planner(lock, rules, {e.fingerprint for e in others}, done)
    for entry in chosen:
        planner.known.setdefault(entry.fingerprint, entry)
    for entry in chosen:
        planner.place(entry)
    steps = planner.steps
    if any(step.address != entry.address for step, entry in zip(steps, chosen, strict=True)):
        turn = {entry.address: i for i, entry in enumerate(chosen)}
        steps.sort(key=lambda s: turn[s.address])
    fingerprints = planner.known.keys() | planner.others if planner.others else planner.known.keys()
    steps += list(_plan_leftovers(lock, fingerprints, rules, steps))
    return Plan(tuple(steps), lock, rules.profile)


def _plan_leftovers(lock: Lock, fingerprints: Set[str], rules: Rules, others: Iterable[Step]) -> Iterator[Step]:
    """The steps that no entry stands for."""

    def lost(record: Record) -> bool:
        return not rules.here(record) and link_lives(record, rules.now)

    files = (s.file for s in others)
    for orphan in orphans(lock, fingerprints, rules.profile, rules.others, rules.place, files, lost):
        record = orphan.record
        action, reason = _decide_orphan(orphan, rules)
        yield Step(record.entry, record.fp, action, reason, _FREE, orphan.file, None, record)


def _decide_orphan(orphan: Orphan, rules: Rules) -> tuple[Action, Reason]:
    record = orphan.record
    if orphan.kind == "lost":
        gone = InBucket(str(record.file)) if rules.in_bucket(record) else Unsaved(str(record.task), record.file)
        return Action.FETCH, gone
    if by := rules.sending(record):
        return Action.RESUME, Sending(by)
    if (doubt := _doubt(record)) is not None:  # a person is to settle it, whatever the storyboard now asks for
        if orphan.kind == "elsewhere" and isinstance(doubt, InDoubt):
            return Action.DOUBT, InDoubt(f"sent {say_profile(record.profile)}; {doubt.why}")
        return Action.DOUBT, doubt
    if orphan.kind == "elsewhere":
        return Action.ORPHAN, Elsewhere(record.profile, record.state)
    return Action.ORPHAN, NotInStoryboard(record.state) if orphan.kind == "left" else Second(record.state)


def _doubt(record: Record) -> InDoubt | Stuck | None:
    """Why a person is to settle a purchase, if so."""
    if record.state is State.SUBMITTING:
        return InDoubt("a run ended between the request and its answer")
    if record.state is State.DOUBT:
        return InDoubt(str(record.get("doubt") or "the answer was not understood"))
    if stuck := record.stuck:
        return Stuck(record.task or "", asked_at(record), stuck["since"], stuck["word"])
    return None


@valueclass(frozen=False, slots=True)
class _Planner:
    """`known` has by fingerprint the first entry that is decided about, and its step once it is; `others` are the
    fingerprints of other entries. `before` has the steps of what was done by an earlier plan.
    """

    lock: Lock
    rules: Rules
    others: Set[str]
    before: Mapping[str, Step]
    known: dict[str, Entry | Step] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    _bought_as: dict[str, Record] | None = None
    _by_file: dict[str, list[Record]] | None = None

    def place(self, entry: Entry) -> None:
        """Decides an entry. An upstream may stand later in the file; it decides first, however long the chain is."""
        known = self.known[entry.fingerprint]
        if isinstance(known, Step):
            if known.address != entry.address:
                twin = Twin(known.address)
                step = Step(entry.address, entry.fingerprint, Action.SHARED, twin, _FREE, known.file, entry)
                self.steps.append(step)
            return
        if not entry.upstream:  # most of them
            self.known[entry.fingerprint] = step = self._step(entry)
            self.steps.append(step)
            return
        waiting = [entry]
        while waiting:
            current = waiting[-1]
            before = [e for medium in current.upstream if isinstance(e := self.known.get(medium.key), Entry)]
            if before:
                waiting.append(before[0])
                continue
            self.known[current.fingerprint] = step = self._step(current)
            self.steps.append(step)
            waiting.pop()

    def _step_of(self, fp: str) -> Step | None:
        """What was decided about the first entry of a fingerprint."""
        found = self.known.get(fp)
        return found if isinstance(found, Step) else None

    def _step(self, entry: Entry) -> Step:
        if entry.waits:
            waits = Unpicked(entry.waits)
            return Step(entry.address, entry.fingerprint, Action.FAILED, waits, _FREE, self._file(entry), entry)
        record = self.lock.last(entry.fingerprint)
        if (step := self.before.get(entry.fingerprint)) is not None and self._stands(step, entry, record):
            return step
        action, reason = self._decide(entry, record)
        if isinstance(reason, (Stale, Unmet)):
            attempt = self.lock.next_attempt(entry.fingerprint)
            file = f"{self.rules.place(self.rules.profile)}/{entry.file.removesuffix('.mp4')}.{attempt}.mp4"
        else:
            file = record.file if record is not None and record.file else self._file(entry)
        if action in BUYS:
            if (pick := self.rules.picked(entry)) is not None:
                action, reason = Action.DONE, Picked(pick != entry.fingerprint)
            elif held := self._find_upstream(entry):
                action, reason = Action.FAILED, held
            elif self.rules.exists(file):
                action, reason = Action.FAILED, Occupied(file)
        cost = entry.cost if action in BUYS else _FREE
        retakes = self._retakes(entry, action, record)
        return Step(entry.address, entry.fingerprint, action, reason, cost, file, entry, record, retakes)

    def _stands(self, step: Step, entry: Entry, record: Record | None) -> bool:
        """Whether nothing has changed since about what was done: its file is here, and it was made from no other."""
        if step.entry is not entry or record is None or step.record is not record or entry.upstream:
            return False
        return isinstance(step.reason, Done) and step.reason.here and not self.rules.retakes and self.rules.here(record)

    def _retakes(self, entry: Entry, action: Action, record: Record | None) -> int:
        """How often a run may buy an entry anew besides what this step does; a take that people picked never."""
        rules = self.rules
        if not (rules.retakes and rules.retakes_now):
            return 0
        saves = action in BUYS or action in (Action.RESUME, Action.FETCH)
        if not (saves and rules.expects(entry)):
            return 0
        if rules.picked(entry) is not None:
            return 0
        here = record is not None and record.state is State.SAVED and action is Action.FETCH
        return max(0, rules.retakes - self._count_saved(entry) + here)

    def _count_saved(self, entry: Entry) -> int:
        """How many videos of an entry the lock has."""
        return sum(r.state is State.SAVED for r in self.lock.attempts.get(entry.fingerprint, ()))

    def _unmet(self, entry: Entry, record: Record) -> Unmet | None:
        """Whether a saved video is to be bought anew because it is not as expected."""
        if not self.rules.retakes or self._count_saved(entry) > self.rules.retakes or under_way(record, self.lock):
            return None
        if (
            self.rules.picked(entry) is not None
            or not self.rules.here(record)
            or self._find_upstream(entry) is not None
        ):
            return None
        found = self.rules.unmet(entry)
        return Unmet(found) if found else None

    def _decide(self, entry: Entry, record: Record | None) -> tuple[Action, Reason]:
        if record is None or record.state is State.QUEUED:
            return self._new(entry)
        if record.state is State.SAVED:  # most of a plan, so it is asked first
            return self._plan_saved(entry, record)
        if by := self.rules.sending(record):
            return Action.RESUME, Sending(by)
        if (doubt := _doubt(record)) is not None:
            return Action.DOUBT, doubt
        if record.state is State.RUNNING:
            return Action.RESUME, InFlight(record.task or "", asked_at(record))
        if record.state is State.COMPLETED:
            return Action.FETCH, Unsaved(record.task or "")
        return self._plan_failed(record)

    def _plan_saved(self, entry: Entry, record: Record) -> tuple[Action, Reason]:
        file = record.file or ""
        here = self.rules.here(record)
        differs = not here and self.rules.exists(file)
        if not here and self.rules.in_bucket(record):
            return Action.FETCH, InBucket(file, differs)
        if not here and record.task and link_lives(record, self.rules.now):
            return Action.FETCH, Unsaved(record.task, file, differs)
        found = self._stale(entry, record)
        if found is not None and self.rules.redo and not found.kept:
            return Action.CHANGE, found
        if (unmet := self._unmet(entry, record)) is not None:
            return Action.CHANGE, unmet
        moved = record.entry if record.entry != entry.address else None
        of = record.profile if record.profile != self.rules.profile else None
        return Action.DONE, Done(file, moved, here, of, found, differs)

    def _stale(self, entry: Entry, record: Record) -> Stale | None:
        """Whether a saved video was made from one that stands no longer, or will not once this plan is carried out."""
        if not (upstream := entry.upstream):
            return None
        found, used = stale(entry, record, self.lock), record.get("used") or {}
        for medium in upstream if found is None else ():
            step = self._step_of(medium.key)
            if medium.key in used and step is not None and _moves(step):
                found = Stale(medium.where, used[medium.key], "")
                break
        if found is None:
            return None
        picked = self.rules.picked(entry) is not None
        return replace(found, kept="picked" if picked else "under way" if under_way(record, self.lock) else "")

    def _plan_failed(self, record: Record) -> tuple[Action, Reason]:
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
            return Action.SUBMIT, _NEW
        first = differences(before.manifest, orjson.loads(entry.manifest), address_in(self.lock, entry))[0]
        return Action.CHANGE, Changed(first.field, first.old, first.new)

    def _last_at(self, address: str) -> Record | None:
        """What was bought under an address before, with a request that the storyboard no longer asks for."""
        if self._bought_as is None:
            own = (r for r in self.lock if r.profile == self.rules.profile and r.state is not State.QUEUED)
            self._bought_as = {r.entry: r for r in own if r.fp not in self.known and r.fp not in self.others}
        return self._bought_as.get(address)

    def _find_upstream(self, entry: Entry) -> Held | None:
        for medium in entry.upstream:
            step = self._step_of(medium.key)
            if step is None:
                record = self.lock.last(medium.key)
                if record is None or record.state is not State.SAVED:
                    left_out = "it is not selected, and its video is not here"
                    return Held(medium.where, self.rules.unwanted.get(medium.key, left_out))
                kept = self.rules.in_bucket(record) or link_lives(record, self.rules.now)
                if not (self.rules.here(record) or kept):
                    return Held(medium.where, _LOST)
                if medium.frame and not self.rules.here(record):
                    return Held(medium.where, "its saved video is not on this disk: `seedspec fetch` brings it")
            elif step.action is Action.DOUBT:
                return Held(medium.where, "it is in doubt")
            elif isinstance(step.reason, Picked):
                return Held(medium.where, "its take is picked, and the lock has no video of the request as it is now")
            elif step.action is Action.FAILED:
                return Held(medium.where, "it has no video")
            elif medium.frame and isinstance(step.reason, Done) and not step.reason.here:
                return Held(medium.where, _LOST)
        unusable = unusable_upstream(entry.media, entry.model.media, self._was)
        return Held(*unusable) if unusable is not None else None

    def _was(self, fp: str) -> MediaFacts | None:
        """What is known of the upstream video that a purchase would use; None when that is yet to be made."""
        step = self._step_of(fp)
        return facts_of(self.lock.last(fp)) if step is None or step.action is Action.DONE else None

    def _file(self, entry: Entry) -> str:
        """Where a new video goes: never over one that another purchase of the lock was saved under."""
        plain = self._plain(entry)
        taken = any(r.fp != entry.fingerprint for r in self._find_saved(plain))
        return f"{plain.removesuffix('.mp4')}.{entry.fingerprint[:8]}.mp4" if taken else plain

    def _plain(self, entry: Entry) -> str:
        return f"{self.rules.place(self.rules.profile)}/{entry.file}"

    def _find_saved(self, file: str) -> Sequence[Record]:
        """The purchases that were saved under a name, of which a disk may take two for the same."""
        if self._by_file is None:
            self._by_file = {}
            new = (e for e in self.known.values() if isinstance(e, Entry)) if self.lock.attempts else ()
            wanted = {same(file), *(same(self._plain(e)) for e in new if e.waits or self._has_no_file(e))}
            for record in self.lock if self.lock.attempts else ():
                if record.file and (name := same(record.file)) in wanted:
                    self._by_file.setdefault(name, []).append(record)
        return self._by_file.get(same(file), ())

    def _has_no_file(self, entry: Entry) -> bool:
        record = self.lock.last(entry.fingerprint)
        return record is None or not record.file


def _moves(step: Step) -> bool:
    """Whether an entry will have another video than it has now, once all is done that is asked or proposed."""
    found = step.reason.stale if isinstance(step.reason, Done) else None
    return step.action in BUYS or (found is not None and not found.kept)
