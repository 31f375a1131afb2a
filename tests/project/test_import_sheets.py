"""Workbooks, whole: what each kind of cell is, what only the archive tells, and which sheet is read."""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from outcomes import outcome

from seedspec.project.importing.reading import Wish

SOURCES = Path(__file__).parent / "sources"
Expect = Callable[[Path, str], None]
HEAD = ["id", "prompt", "notes"]


def book(*sheets: tuple[str, list[list[Any]]], parts: dict[str, tuple[bytes, bytes]] | None = None) -> bytes:
    """A workbook of some sheets; `parts` replaces bytes in its parts, or adds a part."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets:
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out, edited = io.BytesIO(), io.BytesIO()
    made.save(out)
    changed = dict(parts or {})
    with zipfile.ZipFile(out) as old, zipfile.ZipFile(edited, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            was, now = changed.pop(part.filename, (b"", b""))
            data = old.read(part)
            assert was in data
            new.writestr(part.filename, data.replace(was, now) if was else data)
        for name, (_, data) in changed.items():
            new.writestr(name, data)
    return edited.getvalue()


def kinds() -> bytes:
    day, time, span = datetime.datetime(2026, 3, 4), datetime.time, datetime.timedelta
    values = [2.5, True, day, day.replace(hour=5, minute=6), time(1, 30), time(0, 5), time(0, 5, 7), None]
    values += [span(hours=26, minutes=3, seconds=4), span(minutes=9), span(minutes=10), datetime.date(2026, 1, 2)]
    rows = [[float(number), f"A cup {number}.", value] for number, value in enumerate(values, 1)]
    return book(("Plan", [HEAD, *rows[:8], [], [None, None, "", ""], *rows[8:], [13, False, None, None]]))


def told() -> bytes:
    rows = (
        '<row r="2"><c r="A2" t="inlineStr"><is><t>a</t></is></c><c r="B2" t="inlineStr"><is><t>A cup.</t></is></c>'
        '<c r="C2" t="e"><v>#REF!</v></c></row>'
        "<row r='3' hidden='1'><c r='A3' t='inlineStr'><is><t>b</t></is></c>"
        "<c r='B3' t='inlineStr'><is><t>A hat.</t></is></c><c r='C3'><f>1+1</f></c></row>"
        '<row r="4" hidden="true"><c r="B4" t="str"><f>"A"</f><v>A door.</v></c><c r="C4" t="e"></c></row>'
        '<row r="5" hidden="0"><c r="B5" t="inlineStr"><is><t>A wall.</t></is></c></row></sheetData>'
        '<mergeCells count="1"><mergeCell ref="C4:D5"/></mergeCells>'
    )
    edit = (b"</sheetData>", rows.encode())
    return book(("Plan", [HEAD]), parts={"xl/worksheets/sheet1.xml": edit})


ONE = [["id", "prompt"], ["a b", "A cup."]]
TWO = [["id", "prompt"], ["b c", "A hat."]]


def with_row(row: str, *before: tuple[str, list[list[Any]]], name: str = "A") -> bytes:
    """A workbook whose last sheet has one row more, as it is written in XML."""
    part = f"xl/worksheets/sheet{len(before) + 1}.xml"
    return book(*before, (name, ONE), parts={part: (b"</sheetData>", f"{row}</sheetData>".encode())})


BOOKS: dict[str, tuple[Callable[[], bytes], Wish]] = {
    "each kind of value": (kinds, Wish()),
    "what the archive tells": (told, Wish(form="shots")),
    "one sheet": (lambda: book(("Plan", ONE)), Wish()),
    "the first sheet that has anything": (
        lambda: book(("Empty", [[], ["", None]]), ("A & <B>", ONE), ("C", TWO)),
        Wish(),
    ),
    "a sheet that is named": (lambda: book(("A", ONE), ("C", TWO)), Wish(sheet="C")),
    "a sheet that is named, and empty": (lambda: book(("A", ONE), ("C", [])), Wish(sheet="C")),
    "a sheet that is none": (lambda: book(("Film plan", ONE), ("C", TWO)), Wish(sheet="Film plann")),
    "no sheet has anything": (lambda: book(("A", [])), Wish()),
    "errors in a sheet beside another": (
        lambda: with_row('<row r="3"><c r="A3" t="e"><v>#N/A</v></c></row>', ("A", []), name='It\'s "B"'),
        Wish(),
    ),
    "rows that are too many": (lambda: book(("A", [["prompt"], *([["x"]] * 20_000)])), Wish()),
    "as many columns as are read": (lambda: with_row('<row r="3"><c r="OJ3"/></row>'), Wish()),
    "one column more": (lambda: with_row('<row r="3"><c r="OK3"/></row>'), Wish()),
    "as many cells as are read": (lambda: with_row('<row r="250000"/>'), Wish()),
    "a row more": (lambda: with_row('<row r="250001"/>'), Wish()),
    "no workbook inside": (lambda: b"PK\x03\x04", Wish()),
}


@pytest.mark.slow
def test_what_becomes_of_a_workbook(expect: Expect) -> None:
    made = [f"=== {title}\n{outcome('.xlsx', raw(), wish)}" for title, (raw, wish) in BOOKS.items()]
    expect(SOURCES / "sheets.txt", "\n".join(made))


def test_a_workbook_of_too_many_parts_is_not_read() -> None:
    parts = len(zipfile.ZipFile(io.BytesIO(book(("A", ONE)))).namelist())
    most, more = (book(("A", ONE), parts={f"xl/media/{n}": (b"", b"") for n in range(n - parts)}) for n in (2000, 2001))
    assert "prompt: A cup.\n" in outcome(".xlsx", most)
    said = outcome(".xlsx", more)
    assert (
        said.startswith("! s.xlsx: the workbook unpacks to ") and " bytes in 2,001 parts; at most 67,108,864 " in said
    )
    assert said.endswith(" bytes are read; save the sheet alone, as CSV UTF-8\n")


def test_what_the_reader_says_is_told_with_a_remedy() -> None:
    said = outcome(".xlsx", book(("A", ONE), parts={"xl/workbook.xml": (b"<sheets>", b"<sheets")}))
    assert said.startswith("! s.xlsx: the workbook cannot be read: ")
    assert said.endswith("; open it and save it anew as .xlsx\n")


def test_a_part_that_is_damaged_is_told() -> None:
    raw = bytearray(book(("A", ONE)))
    at = raw.find(b"xl/workbook.xml") + len("xl/workbook.xml")
    raw[at : at + 8] = b"\xff" * 8
    assert outcome(".xlsx", bytes(raw)).startswith("! s.xlsx: the workbook is damaged: Error ")
    assert outcome(".xlsx", bytes(raw)).endswith("; save it anew\n")


@pytest.mark.parametrize("suffix", [".xlsx", ".xlsm"])
def test_both_endings_are_workbooks(suffix: str) -> None:
    assert "prompt: A cup.\n" in outcome(suffix, book(("A", ONE)), Wish(sheet="A"))
