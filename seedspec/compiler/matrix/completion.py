"""Whether some labels can become a whole row that nothing excludes: exactly, in few steps where few boxes are near."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from seedspec.compiler.matrix.product import Product, Row

State = tuple[int, int]
"""The boxes that a row may still end in, and the axes that have no label yet, both as the bits of a number."""


class Completion:
    """Answers for one product of axes, all of which are asked for. Every question raises TooMuch.

    Which labels a box holds, the product knows: nothing here judges an exclusion by itself.
    """

    def __init__(self, product: Product) -> None:
        self._product = product
        self._axes_of = [sum(1 << level for level in box) for box in product.boxes]
        self._known: dict[State, bool] = {}
        self.start: State = (product.every, (1 << len(product.labels)) - 1)

    def joined(self, state: State, axis: int, label: str) -> State:
        """The state of the same labels and one more."""
        live, rest = state
        return live & self._product.mask(axis, label), rest & ~(1 << axis)

    def fits(self, state: State) -> bool:
        """Whether any labels of the other axes make a whole row of these."""
        if state not in self._known:
            self._known[state] = self._search(state)
        return self._known[state]

    def row_with(self, labels: Mapping[int, str], wished: Mapping[int, str]) -> Row | None:
        """The first row with these labels by the places of their axes; None when there is none.

        Of an axis without one the label that is `wished` for goes first, then the others in their order.
        """
        self._product.work.spend(len(self._product.labels))
        state, row = self.start, dict(labels)
        for axis, label in labels.items():
            if label not in self._product.labels[axis]:
                return None
            state = self.joined(state, axis, label)
        if not self.fits(state):
            return None
        for axis, known in enumerate(self._product.labels):
            if axis in row:
                continue
            wish = wished.get(axis)
            for label in (*((wish,) if wish in known else ()), *known):
                following = self.joined(state, axis, label)
                if self.fits(following):
                    state, row[axis] = following, label
                    break
        return tuple(row[axis] for axis in range(len(self._product.labels)))

    def _search(self, state: State) -> bool:
        """Depth first with a stack of its own, each state once."""
        seen: set[State] = set()
        ways: list[Iterator[State]] = [iter((state,))]
        while ways:
            here = next(ways[-1], None)
            if here is None:
                ways.pop()
            elif here not in seen:
                seen.add(here)
                self._product.work.spend(1)
                if not here[0]:
                    return all(self._product.labels)
                if self._known.get(here, True):
                    ways.append(self._ways(here))
        return False

    def _ways(self, state: State) -> Iterator[State]:
        """What the labels of the axis make of a state on which most depends: one of the box with the fewest left."""
        live, rest = state
        near = min((self._axes_of[i] & rest for i in _bits(live)), key=int.bit_count)
        if not near:
            return  # a whole box: nothing leads out of it
        axis = (near & -near).bit_length() - 1
        left = {live & self._product.mask(axis, label) for label in self._product.labels[axis]}
        least: list[int] = []
        for one in sorted(left, key=lambda boxes: (boxes.bit_count(), boxes)):
            if not any(other & one == other for other in least):  # else that one is at least as good
                least.append(one)
                yield one, rest & ~(1 << axis)


def _bits(number: int) -> Iterator[int]:
    while number:
        low = number & -number
        yield low.bit_length() - 1
        number ^= low
