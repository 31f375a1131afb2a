"""The bars of doing nothing: plan and run of a storyboard with everything done, and how that grows."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import peers
from frame import Bar, Growth
from process import HERE, Spent, python, seedspec, spent
from start_bars import NEEDED

AGAINST = {
    "ninja": "ninja's no-op of as many targets, expanded before",
    "snakemake": "snakemake's no-op of as many targets",
    "promptfoo": "promptfoo eval: the same prompts through its echo provider, nothing kept",
    "dvc": "dvc repro --dry: the same matrix as stages, nothing carried out",
}


def bars(folder: Path, tiny: bool) -> Iterator[Bar | Growth]:
    shots, many, some, few = (5, 200, 20, 2) if tiny else (50, 2000, 200, 20)
    for command in ("plan", "run", "status", "fetch"):
        yield Bar(
            f"{command} with nothing to do, {shots * few:,} entries, whole process",
            "importing what it needs",
            lambda c=command: nothing(folder, shots, few, c).cpu,
            lambda: spent(python("-c", NEEDED), folder).cpu,
            2.5,
            1.3,
            ready=lambda c=command: nothing(folder, shots, few, c),
        )
        for variants in (some, many) if command in ("plan", "run") else (some,):
            yield Bar(
                f"{command} with nothing to do, {shots * variants:,} entries, whole process",
                "compile, read the lock, compare",
                lambda c=command, v=variants: nothing(folder, shots, v, c).cpu,
                lambda v=variants: spent(python(HERE / "limit_noop.py", settled(folder, shots, v)), folder).cpu,
                2.5,
                1.5,
                ready=lambda c=command, v=variants: nothing(folder, shots, v, c),
            )
    for name, passes, aim in (("ninja", 4, 2), ("snakemake", 0.1, 0.03)):
        yield Bar(
            f"run with nothing to do, {shots * some:,} entries, whole process",
            AGAINST[name],
            lambda: nothing(folder, shots, some, "run").cpu,
            lambda n=name: peers.noop(n, folder, shots * some),
            passes,
            aim,
            ready=lambda n=name: (peers.noop(n, folder, shots * some), nothing(folder, shots, some, "run")),
            version=lambda n=name: peers.version(n, folder),
        )
    for name in ("promptfoo", "dvc"):
        yield Bar(
            f"plan of {shots * few:,} entries, all new, whole process",
            AGAINST[name],
            lambda: planned(folder, shots, few).cpu,
            lambda n=name: peers.planned(n, folder, shots, few),
            0.1,
            0.03,
            ready=lambda n=name: (peers.planned(n, folder, shots, few), planned(folder, shots, few)),
            version=lambda n=name: peers.version(n, folder),
        )
    sizes = {shots * v: (shots, v) for v in (few, some, many)}
    for command in ("plan", "run"):
        yield Growth(
            f"{command} with nothing to do",
            tuple(sizes),
            lambda size, c=command: nothing(folder, *sizes[size], c),
            ready=lambda c=command: [nothing(folder, *size, c) for size in sizes.values()],
        )
    of_20 = {n * 20: (n, 20) for n in ((2, 5, 10) if tiny else (50, 500, 5000))}
    yield Growth(
        "plan of shots of 20 variants, all done, one shot edited",
        tuple(of_20),
        lambda size: spent(seedspec("plan"), edited(folder, *of_20[size]), folder / "product.txt"),
        ready=lambda: [edited(folder, *size) for size in of_20.values()],
        rounds=1,
    )
    yield Growth(
        "run with nothing to do, shots of 20 variants",
        tuple(of_20),
        lambda size: nothing(folder, *of_20[size], "run"),
        ready=lambda: [edited(folder, *size) for size in of_20.values()],
        rounds=1,
    )
    yield Growth(
        "plan, all new",
        tuple(sizes),
        lambda size: planned(folder, *sizes[size]),
        ready=lambda: [planned(folder, *size) for size in sizes.values()],
    )


def settled(folder: Path, shots: int, variants: int) -> Path:
    """The folder of a storyboard of that size with everything done, made when it is not there yet."""
    place = folder / f"settled-{shots}-{variants}"
    if not place.exists():
        spent(python(HERE / "settled.py", place, str(shots), str(variants)), folder)
    return place


def edited(folder: Path, shots: int, variants: int) -> Path:
    """The folder of the same with the prompt of one shot changed since."""
    place = settled(folder, shots, variants)
    return place.with_name(f"{place.name}-edited")


def nothing(folder: Path, shots: int, variants: int, command: str) -> Spent:
    return spent(seedspec(command), settled(folder, shots, variants), folder / "product.txt")


def planned(folder: Path, shots: int, variants: int) -> Spent:
    """A plan of entries that were never bought."""
    place = folder / f"new-{shots}-{variants}"
    if not place.exists():
        place.mkdir()
        shutil.copyfile(settled(folder, shots, variants) / "storyboard.yaml", place / "storyboard.yaml")
    assert not os.path.exists(place / "storyboard.lock")
    return spent(seedspec("plan"), place, folder / "product.txt")
