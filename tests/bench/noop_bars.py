"""The bars of doing nothing: plan and run of a storyboard with everything done, and how that grows."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import peers
from frame import ENVIRONMENT, HERE, Bar, Growth, python, seedspec, spent

ENVIRONMENT["EVOLINK_API_KEY"] = "sk-of-a-benchmark"  # a run wants one, also when it has nothing to ask for


def bars(folder: Path, tiny: bool) -> Iterator[Bar | Growth]:
    shots, many, some, few = (5, 200, 20, 2) if tiny else (50, 2000, 200, 20)
    for command in ("plan", "run"):
        yield Bar(
            f"{command} with nothing to do, {shots * many:,} entries, whole process",
            "keys and lock read and compared",
            lambda c=command: nothing(folder, shots, many, c),
            lambda: spent(python(HERE / "limit_noop.py", settled(folder, shots, many)), folder).cpu,
            2.5,
            1.5,
            ready=lambda c=command: [nothing(folder, shots, many, c) for _ in range(2)],
        )
    for name, passes, aim in (("ninja", 4, 2), ("snakemake", 0.1, 0.03)):
        yield Bar(
            f"run with nothing to do, {shots * some:,} entries, whole process",
            f"{name}'s no-op of as many",
            lambda: nothing(folder, shots, some, "run"),
            lambda n=name: peers.noop(n, folder, shots * some),
            passes,
            aim,
            ready=lambda n=name: (nothing(folder, shots, some, "run"), peers.noop(n, folder, shots * some)),
        )
    for name in ("promptfoo", "dvc"):
        yield Bar(
            f"plan of {shots * few:,} entries, all new, whole process",
            {"promptfoo": "promptfoo eval, echo provider", "dvc": "dvc repro --dry"}[name],
            lambda: planned(folder, shots, few),
            lambda n=name: peers.planned(n, folder, shots * few),
            0.1,
            0.03,
            ready=lambda n=name: peers.planned(n, folder, shots * few),
        )
    sizes = [(shots, v) for v in (few, some, many)]
    for command in ("plan", "run"):
        yield Growth(
            f"{command} with nothing to do",
            [(s * v, lambda c=command, s=s, v=v: nothing(folder, s, v, c)) for s, v in sizes],
            ready=lambda c=command: [nothing(folder, s, v, c) for s, v in sizes],
        )
    yield Growth("plan, all new", [(s * v, lambda s=s, v=v: planned(folder, s, v)) for s, v in sizes])
    yield Growth(
        "plan, all done, storyboard just edited",
        [(s * v, lambda s=s, v=v: edited(folder, s, v)) for s, v in sizes],
    )


def settled(folder: Path, shots: int, variants: int) -> Path:
    """The folder of a storyboard of that size with everything done, made when it is not there yet."""
    place = folder / f"settled-{shots}-{variants}"
    if not place.exists():
        spent(python(HERE / "settled.py", place, str(shots), str(variants)), folder)
    return place


def nothing(folder: Path, shots: int, variants: int, command: str) -> float:
    return spent(seedspec(command), settled(folder, shots, variants), folder / "product.txt").cpu


def edited(folder: Path, shots: int, variants: int) -> float:
    """The storyboard is another file than the last time, and asks for the same."""
    place = settled(folder, shots, variants)
    storyboard = place / "storyboard.yaml"
    storyboard.write_bytes(storyboard.read_bytes() + b"# edited\n")
    return spent(seedspec("plan"), place, folder / "product.txt").cpu


def planned(folder: Path, shots: int, variants: int) -> float:
    """A plan of entries that were never bought."""
    place = folder / f"new-{shots}-{variants}"
    if not place.exists():
        place.mkdir()
        shutil.copyfile(settled(folder, shots, variants) / "storyboard.yaml", place / "storyboard.yaml")
    assert not os.path.exists(place / "storyboard.lock")
    return spent(seedspec("plan"), place, folder / "product.txt").cpu
