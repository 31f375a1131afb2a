"""The rows that stand in the file of chosen rows, held against the storyboard: which are taken, and what is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seedspec.compiler.matrix.completion import Completion
from seedspec.compiler.matrix.grid import Arithmetic, Grid
from seedspec.compiler.matrix.product import Product, Row
from seedspec.compiler.matrix.strategy import each_label_once, first_row, in_order, in_words, lacking
from seedspec.compiler.storyboard.types import Pattern, RowsFile, Storyboard, Strategy
from seedspec.text.diagnostic import Diagnostic, Note, Problems, Severity, did_you_mean, list_words
from seedspec.text.near import shorten
from seedspec.text.source import Span
from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class Choice:
    """The chosen rows in the order of the product. They only stand in for rows that are not known when `known` is
    False, which is reported."""

    rows: tuple[Row, ...]
    known: bool


@valueclass(frozen=True, slots=True)
class Misfit:
    """Why rows of the file are none of the storyboard: `names` and `labels` are those whose declaration is missed."""

    message: str
    names: tuple[str, ...] = ()
    notes: tuple[str | Note, ...] = ()


def file_of(board: Storyboard, file: RowsFile | None) -> RowsFile:
    """What is known of the file of chosen rows of a storyboard, where nobody has looked for it."""
    return file or RowsFile(f"{board.name}.rows.yaml", "seedspec rows")


def has_effect(board: Storyboard) -> bool:
    """Whether the storyboard's strategy can choose fewer rows than there are."""
    strategy = board.strategy
    if strategy is None or not board.axes:
        return False
    return strategy.kind == "sample" or sum(len(axis.values) > 1 for axis in board.axes) > 1


def choose(board: Storyboard, grid: Grid, must: Mapping[Row, Span], file: RowsFile, problems: Problems) -> Choice:
    """The chosen rows of a storyboard whose strategy has an effect. `grid` is that of all its rows.

    `must` are rows of the product that the storyboard names itself. What stands in the file and is no row of the
    storyboard is left out, with a warning, and so is told what the strategy lacks. Raises TooMuch.
    """
    strategy, product = board.strategy, grid.whole
    assert strategy is not None
    sound = not grid.repaired
    if strategy.kind == "one-at-a-time" and not product.allows(first_row(product)):
        if sound:
            _base_excluded(board, grid, strategy, problems)
        return Choice(in_order(product, {*each_label_once(product), *must}), False)
    completion = Completion(product)
    if not completion.fits(completion.start):
        return Choice((), True)  # that nothing is left is told of `exclude`
    if file.rows is None and not file.is_there:
        _missing(strategy, file, problems)
    kept = rows_of(file.rows or (), board, grid, file, problems if sound else None)
    if file.rows is None or not kept:
        if file.rows is not None and sound:
            message = f"the storyboard has none of the rows in `{file.name}`, so that nothing is made"
            problems.error("rows-missing", message, strategy.span, f"choose rows: `{file.command}`")
        return Choice(in_order(product, {*each_label_once(product), *must}), False)
    rows = in_order(product, {*kept, *must})
    if sound:
        _stale(strategy, grid, kept, must, file, problems)
    return Choice(rows, True)


def rows_of(
    written: Sequence[Pattern], board: Storyboard, grid: Grid, file: RowsFile, problems: Problems | None
) -> dict[Row, Span]:
    """The rows of a file that are rows of the storyboard's product, each once. What is left out goes to `problems`."""
    kept, product = dict[Row, Span](), grid.whole
    faults: dict[object, tuple[Misfit, list[Span]]] = {}
    extra = set(grid.include)
    for pattern in written:
        product.work.spend(1)
        row = tuple(p[0].text if (p := pattern.wanted.get(axis.name)) else "" for axis in grid.own)
        if len(pattern.wanted) == len(row) and product.allows(row):
            kept.setdefault(row, pattern.span)
        elif problems is not None and not (len(pattern.wanted) == len(row) and row in extra):
            misfit, span = _misfit(pattern, row, board, grid, product)
            faults.setdefault((misfit.message, misfit.notes), (misfit, []))[1].append(span)
    for misfit, spans in faults.values():
        if problems is not None and not any(map(problems.is_set_aside, misfit.names)):
            many = f"{len(spans):,} rows are" if len(spans) > 1 else "a row is"
            remedy = f"take {'them' if len(spans) > 1 else 'it'} out: `{file.command}`"
            problems.warning("row-left-out", f"{many} left out: {misfit.message}", spans[0], *misfit.notes, remedy)
    return kept


def report_chosen(board: Storyboard, rows: Arithmetic | None, problems: Problems) -> None:
    """Says which strategy chose how many rows, for who reads findings alone; not where it may not be known."""
    if not problems.failed and board.strategy is not None and rows is not None and rows.chosen is not None:
        message = f"`{board.strategy.word}`: {rows.chosen:,} of {of_product(rows)} are chosen"
        problems.add(Diagnostic(code="rows-chosen", message=message, span=board.strategy.span, severity=Severity.HINT))


def of_product(rows: Arithmetic) -> str:
    """The rows among which a strategy chooses, in words."""
    if rows.excluded is None:
        return f"{rows.candidates:,} rows, less what `exclude` matches,"
    return f"{rows.candidates - rows.excluded:,} rows"


