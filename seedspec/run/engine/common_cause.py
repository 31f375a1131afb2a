"""Refusals with one medium in common: after some of them, and none that was taken, nothing more is sent with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from seedspec.compiler.entry import Entry, taken_from
from seedspec.lock.lock import Lock
from seedspec.lock.state import State
from seedspec.run.engine.messages import Accepted, Refused, Reply

MOST = 3
_MEDIA = ("http://", "https://", "sha256:", "entry:", "frame:")
"""How a medium begins in a request, as it is identified."""
_TAKEN = (State.RUNNING, State.COMPLETED, State.SAVED)


class Blame:
    """Counts by medium, as requests name it, what was refused and what was taken, in the lock and in this run."""

    def __init__(self, lock: Lock) -> None:
        self._refused: Counter[str] = Counter()
        self._taken: set[str] = set()
        for record in lock:
            if record.state is State.FAILED and record.task is None:
                self._refused.update(set(_find_media((record.manifest or {}).get("request") or {})))
        for record in lock if self._refused else ():
            if record.state in _TAKEN:
                self._taken.update(_find_media((record.manifest or {}).get("request") or {}))

    def heard(self, entry: Entry, reply: Reply) -> bool:
        """Counts the answer to a paid request; whether what else uses one of its media is to be held now."""
        if isinstance(reply, Accepted):
            self._taken.update(_find_media(entry.request))
        if not (isinstance(reply, Refused) and reply.then == "failed"):
            return False
        self._refused.update(set(_find_media(entry.request)))
        return self.of(entry) is not None

    def of(self, entry: Entry) -> tuple[str, str] | None:
        """The medium of an entry that is to be replaced first, and why; None when all may be sent."""
        for medium in entry.media:
            name = taken_from(entry.request, medium)
            if self._refused[name] >= MOST and name not in self._taken:
                why = f"{self._refused[name]} requests with it were refused and none was taken"
                return medium.where, f"{why}; replace it, or send it all the same with `--retry-failed`"
        return None


def _find_media(request: Mapping[str, Any]) -> Iterator[str]:
    """The media of a request: what stands in lists, and addresses by themselves."""
    for name, value in request.items():
        if isinstance(value, list):
            yield from (item for item in value if isinstance(item, str))
        elif name != "prompt" and isinstance(value, str) and value.startswith(_MEDIA):
            yield value
