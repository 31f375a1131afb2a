"""Who carries out the jobs of `measure`: processes of this machine, or the workers of a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import click

from seedspec.cli.main import Exit
from seedspec.cli.options import F
from seedspec.measures.values import Measured
from seedspec.media.facts import MediaMissing
from seedspec.media.reader import cuts_pictures
from seedspec.plan.command_hint import CommandHint
from seedspec.project.files import read_file
from seedspec.project.measuring import Reference, measure
from seedspec.project.saved_measures import Trouble, Video, trouble_of
from seedspec.project.workers import Workers
from seedspec.text.value import valueclass

_AHEAD = 2
"""Jobs that are handed in for each worker: more would only have to be given up when the command is broken off."""
_LIFE = timedelta(hours=6)
"""How long the signed address of a job is good."""
_GLANCE = 1.0
"""Seconds between two looks at whether a cluster is still there."""
_START = 60.0
"""Seconds for a worker to load what a job needs."""


@valueclass(frozen=True, slots=True)
class Jobs:
    """Where jobs are handed in, `ahead` of them at once; `is_lost` says that none of them will ever be done."""

    submit: Callable[[Video], Future[Measured]]
    ahead: int
    is_lost: Callable[[], bool] = lambda: False


def executor_option(function: F) -> F:
    return click.option(
        "--executor", metavar="dask|tls://HOST:PORT",
        help="Measure in a cluster of Dask: one of this machine, or behind that scheduler; then with --renders.",
    )(function)  # fmt: skip


def check_executor(executor: str | None, renders: str | None) -> None:
    """Ends the command for an executor that cannot be, before anything is done."""
    if executor is None:
        return
    from seedspec.project.cluster import LOCAL, check_address

    check_address(executor)
    if executor != LOCAL and renders is None:
        raise Exit(2, f"--executor {executor}: its workers see no disk of this machine; name the bucket by --renders")


@contextmanager
def open_jobs(executor: str | None, renders: str | None, base: Path, workers: int) -> Iterator[Jobs]:
    """Where the jobs of saved videos are handed in. What is still under way at the end of the block is broken off."""
    if executor is None:
        if not cuts_pictures():
            raise Exit(2, str(MediaMissing()))
        with _shut_down_after(Workers(workers)) as pool:
            yield Jobs(_of_files(pool, base), _AHEAD * workers)
        return
    from seedspec.project.cluster import cluster

    sign = None if renders is None else _signing(renders)  # its credentials are no longer there beside a cluster
    with cluster(executor, workers) as found, _shut_down_after(found):
        _check_workers(found, executor)
        of = _of_files(found, base) if sign is None else _of_bucket(found, sign)
        yield Jobs(of, _AHEAD * found.workers, lambda: found.is_lost)


@contextmanager
def _shut_down_after(pool: Executor) -> Iterator[Executor]:
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _check_workers(pool: Executor, executor: str) -> None:
    try:
        able = pool.submit(cuts_pictures).result(_START)
    except Exception as error:  # of whatever kind: it comes from another machine
        why = " ".join(str(error).split())[:200] or type(error).__name__
        raise Exit(2, f"--executor {executor}: its workers cannot run jobs of seedspec: {why}") from None
    if not able:
        raise Exit(2, f"--executor {executor}: its workers lack PyAV: pip install 'seedspec[dask]' there")


def _of_files(pool: Executor, base: Path) -> Callable[[Video], Future[Measured]]:
    """Jobs for processes that see the files of this machine."""

    def submit(video: Video) -> Future[Measured]:
        picture = video.reference
        local = Reference(str(Path(picture.path).resolve()), picture.sha256) if picture is not None else None
        return pool.submit(measure, str((base / video.file).resolve()), video.sha256, local)

    return submit


def _signing(renders: str) -> Callable[[str], str]:
    """How the videos of a bucket are named to whoever has no key of it. Raises BadSettings."""
    from seedspec.run.store.objects import Objects

    objects = Objects(renders, "--renders", local=True)
    return lambda sha256: objects.sign_now(f"{sha256}.mp4", _LIFE)


def _of_bucket(pool: Executor, sign: Callable[[str], str]) -> Callable[[Video], Future[Measured]]:
    """Jobs for machines that see none: a signed address of the video, and the bytes of its reference."""
    from seedspec.project.measuring_afar import Picture, measure_at

    def submit(video: Video) -> Future[Measured]:
        found, picture = video.reference, None
        if found is not None:
            picture = Picture(read_file(found.path), found.sha256, Path(found.path).suffix)
        return pool.submit(measure_at, sign(video.sha256), video.sha256, picture)

    return submit


def measure_all(
    videos: Sequence[Video], jobs: Jobs, commands: CommandHint
) -> Iterator[tuple[Video, Measured | Trouble]]:
    """Each video with what came of it, as soon as it is there."""
    gone = Trouble("the cluster has gone", f"{commands.line('measure')} goes on where it was")
    waiting, under_way = list(reversed(videos)), dict[Future[Measured], Video]()
    while waiting or under_way:
        if jobs.is_lost():
            yield from ((video, gone) for video in (*under_way.values(), *reversed(waiting)))
            return
        while waiting and len(under_way) < jobs.ahead:
            video = waiting.pop()
            try:
                under_way[jobs.submit(video)] = video
            except OSError as error:  # its reference cannot be read
                yield video, trouble_of(error, commands)
        for done in wait(under_way, timeout=_GLANCE, return_when=FIRST_COMPLETED).done:
            video = under_way.pop(done)
            if done.cancelled():
                yield video, gone
                continue
            fault = done.exception()
            if fault is not None and not isinstance(fault, Exception):
                raise fault
            yield video, done.result() if fault is None else trouble_of(fault, commands)
