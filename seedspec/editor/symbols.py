"""Where a storyboard declares and names its shots, axes, labels, references and vars, in YAML and in templates."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

from seedspec.compiler.prompt.locate import Written, is_template
from seedspec.compiler.prompt.uses import Use, uses_of
from seedspec.text.node import Map, Node, Scalar, Sequence
from seedspec.text.source import Source, Span

Kind = Literal["shot", "axis", "label", "reference", "var", "file"]
_TEXTS = ("title", "notes", "tags", "vars")


class Symbol(NamedTuple):
    """What has a name. `shot` is the id of the shot that it belongs to alone; a label belongs to an `axis`."""

    kind: Kind
    name: str
    shot: str = ""
    axis: str = ""


class Occurrence(NamedTuple):
    """One place of a symbol's name, without quotes. `node` is the value that is declared there."""

    symbol: Symbol
    span: Span
    declares: bool = False
    node: Node | None = None


def occurrences(root: Map, fields: frozenset[str], read: Callable[[str], str | None]) -> list[Occurrence]:
    """All places of all symbols; those in included files, which `read` gives, are in sources of their own.

    `fields` are the names of request fields: such a value of an axis is a template, others are data.
    """
    found: dict[tuple[str, int, int], Occurrence] = {}
    for one in _Reader(root, fields, read).all():
        key = (one.span.source.path, one.span.start, one.span.end)
        if key not in found or (one.declares and not found[key].declares):
            found[key] = one
    return list(found.values())


