"""A fault of seedspec itself while a paid request is under way: the answer is awaited and kept, then it is raised."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from world import AGAIN, PACE, World

from seedspec import api
from seedspec.lock.event import Event
from seedspec.lock.lock import Lock
from seedspec.lock.state import State
from seedspec.run.engine.engine import Engine
from seedspec.run.engine.messages import Call, Create, Read, Reply
from seedspec.run.engine.purchase import Limits, Moment
from seedspec.run.engine.terms import Terms
from seedspec.run.loop import drive

BOARD = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {duration: 4, quality: 480p}
references: {hero: {image: hero.png}}
shots:
  - {id: a, prompt: "one {{ ref('hero') }}"}
  - {id: b, prompt: "two {{ ref('hero') }}"}
"""


class Fault(Exception):
    """What nobody has foreseen."""


@dataclass(slots=True)
class Waking(Engine):
    """It fails while a paid request is under way, before it listens for the answer."""

    def wake(self, now: Moment) -> float | None:
        if self.paying:
            raise Fault
        return Engine.wake(self, now)


@dataclass(slots=True)
class Reading(Engine):
    """It fails at each answer to a read."""

    def reply(self, call: Call, reply: Reply, now: Moment) -> list[Event]:
        found = Engine.reply(self, call, reply, now)
        if isinstance(call, Read):
            raise Fault
        return found


@dataclass
class Together(World):
    """A service of which the answers to a read and to a paid request arrive at one moment, in this order."""

    def wait(self, seconds: float | None) -> list[tuple[Call, Reply]]:
        self.clock += seconds or 0.0
        kinds = [type(call) for call, _ in self._pending]
        if kinds == [Read] and self.lock_states() != [State.RUNNING, State.RUNNING] and self.clock < 1000:
            return []
        found = sorted(self._pending, key=lambda pair: isinstance(pair[0], Create))
        self._pending = []
        return found

    def lock_states(self) -> list[State]:
        return [record.state for record in self.lock()]


@dataclass
class Failing(World):
    """A wire that fails once, when a run that was asked to end waits for the answer to its paid request."""

    asked: bool = False
    failed: bool = False

    def wait(self, seconds: float | None) -> list[tuple[Call, Reply]]:
        if self.tasks and not self.asked:
            self.clock += 1.0
            return []
        if self.asked and not self.failed:
            self.failed = True
            raise Fault
        return super().wait(seconds)

    def stopping(self) -> bool:
        self.asked = bool(self.tasks)
        return self.asked


@pytest.mark.parametrize(("kind", "service"), [(Waking, World), (Reading, Together), (Engine, Failing)])
def test_the_answer_to_a_paid_request_is_kept(
    kind: type[Engine], service: type[World], tmp_path: Path, hero: Path
) -> None:
    (tmp_path / "hero.png").write_bytes(hero.read_bytes())
    (tmp_path / "board.yaml").write_text(BOARD, encoding="utf-8")
    compiled = api.compile(tmp_path / "board.yaml")
    world = service(lambda n: 0, Counter())
    machine = kind(
        name="fault",
        plan=world.plan(compiled.entries, Lock(), retry=False, others=()),
        pace=replace(PACE, submit_every=5.0),
        limits=Limits(),
        key=lambda: f"key-{world.counts['made']}-{world.counts.update(made=1)}",
        terms=Terms(
            then=lambda code: AGAIN.get(code, "asked"),  # type: ignore[arg-type,return-value]
            attempts=3,
            result_seconds=86400,
        ),
    )
    with pytest.raises(Fault):
        for _ in drive(machine, world, world, clock=world.moment, stopping=getattr(world, "stopping", lambda: False)):
            pass
    states = [record.state for record in world.lock()]
    assert world.tasks and len(states) == len(world.tasks)
    assert State.SUBMITTING not in states and State.DOUBT not in states, states
