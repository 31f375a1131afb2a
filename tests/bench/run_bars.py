"""The bars of a run: reading tasks, whole purchases, downloads, records, and how they grow; many tasks at once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from frame import INSIDE, Bar, Figure, Growth
from process import HERE, Spent, python, spent
from work import Work

ALONE, TOGETHER = "each read alone", "read together"
RATE = 300.0
"""Tasks read in a second where nothing but that is measured."""

FAULTS = {ALONE: ("no-batch",), TOGETHER: ()}
POLL = Figure("CPU per poll", "s CPU", lambda found: poll(found), passes=0.1, flat=True)
# A process's own: that of an emulator or a server of videos that it waited for would count in what the system says.
MEMORY = Figure("peak memory", "MB", lambda found: found.said["peak"])
SHARE = Figure("CPU, share of a core", "%", lambda found: found.said["share"])
WALL = Figure("wall", "s wall", lambda found: found.said["wall"])


def bars(folder: Path, tiny: bool) -> Iterator[Bar | Growth]:
    yield from _polls(folder, tiny)
    yield from _purchases(folder, tiny)
    yield from _downloads(folder, tiny)
    yield from _records(folder, tiny)
    yield from _endings(folder, tiny)
    yield from _real_videos(folder, tiny)
    yield Growth(
        "following tasks in flight at once, at the usual pace",
        (10, 100, 1000) if tiny else (100, 1000, 10_000),
        lambda n: work(folder, "flight", n, seconds=1.0 if tiny else 30.0),
        (SHARE, MEMORY),
        per="task",
        rounds=1,
    )
    takes = "20" if tiny else "300"
    yield Growth(
        f"runs that buy {takes} takes through one ledger in a bucket that takes 30 ms to answer",
        (1, 2, 4) if tiny else (1, 5, 20),
        lambda n: spent(python(HERE / "claims.py", folder / "claims", str(n), takes, "0.03"), folder),
        (
            Figure(
                "wall, first purchase to last", "s wall", lambda found: found.said["seconds"], passes=-0.7, flat=True
            ),
            INSIDE,
            Figure("peak memory of one over a plan's", "MB", lambda found: found.said["peak"] - found.said["plan"]),
        ),
        per="run",
        rounds=1,
    )


def _polls(folder: Path, tiny: bool) -> Iterator[Bar | Growth]:
    """So many tasks that never end are read as often in a second at each size, and no more than a core can do."""
    sizes = (4, 16, 64) if tiny else (8, 80, 800)
    some, few, many = (16, 4, 64) if tiny else (64, 8, 512)
    seconds = 1.0 if tiny else 5.0

    def read(tasks: int, how: str, **more: Any) -> Spent:
        return work(folder, "flight", tasks, how, flight=tasks, seconds=seconds, every=tasks / RATE, **more)

    for how in (ALONE, TOGETHER):
        last: list[Spent] = []

        def product(last: list[Spent] = last, how: str = how) -> float:
            last[:] = [read(some, how)]
            return poll(last[0])

        def limit(last: list[Spent] = last, how: str = how) -> float:
            return poll(read(some, how, limit=True, group=last[0].said["tasks"] / last[0].said["calls"]))

        yield Bar(
            f"CPU per poll, {some} tasks in flight, {how}",
            "the bare client in a loop" + ("" if how == ALONE else ", as many in a request on average"),
            product,
            limit,
            1.5,
            1.2,
        )
    yield Bar(
        f"CPU per poll, {many} tasks in flight, {ALONE}",
        f"{few} tasks in flight",
        lambda: poll(read(many, ALONE)),
        lambda: poll(read(few, ALONE)),
        1.5,
        1.1,
        rounds=3,
    )
    for how in (ALONE, TOGETHER):
        name = f"polling tasks in flight, {how}"
        yield Growth(name, sizes, lambda n, how=how: read(n, how), (POLL,), per="task", rounds=1)


def _purchases(folder: Path, tiny: bool) -> Iterator[Bar | Growth]:
    """Each entry is submitted, read about five times, downloaded, hashed and saved; the limit reads as often."""
    many = 20 if tiny else 1000

    def bought(entries: int, how: str = TOGETHER, **more: Any) -> Spent:
        return work(folder, "whole", entries, how, flight=96, seconds=0.5 if tiny else 2.0, **more)

    for how in (ALONE, TOGETHER):
        last: list[Spent] = []

        def product(last: list[Spent] = last, how: str = how) -> float:
            last[:] = [bought(many, how)]
            return last[0].said["cpu"] / many

        def limit(last: list[Spent] = last, how: str = how) -> float:
            said = last[0].said
            given = {"polls": said["tasks"] / many, "group": said["tasks"] / said["calls"]}
            return bought(many, how, limit=True, **given).said["cpu"] / many

        yield Bar(
            f"whole run of {many:,} entries, CPU per entry, {how}",
            "a bare loop with as many reads" + ("" if how == ALONE else " and as many in a request on average"),
            product,
            limit,
            1.5,
            1.2,
            rounds=1,  # a round takes a minute
        )
    sizes = (2, 20, 200) if tiny else (20, 200, 2000)
    yield Growth(f"a whole run, {TOGETHER}", sizes, bought, (INSIDE, MEMORY), rounds=1)


def _endings(folder: Path, tiny: bool) -> Iterator[Bar | Growth]:
    """The limit reads as often as the product did, as many together, and loads as many videos."""
    many, ending, rate = (100, 20, 20.0) if tiny else (10_000, 4000, 100.0)
    last: dict[bool, Mapping[str, float]] = {}

    def ends(limit: bool, many: int = many, rate: float = rate) -> Mapping[str, float]:
        given: dict[str, float] = {}
        early = 0 if tiny or many == ending else ending // 2
        if limit:
            said = last.get(False) or ends(False, many, rate)
            given = {
                "group": said["tasks"] / said["calls"],
                "every": said["wall"] / said["calls"] if many > ending else 0,
            }
        last[limit] = work(folder, "ends", many, ending=ending, early=early, rate=rate, limit=limit, **given).said
        return last[limit]

    bare = "a bare loop with as many reads and as many in a request on average"
    pace = f"{many:,} tasks in flight of which {rate:.0f} end in a second"
    yield Bar(
        f"{pace}, share of a core", bare, lambda: ends(False)["share"], lambda: ends(True)["share"],
        1.5, 1.2, unit="%", most=(25.0, 25.0), rounds=1,  # a round takes two minutes
    )  # fmt: skip
    yield Bar(
        f"{pace}, peak memory", "a bare loop, which keeps no storyboard and no lock",
        lambda: (last.get(False) or ends(False))["peak"], lambda: (last.get(True) or ends(True))["peak"],
        5.0, 4.0, unit="MB", most=(300.0, 200.0), rounds=1,
    )  # fmt: skip
    yield Bar(
        f"{ending:,} tasks that end all at once", bare, lambda: ends(False, ending, 1e9)["wall"],
        lambda: ends(True, ending, 1e9)["wall"], 1.5, 1.2, unit="s wall", rounds=2,
    )  # fmt: skip


def _real_videos(folder: Path, tiny: bool) -> Iterator[Bar | Growth]:
    """Videos of 5 seconds, 720p and 3 MB or more; the tasks have all ended, and only the saving is left to do."""
    takes = 2 if tiny else 40
    group = {"group": 50, "every": 0.0}

    def saved(**more: Any) -> float:
        return work(folder, "ends", takes, ending=takes, rate=1e9, hard=True, **more).said["cpu"] / takes

    for extra, does in (("with", "downloads, hashes and decodes each once"), ("without", "downloads and hashes")):
        media = extra == "with"
        yield Bar(
            f"saving {takes} videos of real weight, CPU of one, {extra} the media extra", f"a bare loop that {does}",
            lambda media=media: saved(media=media), lambda media=media: saved(media=media, limit=True, **group),
            1.5, 1.2, rounds=3,
        )  # fmt: skip


def _downloads(folder: Path, tiny: bool) -> Iterator[Bar | Growth]:
    clips = 8 if tiny else 80
    yield Bar(
        f"download and hash {clips} × 5 MB",
        "bare aiter_raw and sha256",
        lambda: work(folder, "fetch", clips).said["cpu"],
        lambda: work(folder, "fetch", clips, limit=True).said["cpu"],
        1.3,
        1.1,
    )
    yield Growth(
        "downloads of 5 MB",
        (1, 4, 16) if tiny else (2, 20, 200),
        lambda n: work(folder, "fetch", n),
        (INSIDE, MEMORY),
        per="download",
        rounds=1,
    )
    yield Growth(
        "8 downloads of ever larger videos",
        (8, 16, 32) if tiny else (8, 80, 800),
        lambda n: work(folder, "fetch", 8, megabytes=n // 8),
        (INSIDE, MEMORY),
        per="MB of video",
        rounds=1,
    )


def _records(folder: Path, tiny: bool) -> Iterator[Bar | Growth]:
    sizes = (10, 100, 1000) if tiny else (1000, 10_000, 100_000)
    middle = sizes[1]
    for against, limit, passes, aim in (
        ("append and fdatasync in groups of ten", ("append", middle), 3.0, 1.5),
        (f"recording {sizes[0]:,}", ("journal", sizes[0]), 12.0, 10.5),
    ):
        yield Bar(
            f"recording {middle:,} completions in the lock",
            against,
            lambda: record(folder, "journal", middle).said["wall"],
            lambda limit=limit: record(folder, *limit).said["wall"],
            passes,
            aim,
            unit="s wall",
        )
    recording = "recording completions in the lock"
    yield Growth(recording, sizes, lambda n: record(folder, "journal", n), (WALL, INSIDE), per="completion", rounds=1)


def work(folder: Path, what: str, many: int, how: str = TOGETHER, *, limit: bool = False, **more: Any) -> Spent:
    """What the process said that did this work, by the product or by the limit, in a new folder."""
    place = folder / "runner"
    shutil.rmtree(place, ignore_errors=True)
    task = Work(what=what, folder=str(place), many=many, faults=FAULTS[how], **more)
    return spent(python(HERE / ("limit_run.py" if limit else "runner.py"), task.argument()), folder)


def poll(found: Spent) -> float:
    return found.said["cpu"] / found.said["tasks"]


def record(folder: Path, how: str, many: int) -> Spent:
    place = folder / "records"
    shutil.rmtree(place, ignore_errors=True)
    return spent(python(HERE / "record.py", how, place, str(many)), folder)
