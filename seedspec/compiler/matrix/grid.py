"""Axes, exclude, include and only become the rows that each shot is made for, in order and one at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import chain
from typing import Any

from seedspec.compiler.matrix.product import Box, Product, Row, Work
from seedspec.compiler.storyboard.types import LABEL, LABEL_FORM, Axis, Label, Pattern, Shot, Storyboard
from seedspec.text.diagnostic import Note, Problems, did_you_mean, listed
from seedspec.text.node import Node, plain
from seedspec.text.source import Span
from seedspec.text.value import valueclass


@dataclass(frozen=True, eq=False)
class Grid:
    """The rows of a storyboard or a shot: the product, less what `exclude` matches, then the included rows.

    `parent` is the storyboard's grid under a shot's, `keep` the places of its axes that the shot is projected on. A
    place is an index into a row. What follows from a grid alone is worked out once, for all shots that share it.
    """

    axes: tuple[Axis, ...]
    exclude: tuple[Box, ...]
    include: tuple[Row, ...]
    own: tuple[Axis, ...]
    work: Work
    parent: Grid | None = None
    keep: tuple[int, ...] | None = None

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(a.name for a in self.axes)

    @cached_property
    def axis_indices(self) -> Mapping[str, int]:
        """The place of each axis by its name."""
        return {name: axis_index for axis_index, name in enumerate(self.names)}

    @cached_property
    def read_at(self) -> Callable[[frozenset[str]], tuple[int, ...]]:
        """What of a row, with its take behind it, those depend on who read some names.

        `entry` and `label` depend on every label, `entry` and `take` on the take.
        """

        axes = self.names

        @cache
        def read_at(names: frozenset[str]) -> tuple[int, ...]:
            every = not names.isdisjoint(("label", "entry"))
            axis_indices = [i for i, name in enumerate(axes) if every or name in names]
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
        return Grid(self.axes, (), (), (), self.work, self)

    def rows(self) -> Iterator[Row]:
        """Each row once; the rightmost axis turns fastest."""
        return chain(self._made(), self.include) if self.include else self._made()

    @cached_property
    def arithmetic(self) -> Arithmetic:
        """The grid's count, worked out without a walk over its rows. Raises TooMuch."""
        own = math.prod(len(a.values) for a in self.own)
        above = 1 if self.parent is None else self._above.count + len(self._brought)
        left = self._product.count + sum(rest.count for rest in self._brought.values())
        return Arithmetic(above * own, above * own - left, len(self.include))

    def excluded(self, row: Row) -> bool:
        return any(all(row[i] in labels for i, labels in pattern.items()) for pattern in self.exclude)

    def makes(self, row: Row) -> bool:
        """Whether the grid has this row without its own included ones. Raises TooMuch."""
        rest = self._brought.get(row[: len(self._kept)])
        return row in self._product or (rest is not None and row[len(self._kept) :] in rest)

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

    def _made(self) -> Iterator[Row]:
        if not self._brought:
            return self._multiplied()
        brought = (head + rest for head, behind in self._brought.items() for rest in behind.rows())
        return chain(self._multiplied(), brought)

    def _multiplied(self) -> Iterator[Row]:
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
            return Product(own, self.exclude, len(own), self.work)
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
        axis_indices = (*self._kept, *sorted(self._dropped))
        at = {axis_index: i for i, axis_index in enumerate(axis_indices)}
        labels = [tuple(self.parent.own[axis_index].values) for axis_index in axis_indices]
        boxes = [{at[axis_index]: wanted for axis_index, wanted in box.items()} for box in self.parent.exclude]
        return Product(labels, boxes, len(self._kept), self.work)

    @cached_property
    def _brought(self) -> Mapping[Row, Product]:
        """What the storyboard's included rows bring to the rows that its axes make, over the axes that are kept, each
        with what the grid's own axes make behind it.
        """
        if self.parent is None:
            return {}
        short = dict.fromkeys(tuple(row[i] for i in self._kept) for row in self.parent.include)
        return {row: self._behind(row) for row in short if row not in self._above}

    def _behind(self, head: Row) -> Product:
        self.work.spend(len(self.exclude))
        many = len(head)
        boxes = [p for p in self.exclude if all(head[i] in wanted for i, wanted in p.items() if i < many)]
        rest = [{i - many: wanted for i, wanted in p.items() if i >= many} for p in boxes]
        return Product([tuple(a.values) for a in self.own], rest, len(self.own), self.work)


@valueclass(frozen=True, slots=True)
class Arithmetic:
    """How many rows a grid has, and why: candidates less excluded plus included."""

    candidates: int
    excluded: int
    included: int

    @property
    def rows(self) -> int:
        return self.candidates - self.excluded + self.included


def board_grid(board: Storyboard, problems: Problems, work: Work) -> Grid | None:
    """The storyboard's own grid; None when a pattern or row of it is broken. Raises TooMuch, as its grids do."""
    before = len(problems)
    axes, include = _included(board.axes, board.include, "the storyboard", problems)
    grid = Grid(axes, _excludes(axes, board.exclude, "the storyboard", problems), include, board.axes, work)
    work.spend(len(include) * len(grid.exclude))
    for pattern, row in zip(board.include, include, strict=False):
        labels = [tuple(a.values) for a in grid.own]
        if all(label in known for label, known in zip(row, labels, strict=True)) and not grid.excluded(row):
            problems.error("duplicate-row", "the product has this row already", pattern.span)
    for written, axis_indices in zip(board.exclude, grid.exclude, strict=False):
        if any(wanted.isdisjoint(grid.own[i].values) for i, wanted in axis_indices.items()):
            problems.error("exclude-matches-nothing", "no row of the product matches this", written.span)
    return None if len(problems) > before else grid


