"""The events of a run, a closed set; everything a person sees or keeps is a fold over these.

Times are UTC, `2026-11-23T07:05:00Z`. Credits are as the service states them. No event holds a URL or a secret.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from seedspec.lock.purchase_events import PurchaseEvent
from seedspec.lock.run_events import RunEvent

Event = PurchaseEvent | RunEvent


def as_json(event: Event) -> dict[str, Any]:
    """The event as JSON holds it: its name under `event`, then its fields; a manifest is left to the lock, and
    `provider` is there where the event is about one of several.
    """
    fields = asdict(event)
    fields.pop("manifest", None)
    if not fields.get("provider", True):
        del fields["provider"]
    return {"event": type(event).__name__, **fields}
