"""An event loop on a thread of its own, so that the caller's thread may have a loop that is running, as notebooks do.

Nor do signals strike there: a KeyboardInterrupt is raised in the caller's thread, never in the middle of a request.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_END_SECONDS = 10.0
"""How long the end of the thread is waited for; it ends by itself, whether or not somebody waits."""


class LoopThread:
    """A loop that runs from the start until `close`. Its methods are called from other threads."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._work, name="seedspec-network", daemon=True)
        self._thread.start()

    def begin(self, function: Callable[[], object]) -> None:
        """Calls a function on the loop's thread, soon; what it makes of the loop is its own."""
        self._loop.call_soon_threadsafe(function)

    def result(self, work: Coroutine[Any, Any, T]) -> T:
        """What a coroutine comes to, or raises. Whatever breaks the wait for it cancels it."""
        if threading.current_thread() is self._thread:  # a generator that is collected there would wait for itself
            work.close()
            raise RuntimeError("the thread of the network cannot wait for itself")
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def close(self) -> None:
        """Cancels what is under way, waits until it has ended, and ends the thread. To be called once."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        if threading.current_thread() is not self._thread:
            self._thread.join(_END_SECONDS)

    def _work(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:  # it cancels what is left at its end
            runner.get_loop().run_forever()


def run(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """As `asyncio.run`, of what `work` makes, on a thread of its own."""
    thread = LoopThread()
    try:
        return thread.result(work())
    finally:
        thread.close()
