"""First room: a file's characters, places in them, and how a place is shown to a person."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import field
from typing import NamedTuple
from unicodedata import category

from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class Source:
    """A file's text with its lines ended by "\\n" alone, and the path that messages show for it."""

    path: str
    text: str
    starts: tuple[int, ...] = field(init=False, repr=False)

    __eq__, __hash__ = object.__eq__, object.__hash__  # of two with the same text each is itself

    def __post_init__(self) -> None:
        starts, at = [0], self.text.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.text.find("\n", at + 1)
        object.__setattr__(self, "starts", tuple(starts))

    def __repr__(self) -> str:
        return f"Source({self.path!r}, {len(self.starts):,} lines)"

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both from 1, columns in code points."""
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line (from 1), without its end."""
        end = self.starts[number] - 1 if number < len(self.starts) else len(self.text)
        return self.text[self.starts[number - 1] : end]

    def span(self, start: int, end: int | None = None) -> Span:
        """The characters from `start` up to `end`; one character when no end is given."""
        return Span(self, start, min(len(self.text), start + 1) if end is None else end)


class Span(NamedTuple):
    """A stretch of a source, by code point offsets, the end left out.

    Spans, scalars and pairs are tuples with names: a large storyboard has many thousands of each, and no other frozen
    value is made as fast.
    """

    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        """The characters themselves, as they stand in the file."""
        return self.source.text[self.start : self.end]

    @property
    def place(self) -> tuple[int, int]:
        """Line and column of the first character, from 1."""
        return self.source.position(self.start)

    @property
    def end_place(self) -> tuple[int, int]:
        """Line and column just behind the last character, from 1."""
        return self.source.position(self.end)

    def __repr__(self) -> str:
        return f"Span({self})"

    def __str__(self) -> str:
        line, column = self.place
        return f"{self.source.path}:{line}:{column}"


def excerpt(span: Span, *, width: int = 100) -> tuple[str, str]:
    """The first line of a span and the carets to put under it, measured in terminal cells.

    A line of more than `width` cells is cut around the carets. Nothing in it steers a terminal: tabs are four
    spaces, a space that is no plain one and a character without a width are escapes, what else is not printable is a
    dot.
    """
    from rich.cells import cell_len

    number, column = span.place
    line = span.source.line(number)
    end_line, end_column = span.end_place
    last = end_column - 1 if end_line == number else len(line.rstrip())
    start, stop = column - 1, max(last, column)
    # a cell holds at most one character that is shown, so this bounds what is measured of a very long line
    head, marked, tail = (
        _show_blanks(line[max(0, start - 2 * width) : start]),
        _show_blanks(line[start:stop][: 2 * width]) or " ",
        _show_blanks(line[stop : stop + 2 * width]),
    )
    cut_head, cut_tail = start > 2 * width, len(line) > stop + 2 * width
    if cell_len(head + marked + tail) > width or cut_head or cut_tail:
        while cell_len(marked) > width * 2 // 3:
            marked, tail, cut_tail = marked[:-1], "", True
        while cell_len(head) > max(width // 3, width - cell_len(marked + tail)):
            head, cut_head = head[1:], True
        while tail and cell_len(head + marked + tail) > width:
            tail, cut_tail = tail[:-1], True
    before = ("…" if cut_head else "") + head
    shown = before + marked + tail + ("…" if cut_tail else "")
    return shown, " " * cell_len(before) + "^" * max(1, cell_len(marked))


def _show_blanks(text: str) -> str:
    if text.isprintable():
        return text
    return "".join("    " if c == "\t" else c if c.isprintable() else _dot(c) for c in text)


_UNSEEN = "\u00ad\u200b\u200c\u200d\u2060\ufeff"


def _dot(char: str) -> str:
    """The escape of what looks like a plain space or like nothing, so that it can be seen; a dot for all else."""
    return f"\\u{ord(char):04x}" if char in _UNSEEN or category(char) == "Zs" else "·"
