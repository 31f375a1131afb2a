"""One of two machines is killed, or stands still, between its leave and its request: nothing is bought twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time

import pytest
from bucket import Store
from clones import MANY, Clone, attached, wanted
from helpers import LONGEST, PACE, SMALL, Make, Service, wait_for

pytestmark = pytest.mark.slow

QUICK = {"LEASE": 2.0, "RENEW": 0.6, "_MARGIN": 0.7, "_GLANCE": 0.1, "BEAT": 0.1, "SETTLED": 2.5, "LOOK": 0.3}

STANDS = """
import os, signal
from seedspec.run.store.journal import Journal
before = Journal.intend
def intend(self, *given):
    {first}
    before(self, *given)
    {then}
Journal.intend = intend
"""
STOP = "os.kill(os.getpid(), signal.SIGSTOP)"
KILL = "os.kill(os.getpid(), signal.SIGKILL)"


def stopped(process: subprocess.Popen[bytes]) -> bool:
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as file:
        return file.read().rpartition(")")[2].split()[0] == "T"


def killed(clone: Clone, number: int) -> None:
    """A run that is killed after so many of its events."""
    process = clone.start("run", "--yes", "--format", "jsonl", *PACE, bufsize=0)
    assert process.stdout is not None
    for _ in range(number + 1):
        if not process.stdout.readline():
            break
    process.kill()
    process.communicate(timeout=LONGEST)


def settled(clone: Clone) -> int:
    """What a person does about each doubt, by the service's own books."""
    doubts = [r for r in clone.lock() if r.state in ("doubt", "submitting")]
    for record in doubts:
        key = record.get("intent")["key"]
        tasks = [v["task"] for v in clone.service.ledger("reserved") if v["idempotency_key"] == key]
        word = ("--task", tasks[0]) if tasks else ("--not-billed",)
        end = time.monotonic() + LONGEST
        while (done := clone.do("settle", record.entry, *word)).code and time.monotonic() < end:
            assert done.code == 6 and "it can be settled in" in done.err, done
        assert done.code == 0, done
    return len(doubts)


def finished(clone: Clone, many: int) -> int:
    """Another clone brings everything home; how many doubts it met."""
    first = clone.run()
    doubts = 0
    if first.code == 8:
        doubts = settled(clone)
        first = clone.run()
    assert first.code == 0, first
    bought = clone.service.bought(clone.name)
    assert len(bought) == many and set(bought.values()) == {1}, bought
    assert wanted(clone.folder) == many
    return doubts


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long), pytest.param(3, marks=pytest.mark.long)])
def test_one_of_two_is_killed_and_the_other_brings_everything_home(
    seed: int, project: Make, mine: Service, bucket: Store
) -> None:
    one = attached(project, bucket, MANY, at=mine)
    one = one.another("a", quick=QUICK)
    two = one.another("b")
    going = two.start("run", "--yes", "--format", "jsonl", *PACE)
    killed(one, random.Random(seed).randrange(2, 18))
    going.communicate(timeout=LONGEST)
    assert going.returncode in (0, 7, 8)
    assert finished(two, 6) <= 1


@pytest.mark.parametrize("when", ["before the local line", pytest.param("after it", marks=pytest.mark.long)])
def test_a_kill_between_the_grant_and_the_request_leaves_one_doubt_and_buys_nothing(
    when: str, project: Make, mine: Service, bucket: Store
) -> None:
    first, then = (KILL, "pass") if when.startswith("before") else ("pass", KILL)
    one = attached(project, bucket, SMALL, at=mine)
    one = one.another("a", quick=QUICK, more=STANDS.format(first=first, then=then))
    two = one.another("b", more="")
    assert one.run().code == -signal.SIGKILL and not mine.bought(one.name)
    assert len(one.lock().attempts) == (0 if first == KILL else 1)
    assert finished(two, 2) == 1, "the grant that nobody used was waited for, and is a doubt"


def froze(one: Clone, two: Clone, seconds: float) -> subprocess.Popen[bytes]:
    """A run that stands still with a leave to buy in its hand, until another clone has settled and bought it."""
    process = one.start("run", "--yes", "--format", "jsonl", *PACE, "--select", "one")
    wait_for(lambda: stopped(process), "the stop")
    began = time.monotonic()
    two.run("--select", "one")
    settled(two)
    assert two.run("--select", "one").code == 0
    assert sum(mine_bought(two).values()) == 1
    wait_for(lambda: time.monotonic() - began > seconds, "the end of the leave")
    os.kill(process.pid, signal.SIGCONT)
    process.communicate(timeout=LONGEST)
    return process


def mine_bought(clone: Clone) -> dict[str, int]:
    return dict(clone.service.bought(clone.name))


@pytest.mark.long
@pytest.mark.parametrize(("fresh", "bought"), [(1.0, 1), (1000.0, 2)], ids=["its leave is over", "the control"])
def test_what_stood_still_with_a_leave_sends_nothing_once_others_have_settled_it(
    fresh: float, bought: int, project: Make, mine: Service, bucket: Store
) -> None:
    """Without the bound of a leave it is bought twice."""
    one = attached(project, bucket, SMALL, at=mine)
    one = one.another("a", quick=QUICK | {"FRESH": fresh}, more=STANDS.format(first="pass", then=STOP))
    two = one.another("b", quick=QUICK | {"FRESH": 1.0}, more="")
    froze(one, two, 1.1)
    assert mine_bought(one) == {f"{one.name} one": bought}


@pytest.mark.long
def test_settling_waits_for_the_lease_and_for_the_answer(project: Make, mine: Service, bucket: Store) -> None:
    one = attached(project, bucket, SMALL, at=mine)
    one = one.another("a", quick=QUICK | {"SETTLED": 1000.0}, more=STANDS.format(first="pass", then=KILL))
    two = one.another("b", more="")
    assert one.run().code == -signal.SIGKILL
    assert two.run().code == 8
    entry = next(r.entry for r in two.lock() if r.state == "submitting")
    for word in ("--not-billed", "--resend"):
        done = two.do("settle", entry, word)
        assert done.code == 6 and "it can be settled in" in done.err, done
    assert "pid" in done.err and not [p for p in mine_bought(two) if p.endswith(entry.partition("/")[0])]
