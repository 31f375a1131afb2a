"""What a person needs to settle a purchase: the service is asked, one question at a time, and may be told once more."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import field
from typing import Any

from seedspec.catalog.template import render
from seedspec.lock.event import Event
from seedspec.lock.lock import Lock
from seedspec.lock.purchase_events import Doubted, Intent, Submitted, Submitting
from seedspec.lock.record import Record
from seedspec.lock.state import State
from seedspec.run.engine.messages import (
    Accepted,
    Balance,
    Call,
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
    Wire,
)
from seedspec.run.engine.proof import BEFORE, Lookup, Proof, Verdict, alike, judge, near, trace_of, unix_of
from seedspec.run.engine.purchase import Moment
from seedspec.text.value import valueclass


def ask(wire: Wire, call: Call) -> Reply:
    """One call to its end; every call has a deadline of its own."""
    wire.start(call)
    found: list[tuple[Call, Reply]] = []
    while not found:
        found = wire.wait(None)
    return found[0][1]


@valueclass(frozen=True, slots=True)
class Evidence:
    """What speaks for or against a purchase. `candidates` are None when the service could not be asked for them.

    `missing` are the credits that went since the request was sent and that nothing else in the lock explains; None of a
    lock that several machines share, as the others buy from the same account.
    `carried` is what the request carried by which its task could be known, in words; `verdict` what was found by it.
    `alike` are the candidates whose request is the same: a proposal, as others may send the same.
    """

    candidates: tuple[Listed, ...] | None
    why_not: str
    before: float | None
    after: float | None
    missing: float | None
    estimate: float | None
    carried: str = ""
    verdict: Verdict = field(default_factory=Verdict)
    alike: tuple[str, ...] = ()

    def kept(self, task: str) -> dict[str, str] | None:
        """What the lock keeps of a task that a person names, where the service shows that it is the request's."""
        if (found := next((p for p in self.verdict.proofs if p.task == task), None)) is not None:
            return found.kept
        return {"by": "body", "what": "the same request, by a person's word"} if task in self.alike else None

    @property
    def proof(self) -> Proof | None:
        """The one task that is proved to be the request's."""
        return self.verdict.sole


Asked = Callable[[Record], "Service"]


@valueclass(frozen=True, slots=True)
class Service:
    """What of a service is asked about a purchase: by which name it knows the model, and what it shows of a request.

    `body` is the body that was sent, as far as it is known; None where it is not.
    """

    provider: str
    model: str
    lookup: Lookup
    body: Mapping[str, Any] | None = None


def evidence(wire: Wire, lock: Lock, records: Iterable[Record], service_of: Asked) -> list[Evidence]:
    """Asks for the tasks that no record knows, made about when each request was sent, and for the credits left.

    Where the service shows what a request carried, one task that shows it is its own. Anything else proves nothing:
    others may use the account.
    """
    asked = [(r, service_of(r)) for r in records]
    listings: dict[tuple[str, str], Reply] = {}
    for _, of in asked:
        if of.lookup.by != "own-id" and (of.provider, of.model) not in listings:
            listings[of.provider, of.model] = ask(wire, List(of.model, of.provider))
    credits = {provider: ask(wire, Balance(provider)) for provider in dict.fromkeys(of.provider for _, of in asked)}
    verdicts, known = dict[int, Verdict](), {r.task for r in lock if r.task}
    for key, listing in listings.items():
        group = {str(i): trace_of(r.values) for i, (r, of) in enumerate(asked) if (of.provider, of.model) == key}
        lookup = next(of.lookup for _, of in asked if (of.provider, of.model) == key)
        if isinstance(listing, Listing):
            verdicts |= {int(i): v for i, v in judge(group, listing.tasks, known, lookup).items()}
    found = []
    for number, (record, of) in enumerate(asked):
        listing = listings.get((of.provider, of.model)) or _found_by_id(wire, record, of)
        if isinstance(listing, Listing) and of.lookup.by == "own-id":
            verdicts |= {number: judge({"": trace_of(record.values)}, listing.tasks, known, of.lookup)[""]}
        found.append(_evidence_of(lock, record, of, listing, credits[of.provider], verdicts.get(number, Verdict())))
    return found


