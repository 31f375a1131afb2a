"""What people are told of a team's ledger, whole: how it stands, who runs, and what is made of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import orjson
import pytest
from film_team import World, history
from purchases import fp, intent
from spelled import shown

from seedspec.lock.lock import Lock, LockFault, encode, lock_from, parse, serialise
from seedspec.lock.record import record_of
from seedspec.project.credentials import BadSettings
from seedspec.run.ledger_admin import budget as admin_budget
from seedspec.run.ledger_admin.attach import attach, check_alone, give_way
from seedspec.run.ledger_admin.detach import detach
from seedspec.run.ledger_admin.doctor import _findings
from seedspec.run.ledger_admin.opening import check_header, open_named
from seedspec.run.ledger_admin.rebuild import rebuild
from seedspec.run.ledger_admin.runners import MOST_WAIT, active_runs, clock_of, wait_for_runs
from seedspec.run.ledger_admin.standings import standings
from seedspec.run.store.ledger import layout
from seedspec.run.store.ledger.budget import MICRO, dollars, micro, read_budget
from seedspec.run.store.ledger.budget_share import set_ceiling
from seedspec.run.store.ledger.lease import LEASE
from seedspec.run.store.ledger.team import boards, make_board, seal


def test_how_a_ledger_stands_is_told_whole(world: World, expect: Callable[[Path, str], None]) -> None:
    history(world)
    seal(world.store, make_board(world.store, "third"))
    admin_budget.change_ceiling(world.store, world.board, micro(Decimal("12.5")), monthly=True)
    found = standings(world.store, world.board)
    lines = [f"{name}: {getattr(found, name)}" for name in ("where", "team", "board", "name", "serial")]
    for many in (found.boards, found.runners, found.pending, found.spending, [found.ceiling], found.ceiling.held):
        lines += [shown_at(one) for one in many]
    text = re.sub(r"id=[0-9a-f]{8}-[0-9a-f-]+", "id=THIRD", world.named("\n".join(lines))) + "\n"
    expect(Path(__file__).parent / "expected" / "standings.txt", re.sub(r"(since|age)=\S+", r"\1=…", text))
    assert found.ceiling.left == 12_500_000 - found.ceiling.spent - sum(h.micro for h in found.ceiling.held)


def shown_at(value: object) -> str:
    """With the time that `shown` leaves out."""
    at = getattr(value, "at", None)
    return shown(value) + (f" at={at}" if at is not None else "")


def test_a_ceiling_counts_what_was_bought_before_it(world: World) -> None:
    history(world)
    before = admin_budget.ceiling(world.store, world.board)
    assert (before.micro, before.month, before.spent, before.held, before.left) == (None, "", 0, (), None)
    made = admin_budget.change_ceiling(world.store, world.board, 9_000_000, monthly=False)
    assert (made.micro, made.month) == (9_000_000, "")
    held = {h.runner: h.micro for h in made.held}
    assert held == {"host-new (pid 1)": 2_000_000, "host-far (pid 1)": 1_000_000, "host-old (pid 1)": 3_735_295}
    assert made.spent == 0 and made.left == 9_000_000 - sum(held.values())
    again = admin_budget.change_ceiling(world.store, world.board, 8_000_000, monthly=True)
    assert (again.micro, again.month, again.held) == (8_000_000, "2026-11", made.held), "it is counted once"
    gone = admin_budget.change_ceiling(world.store, world.board, None, monthly=False)
    assert (gone.micro, gone.left) == (None, None)
    assert [dollars(m) for m in (0, 1, 12_500_000, 500_000_000)] == ["0", "0.000001", "12.5", "500"]
    assert [micro(Decimal(usd)) for usd in ("0.0000001", "1", "2.5")] == [1, 1_000_000, 2_500_000]


# --- runs, and the end of a board ---


def test_runs_that_have_not_ended_are_told_the_youngest_first(world: World) -> None:
    history(world)
    ended = world.run("ended")
    ended.beat()
    ended.close([])
    world.store.create("runs/damaged.json", b"x")
    found = active_runs(world.store, clock_of(world.store))
    assert {run.runner.id: run.board for run in found} == {"far": world.other, "new": world.board, "old": world.board}
    assert [run.lives for run in found] == [True, True, False]
    assert [run.age >= least for run, least in zip(found, (3, 3, LEASE + 8), strict=True)] == [True] * 3
    assert [run.age for run in found] == sorted(run.age for run in found)


def test_runs_of_a_board_that_is_shut_are_waited_for(world: World) -> None:
    history(world)
    said, pauses = list[str](), list[float]()

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        world.time.at += 30

    assert wait_for_runs(world.store, world.board, said.append, pause=pause) == []
    assert [re.sub(r"is \d+ s", "is … s", one) for one in said] == [
        "host-new (pid 1) runs, its last sign of life is … s old; it buys no more",
        "waiting for 1 run, 90 s at most",
        "waiting for 1 run, 85 s at most",
    ]
    assert pauses == [5.0, 5.0] and MOST_WAIT == 90
    one, two = world.run("one"), world.run("two")
    one.beat(), two.beat()
    said.clear()
    left = wait_for_runs(world.store, world.board, said.append, pause=pauses.append, most=10)
    assert {run.runner.id for run in left} == {"one", "two"}
    assert said[2:] == ["waiting for 2 runs, 10 s at most", "waiting for 2 runs, 5 s at most"]


def lock_file(world: World, folder: Path, *numbers: int) -> Path:
    path = folder / "film.lock"
    records = [record_of(fp(n), 1, {**intent(n), "state": "running", "task": f"task-{n}2345678"}) for n in numbers]
    path.write_bytes(serialise(Lock(lock_from(records, 2).attempts, header={"ledger": world.board}), []))
    return path


def test_a_lock_is_taken_out_of_a_ledger_with_all_that_is_known(world: World, tmp_path: Path) -> None:
    history(world)
    path = lock_file(world, tmp_path, 7)
    world.time.at += LEASE
    done = detach(world.store, world.board, path, [fp(11)], lambda said: None)
    assert (done.purchases, done.following) == (8, ())
    lock = parse(path.read_bytes())
    assert lock.header == {} and sum(1 for _ in lock) == 8 and next(iter(lock)).fp == fp(11)
    assert [b.sealed for b in boards(world.store) if b.uuid == world.board] == [True]
    assert detach(world.store, world.board, path, [], lambda said: None).purchases == 8, "it may be repeated"


def test_a_ceiling_that_is_gone_with_the_whole_ledger_is_told(world: World, tmp_path: Path) -> None:
    history(world)
    path = lock_file(world, tmp_path, 7)
    set_ceiling(world.store, 50 * MICRO, monthly=False)
    for key in list(world.store._held):
        del world.store._held[key]
    world.time.at += LEASE
    done = rebuild(world.store, world.board, path, "film", [], lambda said: None, pause=lambda s: None)
    assert (done.read, done.new_budget) == (0, True)


def test_a_ledger_is_made_again_from_a_lock_and_what_can_be_read(world: World, tmp_path: Path) -> None:
    history(world)
    path = lock_file(world, tmp_path, 7)
    for key in ("team.json", layout.board(world.board)):
        del world.store._held[key]
    world.put(world.key(0), lambda v: b"x")
    world.put("runs/new.json", lambda v: b"x")
    world.store.create("budget.json", b"x")
    world.time.at += LEASE
    done = rebuild(world.store, world.board, path, "film", [], lambda said: None, pause=lambda s: None)
    assert (done.purchases, done.read, done.new_budget, done.following) == (7, 6, True, ())
    assert sorted(done.doubts) == ["shot-10/1", "shot-4/1"] and done.unreadable == (world.key(0),)
    lock = parse(path.read_bytes())
    assert lock.header["ledger"] == done.board != world.board and lock.header["serial"] == 1
    assert {r.get("doubt") for r in lock if r.state == "doubt"} == {
        None, "the ledger was made again, and the run that sent this had not written down what became of it",
    }  # fmt: skip
    known = {b.uuid: (b.name, b.sealed, b.team == world.team.team) for b in boards(world.store)}
    assert known == {
        world.board: ("film", True, True),
        done.board: ("film", False, True),
        world.other: ("short", False, True),
    }
    ended = {"id": "", "host": "", "job": "", "board": "", "ended": True}
    assert orjson.loads(world.store._held["runs/new.json"][0]) == ended
    assert read_budget(world.store._held["budget.json"][0]).ceiling is None
    with pytest.raises(BadSettings, match=f"already shares a storyboard named `film` .ledger {done.board}.") as refused:
        rebuild(world.store, world.board, lock_file(world, tmp_path), "film", [], lambda said: None)
    assert refused.value.exit == 6


def test_a_lock_is_shared_once_and_known_by_its_header(world: World, tmp_path: Path) -> None:
    path = tmp_path / "film.lock"
    path.write_bytes(
        serialise(lock_from([record_of(fp(3), 1, {**intent(3), "state": "running", "task": "task-32345678"})], 2), [])
    )
    said = (
        f"the team already shares a storyboard named `film` (ledger {world.board}), which this lock does not name: "
        "pull the lock that does; if this is another storyboard, say --new"
    )
    with pytest.raises(BadSettings) as refused:
        attach(world.store, "s3://team/x", path, "film", [], anew=False)
    assert (str(refused.value), refused.value.exit) == (said, 6)
    made = attach(world.store, "s3://team/x", path, "film", [], anew=True)
    assert (made.where, made.outcome, made.purchases, made.pushed, made.changed) == (
        "memory://",
        "attached",
        1,
        1,
        True,
    )
    assert parse(path.read_bytes()).header == {"ledger": made.board, "at": "memory://", "serial": 1}
    again = attach(world.store, "s3://team/x", path, "film", [], anew=False)
    assert (again.board, again.outcome, again.pushed, again.changed) == (made.board, "already", 0, False)
    with pytest.raises(
        BadSettings, match=r"^--new is for a lock that names no ledger; this one names one: leave --new out$"
    ):
        attach(world.store, "s3://team/x", path, "film", [], anew=True)
    check_alone("other", boards(world.store))
    with pytest.raises(BadSettings, match="another machine attaches a storyboard named `film` at this moment"):
        give_way(world.store, made.board, "film", set())
    assert made.board in [b.uuid for b in boards(world.store) if b.sealed]


def test_what_a_lock_names_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "film.lock"
    assert check_header(Lock(), path) == "" and check_header(Lock(header={"ledger": "a-1"}), path) == "a-1"
    for bad in ("", "A", "../x", "x" * 65, 7):
        with pytest.raises(LockFault, match="names a ledger by what is no id of one: restore its first line from git"):
            check_header(Lock(header={"ledger": bad}), path)
    path.write_bytes(encode({"seedspec_lock": 1}))
    with pytest.raises(BadSettings) as refused:
        open_named(path, "s3://team/x")
    attach_it = f"`seedspec ledger attach URL {path.with_suffix('.yaml')}`"
    assert (str(refused.value), refused.value.exit) == (
        f"`{path}` names no ledger: {attach_it} shares it through one",
        2,
    )


def test_whether_a_ledger_is_fit_is_told(world: World) -> None:
    now = datetime.fromtimestamp(world.time.at + 30, UTC)

    def told(board: str, at: datetime = now) -> list[tuple[str, str, str]]:
        return [
            (f.name, f.verdict, re.sub(r"\d+ s", "… s", world.named(f.said))) for f in _findings(world.store, board, at)
        ]

    fine = [
        ("ledger write", "ok", "`memory://` can be written"), ("ledger conditions", "ok", "it keeps them"),
        ("ledger list", "ok", "runs can be listed"), ("ledger clock", "ok", "… s between its clock and this one"),
    ]  # fmt: skip
    assert told("") == fine
    assert told(world.board) == [*fine, ("ledger lineage", "ok", "it has FILM, which the lock names")]
    late = told("", datetime.fromtimestamp(world.time.at - 61, UTC))[-1]
    advice = ": nothing of the ledger depends on it, but set this machine's clock right"
    assert late == ("ledger clock", "warning", f"… s between its clock and this one{advice}")
    assert told("another")[-1][:2] == ("ledger lineage", "bad")
    seal(world.store, world.board)
    assert told(world.board)[-1][:2] == ("ledger lineage", "bad")
    world.store.deaf = True
    assert told(world.board) == [("ledger write", "bad", "nobody answers"), ("ledger list", "bad", "nobody answers")]
