"""What templates of a shot may read: vars, the shot, and each axis, label and take as a row of the shot gives them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any

from seedspec.compiler.matrix.grid import Grid
from seedspec.compiler.matrix.product import Row
from seedspec.compiler.storyboard.types import Shot, Storyboard
from seedspec.text.node import plain

Cell = tuple[Any, ...]
"""A row's labels and the take behind them: what tells one entry of a shot from another."""


class Scope:
    """What the templates of one shot may read, by name. An axis index is an index into a cell."""

    def __init__(self, board: Storyboard, shot: Shot, grid: Grid) -> None:
        self._constant = {**{name: plain(node) for name, node in board.variables.items()}, "shot": {"id": shot.id}}
        self._names, self.grid = grid.names, grid

    def at(self, cell: Cell) -> dict[str, Any]:
        """Everything that a template of this entry may read."""
        labels = dict(zip(self._names, cell, strict=False))
        values = {name: of[labels[name]] for name, of in self.grid.values.items() if name != "ref"}
        return {**self._constant, **values, "label": labels, "take": cell[-1]}

    def axis_indices(self, names: Iterable[str]) -> tuple[int, ...]:
        """The indices of a cell that a reader of these names depends on (rule 1 of compiler/request)."""
        return self.grid.read_at(frozenset(names))

    def partial_scope(self, axis_indices: tuple[int, ...], key: Any) -> dict[str, Any]:
        """What a template may read that depends on these indices alone; `key` has the labels that stand there."""
        labels: list[Any] = [None] * (len(self._names) + 1)
        for axis_index, value in zip(axis_indices, (key,) if len(axis_indices) == 1 else key, strict=True):
            labels[axis_index] = value
        known = dict(zip(self._names, labels, strict=False))
        of = self.grid.values  # an axis named `ref` is reported
        values = {n: of[n][label] for n, label in known.items() if label is not None and n != "ref"}
        return {**self._constant, **values, "label": known, "take": labels[-1]}

    def repeats(self, axis_indices: tuple[int, ...]) -> bool:
        """Whether a result that depends on these indices comes again in another row (rule 8 of compiler/request)."""
        return not self.grid.many.issubset(axis_indices)


def key_at(axis_indices: tuple[int, ...]) -> Callable[[Cell], Any]:
    """Gives the part of a cell at these indices, as a key of a dictionary."""
    return itemgetter(*axis_indices) if axis_indices else _nothing


def _nothing(cell: Cell) -> tuple[()]:
    return ()


def row_of(cell: Cell) -> Row:
    return cell[:-1]
