"""A grid: the rows that a storyboard or a shot is made for, counted without a walk, in order and one at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import chain
from typing import Any

from seedspec.compiler.matrix.columns import Columns, cells_of
from seedspec.compiler.matrix.completion import Completion
from seedspec.compiler.matrix.product import Box, Product, Row, TooMuch, Work
from seedspec.compiler.storyboard.types import Axis
from seedspec.text.node import plain
from seedspec.text.value import valueclass

_NOTHING: tuple[Box, ...] = ({},)
"""A box that every row is in: a product less it has none."""
_MOST_TOLD = 200_000
"""Steps for a number that nothing depends on."""


@dataclass(frozen=True, eq=False)
class Grid:
    """The rows of a storyboard or a shot: the product, less what `exclude` matches, then the included rows.

    `parent` is the storyboard's grid under a shot's, `keep` the places of its axes that the shot is projected on. A
    place is an index into a row. What follows from a grid alone is worked out once, for all shots that share it. Of a
    `repaired` grid broken parts were left out: nothing may be concluded from its number of rows, or from its axes.
    Where a strategy chooses rows of a storyboard, they are `chosen`, in the order of the product.
    """

    axes: tuple[Axis, ...]
    exclude: tuple[Box, ...]
    include: tuple[Row, ...]
    own: tuple[Axis, ...]
    work: Work
    parent: Grid | None = None
    keep: tuple[int, ...] | None = None
    repaired: bool = False
    chosen: tuple[Row, ...] | None = None

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(a.name for a in self.axes)

    @cached_property
    def axis_indices(self) -> Mapping[str, int]:
        """The place of each axis by its name."""
        return {name: axis_index for axis_index, name in enumerate(self.names)}

    @cached_property
    def columns(self) -> Columns:
        """The columns of its axes; those of the storyboard's axes are read once for all shots."""
        return Columns(self.axes) if self.parent is None else Columns(self.own, self.parent.columns)

    @cached_property
    def cells(self) -> Mapping[str, Mapping[str, Mapping[str, str | None]]]:
        """What stands in the columns of its axes, by axis and label: a label, or None for what is none."""
        above = self.parent.cells if self.parent is not None else {}
        own = self.axes if self.parent is None else self.own
        found = {a.name: rows for a in own if (rows := cells_of(a))}
        return above if not found else {**above, **found}

    @cached_property
    def tables(self) -> tuple[str, ...]:
        """The axes that are tables."""
        return tuple(a.name for a in self.axes if a.table)

    @cached_property
    def read_at(self) -> Callable[[frozenset[str]], tuple[int, ...]]:
        """Gives the indices of a cell that a reader of some names depends on (rule 1 of compiler/request).

        `entry` and `label` depend on every label, `label.look` on one, `entry` and `take` on the take.
        """

        axes = self.names

        @cache
        def read_at(names: frozenset[str]) -> tuple[int, ...]:
            alone = {name.removeprefix("label.") for name in names if name.startswith("label.")}
            # what is no axis is a method of all labels
            every = not names.isdisjoint(("label", "entry")) or not alone <= frozenset(axes)
            axis_indices = [i for i, name in enumerate(axes) if every or name in names or name in alone]
            return (*axis_indices, *(() if names.isdisjoint(("take", "entry")) else (len(axes),)))

        return read_at

    @cached_property
    def many(self) -> frozenset[int]:
        """The places of the axes with more than one label."""
        return frozenset(i for i, axis in enumerate(self.axes) if len(axis.values) > 1)

    @cached_property
    def values(self) -> Mapping[str, Mapping[str, Any]]:
        """The values of each axis by their labels, without their places in the file."""
        return {a.name: {k: plain(v) for k, v in a.values.items()} for a in self.axes}

    @cached_property
    def longest(self) -> Row:
        """The longest label of each axis."""
        return tuple(max(a.values, key=len, default="") for a in self.axes)

    @cached_property
    def bare(self) -> Grid:
        """The grid of every shot whose storyboard's grid this is and that has no matrix of its own."""
        return Grid(self.axes, (), (), (), self.work, self, repaired=self.repaired)

    def rows(self) -> Iterator[Row]:
        """Each row once; the rightmost axis turns fastest."""
        made = self._make_rows() if self.chosen is None else iter(self.chosen)
        return chain(made, self.include) if self.include else made

    @cached_property
    def arithmetic(self) -> Arithmetic:
        """The grid's count, worked out without a walk over its rows. Raises TooMuch."""
        own = math.prod(len(a.values) for a in self.own)
        if self.chosen is not None:
            return Arithmetic(own, self._count_excluded(own), len(self.include), len(self.chosen))
        above = 1 if self.parent is None else self._above.count + len(self._brought)
        left = self._product.count + sum(rest.count for rest in self._brought.values())
        return Arithmetic(above * own, above * own - left, len(self.include))

    def _count_excluded(self, candidates: int) -> int | None:
        """How many rows of the whole product are excluded; None where that takes too long, for it is only told."""
        try:
            return candidates - replace(self.whole, work=Work(_MOST_TOLD)).count
        except TooMuch:
            return None

    @cached_property
    def whole(self) -> Product:
        """What the storyboard's own axes make less what is excluded, also where a strategy chooses among it."""
        return Product([tuple(a.values) for a in self.own], self.exclude, len(self.own), self.work)

    def excluded(self, row: Row) -> bool:
        return any(all(row[i] in labels for i, labels in pattern.items()) for pattern in self.exclude)

    def makes(self, row: Row) -> bool:
        """Whether the grid has this row without its own included ones. Raises TooMuch."""
        rest = self._brought.get(row[: len(self._kept)])
        return row in self._product or (rest is not None and row[len(self._kept) :] in rest)

    def unchosen(self, row: Row, wished: Mapping[str, str]) -> Row | None:
        """The storyboard's row that would have to be chosen for this row of a shot; None where no such row is allowed,
        or no strategy chooses. Labels that are `wished` for by the names of their axes go first. Raises TooMuch.
        """
        board = self.parent
        if board is None or board.chosen is None:
            return None
        many = len(self._kept)
        if row[many:] not in self._behind(row[:many]):
            return None
        fixed = dict(zip(self._kept, row, strict=False))
        return Completion(board.whole).row_with(
            fixed, {i: wished[a.name] for i, a in enumerate(board.own) if a.name in wished}
        )

    def meets(self, pattern: Box) -> bool:
        """Whether any row matches, before this grid excludes or includes any. Raises TooMuch."""
        many = len(self.axes) - len(self.own)
        if any(i >= many and wanted.isdisjoint(self.own[i - many].values) for i, wanted in pattern.items()):
            return False
        above = {i: wanted for i, wanted in pattern.items() if i < many}
        if self.parent is None or any(all(row[i] in wanted for i, wanted in above.items()) for row in self._brought):
            return True
        if not above:
            return self._above.count > 0
        labels = [[k for k in known if k in above.get(i, known)] for i, known in enumerate(self._above.labels)]
        return replace(self._above, labels=labels).count > 0

    def _make_rows(self) -> Iterator[Row]:
        if not self._brought:
            return self._multiply()
        brought = (head + rest for head, behind in self._brought.items() for rest in behind.rows())
        return chain(self._multiply(), brought)

    def _multiply(self) -> Iterator[Row]:
        """The rows that axes alone make, in the order in which the storyboard's product comes upon them first."""
        if self.parent is None or not self._dropped or not any(self._dropped & p.keys() for p in self.parent.exclude):
            return self._product.rows()  # what is dropped is the same in each first one
        turns = [{label: i for i, label in enumerate(a.values)} for a in (*self.parent.own, *self.own)]
        axis_indices = [*self._kept, *range(len(self.parent.own), len(turns)), *sorted(self._dropped)]

        def first(found: tuple[Row, Row]) -> list[int]:
            turn = [0] * len(axis_indices)
            for axis_index, label in zip(axis_indices, found[0] + found[1], strict=True):
                turn[axis_index] = turns[axis_index][label]
            return turn

        return (row for row, _ in sorted(self._product.completed(), key=first))

    @cached_property
    def _kept(self) -> tuple[int, ...]:
        """The places of the storyboard's axes that are axes of this grid."""
        above = 0 if self.parent is None else len(self.parent.own)
        return tuple(range(above)) if self.keep is None else self.keep

    @cached_property
    def _dropped(self) -> frozenset[int]:
        return frozenset(range(0 if self.parent is None else len(self.parent.own))).difference(self._kept)

    @cached_property
    def _product(self) -> Product:
        """What the axes make, less what is excluded here and above."""
        own = [tuple(a.values) for a in self.own]
        if self.parent is None:
            return self.whole if self.chosen is None else replace(self.whole, boxes=_NOTHING)
        if not own and not self.exclude:
            return self._above
        above, many = self._above, len(self._kept)
        moved = [{i if i < many else i + len(own): k for i, k in box.items()} for box in above.boxes]
        labels = (*above.labels[:many], *own, *above.labels[many:])
        return Product(labels, (*moved, *self.exclude), many + len(own), self.work)

    @cached_property
    def _above(self) -> Product:
        """What the storyboard's axes make of the ones that are kept, less what it excludes."""
        assert self.parent is not None
        if not self._dropped:
            return self.parent._product
        if self.parent.chosen is not None:
            kept = [tuple(self.parent.own[axis_index].values) for axis_index in self._kept]
            return Product(kept, _NOTHING, len(kept), self.work)
        axis_indices = (*self._kept, *sorted(self._dropped))
        at = {axis_index: i for i, axis_index in enumerate(axis_indices)}
        labels = [tuple(self.parent.own[axis_index].values) for axis_index in axis_indices]
        boxes = [{at[axis_index]: wanted for axis_index, wanted in box.items()} for box in self.parent.exclude]
        return Product(labels, boxes, len(self._kept), self.work)

    @cached_property
    def _brought(self) -> Mapping[Row, Product]:
        """What the storyboard's chosen and included rows bring to the rows that its axes make, over the axes that are
        kept, each with what the grid's own axes make behind it.
        """
        if self.parent is None:
            return {}
        above = (*(self.parent.chosen or ()), *self.parent.include)
        short = dict.fromkeys(tuple(row[i] for i in self._kept) for row in above)
        return {row: self._behind(row) for row in short if row not in self._above}

    def _behind(self, head: Row) -> Product:
        self.work.spend(len(self.exclude))
        many = len(head)
        near = tuple(
            n for n, p in enumerate(self.exclude) if all(head[i] in wanted for i, wanted in p.items() if i < many)
        )
        if near not in self._behinds:
            rest = [{i - many: wanted for i, wanted in self.exclude[n].items() if i >= many} for n in near]
            self._behinds[near] = Product([tuple(a.values) for a in self.own], rest, len(self.own), self.work)
        return self._behinds[near]

    @cached_property
    def _behinds(self) -> dict[tuple[int, ...], Product]:
        """What the grid's own axes make behind the rows that the same patterns of `exclude` may still match."""
        return {}


@valueclass(frozen=True, slots=True)
class Arithmetic:
    """How many rows a grid has, and why: candidates less excluded plus included.

    Where a strategy has chosen, the `chosen` ones plus included; `excluded` is None then where nobody has counted it.
    """

    candidates: int
    excluded: int | None
    included: int
    chosen: int | None = None

    @property
    def rows(self) -> int:
        made = self.candidates - (self.excluded or 0) if self.chosen is None else self.chosen
        return made + self.included
