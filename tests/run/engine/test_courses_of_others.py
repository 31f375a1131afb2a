"""Whole courses of runs in which others have a part: a second service, a colleague's run, a lookup, a shared bucket."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from scripted import Answer, Go, Script, Their, looked, terms
from shots import CHAIN, SHOTS, A, B

from seedspec.run.engine.messages import (
    Accepted,
    Credits,
    Find,
    List,
    Listed,
    Listing,
    Refused,
    Reply,
    Task,
    Trouble,
    Unknown,
)
from seedspec.run.engine.proof import Lookup
from seedspec.run.engine.purchase import Limits
from seedspec.run.store.leave import NotGranted, NotYet

AWAY = Trouble("HTTP 503", away=True)
BUSY = Trouble("HTTP 500")
LOST = Unknown("cut")
NO_WAIT = Limits(wait=False)
BUCKET = "s3://team/renders"
IN_BUCKET: dict[str, Any] = {"url": BUCKET, "lost": ["renders/a_take1.mp4"]}
NO_FILE = Trouble("it is not in the bucket", final=True, missing=True)
SENDING, FAILED = Their("submitting"), {"failure": {"code": "service_error", "message": "odd"}}
RUNNING = Their("running", more={"task": "T-9"})
SAVED = {"task": "T-9", "sha256": "9" * 64, "file": "renders/their.mp4", "bytes": 10}
LATE, PAST = "2026-11-24T00:00:00Z", "2026-11-22T00:00:00Z"
OWN_ID = Lookup("own-id", own="client_id", after=3.0)
ECHO = Lookup("echo", ("own",), "client_id", after=3.0)
BOTH = """\
seedspec: 1
defaults: {duration: 4}
matrix: {axes: {model: {evo: seedance-2.0-reference-to-video, ark: ark-seedance-2.0}}}
shots:
"""
MIXED = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {duration: 4}
shots:
"""
ARK = "model: ark-seedance-2.0, "


def tasks(*ids: str, own: int = 0, created: float = 0.0) -> Answer:
    """A service that shows tasks, made so many seconds after the question, with the id of the so-many-th request."""

    def answer(script: Script, call: Find | List) -> Reply:
        at = script.moment().utc.timestamp() + created
        return Listing(tuple(Listed(task, at, "running", own=f"seedspec-{own:016}" if own else None) for task in ids))

    return answer


def seeking(lookup: Lookup, **says: Sequence[Any]) -> Go:
    return Go(says, terms=terms(lookup=lookup, called={"seedance-2.0-reference-to-video": "seed-2"}))


