"""A store that loses requests and answers, stands still, or is deleted: nothing is bought twice or lost."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from memory import Clock, Memory
from purchases import Team, fp, intent, line, saved

from seedspec.run.store.ledger import layout
from seedspec.run.store.ledger.ledger import Sealed, Taken
from seedspec.run.store.ledger.store import Unreachable


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def team(memory: Memory) -> Team:
    return Team(lambda: memory)


def at_purchases(fault: str, times: int = 1) -> Callable[[str, str], str]:
    """The next writes of purchases fail."""
    left = [times]

    def chance(what: str, key: str) -> str:
        if "/buy/" not in key or not left[0]:
            return ""
        left[0] -= 1
        return fault

    return chance


@pytest.mark.parametrize("fault", ["before", "after"])
def test_who_got_no_answer_may_ask_again(memory: Memory, team: Team, fault: str) -> None:
    one, two = team.run(), team.run()
    one.beat()
    memory.fault = at_purchases(fault)
    wanted = intent(1)
    with pytest.raises(Unreachable):
        one.grant(wanted)
    assert one.grant(intent(1)) is None, "nobody sent it, so another intent of this run may stand there"
    assert isinstance(two.grant(intent(1)), Taken)


@pytest.mark.parametrize("fault", ["before", "after"])
def test_what_got_no_answer_is_withdrawn(memory: Memory, team: Team, fault: str) -> None:
    """Also where it has not arrived yet: then it cannot arrive any more."""
    clock = Clock()
    one, two = team.run(clock=clock), team.run()
    one.beat()
    memory.fault = at_purchases(fault)
    wanted = intent(1)
    with pytest.raises(Unreachable):
        one.grant(wanted)
    clock.at += 20
    one.beat()
    (found,) = two.look([(fp(1), 1)])
    assert found.values["state"] == "queued"
    assert memory.create(layout.purchase(team.board, fp(1), 1), b"the late request") is None
    assert two.grant(intent(1)) is None


def test_what_got_no_answer_at_the_end_is_withdrawn_too(memory: Memory, team: Team) -> None:
    one, two = team.run(), team.run()
    one.beat()
    memory.fault = at_purchases("after")
    with pytest.raises(Unreachable):
        one.grant(intent(1))
    lock, _ = one.close([])
    assert [str(r.state) for r in lock] == ["queued"] and two.grant(intent(1)) is None


def test_an_own_grant_that_came_back_as_taken_is_known_again(memory: Memory, team: Team) -> None:
    """A bucket's library repeats a request whose answer was lost, and then tells of its own success as of another's."""
    one, two = team.run(), team.run()
    one.beat(), two.beat()
    inner = memory._write

    def repeated(what: str, key: str, data: bytes, tag: str | None) -> str | None:
        inner(what, key, data, tag)
        return None

    memory._write = repeated  # type: ignore[method-assign]
    assert one.grant(intent(1)) is None and isinstance(two.grant(intent(1)), Taken)
    assert one.record(line(1, "queued"))["state"] == "queued"
    assert two.grant(intent(1)) is None and isinstance(one.grant(intent(1)), Taken)


def test_taken_and_nothing_there_is_asked_again(memory: Memory, team: Team) -> None:
    one = team.run()
    one.beat()
    memory.fault = at_purchases("taken", 2)
    assert one.grant(intent(1)) is None


def test_nothing_is_granted_while_nobody_answers(memory: Memory, team: Team) -> None:
    one = team.run()
    assert one.grant(intent(1)) is None
    memory.deaf = True
    for number in (2, 3):
        with pytest.raises(Unreachable):
            one.grant(intent(number))
    with pytest.raises(Unreachable):
        one.record(line(1, "running", task="T1"))
    memory.deaf = False
    assert one.record(line(1, "running", task="T1"))["task"] == "T1"
    assert sorted(one.refresh()[0].attempts) == [fp(1)]


def test_any_line_survives_lost_answers(memory: Memory, team: Team) -> None:
    """Each write is lost or its answer is, at random; whoever repeats what was not confirmed ends where it should."""
    chance = random.Random(7)
    memory.fault = lambda what, key: chance.choice(["", "", "before", "after", "taken"]) if "/buy/" in key else ""
    runs = [team.run() for _ in range(3)]
    for run in runs:
        run.beat()
    won = {
        n: [run for run in chance.sample(runs, 3) if _until(lambda r=run, n=n: r.grant(intent(n))) is None]
        for n in range(60)
    }
    assert all(len(winners) == 1 for winners in won.values())
    for number, (run,) in won.items():
        for values in (
            line(number, "running", task=f"T{number}"),
            line(number, "completed", task=f"T{number}"),
            saved(number),
        ):
            _until(lambda r=run, v=values: r.record(v))
    memory.fault = lambda what, key: ""
    assert {(r.fp, r.attempt, r.task, str(r.state)) for r in runs[0].refresh()[0]} == {
        (fp(n), 1, f"T{n}", "saved") for n in range(60)
    }


def _until(work: Callable[[], Any]) -> Any:
    while True:
        try:
            return work()
        except Unreachable:
            continue


# Rule 6: a ledger that is gone


@pytest.mark.parametrize("goes", ["team.json", "board", "other team", "no json"])
def test_another_ledger_seals(memory: Memory, team: Team, goes: str) -> None:
    clock = Clock()
    one = team.run(clock=clock)
    assert one.grant(intent(1)) is None
    if goes == "other team":
        memory._held["team.json"] = (layout.team_document(layout.Team("0000")), "new", 0.0)
    elif goes == "no json":
        memory._held["team.json"] = (b"{", "new", 0.0)
    else:
        del memory._held[layout.TEAM if goes == "team.json" else layout.board(team.board)]
    clock.at += 20
    with pytest.raises(Sealed):
        one.grant(intent(2))
    with pytest.raises(Sealed):
        one.beat()
    with pytest.raises(Sealed):
        one.close([])


def test_a_deleted_ledger_is_not_an_empty_one(memory: Memory, team: Team) -> None:
    one = team.run()
    assert one.grant(intent(1)) is None and one.grant(intent(2)) is None
    memory.wipe()
    with pytest.raises(Sealed):
        one.record(line(1, "running", task="T1"))
    with pytest.raises(Sealed):
        one.refresh()


def test_purchases_that_are_gone_seal(memory: Memory, team: Team) -> None:
    one, two = team.run(), team.run()
    assert one.grant(intent(1)) is None and one.grant(intent(2)) is None
    two.refresh()
    del memory._held[layout.purchase(team.board, fp(1), 1)]
    with pytest.raises(Sealed, match="gone"):
        two.refresh()


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"{}", b'{"runner":{},"record":{}}', b'{"runner":{},"record":{"fp":"x"}}'],
    ids=["nothing", "torn", "list", "empty", "no record", "bad record"],
)
def test_what_seedspec_did_not_write_is_not_relied_on(memory: Memory, team: Team, data: bytes) -> None:
    one = team.run()
    one.beat()
    memory.create(layout.purchase(team.board, fp(1), 1), data)
    with pytest.raises(Sealed, match=fp(1)):
        one.refresh()
    with pytest.raises(Sealed, match=fp(1)):
        one.grant(intent(1))


def test_a_purchase_under_another_name_is_not_relied_on(memory: Memory, team: Team) -> None:
    one = team.run()
    assert one.grant(intent(1)) is None
    data, _ = memory.get(layout.purchase(team.board, fp(1), 1)) or (b"", "")
    memory.create(layout.purchase(team.board, fp(2), 1), data)
    with pytest.raises(Sealed, match="another purchase"):
        team.run().refresh()
