"""What to write in the place of YAML that does not parse, where that is certain."""

from __future__ import annotations

import re

from seedspec.text.diagnostic import Edit
from seedspec.text.source import Source, Span

VALUE = re.compile(r"\s*(?:- +)*(?:(?:[\w.-]+|\"[^\"]*\"|'[^']*'):\s+)?(\S.*)")
"""A line with the value that begins on it as group 1."""

_TEMPLATE = re.compile(r"\{\{[^{}\n]*\}\}(?=[ \t]*[,}\]])")
_KEY_LINE = re.compile(r" *(?:- +)?[a-z_][a-z0-9_.-]*:(?: |$)")


def quote_for_yaml(text: str) -> str:
    """A text as a quoted scalar of YAML on one line: with `"` where nothing in it needs an escape there."""
    return f'"{text}"' if '"' not in text and "\\" not in text else "'" + text.replace("'", "''") + "'"


def indent_of(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def value_of_line(source: Source, number: int) -> Span | None:
    """The value that begins on a line, when it also ends there: no deeper line goes on, and no ` #` is in it."""
    line, start = source.line(number), source.starts[number - 1]
    m = VALUE.match(line)
    if m is None or " #" in m[1]:
        return None
    if number < len(source.starts):
        after = source.line(number + 1)
        key = re.match(r" *(?:- +)*", line)
        if after.strip() and key is not None and indent_of(after) > len(key[0]):
            return None
    return Span(source, start + m.start(1), start + len(line.rstrip()))


def quote_value(source: Source, number: int) -> tuple[Edit, ...]:
    """The edit that quotes the value of a line, where it is certain what belongs to the value."""
    span = value_of_line(source, number)
    return () if span is None else (Edit(span, quote_for_yaml(span.text)),)


def quote_template(source: Source, start: int) -> tuple[Edit, ...]:
    """The edit that quotes a value which begins with a template: the whole of it, or the template in a `{ }`."""
    number = source.position(start)[0]
    span = value_of_line(source, number)
    if span is not None and span.start == start:
        return (Edit(span, quote_for_yaml(span.text)),)
    m = _TEMPLATE.match(source.text, start)
    return () if m is None else (Edit(Span(source, m.start(), m.end()), quote_for_yaml(m[0])),)


def indent_block(source: Source, header: int, key_column: int) -> tuple[Edit, ...]:
    """Edits that indent the text below a `|` or `>` on line `header`, where it is certain how far the text goes.

    It ends before the first line that is a key of one small word, or an item. Where text comes behind such a line
    again, nothing is certain.
    """
    rows: list[int] = []
    last, number = len(source.starts), header + 1
    while number <= last and not _ends_text(source.line(number), key_column):
        rows.append(number)
        number += 1
    while number <= last and indent_of(line := source.line(number)) >= key_column - 1 and line.lstrip()[:1] != "-":
        filled = bool(line.strip()) and line.lstrip()[0] != "#"
        if filled and indent_of(line) == key_column - 1 and not _KEY_LINE.match(line):
            return ()
        number += 1
    texts = [row for row in rows if source.line(row).strip()]
    if not texts:
        return ()
    by = key_column + 1 - min(indent_of(source.line(row)) for row in texts)
    return tuple(Edit(Span(source, at, at), " " * by) for row in texts for at in (source.starts[row - 1],))


def _ends_text(line: str, key_column: int) -> bool:
    if _KEY_LINE.match(line) or (line.lstrip()[:2] in ("- ", "-") and line.strip()):
        return True
    return line.strip() in ("---", "...")


def close_quote(source: Source, opened: int) -> tuple[Edit, ...]:
    """The edit that ends a quoted text at the end of the line where it begins, when what follows is no more of it."""
    number = source.position(opened)[0]
    line = source.line(number).rstrip()
    end = source.starts[number - 1] + len(line)
    after = next((n for n in range(number + 1, len(source.starts) + 1) if source.line(n).strip()), None)
    if after is not None and not re.match(r" *(?:- |[\w.-]+:(?: |$))", source.line(after)):
        return ()
    return () if " #" in line or line.endswith("\\") else (Edit(source.span(end, end), source.text[opened]),)
