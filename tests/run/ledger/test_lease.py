"""Who lives, by the store's clock: what the machines' own clocks say changes nothing."""

from __future__ import annotations

import time

import pytest
from memory import Clock, Memory
from purchases import Team, fp, intent

from seedspec.run.store.ledger import layout, lease
from seedspec.run.store.ledger.lease import LEASE, elapsed_seconds
from seedspec.run.store.ledger.ledger import Sealed, Taken
from seedspec.run.store.ledger.store import Unreachable


class World:
    """A store whose clock goes, and machines whose clocks go as fast and say something else."""

    def __init__(self) -> None:
        self.time = Clock()
        self.memory = Memory(clock=self.time)
        self.team = Team(lambda: self.memory)

    def machine(self, apart: float):  # type: ignore[no-untyped-def]
        return self.team.run(clock=lambda: self.time.at + apart)


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize("apart", [-600.0, 0.0, 600.0])
def test_a_run_lives_while_it_renews(world: World, apart: float) -> None:
    one, two = world.machine(apart), world.machine(-apart)
    assert one.grant(intent(1)) is None
    for _ in range(20):
        world.time.at += 16
        one.beat()
        two.beat()
        assert two.lives(one.runner.id) and two.look([(fp(1), 1)])[0].lives
    world.time.at += LEASE - 2
    two.beat()
    assert two.lives(one.runner.id)
    world.time.at += 4
    assert not two.lives(one.runner.id) and not two.look([(fp(1), 1)])[0].lives


def test_local_stamps_would_call_the_living_dead(world: World) -> None:
    """The control: what the machines' own clocks say is no measure of a lease."""
    one, two = world.machine(-600), world.machine(600)
    stamp = one._lease._clock()
    assert two._lease._clock() - stamp > LEASE, "by their own clocks a run that has just begun is dead"
    one.beat(), two.beat()
    assert two.lives(one.runner.id)


def test_a_run_without_a_lease_is_dead(world: World) -> None:
    one = world.machine(0)
    one.beat()
    assert not one.lives("nobody") and not one.lives("")
    assert one.lives(one.runner.id)


def test_who_only_reads_writes_nothing_and_calls_nobody_dead_too_early(world: World) -> None:
    one, reader = world.machine(0), world.machine(600)
    assert one.grant(intent(1)) is None
    world.time.at += 3600
    before = len(world.memory.writes)
    reader.refresh()
    assert reader.standing()[fp(1), 1].lives, "without a lease of its own it does not know how late it is"
    assert len(world.memory.writes) == before
    reader.beat()
    assert not reader.standing()[fp(1), 1].lives


def test_a_beat_asks_the_store_only_when_it_is_time(world: World) -> None:
    one = world.machine(0)
    for _ in range(60):
        one.beat()
        world.time.at += 1
    assert world.memory.writes.count(layout.run(one.runner.id)) == 4


def test_a_lease_that_somebody_deleted_seals(world: World) -> None:
    one = world.machine(0)
    one.beat()
    del world.memory._held[layout.run(one.runner.id)]
    world.time.at += 16
    with pytest.raises(Sealed, match="gone"):
        one.beat()


def test_a_lost_answer_to_a_beat_is_no_trouble(world: World) -> None:
    one = world.machine(0)
    one.beat()
    for fault in ("after", "before", "taken"):
        world.time.at += 16
        faults = [fault]
        world.memory.fault = lambda what, key, faults=faults: faults.pop() if key.startswith("runs/") and faults else ""
        try:
            one.beat()
        except Unreachable:
            one.beat()
        assert one.lives(one.runner.id)


def test_a_run_that_stood_still_while_it_asked_gives_the_grant_back(world: World) -> None:
    """Others may have found its lease over, and counted the team's money without this purchase."""
    one, two = world.machine(0), world.machine(0)
    one.beat()
    stands = [True]

    def freeze(what: str, key: str) -> str:
        if "/buy/" in key and stands:
            stands.pop()
            world.time.at += LEASE + 5
        return ""

    world.memory.fault = freeze
    assert one.grant(intent(1)) is None
    states = [w for w in world.memory.writes if "/buy/" in w or w == layout.run(one.runner.id)]
    assert len([w for w in states if "/buy/" in w]) == 3, "it was granted, withdrawn, and granted under a new lease"
    assert isinstance(two.grant(intent(1)), Taken) and two.lives(one.runner.id)


def test_the_clock_for_durations_also_counts_the_time_in_which_the_machine_sleeps() -> None:
    system = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    readings = [time.clock_gettime(system), elapsed_seconds(), elapsed_seconds(), time.clock_gettime(system)]
    assert system == lease._CLOCK and readings == sorted(readings)


def test_who_asks_how_long_a_run_is_silent_knows_it_though_nobody_else_runs(world: World) -> None:
    """A person who settles a dead run's request has no lease, and maybe no colleague at work whose lease tells it."""
    dead, asks = world.machine(0), world.machine(600)
    assert dead.grant(intent(1)) is None
    world.time.at += 3600
    asks.refresh()
    silent = asks.silence(dead.runner.id)
    assert silent is not None and 3600 <= silent < 3605
    assert not dead.lives(asks.runner.id), "it holds nothing"
    assert asks.grant(intent(2)) is None
    world.time.at += 4
    assert dead.lives(asks.runner.id), "and it may begin to buy"