class _Reader:
    def __init__(self, root: Map, fields: frozenset[str], read: Callable[[str], str | None]) -> None:
        self._root, self._fields, self._read = root, fields, read
        self._path = root.span.source.path
        self._shots = [s for s in _list(root, "shots") if isinstance(s, Map)]
        self._axes = {"": frozenset(_axes(root).pairs)}
        self._references = {"": frozenset(_map(root, "references").pairs)}
        for shot in self._shots:
            own = _text(shot.get("id"))
            prompt = frozenset(("prompt",)) if isinstance(shot.get("prompt"), Map) else frozenset()
            self._axes[own] = frozenset(_axes(shot).pairs) | prompt
            self._references[own] = frozenset(_map(shot, "references").pairs)
        self._vars = frozenset(_map(root, "vars").pairs)

    def all(self) -> Iterator[Occurrence]:
        for _, (key, value) in _map(self._root, "vars").items():
            yield Occurrence(Symbol("var", key.text), _bare(key), True, value)
        yield from self._part(self._root, "")
        for shot in self._shots:
            own = shot.get("id")
            if isinstance(own, Scalar):
                yield Occurrence(Symbol("shot", own.text), _bare(own), True, shot)
            yield from self._part(shot, _text(own))

    def _part(self, node: Map, shot: str) -> Iterator[Occurrence]:
        """What the storyboard (`shot` "") or a shot declares and names."""
        for name, (key, value) in _map(node, "references").items():
            yield Occurrence(Symbol("reference", name, shot), _bare(key), True, value)
            if isinstance(value, Map):
                target = value.get("shot")
                if isinstance(target, Scalar):
                    yield Occurrence(Symbol("shot", target.text), _bare(target))
                yield from self._pattern(value.get("at"), _text(target))
        for name, (key, value) in _axes(node).items():
            yield from self._axis(name, key, value, shot)
        prompt = node.pairs.get("prompt")
        if shot and prompt is not None and isinstance(prompt.value, Map):
            for name, (key, value) in prompt.value.items():
                yield Occurrence(Symbol("label", name, shot, "prompt"), _bare(key), True, value)
        matrix = _map(node, "matrix")
        for row in (*_list(matrix, "exclude"), *_list(matrix, "include")):
            yield from self._pattern(row, shot)
        for axis in _list(matrix, "only"):
            if isinstance(axis, Scalar):
                yield Occurrence(self._axis_symbol(axis.text, shot), _bare(axis))
        for override in _list(node, "overrides"):
            if isinstance(override, Map):
                yield from self._pattern(override.get("when"), shot)
        for medium in _list(node, "attach"):
            if isinstance(medium, Scalar):
                yield Occurrence(self._reference_symbol(medium.text, shot), _bare(medium))
        for scalar in self._templates(node, shot):
            yield from self._in_template(scalar, shot, frozenset())

    def _axis(self, name: str, key: Scalar, value: Node, shot: str) -> Iterator[Occurrence]:
        yield Occurrence(Symbol("axis", name, shot), _bare(key), True, value)
        if isinstance(value, Map):
            for label, pair in value.items():
                yield Occurrence(Symbol("label", label, shot, name), _bare(pair.key), True, pair.value)
        for item in value if isinstance(value, Sequence) else ():
            label_node = item.get("id") if isinstance(item, Map) else item
            if isinstance(label_node, Scalar):
                yield Occurrence(Symbol("label", label_node.text, shot, name), _bare(label_node), True, item)

    def _pattern(self, node: Node | None, shot: str) -> Iterator[Occurrence]:
        """Labels by axis, as in `when`, `exclude` and `at`. The key `axis.column` names the axis alone."""
        for name, (key, value) in node.items() if isinstance(node, Map) else ():
            axis, dot, _ = name.partition(".")
            symbol, place = self._axis_symbol(axis, shot), _bare(key)
            yield Occurrence(symbol, Span(place.source, place.start, place.start + len(axis)) if dot else place)
            if dot:
                continue
            for label in value if isinstance(value, Sequence) else (value,):
                if isinstance(label, Scalar):
                    yield Occurrence(Symbol("label", label.text, symbol.shot, axis), _bare(label))

    def _templates(self, node: Map, shot: str) -> Iterator[Scalar]:
        for name, (_, value) in node.items():
            if name == "shots" or name in _TEXTS:
                continue
            if name == "matrix":
                for axis, (_, values) in _axes(node).items():
                    for path, scalar in _scalars(values, ()):
                        if is_template(scalar.value) and (
                            axis in self._fields or (path[-1:] and path[-1] in self._fields)
                        ):
                            yield scalar
                continue
            yield from (scalar for _, scalar in _scalars(value, ()) if is_template(scalar.value))

    def _in_template(self, scalar: Scalar, shot: str, above: frozenset[str]) -> Iterator[Occurrence]:
        written = Written(scalar)
        for use in uses_of(str(scalar.value)):
            if (symbol := self._symbol(use, shot)) is not None:
                span = written.span(use.start, use.end)
                if span.text == use.name:
                    yield Occurrence(symbol, span)
            if use.kind == "file" and use.name not in above and len(above) < 20:
                text = self._read(use.name)
                if text is not None:
                    source = Source(posixpath.join(posixpath.dirname(self._path), use.name), text)
                    included = Scalar(text, source.span(0, len(text)), "|")
                    yield from self._in_template(included, shot, above | {use.name})

    def _symbol(self, use: Use, shot: str) -> Symbol | None:
        if use.kind == "name":
            if use.name in self._axes.get(shot, ()) or use.name in self._axes[""]:
                return self._axis_symbol(use.name, shot)
            return Symbol("var", use.name) if use.name in self._vars else None
        if use.kind == "label" and (use.owner in self._axes.get(shot, ()) or use.owner in self._axes[""]):
            return Symbol("label", use.name, self._axis_symbol(use.owner, shot).shot, use.owner)
        if use.kind == "reference":
            return self._reference_symbol(use.name, shot)
        return Symbol(use.kind, use.name) if use.kind in ("shot", "file") else None

    def _axis_symbol(self, name: str, shot: str) -> Symbol:
        return Symbol("axis", name, shot if name in self._axes.get(shot, ()) else "")

    def _reference_symbol(self, name: str, shot: str) -> Symbol:
        return Symbol("reference", name, shot if name in self._references.get(shot, ()) else "")


def _bare(scalar: Scalar) -> Span:
    """The place of a text without its quotes."""
    span = scalar.span
    if scalar.style in ("'", '"') and span.text[1:-1] == scalar.text:
        return Span(span.source, span.start + 1, span.end - 1)
    return Span(*span)


def _scalars(node: Node, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Scalar]]:
    stack: list[tuple[tuple[str, ...], Node]] = [(path, node)]
    while stack:
        at, one = stack.pop()
        if isinstance(one, Scalar):
            yield at, one
        elif isinstance(one, Map):
            stack += [((*at, name), pair.value) for name, pair in reversed(list(one.items()))]
        else:
            stack += [(at, item) for item in reversed(one.items)]


def _axes(node: Map) -> Map:
    return _map(_map(node, "matrix"), "axes")


def _map(node: Map, key: str) -> Map:
    found = node.get(key)
    return found if isinstance(found, Map) else Map({}, node.span)


def _list(node: Map, key: str) -> tuple[Node, ...]:
    found = node.get(key)
    return found.items if isinstance(found, Sequence) else ()


def _text(node: Node | None) -> str:
    return node.text if isinstance(node, Scalar) else ""
