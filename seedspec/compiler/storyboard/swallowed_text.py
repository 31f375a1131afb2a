"""The free text of a storyboard, looked at for what YAML drops from it without a word."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seedspec.text.diagnostic import Note, Problems
from seedspec.text.node import Map, Node, Scalar, Sequence
from seedspec.text.source import Span

# A comment is written behind two spaces, or with a space behind its `#`; `shot #3` was meant as text.
_CUT = re.compile(r" #(?![\s#!])[^\n]*|(?<=\S) #[^\n]*(?:\{\{|\{%)[^\n]*")


def check_swallowed_text(board: Map, problems: Problems) -> None:
    """Warns of prompts, titles, notes, vars and axis values that YAML ends at ` #` in the middle of a text."""
    if " #" not in board.span.source.text:
        return
    seen: set[int] = set()
    for node in _places(board):
        for scalar in _texts(node, seen):
            if (cut := swallowed_comment(scalar)) is not None:
                problems.mean(*re.findall(r"\w+", cut.text))
                message = f"the value ends before `{cut.text[:40]}`: a comment begins there"
                value = f"the value is `{scalar.text[:60]}`" if scalar.value is not None else "the value is empty"
                note = Note(f"{value}; if the rest belongs to it, quote the whole or write it under `|`")
                problems.warning("text-cut", message, cut, note)


def swallowed_comment(scalar: Scalar) -> Span | None:
    """The comment right behind a plain text that reads like a part of it."""
    if scalar.style or not (scalar.value is None or isinstance(scalar.value, str)):
        return None
    source = scalar.span.source
    m = _CUT.match(source.text, scalar.span.end)
    return Span(source, m.start() + 1, m.end()) if m else None


def _places(board: Map) -> Iterator[Node]:
    shots = board.get("shots")
    parts = [board, *(s for s in shots if isinstance(s, Map))] if isinstance(shots, Sequence) else [board]
    for part in parts:
        assert isinstance(part, Map)
        for key in ("prompt", "title", "notes", "vars"):
            if (found := part.get(key)) is not None:
                yield found
        matrix = part.get("matrix")
        if isinstance(matrix, Map) and (axes := matrix.get("axes")) is not None:
            yield axes


def _texts(node: Node, seen: set[int]) -> Iterator[Scalar]:
    stack = [node]
    while stack:
        one = stack.pop()
        if isinstance(one, Scalar):
            yield one
        elif id(one) not in seen:
            seen.add(id(one))
            stack.extend(one.items if isinstance(one, Sequence) else [p.value for _, p in one.items()])
