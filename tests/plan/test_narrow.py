"""What a run by an agreed plan is about, as a table: what was agreed of an entry, and what the lock knows of it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from seedspec import api
from seedspec.compiler.entry import Entry
from seedspec.lock.lock import Lock
from seedspec.lock.record import record_of
from seedspec.plan.agreed import Agreed, Purchase, narrow
from seedspec.plan.select import Selection

BOARD = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {duration: 4, quality: 480p}
shots: [{id: card, prompt: "a card"}]
"""


@pytest.fixture(scope="module")
def entry(tmp_path_factory: pytest.TempPathFactory) -> Entry:
    path = tmp_path_factory.mktemp("narrow") / "storyboard.yaml"
    path.write_text(BOARD)
    return api.compile(path).entries[0]


def lock_of(entry: Entry, states: str) -> Lock:
    """A lock with an attempt in each of these states."""
    values = [{"fp": entry.fingerprint, "attempt": n, "state": s} for n, s in enumerate(states.split(), 1)]
    return Lock({entry.fingerprint: tuple(record_of(entry.fingerprint, v["attempt"], v) for v in values)})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("states", "agreed", "price", "redo", "goes_on"),
    [
        ("queued", 1, 0, False, True),
        ("failed", 2, 0, False, True),
        ("failed saved", 2, 0, False, True),
        ("failed saved", 2, 0, True, False),  # bought as agreed, and stale again: no further attempt was agreed
        ("saved", 2, 0, True, True),  # the agreed attempt is yet to come
        ("saved saved", 2, 0, True, False),
        ("running", 1, 0, True, True),  # paid for: it is followed
        ("doubt", 1, 0, True, True),
        ("queued", 1, -1, False, False),  # dearer than it was
        ("running", 1, -1, False, True),
        ("queued", 0, 0, False, False),  # nobody agreed to it
        ("running", 0, 0, False, True),
        ("saved", 0, 0, False, False),
    ],
)
def test_an_entry_stays_in_a_run_by_a_plan(
    entry: Entry, states: str, agreed: int, price: int, redo: bool, goes_on: bool
) -> None:
    purchase = Purchase("card/1", entry.fingerprint, agreed, entry.cost.high + price)
    plan = Agreed(
        "card", "storyboard.yaml", "", False, "2026-11-29T00:00:00Z", "", False, redo, Decimal(1), Decimal(1), "",
        {entry.fingerprint: purchase} if agreed else {},
    )  # fmt: skip
    found, drift = narrow(Selection((entry,), ()), plan, lock_of(entry, states))
    assert (len(found.chosen), len(found.others)) == ((1, 0) if goes_on else (0, 1))
    assert bool(drift.dearer) == (price < 0 and states == "queued")
