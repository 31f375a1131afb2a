"""Advice on where a line of YAML begins, and on the space that is missing in it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from seedspec.text.diagnostic import Edit, Note, Problems, list_words
from seedspec.text.node import Scalar
from seedspec.text.source import Source, Span
from seedspec.text.yaml_attempt import Complaint
from seedspec.text.yaml_edits import indent_block, indent_of

_NO_SPACE = re.compile(r" *(?:- +)?[A-Za-z_][\w-]*:(?=[^\s:/])|() *-(?=[A-Za-z_][\w-]*:(?:\s|$))")
MOST_ROWS, MOST_COLUMNS = 1000, 10_000
"""How far above a line its columns are looked for."""


def inside_text(source: Source, number: int, said: Complaint) -> bool:
    """Whether a line lies in a text that was read already and began above it.

    A plain text that ends right where the parser stopped is none: it has swallowed keys.
    """
    last = said.last
    if not isinstance(last, Scalar) or (not last.style and not source.text[last.span.end : said.offset].strip()):
        return False
    line, start = source.line(number), source.starts[number - 1]
    at = start + len(line) - len(line.lstrip())
    return last.span.start < start and at < last.span.end


def hollow_block(source: Source, block: Scalar, edits: Sequence[Edit], problems: Problems) -> None:
    """A `|` or `>` with nothing below it, and text that is not indented right behind it."""
    number, column = block.span.place
    head = source.line(number)[: column - 1]
    key = re.search(r"([\w.-]+|\"[^\"]*\"|'[^']*')\s*:\s*(?:[&!]\S*\s*)*$", head)
    what = f"`{key[1]}`" if key else "the line above"
    after = next((n for n in range(number + 1, len(source.starts) + 1) if source.line(n).strip()), number)
    line, start = source.line(after), source.starts[after - 1]
    span = source.span(start + indent_of(line), start + len(line.rstrip()))
    message = f"text under `{source.text[block.span.start]}` must be indented further than {what}"
    problems.error("block-not-indented", message, span, Note("the text belongs below this", block.span), *edits)


def indented_block(source: Source, block: Scalar) -> tuple[Edit, ...]:
    """The edits for it."""
    number, column = block.span.place
    head = source.line(number)[: column - 1]
    key = re.match(r" *(?:- +)*", head)
    return indent_block(source, number, len(key[0]) + 1 if key else 1)


def hollow(source: Source, said: Complaint, problems: Problems) -> bool:
    last = said.last
    if not isinstance(last, Scalar) or last.style not in ("|", ">") or not is_hollow(last):
        return False
    at = said.offset if said.began is None or "simple key" not in said.context else said.began
    if source.text[last.span.end : at].strip() and "\n" in source.text[last.span.end : at].strip():
        return False
    line = source.line(source.position(min(at, len(source.text)))[0])
    if re.match(r"\s*(?:- |-?$|[a-z_][\w.-]*:(?: |$))", line):
        return False
    hollow_block(source, last, said.sure(indented_block(source, last)), problems)
    return True


def is_hollow(block: Scalar) -> bool:
    return not block.text.strip()


def no_space(source: Source, said: Complaint, problems: Problems) -> bool:
    """A `key:value` or a `-key: value` on the line or right above it, and in the lines before them."""
    at = said.began if said.began is not None and "simple key" in said.context else said.offset
    here = source.position(min(at, len(source.text)))[0]
    for number in (here, here - 1):
        if number < 1 or not _NO_SPACE.match(source.line(number)) or inside_text(source, number, said):
            continue
        first = number
        while first > max(1, number - MOST_ROWS) and _NO_SPACE.match(source.line(first - 1)):
            first -= 1
        rows = range(first, number + 1)
        marks = [(source.starts[row - 1], _NO_SPACE.match(source.line(row))) for row in rows]
        edits = [Edit(source.span(s + m.end(), s + m.end()), " ") for s, m in marks if m is not None]
        if said.sure(edits):
            behind = source.text[edits[0].span.start - 1]
            span = source.span(edits[0].span.start - 1)
            problems.error("missing-space", f"a space is missing behind `{behind}`", span, *edits)
            return True
    return False


def indented_otherwise(source: Source, here: Span, problems: Problems) -> None:
    """A line that begins in no column where one can begin: those of the lines above are named."""
    number, column = here.place
    item = re.match(r"-(?: |$)", source.text[here.start : here.start + 2].rstrip("\n")) is not None
    known = _columns(source, number, items=item)
    what = "item" if item else "key"
    message = f"this {what} begins at column {column}, where none can begin"
    notes: list[Note] = []
    if known:
        message = f"this {what} begins at column {column}; expected column {list_words(known).replace('`', '')}"
        column, at = next(iter(known.items()))
        notes.append(Note(f"column {column} is that of this {what}", source.span(at)))
    problems.error("indentation", message, here, *notes)


def _columns(source: Source, number: int, *, items: bool) -> dict[int, int]:
    """The columns of the keys, or items, that are open above a line, the innermost first, and where one stands."""
    found: dict[int, int] = {}
    limit = MOST_COLUMNS
    for row in range(number - 1, max(0, number - MOST_ROWS), -1):
        line, start = source.line(row), source.starts[row - 1]
        indent = indent_of(line)
        if indent >= limit or not line.strip() or line[indent] == "#":
            continue
        m = re.match(r" *((?:- +)*)(?:([\w.-]+|\"[^\"]*\"|'[^']*') *:(?: |$))?", line)
        assert m is not None
        if items and m[1]:
            found.setdefault(indent + 1, start + indent)
        elif not items and m[2]:
            found.setdefault(m.start(2) + 1, start + m.start(2))
        limit = indent
    return found
