"""How a shared ledger is looked at, verified, bounded, rebuilt and left, in a bucket and in PostgreSQL."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from bucket import Store as Bucket
from database import Server
from memory import Clock, Memory
from team import NOBODY, Clone, Make, Said, damage, make, opened, run_of, url

from seedspec.lock.lock import Lock, serialise
from seedspec.lock.record import record_of
from seedspec.run.ledger_admin.doctor import ledger_findings
from seedspec.run.ledger_admin.runners import MOST_WAIT, active_runs, clock_of, wait_for_runs
from seedspec.run.store.ledger import layout
from seedspec.run.store.ledger.team import boards, make_board

__all__ = ["make", "url"]
pytestmark = pytest.mark.slow
_NUMBERS = count(1)


def intent(clone: Clone, address: str) -> dict[str, Any]:
    """What somebody else is about to send."""
    other = clone.pulled(f"intent-{address.replace('/', '-')}")
    other.path.unlink(missing_ok=True)
    values = dict(other.keep(address, "submitting").values)
    values["intent"] = {**values["intent"], "key": f"other-{address.replace('/', '-')}"}
    return values


# --- status ---


def test_status_tells_who_runs_what_is_sent_and_what_was_spent(make: Make, url: str) -> None:
    one = make()
    one.keep("one/1", "saved")
    one.attach(url)
    with opened(url) as store:
        run = run_of(store, one.board)
        run.beat()
        assert run.grant(intent(one, "two/1")) is None
        found = one.ledger("status", "--format", "json").document
        [runner] = found["runners"]
        assert (runner["host"], runner["job"], runner["lives"]) == ("laptop", "pid 7", True) and runner["since"]
        assert [(p["entry"], p["state"], p["runner"]["host"]) for p in found["pending"]] == [
            ("two/1", "sending", "laptop")
        ]
        assert {(s["host"], s["board"], s["purchases"]) for s in found["spending"]} >= {("laptop", "film", 1)}
        assert sum(s["purchases"] for s in found["spending"]) == 2
        assert found["serial"] == 1 and found["ceiling"]["usd"] is None
        status = one.do("status", "--format", "json").document
        assert (status["ledger"]["board"], status["ledger"]["asked"]) == (one.board, True)
        text = one.ledger("status").out
        assert "laptop (pid 7)  film  since " in text and ">  two/1" in text and "ceiling none" in text
        run.close([])
    text = one.ledger("status").out
    assert "nobody runs" in text and "?  two/1  film  in doubt, sent 2026-10-03" in text
    assert text.count("2026-10") >= 1, "the month of what was bought before there was a ledger"


def test_a_run_whose_lease_is_over_is_dead() -> None:
    clock = Clock()
    store = Memory(clock)
    board = make_board(store, "film")
    run_of(store, board).beat()
    look = clock_of(store, board)
    assert [r.lives for r in active_runs(store, look)] == [True]
    clock.at += 61
    [run] = active_runs(store, clock_of(store, board))
    assert run.lives is False and round(run.age) == 61


def test_whoever_may_not_write_sees_the_status_all_the_same(make: Make, bucket: Bucket) -> None:
    one = make("reader")
    one.attach("s3://team/reader")
    with opened("s3://team/reader") as store:
        run_of(store, one.board).beat()
    bucket.faults["PUT"] = "403"
    found = one.ledger("status", "--format", "json")
    assert found.code == 0 and [r["lives"] for r in found.document["runners"]] == [None]
    assert "or longer" in one.ledger("status").out


# --- the budget ---


def test_the_ceiling_is_shown_and_set(make: Make, url: str) -> None:
    one = make()
    one.attach(url)
    assert one.ledger("budget").out == "ceiling none\n"
    done = one.ledger("budget", "--usd", "500", "--month")
    assert done.out.startswith("ceiling $500.00 a month, before none\n$0.00 spent or held in 20")
    with opened(url) as store:
        assert run_of(store, one.board).grant(intent(one, "two/1")) is None
    low = one.ledger("budget", "--usd", "0.01")
    assert low.code == 0 and low.out.startswith("ceiling $0.01, before $500.00 a month\n")
    assert "below what is spent or held: nothing more is bought" in low.err
    status = one.ledger("status", "--format", "json").document["ceiling"]
    assert status["usd"] == "0.01" and status["left"].startswith("-") and [h["runner"] for h in status["held"]]
    assert one.ledger("budget", "--none").out == "ceiling none, before $0.01\n"


def test_what_was_bought_before_there_was_a_ceiling_counts(make: Make, url: str) -> None:
    one = make()
    one.keep("one/1", "saved")
    one.attach(url)
    with opened(url) as store:
        over, lives = run_of(store, one.board, "over"), run_of(store, one.board, "lives")
        for run, address in ((over, "two/1"), (lives, "three/1")):
            mine = intent(one, address)
            assert run.grant(mine) is None
            run.record({**mine, "state": "running", "task": f"task-{address.replace('/', '-')}"})
        over.close([])
        one.ledger("budget", "--usd", "100")
        status = one.ledger("status", "--format", "json").document
        spent = sum(Decimal(s["usd"]) for s in status["spending"])
        assert Decimal(status["ceiling"]["left"]) == 100 - spent, status
        assert {h["runner"] for h in status["ceiling"]["held"]} >= {"lives (pid 7)"}
        lives.close([])
        one.ledger("budget", "--none")
        one.ledger("budget", "--usd", "50")
    again = one.ledger("status", "--format", "json").document["ceiling"]
    assert Decimal(again["left"]) == 50 - spent, "nothing counts twice"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--usd", "five"), "expected an amount in dollars"),
        (("--usd", "-1"), "expected an amount in dollars"),
        (("--usd", "nan"), "expected an amount in dollars"),
        (("--usd", "1e99"), "expected an amount in dollars"),
        (("--month",), "--month goes with --usd"),
        (("--usd", "5", "--none"), "exclude each other"),
    ],
)
def test_what_is_no_ceiling(make: Make, bucket: Bucket, words: tuple[str, ...], said: str) -> None:
    one = make("amounts")
    one.rename(ledger=NOBODY)
    done = one.ledger("budget", *words, "--ledger", "s3://team/amounts")
    assert done.code == 2 and said in done.err


# --- verify ---


def test_a_sound_ledger_has_no_findings(make: Make, url: str) -> None:
    one = make()
    one.keep("one/1", "saved")
    one.keep("two/1", "failed")
    one.attach(url)
    assert one.ledger("verify").code == 0
    with opened(url) as store:  # what others do meanwhile is no fault, also where the lock or the snapshot is older
        run = run_of(store, one.board)
        mine = intent(one, "three/1")
        assert run.grant(mine) is None
        run.record({**mine, "state": "queued"})
    lines = one.path.read_bytes().replace(
        b'"at":"2026-10-03T07:05:00Z","manifest"', b'"at":"2026-10-03T07:06:00Z","manifest"'
    )
    one.path.write_bytes(re.sub(rb',"crc":"[0-9a-f]{8}"', b"", lines))  # another clone saw the same at another moment
    done = one.ledger("verify")
    assert done.code == 0 and "3 purchases of 1 storyboard: no problems found" in done.err, done


@pytest.mark.parametrize(
    ("key", "data", "said"),
    [
        ("team", b"}{", "`team.json` is no JSON"),
        ("budget", b"{}", "`budget.json` is not what seedspec writes"),
        ("run", b"[]", "is no JSON object"),
        ("board", b"}{", "is no JSON"),
        ("purchase", b"}{", "is no JSON"),
        ("purchase", b'{"runner":{},"record":{"fp":"x"}}', "cannot be relied on"),
        ("snapshot", b"x", "is no snapshot"),
    ],
)
def test_a_damaged_object_is_named_with_its_remedy(
    make: Make, database: Server, key: str, data: bytes, said: str
) -> None:
    url = database.url
    one = make()
    record = one.keep("one/1", "saved")
    board = one.attach(url)
    keys = {
        "team": layout.TEAM, "budget": layout.BUDGET, "run": layout.run("x"), "board": layout.board(board),
        "purchase": layout.purchase(board, record.fp, 1), "snapshot": layout.snapshot(board, 1),
    }  # fmt: skip
    with opened(url) as store:
        damage(store, keys[key], data)
    done = one.ledger("verify")
    assert done.code == 6 and keys[key] in done.out and said in done.out, done
    assert "seedspec ledger rebuild" in done.out and " wrong" in done.err


def test_a_state_that_cannot_be_and_one_that_went_back(make: Make, url: str) -> None:
    one = make()
    record = one.keep("one/1", "saved")
    board = one.attach(url)
    key = layout.purchase(board, record.fp, 1)
    with opened(url) as store:
        data = (store.get(key) or (b"",))[0]
        damage(store, key, data.replace(b'"state":"saved"', b'"state":"submitting"'))
        back = one.ledger("verify")
        damage(store, key, data.replace(b'"file":', b'"doubt":'))
        illegal = one.ledger("verify")
    assert back.code == illegal.code == 6
    assert "it went back: the snapshot 1 has it as saved, it is submitting" in back.out
    assert "`saved` without `file`" in illegal.out


def test_what_the_lock_has_and_the_ledger_lacks(make: Make, url: str) -> None:
    one = make()
    one.attach(url)
    one.keep("one/1", "running")
    done = one.ledger("verify")
    assert done.code == 6 and "one/1  the lock has it as running, the ledger has it not: `seedspec fetch`" in done.out
    one.attach(url)
    assert one.ledger("verify").code == 0
    fp = one.lock.attempts
    [record] = fp[next(iter(fp))]
    saved = {**record.values, "state": "saved", "file": "renders/one.mp4", "sha256": "a" * 64}
    made = record_of(record.fp, record.attempt, saved)
    one.path.write_bytes(serialise(Lock({record.fp: (made,)}, header=one.lock.header), []))
    done = one.ledger("verify")
    assert done.code == 6 and "knows more of it than the ledger, which has running" in done.out


# --- what programs are told ---


def test_a_ledger_is_attached_verified_rebuilt_and_left_as_a_program_asks(make: Make, bucket: Bucket) -> None:
    url = f"s3://team/told-{next(_NUMBERS)}"
    one = make("told")
    one.keep("one/1", "saved")
    one.keep("two/1", "submitting")
    told = [one.ledger("attach", url, "--format", "json").document for _ in range(2)]
    old = one.board
    assert [(d["outcome"], d["purchases"], d["pushed"], d["changed"]) for d in told] == [
        ("attached", 2, 2, True), ("already", 2, 0, False),
    ]  # fmt: skip
    assert told[0]["board"] == old and url in told[0]["where"]
    two = one.pulled("told-colleague")
    assert two.ledger("attach", url, "--format", "json").document["outcome"] == "joined"
    assert one.ledger("budget", "--usd", "50", "--format", "json").document["ceiling"]["usd"] == "50"
    assert one.ledger("verify", "--format", "json").document["findings"] == []
    with opened(url) as store:
        damage(store, layout.BUDGET)
    broken = one.ledger("verify", "--format", "json")
    assert broken.code == 6 and [f["object"] for f in broken.document["findings"]] == [layout.BUDGET]
    for words in (("rebuild",), ("rebuild", "--yes-rebuild", NOBODY), ("detach",)):
        refused = one.ledger(*words, "--format", "json")
        assert (refused.code, refused.out, one.board) == (2, "", old) and refused.err.startswith("seedspec: ")
    done = one.ledger("rebuild", "--yes-rebuild", old, "--format", "json").document
    assert (done["before"], done["board"], done["purchases"], done["read"]) == (old, one.board, 2, 2)
    assert done["doubts"] == [{"entry": "two/1", "settle": "seedspec settle two/1"}] and done["ceiling_lost"]
    done = one.ledger("detach", "--yes-detach", one.board, "--format", "json").document
    assert (done["purchases"], done["following"]) == (2, []) and one.lock.header == {}


# --- rebuild ---


def test_a_deleted_ledger_is_rebuilt_from_the_lock(make: Make, bucket: Bucket) -> None:
    one = make("lost")
    one.keep("one/1", "saved")
    one.keep("two/1", "submitting")
    old = one.attach("s3://team/lost")
    for key in [k for k in bucket.keys("team") if k.startswith("lost/")]:
        bucket.client().delete_object(Bucket="team", Key=key)
    status = one.ledger("status")
    assert status.code == 6 and "seedspec ledger rebuild" in status.err
    asked = one.ledger("rebuild")
    assert asked.code == 2 and f"--yes-rebuild {old}" in asked.err and one.board == old
    wrong = one.ledger("rebuild", "--yes-rebuild", NOBODY)
    assert wrong.code == 2 and "nothing was done" in wrong.err
    done = one.ledger("rebuild", "--yes-rebuild", old)
    assert done.code == 0, done.err
    assert one.board != old and f"names the ledger {one.board} now" in done.err
    assert "two/1 is in doubt: `seedspec settle two/1`" in done.err
    assert {r.entry: r.state for r in one.lock} == {"one/1": "saved", "two/1": "doubt"}
    assert one.ledger("verify").code == 0 and one.ledger("status").code == 0
    stale = one.pulled("stale")
    stale.rename(ledger=old, at="s3://team/lost", serial=1)
    refused = stale.ledger("budget", "--ledger", "s3://team/lost")
    assert refused.code == 0, "the old one is shut, and still tells the team's budget"
    refused = stale.ledger("attach", "s3://team/lost")
    assert refused.code == 6 and "pull the lock" in refused.err, refused
    again = stale.ledger("rebuild", "--ledger", "s3://team/lost", "--yes-rebuild", old)
    assert again.code == 6 and one.board in again.err and "pull the lock that does" in again.err


@pytest.mark.parametrize("key", ["team", "budget", "run", "board", "purchase", "snapshot"])
def test_a_damaged_ledger_is_rebuilt_with_what_can_be_read(make: Make, database: Server, key: str) -> None:
    url = database.url
    one = make()
    record = one.keep("one/1", "saved")
    old = one.attach(url)
    one.ledger("budget", "--usd", "100")
    keys = {
        "team": layout.TEAM, "budget": layout.BUDGET, "run": layout.run("x"), "board": layout.board(old),
        "purchase": layout.purchase(old, record.fp, 1), "snapshot": layout.snapshot(old, 1),
    }  # fmt: skip
    with opened(url) as store:
        run = run_of(store, old)  # a colleague has bought what this lock does not know
        mine = intent(one, "two/1")
        assert run.grant(mine) is None
        run.record({**mine, "state": "running", "task": "task-two"})
        run.close([])
        damage(store, keys[key])
        done = one.ledger("rebuild", "--yes-rebuild", old)
        assert done.code == 0, done.err
        assert {r.entry: r.state for r in one.lock} == {"one/1": "saved", "two/1": "running"}
        assert {b.uuid: b.sealed for b in boards(store)} == {old: True, one.board: False}
    assert ("a ceiling that the team had is lost" in done.err) == (key == "budget")
    assert (keys["purchase"] in done.err) == (key == "purchase")
    assert one.ledger("status").code == 0 and one.do("plan").code == 0
    assert one.ledger("verify").code == 0, "what is left of the old one is no concern of anybody"


def test_records_that_were_rescued_are_in_the_rebuilt_ledger(
    make: Make, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    from seedspec.run.store.rescue import rescue

    one = make("rescued")
    old = one.attach("s3://team/rescued")
    other = one.pulled("disk")
    other.path.unlink()
    other.keep("one/1", "running")
    monkeypatch.setenv("XDG_STATE_HOME", str(one.folder / "state"))
    assert rescue(one.path, other.path.read_bytes()) is not None
    done = one.ledger("rebuild", "--yes-rebuild", old)
    assert done.code == 0, done.err
    assert [r.entry for r in one.lock] == ["one/1"] and one.ledger("verify").code == 0


# --- detach ---


def test_detach_shuts_the_ledger_and_leaves_all_in_the_lock(make: Make, url: str) -> None:
    from seedspec.run.store.ledger.types import Sealed

    one = make()
    one.keep("one/1", "saved")
    old = one.attach(url)
    two = one.pulled("colleague")
    two.attach(url)
    with opened(url) as store:
        run = run_of(store, old)
        mine = intent(one, "two/1")
        assert run.grant(mine) is None
        run.record({**mine, "state": "running", "task": "task-two"})
        run.close([])
        assert one.ledger("detach").code == 2
        done = one.ledger("detach", "--yes-detach", old)
        assert done.code == 0 and "names no ledger any more, and has all 2 purchases" in done.err, done.err
        assert one.lock.header == {} and {r.entry for r in one.lock} == {"one/1", "two/1"}
        with pytest.raises(Sealed):
            run_of(store, old, "another")
    assert one.do("plan").code == 0
    assert one.ledger("status").code == 2, "it names no ledger"
    refused = two.ledger("attach", url)
    assert refused.code == 6 and "detached" in refused.err
    assert two.ledger("detach", "--yes-detach", old).code == 0, "also of one that is shut already"
    assert two.lock.header == {} and {r.entry for r in two.lock} == {"one/1", "two/1"}
    assert one.attach(url) != old, "it may be shared anew"


def test_a_run_that_lives_is_waited_for_until_its_lease_is_over() -> None:
    clock = Clock()
    store = Memory(clock)
    board, said = make_board(store, "film"), list[str]()
    run_of(store, board).beat()

    def pause(seconds: float) -> None:
        clock.at += seconds

    assert wait_for_runs(store, board, said.append, pause=pause) == []
    assert said[0].startswith("laptop (pid 7) runs") and "buys no more" in said[0]
    assert 10 <= sum("waiting for 1 run" in line for line in said) <= 14


def test_a_run_that_only_follows_is_not_waited_for_for_ever() -> None:
    clock = Clock()
    store = Memory(clock)
    board = make_board(store, "film")
    run, other = run_of(store, board), run_of(store, make_board(store, "another"), "elsewhere")
    start = clock.at

    def pause(seconds: float) -> None:
        clock.at += seconds
        for one in (run, other):
            one._lease.beat()

    run.beat()
    other.beat()
    left = wait_for_runs(store, board, lambda line: None, pause=pause)
    assert [r.runner.host for r in left] == ["laptop"] and clock.at - start == MOST_WAIT


# --- doctor ---


def looked(done: Said) -> dict[str, tuple[str, str]]:
    rows = [r for r in done.document["findings"] if r["name"].startswith("ledger ") or r["name"] == "ledger"]
    return {r["name"]: (r["verdict"], r["said"]) for r in rows if "obstore" not in r["said"]}


def test_doctor_looks_at_the_ledger(make: Make, url: str) -> None:
    one = make()
    assert not looked(one.do("doctor", "--format", "json"))
    one.attach(url)
    found = looked(one.do("doctor", "--format", "json"))
    assert {name: verdict for name, (verdict, _) in found.items()} == dict.fromkeys(
        ["ledger write", "ledger conditions", "ledger list", "ledger clock", "ledger lineage"], "ok"
    )
    one.rename(ledger=NOBODY)
    assert looked(one.do("doctor", "--format", "json"))["ledger"][0] == "warning"
    verdict, said = looked(one.do("doctor", "--format", "json", "--ledger", url))["ledger lineage"]
    assert verdict == "bad" and NOBODY in said


@pytest.mark.parametrize(
    ("fault", "bad"),
    [
        ({"PUT": "403"}, {"ledger write"}),
        ({"PUT": "careless"}, {"ledger conditions"}),
        ({"GET": "403"}, {"ledger write", "ledger list"}),
    ],
)
def test_doctor_says_what_a_ledger_does_not_allow(
    make: Make, bucket: Bucket, fault: dict[str, str], bad: set[str]
) -> None:
    one = make("ill")
    bucket.faults |= fault
    done = one.do("doctor", "--format", "json", SEEDSPEC_LEDGER="s3://team/ill")
    assert done.code == 2 and {n for n, (verdict, _) in looked(done).items() if verdict == "bad"} == bad
    assert list(looked(one.do("doctor", "--format", "json", "--ledger", "nowhere"))) == ["ledger"]


@pytest.mark.parametrize(("seconds", "verdict"), [(5, "ok"), (-120, "warning"), (7200, "warning")])
def test_clocks_that_differ_are_told_and_stop_nothing(make: Make, bucket: Bucket, seconds: int, verdict: str) -> None:
    now = datetime.now(UTC) + timedelta(seconds=seconds)
    lock = make("clocks").path
    found = {f.name: f for f in ledger_findings(lock, "s3://team/clocks", now=now)}
    assert found["ledger clock"].verdict == verdict
    assert verdict == "ok" or "nothing of the ledger depends on it" in found["ledger clock"].said
