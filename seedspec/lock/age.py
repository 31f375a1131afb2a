"""How long ago the service was asked for something, by its record."""

from __future__ import annotations

from datetime import datetime

from seedspec.lock.record import Record


def asked_at(record: Record) -> str:
    """When the request was sent, or a person vouched for its task, as the record states it."""
    return str((record.get("intent") or {}).get("at") or record.get("at") or "")


def seconds_since(at: str, now: datetime) -> float | None:
    """None where no time can be read."""
    try:
        return max(0.0, (now - datetime.fromisoformat(at)).total_seconds())
    except (TypeError, ValueError):  # no time, or one without a zone
        return None


def age(at: str, now: datetime | None) -> str:
    """`40 min`, `26 h`, `3 days`; "" below a minute, and where it is not known."""
    seconds = None if now is None else seconds_since(at, now)
    for size, word in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds is not None and seconds >= (size if word == "min" else 2 * size):
            return f"{seconds / size:.0f} {word}"
    return ""
