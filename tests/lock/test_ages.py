"""How long ago something was asked for, as a record tells it and as people read it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from seedspec.lock.age import age, asked_at, seconds_since
from seedspec.lock.record import record_of

NOW = datetime(2026, 11, 23, 7, 0, 0, tzinfo=UTC)


def before(seconds: int) -> str:
    return (NOW - timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize(
    ("values", "at"),
    [
        ({"intent": {"at": "2026-11-23T06:00:00Z"}, "at": "2026-11-23T06:30:00Z"}, "2026-11-23T06:00:00Z"),
        ({"intent": {}, "at": "2026-11-23T06:30:00Z"}, "2026-11-23T06:30:00Z"),
        ({"intent": None, "at": "2026-11-23T06:30:00Z"}, "2026-11-23T06:30:00Z"),
        ({"at": "2026-11-23T06:30:00Z"}, "2026-11-23T06:30:00Z"),
        ({}, ""),
    ],
)
def test_a_purchase_was_asked_for_when_its_request_left(values: dict[str, Any], at: str) -> None:
    assert asked_at(record_of("a" * 64, 1, values)) == at


@pytest.mark.parametrize(
    ("at", "seconds"),
    [
        (before(90), 90.0),
        (before(0), 0.0),
        (before(-90), 0.0),
        ("", None),
        ("yesterday", None),
        ("2026-11-23T06:00:00", None),
    ],
)
def test_seconds_are_counted_from_a_time_that_can_be_read(at: str, seconds: float | None) -> None:
    assert seconds_since(at, NOW) == seconds


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, ""),
        (59, ""),
        (60, "1 min"),
        (2400, "40 min"),
        (7199, "120 min"),
        (7200, "2 h"),
        (93600, "26 h"),
        (172799, "48 h"),
        (172800, "2 days"),
        (300000, "3 days"),
    ],
)
def test_an_age_is_told_in_the_largest_unit_of_which_there_are_two(seconds: int, said: str) -> None:
    assert age(before(seconds), NOW) == said


def test_an_age_that_is_not_known_is_not_told() -> None:
    assert age(before(7200), None) == "" == age("", NOW)
