"""What a strategy asks for among the rows of a storyboard: what it adds, what is lacking, and the least number."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Iterator, Sequence

from seedspec.compiler.matrix.completion import Completion
from seedspec.compiler.matrix.pairs import Pairs, few_rows
from seedspec.compiler.matrix.product import Product, Row
from seedspec.compiler.storyboard.types import Strategy
from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class Extension:
    """The rows that a strategy adds to those that are there, and that no fewer than `least` rows could do."""

    added: tuple[Row, ...]
    least: int


def extend(strategy: Strategy, product: Product, rows: Collection[Row]) -> Extension:
    """Adds what the strategy asks for to rows of a product: the same on every machine. Raises TooMuch."""
    if strategy.kind == "pairwise":
        return Extension(*few_rows(product, rows))
    if strategy.kind == "one-at-a-time":
        asked = list(_around_the_first(product))
        known = set(rows)
        return Extension(tuple(row for row in asked if row not in known), len(asked))
    added = tuple(_draw(strategy, product, rows))
    return Extension(added, min(strategy.count, len(rows) + len(added)))


def lacking(strategy: Strategy, product: Product, names: Sequence[str], rows: Collection[Row]) -> str:
    """What rows of a product lack for a strategy, in words: its first part alone. "" where nothing is lacking.

    Raises TooMuch.
    """
    if strategy.kind == "pairwise":
        pair = Pairs(product, rows).first_lacking()
        labels = " and ".join(f"`{names[axis]}={label}`" for axis, label in pair)
        return f"no row with {labels}" if pair else ""
    if strategy.kind == "one-at-a-time":
        known = set(rows)
        row = next((row for row in _around_the_first(product) if row not in known), None)
        return f"no row `{in_words(names, row)}`" if row is not None else ""
    if next(_draw(strategy, product, rows), None) is None:
        return ""
    return f"{len(rows):,} row{'' if len(rows) == 1 else 's'}, and `{strategy.word}` asks for more"


def in_words(names: Sequence[str], row: Row) -> str:
    """A row as a storyboard writes it."""
    return f"{{{', '.join(f'{name}: {label}' for name, label in zip(names, row, strict=True))}}}"


def first_row(product: Product) -> Row:
    """The base that `one-at-a-time` changes: the first label of each axis."""
    return tuple(labels[0] for labels in product.labels)


def each_label_once(product: Product) -> tuple[Row, ...]:
    """A few allowed rows in which each label stands that an allowed row may hold. Raises TooMuch."""
    completion, rows = Completion(product), dict[Row, None]()
    seen: set[tuple[int, str]] = set()
    for axis, labels in enumerate(product.labels):
        for label in labels:
            if (axis, label) in seen:
                continue
            row = completion.row_with({axis: label}, {})
            if row is not None:
                rows[row] = None
                seen.update(enumerate(row))
    if not product.labels:
        rows[()] = None
    return tuple(rows)


def in_order(product: Product, rows: Collection[Row]) -> tuple[Row, ...]:
    """Rows in the order in which the product comes upon them, each once."""
    places = [{label: i for i, label in enumerate(labels)} for labels in product.labels]
    return tuple(sorted(set(rows), key=lambda row: [place[label] for place, label in zip(places, row, strict=True)]))


def _around_the_first(product: Product) -> Iterator[Row]:
    """The base, and it with each other label in turn, less what is excluded."""
    base = first_row(product)
    if product.allows(base):
        yield base
    for axis, labels in enumerate(product.labels):
        for label in labels[1:]:
            row = (*base[:axis], label, *base[axis + 1 :])
            product.work.spend(1)
            if product.allows(row):
                yield row


def _draw(strategy: Strategy, product: Product, rows: Collection[Row]) -> Iterator[Row]:
    """Further rows by chance, each as likely as any other, until there are as many as the strategy asks for.

    A shuffle of the numbers of all rows, of which only those are kept that were moved.
    """
    whole, moved, known = math.prod(map(len, product.labels)), dict[int, int](), set(rows)
    wanted = strategy.count - len(known)
    for turn in range(whole):
        if wanted <= 0:
            return
        product.work.spend(1)
        other = turn + _chance(strategy.seed, turn) % (whole - turn)
        number = moved.get(other, other)
        moved[other] = moved.pop(turn, turn)
        row = _row(product, number)
        if row not in known and product.allows(row):
            wanted -= 1
            yield row


def _chance(seed: int, turn: int) -> int:
    return int.from_bytes(hashlib.sha256(f"seedspec rows {seed} {turn}".encode()).digest())


def _row(product: Product, number: int) -> Row:
    """The row of a number; the rightmost axis turns fastest."""
    row: list[str] = []
    for labels in reversed(product.labels):
        number, place = divmod(number, len(labels))
        row.append(labels[place])
    return tuple(reversed(row))
