"""Attempts at one request: the number of the next one, and purchases of before that are of one request now."""

from __future__ import annotations

from typing import Any

import pytest

from seedspec.compiler.entry import canonical, digest
from seedspec.lock.lock import Lock, encode, parse
from seedspec.lock.record import record_of
from seedspec.lock.version import HEADER

FP = "ab" * 32


@pytest.mark.parametrize(
    ("states", "number"),
    [("", 1), ("queued", 1), ("failed", 2), ("saved", 2), ("doubt", 2), ("failed queued", 2), ("failed failed", 3)],
)
def test_a_number_is_used_once_and_what_was_never_sent_has_used_none(states: str, number: int) -> None:
    made = tuple(record_of(FP, n, {"fp": FP, "attempt": n, "state": s}) for n, s in enumerate(states.split(), 1))
    assert Lock({FP: made} if made else {}).next_attempt(FP) == number


def signed(signature: str) -> dict[str, Any]:
    """A manifest of before, when the signature of an address was a part of the request."""
    url = f"https://media.s3.amazonaws.com/hero.png?X-Amz-Date=20260101T000000Z&X-Amz-Signature={signature * 32}"
    return {"request": {"model": "m", "prompt": "a", "image_urls": [url]}}


def line(manifest: dict[str, Any], task: str | None, key: str | None = None) -> bytes:
    """A purchase of a manifest, under a task, and under a key that is as the task where none is given."""
    values = {
        "fp": digest(canonical(manifest)), "attempt": 1, "state": "running" if task else "submitting",
        "entry": "open/1", "at": "2026-01-01T00:00:00Z", "units": 1, "take": 1, "manifest": manifest,
        "intent": {"key": key or task, "body_sha256": "0" * 64, "at": "2026-01-01T00:00:00Z"},
    }  # fmt: skip
    return encode({**values, "task": task} if task else values)


@pytest.mark.parametrize(
    ("one", "other", "purchases"),
    [
        (("task-1", "key-1"), ("task-1", "key-1"), 1),
        (("task-1", "key-1"), ("task-1", "key-2"), 1),
        (("task-1", "key-1"), ("task-2", "key-1"), 2),
        (("task-1", "key-1"), ("task-2", "key-2"), 2),
        ((None, "key-1"), ("task-1", "key-1"), 1),
        ((None, "key-1"), ("task-1", "key-2"), 2),
        ((None, "key-1"), (None, "key-2"), 2),
    ],
)
def test_two_records_are_of_one_purchase_by_their_task_or_their_key(
    one: tuple[str | None, str], other: tuple[str | None, str], purchases: int
) -> None:
    lock = parse(HEADER + line(signed("ab"), *one) + line(signed("cd"), *other))
    ((_, records),) = lock.attempts.items()
    assert len(records) == purchases
    assert {r.task for r in records} >= {other[0]}, "a task is lost"


def test_purchases_whose_signatures_alone_differed_are_attempts_at_one_request() -> None:
    lock = parse(HEADER + line(signed("ab"), "task-1") + line(signed("cd"), "task-2"))
    ((fp, records),) = lock.attempts.items()
    assert [(r.attempt, r.task) for r in records] == [(1, "task-1"), (2, "task-2")]
    for record in records:
        assert record.manifest is not None and "Signature" not in str(record.manifest)
        assert digest(canonical(record.manifest)) == fp == record.fp, "the manifest is what the fingerprint says"


def continued(fp: str, frame: str = "", **more: Any) -> dict[str, Any]:
    """A manifest of what continues a purchase, or a picture of it."""
    return {
        "request": {
            "model": "m",
            "prompt": "b",
            "video_urls": [f"{frame}entry:{fp}", "https://x.example/1.mp4"],
            **more,
        }
    }


def bare(manifest: dict[str, Any]) -> str:
    url = "https://media.s3.amazonaws.com/hero.png"
    return digest(canonical({"request": {**manifest["request"], "image_urls": [url]}}))


