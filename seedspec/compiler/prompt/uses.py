"""What a template names, with places: vars and axes, labels, keys, references, shots and files; for editors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Literal, NamedTuple

from jinja2 import meta, nodes

from seedspec.compiler.prompt.meter import Meter
from seedspec.compiler.prompt.parts import Parts, constant_of
from seedspec.compiler.prompt.sandbox import Environment

Kind = Literal["name", "label", "key", "reference", "shot", "file"]
_FILES = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)


class Use(NamedTuple):
    """A name from `start` to `end` of a text: of a var or an axis (`name`), a `label` that the axis `owner` is compared
    with, a `key` of the var or axis `owner`, a `reference`, a `shot`, or the path of a `file`."""

    kind: Kind
    name: str
    start: int
    end: int
    owner: str = ""


def uses_of(text: str) -> list[Use]:
    """The names in a template, in the order of its parts; none of one that cannot be read."""
    try:
        parts = Parts(_environment(), text)
        # in a tree of its own: the template language puts constants in the place of its parts
        free = meta.find_undeclared_variables(_environment().parse(text))
    except Exception:  # a text that does not compile is the check's to report
        return []
    return [use for node in parts.nodes for use in _uses(node, parts, free)]


def filter_names() -> tuple[str, ...]:
    """The filters that a template may use."""
    return tuple(sorted(name for name in _environment().filters if not name.startswith(" ")))


@cache
def _environment() -> Environment:
    return Environment(Meter(), lambda name: None)


def _uses(node: nodes.Node, parts: Parts, free: set[str]) -> Iterator[Use]:
    if isinstance(node, nodes.Name) and node.ctx == "load" and node.name in free:
        yield Use("name", node.name, node.lineno, node.lineno + len(node.name))
    elif isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name) and node.node.name in free:
        part, owner = parts.part(node), node.node.name
        kind: Kind = "name" if owner == "label" else "key"
        yield Use(kind, node.attr, part.start, part.end, "" if owner == "label" else owner)
    elif isinstance(node, nodes.Getitem) and isinstance(node.node, nodes.Name) and node.node.name in free:
        owner = node.node.name
        yield from _constant(node.arg, parts, "name" if owner == "label" else "key", "" if owner == "label" else owner)
    elif isinstance(node, nodes.Call) and constant_of(node) is not None:
        yield from _constant(node.args[0], parts, "reference")
    elif isinstance(node, nodes.Compare):
        yield from _find_compared(node, parts, free)
    elif isinstance(node, _FILES) and isinstance(node.template, nodes.Const):
        yield from _path(node, parts)


def _find_compared(node: nodes.Compare, parts: Parts, free: set[str]) -> Iterator[Use]:
    """Labels and ids of shots that something is compared with."""
    sides = [node.expr, *(operand.expr for operand in node.ops)]
    for side in sides:
        owner = _axis_of(side, free)
        if owner is None:
            continue
        kind: Kind = "shot" if owner == "" else "label"
        for other in sides:
            listed = other.items if isinstance(other, (nodes.List, nodes.Tuple)) else [other]
            for one in listed:
                yield from _constant(one, parts, kind, owner)


def _axis_of(node: nodes.Node, free: set[str]) -> str | None:
    """The name that a comparison is about, "" for the id of the shot; None for anything else."""
    if isinstance(node, nodes.Name) and node.name in free:
        return node.name
    if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name):
        if node.node.name == "label":
            return node.attr
        if node.node.name == "shot" and node.attr == "id":
            return ""
    return None


def _constant(node: nodes.Node, parts: Parts, kind: Kind, owner: str = "") -> Iterator[Use]:
    """A text in quotes; one with escapes has no place for its characters."""
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        part = parts.part(node)
        if part.text[1:-1] == node.value:
            yield Use(kind, node.value, part.start + 1, part.end - 1, owner)


def _path(node: nodes.Stmt, parts: Parts) -> Iterator[Use]:
    part = parts.part(node)
    m = re.compile(r"'([^']*)'|\"([^\"]*)\"").search(parts.text, part.start, part.end)
    if m is not None:
        yield Use("file", m[1] or m[2] or "", m.start() + 1, m.end() - 1)
