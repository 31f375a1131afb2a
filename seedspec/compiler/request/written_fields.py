"""Request fields as they are written, judged by the model: whether it has each of them, and none under two names."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from seedspec.catalog.field_words import WORDS
from seedspec.catalog.model import Model
from seedspec.catalog.wording import kind_of
from seedspec.compiler.entry import MODEL
from seedspec.compiler.prompt.locate import is_template
from seedspec.compiler.storyboard.types import Axis, Storyboard
from seedspec.text.diagnostic import Note, Problems, did_you_mean, list_words
from seedspec.text.node import Map, Node, Scalar
from seedspec.text.source import Span


class _Layer(NamedTuple):
    """The fields that stand together in one place, each with its key and its value."""

    keys: Mapping[str, Span]
    values: Mapping[str, Node]


def check_fields(board: Storyboard, models: Collection[Model], problems: Problems) -> None:
    """Reports a field that is set by two names in one place; of one model also what it lacks, and can never do.

    Which of several models a layer is for is only known in its rows: what they lack is told there.
    """
    for model in models:
        for layer in _layers(board, model):
            _check_twice(layer, model, problems)
            if len(models) == 1:
                _check_had(layer, board, model, problems)


def _check_twice(layer: _Layer, model: Model, problems: Problems) -> None:
    first: dict[str, str] = {}
    for name, key in layer.keys.items():
        field = model.means.names.get(name)
        known = first.setdefault(field, name) if field else name
        if known != name:
            message = f"`{name}` and `{known}` are one field of model `{model.id}`, which is set here twice"
            note = Note("the other is here; take one of them out", layer.keys[known])
            problems.error("same-field-twice", message, key, note)


def _check_had(layer: _Layer, board: Storyboard, model: Model, problems: Problems) -> None:
    """What the model lacks; a field of `defaults` is left out then, and null asks for no more."""
    for name, key in layer.keys.items():
        if name == MODEL or layer.keys is board.field_keys or _is_null(layer.values.get(name)):
            continue
        if name not in model.means.names:
            _report_lacking(board, model, name, key, problems)
        elif not model.means.names[name]:
            _check_always(model, name, layer.values.get(name), problems)


def _is_null(node: Node | None) -> bool:
    return isinstance(node, Scalar) and node.value is None


def _report_lacking(board: Storyboard, model: Model, name: str, key: Span, problems: Problems) -> None:
    """A field that is another model's."""
    message = f"model `{model.id}` has no field `{name}`"
    problems.error("model-lacks-field", message, key, *having(name, model, board))


def having(name: str, model: Model, board: Storyboard) -> tuple[str, ...]:
    """What to write for a field that a model lacks: its own word for it, or another of the models that have it.

    Those that the storyboard names go first, then those that are most like it.
    """
    models, named = board.catalog.models, {m.id for m in board.models}
    others = [m for m in models.values() if name in m.means.names]
    words = {word for m in others if (word := m.means.word_of(name)) != name and word in model.means}
    if words:
        return tuple(f"its word for it is `{word}`" for word in sorted(words))
    ids = sorted(
        (m.id for m in others),
        key=lambda i: (
            i not in named,
            models[i].slots.keys() != model.slots.keys(),
            models[i].family != model.family,
            i,
        ),
    )
    near = did_you_mean(name, model.means.names) if name not in WORDS else ()
    return (*near, f"these have it: {list_words(ids, 6).replace(' or ', ' and ')}; else take it out")


def _check_always(model: Model, word: str, value: Node | None, problems: Problems) -> None:
    """A word for what no field of the model says: it may be written where it is what the model does."""
    always = model.means.always(word)
    if not isinstance(value, Scalar) or is_template(value.value) or (value.value == always):
        return
    message = f"found {kind_of(value.value)}; model `{model.id}` always has `{word}: {as_yaml(always)}`"
    problems.error("bad-choice", message, value.span, f"in `{word}`", "take it out, or use another model")


def as_yaml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _layers(board: Storyboard, model: Model) -> Iterator[_Layer]:
    yield _Layer(board.field_keys, board.fields)
    yield from (_Layer(s.field_keys, s.fields) for s in board.shots)
    yield from (_Layer(o.keys, o.fields) for o in (*board.overrides, *(o for s in board.shots for o in s.overrides)))
    yield from (_Layer(p.keys, p.fields) for p in board.profiles.values())
    names = model.means.names
    for axis in (*board.axes, *(a for s in board.shots for a in s.axes)):
        yield from _of_axis(axis, names)


def _of_axis(axis: Axis, names: Mapping[str, str]) -> Iterator[_Layer]:
    """What an axis sets; its keys that are no fields of the model are for templates."""
    if axis.name in names:
        yield from (_Layer({axis.name: axis.span}, {axis.name: value}) for value in axis.values.values())
        return
    for value in axis.values.values():
        if isinstance(value, Map):
            own = {k: p for k, p in value.items() if k in names}
            yield _Layer({k: p.key.span for k, p in own.items()}, {k: p.value for k, p in own.items()})
