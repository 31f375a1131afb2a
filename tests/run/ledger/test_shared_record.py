"""The record of a shared run: in which order ledger and disk are told, and when a leave to buy is good no more."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest
from memory import Clock, Memory

from seedspec.compiler.entry import digest
from seedspec.lock.lock import Lock, parse
from seedspec.lock.purchase_events import Deferred, Doubted, Failed, Intent, Saved, Submitted, Submitting
from seedspec.lock.state import State
from seedspec.run.store.journal import DiskRefuses, Journal
from seedspec.run.store.leave import NotGranted, NotYet, TakenElsewhere
from seedspec.run.store.ledger import lease, outbox, shared
from seedspec.run.store.ledger.ledger import Ledger, open_ledger
from seedspec.run.store.ledger.shared import SharedRecord, take_up
from seedspec.run.store.ledger.team import make_board
from seedspec.run.store.ledger.types import Runner
from seedspec.run.store.lock_file import read_lock

AT = "2026-11-29T00:00:00Z"
BODY = b"{}"


def intent(number: int = 1, key: str = "key-1", attempt: int = 1) -> Submitting:
    fp = f"{number:064x}"
    asked = Intent(key, digest(BODY), AT)
    return Submitting(f"one/{number}", fp, 1, attempt, {"model": "m"}, asked, 10_000, AT)


class Machine:
    """One machine with a clone of its own and a run that shares the ledger of a store."""

    def __init__(self, folder: Path, store: Memory, board: str, name: str) -> None:
        self.path = folder / name / "storyboard.lock"
        self.path.parent.mkdir(exist_ok=True)
        self.store, self.board, self.name = store, board, name
        self.ledger = self.opened()
        self.journal, self.record = self.begun()

    def opened(self) -> Ledger:
        return open_ledger(self.store, self.board, Runner(f"{self.name:0>8}", self.name, ""))

    def begun(self) -> tuple[Journal, SharedRecord]:
        lock = take_up(self.ledger, self.path, (), None)
        journal = Journal(self.path, lock)
        return journal, SharedRecord(self.ledger, journal)

    def lock(self) -> Lock:
        return parse(self.path.read_bytes())

    def states(self) -> dict[str, str]:
        return {r.entry: str(r.state) for r in self.lock()}

    def close(self) -> None:
        self.record.close(())


@pytest.fixture
def store() -> Memory:
    return Memory()


@pytest.fixture
def pair(tmp_path: Path, store: Memory) -> tuple[Machine, Machine]:
    board = make_board(store, "tea")
    return Machine(tmp_path, store, board, "one"), Machine(tmp_path, store, board, "two")


def in_ledger(machine: Machine) -> dict[str, str]:
    return {r.entry: str(r.state) for r in machine.opened().refresh()[0]}


def test_an_intent_is_in_the_ledger_before_it_is_on_disk(pair: tuple[Machine, Machine], store: Memory) -> None:
    one, two = pair
    seen: list[dict[str, str]] = []

    def look(what: str, key: str) -> str:
        if "/buy/" in key:
            seen.append(one.states())
        return ""

    store.fault = look
    one.record.intend(intent(), BODY)
    assert seen and all(not states for states in seen), "the disk had it first"
    assert one.states() == {"one/1": "submitting"}
    with pytest.raises(TakenElsewhere) as caught:
        two.record.intend(intent(key="key-2"), BODY)
    assert caught.value.theirs.lives and caught.value.theirs.values["intent"]["key"] == "key-1"
    assert two.states() == {"one/1": "submitting"}, "what another one is sending is in the lock too"


def test_an_intent_that_the_ledger_did_not_answer_is_on_no_disk(pair: tuple[Machine, Machine], store: Memory) -> None:
    one, _ = pair
    one.record.begin()
    store.deaf = True
    with pytest.raises(NotGranted) as caught:
        one.record.intend(intent(), BODY)
    assert caught.value.exit == 7 and "nothing was sent" in str(caught.value)
    assert one.states() == {}
    store.deaf = False
    one.close()


def test_an_intent_that_the_disk_refuses_is_withdrawn_from_the_ledger(
    pair: tuple[Machine, Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = pair

    def full(*_: Any) -> None:
        raise DiskRefuses("the disk is full")

    monkeypatch.setattr(one.journal, "intend", full)
    with pytest.raises(DiskRefuses):
        one.record.intend(intent(), BODY)
    one.close()
    assert in_ledger(one) == {"one/1": "queued"}
    two.record.intend(intent(key="key-2"), BODY)


def test_a_receipt_is_on_disk_before_the_ledger_is_told(pair: tuple[Machine, Machine], store: Memory) -> None:
    one, _ = pair
    one.record.intend(intent(), BODY)
    seen: list[str] = []

    def look(what: str, key: str) -> str:
        if "/buy/" in key:
            seen.append(one.states()["one/1"])
        return ""

    store.fault = look
    one.record.keep(Submitted("one/1", intent().fp, 1, "task-1", 1.0, None, AT))
    one.close()
    assert seen[0] == "running"
    assert in_ledger(one) == {"one/1": "running"}


def test_a_receipt_waits_for_a_ledger_that_is_away_and_is_owed_at_the_end(
    pair: tuple[Machine, Machine], store: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "LAST", 0.05)
    one, two = pair
    one.record.intend(intent(), BODY)
    store.deaf = True
    one.record.keep(Submitted("one/1", intent().fp, 1, "task-1", 1.0, None, AT))
    assert one.record.owed == "", "a moment is no debt"
    one.record.settle()
    assert "lacks 1 record" in one.record.owed and one.states() == {"one/1": "running"}
    one.record.abandon()
    store.deaf = False
    take_up(one.opened(), one.path, (), None)
    assert in_ledger(two) == {"one/1": "running"}, "the next run tells it"


def test_the_end_waits_for_a_slow_ledger_as_long_as_it_takes_records(
    pair: tuple[Machine, Machine], store: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "LAST", 1.0)
    one, two = pair
    for number in range(1, 6):
        one.record.intend(intent(number, f"key-{number}"), BODY)
    replace = store.replace

    def slowly(key: str, data: bytes, tag: str) -> str | None:
        time.sleep(0.3)
        return replace(key, data, tag)

    monkeypatch.setattr(store, "replace", slowly)
    one.record.keep(*(submitted(number) for number in range(1, 6)))
    one.record.settle()
    assert one.record.owed == "" and set(in_ledger(two).values()) == {"running"}
    one.close()


def test_a_leave_is_good_for_ten_seconds_by_a_clock_that_counts_sleep(
    pair: tuple[Machine, Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = pair
    now = [lease.elapsed_seconds()]
    monkeypatch.setattr(shared, "elapsed_seconds", lambda: now[0])
    one.record.intend(intent(), BODY)
    now[0] += lease.FRESH
    assert one.record.timely(intent())
    now[0] += 0.1
    assert not one.record.timely(intent())
    one.record.keep(Deferred("one/1", intent().fp, 1, "withdrawn", "the request was not sent", 0, AT))
    one.close()
    assert in_ledger(one) == {"one/1": "queued"}


def test_what_another_one_has_done_meanwhile_gets_into_the_lock_by_legal_moves(
    pair: tuple[Machine, Machine],
) -> None:
    one, two = pair
    one.record.intend(intent(), BODY)
    with pytest.raises(TakenElsewhere):
        two.record.intend(intent(key="key-2"), BODY)
    fp = intent().fp
    one.record.keep(Submitted("one/1", fp, 1, "task-1", 1.0, None, AT))
    one.record.keep(Saved("one/1", fp, 1, "renders/one.mp4", "a" * 64, 10, None, None, None, AT))
    one.record.settle()
    with pytest.raises(TakenElsewhere) as caught:
        two.record.intend(intent(key="key-3"), BODY)
    assert caught.value.theirs.values["state"] == "saved"
    assert two.states() == {"one/1": "saved"} and two.lock().last(fp).task == "task-1"  # type: ignore[union-attr]


def test_a_failed_attempt_gives_the_next_one_to_who_asks_first(pair: tuple[Machine, Machine]) -> None:
    one, two = pair
    fp = intent().fp
    one.record.intend(intent(), BODY)
    one.record.keep(Failed("one/1", fp, 1, None, "service_error", "no", "again", AT))
    one.record.settle()
    two.record.intend(intent(key="key-2", attempt=2), BODY)
    with pytest.raises(TakenElsewhere):
        one.record.intend(intent(key="key-3", attempt=2), BODY)


def submitted(number: int) -> Submitted:
    return Submitted(f"one/{number}", intent(number).fp, 1, f"task-{number}", 1.0, None, AT)


class Slow:
    """A store that replaces what holds some bytes when it is let go on, and all else at once."""

    def __init__(self, store: Memory, holds: bytes = b"task-1") -> None:
        self.holds = holds
        self.waits, self.go_on, self._write = threading.Event(), threading.Event(), store.replace
        store.replace = self._replace  # type: ignore[method-assign]

    def _replace(self, key: str, data: bytes, tag: str) -> str | None:
        if self.holds in data:
            self.waits.set()
            assert self.go_on.wait(10)
        return self._write(key, data, tag)


def test_the_ledger_is_asked_while_the_receipt_before_is_on_its_way(
    pair: tuple[Machine, Machine], store: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = pair
    monkeypatch.setattr(shared, "MOMENT", 10.0)
    slow = Slow(store)
    kept: list[dict[str, str]] = []
    write = one.journal.intend

    def intend(made: Submitting, body: bytes) -> None:
        kept.append(in_ledger(one))
        write(made, body)

    monkeypatch.setattr(one.journal, "intend", intend)
    one.record.intend(intent(1), BODY)
    one.record.keep(submitted(1))
    assert slow.waits.wait(10)
    asked = threading.Thread(target=one.record.intend, args=(intent(2, "key-2"), BODY))
    asked.start()
    while in_ledger(one) != {"one/1": "submitting", "one/2": "submitting"}:
        assert asked.is_alive()
    assert one.states() == {"one/1": "running"}, "no request may leave before the receipt is in the ledger"
    slow.go_on.set()
    asked.join()
    assert kept[-1] == {"one/1": "running", "one/2": "submitting"} and one.states()["one/2"] == "submitting"
    one.close()


def test_a_leave_is_given_back_where_the_receipt_before_does_not_get_through(
    pair: tuple[Machine, Machine], store: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And it is not asked for again before it is given back: the ledger would not know one from the other."""
    one, two = pair
    monkeypatch.setattr(shared, "MOMENT", 0.05)
    receipt, withdrawal = Slow(store), Slow(store, b"queued")
    grants: list[str] = []
    grant = one.ledger.grant
    monkeypatch.setattr(one.ledger, "grant", lambda values: (grants.append(values["entry"]), grant(values))[1])
    one.record.intend(intent(1), BODY)
    one.record.keep(submitted(1))
    for key in ("key-2", "key-3"):
        with pytest.raises(NotYet, match=r"lacks [12] records?; .* nothing was sent for `one/2`"):
            one.record.intend(intent(2, key), BODY)
    with pytest.raises(NotYet):
        one.record.intend(intent(3, "key-4"), BODY)  # two records wait
    assert grants == ["one/1", "one/2"] and one.states() == {"one/1": "running"}
    receipt.go_on.set()
    assert withdrawal.waits.wait(10)
    with pytest.raises(NotYet, match="lacks 1 record;"):
        one.record.intend(intent(2, "key-5"), BODY)
    assert grants == ["one/1", "one/2"]
    withdrawal.go_on.set()
    monkeypatch.setattr(shared, "MOMENT", 10.0)
    one.record.intend(intent(2, "key-6"), BODY)
    assert grants == ["one/1", "one/2", "one/2"]
    assert in_ledger(one) == {"one/1": "running", "one/2": "submitting"}
    with pytest.raises(TakenElsewhere):
        two.record.intend(intent(2, "key-7"), BODY)
    one.close()


