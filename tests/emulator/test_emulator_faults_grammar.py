"""The grammar of faults, and when they strike."""

from __future__ import annotations

import pytest

from seedspec.emulator.settings import FAULTS, Addresses, Fault, Strikes, parse_fault

DATE = "Wed, 21 Oct 2026 07:28:00 GMT"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("lost-reply", Fault("lost-reply")),
        ("lost-reply:0.25", Fault("lost-reply", None, 0.25)),
        ("lost-reply:1", Fault("lost-reply")),
        ("lost-reply:0", Fault("lost-reply", None, 0.0)),
        ("failed@1,3", Fault("failed", "service_error", 1.0, frozenset({1, 3}))),
        ("failed=quota_exceeded@2", Fault("failed", "quota_exceeded", 1.0, frozenset({2}))),
        ("server-error=503:.5", Fault("server-error", "503", 0.5)),
        ("slow=0.5", Fault("slow", "0.5")),
        ("slow=2:0.5", Fault("slow", "2", 0.5)),
        ("throttled", Fault("throttled", "1")),
        (f"throttled={DATE}", Fault("throttled", DATE)),
        (f"throttled={DATE}@1", Fault("throttled", DATE, 1.0, frozenset({1}))),
        (" no-id ", Fault("no-id")),
    ],
)  # fmt: skip
def test_good(text: str, fault: Fault) -> None:
    assert parse_fault(text) == fault


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "NAME"), ("lost", "expected one of refused"), ("lost-reply=1", "takes no argument"),
        ("slow=soon", "seconds"),
        ("server-error=200", "400 to 599"), ("failed@0", "count from 1"), ("failed@", "is no fault"),
        ("failed:1.5", "0 to 1"), ("failed:2", "is no fault"), ("failed=Not A Code", "error code"),
        ("refused@1:0.5", "is no fault"),
        ("failed@a", "is no fault"), ("slow=", "is no fault"),
    ],
)  # fmt: skip
def test_bad(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_fault(text)


def test_every_fault_parses_by_its_name_alone() -> None:
    for name, kind in FAULTS.items():
        assert parse_fault(name) == Fault(name, kind.default)


def test_chance_depends_on_seed_and_occurrence_alone() -> None:
    fault = parse_fault("lost-reply:0.3")
    struck = [fault.strikes(n, seed=1) for n in range(1, 2001)]
    assert struck == [fault.strikes(n, seed=1) for n in range(1, 2001)]
    assert struck != [fault.strikes(n, seed=2) for n in range(1, 2001)]
    assert 500 < sum(struck) < 700


def test_operations_are_counted_apart() -> None:
    strikes = Strikes([parse_fault("lost-reply@2"), parse_fault("poll-error@1"), parse_fault("slow@2")], seed=0)
    assert strikes.next("create") == {}
    assert list(strikes.next("read")) == ["poll-error"]
    assert sorted(strikes.next("create")) == ["lost-reply", "slow"]
    assert strikes.next("read") == {}


def test_addresses_survive_their_line() -> None:
    addresses = Addresses("http://a", "http://b", "http://c")
    assert Addresses.read(addresses.line()) == addresses
    for line in ("", "[]", "{}", '{"api": 1}'):
        with pytest.raises(ValueError):
            Addresses.read(line)
