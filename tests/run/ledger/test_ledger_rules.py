"""The rules of the ledger by number, on each store: who may buy, and what is known of a purchase."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from memory import Open
from purchases import Team, fp, intent, line, saved

from seedspec.run.store.ledger import layout
from seedspec.run.store.ledger.ledger import Sealed, Taken, WrongLineage, open_ledger
from seedspec.run.store.ledger.team import boards, make_board, make_team, seal
from seedspec.run.store.ledger.types import Runner


@pytest.fixture
def team(opened: Open) -> Team:
    return Team(opened)


# Rule 1: who may buy


def test_a_purchase_is_granted_once(team: Team) -> None:
    one, two = team.run(), team.run()
    assert one.grant(intent(1)) is None
    taken = two.grant(intent(1))
    assert isinstance(taken, Taken)
    assert (
        taken.standing.runner == one.runner and taken.standing.lives and taken.standing.values["state"] == "submitting"
    )
    assert isinstance(one.grant(intent(1)), Taken), "nor to the same run a second time"
    assert two.grant(intent(2)) is None and two.grant(intent(1, attempt=2)) is None


@pytest.mark.slow
def test_one_of_many_runs_gets_each(team: Team) -> None:
    runs = [team.run() for _ in range(4)]

    def buy(run: int) -> list[int]:
        return [n for n in range(12) if runs[run].grant(intent((n + 3 * run) % 12)) is None]

    with ThreadPoolExecutor(4) as pool:
        won = Counter((n + 3 * run) % 12 for run, own in enumerate(pool.map(buy, range(4))) for n in own)
    assert won == dict.fromkeys(range(12), 1)


def test_what_was_withdrawn_is_anybodys(team: Team) -> None:
    one, two = team.run(), team.run()
    assert one.grant(intent(1)) is None
    one.record(line(1, "queued"))
    assert two.grant(intent(1)) is None
    taken = one.grant(intent(1))
    assert isinstance(taken, Taken) and taken.standing.runner == two.runner


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        ([line(1, "running", task="T1")], "running"),
        ([line(1, "running", task="T1"), line(1, "completed", task="T1")], "completed"),
        ([line(1, "running", task="T1"), saved(1)], "saved"),
        ([line(1, "doubt", doubt="lost")], "doubt"),
        ([line(1, "failed", failure={"code": "no", "message": "no"})], "failed"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_further_than_an_intent_is_taken(team: Team, lines: list[dict[str, object]], state: str) -> None:
    one, two = team.run(), team.run()
    assert one.grant(intent(1)) is None
    for values in lines:
        one.record(values)
    taken = two.grant(intent(1))
    assert isinstance(taken, Taken) and taken.standing.values["state"] == state
    assert state != "failed" or two.grant(intent(1, attempt=2)) is None


def test_a_doubt_is_sent_once_more_under_its_key_by_one_person(team: Team) -> None:
    one, two, three = team.run(), team.run(), team.run()
    assert one.grant(intent(1, key="first")) is None
    one.record(line(1, "doubt", doubt="lost"))
    assert isinstance(two.grant(intent(1, key="other")), Taken)
    assert two.grant(intent(1, key="first")) is None
    assert isinstance(three.grant(intent(1, key="first")), Taken)


# Rule 3: what is known


def test_what_is_recorded_is_read_by_all(team: Team) -> None:
    one, two = team.run(), team.run()
    assert one.grant(intent(1)) is None and one.grant(intent(2)) is None
    one.record(line(1, "running", task="T1", reserved=68.0))
    lock, serial = two.refresh()
    assert serial == 0 and sorted(lock.attempts) == [fp(1), fp(2)]
    (record,) = lock.attempts[fp(1)]
    assert (record.task, record.reserved, record.entry) == ("T1", 68.0, "shot-1/1")
    standing = two.standing()[fp(2), 1]
    assert standing.runner == one.runner and standing.lives
    (seen,) = two.look([(fp(1), 1), (fp(9), 1)])
    assert seen.values["state"] == "running"


def test_what_others_have_taken_is_known_without_reading_it(
    team: Team, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened()
    one, two = team.run(), team.run(store=store)
    asked = [intent(n) for n in range(5)]
    assert [one.grant(values) for values in asked] == [None] * 5
    one.record(line(1, "running", task="T1"))
    one.record({**asked[2], "state": "queued"})
    assert two.look([(fp(1), 1), (fp(2), 1)]) and two.grant(intent(7)) is None
    names = [(fp(n), 1) for n in (*range(5), 7, 8)]
    with monkeypatch.context() as patched:
        for reading in ("get", "get_all"):
            patched.setattr(store, reading, None)
        found = two.taken(names)
    assert found == {(fp(n), 1) for n in (0, 1, 3, 4)}, "neither what was given back, nor one's own, nor one of nobody"
    assert {s.values["fp"] for s in two.look(names) if s.runner == one.runner} == {fp(n) for n in range(5)}


def test_recording_may_be_repeated(team: Team) -> None:
    one, two = team.run(), team.run()
    assert one.grant(intent(1)) is None
    first = one.record(line(1, "running", task="T1"))
    assert one.record(line(1, "running", task="T1")) == first
    two.refresh()
    assert two.record(line(1, "running", task="T1")) == first
    two.record(saved(1))
    assert one.record(line(1, "running", task="T1"))["state"] == "saved", "old news change nothing"
    assert one.record(line(1, "completed", task="T1", charged=3.5))["state"] == "saved"
    assert two.refresh()[0].attempts[fp(1)][0].charged == 3.5, "but a fact that was lacking is kept"


def test_anybody_follows_a_task(team: Team) -> None:
    one, two = team.run(), team.run()
    assert one.grant(intent(1)) is None
    one.record(line(1, "running", task="T1"))
    two.refresh()
    assert two.record(line(1, "completed", task="T1"))["state"] == "completed"
    assert two.record(saved(1))["state"] == "saved"
    assert one.record(line(1, "failed", task="T1", failure={"code": "x", "message": ""}))["state"] == "saved"
    assert one.look([(fp(1), 1)])[0].runner == one.runner, "who sent it does not change"


def test_a_late_receipt_is_taken(team: Team) -> None:
    one, two = team.run(), team.run()
    assert one.grant(intent(1)) is None
    two.refresh()
    two.record(line(1, "failed", failure={"code": "not-billed", "message": "a person says so"}))
    assert one.record(line(1, "running", task="T1"))["state"] == "running"
    assert two.refresh()[0].attempts[fp(1)][0].task == "T1"


def test_an_old_copy_does_not_undo_a_failure(team: Team) -> None:
    one, two = team.run(), team.run()
    assert one.grant(intent(1)) is None
    one.record(line(1, "running", task="T1"))
    two.refresh()
    one.record(line(1, "failed", task="T1", failure={"code": "x", "message": ""}))
    assert two.record(line(1, "running", task="T1"))["state"] == "failed"


def test_what_a_person_settled_is_not_put_in_doubt_again(team: Team) -> None:
    one, two = team.run(), team.run()
    assert one.grant(intent(1)) is None
    one.record(line(1, "doubt", doubt="lost"))
    two.refresh()
    two.record(line(1, "failed", failure={"code": "not-billed", "message": ""}))
    assert one.record(line(1, "doubt", doubt="lost"))["state"] == "failed"


def test_news_of_an_intent_of_before_do_not_touch_the_one_of_now(team: Team) -> None:
    """The first run withdrew, and says so again after somebody else was granted the same attempt."""
    one, two, three = team.run(), team.run(), team.run()
    first = intent(1, key="first")
    assert one.grant(first) is None
    one.record(line(1, "queued"))
    assert two.grant(intent(1, key="second")) is None
    assert one.record(line(1, "queued"))["state"] == "submitting"
    assert one.record({**first, "state": "queued"})["state"] == "submitting"
    assert one.record(line(1, "failed", failure={"code": "x", "message": ""}))["state"] == "submitting"
    assert isinstance(three.grant(intent(1)), Taken)


def test_two_tasks_are_two_purchases(team: Team) -> None:
    """The first run stood still between grant and sending, was settled by a person, and sent all the same."""
    one, two = team.run(), team.run()
    assert one.grant(intent(1, key="first")) is None
    two.refresh()
    two.record(line(1, "queued"))
    assert two.grant(intent(1, key="second")) is None
    two.record(line(1, "running", task="T2"))
    kept = one.record(line(1, "running", task="T1"))
    assert (kept["task"], kept["attempt"], kept["intent"]["key"]) == ("T1", 2, "first")
    assert one.record(saved(1))["task"] == "T1", "later news go to the same purchase"
    assert one.record(line(1, "running", task="T1"))["attempt"] == 2, "and are not doubled"
    lock, _ = two.refresh()
    assert [(r.attempt, r.task, str(r.state)) for r in lock.attempts[fp(1)]] == [
        (1, "T2", "running"),
        (2, "T1", "saved"),
    ]


def test_a_doubt_about_an_intent_of_before_is_kept(team: Team) -> None:
    one, two = team.run(), team.run()
    assert one.grant(intent(1, key="first")) is None
    two.refresh()
    two.record(line(1, "queued"))
    assert two.grant(intent(1, key="second")) is None
    assert one.record(line(1, "doubt", doubt="lost"))["attempt"] == 2


def test_a_whole_lock_is_pushed_and_keeps_what_both_bought(team: Team) -> None:
    one, two = team.run(), team.run()
    for number in range(3):
        assert one.grant(intent(number, key=f"shared-{number}")) is None
        one.record(line(number, "running", task=f"T{number}"))
    local = two.refresh()[0]
    one.record(saved(0))
    for number in range(2, 5):  # bought without the ledger: one of them is bought in it too
        values = {**intent(number, key=f"local-{number}"), "state": "running", "task": f"L{number}"}
        local = _with(local, values)
    joined = two.push(local)
    found = {(r.fp, r.task): str(r.state) for r in joined}
    assert found == {
        (fp(0), "T0"): "saved", (fp(1), "T1"): "running", (fp(2), "T2"): "running", (fp(2), "L2"): "running",
        (fp(3), "L3"): "running", (fp(4), "L4"): "running",
    }  # fmt: skip
    before = {(f.key, f.tag) for f in team._open().list(layout.purchases(team.board))}
    assert two.push(joined).attempts == joined.attempts and one.push(local).attempts == joined.attempts
    assert {(f.key, f.tag) for f in team._open().list(layout.purchases(team.board))} == before
    assert all(not two.lives(s.runner.id) for s in two.standing().values() if str(s.values["task"])[0] == "L")


def _with(lock, values):  # type: ignore[no-untyped-def]
    from seedspec.lock.lock import Lock
    from seedspec.lock.record import record_of

    more = (
        *lock.attempts.get(values["fp"], ()),
        record_of(values["fp"], len(lock.attempts.get(values["fp"], ())) + 1, values),
    )
    fixed = tuple(record_of(r.fp, i, {**r.values, "attempt": i}) for i, r in enumerate(more, 1))
    return Lock({**lock.attempts, values["fp"]: fixed}, version=2)


# The end of a run, and what is kept


def test_the_end_gives_all_that_is_known_and_a_snapshot(team: Team) -> None:
    one, two = team.run(), team.run()
    assert one.grant(intent(1)) is None and two.grant(intent(2)) is None
    one.record(line(1, "running", task="T1"))
    lock, serial = one.close([fp(2), fp(1)])
    assert serial == 1 and list(lock.attempts) == [fp(2), fp(1)]
    assert team.run().refresh()[1] == 1
    again, serial = two.close([])
    assert serial == 1 and again.attempts.keys() == lock.attempts.keys()
    assert not team.run().lives(one.runner.id)


def test_an_empty_board_ends_too(team: Team) -> None:
    lock, serial = team.run().close([])
    assert (lock.attempts, serial) == ({}, 0)


# Rule 6: another ledger, or none


def test_a_board_is_opened_by_its_uuid_alone(opened: Open, team: Team) -> None:
    store = opened()
    with pytest.raises(WrongLineage, match="has no board") as refused:
        open_ledger(store, "0" * 8, Runner("r", "h", ""))
    assert refused.value.found == team.team and refused.value.expected == "0" * 8
    for wrong in ("../x", "", "A/b"):
        with pytest.raises(WrongLineage):
            open_ledger(store, wrong, Runner("r", "h", ""))


def test_where_no_ledger_is_none_is_opened(opened: Open) -> None:
    with pytest.raises(WrongLineage) as refused:
        open_ledger(opened(), "0" * 8, Runner("r", "h", ""))
    assert refused.value.found == ""


def test_a_board_that_was_detached_buys_no_more(opened: Open, team: Team) -> None:
    one = team.run()
    assert one.grant(intent(1)) is None
    seal(opened(), team.board)
    with pytest.raises(Sealed, match="detached"):
        one.refresh()
    with pytest.raises(Sealed, match="detached"):
        team.run()
    seal(opened(), team.board)


def test_teams_and_boards_are_made_once(opened: Open) -> None:
    store = opened()
    team = make_team(store)
    assert make_team(opened()) == team
    first, second = make_board(store, "film"), make_board(opened(), "film")
    assert first != second
    assert [(b.uuid, b.team, b.name) for b in boards(store)] == sorted((u, team, "film") for u in (first, second))


def test_two_boards_with_one_request_are_two_purchases(opened: Open, team: Team) -> None:
    other = make_board(opened(), "trailer")
    one, two = team.run(), team.run(board=other)
    assert one.grant(intent(1)) is None and two.grant(intent(1)) is None
    one.record(line(1, "running", task="T1"))
    two.record(line(1, "running", task="T2"))
    assert one.refresh()[0].attempts[fp(1)][0].task == "T1" and two.refresh()[0].attempts[fp(1)][0].task == "T2"
