"""Words of a storyboard that look right and hold a character that is not: a no-break space, a full-width digit."""

from __future__ import annotations

from seedspec.catalog.schema import shorten
from seedspec.compiler.storyboard.tables import is_table
from seedspec.text import later, lookalike
from seedspec.text.diagnostic import Edit, Problems
from seedspec.text.node import Map, Node, Pair, Scalar, Sequence
from seedspec.text.source import Span
from seedspec.text.yaml_scalars import core

_WORD = later.pattern(r"[A-Za-z0-9_][A-Za-z0-9_.:-]*")
_KEY_AND_VALUE = later.pattern(
    rf"([A-Za-z_][A-Za-z0-9_-]*)((?:: ?[{lookalike.SPACES}]|[\uff1a\ufe55])[ {lookalike.SPACES}]*)(\S.*)"
)
_FREE = frozenset(
    ("prompt", "title", "notes", "tags", "vars", "name", "output", "image", "video", "audio", "callback_url")
)
"""Keys whose values are free text, addresses or names of files: any character may be meant there."""


def with_plain_words(board: Map, problems: Problems) -> Map:
    """The storyboard with the words that were meant; each that had to be mended is an error with its edit.

    Keys, ids, labels and the values of request fields are such words. Texts are left alone.
    """
    if not lookalike.suspicious(board.span.source.text):
        return board
    mended = _Words(problems).node(board, free=False)
    return mended if isinstance(mended, Map) else board


class _Words:
    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._known: dict[tuple[int, bool], Node] = {}

    def node(self, node: Node, *, free: bool) -> Node:
        if isinstance(node, Scalar):
            return node if free else self._scalar(node)
        text = node.span.text
        if text.isascii() and "*" not in text:  # what an alias stands for is written elsewhere
            return node
        known = self._known.get((id(node), free))
        if known is None:
            if isinstance(node, Map):
                known = self._map(node, free=free)
            else:
                known = Sequence(tuple(self.node(item, free=free) for item in node), node.span)
            self._known[id(node), free] = known
        return known

    def _map(self, node: Map, *, free: bool) -> Map:
        pairs: dict[str, Pair] = {}
        for name, pair in node.items():
            if name.startswith("x-"):
                pairs[name] = pair
                continue
            if (split := self._split(pair)) is not None and split.key.text not in node.pairs:
                pair = split
            key = self._scalar(pair.key)
            if key.text in node.pairs:
                key = pair.key
            inside = free or key.text in _FREE
            if key.text == "axes" and isinstance(pair.value, Map):
                pairs[key.text] = Pair(key, self._axes(pair.value))
            else:
                pairs[key.text] = Pair(key, self.node(pair.value, free=inside))
        return Map(pairs, node.span)

    def _split(self, pair: Pair) -> Pair | None:
        """The key and the value of `duration：5` in a `{ }`, which is a key without a value to YAML."""
        key, span = pair.key, pair.key.span
        m = None if key.style or key.text.isascii() else _KEY_AND_VALUE.fullmatch(span.text)
        if m is None or not isinstance(pair.value, Scalar) or pair.value.value is not None:
            return None
        place = Span(span.source, span.start + m.start(2), span.start + m.end(2))
        odd = next(char for char in m[2] if not char.isascii())
        message = f"found {lookalike.name_character(odd)} behind `{m[1]}`; expected `:` and a space"
        self._problems.error("look-alike", message, place, Edit(place, ": "))
        value = Span(span.source, span.start + m.start(3), span.end)
        name = Scalar(m[1], Span(span.source, span.start, span.start + m.end(1)))
        return Pair(name, Scalar(core(m[3], value, Problems()), value))

    def _axes(self, axes: Map) -> Map:
        """Labels in a list are words; what a label in a mapping stands for is free, and so are the cells of a table."""
        values = {k: (p.value, isinstance(p.value, Map) or is_table(p.value)) for k, p in axes.items()}
        free = {k: p._replace(value=self.node(values[k][0], free=values[k][1])) for k, p in axes.items()}
        return self._map(Map(free, axes.span), free=True)

    def _scalar(self, node: Scalar) -> Scalar:
        if not isinstance(node.value, str) or node.value.isascii():
            return node
        meant = lookalike.token(node.value)
        if meant == node.value or not _WORD.fullmatch(meant):
            return node
        span = node.span
        at = next(n for n, char in enumerate(span.text) if not char.isascii())
        place = Span(span.source, span.start + at, span.start + at + 1)
        written = f"{node.style}{meant}{node.style}" if node.style in ("'", '"') else meant
        message = f"found {lookalike.name_character(place.text)} in `{shorten(node.value)}`; expected `{meant}`"
        self._problems.error("look-alike", message, place, Edit(span, written))
        return Scalar(meant if node.style else core(meant, span, Problems()), span, node.style)
