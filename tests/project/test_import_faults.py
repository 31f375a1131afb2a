"""Sources of which no storyboard can be made: what is said, and where; and that no bytes end in anything else."""

from __future__ import annotations

import csv
import io
import json
import random
import struct
import sys
import zipfile
from pathlib import Path

import openpyxl
import pytest
import yaml
from boards import compiled
from hypothesis import given, settings
from hypothesis import strategies as st

from seedspec.project.importing import sheet
from seedspec.project.importing.reading import Imported, Wish, import_bytes, import_from
from seedspec.project.importing.values import MOST_BYTES, ImportFault

pytestmark = pytest.mark.slow

NOWHERE = Path("/nowhere")
HEAD = b"id,prompt,duration\n"


def imported(raw: bytes, suffix: str = ".csv", wish: Wish | None = None) -> Imported:
    return import_bytes(f"s{suffix}", raw, suffix, NOWHERE, wish or Wish())


def fault(raw: bytes, suffix: str = ".csv", wish: Wish | None = None) -> str:
    with pytest.raises(ImportFault) as told:
        imported(raw, suffix, wish)
    return str(told.value)


FAULTS: list[tuple[str, bytes, str]] = [
    (".csv", b"", "s.csv: the table is empty"),
    (".csv", b"\n , \n,,\n", "s.csv: the table is empty"),
    (".csv", HEAD, "s.csv:1:1: the table has names of columns and no row below them"),
    (".csv", HEAD + b'a,"open quote,5\nb,second,5\n', "s.csv:2:3: this quote is never closed"),
    (".csv", HEAD + b'a,"a quote "inside" it",5\n', "s.csv:2:3: the text in quotes ends at 2:12, and more stands"),
    (".csv", HEAD + b"a,first, second,5\n", "s.csv:2:17: the row has 4 cells and there are 3 names of columns"),
    (".csv", b"1,A cup.,5\n2,A hat.,5\n", "s.csv:1:1: found data, `1`, where the names of the columns are expected"),
    (".csv", b"a,b\nx,y\n", "s.csv: no column holds prompts; found `a` or `b`; name one: `--map prompt=COLUMN`"),
    (".csv", HEAD + b"a,,5\n", "s.csv: no row has a prompt in `prompt`"),
    (".csv", HEAD + b"a,x\0y,5\n", "s.csv:2:4: found a NUL byte"),
    (".csv", HEAD + "a,Größe,5\n".encode("cp1252"), "s.csv:2:5: byte 0xf6 is not UTF-8; this line reads `a,Größe"),
    (".csv", HEAD + "a,杯子在桌上,5\n".encode("gbk"), "or say which it is: `--encoding gbk`"),
    (".csv", b"\xff\xfea", "s.csv:1: the file begins with the mark of UTF-16-LE, and its bytes are none there"),
    (".csv", b"PK\x03\x04", "s.csv: the file is a workbook or an archive, not text"),
    (".csv", b"sep=x\nidxprompt\n", "s.csv:1:5: `x` cannot part columns"),
    (".csv", b"prompt" + b",x" * 500 + b"\ny\n", "s.csv:1:1: found 501 columns; at most 400 are read"),
    (".csv", b"prompt\n" + b"x\n" * 20_001, "the table has more than 20,000 rows or 500,000 cells"),
    (".json", b"", "s.json:1:1: no valid JSON: the end of the file stands where a value is expected"),
    (".json", b'{"shots": [\n  {"prompt": "a",}\n]}', "s.json:2:18: no valid JSON: expected a key in double quotes"),
    (".json", b"[1, 2]", "s.json:1:1: no list of objects with prompts"),
    (".json", b"[" * 100_000, "more than 60 levels deep"),
    (".json", b'{"seedspec": 1, "shots": []}', "this is a storyboard already"),
    (".md", b"# A title\n\nSome words.\n", "s.md: no prompts found"),
    (".md", b"# Shot 1\n\n```\nnever closed\n", "s.md:3:1: this fence is never closed"),
    (".xlsx", b"no zip", "s.xlsx: the file is no workbook of Excel (.xlsx)"),
    (".xlsx", b"PK\x03\x04" + b"\0" * 60, "s.xlsx: the file is no workbook of Excel (.xlsx)"),
]  # fmt: skip


@pytest.mark.parametrize(("suffix", "raw", "said"), FAULTS, ids=range(len(FAULTS)))
def test_a_fault_has_its_place_and_its_remedy(suffix: str, raw: bytes, said: str) -> None:
    assert said in fault(raw, suffix)


@pytest.mark.parametrize("mapped", ["prompt", "promt=prompt", "prompt=nothing", "=", "prompt="])
def test_a_map_names_what_there_is(mapped: str) -> None:
    assert fault(HEAD + b"a,b,5\n", wish=Wish(mapped=(mapped,))).startswith(f"--map {mapped}: ")


