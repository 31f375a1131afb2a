"""Positioned values: what YAML says, with the place of every key and value kept on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from seedspec.text.source import Span
from seedspec.text.value import brief, valueclass

Path = tuple[str | int, ...]


class Scalar(NamedTuple):
    """A string, number, boolean or null. `style` is the YAML style: "" for plain, or one of ' " | >."""

    def __repr__(self) -> str:
        return brief(self)

    value: str | int | float | bool | None
    span: Span
    style: str = ""

    @property
    def text(self) -> str:
        """A string's value, anything else as it was written (so `1.50` stays `1.50`)."""
        return self.value if isinstance(self.value, str) else self.span.text


@valueclass(frozen=True, slots=True)
class Sequence:
    items: tuple[Node, ...]
    span: Span

    def __iter__(self) -> Iterator[Node]:
        return iter(self.items)


class Pair(NamedTuple):
    key: Scalar
    value: Node

    def __repr__(self) -> str:
        return brief(self)


@valueclass(frozen=True, slots=True)
class Map:
    """A mapping in the order of the file. Keys are texts, whatever they look like to YAML."""

    pairs: Mapping[str, Pair]
    span: Span

    def get(self, key: str) -> Node | None:
        pair = self.pairs.get(key)
        return pair.value if pair else None

    def items(self) -> Iterator[tuple[str, Pair]]:
        return iter(self.pairs.items())


Node = Scalar | Sequence | Map


def plain(node: Node) -> Any:
    """The value without its places. What an alias shares is shared in the result: do not change it."""
    return _plain(node, {})


def _plain(node: Node, known: dict[int, Any]) -> Any:
    if isinstance(node, Scalar):
        return node.value
    if (value := known.get(id(node))) is None:
        if isinstance(node, Map):
            value = {key: v.value if isinstance(v, Scalar) else _plain(v, known) for key, (_, v) in node.pairs.items()}
        else:
            value = [_plain(i, known) for i in node.items]
        known[id(node)] = value
    return value


def at(node: Node, path: Path) -> Node:
    """The node under a path; where the path leads nowhere, the deepest node on the way."""
    for step in path:
        if isinstance(node, Map) and isinstance(step, str) and step in node.pairs:
            node = node.pairs[step].value
        elif isinstance(node, Sequence) and isinstance(step, int) and 0 <= step < len(node.items):
            node = node.items[step]
        else:
            break
    return node


def merge(weak: Map, strong: Map) -> Map:
    """Both mappings in one, the strong one's pairs winning; its span is the strong one's."""
    return Map({**weak.pairs, **strong.pairs}, strong.span)
