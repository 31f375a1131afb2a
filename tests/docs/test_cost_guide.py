"""The guide to costs has the prices of the price file, and its arithmetic is right."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

from seedspec.project import sources

GUIDE = (Path(__file__).parents[2] / "docs" / "cost.md").read_text(encoding="utf-8")
MODEL = "seedance-2.0-reference-to-video"
PRICES = sources.schemas()["evolink/prices.json"]
(ROW,) = PRICES["models"][MODEL]
SECOND = Decimal("13.5")
"""Credits for a second, and below its factors: the vendor's page, once more and by hand."""
WITHOUT_VIDEO = {"480p": Decimal("0.465"), "720p": Decimal(1)}
WITH_VIDEO = {"480p": Decimal("0.284"), "720p": Decimal("0.609")}


def test_the_prices_are_those_of_the_file() -> None:
    assert f"(Prices of {ROW['from']};" in GUIDE
    assert f"{PRICES['unit']['per_usd']} credits are about a dollar" in GUIDE
    (part,) = ROW["parts"]
    assert Decimal(part["rate"]) == SECOND
    for quality, factor in WITHOUT_VIDEO.items():
        plain, referred = SECOND * factor, SECOND * WITH_VIDEO[quality]
        assert f"| {quality} | {plain.normalize():f} | {referred.normalize():f} |" in GUIDE


def test_the_arithmetic_is_right() -> None:
    row = r"^\| (\d+) × (\w+).*\| (?:.* = )?(\d+) \| (?:.* = )?([\d.]+) \| ([\d.]+) \|$"
    rows = re.findall(row, GUIDE, re.MULTILINE)
    assert [shot for _, shot, *_ in rows] == ["orchard", "orchard", "pour", "pour", "endcard"]
    sums = []
    for count, shot, seconds, each, whole in rows:
        factor = (WITHOUT_VIDEO if shot == "endcard" else WITH_VIDEO)["720p"]
        assert Decimal(each) == int(seconds) * SECOND * factor
        sums.append(int(count) * Decimal(each))
        assert sums[-1] == Decimal(whole)
    assert f"| 12 videos | | | {sum(sums)} |" in GUIDE
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert f"would have cost {sum(sums):.2f} credits (${sum(sums) / 68:.2f}) at most" in readme
    assert f"{sum(sums)} credits ÷ 68 = ${sum(sums) / 68:.2f}" in GUIDE
