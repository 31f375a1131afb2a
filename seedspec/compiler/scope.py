"""What templates of a shot may read: vars, the shot, and each axis, label and take as a row of the shot gives them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from operator import itemgetter
from typing import Any

from seedspec.compiler.matrix import Grid, Row
from seedspec.compiler.storyboard import Shot, Storyboard
from seedspec.text.node import plain

State = tuple[Any, ...]
"""A row's labels with the take behind them: all that tells one entry of a shot from another."""


class Scope:
    """The names of one shot. A place is an index into a state."""

    def __init__(self, board: Storyboard, shot: Shot, grid: Grid) -> None:
        self._constant = {**board.variables, "shot": {"id": shot.id}}
        self._names = grid.names
        self._axes = grid.axes
        self._places = {name: place for place, name in enumerate(grid.names)}
        self._many = frozenset(i for i, axis in enumerate(grid.axes) if len(axis.values) > 1)

    @cached_property
    def _values(self) -> list[tuple[str, dict[str, Any]]]:
        # `ref` is reported as a reserved name
        return [(a.name, {k: plain(v) for k, v in a.values.items()}) for a in self._axes if a.name != "ref"]

    def at(self, state: State) -> dict[str, Any]:
        """Everything that a template of this entry may read."""
        labels = dict(zip(self._names, state, strict=False))
        values = {name: of[labels[name]] for name, of in self._values}
        return {**self._constant, **values, "label": labels, "take": state[-1]}

    def places(self, names: Iterable[str]) -> tuple[int, ...]:
        """What of a state those depend on who read these names; `entry` and `label` depend on every label."""
        read = set(names)
        if read & {"label", "entry"}:
            read.update(self._names)
        found = {self._places[n] for n in read if n in self._places}
        return (*sorted(found), *((len(self._names),) if read & {"take", "entry"} else ()))

    def some(self, places: tuple[int, ...], key: Any) -> dict[str, Any]:
        """What can be read by those who depend on these places alone, by their key in a state."""
        labels: list[Any] = [None] * (len(self._names) + 1)
        for place, value in zip(places, (key,) if len(places) == 1 else key, strict=True):
            labels[place] = value
        known = dict(zip(self._names, labels, strict=False))
        values = {name: of[label] for name, of in self._values if (label := known[name]) is not None}
        return {**self._constant, **values, "label": known, "take": labels[-1]}

    def values_alone(self, names: frozenset[str]) -> bool:
        """Whether who reads these names reads values of axes, and vars, alone: what is the same in every shot."""
        return names.isdisjoint(("label", "shot", "take", "entry", "ref"))

    def meant(self, places: tuple[int, ...], key: Any) -> tuple[int, ...]:
        """What stands for the values at these places in every shot of the storyboard."""
        labels = (key,) if len(places) == 1 else key
        return tuple(id(self._axes[place].values[label]) for place, label in zip(places, labels, strict=True))

    def recur(self, places: tuple[int, ...]) -> bool:
        """Whether what depends on these places comes again in another row, so that it is worth being kept."""
        return not self._many.issubset(places)


def key_of(places: tuple[int, ...]) -> Callable[[State], Any]:
    """The part of a state at these places, fit for a dictionary."""
    return itemgetter(*places) if places else _nothing


def _nothing(state: State) -> tuple[()]:
    return ()


def row_of(state: State) -> Row:
    return state[:-1]
