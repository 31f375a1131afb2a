"""Columns of text, aligned in terminal cells, so that Chinese and emoji stand straight too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from rich.cells import cell_len, set_cell_size


def columns(rows: Iterable[Sequence[str]], right: Sequence[int] = (), indent: str = "", gap: int = 2) -> list[str]:
    """Lines of aligned cells; the columns in `right` are aligned to the right. The last one is never padded."""
    table = [tuple(row) for row in rows]
    return list(stream_columns(lambda: table, right, indent, gap))


def stream_columns(
    rows: Callable[[], Iterable[Sequence[str]]], right: Sequence[int] = (), indent: str = "", gap: int = 2
) -> Iterator[str]:
    """The same of very many rows, which are made twice and never all at once."""
    widest: list[int] = []
    for row in rows():
        widest = widest or [0] * len(row)
        for i, width in enumerate(_widths(row)):
            if width > widest[i]:
                widest[i] = width
    for row in rows():
        cells, last = [], len(row) - 1
        for i, (cell, width) in enumerate(zip(row, _widths(row), strict=True)):
            if i in right:
                cells.append(" " * (widest[i] - width) + cell)
            else:
                cells.append(cell if i == last else cell + " " * (widest[i] - width))
        yield (indent + (" " * gap).join(cells)).rstrip()


def _widths(row: Sequence[str]) -> Iterable[int]:
    """The cells of a terminal that each text of a row takes."""
    whole = "".join(row)
    return map(len if whole.isascii() and whole.isprintable() else cell_len, row)


def cut(text: str, cells: int) -> str:
    """Text on one line within a number of cells, its end replaced by an ellipsis where it does not fit."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if cell_len(line) <= cells else set_cell_size(line, cells - 1).rstrip() + "…"


def shorten_to_cells(text: str, cells: int) -> str:
    """Text within a number of cells, its middle an ellipsis: what tells two addresses apart stands at their ends."""
    if cell_len(text) <= cells:
        return text
    tail = text[-(2 * cells // 3) :]
    while cell_len(tail) > 2 * cells // 3:
        tail = tail[1:]
    return set_cell_size(text, cells - 1 - cell_len(tail)).rstrip() + "…" + tail
