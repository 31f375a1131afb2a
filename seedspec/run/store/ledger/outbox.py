"""Records on their way to the shared ledger: sent in order by a thread, so that no download waits for the network."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from seedspec.run.store.ledger.lease import elapsed_seconds
from seedspec.run.store.ledger.store import StoreRefuses, Unreachable
from seedspec.run.store.ledger.types import Sealed

PAUSE = 1.0
"""Seconds until a ledger that gave no answer is asked again."""


class Outbox:
    """What the ledger is still to be told, the oldest first. `send` raises Unreachable, StoreRefuses or Sealed.

    Nothing is dropped: what was not taken is tried again, until `close`.
    """

    def __init__(self, send: Callable[[Mapping[str, Any]], object]) -> None:
        self._send = send
        self._waiting: deque[tuple[float, Mapping[str, Any]]] = deque()
        self._news = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None
        self.why = ""

    def add(self, values: Mapping[str, Any]) -> None:
        with self._news:
            self._waiting.append((elapsed_seconds(), dict(values)))
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="seedspec-ledger", daemon=True)
                self._thread.start()
            self._news.notify_all()

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def age(self) -> float:
        """Seconds that the oldest record waits; 0 where none does."""
        with self._news:
            return elapsed_seconds() - self._waiting[0][0] if self._waiting else 0.0

    def lets_pass(self, fp: str) -> bool:
        """Whether a purchase of that request may be asked for now: at most one record waits, it is of another request,
        and nothing keeps it back."""
        with self._news:
            return not self.why and len(self._waiting) <= 1 and all(v["fp"] != fp for _, v in self._waiting)

    def flush(self, seconds: float) -> bool:
        """Waits until all is sent, or for so many seconds; whether all is."""
        with self._news:
            return self._news.wait_for(lambda: not self._waiting, seconds)

    def close(self) -> None:
        with self._news:
            self._closed = True
            self._news.notify_all()

    def _work(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: bool(self._waiting) or self._closed)
                if self._closed:
                    return
                values = self._waiting[0][1]
            try:
                self._send(values)
            except (Unreachable, StoreRefuses, Sealed) as error:
                self.why = str(error)
            except Exception as error:  # whatever it is, the record is not lost
                self.why = f"{type(error).__name__}: {error}"
            else:
                with self._news:
                    self._waiting.popleft()
                    self.why = "" if not self._waiting else self.why
                    self._news.notify_all()
                continue
            with self._news:
                self._news.wait_for(lambda: self._closed, PAUSE)
