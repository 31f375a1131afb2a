"""What the lock keeps of each event, and what programs read of it: whole, by example."""

from __future__ import annotations

from typing import Any

import pytest

from seedspec.lock.event import Event, as_json
from seedspec.lock.event_values import values_of
from seedspec.lock.purchase_events import (
    Adopted,
    Completed,
    Deferred,
    Doubted,
    Failed,
    Intent,
    PurchaseEvent,
    Saved,
    Stuck,
    Submitted,
    Submitting,
    Weighed,
)
from seedspec.lock.run_events import BoughtElsewhere, Bound, Compared, RunFinished, Skipped, Stopped, Uploaded

FP, UP, SHA = "a" * 64, "b" * 64, "c" * 64
AT, UNTIL = "2026-11-23T07:00:00Z", "2026-11-24T07:00:00Z"
MANIFEST = {"request": {"prompt": "x"}, "take": 2}
BODY = {"key": "seedspec-1", "body_sha256": SHA, "at": AT}
OF = {"fp": FP, "attempt": 3, "at": AT}
FACTS: dict[str, Any] = {"bytes": 9, "width": 8, "height": 7, "seconds": 6.5, "fps": 24.0, "audio": False}

KEPT: list[tuple[PurchaseEvent, dict[str, Any]]] = [
    (
        Submitting("open/2", FP, 2, 3, MANIFEST, Intent("seedspec-1", SHA, AT), 251, AT),
        OF | {"state": "submitting", "entry": "open/2", "take": 2, "manifest": MANIFEST, "intent": BODY, "units": 251},
    ),
    (
        Submitting(
            "open/2", FP, 2, 3, MANIFEST, Intent("seedspec-1", SHA, AT, 3.5), 0, AT, "draft", {UP: SHA}, {"seed": 7}
        ),
        OF | {
            "state": "submitting", "entry": "open/2", "take": 2, "manifest": MANIFEST, "intent": BODY | {"left": 3.5},
            "units": 0, "profile": "draft", "used": {UP: SHA}, "made": {"seed": 7},
        },
    ),
    (Submitted("open/2", FP, 3, "task-1", None, 60.0, AT), OF | {"state": "running", "task": "task-1"}),
    (
        Submitted("open/2", FP, 3, "task-1", 0.0, None, AT, {"by": "echo", "what": "seed 7"}),
        OF | {"state": "running", "task": "task-1", "reserved": 0.0, "found": {"by": "echo", "what": "seed 7"}},
    ),
    (Deferred("open/2", FP, 3, "busy", "later", 5.0, AT), OF | {"state": "queued"}),
    (
        Completed("open/2", FP, 3, "task-1", 24.5, UNTIL, AT),
        OF | {"state": "completed", "task": "task-1", "charged": 24.5, "results_until": UNTIL},
    ),
    (
        Saved("open/2", FP, 3, "renders/x.mp4", SHA, 9, 8, 7, 6.5, AT, 24.0, False, UNTIL),
        OF | FACTS | {"state": "saved", "file": "renders/x.mp4", "sha256": SHA, "results_until": UNTIL},
    ),
    (
        Saved("open/2", FP, 3, "renders/x.mp4", SHA, 9, None, None, None, AT),
        OF | {"state": "saved", "file": "renders/x.mp4", "sha256": SHA, "bytes": 9},
    ),
    (
        Failed("open/2", FP, 3, "task-1", "a\ncode" + "y" * 200, "m" * 2001, "asked", AT, 0.0),
        OF | {
            "state": "failed", "charged": 0.0,
            "failure": {"code": "a code" + "y" * 193 + "…", "message": "m" * 1999 + "…"},
        },
    ),
    (
        Failed("open/2", FP, 3, None, "c" * 200, "m" * 2000, "asked", AT),
        OF | {"state": "failed", "failure": {"code": "c" * 200, "message": "m" * 2000}},
    ),
    (Doubted("open/2", FP, 3, "it\nwas cut", AT), OF | {"state": "doubt", "doubt": "it was cut"}),
    (Doubted("open/2", FP, 3, "x" * 2001, AT), OF | {"state": "doubt", "doubt": "x" * 1999 + "…"}),
    (Weighed("open/2", FP, 3, 12.25, AT), OF | {"state": "doubt", "left": 12.25}),
    (
        Stuck("open/2", FP, 3, "task-1", UNTIL, "w" * 201, AT),
        OF | {"state": "running", "stuck": {"since": UNTIL, "word": "w" * 199 + "…"}},
    ),
    (
        Adopted("open/2", FP, 2, 3, MANIFEST, AT, task="task-1", profile="draft"),
        OF | {
            "state": "running", "entry": "open/2", "take": 2, "manifest": MANIFEST, "task": "task-1",
            "profile": "draft",
        },
    ),
    (
        Adopted("open/2", FP, 2, 3, MANIFEST, AT, None, "renders/x.mp4", SHA, 9, 8, 7, 6.5, 24.0, False),
        OF | FACTS | {
            "state": "saved", "entry": "open/2", "take": 2, "manifest": MANIFEST, "file": "renders/x.mp4",
            "sha256": SHA,
        },
    ),
]  # fmt: skip


