"""A lock with what a run has learnt is one lock: each request stands in it once, with all its attempts."""

from __future__ import annotations

from typing import Any

from peaks import peak

from seedspec.lock.press import Press
from seedspec.lock.record import record_of
from seedspec.run.store.learnt import Learnt

A, B, C = "a" * 64, "b" * 64, "c" * 64


def values(state: str = "running") -> dict[str, Any]:
    return {"state": state, "entry": "x/1", "at": "2026-11-23T07:00:00Z"}


def learnt(own: list[tuple[str, int]]) -> Learnt:
    press = Press()
    read = {A: (record_of(A, 1, values("failed")),), B: (record_of(B, 1, values()),)}
    return Learnt(read, {name: press.keep(values("saved")) for name in own}, press)


def test_each_request_stands_once_with_all_its_attempts() -> None:
    both = learnt([(C, 3), (A, 2), (C, 1), (B, 1), (C, 2)])
    assert list(both) == [A, B, C] and len(both) == 3
    found = {fp: [(r.attempt, str(r.state)) for r in records] for fp, records in both.items()}
    assert found[A] == [(1, "failed"), (2, "saved")]
    assert found[B] == [(1, "saved")]
    assert found[C] == [(1, "saved"), (2, "saved"), (3, "saved")]
    assert list(learnt([(C, 3), (C, 2)])) == [A, B, C], "also where the first attempt is not known"
    assert both.get("d" * 64) is None


def test_very_many_first_attempts_take_no_memory_beside_their_records() -> None:
    own = {(f"{number:064x}", 1): b"" for number in range(10_000)}
    assert peak(lambda: Learnt({}, own, Press())) < 10_000
