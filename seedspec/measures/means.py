"""The mean of a measure over several videos, and how sure it is: an interval of 95 % by Student's t distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, stdev

METHOD = "student-t 95 %"
"""How the intervals are made."""

_Z: float = NormalDist().inv_cdf(0.975)
_FEW = {1: 12.7062, 2: 4.3027}


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean of `n` numbers; `low` to `high` is its 95 % interval, None for a single number."""

    n: int
    mean: float
    low: float | None = None
    high: float | None = None


def mean_of(numbers: Sequence[float]) -> Mean | None:
    """The mean of numbers; None without any."""
    if not numbers:
        return None
    n, mean = len(numbers), fmean(numbers)
    if n < 2:
        return Mean(n, mean)
    half = quantile(n - 1) * stdev(numbers) / math.sqrt(n)
    return Mean(n, mean, mean - half, mean + half)


def quantile(freedom: int) -> float:
    """The 97.5 % point of Student's t distribution with so many degrees of freedom, to 0.15 %.

    By the expansion around the normal distribution (Abramowitz and Stegun, 26.7.5), which fails for one and two.
    """
    if freedom in _FEW:
        return _FEW[freedom]
    z = _Z
    terms: tuple[float, ...] = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return sum((term / freedom**power for power, term in enumerate(terms)), 0.0)
