"""Text between delimiters, whole: which delimiter, which names, which bytes, and each fault with its place and words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from outcomes import Source, outcomes

from seedspec.project.importing.reading import Wish, import_from
from seedspec.project.importing.sheet import column
from seedspec.project.importing.values import ImportFault

EXPECTED = Path(__file__).parent / "expected"
Expect = Callable[[Path, str], None]

TABLES: dict[str, Source] = {
    "commas": (".csv", "id,prompt\na,A cup; a hat; a door.\n"),
    "semicolons": (".csv", "id;prompt\na;A cup, a hat, a door.\n"),
    "tabs": (".txt", "id\tprompt\na\tA cup, a hat; a door | a wall.\n"),
    "bars": (".csv", "id|prompt\na|A cup, a hat, a door.\n"),
    "a first line names the delimiter": (".csv", "sep=;\nid;prompt,x\na;A cup, a hat.\n", Wish(mapped=("prompt=prompt,x",))),
    "it may be written in any case and with any line end": (".csv", "SEP=|\r\nid|prompt\r\na|A, cup.\r\n"),
    "a letter is no delimiter": (".csv", "sep=x\nidxprompt\naxA cup.\n"),
    "a quote is no delimiter": (".csv", 'sep="\nid,prompt\na,A cup.\n'),
    "no name is known, so most rows tell the delimiter": (
        ".csv", "A, b and c\nx;y\nk;A cup.\nm;A hat.\n", Wish(mapped=("prompt=y",))),
    "a single column": (".csv", "prompt\nA cup, red, small.\nA hat, blue, large.\n"),
    "nothing": (".csv", ""),
    "delimiters alone": (".csv", ' , ;\t|\n""\n'),
    "names alone": (".csv", "id,prompt\n"),
    "names alone below a title": (".csv", "A plan\nid,prompt\n"),
    "an open quote": (".csv", 'id,prompt\na,A cup.\nb,"A hat.\nc,A door.\n'),
    "an open quote with two inside": (".csv", 'id,prompt\nb,"A ""hat"".\nc,A door.\n'),
    "text behind a quote": (".csv", 'id,prompt\na,A cup.\n"b" x,A hat.\n'),
    "text behind a quote of several lines": (".csv", 'id,prompt\r\na,"A\r\ncup" x\r\n'),
    "a cell of a million characters": (".csv", "id,prompt\na,A cup.\nb," + "x" * 1_000_001 + "\n"),
    "a row of too many cells": (".csv", "id,prompt\na,A cup.\nb,A hat, and more\n"),
    "a row of too few cells": (".csv", "id,prompt,ratio\na,A cup.,16:9\n\nb,A hat.\n"),
    "as many columns as are read": (".csv", f"id,prompt{',' * 398}\na,A cup.\n"),
    "one column more": (".csv", f"id,prompt{',' * 399}\na,A cup.\n"),
    "rows that are too many": (".csv", "prompt\n" + "x\n" * 20_000),
    "cells that are too many": (".csv", f"id,prompt{',' * 398}\n" + ("a,A cup." + "," * 398 + "\n") * 1250),
    "a title and a line above the names": (".csv", "\nA  film,,\nof mine,now,\nid,prompt,\na,A cup.,\n"),
    "data where names are expected": (".csv", "1,A cup.,x\n2,A hat.,y\n"),
    "a number with a fraction is data": (".csv", "cup,3.5\nhat,4\n"),
    "an address is data": (".csv", "cup,https://cdn.example.com/a.png\nhat,b\n"),
    "a long text is data": (".csv", f"cup,{'x' * 81}\nhat,b\n"),
    "a text of eighty characters is none": (".csv", f"cup,{'x' * 80}\nhat,b\n", Wish(mapped=(f"prompt={'x' * 80}",))),
    "names are looked for in ten rows": (".csv", "".join(f"line {n},\n" for n in range(9)) + "id,prompt\na,A cup.\n"),
    "names in the eleventh row": (".csv", "".join(f"line {n},b\n" for n in range(10)) + "id,prompt\na,A cup.\n"),
    "a column without a name": (".csv", "id,prompt,,ratio\na,A cup.,x,16:9\nb,A hat.,y,1:1\n"),
    "a column without a name that half of the rows have": (".csv", "id,prompt,,ratio\na,A cup.,x,16:9\nb,A hat.,,1:1\n"),
    "names twice and three times": (".csv", "id,prompt,note,note,note 2,note\na,A cup.,x,y,z,w\nb,A hat.,,,,\n"),
    "names over two lines": (".csv", 'id,"the\n prompt"\na,A cup.\n'),
    "cells over lines have their places": (".csv", 'id,prompt,ratio,seed\r\na,"A\r\ncup",5:4,1\r\nb c,A hat.,5:4,2\r\n'),
    "lines end as on an old Mac": (".csv", "id,prompt\ra b,A cup.\rc d,A hat.\r"),
    "no column of prompts": (".csv", "x,y\n1a,2b\n"),
    "no prompt in the column": (".csv", "id,prompt,notes\na, ,x\nb,\x07,y\n"),
    "a row without a prompt": (".csv", "id,prompt\na,A cup.\nb,\nc,A hat.\n"),
}  # fmt: skip

BYTES: dict[str, Source] = {
    "a mark of UTF-8": (".csv", b"\xef\xbb\xbfid,prompt\na,A caf\xc3\xa9.\n"),
    "UTF-16 little": (".csv", b"\xff\xfe" + "id,prompt\na,A café.\n".encode("utf-16-le")),
    "UTF-16 big": (".csv", b"\xfe\xff" + "id,prompt\na,A café.\n".encode("utf-16-be")),
    "UTF-32 little": (".csv", b"\xff\xfe\0\0" + "id,prompt\na,A café.\n".encode("utf-32-le")),
    "UTF-32 big": (".csv", b"\0\0\xfe\xff" + "id,prompt\na,A café.\n".encode("utf-32-be")),
    "UTF-16 that is torn": (".csv", b"\xff\xfe" + "id,prompt\na,A".encode("utf-16-le") + b"\x0a"),
    "a mark of UTF-8 before what is none": (".csv", b"\xef\xbb\xbfid,prompt\na,\xe9\n"),
    "UTF-16 is named, and has its mark": (
        ".csv", b"\xff\xfe" + "id,prompt\na,A cup.\n".encode("utf-16-le"), Wish(encoding="UTF_16_LE")),
    "UTF-8 is named, and has its mark": (".csv", b"\xef\xbb\xbfid,prompt\na,A cup.\n", Wish(encoding="utf-8")),
    "what is named is read": (".csv", "id,prompt\na,A café.\n".encode("cp1252"), Wish(encoding="cp1252")),
    "what is named is no such bytes": (".csv", b"id,prompt\na,A cup.\nb,\xff\n", Wish(encoding="utf-8")),
    "no such encoding": (".csv", b"id,prompt\na,A cup.\n", Wish(encoding="utf-9000")),
    "no encoding of text": (".csv", b"id,prompt\na,A cup.\n", Wish(encoding="rot13")),
    "bytes of Windows": (".csv", "id,prompt\na,A cup.\nb,Größe, Öl und Käse,\n".encode("cp1252")),
    "bytes of Chinese": (".csv", "id,prompt\na,杯子在桌上，阳光照进来。\n".encode("gbk")),
    "a workbook with another name": (".csv", b"PK\x03\x04 and more"),
    "an old workbook": (".csv", b"\xd0\xcf\x11\xe0 and more"),
    "a NUL byte": (".csv", b"id,prompt\r\na,A\0cup.\r\n"),
    "a sheet is for workbooks": (".csv", "id,prompt\na,A cup.\n", Wish(sheet="Plan")),
    "characters that steer": (".csv", "id,prompt\na,A\x1b[1m cup\x85with\u2028a\x0chat\ufeff.\nb,A\tdoor.\n"),
}  # fmt: skip


@pytest.mark.parametrize(("topic", "sources"), [("tables", TABLES), ("bytes", BYTES)])
def test_what_becomes_of_a_table(topic: str, sources: dict[str, Source], expect: Expect) -> None:
    expect(EXPECTED / f"{topic}.txt", outcomes(sources))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("s.doc", "s.doc: expected a file named `.csv`, `.tsv`, `.txt`, `.xlsx`, `.xlsm`, `.md`, `.markdown` or `.json`"),
        ("none.csv", "none.csv: there is no such file"),
        ("no\0ne.csv", "'no\\x00ne.csv': there is no such file"),
        ("folder.csv", "folder.csv: is no regular file, so it is not read"),
    ],
)  # fmt: skip
def test_a_source_is_a_file_of_a_known_kind(
    name: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder.csv").mkdir()
    with pytest.raises(ImportFault) as told:
        import_from(name, tmp_path, Wish())
    assert str(told.value) == said


def test_the_ending_of_a_name_may_be_in_capitals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("S.TSV").write_text("id\tprompt\na\tA cup.\n", encoding="utf-8")
    made = import_from("S.TSV", tmp_path, Wish())
    assert (made.remarks, made.text.count("prompt: A cup.")) == ([], 1)


def test_columns_of_a_sheet_have_letters() -> None:
    assert [column(i) for i in (0, 25, 26, 51, 52, 701, 702, 16383)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA", "XFD"]
