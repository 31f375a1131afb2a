"""The guide to costs has the prices of the price file, and its arithmetic is right."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

from seedspec.project import sources

GUIDE = (Path(__file__).parents[2] / "docs" / "cost.md").read_text(encoding="utf-8")
PRICES = sources.schemas()["evolink/prices.json"]
MODEL = PRICES["models"]["seedance-2.0-reference-to-video"]


def test_the_prices_are_those_of_the_file() -> None:
    assert f"(Prices of {PRICES['as_of']};" in GUIDE
    assert f"{PRICES['credits_per_usd']} credits are about a dollar" in GUIDE
    second = Decimal(MODEL["credits_per_second"])
    for quality, factor in MODEL["without_video"].items():
        plain, referred = (second * Decimal(f) for f in (factor, MODEL["with_video"][quality]))
        assert f"| {quality} | {plain.normalize():f} | {referred.normalize():f} |" in GUIDE


def test_the_arithmetic_is_right() -> None:
    row = r"^\| (\d+) × (\w+).*\| (?:.* = )?(\d+) \| (?:.* = )?([\d.]+) \| ([\d.]+) \|$"
    rows = re.findall(row, GUIDE, re.MULTILINE)
    assert [shot for _, shot, *_ in rows] == ["orchard", "orchard", "pour", "pour", "endcard"]
    sums = []
    for count, shot, seconds, each, whole in rows:
        factor = MODEL["without_video" if shot == "endcard" else "with_video"]["720p"]
        assert Decimal(each) == int(seconds) * Decimal(MODEL["credits_per_second"]) * Decimal(factor)
        sums.append(int(count) * Decimal(each))
        assert sums[-1] == Decimal(whole)
    assert f"| 12 videos | | | {sum(sums)} |" in GUIDE
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert f"would have cost {sum(sums):.2f} credits (${sum(sums) / 68:.2f}) at most" in readme
    assert f"{sum(sums)} credits ÷ 68 = ${sum(sums) / 68:.2f}" in GUIDE