@pytest.mark.parametrize("encoding", ["rot13", "zlib", "no such", "x\0y", "undefined", "idna"])
def test_an_encoding_is_one_of_text(encoding: str) -> None:
    assert "encod" in fault(HEAD + b"a,b\xff,5\n", wish=Wish(encoding=encoding))


@pytest.mark.parametrize(
    ("encoding", "named"), [("utf-8-sig", ""), ("utf-16", ""), ("utf-32", ""), ("cp1252", "cp1252"), ("gbk", "gbk")]
)
def test_an_encoding_is_read(encoding: str, named: str) -> None:
    text = "杯子" if encoding == "gbk" else "Größe"
    raw = f"id,prompt\r\na,{text}\r\n".encode(encoding)
    assert yaml.safe_load(imported(raw, wish=Wish(encoding=named)).text)["shots"][0]["prompt"] == text


DELIMITERS = [
    b"id;prompt\na;one, two, three\nb;four, five\n",
    b"id\tprompt\na\tone, two; three\n",
    b'id|prompt\na|"one | two"\n',
    b'"id","prompt"\n"a","one; two; three; four"\n',
    b'\xef\xbb\xbf"id";"prompt"\n"a";"one\n\n""two"", three"\n',
    b"Plan, for all of us\nid;prompt\na;one, two\n",
]


@pytest.mark.parametrize("raw", DELIMITERS, ids=range(len(DELIMITERS)))
def test_the_delimiter_is_the_one_of_the_names(raw: bytes) -> None:
    prompt = yaml.safe_load(imported(raw).text)["shots"][0]["prompt"]
    assert prompt.startswith("one") and prompt.rstrip().endswith(("two", "three", "four"))


def test_a_table_of_one_column_has_no_delimiter() -> None:
    shots = yaml.safe_load(imported(b"prompt\na close up, of a cup\nwide; of a hat\n").text)["shots"]
    assert [shot["prompt"] for shot in shots] == ["a close up, of a cup", "wide; of a hat"]


def test_what_is_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    with pytest.raises(ImportFault, match="has more than"):
        import_from(str(large), tmp_path, Wish())
    assert MOST_BYTES < 100 * 1024 * 1024


def workbook(cells: str, other: bytes = b"") -> bytes:
    """A workbook whose one sheet has these cells as they are written in XML."""
    book = openpyxl.Workbook()
    book.active["A1"] = "prompt"
    made, out = io.BytesIO(), io.BytesIO()
    book.save(made)
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            data = old.read(part)
            if part.filename == "xl/worksheets/sheet1.xml":
                data = data.replace(b"</sheetData>", cells.encode() + b"</sheetData>")
            new.writestr(part.filename, data)
        if other:
            new.writestr("xl/media/large.bin", other)
    return out.getvalue()


FAR = ['<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', "<row r='9'><x:c r='XFD9'><v>1</v></x:c></row>",
       '<row r="1048576"/><row r="2"><c r="NA2"><v>1</v></c></row>']  # fmt: skip


@pytest.mark.parametrize("cells", FAR)
def test_a_sheet_that_spans_too_much_is_not_unpacked_by_any_library(cells: str) -> None:
    assert "at most 400 columns and 500,000 cells are read" in fault(workbook(cells), ".xlsx")


def test_a_zip_bomb_is_refused() -> None:
    assert "the workbook unpacks to" in fault(workbook("", bytes(70 * 1024 * 1024)), ".xlsx")


def test_a_part_gives_no_more_than_it_says() -> None:
    raw = bytearray(workbook('<row r="2"><c r="A2" t="inlineStr"><is><t>A cup.</t></is></c></row>'))
    assert "A cup." in imported(bytes(raw), ".xlsx").text
    at = raw.rfind(b"PK\x01\x02")
    while at >= 0:  # every part says in the directory that it is empty
        raw[at + 24 : at + 28] = struct.pack("<I", 0)
        at = raw.rfind(b"PK\x01\x02", 0, at)
    assert ": " in fault(bytes(raw), ".xlsx")


def test_without_the_library_the_command_to_install_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    assert fault(workbook(""), ".xlsx") == sheet.NEEDS


def test_a_sheet_is_named() -> None:
    said = fault(workbook(""), ".xlsx", Wish(sheet="Shet"))
    assert "there is no sheet `Shet`; expected `Sheet`; did you mean `Sheet`?" in said
    assert "`--sheet` is for workbooks" in fault(HEAD + b"a,b,5\n", wish=Wish(sheet="x"))


