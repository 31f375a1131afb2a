"""Whose prices a cost was made with is said of every model; old prices are said quietly."""

from __future__ import annotations

from dataclasses import replace

from seedspec.project import sources
from seedspec.report.cost import notes
from seedspec.report.prices import OLD_DAYS, say_old

RATE = sources.catalog().models["seedance-2.0-reference-to-video"].rate


def test_each_source_of_prices_is_named_with_its_models() -> None:
    assert notes([], {"a": RATE}, RATE) == [f"estimates by the prices of {RATE.as_of}: {RATE.source}"]
    rates = {"a": RATE, "b": replace(RATE, source="elsewhere"), "c": RATE, "d": replace(RATE, parts=(), why="unknown")}
    assert notes([], rates, RATE) == [
        f"estimates of `a`, `c` by the prices of {RATE.as_of}: {RATE.source}",
        f"estimates of `b` by the prices of {RATE.as_of}: elsewhere",
        "no estimate of `d`: unknown",
    ]


def test_old_prices_are_said_from_a_day_on() -> None:
    old = replace(RATE, as_of="2026-01-01")
    assert say_old([old], "2026-03-02") == [] and OLD_DAYS == 60
    assert say_old([RATE, old], "2026-03-03") == [
        "the oldest prices are 61 days old: `seedspec prices refresh PROVIDER`"
    ]
    assert say_old([replace(old, parts=())], "2026-03-03") == []
