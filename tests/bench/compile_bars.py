"""The bars of `compile`: CPU and memory against the limit loop, for few shots and for many, and how they grow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from boards import written
from frame import INSIDE, PEAK, Bar, Growth
from process import HERE, Spent, python, seedspec, spent
from random_compile import BARS


def bars(folder: Path, tiny: bool) -> Iterator[Bar | Growth]:
    """All of them; `tiny` keeps the shape and takes a size at which they are done in seconds."""
    many, wide, shots, most = (20, 2, 40, 200) if tiny else (2000, 200, 5000, 20_000)
    few = 5 if tiny else 50
    family = Family(folder, *((3, 300) if tiny else (40, 20_000)))
    for which, (passes, aim) in BARS.items():
        yield Bar(
            f"compile {family.boards} storyboards drawn anew, the {which} ratio",
            "limit loop of each",
            lambda which=which: family.said(which),
            lambda: 1.0,
            passes,
            aim,
            unit="×",
            rounds=3,
            version=lambda: f"seeds {', '.join(family.seeds)}",
        )
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
        f"compile {shots * 20:,} entries of {shots:,} distinct shots",
        "limit loop",
        lambda: inside(folder, shots, 20).said["cpu"],
        lambda: limit(folder, shots, 20).said["cpu"],
        1.3,
        1.1,
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


class Family:
    """Storyboards drawn at random, others in each round; of one round both bars are told, and no board is tuned for."""

    def __init__(self, folder: Path, boards: int, most: int) -> None:
        self.boards, self._folder, self._most = boards, folder, most
        self._found: dict[str, list[float]] = {"median": [], "worst": []}
        self._told = {"median": 0, "worst": 0}
        self.seeds: list[str] = []

    def said(self, which: str) -> float:
        number = self._told[which]
        self._told[which] += 1
        if number == len(self._found[which]):
            size = ("--boards", str(self.boards), "--rounds", "2", "--most", str(self._most))
            found = spent(python(HERE / "random_compile.py", *size), self._folder).said
            self.seeds.append(f"{found['seed']:.0f}")
            for name, ratios in self._found.items():
                ratios.append(found[name])
        return self._found[which][number]


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
