"""A store of the ledger in this process, whose clock and whose troubles a test decides about."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

from seedspec.run.store.ledger.store import Listed, Unreachable


class InMemory:
    """A map with the two conditions. `away` makes it silent, `clock` is its time, `before` is told of each call."""

    where = "s3://memory/ledger"

    def __init__(self) -> None:
        self.files: dict[str, tuple[bytes, str, float]] = {}
        self.away = False
        self.clock = 1_000_000.0
        self.writes = 0
        self.before: Callable[[str, str], None] = lambda what, key: None
        self._guard = threading.RLock()

    def _asked(self, what: str, key: str) -> None:
        self.before(what, key)
        if self.away:
            raise Unreachable("`s3://memory/ledger` does not answer")

    def get(self, key: str) -> tuple[bytes, str] | None:
        self._asked("get", key)
        with self._guard:
            found = self.files.get(key)
            return None if found is None else found[:2]

    def get_all(self, keys: Sequence[str]) -> Iterator[tuple[str, bytes, str]]:
        for key in keys:
            if (found := self.get(key)) is not None:
                yield key, *found

    def create(self, key: str, data: bytes) -> str | None:
        self._asked("create", key)
        with self._guard:
            return None if key in self.files else self._put(key, data)

    def replace(self, key: str, data: bytes, tag: str) -> str | None:
        self._asked("replace", key)
        with self._guard:
            found = self.files.get(key)
            return self._put(key, data) if found is not None and found[1] == tag else None

    def _put(self, key: str, data: bytes) -> str:
        self.writes += 1
        self.files[key] = (data, str(self.writes), self.clock)
        return str(self.writes)

    def list(self, prefix: str) -> Iterator[Listed]:
        self._asked("list", prefix)
        with self._guard:
            found = sorted((k, v) for k, v in self.files.items() if k.startswith(prefix))
        return iter([Listed(key, tag, written) for key, (_, tag, written) in found])

    def close(self) -> None:
        pass
