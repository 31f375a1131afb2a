"""Buyers that are killed, and stores that lose answers: counted at the service, each with the control that must fail.

What a control shows is that the disturbance is one: a ledger without the rule breaks under it.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from bucket import Store as Bucket
from buyer import Service, buy, look_then_write
from database import Server
from memory import Clock, Memory
from purchases import Team, fp, intent, line

from seedspec.lock.state import State
from seedspec.run.store.ledger import layout
from seedspec.run.store.ledger.budget import MICRO
from seedspec.run.store.ledger.budget_share import load, set_ceiling
from seedspec.run.store.ledger.connect import connect
from seedspec.run.store.ledger.lease import LEASE
from seedspec.run.store.ledger.ledger import Ledger, Spent, Taken
from seedspec.run.store.ledger.store import Unreachable

HERE = Path(__file__).parent


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return Service(tmp_path / "service")


def states(team: Team) -> Counter[str]:
    return Counter(str(r.state) for r in team.run().refresh()[0])


def shuffled(many: int, seed: object) -> list[int]:
    numbers = list(range(many))
    random.Random(str(seed)).shuffle(numbers)
    return numbers


def together(works: list[Callable[[], Any]]) -> list[Any]:
    with ThreadPoolExecutor(len(works)) as pool:
        return [found.result() for found in [pool.submit(work) for work in works]]


# 1: two machines, one of them killed at a seeded count


def programs(url: str, team: Team, service: Service, many: int, count: int) -> list[subprocess.Popen[bytes]]:
    """Buyers in processes of their own."""
    environ = {**os.environ, "PYTHONPATH": f"{HERE}:{HERE.parent}"}
    words = [sys.executable, str(HERE / "buyer.py"), url, team.board]
    return [subprocess.Popen([*words, f"buyer-{n}", str(count), str(service.path)], env=environ) for n in range(many)]


def kill_one(url: str, service: Service, count: int, seed: int, buyers: int = 2) -> Team:
    """Kills one of them when so many are paid, and waits for the others."""
    team = Team(lambda: connect(url, "--ledger", local=True))
    running = programs(url, team, service, buyers, count)
    at = random.Random(seed).randrange(2, count // 2)
    while len(service.taken()) < at and running[0].poll() is None:
        threading.Event().wait(0.005)
    running[0].send_signal(signal.SIGKILL)
    for process in running:
        process.wait(120)
    assert all(process.returncode == 0 for process in running[1:])
    return team


def bought_once(team: Team, service: Service, count: int, killed: int = 1) -> None:
    """Nothing twice, at most one doubt for each that was killed, everything else is saved or followed."""
    found = states(team)
    assert service.doubles() == 0
    assert found["submitting"] <= killed and found["running"] <= killed and found["completed"] <= killed
    assert sum(found.values()) == count and found["saved"] >= count - killed
    assert len(service.taken()) >= count - found["submitting"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_buyer_that_is_killed_leaves_one_doubt_and_no_double(bucket: Bucket, service: Service, seed: int) -> None:
    bought_once(kill_one(f"s3://team/kill-{seed}", service, 24, seed), service, 24)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10))
def test_many_kills(bucket: Bucket, service: Service, seed: int) -> None:
    bought_once(kill_one(f"s3://team/long-kill-{seed}", service, 400, seed), service, 400)


def test_the_control_of_looking_and_then_writing_buys_twice(bucket: Bucket, service: Service) -> None:
    team = Team(lambda: connect("s3://team/look-then-write", "--ledger", local=True))
    runs, both = [team.run(), team.run()], threading.Barrier(2, timeout=30)
    grants = [look_then_write(run._store, team.board, run.runner, both.wait) for run in runs]
    together(
        [lambda r=run, g=grant: buy(r, range(4), service, grant=g) for run, grant in zip(runs, grants, strict=True)]
    )
    assert service.doubles() > 0


# 2: a database that crashes


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3))
def test_a_database_that_crashes_sells_nothing_twice(database: Server, service: Service, seed: int) -> None:
    team = Team(lambda: connect(database.url, "--ledger", local=True))
    running = programs(database.url, team, service, 6, 400)
    crash_at(database, service, 100 + 60 * seed)
    for process in running:
        assert process.wait(120) == 0
    bought_once(team, service, 400, killed=0)


def crash_at(database: Server, service: Service, count: int) -> None:
    while len(service.taken()) < count:
        threading.Event().wait(0.005)
    database.stop(immediate=True)
    threading.Event().wait(2)
    database.start()


@pytest.mark.long
def test_the_control_of_advisory_locks_buys_twice(database: Server, service: Service) -> None:
    """Such a lock ends with its session: after a crash somebody else gets it while the first one still sends."""
    import psycopg

    holding, crashed = threading.Event(), threading.Event()

    def buyer(name: str, *, sends_later: bool) -> None:
        link = psycopg.connect(database.url, autocommit=True)
        if link.execute("select pg_try_advisory_lock(7)").fetchone() == (True,):
            holding.set()
            assert not sends_later or crashed.wait(60)
            service.take(intent(7), name)

    first = threading.Thread(target=buyer, args=("first",), kwargs={"sends_later": True})
    first.start()
    assert holding.wait(60)
    database.stop(immediate=True)
    database.start()
    buyer("second", sends_later=False)
    crashed.set()
    first.join()
    assert service.doubles() > 0


# 3: every fifth answer is lost


def every_fifth(kinds: tuple[str, ...]) -> Callable[[str, str], str]:
    number, guard = [0], threading.Lock()

    def chance(method: str, path: str) -> str:
        if method != "PUT" or "/buy/" not in path:
            return ""
        with guard:
            number[0] += 1
            return kinds[number[0] // 5 % len(kinds)] if number[0] % 5 == 0 else ""

    return chance


def four_buyers(bucket: Bucket, url: str, service: Service, count: int, grant: Any = None) -> Team:
    team = Team(lambda: connect(url, "--ledger", local=True))
    runs = [team.run() for _ in range(4)]
    for run in runs:
        run.beat()
    bucket.chance = every_fifth(("lost", "500 after", "409"))
    together([lambda r=r: buy(r, shuffled(count, r.runner.id), service, grant=grant and grant(r)) for r in runs])
    bucket.chance = lambda method, path: ""
    return team


@pytest.mark.parametrize("count", [20, pytest.param(200, marks=pytest.mark.long)])
@pytest.mark.slow
def test_lost_answers_lose_and_double_nothing(bucket: Bucket, service: Service, count: int) -> None:
    team = four_buyers(bucket, f"s3://team/answers-{count}", service, count)
    assert service.doubles() == 0 and len(service.taken()) == count and states(team) == {"saved": count}


@pytest.mark.slow
def test_the_control_without_a_nonce_keeps_purchases_that_nobody_sends(bucket: Bucket, service: Service) -> None:
    def believes(run: Ledger) -> Any:
        def grant(values: dict[str, Any]) -> Taken | None:
            from seedspec.run.store.ledger.purchase import Purchase, write_purchase

            mine = Purchase(run.runner, values)
            tag = run._store.create(layout.purchase(run.board, *mine.name), write_purchase(mine))
            return None if tag is not None else Taken(None)  # type: ignore[arg-type]

        return grant

    team = four_buyers(bucket, "s3://team/no-nonce", service, 20, believes)
    assert 20 - len(service.taken()) > 0 and states(team)["submitting"] > 0


# 4: a store that stands still for longer than anybody waits


@pytest.mark.long
def test_a_store_that_stood_still_has_granted_nothing_that_was_sent(bucket: Bucket, service: Service) -> None:
    team = Team(lambda: connect("s3://team/frozen", "--ledger", local=True))
    runs = [team.run() for _ in range(3)]
    for run in runs:
        run.beat()
    thaw = threading.Timer(35, bucket.thaw.set)
    bucket.faults["PUT"] = "frozen"
    thaw.start()
    together([lambda r=r: buy(r, shuffled(12, r.runner.id), service) for r in runs])
    together([run.beat for run in runs])
    granted = {r.get("intent")["key"] for r in runs[0].refresh()[0]}
    assert service.doubles() == 0 and {key for _, key, _ in service.taken()} <= granted
    assert len(service.taken()) == 12


def test_the_control_that_sends_without_an_answer_buys_twice(service: Service) -> None:
    memory = Memory()
    team = Team(lambda: memory)
    one, two = team.run(), team.run()
    one.beat(), two.beat()

    def hopeful(values: dict[str, Any]) -> Taken | Spent | None:
        memory.fault = lambda what, key: "before"
        try:
            return one.grant(values)
        except Unreachable:
            return None
        finally:
            memory.fault = lambda what, key: ""

    values = intent(1)
    assert hopeful(values) is None
    service.take(values, one.runner.id)
    buy(two, [1], service)
    assert service.doubles() > 0


# 6: clocks that are ten minutes apart


def looks(apart: float, rounds: int) -> tuple[int, int]:
    """How often 20 living runs look at each other, and call one dead: by the store's clock, and by their own stamps."""
    time, chance = Clock(), random.Random(5)
    memory = Memory(clock=time)
    team = Team(lambda: memory)
    by = [chance.uniform(-apart, apart) for _ in range(20)]
    clocks = [lambda n=n: time.at + by[n] for n in range(20)]
    runs = [team.run(clock=clock) for clock in clocks]
    stamps = [0.0] * 20
    wrong = wrong_by_stamps = 0
    for _ in range(rounds):
        time.at += chance.uniform(1, 15)
        for number, run in enumerate(runs):
            run.beat()
            stamps[number] = clocks[number]()
        for number, run in enumerate(runs):
            other = chance.randrange(20)
            wrong += not run.lives(runs[other].runner.id)
            wrong_by_stamps += clocks[number]() - stamps[other] > LEASE
    return wrong, wrong_by_stamps


