"""The two versions of the lock's form: what needs the second, and what a reader does with what it does not know."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from seedspec.lock.lock import LockFault, encode, parse, serialise
from seedspec.lock.merge import union
from seedspec.lock.recover import recover
from seedspec.lock.version import HEADER

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "lock.json").read_text("utf-8"))
FP, AT = "a" * 64, "2026-11-23T07:00:00Z"
RUNNING: dict[str, Any] = {
    "fp": FP,
    "entry": "a/1",
    "attempt": 1,
    "state": "running",
    "at": AT,
    "task": "task-unified-1",
}
STUCK = {**RUNNING, "stuck": {"since": AT, "word": "processing"}}
LATER = {**RUNNING, "made": {"seed": 7}, "unit": "usd", "of_version_three": [1, {"x": None}]}
SECOND = b'{"seedspec_lock":2}\n'
LEDGER = b'{"seedspec_lock":2,"ledger":"s3://b/p","at":"2026-11-23T07:00:00Z","serial":17,"colour":"red"}\n'


def test_version_1_is_written_as_long_as_nothing_needs_2() -> None:
    assert serialise(parse(HEADER + encode(RUNNING)), []) == HEADER + encode(RUNNING)
    assert serialise(parse(SECOND + encode(RUNNING)), []) == HEADER + encode(RUNNING)
    ended = {**RUNNING, "state": "failed", "failure": {"code": "abandoned", "message": ""}}
    assert serialise(parse(SECOND + encode(STUCK) + encode(ended)), []).startswith(HEADER), "an end beats `stuck`"


@pytest.mark.parametrize(("header", "record"), [(SECOND, STUCK), (SECOND, LATER), (LEDGER, RUNNING), (LEDGER, LATER)])
def test_what_a_reader_of_version_2_does_not_know_is_written_back(header: bytes, record: dict[str, Any]) -> None:
    lock = parse(header + encode(record))
    assert serialise(lock, []) == header + encode(record)
    assert serialise(union(lock, lock).lock, []) == header + encode(record)
    assert serialise(recover(header + encode(record)).lock, []) == header + encode(record)
    for line in (header + encode(record)).splitlines():
        Draft202012Validator(SCHEMA).validate(json.loads(line))


@pytest.mark.parametrize("record", [STUCK, LATER])
def test_version_1_has_none_of_it(record: dict[str, Any]) -> None:
    with pytest.raises(LockFault, match="is not one of a lock of version 1"):
        parse(HEADER + encode(record))


@pytest.mark.parametrize(
    "damaged",
    [
        SECOND + encode({**RUNNING, "stuck": {"since": AT}}),
        SECOND + encode({**RUNNING, "stuck": "long"}),
        SECOND + encode({**RUNNING, "unit": 1}),
        b'{"seedspec_lock":2,"serial":"x"}\n' + encode(RUNNING),
        b'{"seedspec_lock":true}\n' + encode(RUNNING),
    ],
)
def test_what_has_another_type_is_damage(damaged: bytes) -> None:
    with pytest.raises(LockFault):
        parse(damaged)


def test_a_merge_joins_what_one_side_knows() -> None:
    plain, stuck = parse(HEADER + encode(RUNNING)), parse(SECOND + encode(STUCK))
    for lock in (union(plain, stuck).lock, union(stuck, plain).lock):
        record = lock.last(FP)
        assert record is not None and record.stuck is not None
        assert serialise(lock, []) == SECOND + encode(STUCK)
    made = parse(HEADER + encode({**RUNNING, "state": "completed"}))
    record = union(stuck, made).lock.last(FP)
    assert record is not None and record.state == "completed" and record.stuck is None
    assert union(parse(LEDGER + encode(RUNNING)), plain).lock.header["serial"] == 17
