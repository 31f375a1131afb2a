"""A sheet of a workbook becomes rows of cells; the door to python-calamine, behind a look at the archive itself."""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any, NamedTuple
from xml.sax.saxutils import unescape

from seedspec.project.importing.delimited import Row
from seedspec.project.importing.values import MOST_CELLS, MOST_COLUMNS, MOST_RECORDS, Cell, ImportFault, Material
from seedspec.text.diagnostic import did_you_mean, list_words
from seedspec.text.near import shorten

NEEDS = "tables of Excel need one package more: pip install 'seedspec[sheets]'"
_MOST_UNPACKED = 64 * 1024 * 1024
_MOST_PARTS = 2_000
_MOST_TOLD = 200

_TAG = rb"<(?:[A-Za-z0-9]{1,20}:)?"
_CELL = re.compile(_TAG + rb"c\b([^<>]*)>((?:[^<]|<(?!/?(?:[A-Za-z0-9]{1,20}:)?c\b))*+)")
_ROW = re.compile(_TAG + rb"row\b([^<>]*)>")
_MERGED = re.compile(_TAG + rb"mergeCell\b([^<>]*)>")
_SHEET = re.compile(_TAG + rb"sheet\b([^<>]*)>")
_RELATION = re.compile(_TAG + rb"Relationship\b([^<>]*)>")
_ATTRIBUTE = re.compile(rb"""(?<![\w:])([\w:]{1,40})\s?=\s?(?:"([^"]*)"|'([^']*)')""")
_ERROR = re.compile(rb"<(?:\w{1,20}:)?v>([^<]{1,20})<")
_FORMULA, _VALUE = re.compile(_TAG + rb"f\b"), re.compile(_TAG + rb"(?:v>[^<]|is>)")


class _Sheet(NamedTuple):
    """What only the archive tells: errors by cell, formulas without a value, merged cells, hidden rows."""

    errors: dict[str, str]
    uncounted: list[str]
    merged: list[str]
    hidden: list[int]


def rows_of(material: Material, raw: bytes, wanted: str) -> list[Row]:
    """The rows of a sheet: the one that is wanted by its name, or the first that has any. Raises ImportFault."""
    path, material.sparse = material.path, True
    try:
        import python_calamine
    except ImportError:
        raise ImportFault(NEEDS) from None
    looks = _look(path, raw)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(raw))
        names = list(book.sheet_names)
        if wanted and wanted not in names:
            near = "".join(f"; {note}" for note in did_you_mean(wanted, names))
            raise ImportFault(f"{path}: there is no sheet `{shorten(wanted)}`; expected {list_words(names)}{near}")
        for name in [wanted] if wanted else names:
            values = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            if wanted or any(value not in ("", None) for row in values for value in row):
                break
        else:
            raise ImportFault(f"{path}: no sheet of the workbook has anything in it")
    except ImportFault:
        raise
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:  # a panic of the reader is no Exception
        said = shorten(" ".join(str(error).split()), 80)
        raise ImportFault(f"{path}: the workbook cannot be read: {said}; open it and save it anew as .xlsx") from None
    if not wanted and len(names) > 1:
        others = list_words([n for n in names if n != name])
        material.remark(
            path, f"guessed: sheet `{shorten(name)}` is meant, the first with anything in it; `--sheet` names {others}"
        )
    prefix = f"{path}:{name}!" if len(names) > 1 else f"{path}:"
    _tell(material, looks.get(name), prefix)
    return list(_rows(material, values, prefix, looks.get(name)))


def _rows(material: Material, values: list[list[Any]], prefix: str, look: _Sheet | None) -> Iterator[Row]:
    count = 0
    for number, row in enumerate(values, 1):
        cells = [
            Cell(_value(material, v, f"{prefix}{column(i)}{number}"), f"{prefix}{column(i)}{number}")
            for i, v in enumerate(row)
        ]
        while cells and cells[-1].empty:
            cells.pop()
        if not cells:
            continue
        count += 1
        if count > MOST_RECORDS:
            raise ImportFault(
                f"{prefix}A{number}: the sheet has more than {MOST_RECORDS:,} rows; import a part at a time"
            )
        yield Row(f"{prefix}A{number}", cells)


