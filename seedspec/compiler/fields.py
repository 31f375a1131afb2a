"""The request fields of a shot, row by row: which layer sets each one, weakest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from seedspec.compiler.entry import Origin
from seedspec.compiler.matrix import Grid, Row, resolve
from seedspec.compiler.scope import key_of
from seedspec.compiler.storyboard import Axis, Override, Shot, Storyboard
from seedspec.text.diagnostic import Note, Problems
from seedspec.text.node import Map, Node, Scalar, plain
from seedspec.text.values import valueclass


@valueclass(frozen=True, slots=True)
class Setting:
    """A field's value before templates: the node that says it, or the model's default where none does."""

    value: Any
    node: Scalar | None
    origin: Origin


class Fields:
    """Model default, `defaults`, the shot's own, the axis, overrides (the storyboard's first), then the profile.

    `key` gives what of a row, or of a state, the settings depend on; it stands at `places`.
    """

    def __init__(self, board: Storyboard, shot: Shot, grid: Grid, problems: Problems) -> None:
        self._grid = grid
        self._known = frozenset((*board.model.fields, "prompt"))
        self._below = [(k, Setting(v, None, Origin("model", None))) for k, v in board.model.defaults.items()]
        self._below += [(k, _setting(n, "defaults")) for k, n in board.fields.items()]
        self._below += [(k, _setting(n, "shot")) for k, n in shot.fields.items()]
        self._base = dict(self._below)
        self._overrides = _overrides(board, shot, grid, problems)
        last = board.profile
        self._last = [(k, _setting(n, f"profile {last.name}")) for k, n in last.fields.items()] if last else []
        sweeping = [i for i, a in enumerate(grid.axes) if a.fields(self._known - {"prompt"})]
        self.places = tuple(sorted({*sweeping, *(i for wanted, _ in self._overrides for i in wanted)}))
        self.key = key_of(self.places)
        self._memo: dict[Any, Mapping[str, Setting]] = {}
        _conflicts(shot, grid.axes, self._known, problems)

    def at(self, row: Row) -> Mapping[str, Setting]:
        """The settings of a row, in no particular order; `prompt` is never among them."""
        key = self.key(row)
        if key not in self._memo:
            self._memo[key] = self._layered(row)
        return self._memo[key]

    def forget(self) -> None:
        """Lets go of what was kept for further rows."""
        self._memo.clear()

    def layers(self, row: Row) -> Mapping[str, tuple[Setting, ...]]:
        """Everything that sets each field of a row, strongest last: the last one is what `at` gives."""
        out: dict[str, tuple[Setting, ...]] = {}
        for name, setting in (*self._below, *self._above(row)):
            if name != "prompt":
                out[name] = (*out.get(name, ()), setting)
        return out

    def _layered(self, row: Row) -> Mapping[str, Setting]:
        out = self._base | dict(self._above(row))
        out.pop("prompt", None)
        return out

    def _above(self, row: Row) -> Iterator[tuple[str, Setting]]:
        """What the row sets over the shot's own fields, weakest first."""
        for axis, label in zip(self._grid.axes, row, strict=True):
            value, layer = axis.values[label], f"{axis.name}={label}"
            if axis.name in self._known:
                yield axis.name, _setting(value, layer)
            elif isinstance(value, Map):
                yield from ((k, _setting(p.value, layer)) for k, p in value.items() if k in self._known)
        for wanted, override in self._overrides:
            if all(row[i] in labels for i, labels in wanted.items()):
                yield from ((k, _setting(n, "override")) for k, n in override.fields.items())
        yield from self._last


def _setting(node: Node, layer: str) -> Setting:
    scalar = node if isinstance(node, Scalar) else None
    return Setting(plain(node), scalar, Origin(layer, node.span))


def _overrides(
    board: Storyboard, shot: Shot, grid: Grid, problems: Problems
) -> list[tuple[Mapping[int, frozenset[str]], Override]]:
    found: list[tuple[Mapping[int, frozenset[str]], Override]] = []
    names = set(grid.names)
    for override in board.overrides:
        # one that names an axis which this shot lacks does not hold here
        if names.issuperset(override.when.wanted):
            wanted: Mapping[int, frozenset[str]] = {
                grid.names.index(axis): frozenset(label.text for label in labels)
                for axis, labels in override.when.wanted.items()
            }
            found.append((wanted, override))
    for override in shot.overrides:
        own = resolve(grid.axes, override.when, f"shot `{shot.id}`", problems)
        if own is not None:
            found.append((own, override))
    return found


def check_overrides(board: Storyboard, grids: Mapping[str, Grid], problems: Problems) -> None:
    """The storyboard's own overrides: each `when` must name axes and labels that some shot has."""
    if not board.overrides:
        return
    values: dict[str, dict[str, Node]] = {}
    spans: dict[str, Axis] = {}
    for grid in grids.values():
        for axis in grid.axes:
            spans.setdefault(axis.name, axis)
            values.setdefault(axis.name, {}).update(axis.values)
    every = [Axis(name, spans[name].span, values[name], spans[name].open) for name in values]
    for override in board.overrides:
        resolve(every, override.when, "the storyboard", problems)


def _conflicts(shot: Shot, axes: tuple[Axis, ...], known: frozenset[str], problems: Problems) -> None:
    setter: dict[str, Axis] = {}
    for axis in axes:
        for field in sorted(axis.fields(known)):
            if first := setter.get(field):
                message = f"axis `{axis.name}` sets `{field}`, which axis `{first.name}` sets too"
                problems.error("field-set-twice", message, axis.span, Note("the other axis is here", first.span))
            setter.setdefault(field, axis)
            own = shot.field_keys.get(field) or (shot.prompt and field == "prompt" and shot.prompt.span)
            if own:
                others = ", ".join(a.name for a in axes if a is not axis and a.name != "prompt")
                message = f"shot `{shot.id}` sets `{field}`, which axis `{axis.name}` sweeps"
                problems.error(
                    "field-set-twice",
                    message,
                    own,
                    Note("the axis is here", axis.span),
                    f"leave the axis out of this shot: `matrix: {{only: [{others}]}}`",
                )
