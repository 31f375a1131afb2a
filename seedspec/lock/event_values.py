"""What the lock keeps of each event."""

from __future__ import annotations

from typing import Any, assert_never

from seedspec.lock.keys import LONGEST_CODE, LONGEST_MESSAGE
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
from seedspec.lock.state import State
from seedspec.text.visible import one_line


def values_of(event: PurchaseEvent) -> dict[str, Any]:
    """What the lock keeps of an event."""
    state, own = _state_and_values(event)
    values = {"fp": event.fp, "attempt": event.attempt, "state": state.value, "at": event.at, **own}
    return {k: v for k, v in values.items() if v is not None}


def _state_and_values(event: PurchaseEvent) -> tuple[State, dict[str, Any]]:
    match event:
        case Submitting(entry=entry, take=take, manifest=manifest, units=units, profile=profile):
            request = {"entry": entry, "take": take, "manifest": manifest, "intent": _intent(event.intent)}
            beside = {"used": dict(event.used) or None, "made": dict(event.made) if event.made else None}
            return State.SUBMITTING, {**request, "units": units, "profile": profile, **beside}
        case Submitted():
            found = dict(event.found) if event.found else None
            return State.RUNNING, {"task": event.task, "reserved": event.reserved, "found": found}
        case Deferred():
            return State.QUEUED, {}
        case Completed(task=task, charged=charged, results_until=until):
            return State.COMPLETED, {"task": task, "charged": charged, "results_until": until}
        case Saved():
            return State.SAVED, {**_facts(event), "results_until": event.results_until}
        case Failed():
            failure = {"code": one_line(event.code, LONGEST_CODE), "message": one_line(event.message, LONGEST_MESSAGE)}
            return State.FAILED, {"charged": event.charged, "failure": failure}
        case Doubted():
            return State.DOUBT, {"doubt": one_line(event.reason, LONGEST_MESSAGE)}
        case Weighed():
            return State.DOUBT, {"left": event.left}
        case Stuck():
            return State.RUNNING, {"stuck": {"since": event.since, "word": one_line(event.word, LONGEST_CODE)}}
        case Adopted(entry=entry, profile=profile, take=take, manifest=manifest, task=task):
            request = {"entry": entry, "profile": profile, "take": take, "manifest": manifest, "task": task}
            return State.RUNNING if event.file is None else State.SAVED, {**request, **_facts(event)}
        case _:
            assert_never(event)


def _intent(intent: Intent) -> dict[str, Any]:
    kept = {"key": intent.key, "body_sha256": intent.body_sha256, "at": intent.at, "left": intent.left}
    return {k: v for k, v in kept.items() if v is not None}


def _facts(event: Saved | Adopted) -> dict[str, Any]:
    """The file that stands for a purchase, and what is known of it."""
    facts = ("file", "sha256", "bytes", "width", "height", "seconds", "fps", "audio")
    return {name: getattr(event, name) for name in facts}
