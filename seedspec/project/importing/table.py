"""Rows of cells become records: which row has the names of the columns, and what stands above, beside and below it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from seedspec.project.importing.delimited import Row
from seedspec.project.importing.values import Cell, ImportFault, Material, Record
from seedspec.text.near import shorten

_ABOVE = 10
"""Rows among which the one with the names of the columns is looked for."""
_DATA = re.compile(r"\d+([.,]\d+)?|https?://.*|.{81,}", re.DOTALL)


def fill(material: Material, rows: Sequence[Row], knows: Callable[[list[str]], int]) -> None:
    """The records of a table, in a material. Raises ImportFault where it has no names of columns, or no rows."""
    if not rows:
        raise ImportFault(f"{material.path}: the table is empty; expected a row of column names, and rows below it")
    at = max(range(min(_ABOVE, len(rows))), key=lambda i: (knows(_texts(rows[i])), -i))
    if not knows(_texts(rows[at])):
        at = next((i for i, row in enumerate(rows[:_ABOVE]) if len([c for c in row.cells if not c.empty]) > 1), 0)
        data = next((c for c in rows[at].cells if _DATA.fullmatch(c.text)), None)
        if data is not None:
            raise ImportFault(
                f"{rows[at].place}: found data, `{shorten(data.text, 40)}`, where the names of the columns are "
                "expected; write a row above it, such as `id,prompt,duration`"
            )
    for row in rows[:at]:
        said = " ".join(c.text.strip() for c in row.cells if not c.empty)
        if material.title:
            material.remark(row.place, f"left out: `{shorten(said)}` stands above the names of the columns")
        else:
            material.title = " ".join(said.split())
            material.remark(row.place, f"guessed: `{shorten(said)}` above the names of the columns is the title")
    names = _names(material, rows[at], rows[at + 1 :])
    many = sum(1 for n in names if n)
    for row in rows[at + 1 :]:
        cells = {}
        for index, cell in enumerate(row.cells):
            if cell.empty:
                continue
            if index >= len(names) or not names[index]:
                raise ImportFault(
                    f"{cell.place}: the row has {len(row.cells)} cells and there are {many} names of columns; "
                    f"`{shorten(cell.text, 40)}` stands below none: put a text with delimiters in it in quotes"
                )
            cells[names[index]] = cell
        if len(row.cells) < many and not material.sparse:
            material.remark(row.place, f"the row has {len(row.cells)} cells of {many}; the rest are empty")
        if cells:
            material.records.append(Record(row.place, cells))
    if not material.records:
        raise ImportFault(f"{rows[at].place}: the table has names of columns and no row below them")


def _texts(row: Row) -> list[str]:
    return [c.text for c in row.cells]


def _names(material: Material, row: Row, below: Sequence[Row]) -> list[str]:
    """A name for each column, "" for one that has neither a name nor a cell."""
    names: list[str] = []
    width = max(len(row.cells), max((len(r.cells) for r in below), default=0))
    for index in range(width):
        cell = row.cells[index] if index < len(row.cells) else Cell("", row.place)
        name = " ".join(cell.text.split())
        if not name:
            used = [r for r in below if index < len(r.cells) and not r.cells[index].empty]
            # one row that is longer than all others has a delimiter too many
            if index >= len(row.cells) or len(used) * 2 <= len(below):
                names.append("")
                continue
            name = f"column {index + 1}"
            material.remark(cell.place, f"guessed: column {index + 1} has no name; it is called `{name}`")
        number, plain = 2, name
        while name in material.columns:
            name = f"{plain} {number}"
            number += 1
        if name != plain:
            material.remark(
                cell.place, f"changed: there is a column `{shorten(plain)}` already; this one is `{shorten(name)}`"
            )
        material.columns[name] = cell.place
        names.append(name)
    return names
