"""Compiles storyboards drawn at random beside a lean loop that makes the same requests, and prints the ratios.

    python tests/bench/random_compile.py [--boards 100] [--seed N] [--rounds 3] [--most 20000] [--parsed] [--each]

For each board both write the same lines: an address, a fingerprint, a request. Product and loop run in turn in this one
process, with the collector of cycles off; of so many rounds the least CPU time of each counts. The loop is `lean.py`,
and YAML before it; `--parsed` hands it the storyboard parsed already. What both have made is compared: a difference
ends it with 1. `--each` prints a line a board. The last two lines are of all boards, and of those with 1,000 entries or
more, where the fixed costs of a compile no longer count. Each run draws boards of its own, from a seed that it prints,
unless one is given. The last line on standard error is for `compile_bars.py`.
"""

from __future__ import annotations

import argparse
import gc
import io
import json
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import draw
import orjson
import yaml
from lean import Lean

from seedspec import api
from seedspec.project import sources
from seedspec.report.entries import as_lines

MANY = 1000
BARS = {"median": (1.3, 1.0), "worst": (2.0, 1.5)}
"""Of all boards: the ratio that must be met, and the one to strive for."""


def ours(path: Path, catalog: Any) -> bytes:
    """What the product writes of a storyboard; it must have nothing against it but warnings."""
    done = api.compile(path, catalog)
    if not done.ok:
        sys.exit(f"{path.name} is refused: {done.diagnostics[0]}")
    out = io.BytesIO()
    out.writelines(as_lines(done.entries))
    return out.getvalue()


def same(product: bytes, loop: bytes) -> Iterator[str]:
    """Where the two differ: in number, address, fingerprint or request."""
    one, two = product.splitlines(), loop.splitlines()
    if len(one) != len(two):
        yield f"{len(one)} entries, and {len(two)}"
    for a, b in zip(map(orjson.loads, one), map(orjson.loads, two), strict=False):
        yield from (
            f"{a['entry']}: {a[k]!r}, and {b[k]!r}" for k in ("entry", "fingerprint", "request") if a[k] != b[k]
        )


def cpu(work: Callable[[], bytes]) -> tuple[float, bytes]:
    gc.collect()
    gc.disable()
    begin = time.process_time()
    made = work()
    spent = time.process_time() - begin
    gc.enable()
    return spent, made


def main() -> int:
    parser = argparse.ArgumentParser(description="Compiles random storyboards beside a lean loop.")
    parser.add_argument("--boards", type=int, default=100, metavar="N")
    parser.add_argument(
        "--seed",
        type=int,
        metavar="N",
        help="of the first board; each next one has the next; drawn where none is given",
    )
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    parser.add_argument("--most", type=int, default=20_000, metavar="N", help="entries of a board")
    parser.add_argument("--parsed", action="store_true", help="the loop is given the storyboard, and reads no YAML")
    parser.add_argument("--each", action="store_true", help="a line a board")
    given = parser.parse_args()
    first = secrets.randbelow(10**6) if given.seed is None else given.seed
    catalog, lean = sources.catalog(), Lean()
    ratios: list[tuple[float, int, int]] = []
    with tempfile.TemporaryDirectory(prefix="seedspec-bench-") as folder:
        path = Path(folder) / "storyboard.yaml"
        for seed in (first, *range(first, first + given.boards)):  # the first one twice: it warms up
            text = draw.written(draw.draw(seed, given.most))
            path.write_text(text, encoding="utf-8")
            parsed = yaml.load(text, yaml.CSafeLoader)

            def loop(text: str = text, parsed: Any = parsed) -> bytes:
                return lean.lines(parsed if given.parsed else yaml.load(text, yaml.CSafeLoader))

            rounds = [(cpu(lambda: ours(path, catalog)), cpu(loop)) for _ in range(given.rounds)]
            (_, made), (_, expected) = rounds[0]
            if found := next(same(made, expected), None):
                print(f"seed {seed}: {found}")
                return 1
            product, limit = min(r[0][0] for r in rounds), min(r[1][0] for r in rounds)
            ratios.append((product / limit, seed, made.count(b"\n")))
            if given.each:
                print(f"seed {seed}: {ratios[-1][2]:,} entries, {product:.4f} / {limit:.4f} s = {ratios[-1][0]:.2f}×")
    del ratios[0]
    print(f"{len(ratios)} boards from seed {first}, {given.rounds} rounds; all have made the same requests")
    told("all", ratios)
    if many := [r for r in ratios if r[2] >= MANY]:
        told(f"those of {MANY:,} entries or more", many)
    found = [r[0] for r in ratios]
    print(json.dumps({"median": median(found), "worst": max(found), "seed": first}), file=sys.stderr)
    return 0


def told(which: str, ratios: list[tuple[float, int, int]]) -> None:
    ratio, seed, entries = max(ratios)
    sizes = [r[2] for r in ratios]
    middle, worst = _judged("median", median(r[0] for r in ratios)), _judged("worst", ratio)
    boards = f"{len(ratios)} boards of {min(sizes):,} to {max(sizes):,} entries"
    print(f"{which}: {boards}: {middle}, {worst}, seed {seed}, {entries:,} entries")


def _judged(which: str, ratio: float) -> str:
    passes, aim = BARS[which]
    return f"{which} {ratio:.2f}× (bar {passes}×, aim {aim}×)"


if __name__ == "__main__":
    sys.exit(main())
