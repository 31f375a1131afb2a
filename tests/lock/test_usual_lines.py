"""The short way to judge a line takes nothing that the long one refuses, reads the same, and is the way of most."""

from __future__ import annotations

import zlib
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest

from seedspec import api
from seedspec.lock.keys import DEEPEST
from seedspec.lock.lock import BadLine, Fold, IllegalMove, encode, parse, parse_lines, read_line
from seedspec.lock.record import Packer, Record
from seedspec.lock.usual import usual_record

AT, DIGEST = "2026-11-23T07:05:00Z", "0123456789abcdef" * 4
SAVED: dict[str, Any] = {
    "fp": DIGEST, "entry": "open@look=noir,day=2/1", "profile": "draft", "take": 1, "attempt": 2, "state": "saved",
    "at": AT, "manifest": {
        "model": "m", "provider": "p",
        "request": {"duration": 5, "image_urls": ["https://x.org/a.png"], "prompt": 'a "cup" of 茶, {hot} [1]'},
        "take": 1,
    },
    "used": {"b" * 64: "c" * 64, "d" * 64: "e" * 64},
    "intent": {"key": "seedspec-0123456789abcdef", "body_sha256": "b" * 64, "at": AT},
    "task": "task-unified-1-a", "units": 251_100, "unit": "usd", "reserved": 25.11, "charged": -3,
    "results_until": AT, "file": "renders/open@look=noir,day=2_take1.0a1b.mp4", "sha256": "d" * 64, "bytes": 5,
    "width": 1280, "height": 720, "seconds": 5.04, "fps": 24, "audio": True,
}  # fmt: skip
MAY_LACK = [k for k in SAVED if k not in ("fp", "entry", "take", "attempt", "state", "at", "manifest", "intent", "file",
                                          "sha256", "bytes")]  # fmt: skip
RAW = (
    "", "0", "-0", "01", "1.", "1e3", "1e400", "-1", "1" + "0" * 15, "9" * 15, "9" * 15 + ".9", "9" * 16, "5.0", "null",
    "true", '""', '"x"', "[]", "{}", '{"request":{}}', '{"request":{},"take":1}', '{"request":{},"take":"1"}',
    '{"request":1,"x":{},"take":1}', '{"request":{},"request":1,"x":{},"take":1}', '{"model":5,"request":{},"take":1}',
    '{"provider":null,"request":{},"take":1}', '{"x":{},"take":1}', '{"request":{}},"take":1}', '{{},"take":1}',
    '{"request":{"prompt":"\x80"},"take":1}', '{"request":{"prompt":"\\ud800"},"take":1}',
    '{"request":' + '{"a":' * 70 + "1" + "}" * 70 + ',"take":1}',
    f'{{"request":{{"a":{"[" * 70}{"]" * 70}}},"take":1}}',
    f'"{AT}"',
    '"2026-02-29T00:00:00Z"', '"2026-13-01T00:00:00Z"', f'"{DIGEST}"', f'"{DIGEST[1:]}"', f'"{DIGEST.upper()}"',
    f'{{"{DIGEST}":"{DIGEST}"}}', f'{{"frame:last:entry:{DIGEST}":"{DIGEST}"}}', '"renders/CON.mp4"', '"../x.mp4"',
    '"renders/../x.mp4"', '"renders/open.m3u8"', '"saved"', '"failed"', '"open/1"', '"open@look=\\u006eoir/1"',
)  # fmt: skip


def usual(line: bytes, version: int) -> Record | None:
    return usual_record(line, version, (), Packer())


def sealed(body: bytes) -> bytes:
    """A line that is what its checksum says, whatever else it is."""
    return b'%b,"crc":"%08x"}\n' % (body, zlib.crc32(body + b"}"))


def test_a_record_has_the_very_texts_that_others_keep_too() -> None:
    texts = [str(SAVED[key].encode(), "utf-8") for key in ("fp", "entry")]
    lines = [b'{"seedspec_lock":2}\n', encode(SAVED)]
    record, other = parse_lines(lines, iter(texts)).last(DIGEST), parse_lines(lines).last(DIGEST)
    assert record is not None and record.fp is texts[0] and record.entry is texts[1]
    assert other == record and other.fp is not record.fp


def test_an_entry_and_its_record_have_the_same_texts(tmp_path: Path) -> None:
    board = tmp_path / "storyboard.yaml"
    board.write_text(
        "seedspec: 1\nmodel: seedance-2.0-reference-to-video\n"
        "defaults: {duration: 4}\nshots: [{id: a, prompt: A cup.}]\n"
    )
    values = {"fp": api.plan(board).plan.steps[0].fp, "entry": "a/1", "profile": None, "used": None, "unit": None}
    board.with_suffix(".lock").write_bytes(b'{"seedspec_lock":1}\n' + encode(SAVED | values))
    (step,) = api.plan(board).plan.steps
    assert step.record is not None and step.entry is not None
    assert step.record.fp is step.entry.fingerprint and step.record.entry is step.entry.address


