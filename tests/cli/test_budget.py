"""Budgets to their last place, from a storyboard and from the options of a run."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
from looks import Run

pytestmark = pytest.mark.slow

BOARD = "seedspec: 1\nmodel: seedance-2.0-reference-to-video\n"
ONE = "defaults: {duration: 4, quality: 480p}\nreferences: {v: {video: https://e.example/v.mp4, seconds: 4.8}}\n"
SHOT = "shots: [{id: s, prompt: \"{{ ref('v') }}\"}]\n"
FAST = ("--emulator", "--emulator-seconds", "0", "--poll-interval", "0.1", "--yes")


def write(folder: Path, text: str) -> None:
    (folder / "storyboard.yaml").write_text(BOARD + text, encoding="utf-8")


@pytest.mark.parametrize(
    ("budget", "words", "code"),
    [
        ("budget: {credits: 33.7392}\n", (), 0),
        ("budget: {credits: 33.7391}\n", (), 4),
        ("", ("--max-credits", "33.7392"), 0),
        ("", ("--max-credits", "33.7391"), 4),
    ],
)
def test_a_budget_equal_to_the_price_buys(
    folder: Path, seedspec: Run, budget: str, words: tuple[str, ...], code: int
) -> None:
    write(folder, budget + ONE + SHOT)
    if not words:
        stops = "the budget of 33.7391 credits stops the run before everything is bought, at most 33.7392;"
        assert (stops in seedspec("plan").out) is (code == 4)
    ran = seedspec("run", *FAST, *words)
    assert ran.code == code, ran.err
    taken = "`s/1` may cost 33.7392 credits; 0.0000 of the budget of 33.7391 are taken"
    assert (taken in ran.err) is (code == 4)


def test_a_budget_in_dollars_is_whole(folder: Path, seedspec: Run) -> None:
    write(folder, "defaults: {duration: 4, quality: 480p}\nshots: [{id: s, prompt: walks}]\n")
    ran = seedspec("run", *FAST, "--max-usd", "0.31")
    assert ran.code == 4
    assert "0.0000 of the budget of 21.0800 are taken" in ran.err  # in binary fractions a unit less


def test_the_sums_of_a_run_have_no_tail_of_binary_fractions(folder: Path, seedspec: Run) -> None:
    write(folder, "defaults: {duration: 4, quality: 480p}\nshots: [{id: s, prompt: walks, takes: 7}]\n")
    ran = seedspec("run", *FAST, "--format", "jsonl")
    assert ran.code == 0, ran.err
    stated = re.search(r'"event":\s*"RunFinished".*?"credits":\s*([0-9.]+)', ran.out)
    assert stated is not None
    assert Decimal(stated[1]) == 7 * Decimal("25.11")
