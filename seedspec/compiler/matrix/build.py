"""Axes, exclude, include and only of a storyboard and of each shot become their grids, once they are checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from seedspec.compiler.matrix.grid import Grid
from seedspec.compiler.matrix.product import Row, Work
from seedspec.compiler.storyboard.types import LABEL, LABEL_FORM, Axis, Label, Pattern, Shot, Storyboard
from seedspec.text.diagnostic import Note, Problems, did_you_mean, listed
from seedspec.text.node import Node
from seedspec.text.source import Span


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
