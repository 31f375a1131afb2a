"""Axes, exclude, include and only of a storyboard and of each shot become their grids, once they are checked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from seedspec.catalog.form import name_for
from seedspec.compiler.matrix.chosen import choose, file_of, has_effect, report_without_effect, report_without_strategy
from seedspec.compiler.matrix.columns import Columns, check_column, labels_wanted, part, refuse_column
from seedspec.compiler.matrix.grid import Grid
from seedspec.compiler.matrix.product import Box, Row, Work
from seedspec.compiler.storyboard.types import LABEL, LABEL_FORM, Axis, Label, Pattern, RowsFile, Shot, Storyboard
from seedspec.text.diagnostic import Note, Problems, did_you_mean, list_words
from seedspec.text.mistyped import unknown_word
from seedspec.text.near import shorten
from seedspec.text.node import Node
from seedspec.text.source import Span

_Rows = Mapping[Row, Span]
"""Included rows, and where each is written."""

_Boxes = Sequence[tuple[Box, Span]]
"""What `exclude` patterns match, and where each is written."""


def board_grid(board: Storyboard, problems: Problems, work: Work, file: RowsFile | None = None) -> Grid:
    """The storyboard's own grid, without the patterns and rows that are broken. Raises TooMuch, as its grids do.

    `file` has the rows that were chosen, where the storyboard has a strategy.
    """
    grid, rows = whole_grid(board, problems, work)
    if board.strategy is None:
        report_without_strategy(board, file, problems)
        return grid
    if not has_effect(board):
        report_without_effect(board, problems)
        return grid
    chosen = choose(board, grid, rows, file_of(board, file), problems)
    return replace(grid, chosen=chosen.rows, repaired=grid.repaired or not chosen.known)


def without_strategy(board: Storyboard, work: Work) -> Storyboard:
    """The storyboard with all of its rows: a row that `include` names for the strategy is one of the product there.

    Raises TooMuch.
    """
    of_product = set(whole_grid(board, Problems(), work)[1].values())
    return replace(board, strategy=None, include=tuple(p for p in board.include if p.span not in of_product))


def whole_grid(board: Storyboard, problems: Problems, work: Work) -> tuple[Grid, _Rows]:
    """The grid of all rows of a storyboard, and those of them that `include` names for its strategy to choose."""
    before = problems.errors
    columns = Columns(board.axes)
    axes, rows = _include_rows(board.axes, columns, board.include, "the storyboard", problems)
    boxes = _excludes(axes, columns, board.exclude, "the storyboard", problems, work)
    grid = Grid(axes, tuple(box for box, _ in boxes), tuple(rows), board.axes, work)
    work.spend(len(rows) * len(boxes))
    labels = [tuple(a.values) for a in grid.own]
    of_product = {
        row: span
        for row, span in rows.items()
        if all(label in known for label, known in zip(row, labels, strict=True)) and not grid.excluded(row)
    }
    if has_effect(board):
        grid = replace(grid, include=tuple(row for row in rows if row not in of_product))
    else:
        for span in of_product.values():
            problems.error("duplicate-row", "the product has this row already", span)
    for box, span in boxes:
        if any(wanted.isdisjoint(grid.own[i].values) for i, wanted in box.items()):
            problems.error("exclude-matches-nothing", "no row of the product matches this", span)
    whole = problems.errors == before and _are_whole(rows, board.include, boxes, board.exclude)
    return replace(grid, repaired=not whole), of_product if has_effect(board) else {}


def kept_rows(grid: Grid, names: Collection[str]) -> Grid:
    """The rows of a storyboard on some of its axes alone, each once, in the order in which they come first."""
    keep = tuple(i for i, name in enumerate(grid.names) if name in names)
    return Grid(tuple(grid.axes[i] for i in keep), (), (), (), grid.work, grid, keep)


def shot_grid(shot: Shot, board: Storyboard, parent: Grid, problems: Problems) -> Grid:
    """A shot's grid over the storyboard's, without what is broken of the shot's own matrix."""
    if shot.only is None and not (shot.axes or shot.exclude or shot.include):
        return parent.bare
    before = problems.errors
    names = [a.name for a in parent.axes]
    keep: tuple[int, ...] | None = None
    if shot.only is not None:
        for name in shot.only:
            own, column = part(name.text)
            if column and own in names:
                refuse_column(name.text, name.span, parent.columns, f"write `{own}`", problems)
            elif name.text not in names:
                _unknown_axis(name.text, name.span, names, "the storyboard", problems, ())
        wanted = {n.text for n in shot.only}
        if wanted.issubset(names):  # else no axis is left out, so that no name is undefined for this mistake
            keep = tuple(i for i, n in enumerate(names) if n in wanted)
    inherited = parent.axes if keep is None else tuple(parent.axes[i] for i in keep)
    for axis in shot.axes:
        if double := next((a for a in board.axes if a.name == axis.name), None):
            message = f"axis `{axis.name}` is declared by the storyboard already"
            problems.error("duplicate-axis", message, axis.span, Note("the storyboard's is here", double.span))
    where = f"shot `{shot.id}`"
    ours = tuple(a for a in shot.axes if a.name not in {b.name for b in board.axes})
    dropped = frozenset(names).difference(a.name for a in inherited)
    columns = Columns(ours, parent.columns)
    axes, rows = _include_rows((*inherited, *ours), columns, shot.include, where, problems, dropped)
    boxes = _excludes(axes, columns, shot.exclude, where, problems, parent.work, dropped)
    grid = Grid(axes, tuple(box for box, _ in boxes), (), ours, parent.work, parent, keep)
    whole = not parent.repaired and problems.errors == before and _are_whole(rows, shot.include, boxes, shot.exclude)
    whole = whole and (shot.only is None or keep is not None) and _check_rows(grid, rows, boxes, problems)
    # A shot's `exclude` may remove rows that the storyboard included, but not the shot's own included rows.
    return replace(grid, include=tuple(r for r in rows if not grid.makes(r)), repaired=not whole)