def stored(manifest: dict[str, Any], task: str, **more: Any) -> bytes:
    values = {
        "fp": digest(canonical(manifest)), "attempt": 1, "state": "running", "entry": "open/1", "task": task,
        "at": "2026-01-01T00:00:00Z", "manifest": manifest, **more,
    }  # fmt: skip
    return encode(values)


@pytest.mark.parametrize("frame", ["", "frame:last:"])
@pytest.mark.parametrize("first", [True, False], ids=["in order", "the upstream last"])
def test_what_continues_such_a_purchase_follows_it(frame: str, first: bool) -> None:
    """Its manifest and what it was made from name the fingerprint of now; so does what continues it in turn."""
    up = signed("ab")
    fp, now = digest(canonical(up)), bare(up)
    middle, middle_now = continued(fp, frame), continued(now, frame)
    last, last_now = ({**continued(digest(canonical(m))), "take": 2} for m in (middle, middle_now))
    lines = [
        stored(up, "task-1"),
        stored(middle, "task-2", used={f"{frame}entry:{fp}" if frame else fp: "d" * 64}),
        stored(last, "task-3"),
    ]
    lock = parse(b'{"seedspec_lock":2}\n' + b"".join(lines if first else lines[::-1]))
    by_task = {r.task: r for r in lock}
    assert {t: r.manifest for t, r in by_task.items()} == {
        "task-1": {"request": {**up["request"], "image_urls": ["https://media.s3.amazonaws.com/hero.png"]}},
        "task-2": middle_now, "task-3": last_now,
    }  # fmt: skip
    assert {t: r.fp for t, r in by_task.items()} == {t: digest(canonical(r.manifest)) for t, r in by_task.items()}
    assert by_task["task-2"].get("used") == {f"{frame}entry:{now}" if frame else now: "d" * 64}


def test_what_has_no_signature_stays_as_it_is() -> None:
    plain = {"request": {"model": "m", "prompt": "Signature= is a word"}}
    odd = stored(signed("ab"), "task-2", fp="c" * 64)  # its fingerprint is not that of its manifest
    bare_line = encode({"fp": "d" * 64, "attempt": 1, "state": "running", "task": "task-3"})
    lock = parse(HEADER + stored(plain, "task-1") + odd + bare_line)
    assert [(r.fp, r.task, r.manifest) for r in lock] == [
        (digest(canonical(plain)), "task-1", plain), ("c" * 64, "task-2", signed("ab")), ("d" * 64, "task-3", None),
    ]  # fmt: skip


def test_a_purchase_under_both_fingerprints_is_one_whatever_line_is_first() -> None:
    """A git merge may put the later line first; the further state stands, and what either says is kept."""
    was = signed("ab")
    today = {"request": {**was["request"], "image_urls": ["https://media.s3.amazonaws.com/hero.png"]}}
    done = stored(today, "task-1", state="saved", file="renders/x.mp4", sha256="e" * 64)
    for lines in ((stored(was, "task-1", units=7), done), (done, stored(was, "task-1", units=7))):
        lock = parse(HEADER + b"".join(lines))
        ((fp, records),) = lock.attempts.items()
        assert [(r.attempt, str(r.state), r.task, r.get("units"), r.file) for r in records] == [
            (1, "saved", "task-1", 7, "renders/x.mp4")
        ]
        assert records[0].manifest == today and fp == digest(canonical(today))


def test_a_third_purchase_has_the_third_number() -> None:
    lock = parse(HEADER + b"".join(line(signed(s), f"task-{n}") for n, s in enumerate(("ab", "cd", "ef"), 1)))
    ((_, records),) = lock.attempts.items()
    assert [(r.attempt, r.get("attempt"), r.task) for r in records] == [
        (1, 1, "task-1"), (2, 2, "task-2"), (3, 3, "task-3"),
    ]  # fmt: skip
