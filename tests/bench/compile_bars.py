"""The bars of `compile`: CPU and memory against the limit loop, for few shots and for many, and how they grow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from boards import written
from frame import INSIDE, PEAK, Bar, Growth
from process import HERE, Spent, python, seedspec, spent


def bars(folder: Path, tiny: bool) -> Iterator[Bar | Growth]:
    """All of them; `tiny` keeps the shape and takes a size at which they are done in seconds."""
    many, wide, shots, most = (20, 2, 40, 200) if tiny else (2000, 200, 5000, 20_000)
    few = 5 if tiny else 50
    yield Bar(
        f"compile {few * many:,} entries to JSON Lines",
        "limit loop",
        lambda: inside(folder, few, many).said["cpu"],
        lambda: limit(folder, few, many).said["cpu"],
        2.0,
        1.3,
    )
    yield Bar(
        f"compile {few * wide:,} entries, whole process",
        "limit loop's",
        lambda: whole(folder, few, wide).cpu,
        lambda: limit(folder, few, wide).cpu,
        1.8,
        1.3,
    )
    yield Bar(
        f"compile {shots * 20:,} entries of {shots:,} distinct shots, cold",
        "limit loop",
        lambda: inside(folder, shots, 20).said["cpu"],
        lambda: limit(folder, shots, 20).said["cpu"],
        1.3,
        1.1,
    )
    yield Bar(
        f"compile {shots * 20:,} entries of {shots:,} distinct shots, warm (nothing is kept: as cold)",
        "limit loop, cold",
        lambda: inside(folder, shots, 20).said["cpu"],
        lambda: limit(folder, shots, 20).said["cpu"],
        0.7,
        0.4,
    )
    yield Bar(
        f"compile {few * most:,} entries, peak memory",
        f"{few * wide:,} entries",
        lambda: whole(folder, few, most).peak,
        lambda: whole(folder, few, wide).peak,
        1.5,
        1.1,
        unit="MB",
        most=(160, 96),
    )
    for name, sizes in (
        ("compile, variants", {few * v: (few, v) for v in ((2, 20, 200) if tiny else (200, 2000, 20_000))}),
        ("compile, shots of 20 variants", {20 * s: (s, 20) for s in ((4, 40, 400) if tiny else (50, 500, 5000))}),
    ):
        yield Growth(
            name,
            tuple(sizes),
            lambda size, sizes=sizes: inside(folder, *sizes[size]),
            (INSIDE, PEAK),
            ready=lambda sizes=sizes: inside(folder, *min(sizes.values())),
        )


def inside(folder: Path, shots: int, variants: int) -> Spent:
    """A compile in a warm process, which says the CPU seconds of it alone."""
    command = python(HERE / "stage.py", "compile", written(folder, shots, variants), "--format", "jsonl")
    return spent(command, folder, folder / "product.jsonl")


def whole(folder: Path, shots: int, variants: int) -> Spent:
    """The command as a user starts it."""
    command = seedspec("compile", written(folder, shots, variants), "--format", "jsonl")
    return spent(command, folder, folder / "product.jsonl")


def limit(folder: Path, shots: int, variants: int) -> Spent:
    return spent(python(HERE / "limit_compile.py", written(folder, shots, variants)), folder, folder / "limit.jsonl")
