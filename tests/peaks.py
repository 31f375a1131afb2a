"""The memory that a piece of work takes."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable


def peak(work: Callable[[], object]) -> int:
    """Bytes that it takes at most at one time: the least of three times, as threads of other tests take some too."""
    found = []
    for _ in range(3):
        tracemalloc.start()
        try:
            work()
            found.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    return min(found)
