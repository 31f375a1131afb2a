"""What is wrong with a team's ledger is told: each damage, what a snapshot knows better, what a lock knows more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from film_team import World, history
from purchases import fp, intent, line

from seedspec.lock.lock import Lock, lock_from
from seedspec.lock.record import record_of
from seedspec.plan.command_hint import CommandHint
from seedspec.run.ledger_admin.verify import verify
from seedspec.run.store.ledger import layout
from seedspec.run.store.ledger.team import seal

COMMANDS = CommandHint("film.yaml", False, "")
REBUILD = COMMANDS.line("ledger rebuild")


BUY = "boards/{0}/buy/00/{1}/1"
Change = Callable[[World], object]
NO_JSON = "no JSON: unexpected character, expected a JSON value"
SHUT = "this ledger was shut: nobody buys through it any more"


def without_task(record: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in record.items() if k != "task"}


DAMAGES: dict[str, tuple[Change, list[tuple[str, str, str]]]] = {
    "nothing": (lambda w: None, []),
    "no team": (
        lambda w: w.store._held.pop("team.json"),
        [("team.json", "it is gone: this ledger was deleted", REBUILD)],
    ),
    "a damaged team": (
        lambda w: w.put("team.json", lambda v: b"x"), [("team.json", f"`team.json` is {NO_JSON}", REBUILD)],
    ),
    "another format": (
        lambda w: w.put("team.json", lambda v: {**v, "seedspec_ledger": 2}),
        [("team.json", "`team.json` is of format 2; this seedspec reads 1", REBUILD)],
    ),
    "no board": (
        lambda w: w.store._held.pop(layout.board(w.board)),
        [("boards/FILM/board.json", "the ledger that the lock names is not there", REBUILD)],
    ),
    "a board of another team": (
        lambda w: w.put(layout.board(w.other), lambda v: {**v, "team": "x"}),
        [("boards/SHORT/board.json", "it is of the team x, not TEAM", REBUILD)],
    ),
    "a board of another name": (
        lambda w: w.put(layout.board(w.other), lambda v: {**v, "uuid": "x"}),
        [("boards/SHORT/board.json", "`boards/SHORT/board.json` says that it is of the board x",
          f"in the clone of `SHORT`: {REBUILD}")],
    ),
    "a board that is shut": (
        lambda w: seal(w.store, w.board),
        [("boards/FILM/board.json", SHUT, "pull the lock of now with git")],
    ),
    "another board that is shut": (
        lambda w: (w.put(w.key(20, w.other), lambda v: b"x"), seal(w.store, w.other)), [],
    ),
    "a damaged budget": (
        lambda w: w.store.create("budget.json", b"{}"),
        [("budget.json", "`budget.json` is not what seedspec writes", REBUILD)],
    ),
    "a damaged lease": (
        lambda w: w.put("runs/new.json", lambda v: b"[]"),
        [("runs/new.json", "`runs/new.json` is no JSON object", REBUILD)],
    ),
    "a purchase that is none": (
        lambda w: w.put(w.key(10), lambda v: {}), [(BUY.format("FILM", fp(10)), "`{0}` is no purchase", REBUILD)],
    ),
    "a purchase of another": (
        lambda w: w.put(w.key(10), lambda v: {**v, "record": {**v["record"], "attempt": 2}}),
        [(BUY.format("FILM", fp(10)), "`{0}` is of another purchase", REBUILD)],
    ),
    "a purchase of another board that is none": (
        lambda w: w.put(w.key(20, w.other), lambda v: b"x"),
        [(BUY.format("SHORT", fp(20)), "`{0}` is " + NO_JSON, f"in the clone of `short`: {REBUILD}")],
    ),
    "a purchase that no lock could hold": (
        lambda w: w.put(w.key(0), lambda v: {**v, "record": without_task(v["record"])}),
        [(BUY.format("FILM", fp(0)), "`running` without `task`", REBUILD)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGES)
def test_each_damage_is_told_with_its_remedy(name: str, world: World) -> None:
    history(world)
    damage, expected = DAMAGES[name]
    damage(world)
    found = verify(world.store, world.board, Lock(), COMMANDS)
    told = [(world.named(f.name), world.named(f.said), world.named(f.remedy)) for f in found.findings]
    assert told == [(where, said.replace("{0}", where), remedy) for where, said, remedy in expected]
    if name == "nothing":
        assert (found.boards, found.purchases) == (2, 8)


def test_what_a_snapshot_knows_better_is_told(world: World) -> None:
    old = world.run("old")
    for number in range(4):
        assert old.grant(intent(number)) is None
        old.record(line(number, "running", task=f"task-{number}2345678"))
    old.close([])
    assert verify(world.store, world.board, Lock(), COMMANDS).findings == ()
    del world.store._held[world.key(0)]
    data, tag, written = world.store._held[world.key(1)]
    edited = orjson.loads(data)
    edited["record"]["task"] = "task-another1"
    world.store._held[world.key(1)] = (orjson.dumps(edited), tag, written)
    world.put(world.key(2), lambda v: {**v, "record": {**v["record"], "state": "submitting"}})
    serial = max(map(layout.serial_of, world.store._held))
    assert [(f.name[-66:-2], f.said) for f in verify(world.store, world.board, Lock(), COMMANDS).findings] == [
        (fp(0), f"it is gone; the snapshot {serial} has it, as running"),
        (fp(1), f"it is not what the snapshot {serial} has of it, though nobody has changed it"),
        (fp(2), f"it went back: the snapshot {serial} has it as running, it is submitting"),
    ]
    held = world.store._held
    held[layout.snapshot(world.board, serial)] = (b"x", "t", 0.0)
    [found] = verify(world.store, world.board, Lock(), COMMANDS).findings
    assert found.name == layout.snapshot(world.board, serial)


def test_what_a_lock_knows_and_the_ledger_does_not_is_told(world: World) -> None:
    run = world.run("run")
    for number in range(3):
        assert run.grant(intent(number, key=f"key-of-number-{number}-000000")) is None
        run.record(line(number, "running", task=f"task-{number}2345678"))

    def known(number: int, state: str, attempt: int = 1, **more: Any) -> Any:
        values = {**intent(number, key=f"key-of-number-{number}-000000", attempt=attempt), "state": state, **more}
        return record_of(fp(number), attempt, values)

    lock = lock_from(
        [
            known(0, "running", task="task-02345678"),
            known(1, "saved", task="task-12345678", file="renders/1.mp4", sha256="1" * 64, bytes=1),
            known(2, "running", 2, task="task-another1"),
            known(7, "failed"),
        ],
        2,
    )
    fetch = COMMANDS.line("fetch")
    found = verify(world.store, world.board, lock, COMMANDS).findings
    assert [(f.name, f.said, f.remedy) for f in found] == [
        ("shot-1/1", "the lock has it as saved, and knows more of it than the ledger, which has running", fetch),
        ("shot-2/1", "the lock has it as running, the ledger has it not", fetch),
        ("shot-7/1", "the lock has it as failed, the ledger has it not", fetch),
    ]
