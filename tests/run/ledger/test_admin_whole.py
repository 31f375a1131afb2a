"""What people are told of a team's ledger, whole: how it stands, what is wrong with it, and what is made of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
from memory import Clock, Memory
from purchases import Team, fp, intent, line, saved
from spelled import shown

from seedspec.lock.lock import Lock, LockFault, encode, lock_from, parse, serialise
from seedspec.lock.record import record_of
from seedspec.plan.command_hint import CommandHint
from seedspec.project.credentials import BadSettings
from seedspec.run.ledger_admin import budget as admin_budget
from seedspec.run.ledger_admin.attach import attach, check_alone, give_way
from seedspec.run.ledger_admin.detach import detach
from seedspec.run.ledger_admin.doctor import _findings
from seedspec.run.ledger_admin.opening import check_header, open_named
from seedspec.run.ledger_admin.rebuild import rebuild
from seedspec.run.ledger_admin.runners import MOST_WAIT, active_runs, clock_of, wait_for_runs
from seedspec.run.ledger_admin.standings import standings
from seedspec.run.ledger_admin.verify import verify
from seedspec.run.store.ledger import layout
from seedspec.run.store.ledger.budget import dollars, micro, read_budget
from seedspec.run.store.ledger.lease import LEASE
from seedspec.run.store.ledger.team import boards, make_board, seal

COMMANDS = CommandHint("film.yaml", False, "")
REBUILD = COMMANDS.line("ledger rebuild")


class World:
    """A team with two storyboards in a store whose clock goes when a test says so."""

    def __init__(self) -> None:
        self.time = Clock()
        self.store = Memory(clock=self.time)
        self.team = Team(lambda: self.store, "film")
        self.board, self.other = self.team.board, make_board(self.store, "short")

    def run(self, name: str, board: str = "") -> Any:
        return self.team.run(name=name, clock=self.time, board=board)

    def named(self, text: object) -> str:
        """A text with names for the ids that are made at random."""
        known = {self.board: "FILM", self.other: "SHORT", self.team.team: "TEAM"}
        return re.sub("|".join(known), lambda found: known[found[0]], str(text))

    def put(self, key: str, change: Callable[[Any], Any]) -> None:
        """Somebody writes over an object."""
        data, tag, written = self.store._held[key]
        made = change(orjson.loads(data))
        self.store._held[key] = (made if isinstance(made, bytes) else orjson.dumps(made), f"{tag}!", written)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "user"))
    return World()


def history(world: World) -> None:
    """Two runs of one storyboard, one of another; of the first one some time has passed."""
    old, new, far = world.run("old"), world.run("new"), world.run("far", world.other)
    for number, state in enumerate(["running", "saved", "failed", "doubt", "submitting"]):
        assert old.grant(intent(number)) is None
        if state not in ("submitting",):
            old.record(line(number, "running" if state == "saved" else state, **EXTRA.get(state, {})))
        if state == "saved":
            old.record(saved(number, charged=50.0))
    world.time.at += LEASE + 5
    for number in (10, 11):
        assert new.grant(intent(number)) is None
    new.record(line(11, "doubt"))
    assert far.grant(intent(20)) is None
    world.time.at += 3


EXTRA: dict[str, dict[str, Any]] = {
    "running": {"task": "task-12345678"}, "saved": {"task": "task-87654321"},
    "failed": {"failure": {"code": "x", "message": "no"}},
}  # fmt: skip


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


# --- what is wrong with it ---

BUY = "boards/{0}/buy/00/{1}/1"
Change = Callable[[World], object]
NO_JSON = "no JSON: unexpected character, expected a JSON value"
SHUT = "this ledger was shut: nobody buys through it any more"


def key_of(world: World, number: int, board: str = "") -> str:
    return layout.purchase(board or world.board, fp(number), 1)


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
        lambda w: (w.put(key_of(w, 20, w.other), lambda v: b"x"), seal(w.store, w.other)), [],
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
        lambda w: w.put(key_of(w, 10), lambda v: {}), [(BUY.format("FILM", fp(10)), "`{0}` is no purchase", REBUILD)],
    ),
    "a purchase of another": (
        lambda w: w.put(key_of(w, 10), lambda v: {**v, "record": {**v["record"], "attempt": 2}}),
        [(BUY.format("FILM", fp(10)), "`{0}` is of another purchase", REBUILD)],
    ),
    "a purchase of another board that is none": (
        lambda w: w.put(key_of(w, 20, w.other), lambda v: b"x"),
        [(BUY.format("SHORT", fp(20)), "`{0}` is " + NO_JSON, f"in the clone of `short`: {REBUILD}")],
    ),
    "a purchase that no lock could hold": (
        lambda w: w.put(key_of(w, 0), lambda v: {**v, "record": without_task(v["record"])}),
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
    del world.store._held[key_of(world, 0)]
    data, tag, written = world.store._held[key_of(world, 1)]
    edited = orjson.loads(data)
    edited["record"]["task"] = "task-another1"
    world.store._held[key_of(world, 1)] = (orjson.dumps(edited), tag, written)
    world.put(key_of(world, 2), lambda v: {**v, "record": {**v["record"], "state": "submitting"}})
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


def test_a_ledger_is_made_again_from_a_lock_and_what_can_be_read(world: World, tmp_path: Path) -> None:
    history(world)
    path = lock_file(world, tmp_path, 7)
    for key in ("team.json", layout.board(world.board)):
        del world.store._held[key]
    world.put(key_of(world, 0), lambda v: b"x")
    world.put("runs/new.json", lambda v: b"x")
    world.store.create("budget.json", b"x")
    world.time.at += LEASE
    done = rebuild(world.store, world.board, path, "film", [], lambda said: None, pause=lambda s: None)
    assert (done.purchases, done.read, done.new_budget, done.following) == (7, 6, True, ())
    assert sorted(done.doubts) == ["shot-10/1", "shot-4/1"] and done.unreadable == (key_of(world, 0),)
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
    assert orjson.loads(world.store._held["runs/new.json"][0])["ended"] is True
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
