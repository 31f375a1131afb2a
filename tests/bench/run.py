"""Measures the bars and prints a table of ratios.

    python tests/bench/run.py [WORD ...] [--rounds 5] [--tiny] [--peers] [--markdown [PAGE]]

WORDs choose the bars whose names hold one of them. Modules called *_bars.py beside this file hold the bars: each has
`bars(folder, tiny)`, and gives its Bars and Growths one by one. `--markdown` writes the tables into
a page of docs, performance.md unless another is named, in place of what stands between its marks. Nothing here fails a
build: the table says what passes.
"""

from __future__ import annotations

import argparse
import importlib
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import peers
from frame import (
    CURVE_HEAD,
    HEAD,
    HERE,
    ROOT,
    Bar,
    Curve,
    Growth,
    Missing,
    Row,
    cells,
    grown,
    machine,
    measured,
    table,
    versions,
)

DOCS = ROOT / "docs"
USED = ("jinja2", "PyYAML", "jsonschema-rs", "orjson", "click", "httpx")


def found(folder: Path, tiny: bool, words: list[str]) -> Iterator[Bar | Growth]:
    for path in sorted(HERE.glob("*_bars.py")):
        for one in importlib.import_module(path.stem).bars(folder, tiny):
            if not words or any(word in one.name for word in words):
                yield one


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures the bars, in turn with their limits.")
    parser.add_argument("words", nargs="*", metavar="WORD", help="only bars whose name holds one of these")
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    parser.add_argument("--tiny", action="store_true", help="a size for seeing that it works; its ratios say nothing")
    parser.add_argument(
        "--markdown", nargs="?", const="performance.md", metavar="PAGE", help="write the tables into a page of docs"
    )
    parser.add_argument("--peers", action="store_true", help="install other tools below a temporary folder, too")
    given = parser.parse_args()
    peers.WANTED = given.peers
    rows: list[Row] = []
    curves: list[Curve] = []
    missing: list[str] = []
    print(f"{machine()}; {versions(USED)}", flush=True)
    with tempfile.TemporaryDirectory(prefix="seedspec-bench-") as folder:
        for one in found(Path(folder), given.tiny, given.words):
            try:
                result = measured(one, given.rounds) if isinstance(one, Bar) else grown(one, min(3, given.rounds))
            except Missing as reason:
                missing.append(f"{one.name}: skipped, {reason}")
                print(missing[-1], flush=True)
                continue
            (rows if isinstance(result, Row) else curves).append(result)  # type: ignore[arg-type]
            print(" | ".join(cells(result)), flush=True)
    text = "\n".join(table(h, map(cells, r)) for h, r in ((HEAD, rows), (CURVE_HEAD, curves)) if r)
    text += "".join(f"\n- {line}" for line in missing)
    print("\n" + text)
    if given.markdown:
        head = f"{machine()}. {versions(USED)}. Medians of {given.rounds} rounds in turn.\n\n"
        file = DOCS / given.markdown
        page = file.read_text(encoding="utf-8")
        marks = re.compile(r"(<!-- bars -->\n).*?(<!-- end -->)", re.DOTALL)
        if not marks.search(page):
            sys.exit(f"{file} has no place for the tables")
        file.write_text(marks.sub(lambda m: f"{m[1]}{head}{text}\n{m[2]}", page), encoding="utf-8")


if __name__ == "__main__":
    main()
