"""The events of a run, a closed set; everything a person sees or keeps is a fold over these.

Times are UTC, `2026-11-23T07:05:00Z`. Credits are as the service states them. No event holds a URL or a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seedspec.lock.purchase_events import PurchaseEvent
from seedspec.lock.run_events import RunEvent

Event = PurchaseEvent | RunEvent


def as_json(event: Event) -> dict[str, Any]:
    """The event as JSON holds it: its name under `event`, then its fields; a manifest is left to the lock, and
    `provider` is there where the event is about one of several.
    """
    said: dict[str, Any] = {"event": type(event).__name__}
    for name in type(event).__match_args__:
        value = getattr(event, name)
        if name != "manifest" and (name != "provider" or value):
            said[name] = _plain(value)
    return said


def _plain(value: Any) -> object:
    if value is None or isinstance(value, str | int | float | Mapping):
        return value
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    return {name: _plain(getattr(value, name)) for name in type(value).__match_args__}