@pytest.mark.parametrize("rounds", [20, pytest.param(500, marks=pytest.mark.long)])
def test_clocks_that_are_apart_put_nobody_in_doubt(rounds: int) -> None:
    wrong, control = looks(600.0, rounds)
    assert wrong == 0 and control > 0, "the control reads the machines' own stamps"


# 7: a ceiling, and runs that die


class Mortal:
    """Lives until it has been asked so often."""

    def __init__(self, asks: int | None) -> None:
        self._left = asks

    def __call__(self) -> bool:
        if self._left is not None:
            self._left -= 1
        return self._left is None or self._left > 0


@pytest.mark.parametrize(("usd", "many"), [(25, 40), pytest.param(250, 400, marks=pytest.mark.long)])
def test_the_ceiling_holds_when_runs_die_and_is_used_when_their_leases_are_over(
    service: Service, usd: int, many: int
) -> None:
    time, chance = Clock(), random.Random(11)
    memory = Memory(clock=time)
    team = Team(lambda: memory)
    set_ceiling(memory, usd * MICRO, monthly=False)
    runs = [team.run(clock=time) for _ in range(10)]
    ends = [Mortal(chance.randrange(3, 9)) if n < 4 else Mortal(None) for n in range(10)]
    works = [
        lambda r=r, e=e: buy(r, shuffled(many, r.runner.id), service, lives=e) for r, e in zip(runs, ends, strict=True)
    ]
    assert together(works[:4]) == ["dead"] * 4 and together(works[4:]) == ["spent"] * 6
    assert len(service.taken()) <= usd
    time.at += LEASE + 1
    last = team.run(clock=time)
    assert buy(last, shuffled(many, "last"), service) == "spent"
    paid = {name for name, _, _ in service.taken()}
    doubts = {f"{r.fp}/{r.attempt}" for r in last.refresh()[0] if r.state is State.SUBMITTING}
    assert service.doubles() == 0 and len(paid | doubts) == usd, "a grant that was not sent is reserved all the same"
    assert load(memory)[0].taken("") == usd * MICRO


