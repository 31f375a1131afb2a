"""Price files: what an expression gives, the row of a day, and what is said of a file that is not as it must be."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from documents import changed
from hypothesis import given
from hypothesis import strategies as st

from seedspec import api
from seedspec.catalog.expression import MOST_NODES, OPERATIONS, VARIABLES, BadExpression, NoValue, parse, plain
from seedspec.catalog.model import Catalog, catalog_of
from seedspec.catalog.price import Asked, Cost, charge, estimate, usd_of
from seedspec.catalog.price_file import MOST_DEPTH, MOST_PARTS, PriceBook, is_small, layer_prices, price_book
from seedspec.catalog.schema import Schema
from seedspec.project import sources
from tests.boards import MODEL
from tests.catalog.old_formula import old_charge

SHIPPED = sources.schemas()
FILE = "evolink/prices.json"
FORM = Schema(SHIPPED["meta/prices.json"])
LATEST = "9999-12-31"
ROOT = Path(__file__).parents[2]


def book(document: Any = SHIPPED[FILE], path: str = FILE) -> PriceBook:
    made = price_book(path, document, FORM)
    assert isinstance(made, PriceBook), made
    return made


RATE = book().rate(MODEL, LATEST)


MODEL_2 = "seedance-1.5-pro"
SMALL = {**SHIPPED[FILE], "models": {name: SHIPPED[FILE]["models"][name] for name in (MODEL_2, MODEL)}}


def small() -> Any:
    return copy.deepcopy(SMALL)


def with_rows(*rows: Any, model: str = MODEL, **head: Any) -> Any:
    return {**copy.deepcopy(SHIPPED[FILE]), **head, "models": {model: list(rows)}}


def row(since: str, rate: str = "1", **more: Any) -> Any:
    quantity = more.pop("quantity", {"var": "seconds"})
    parts = [{"name": "video", "rate": rate, "quantity": quantity}]
    return {"from": since, "source": "a page", "sure": "stated", "parts": parts, **more}


# --- the same prices as before ---------------------------------------------------------------------------------------


@pytest.mark.slow
def test_expressions_give_what_the_formula_gave() -> None:
    """Each quality and length, without a reference video and with every hundredth of seconds of them."""
    lengths = [None, *(Decimal(n) / 100 for n in range(200, 1501))]
    compared = 0
    for quality in ("480p", "720p"):
        for duration in range(4, 16):
            for seconds in lengths:
                asked = Asked(duration, quality, videos=int(seconds is not None))
                assert charge(RATE, asked, seconds or 0) == old_charge(quality, duration, seconds)
                compared += 1
    assert compared == 31_248


def boards(*, long: bool) -> Iterator[Path]:
    """The storyboards of examples and cases; those with mistakes, some of which make entries too, with --long."""
    yield from (ROOT / "examples").glob("*/storyboard.yaml")
    cases = (ROOT / "tests" / "cases").glob("*/*/storyboard.yaml")
    yield from (c for c in cases if long or c.parts[-3] != "errors")


@pytest.mark.slow
def test_every_entry_costs_what_it_did(monkeypatch: pytest.MonkeyPatch, *, long: bool) -> None:
    compared = 0
    for board in boards(long=long):
        monkeypatch.chdir(board.parent)
        made = api.compile("storyboard.yaml")
        entries = made.entries if made.board is not None else ()
        for entry in (e for e in entries if e.model.id == MODEL):
            videos = entry.model.video_seconds(m.seconds for m in entry.media if m.kind == "video")
            quality, duration = str(entry.request["quality"]), int(entry.request["duration"])
            low, high = (old_charge(quality, duration, end) for end in videos or (None, None))
            assert entry.cost == Cost(low, high), (board, entry.address)
            compared += 1
    assert compared > 100


# --- every model -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "asked", "seconds", "credits"),
    [
        ("seedance-2.0-reference-to-video", Asked(5, "1080p"), 0, "168.75"),
        ("seedance-2.0-reference-to-video", Asked(5, "4k", videos=1), 3, "425.25"),
        ("seedance-2.0-image-to-video", Asked(4, "480p", images=1), 0, "25.11"),
        ("seedance-2.0-text-to-video", Asked(15, "4k"), 0, "1032.75"),
        ("seedance-2.0-fast-reference-to-video", Asked(5, "720p"), 0, "41.0065"),
        ("seedance-2.0-fast-reference-to-video", Asked(5, "720p", videos=1), 5, "48.797735"),
        ("seedance-2.0-fast-text-to-video", Asked(4, "480p"), 0, "15.254418"),
        ("seedance-2.0-fast-image-to-video", Asked(4, "720p"), 0, "32.8052"),
        ("seedance-2.0-mini-reference-to-video", Asked(5, "720p"), 0, "13.5"),
        ("seedance-2.0-mini-text-to-video", Asked(4, "480p"), 0, "5.022"),
        ("seedance-2.0-mini-image-to-video", Asked(4, "720p"), 0, "10.8"),
        ("seedance-1.5-pro", Asked(5, "720p", sound=True), 0, "17.784"),
        ("seedance-1.5-pro", Asked(5, "720p", sound=False), 0, "8.892"),
        ("seedance-1.5-pro", Asked(4, "480p", sound=False), 0, "3.4445"),  # the least that the vendor charges
        ("kling-v3-image-to-video", Asked(5, "1080p", sound=True), 0, "54"),
        ("kling-v3-image-to-video", Asked(5, "1080p", sound=False), 0, "36.018"),
        ("kling-v3-image-to-video", Asked(5, "4k", sound=True), 0, "135"),
    ],
)  # fmt: skip
def test_what_each_model_costs(model: str, asked: Asked, seconds: int, credits: str) -> None:
    units = (Decimal(credits) * 10_000).to_integral_value("ROUND_HALF_UP")
    assert charge(book().rate(model, LATEST), asked, seconds) == units


def test_a_quality_without_a_price_is_unpriced() -> None:
    rate = book().rate("seedance-2.0-mini-text-to-video", LATEST)
    assert estimate(rate, Asked(5, "4k"), None) == Cost(unpriced=1)
    with pytest.raises(NoValue, match="no price for quality `4k`"):
        charge(rate, Asked(5, "4k"))


def test_what_a_request_does_not_say_has_no_price() -> None:
    with pytest.raises(NoValue, match="depends on sound"):
        charge(book().rate("seedance-1.5-pro", LATEST), Asked(5, "720p"))


def test_dollars_are_exact() -> None:
    assert usd_of(680_000, RATE) == 1
    assert sum(usd_of(1, RATE) for _ in range(680_000 // 1000)) * 1000 == 1


# --- expressions -----------------------------------------------------------------------------------------------------

SAID = {"seconds": Fraction(5), "quality": "720p", "sound": True, "input_video_seconds": Fraction(21, 10)}


@pytest.mark.parametrize(
    ("tree", "value"),
    [
        ({"op": "ceil", "args": [{"const": "7.01"}], "step": "0.1"}, "7.1"),
        ({"op": "ceil", "args": [{"const": "-7.01"}]}, "-7"),
        ({"op": "floor", "args": [{"const": "7.99"}], "step": "0.25"}, "7.75"),
        ({"op": "divide", "args": [{"const": "1"}, {"const": "3"}]}, "1/3"),
        ({"op": "add", "args": [{"var": "input_video_seconds"}, {"const": "2.2"}]}, "4.3"),
        ({"op": "min", "args": [{"const": "3"}, {"var": "seconds"}, {"const": "9"}]}, "3"),
        ({"op": "max", "args": [{"const": "3"}, {"op": "subtract", "args": [{"const": "1"}, {"const": "9"}]}]}, "3"),
        ({"lookup": "seconds", "values": {"5": "40", "10": "80"}}, "40"),
        ({"lookup": "sound", "values": {"true": "2", "false": "1"}}, "2"),
        ({"op": "if", "args": [{"op": "eq", "args": [{"var": "quality"}, {"word": "4k"}]}, {"const": "1"},
                               {"const": "2"}]}, "2"),
        ({"op": "if", "args": [{"op": "and", "args": [{"var": "sound"}, {"op": "not", "args": [
            {"op": "lt", "args": [{"var": "seconds"}, {"const": "5"}]}]}]}, {"const": "1"}, {"const": "2"}]}, "1"),
    ],
)  # fmt: skip
def test_what_an_expression_gives(tree: Any, value: str) -> None:
    assert plain(parse(tree, "number").number(SAID)) == value


def nested(levels: int) -> Any:
    tree: Any = {"const": "1"}
    for _ in range(levels):
        tree = {"op": "floor", "args": [tree]}
    return tree


def wide(count: int) -> Any:
    """A tree of more than `count` nodes that is not deep."""
    level: list[Any] = [{"const": "1"}] * count
    while len(level) > 1:
        level = [{"op": "add", "args": level[n : n + 16]} if len(level[n : n + 16]) > 1 else level[n]
                 for n in range(0, len(level), 16)]  # fmt: skip
    return level[0]


@pytest.mark.parametrize(
    ("tree", "place", "words"),
    [
        (nested(40), "args", "too large"),
        (wide(MOST_NODES), "args", "too large"),
        ({"const": 1.5}, "const", "a number as text"),
        ({"const": "1e9"}, "const", "a number as text"),
        ({"const": "9" * 13}, "const", "at most 12 digits"),
        ({"var": "price"}, "var", "`seconds`"),
        ({"op": "add", "args": [{"var": "quality"}, {"const": "1"}]}, "args/0", "found a word; expected a number"),
        ({"op": "eq", "args": [{"var": "quality"}, {"const": "4"}]}, "args/1", "found a number; expected a word"),
        ({"op": "if", "args": [{"const": "1"}, {"const": "1"}, {"const": "1"}]}, "args/0", "expected a condition"),
        ({"op": "add", "args": [{"const": "1"}]}, "args", "2 to 16"),
        ({"op": "power", "args": [{"const": "1"}]}, "op", "`multiply`"),
        ({"op": "add", "args": [{"const": "1"}] * 2, "step": "1"}, "step", "no step"),
        ({"op": "ceil", "args": [{"const": "1"}], "step": "0"}, "step", "above 0"),
        ({"lookup": "quality", "values": {}}, "values", "1 to 100"),
        ({"var": "seconds", "const": "1"}, "", "expected `const`"),
        ([], "", "expected a mapping"),
    ],
)  # fmt: skip
def test_what_is_no_expression(tree: Any, place: str, words: str) -> None:
    with pytest.raises(BadExpression) as found:
        parse(tree, "number")
    assert words in str(found.value) and "/".join(map(str, found.value.path)).startswith(place)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["1", "0.1", *VARIABLES]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["const", "word", "var", "lookup", "values", "op", "args", "step", "x"]),
        inner | st.sampled_from(list(OPERATIONS)), max_size=3),
    max_leaves=30,
)  # fmt: skip


@given(json_values, st.sampled_from(["number", "word", "truth"]))
@pytest.mark.slow
def test_no_tree_ends_in_a_traceback(tree: Any, kind: Any) -> None:
    with suppress(BadExpression, NoValue):
        parse(tree, kind).work_out(SAID)


# --- the row of a day ------------------------------------------------------------------------------------------------


def test_a_row_holds_from_its_day_on() -> None:
    rows = (row("2026-12-01", "2"), row("2026-10-10"), row("2027-01-01", "3", until="2027-06-30"))
    found = book(with_rows(*rows))
    units = {
        day: charge(found.rate(MODEL, day), Asked(5)) // 10_000 for day in ("2026-01-01", "2026-10-10", "2026-11-30")
    }
    assert units == {"2026-01-01": 5, "2026-10-10": 5, "2026-11-30": 5}
    later = {day: found.rate(MODEL, day) for day in ("2026-12-01", "2026-12-31", "2027-06-30", "2027-07-01")}
    assert [r.as_of for r in later.values()] == ["2026-12-01", "2026-12-01", "2027-01-01", "2026-10-10"]
    assert not later["2027-07-01"].known and "ended on 2027-06-30" in later["2027-07-01"].why


def test_a_guess_and_a_margin_are_seen_in_an_estimate() -> None:
    found = book(with_rows(row("2026-10-10", "1.00005", sure="guessed", margin="0.1")))
    rate = found.rate(MODEL, LATEST)
    assert estimate(rate, Asked(5), None) == Cost(45_002, 55_004, guessed=True)  # outwards, to the whole unit
    assert charge(rate, Asked(5)) == 50_003
    assert Cost(1, 2, guessed=True) + Cost(unpriced=1) == Cost(1, 2, 1, True)


def test_parts_are_added_each_rounded_by_itself() -> None:
    images = {"op": "subtract", "args": [{"var": "input_images"}, {"const": "2"}]}
    parts = [
        {"name": "video", "rate": "0.00005", "quantity": {"const": "1"}},
        {"name": "images", "rate": "0.00005", "quantity": images,
         "when": {"op": "gt", "args": [{"var": "input_images"}, {"const": "2"}]}},
    ]  # fmt: skip
    rate = book(with_rows(row("2026-10-10", parts=parts))).rate(MODEL, LATEST)
    assert [charge(rate, Asked(5, images=n)) for n in (2, 3, 4)] == [1, 2, 2]


# --- files of others -------------------------------------------------------------------------------------------------


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, (dict, list)):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield (*path, key)
            yield from places(value[key], (*path, key))


@pytest.mark.parametrize("to", [None, 7, "text", [], {}, "-1"])
def test_whatever_is_wrong_with_a_row_is_said_and_the_others_hold(to: Any) -> None:
    shipped = SMALL["models"][MODEL_2]
    for path in places(shipped, ("models", MODEL_2)):
        found = book(changed(small(), path, to))
        assert charge(found.rate(MODEL, LATEST), Asked(5, "720p")) == 675_000
        rate = found.rate(MODEL_2, LATEST)
        if rate.known:
            with suppress(NoValue):  # a word fewer in a table is one fewer that has a price
                charge(rate, Asked(5, "720p", sound=True))
        else:
            assert MODEL_2 in rate.why or "row of" in rate.why, path
            assert rate.why.startswith("no price") or FILE in rate.why, path


@pytest.mark.parametrize("to", [None, 7, "text", [], {}])
def test_whatever_is_wrong_with_a_file_ends_in_no_traceback(to: Any) -> None:
    for path in places(SMALL):
        if len(path) <= 3:
            made = price_book(FILE, changed(small(), path, to), FORM)
            assert isinstance(made, PriceBook) or made.startswith(f"`{FILE}`"), path


def deep(levels: int = 900) -> Any:
    tree: Any = []
    for _ in range(levels - 1):
        tree = [tree]
    return tree


def test_the_largest_document_that_is_judged_is_as_large_as_its_bound() -> None:
    assert is_small([0] * (MOST_PARTS - 1)) and not is_small([0] * MOST_PARTS)
    assert is_small({"k": list(range(MOST_PARTS - 2))}) and not is_small({"k": list(range(MOST_PARTS - 1))})
    assert is_small(deep(MOST_DEPTH)) and not is_small(deep(MOST_DEPTH + 1))
    assert is_small({"k": deep(MOST_DEPTH - 1)}) and not is_small({"k": deep(MOST_DEPTH)})


@pytest.mark.parametrize("document", [None, [], "x", 3, {}, deep(), {"models": deep()}, [0] * 300_000])
def test_what_is_no_price_file_is_named(document: Any) -> None:
    made = price_book(FILE, document, FORM)
    assert isinstance(made, str) and made.startswith(f"`{FILE}`")


def test_a_place_is_named() -> None:
    path = ("models", MODEL_2, 0, "parts", 0, "quantity", "args", 1, "values", "720p")
    assert "models/seedance-1.5-pro/0/parts/0" in book(changed(small(), path, "1,5")).rate(MODEL_2, LATEST).why
    path = ("models", MODEL_2, 0, "parts", 0, "quantity", "args", 2, "args", 0)
    (fault,) = book(changed(small(), path, {"var": "seconds"})).all_faults()
    assert "parts/0/quantity/args/2/args/0: found a number; expected a condition" in fault


def test_two_rows_of_one_day_are_said() -> None:
    (fault,) = book(with_rows(row("2026-10-10"), row("2026-10-10", "2"))).all_faults()
    assert "two rows from 2026-10-10" in fault


def test_a_broken_price_file_is_named_for_its_models() -> None:
    catalog = catalog_of({**SHIPPED, FILE: None})
    assert MODEL in catalog.broken and FILE in catalog.broken[MODEL]


# --- the user's own prices -------------------------------------------------------------------------------------------


def own(*rows: Any, model: str = MODEL, **head: Any) -> Catalog:
    return catalog_of(SHIPPED, LATEST, {"evolink": ("own.json", with_rows(*rows, model=model, **head))})


def test_a_later_row_of_the_user_holds() -> None:
    rate = own(row("2026-11-01", "2")).models[MODEL].rate
    assert (rate.as_of, charge(rate, Asked(5, "720p"))) == ("2026-11-01", 100_000)


@pytest.mark.parametrize("day", ["2026-10-10", "2026-10-09", "2020-01-01"])
def test_an_earlier_row_of_the_user_replaces_nothing(day: str) -> None:
    assert own(row(day, "0.001")).models[MODEL].rate.as_of == "2026-10-10"
    catalog = own(row(day, "0.001"))
    assert charge(catalog.prices["evolink"].rate(MODEL, "2020-01-01"), Asked(5, "720p")) == 675_000


def test_the_user_may_price_what_has_no_price() -> None:
    assert own(row("2026-01-01", "2"), model="other-1.0").prices["evolink"].rate("other-1.0", LATEST).known


@pytest.mark.parametrize(
    "head",
    [
        {"provider": "other"},
        {"unit": {"name": "credit", "per_usd": "1", "as_of": "2026-10-10"}},
        {"seedspec_prices": 3},
    ],
)
def test_a_file_that_is_of_something_else_changes_nothing(head: Any) -> None:
    catalog = own(row("2026-11-01", "2"), **head)
    assert catalog.models[MODEL].rate.as_of == "2026-10-10"
    assert "own.json" in catalog.prices["evolink"].all_faults()[0]


def test_a_broken_row_of_the_user_gives_no_price() -> None:
    """Whoever has newer prices is not told the old ones."""
    rate = own(row("2026-11-01", "two")).models[MODEL].rate
    assert not rate.known and "own.json" in rate.why
    assert layer_prices(book(), "own.json", None, FORM).all_faults()
    assert json.dumps(SHIPPED[FILE])  # and nothing of the shipped file has changed
