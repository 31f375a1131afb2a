"""Axes, exclude, include and only become the rows that each shot is made for, in order and one at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import chain, islice, product
from typing import Any

from seedspec.compiler.storyboard import LABEL, LABEL_FORM, Axis, Label, Pattern, Shot, Storyboard
from seedspec.text.diagnostic import Note, Problems, did_you_mean, listed
from seedspec.text.node import Node, plain
from seedspec.text.source import Span
from seedspec.text.values import valueclass

Row = tuple[str, ...]
"""One label for each axis of a grid, in the order of its axes."""

MOST_COUNTED = 10_000_000


@dataclass(frozen=True, eq=False)
class Grid:
    """The rows of a storyboard or a shot: the product, less what `exclude` matches, then the included rows.

    `parent` is the storyboard's grid under a shot's, `keep` the places of its axes that the shot is projected on. A
    place is an index into a row. What follows from a grid alone is worked out once, for all shots that share it.
    """

    axes: tuple[Axis, ...]
    exclude: tuple[Mapping[int, frozenset[str]], ...]
    include: tuple[Row, ...]
    own: tuple[Axis, ...]
    parent: Grid | None = None
    keep: tuple[int, ...] | None = None

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(a.name for a in self.axes)

    @cached_property
    def places(self) -> Mapping[str, int]:
        """The place of each axis by its name."""
        return {name: place for place, name in enumerate(self.names)}

    @cached_property
    def read_at(self) -> Callable[[frozenset[str]], tuple[int, ...]]:
        """What of a row, with its take behind it, those depend on who read some names.

        `entry` and `label` depend on every label, `entry` and `take` on the take.
        """

        axes = self.names

        @cache
        def read_at(names: frozenset[str]) -> tuple[int, ...]:
            every = not names.isdisjoint(("label", "entry"))
            places = [i for i, name in enumerate(axes) if every or name in names]
            return (*places, *(() if names.isdisjoint(("take", "entry")) else (len(axes),)))

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
        return Grid(self.axes, (), (), (), self)

    def rows(self) -> Iterator[Row]:
        """Each row once; the rightmost axis turns fastest."""
        found = self.candidates()
        if self.exclude:
            found = (row for row in found if not self.excluded(row))
        return chain(found, self.include) if self.include else found

    def candidates(self) -> Iterator[Row]:
        """The rows before `exclude` and `include`."""
        own = [tuple(axis.values) for axis in self.own]
        if self.parent is None:
            return product(*own)
        above = self.parent.rows() if self.keep is None else self._projected(self.parent, self.keep)
        return (row + rest for row in above for rest in product(*own)) if own else above

    def excluded(self, row: Row) -> bool:
        return any(all(row[i] in labels for i, labels in pattern.items()) for pattern in self.exclude)

    def _projected(self, parent: Grid, keep: tuple[int, ...]) -> Iterator[Row]:
        seen = set()
        if not keep:
            yield from [()] if any(True for _ in parent.rows()) else []
            return
        for row in parent.rows():
            if (short := tuple(row[i] for i in keep)) not in seen:
                seen.add(short)
                yield short


@valueclass(frozen=True, slots=True)
class Arithmetic:
    """How many rows a grid has, and why: candidates less excluded plus included."""

    candidates: int
    excluded: int
    included: int

    @property
    def rows(self) -> int:
        return self.candidates - self.excluded + self.included


def arithmetic(grid: Grid) -> Arithmetic:
    """The grid's count; candidates are counted up to MOST_COUNTED, which no storyboard comes near."""
    if not grid.exclude and grid.keep is None:
        above = arithmetic(grid.parent).rows if grid.parent is not None else 1
        return Arithmetic(above * math.prod(len(a.values) for a in grid.own), 0, len(grid.include))
    seen = excluded = 0
    for row in islice(grid.candidates(), MOST_COUNTED):
        seen += 1
        excluded += grid.excluded(row)
    return Arithmetic(seen, excluded, len(grid.include))


def board_grid(board: Storyboard, problems: Problems) -> Grid | None:
    """The storyboard's own grid; None when a pattern or row of it is broken."""
    before = len(problems)
    axes, include = _included(board.axes, board.include, "the storyboard", problems)
    grid = Grid(axes, _excludes(axes, board.exclude, "the storyboard", problems), include, board.axes)
    for pattern, row in zip(board.include, include, strict=False):
        labels = [tuple(a.values) for a in grid.own]
        if all(label in known for label, known in zip(row, labels, strict=True)) and not grid.excluded(row):
            problems.error("duplicate-row", "the product has this row already", pattern.span)
    for written, places in zip(board.exclude, grid.exclude, strict=False):
        if any(wanted.isdisjoint(grid.own[i].values) for i, wanted in places.items()):
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
    grid = Grid(axes, exclude, (), shot.axes, parent, keep)
    _check_rows(shot, grid, include, problems)
    # A shot's `exclude` may remove rows that the storyboard included, but not the shot's own included rows.
    return None if len(problems) > before else replace(grid, include=include)


def _check_rows(shot: Shot, grid: Grid, include: Sequence[Row], problems: Problems) -> None:
    if not shot.exclude and not include:
        return
    unmatched, doubles = dict(enumerate(grid.exclude)), dict(zip(include, shot.include, strict=True))
    for row in grid.candidates():
        for i in [i for i, p in unmatched.items() if all(row[k] in labels for k, labels in p.items())]:
            del unmatched[i]
        if row in doubles and not grid.excluded(row):
            problems.error("duplicate-row", "the shot has this row already", doubles.pop(row).span)
        if not unmatched and not doubles:
            break
    for i in unmatched:
        problems.error("exclude-matches-nothing", "no row of the shot matches this", shot.exclude[i].span)


def resolve(
    axes: Sequence[Axis], pattern: Pattern, where: str, problems: Problems
) -> Mapping[int, frozenset[str]] | None:
    """A pattern as label sets by the axes' places; unknown axes and labels are reported."""
    places = {a.name: i for i, a in enumerate(axes)}
    out: dict[int, frozenset[str]] = {}
    fine = True
    for name, wanted in pattern.wanted.items():
        if name not in places:
            _unknown_axis(name, pattern.keys[name], places, where, problems)
            fine = False
            continue
        values = axes[places[name]].values
        for label in wanted:
            if label.text not in values:
                message = f"`{label.text}` is no label of axis `{name}`; expected {listed(values)}"
                here = Note("the axis is here", axes[places[name]].span)
                problems.error("unknown-label", message, label.node.span, *did_you_mean(label.text, values), here)
                fine = False
        out[places[name]] = frozenset(label.text for label in wanted)
    return out if fine else None


def _excludes(
    axes: Sequence[Axis], patterns: Sequence[Pattern], where: str, problems: Problems
) -> tuple[Mapping[int, frozenset[str]], ...]:
    found = [resolve(axes, pattern, where, problems) for pattern in patterns]
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
