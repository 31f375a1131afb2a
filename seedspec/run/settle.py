"""What a person needs to settle a purchase: the service is asked, one question at a time, and may be told once more."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from seedspec.lock.event import Event
from seedspec.lock.lock import Lock, Record
from seedspec.lock.purchase_events import Doubted, Intent, Submitted, Submitting
from seedspec.lock.state import State
from seedspec.run.engine.messages import (
    Accepted,
    Balance,
    Call,
    Create,
    Credits,
    List,
    Listed,
    Listing,
    Read,
    Refused,
    Reply,
    Task,
    Wire,
)
from seedspec.run.engine.purchase import Moment

BEFORE, AFTER = 120.0, 900.0
"""Seconds around the sending of a request in which a task may be the one that it made: clocks differ, queues wait."""


def ask(wire: Wire, call: Call) -> Reply:
    """One call to its end; every call has a deadline of its own."""
    wire.start(call)
    found: list[tuple[Call, Reply]] = []
    while not found:
        found = wire.wait(None)
    return found[0][1]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for or against a purchase. `candidates` are None when the service could not be asked for them.

    `missing` are the credits that went since the request was sent and that nothing else in the lock explains.
    """

    candidates: tuple[Listed, ...] | None
    why_not: str
    before: float | None
    after: float | None
    missing: float | None
    estimate: float | None


def evidence(wire: Wire, lock: Lock, records: Iterable[Record]) -> list[Evidence]:
    """Asks for the tasks that no record knows, made about when each request was sent, and for the credits left.

    It proves nothing: the service repeats nothing of a request, and others may use the account.
    """
    asked = list(records)
    models = dict.fromkeys(_model(r) for r in asked)
    listings = {model: ask(wire, List(*model)) for model in models}
    credits = {provider: ask(wire, Balance(provider)) for provider in dict.fromkeys(p for _, p in models)}
    return [_evidence_of(lock, r, listings[_model(r)], credits[_model(r)[1]]) for r in asked]


def _model(record: Record) -> tuple[str, str]:
    manifest = record.manifest or {}
    return str(manifest.get("model", "")), str(manifest.get("provider", ""))


def _evidence_of(lock: Lock, record: Record, listing: Reply, credits: Reply) -> Evidence:
    intent: Mapping[str, Any] = record.get("intent") or {}
    found = _candidates(listing.tasks, lock, intent.get("at")) if isinstance(listing, Listing) else None
    before, now = intent.get("left"), credits.remaining if isinstance(credits, Credits) else None
    units, after = record.get("units"), record.get("left")
    missing = None
    if before is not None and after is not None:  # read when the doubt arose, before anything else was bought
        missing = before - after
    elif before is not None and now is not None:
        later = (r for r in lock if (r.get("intent") or {}).get("at", "") > intent["at"])
        missing = before - now - sum(r.stated or 0 for r in later if r.state is not State.FAILED)
    estimate = None if units is None else units / 10_000
    why_not = "" if found is not None else getattr(listing, "reason", "an answer that was not understood")
    return Evidence(found, why_not, before, now if after is None else after, missing, estimate)


def _candidates(tasks: Iterable[Listed], lock: Lock, sent: str | None) -> tuple[Listed, ...]:
    known = {r.task for r in lock}
    at = _seconds(sent)
    fits = (t for t in tasks if t.task not in known and (at is None or -BEFORE <= t.created - at <= AFTER))
    return tuple(sorted(fits, key=lambda t: abs(t.created - (at or t.created))))


def verify_task(
    wire: Wire, record: Record | None, manifest: Mapping[str, Any], task: str, aka: Collection[str] = ()
) -> Task | str:
    """The task as the service shows it, or why it cannot be the one that is meant.

    `aka` are further names by which the service calls the model that was asked for.
    """
    reply = ask(wire, Read("", task))
    if not isinstance(reply, Task):
        return f"`{task}` could not be read: {getattr(reply, 'reason', 'an answer that was not understood')}"
    if reply.model is not None and reply.model not in (manifest.get("model"), *aka):
        return f"`{task}` was made by {reply.model}; the entry asks for {manifest.get('model')}"
    sent = _seconds((record.get("intent") or {}).get("at")) if record is not None else None
    if sent is not None and reply.created is not None and reply.created < sent - BEFORE:
        return f"`{task}` was made {sent - reply.created:.0f} s before the request was sent: it is another one"
    return reply


def intent_to_resend(record: Record, key_at: Moment) -> Submitting:
    """The intent to send the very request once more, under its first key."""
    intent = record.get("intent")
    return Submitting(
        entry=record.entry,
        fp=record.fp,
        take=record.get("take"),
        attempt=record.attempt,
        manifest=record.manifest or {},
        intent=Intent(intent["key"], intent["body_sha256"], key_at.text(), intent.get("left")),
        units=record.get("units") or 0,
        at=key_at.text(),
        profile=record.profile or None,
    )


def resend(wire: Wire, intent: Submitting, body: bytes, now: Moment) -> tuple[Event, str]:
    """Sends the request again, whose intent is durable; the event that this comes to, and what to tell a person.

    A refusal says nothing about the first request, so the doubt stays.
    """
    reply = ask(wire, Create(intent.fp, body, intent))
    if isinstance(reply, Accepted):
        said = (
            "the service says that it is the first request's task"
            if reply.replayed
            else "the service does not say that it is the first request's task: there may be two; look at its task list"
        )
        task = Submitted(intent.entry, intent.fp, intent.attempt, reply.task, reply.credits, None, now.text())
        return task, f"taken as {reply.task}; {said}"
    why = f"{reply.code}: {reply.message}" if isinstance(reply, Refused) else getattr(reply, "reason", "")
    reason = f"sent again, and not settled: {why}"
    return Doubted(intent.entry, intent.fp, intent.attempt, reason, now.text()), reason


def _seconds(at: str | None) -> float | None:
    try:
        return datetime.strptime(at or "", "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
