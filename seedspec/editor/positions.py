"""Places as editors count them, and as a source does: lines alike, columns in the units that an editor has chosen."""

from __future__ import annotations

from typing import Literal

from lsprotocol import types

from seedspec.text.source import Source, Span

Units = Literal["utf-8", "utf-16", "utf-32"]
"""What an editor counts in a line. A source counts code points, which is utf-32."""


def range_of(span: Span, units: Units) -> types.Range:
    """A span as an editor marks it."""
    return types.Range(position_at(span.source, span.start, units), position_at(span.source, span.end, units))


def position_at(source: Source, offset: int, units: Units) -> types.Position:
    """The place of an offset."""
    line, column = source.position(min(max(offset, 0), len(source.text)))
    before = source.text[source.starts[line - 1] : source.starts[line - 1] + column - 1]
    return types.Position(line - 1, _length(before, units))


def offset_at(source: Source, position: types.Position, units: Units) -> int:
    """The offset of a place; the nearest one for a place that the text does not have."""
    if position.line >= len(source.starts):
        return len(source.text)
    start, line = source.starts[position.line], source.line(position.line + 1)
    if units == "utf-32" or line.isascii():
        return start + min(position.character, len(line))
    left = position.character
    for index, char in enumerate(line):
        if left <= 0:
            return start + index
        left -= _length(char, units)
    return start + len(line)


def _length(text: str, units: Units) -> int:
    if units == "utf-32" or text.isascii():
        return len(text)
    if units == "utf-8":
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text) + sum(char > "\uffff" for char in text)
