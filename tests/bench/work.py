"""What the process of a run's bar is told to do, and what it says at its end; product and limit share both.

A piece of work is one argument, a JSON object. `whole`: each entry takes `seconds`, is submitted, read `polls` times,
downloaded, hashed and saved. `flight`: so many tasks are running at the service, and are read for `seconds` while none
of them ends. `ends`: so many are running, of which the service ends `ending`, `rate` in a second; all are followed
until these are saved; what is said is of the time after the first `early` of them. `fetch`: one video is downloaded and
hashed so many times.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

KEY = "sk-of-a-benchmark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One piece of work. `polls` and `group` are averages: reads for a task, and tasks for a request.

    In a `flight`, `every` is the interval between two reads of one task, the usual pace when it is not given.

    The product works without the media extra unless `media` says otherwise; the limit decodes each video once then, and
    looks into none without it. Tasks that end give a `hard` video of a real one's weight, or a light one.
    """

    what: str
    folder: str
    many: int
    flight: int = 64
    seconds: float = 2.0
    polls: float = 5.0
    group: float = 1.0
    every: float | None = None
    ending: int = 0
    early: int = 0
    rate: float = 100.0
    hard: bool = False
    megabytes: int = 5
    faults: Sequence[str] = ()
    media: bool = False

    def argument(self) -> str:
        return json.dumps(asdict(self))


def told_to(arguments: Sequence[str]) -> Work:
    return Work(**json.loads(arguments[1]))


def task_id(number: int) -> str:
    """The name of a task that was bought before; the number is all that its service needs to know."""
    return f"task-unified-1795427517-{number:08x}"


@dataclass(frozen=True, slots=True)
class Begun:
    """What this process had used when its work began: everything is imported, nothing is asked yet."""

    cpu: float
    wall: float
    peak: int


def begun() -> Begun:
    return Begun(_cpu(), time.perf_counter(), _peak())


def say(since: Begun, **more: float) -> None:
    """The last line on standard error: CPU and wall seconds of the work, the peak in megabytes, and what else."""
    cpu, wall, peak = _cpu() - since.cpu, time.perf_counter() - since.wall, _peak()
    found = {"cpu": cpu, "wall": wall, "share": 100 * cpu / wall, "peak": peak / 1024}
    print(json.dumps({**found, **more}), file=sys.stderr)


def _cpu() -> float:
    """Of this process, and of its children that have ended: a run has others look at large videos."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
