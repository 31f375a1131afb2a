"""Columns of text, aligned in terminal cells, so that Chinese and emoji stand straight too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len, set_cell_size


def columns(rows: Iterable[Sequence[str]], right: Sequence[int] = (), indent: str = "", gap: int = 2) -> list[str]:
    """Lines of aligned cells; the columns in `right` are aligned to the right. The last one is never padded."""
    table = [tuple(row) for row in rows]
    if not table:
        return []
    widths = [max(cell_len(row[i]) for row in table) for i in range(len(table[0]))]
    lines = []
    for row in table:
        cells = []
        for i, cell in enumerate(row):
            if i in right:
                cells.append(" " * (widths[i] - cell_len(cell)) + cell)
            else:
                cells.append(cell if i == len(row) - 1 else set_cell_size(cell, widths[i]))
        lines.append((indent + (" " * gap).join(cells)).rstrip())
    return lines


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
