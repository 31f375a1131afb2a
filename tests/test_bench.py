"""The benchmark works, at a size that says nothing about speed: every bar gives a ratio, every growth an exponent."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_benchmark_runs() -> None:
    command = [sys.executable, ROOT / "tests/bench/run.py", "--tiny", "--rounds", "1", "compile"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert len(re.findall(r"^\| compile.*\d×.*\| (?:aim|pass|FAIL) \|$", done.stdout, re.MULTILINE)) == 4
    assert len(re.findall(r"^\| compile.*per entry.*\| (?:pass|FAIL) \|$", done.stdout, re.MULTILINE)) == 3


def test_product_and_limit_make_the_same_requests(tmp_path: Path) -> None:
    sys.path.insert(0, str(ROOT / "tests/bench"))
    try:
        import compile_bars
        import orjson

        compile_bars.whole(tmp_path, 3, 20)
        compile_bars.limit(tmp_path, 3, 20)
    finally:
        sys.path.pop(0)
    ours, theirs = (
        [orjson.loads(line)["request"] for line in (tmp_path / name).read_bytes().splitlines()]
        for name in ("product.jsonl", "limit.jsonl")
    )
    assert len(ours) == 60 and ours == theirs