COURSES: dict[str, tuple[Sequence[str], Sequence[Go]]] = {
    # a request whose answer was lost is looked for
    "looked-for-by-its-own-id": (
        (A, B),
        [seeking(OWN_ID, Create=[LOST], Find=[BUSY, Listing(()), tasks("T-1", created=-1.0)])],
    ),
    "looked-for-in-vain": ((A, CHAIN), [seeking(OWN_ID, Create=[LOST]), seeking(OWN_ID)]),
    "looked-for-with-troubles": (
        (A, B),
        [
            seeking(OWN_ID, Create=[LOST], Find=[Trouble("HTTP 429", retry_after=0.5), *[BUSY] * 3]),
            seeking(OWN_ID, Find=[Trouble("HTTP 401", stop=True)]),
            seeking(OWN_ID, Find=[Accepted("T")]),
            Go(limits=NO_WAIT, terms=terms(lookup=OWN_ID)),
        ],
    ),
    "looked-for-and-found-twice": ((A,), [seeking(OWN_ID, Create=[LOST], Find=[tasks("T-1", "T-2")])]),
    "looked-for-and-found-as-another": (
        (A, B),
        [seeking(OWN_ID, Create=[Accepted("T-1"), LOST], Find=[tasks("T-1")])],
    ),
    "looked-for-in-a-list": (
        SHOTS,
        [
            seeking(ECHO, Create=[LOST, LOST], List=[tasks("T-1", own=2)]),
            seeking(ECHO, List=[BUSY, tasks("T-2", own=1)]),
        ],
    ),
    "looked-for-many": (
        SHOTS,
        [Go({"Create": [LOST, LOST, LOST]}, terms=terms(lookup=OWN_ID), limits=NO_WAIT)] * 2 + [seeking(OWN_ID)],
    ),
    # what others have bought
    "taken-by-another-run": (
        (A, B),
        [Go({"Look": [looked(a=SENDING), looked(a=RUNNING)]}, runner="me", grants={"a/1": [SENDING]})],
    ),
    "taken-by-a-run-that-is-gone": (
        (A, B),
        [Go({"Look": [looked(a=Their("submitting", lives=False))]}, runner="me", grants={"a/1": [SENDING]})],
    ),
    "taken-and-in-doubt": ((A,), [Go(runner="me", grants={"a/1": [Their("doubt")]})]),
    "taken-and-saved": (
        (A, B, *SHOTS[:4]),
        [
            Go(
                {"Look": [looked(s1=Their("saved", more=SAVED), s2=Their("queued"), s3=RUNNING)] * 2},
                runner="me",
                grants={
                    "a/1": [Their("saved", more={**SAVED, "results_until": LATE})],
                    "b/1": [Their("saved", more={**SAVED, "results_until": PAST})],
                    "s0/1": [Their("completed", more={"task": "T-0", "results_until": LATE})],
                },
            )
        ],
    ),
    "taken-and-in-the-bucket": ((A,), [Go(runner="me", url=BUCKET, grants={"a/1": [Their("saved", more=SAVED)]})]),
    "taken-and-failed": (
        (A, B, *SHOTS[:1]),
        [
            Go(
                runner="me",
                grants={
                    "a/1": [Their("failed", more=FAILED)],
                    "b/1": [Their("failed", more={"task": "T-1", "failure": {"code": "policy", "message": "no"}})],
                    "s0/1": [Their("failed", more={**FAILED, "attempt": 3})],
                },
            )
        ],
    ),
    "taken-and-given-back": (
        (A,),
        [Go(runner="me", grants={"a/1": [SENDING]}, says={"Look": [looked(a=Their("queued"))]})],
    ),
    "a-ledger-that-is-silent": (
        (A, B),
        [Go({"Look": [BUSY] * 9, "Read": [Task("running")] * 9}, runner="me", grants={"a/1": [SENDING]})],
    ),
    "a-ledger-that-does-not-grant": (
        (A, B),
        [
            Go(runner="me", grants={"a/1": [NotYet(), None]}),
            Go(runner="me", grants={"b/1": [NotGranted("spent", "the ceiling is reached", 4)]}),
        ],
    ),
    "a-ledger-whose-leave-has-ended": ((A,), [Go(runner="me", late=["a/1"])]),
    "a-ledger-in-trouble": ((A, B), [Go(runner="me", trouble=NotGranted("sealed", "the ledger is gone", 6))]),
    "sent-by-a-run-that-lives": (
        (A, B),
        [
            Go(runner="me", grants={"a/1": [SENDING]}, steps=2),
            Go(entries=["b"], others=False, sender="process 7 on here", limits=Limits(orphans=True), steps=30),
            Go(sender="process 7 on here", runner="me", says={"Look": [looked(a=RUNNING)]}),
        ],
    ),
    # purchases that no selected entry stands for
    "orphans": (
        SHOTS[:4],
        [
            Go({"Create s1/1": [LOST]}, limits=NO_WAIT, entries=["s0", "s1", "s2"]),
            Go(entries=["s3"], others=False, limits=Limits(units=1_000_000)),
            Go(entries=["s3"], others=False, limits=Limits(orphans=True)),
        ],
    ),
    # videos that come from the bucket
    "videos-come-from-the-bucket": ((A, B), [Go(), Go(**IN_BUCKET)]),
    "videos-that-the-bucket-has-not": (
        (A,),
        [
            Go(),
            Go({"Recall": [NO_FILE]}, **IN_BUCKET),
            Go({"Recall": [Trouble("another video", final=True)]}, **IN_BUCKET),
            Go({"Recall": [NO_FILE]}, **IN_BUCKET, later=90_000.0),
        ],
    ),
    "videos-that-do-not-come": (
        SHOTS[:4],
        [
            Go(),
            Go(
                {"Recall": [BUSY, BUSY, Trouble("HTTP 429", retry_after=3.0)]},
                url=BUCKET,
                lost=["renders/s0_take1.mp4", "renders/s1_take1.mp4"],
            ),
            Go(
                {"Recall": [Trouble("denied", stop=True)]},
                url=BUCKET,
                lost=[f"renders/s{n}_take1.mp4" for n in range(4)],
                later=90_000.0,
            ),
            Go({"Recall": [Credits(1.0)]}, url=BUCKET, lost=["renders/s3_take1.mp4"]),
        ],
    ),
}

TWO: dict[str, tuple[str, Sequence[str], Sequence[Go]]] = {
    "two-services": (BOTH, SHOTS[:2], [Go(), Go()]),
    "two-services-one-in-trouble": (
        BOTH,
        SHOTS[:3],
        [Go({"Balance ark": [Trouble("HTTP 401", stop=True)]}), Go({"Read ark": [AWAY] * 99})],
    ),
    "two-services-one-without-credits": (
        MIXED,
        (A.replace("{", "{" + ARK), CHAIN, B),
        [Go({"Balance ark": [Credits(0.0)]}), Go({"Create ark": [Refused("stop", "quota", "pay first")]})],
    ),
    "two-services-with-doubts": (BOTH, SHOTS[:2], [Go({"Create ark": [LOST, LOST]}), Go()]),
    "two-services-within-a-budget": (BOTH, SHOTS[:2], [Go(limits=Limits(entries=3))]),
}


@pytest.mark.parametrize("name", COURSES)
def test_course(name: str, course: Callable[..., None]) -> None:
    course(name, *COURSES[name])


@pytest.mark.parametrize("name", TWO)
def test_course_of_two_services(name: str, course: Callable[..., None]) -> None:
    head, shots, runs = TWO[name]
    for run in runs:
        run.services = {"ark": terms(unreachable=())}
    course(name, shots, runs, head)
