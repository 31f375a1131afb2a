"""A task is ended at its service, where that cannot lose what was paid for; what became of it, as values."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Literal

from seedspec.lock.purchase_events import Failed
from seedspec.lock.record import Record
from seedspec.run.engine.messages import Asked, Cancel, Read, Task, Trouble, Wire
from seedspec.run.engine.purchase import Moment
from seedspec.run.settle import ask
from seedspec.text.value import valueclass

LOOKS, PAUSE = 10, 1.0
"""How often a task is read after the service was asked to end it, and the seconds between."""


@valueclass(frozen=True, slots=True)
class Cancelled:
    """What became of a task. `event` is what the lock is to keep, where it has ended without a video.

    `made`: it has a video. `going`: it goes on, or is asked to end and has not yet. `unread`: nothing was learned.
    """

    outcome: Literal["cancelled", "failed", "made", "going", "unread"]
    said: str
    event: Failed | None = None


def why_not(provider: Mapping[str, Any]) -> str:
    """Why nothing of a provider is ever cancelled; "" where it can be. A task may end while it is being asked for."""
    title, does = provider["title"], provider.get("cancel", {}).get("ended", "unknown")
    if "cancel" not in provider["calls"]:
        return f"{title} offers no way to cancel a task, as far as its provider file says"
    lost = "one that ends while the request is on its way would be paid for and lost"
    if does == "deletes":
        return f"with the same request {title} deletes a task that has ended, and its video: {lost}"
    if does not in ("refused", "stops"):
        return f"it is not known whether {title} keeps a task that has ended when it is asked to cancel it: {lost}"
    return ""


def cancel_task(
    wire: Wire,
    record: Record,
    provider: Mapping[str, Any],
    called: str,
    now: Callable[[], Moment],
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> Cancelled:
    """Asks the service to end a task whose provider `why_not` has nothing against, and reads it until it has ended.

    It is never bought again by itself.
    """
    task = str(record.task)
    read = Read("", task, str(provider["id"]), called)
    first = ask(wire, read)
    if not isinstance(first, Task):
        return Cancelled("unread", f"it could not be read, and nothing was asked: {_reason(first)}")
    if first.state != "running":
        return _explain_end(record, first, now)
    state = "queued" if provider["states"].get(first.word) == "queued" else "running"
    if why := _why_not_now(provider, state):
        return Cancelled("going", why)
    reply = ask(wire, Cancel(task, str(provider["id"]), called))
    taken = "the service was asked to end it" if isinstance(reply, Asked) else f"not ended: {_reason(reply)}"
    seen = first
    for number in range(LOOKS if isinstance(reply, Asked) else 1):
        if number:
            sleep(PAUSE)
        if isinstance(again := ask(wire, read), Task):
            seen = again
        if seen.state != "running":
            return _explain_end(record, seen, now)
    return Cancelled("going", f"{taken}; it says `{seen.word}`")


def _why_not_now(provider: Mapping[str, Any], state: str) -> str:
    """Why a task in this state is left alone."""
    title, does = provider["title"], provider["cancel"][state]
    if does == "refused":
        return f"{title} cancels no task that is {state}"
    if does == "stops-and-bills":
        return f"{title} bills a task that is {state} when it is cancelled: the video would be lost, and nothing saved"
    return f"{title} deletes a task that is {state} when it is cancelled" if does == "deletes" else ""


def _explain_end(record: Record, task: Task, now: Callable[[], Moment]) -> Cancelled:
    if task.state == "completed":
        return Cancelled("made", "it has a video already")
    cancelled = task.code == "request_cancelled"
    cost = "the service does not say what it cost" if task.credits is None else f"it cost {task.credits:g} credits"
    said = cost if cancelled else f"it failed: {task.code}: {task.message}; {cost}"
    named = (record.entry, record.fp, record.attempt, record.task, task.code, task.message)
    event = Failed(*named, "asked", now().text(), task.credits)
    return Cancelled("cancelled" if cancelled else "failed", said, event)


def _reason(reply: object) -> str:
    return reply.reason if isinstance(reply, Trouble) else "an answer that was not understood"
