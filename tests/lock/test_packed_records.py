"""Records that are kept packed say what their lines say, in whatever order they are asked."""

from __future__ import annotations

from random import Random

from seedspec.lock.lock import encode, parse, update_record

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
