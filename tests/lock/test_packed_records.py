"""Records that are kept packed say what their lines say, in whatever order they are asked."""

from __future__ import annotations

from random import Random

import pytest

from seedspec.lock.lock import encode, parse, serialise, update_record
from seedspec.lock.record import Packer, record_of


@pytest.fixture(autouse=True, params=[0, 50_000, 1 << 30], ids=["compressed", "compressed once many", "as they came"])
def room(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Bytes of lines that are kept as they came."""
    monkeypatch.setattr("seedspec.lock.record.PLAIN", request.param)
    room: int = request.param
    return room


HEADER = b'{"seedspec_lock":1}\n'
DIGEST = "ab" * 32


def saved(number: int, **more: object) -> dict[str, object]:
    return {
        "fp": f"{number:064x}", "entry": f"one@n=v{number}/1", "attempt": 1, "state": "saved", "task": f"task-{number}",
        "at": "2026-11-23T07:05:00Z", "file": f"renders/one@n=v{number}_take1.mp4", "sha256": DIGEST, "bytes": number,
        "manifest": {"model": "m", "provider": "evolink", "request": {"prompt": f"cup {number} 茶\u2028"}, "take": 1},
        **more,
    }  # fmt: skip


def test_many_records_have_their_own_values() -> None:
    lines = [saved(number) for number in range(200)]
    lock = parse(HEADER + b"".join(map(encode, lines)))
    found = list(lock)
    Random(7).shuffle(found)
    for record in found:
        asked = lines[record.size or 0]
        assert record.values == asked and record.task == asked["task"] and record.file == asked["file"]
        assert (record.entry, record.state, record.profile) == (asked["entry"], "saved", "")


def test_a_record_of_several_lines_is_their_sum_also_when_it_was_packed() -> None:
    before = [saved(number) for number in range(100)]
    later = {"fp": before[3]["fp"], "attempt": 1, "state": "saved", "charged": 7, "at": "2026-11-23T08:00:00Z"}
    lock = parse(HEADER + b"".join(map(encode, [*before, later])))
    record = lock.last(f"{3:064x}")
    assert record is not None and record.values == update_record(before[3], later) and record.charged == 7
    assert lock.lines == 102 and len(lock.attempts) == 100


def test_lines_that_end_otherwise_are_lines_too() -> None:
    lines = [encode(saved(number)).rstrip(b"\n") for number in range(3)]
    plain = parse(HEADER + b"\n".join(lines) + b"\n")
    for end in (b"\r", b"\r\n"):
        other = parse(HEADER.strip() + end + end.join(lines) + end)
        assert other.attempts == plain.attempts and other.good == len(HEADER.strip()) + sum(map(len, lines)) + 4 * len(
            end
        )


def test_a_record_is_its_request_its_number_and_its_values() -> None:
    one = record_of(DIGEST, 1, {"state": "saved", "task": "t"})
    assert one == record_of(DIGEST, 1, {"task": "t", "state": "saved"})
    assert one != record_of("c" * 64, 1, one.values) and one != record_of(DIGEST, 2, one.values)
    assert one != record_of(DIGEST, 1, {**one.values, "task": "u"})
    assert (one == "saved") is False
    assert repr(one) == f"Record(fp='{DIGEST}', attempt=1)"


def test_a_record_says_what_its_values_do() -> None:
    bare = record_of(DIGEST, 1, {})
    found = (bare.state, bare.entry, bare.profile, bare.file, bare.size, bare.task, bare.manifest, bare.stuck)
    assert found == ("queued", "", "", None, None, None, None, None)
    said = {"state": "running", "entry": "a/1", "profile": "p", "file": "x.mp4", "bytes": 9, "task": "t",
            "manifest": {"take": 1}, "stuck": {"word": "w"}}  # fmt: skip
    full = record_of(DIGEST, 1, said)
    found = (full.state, full.entry, full.profile, full.file, full.size, full.task, full.manifest, full.stuck)
    assert found == ("running", "a/1", "p", "x.mp4", 9, "t", {"take": 1}, {"word": "w"})
    assert record_of(DIGEST, 1, said | {"state": "saved"}).stuck is None


def test_the_last_that_a_service_stated_is_what_it_charged_or_else_reserved() -> None:
    for values, stated in (
        ({}, (None, None, None)), ({"credits": 3}, (3, None, 3)), ({"credits": 3, "reserved": 2}, (2, None, 2)),
        ({"reserved": 2, "charged": 0}, (2, 0, 0)), ({"charged": 1}, (None, 1, 1)),
    ):  # fmt: skip
        record = record_of(DIGEST, 1, values)
        assert (record.reserved, record.charged, record.stated) == stated


def test_lines_are_kept_together_by_sixty_four() -> None:
    packer = Packer()
    kept = [packer.add(b"%d" % n) for n in range(130)]
    assert [index for _, index in kept] == [*range(64), *range(64), 0, 1]
    assert len({id(packed) for packed, _ in kept}) == 3
    assert [packed.line(index).strip() for packed, index in kept] == [b"%d" % n for n in range(130)]


def test_a_lock_with_more_lines_than_there_is_room_for_has_all_of_them_compressed(room: int) -> None:
    packer, line = Packer(), b"x" * 1_000
    kept = [packer.add(line)[0] for _ in range(200)]
    whole = {id(packed): len(packed._data) for packed in kept if packed is not packer._last}
    assert len(whole) == 3 and all((0 < size < 1_000) is (room < 200_000) for size in whole.values())


def test_the_checksum_of_a_line_is_no_value_of_its_record() -> None:
    line = encode(saved(1))
    lock = parse(HEADER + line)
    record = lock.last(f"{1:064x}")
    assert b'"crc":' in line and record is not None and "crc" not in record.values
    assert serialise(lock, ()) == HEADER + line
