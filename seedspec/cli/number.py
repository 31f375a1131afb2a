"""Numbers on a command line: finite, and within bounds that what is done with them can bear."""

from __future__ import annotations

import math
from typing import Any

import click

MOST_MONEY = 1_000_000_000
"""Dollars or credits; the schema of storyboards has the same."""
DAY, YEAR = 86_400, 31_536_000
"""In seconds."""


class Number(click.FloatRange):
    """A number from `least` to `most`. Python reads `nan` and `inf` too, and no bound stops the first."""

    def __init__(self, least: float, most: float) -> None:
        super().__init__(least, most)
        self._least, self._most = least, most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            found = float(value)
        except (TypeError, ValueError):
            found = math.nan
        if not self._least <= found <= self._most:  # which a number that is none never is
            self.fail(f"found `{value}`, expected a number from {self._least:,} to {self._most:,}", param, ctx)
        return found
