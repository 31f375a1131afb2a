"""A file's bytes: text in UTF-8, or what they are instead and how to make a text file of them."""

from __future__ import annotations

import pytest

from seedspec.text.diagnostic import Problems
from seedspec.text.encoding import decode, guess_encoding, one_line_end

COPY = "copy the storyboard's text into a plain text file and save that as UTF-8"
SAVE = "save the file as UTF-8: editors offer it where they save, or in their status bar"


def told(raw: bytes, path: str = "s.yaml") -> tuple[str | None, list[str]]:
    problems = Problems()
    text = decode(path, raw, problems)
    return text, [
        f"{d.span}: {d.message} [{d.code}]" + "".join(f" | {n.message}" for n in d.notes) for d in problems
    ]  # fmt: skip


def how(name: str, path: str = "s.yaml") -> str:
    return f" | {SAVE} | or: `iconv -f {name} -t UTF-8 {path} > utf8.yaml && mv utf8.yaml {path}`"


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n...", "a PNG picture"), (b"\xff\xd8\xff\xe0", "a JPEG picture"),
        (b"GIF89a", "a GIF picture"),
        (b"%PDF-1.7", "a PDF document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a document of an older Word, Excel or PowerPoint"),
        (b"\x1f\x8b\x08", "a gzip archive"), (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
        (b"Rar!\x1a\x07", "a RAR archive"), (b"ID3\x04", "an MP3 file"),
        (b"OggS", "an Ogg file"), (b"\x1aE\xdf\xa3", "a Matroska or WebM video"),
        (b"SQLite format 3\0", "an SQLite database"),
        (b"{\\rtf1", "an RTF document"), (b"bplist00", "a binary property list"),
        (b"PK\x03\x04...word/x", "a Word document (.docx)"),
        (b"PK\x03\x04...xl/x", "an Excel sheet (.xlsx)"), (b"PK\x03\x04...ppt/x", "a PowerPoint presentation (.pptx)"),
        (b"PK\x03\x04.opendocument.text", "an OpenDocument text (.odt)"),
        (b"PK\x03\x04.opendocument.spreadsheet", "an OpenDocument sheet (.ods)"),
        (b"PK\x03\x04.Index/", "a document of Pages, Numbers or Keynote"), (b"PK\x03\x04.", "a ZIP archive"),
        (b"\0\0\0\x18ftypheic", "a picture of the HEIF family"),
        (b"\0\0\0\x18ftypmif1", "a picture of the HEIF family"),
        (b"\0\0\0\x18ftypavif", "a picture of the HEIF family"), (b"\0\0\0\x18ftypisom", "an MP4 or MOV video"),
        (b"RIFF....WEBP", "a WebP picture"), (b"RIFF....WAVE", "a WAV file"), (b"RIFF....AVI ", "a RIFF file"),
    ],
)  # fmt: skip
def test_what_is_no_text_is_named(raw: bytes, kind: str) -> None:
    note = "" if "picture" in kind else f" | {COPY}"
    assert told(raw) == (
        None,
        [f"s.yaml:1:1: the file is {kind}; expected a text file with YAML in UTF-8 [not-text]{note}"],
    )


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("\ufeffa: 1\r\n".encode("utf-16-le"), "UTF-16"), ("\ufeffa: 1\n".encode("utf-16-be"), "UTF-16"),
        ("\ufeffa: 1\n".encode("utf-32-le"), "UTF-32"), ("\ufeffa: 1\n".encode("utf-32-be"), "UTF-32"),
        ("ab: 1\n".encode("utf-16-le"), "UTF-16LE"), ("ab: 1\n".encode("utf-16-be"), "UTF-16BE"),
        ("prompt: 茶x\n".encode("utf-16-le"), "UTF-16LE"),
    ],
)  # fmt: skip
def test_wide_text_is_named_with_a_way_to_convert_it(raw: bytes, name: str) -> None:
    assert told(raw, "my s.yaml") == (
        None,
        [f"my s.yaml:1:1: the file is {name}; expected UTF-8 [not-utf8]{how(name, chr(39) + 'my s.yaml' + chr(39))}"],
    )


@pytest.mark.parametrize(
    "raw", [b"a\0b\0c\0", b"a: 1\n\0\0\0\0", b"\0a\0b\0c\0d\0", b"a\0b\0\0\0\0\0", "a: 茶".encode(), b"", b"\0" * 8]
)
def test_text_with_some_zeros_is_not_wide(raw: bytes) -> None:
    assert told(raw) == (raw.decode(), [])


def test_a_mark_of_utf_8_is_no_part_of_the_text() -> None:
    assert told(b"\xef\xbb\xbfa: 1\r\n") == ("a: 1\r\n", [])
    assert one_line_end("a\r\nb\rc\n\r\n") == "a\nb\nc\n\n"


@pytest.mark.parametrize(
    ("text", "name", "column"),
    [
        ("a: café\r\nb: x", "Windows-1252", 7), ("x: 1\na: 茶水很热，倒进杯子里\n", "GBK", 4), 
        ("a: お茶はとてもあたたかいです\n", "Shift_JIS", 4),
        ("a: 차 한 잔 을 따른 다 조용 히\n", "EUC-KR", 4),
    ],
)  # fmt: skip
def test_the_encoding_that_a_text_seems_to_have_is_told_with_its_line(text: str, name: str, column: int) -> None:
    raw = text.encode(name)
    line = 2 if text.startswith("x") else 1
    at = raw[: raw.index(text.splitlines()[line - 1].encode(name))]
    byte = next(b for b in raw[len(at) :] if b > 127)
    shown = text.splitlines()[line - 1]
    assert told(raw) == (
        None,
        [f"s.yaml:{line}:{column}: byte 0x{byte:02x} is not UTF-8; the file seems to be {name} [not-utf8]"
         f" | read as {name} this line is `{shown}`{how('GB18030' if name == 'GBK' else name.upper())}"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("茶水很热，倒进杯子里，慢慢地喝", "GBK"), ("お茶はとてもあたたかいです", "Shift_JIS"), 
        ("お茶をいれるカップ、ゆっくり", "EUC-JP"),
        
        ("中文茶的故事在這裡開始，中國的熱茶", "Big5"),
        ("차를 잔에 따른다 조용히 그리고 천천히", "EUC-KR"), ("naïve café, über, ¿qué?", "Windows-1252"), 
        ("“x” — é", "Windows-1252"),
    ],
)  # fmt: skip
def test_bytes_beyond_ascii_are_guessed_by_their_pairs(text: str, name: str) -> None:
    assert guess_encoding(text.encode(name)) == name


def test_a_long_line_is_cut_where_it_is_shown() -> None:
    _, (line,) = told(b"a: \xe9" + b"x" * 300)
    assert f"this line is `a: é{'x' * 76}`" in line
    _, (line,) = told(b"y" * 300 + b" \xe9")
    assert f"this line is `{'y' * 80}`" in line