def _value(material: Material, value: Any, place: str) -> str | int | float | bool:
    """A cell's value as text or number: a whole float is a whole number, a date and a time are as they are written."""
    if isinstance(value, (bool, str)):
        return value
    if isinstance(value, (int, float)):
        return int(value) if isinstance(value, int) or value.is_integer() else value
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        minutes, seconds = divmod(int(value.total_seconds()), 60)
        return _time(material, minutes // 60, minutes % 60, seconds, place)
    if isinstance(value, datetime.time):
        return _time(material, value.hour, value.minute, value.second, place)
    return "" if value is None else str(value)


def _time(material: Material, hours: int, minutes: int, seconds: int, place: str) -> str:
    said = f"{hours}:{minutes:02}:{seconds:02}" if seconds else f"{hours}:{minutes:02}"
    plain = said if seconds or not 0 < minutes < 10 else f"{hours}:{minutes}"
    material.remark(place, f"guessed: Excel holds a time of day here; read as `{plain}`; format the column as text")
    return plain


def _tell(material: Material, look: _Sheet | None, prefix: str) -> None:
    if look is None:
        return
    for cell, error in look.errors.items():
        material.remark(f"{prefix}{cell}", f"left out: the cell holds the error `{error}`")
    for cell in look.uncounted:
        material.remark(
            f"{prefix}{cell}", "left out: its formula was never computed; open the file in Excel and save it"
        )
    for area in look.merged:
        first = area.partition(":")[0]
        material.remark(
            f"{prefix}{first}", f"the cells {area} are merged: only `{first}` has a value, the others are empty"
        )
    for row in look.hidden:
        material.remark(f"{prefix}A{row}", "the row is hidden in the sheet, and is taken like the others")


def column(index: int) -> str:
    """The letters of a column, from 0: A, B, … Z, AA."""
    letters, index = "", index + 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _look(path: str, raw: bytes) -> dict[str, _Sheet]:
    """Bounds what a workbook unpacks to, and what its sheets span, before any library does. Raises ImportFault."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            parts = archive.infolist()
            if len(parts) > _MOST_PARTS or sum(p.file_size for p in parts) > _MOST_UNPACKED:
                size = sum(p.file_size for p in parts)
                raise ImportFault(
                    f"{path}: the workbook unpacks to {size:,} bytes in {len(parts):,} parts; at most "
                    f"{_MOST_UNPACKED:,} bytes are read; save the sheet alone, as CSV UTF-8"
                )
            read = {p.filename: _unpack(archive, p) for p in parts if not p.filename.startswith("xl/media/")}
    except ImportFault:
        raise
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        OSError,
        ValueError,
        RuntimeError,
        NotImplementedError,
        EOFError,
        KeyError,
    ):
        raise ImportFault(
            f"{path}: the file is no workbook of Excel (.xlsx); save it anew as .xlsx, or as CSV UTF-8"
        ) from None
    except Exception as error:  # zlib, lzma and bz2 have errors of their own
        raise ImportFault(f"{path}: the workbook is damaged: {shorten(str(error))}; save it anew") from None
    names = _files_of(read)
    sheets = {names.get(file, file): data for file, data in read.items() if b"sheetData" in data}
    return {name: _scan(path, name, data) for name, data in sheets.items()}


def _unpack(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    """A part of the archive, never more of it than it says it has."""
    with archive.open(part) as file:
        return file.read(part.file_size)


def _files_of(read: dict[str, bytes]) -> dict[str, str]:
    """The name of each sheet, by its file."""
    targets = {}
    for m in _RELATION.finditer(read.get("xl/_rels/workbook.xml.rels", b"")):
        own = _attributes(m[1])
        targets[own.get("Id", "")] = "xl/" + own.get("Target", "").removeprefix("/xl/")
    found = {}
    for m in _SHEET.finditer(read.get("xl/workbook.xml", b"")):
        own = _attributes(m[1])
        found[targets.get(own.get("r:id", ""), "")] = unescape(own.get("name", ""), {"&quot;": '"', "&apos;": "'"})
    return found


def _attributes(data: bytes) -> dict[str, str]:
    found = ((m[1], m[2] if m[2] is not None else m[3]) for m in _ATTRIBUTE.finditer(data))
    return {name.decode("utf-8", "replace"): value.decode("utf-8", "replace") for name, value in found}


def _scan(path: str, name: str, data: bytes) -> _Sheet:
    merged = [_attributes(m[1]).get("ref", "") for m in _MERGED.finditer(data)][:_MOST_TOLD]
    found = _Sheet({}, [], merged, [])
    widest = lowest = 0
    for m in _ROW.finditer(data):
        own = _attributes(m[1])
        number = own.get("r", "")
        lowest = max(lowest, int(number) if number.isascii() and number.isdecimal() and len(number) < 9 else 0)
        if own.get("hidden") in ("1", "true") and lowest and len(found.hidden) < _MOST_TOLD:
            found.hidden.append(lowest)
    for m in _CELL.finditer(data):
        own = _attributes(m[1])
        if place := re.fullmatch("([A-Z]{1,3})([0-9]{1,8})", own.get("r", "")):
            index = 0
            for letter in place[1]:
                index = 26 * index + ord(letter) - 64
            widest, lowest = max(widest, index), max(lowest, int(place[2]))
            if own.get("t") == "e":
                error = _ERROR.search(m[2])
                found.errors[place[0]] = error[1].decode("utf-8", "replace") if error else "?"
            elif _FORMULA.search(m[2]) and not _VALUE.search(m[2]):
                found.uncounted.append(place[0])
    # two cells far apart take as much memory as all that lies between them
    if widest > MOST_COLUMNS or widest * lowest > MOST_CELLS:
        raise ImportFault(
            f"{path}: sheet `{shorten(name)}` spans {lowest:,} rows and {widest:,} columns; at most "
            f"{MOST_COLUMNS} columns and {MOST_CELLS:,} cells are read; delete what stands far from the table"
        )
    return found
