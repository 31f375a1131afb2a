"""What each key of a lock's line may hold: reader and schema say the same, and nothing that was bought is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator

from seedspec.lock.event_values import values_of
from seedspec.lock.keys import DEEPEST, KEYS
from seedspec.lock.lock import LockFault, encode, parse, serialise
from seedspec.lock.purchase_events import Doubted, Failed, Stuck
from seedspec.lock.recover import recover
from seedspec.lock.state import State
from seedspec.lock.version import HEADER, OF_2

SCHEMA = Draft202012Validator(json.loads((Path(__file__).parents[2] / "schemas" / "lock.json").read_text("utf-8")))
SECOND = b'{"seedspec_lock":2}\n'
FP, AT = "a" * 64, "2026-11-23T07:00:00Z"
WHOLE: dict[str, Any] = {
    "fp": FP, "entry": "open@look=noir/1", "profile": "draft", "take": 1, "attempt": 1, "state": "saved", "at": AT,
    "manifest": {"provider": "evolink", "model": "m", "request": {"prompt": "x"}, "take": 1},
    "used": {"b" * 64: "c" * 64},
    "intent": {"key": "seedspec-0123456789abcdef", "body_sha256": "b" * 64, "at": AT, "left": 3.5},
    "task": "task-unified-1-a", "units": 1, "reserved": 1.5, "charged": 1, "credits": 2, "doubt": "the answer was lost",
    "left": 2.5, "failure": {"code": "x", "message": "y"}, "results_until": AT, "file": "renders/open_take1.mp4",
    "sha256": "d" * 64, "bytes": 1, "width": 2, "height": 2, "seconds": 5.0, "fps": 24, "audio": True,
    "unit": "usd", "stuck": {"since": AT, "word": "processing"}, "made": {"seed": 7},
    "found": {"by": "echo", "what": "our seed 7"},
}  # fmt: skip
STRINGS = [
    *(name for name, rule in KEYS.items() if rule[0] == (str,)),
    "intent.key", "intent.body_sha256", "intent.at", "failure.code", "failure.message", "used.*", "manifest.model",
    "manifest.provider", "stuck.since", "stuck.word", "found.by", "found.what",
]  # fmt: skip
HOSTILE: dict[str, Any] = {
    "escape": "open\x1b]0;PWN\x07\x1b[2J/1", "a bell": "\x07", "a line": "x\n::error::pwned", "c1": "\x9b31m",
    "bidi": "open\u202e/1", "isolate": "\u2066x", "a separator": "x\u2028y", "a megabyte": "x" * 100_000,
    "above": "../../x", "zero": "a\0b", "a number": 5, "null": None, "true": True, "a list": ["x"],
    "a mapping": {"x": 1},
}  # fmt: skip
FREE = {"manifest.model", "manifest.provider"}
"""Compared with what the storyboard says; shown never."""
WORDS = {"doubt", "failure.code", "failure.message", "stuck.word", "found.by", "found.what"}
"""Sentences of a service: a line each, of any letters."""


def with_value(key: str, value: Any) -> dict[str, Any]:
    outer, _, inner = key.partition(".")
    if not inner:
        return {**WHOLE, outer: value}
    return {**WHOLE, outer: {**WHOLE[outer], **({next(iter(WHOLE[outer])): value} if inner == "*" else {inner: value})}}


def read(*lines: bytes) -> Any:
    return parse(SECOND + b"".join(line + b"\n" for line in lines))


def test_a_line_with_every_key_is_read() -> None:
    assert read(orjson.dumps(WHOLE)).last(FP).values == WHOLE
    SCHEMA.validate(WHOLE)
    first = {k: v for k, v in WHOLE.items() if k not in OF_2}
    assert parse(HEADER + encode(first)).last(FP).values == first
    assert set(WHOLE) == set(KEYS), "each key is tried here"
    assert set(KEYS) | {"crc"} == {
        *SCHEMA.schema["$defs"]["keys"]["properties"],
        *SCHEMA.schema["$defs"]["record-2"]["properties"],
    }


@pytest.mark.parametrize("key", STRINGS)
def test_each_text_is_checked_by_itself(key: str) -> None:
    for name, value in HOSTILE.items():
        if isinstance(value, str) and (key in FREE or (key in WORDS and name == "above")):
            continue
        line = orjson.dumps(with_value(key, value))
        with pytest.raises(LockFault) as fault:
            read(line)
        said = str(fault.value)
        assert (fault.value.code, fault.value.line) == ("lock-damaged", 2), name
        assert f"`{key.partition('.')[0]}` is " in said and "; expected " in said, said
        assert said.endswith("`seedspec lock fix` keeps what can be read and sets the line aside")
        assert said.isprintable() and len(said) < 400
        assert not SCHEMA.is_valid(json.loads(line)), f"the schema takes {name}"
        try:
            found = recover(SECOND + line + b"\n" + encode({**WHOLE, "fp": "e" * 64}))
        except LockFault as error:
            pytest.fail(f"{name}: {error}")
        assert [a.number for a in found.unreadable] == [2]
        assert found.unreadable[0].taken is (FP in found.lock.attempts)
        parse(serialise(found.lock, []))


@pytest.mark.parametrize("key", [name for name, rule in KEYS.items() if int in rule[0] or float in rule[0]])
@pytest.mark.parametrize("value", ["1e400", "-1e400", "1e300", "1" + "0" * 30, '"1"', "true", "null", "[1]", "NaN"])
def test_each_number_is_finite_and_bounded(key: str, value: str) -> None:
    line = orjson.dumps({**WHOLE, key: 77777}).replace(b"77777", value.encode())
    with pytest.raises(LockFault) as fault:
        read(line)
    assert fault.value.line == 2
    assert [a.number for a in recover(SECOND + line + b"\n" + encode({**WHOLE, "fp": "e" * 64})).unreadable] == [2]


@pytest.mark.parametrize(
    "file",
    ["C:/x.mp4", "renders/CON.mp4", "con.mp4", "aux.x.mp4", "a/nul/x.mp4", "/etc/x.mp4", "../x.mp4", "a/../x.mp4",
     "renders/x.m3u8", "renders/x.mp4/", "x", "", "a\\b.mp4", "https://x/y.mp4", "concat:a.mp4", "a|b.mp4",
     "renders/x.MP4",
     f"{'a' * 300}.mp4"],
)  # fmt: skip
def test_a_file_is_a_video_below_the_folder_on_every_system(file: str) -> None:
    with pytest.raises(LockFault, match=r"`file` is `.*`; expected an `\.mp4` path below the lock's folder"):
        read(orjson.dumps({**WHOLE, "file": file}))


@pytest.mark.parametrize(
    "file", ["x.mp4", "renders/draft/open@look=noir,hook=16x9_take12.mp4", "Käse/茶.mp4", "a..b.mp4"]
)
def test_other_names_are_taken(file: str) -> None:
    assert read(orjson.dumps({**WHOLE, "file": file})).last(FP).file == file
    SCHEMA.validate({**WHOLE, "file": file})


@pytest.mark.parametrize("levels", [DEEPEST + 2, 254, 1000, 5000, 200_000])
def test_nesting_has_a_bound(levels: int) -> None:
    deep = b"[" * levels + b"]" * levels
    line = orjson.dumps({**WHOLE, "manifest": {"request": 0}}).replace(b'"request":0', b'"x":' + deep)
    for made in (line, line[:-1] + b',"crc":"00000000"}'):
        with pytest.raises(LockFault) as fault:
            read(made, encode({**WHOLE, "fp": "e" * 64}))
        assert fault.value.line == 2
        assert [a.number for a in recover(SECOND + made + b"\n" + encode({**WHOLE, "fp": "e" * 64})).unreadable] == [2]


@pytest.mark.parametrize(("levels", "code"), [(64, ""), (65, "more than 64 levels")])
def test_a_line_of_64_levels_is_read_and_none_of_more(levels: int, code: str) -> None:
    """The record and its manifest are two of the levels."""
    deep = b"[" * (levels - 2) + b"0" + b"]" * (levels - 2)
    line = orjson.dumps({**WHOLE, "manifest": {"request": 0}}).replace(b'"request":0', b'"x":' + deep)
    if not code:
        assert read(line).last(FP)
        return
    with pytest.raises(LockFault, match=code):
        read(line)


@pytest.mark.parametrize("key", ["intent", "failure", "stuck", "found"])
def test_a_mapping_has_all_its_keys_and_no_other(key: str) -> None:
    for name in [*WHOLE[key], "more"]:
        changed = {k: v for k, v in WHOLE[key].items() if k != name} if name != "more" else {**WHOLE[key], "more": "x"}
        line = {**WHOLE, key: changed}
        if name == "left":
            assert read(orjson.dumps(line)).last(FP)
            continue
        with pytest.raises(LockFault, match=f"`{key}` is a mapping of"):
            read(orjson.dumps(line))
        assert not SCHEMA.is_valid(line)


SERVICE = "Weigert\x1b[2J sich\u202e: \u2060👨\u200d👩\u200d👧 \ue000 \ufffe 茶\n::error::x" + "y" * 5000


@pytest.mark.parametrize("word", ["doubt", "failure", "stuck"])
def test_words_of_a_service_are_clean_when_they_are_written(word: str) -> None:
    began = {k: WHOLE[k] for k in ("fp", "entry", "take", "attempt", "at", "intent")} | {"state": "submitting"}
    began |= {"state": "running", "task": WHOLE["task"]} if word == "stuck" else {}
    event = {
        "doubt": Doubted("open/1", FP, 1, SERVICE, AT),
        "failure": Failed("open/1", FP, 1, None, SERVICE, SERVICE, "asked", AT),
        "stuck": Stuck("open/1", FP, 1, "task-unified-1-a", AT, SERVICE, AT),
    }[word]
    values = values_of(event)
    line = encode(values)
    SCHEMA.validate(json.loads(line))
    lock = read(encode(began).strip(), line.strip())
    assert lock.last(FP).state in (State.DOUBT, State.FAILED, State.RUNNING)
    assert lock.last(FP).values[word] == values[word]


@pytest.mark.parametrize("key", ["doubt", "failure", "stuck"])
def test_a_purchase_whose_words_are_bad_is_not_lost(key: str) -> None:
    """The line is set aside, and its record is taken with clean words: what was paid for is still known."""
    words: dict[str, Any] = {
        "doubt": SERVICE, "failure": {"code": "x\n", "message": SERVICE}, "stuck": {"since": AT, "word": SERVICE},
    }  # fmt: skip
    line = orjson.dumps({**WHOLE, key: words[key]})
    found = recover(SECOND + line + b"\n")
    assert [(a.number, a.taken) for a in found.unreadable] == [(2, True)]
    record = found.lock.last(FP)
    assert record is not None and record.task == WHOLE["task"]
    assert parse(serialise(found.lock, [])).last(FP) is not None


def test_what_was_sealed_is_read_by_its_bytes() -> None:
    """Any JSON that means the same has the seal of its compact form, and the compact form that of its bytes."""
    line = encode(WHOLE).strip()
    spaced = json.dumps(json.loads(line)).encode()
    other = line.replace(b'"open@look=noir/1"', rb'"open@look=noir\u002f1"')
    for form in (line, line + b" \r", spaced, other):
        assert read(form).last(FP).values == WHOLE
    for damaged in (
        line.replace(b"noir", b"nair"),
        spaced.replace(b"noir", b"nair"),
        line.replace(b'"crc":"', b'"crc":"f'),
    ):
        with pytest.raises(LockFault, match="`crc`"):
            read(damaged)
