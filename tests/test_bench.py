"""The benchmark works, at a size that says nothing about speed: every bar gives a ratio, every growth an exponent."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "bars", "curves"),
    [
        (["compile"], 6, 4),
        (
            [
                "status with",
                "over bare",
                "download and hash",
                "recording",
                "whole run of 20 entries, CPU per entry, read together",
            ],
            8,
            2,
        ),
        pytest.param(["nothing to do", "plan, all", "check of ex"], 11, 8, marks=pytest.mark.long),
        pytest.param(["in flight", "one ledger", "end all", "real weight"], 8, 7, marks=pytest.mark.long),
    ],
    ids=["compile", "some", "nothing", "flight"],
)
def test_the_benchmark_runs(words: list[str], bars: int, curves: int) -> None:
    command = [sys.executable, ROOT / "tests/bench/run.py", "--tiny", "--rounds", "1", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    tables = done.stdout.partition("\n\n")[2]
    assert len(re.findall(r"^\| .* \| \d+\.\d\d× \| .* \| 1 \| (?:aim|pass|FAIL|-) \|$", tables, re.MULTILINE)) == bars
    exponents = r"^\| .* \| -?\d\.\d\d · -?\d\.\d\d \| 1 \| (?:pass|FAIL) \|$"
    assert len(re.findall(exponents, tables, re.MULTILINE)) == curves


def test_random_boards_compile_beside_the_lean_loop() -> None:
    command = [
        sys.executable,
        ROOT / "tests/bench/random_compile.py",
        "--boards",
        "3",
        "--seed",
        "1",
        "--rounds",
        "1",
        "--most",
        "300",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    head, *sums = done.stdout.splitlines()
    assert head == "3 boards from seed 1, 1 rounds; all have made the same requests"
    ratios = r"median \d+\.\d\d× \(bar 1\.3×, aim 1\.0×\), worst \d+\.\d\d× \(bar 2\.0×, aim 1\.5×\), seed [123]"
    assert re.fullmatch(rf"all: 3 boards of .* entries: {ratios}, \d+ entries", sums[0])


@pytest.mark.slow
def test_everything_that_people_write_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "tests/bench")
    import draw

    boards = [draw.draw(seed) for seed in range(100)]
    assert boards == [draw.draw(seed) for seed in range(100)], "a seed is a board"
    text = [draw.written(board) for board in boards]
    assert {len(b["matrix"]["axes"]) for b in boards} == {1, 2, 3, 4}
    assert {len(b.get("references", ())) for b in boards} == {0, 1, 2, 3, 4}
    assert min(len(b["shots"]) for b in boards) == 1 and max(len(b["shots"]) for b in boards) > 800
    swept = [draw.FIELDS.keys() & b["matrix"]["axes"].keys() for b in boards]
    assert any(swept) and not all(swept)
    for word in (
        "16:9-",
        "{% if",
        '"only": ',
        '"when": ',
        '"takes": 3',
        '"colour": ',
        '"B:2": ',
        " | upper",
        "{{ take }}",
        '"profiles":',
        '"at": ',
        '"frame": "last"',
        "Continue {{ ref('before') }}",
    ):
        assert any(word in t for t in text), word


def test_a_row_stays_in_the_page_until_it_is_measured_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "tests/bench")
    import page

    def bar(head: str, name: str, ratio: str) -> page.Line:
        return page.Line(head, page.BARS, (name, "a limit", "1 s", "1 s", ratio, "-", "2×", "1×", "5", "aim"))

    def curve(head: str, name: str) -> page.Line:
        return page.Line(head, page.CURVES, (name, "CPU", "1 · 10", "1 s · 10 s", "1 s each", "1.00", "3", "pass"))

    def missing(head: str, name: str) -> page.Line:
        return page.Line(head, page.SKIPPED, (name, "a limit", "it is not here"))

    order = [("first", "a limit"), ("second", "a limit"), ("third", "a limit"), ("first", "CPU")]
    empty = "before\n<!-- bars -->\n<!-- end -->\nafter\n"
    all_of_them = [bar("old", "first", "1.00×"), bar("old", "gone", "1.00×"), curve("old", "first"),
                   bar("old", "second", "1.00×"), missing("old", "third")]  # fmt: skip
    once = page.written(empty, all_of_them, order)
    assert page.read(once) == [all_of_them[0], all_of_them[3], all_of_them[2], all_of_them[4]]
    now = [bar("new", "second", "2.00×"), missing("new", "first"), bar("new", "third", "3.00×")]
    twice = page.written(once, now, order)
    assert set(page.read(twice)) == {all_of_them[0], all_of_them[2], now[0], now[2]}
    assert twice.startswith("before\n<!-- bars -->\nold\n\n| bar |") and twice.endswith("|\n\n<!-- end -->\nafter\n")
    assert page.written(twice, [], order) == twice
    with pytest.raises(page.NoPlace):
        page.written("a page\n", now, order)


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
