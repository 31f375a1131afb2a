"""Request fields as they are written, judged by the model: whether it has each of them, and none under two names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from seedspec.catalog.field_words import WORDS
from seedspec.catalog.wording import kind_of
from seedspec.compiler.prompt.locate import is_template
from seedspec.compiler.storyboard.types import Axis, Storyboard
from seedspec.text.diagnostic import Note, Problems, did_you_mean, list_words
from seedspec.text.node import Map, Node, Scalar
from seedspec.text.source import Span


class _Layer(NamedTuple):
    """The fields that stand together in one place, each with its key and its value."""

    keys: Mapping[str, Span]
    values: Mapping[str, Node]


def check_fields(board: Storyboard, problems: Problems) -> None:
    """Reports fields that the model lacks, one that is set by two names in one place, and what it can never do."""
    for layer in _layers(board):
        first: dict[str, str] = {}
        for name, key in layer.keys.items():
            if name not in board.model.means.names:
                _report_lacking(board, name, key, problems)
                continue
            field = board.model.means.names[name]
            known = first.setdefault(field, name) if field else name
            if known != name:
                message = f"`{name}` and `{known}` are one field of model `{board.model.id}`, which is set here twice"
                note = Note("the other is here; take one of them out", layer.keys[known])
                problems.error("same-field-twice", message, key, note)
            if not field:
                _check_always(board, name, layer.values.get(name), problems)


def _report_lacking(board: Storyboard, name: str, key: Span, problems: Problems) -> None:
    """A field that is another model's."""
    model = board.model
    message = f"model `{model.id}` has no field `{name}`"
    others = [m for m in board.catalog.models.values() if name in m.means.names]
    words = {word for m in others if (word := m.means.word_of(name)) != name and word in model.means}
    notes = tuple(f"its word for it is `{word}`" for word in sorted(words))
    if not notes:
        having = sorted((m.id for m in others), key=lambda i: (board.catalog.models[i].family != model.family, i))
        notes = did_you_mean(name, model.means.names) if name not in WORDS else ()
        notes += (f"these have it: {list_words(having, 6).replace(' or ', ' and ')}; else take it out",)
    problems.error("model-lacks-field", message, key, *notes)


def _check_always(board: Storyboard, word: str, value: Node | None, problems: Problems) -> None:
    """A word for what no field of the model says: it may be written where it is what the model does."""
    always = board.model.means.always(word)
    if not isinstance(value, Scalar) or is_template(value.value) or (value.value == always):
        return
    message = f"found {kind_of(value.value)}; model `{board.model.id}` always has `{word}: {_yaml(always)}`"
    problems.error("bad-choice", message, value.span, f"in `{word}`", "take it out, or use another model")


def _yaml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _layers(board: Storyboard) -> Iterator[_Layer]:
    yield _Layer(board.field_keys, board.fields)
    yield from (_Layer(s.field_keys, s.fields) for s in board.shots)
    yield from (_Layer(o.keys, o.fields) for o in (*board.overrides, *(o for s in board.shots for o in s.overrides)))
    yield from (_Layer(p.keys, p.fields) for p in board.profiles.values())
    names = board.model.means.names
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