def _are_whole(rows: _Rows, include: Sequence[Pattern], boxes: _Boxes, exclude: Sequence[Pattern]) -> bool:
    """Whether every row and pattern that is written could be taken."""
    return len(rows) == len(include) and len(boxes) == len(exclude)


def _check_rows(grid: Grid, rows: _Rows, boxes: _Boxes, problems: Problems) -> bool:
    before = problems.errors
    for row, span in rows.items():
        if grid.makes(row):
            problems.error("duplicate-row", "the shot has this row already", span)
    for box, span in boxes:
        if not grid.meets(box):
            problems.error("exclude-matches-nothing", "no row of the shot matches this", span)
    return problems.errors == before


def indexed_pattern(
    axes: Sequence[Axis],
    columns: Columns,
    pattern: Pattern,
    where: str,
    problems: Problems,
    dropped: Collection[str] = (),
) -> Mapping[int, frozenset[str]] | None:
    """A pattern as label sets by the axes' places; unknown axes, columns and labels are reported.

    `dropped` are the storyboard's axes that a shot leaves out with `only`.
    """
    axis_indices = {a.name: i for i, a in enumerate(axes)}
    fine = True
    for name, wanted in pattern.wanted.items():
        axis, column = part(name)
        if axis not in axis_indices:
            having = [known for known in axis_indices if not column and name in columns.names(known)]
            meant = (f"did you mean the column `{having[0]}.{name}`?",) if having else ()
            _unknown_axis(name, pattern.keys[name], axis_indices, where, problems, dropped, meant)
            fine = False
            continue
        if column:
            fine = check_column(name, pattern, axes[axis_indices[axis]], columns, problems) and fine
            continue
        values = axes[axis_indices[name]].values
        for label in wanted:
            if label.text not in values:
                fine = False
                if problems.is_set_aside(label.text):
                    continue
                message, notes = unknown_word(label.text, f"label of axis `{name}`", values)
                here = Note("the axis is here", axes[axis_indices[name]].span)
                problems.error("unknown-label", message, label.node.span, *notes, here)
    return {axis_indices[a]: labels for a, labels in labels_wanted(pattern, columns).items()} if fine else None


def _excludes(
    axes: Sequence[Axis],
    columns: Columns,
    patterns: Sequence[Pattern],
    where: str,
    problems: Problems,
    work: Work,
    dropped: Collection[str] = (),
) -> _Boxes:
    for pattern in patterns:
        work.spend(sum(columns.size(axis) for axis, column in map(part, pattern.wanted) if column))
    found = [(indexed_pattern(axes, columns, pattern, where, problems, dropped), pattern.span) for pattern in patterns]
    return tuple((box, span) for box, span in found if box is not None)


