"""Whole courses of runs with files: what goes up, what is cut out of videos, and what a bucket of videos does."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from scripted import Go
from shots import CHAIN, CHAIN_2, HERO, HEROES, LAST, LATER, SHOTS, A, B

from seedspec.run.engine.messages import (
    Archive,
    InBucket,
    Picture,
    Refused,
    Stored,
    Task,
    Trouble,
)
from seedspec.run.engine.purchase import Limits

AWAY = Trouble("HTTP 503", away=True)
BUSY = Trouble("HTTP 500")
RUNS = Task("running", 10, word="processing", remaining_seconds=1.0)
GONE = Refused("failed", "unreachable", "the file cannot be fetched")
BUCKET = "s3://team/renders"
NO_WAIT = Limits(wait=False)

COURSES: dict[str, tuple[Sequence[str], Sequence[Go]]] = {
    "files-that-cannot-go-up": (
        (HERO, A),
        [
            Go({"Upload": [BUSY, Trouble("HTTP 429", retry_after=2.0), BUSY, BUSY]}),
            Go({"Upload": [RUNS]}),
            Go({"Upload": [Trouble("HTTP 401", stop=True)]}),
        ],
    ),
    "files-whose-address-ends": (
        (HERO, *HEROES),
        [
            Go(
                {
                    "Upload": [
                        Stored("https://f/1", 10, 3.0, reused=True),
                        Stored("https://f/2", 10, 99.0, 1.5, reused=True),
                    ]
                }
            )
        ],
    ),
    "files-whose-address-is-too-short": ((HERO,), [Go({"Upload": [Stored("https://f/1", 10, 0.5, 0.0)] * 9})]),
    "files-that-the-service-cannot-get": (
        (HERO, A),
        [Go({"Create b/1": [GONE, GONE]}), Go(retry=True)],
    ),
    "an-upstream-that-the-service-cannot-get": (
        (A, CHAIN, LAST.replace("id: c", "id: d")),
        [Go({"Create c/1": [GONE] * 2, "Create d/1": [GONE] * 2}), Go(retry=True)],
    ),
    "upstreams": (
        (A, CHAIN, CHAIN_2),
        [Go(entries=["a"]), Go(later=60.0, entries=["a", "c"]), Go(later=90000.0), Go(lost=["renders/a_take1.mp4"])],
    ),
    "upstreams-whose-link-cannot-be-read": (
        (A, CHAIN),
        [Go(entries=["a"]), Go({"Read": [BUSY]}, later=60.0)],
    ),
    # pictures
    "pictures": ((A, LAST, LATER), [Go()]),
    "pictures-that-cannot-be-cut": (
        (A, LAST, LATER),
        [
            Go(
                {
                    "Cut": [
                        Trouble("no space left", retry_after=0.5),
                        *[Trouble("no space left")] * 3,
                        Trouble("it has no such moment", final=True),
                    ]
                }
            ),
            Go({"Cut": [RUNS]}),
        ],
    ),
    "pictures-that-the-model-does-not-take": ((A, LAST), [Go({"Cut": [Picture("last.png", "0" * 64, 10, 100, 100)]})]),
    # the bucket of the renders
    "videos-go-up": (
        (A, B),
        [Go(url=BUCKET), Go(url=BUCKET, saved=[Archive("1" * 64, "renders/x.mp4", "x/1", "2" * 64)])],
    ),
    "videos-that-cannot-go-up": (
        (*SHOTS,),
        [
            Go(
                {
                    "Archive s0/1": [Trouble("too large", final=True)],
                    "Archive s1/1": [InBucket(10, True)],
                    "Archive": [BUSY] * 3,
                },
                url=BUCKET,
                insists=True,
            ),
            Go(
                url=BUCKET,
                saved=[Archive("1" * 64, "renders/x.mp4", "x/1", "2" * 64)],
                says={"Archive": [Trouble("denied", stop=True)]},
            ),
            Go(
                url=BUCKET,
                saved=[Archive("1" * 64, "renders/x.mp4", "x/1", "2" * 64)],
                says={"Archive": [RUNS, BUSY]},
                insists=True,
            ),
        ],
    ),
}


@pytest.mark.parametrize("name", COURSES)
def test_course(name: str, course: Callable[..., None]) -> None:
    course(name, *COURSES[name])
