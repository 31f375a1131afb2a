"""A store in memory, with a clock of its own and faults: for rules of the ledger that need time, and many tries."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from seedspec.run.store.ledger.store import Listed, Store, Unreachable

Open = Callable[[], Store]
"""Opens a store once more, as another run does."""


@dataclass
class Clock:
    """Time that passes when a test says so."""

    at: float = 1_795_000_000.0

    def __call__(self) -> float:
        return self.at


@dataclass
class Memory:
    """Keeps what the protocol says. `fault` is asked before each write: `before` loses it, `after` loses its answer,
    `taken` says that somebody else was faster although nobody was. `deaf` loses everything."""

    clock: Callable[[], float] = field(default_factory=Clock)
    fault: Callable[[str, str], str] = lambda what, key: ""
    deaf: bool = False
    where: str = "memory://"
    writes: list[str] = field(default_factory=list)
    _held: dict[str, tuple[bytes, str, float]] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _tag: int = 0

    def get(self, key: str) -> tuple[bytes, str] | None:
        self._reach()
        found = self._held.get(key)
        return None if found is None else found[:2]

    def get_all(self, keys: Sequence[str]) -> Iterator[tuple[str, bytes, str]]:
        return ((key, *found) for key in keys if (found := self.get(key)) is not None)

    def create(self, key: str, *data: bytes) -> str | None:
        return self._write("create", key, b"".join(data), None)

    def replace(self, key: str, data: bytes, tag: str) -> str | None:
        return self._write("replace", key, data, tag)

    def list(self, prefix: str) -> Iterator[Listed]:
        self._reach()
        with self._guard:
            found = sorted((k, v) for k, v in self._held.items() if k.startswith(prefix))
        return iter([Listed(key, tag, written) for key, (_, tag, written) in found])

    def close(self) -> None:
        pass

    def wipe(self) -> None:
        """Somebody deletes it all."""
        self._held.clear()

    def _write(self, what: str, key: str, data: bytes, tag: str | None) -> str | None:
        self._reach()
        fault = self.fault(what, key)
        if fault == "before":
            raise Unreachable("lost before it arrived")
        if fault == "taken":
            return None
        with self._guard:
            found = self._held.get(key)
            if (found[1] if found is not None else None) != tag:
                return None
            self._tag += 1
            self._held[key] = (data, f"t{self._tag}", self.clock())
            self.writes.append(key)
        if fault == "after":
            raise Unreachable("carried out, and the answer lost")
        return f"t{self._tag}"

    def _reach(self) -> None:
        if self.deaf:
            raise Unreachable("nobody answers")