def shot_grid(shot: Shot, board: Storyboard, parent: Grid, problems: Problems) -> Grid | None:
    """A shot's grid over the storyboard's; None when something in the shot's matrix is broken."""
    if shot.only is None and not (shot.axes or shot.exclude or shot.include):
        return parent.bare
    before = len(problems)
    names = [a.name for a in parent.axes]
    keep: tuple[int, ...] | None = None
    if shot.only is not None:
        for name in shot.only:
            if name.text not in names:
                message = f"`{name.text}` is no axis of the storyboard; expected {listed(names)}"
                problems.error("unknown-axis", message, name.span, *did_you_mean(name.text, names))
        wanted = {n.text for n in shot.only}
        keep = tuple(i for i, n in enumerate(names) if n in wanted)
    inherited = parent.axes if keep is None else tuple(parent.axes[i] for i in keep)
    for axis in shot.axes:
        if double := next((a for a in board.axes if a.name == axis.name), None):
            message = f"axis `{axis.name}` is declared by the storyboard already"
            problems.error("duplicate-axis", message, axis.span, Note("the storyboard's is here", double.span))
    if len(problems) > before:
        return None
    where = f"shot `{shot.id}`"
    axes, include = _included((*inherited, *shot.axes), shot.include, where, problems)
    exclude = _excludes(axes, shot.exclude, where, problems)
    if len(problems) > before:
        return None
    grid = Grid(axes, exclude, (), shot.axes, parent.work, parent, keep)
    _check_rows(shot, grid, include, problems)
    # A shot's `exclude` may remove rows that the storyboard included, but not the shot's own included rows.
    return None if len(problems) > before else replace(grid, include=include)


def _check_rows(shot: Shot, grid: Grid, include: Sequence[Row], problems: Problems) -> None:
    for row, written in zip(include, shot.include, strict=True):
        if grid.makes(row):
            problems.error("duplicate-row", "the shot has this row already", written.span)
    for pattern, written in zip(grid.exclude, shot.exclude, strict=True):
        if not grid.meets(pattern):
            problems.error("exclude-matches-nothing", "no row of the shot matches this", written.span)


def indexed_pattern(
    axes: Sequence[Axis], pattern: Pattern, where: str, problems: Problems
) -> Mapping[int, frozenset[str]] | None:
    """A pattern as label sets by the axes' places; unknown axes and labels are reported."""
    axis_indices = {a.name: i for i, a in enumerate(axes)}
    out: dict[int, frozenset[str]] = {}
    fine = True
    for name, wanted in pattern.wanted.items():
        if name not in axis_indices:
            _unknown_axis(name, pattern.keys[name], axis_indices, where, problems)
            fine = False
            continue
        values = axes[axis_indices[name]].values
        for label in wanted:
            if label.text not in values:
                message = f"`{label.text}` is no label of axis `{name}`; expected {listed(values)}"
                here = Note("the axis is here", axes[axis_indices[name]].span)
                problems.error("unknown-label", message, label.node.span, *did_you_mean(label.text, values), here)
                fine = False
        out[axis_indices[name]] = frozenset(label.text for label in wanted)
    return out if fine else None


def _excludes(
    axes: Sequence[Axis], patterns: Sequence[Pattern], where: str, problems: Problems
) -> tuple[Mapping[int, frozenset[str]], ...]:
    found = [indexed_pattern(axes, pattern, where, problems) for pattern in patterns]
    return tuple(p for p in found if p is not None)


def _included(
    axes: Sequence[Axis], patterns: Sequence[Pattern], where: str, problems: Problems
) -> tuple[tuple[Axis, ...], tuple[Row, ...]]:
    """Included rows, and the axes with the labels that those rows bring to list axes."""
    if not patterns:
        return tuple(axes), ()
    values: dict[str, dict[str, Node]] = {a.name: dict(a.values) for a in axes}
    by_name = {a.name: a for a in axes}
    rows: dict[Row, Span] = {}
    for pattern in patterns:
        for name in pattern.wanted:
            if name not in by_name:
                _unknown_axis(name, pattern.keys[name], by_name, where, problems)
        missing = [n for n in by_name if n not in pattern.wanted]
        if missing:
            message = f"the row names no label for {listed(missing)}; an included row is a whole row"
            problems.error("row-not-whole", message, pattern.span)
            continue
        for name, axis in by_name.items():
            _admit(axis, pattern.wanted[name][0], values[name], problems)
        row = tuple(pattern.wanted[n][0].text for n in by_name)
        if row in rows:
            note = Note("the first is here", rows[row])
            problems.error("duplicate-row", "this row is included a second time", pattern.span, note)
        rows.setdefault(row, pattern.span)
    return tuple(replace(a, values=values[a.name]) for a in axes), tuple(rows)


def _admit(axis: Axis, label: Label, values: dict[str, Node], problems: Problems) -> None:
    if label.text in values:
        return
    if not LABEL.fullmatch(label.text):
        problems.error("bad-label", f"`{label.text[:40]}` is no label; expected {LABEL_FORM}", label.node.span)
    elif not axis.open:
        message = f"`{label.text}` is no label of axis `{axis.name}`; expected {listed(axis.values)}"
        note = Note("the axis gives each label a value here", axis.span)
        problems.error("unknown-label", message, label.node.span, *did_you_mean(label.text, axis.values), note)
    else:
        values[label.text] = label.node


def _unknown_axis(name: str, span: Span, known: Mapping[str, object], where: str, problems: Problems) -> None:
    message = f"`{name}` is no axis of {where}; expected {listed(known)}" if known else f"{where} has no axes"
    problems.error("unknown-axis", message, span, *did_you_mean(name, known))