def report_without_effect(board: Storyboard, problems: Problems) -> None:
    """Warns of a strategy that would choose every row; it is as if it were not there."""
    assert board.strategy is not None
    axes = [a.name for a in board.axes if len(a.values) > 1]
    why = f"only axis `{axes[0]}` has more than one label" if axes else "no axis has more than one label"
    message = f"`{board.strategy.word}` chooses every row: {why if board.axes else 'the storyboard has no axes'}"
    problems.warning("strategy-without-effect", message, board.strategy.span, "leave the strategy out, or add an axis")


def report_without_strategy(board: Storyboard, file: RowsFile | None, problems: Problems) -> None:
    """Warns of a file of chosen rows that nothing reads."""
    if file is not None and file.is_there and not problems.is_set_aside("strategy"):
        message = f"`{file.name}` holds chosen rows, and the storyboard has no strategy, so that every row is made"
        remedy = "write the strategy, as `matrix: {strategy: pairwise}`, or delete the file"
        problems.warning("rows-without-strategy", message, file.span, remedy)


def _missing(strategy: Strategy, file: RowsFile, problems: Problems) -> None:
    message = f"`{strategy.word}` chooses rows, and their file `{file.name}` is not there"
    moved = (f"`{file.left}` is of a storyboard that is gone: rename it to `{file.name}` too",) if file.left else ()
    problems.error("rows-missing", message, strategy.span, *moved, f"choose them: `{file.command}`")


def _base_excluded(board: Storyboard, grid: Grid, strategy: Strategy, problems: Problems) -> None:
    base = first_row(grid.whole)
    here = next(p.span for p, box in zip(board.exclude, grid.exclude, strict=True) if _matches(base, box))
    said = in_words([a.name for a in grid.own], base)
    message = f"this excludes `{said}`, the row of first labels, which `one-at-a-time` changes label by label"
    hint = "name more axes here, or put another label first in one of these axes"
    problems.error("base-excluded", message, here, hint, Note("the strategy is here", strategy.span))


def _matches(row: Row, box: Mapping[int, frozenset[str]]) -> bool:
    return all(row[i] in wanted for i, wanted in box.items())


def _stale(
    strategy: Strategy, grid: Grid, kept: Mapping[Row, Span], must: Mapping[Row, Span], file: RowsFile,
    problems: Problems,
) -> None:  # fmt: skip
    """What the file lacks, or has too much, for what the storyboard asks of it."""
    names = [axis.name for axis in grid.own]
    extend = f"`{file.command}` adds what is lacking, and keeps the other rows"
    for row, span in must.items():
        if row not in kept:
            message = f"the row is made, but it is not in `{file.name}` yet"
            problems.warning("rows-stale", message, span, extend)
    others = len(kept.keys() - must.keys())
    if strategy.kind == "sample" and others > strategy.count:
        message = f"`{strategy.word}` asks for fewer rows than the {len(kept):,} in `{file.name}`"
        anew = f"`{file.command} --anew` throws them away and chooses afresh"
        keep = f"to keep them write `sample: {len(kept)}`"
        problems.error("sample-too-small", message, strategy.span, keep, anew)
        return
    if lack := lacking(strategy, grid.whole, names, {*kept, *must}):
        message = f"`{file.name}` has {lack}; expected every row that `{strategy.word}` asks for"
        problems.warning("rows-stale", message, strategy.span, extend)
    elif strategy.kind == "sample" and len({*kept, *must}) < strategy.count:
        message = f"`{strategy.word}` asks for more rows than there are: all {len({*kept, *must}):,} are chosen"
        problems.warning("strategy-without-effect", message, strategy.span, "leave the strategy out, or ask for fewer")


def _misfit(pattern: Pattern, row: Row, board: Storyboard, grid: Grid, product: Product) -> tuple[Misfit, Span]:
    """Why a row of the file is none of the product, and the smallest part of it at fault."""
    axes = {axis.name: axis for axis in grid.own}
    for name, span in pattern.keys.items():
        if name not in axes:
            near = did_you_mean(name, axes)
            return Misfit(f"the storyboard has no axis `{shorten(name)}`", (name,), near), span
    for name, axis in axes.items():
        if name not in pattern.wanted:
            message = f"it names no label of axis `{name}`"
            return Misfit(message, (name,), (Note("the axis is here", axis.span),)), pattern.span
        label = pattern.wanted[name][0]
        if label.text not in axis.values:
            message = f"axis `{name}` has no label `{shorten(label.text)}`; expected {list_words(axis.values)}"
            renamed = "if the label was renamed, write its new name here: then what was bought is kept"
            return Misfit(
                message, (name, label.text), (*did_you_mean(label.text, axis.values), renamed)
            ), label.node.span
    at = next((n for n, box in enumerate(grid.exclude) if _matches(row, box)), None)
    where = _pattern_of(board, grid, at)
    notes = (Note("it is excluded here", where),) if where is not None else ()
    return Misfit(f"`exclude` removes {'it' if where is None else 'the rows that match here'}", (), notes), pattern.span


def _pattern_of(board: Storyboard, grid: Grid, at: int | None) -> Span | None:
    return board.exclude[at].span if at is not None and len(board.exclude) == len(grid.exclude) else None
