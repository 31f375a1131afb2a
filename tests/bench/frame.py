"""The benchmark's frame: what a bar is, how it is measured in turn with its limit, and how the results are shown.

A bar is a ratio, never a time: the machine may be slow, busy or fast, product and limit meet it in the same minute.
Measures are numbers from one round: CPU seconds as a rule, wall seconds or megabytes where a bar says so.
"""

from __future__ import annotations

import importlib.metadata
import json
import math
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
# Every process that is measured runs from byte code, as installed packages do: the limits' libraries have theirs, and a
# checkout that may not write its own would be compiled at each start.
_NOT_PASSED = ("SEEDSPEC_", "EVOLINK_", "PYTHONDONTWRITEBYTECODE")
ENVIRONMENT = {
    **{k: v for k, v in os.environ.items() if not k.startswith(_NOT_PASSED)},
    "PYTHONPATH": str(ROOT), "NO_COLOR": "1",
}  # fmt: skip

Measure = Callable[[], float]


class Missing(Exception):
    """What a bar is measured against is not on this machine; the message says what to install."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A product held against a limit: `passes` is the ratio that must be met, `aim` the one to strive for.

    `ready` is called once before the rounds, and may raise Missing. `most` bounds the product's own measure as well,
    to pass and as the aim, where a ratio alone would say too little.
    """

    name: str
    against: str
    product: Measure
    limit: Measure
    passes: float
    aim: float
    unit: str = "s CPU"
    ready: Callable[[], object] = field(default=lambda: None)
    most: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Growth:
    """A measure at sizes a factor ten apart; `passes` is the largest exponent, 1 being linear.

    `per` names what one of `size` is, for the cost of each; the exponent is that of the last step.
    """

    name: str
    measures: Sequence[tuple[int, Measure]]
    unit: str = "s CPU"
    per: str = "entry"
    passes: float = 1.1
    ready: Callable[[], object] = field(default=lambda: None)


@dataclass(frozen=True, slots=True)
class Row:
    """A bar measured: the medians, and the median of the ratios of each round."""

    bar: Bar
    product: float
    limit: float
    ratio: float

    @property
    def verdict(self) -> str:
        most = self.bar.most or (math.inf, math.inf)
        if self.ratio <= self.bar.aim and self.product <= most[1]:
            return "aim"
        return "pass" if self.ratio <= self.bar.passes and self.product <= most[0] else "FAIL"


@dataclass(frozen=True, slots=True)
class Curve:
    """A growth measured: the medians by size, and the exponent from each size to the next."""

    growth: Growth
    sizes: tuple[int, ...]
    found: tuple[float, ...]

    @property
    def exponents(self) -> tuple[float, ...]:
        pairs = zip(self.sizes, self.sizes[1:], self.found, self.found[1:], strict=False)
        return tuple(math.log(max(y, 1e-9) / max(x, 1e-9)) / math.log(b / a) for a, b, x, y in pairs)

    @property
    def verdict(self) -> str:
        return "pass" if self.exponents[-1] <= self.growth.passes else "FAIL"


def measured(bar: Bar, rounds: int) -> Row:
    """Product and limit in turn, the one that goes first changing each round, so that drift hits both alike."""
    bar.ready()
    found: list[tuple[float, float]] = []
    for number in range(rounds):
        if number % 2:
            limit = bar.limit()
            found.append((bar.product(), limit))
        else:
            found.append((bar.product(), bar.limit()))
    return Row(
        bar, median(p for p, _ in found), median(x for _, x in found), median(p / max(x, 1e-9) for p, x in found)
    )


def grown(growth: Growth, rounds: int) -> Curve:
    growth.ready()
    sizes = tuple(size for size, _ in growth.measures)
    found: list[list[float]] = [[] for _ in sizes]
    for _ in range(rounds):
        for into, (_, measure) in zip(found, growth.measures, strict=True):
            into.append(measure())
    return Curve(growth, sizes, tuple(median(f) for f in found))


@dataclass(frozen=True, slots=True)
class Spent:
    """What a finished process used, its own children included: seconds, and its peak in megabytes."""

    cpu: float
    wall: float
    peak: float
    said: dict[str, float]


def spent(command: Sequence[str | Path], cwd: Path, output: Path | None = None, accept: Iterable[int] = (0,)) -> Spent:
    """Runs a process to its end. Its standard output goes to `output`, or nowhere.

    `said` is the last line of its standard error where that is a JSON object: what the process measured of itself.
    """
    import time

    begin = time.perf_counter()
    with open(output or os.devnull, "wb") as out, open(cwd / "stderr.txt", "w+b") as err:
        process = subprocess.Popen([str(c) for c in command], cwd=cwd, stdout=out, stderr=err, env=ENVIRONMENT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - begin
        err.seek(0)
        told = err.read().decode(errors="replace").strip()
    if process.returncode not in accept:
        raise RuntimeError(f"{' '.join(map(str, command))} ended with {process.returncode}: {told[-800:]}")
    last = told.rpartition("\n")[2]
    said = json.loads(last) if last.startswith("{") else {}
    return Spent(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024, said)


def python(*arguments: str | Path) -> list[str | Path]:
    """The command of a Python process with this interpreter."""
    return [sys.executable, *arguments]


def seedspec(*arguments: str | Path) -> list[str | Path]:
    """The command line under test."""
    return python("-m", "seedspec", *arguments)


def versions(names: Iterable[str]) -> str:
    found = []
    for name in names:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return ", ".join(found)


def machine() -> str:
    """The machine in a line: its processors, memory, system and Python."""
    model = platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            model = next((x.split(":")[1].strip() for x in file if x.startswith("model name")), model)
        gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (OSError, ValueError):
        gib = 0.0
    return f"{os.cpu_count()} × {model}, {gib:.0f} GiB, {platform.system()}, CPython {platform.python_version()}"


def shown(value: float, unit: str) -> str:
    if unit.startswith("s"):
        return f"{value:.2f} s" if value >= 1 else f"{value * 1e3:.1f} ms" if value >= 1e-3 else f"{value * 1e6:.1f} µs"
    return f"{value:,.1f} {unit}"


HEAD = ("bar", "product", "limit", "ratio", "pass", "aim", "verdict")
CURVE_HEAD = ("how it grows", "sizes", "found", "of one", "exponents", "verdict")


def cells(row: Row | Curve) -> tuple[str, ...]:
    if isinstance(row, Curve):
        g = row.growth
        if g.unit == "MB":  # what a process weighs before its first entry is no cost of entries
            more = (row.found[-1] - row.found[0]) * 2**20 / (row.sizes[-1] - row.sizes[0])
            ones = f"{more:,.0f} more bytes"
        else:
            ones = " · ".join(shown(f / s, g.unit) for s, f in zip(row.sizes, row.found, strict=True))
        return (
            g.name,
            " · ".join(f"{s:,}" for s in row.sizes),
            " · ".join(shown(f, g.unit) for f in row.found),
            f"{ones} per {g.per}",
            " · ".join(f"{e:.2f}" for e in row.exponents),
            row.verdict,
        )
    bar = row.bar
    bounds = [f"{bar.passes:g}×", f"{bar.aim:g}×"]
    if bar.most:
        bounds = [f"{b}, {m:g} {bar.unit}" for b, m in zip(bounds, bar.most, strict=True)]
    product, limit = shown(row.product, bar.unit), f"{shown(row.limit, bar.unit)} ({bar.against})"
    return (bar.name, product, limit, f"{row.ratio:.2f}×", *bounds, row.verdict)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
