"""What a run came to: its sums, and the one exit code that tells the truth about them; and the order of codes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from seedspec.lock.run_events import RunFinished, Stopped
from seedspec.run.engine.past import Past
from seedspec.run.engine.purchase import Moment, Phase, Purchase

WORST_FIRST = (70, 6, 8, 130, 2, 3, 5, 4, 1, 7, 9, 10)
"""Exit codes in the order in which a person must see them; any other code but 0 comes before all of these."""


def worst(codes: Iterable[int]) -> int:
    """The exit code of several: the first by WORST_FIRST; one that seedspec does not have is worse still; else 0."""
    found = set(codes) - {0}
    if unknown := found.difference(WORST_FIRST):
        return max(unknown)
    return next((code for code in WORST_FIRST if code in found), 0)


def sums(
    jobs: Collection[Purchase],
    stops: Collection[Stopped],
    reused: int,
    now: Moment,
    *,
    past: Past | None = None,
    interrupted: bool = False,
    missing: int = 0,
    short: bool = False,
    owing: bool = False,
) -> RunFinished:
    """The sums over the jobs, with the worst of the exit codes that apply. `past` are those that were let go of.

    `stops` say why nothing more was submitted, in the run or to one service. `reused` were saved by earlier runs,
    `missing` of them are not on this disk. `short` says that a part of what people agreed to is not bought any more,
    `owing` that a video has not gone where it was to be put.
    """
    count = Counter(_end_phase(job) for job in jobs)
    failed, held = count[Phase.FAILED], count[Phase.HELD]
    doubt = count[Phase.DOUBT] + count[Phase.POSTING]
    to_fetch = count[Phase.FETCHING] + sum(_end_phase(j) is Phase.LEFT and bool(j.task) for j in jobs)
    waiting = count[Phase.WAITING] + count[Phase.LEFT] + count[Phase.FETCHING] - to_fetch
    running = count[Phase.RUNNING] + count[Phase.TAKEN] + count[Phase.ELSEWHERE]
    unfinished = waiting + to_fetch + running > 0
    codes = [
        8 if doubt else 0,
        *(why.exit for why in stops if why.exit in (6, 5, 4)),
        4 if short else 0,
        1 if failed or held else 0,
        7 if unfinished or owing or any(why.exit for why in stops) else 0,
        130 if interrupted else 0,
    ]
    total = Past({}, None)
    for job in jobs:
        total.add(job)
    gone = past or Past({}, None)
    return RunFinished(
        bought=gone.bought + total.bought,
        saved=count[Phase.SAVED],
        reused=reused,
        failed=failed,
        held=held,
        running=running,
        doubt=doubt,
        waiting=waiting,
        units=gone.units + total.units,
        credits=float(gone.credits + total.credits),
        exit=worst(codes),
        at=now.text(),
        to_fetch=to_fetch,
        missing=missing,
    )


def _end_phase(job: Purchase) -> Phase:
    """The phase of a job at the end. A task without an end stays in doubt, also where this run did not look at it, and
    so does one that was still looked for."""
    if job.phase is Phase.SEEKING:
        return Phase.DOUBT
    return Phase.DOUBT if job.stuck and job.phase in (Phase.RUNNING, Phase.LEFT) else job.phase