def test_the_control_that_counts_and_then_buys_passes_the_ceiling(service: Service) -> None:
    memory = Memory()
    team = Team(lambda: memory)
    both = threading.Barrier(2, timeout=30)

    def count_then_buy(run: Ledger) -> Callable[[], None]:
        def work() -> None:
            for number in shuffled(8, run.runner.id):
                spent = len(run.refresh()[0].attempts)
                both.wait()
                if spent < 3 and run.grant(intent(number)) is None:
                    service.take(intent(number), run.runner.id)
                both.wait()

        return work

    together([count_then_buy(team.run()), count_then_buy(team.run())])
    assert len(service.taken()) > 3


# RULINGS: a kill between the grant and the line on disk


def test_a_grant_that_was_never_sent_is_a_doubt_for_others_when_the_lease_is_over(service: Service) -> None:
    time = Clock()
    memory = Memory(clock=time)
    team = Team(lambda: memory)
    one, two = team.run(clock=time), team.run(clock=time)
    assert one.grant(intent(1)) is None  # and it is killed before it writes anything anywhere else
    time.at += LEASE + 1
    answer = two.grant(intent(1))
    assert isinstance(answer, Taken) and not answer.standing.lives and service.taken() == []
    two.record(line(1, "failed", failure={"code": "not-billed", "message": "a person says so"}))
    assert two.grant(intent(1, attempt=2)) is None
    assert [str(r.state) for r in two.refresh()[0].attempts[fp(1)]] == ["failed", "submitting"]
