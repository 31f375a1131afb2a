"""Each limit of a line's values on both sides, and the words for each refusal, whole, in files beside this one."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_lock_file import REFUSED

from seedspec.lock.keys import DEEPEST, KEYS, depth, fault
from seedspec.lock.lock import LockFault, parse

HERE = Path(__file__).parent
HEX, AT = "b" * 64, "2026-11-23T07:00:00Z"
TIMES = [
    AT, "2026-02-28T23:59:59Z", "2026-02-29T00:00:00Z", "2028-02-29T00:00:00Z", "1999-12-31T00:00:00Z",
    "2026-12-31T24:00:00Z", "2026-13-01T00:00:00Z", "2026-11-23T07:60:00Z", "2026-11-23T07:00:00", "26-11-23T07:00:00Z",
]  # fmt: skip
ORDINALS = [0, 1, 10**15, 10**15 + 1, 1.0]
COUNTS = [-1, 0, 10**15, 10**15 + 1, 0.5]
NUMBERS = [-1e15, -(10**15) - 1, 0, 0.5, 1e15, 1.1e15, "1"]
TEXTS = ["", "x" * 2000, "x" * 2001, "two\nlines", "茶 is hot"]
INTENT = {"key": "k", "body_sha256": HEX, "at": AT}
CASES: dict[str, list[Any]] = {
    "fp": ["a" * 63, "a" * 64, "a" * 65, "A" * 64],
    "entry": [
        "a/1", "a/0", "a/01", "/1", "a", ".a/1", "a.-_B/1", "a" * 60 + "/1", "a" * 61 + "/1", "a/" + "1" * 15,
        "a/" + "1" * 16, "a@look=x/1", "a@/1", "a@1=x/1", "a@l" + "x" * 900 + "/1", "a@l" + "x" * 901 + "/1",
    ],
    "profile": ["", "a", "-a", "a_b-C1", "a" * 40, "a" * 41],
    "take": ORDINALS,
    "attempt": ORDINALS,
    "state": ["queued", "submitting", "doubt", "running", "completed", "saved", "failed", "new", ""],
    "at": TIMES,
    "manifest": [
        {}, {"request": {}}, {"request": []}, {"request": "x"}, {"take": 2}, {"take": "2"}, {"take": True},
        {"model": "m"}, {"model": 1}, {"provider": "p"}, {"provider": None}, {"more": 1}, [],
    ],
    "used": [
        {}, {HEX: HEX}, {HEX: HEX[1:]}, {HEX: 1}, {HEX[1:]: HEX}, {f"frame:first:entry:{HEX}": HEX},
        {f"frame:last:entry:{HEX}": HEX}, {f"frame:0:entry:{HEX}": HEX}, {f"frame:01:entry:{HEX}": HEX},
        {f"frame:1234567:entry:{HEX}": HEX}, {f"frame:12345678:entry:{HEX}": HEX}, {f"entry:{HEX}": HEX},
    ],
    "intent": [
        INTENT, INTENT | {"left": 1.5}, INTENT | {"left": 1}, INTENT | {"left": "1"}, INTENT | {"left": 2e15},
        INTENT | {"more": 1}, INTENT | {"left": 1, "more": 1}, INTENT | {"key": "k" * 255}, INTENT | {"key": "k" * 256},
        INTENT | {"key": "-k"}, INTENT | {"key": "k._~:-9"}, INTENT | {"key": 1}, INTENT | {"body_sha256": HEX[1:]},
        INTENT | {"at": "now"}, {"key": "k", "body_sha256": HEX}, {"body_sha256": HEX, "at": AT}, {},
    ],
    "task": ["t", "-t", "t._~:-9", "t" * 256, "t" * 257, "", "t/1"],
    "found": [
        {"by": "x", "what": "y"}, {"by": "x" * 200, "what": "y" * 200}, {"by": "x" * 201, "what": "y"},
        {"by": "x", "what": "y" * 201}, {"by": "x"}, {"what": "y"}, {"by": "x", "what": "y", "z": 1},
        {"by": 1, "what": "y"},
    ],
    "units": COUNTS,
    "unit": ["usd", "u", "Usd", "1usd", "u_9", "u" * 20, "u" * 21, ""],
    "reserved": NUMBERS,
    "charged": NUMBERS,
    "credits": NUMBERS,
    "doubt": TEXTS,
    "left": NUMBERS,
    "stuck": [
        {"since": AT, "word": "x"}, {"since": AT, "word": "x" * 200}, {"since": AT, "word": "x" * 201},
        {"since": "long", "word": "x"}, {"since": AT}, {"word": "x"}, {"since": AT, "word": "x", "z": 1},
    ],
    "failure": [
        {"code": "c", "message": "m"}, {"code": "c" * 200, "message": "m" * 2000}, {"code": "c" * 201, "message": "m"},
        {"code": "c", "message": "m" * 2001}, {"code": "c"}, {"message": "m"}, {"code": "c", "message": "m", "z": 1},
        {"code": 1, "message": "m"},
    ],
    "results_until": TIMES,
    "file": [
        "x.mp4", "x.mov", "renders/open_take1.mp4", "renders/open@look=a_take1.0123abcd.89ef4567.mp4", "a/../x.mp4",
        "/x.mp4", "renders/CON.mp4", "a" * 251 + ".mp4", "a" * 252 + ".mp4", "é" * 125 + "a.mp4", "é" * 126 + ".mp4",
        "a/" * 1997 + "ab.mp4", "a/" * 1997 + "abc.mp4", "renders/two\nlines.mp4", "renders/a?b.mp4",
        "renders/open_take1.mp4x",
    ],
    "sha256": ["a" * 64, "a" * 63],
    "bytes": COUNTS,
    "width": COUNTS,
    "height": COUNTS,
    "seconds": NUMBERS,
    "fps": NUMBERS,
    "audio": [True, False, 1, "true"],
    "made": [{}, {"seed": [1, {"x": None}]}, [], 7],
}  # fmt: skip
SHOWN: dict[str, tuple[str, Any]] = {
    "four keys of a mapping are named": ("stuck", {"a": 1, "b": 2, "c": 3, "d": 4}),
    "of more the first four": ("stuck", {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5}),
    "a mapping without any": ("stuck", {}),
    "a list": ("stuck", [1, 2]),
    "nothing": ("fp", None),
    "sixty characters": ("fp", "x" * 60),
    "sixty-one": ("fp", "x" * 61),
    "what steers a terminal": ("fp", "x\x1b[2J"),
    "a key that steers": ("stuck", {"x\x1b[2J": 1}),
}


def in_short(value: object) -> str:
    """A value in which what stands often is counted."""
    return re.sub(r"(a/|[A-Za-zé])\1{9,}", lambda m: f"{m[1]}×{len(m[0]) // len(m[1])}", repr(value))


def said(values: dict[str, Any], version: int = 2) -> str:
    found = fault(values, version)
    return "taken" if found == "" else in_short(found)


def test_each_value_is_taken_or_refused_at_its_edge(expect: Callable[[Path, str], None]) -> None:
    assert CASES.keys() == KEYS.keys()
    rows = [f"{key} {in_short(v)}: {said({key: v})}" for key, values in CASES.items() for v in values]
    rows += [f"{name}: {fault({key: value}, 2)}" for name, (key, value) in SHOWN.items()]
    expect(HERE / "edges.txt", "\n".join(rows) + "\n")


def test_what_version_1_has_not_is_told(expect: Callable[[Path, str], None]) -> None:
    pictures = {f"frame:last:entry:{HEX}": HEX, HEX: HEX}
    values: list[dict[str, Any]] = [
        {"fp": HEX, "colour": "red"}, {"unit": "usd"}, {"stuck": {"since": AT, "word": "x"}}, {"made": {}},
        {"found": {"by": "x", "what": "y"}}, {"used": pictures}, {"used": {HEX: HEX}}, {"x" * 61: 1}, {"x\x1b": 1}, {},
    ]  # fmt: skip
    rows = [f"{in_short(v)}: in 1 {said(v, 1)}; in 2 {said(v)}" for v in values]
    expect(HERE / "versions.txt", "\n".join(rows) + "\n")


def test_every_refusal_says_what_was_found_and_what_to_do(expect: Callable[[Path, str], None]) -> None:
    rows = []
    for name, (data, _, _) in REFUSED.items():
        with pytest.raises(LockFault) as told:
            parse(data)
        said = re.sub(r"(not JSON: )[^;]*", r"\1…", str(told.value))  # the words are those of a library
        rows.append(f"{name}: line {told.value.line}: {said} [{told.value.code}]")
    expect(HERE / "refusals.txt", "\n".join(rows) + "\n")


def test_a_refusal_is_of_no_line_and_proposes_nothing_unless_it_says_so() -> None:
    plain, fixed = LockFault("x", "torn"), LockFault("x", "torn", 3, "mends it")
    assert (str(plain), plain.code, plain.line, plain.fix, plain.file) == ("torn", "x", 0, "", "")
    fixed.command = "seedspec lock fix -f x"
    assert (str(fixed), fixed.line, fixed.fix) == ("torn; `seedspec lock fix -f x` mends it", 3, "mends it")


@pytest.mark.parametrize(
    ("value", "levels"),
    [(1, 0), ("[[", 0), ([], 0), ({}, 0), ([1], 1), ([[], 1], 1), ({"a": [1, {"b": 2}], "c": 3}, 3), ([[[[1]]]], 4)],
)  # fmt: skip
def test_levels_are_those_of_the_deepest_value(value: object, levels: int) -> None:
    assert depth(value) == levels


def test_no_deeper_is_looked_than_a_line_may_be() -> None:
    value: list[Any] = [1]
    for _ in range(3 * DEEPEST):
        value = [value]
    assert depth(value) == DEEPEST + 1
