"""A board is read with few requests, and a snapshot is never believed more than what stands."""

from __future__ import annotations

import zlib
from dataclasses import replace
from hashlib import sha256

import pytest
from memory import Memory, Open
from peaks import peak
from purchases import Team, fp, intent, line, saved

from seedspec.run.store.ledger import layout
from seedspec.run.store.ledger.ledger import Runner, Sealed
from seedspec.run.store.ledger.purchase import Purchase
from seedspec.run.store.ledger.snapshot import Board, read_board, read_snapshot
from seedspec.run.store.ledger.store import Unreachable


class Counting(Memory):
    """Counts what is read of purchases."""

    def get(self, key: str) -> tuple[bytes, str] | None:
        self.read = [*getattr(self, "read", []), *([key] if "/buy/" in key else [])]
        return super().get(key)


@pytest.fixture
def memory() -> Counting:
    return Counting()


@pytest.fixture
def team(memory: Counting) -> Team:
    return Team(lambda: memory)


def bought(team: Team, many: int) -> None:
    one = team.run()
    for number in range(many):
        assert one.grant(intent(number)) is None
        one.record(line(number, "running", task=f"T{number}"))
    one.close([])


def test_what_a_snapshot_has_is_not_read_again(memory: Counting, team: Team) -> None:
    bought(team, 30)
    two = team.run()
    assert two.grant(intent(100)) is None
    two.record(saved(3))
    three = team.run()
    memory.read = []
    lock, serial = three.refresh()
    assert serial == 1 and len(lock.attempts) == 31
    assert sorted(memory.read) == sorted(layout.purchase(team.board, fp(n), 1) for n in (3, 100))
    memory.read = []
    assert three.refresh() == (lock, 1) and memory.read == []


def test_a_snapshot_gives_the_same_lock_as_the_objects(memory: Counting, team: Team) -> None:
    bought(team, 10)
    with_it, _ = team.run().refresh()
    memory._held = {k: v for k, v in memory._held.items() if "/snapshot/" not in k}
    without, serial = team.run().refresh()
    assert serial == 0 and [r.values for r in with_it] == [r.values for r in without] == [
        *map(dict, (r.values for r in without))
    ]


def test_two_that_end_together_write_two_snapshots(opened: Open) -> None:
    team = Team(opened)
    one, two = team.run(), team.run()
    assert one.grant(intent(1)) is None
    one.refresh(), two.refresh()
    assert two.grant(intent(2)) is None
    first, second = one.close([]), two.close([])
    assert (first[1], len(first[0].attempts)) == (1, 2) and (second[1], len(second[0].attempts)) == (1, 2)
    three, four = team.run(), team.run()
    three.refresh(), four.refresh()
    assert three.grant(intent(3)) is None
    three.record(line(3, "running", task="T3"))
    assert three.close([])[1] == 2
    assert four.grant(intent(4)) is None
    lock, serial = four.close([])
    assert serial == 3 and len(lock.attempts) == 4 and team.run().refresh() == (team.run().refresh()[0], 3)


def test_a_snapshot_is_written_anew_where_it_lacks_something(memory: Counting, team: Team) -> None:
    bought(team, 2)
    board = read_board(memory, team.board)
    assert (board.save(), board.save()) == (1, 1)
    one = team.run()
    one.see()
    one.record(saved(0))
    board.refresh()
    assert (board.save(), board.save()) == (2, 2)
    assert [p.state for p in read_snapshot(memory, team.board, 2)] == ["saved", "running"]
    board.forget((fp(1), 1))
    assert board.save() == 3 and len(read_snapshot(memory, team.board, 3)) == 1


def test_a_snapshot_that_could_not_be_written_is_written_by_the_next_try(memory: Counting, team: Team) -> None:
    bought(team, 1)
    board = read_board(memory, team.board)
    board.saw(replace(next(board.all()), tag="another"))
    memory.deaf = True
    with pytest.raises(Unreachable):
        board.save()
    memory.deaf = False
    assert board.save() == 2


def test_a_snapshot_of_many_takes_little_memory_beside_its_bytes(memory: Counting, team: Team) -> None:
    board, many = Board(memory, team.board), 10_000
    for number in range(many):
        board.saw(Purchase(Runner("r", "h", "j"), line(number, "running", task=f"T{number}"), tag=f"t{number}"))

    def save() -> None:
        one = next(board.all())
        board.saw(replace(one, tag=f"{one.tag}+"))
        board.save()

    most = peak(save)
    assert board.serial == 3
    assert most - 1.2 * len(memory._held[layout.snapshot(team.board, 3)][0]) < 60 * many


def test_keys_and_digests_which_are_random_take_little_more_than_their_bytes(memory: Counting, team: Team) -> None:
    board, many = Board(memory, team.board), 1000
    for number in range(many):
        digest = sha256(str(number).encode()).hexdigest()
        asked = {"key": f"seedspec-{digest[:32]}", "body": sha256(digest.encode()).hexdigest()}
        values = {**line(number, "running", task=f"T{number}"), "fp": digest, "intent": asked}
        board.saw(Purchase(Runner("r", "h", "j"), values, tag=digest[32:]))
    board.save()
    assert len(memory._held[layout.snapshot(team.board, 1)][0]) < 92 * many


@pytest.mark.parametrize("how", ["not packed", "torn", "of another board", "with a line too few", "bad record"])
def test_a_snapshot_that_cannot_be_relied_on_seals(memory: Counting, team: Team, how: str) -> None:
    bought(team, 2)
    key = layout.snapshot(team.board, 1)
    data, tag, at = memory._held[key]
    lines = zlib.decompress(data).splitlines(keepends=True)
    memory._held[key] = (
        {
            "not packed": b"".join(lines),
            "torn": data[:-4],
            "of another board": zlib.compress(lines[0].replace(team.board.encode(), b"0" * 36) + b"".join(lines[1:])),
            "with a line too few": zlib.compress(b"".join(lines[:-1])),
            "bad record": zlib.compress(b"".join(lines).replace(b'"running"', b'"walking"')),
        }[how],
        tag,
        at,
    )
    with pytest.raises(Sealed, match="snapshot"):
        team.run().refresh()
