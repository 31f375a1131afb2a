"""Where the words of a shot's rendered prompts come from: the prompts, and the vars and axis values that they read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from seedspec.compiler.matrix.grid import Grid
from seedspec.compiler.prompt.locate import place_of
from seedspec.compiler.storyboard.types import Storyboard
from seedspec.text.node import Map, Node, Scalar
from seedspec.text.source import Span


class Origins:
    """The texts that templates of one shot may read, by the names that they read."""

    def __init__(self, board: Storyboard, grid: Grid) -> None:
        self._nodes: dict[str, list[Node]] = {name: [node] for name, node in board.variables.items()}
        self._nodes |= {axis.name: list(axis.values.values()) for axis in grid.axes if axis.name != "prompt"}

    def nodes(self, name: str) -> list[Node]:
        """The value of a var, or those of an axis."""
        return self._nodes.get(name, [])

    def texts(self, paths: Iterable[str]) -> Iterator[Scalar]:
        """The texts below these vars and axes, or below a path into them such as `look.words`."""
        for path in sorted(paths):
            name, *keys = path.split(".")
            stack = [n for node in reversed(self.nodes(name)) if (n := _below(node, keys)) is not None]
            while stack:
                node = stack.pop()
                if isinstance(node, Scalar):
                    if isinstance(node.value, str):
                        yield node
                else:
                    below = [p.value for _, p in node.items()] if isinstance(node, Map) else list(node.items)
                    stack.extend(reversed(below))

    def place(self, prompt: Scalar, said: str, names: Iterable[str]) -> Span:
        """Where words of a rendered prompt were written; the prompt itself when that is not to be seen."""
        if said in prompt.span.text:
            return place_of(prompt, said)
        return self.place_of_value(prompt, said, names)

    def place_of_value(self, prompt: Scalar, said: str, names: Iterable[str]) -> Span:
        """The same for words that a prompt does not render as they are: it may hold them all the same."""
        value = next((text for text in self.texts(names) if said in text.span.text), None)
        if value is None and said not in prompt.span.text:
            return prompt.span
        return place_of(value or prompt, said)

    def place_of_character(self, prompt: Scalar, character: str, names: Iterable[str]) -> Span:
        """The same for a character that may be written as an escape; the prompt itself where a template makes it."""
        texts = (text for text in (prompt, *self.texts(names)) if character in str(text.value))
        found = next(texts, None)
        return prompt.span if found is None else place_of(found, character)


def _below(node: Node, keys: Iterable[str]) -> Node | None:
    """What a path reads of a value; None where a mapping lacks a key of it."""
    for key in keys:
        if not isinstance(node, Map):
            return node  # the rest is a method of what stands there
        if (inner := node.get(key)) is None:
            return None
        node = inner
    return node
