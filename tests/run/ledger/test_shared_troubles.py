"""A ledger that falls silent, is deleted, or has no money left during a run; and merges of locks that share one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from bucket import Store
from clones import MANY, URL, Clone, attached
from helpers import QUICK, Make, Service
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from memory import Memory
from test_shared_record import AT, BODY, Machine, intent

from seedspec import api
from seedspec.lock.lock import parse
from seedspec.lock.purchase_events import Saved, Submitted
from seedspec.lock.run_events import RunFinished, Stopped
from seedspec.project.credentials import BadSettings
from seedspec.run.store import repair
from seedspec.run.store.journal import NotRecorded
from seedspec.run.store.ledger import bucket as buckets
from seedspec.run.store.ledger import outbox, shared
from seedspec.run.store.ledger.budget_share import set_ceiling
from seedspec.run.store.ledger.connect import connect
from seedspec.run.store.ledger.shared import take_up
from seedspec.run.store.ledger.team import make_board

pytestmark = pytest.mark.slow


@pytest.fixture
def clone(project: Make, mine: Service, bucket: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clone]:
    """A shared lock, and a ledger of which nobody waits long for an answer."""
    for module, name, value in (
        (buckets, "_SECONDS", 1), (buckets, "_TRYING", 0.2), (outbox, "PAUSE", 0.05), (shared, "LAST", 1.0),
        (shared, "MOMENT", 0.05), (shared, "BEHIND", 0.5),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, value)
    found = attached(project, bucket, MANY, at=mine)
    monkeypatch.setenv("XDG_STATE_HOME", str(found.folder / "state"))
    yield found
    bucket.faults.clear()


def begin(clone: Clone) -> Any:
    return api.run(
        clone.folder / "storyboard.yaml",
        api.Options(pace=QUICK, ledger=URL),
        consent=api.Yes(),
        environ=clone.environ(),
    )


def after_first(events: Any) -> list[Any]:
    """The events until the first receipt, after which a test does something."""
    seen: list[Any] = []
    for event in events:
        seen.append(event)
        if isinstance(event, Submitted):
            return seen
    raise AssertionError("nothing was bought")


def once(clone: Clone) -> int:
    bought = clone.service.bought(clone.name)
    assert set(bought.values()) <= {1}, bought
    return len(bought)


def in_ledger(clone: Clone) -> set[str | None]:
    lock = api.plan(clone.folder / "storyboard.yaml", api.Options(ledger=URL)).plan.lock
    return {r.task for r in lock}


def test_a_ledger_that_falls_silent_ends_the_buying_and_what_is_bought_is_saved(clone: Clone, bucket: Store) -> None:
    events = begin(clone)
    seen = after_first(events)
    bucket.faults |= {"GET": "503", "PUT": "503"}
    for event in events:
        seen.append(event)
        if isinstance(event, Stopped):
            bucket.faults.clear()
    last = seen[-1]
    assert isinstance(last, RunFinished) and last.exit == 7, last
    [stopped] = [e for e in seen if isinstance(e, Stopped)]
    assert "lacks" in stopped.message or "nothing was sent" in stopped.message
    assert once(clone) == last.saved == len([e for e in seen if isinstance(e, Saved)]) < 6
    assert in_ledger(clone) == {r.task for r in clone.lock()}, "what is not owed any more is there"
    rest = list(begin(clone))
    assert rest[-1].exit == 0 and once(clone) == 6


def test_what_a_silent_ledger_lacks_at_the_end_is_owed_and_told_by_the_next_run(clone: Clone, bucket: Store) -> None:
    events = begin(clone)
    seen = after_first(events)
    bucket.faults |= {"GET": "503", "PUT": "503"}
    with pytest.raises(NotRecorded, match="lacks"):
        for event in events:
            seen.append(event)
    assert [e.code for e in seen if isinstance(e, Stopped)] == ["ledger"] and seen[-1].exit == 6
    bucket.faults.clear()
    assert [r.state for r in clone.lock() if r.state != "queued"] == ["saved"] and once(clone) == 1
    rest = list(begin(clone))
    assert rest[-1].exit == 0 and once(clone) == 6
    assert in_ledger(clone) == {r.task for r in clone.lock()}


def test_a_ledger_that_is_deleted_meanwhile_is_not_taken_for_an_empty_one(clone: Clone, bucket: Store) -> None:
    events = begin(clone)
    seen = after_first(events)
    for key in bucket.keys("team"):
        bucket.client().delete_object(Bucket="team", Key=key)
    with pytest.raises(NotRecorded):
        for event in events:
            seen.append(event)
    bought = once(clone)
    assert bought == 6 or any(isinstance(e, Stopped) for e in seen), "all may be bought before one of them is told"
    assert {r.task for r in clone.lock() if r.task} == {v["task"] for v in clone.service.ledger("reserved")}
    with pytest.raises(BadSettings) as caught:
        list(begin(clone))
    assert caught.value.exit == 6 and once(clone) == bought


def test_the_teams_ceiling_ends_the_buying_of_all_its_runs(clone: Clone, bucket: Store) -> None:
    store = connect(URL, "--ledger", local=True)
    price = max(s.cost.high for s in api.plan(clone.folder / "storyboard.yaml", api.Options(ledger=URL)).plan.buys)
    set_ceiling(store, 10**9, monthly=False)
    seen = list(begin(clone.another("a")))
    assert seen[-1].exit == 0 and price > 0
    set_ceiling(store, 1000, monthly=False)
    store.close()
    other = attached_again(clone)
    seen = list(begin(other))
    [stopped] = [e for e in seen if isinstance(e, Stopped)]
    assert seen[-1].exit == 4 and stopped.code == "team-budget" and "ceiling" in stopped.message
    assert seen[-1].bought == 0


def attached_again(clone: Clone) -> Clone:
    """The same storyboard with another text, so that everything of it is new."""
    other = clone.another("b")
    text = (other.folder / "storyboard.yaml").read_text(encoding="utf-8")
    (other.folder / "storyboard.yaml").write_text(
        text.replace(f'"{clone.name} ', f'"{clone.name} now '), encoding="utf-8"
    )
    return other


@settings(max_examples=40, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_locks_that_share_a_ledger_are_the_same_bytes_after_merges_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Three clones buy, follow and save by turns; git merges their locks in some order, and each asks the ledger."""
    folder, store = tmp_path_factory.mktemp("team"), Memory()
    board = make_board(store, "tea")
    machines = [Machine(folder, store, board, name) for name in ("one", "two", "three")]
    receipts: set[str] = set()
    for number in range(1, 1 + data.draw(st.integers(1, 4))):
        machine = machines[data.draw(st.integers(0, 2))]
        made = intent(number, f"key-{number}")
        machine.record.intend(made, BODY)
        if data.draw(st.booleans()):
            machine.record.keep(Submitted(made.entry, made.fp, 1, f"task-{number}", 1.0, None, AT))
            receipts.add(f"task-{number}")
            if data.draw(st.booleans()):
                machine.record.keep(
                    Saved(made.entry, made.fp, 1, f"r/{number}.mp4", "a" * 64, 10, None, None, None, AT)
                )
    for machine in data.draw(st.permutations(machines)):
        machine.close()
    locks = [m.path.read_bytes() for m in machines]
    merged = {merge_all([locks[i] for i in order]) for order in itertools.permutations(range(3))}
    assert len(merged) == 1
    (whole,) = merged
    assert receipts <= {r.task for r in parse(whole)}
    ends = set[bytes]()
    for machine in data.draw(st.permutations(machines)):
        machine.path.write_bytes(whole)
        take_up(machine.opened(), machine.path, (), None)
        ends.add(machine.path.read_bytes())
    assert len(ends) == 1 and receipts <= {r.task for r in parse(ends.pop())}


def merge_all(locks: list[bytes]) -> bytes:
    out = locks[0]
    for lock in locks[1:]:
        out, doubles = repair.merge(b"", out, lock)
        assert not doubles
    return out
