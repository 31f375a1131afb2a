"""A lock as bytes: the order of its lines and keys, what a clean end leaves out, and small questions to it."""

from __future__ import annotations

import zlib
from collections import deque
from typing import Any

import orjson
import pytest
from peaks import peak

from seedspec.lock.keys import KEYS
from seedspec.lock.lock import (
    Lock,
    encode,
    lines_of,
    lock_from,
    merge_values,
    parse,
    read_line,
    serialise,
    update_record,
)
from seedspec.lock.record import record_of
from seedspec.lock.state import IllegalMove, State
from seedspec.lock.version import HEADER, extra_values, header_of, version_needed, version_of

A, B, C, AT = "a" * 64, "b" * 64, "c" * 64, "2026-11-23T07:00:00Z"


def record(fp: str, n: int = 1, state: str = "running", **more: Any) -> Any:
    return record_of(fp, n, {"state": state, "entry": "x/1", **more})


def order(lock: Lock, *given: str, profile: str | None = None) -> str:
    lines = serialise(lock, given, profile).splitlines()[1:]
    return " ".join(f"{orjson.loads(x)['fp'][0]}{orjson.loads(x)['attempt']}" for x in lines)


def test_lines_stand_in_the_order_of_the_storyboard_and_then_by_entry() -> None:
    lock = lock_from([record(A, entry="z/1"), record(B, entry="y/1"), record(C, entry="y/1"), record(C, 2)])
    assert order(lock) == "c1 c2 b1 a1"  # the last attempt's entry, `x/1`, comes first
    assert order(lock, A) == "a1 c1 c2 b1"
    assert order(lock, B, A, C) == "b1 a1 c1 c2"
    assert order(lock, B, A, B) == "a1 b1 c1 c2"
    same = lock_from([record(B), record(A)])
    assert order(same) == "a1 b1"


def test_the_order_of_many_lines_takes_little_memory() -> None:
    names = [f"{number:064x}" for number in range(4000)]
    lock = lock_from([record(name) for name in names])
    assert peak(lambda: deque(lines_of(lock, reversed(names), ""), maxlen=0)) < 150 * len(names)


def test_profiles_stand_by_name_and_turns_move_no_line() -> None:
    lock = lock_from([record(A, profile="final"), record(B, profile="draft"), record(C)])
    assert order(lock) == "c1 b1 a1"
    twice = Lock({C: (record(C, profile="d"),), A: (record(A, profile="d"),), B: (record(B),)})
    assert order(twice, A, C) == "b1 a1 c1"
    assert order(twice, A, C, profile="") == "b1 c1 a1", "those of another profile stay as they stand"
    assert order(twice, A, C, profile="d") == "b1 a1 c1"


def test_keys_stand_in_their_order_and_unknown_ones_last() -> None:
    values = {"zeta": 1, "alpha": 2, "beta": None, "task": "t", "fp": A, "at": AT, "state": "running", "units": None}
    text = b'{"fp":"' + A.encode() + b'","state":"running","at":"' + AT.encode() + b'","task":"t","alpha":2,"zeta":1'
    assert encode(values) == text + b',"crc":"%08x"}\n' % zlib.crc32(text + b"}")
    assert [*orjson.loads(encode(dict.fromkeys(reversed(KEYS), 1)))] == [*KEYS, "crc"]


def test_a_check_sum_has_eight_digits_also_where_it_is_small() -> None:
    lines = [encode({"fp": A, "attempt": n}) for n in range(400)]
    sums = [line[-11:-3] for line in lines]
    assert any(s.startswith(b"0") for s in sums)
    assert all(read_line(line) == {"fp": A, "attempt": n} for n, line in enumerate(lines))


@pytest.mark.parametrize(
    ("state", "kept"),
    [
        ("submitting", {"left": 1, "intent": {"key": "k", "left": 2}}),
        ("doubt", {"left": 1, "intent": {"key": "k", "left": 2}}),
        ("running", {"intent": {"key": "k"}, "stuck": {"word": "w"}}),
        ("completed", {"intent": {"key": "k"}}),
        ("queued", {"intent": {"key": "k"}}),
    ],
)
def test_evidence_goes_with_its_doubt_and_stuck_with_what_it_was_of(state: str, kept: dict[str, Any]) -> None:
    said = record(A, 2, state, left=1, intent={"key": "k", "left": 2}, stuck={"word": "w"})
    (line,) = serialise(Lock({A: (said,)}), []).splitlines()[1:]
    found = {k: v for k, v in orjson.loads(line).items() if k in ("left", "intent", "stuck")}
    assert found == kept and orjson.loads(line)["attempt"] == 2


def test_a_lock_of_records_has_a_line_for_each_and_one_for_its_header() -> None:
    lock = lock_from([record(B, 2), record(A), record(B)], version=2)
    assert {fp: [r.attempt for r in of] for fp, of in lock.attempts.items()} == {A: [1], B: [1, 2]}
    assert [*lock.attempts] == [A, B]
    assert (lock.lines, lock.version, lock.good, lock.ended, lock.digest, lock.header) == (4, 2, 0, True, "", {})
    assert lock_from([]).version == 1


