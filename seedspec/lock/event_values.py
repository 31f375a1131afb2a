"""What the lock keeps of each event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from seedspec.lock.event import (
    Adopted,
    Completed,
    Deferred,
    Doubted,
    Event,
    Failed,
    Saved,
    Stuck,
    Submitted,
    Submitting,
    Weighed,
)
from seedspec.lock.keys import LONGEST_CODE, LONGEST_MESSAGE
from seedspec.lock.state import State
from seedspec.text.visible import one_line

_FACTS = ("file", "sha256", "bytes", "width", "height", "seconds", "fps", "audio")
_STATE_OF: dict[type[Any], State] = {
    Submitting: State.SUBMITTING,
    Submitted: State.RUNNING,
    Deferred: State.QUEUED,
    Completed: State.COMPLETED,
    Saved: State.SAVED,
    Failed: State.FAILED,
    Doubted: State.DOUBT,
    Weighed: State.DOUBT,
    Stuck: State.RUNNING,
}
_FIELDS: dict[type[Any], Callable[[Any], dict[str, Any]]] = {
    Submitting: lambda e: {
        "entry": e.entry,
        "take": e.take,
        "manifest": e.manifest,
        "intent": {k: v for k in ("key", "body_sha256", "at", "left") if (v := getattr(e.intent, k)) is not None},
        "units": e.units,
        "profile": e.profile,
        "used": dict(e.used) or None,
    },
    Submitted: lambda e: {"task": e.task, "reserved": e.reserved},
    Deferred: lambda e: {},
    Completed: lambda e: {"task": e.task, "charged": e.charged, "results_until": e.results_until},
    Saved: lambda e: {**{k: getattr(e, k) for k in _FACTS}, "results_until": e.results_until},
    Failed: lambda e: {"charged": e.charged, "failure": _failure(e)},
    Doubted: lambda e: {"doubt": one_line(e.reason, LONGEST_MESSAGE)},
    Weighed: lambda e: {"left": e.left},
    Stuck: lambda e: {"stuck": {"since": e.since, "word": one_line(e.word, LONGEST_CODE)}},
    Adopted: lambda e: {k: getattr(e, k) for k in ("entry", "profile", "take", "manifest", "task", *_FACTS)},
}


def _failure(event: Failed) -> dict[str, str]:
    return {"code": one_line(event.code, LONGEST_CODE), "message": one_line(event.message, LONGEST_MESSAGE)}


def values_of(event: Event) -> dict[str, Any] | None:
    """What the lock keeps of an event; None for one that changes no record."""
    if isinstance(event, Adopted):
        state = State.RUNNING if event.file is None else State.SAVED
    elif (found := _STATE_OF.get(type(event))) is not None:
        state = found
    else:
        return None
    own = _FIELDS[type(event)](event)
    values = {"fp": event.fp, "attempt": event.attempt, "state": state.value, "at": event.at, **own}  # type: ignore[union-attr]
    return {k: v for k, v in values.items() if v is not None}
