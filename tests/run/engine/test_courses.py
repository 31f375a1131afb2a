"""Whole courses of runs: which calls leave when, in which order, and every word that is told of their answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from scripted import Go, terms
from shots import CHAIN, CHAIN_2, HERO, HEROES, LAST, SHOTS, TAKES, A, B, C
from world import PACE

from seedspec.run.engine.messages import (
    Accepted,
    Credits,
    Expired,
    NotOffered,
    Refused,
    Task,
    Tasks,
    Trouble,
    Unknown,
)
from seedspec.run.engine.purchase import Limits, Pace

AWAY = Trouble("HTTP 503", away=True)
BUSY = Trouble("HTTP 500")
RUNS = Task("running", 10, word="processing", remaining_seconds=1.0)
GONE = Refused("failed", "unreachable", "the file cannot be fetched")
BUCKET = "s3://team/renders"
NO_WAIT = Limits(wait=False)

COURSES: dict[str, tuple[Sequence[str], Sequence[Go]]] = {
    "plain": ((TAKES, HERO, CHAIN), [Go(), Go()]),
    "at-the-pace-of-users": (
        (A, B),
        [
            Go(
                {
                    "Create a/1": [Refused("later", "busy", "wait")],
                    "Read b/1": [RUNS, Task("running", 10), Task("running", 12), BUSY, BUSY],
                    "Download": [BUSY],
                },
                pace=Pace(),
                chance=0.5,
            )
        ],
    ),
    "more-than-there-is-room-for": ((*SHOTS,), [Go()]),
    "twins": ((A, A.replace("id: a", "id: b")), [Go()]),
    # the balance
    "balance-after-troubles": ((A,), [Go({"Balance": [BUSY, Trouble("HTTP 429", retry_after=2.5)]})]),
    "balance-out-of-reach": ((A, B), [Go({"Balance": [BUSY, BUSY, BUSY]})]),
    "balance-with-a-bad-key": ((A,), [Go({"Balance": [Trouble("HTTP 401", stop=True)]})]),
    "balance-that-is-not-told": ((A,), [Go({"Balance": [Trouble("in another form", final=True)]})]),
    "balance-of-nothing": ((A,), [Go({"Balance": [Credits(0.0)]}), Go({"Balance": [Credits(None)]})]),
    "balance-of-next-to-nothing": ((A,), [Go({"Balance": [Credits(0.001)]})]),
    "balance-that-is-not-offered": ((A,), [Go(terms=terms(balance=False))]),
    # paid requests that are not taken
    "refused-for-now": (
        (A, B),
        [Go({"Create a/1": [Refused("later", "busy", "wait"), Refused("later", "busy", "wait", 2.5)]})],
    ),
    "refused-for-now-too-often": ((A, B), [Go({"Create": [Refused("later", "busy", "wait")] * 4}), Go()]),
    "refused-for-good": (
        (A, B, C),
        [
            Go({"Create a/1": [Refused("failed", "policy", "no")], "Create b/1": [Refused("failed", "odd", "no")]}),
            Go(),
            Go(retry=True),
        ],
    ),
    "refused-as-the-first-failure": (
        (A, B),
        [Go({"Create a/1": [Refused("failed", "policy", "no")]}, limits=Limits(fast=True))],
    ),
    "refused-alike": (
        SHOTS,
        [Go({"Create": [Refused("failed", code, "no") for code in ("odd", *["policy"] * 5)]})],
    ),
    "refused-alike-but-for-one": (
        SHOTS,
        [Go({"Create": [*[Refused("failed", "policy", "no")] * 4, Accepted("T", None, None), *[GONE] * 1]})],
    ),
    "refused-altogether": ((A, B), [Go({"Create": [Refused("stop", "quota", "pay first")]})]),
    "refused-with-one-medium": (
        (*HEROES, A),
        [
            Go({f"Create h{n}/1": [Refused("failed", "policy", "no")] for n in range(3)}),
            Go(),
            Go(limits=Limits(retry=True)),
        ],
    ),
    "taken-once-with-one-medium": (
        HEROES,
        [Go({f"Create h{n}/1": [Refused("failed", "policy", "no")] for n in range(1, 4)})],
    ),
    # doubts
    "in-doubt": ((A, B), [Go({"Create a/1": [Unknown("cut")], "Balance": [Credits(9.0), BUSY, Credits(7.5)]}), Go()]),
    "in-doubt-thrice": ((*SHOTS,), [Go({"Create": [Unknown("cut"), Accepted("T"), *[Unknown("cut"), BUSY, RUNS]]})]),
    "in-doubt-upstream": ((A, CHAIN, CHAIN_2), [Go({"Create a/1": [Unknown("cut")]}), Go()]),
    "in-doubt-without-a-balance": ((A,), [Go({"Create": [Unknown("cut")]}, terms=terms(balance=False))]),
    # tasks
    "tasks-that-fail": (
        (TAKES, B, CHAIN),
        [
            Go(
                {
                    "Read a/1": [*[Task("failed", code="service_error", message="odd", credits=1.0)] * 3],
                    "Read b/1": [Task("failed", code="policy", message="no")],
                    "Read a/2": [Task("failed", code="service_error", message="odd")],
                }
            ),
            Go(),
        ],
    ),
    "tasks-that-fail-fast": (
        (A, B),
        [Go({"Read a/1": [Task("failed", code="policy", message="no")]}, limits=Limits(fast=True))],
    ),
    "tasks-in-other-words": (
        (A, B, C),
        [
            Go(
                {
                    "Read a/1": [
                        Task("running", 10, word="odd", strange=True),
                        Task("running", 10, word="odd", strange=True),
                    ],
                    "Read b/1": [Task("running", None, word="odd", strange=True), Accepted("T"), NotOffered()],
                    "Read c/1": [Task("running", 10, word="even", strange=True), Task("running", 20)],
                }
            )
        ],
    ),
    "tasks-read-ever-more-seldom": (
        (A, B),
        [
            Go({"Read a/1": [Task("running")] * 9, "Read b/1": [Task("running", 5, remaining_seconds=5.0)] * 3}),
        ],
    ),
    "tasks-without-an-end": (
        (A, B),
        [
            Go(
                {
                    "Create a/1": [Accepted("T-1", 25.11, 4.0)],
                    "Create b/1": [Accepted("T-2", 25.11, 1.0)],
                    "Read a/1": [Task("running", 10, word="queued")] * 40,
                    "Read b/1": [Trouble("HTTP 404", missing=True)] * 40,
                }
            ),
            Go({"Read a/1": [Task("running", 10, word="queued")], "Read b/1": [Task("running", 10, word="odd")]}),
            Go({"Read a/1": [AWAY], "Read b/1": [Trouble("HTTP 401", stop=True)]}),
            Go(limits=NO_WAIT),
            Go({"Read a/1": [Task("failed", code="policy", message="no")]}),
        ],
    ),
    "tasks-that-the-service-has-lost": (
        (A,),
        [
            Go(
                {
                    "Download": [Expired("HTTP 403")],
                    "Read a/1": [
                        Task("completed", 100, ("https://m/1",)),
                        Task("failed", code="gone", message="no more"),
                    ],
                }
            ),
            Go(),
        ],
    ),
    "troubles-with-reads": (
        (A, B),
        [
            Go(
                {"Read a/1": [BUSY] * 9, "Read b/1": [Trouble("HTTP 429", retry_after=2.0), Trouble("odd", final=True)]}
            ),
            Go(),
        ],
    ),
    "troubles-with-downloads": (
        (A, B, C),
        [
            Go(
                {
                    "Download a/1": [Trouble("cut short")] * 9,
                    "Download b/1": [Trouble("no video", final=True)],
                    "Download c/1": [Expired("HTTP 403")] * 4,
                }
            ),
            Go({"Download a/1": [Trouble("HTTP 401", stop=True)]}),
            Go({"Download": [RUNS]}),
        ],
    ),
    "a-key-that-ends-in-between": (
        (A, B, CHAIN),
        [Go({"Read a/1": [Trouble("HTTP 401", stop=True)]})],
    ),
    # a service that does not answer
    "away-for-a-while": ((A, B, C), [Go({"Read": [AWAY] * 4})]),
    "away-for-good": ((A, B, C), [Go({"Read": [AWAY] * 99}), Go()]),
    "away-from-one-alone": ((A, B), [Go({"Read a/1": [AWAY] * 99})]),
    "away-from-all-and-lost-for-one": (
        (A, B),
        [Go({"Read a/1": [BUSY, BUSY, *[AWAY] * 9], "Read b/1": [AWAY] * 9}, pace=replace(PACE, submit_every=0.1))],
    ),
    "away-and-asks-for-time": ((A, B), [Go({"Read": [Trouble("HTTP 503", away=True, retry_after=3.0)] * 2})]),
    # many tasks at once
    "read-together": (
        (A, B, C),
        [
            Go(
                {
                    "ReadMany": [
                        Tasks({"task-1": RUNS, "task-2": RUNS, "task-3": RUNS}),
                        Tasks({"task-1": RUNS, "task-3": Task("completed", 100, ("https://m/3",))}),
                    ]
                },
                terms=terms(together=3),
            )
        ],
    ),
    "read-together-a-little-early": (
        (A, B, C),
        [
            Go(
                {"ReadMany": [Tasks({"task-1": RUNS, "task-2": RUNS}), Tasks({"task-1": RUNS, "task-2": RUNS})]},
                pace=replace(PACE, submit_every=0.1),
                terms=terms(together=2),
            )
        ],
    ),
    "read-together-in-other-words": (
        (A, B),
        [
            Go(
                {"ReadMany": [RUNS, RUNS], "Read": [RUNS]},
                pace=replace(PACE, submit_every=0.1),
                terms=terms(together=2),
            )
        ],
    ),
    "read-together-is-not-offered": ((A, B), [Go({"Read": [RUNS]}, terms=terms(together=2))]),
    "read-together-with-troubles": (
        (A, B, C),
        [
            Go(
                {"ReadMany": [BUSY, Trouble("HTTP 429", retry_after=0.5), BUSY], "Read": [RUNS] * 2},
                terms=terms(together=9),
            )
        ],
    ),
    "read-together-while-away": ((A, B), [Go({"ReadMany": [AWAY] * 3, "Read": [AWAY, RUNS]}, terms=terms(together=2))]),
    "read-together-and-only-once-away": (
        SHOTS[:4],
        [
            Go(
                {"ReadMany": [AWAY, Tasks({"task-3": RUNS, "task-4": RUNS})], "Read": [RUNS] * 3},
                pace=replace(PACE, submit_every=0.1, in_flight=4),
                terms=terms(together=2),
            )
        ],
    ),
    "read-together-is-forbidden": (
        (A, B),
        [Go({"ReadMany": [Trouble("HTTP 403", stop=True)], "Read": [RUNS] * 2}, terms=terms(together=2))],
    ),
    # bounds
    "a-budget": (
        (*SHOTS,),
        [Go(limits=Limits(units=600_000)), Go(limits=Limits(units=251_100)), Go(limits=Limits(units=251_099))],
    ),
    "a-budget-and-what-failed": (
        (A, B, C),
        [
            Go({"Create a/1": [Refused("failed", "policy", "no")]}, limits=Limits(units=502_200)),
            Go(limits=Limits(units=0)),
        ],
    ),
    "a-budget-and-what-runs": (
        (A, B, C),
        [
            Go(entries=["a"], limits=NO_WAIT),
            Go(entries=["b"], limits=Limits(units=502_199)),
            Go(entries=["b"], limits=Limits(units=502_200)),
            Go(entries=["c"], others=False, limits=Limits(orphans=True)),
        ],
    ),
    "a-number-of-entries": (
        (A, B, C),
        [
            Go({"Create a/1": [Refused("later", "busy", "wait", 0)]}, limits=Limits(entries=2)),
            Go(limits=Limits(short=True)),
        ],
    ),
    "only-what-was-bought": ((A, B), [Go(limits=NO_WAIT, entries=["a"]), Go(limits=Limits(submit=False))]),
    "only-buying": (
        (TAKES, CHAIN, LAST.replace("id: c", "id: d")),
        [Go(limits=NO_WAIT), Go({"Read": [RUNS]}, limits=Limits(submit=False)), Go(limits=NO_WAIT)],
    ),
    "stopped-by-a-person": ((A, B), [Go(steps=3), Go(seconds=2.0), Go()]),
    "a-model-that-has-ended": ((A, B), [Go(entries=["a"]), Go(today="2099-01-01")]),
}


@pytest.mark.parametrize("name", COURSES)
def test_course(name: str, course: Callable[..., None]) -> None:
    course(name, *COURSES[name])