def test_a_record_is_found_by_its_attempt_and_the_nearest_to_a_video_stands() -> None:
    lock = lock_from([record(A, 1, "failed"), record(A, 2, "saved"), record(A, 3, "failed"), record(A, 4, "doubt")])
    found = [lock.record(A, 3), lock.record(A, 5), lock.record(B, 1), lock.last(A), lock.last(B)]
    assert [r and r.attempt for r in found] == [3, None, None, 2, None]
    two = lock_from([record(A, 1, "running"), record(A, 2, "running")]).last(A)
    assert two is not None and two.attempt == 2


def test_a_line_that_was_begun_again_is_read_with_its_second_task_refused() -> None:
    known = {"state": "running", "task": "t1", "results_until": "2"}
    with pytest.raises(IllegalMove, match=r"^two tasks, `t1` and `t2`, for one attempt$"):
        update_record(known, {"state": "running", "task": "t2"})
    assert update_record(known, {"state": "running", "task": "t1", "x": 1}) == known | {"x": 1}
    assert update_record({"state": "queued", "task": None}, {"state": "running", "task": "t"})["task"] == "t"
    assert update_record(known, {"state": "completed"}) == known | {"state": "completed"}
    assert update_record(None, {"state": "saved"}) == {"state": "saved"}
    with pytest.raises(IllegalMove, match=r"^running → doubt$"):
        update_record(known, {"state": "doubt"})


def test_of_two_ends_the_sooner_one_holds() -> None:
    assert merge_values({"results_until": "2"}, {"results_until": "3"}) == {"results_until": "2"}
    assert merge_values({"results_until": "3"}, {"results_until": "2", "x": 1}) == {"results_until": "2", "x": 1}
    assert (
        merge_values({}, {"results_until": "2"}) == {"results_until": "2"} == merge_values({"results_until": "2"}, {})
    )
    assert merge_values({"x": 1, "y": 2}, {"x": 3}) == {"x": 3, "y": 2}


@pytest.mark.parametrize(
    ("line", "version"),
    [
        ({"seedspec_lock": 1}, 1), ({"seedspec_lock": 2}, 2), ({"seedspec_lock": 3}, 3), ({"seedspec_lock": 0}, 0),
        ({"seedspec_lock": -1}, 0), ({"seedspec_lock": True}, 0), ({"seedspec_lock": "1"}, 0), ({}, 0), ([1], 0),
        (None, 0), ({"seedspec_lock": 2, "ledger": "s3://b", "at": AT, "serial": 7, "x": [1]}, 2),
        ({"seedspec_lock": 2, "ledger": 1}, 0), ({"seedspec_lock": 2, "at": 1}, 0),
        ({"seedspec_lock": 2, "serial": "1"}, 0),
        ({"seedspec_lock": 2, "serial": True}, 0), ({"seedspec_lock": 1, "serial": "1"}, 1),
        ({"seedspec_lock": 3, "serial": "1"}, 3),
    ],
)  # fmt: skip
def test_a_header_names_its_version(line: Any, version: int) -> None:
    assert version_of(line) == version


def test_a_header_says_more_from_version_2_on() -> None:
    said = {"seedspec_lock": 2, "serial": 7, "x": 1}
    assert (extra_values(said, 1), extra_values(said, 2)) == ({}, {"serial": 7, "x": 1})
    assert header_of(1, {"serial": 7}) == HEADER == b'{"seedspec_lock":1}\n'
    assert header_of(2, {"serial": 7}) == b'{"seedspec_lock":2,"serial":7}\n'


@pytest.mark.parametrize(
    ("values", "header", "version"),
    [
        ({"fp": A}, {}, 1),
        ({"fp": A}, {"serial": 1}, 2),
        ({"fp": A, "x": 1}, {}, 2),
        ({"unit": "usd"}, {}, 2),
        ({"stuck": {}}, {}, 2),
        ({"made": {}}, {}, 2),
        ({"found": {}}, {}, 2),
        ({"used": {A: B}}, {}, 1),
        ({"used": {f"frame:last:entry:{A}": B}}, {}, 2),
        ({"used": {A: B, f"frame:0:entry:{A}": B}}, {}, 2),
    ],
)
def test_a_lock_needs_version_2_for_what_1_has_not(
    values: dict[str, Any], header: dict[str, Any], version: int
) -> None:
    assert version_needed([{"fp": B}, values], KEYS.keys(), header) == version


def test_a_lock_that_is_read_knows_its_bytes() -> None:
    values = {"fp": A, "entry": "x/1", "attempt": 2, "state": "running", "task": "t", "at": AT}
    data = HEADER + encode(values)
    lock = parse(data)
    assert (lock.good, lock.lines, lock.ended, lock.version, lock.header) == (len(data), 2, True, 1, {})
    assert len(lock.digest) == 64 and parse(data[:-1]).digest != lock.digest
    assert lock.attempts[A][0].state is State.RUNNING and lock.attempts[A][0].values == values
