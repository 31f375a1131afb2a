"""Money and seconds are exact: a budget equal to a price buys, one unit less does not, and tenths add up."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from seedspec.api import Options, budget_of, compile, plan
from seedspec.catalog.model import price_of
from seedspec.catalog.price import Asked, Cost, charge, sum_of
from seedspec.compiler.references.upstream import unusable_upstream
from seedspec.plan.savings import savings
from tests.boards import CATALOG, MODEL

RATE = CATALOG.models[MODEL].rate
BOARD = "seedspec: 1\nmodel: seedance-2.0-reference-to-video\n"
TENTHS = [Decimal(n) / 10 for n in range(20, 151)]


def every_price() -> set[int]:
    """What any request may cost: each quality and length, with no video and with each tenth of seconds of videos."""
    return {
        charge(RATE, Asked(duration, quality, videos=int(seconds is not None)), seconds or 0)
        for quality in ("480p", "720p")
        for duration in range(4, 16)
        for seconds in [None, *TENTHS]
    }


def in_credits(units: int) -> str:
    return str(Decimal(units) / RATE.units_per_credit)


def written(folder: Path, text: str) -> Path:
    path = folder / "storyboard.yaml"
    path.write_text(BOARD + text, encoding="utf-8")
    return path


def test_a_ceiling_holds_every_price_to_its_last_place(tmp_path: Path) -> None:
    board = compile(written(tmp_path, "shots: [{id: s, prompt: walks}]\n")).board
    assert board is not None
    prices = every_price()
    assert len(prices) > 400
    for units in prices:
        for amount in (float(in_credits(units)), Decimal(in_credits(units))):
            assert budget_of(board, Options(max_credits=amount)) == units
        assert budget_of(board, Options(max_credits=float(in_credits(units - 1)))) == units - 1


def test_every_amount_of_cents_is_exact(tmp_path: Path) -> None:
    board = compile(written(tmp_path, "shots: [{id: s, prompt: walks}]\n")).board
    assert board is not None
    for cents in range(20_001):
        amount = float(f"{cents // 100}.{cents % 100:02}")
        assert budget_of(board, Options(max_usd=amount)) == cents * 6800


def test_a_part_of_a_unit_is_never_given_out(tmp_path: Path) -> None:
    board = compile(written(tmp_path, "budget: {credits: 25.11009}\nshots: [{id: s, prompt: walks}]\n")).board
    assert board is not None
    assert budget_of(board, Options()) == 251_100


def videos(*seconds: str) -> str:
    names = [f"v{n}" for n in range(len(seconds))]
    declared = "".join(
        f"  {name}: {{video: 'https://e.example/{name}.mp4', seconds: {s}}}\n"
        for name, s in zip(names, seconds, strict=True)
    )
    prompt = " ".join(f"{{{{ ref('{name}') }}}}" for name in names)
    return f'defaults: {{duration: 4}}\nreferences:\n{declared}shots: [{{id: s, prompt: "{prompt}"}}]\n'


def test_the_same_seconds_cost_the_same_however_they_are_divided() -> None:
    known = price_of(CATALOG.models[MODEL])

    def price(quality: str, duration: int, lengths: tuple[float, ...]) -> Cost:
        return known(Asked(duration, quality, videos=len(lengths)), lengths)

    for whole in TENTHS[20:]:
        parts = [(float(a), float(whole - a)) for a in TENTHS if whole - a >= 2]
        assert {price("720p", 4, pair) for pair in parts} == {price("720p", 4, (float(whole),))}
    thirds = {price("720p", 4, (2.1, 2.2, float(s))) for s in ("2.3",)} | {price("720p", 4, (2.3, 2.2, 2.1))}
    assert thirds == {price("720p", 4, (6.6,))}


@pytest.mark.slow
def test_tenths_that_make_the_most_are_not_above_it(tmp_path: Path) -> None:
    # in binary fractions 4.9 + 5.1 + 5.0 and the like come out above and below 15
    for first, second in pairwise(TENTHS):
        rest = Decimal(15) - first - second
        if not 2 <= rest <= 15:
            continue
        path = written(tmp_path, videos(str(first), str(second), str(rest)))
        made = compile(path)
        assert made.ok, [str(d.message) for d in made.diagnostics]
        assert unusable_upstream(made.entries[0].media, CATALOG.models[MODEL].media, lambda fp: None) is None


def test_adding_is_exact_in_any_order() -> None:
    assert sum_of([2.1, 2.2]) == Decimal("4.3")
    assert sum_of([0.1] * 10) == 1
    assert sum_of([]) == 0


def test_a_plan_says_the_same_of_seconds_that_are_divided(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    one, two = plan(written(tmp_path, videos("2.1", "2.2"))), plan(written(tmp_path / "one", videos("4.3")))
    assert one.plan.cost == two.plan.cost
    long, _ = savings(one.plan), savings(two.plan)
    assert [(h.code, h.adds) for h in long] == [(h.code, h.adds) for h in savings(two.plan)]
