"""The mean of a measure and its interval: as a table of the t distribution has it, and right as often as it says."""

from __future__ import annotations

import random

import pytest

from seedspec.measures.means import Mean, mean_of, quantile


@pytest.mark.parametrize(
    ("freedom", "stated"),
    [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (5, 2.571), (7, 2.365), (10, 2.228), (20, 2.086), (30, 2.042),
     (60, 2.000), (120, 1.980), (10_000, 1.960)],
)  # fmt: skip
def test_the_points_are_those_of_the_printed_tables(freedom: int, stated: float) -> None:
    assert quantile(freedom) == pytest.approx(stated, rel=0.0015)


def test_the_expansion_has_its_coefficients() -> None:
    """As Abramowitz and Stegun print them: what is left out of it is far less than one wrong number in it."""
    assert quantile(1) == 12.7062 and quantile(2) == 4.3027
    assert [round(quantile(n), 9) for n in (3, 4, 5, 12, 100)] == [
        3.178616995, 2.775582224, 2.570308227, 2.178809674, 1.983971518,
    ]  # fmt: skip


def test_few_numbers_say_little() -> None:
    assert mean_of([]) is None
    assert mean_of([3.0]) == Mean(1, 3.0)
    assert mean_of([2.0, 2.0, 2.0]) == Mean(3, 2.0, 2.0, 2.0)
    two = mean_of([1.0, 3.0])
    assert two is not None and two.low == pytest.approx(2 - 12.7062) and two.high == pytest.approx(2 + 12.7062)


@pytest.mark.parametrize("n", [2, 4, 12])
def test_nineteen_of_twenty_intervals_hold_the_truth(n: int) -> None:
    chance, held = random.Random(n), 0
    for _ in range(2000):
        found = mean_of([chance.gauss(5.0, 2.0) for _ in range(n)])
        assert found is not None and found.low is not None and found.high is not None
        held += found.low <= 5.0 <= found.high
    assert 0.935 <= held / 2000 <= 0.965
