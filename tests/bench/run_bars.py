"""The bars of a run: reading tasks, whole purchases, downloads, records, and how they grow; many tasks at once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from frame import ENVIRONMENT, HERE, Bar, Growth, Missing, Spent, python, spent


def bars(folder: Path, tiny: bool) -> Iterator[Bar | Growth]:
    seconds, many, clips, records = (2.0, 20, 8, 100) if tiny else (10.0, 2000, 80, 1000)
    alone = "no-batch"
    yield Bar(
        "CPU per poll, 64 tasks in flight, each read alone",
        "the bare client in a loop",
        lambda: poll(work(folder, "run", "poll", 64, 64, seconds, alone)),
        lambda: poll(work(folder, "bare", "poll", 64, 64, seconds, alone)),
        1.5,
        1.2,
    )
    yield Bar(
        "CPU per poll, 64 tasks in flight, read together",
        "the bare client in a loop",
        lambda: poll(work(folder, "run", "poll", 64, 64, seconds)),
        lambda: poll(work(folder, "bare", "poll", 64, 64, seconds)),
        1.5,
        1.2,
    )
    yield Bar(
        "CPU per poll, 512 tasks in flight, each read alone",
        "8 tasks",
        lambda: poll(work(folder, "run", "poll", 512, 512, 3 * seconds, alone)),
        lambda: poll(work(folder, "run", "poll", 8, 8, seconds / 5, alone)),
        1.5,
        1.1,
    )
    for word, faults in (("each read alone", (alone,)), ("read together", ())):
        found: list[Spent] = []

        def product(found: list[Spent] = found, faults: tuple[str, ...] = faults) -> float:
            found[:] = [work(folder, "run", "whole", many, 64, 2.0, *faults)]
            return found[0].said["cpu"] / many

        def limit(found: list[Spent] = found) -> float:
            polls = found[0].said["tasks"] / many if found else 5.0
            return work(folder, "bare", "whole", many, 64, 2.0, polls=polls).said["cpu"] / many

        yield Bar(f"whole run of {many:,} entries, CPU per entry, {word}", "a bare loop with the same calls",
                  product, limit, 1.5, 1.2)  # fmt: skip
    yield Bar(
        f"download and hash {clips} × 5 MB",
        "bare aiter_raw and sha256",
        lambda: work(folder, "run", "fetch", clips).said["cpu"],
        lambda: work(folder, "bare", "fetch", clips).said["cpu"],
        1.3,
        1.1,
    )
    yield Bar(
        f"recording {10 * records:,} completions in the lock",
        "append and fdatasync in groups of ten",
        lambda: record(folder, "journal", 10 * records),
        lambda: record(folder, "append", 10 * records),
        3.0,
        1.5,
        unit="s wall",
    )
    yield Bar(
        f"recording {10 * records:,} completions in the lock",
        f"{records:,}",
        lambda: record(folder, "journal", 10 * records),
        lambda: record(folder, "journal", records),
        12.0,
        10.5,
        unit="s wall",
    )
    sizes = (2, 20, 200) if tiny else (20, 200, 2000)
    yield Growth("a whole run", [(n, lambda n=n: work(folder, "run", "whole", n, 64, 2.0).said["cpu"]) for n in sizes])
    yield Growth(
        "a whole run, peak memory",
        [(n, lambda n=n: work(folder, "run", "whole", n, 64, 2.0).peak) for n in sizes],
        "MB",
    )
    flights = (10, 100, 1000) if tiny else (100, 1000, 10_000)
    for unit, measure in (("s CPU", "cpu"), ("MB", "peak")):
        yield Growth(
            f"tasks in flight at once, {'CPU of following them' if unit != 'MB' else 'peak memory'}",
            [(n, lambda n=n, m=measure: work(folder, "run", "flight", n, n, seconds * 3).said[m]) for n in flights],
            unit,
            per="task",
        )


def work(
    folder: Path, who: str, what: str, many: int, flight: int = 64, seconds: float = 2.0, *faults: str,
    polls: float | None = None,
) -> Spent:  # fmt: skip
    place = folder / "runner"
    shutil.rmtree(place, ignore_errors=True)
    ENVIRONMENT.pop("BENCH_POLLS", None)
    if polls is not None:
        ENVIRONMENT["BENCH_POLLS"] = str(polls)
    return spent(python(HERE / "runner.py", who, what, place, str(many), str(flight), str(seconds), *faults), folder)


def poll(found: Spent) -> float:
    if "polled" not in found.said:
        raise Missing("the machine is too busy to read tasks between the last purchase and the first result")
    return found.said["poll_cpu"] / found.said["polled"]


def record(folder: Path, how: str, many: int) -> float:
    place = folder / "records"
    shutil.rmtree(place, ignore_errors=True)
    return spent(python(HERE / "record.py", how, place, str(many)), folder).said["wall"]
