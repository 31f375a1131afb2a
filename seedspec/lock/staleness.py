"""Chains against the lock: which video of another entry a purchase was made from, and whether that one still stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from seedspec.catalog.media_facts import MediaFacts
from seedspec.compiler.entry import Entry, frame_words, upstream_in
from seedspec.lock.lock import Lock
from seedspec.lock.record import Record
from seedspec.lock.state import OPEN, State
from seedspec.text.value import valueclass

_FACTS = ("bytes", "width", "height", "seconds", "fps")


@valueclass(frozen=True, slots=True)
class Stale:
    """A saved video was made from another video of `upstream` than the one that stands now: their sha256.

    `now` is "" where the upstream has no new video yet: it is stale itself, or about to be bought. `kept` says why
    it is not made again even when that is asked for.
    """

    upstream: str
    was: str
    now: str
    kept: Literal["", "picked", "under way"] = ""


def stale(entry: Entry, record: Record, lock: Lock) -> Stale | None:
    """Whether the lock has another video of an upstream than the one that a purchase was made from.

    What the record does not say, as of a purchase that was adopted, is taken to be as it should.
    """
    if not (upstream := entry.upstream):
        return None
    used: Mapping[str, str] = record.get("used") or {}
    for medium in upstream:
        was, now = used.get(medium.key), video_of(lock.last(medium.key))
        if was is not None and now and now != was:
            return Stale(medium.where, was, now)
    return None


def readable_values(field: str, old: Any, new: Any, address: Callable[[str], str | None]) -> tuple[Any, Any]:
    """Two values of a field as people read them: another entry's video, or a picture of it, by the entry's address
    instead of its fingerprint.

    A prompt is never one, whatever it says. `address` gives the entry's by fingerprint. Where both are of
    one address, whose request has changed, the beginning of the fingerprint tells them apart.
    """
    if field == "prompt":
        return old, new
    ups = [upstream_in(v) or ("", "") for v in (old, new)]
    was, now = (_name(address(fp), frame) if fp else None for fp, frame in ups)
    if was is not None and was == now:
        return f"{was} {ups[0][0][:12]}", f"{now} {ups[1][0][:12]}"
    return old if was is None else was, new if now is None else now


def _name(address: str | None, frame: str) -> str | None:
    return f"{frame_words(frame)} of {address}" if address is not None and frame else address


def video_of(record: Record | None) -> str:
    """The sha256 of a purchase's saved video; "" while there is none."""
    return str(record.get("sha256") or "") if record is not None and record.state is State.SAVED else ""


def facts_of(record: Record | None) -> MediaFacts | None:
    """What was measured of a purchase's saved video; None while there is none."""
    if record is None or record.state is not State.SAVED:
        return None
    values = record.values
    return MediaFacts(**{name: values.get(name) for name in _FACTS})


def under_way(record: Record, lock: Lock) -> bool:
    """Whether another attempt at the same purchase was begun and has not ended."""
    return any(r.attempt != record.attempt and r.state in OPEN for r in lock.attempts[record.fp])


def link_lives(record: Record | None, now: str) -> bool:
    """Whether the service still keeps what was saved, so that its task has a link to give; `now` as records say it."""
    until = record.get("results_until") if record is not None and record.task else None
    return until is not None and until > now


def address_in(lock: Lock, *entries: Entry) -> Callable[[str], str | None]:
    """The addresses of what entries continue, or else of what was bought, by fingerprint."""
    known = {m.key: m.where for entry in entries for m in entry.upstream}

    def address(fp: str) -> str | None:
        records = lock.attempts.get(fp)
        return known.get(fp) or (records[-1].entry if records else None)

    return address
