"""First room: a file's characters, places in them, and how a place is shown to a person."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A file's text with its lines ended by "\\n" alone, and the path that messages show for it."""

    path: str
    text: str
    starts: tuple[int, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        starts, at = [0], self.text.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.text.find("\n", at + 1)
        object.__setattr__(self, "starts", tuple(starts))

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


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a source, by code point offsets, the end left out."""

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

    def __str__(self) -> str:
        line, column = self.place
        return f"{self.source.path}:{line}:{column}"


def excerpt(span: Span) -> tuple[str, str]:
    """The first line of a span and the carets to put under it, measured in terminal cells."""
    from rich.cells import cell_len

    number, column = span.place
    line = span.source.line(number)
    end_line, end_column = span.end_place
    last = end_column - 1 if end_line == number else len(line.rstrip())
    marked = line[column - 1 : max(last, column)] or " "
    before = _untabbed(line[: column - 1])
    return _untabbed(line), " " * cell_len(before) + "^" * max(1, cell_len(_untabbed(marked)))


def _untabbed(text: str) -> str:
    return "".join("    " if c == "\t" else c if c.isprintable() else "·" for c in text)
