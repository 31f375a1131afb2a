"""A file's bytes as text: UTF-8, or what they seem to be instead and how to make a text file in UTF-8 of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seedspec.text.diagnostic import Note, Problems
from seedspec.text.source import Source

_BINARY: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF-", "a PDF document"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a document of an older Word, Excel or PowerPoint"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"ID3", "an MP3 file"),
    (b"OggS", "an Ogg file"),
    (b"\x1aE\xdf\xa3", "a Matroska or WebM video"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"{\\rtf", "an RTF document"),
    (b"bplist00", "a binary property list"),
)
_ZIPPED: tuple[tuple[bytes, str], ...] = (
    (b"word/", "a Word document (.docx)"),
    (b"xl/", "an Excel sheet (.xlsx)"),
    (b"ppt/", "a PowerPoint presentation (.pptx)"),
    (b"opendocument.text", "an OpenDocument text (.odt)"),
    (b"opendocument.spreadsheet", "an OpenDocument sheet (.ods)"),
    (b"Index/", "a document of Pages, Numbers or Keynote"),
)
_MARKS = ((b"\xff\xfe\0\0", "UTF-32"), (b"\0\0\xfe\xff", "UTF-32"), (b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"))
_ICONV = {"GBK": "GB18030"}  # which holds all of it
_SAMPLE = 20_000


def decode(path: str, raw: bytes, problems: Problems) -> str | None:
    """The text of a file; None, with the reason in `problems`, when its bytes are no UTF-8."""
    if (kind := _binary(raw)) is not None:
        message = f"the file is {kind}; expected a text file with YAML in UTF-8"
        advice = "copy the storyboard's text into a plain text file and save that as UTF-8"
        problems.error("not-text", message, Source(path, "").span(0), *([] if "picture" in kind else [advice]))
        return None
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    if (wide := _wide(raw)) is not None:
        shown = raw.decode(wide.lower(), "replace").lstrip("\ufeff")[:2000]
        source = Source(path, one_line_end(shown))
        problems.error("not-utf8", f"the file is {wide}; expected UTF-8", source.span(0), *_how(path, wide))
        return None
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as bad:
        _not_utf8(path, raw, bad.start, problems)
        return None


def one_line_end(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _binary(raw: bytes) -> str | None:
    if raw.startswith(b"PK\x03\x04"):
        return next((kind for sign, kind in _ZIPPED if sign in raw), "a ZIP archive")
    if raw[4:8] == b"ftyp":
        return "a picture of the HEIF family" if raw[8:12] in (b"heic", b"mif1", b"avif") else "an MP4 or MOV video"
    if raw[:4] == b"RIFF":
        return {b"WEBP": "a WebP picture", b"WAVE": "a WAV file"}.get(raw[8:12], "a RIFF file")
    return next((kind for sign, kind in _BINARY if raw.startswith(sign)), None)


def _wide(raw: bytes) -> str | None:
    """UTF-16 or UTF-32: by its mark, or by the zero bytes beside the letters of ASCII."""
    for mark, name in _MARKS:
        if raw.startswith(mark):
            return name
    head = raw[: _SAMPLE & ~3]
    if len(head) < 8 or len(raw) % 2:
        return None
    for even, odd, name in ((0, 1, "UTF-16-BE"), (1, 0, "UTF-16-LE")):
        zeros, letters = head[even::2], head[odd::2]
        if zeros.count(0) > 0.4 * len(zeros) and letters.count(0) == 0:
            return name.replace("16-", "16")
    return None


def _not_utf8(path: str, raw: bytes, at: int, problems: Problems) -> None:
    before, after = one_line_end(raw[:at].decode("utf-8")), raw[at : at + 200]
    name = guess_encoding(raw)
    line = raw[raw.rfind(b"\n", 0, at) + 1 :][:200].splitlines()[0]
    message = f"byte 0x{raw[at]:02x} is not UTF-8; the file seems to be {name}"
    source = Source(path, before + one_line_end(after.decode("utf-8", "replace")))
    read = Note(f"read as {name} this line is `{line.decode(name.lower(), 'replace').strip()[:80]}`")
    problems.error("not-utf8", message, source.span(len(before)), read, *_how(path, name))


def _how(path: str, name: str) -> Iterator[Note]:
    import shlex  # for the few files that need it

    yield Note("save the file as UTF-8: editors offer it where they save, or in their status bar")
    where = shlex.quote(path)
    yield Note(f"or: `iconv -f {_ICONV.get(name, name.upper())} -t UTF-8 {where} > utf8.yaml && mv utf8.yaml {where}`")


def guess_encoding(raw: bytes) -> str:
    """The encoding that bytes beyond ASCII are most likely of.

    Single ones between letters are those of western Europe; pairs are Chinese, Japanese or Korean, by which reading
    has most characters that are common in its script.
    """
    runs = re.findall(rb"[\x80-\xff]+[\x40-\x7e]?", raw[:_SAMPLE])
    sample = b" ".join(runs)
    if sum(len(run.rstrip(bytes(range(128)))) >= 2 for run in runs) * 2 >= len(runs):
        scores = {name: _score(sample, name) for name in ("GBK", "Shift_JIS", "Big5", "EUC-KR", "EUC-JP")}
        best = max(scores, key=lambda name: scores[name])
        if scores[best] > 0.6:
            return best
    return "Windows-1252"


_COMMON = {
    "GBK": rb"[\xb0-\xd7][\xa1-\xfe]|\xa3[\xa1-\xfe]|\xa1[\xa1-\xfe]",
    "Shift_JIS": rb"[\x88-\x97][\x40-\xfc]|[\x81\x82\x83][\x40-\xfc]",
    "Big5": rb"[\xa4-\xc6][\x40-\x7e\xa1-\xfe]|\xa1[\x40-\xfe]",
    "EUC-KR": rb"[\xb0-\xc8][\xa1-\xfe]",
    "EUC-JP": rb"[\xa4\xa5\xa1\xb0-\xcf][\xa1-\xfe]",
}
"""The two bytes of characters that are common in each."""


def _score(sample: bytes, name: str) -> float:
    text = sample.decode(name, "replace")
    if not text:
        return 0.0
    kana = len(re.findall("[\u3041-\u30ff]", text)) if name in ("Shift_JIS", "EUC-JP") else 0
    common = 2 * len(re.findall(_COMMON[name], sample)) / max(1, len(sample) - sample.count(b" "))
    if name == "EUC-KR" and sample.count(b" ") * 10 >= len(sample):  # Korean has spaces between its words
        common += 0.2
    return common - 2 * text.count("\ufffd") / len(text) + (0.3 if kana * 3 > len(text) else 0)
