"""Where a stretch of a template stands in the file, whatever the YAML style of its text."""

from __future__ import annotations

from collections.abc import Iterator

from seedspec.text import later
from seedspec.text.diagnostic import Edit
from seedspec.text.node import Scalar
from seedspec.text.source import Span

_FOLD = r"[ \t]*\n[ \t\n]*"
_ESCAPE = r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)"
_UNITS = {
    '"': later.pattern(rf"(?P<none>\\\n[ \t]*)|(?P<one>{_ESCAPE})|(?P<fold>{_FOLD})|."),
    "'": later.pattern(rf"(?P<none>(?!))|(?P<one>'')|(?P<fold>{_FOLD})|."),
    "": later.pattern(rf"(?P<none>(?!))|(?P<one>(?!))|(?P<fold>{_FOLD})|."),
}
"""What stands for nothing, for one character, or for the end of a line, by the style of a text."""


def is_template(value: object) -> bool:
    """Whether a value holds anything for the template language to do."""
    return isinstance(value, str) and ("{{" in value or "{%" in value or "{#" in value)


class Written:
    """A text as its file has it: each of its characters by the place where it is written."""

    def __init__(self, scalar: Scalar) -> None:
        self._scalar = scalar
        self._text = str(scalar.value)
        units = list(_units(scalar, self._text))
        self._units = units if "".join(c for c, _, _ in units) == self._text[: len(units)] else []

    def span(self, start: int, end: int) -> Span:
        """Where the characters from `start` up to `end` of the text stand; all of it where that is not known."""
        source = self._scalar.span.source
        if not self._units or not 0 <= start < len(self._units):
            return self.whole
        last = self._units[min(max(start + 1, end), len(self._units)) - 1]
        return Span(source, self._units[start][1], last[2])

    @property
    def whole(self) -> Span:
        """The whole value, without the line ends behind it."""
        source, start, raw = self._scalar.span.source, self._scalar.span.start, self._scalar.span.text
        return Span(source, start, start + len(raw.rstrip()))

    def edit(self, start: int, end: int, text: str) -> Edit | None:
        """Writes `text` in place of a stretch of the text; None where that would not be the whole of it."""
        style = self._scalar.style
        if not self._units or not 0 <= start <= end <= len(self._units):
            return None
        if start == end:
            at = self._units[start][1] if start < len(self._units) else self._units[-1][2]
            span = Span(self._scalar.span.source, at, at)
        else:
            span = self.span(start, end)
        if span.text != self._text[start:end]:
            return None
        if (style == '"' and ('"' in text or "\\" in text)) or (style in ("", ">") and ("\n" in text or " #" in text)):
            return None
        return Edit(span, text.replace("'", "''") if style == "'" else text)


def place_of(scalar: Scalar, said: str, before: str = "") -> Span:
    """Where words of a text stand in the file, `before` being the text up to them; all of it where that is unknown."""
    written, at = Written(scalar), -1
    for _ in range(before.count(said) + 1):
        at = str(scalar.value).find(said, at + 1)
    return written.span(at, at + len(said)) if at >= 0 else written.whole


def _units(scalar: Scalar, text: str) -> Iterator[tuple[str, int, int]]:
    """Each character of a text with the stretch of the file that stands for it."""
    source, start, end = scalar.span.source, scalar.span.start, scalar.span.end
    if scalar.span.text == text:
        yield from ((c, at, at + 1) for at, c in enumerate(text, start))
    elif scalar.style == "|":
        yield from _literal(scalar, text)
    elif scalar.style == ">":
        first = source.position(start)[0]
        yield from _align_folded(source.text, source.starts[min(first, len(source.starts) - 1)], end, text)
    else:
        inner = (start + 1, end - 1) if scalar.style else (start, end)
        for m in _UNITS[scalar.style].finditer(source.text, *inner):
            if m["fold"] is not None:
                ends = m["fold"].count("\n")
                for c in "\n" * (ends - 1) or " ":
                    yield c, m.start(), m.end()
            elif m["one"] is not None:
                yield "'" if scalar.style == "'" else _read_escape(m[0]), m.start(), m.end()
            elif m["none"] is None:
                yield m[0], m.start(), m.end()


_ESCAPES = dict(zip('0abtnvfre"/\\N_LP \t', '\0\a\b\t\n\v\f\r\x1b"/\\\x85\xa0\u2028\u2029 \t', strict=True))


def _read_escape(written: str) -> str:
    return chr(int(written[2:], 16)) if written[1] in "xuU" else _ESCAPES.get(written[1], "")


def _literal(scalar: Scalar, text: str) -> Iterator[tuple[str, int, int]]:
    source = scalar.span.source
    first = source.position(scalar.span.start)[0]
    lines = text.split("\n")
    for i, line in enumerate(lines):
        number = first + 1 + i
        if number > len(source.starts):
            return
        written, at = source.line(number), source.starts[number - 1]
        if line and not written.endswith(line):
            return
        at += len(written) - len(line) if line else 0
        for j, c in enumerate(line):
            yield c, at + j, at + j + 1
        if i < len(lines) - 1:
            yield "\n", at + len(line), at + len(line) + 1


def _align_folded(raw: str, at: int, end: int, text: str) -> Iterator[tuple[str, int, int]]:
    """White space stands for white space, however much of each there is; everything else is as it is written."""
    i = 0
    while i < len(text):
        if text[i].isspace():
            start = at
            while at < end and raw[at].isspace():
                at += 1
            while i < len(text) and text[i].isspace():
                yield text[i], start, max(start + 1, at)
                i += 1
            continue
        while at < end and raw[at].isspace():
            at += 1
        if at >= end or raw[at] != text[i]:
            return
        yield text[i], at, at + 1
        at, i = at + 1, i + 1