def _found_by_id(wire: Wire, record: Record, of: Service) -> Reply:
    own = trace_of(record.values).own
    return ask(wire, Find("", own, of.provider, of.model)) if own else Listing(())


def _evidence_of(lock: Lock, record: Record, of: Service, listing: Reply, credits: Reply, verdict: Verdict) -> Evidence:
    intent: Mapping[str, Any] = record.get("intent") or {}
    found = _candidates(listing.tasks, lock, intent.get("at")) if isinstance(listing, Listing) else None
    before, now = intent.get("left"), credits.remaining if isinstance(credits, Credits) else None
    units, after = record.get("units"), record.get("left")
    missing = None
    if before is not None and not lock.header.get("ledger"):  # others of a team buy from the same account meanwhile
        if after is not None:  # read when the doubt arose, before anything else was bought
            missing = before - after
        elif now is not None:
            later = (r for r in lock if (r.get("intent") or {}).get("at", "") > intent["at"])
            missing = before - now - sum(r.stated or 0 for r in later if r.state is not State.FAILED)
    estimate = None if units is None else units / 10_000
    why_not = "" if found is not None else getattr(listing, "reason", "an answer that was not understood")
    same = tuple(t.task for t in found or () if of.body is not None and t.body is not None and alike(of.body, t.body))
    return Evidence(
        found, why_not, before, now if after is None else after, missing, estimate,
        of.lookup.says(trace_of(record.values)), verdict, same if of.lookup.by == "body" else (),
    )  # fmt: skip


def proved(record: Record, proof: Proof, now: Moment) -> Submitted:
    """A doubt is settled: the task is followed from now on, and the lock keeps how it was found."""
    return Submitted(record.entry, record.fp, record.attempt, proof.task, None, None, now.text(), proof.kept)


def sent_body(manifest: Mapping[str, Any], template: Any, model: str) -> Mapping[str, Any] | None:
    """The body of a request by the lock alone: its addresses are not known, and stand for any."""
    request = manifest.get("request")
    made = render(template, request, model) if isinstance(request, Mapping) else None
    return made if isinstance(made, Mapping) else None


def _candidates(tasks: Iterable[Listed], lock: Lock, sent: str | None) -> tuple[Listed, ...]:
    known = {r.task for r in lock}
    at = unix_of(sent)
    fits = (t for t in tasks if t.task not in known and near(t.created, at, unknown=True))
    return tuple(sorted(fits, key=lambda t: abs((t.created or 0) - (at or t.created or 0))))


def verify_task(
    wire: Wire,
    record: Record | None,
    manifest: Mapping[str, Any],
    task: str,
    aka: Collection[str] = (),
    called: str = "",
) -> Task | str:
    """The task as the service shows it, or why it cannot be the one that is meant.

    It is asked of the service that the entry was bought from. `called` is the name by which requests tell that the
    model, `aka` are further ones.
    """
    reply = ask(wire, Read("", task, str(manifest.get("provider", "")), called or str(manifest.get("model", ""))))
    if not isinstance(reply, Task):
        return f"`{task}` could not be read: {getattr(reply, 'reason', 'an answer that was not understood')}"
    if reply.model is not None and reply.model not in (manifest.get("model"), *aka):
        return f"`{task}` was made by {reply.model}; the entry asks for {manifest.get('model')}"
    sent = unix_of((record.get("intent") or {}).get("at")) if record is not None else None
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


def resend(wire: Wire, intent: Submitting, body: bytes, now: Moment, called: str = "") -> tuple[Event, str]:
    """Sends the request again, whose intent is durable; the event that this comes to, and what to tell a person.

    It goes to the service that it was sent to, which knows the model as `called`. A refusal says nothing about the
    first request, so the doubt stays.
    """
    provider = str(intent.manifest.get("provider", ""))
    reply = ask(wire, Create(intent.fp, body, intent, provider, called or str(intent.manifest.get("model", ""))))
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
