"""Where a name or a line of a template stands in the file, whatever the YAML style of its text."""

from __future__ import annotations

import re

from seedspec.text.node import Scalar
from seedspec.text.source import Span

_REGION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)


def is_template(value: object) -> bool:
    """Whether a value holds anything for the template language to do."""
    return isinstance(value, str) and ("{{" in value or "{%" in value or "{#" in value)


def find_name(scalar: Scalar, word: str) -> list[Span]:
    """Where a name stands in the template parts of a scalar as the file has it; attributes are not names."""
    raw, start = scalar.span.text, scalar.span.start
    pattern = re.compile(rf"(?<![\w.|]){re.escape(word)}(?!\w)")
    found = []
    for region in _REGION.finditer(raw):
        code = _QUOTED.sub(lambda m: " " * len(m[0]), region[0])
        for m in pattern.finditer(code):
            at = start + region.start() + m.start()
            found.append(Span(scalar.span.source, at, at + len(word)))
    return found


def place_of(scalar: Scalar, said: str, before: str = "") -> Span:
    """Where words of a scalar stand in the file, `before` being its text up to them; all of it where YAML spells them
    in another way."""
    for spelled in (said, said.replace('"', '\\"'), said.replace("'", "''")):
        at = -1
        for _ in range(before.count(said) + 1):
            at = scalar.span.text.find(spelled, at + 1)
        if at >= 0:
            return Span(scalar.span.source, scalar.span.start + at, scalar.span.start + at + len(spelled))
    return Span(scalar.span.source, scalar.span.start, scalar.span.start + len(scalar.span.text.rstrip()))


def locate(scalar: Scalar, line: int, word: str = "") -> Span:
    """Where line `line` (from 1) of a template stands in the file, at `word` when it is found there."""
    source, raw = scalar.span.source, scalar.span.text
    first = source.position(scalar.span.start)[0]
    begin, end = scalar.span.start, scalar.span.end
    if scalar.style == "|" and line >= 1:
        number = min(first + line, len(source.starts))
        begin, end = source.starts[number - 1], source.starts[number - 1] + len(source.line(number))
        begin += len(source.line(number)) - len(source.line(number).lstrip())
    if word and (m := _word_in(source.text, word, begin, end)):
        return Span(source, m.start(), m.end())
    if scalar.style == "|" and begin < end:
        return Span(source, begin, end)
    return Span(source, scalar.span.start, scalar.span.start + len(raw.rstrip()))


def _word_in(text: str, word: str, begin: int, end: int) -> re.Match[str] | None:
    """A word between two places, rather inside `{{ }}` or `{% %}` than outside."""
    left, right = r"(?<!\w)" if word[0].isalnum() else "", r"(?!\w)" if word[-1].isalnum() else ""
    found = list(re.compile(left + re.escape(word) + right).finditer(text, begin, end))

    def in_code(m: re.Match[str]) -> bool:
        opened = max(text.rfind("{{", begin, m.start()), text.rfind("{%", begin, m.start()))
        closed = max(text.rfind("}}", begin, m.start()), text.rfind("%}", begin, m.start()))
        return opened > closed

    return next((m for m in found if in_code(m)), found[0] if found else None)
