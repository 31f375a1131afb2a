"""The team's ceiling: never passed, used up to the last purchase, and given back by those who are over."""

from __future__ import annotations

import random
import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memory import Clock, Memory, Open
from purchases import PRICE, Team, fp, intent, line, saved

from seedspec.run.store.ledger.budget import MICRO, Budget, Drawn, budget_document, dollars, micro, read_budget
from seedspec.run.store.ledger.budget_share import load, set_ceiling
from seedspec.run.store.ledger.lease import LEASE
from seedspec.run.store.ledger.ledger import Ledger, Spent
from seedspec.run.store.ledger.opened import senders, senders_seen
from seedspec.run.store.ledger.team import make_board


def spent(team: Team) -> int:
    """What the records say, in dollars of the tests' price."""
    lock, _ = team.run().refresh()
    return sum(r.get("units") for r in lock if str(r.state) not in ("queued", "failed")) // PRICE


def buy(run: Ledger, numbers: Any, units: int = PRICE) -> list[int]:
    """The purchases that it gets, until the ceiling ends it."""
    got = []
    for number in numbers:
        answer = run.grant(intent(number, units=units))
        if isinstance(answer, Spent):
            break
        if answer is None:
            got.append(number)
    return got


@pytest.fixture
def team(opened: Open) -> Team:
    return Team(opened)


def ceiling(opened: Open, usd: int, *, monthly: bool = False) -> None:
    set_ceiling(opened(), usd * MICRO, monthly=monthly)


def test_without_a_ceiling_nothing_is_drawn(opened: Open, team: Team) -> None:
    assert len(buy(team.run(), range(10))) == 10
    assert load(opened()) == (Budget(), "")


@pytest.mark.parametrize("usd", [1, 3, 9, 10])
@pytest.mark.slow
def test_the_ceiling_is_used_to_the_last_purchase(opened: Open, team: Team, usd: int) -> None:
    ceiling(opened, usd)
    assert len(buy(team.run(), range(20))) == usd
    assert buy(team.run(), range(20, 30)) == []


def test_the_refusal_says_who_holds_how_much(opened: Open, team: Team) -> None:
    ceiling(opened, 2)
    one, two = team.run(name="alpha"), team.run()
    assert len(buy(one, range(9))) == 2
    refused = two.grant(intent(10))
    assert isinstance(refused, Spent)
    for word in ("shot-10/1", "$1.00", "$2.00", f"by {one.runner}"):
        assert word in refused.message


def test_what_has_no_price_is_bought_outside_of_the_ceiling_when_that_is_asked_for(opened: Open, team: Team) -> None:
    ceiling(opened, 1)
    run = team.run()
    unpriced = {k: v for k, v in intent(1).items() if k != "units"}
    refused = run.grant(unpriced)
    assert isinstance(refused, Spent) and "--unpriced" in refused.message
    run.allow_unpriced()
    assert run.grant(unpriced) is None
    assert buy(run, range(2, 9)) == [2], "the ceiling bounds what has a price, as before"


def test_a_look_says_for_how_long_a_sender_was_silent(opened: Open, team: Team) -> None:
    sender, reader = team.run(), team.run()
    assert sender.grant(intent(1)) is None
    reader.refresh()
    written = time.time() - reader.silent_here(sender.runner.id, time.time())
    name = (fp(1), 1)
    assert senders_seen(reader, written + LEASE) == senders(reader) == {name: str(sender.runner)}
    said = senders_seen(reader, written + 1201)[name]
    assert said == f"{sender.runner}, silent for 20 min: the next run sees whether it is over"


def test_two_boards_spend_from_one_budget(opened: Open, team: Team) -> None:
    ceiling(opened, 5)
    one, two = team.run(), team.run(board=make_board(opened(), "trailer"))
    assert len(buy(one, range(3))) == 3
    assert len(buy(two, range(9))) == 2 and buy(one, range(9, 12)) == []


def test_what_was_not_billed_gives_its_share_back(opened: Open, team: Team) -> None:
    ceiling(opened, 2)
    one = team.run()
    assert buy(one, range(5)) == [0, 1]
    one.record(line(0, "queued"))
    assert buy(one, range(5, 9)) == [5]
    one.record(line(1, "failed", failure={"code": "no", "message": ""}))
    assert buy(one, range(6, 9)) == [6]
    one.record(line(5, "running", task="T5"))
    one.record(line(5, "failed", task="T5", charged=68.0, failure={"code": "no", "message": ""}))
    assert buy(one, range(7, 9)) == []


