"""The lock's text: what is read, what is refused untouched, and that reading and writing undo each other."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from seedspec.lock.lock import Lock, LockFault, encode, parse, serialise
from seedspec.lock.merge import sides, union
from seedspec.lock.record import Record, record_of
from seedspec.lock.state import MOVES, RANKS, State
from seedspec.lock.version import HEADER

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "lock.json").read_text("utf-8"))
FP = "a" * 64
INTENT = {"key": "seedspec-0123456789abcdef", "body_sha256": "b" * 64, "at": "2026-11-23T07:00:00Z"}
BEGUN: dict[str, Any] = {
    "fp": FP, "entry": "open/1", "take": 1, "attempt": 1, "state": "submitting", "at": "2026-11-23T07:00:00Z",
    "manifest": {"take": 1}, "intent": INTENT, "units": 251100,
}  # fmt: skip
TAKEN = {"fp": FP, "attempt": 1, "state": "running", "at": "2026-11-23T07:00:01Z", "task": "task-unified-1-a"}
MADE = {"fp": FP, "attempt": 1, "state": "completed", "at": "2026-11-23T07:01:00Z", "task": "task-unified-1-a"}
SAVED = {"fp": FP, "attempt": 1, "state": "saved", "at": "2026-11-23T07:02:00Z", "file": "renders/x.mp4", "sha256": FP}


def text(*records: dict[str, Any]) -> bytes:
    return HEADER + b"".join(map(encode, records))


WHOLE = text(BEGUN, TAKEN, MADE, SAVED)


def test_later_lines_update_earlier_ones() -> None:
    lock = parse(WHOLE)
    record = lock.last(FP)
    assert record is not None
    assert (record.state, record.task, record.file, record.entry) == (
        State.SAVED, "task-unified-1-a", "renders/x.mp4", "open/1",
    )  # fmt: skip
    assert (lock.good, lock.lines, lock.ended) == (len(WHOLE), 5, True)


def test_a_torn_tail_is_left_out_wherever_it_is_torn() -> None:
    ends = [i + 1 for i, c in enumerate(WHOLE) if c == 10]
    for cut in range(len(HEADER) + 1, len(WHOLE)):
        lock = parse(WHOLE[:cut])
        before = max(i for i in ends if i <= cut)
        if cut + 1 in ends:  # whole but for its line end: it may hold a receipt, and is kept
            assert (lock.good, lock.ended) == (cut, False)
        else:
            assert (lock.good, lock.ended) == (before, True)
        assert lock.lines == ends.index(before) + 1 + (cut + 1 in ends)


@pytest.mark.parametrize("tail", [b"\0", b"\0" * 300, b"\0" * 20 + b"\n", b'{"fp":"' + b"\0" * 40 + b'"}\n', b'{"fp":'])
def test_what_a_crash_can_leave_at_the_end_is_left_out(tail: bytes) -> None:
    lock = parse(WHOLE + tail)
    assert (lock.good, lock.last(FP).state if lock.last(FP) else None) == (len(WHOLE), State.SAVED)


@pytest.mark.parametrize(
    "data",
    [WHOLE.replace(b"\n", b"\r\n"), WHOLE.replace(b'":"', b'": "'), WHOLE[:-1]],
    ids=["crlf", "spaces", "no line end"],
)
def test_what_means_the_same_is_read(data: bytes) -> None:
    assert [r.values for r in parse(data)] == [r.values for r in parse(WHOLE)]


def lines(*given: bytes) -> bytes:
    return HEADER + b"".join(line + b"\n" for line in given)


def changed(base: dict[str, Any], **fields: Any) -> bytes:
    return orjson.dumps({k: v for k, v in {**base, **fields}.items() if v is not ...})


REFUSED: dict[str, tuple[bytes, str, int]] = {
    "empty": (b"", "lock-empty", 1),
    "white space": (b" \n\n", "lock-empty", 1),
    "a byte order mark": (b"\xef\xbb\xbf" + WHOLE, "lock-damaged", 1),
    "no header": (encode(BEGUN), "lock-damaged", 1),
    "a torn header": (HEADER[:-3], "lock-damaged", 1),
    "another file": (b"# notes\n", "lock-damaged", 1),
    "a newer version": (b'{"seedspec_lock":3}\n' + encode(BEGUN), "lock-version", 1),
    "version zero": (b'{"seedspec_lock":0}\n', "lock-damaged", 1),
    "garbage in the middle": (lines(changed(BEGUN), b"garbage", changed(TAKEN)), "lock-damaged", 3),
    "an empty line": (lines(changed(BEGUN), b"", changed(TAKEN)), "lock-damaged", 3),
    "zeros in the middle": (lines(changed(BEGUN), b"\0" * 30, changed(TAKEN)), "lock-damaged", 3),
    "a cut line in the middle": (lines(changed(BEGUN)[:40], changed(TAKEN)), "lock-damaged", 2),
    "conflict markers": (lines(b"<<<<<<< ours", changed(BEGUN), b"=======", b">>>>>>> theirs"), "lock-conflict", 2),
    "a key twice": (lines(changed(BEGUN)[:-1] + b',"attempt":2}'), "lock-damaged", 2),
    "a key twice, deep": (lines(changed(BEGUN).replace(b'"key"', b'"key":"x","key"')), "lock-damaged", 2),
    "an unknown key": (lines(changed(BEGUN, colour="red")), "lock-damaged", 2),
    "a list": (lines(b"[1]"), "lock-damaged", 2),
    "a wrong type": (lines(changed(BEGUN, attempt="1")), "lock-damaged", 2),
    "true as a number": (lines(changed(BEGUN, attempt=True)), "lock-damaged", 2),
    "no fingerprint": (lines(changed(BEGUN, fp=...)), "lock-damaged", 2),
    "a fingerprint that is a path": (lines(changed(BEGUN, fp="../../etc")), "lock-damaged", 2),
    "a digest that is a path": (
        lines(changed(BEGUN, intent={**INTENT, "body_sha256": "../../x"})), "lock-damaged", 2,
    ),
    "attempt zero": (lines(changed(BEGUN, attempt=0)), "lock-damaged", 2),
    "an unknown state": (lines(changed(BEGUN, state="bought")), "lock-damaged", 2),
    "an impossible move": (lines(changed(SAVED), changed(TAKEN)), "lock-damaged", 3),
    "a receipt exchanged": (
        lines(changed(BEGUN), changed(TAKEN), changed(MADE, task="task-unified-2")), "lock-damaged", 4,
    ),
    "running without a receipt": (lines(changed(TAKEN, task=...)), "lock-damaged", 2),
    "saved without a file": (lines(changed(SAVED, file=...)), "lock-damaged", 2),
    "a file elsewhere": (lines(changed(SAVED, file="../../secret")), "lock-damaged", 2),
    "an absolute file": (lines(changed(SAVED, file="/etc/passwd")), "lock-damaged", 2),
    "a file of windows": (lines(changed(SAVED, file="a\\b.mp4")), "lock-damaged", 2),
    "a lone surrogate": (lines(b'{"fp":"\\ud800"}'), "lock-damaged", 2),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_relied_on_is_refused_with_its_line(name: str) -> None:
    data, code, line = REFUSED[name]
    with pytest.raises(LockFault) as fault:
        parse(data)
    assert (fault.value.code, fault.value.line) == (code, line), str(fault.value)


@settings(max_examples=400)
@given(
    st.binary(max_size=200)
    | st.binary(max_size=80).map(lambda b: WHOLE + b)
    | st.tuples(st.integers(0, len(WHOLE) - 1), st.binary(max_size=3)).map(
        lambda t: WHOLE[: t[0]] + t[1] + WHOLE[t[0] + len(t[1]) :]
    )
)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """No other exception, and what was read can be written and read again."""
    try:
        lock = parse(data)
    except LockFault:
        return
    assert 0 < lock.good <= len(data)
    again = parse(serialise(lock, []))
    assert {(r.fp, r.attempt): r.state for r in again} == {(r.fp, r.attempt): r.state for r in lock}
    assert {r.task for r in again} == {r.task for r in lock}


def test_lines_are_as_the_schema_says() -> None:
    check = Draft202012Validator(SCHEMA)
    weighed = {**BEGUN, "state": "doubt", "doubt": "cut", "left": 10.5, "intent": {**INTENT, "left": 35.61}}
    for line in text(BEGUN, TAKEN, MADE, SAVED, weighed).splitlines():
        check.validate(json.loads(line))


STATES = st.sampled_from([s for s in State if s is not State.QUEUED])


@st.composite
def histories(draw: st.DrawFn, base: Callable[[], list[dict[str, Any]]] | None = None) -> list[dict[str, Any]]:
    """Lines that a run could have written: for a few purchases, moves that the table allows."""
    found: list[dict[str, Any]] = list(base() if base else [])
    for n in range(draw(st.integers(0, 4))):
        fp = draw(st.sampled_from("ab")) * 64
        attempt = 1 + max((v["attempt"] for v in found if v["fp"] == fp), default=0)
        unique = f"{draw(st.integers(0, 2**60)):x}-{n}"
        state: State | None = None
        for _ in range(draw(st.integers(1, 5))):
            moves = sorted(MOVES[state] - {state, State.QUEUED}) if state else [State.SUBMITTING]
            if not moves:
                break
            state = draw(st.sampled_from(moves))
            at = f"2026-11-23T07:00:0{n}Z"
            values: dict[str, Any] = {"fp": fp, "attempt": attempt, "state": str(state), "at": at}
            if state is State.SUBMITTING and "intent" not in values:
                values |= {"entry": "x/1", "take": 1, "intent": {**INTENT, "key": f"key-{unique}"}}
            if state in (State.RUNNING, State.COMPLETED):
                values["task"] = f"task-unified-{unique}"
            if state is State.SAVED:
                values |= {"file": "renders/x.mp4", "sha256": sha256(unique.encode()).hexdigest()}
            found.append(values)
    return found


@st.composite
def branches(draw: st.DrawFn) -> tuple[Lock, Lock, Lock]:
    """A lock, and what two branches made of it, each by runs of its own."""
    base = draw(histories())
    ours = draw(histories(base=lambda: base))
    theirs = draw(histories(base=lambda: base))
    return parse(text(*base)), parse(text(*ours)), parse(text(*theirs))


@settings(max_examples=300)
@given(branches())
@pytest.mark.slow
def test_a_union_keeps_every_receipt_and_does_not_care_for_the_order(found: tuple[Lock, Lock, Lock]) -> None:
    base, ours, theirs = found
    one, other = union(ours, theirs), union(theirs, ours)
    assert serialise(one.lock, []) == serialise(other.lock, [])
    receipts = {r.task for lock in (base, ours, theirs) for r in lock if r.task}
    assert receipts <= {r.task for r in one.lock}
    keys = {(r.get("intent") or {}).get("key") for lock in (ours, theirs) for r in lock}
    assert keys <= {(r.get("intent") or {}).get("key") for r in one.lock}
    parse(serialise(one.lock, []))
    videos = [(r.file, r.get("sha256")) for r in one.lock if r.file]
    assert len({file for file, _ in videos}) == len(set(videos)), "two videos under one name"
    again = union(one.lock, one.lock)
    assert serialise(again.lock, []) == serialise(one.lock, [])
    assert serialise(union(one.lock, ours).lock, []) == serialise(one.lock, [])
    for fp in one.lock.attempts:
        paid = {r.task for r in one.lock.attempts[fp] if r.state in (State.RUNNING, State.COMPLETED, State.SAVED)}
        assert len(paid) < 2 or len({r.task for r in one.doubles if r.fp == fp}) >= len(paid)


@pytest.mark.parametrize("further", State)
@pytest.mark.parametrize("behind", State)
def test_the_furthest_state_stands_whenever_the_other_was_written(behind: State, further: State) -> None:
    if State.QUEUED in (behind, further) or RANKS[behind].merge >= RANKS[further].merge:
        return
    common = {"entry": "open/1", "take": 1, "attempt": 1, "task": "task-unified-1-a"}
    for early, late in (("07:00", "07:05"), ("07:05", "07:00")):
        first = record_of(FP, 1, {**common, "state": str(behind), "at": f"2026-11-23T{late}:00Z"})
        second = record_of(FP, 1, {**common, "state": str(further), "at": f"2026-11-23T{early}:00Z"})
        found = union(Lock({FP: (first,)}), Lock({FP: (second,)})).lock
        assert [(r.state, r.get("at")) for r in found] == [(further, second.get("at"))]


def test_a_line_is_read_only_with_its_own_check_sum() -> None:
    sealed = encode(BEGUN)
    assert b'"crc":' in sealed
    for good, bad in ((b"251100", b"251101"), (b"open/1", b"open/2")):
        with pytest.raises(LockFault):
            parse(HEADER + sealed.replace(good, bad) + encode(TAKEN))


def test_both_sides_of_a_conflict_are_found() -> None:
    ours, theirs = encode({**BEGUN, "fp": "c" * 64}), encode({**BEGUN, "fp": "d" * 64})
    woven = (
        HEADER + b"<<<<<<< HEAD\n" + ours + b"||||||| base\n" + encode(BEGUN) + b"=======\n" + theirs + b">>>>>>> b\n"
        + encode({**BEGUN, "fp": "e" * 64})
    )  # fmt: skip
    found = [parse(side) for side in sides(woven)]
    assert [set(f.attempts) for f in found] == [{"c" * 64, "e" * 64}, {"d" * 64, "e" * 64}]
    assert sides(WHOLE) == [WHOLE]


def test_facts_and_money_of_a_purchase_are_read_back() -> None:
    facts = {"width": 864, "height": 496, "seconds": 4.0, "fps": 24.0, "audio": False}
    lock = parse(text(BEGUN, TAKEN | {"reserved": 25.11}, MADE | {"charged": 24}, SAVED | facts))
    record = lock.last(FP)
    assert record is not None
    assert (record.reserved, record.charged, record.stated) == (25.11, 24, 24)
    assert {k: record.get(k) for k in facts} == facts
    for line in serialise(lock, []).splitlines()[1:]:
        Draft202012Validator(SCHEMA).validate(json.loads(line))


def test_what_an_older_lock_states_is_what_was_reserved() -> None:
    record = parse(text(BEGUN, TAKEN | {"credits": 25.11})).last(FP)
    assert record is not None
    assert (record.reserved, record.charged, record.stated) == (25.11, None, 25.11)


@pytest.mark.parametrize("values", [{"audio": 1}, {"audio": "yes"}, {"width": True}, {"charged": True}, {"fps": "24"}])
def test_a_fact_of_another_type_is_damage(values: dict[str, Any]) -> None:
    with pytest.raises(LockFault, match="is "):
        parse(text(BEGUN, TAKEN, MADE, SAVED | values))


def test_a_request_that_was_taken_back_gives_way_to_one_of_its_number() -> None:
    """It cost nothing; beside a purchase of another number it stays, for its number was never used."""

    def record(attempt: int, state: str, key: str, **more: Any) -> Record:
        intent = INTENT | {"key": f"seedspec-{key * 16}"}
        return record_of(FP, attempt, {**BEGUN, "attempt": attempt, "state": state, "intent": intent, **more})

    bought = record(1, "running", "1", task="task-unified-1-a")
    for number, kept in ((1, [("running", 1)]), (2, [("running", 1), ("queued", 2)])):
        taken_back = record(number, "queued", "2")
        for one, other in ((bought, taken_back), (taken_back, bought)):
            found = union(Lock({FP: (one,)}), Lock({FP: (other,)}))
            assert [(str(r.state), r.attempt) for r in found.lock.attempts[FP]] == kept
            assert not found.doubles
