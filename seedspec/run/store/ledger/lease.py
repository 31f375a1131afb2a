"""A run's lease: it is renewed while the run lives, and its age is a difference of times that the store wrote."""

from __future__ import annotations

import math
import secrets
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from seedspec.run.store.ledger import layout
from seedspec.run.store.ledger.store import Store, Unreachable
from seedspec.run.store.ledger.types import Runner, Sealed

LEASE = 60.0
"""Seconds after its last renewal in which a run counts as living."""

RENEW = 15.0
"""Seconds between two renewals."""

_MARGIN = 15.0
"""Seconds before its end from which a lease is not relied on: answers are slow, and some buckets know whole seconds."""

FRESH = 10.0
"""Seconds after it was asked for in which a leave to buy is made use of, or given back. Others may count this run as
gone when its lease is over, and a person may then settle what it was about to send."""

_GLANCE = 3.0
"""Seconds for which the ages of others are not read again."""

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def elapsed_seconds() -> float:
    """A clock for durations on this machine that also counts the time in which it sleeps."""
    return time.clock_gettime(_CLOCK)


class Lease:
    """The lease of a run on a board; it begins with the first `beat`. May be used by several threads."""

    def __init__(self, store: Store, board: str, runner: Runner, clock: Callable[[], float] = elapsed_seconds) -> None:
        self._store, self._board, self._runner, self._clock = store, board, runner, clock
        self._key = layout.run(runner.id)
        self._since = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")  # for people: it is compared with nothing
        self._guard = threading.RLock()
        self._tag = ""
        self._sent = self._answered = 0.0
        self._ages: dict[str, tuple[str, float]] = {}
        self._looked: float | None = None
        self._ended: dict[str, bool] = {}

    @property
    def begun(self) -> bool:
        return bool(self._tag)

    @property
    def due(self) -> bool:
        """Whether it is time to renew it."""
        return not self._tag or self._clock() - self._sent > RENEW - 1

    @property
    def holds(self) -> bool:
        """Whether nobody can have found it over yet."""
        return self.begun and self._clock() - self._sent < LEASE - _MARGIN

    def beat(self, *, ended: bool = False) -> None:
        """Renews it, or ends it. Raises Sealed when it is gone, Unreachable and StoreRefuses."""
        with self._guard:
            for _ in range(8):
                sent, data = self._clock(), self._data(ended)
                began = not self._tag
                tag = self._store.create(self._key, data) if began else self._store.replace(self._key, data, self._tag)
                if tag is None:  # by ourselves, maybe: an answer was lost, now or the last time
                    found = self._store.get(self._key)
                    if found is None and not began:
                        raise Sealed(f"`{self._key}` is gone from `{self._store.where}`: this ledger was deleted")
                    if found is not None and found[0] != data:
                        self._tag = found[1]
                    tag = found[1] if found is not None and found[0] == data else None
                if tag is not None:
                    self._tag, self._answered = tag, self._clock()
                    self._sent = -math.inf if ended else sent
                    self._looked = None
                    return
            raise Unreachable(f"`{self._store.where}` takes no lease: each time it says that another was faster")

    def _data(self, ended: bool) -> bytes:
        who = {"id": self._runner.id, "host": self._runner.host, "job": self._runner.job, "board": self._board}
        return layout.document({**who, "since": self._since, "ended": ended, "write": secrets.token_hex(8)})

    def now(self) -> float:
        """The store's time, never later than it is: seconds since 1970. A run without a lease knows it by those of the
        others, or not at all: 0."""
        with self._guard:
            self._look()
            mine = self._ages.get(self._runner.id)
            if mine is None or not self.begun:
                return max((written for _, written in self._ages.values()), default=0.0)
            return mine[1] + self._clock() - self._answered

    def month(self) -> str:
        """The month by the store's clock, in UTC, such as `2026-11`."""
        return datetime.fromtimestamp(self.now(), UTC).strftime("%Y-%m")

    def age(self, runner: str) -> float | None:
        """Seconds since a run renewed its lease; None for one that never had any."""
        with self._guard:
            self._look()
            found = self._ages.get(runner)
            return None if found is None else self.now() - found[1]

    def silent_here(self, runner: str, now: float) -> float:
        """The age of a lease by another clock than the store's, in seconds since 1970; 0 of one that never began."""
        with self._guard:
            self._look()
            found = self._ages.get(runner)
            return 0.0 if found is None else max(0.0, now - found[1])

    def lives(self, runner: str, *, sure: bool = True) -> bool:
        """Whether a run renewed its lease within the last minute, and has not ended it.

        Of one that seems not to, the store is asked once more, unless `sure` is False: its lease may have begun since
        the last look. Whoever has looked after the run was first heard of needs no other look.
        """
        if runner == self._runner.id and self.holds:
            return True
        with self._guard:
            age = self.age(runner)
            if sure and runner and (age is None or age > LEASE):
                self.look()
                age = self.age(runner)
            return age is not None and age <= LEASE and not self.ended(runner)

    def ended(self, runner: str) -> bool:
        """Whether a run has come to a clean end."""
        with self._guard:
            self._look()
            found = self._ages.get(runner)
            if found is None:
                return False
            tag = found[0]
            if tag not in self._ended:
                there = self._store.get(layout.run(runner))
                self._ended[tag] = there is not None and layout.read_document(layout.run(runner), there[0])["ended"]
            return self._ended[tag]

    def look(self) -> None:
        """Reads when each lease was renewed."""
        with self._guard:
            looked = self._clock()
            found = [(f.key.removeprefix(layout.RUNS).removesuffix(".json"), f) for f in self._store.list(layout.RUNS)]
            self._ages = {name: (f.tag, f.written) for name, f in found}
            self._looked = looked

    def _look(self) -> None:
        if self._looked is None or self._clock() - self._looked > _GLANCE:
            self.look()