def body_of(values: dict[str, Any]) -> bytes:
    return orjson.dumps(values)[:-1]


def compare(line: bytes, version: int) -> bool:
    """Whether the short way takes a line; then the long one takes it too, and both make one record of it."""
    if (told := usual(line, version)) is None:
        return False
    slow, fast = Fold(version=version), Fold(Packer(), version=version)
    slow.take(read_line(line), line)
    assert fast.take_usual(line)
    (one,), (other,) = slow.attempts[told.fp], fast.attempts[told.fp]
    assert other == one
    for name in ("fp", "attempt", "state", "entry", "profile", "file", "size", "facts"):
        found, expected = getattr(other, name), getattr(one, name)
        assert (type(found), found) == (type(expected), expected)
    assert orjson.dumps(other.facts) == orjson.dumps(one.facts), "24 is not 24.0"
    return True


def test_what_a_clean_end_writes_is_taken_with_any_of_the_keys_that_may_be_missing() -> None:
    assert compare(encode(SAVED), 2)
    for missing in MAY_LACK:
        left = {k: v for k, v in SAVED.items() if k != missing}
        assert compare(encode(left), 2), missing
    assert compare(encode({k: v for k, v in SAVED.items() if k not in MAY_LACK}), 1)


def test_a_key_of_version_2_is_refused_in_a_lock_of_version_1_all_the_same() -> None:
    assert usual(encode(SAVED), 1) is None
    assert compare(encode({k: v for k, v in SAVED.items() if k != "unit"}), 1)


def test_a_line_that_is_not_what_its_checksum_says_is_read_the_long_way() -> None:
    line = encode(SAVED)
    for change in (
        line.replace(b"draft", b"drafd"),
        line.replace(b"cup", b"cap"),
        line.replace(b'"crc":"', b'"crc":"0'),
    ):
        assert usual(change, 2) is None
    assert usual(line[:-1], 2) is None and usual(line + line, 2) is None


def test_a_manifest_that_is_too_deep_is_read_the_long_way() -> None:
    deep: Any = 1
    for _ in range(DEEPEST):
        deep = [deep]
    assert usual(encode({**SAVED, "manifest": {"request": {"a": deep}, "take": 1}}), 2) is None


@pytest.mark.parametrize("version", [1, 2])
def test_any_value_in_the_place_of_any_other(version: int) -> None:
    whole = {k: v for k, v in SAVED.items() if version > 1 or k != "unit"}
    taken = 0
    for key in whole:
        start = body_of({**whole, key: 77777.5})
        for raw in RAW:
            taken += compare(sealed(start.replace(b"77777.5", raw.encode("latin-1"))), version)
    assert taken > 30


def test_lines_with_pieces_changed_at_random() -> None:
    chance, taken = Random(7), 0
    pieces = [
        b'"',
        b"}",
        b"{",
        b"]",
        b",",
        b":",
        b"\\",
        b"\n",
        b"\0",
        b"\xe8",
        b"0",
        b"a",
        b"-",
        b" ",
        b".mp4",
        b"null",
    ]
    for _ in range(20_000):
        body = bytearray(body_of({k: v for k, v in SAVED.items() if k not in chance.sample(MAY_LACK, 4)}))
        for _ in range(chance.choice((1, 1, 2, 5))):
            at = chance.randrange(len(body))
            end = min(len(body), at + chance.choice((0, 1, 1, 2, 20, 90)))
            source = chance.randrange(len(body))
            new = chance.choice((*pieces, body[at:end] * 2, body[source : source + (end - at)]))
            body[at:end] = new
        line = sealed(bytes(body))
        try:
            taken += compare(line, chance.choice((1, 2)))
        except (BadLine, IllegalMove) as error:
            pytest.fail(f"{error}: {line!r}")
    assert taken > 200


def test_a_second_line_of_a_purchase_joins_the_first() -> None:
    later = {**SAVED, "charged": 7, "units": 1}
    lock = parse(b'{"seedspec_lock":2}\n' + encode(SAVED) + encode(later))
    assert lock.lines == 3 and [r.values for r in lock] == [later]
    other = {**SAVED, "attempt": 1, "charged": 1}
    lock = parse(b'{"seedspec_lock":2}\n' + encode(SAVED) + encode(other))
    assert [(r.attempt, r.charged) for r in lock] == [(1, 1), (2, -3)]
