"""Records that a run keeps compressed are read as they were, whichever is asked for, by any thread."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any

import pytest

from seedspec.lock.lock import final_values
from seedspec.lock.press import Press, lasting
from seedspec.lock.record import pressed_record, record_of
from seedspec.lock.state import State


def values(number: int, state: str = "running") -> dict[str, Any]:
    intent = {"key": f"key-{number}", "at": "2026-11-23T07:00:00Z", "left": 12.5}
    manifest = {"request": {"prompt": f"A street at dawn, number {number}. " * (1 + number % 5)}, "take": 1}
    return {
        "fp": f"{number:064}", "attempt": 1, "state": state, "entry": f"é@n={number}/1", "manifest": manifest,
        "intent": intent, "task": f"task-{number}", "reserved": 31.3875, "units": number, "left": None,
    }  # fmt: skip


def test_what_was_kept_is_read_in_any_order_and_by_many_threads() -> None:
    press, many = Press(), range(3000)
    with ThreadPoolExecutor(8) as pool:
        kept = list(pool.map(lambda n: press.keep(values(n)), many))
        read = list(pool.map(lambda n: press.read(kept[n * 7 % 3000], f"{n * 7 % 3000:064}", 1), many))
    assert read == [lasting(values(n * 7 % 3000)) for n in many]
    assert all(isinstance(one, bytes) for one in kept)
    assert sum(map(len, kept)) < 100 * len(kept)


def test_keys_and_digests_which_are_random_take_little_more_than_their_bytes() -> None:
    press, many = Press(), range(1000)
    digests = [sha256(str(number).encode()).hexdigest() for number in many]
    asked = [{"key": f"seedspec-{d[:32]}", "body": sha256(d.encode()).hexdigest()} for d in digests]
    kept = [press.press({**values(number), "intent": one}) for number, one in zip(many, asked, strict=True)]
    assert sum(map(len, kept)) < 108 * len(kept)


def test_what_only_the_name_tells_apart_is_kept_once() -> None:
    press = Press()
    kept = [press.keep({**values(1), "fp": fp, "attempt": attempt}) for fp, attempt in (("a", 1), ("a", 2), ("b", 1))]
    assert kept[0] is kept[1] is kept[2]
    read = [press.read(kept[0], *name) for name in (("a", 1), ("a", 2), ("b", 1))]
    assert [(one["fp"], one["attempt"]) for one in read] == [("a", 1), ("a", 2), ("b", 1)]


def test_what_two_keep_alike_is_kept_once() -> None:
    press = Press()
    assert press.keep(values(1)) is press.keep(values(1))
    assert press.keep(values(1)) is not press.keep(values(2))


@pytest.mark.parametrize("state", list(State))
def test_evidence_lasts_as_long_as_there_is_no_answer(state: State) -> None:
    whole = {**values(1, state), "left": 3.5, "stuck": {"since": "x", "word": "y"}}
    press, answered = Press(), state not in (State.SUBMITTING, State.DOUBT)
    kept = press.read(press.keep(whole), whole["fp"], 1)
    assert (kept == whole) is not answered and ("left" in kept) is not answered
    assert final_values(record_of("f", 1, whole)) == {**lasting(whole), "fp": "f"}
    assert ("stuck" in lasting(whole)) is (state is State.RUNNING)


def test_a_record_of_a_press_is_that_of_its_values() -> None:
    press, fp = Press(), values(1)["fp"]
    plain, pressed = record_of(fp, 1, values(1)), pressed_record(fp, 1, values(1), press)
    assert pressed == plain and pressed.values == plain.values
    assert (pressed.task, pressed.reserved, pressed.entry) == (plain.task, plain.reserved, plain.entry)