def test_what_was_charged_counts(opened: Open, team: Team) -> None:
    ceiling(opened, 2)
    one = team.run()
    assert buy(one, range(5)) == [0, 1]
    one.record(line(0, "running", task="T0"))
    one.record(line(0, "completed", task="T0", charged=17.0))  # a quarter of what was expected
    assert buy(one, [5], units=PRICE * 3 // 4) == [5] and buy(one, [6], units=PRICE // 100) == []


def test_the_end_gives_back_what_was_drawn(opened: Open, team: Team) -> None:
    ceiling(opened, 100)
    one = team.run()
    assert len(buy(one, range(5))) == 5
    budget, _ = load(opened())
    assert budget.taken("") > 5 * MICRO, "a slice is drawn while the ceiling is far"
    for number in range(5):
        one.record(line(number, "running", task=f"T{number}"))
        one.record(saved(number))
    one.close([])
    budget, _ = load(opened())
    assert budget.runs == {} and sum(budget.spent.values()) == 5 * MICRO


def test_what_still_runs_at_the_end_stays_reserved_until_it_ended(opened: Open, team: Team) -> None:
    ceiling(opened, 2)
    one = team.run()
    assert len(buy(one, range(5))) == 2
    one.record(line(0, "running", task="T0"))
    one.record(line(1, "running", task="T1"))
    one.close([])
    two = team.run()
    assert buy(two, [5]) == []
    two.refresh()
    two.record(line(0, "failed", task="T0", failure={"code": "no", "message": ""}))
    assert buy(two, [5, 6]) == [5]
    two.record(saved(1))
    two.record(line(5, "failed", failure={"code": "no", "message": ""}))
    two.close([])
    three = team.run()
    assert len(buy(three, [6, 7])) == 1, "one dollar is spent for good, one is free"
    assert set(load(opened())[0].runs) == {three.runner.id}


class World:
    def __init__(self) -> None:
        self.time = Clock()
        self.memory = Memory(clock=self.time)
        self.team = Team(lambda: self.memory)

    def run(self, **given: Any) -> Ledger:
        return self.team.run(clock=self.time, **given)

    def set(self, usd: int, *, monthly: bool = False) -> None:
        set_ceiling(self.memory, usd * MICRO, monthly=monthly)


@pytest.fixture
def world() -> World:
    return World()


def test_the_slice_of_a_dead_run_comes_back_after_its_lease(world: World) -> None:
    world.set(10)
    dead, other = world.run(), world.run()
    assert len(buy(dead, range(2))) == 2  # and never another word
    assert len(buy(other, range(10, 30))) == 6, "two slices of four less what is used: two stay with the dead run"
    world.time.at += LEASE + 2
    assert len(buy(other, range(30, 40))) == 2
    assert spent(world.team) == 10


def test_a_run_that_was_taken_for_dead_draws_anew(world: World) -> None:
    """It stood still for longer than its lease; others took what it had not spent."""
    world.set(10)
    frozen, other = world.run(), world.run()
    assert len(buy(frozen, range(2))) == 2
    world.time.at += LEASE + 2
    assert len(buy(other, range(10, 30))) == 8
    assert buy(frozen, range(2, 5)) == [], "what it had drawn is not its own any more"
    assert spent(world.team) == 10
    other.record(line(10, "queued"))
    other.close([])
    assert len(buy(frozen, range(5, 8))) == 1 and spent(world.team) == 10


def test_a_run_that_has_just_begun_is_not_taken_for_dead(world: World) -> None:
    """Its lease began after the other one's last look at leases; no time has passed since."""
    world.set(30)
    one = world.run()
    assert len(buy(one, range(1))) == 1
    one.lives("nobody")
    new = world.run()
    assert len(buy(new, range(100, 102))) == 2
    got = len(buy(one, range(200, 300))) + len(buy(new, range(300, 400)))
    assert got == 27 and spent(world.team) == 30 and one.lives(new.runner.id)


def test_a_run_that_stands_still_in_a_grant_does_not_pass_the_ceiling(world: World) -> None:
    world.set(4)
    frozen, other = world.run(), world.run()
    assert len(buy(frozen, [0])) == 1
    stands = [True]

    def freeze(what: str, key: str) -> str:
        if "/buy/" in key and stands:
            stands.pop()
            world.time.at += LEASE + 2
            assert len(buy(other, range(10, 20))) == 3
        return ""

    world.memory.fault = freeze
    assert isinstance(frozen.grant(intent(1)), Spent)
    assert spent(world.team) == 4


def test_each_month_has_the_whole_ceiling(world: World) -> None:
    world.set(3, monthly=True)
    one = world.run()
    assert len(buy(one, range(9))) == 3
    world.time.at += 35 * 86_400
    assert len(buy(one, range(10, 19))) == 3
    one.close([])
    assert buy(world.run(), range(20, 29)) == []
    world.set(7)
    assert len(buy(world.run(), range(20, 29))) == 1, "a ceiling for ever counts all months"


def test_a_ceiling_that_comes_later_binds_a_run_at_its_next_look(world: World) -> None:
    one = world.run()
    assert len(buy(one, range(3))) == 3
    world.set(5)
    world.time.at += 16
    assert len(buy(one, range(3, 20))) == 2


def test_a_purchase_without_a_price_is_refused_under_a_ceiling(world: World) -> None:
    world.set(100)
    refused = world.run().grant({**intent(1), "manifest": {"provider": "nobody", "model": "none"}})
    assert isinstance(refused, Spent) and "price" in refused.message


def test_lost_answers_change_no_sum(world: World) -> None:
    chance = random.Random(3)
    world.set(30)
    world.memory.fault = lambda what, key: chance.choice(["", "", "after-none"]) if key == "budget.json" else ""
    inner = world.memory._write

    def write(what: str, key: str, data: bytes, tag: str | None) -> str | None:
        made = inner(what, key, data, tag)  # carried out, and told as if somebody else had been faster
        return None if world.memory.fault(what, key) == "after-none" else made

    world.memory._write = write  # type: ignore[method-assign]
    runs = [world.run() for _ in range(3)]
    got = [len(buy(run, range(100 * i, 100 * i + 50))) for i, run in enumerate(runs)]
    assert sum(got) == 30
    for run in runs:
        run.close([])
    assert spent(world.team) == 30


TURNS = ["buy", "buy", "buy", "fail", "end", "die", "wait"]


@settings(max_examples=60)
@given(
    usd=st.integers(1, 60), prices=st.lists(st.integers(1, 9), min_size=1, max_size=5),
    turns=st.lists(st.tuples(st.integers(0, 4), st.sampled_from(TURNS)), max_size=60),
)  # fmt: skip
def test_any_history_keeps_the_ceiling_and_uses_it_to_within_one_purchase(
    usd: int, prices: list[int], turns: list[tuple[int, str]]
) -> None:
    world = World()
    world.set(usd)
    runs = [world.run() for _ in prices]
    number, bought = 0, dict[int, tuple[int, int]]()

    def step(who: int, does: str) -> bool:
        nonlocal number
        run, price = runs[who % len(runs)], prices[who % len(runs)]
        if does == "buy":
            number += 1
            if run.grant(intent(number, units=price * PRICE)) is not None:
                return False
            bought[number] = (who % len(runs), price)
        elif does == "fail" and (own := [n for n, (w, _) in bought.items() if w == who % len(runs)]):
            run.record(line(own[0], "failed", failure={"code": "no", "message": ""}))
            del bought[own[0]]
        elif does in ("end", "die"):
            if does == "end":
                run.close([])
            runs[who % len(runs)] = world.run()
            for n, (w, p) in list(bought.items()):
                bought[n] = (-1, p) if w == who % len(runs) else (w, p)
        elif does == "wait":
            world.time.at += LEASE + 20
        assert sum(p for _, p in bought.values()) <= usd
        return True

    for who, does in turns:
        step(who, does)
    world.time.at += LEASE + 20
    for who in range(len(runs)):
        while step(who, "buy"):
            pass
    left = usd - sum(p for _, p in bought.values())
    assert 0 <= left < min(prices), "what is left reaches for no purchase of anybody"
    assert spent(world.team) == usd - left


@given(st.integers(0, 10**12), st.booleans(), st.integers(1, 99))
def test_a_budget_is_read_as_it_was_written(usd: int, monthly: bool, epoch: int) -> None:
    runs = {"a": Drawn("b", {"2026-11": 5}), "c": Drawn("d", {}, over=True)}
    for budget in (Budget(usd, monthly, epoch, runs, {"2026-10": 7}), Budget(None, monthly, epoch)):
        assert read_budget(budget_document(budget)) == budget
    assert Decimal(dollars(usd)) * MICRO == usd and micro(Decimal(dollars(usd))) == usd


def test_sums_are_of_dollars(opened: Open) -> None:
    assert [dollars(n) for n in (0, 1, 500_000_000, 12_500_000)] == ["0", "0.000001", "500", "12.5"]
    assert fp(1) != fp(2)
