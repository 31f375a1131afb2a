"""The collection of mistakes: those that are told with line, cause and remedy, and once, must not become fewer."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "mistakes"))
import score

FLOORS = {"line": 593, "cause": 593, "remedy": 592, "alone": 592, "all four": 591}
"""How many of all mistakes hold each measure, at least. Raise these whenever more do."""

CASES = score.cases_of(score.HERE)
MISTAKES = [c for c in CASES if c.family != score.FINE]


@pytest.fixture(scope="module")
def scores() -> list[score.Score]:
    return list(score.scored(CASES))


@pytest.mark.slow
def test_mistakes_are_told(scores: list[score.Score]) -> None:
    """When it fails, or with `-rP`, each case that falls short is shown; `score.py --failed` shows them too."""
    told = [s for s in scores if s.case.family != score.FINE]
    print("\n\n".join(str(s) for s in told if not s.whole), score.table(scores), sep="\n\n")
    held = {m: sum(m in s.held for s in told) for m in score.MEASURES} | {"all four": sum(s.whole for s in told)}
    assert {m: n for m, n in held.items() if n < FLOORS[m]} == {}, f"fewer than {FLOORS}; above is what falls short"


def test_nothing_is_found_in_what_is_right(scores: list[score.Score]) -> None:
    assert "\n\n".join(str(s) for s in scores if s.case.family == score.FINE and not s.whole) == ""


def test_the_collection_is_large_enough() -> None:
    counts = Counter(c.family for c in MISTAKES)
    assert {family: n for family, n in counts.items() if n < 45} == {}
    assert len(counts) >= 11 and len(MISTAKES) >= 590
    assert sum(c.silent for c in MISTAKES) >= 40
    assert len(CASES) - len(MISTAKES) >= 28


def test_each_measure_can_fail() -> None:
    """The harness itself: one case that holds everything, and the same with one expectation changed at a time."""
    case = next(c for c in MISTAKES if str(c) == "slips/letters-of-a-label")
    wrong = {
        "line": replace(case, lines=(1,)),
        "cause": replace(case, cause=("no such words",)),
        "remedy": replace(case, remedy=("no such words",)),
        "alone": replace(case, most=0),
    }
    whole, *others = score.scored([case, *wrong.values()])
    assert whole.whole
    assert [set(score.MEASURES) - s.held for s in others] == [{measure} for measure in wrong]
    right, nothing = score.scored(
        [replace(case, severity="warning"), replace(case, board=case.board.replace("nior", "noir"))]
    )
    assert right.whole, "an error is as good as a warning"
    assert nothing.held == frozenset()


def test_a_long_list_is_no_remedy() -> None:
    case = next(c for c in MISTAKES if str(c) == "slips/ratio-that-is-not-there")
    case = replace(case, cause=("4:5",), remedy=("21:9",))
    assert [s.held for s in score.scored([case])] == [{"line", "cause", "alone"}]
