"""Few rows of a matrix: what each strategy claims of them is counted by brute force over the whole product."""

from __future__ import annotations

import subprocess
import sys
from itertools import combinations, product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_rows import SPAN, boxes, matches

from seedspec.compiler.matrix.completion import Completion
from seedspec.compiler.matrix.product import Box, Product, Row, Work
from seedspec.compiler.matrix.strategy import each_label_once, extend, in_order, lacking
from seedspec.compiler.storyboard.types import Strategy

PAIRWISE, ONE = Strategy("pairwise", SPAN), Strategy("one-at-a-time", SPAN)
LABELS = ("a", "b", "c", "d")

Pairs = frozenset[tuple[tuple[int, str], tuple[int, str]]]


def made(labels: list[tuple[str, ...]], forbidden: tuple[Box, ...] = ()) -> Product:
    return Product(labels, forbidden, len(labels), Work())


def allowed(board: Product) -> list[Row]:
    return [row for row in product(*board.labels) if not any(matches(row, box) for box in board.boxes)]


def pairs(rows: list[Row] | tuple[Row, ...]) -> Pairs:
    return frozenset(pair for row in rows for pair in combinations(enumerate(row), 2))


def bound(board: Product) -> int:
    """The most pairs that two axes have together in allowed rows."""
    every = allowed(board)
    tables = combinations(range(len(board.labels)), 2)
    singles = max((len({row[i] for row in every}) for i in range(len(board.labels))), default=0)
    return max([singles, *(len({(row[i], row[j]) for row in every}) for i, j in tables)])


@st.composite
def boards(draw: st.DrawFn, least: int = 1) -> Product:
    sizes = draw(st.lists(st.integers(1, 4), min_size=least, max_size=4))
    return made([LABELS[:n] for n in sizes], draw(boxes(len(sizes))))


@settings(max_examples=300)
@given(boards(), st.data())
@pytest.mark.slow
def test_pairwise_holds_every_pair_that_an_allowed_row_holds(board: Product, data: st.DataObject) -> None:
    every = allowed(board)
    there = data.draw(st.lists(st.sampled_from(every), max_size=4, unique=True)) if every else []
    found = extend(PAIRWISE, board, there)
    rows = [*there, *found.added]
    assert len(set(rows)) == len(rows) and set(rows) <= set(every)
    assert pairs(rows) == pairs(every)
    assert {pair for row in rows for pair in enumerate(row)} == {pair for row in every for pair in enumerate(row)}
    assert found.least == bound(board)
    new = pairs(there)
    for row in found.added:  # no row is bought for nothing
        assert not pairs([row]) <= new or len(board.labels) == 1
        new |= pairs([row])
    names = [f"x{i}" for i in range(len(board.labels))]
    assert lacking(PAIRWISE, board, names, rows) == ""
    if pairs(there) != pairs(every):
        assert lacking(PAIRWISE, board, names, there) != ""


@settings(max_examples=200)
@given(boards(), st.data())
@pytest.mark.slow
def test_a_partial_row_fits_when_the_product_has_one_like_it(board: Product, data: st.DataObject) -> None:
    axes = range(len(board.labels))
    labels = {i: data.draw(st.sampled_from(board.labels[i])) for i in data.draw(st.sets(st.sampled_from(axes)))}
    wished = {i: data.draw(st.sampled_from(board.labels[i])) for i in axes}
    like = [row for row in allowed(board) if all(row[i] == label for i, label in labels.items())]
    found = Completion(board).row_with(labels, wished)
    assert (found is not None) == bool(like)
    assert found is None or found in like
    assert [board.allows(row) for row in product(*board.labels)] == [
        row in set(allowed(board)) for row in product(*board.labels)
    ]


@settings(max_examples=150)
@given(boards(), st.integers(1, 20), st.integers(0, 3), st.data())
def test_a_sample_has_as_many_rows_as_are_asked_for(board: Product, count: int, seed: int, data: st.DataObject) -> None:
    every = allowed(board)
    there = data.draw(st.lists(st.sampled_from(every), max_size=3, unique=True)) if every else []
    rows = [*there, *extend(Strategy("sample", SPAN, count, seed), board, there).added]
    assert len(set(rows)) == len(rows) and set(rows) <= set(every)
    assert len(rows) == max(len(there), min(count, len(every)))
    more = extend(Strategy("sample", SPAN, count + 2, seed), board, rows).added
    assert len(rows) + len(more) == max(len(rows), min(count + 2, len(every)))


@settings(max_examples=100)
@given(boards())
def test_one_at_a_time_changes_one_label_of_the_base(board: Product) -> None:
    base = tuple(labels[0] for labels in board.labels)
    near = {row for row in allowed(board) if sum(a != b for a, b in zip(row, base, strict=True)) <= 1}
    assert set(extend(ONE, board, []).added) == near
    labels = {pair for row in allowed(board) for pair in enumerate(row)}
    assert {pair for row in each_label_once(board) for pair in enumerate(row)} == labels


def test_rows_are_in_the_order_of_the_product() -> None:
    board = made([LABELS, LABELS[:2], LABELS[:3]])
    rows = extend(PAIRWISE, board, []).added
    assert list(in_order(board, [*rows, *rows])) == [row for row in allowed(board) if row in set(rows)]


def test_three_labels_on_four_axes_need_nine_rows_and_few_more_are_taken() -> None:
    assert len(extend(PAIRWISE, made([LABELS[:3]] * 4), []).added) <= 12


_TEN_BY_EIGHT = """
import hashlib, random
from seedspec.compiler.matrix.product import Product, Work
from seedspec.compiler.matrix.strategy import extend
from seedspec.compiler.storyboard.types import Strategy
labels, chance = [tuple(f"l{i}" for i in range(8))] * 10, random.Random(1)
boxes = [{a: frozenset([chance.choice(labels[a])]) for a in chance.sample(range(10), 2)} for _ in range(150)]
for strategy in (Strategy("pairwise", None), Strategy("sample", None, 50, 7)):
    rows = extend(strategy, Product(labels, boxes, 10, Work(1_000_000)), []).added
    print(len(rows), hashlib.sha256(repr(rows).encode()).hexdigest())
"""


@pytest.mark.slow
def test_a_large_board_with_many_exclusions_is_chosen_alike_in_every_process(tmp_path: Path) -> None:
    said = {
        subprocess.run(
            [sys.executable, "-c", _TEN_BY_EIGHT], capture_output=True, text=True, check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[3])},
        ).stdout
        for seed in ("0", "77")
    }  # fmt: skip
    assert len(said) == 1
    assert 64 <= int(said.pop().split()[0]) <= 125  # eight times eight pairs of two axes
