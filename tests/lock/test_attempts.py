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
