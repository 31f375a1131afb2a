"""Where the cursor stands in a text that is being written: in a template, or at a key or a value of which path."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from seedspec.editor.snapshot import root_of
from seedspec.text.node import Map, Node, Path, Scalar
from seedspec.text.source import Source

_HERE = "seedspec0here"
"""Stands in the place of the word that is being written, so that the compiler's own reader says where it is."""
_WORD = re.compile(r"[\w./:@~+-]*\Z")
_REST = re.compile(r"[\w./@~+-]*")
_MOST_BACK = 2000
_CLOSERS = {"{": "}", "[": "]"}


class YamlCursor(NamedTuple):
    """The word from `start` to `end` is a `key` or a `value` at a path; `beside` has the other keys of its mapping.

    `root` are the nodes of the text around it.
    """

    kind: Literal["key", "value"]
    path: Path
    start: int
    end: int
    beside: frozenset[str]
    root: Map
    has_colon: bool = False


class TemplateCursor(NamedTuple):
    """The code of a template up to the cursor, `{{ ref('he`, with its mark."""

    code: str
    mark: str


def template_at(text: str, offset: int) -> TemplateCursor | None:
    """The template that the cursor is inside of; None outside of `{{ }}` and `{% %}`."""
    before = text[max(0, offset - _MOST_BACK) : offset]
    begin = max(before.rfind("{{"), before.rfind("{%"))
    if begin < 0 or "}}" in before[begin + 2 :] or "%}" in before[begin + 2 :]:
        return None
    return TemplateCursor(before[begin + 2 :].lstrip("-+"), before[begin : begin + 2])


def yaml_at(source: Source, offset: int) -> YamlCursor | None:
    """The key or value that is being written; None where the reader cannot tell."""
    text = source.text
    line_start = source.starts[source.position(offset)[0] - 1]
    m, rest = _WORD.search(text, line_start, offset), _REST.match(text, offset)
    assert m and rest
    start, end = m.start(), rest.end()
    if text[start:offset].endswith(":") and text[offset : offset + 1] in ("", "\n"):
        return None
    has_colon = text[end : end + 1] == ":"
    for stand_in in (_HERE, f"{_HERE}: 0"):
        if has_colon and stand_in != _HERE:
            continue
        made = text[:start] + stand_in + _close_brackets(text, line_start, start, end)
        root = root_of(Source(source.path, made))
        found = _find(root, ())
        if found is not None:
            kind, path, beside = found
            return YamlCursor(kind, path, start, end, beside, root, has_colon)
    return None


def _close_brackets(text: str, line_start: int, start: int, end: int) -> str:
    """What follows the word, with the quote and the brackets closed that the line opens and leaves open."""
    stop = text.find("\n", end)
    stop = len(text) if stop < 0 else stop
    open_ones: list[str] = []
    for char in text[line_start:start] + text[end:stop]:
        if char in _CLOSERS:
            open_ones.append(_CLOSERS[char])
        elif open_ones and char == open_ones[-1]:
            open_ones.pop()
    line = text[end:stop]
    if text[line_start:start].count('"') % 2 and '"' not in line:
        line = f'"{line}'
    return line + "".join(reversed(open_ones)) + text[stop:]


def _find(node: Node, path: Path) -> tuple[Literal["key", "value"], Path, frozenset[str]] | None:
    stack: list[tuple[Node, Path]] = [(node, path)]
    while stack:
        one, at = stack.pop()
        if isinstance(one, Map):
            if _HERE in one.pairs:
                return "key", at, frozenset(one.pairs) - {_HERE}
            stack += [(pair.value, (*at, name)) for name, pair in one.items()]
        elif isinstance(one, Scalar):
            if one.value == _HERE:
                return "value", at, frozenset()
        else:
            stack += [(item, (*at, number)) for number, item in enumerate(one.items)]
    return None
