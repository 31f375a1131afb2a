"""What a person is told of a purchase in doubt or one to be ended: each answer with each word that it gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from spelled import shown

from seedspec.lock.lock import Lock, encode, parse
from seedspec.lock.purchase_events import Doubted, Failed, Submitted
from seedspec.lock.record import Record
from seedspec.lock.version import HEADER
from seedspec.project.sources import schemas
from seedspec.run.cancelling import LOOKS, PAUSE, Cancelled, cancel_task, why_not
from seedspec.run.engine.messages import (
    Accepted,
    Asked,
    Balance,
    Call,
    Cancel,
    Create,
    Credits,
    Find,
    List,
    Listed,
    Listing,
    Read,
    Refused,
    Reply,
    Task,
    Trouble,
    Unknown,
)
from seedspec.run.engine.proof import Lookup, Proof
from seedspec.run.engine.purchase import Moment
from seedspec.run.settle import Evidence, Service, evidence, intent_to_resend, proved, resend, sent_body, verify_task

AT = "2026-11-23T07:00:00Z"
UNIX = datetime(2026, 11, 23, 7, tzinfo=UTC).timestamp()
NOW = Moment(0.0, datetime(2026, 11, 23, 8, tzinfo=UTC))
LATER = "2026-11-23T08:00:00Z"
FP = "a" * 64


@dataclass
class Wire:
    """A service that gives one answer after another."""

    replies: list[Reply]
    asked: list[Call] = field(default_factory=list)
    _none: bool = False

    def start(self, call: Call) -> None:
        self.asked.append(call)
        self._none = True

    def wait(self, seconds: float | None) -> list[tuple[Call, Reply]]:
        assert seconds is None
        if self._none:
            self._none = False  # a wait may end without anything
            return []
        return [(self.asked[-1], self.replies.pop(0))]


def lock_of(*changes: dict[str, Any]) -> Lock:
    first = {"fp": FP, "entry": "a/1", "take": 1, "attempt": 1, "state": "doubt", "at": AT, "units": 251_100}
    manifest = {"provider": "evolink", "model": "m", "request": {"prompt": "x"}}
    intent = {"key": "k" * 20, "body_sha256": "0" * 64, "at": AT, "left": 100.0}
    lines = [encode({**first, "manifest": manifest, "intent": intent, **change}) for change in changes]
    return parse(HEADER.replace(b":1", b":2") + b"".join(lines))


def first(lock: Lock) -> Record:
    return next(iter(lock))


PLAIN = Service("evolink", "seed-2", Lookup("candidates"))
OWN = Service("evolink", "seed-2", Lookup("own-id", own="client_id"))
ECHO = Service("evolink", "seed-2", Lookup("echo", ("own",), "client_id"))
BODY = Service("evolink", "seed-2", Lookup("body"), {"prompt": "x"})
BUSY = Trouble("HTTP 503")


def listed(task: str, after: float | None = 0.0, **more: Any) -> Listed:
    return Listed(task, None if after is None else UNIX + after, "running", **more)


MANY = Listing(
    (
        listed("known"), listed("late", 900), listed("later", 901), listed("early", -120), listed("earlier", -121),
        listed("near", 5), listed("undated", None), listed("same", 6, body={"prompt": "x", "more": 1}),
    )
)  # fmt: skip


LISTS = [List("seed-2", "evolink"), Balance("evolink")]
ALL = ["early", "late", "near", "same", "undated"]


@pytest.mark.parametrize(
    ("of", "change", "replies", "asked", "names", "found"),
    [
        (PLAIN, {}, [MANY, Credits(70.0)], LISTS, ALL, Evidence((), "", 100.0, 70.0, 30.0, 25.11)),
        (
            PLAIN, {"left": 74.5}, [BUSY, Credits(1.0)], LISTS, [],
            Evidence(None, "HTTP 503", 100.0, 74.5, 25.5, 25.11),
        ),
        (
            PLAIN, {"intent": None, "units": None}, [Credits(1.0), BUSY], LISTS, [],
            Evidence(None, "an answer that was not understood", None, None, None, None),
        ),
        (BODY, {}, [MANY, BUSY], LISTS, ALL, Evidence((), "", 100.0, None, None, 25.11, alike=("same",))),
        (
            OWN, {}, [Credits(70.0), Listing((listed("mine", 5),))],
            [Balance("evolink"), Find("", "k" * 20, "evolink", "seed-2")], ["mine"],
            Evidence((), "", 100.0, 70.0, 30.0, 25.11, f"our id {'k' * 20}"),
        ),
        (
            OWN, {"intent": {"key": "short", "body_sha256": "0" * 64, "at": AT}}, [Credits(70.0)], [Balance("evolink")],
            [], Evidence((), "", None, 70.0, None, 25.11),
        ),
        (
            ECHO, {}, [Listing((listed("mine", 5, own="k" * 20), listed("other", 6, own="x"))), Credits(None)], LISTS,
            ["mine", "other"], Evidence((), "", 100.0, None, None, 25.11, f"our id {'k' * 20}"),
        ),
    ],
    ids=["candidates", "no list", "nothing known", "the same body", "our id", "no id of ours", "our id in the list"],
)  # fmt: skip
def test_what_speaks_for_a_purchase(
    of: Service, change: dict[str, Any], replies: list[Reply], asked: list[Call], names: list[str], found: Evidence
) -> None:
    wire = Wire(list(replies))
    lock = lock_of(change, {"fp": "b" * 64, "state": "running", "task": "known"})
    [seen] = evidence(wire, lock, [first(lock)], lambda record: of)
    assert (wire.asked, wire.replies) == (asked, [])
    assert sorted(t.task for t in seen.candidates or ()) == names
    assert (seen.candidates is None) == (found.candidates is None)
    assert replace(seen, candidates=found.candidates, verdict=found.verdict) == found
    shared = replace(lock, header={"ledger": "9" * 32})
    [seen] = evidence(Wire(list(replies)), shared, [first(shared)], lambda record: of)
    assert seen.missing is None, "others buy from the same account"
    assert (seen.proof.task if seen.proof else "") == ("mine" if found.carried else "")


def test_candidates_stand_in_the_order_of_their_distance_from_the_request() -> None:
    lock = lock_of({}, {"fp": "b" * 64, "state": "running", "task": "known"})
    [seen] = evidence(Wire([MANY, Credits(1.0)]), lock, [first(lock)], lambda record: PLAIN)
    assert [t.task for t in seen.candidates or ()] == ["near", "same", "early", "late", "undated"]


def test_credits_that_others_explain_are_not_missing() -> None:
    """What was bought later is known by its own record; what failed cost nothing."""
    later = {"key": "x", "body_sha256": "0" * 64, "at": LATER}
    lock = lock_of(
        {},
        {"fp": "b" * 64, "state": "running", "task": "t-1", "intent": later, "reserved": 20.0},
        {"fp": "c" * 64, "state": "failed", "intent": later, "reserved": 5.0, "failure": {"code": "x", "message": ""}},
        {"fp": "d" * 64, "state": "running", "task": "t-2", "reserved": 7.0},
    )
    [seen] = evidence(Wire([Listing(()), Credits(50.0)]), lock, [first(lock)], lambda record: PLAIN)
    assert (seen.before, seen.after, seen.missing) == (100.0, 50.0, 30.0)


def test_each_service_is_asked_once_for_all_its_doubts() -> None:
    lock = lock_of({}, {"fp": "b" * 64}, {"fp": "c" * 64})
    other = Service("ark", "m", Lookup("echo", ("own",)))
    of = {"a": ECHO, "b": ECHO, "c": other}
    same = listed("t", own="k" * 20)
    wire = Wire([Listing((same,)), BUSY, Credits(1.0), Credits(2.0)])
    found = evidence(wire, lock, list(lock), lambda record: of[record.fp[0]])
    assert wire.asked == [List("seed-2", "evolink"), List("m", "ark"), Balance("evolink"), Balance("ark")]
    assert [e.verdict.claimed for e in found] == [("t",), ("t",), ()], "one task for two requests proves neither"
    assert [e.after for e in found] == [1.0, 1.0, 2.0] and found[2].why_not == "HTTP 503"


def test_what_the_lock_keeps_of_a_task_that_a_person_names() -> None:
    seen = Evidence((), "", None, None, None, None, alike=("same",))
    assert seen.kept("same") == {"by": "body", "what": "the same request, by a person's word"}
    assert seen.kept("other") is None
    proof = Proof("t", "echo", "our seed 7")
    kept = replace(seen, verdict=replace(seen.verdict, proofs=(proof,))).kept("t")
    assert kept == {"by": "echo", "what": "our seed 7"}
    assert proved(first(lock_of({})), proof, NOW) == Submitted("a/1", FP, 1, "t", None, None, LATER, kept)


def test_a_body_is_known_again_by_the_lock_alone() -> None:
    template = {"model": {"$model": True}, "input": {"$get": "prompt"}}
    assert sent_body({"request": {"prompt": "x"}}, template, "m") == {"model": "m", "input": "x"}
    assert sent_body({}, template, "m") is None and sent_body({"request": {}}, "text", "m") is None


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Task("running", model="m", created=UNIX - 120), ""),
        (Task("running", model="also-m"), ""),
        (Task("running"), ""),
        (BUSY, "`T` could not be read: HTTP 503"),
        (Credits(1.0), "`T` could not be read: an answer that was not understood"),
        (Task("running", model="other"), "`T` was made by other; the entry asks for m"),
        (Task("running", created=UNIX - 121), "`T` was made 121 s before the request was sent: it is another one"),
    ],
)
def test_a_task_that_a_person_names_is_looked_at(reply: Reply, said: str) -> None:
    manifest, record = {"provider": "evolink", "model": "m"}, first(lock_of({}))
    wire = Wire([reply, reply, reply])
    assert verify_task(wire, record, manifest, "T", ["also-m"], "seed-2") == (said or reply)
    assert verify_task(wire, None, manifest, "T", ["also-m"]) == (
        reply if "before the request" in said else said or reply
    )
    verify_task(wire, None, {}, "T")
    assert wire.asked == [Read("", "T", "evolink", "seed-2"), Read("", "T", "evolink", "m"), Read("", "T")]


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Accepted("T", 5.0, replayed=True), "taken as T; the service says that it is the first request's task"),
        (
            Accepted("T", 5.0),
            "taken as T; the service does not say that it is the first request's task: there may be two; "
            "look at its task list",
        ),
        (Refused("failed", "policy", "no"), "sent again, and not settled: policy: no"),
        (Unknown("cut"), "sent again, and not settled: cut"),
        (Credits(1.0), "sent again, and not settled: "),
    ],
)
def test_a_request_is_sent_once_more_under_its_first_key(reply: Reply, said: str) -> None:
    intent = intent_to_resend(first(lock_of({"profile": "draft"})), NOW)
    assert (intent.intent.key, intent.intent.body_sha256, intent.intent.left) == ("k" * 20, "0" * 64, 100.0)
    assert (intent.at, intent.intent.at, intent.units, intent.profile, intent.take) == (
        LATER,
        LATER,
        251_100,
        "draft",
        1,
    )
    bare = intent_to_resend(first(lock_of({"units": None})), NOW)
    assert (bare.units, bare.profile) == (0, None)
    wire = Wire([reply, reply])
    named = ("a/1", FP, 1)
    event = Submitted(*named, "T", 5.0, None, LATER) if isinstance(reply, Accepted) else Doubted(*named, said, LATER)
    assert resend(wire, intent, b"{}", NOW, "seed-2") == (event, said)
    resend(wire, intent, b"{}", NOW)
    assert wire.asked == [Create(FP, b"{}", intent, "evolink", model) for model in ("seed-2", "m")]


RUNS = Task("running", word="running")
WAITS = Task("running", word="queued")
MADE = Task("completed", 100, ("https://m/1",))
ENDED = Task("failed", code="request_cancelled", message="by you", credits=1.5)
BROKE = Task("failed", code="odd", message="no")


def provider(**does: str) -> dict[str, Any]:
    cancel = {"queued": "stops", "running": "stops", **does}
    return {**schemas()["ark/provider.json"], "title": "Acme", "cancel": cancel}


@pytest.mark.parametrize(
    ("does", "replies", "outcome", "said", "asks"),
    [
        ({}, [BUSY], "unread", "it could not be read, and nothing was asked: HTTP 503", 0),
        (
            {}, [Credits(1.0)], "unread",
            "it could not be read, and nothing was asked: an answer that was not understood", 0,
        ),
        ({}, [MADE], "made", "it has a video already", 0),
        ({}, [ENDED], "cancelled", "it cost 1.5 credits", 0),
        ({}, [BROKE], "failed", "it failed: odd: no; the service does not say what it cost", 0),
        ({}, [RUNS, Asked(), ENDED], "cancelled", "it cost 1.5 credits", 1),
        ({}, [RUNS, Asked(), RUNS, BUSY, ENDED], "cancelled", "it cost 1.5 credits", 1),
        ({}, [RUNS, Asked(), MADE], "made", "it has a video already", 1),
        ({}, [RUNS, Asked(), *[WAITS] * LOOKS], "going", "the service was asked to end it; it says `queued`", 1),
        ({}, [RUNS, Asked(), *[BUSY] * LOOKS], "going", "the service was asked to end it; it says `running`", 1),
        ({}, [RUNS, BUSY, RUNS], "going", "not ended: HTTP 503; it says `running`", 1),
        ({}, [RUNS, Credits(1.0), MADE], "made", "it has a video already", 1),
        ({"running": "refused"}, [RUNS], "going", "Acme cancels no task that is running", 0),
        ({"running": "refused"}, [WAITS, Asked(), ENDED], "cancelled", "it cost 1.5 credits", 1),
        ({"queued": "deletes"}, [WAITS], "going", "Acme deletes a task that is queued when it is cancelled", 0),
        (
            {"queued": "stops-and-bills"}, [WAITS], "going",
            "Acme bills a task that is queued when it is cancelled: the video would be lost, and nothing saved", 0,
        ),
    ],
)  # fmt: skip
def test_a_task_is_ended_where_nothing_is_lost(
    does: dict[str, str], replies: Sequence[Reply], outcome: Any, said: str, asks: int
) -> None:
    wire, pauses = Wire(list(replies)), list[float]()
    record = first(lock_of({"state": "running", "task": "T"}))
    found = cancel_task(wire, record, provider(**does), "seed-2", lambda: NOW, sleep=pauses.append)
    task = ENDED if outcome == "cancelled" else BROKE
    event = Failed("a/1", FP, 1, "T", task.code, task.message, "asked", LATER, task.credits)
    assert found == Cancelled(outcome, said, event if outcome in ("cancelled", "failed") else None), shown(found)
    assert not wire.replies and wire.asked.count(Cancel("T", "ark", "seed-2")) == asks
    reads = wire.asked.count(Read("", "T", "ark", "seed-2"))
    assert reads + asks == len(wire.asked) and pauses == [PAUSE] * max(reads - 1 - asks, 0)


@pytest.mark.parametrize(
    ("does", "said"),
    [
        ("refused", ""),
        ("stops", ""),
        ("deletes", "with the same request Acme deletes a task that has ended, and its video: one that"),
        ("unknown", "it is not known whether Acme keeps a task that has ended when it is asked to cancel it: one that"),
    ],
)
def test_where_what_was_paid_for_could_be_lost_nothing_is_cancelled(does: str, said: str) -> None:
    rest = " ends while the request is on its way would be paid for and lost"
    assert why_not(provider(ended=does)) == (said + rest if said else "")
    bare = provider(ended=does)
    del bare["cancel"]
    assert why_not(bare).startswith("it is not known whether Acme keeps")
    del (closed := {**bare, "calls": dict(bare["calls"])})["calls"]["cancel"]
    assert why_not(closed) == "Acme offers no way to cancel a task, as far as its provider file says"
