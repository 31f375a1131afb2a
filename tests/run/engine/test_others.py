"""The engine and the loop with a shared ledger: what others have is followed, and nothing of it is sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from world import PACE, World

from seedspec import api
from seedspec.compiler.entry import Entry
from seedspec.lock.event import Event
from seedspec.lock.event_values import values_of
from seedspec.lock.lock import Lock
from seedspec.lock.purchase_events import Deferred, Failed, Saved, Submitting
from seedspec.lock.run_events import BoughtElsewhere, Stopped
from seedspec.plan.planner import make_plan
from seedspec.plan.rules import Rules
from seedspec.run.engine.admission import admit
from seedspec.run.engine.engine import Engine
from seedspec.run.engine.messages import Call, Create, Look, Looked, Reply, Theirs, Trouble
from seedspec.run.engine.purchase import Limits
from seedspec.run.engine.terms import Terms
from seedspec.run.loop import drive
from seedspec.run.store.leave import NotGranted, TakenElsewhere

BOARD = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {duration: 4, quality: 480p}
shots:
  - {id: a, prompt: "one"}
  - {id: b, prompt: "two"}
"""
THEIRS = "studio-7 (pid 12)"


@dataclass
class Shared(World):
    """A world in which another runner has some purchases: how they stand, at each look one further. `seen` are those
    of which a look alone says that others may have them. `taken` counts the intents that were not granted.
    """

    theirs: dict[str, list[tuple[Mapping[str, Any], bool]]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    taken: int = 0
    refuses_with: NotGranted | None = None
    late: bool = False
    sent: list[str] = field(default_factory=list)
    looks: int = 0
    silent: bool = False

    def _now(self, fp: str) -> Theirs:
        steps = self.theirs[fp]
        values, lives = steps[0] if len(steps) == 1 else steps.pop(0)
        return Theirs(values, THEIRS, lives)

    def intend(self, intent: Submitting, body: bytes) -> None:
        if self.refuses_with is not None:
            raise self.refuses_with
        if intent.fp in self.theirs and self.theirs[intent.fp][0][0]["attempt"] >= intent.attempt:
            found = self._now(intent.fp)
            if found.values["state"] != "queued":
                self._learn(found.values)
                self.taken += 1
                raise TakenElsewhere(found)
        super().intend(intent, body)

    def _learn(self, values: Mapping[str, Any]) -> None:
        known = self.lock().record(values["fp"], values["attempt"])
        if known is None or known.state != values["state"]:
            self._line(dict(values))

    def timely(self, intent: Submitting) -> bool:
        return not self.late

    def trouble(self) -> NotGranted | None:
        return None

    def settle(self, *_: object) -> None:  # type: ignore[override]
        pass

    def _answer(self, call: Call) -> Reply:
        if isinstance(call, Create):
            self.sent.append(call.intent.entry)
        if isinstance(call, Look):
            self.looks += 1
            if self.silent:
                return Trouble("no answer")
            found = {name: self._now(fp) for name, (fp, _) in call.purchases.items() if fp in self.theirs}
            for one in found.values():
                self._learn(one.values)
            have = {(fp, steps[0][0]["attempt"]) for fp, steps in self.theirs.items()}
            return Looked(found, {n for n, one in call.wanted.items() if one in have or one[0] in self.seen})
        return super()._answer(call)

    def go(self, entries: Sequence[Entry], stop_after: int = 200, *, wait: bool = True) -> list[Event]:
        machine = Engine(
            name="model",
            plan=self.plan(entries, self.lock(), retry=False, others=()),
            pace=replace(PACE, stuck=3600.0),
            limits=Limits(wait=wait),
            key=lambda: f"key-{self._count('keys')}",
            terms=Terms(lambda code: "again" if code == "service_error" else "asked", 3, 86400),
            runner="me",
        )
        stopping = lambda: self.steps > stop_after  # noqa: E731
        return list(drive(machine, self, self, clock=self.moment, stopping=stopping, team=self))


@pytest.fixture
def entries(tmp_path: Path) -> tuple[Entry, ...]:
    (tmp_path / "storyboard.yaml").write_text(BOARD, encoding="utf-8")
    return api.compile(tmp_path / "storyboard.yaml").entries


@pytest.fixture
def world() -> Shared:
    return Shared(lambda n: 0, Counter())


def record(world: Shared, entry: Entry, state: str, **more: Any) -> dict[str, Any]:
    """A purchase of another runner; its task is one that the service has."""
    from seedspec.lock.purchase_events import Intent

    at = world.moment().text()
    intent = Intent("their-key", "0" * 64, at)
    made = Submitting(entry.address, entry.fingerprint, entry.take, 1, {}, intent, entry.cost.high, at)
    return {**values_of(made), "state": state, **more}


def task_of(world: Shared, entry: Entry) -> str:
    from world import Bought

    task = f"task-unified-9-{len(world.tasks):08x}"
    world.tasks[task] = Bought(entry.fingerprint, "their-key")
    return task


def test_what_another_one_has_bought_is_followed_and_saved_here_too(world: Shared, entries: tuple[Entry, ...]) -> None:
    mine, other = entries
    task = task_of(world, other)
    world.theirs[other.fingerprint] = [(record(world, other, "running", task=task), True)]
    events = world.go(entries)
    assert events[-1].exit == 0 and world.sent == [mine.address]  # type: ignore[union-attr]
    assert {e.entry for e in events if isinstance(e, Saved)} == {mine.address, other.address}
    [told] = [e for e in events if isinstance(e, BoughtElsewhere)]
    assert (told.entry, told.runner, told.task) == (other.address, THEIRS, task)
    assert events[-1].bought == 1  # type: ignore[union-attr]


def test_what_another_one_is_sending_is_waited_for_until_it_has_a_task(
    world: Shared, entries: tuple[Entry, ...]
) -> None:
    mine, other = entries
    task = task_of(world, other)
    sending = (record(world, other, "submitting"), True)
    world.theirs[other.fingerprint] = [sending, sending, sending, (record(world, other, "running", task=task), True)]
    events = world.go(entries)
    assert events[-1].exit == 0 and world.looks >= 3 and world.sent == [mine.address]  # type: ignore[union-attr]
    assert [e.state for e in events if isinstance(e, BoughtElsewhere)] == ["submitting", "running"]


def test_one_that_is_taken_has_all_be_looked_at_that_is_still_wanted(world: Shared, tmp_path: Path) -> None:
    text = BOARD + "".join(f'  - {{id: s{n}, prompt: "{n}"}}\n' for n in range(12))
    (tmp_path / "storyboard.yaml").write_text(text, encoding="utf-8")
    found = api.compile(tmp_path / "storyboard.yaml").entries
    mine = found[::5]
    for entry in found:
        if entry not in mine:
            theirs = record(world, entry, "running", task=task_of(world, entry))
            world.theirs[entry.fingerprint] = [(theirs, True)]
    events = world.go(found, stop_after=2000)
    assert events[-1].exit == 0 and sorted(world.sent) == sorted(e.address for e in mine)  # type: ignore[union-attr]
    assert {e.entry for e in events if isinstance(e, Saved)} == {e.address for e in found}
    told = [e.entry for e in events if isinstance(e, BoughtElsewhere)]
    assert len(told) == len(set(told)) == len(found) - len(mine)
    assert 1 <= world.taken < 5, "each of them was asked for, to be told that it is taken"


@pytest.mark.parametrize("wait", [True, False])
def test_a_look_takes_nothing_away_that_was_begun_since_or_that_nobody_has(
    world: Shared, tmp_path: Path, *, wait: bool
) -> None:
    text = BOARD + "".join(f'  - {{id: s{n}, prompt: "{n}"}}\n' for n in range(5))
    (tmp_path / "storyboard.yaml").write_text(text, encoding="utf-8")
    found = api.compile(tmp_path / "storyboard.yaml").entries
    other = found[0]
    world.seen = {entry.fingerprint for entry in found[1:]}
    world.theirs[other.fingerprint] = [(record(world, other, "running", task=task_of(world, other)), True)]
    events = world.go(found, stop_after=500, wait=wait)
    assert events[-1].exit == (0 if wait else 7), events[-1]  # type: ignore[union-attr]
    assert sorted(world.sent) == sorted(e.address for e in found[1:])
    assert [e.entry for e in events if isinstance(e, BoughtElsewhere)] == [other.address]


def test_the_wait_ends_with_the_lease_and_leaves_a_doubt(world: Shared, entries: tuple[Entry, ...]) -> None:
    mine, other = entries
    sending = record(world, other, "submitting")
    world.theirs[other.fingerprint] = [(sending, True), (sending, True), (sending, False)]
    events = world.go(entries)
    assert (events[-1].exit, events[-1].doubt) == (8, 1) and world.sent == [mine.address]  # type: ignore[union-attr]
    assert [e.gone for e in events if isinstance(e, BoughtElsewhere)] == [False, True]


def test_a_run_that_is_stopped_while_it_waits_has_no_doubt(world: Shared, entries: tuple[Entry, ...]) -> None:
    _, other = entries
    world.theirs[other.fingerprint] = [(record(world, other, "submitting"), True)]
    events = world.go(entries, stop_after=60)
    assert (events[-1].exit, events[-1].doubt, events[-1].running) == (130, 0, 1)  # type: ignore[union-attr]


def test_a_ledger_that_is_silent_is_not_asked_for_ever(world: Shared, entries: tuple[Entry, ...]) -> None:
    _, other = entries
    world.theirs[other.fingerprint] = [(record(world, other, "submitting"), True)]
    world.silent = True
    events = world.go(entries)
    assert events[-1].exit == 7 and world.looks > 3, events[-1]  # type: ignore[union-attr]


def test_what_another_one_withdrew_is_asked_for_again(world: Shared, entries: tuple[Entry, ...]) -> None:
    mine, other = entries
    world.theirs[other.fingerprint] = [
        (record(world, other, "submitting"), True),
        (record(world, other, "queued"), False),
    ]
    events = world.go(entries)
    assert events[-1].exit == 0 and sorted(world.sent) == [mine.address, other.address]  # type: ignore[union-attr]


def test_an_attempt_of_theirs_that_failed_is_repeated_by_the_rules_of_ones_own(
    world: Shared, entries: tuple[Entry, ...]
) -> None:
    mine, other = entries
    for code, again in (("service_error", True), ("odd", False)):
        one = Shared(lambda n: 0, Counter())
        failure = {"code": code, "message": "no"}
        one.theirs[other.fingerprint] = [(record(one, other, "failed", failure=failure), False)]
        events = one.go(entries)
        assert one.sent.count(other.address) == again
        assert events[-1].exit == (0 if again else 1)  # type: ignore[union-attr]
        assert [e.then for e in events if isinstance(e, Failed)] == ["again" if again else "asked"]
    assert mine


@pytest.mark.parametrize("code", [4, 5, 6, 7])
def test_what_the_ledger_does_not_grant_ends_the_buying_with_its_code(
    world: Shared, entries: tuple[Entry, ...], code: int
) -> None:
    world.refuses_with = NotGranted("ledger", "nothing was sent", code)
    events = world.go(entries)
    assert events[-1].exit == code and world.sent == [] and not list(world.lock())  # type: ignore[union-attr]
    assert [e.message for e in events if isinstance(e, Stopped)] == ["nothing was sent"]


def test_a_leave_that_is_too_old_is_given_back_and_nothing_is_sent(world: Shared, entries: tuple[Entry, ...]) -> None:
    world.late = True
    events = world.go(entries, stop_after=20)
    assert world.sent == [] and any(isinstance(e, Deferred) and e.code == "withdrawn" for e in events)
    assert {str(r.state) for r in world.lock()} == {"queued"}


def test_runners_ask_in_different_orders_but_take_one_comes_first(tmp_path: Path) -> None:
    text = BOARD + "".join(f'  - {{id: s{n}, takes: 2, prompt: "{n}"}}\n' for n in range(20))
    (tmp_path / "storyboard.yaml").write_text(text, encoding="utf-8")
    found = api.compile(tmp_path / "storyboard.yaml").entries
    world = Shared(lambda n: 0, Counter())
    rules = Rules("renders", lambda code: "asked", lambda file, size=None: False, world.moment().text())
    plan = make_plan(found, Lock(), rules)
    takes = {e.fingerprint: e.take for e in found}
    orders = [list(admit(plan, Limits(), PACE, world.moment(), runner).jobs) for runner in ("", "one", "two", "one")]
    assert orders[0] == [e.fingerprint for e in sorted(found, key=lambda e: e.take)], "alone, as it ever was"
    assert orders[1] == orders[3] and len({tuple(o) for o in orders}) == 3
    assert all([takes[fp] for fp in order] == sorted(takes.values()) for order in orders)
