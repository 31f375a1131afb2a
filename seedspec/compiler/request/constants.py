"""Values that are written out, judged by themselves: in a file with mistakes some of them reach no entry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
    models = board.models
    for layer, name, node in _constants(board):
        value = node.value
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        refusals = [_refusals(m, field, value) for m in models if (field := m.means.names.get(name))]
        for v in refusals[0] if refusals and all(refusals) else ():
            if not problems.unread(node.span):
                by = f", set by {layer}" if layer != name else ""
                problems.error(v.code, v.message, node.span, f"in `{name}`{by}", *v.notes)


def in_words(v: Violation, model: Model, field: str, value: Any) -> Violation:
    """A refusal of a field's value, in the storyboard's values where the model has others of its own."""
    values = model.means.values(field)
    if v.code != "bad-choice" or not values:
        return v
    return replace(v, message=f"found {kind_of(value)}; expected {list_words(values)}", notes=(), write=None)


def _refusals(model: Model, field: str, value: Any) -> Sequence[Violation]:
    """What a model's schema says of the value of one field."""
    request = {"model": model.id, "prompt": "x", field: model.means.own_value(field, value)}
    if model.schema.is_valid(request):
        return ()
    found = (v for v in model.schema.violations(request) if v.path[:1] == (field,))
    return [in_words(v, model, field, value) for v in found]


def _constants(board: Storyboard) -> Iterator[tuple[str, str, Scalar]]:
    """Each layer, field and value, strings with a template left out, and null where it means that nothing is sent."""
    known = frozenset(board.request_fields)
    for layer, fields in _layers(board):
        for name, node in fields.items():
            if name in known and isinstance(node, Scalar) and not is_template(node.value):
                if node.value is None and layer.startswith(("override", "profile ")):
                    continue
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