@pytest.mark.parametrize(("event", "kept"), KEPT, ids=lambda v: type(v).__name__)
def test_the_lock_keeps_what_is_known_and_nothing_else(event: PurchaseEvent, kept: dict[str, Any]) -> None:
    assert values_of(event) == kept


@pytest.mark.parametrize(
    ("event", "read"),
    [
        (
            Submitting("open/2", FP, 2, 3, MANIFEST, Intent("seedspec-1", SHA, AT), 251, AT),
            {
                "event": "Submitting", "entry": "open/2", "fp": FP, "take": 2, "attempt": 3,
                "intent": BODY | {"left": None}, "units": 251, "at": AT, "profile": None, "used": {}, "made": None,
            },
        ),
        (
            Stopped("key", "no key", 5, AT),
            {"event": "Stopped", "code": "key", "message": "no key", "exit": 5, "at": AT},
        ),
        (
            Stopped("key", "no key", 5, AT, "evolink"),
            {"event": "Stopped", "code": "key", "message": "no key", "exit": 5, "at": AT, "provider": "evolink"},
        ),
        (
            Skipped("open/2", FP, "done", AT),
            {"event": "Skipped", "entry": "open/2", "fp": FP, "reason": "done", "at": AT},
        ),
        (
            Uploaded(SHA, "a.png", 9, UNTIL, AT),
            {
                "event": "Uploaded", "sha256": SHA, "path": "a.png", "bytes": 9, "until": UNTIL, "at": AT,
                "reused": False,
            },
        ),
        (
            BoughtElsewhere("open/2", FP, 3, "mia", "running", None, AT),
            {
                "event": "BoughtElsewhere", "entry": "open/2", "fp": FP, "attempt": 3, "runner": "mia",
                "state": "running", "task": None, "at": AT, "gone": False,
            },
        ),
        (
            Compared("open/2", FP, 3, (Bound("black", "met", "0 s", "at most 1 s", "x.yaml", 2, 4),), AT),
            {
                "event": "Compared", "entry": "open/2", "fp": FP, "attempt": 3, "at": AT, "picked": False, "why": "",
                "bounds": ({
                    "measure": "black", "verdict": "met", "found": "0 s", "expected": "at most 1 s", "file": "x.yaml",
                    "line": 2, "column": 4,
                },),
            },
        ),
        (
            RunFinished(1, 2, 3, 4, 5, 6, 7, 8, 9, 10.5, 0, AT),
            {
                "event": "RunFinished", "bought": 1, "saved": 2, "reused": 3, "failed": 4, "held": 5, "running": 6,
                "doubt": 7, "waiting": 8, "units": 9, "credits": 10.5, "exit": 0, "at": AT, "to_fetch": 0,
                "missing": 0, "unmet": 0, "not_measured": 0,
            },
        ),
    ],
    ids=lambda v: type(v).__name__,
)  # fmt: skip
def test_an_event_is_read_by_its_name_and_without_its_manifest(event: Event, read: dict[str, Any]) -> None:
    assert as_json(event) == read


def compared(*verdicts: str, picked: bool = False) -> Compared:
    bounds = tuple(Bound(f"m{n}", verdict, "", "", "x.yaml", n, 7) for n, verdict in enumerate(verdicts))
    return Compared("open/2", FP, 1, bounds, AT, picked)


@pytest.mark.parametrize(
    ("found", "unmet", "not_measured", "counts", "strictly"),
    [
        (compared(), [], [], False, False),
        (compared("met", "not applicable"), [], [], False, False),
        (compared("met", "unmet", "unmet"), ["m1", "m2"], [], True, True),
        (compared("not measured", "met"), [], ["m0"], False, True),
        (compared("not measured", "unmet"), ["m1"], ["m0"], True, True),
        (compared("not measured", "unmet", picked=True), ["m1"], ["m0"], False, False),
    ],
)
def test_a_take_counts_where_it_is_not_as_expected_and_nobody_picked_it(
    found: Compared, unmet: list[str], not_measured: list[str], counts: bool, strictly: bool
) -> None:
    assert [b.measure for b in found.unmet] == unmet
    assert [b.measure for b in found.not_measured] == not_measured
    assert (found.counts(strict=False), found.counts(strict=True)) == (counts, strictly)


def test_a_bound_has_a_place_and_a_stop_says_how_far_it_goes() -> None:
    assert Bound("black", "met", "", "", "x.yaml", 3, 7).place == "x.yaml:3:7"
    assert Stopped("key", "", 5, AT).lead == "nothing more is submitted"
    assert Stopped("key", "", 5, AT, "evolink").lead == "one service is sent nothing more"


def test_an_intent_to_buy_shows_itself_in_a_few_lines() -> None:
    event = Submitting("open/2", FP, 2, 3, {"request": {"prompt": "x" * 5000}}, Intent("k", SHA, AT), 251, AT)
    assert repr(event).startswith("Submitting(entry='open/2', ") and len(repr(event)) < 500
