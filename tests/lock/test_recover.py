"""What can still be read of a damaged lock: every line that is a record, and all else in a person's hands."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from seedspec.lock.lock import LockFault, encode, serialise
from seedspec.lock.recover import recover
from seedspec.lock.version import HEADER

FP, OTHER, AT = "a" * 64, "b" * 64, "2026-11-23T07:00:00Z"
SECOND = b'{"seedspec_lock":2}\n'
RUNNING: dict[str, Any] = {"fp": FP, "entry": "a/1", "attempt": 1, "state": "running", "at": AT, "task": "task-one-1"}
SAVED: dict[str, Any] = {
    **RUNNING, "fp": OTHER, "task": "task-two-2", "entry": "b/1", "state": "saved", "file": "r/x.mp4", "sha256": FP,
}  # fmt: skip
ONE, TWO = encode(RUNNING), encode(SAVED)


def raw(**values: Any) -> bytes:
    return orjson.dumps({k: v for k, v in {**RUNNING, **values}.items() if v is not ...}) + b"\n"


Told = tuple[int, str, bool, str, str]
"""Number, reason, whether its record is taken all the same, and the task and the entry that it seems to hold."""


def shown(data: bytes) -> tuple[list[Told], list[tuple[str, int, str, str | None]]]:
    found = recover(data)
    unreadable = [(u.number, u.why.split(":")[0], u.taken, u.task, u.entry) for u in found.unreadable]
    return unreadable, [(r.entry, r.attempt, str(r.state), r.task) for r in found.lock]


A, B = ("a/1", 1, "running", "task-one-1"), ("b/1", 1, "saved", "task-two-2")
DAMAGED: dict[str, tuple[bytes, list[Told], list[tuple[str, int, str, str | None]]]] = {
    "nothing": (HEADER + ONE + TWO, [], [A, B]),
    "no header": (ONE + TWO, [], [A, B]),
    "a header in the middle": (ONE + HEADER + TWO, [], [A, B]),
    "a lock of one line without its end": (HEADER + ONE[:-1], [], [A]),
    "garbage": (HEADER + b"garbage\n" + ONE, [(2, "not JSON", False, "", "")], [A]),
    "white space and zeros": (HEADER + b" \t\0\0\n" + ONE, [], [A]),
    "zeros before a line": (HEADER + b"\0\0" + ONE, [], [A]),
    "two lines in one": (HEADER + ONE[:-1] + TWO, [], [A, B]),
    "a cut line before another": (
        HEADER + ONE[:-19] + TWO, [(2, "not JSON", False, "task-one-1", "a/1")], [B],
    ),
    "a line that was edited": (
        HEADER + ONE.replace(b"a/1", b"a/2"), [(2, "the line is not what was written, its `crc` says; if you edited "
        "it, take `crc` out of it", True, "task-one-1", "a/2")], [("a/2", 1, "running", "task-one-1")],
    ),
    "an unknown key in version 1": (
        HEADER + raw(colour="red") + TWO,
        [(2, "key `colour` is not one of a lock of version 1", False, "task-one-1", "a/1")], [B],
    ),
    "a list": (HEADER + b"[1]\n" + ONE, [(2, "a line that is no JSON object", False, "", "")], [A]),
    "a line without its state": (
        HEADER + raw(state=...) + TWO,
        [(2, "a line without `fp`, `attempt` or `state`", False, "task-one-1", "a/1")], [B],
    ),
    "a key twice": (
        HEADER + raw().replace(b'"at"', b'"fp":"x","at"') + TWO, [(2, "`fp` stands twice", False, "task-one-1", "a/1")],
        [B],
    ),
    "a doubt of two lines": (
        HEADER + raw(doubt="it\nwas"), [(2, "`doubt` is `it⏎was`; expected one line of at most 2000 characters", True,
        "task-one-1", "a/1")], [A],
    ),
    "two tasks of one attempt": (
        HEADER + ONE + raw(task="task-sec-2"), [(3, "a move that cannot be", True, "task-sec-2", "a/1")],
        [A, ("a/1", 2, "running", "task-sec-2")],
    ),
    "a move back": (
        HEADER + TWO + encode({**SAVED, "state": "running"}),
        [(3, "a move that cannot be", True, "task-two-2", "b/1")], [B],
    ),
    "a receipt that is short, and one that is not": (
        HEADER + b'{"task" : "short"\n{"task" : "long-enough", "entry":"x@y=z/1"\n' + ONE,
        [(2, "not JSON", False, "", ""), (3, "not JSON", False, "long-enough", "x@y=z/1")], [A],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGED)
def test_every_record_is_kept_and_what_is_none_is_handed_out(name: str) -> None:
    data, unreadable, records = DAMAGED[name]
    assert shown(data) == (unreadable, records)


def test_words_that_are_no_line_are_made_one() -> None:
    """The purchase is real, whatever was said of it."""
    failed = {"state": "failed", "failure": {"code": "x" * 201, "message": "a\nb" + "y" * 2000}}
    record = recover(SECOND + raw(**failed)).lock.last(FP)
    assert record is not None
    assert record.get("failure") == {"code": "x" * 199 + "…", "message": "a b" + "y" * 1996 + "…"}
    record = recover(SECOND + raw(stuck={"since": AT, "word": "z" * 201})).lock.last(FP)
    assert record is not None and record.stuck == {"since": AT, "word": "z" * 199 + "…"}
    record = recover(SECOND + raw(doubt="x" * 2001)).lock.last(FP)
    assert record is not None and record.get("doubt") == "x" * 1999 + "…"
    for beyond in ({"failure": {"code": "x\n", "message": "y", "z": 1}}, {"stuck": {"word": "x\n"}}, {"doubt": [1]}):
        found = recover(SECOND + raw(**beyond) + TWO)
        assert [(u.number, u.taken) for u in found.unreadable] == [(2, False)] and len([*found.lock]) == 1


@pytest.mark.parametrize(
    ("data", "code", "message", "line"),
    [
        (b"", "lock-damaged", "no line of it is a record; restore it from git", 0),
        (HEADER, "lock-damaged", "no line of it is a record; restore it from git", 0),
        (HEADER + b"garbage\n", "lock-damaged", "no line of it is a record; restore it from git", 0),
        (ONE + b'{"seedspec_lock":3}\n', "lock-version", "a lock of another version; upgrade seedspec", 2),
        (b'{"seedspec_lock":0}\n' + ONE, "lock-version", "a lock of another version; upgrade seedspec", 1),
    ],
)
def test_where_nothing_is_a_record_nothing_is_made_of_it(data: bytes, code: str, message: str, line: int) -> None:
    with pytest.raises(LockFault) as told:
        recover(data)
    assert (told.value.code, str(told.value), told.value.line) == (code, message, line)


def test_what_headers_say_is_kept_and_a_lost_one_is_the_newest() -> None:
    first = b'{"seedspec_lock":2,"serial":1,"colour":"red"}\n'
    found = recover(first + ONE + b'{"seedspec_lock":2,"serial":7}\n' + TWO).lock
    assert (found.version, found.header) == (2, {"serial": 7, "colour": "red"})
    assert recover(HEADER + ONE).lock.version == 1
    later = raw(made={"seed": 7})
    assert [r.get("made") for r in recover(later).lock] == [{"seed": 7}]
    assert serialise(recover(later).lock, []).startswith(SECOND)
