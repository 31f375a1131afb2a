"""Text between delimiters becomes rows of cells with their places, or a fault: the door to csv."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from seedspec.project.importing.decode import place_of
from seedspec.project.importing.values import MOST_CELLS, MOST_COLUMNS, MOST_RECORDS, Cell, ImportFault

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_SEP = re.compile("sep=(.)(?:\r\n|\n|\r|\\Z)", re.IGNORECASE)
_TRIED = 60
"""Rows that the delimiter is told by."""
_FIELD = 1_000_000
_LONGEST = 200_000
"""Characters of a cell. No prompt is as long; an open quote takes in the rest of a file."""


class Row(NamedTuple):
    """One row: its place, and a cell for each of its fields, the empty ones too."""

    place: str
    cells: list[Cell]


class _Raw(NamedTuple):
    fields: list[str]
    start: int
    end: int


def rows_of(path: str, text: str, knows: Callable[[list[str]], int]) -> list[Row]:
    """The rows that are not empty. Raises ImportFault for a text that is no table, at the place that makes it none.

    `knows` counts the names in a row that are known as those of columns. The delimiter is the one by which a row has
    most of them; and among such, the one by which most rows have as many fields as that row.
    """
    if not re.search(r'[^\s,;|"]', text):
        return []
    csv.field_size_limit(_FIELD)
    start = 0
    if m := _SEP.match(text):
        delimiter, start = m[1], m.end()
        if delimiter.isalnum() or delimiter in "\"'":
            raise ImportFault(f"{path}:1:5: `{delimiter}` cannot part columns; expected one of `, ; |` or a tab")
    else:
        delimiter = max(DELIMITERS, key=lambda d: _fitness(text, d, knows))
    found, cells = [], 0
    for raw in _parse(path, text, start, delimiter):
        if len(raw.fields) > MOST_COLUMNS:
            where = place_of(path, text, raw.start)
            raise ImportFault(f"{where}: found {len(raw.fields):,} columns; at most {MOST_COLUMNS} are read")
        if any(f.strip() for f in raw.fields):
            found.append(raw)
            cells += len(raw.fields)
        if len(found) > MOST_RECORDS or cells > MOST_CELLS:
            where = place_of(path, text, raw.start)
            most = f"{MOST_RECORDS:,} rows or {MOST_CELLS:,} cells"
            raise ImportFault(f"{where}: the table has more than {most}; import a part of it at a time")
    return _place_rows(path, text, found, delimiter)


def _fitness(text: str, delimiter: str, knows: Callable[[list[str]], int]) -> tuple[int, bool, float, int]:
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text[:_LONGEST], newline=""), delimiter=delimiter):
            if any(f.strip() for f in row):
                rows.append(row)
            if len(rows) > _TRIED:
                break
    except csv.Error:
        pass
    if not rows:
        return (0, False, 0.0, 0)
    best = max(range(min(10, len(rows))), key=lambda i: (knows(rows[i]), -i))
    known = knows(rows[best])
    if not known:  # of a table whose names say nothing, the width that most of its rows have
        widths = [len(row) for row in rows]
        width = max(widths, key=widths.count)
        best = widths.index(width)
    width = len(rows[best])
    below = rows[best:]
    share = sum(len(row) == width for row in below) / len(below)
    return (known, width > 1 and share >= 0.5, share, width)


def _parse(path: str, text: str, start: int, delimiter: str) -> Iterator[_Raw]:
    lines = io.StringIO(text[start:], newline="")
    at = end = start

    def counted() -> Iterator[str]:
        nonlocal end
        for line in lines:
            end += len(line)
            yield line

    reader = csv.reader(counted(), delimiter=delimiter, strict=True)
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise ImportFault(_fault(path, text, at, delimiter, str(error))) from None
        yield _Raw(fields, at, end)
        at = end


def _fault(path: str, text: str, at: int, delimiter: str, error: str) -> str:
    """What is wrong with the row that begins at `at`: a quote that is not closed, or one inside a text."""
    for begin, end, quoted in _fields(text, at, delimiter):
        if not quoted:
            continue
        where = place_of(path, text, begin)
        if end >= len(text) and not text[begin + 1 :].replace('""', "").endswith('"'):
            return f'{where}: this quote is never closed; close it with `"`, or write `""` for a quote inside a text'
        if text[end : end + 1] not in (delimiter, "\n", "\r", ""):
            odd = place_of(path, text, end - 1)
            return (
                f"{where}: the text in quotes ends at {odd[len(path) + 1 :]}, and more stands behind it; write a quote "
                f'inside a text twice, `""`, or close the one that is open'
            )
    where = place_of(path, text, at)
    if "limit" in error:
        return f"{where}: a cell has more than {_FIELD:,} characters; is a quote not closed?"
    return f"{where}: the row cannot be read: {error}"


def _fields(text: str, at: int, delimiter: str) -> Iterator[tuple[int, int, bool]]:
    """Start and end of each field of the row that begins at `at`, and whether it stands in quotes."""
    plain = re.compile(f"[^{re.escape(delimiter)}\r\n]*")
    while True:
        quoted = text[at : at + 1] == '"'
        m = (_QUOTED if quoted else plain).match(text, at)
        assert m is not None
        yield at, m.end(), quoted
        at = m.end()
        if text[at : at + 1] != delimiter:
            return
        at += 1


_QUOTED = re.compile('"(?:[^"]|"")*+"?')


def _place_rows(path: str, text: str, raws: list[_Raw], delimiter: str) -> list[Row]:
    found = []
    number, counted, ends = 1, 0, re.compile("\r\n|\n|\r")
    for raw in raws:
        number += sum(1 for _ in ends.finditer(text, counted, raw.start))
        counted = raw.start
        starts = [begin for begin, _, _ in _fields(text, raw.start, delimiter)]
        cells = []
        for index, value in enumerate(raw.fields):
            begin = starts[index] if len(starts) == len(raw.fields) else raw.start
            inside = list(ends.finditer(text, raw.start, begin))
            column = begin - (inside[-1].end() if inside else raw.start) + 1
            cells.append(Cell(value, f"{path}:{number + len(inside)}:{column}"))
        found.append(Row(f"{path}:{number}:1", cells))
    return found
