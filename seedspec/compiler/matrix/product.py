"""The product of axes less what patterns forbid: counted by arithmetic, and walked without a step beside its rows."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from seedspec.text.value import valueclass

Row = tuple[str, ...]
"""One label for each axis, in the order of the axes."""

Box = Mapping[int, frozenset[str]]
"""Sets of labels by the places of their axes; a row is in the box when each of these axes has one of its labels."""


class TooMuch(Exception):
    """The counting of rows takes more steps than it may."""


@valueclass(frozen=False, slots=True)
class Work:
    """The steps that are left for the counting of rows. Raises TooMuch when they are used up."""

    most: float = math.inf
    done: int = 0

    def spend(self, steps: int) -> None:
        self.done += steps
        if self.done > self.most:
            raise TooMuch


@dataclass(frozen=True, eq=False)
class Product:
    """The rows over the first `asked` axes for which some labels of the other axes make a row in no forbidden box.

    Without other axes: the product less the boxes. What it costs grows with the boxes and their axes, never with the
    number of rows. A row on its way from axis to axis is known by the set of the boxes that it may still end in, as the
    bits of a number: rows with the same set go on in the same way, so that they are counted together.
    """

    labels: Sequence[Sequence[str]]
    boxes: Sequence[Box]
    asked: int
    work: Work

    @cached_property
    def count(self) -> int:
        return self._ways(0, self.every) if all(self.boxes) else 0  # every row is in a box that names no axis

    def __contains__(self, row: Row) -> bool:
        live = self.every
        for level, label in enumerate(row):
            live &= self.mask(level, label)
            if label not in self._known[level] or live & self._ends[level]:
                return False
        return bool(self.count) and self._ways(len(row), live) > 0

    def allows(self, row: Row) -> bool:
        """Whether a whole row is one of the product, without counting the others."""
        live = self.every
        for level, label in enumerate(row):
            if label not in self._known[level]:
                return False
            live &= self.mask(level, label)
        return not live

    def rows(self) -> Iterator[Row]:
        """Each row once, by the order of its labels; the rightmost axis turns fastest."""
        return (row for row, _ in self._walk())

    def completed(self) -> Iterator[tuple[Row, Row]]:
        """The same, each with the first labels of the other axes that make it a whole row."""
        for row, live in self._walk():
            rest: list[str] = []
            for level in range(self.asked, len(self.labels)):
                label, live = next(self._steps(level, live))
                rest.append(label)
            yield row, tuple(rest)

    def _walk(self) -> Iterator[tuple[Row, int]]:
        if not self.count:
            return
        row: list[str] = []
        ways = [iter([("", self.every)])]  # of each axis before the next one, the labels that are yet to be taken
        while ways:
            label, live = next(ways[-1], ("", None))
            if live is None:
                ways.pop()
                del row[-1:]
                continue
            if len(ways) > 1:
                row.append(label)
            if live and len(row) < self.asked:
                ways.append(self._steps(len(row), live))
                continue
            head = tuple(row)
            yield from ((head + rest, live) for rest in product(*self.labels[len(row) : self.asked]))
            del row[-1:]

    def _steps(self, level: int, live: int) -> Iterator[tuple[str, int]]:
        """The labels of an axis that lead to a row, each with the boxes that the row may still end in."""
        for label in self.labels[level]:
            left = live & self.mask(level, label)
            if not left & self._ends[level] and self._ways(level + 1, left):
                yield label, left

    def _ways(self, level: int, live: int) -> int:
        """In how many ways a row goes on from an axis; over the axes that are not asked for, 1 or 0 for any."""
        return self._tables[level][live] if live else self._free[level]

    @cached_property
    def _tables(self) -> Sequence[Mapping[int, int]]:
        """By axis: the ways from it, by the boxes that a row may still end in. From none of these, `_free` knows."""
        groups: list[dict[int, Counter[int]]] = []
        width = 1 + len(self.boxes) // 64
        reached = {self.every} - {0}
        for level, labels in enumerate(self.labels):
            masks = Counter(self.mask(level, label) for label in labels)
            found: dict[int, Counter[int]] = {}
            for live in reached:
                self.work.spend(len(masks) * width)
                here: Counter[int] = Counter()
                for mask, many in masks.items():
                    if not (left := live & mask) & self._ends[level]:
                        here[left] += many
                found[live] = here
            groups.append(found)
            reached = {left for here in found.values() for left in here} - {0}
        tables: list[dict[int, int]] = [{}]
        for level in reversed(range(len(groups))):
            free, above = self._free[level + 1], tables[-1]
            table = {}
            for live, here in groups[level].items():
                ways = sum(many * (above[left] if left else free) for left, many in here.items())
                table[live] = ways if level < self.asked else min(ways, 1)
            tables.append(table)
        return tables[::-1]

    @cached_property
    def _free(self) -> Sequence[int]:
        """By axis: the ways from it of a row that can end in no box any more."""
        free = [1]
        for level in reversed(range(len(self.labels))):
            ways = free[-1] * len(self.labels[level])
            free.append(ways if level < self.asked else min(ways, 1))
        return free[::-1]

    @cached_property
    def every(self) -> int:
        """All boxes, as bits."""
        return (1 << len(self.boxes)) - 1

    @cached_property
    def _known(self) -> Sequence[frozenset[str]]:
        return [frozenset(labels) for labels in self.labels]

    @cached_property
    def _inside(self) -> Sequence[tuple[int, Mapping[str, int]]]:
        """By axis: the boxes that do not name it, and by label those that name it with this label."""
        others = [self.every] * len(self.labels)
        inside: list[dict[str, int]] = [{} for _ in self.labels]
        for i, box in enumerate(self.boxes):
            for level, wanted in box.items():
                others[level] &= ~(1 << i)
                for label in wanted:
                    inside[level][label] = inside[level].get(label, 0) | (1 << i)
        return list(zip(others, inside, strict=True))

    def mask(self, level: int, label: str) -> int:
        """The boxes that a row with this label may still end in."""
        others, inside = self._inside[level]
        return others | inside.get(label, 0)

    @cached_property
    def _ends(self) -> Sequence[int]:
        """By axis: the boxes that name no axis behind it. A row that may still end in one of them is in it."""
        ends = [0] * len(self.labels)
        for i, box in enumerate(self.boxes):
            if box:
                ends[max(box)] |= 1 << i
        return ends