def _include_rows(
    axes: Sequence[Axis],
    columns: Columns,
    patterns: Sequence[Pattern],
    where: str,
    problems: Problems,
    dropped: Collection[str] = (),
) -> tuple[tuple[Axis, ...], _Rows]:
    """Included rows, and the axes with the labels that those rows bring to list axes."""
    if not patterns:
        return tuple(axes), {}
    values: dict[str, dict[str, Node]] = {a.name: dict(a.values) for a in axes}
    by_name = {a.name: a for a in axes}
    rows: dict[Row, Span] = {}
    for pattern in patterns:
        for name in pattern.wanted:
            axis, column = part(name)
            if column and axis in by_name:
                wanted = frozenset(label.text for label in pattern.wanted[name])
                there = columns.matching(axis, frozenset({(column, wanted)}))
                example = next((label for label in by_name[axis].values if label in there), "…")
                hint = f"an included row names the label of each axis: `{axis}: {example}`"
                refuse_column(name, pattern.keys[name], columns, hint, problems)
            elif name not in by_name:
                _unknown_axis(name, pattern.keys[name], by_name, where, problems, dropped)
        missing = [n for n in by_name if n not in pattern.wanted]
        if missing:
            if len(pattern.wanted) > sum(n in by_name for n in pattern.wanted):
                continue  # one of them is named wrongly, which is the mistake
            message = f"the row names no label for {list_words(missing)}; an included row is a whole row"
            problems.error("row-not-whole", message, pattern.span)
            continue
        admitted = [_admit(axis, pattern.wanted[name][0], values[name], problems) for name, axis in by_name.items()]
        if not all(admitted) or len(pattern.wanted) > len(by_name):
            continue
        row = tuple(pattern.wanted[n][0].text for n in by_name)
        if row in rows:
            note = Note("the first is here", rows[row])
            problems.error("duplicate-row", "this row is included a second time", pattern.span, note)
        rows.setdefault(row, pattern.span)
    return tuple(replace(a, values=values[a.name]) for a in axes), rows


def _admit(axis: Axis, label: Label, values: dict[str, Node], problems: Problems) -> bool:
    """Whether an included row may have the label; a list axis gets it."""
    if label.text in values:
        return True
    if problems.is_set_aside(label.text):
        return False
    if not LABEL.fullmatch(label.text):
        message = f"`{shorten(label.text, 40)}` is no label; expected {LABEL_FORM}"
        name = name_for(label.text, LABEL.pattern, axis.name, 1)
        problems.error("bad-label", message, label.node.span, *((f"did you mean `{name}`?",) if name else ()))
    elif not axis.open:
        message, notes = unknown_word(label.text, f"label of axis `{axis.name}`", axis.values)
        note = Note("the axis gives each label a value here", axis.span)
        problems.error("unknown-label", message, label.node.span, *notes, note)
    else:
        values[label.text] = label.node
        return True
    return False


def _unknown_axis(
    name: str,
    span: Span,
    known: Collection[str],
    where: str,
    problems: Problems,
    dropped: Collection[str],
    meant: tuple[str, ...] = (),
) -> None:
    axis, column = part(name)
    if problems.is_set_aside(name) or problems.is_set_aside(axis):
        return
    if axis in dropped:
        message = f"`{axis}` is an axis of the storyboard that {where} leaves out with `only`"
        problems.error("unknown-axis", message, span, f"add `{axis}` to `only`, or delete it here")
        return
    near = did_you_mean(name, [f"{k}.{column}" for k in known]) if column else ()
    message, notes = unknown_word(name, f"axis of {where}", known)
    if not known:
        message = f"`{shorten(name)}` is no axis of {where}, which has no axes"
    notes = meant or near or (*notes, *_field_of_a_row(name, known))
    problems.error("unknown-axis", message, span, *notes)


def _field_of_a_row(name: str, known: Collection[str]) -> tuple[str, ...]:
    """For a request field among the labels of a row: where it is set."""
    if name not in ("duration", "quality", "aspect_ratio", "generate_audio", "takes", "prompt"):
        return ()
    axis = next(iter(known), "look")
    return (f"a row has labels alone; `overrides: [{{when: {{{axis}: …}}, {name}: …}}]` sets it for some of them",)
