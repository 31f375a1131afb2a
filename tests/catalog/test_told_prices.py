"""Expressions and price files in whole: what each gives, what is told of each that is wrong, and whose rows hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from acme import prices, told

from seedspec.catalog.expression import BadExpression, NoValue, number_of, parse, plain
from seedspec.catalog.price import (
    Asked,
    Cost,
    Part,
    Rate,
    asked_of,
    charge,
    estimate,
    exact,
    quantities_of,
    reference_seconds,
    units_within,
)
from seedspec.catalog.price_file import PriceBook, layer_prices, price_book, price_faults, with_beside
from seedspec.catalog.schema import Schema
from seedspec.project import sources

HERE = Path(__file__).parent / "expected"
Expect = Callable[[Path, str], None]
FORM = Schema(sources.schemas()["meta/prices.json"])


def const(*numbers: str) -> list[Any]:
    return [{"const": number} for number in numbers]


def op(name: str, *numbers: str, **more: Any) -> Any:
    return {"op": name, "args": const(*numbers), **more}


TRUE, FALSE = op("gt", "2", "1"), op("gt", "1", "2")
SAID = {"seconds": Fraction(5), "quality": "720p", "ratio": "16:9", "sound": True, "input_images": Fraction(2),
        "input_videos": Fraction(1), "input_video_seconds": Fraction(5, 2)}  # fmt: skip


def logic(name: str, *args: Any) -> Any:
    return {"op": name, "args": list(args)}


def as_number(tree: Any) -> Any:
    return {"op": "if", "args": [tree, *const("1", "0")]}


def nested(levels: int) -> Any:
    tree: Any = {"const": "1"}
    for _ in range(levels - 1):
        tree = {"op": "floor", "args": [tree]}
    return tree


EXPRESSIONS: list[Any] = [
    *(op(name, "2", "3", "0.5") for name in ("add", "multiply", "max", "min")),
    *(op(name, "2", "0.5") for name in ("subtract", "divide")), op("divide", "2", "0"), op("divide", "0", "2"),
    *(op(name, number) for name in ("ceil", "floor") for number in ("2", "2.1", "-2.1")),
    *(op(name, "2.12", step="0.05") for name in ("ceil", "floor")),
    *(as_number(op(name, *two)) for name in ("gt", "gte", "lt", "lte", "eq", "neq") for two in (("1", "2"), ("2", "2"),
                                                                                               ("3", "2"))),
    *(as_number(logic(name, *args)) for name in ("and", "or") for args in ((TRUE, TRUE), (TRUE, FALSE), (FALSE, FALSE),
                                                                           (FALSE, FALSE, TRUE), (TRUE, TRUE, FALSE))),
    as_number(logic("not", TRUE)), as_number(logic("not", FALSE)),
    as_number(logic("eq", {"var": "quality"}, {"word": "720p"})),
    as_number(logic("neq", {"var": "ratio"}, {"word": "1:1"})),
    as_number(logic("eq", {"var": "sound"}, TRUE)), as_number({"var": "sound"}),
    {"var": "seconds"}, {"var": "input_images"}, {"var": "input_videos"}, {"var": "input_video_seconds"},
    {"var": "input_audios"}, {"lookup": "quality", "values": {"480p": "1", "720p": "2"}},
    {"lookup": "quality", "values": {"480p": "1"}}, {"lookup": "sound", "values": {"true": "3", "false": "4"}},
    {"lookup": "input_video_seconds", "values": {"2.5": "7"}}, {"lookup": "input_audios", "values": {"0": "7"}},
    op("add", *["1"] * 16), {"lookup": "quality", "values": {**{str(n): "1" for n in range(99)}, "720p": "2"}},
    {"lookup": "quality", "values": {"720p": "2", "w" * 100: "1"}},
]  # fmt: skip
WRONG: list[Any] = [
    op("add", "1"), op("add", *["1"] * 17), op("subtract", "1"), op("divide", "1", "1", "1"), op("ceil"),
    op("floor", "1", "2"), {"op": "if", "args": [TRUE, *const("1")]}, op("gt", "1"), op("eq", "1"),
    op("neq", "1", "2", "3"),
    logic("and", TRUE), logic("not", TRUE, TRUE), logic("or", TRUE, *const("1")),
    logic("gt", {"var": "quality"}, *const("1")),
    logic("if", *const("1", "1", "1")), logic("eq", {"var": "sound"}, {"word": "on"}), {"op": 7, "args": []},
    {"op": [], "args": []}, {"op": "power", "args": []}, {"op": "add", "args": {}}, op("add", "1", "2", step="1"),
    op("ceil", "1", step="0"), op("ceil", "1", step="-1"), op("floor", "1", step=1), op("add", "1", "2", x=1),
    {"op": "add"},
    {"const": 1}, {"const": "1,5"}, {"const": "1" * 13}, {"const": f"0.{'1' * 13}"},
    {"const": f"-{'1' * 12}.{'1' * 12}"},
    {"const": "+1"}, {"const": "1."}, {"word": ""}, {"word": "w" * 101}, {"word": "w" * 100}, {"word": 7},
    {"var": "credits"},
    {"var": 7}, {"lookup": "credits", "values": {"a": "1"}}, {"lookup": "quality", "values": {}},
    {"lookup": "quality", "values": {str(n): "1" for n in range(101)}}, {"lookup": "quality", "values": []},
    {"lookup": "quality", "values": {"a": 1}}, {"lookup": "quality", "values": {"": "1"}}, {"lookup": "quality"}, {},
    [], "1",
    {"const": "1", "word": "a"}, TRUE, logic("add", {"lookup": "quality", "values": {"a": "x"}}, *const("1")),
]  # fmt: skip


def given(tree: Any) -> str:
    try:
        made = parse(tree, "number")
        return f"{plain(made.number(SAID))}, read of {sorted(made.reads)}"
    except BadExpression as error:
        return f"at {'/'.join(map(str, error.path)) or '.'}: {error}"
    except NoValue as error:
        return f"no value: {error}"


def test_what_each_expression_gives(expect: Expect) -> None:
    lines = [f"{json.dumps(tree)[:160]}\n  {given(tree)}" for tree in (*EXPRESSIONS, *WRONG)]
    expect(HERE / "expressions.txt", "\n".join(lines) + "\n")


def test_an_expression_has_bounds() -> None:
    assert given(nested(32)) == "1, read of []"
    place = "/".join(["args/0"] * 32)
    assert given(nested(33)) == f"at {place}: the expression is too large; at most 32 levels and 400 parts"


def test_an_expression_is_counted_in_parts() -> None:
    flat = {"op": "add", "args": [{"op": "add", "args": const(*["1"] * 16)}] * 16}
    whole = {"op": "add", "args": [flat, {"op": "add", "args": [{"op": "add", "args": const(*["1"] * 15)}] * 7}]}
    parts = 1 + (1 + 16 * 17) + (1 + 7 * 16)
    more = {"op": "add", "args": [*whole["args"], {"op": "add", "args": const(*["1"] * (400 - parts - 1))}]}
    assert given(more) == f"{16 * 16 + 7 * 15 + 400 - parts - 1}, read of []"
    assert "400 parts" in given({"op": "add", "args": [*more["args"], {"const": "1"}]})


PLAIN = {"0": "0", "13.5": "13.5", "-0.05": "-0.05", "-7": "-7", "1/3": "1/3", "100": "100",
f"1/{10**24}": f"0.{'0' * 23}1",
         f"1/{10**25}": f"1/{10**25}"}  # fmt: skip


def test_a_number_is_shown_in_digits() -> None:
    assert {text: plain(Fraction(text)) for text in PLAIN} == PLAIN
    assert number_of("-12.250") == Fraction("-12.25")
    with pytest.raises(BadExpression) as found:
        number_of(True, ("rate",))
    assert found.value.path == ("rate",)


# --- files -----------------------------------------------------------------------------------------------------------

ROW = {"from": "2026-10-10", "source": "s", "sure": "stated",
       "parts": [{"name": "video", "rate": "10", "quantity": {"var": "seconds"}}]}  # fmt: skip
PART = ROW["parts"][0]
A = "models/acme-1.0"
FILES: dict[str, tuple[tuple[str, Any], ...]] = {
    "as it is": (),
    "it is a list": (("", []),),
    "it is too deep": (("", {"a": json.loads("[" * 80 + "]" * 80)}),),
    "of another version": (("seedspec_prices", 3),),
    "without models": (("models", None),),
    "rows that are no list": ((A, {}), ("models/other", [ROW])),
    "a row that is none": ((A, [7, ROW]),),
    "a row without a source": ((f"{A}/0/source", None),),
    "a row of a day that is none": ((A, [{**ROW, "from": "2026-02-30"}, ROW]),),
    "a row of a day in another form": ((f"{A}/0/from", "20261010"),),
    "rows in another order": ((A, [{**ROW, "from": "2027-01-01"}, ROW, {**ROW, "from": "2026-02-31"}]),),
    "two rows of a day": ((A, [ROW, {**ROW, "from": "2026-10-11"}, ROW, ROW]),),
    "a rate that is none": ((f"{A}/0/parts", [{**PART, "rate": "x"}]),),
    "a minimum that is none": ((f"{A}/0/parts", [PART, {**PART, "minimum": "1.."}]),),
    "a quantity that is a condition": ((f"{A}/0/parts/0/quantity", TRUE),),
    "a condition that is a number": ((f"{A}/0/parts/0/when", {"var": "seconds"}),),
    "a condition": ((f"{A}/0/parts/0/when", {"var": "sound"}),),
    "two parts that are wrong": ((f"{A}/0/parts", [{**PART, "rate": "x"}, {**PART, "quantity": {"var": "x"}}]),),
    "a margin and an end": ((f"{A}/0/margin", "0.1"), (f"{A}/0/until", "2026-12-31")),
    "no parts": ((f"{A}/0/parts", []),),
}  # fmt: skip


def rate_shown(rate: Rate) -> str:
    if not rate.known:
        return f"none, as of {rate.as_of}: {rate.why} [{rate.sure}{', beside' * rate.beside}]"
    parts = [
        f"{p.name} {plain(p.rate)}, at least {plain(p.minimum)}{', if' * (p.when is not None)}" for p in rate.parts
    ]
    margin = f", margin {plain(rate.margin)}" if rate.margin else ""
    end = f" to {rate.until}" if rate.until else ""
    return f"{rate.as_of}{end}: {'; '.join(parts)} of {rate.source} [{rate.sure}{', beside' * rate.beside}]{margin}"


def book_shown(book: PriceBook | str, *days: str) -> list[str]:
    if isinstance(book, str):
        return [f"no book: {book}"]
    head = f"{book.provider}, {book.credits_per_usd} to the dollar, as of {book.as_of}"
    rates = [f"{name} on {day}: {rate_shown(book.rate(name, day))}" for name in (*book.rows, "gone") for day in days]
    return [head, *rates, *(f"fault: {fault}" for fault in book.all_faults())]


def test_what_is_in_each_price_file_and_what_is_told_of_it(expect: Expect) -> None:
    said = []
    for case, changed in FILES.items():
        made = prices(*changed)
        said += [told(case, price_faults(made, FORM))]
        said += [f"    {line}" for line in book_shown(price_book("p.json", made, FORM), "2026-10-09", "2027-01-01")]
    expect(HERE / "price_files.txt", "\n".join(said) + "\n")


def of(*rows: Any, name: str = "acme-1.0", **head: Any) -> Any:
    return prices(("models", {name: list(rows)}), *head.items())


UNIT = {"name": "credit", "per_usd": "1", "as_of": "2026-10-10"}
OTHERS: dict[str, Any] = {
    "a later row": of({**ROW, "from": "2026-11-01", "source": "own"}),
    "a row of the same day": of({**ROW, "source": "own"}),
    "an earlier row and a later one": of({**ROW, "from": "2026-01-01"}, {**ROW, "from": "2026-12-01", "source": "own"}),
    "a row of a day that is none": of({**ROW, "from": "2026-02-30"}),
    "a model without any": of(ROW, name="new-1.0"),
    "a model without any, twice": of(ROW, ROW, name="new-1.0"),
    "of another provider": of(ROW, provider="other"),
    "of another credit": of(ROW, unit=UNIT),
    "of no form": [],
    "with a broken row": of({**ROW, "from": "2026-11-01", "sure": 7}, name="new-1.0"),
}


def test_whose_rows_hold(expect: Expect) -> None:
    known = price_book("p.json", prices(), FORM)
    assert isinstance(known, PriceBook)
    said = []
    for case, document in OTHERS.items():
        said += [f"{case}, of one's own", *book_shown(layer_prices(known, "own.json", document, FORM), "2026-12-02")]
        for name, before in (("", known), (" alone", None)):
            book, left = with_beside(before, "near.json", document, FORM)
            said += [
                f"{case}, beside a storyboard{name}",
                *book_shown(book, "2026-12-02"),
                *(f"left: {one}" for one in left),
            ]
    expect(HERE / "layered_prices.txt", "\n".join(said) + "\n")


# --- what a request costs --------------------------------------------------------------------------------------------


def rate_of(*parts: Part, **more: Any) -> Rate:
    return Rate("2026-10-10", "s", more.pop("sure", "stated"), parts, Decimal(68), **more)


def part(rate: str, quantity: Any, when: Any = None, minimum: str = "0") -> Part:
    condition = None if when is None else parse(when, "truth")
    return Part("video", Fraction(rate), parse(quantity, "number"), condition, Fraction(minimum))


SECONDS = {"var": "seconds"}


def test_a_bill_is_the_sum_of_its_parts() -> None:
    loud = part("2", SECONDS, {"var": "sound"})
    assert charge(rate_of(part("1", SECONDS), loud), Asked(5, sound=True)) == 150_000
    assert charge(rate_of(part("1", SECONDS), loud), Asked(5, sound=False)) == 50_000
    assert [charge(rate_of(part("0.00001", SECONDS)), Asked(n)) for n in (4, 5, 14, 15)] == [0, 1, 1, 2]
    assert [charge(rate_of(part("1", SECONDS, minimum="5")), Asked(n)) for n in (4, 5, 6)] == [50_000, 50_000, 60_000]
    assert charge(rate_of(part("0", SECONDS)), Asked(5)) == 0
    with pytest.raises(NoValue, match=r"^the price of `video` is below zero$"):
        charge(rate_of(part("-0.00001", SECONDS, minimum="-1")), Asked(5))
    with pytest.raises(NoValue, match=r"^nobody knows$"):
        charge(rate_of(why="nobody knows"), Asked(5))
    assert rate_of(part("1", SECONDS), loud).reads == {"seconds", "sound"}


@pytest.mark.parametrize(
    ("lengths", "each", "most", "range_"),
    [
        ([], (2, 15), 15, None),
        ([2.1, 2.2], (2, 15), 15, ("4.3", "4.3")),
        ([20, 20], (2, 15), 15, ("40", "40")),
        ([None], (2, 15), None, ("2", "15")),
        ([None, None], (2, 15), 15, ("4", "15")),
        ([5, None], (2, 15), 15, ("7", "15")),
        ([5, None], (2, 15), 30, ("7", "20")),
        ([20, None], (2, 15), 15, ("22", "22")),
        ([None, 3], None, 9, ("3", "9")),
        ([None], None, None, ("0", "0")),
    ],
)
def test_reference_videos_last_as_long_as_they_can_together(
    lengths: list[float | None], each: tuple[float, float] | None, most: float | None, range_: tuple[str, str] | None
) -> None:
    assert reference_seconds(lengths, each, most) == (range_ and tuple(map(Decimal, range_)))


def test_an_estimate_is_a_range_and_says_what_it_lacks() -> None:
    by_video = part("1", {"var": "input_video_seconds"})
    ends = (Decimal(2), Decimal(15))
    assert estimate(rate_of(by_video), Asked(), ends) == Cost(20_000, 150_000)
    assert estimate(rate_of(by_video), Asked(), None) == Cost(0, 0)
    assert estimate(rate_of(part("1", op("subtract", "20", "0"))), Asked(), ends) == Cost(200_000, 200_000)
    falling = part("1", logic("subtract", {"const": "20"}, {"var": "input_video_seconds"}))
    assert estimate(rate_of(falling), Asked(), ends) == Cost(50_000, 180_000)
    odd = rate_of(part("0.0003", {"const": "1"}), margin=Fraction(1, 2))
    assert estimate(odd, Asked(), None) == Cost(1, 5)
    assert estimate(rate_of(by_video, sure="guessed"), Asked(), ends) == Cost(20_000, 150_000, guessed=True)
    assert estimate(rate_of(part("1", SECONDS)), Asked(), None) == Cost(unpriced=1)


def test_costs_are_added_and_multiplied() -> None:
    one, two = Cost(1, 2, 3, guessed=False), Cost(10, 20, 30, guessed=True)
    assert one + two == Cost(11, 22, 33, guessed=True) and two + one == one + two and one + one == one.times(2)
    assert two.times(2) == Cost(20, 40, 60, guessed=True) and two.times(0) == Cost() and one.times(1) == one


def test_what_a_price_may_depend_on() -> None:
    said = {"duration": 5, "quality": "720p", "aspect_ratio": "16:9", "generate_audio": True, "seed": 7}
    asked = asked_of(said, ["image", "video", "image", "audio", "image"])
    assert asked == Asked(5, "720p", "16:9", sound=True, images=3, videos=1, audios=1)
    assert asked_of({}) == Asked()
    assert asked.only(()) == Asked(videos=1)
    for word, name in {"seconds": "seconds", "quality": "quality", "ratio": "ratio", "sound": "sound",
                       "input_images": "images", "input_audios": "audios"}.items():  # fmt: skip
        assert asked.only([word]) == Asked(**{"videos": 1, name: getattr(asked, name)})
    assert quantities_of(asked, 2.1) == {
        "seconds": 5, "quality": "720p", "ratio": "16:9", "sound": True, "input_images": 3, "input_videos": 1,
        "input_video_seconds": Fraction(21, 10), "input_audios": 1,
    }  # fmt: skip
    assert quantities_of(Asked(), 0) == {
        "input_images": 0,
        "input_videos": 0,
        "input_video_seconds": 0,
        "input_audios": 0,
    }


def test_credits_are_whole_units() -> None:
    rate = rate_of()
    assert [units_within(n, rate) for n in (1, 0.1, Decimal("0.00019"), 2.00009)] == [10_000, 1000, 1, 20_000]
    assert (exact(2.1), exact(Decimal("2.10"))) == (Decimal("2.1"), Decimal("2.10"))