def test_a_receipt_that_the_ledger_refuses_is_waited_for_before_it_is_asked(
    pair: tuple[Machine, Machine], store: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = pair
    monkeypatch.setattr(shared, "MOMENT", 0.05)
    monkeypatch.setattr(shared, "LAST", 0.05)
    monkeypatch.setattr(outbox, "PAUSE", 60.0)
    one.record.intend(intent(1), BODY)
    store.deaf = True
    one.record.keep(submitted(1))
    while not one.record._outbox.why:
        pass
    store.deaf = False
    monkeypatch.setattr(one.ledger, "grant", lambda values: pytest.fail("it was asked"))
    with pytest.raises(NotYet):
        one.record.intend(intent(2, "key-2"), BODY)
    one.record.abandon()


def test_both_clones_end_with_the_same_bytes(pair: tuple[Machine, Machine]) -> None:
    one, two = pair
    for machine, number in ((one, 1), (two, 2)):
        made = intent(number, f"key-{number}")
        machine.record.intend(made, BODY)
        machine.record.keep(Submitted(made.entry, made.fp, 1, f"task-{number}", 1.0, None, AT))
    one.close()
    two.close()
    assert {r.task for r in two.lock()} == {"task-1", "task-2"}
    take_up(one.opened(), one.path, (), None)
    assert one.path.read_bytes() == two.path.read_bytes()
    assert read_lock(one.path).header["ledger"] == one.board


def test_a_grant_that_the_disk_never_saw_is_a_doubt_when_its_lease_is_over(
    pair: tuple[Machine, Machine], store: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut between the ledger and the disk: nobody knows whether the request left."""
    from seedspec.run.store.ledger.opened import senders, wait_to_settle

    one, two = pair

    def cut(*_: Any) -> None:
        raise SystemExit

    monkeypatch.setattr(one.journal, "intend", cut)
    monkeypatch.setattr(one.record._outbox, "add", lambda values: None)
    with pytest.raises(SystemExit):
        one.record.intend(intent(), BODY)
    lock = take_up(two.opened(), two.path, (), None)
    assert [r.state for r in lock] == [State.SUBMITTING], "the next run of anybody takes it up"
    later = two.opened()
    later.beat()
    later.refresh()
    assert senders(later) == {(intent().fp, 1): "one"}, "by the store's clock, which is weeks behind this machine's"
    record = next(iter(lock))
    assert wait_to_settle(later, record)[0] > 0
    assert isinstance(store.clock, Clock)
    store.clock.at += lease.LEASE + lease.FRESH + 100
    later = two.opened()
    later.beat()
    later.refresh()
    assert senders(later) == {} and wait_to_settle(later, record)[0] == 0


def test_a_run_that_stands_still_renews_its_lease_no_more(
    pair: tuple[Machine, Machine], store: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    enough = threading.Event()
    monkeypatch.setattr(shared, "BEAT", 0.005)
    monkeypatch.setattr(shared, "IDLE", 0.9)
    one, _ = pair

    monkeypatch.setattr(one.ledger, "beat", enough.set)
    one.record.begin()
    assert enough.wait(5)
    one.record._step -= 1  # its last step was long ago
    enough.clear()
    while enough.wait(0.2):  # a beat that was under way
        enough.clear()
    one.record.keep()
    assert enough.wait(5), "it goes on, and its lease with it"
    one.record.abandon()


def test_a_leave_whose_answer_was_lost_is_known_by_its_own_writing(
    pair: tuple[Machine, Machine], store: Memory
) -> None:
    """The store carries out the write and says that the name is taken, as a bucket does after a lost answer."""
    one, two = pair
    write, lost = store.create, list[str]()

    def create(key: str, data: bytes) -> str | None:
        made = write(key, data)
        if "/buy/" in key and made is not None:
            lost.append(key)
            return None
        return made

    store.create = create  # type: ignore[method-assign]
    one.record.intend(intent(), BODY)
    assert len(lost) == 1 and one.states() == {"one/1": "submitting"}
    with pytest.raises(TakenElsewhere):
        two.record.intend(intent(key="key-2"), BODY)


def test_a_person_has_a_doubt_sent_once_more_under_its_first_key(pair: tuple[Machine, Machine]) -> None:
    one, two = pair
    one.record.intend(intent(), BODY)
    one.record.keep(Doubted("one/1", intent().fp, 1, "the answer was lost", AT))
    one.close()
    two.ledger = two.opened()
    two.journal, two.record = two.begun()
    with pytest.raises(TakenElsewhere):
        two.record.intend(intent(key="another"), BODY)
    two.record.intend(intent(), BODY)
    two.close()
    assert two.states() == in_ledger(two) == {"one/1": "submitting"}