PIECES = [
    "", "a", "5", "5s", "16:9", "4:5", "1080p", "=cmd|x", "{{ x }}", "{% if %}", "{#", "{{", "}}", "{",
    "{@Image 1}", "[Image 2]", "image 1", "images 2 and 3", "图1", "@Image 2: b", "../x.png", "a\\b.png",
    "https://x.y/z.png?a={{b}}", "- a: b", "\"q\"", "it's", "#no", "a: b", "\u001b[1m", "\u202e", "\ufeff",
    "\t", " x", "x ", "x\ny", "\r\n", "yes", "null", "~", "0x10", "1e3", "{id}", "[prompt]", "{hook}",
    "镜头1", "é", "|", ">", "&a", "*b", "!t", "%", "`", "-1", "9" * 25, "1,5", "00:05", "\u0085", "\u2028",
    "\ufffe", "😀", "<br>", "w" * 300, "a.png, b.mp4", "a.mp3", "no", "2026-01-02", "5.0",
]  # fmt: skip
NAMES = [
    "id", "prompt", "duration", "image", "hook", "camera", "ratio", "seed", "takes", "notes", "tags",
    "title", "model", "镜头", "提示词", "video_url", "audio", "quality", "", "shot", "scene", "generate_audio",
    "negative_prompt", "Image 2", "first_frame", "references", "entry", "fingerprint", "take", "axis:look",
    "description", "x y", "null", "no", "text",
]  # fmt: skip
CELL = st.lists(st.sampled_from(PIECES), max_size=3).map("".join)
ABSENT = {"media-file", "media-url"}
"""Findings about media, which are not here, and whose addresses are as somebody wrote them."""


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, bytes]:
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=7, unique=True))
    names = [*names, "prompt"] if "prompt" not in names else names
    rows = draw(st.lists(st.lists(CELL, min_size=len(names), max_size=len(names)), min_size=1, max_size=4))
    if draw(st.booleans()):
        shots = [dict(zip(names, row, strict=True)) for row in rows]
        return ".json", json.dumps({"shots": shots, "style": draw(CELL), "title": draw(CELL)}).encode()
    if draw(st.booleans()):
        plain = [[c.replace("|", "\\|").replace("\n", "<br>") for c in row] for row in (names, *rows)]
        lines = ["| " + " | ".join(row) + " |" for row in plain]
        return ".md", "\n".join([lines[0], "|" + "---|" * len(names), *lines[1:]]).encode("utf-8", "replace")
    out = io.StringIO()
    csv.writer(out, delimiter=draw(st.sampled_from(",;\t|"))).writerows([names, *rows])
    return ".csv", out.getvalue().encode()


@settings(max_examples=120)
@given(source=tables(), form=st.sampled_from(["", "shots", "rows"]))
def test_whatever_is_in_the_cells_the_storyboard_checks(source: tuple[str, bytes], form: str) -> None:
    suffix, raw = source
    wish = Wish(form="shots" if form == "shots" else "rows" if form == "rows" else "")
    try:
        made = imported(raw, suffix, wish)
    except ImportFault as told:
        assert "\n" not in str(told) and len(str(told)) < 700
        return
    assert made == imported(raw, suffix, wish)  # the same bytes for the same source
    if "  axes:" in made.text and not TABLES:
        assert isinstance(yaml.safe_load(made.text), dict)
        return
    found = [d for d in compiled(made.text).diagnostics if d.severity == "error" and d.code not in ABSENT]
    assert [(str(d.span), d.code, d.message) for d in found] == [], made.text


@settings(max_examples=150)
@given(source=tables(), suffix=st.sampled_from([".csv", ".md", ".json", ".xlsx"]), seed=st.integers(0, 2**32))
def test_no_bytes_end_in_a_traceback(source: tuple[str, bytes], suffix: str, seed: int) -> None:
    chance = random.Random(seed)
    raw = bytearray(source[1] if suffix != ".xlsx" else workbook("<row r='2'><c r='A2'><v>7</v></c></row>"))
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(raw) + 1)
        raw[at : at + chance.choice((0, 1, 1, 7))] = chance.randbytes(chance.choice((0, 1, 1, 3)))
    try:
        text = imported(bytes(raw), suffix).text
    except ImportFault:
        return
    assert isinstance(yaml.safe_load(text), dict)


@settings(max_examples=100)
@given(raw=st.binary(max_size=300), suffix=st.sampled_from([".csv", ".md", ".json", ".xlsx"]))
def test_random_bytes_are_no_storyboard(raw: bytes, suffix: str) -> None:
    try:
        imported(raw, suffix)
    except ImportFault as told:
        assert str(told)


TABLES = compiled(
    "seedspec: 1\nmodel: seedance-2.0-reference-to-video\nmatrix: {axes: {ad: [{id: a, line: b}]}}\n"
    'shots: [{id: a, prompt: "{{ ad.line }}"}]\n'
).ok
