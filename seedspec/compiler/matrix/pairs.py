"""Few rows that hold every pair of labels which any allowed row holds: what is lacking, and a greedy that adds it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator

from seedspec.compiler.matrix.completion import Completion, State
from seedspec.compiler.matrix.product import Product, Row

Pair = tuple[int, int]
"""Two labels by their numbers, the lower one first; a label by itself is the pair of it with itself."""

_MOST_ATTEMPTS, _PATIENCE = 8, 20_000
"""How often rows are chosen anew in the hope of fewer, and the steps after which no further attempt is begun."""


class Pairs:
    """The pairs of labels of a product that some rows do not hold yet. Raises TooMuch.

    Labels have numbers in the order of axes and labels. `open` has for each label, as bits, the labels with which it
    stands in no row yet, itself among them when it stands in none; which of them no row may hold is found on the way.
    """

    def __init__(self, product: Product, rows: Iterable[Row], attempt: int = 0) -> None:
        self._product, self._completion = product, Completion(product)
        self._first = [0]
        for labels in product.labels:
            self._first.append(self._first[-1] + len(labels))
        many = self._first[-1]
        product.work.spend(many * (1 + many // 64))
        self._axis = [axis for axis, labels in enumerate(product.labels) for _ in labels]
        self._label = [label for labels in product.labels for label in labels]
        self._number = [
            {label: first + i for i, label in enumerate(labels)}
            for first, labels in zip(self._first, product.labels, strict=False)
        ]
        others = [((1 << many) - 1) & ~self._bits_of(axis) for axis in range(len(product.labels))]
        self.open = [others[axis] | 1 << number for number, axis in enumerate(self._axis)]
        self._rank = [_rank(attempt, axis, number) for number, axis in enumerate(self._axis)]
        self._dead = [0] * many
        for row in rows:
            self._take([self._number[axis][label] for axis, label in enumerate(row)])

    def first_lacking(self) -> tuple[tuple[int, str], ...]:
        """The first pair that stands in no row, each label with the place of its axis; () when none is lacking."""
        while any(self.open):
            pair = self._seed()
            if self._is_allowed(pair):
                return tuple((self._axis[number], self._label[number]) for number in dict.fromkeys(pair))
        return ()

    def least(self) -> int:
        """No fewer rows can hold every pair: as many as two axes have pairs of labels that are allowed.

        Exact when `added` is through; before, pairs that no row holds may be counted.
        """
        most = 0
        for one in range(len(self._product.labels)):
            allowed = [~self._dead[n] for n in range(self._first[one], self._first[one + 1])]
            for other in range(one, len(self._product.labels)):
                there = self._bits_of(other)
                if one == other:
                    most = max(most, sum(a >> n & 1 for n, a in enumerate(allowed, self._first[one])))
                else:
                    most = max(most, sum((a & there).bit_count() for a in allowed))
        return most

    def added(self) -> Iterator[Row]:
        """Rows that hold, with those that were given, every pair."""
        while any(self.open):
            pair = self._seed()
            if self._is_allowed(pair):
                yield self._row(pair)

    def _is_allowed(self, pair: Pair) -> bool:
        """Whether some row may hold a pair; else it is no longer open."""
        state = self._completion.start
        for number in dict.fromkeys(pair):
            state = self._join(state, number)
        if self._completion.fits(state):
            return True
        for one, other in (pair, pair[::-1]):
            self.open[one] &= ~(1 << other)
            self._dead[one] |= 1 << other
        return False

    def _row(self, pair: Pair) -> Row:
        """A row around a pair, which it holds."""
        chosen, mask, state = list[int](), 0, self._completion.start
        for number in dict.fromkeys(pair):
            chosen, mask, state = [*chosen, number], mask | 1 << number, self._join(state, number)
        while len(chosen) < len(self._product.labels):
            number, state = self._best(mask, state)
            chosen, mask = [*chosen, number], mask | 1 << number
        self._take(chosen)
        return tuple(self._label[number] for number in sorted(chosen))

    def _seed(self) -> Pair:
        """The open pair whose labels lack most."""
        lack = [bits.bit_count() for bits in self.open]
        best, found = -1, (0, 0)
        for a in sorted((n for n, many in enumerate(lack) if many), key=lambda n: (-lack[n], self._rank[n])):
            if 2 * lack[a] <= best:
                break
            for b in _bits(self.open[a]):
                if lack[a] + lack[b] > best and (a != b or self.open[a] == 1 << a):
                    best, found = lack[a] + lack[b], (min(a, b), max(a, b))
        return found

    def _best(self, mask: int, state: State) -> tuple[int, State]:
        """The label that brings most pairs to a row, of those with which it can become whole."""
        free = [n for n in range(len(self.open)) if state[1] >> self._axis[n] & 1]
        self._product.work.spend(1 + len(free) // 16)
        open_, rank = self.open, self._rank
        ranked = sorted(free, key=lambda n: (-(open_[n] & mask).bit_count(), -open_[n].bit_count(), rank[n]))
        for number in ranked:
            following = self._join(state, number)
            if self._completion.fits(following):
                return number, following
        raise AssertionError("what can be completed is completed by some label")

    def _join(self, state: State, number: int) -> State:
        return self._completion.joined(state, self._axis[number], self._label[number])

    def _take(self, row: list[int]) -> None:
        mask = sum(1 << number for number in row)
        self._product.work.spend(1)
        for number in row:
            self.open[number] &= ~mask

    def _bits_of(self, axis: int) -> int:
        return (1 << self._first[axis + 1]) - (1 << self._first[axis])


def few_rows(product: Product, rows: Collection[Row]) -> tuple[tuple[Row, ...], int]:
    """The fewest rows of some attempts that hold every pair together with `rows`; and the least that could.

    Each attempt settles ties in another way, the same on every machine. Raises TooMuch.
    """
    best: tuple[Row, ...] | None = None
    least, begun = 0, product.work.done
    for attempt in range(_MOST_ATTEMPTS):
        pairs = Pairs(product, rows, attempt)
        added = tuple(pairs.added())
        least = pairs.least()
        if best is None or len(added) < len(best):
            best = added
        if len(rows) + len(best) <= least or product.work.done - begun > _PATIENCE:
            break
    return best or (), least


def _rank(attempt: int, axis: int, number: int) -> tuple[int, int]:
    """Which of two labels goes first that are equal for the greedy."""
    if attempt < 2:
        return (0, number) if attempt == 0 else (axis, -number)
    return int.from_bytes(hashlib.sha256(f"{attempt} {number}".encode()).digest()[:8]), number


def _bits(number: int) -> Iterator[int]:
    while number:
        low = number & -number
        yield low.bit_length() - 1
        number ^= low
