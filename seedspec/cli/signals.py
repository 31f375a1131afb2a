"""Ctrl-C and its like during a run: the first asks for an end in order, the second ends at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

_ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Stop:
    """Hears Ctrl-C, SIGTERM and SIGHUP: the first asks for an end in order, the second ends at once.

    A call says whether an end has been asked for. `quiet` leaves it to the live view to say so.
    """

    def __init__(self, *, quiet: bool) -> None:
        self.quiet = quiet
        self._asked = False

    def __call__(self) -> bool:
        return self._asked

    def hear(self, number: int, frame: FrameType | None) -> None:
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True
        if not self.quiet:
            with suppress(OSError):  # the terminal may be gone
                os.write(2, b"\nseedspec: ending: nothing new is submitted, the answer under way is awaited\n")


@contextmanager
def hear_signals(*, quiet: bool) -> Iterator[Callable[[], bool]]:
    """The first Ctrl-C or SIGTERM asks the run to end in order; the second ends it at once.

    A signal that is ignored stays so: `nohup` and background jobs of a shell were told to live on. Inside of another
    such block an end that was asked for there holds here too. `quiet` leaves it to the live view to say so.
    """
    stop = Stop(quiet=quiet)
    before: dict[signal.Signals, Any] = {}
    for number in _ENDING:
        handler = signal.getsignal(number)
        if isinstance(outer := getattr(handler, "__self__", None), Stop):
            stop = outer
        elif handler not in (signal.SIG_IGN, None):  # None: not Python's own
            before[number] = handler
    was_quiet, stop.quiet = stop.quiet, quiet
    for number in before:
        signal.signal(number, stop.hear)
    try:
        yield stop
    finally:
        stop.quiet = was_quiet
        for number, handler in before.items():
            signal.signal(number, handler)
