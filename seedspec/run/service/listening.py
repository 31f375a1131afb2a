"""A deadline in time that was listened: a process that stands still does not let an answer pass that lies ready."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")
_SLICE = 1.0
"""Seconds between two looks at the clock; a shorter deadline has eight."""


async def wait_listening(work: Coroutine[Any, Any, _T], seconds: float) -> _T:
    """What `work` gives within so many seconds of listening. Raises TimeoutError, and what `work` raises.

    The time is told in slices. One that took far longer than it should (the process was stopped, the machine slept)
    counts as one slice, and is never the last: what has come meanwhile is read before the deadline is judged.
    """
    loop = asyncio.get_running_loop()
    task = loop.create_task(work)
    slice, heard = min(_SLICE, seconds / 8), 0.0
    try:
        while True:
            before = loop.time()
            await asyncio.wait({task}, timeout=slice)
            if task.done():
                return task.result()
            heard += slice
            if heard >= seconds and loop.time() - before < 2 * slice:
                raise TimeoutError
    finally:
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
