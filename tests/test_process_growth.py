"""A process that compiles again and again, such as a notebook, a watcher or a bot, does not grow."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BOARD = Path(__file__).parents[1] / "examples" / "fruit-tea" / "storyboard.yaml"
COUNTS = """\
import gc, json, sys
from pathlib import Path
from seedspec import api

board, text = Path(sys.argv[2]), Path(sys.argv[2]).read_text(encoding="utf-8")
found = {}
for turn in range(1, 51):
    getattr(api, sys.argv[1])(board)
    if turn in (5, 50):
        found[turn] = len(gc.get_objects())  # with the garbage that nobody has collected
    if sys.argv[3:]:
        board.write_text(text + f"# turn {turn}\\n", encoding="utf-8")  # each text is a new one
print(json.dumps([found[5], found[50]]))
"""


def live(function: str, *words: str) -> list[int]:
    """Objects that the collector tracks after 5 and after 50 calls, in a process of their own."""
    done = subprocess.run([sys.executable, "-c", COUNTS, function, *words], check=True, capture_output=True)
    counts: list[int] = json.loads(done.stdout)
    return counts


@pytest.mark.parametrize("function", ["check", "plan"])
@pytest.mark.slow
def test_fifty_calls_hold_what_five_do(function: str) -> None:
    five, fifty = live(function, str(BOARD))
    assert fifty <= five * 1.1


@pytest.mark.slow
def test_a_text_that_changes_each_time_leaves_nothing_behind(tmp_path: Path) -> None:
    board = tmp_path / "storyboard.yaml"
    template = "{% macro warm(x) %}{{ x }}{% endmacro %}{{ warm(look) }} {{ missing }}"  # with a mistake in each round
    board.write_text(
        "seedspec: 1\nmodel: seedance-2.0-reference-to-video\ndefaults: {duration: 5}\n"
        f"matrix: {{axes: {{look: [noir, pastel]}}}}\nshots:\n  - id: a\n    prompt: '{template}'\n",
        encoding="utf-8",
    )
    five, fifty = live("check", str(board), "change")
    assert fifty <= five * 1.1
