"""Where an entry's request came from: every layer that sets a field, the strongest last, each with its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from seedspec.catalog.model import Model
from seedspec.compiler.entry import Entry
from seedspec.compiler.matrix.build import board_grid, shot_grid
from seedspec.compiler.matrix.fields import Fields, Layers, Setting
from seedspec.compiler.matrix.grid import Grid
from seedspec.compiler.matrix.product import Work
from seedspec.compiler.storyboard.types import Shot, Storyboard
from seedspec.text.diagnostic import Problems
from seedspec.text.node import Map, Node, Scalar, plain
from seedspec.text.source import Span
from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class Layer:
    """One layer's word on a field, as it is written: a template is not rendered. The model's defaults have no place."""

    name: str
    value: Any
    span: Span | None


@valueclass(frozen=True, slots=True)
class Explained:
    """A field of a request: its value as it is sent, and its layers, the one that won last."""

    field: str
    value: Any
    layers: tuple[Layer, ...]

    @property
    def winner(self) -> Layer:
        return self.layers[-1]

    @property
    def overridden(self) -> tuple[Layer, ...]:
        """What the winner overrode, the strongest first."""
        return self.layers[-2::-1]


@valueclass(frozen=True, slots=True)
class Explanation:
    """An entry with its fields and the places of its labels. Media are those of the entry."""

    entry: Entry
    fields: tuple[Explained, ...]
    labels: Mapping[str, Span]


def explain(board: Storyboard, entry: Entry) -> Explanation:
    """How an entry of a storyboard came to be. The entry must be one that compiling the storyboard gave."""
    shot = next(s for s in board.shots if s.id == entry.shot)
    quiet = Problems()  # whatever there is to report, the compile has reported
    # the compile has bounded it, and which rows were chosen changes no layer
    parent = board_grid(replace(board, strategy=None), quiet, Work())
    grid = shot_grid(shot, board, parent, quiet) if parent else None
    assert grid is not None
    row = tuple(label for _, label in entry.labels)
    layers = Fields(Layers(board), shot, grid, quiet).layers(row)
    fields = [
        Explained("model", entry.model.id, _layers(entry.model, "model", layers.get("model", ()), entry.model.id))
    ]
    fields += [_prompt(shot, entry, grid)]
    fields += [
        Explained(name, entry.request[name], _layers(entry.model, name, layers.get(name, ()), entry.request[name]))
        for name in entry.model.fields
        if name in entry.request
    ]
    return Explanation(entry, tuple(fields), _labels(entry, grid))


def words_of(board: Storyboard, entry: Entry) -> tuple[Span, ...]:
    """The places whose words an entry's prompt may be made of: the prompt itself, its labels' values, the vars."""
    prompt = entry.origins["prompt"].span
    spans = [prompt] if prompt else []
    shot = next(s for s in board.shots if s.id == entry.shot)
    for name, label in entry.labels:
        axis = next((a for a in (*shot.axes, *board.axes) if a.name == name), None)
        if axis is not None and name != "prompt" and label in axis.values:
            spans += _texts(axis.values[label])
    return (*spans, *(span for node in board.variables.values() for span in _texts(node)))


def _layers(model: Model, field: str, settings: tuple[Setting, ...], value: Any) -> tuple[Layer, ...]:
    found = tuple(Layer(s.origin.layer, s.value, s.origin.span) for s in settings)
    if not found or (model.means.own_value(field, found[-1].value) != value and "{" not in str(found[-1].value)):
        # a volatile field of equal requests: the first one's is sent
        return (*found, Layer("the first of the equal requests", value, None))
    return found


def _prompt(shot: Shot, entry: Entry, grid: Grid) -> Explained:
    label = dict(entry.labels).get("prompt")
    if shot.prompt is not None or label is None:
        name, node = "shot", shot.prompt
    else:
        value = next(a for a in grid.axes if a.name == "prompt").values[label]
        name, node = f"prompt={label}", value if isinstance(value, Scalar) else None
    span = entry.origins["prompt"].span
    return Explained("prompt", entry.request["prompt"], (Layer(name, plain(node) if node is not None else None, span),))


def _labels(entry: Entry, grid: Grid) -> Mapping[str, Span]:
    axes = {a.name: a for a in grid.axes}
    return {f"{name}={label}": axes[name].place(label) for name, label in entry.labels}


def _texts(node: Node) -> list[Span]:
    """The places of all scalars of a value, in the order of the file."""
    if isinstance(node, Scalar):
        return [node.span]
    below = [p.value for p in node.pairs.values()] if isinstance(node, Map) else list(node.items)
    return [span for child in below for span in _texts(child)]
