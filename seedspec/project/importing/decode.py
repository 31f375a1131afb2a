"""The bytes of a source become text: UTF-8, UTF-16 and UTF-32 by their marks, anything else only if it is named."""

from __future__ import annotations

import re

from seedspec.project.importing.values import ImportFault
from seedspec.text.encoding import guess_encoding
from seedspec.text.near import shorten

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\0\0", "utf-32-le"),
    (b"\0\0\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_UNSHOWN = re.compile("[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
HOW = "save it as `CSV UTF-8` or as UTF-8 text"


def text_of(path: str, raw: bytes, encoding: str) -> str:
    """The text of a source, without its mark; line ends are as they were. Raises ImportFault."""
    if raw.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise ImportFault(f"{path}: the file is a workbook or an archive, not text; an Excel sheet is named `….xlsx`")
    text = _decode_as_named(path, raw, encoding) if encoding else _decode_by_mark(path, raw)
    if (at := text.find("\0")) >= 0:
        where = place_of(path, text, at)
        raise ImportFault(f"{where}: found a NUL byte, so the file is no text in UTF-8; {HOW}")
    return text


def without_controls(text: str) -> str:
    """A text without characters that no YAML holds; other line ends and separators are plain line ends."""
    return _UNSHOWN.sub("", re.sub("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", "\n", text)).replace("\ufeff", "")


def place_of(path: str, text: str, at: int) -> str:
    """File, line and column of an offset, as messages show them."""
    ends = [m.end() for m in re.finditer("\r\n|\n|\r", text[:at])]
    return f"{path}:{len(ends) + 1}:{at - (ends[-1] if ends else 0) + 1}"


def _decode_by_mark(path: str, raw: bytes) -> str:
    for mark, name in _MARKS:
        if raw.startswith(mark):
            return _decode(path, raw[len(mark) :], name, f"the file begins with the mark of {name.upper()}")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as bad:
        number = raw.count(b"\n", 0, bad.start) + 1
        line = raw[raw.rfind(b"\n", 0, bad.start) + 1 :].splitlines()[0][:400]
        column = len(raw[raw.rfind(b"\n", 0, bad.start) + 1 : bad.start].decode("utf-8", "replace")) + 1
        name = guess_encoding(raw).replace("Windows-", "cp").lower()
        others = [n for n in (name, "cp1252", "gbk") if n]
        reads = ", ".join(f"`{shorten(_readable(line, n), 40)}` as {n}" for n in dict.fromkeys(others))
        raise ImportFault(
            f"{path}:{number}:{column}: byte 0x{raw[bad.start]:02x} is not UTF-8; this line reads {reads}; "
            f"{HOW}, or say which it is: `--encoding {name}`"
        ) from None


def _readable(line: bytes, name: str) -> str:
    return without_controls(line.decode(name, "replace")).strip()


def _decode_as_named(path: str, raw: bytes, encoding: str) -> str:
    return _decode(path, raw, encoding, f"`--encoding {shorten(encoding)}`").removeprefix("\ufeff")


def _decode(path: str, raw: bytes, encoding: str, said: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as bad:
        number = raw.count(b"\n", 0, bad.start) + 1
        raise ImportFault(f"{path}:{number}: {said}, and its bytes are none there; {HOW}") from None
    except (LookupError, ValueError):  # also encodings that are none of text
        raise ImportFault(
            f"{said}: there is no such encoding of text; `utf-8`, `utf-16`, `cp1252`, `gbk` and `shift_jis` are some"
        ) from None
