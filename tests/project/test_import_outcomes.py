"""Sources of each kind, whole: what is made of them, what is said, and each fault with its place and words."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from outcomes import Source, outcomes, with_outcomes

from seedspec.project.importing.reading import Wish, import_bytes, import_from
from seedspec.project.importing.sheet import column
from seedspec.project.importing.values import ImportFault

SOURCES = Path(__file__).parent / "sources"
Expect = Callable[[Path, str], None]
LONG = "k" * 100  # so long a name means nothing
ROW = "a,A cup." + "," * 398 + "\n"
HEAD = "id,prompt\n"

ODD: dict[str, Source] = {
    "nothing": (".csv", ""),
    "an empty document": (".md", ""),
    "nothing where JSON is": (".json", ""),
    "a first line in capitals, with an end of Windows": (".csv", "SEP=|\r\nid|prompt\r\na|A, cup.\r\n"),
    "text behind a quote of several lines": (".csv", 'id,prompt\r\na,"A\r\ncup" x\r\n'),
    "cells over lines": (".csv", 'id,prompt,ratio,seed\r\na,"A\r\ncup",5:4,1\r\nb c,A hat.,5:4,2\r\n'),
    "lines end as on an old Mac": (".csv", "id,prompt\ra b,A cup.\rc d,A hat.\r"),
    "lines of a document end as on Windows": (".md", "# A film\r\n\r\n## Shot 1\r\n\r\nA cup.\r\nA hat.\r\n"),
    "no prompt in the column": (".csv", "id,prompt,notes\na, ,x\nb,\x07,y\n"),
    "characters that steer": (".csv", "id,prompt\na,A\x1b[1m cup\x85with\u2028a\x0chat\ufeff.\nb,A\tdoor.\n"),
    "words from right to left": (".csv", "id,prompt\na,x\u202ey\n"),
    "a cell of a million characters": (".csv", f"{HEAD}a,A cup.\nb,{'x' * 1_000_001}\n"),
    "rows that are too many": (".csv", "prompt\n" + "x\n" * 20_000),
    "cells that are too many": (".csv", f"id,prompt{',' * 398}\n{ROW * 1250}"),
    "as many columns as are read": (".csv", f"id,prompt{',' * 398}\na,A cup.\n"),
    "one column more": (".csv", f"id,prompt{',' * 399}\na,A cup.\n"),
    "a document that is too long": (".md", "x" * 4_000_001),
    "a line of bars that is too long": (".md", f"# T\n\n|{'x' * 10_000}\n"),
    "a line that is too long for a field": (".md", f"## Shot 1\n\n- ratio: 1:1{' ' * 2000}\n- prompt: A cup.\n"),
    "headings that are too many": (".md", "# T\n" * 20_001),
    "a table of too many columns": (".md", f"|id|prompt{'|x' * 399}|\n|--|--|\n|a|A cup.|\n"),
    "values that are too many": (".json", "[" + "," * 500_001),
    "items that are too many": (".json", json.dumps([{"prompt": "x"}] * 20_001)),
    "values of an object that are too many": (
        ".json",
        json.dumps([{"prompt": "x"}, {f"{LONG}{i}": 1 for i in range(401)}]),
    ),
    "keys that are too many": (
        ".json",
        json.dumps([{"prompt": "x"}, *({f"{LONG}{i}": 1 for i in range(n, n + 200)} for n in (0, 200))]),
    ),
}

BYTES: dict[str, Source] = {
    "a mark of UTF-8": (".csv", b"\xef\xbb\xbfid,prompt\na,A caf\xc3\xa9.\n"),
    "UTF-16 little": (".csv", b"\xff\xfe" + f"{HEAD}a,A café.\n".encode("utf-16-le")),
    "UTF-16 big": (".csv", b"\xfe\xff" + f"{HEAD}a,A café.\n".encode("utf-16-be")),
    "UTF-32 little": (".csv", b"\xff\xfe\0\0" + f"{HEAD}a,A café.\n".encode("utf-32-le")),
    "UTF-32 big": (".csv", b"\0\0\xfe\xff" + f"{HEAD}a,A café.\n".encode("utf-32-be")),
    "UTF-16 that is torn": (".csv", b"\xff\xfe" + f"{HEAD}a,A".encode("utf-16-le") + b"\x0a"),
    "a mark of UTF-8 before what is none": (".csv", b"\xef\xbb\xbfid,prompt\na,\xe9\n"),
    "UTF-16 is named, and has its mark": (
        ".csv",
        b"\xff\xfe" + f"{HEAD}a,A cup.\n".encode("utf-16-le"),
        Wish(encoding="UTF_16_LE"),
    ),
    "UTF-16 is named, and its mark says that it is big": (
        ".csv",
        b"\xfe\xff" + f"{HEAD}a,A cup.\n".encode("utf-16-be"),
        Wish(encoding="utf-16"),
    ),
    "UTF-8 is named, and has its mark": (".csv", b"\xef\xbb\xbfid,prompt\na,A cup.\n", Wish(encoding="utf-8")),
    "what is named is read": (".csv", f"{HEAD}a,A café.\n".encode("cp1252"), Wish(encoding="cp1252")),
    "what is named is no such bytes": (".csv", b"id,prompt\na,A cup.\nb,\xff\n", Wish(encoding="utf-8")),
    "no such encoding": (".csv", HEAD, Wish(encoding="utf-9000")),
    "no encoding of text": (".csv", HEAD, Wish(encoding="rot13")),
    "bytes of Windows": (".csv", f"{HEAD}a,A cup.\nb,Größe, Öl und Käse,\n".encode("cp1252")),
    "bytes of Chinese": (".csv", f"{HEAD}a,杯子在桌上，阳光照进来。\n".encode("gbk")),
    "a workbook with another name": (".csv", b"PK\x03\x04 and more"),
    "an old workbook": (".csv", b"\xd0\xcf\x11\xe0 and more"),
    "a NUL byte": (".csv", b"id,prompt\r\na,A\0cup.\r\n"),
    "a sheet is for workbooks": (".csv", f"{HEAD}a,A cup.\n", Wish(sheet="Plan")),
}


@pytest.mark.parametrize("topic", ["axes", "columns", "json", "markdown", "prompts", "tables"])
@pytest.mark.slow
def test_what_becomes_of_a_source(topic: str, expect: Expect) -> None:
    file = SOURCES / f"{topic}.txt"
    expect(file, with_outcomes(file.read_text(encoding="utf-8")))


@pytest.mark.parametrize(("topic", "sources"), [("odd", ODD), ("bytes", BYTES)])
@pytest.mark.slow
def test_what_becomes_of_a_source_that_no_page_can_show(topic: str, sources: dict[str, Source], expect: Expect) -> None:
    expect(SOURCES / f"{topic}.txt", outcomes(sources))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("s.doc", "expected a file named `.csv`, `.tsv`, `.txt`, `.xlsx`, `.xlsm`, `.md`, `.markdown` or `.json`"),
        ("none.csv", "there is no such file"),
        ("folder.csv", "is no regular file, so it is not read"),
    ],
)
def test_a_source_is_a_file_of_a_known_kind(
    name: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder.csv").mkdir()
    with pytest.raises(ImportFault) as told:
        import_from(name, tmp_path, Wish())
    assert str(told.value) == f"{name}: {said}"


def test_a_name_of_no_file_can_be_told(tmp_path: Path) -> None:
    with pytest.raises(ImportFault) as told:
        import_from("no\0ne.csv", tmp_path, Wish())
    assert str(told.value) == r"'no\x00ne.csv': there is no such file"


def test_the_ending_of_a_name_may_be_in_capitals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("S.TSV").write_text("id\tprompt\na\tA cup.\n", encoding="utf-8")
    made = import_from("S.TSV", tmp_path, Wish())
    assert (made.remarks, made.text.count("prompt: A cup.")) == ([], 1)


def test_columns_of_a_sheet_have_letters() -> None:
    assert [column(i) for i in (0, 25, 26, 51, 52, 701, 702, 16383)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA", "XFD"]


@pytest.mark.parametrize(
    ("folder", "image", "moved"), [("src", "img/a.png", False), ("out", '"../src/img/a.png"', True)]
)
def test_a_path_is_that_from_the_storyboard(
    folder: str, image: str, moved: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("src/img/a.png", "src/img/b.png", "out/img/b.png"):
        os.makedirs(os.path.dirname(name), exist_ok=True)
        Path(name).touch()
    rows = "a,A cup as in image 1.,img/a.png\nb,A hat as in image 1.,img/b.png\n"
    found = import_bytes("src/s.csv", f"id,prompt,image\n{rows}".encode(), ".csv", Path(folder), Wish(form="shots"))
    said = "changed: `img/a.png` lies beside the source; from the storyboard it is `../src/img/a.png`"
    assert list(found.remarks) == ([f"src/s.csv:2:24: {said}"] if moved else [])
    assert f"  a: {{image: {image}}}\n  b: {{image: img/b.png}}\n" in found.text
