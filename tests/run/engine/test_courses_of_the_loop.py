"""Whole courses of runs that are stopped, left or broken, and of disks that refuse: what is awaited, kept and told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from scripted import Answer, Go, Script
from shots import CHAIN, A, B

from seedspec.run.engine.messages import Accepted, Reply
from seedspec.run.engine.purchase import Limits
from seedspec.run.store.journal import DiskRefuses, NotRecorded
from seedspec.run.store.leave import NotGranted

FULL = DiskRefuses("the disk is full; nothing was sent for `b/1`")


def breaks(script: Script, call: Any) -> Reply:
    """A fault of seedspec itself."""
    raise RuntimeError("a fault")


def fills(times: int) -> Answer:
    """A disk that is full from this answer on, so many times."""

    def answer(script: Script, call: Any) -> Reply:
        script.refuses = times
        return Accepted("T", None, 3.0)

    return answer


COURSES: dict[str, tuple[Sequence[str], Sequence[Go]]] = {
    "stopped-while-a-request-is-on-its-way": (
        (A, B),
        [Go(steps=2, slow={"Create": 12.0}), Go(steps=2, slow={"Create": 12.0}, limits=Limits(wait=False)), Go()],
    ),
    "stopped-and-the-answer-does-not-come": ((A,), [Go(steps=2, slow={"Create": 45.0}), Go()]),
    "stopped-by-the-clock": ((A, B), [Go(seconds=0.0), Go(seconds=0.5, slow={"Create": 2.0}), Go(seconds=60.0)]),
    "left-by-whoever-reads-it": (
        (A, B),
        [Go(leaves=0), Go(leaves=1, slow={"Create": 5.0}), Go(leaves=2), Go(leaves=3), Go()],
    ),
    "broken-off": ((A, B), [Go(breaks=1), Go(breaks=2, slow={"Create": 5.0}), Go(breaks=2, steps=1), Go()]),
    "broken-off-as-part-of-a-team": ((A,), [Go(breaks=2, runner="me"), Go(leaves=2, runner="me")]),
    "a-fault-of-its-own": (
        (A, B),
        [Go({"Balance": [breaks]}), Go({"Read": [breaks]}, slow={"Create": 5.0}), Go({"Create b/1": [breaks]})],
    ),
    "an-intent-that-the-disk-refuses": ((A, B), [Go(grants={"b/1": [FULL]}), Go(grants={"b/1": [FULL]}, runner="me")]),
    "an-intent-that-cannot-be-recorded": ((A, B), [Go(grants={"b/1": [NotRecorded("it was changed")]}), Go()]),
    "records-that-the-disk-refuses": ((A, B, CHAIN), [Go(refuses=1), Go({"Create b/1": [fills(3)]}), Go()]),
    "records-that-the-disk-refuses-to-the-end": ((A,), [Go({"Create a/1": [fills(9)]}), Go()]),
    "records-that-the-disk-refuses-whoever-leaves": ((A,), [Go({"Create a/1": [fills(9)]}, leaves=2), Go()]),
    "a-team-that-ends-the-buying": (
        (A, B),
        [Go(runner="me", trouble=NotGranted("ledger", "nobody answers", 7), slow={"Create": 1.0})],
    ),
}


@pytest.mark.parametrize("name", COURSES)
def test_course(name: str, course: Callable[..., None]) -> None:
    course(name, *COURSES[name])
