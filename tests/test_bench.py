"""The benchmark works, at a size that says nothing about speed: every bar gives a ratio, every growth an exponent."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import orjson

ROOT = Path(__file__).parents[1]


def test_the_benchmark_runs() -> None:
    command = [sys.executable, ROOT / "tests/bench/run.py", "--tiny", "--rounds", "1", "compile"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert len(re.findall(r"^\| compile.*\d×.*\| (?:aim|pass|FAIL) \|$", done.stdout, re.MULTILINE)) == 5
    assert len(re.findall(r"^\| compile.*per entry.*\| (?:pass|FAIL) \|$", done.stdout, re.MULTILINE)) == 3


def test_product_and_limit_make_the_same_requests(tmp_path: Path) -> None:
    script = (
        "import compile_bars as bars, pathlib; at = pathlib.Path('.'); bars.whole(at, 3, 20); bars.limit(at, 3, 20)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "tests/bench"), str(ROOT)])}
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=environment, timeout=300, check=True)
    ours, theirs = (
        [orjson.loads(line)["request"] for line in (tmp_path / name).read_bytes().splitlines()]
        for name in ("product.jsonl", "limit.jsonl")
    )
    assert len(ours) == 60 and ours == theirs
