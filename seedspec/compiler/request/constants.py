"""Values that are written out, judged by themselves: in a file with mistakes some of them reach no entry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from seedspec.catalog.model import Model
from seedspec.catalog.schema import Violation
from seedspec.catalog.wording import kind_of
from seedspec.compiler.prompt.locate import is_template
from seedspec.compiler.storyboard.types import Storyboard
from seedspec.text.diagnostic import Problems, list_words
from seedspec.text.node import Map, Node, Scalar


def check_constants(board: Storyboard, problems: Problems) -> None:
    """Every request field that is no template, by the model's schema; what an entry has told already is not told again.

    Of a storyboard without mistakes every value reaches an entry or a finding of its own, so this is for the others.
    """
    schema, means = board.model.schema, board.model.means
    for layer, name, node in _constants(board):
        value, field = node.value, means.names[name]
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        request = {"model": board.model.id, "prompt": "x", field: means.own_value(field, value)}
        for v in () if schema.is_valid(request) else schema.violations(request):
            if v.path[:1] == (field,) and not problems.unread(node.span):
                v = in_words(v, board.model, field, value)
                by = f", set by {layer}" if layer != name else ""
                problems.error(v.code, v.message, node.span, f"in `{name}`{by}", *v.notes)


def in_words(v: Violation, model: Model, field: str, value: Any) -> Violation:
    """A refusal of a field's value, in the storyboard's values where the model has others of its own."""
    values = model.means.values(field)
    if v.code != "bad-choice" or not values:
        return v
    return replace(v, message=f"found {kind_of(value)}; expected {list_words(values)}", notes=(), write=None)


def _constants(board: Storyboard) -> Iterator[tuple[str, str, Scalar]]:
    """Each layer, field and value, strings with a template left out."""
    for layer, fields in _layers(board):
        for name, node in fields.items():
            if board.model.means.names.get(name) and isinstance(node, Scalar) and not is_template(node.value):
                yield layer, name, node


def _layers(board: Storyboard) -> Iterator[tuple[str, Mapping[str, Node]]]:
    yield "defaults", board.fields
    yield from (("shot", shot.fields) for shot in board.shots)
    yield from (("override", o.fields) for o in (*board.overrides, *(o for s in board.shots for o in s.overrides)))
    yield from ((f"profile {p.name}", p.fields) for p in board.profiles.values())
    for axis in (*board.axes, *(a for s in board.shots for a in s.axes)):
        for label, value in axis.values.items():
            layer = f"{axis.name}={label}"
            if isinstance(value, Map):
                yield layer, {k: p.value for k, p in value.items()}
            else:
                yield layer, {axis.name: value}
