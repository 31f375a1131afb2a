"""Measures the bars and prints tables of ratios and of growth.

    python tests/bench/run.py [WORD ...] [--rounds 3] [--tiny] [--peers] [--markdown]

WORDs choose the bars whose names hold one of them. Modules called *_bars.py beside this file hold the bars: each has
`bars(folder, tiny)`, and gives its Bars and Growths one by one. `--markdown` writes each row into docs/performance.md
as soon as it is measured, and leaves all others as they are. Nothing here fails a build: the tables say what passes;
only a process that went wrong ends it with 1, once the others are measured.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import page
import peers
from frame import Bar, Growth, Missing, measured
from process import HERE, ROOT, machine, versions

PAGE = ROOT / "docs" / "performance.md"
USED = ("jinja2", "PyYAML", "jsonschema-rs", "orjson", "click", "httpx")


def all_bars(folder: Path, *, tiny: bool) -> Iterator[Bar | Growth]:
    for path in sorted(HERE.glob("*_bars.py")):
        yield from importlib.import_module(path.stem).bars(folder, tiny)


def main() -> int:
    parser = argparse.ArgumentParser(description="Measures the bars, in turn with their limits.")
    parser.add_argument("words", nargs="*", metavar="WORD", help="only bars whose name holds one of these")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="at most; some bars take fewer, and say so")
    parser.add_argument("--tiny", action="store_true", help="a size for seeing that it works; its ratios say nothing")
    parser.add_argument("--markdown", action="store_true", help="write each row into its place in docs/performance.md")
    parser.add_argument("--peers", action="store_true", help="install other tools below a temporary folder, too")
    given = parser.parse_args()
    if given.tiny and given.markdown:
        parser.error("what is found at a tiny size says nothing, and is not for the docs")
    peers.WANTED = given.peers
    head = f"{machine()}. {versions(USED)}."
    print(head, flush=True)
    lines: list[page.Line] = []
    wrong = False
    with tempfile.TemporaryDirectory(prefix="seedspec-bench-", ignore_cleanup_errors=True) as folder:
        bars = list(all_bars(Path(folder), tiny=given.tiny))
        order = [key for one in bars for key in one.keys]
        for one in bars:
            if given.words and not any(word in one.name for word in given.words):
                continue
            begin = time.perf_counter()
            try:
                new = [page.line(head, result) for result in measured(one, given.rounds)]
            except Missing as reason:
                new = page.skipped(head, one, str(reason))
            except RuntimeError as error:
                print(error, file=sys.stderr, flush=True)
                new, wrong = page.skipped(head, one, "it went wrong"), True
            lines += new
            if given.markdown:
                PAGE.write_text(page.written(PAGE.read_text(encoding="utf-8"), new, order), encoding="utf-8")
            for row in new:
                print(" | ".join(row.cells), end="", flush=True)
                print(f" | {time.perf_counter() - begin:.0f} s", flush=True)
    print("\n" + page.text(lines))
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
