"""The request fields of a shot, row by row: which layer sets each one, weakest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from seedspec.compiler.entry import Origin
from seedspec.compiler.matrix.build import indexed_pattern
from seedspec.compiler.matrix.cell import key_at
from seedspec.compiler.matrix.columns import Columns, axes_of, labels_wanted
from seedspec.compiler.matrix.grid import Grid
from seedspec.compiler.matrix.product import Row
from seedspec.compiler.storyboard.types import Axis, Override, Shot, Storyboard
from seedspec.text.diagnostic import Note, Problems
from seedspec.text.node import Map, Node, Scalar, plain
from seedspec.text.value import valueclass


class Setting(NamedTuple):
    """A field's value before templates: the node that says it, or the model's default where none does.

    What `is_data` is taken as it is written.
    """

    value: Any
    node: Scalar | None
    origin: Origin
    is_data: bool = False


@valueclass(frozen=True, slots=True)
class _Swept:
    """What the storyboard sets over the fields of the shots that share a grid.

    `axes` are the places of the axes that sweep a field, `overrides` the storyboard's that hold on this grid.
    `setters` has each field that an axis sweeps, with an axis that did before.
    """

    axes: tuple[int, ...]
    overrides: tuple[tuple[Mapping[int, frozenset[str]], Override], ...]
    axis_indices: tuple[int, ...]
    setters: tuple[tuple[str, Axis, Axis | None], ...]


class Layers:
    """What a storyboard says of the fields of all of its shots, worked out once for the storyboard."""

    def __init__(self, board: Storyboard) -> None:
        self.names = board.model.means.names
        self.known = frozenset(self.names)  # an axis that sets the prompt is refused where it is read
        self.below = [(k, Setting(v, None, Origin("model", None))) for k, v in board.model.defaults.items()]
        self.below += self.settings(board.fields, "defaults")
        self.base = dict(self.below)
        last = board.profile
        self.last = self.settings(last.fields, f"profile {last.name}") if last else []
        self._overrides = board.overrides
        self.axes = frozenset(axis.name for axis in board.axes)
        self._swept: dict[Grid, _Swept] = {}

    def settings(self, fields: Mapping[str, Node], layer: str) -> list[tuple[str, Setting]]:
        """What a layer sets, by the request fields that its words mean; a word that the model lacks is left out."""
        return [(field, _setting(node, layer)) for k, node in fields.items() if (field := self.names.get(k))]

    def swept(self, grid: Grid) -> _Swept:
        if grid not in self._swept:
            self._swept[grid] = self._sweep(grid)
        return self._swept[grid]

    def _sweep(self, grid: Grid) -> _Swept:
        axes = tuple(i for i, a in enumerate(grid.axes) if a.fields(self.known))
        # one that names an axis which the shots of this grid lack does not hold there
        overrides = tuple(
            ({grid.axis_indices[axis]: labels for axis, labels in labels_wanted(o.when, grid.columns).items()}, o)
            for o in self._overrides
            if axes_of(o.when) <= grid.axis_indices.keys()
        )
        first: dict[str, Axis] = {}
        setters = []
        for axis in grid.axes:
            for field in sorted({f for name in axis.fields(self.known) if (f := self.names[name])}):
                setters.append((field, axis, first.get(field)))
                first.setdefault(field, axis)
        axis_indices = tuple(sorted({*axes, *(i for wanted, _ in overrides for i in wanted)}))
        return _Swept(axes, overrides, axis_indices, tuple(setters))


class Fields:
    """Model default, `defaults`, the shot's own, the axis, overrides (the storyboard's first), then the profile.

    `axis_indices` are those of the labels that the settings depend on (rule 4 of compiler/request); `key` gives these
    labels of a row or of a cell. `applied` are the overrides that hold for a row that was asked for, and `changing`
    those of them that change a field there, by identity.
    """

    def __init__(self, layers: Layers, shot: Shot, grid: Grid, problems: Problems) -> None:
        self._layers, self._grid, self._swept = layers, grid, layers.swept(grid)
        self._own = layers.settings(shot.fields, "shot")
        self._overrides, self.axis_indices = self._swept.overrides, self._swept.axis_indices
        for override in shot.overrides:
            dropped = grid.parent.axis_indices.keys() - grid.axis_indices.keys() if grid.parent is not None else ()
            wanted = indexed_pattern(grid.axes, grid.columns, override.when, f"shot `{shot.id}`", problems, dropped)
            if wanted is not None:
                self._overrides = (*self._overrides, (wanted, override))
                self.axis_indices = tuple(sorted({*self.axis_indices, *wanted}))
        self.key = key_at(self.axis_indices)
        self._memo: dict[Any, Mapping[str, Setting]] = {}
        self.applied, self.changing = set[int](), set[int]()
        if not grid.repaired:
            _conflicts(shot, grid.axes, self._swept, layers.names, problems)

    def at(self, row: Row) -> Mapping[str, Setting]:
        """The settings of a row, in no particular order."""
        key = self.key(row)
        if key not in self._memo:
            self._memo[key] = self._layered(row)
        return self._memo[key]

    def forget(self) -> None:
        """Lets go of what was kept for further rows (rule 8)."""
        self._memo.clear()

    def layers(self, row: Row) -> Mapping[str, tuple[Setting, ...]]:
        """Everything that sets each field of a row, strongest last: the last one is what `at` gives."""
        out: dict[str, tuple[Setting, ...]] = {}
        for name, setting in (*self._layers.below, *self._own, *self._above(row)):
            out[name] = (*out.get(name, ()), setting)
        return out

    def _layered(self, row: Row) -> Mapping[str, Setting]:
        out = {**self._layers.base, **dict(self._own), **dict(self._swept_by(row))}
        for override in self._holding(row):
            set_here = dict(self._layers.settings(override.fields, "override"))
            self.applied.add(id(override))
            # what nobody has written but the model's own default is said here for the first time
            if any(k not in out or out[k].node is None or _differs(out[k].value, s.value) for k, s in set_here.items()):
                self.changing.add(id(override))
            out.update(set_here)
        out.update(self._layers.last)
        return out

    def _above(self, row: Row) -> Iterator[tuple[str, Setting]]:
        """What the row sets over the shot's own fields, weakest first."""
        yield from self._swept_by(row)
        for override in self._holding(row):
            yield from self._layers.settings(override.fields, "override")
        yield from self._layers.last

    def _holding(self, row: Row) -> Iterator[Override]:
        """The overrides that hold for a row, in their order."""
        return (o for wanted, o in self._overrides if all(row[i] in labels for i, labels in wanted.items()))

    def _swept_by(self, row: Row) -> Iterator[tuple[str, Setting]]:
        """What the axes set."""
        names = self._layers.names
        for axis_index in self._swept.axes:
            axis, label = self._grid.axes[axis_index], row[axis_index]
            value, layer = axis.values[label], f"{axis.name}={label}"
            if axis.name in names:
                yield from self._layers.settings({axis.name: value}, layer)
            elif isinstance(value, Map):
                made = self._layers.settings({k: p.value for k, p in value.items()}, layer)
                yield from ((k, s._replace(is_data=axis.table)) for k, s in made)


def _differs(one: Any, other: Any) -> bool:
    return bool(one != other) or isinstance(one, bool) is not isinstance(other, bool)


def _setting(node: Node, layer: str) -> Setting:
    scalar = node if isinstance(node, Scalar) else None
    return Setting(plain(node), scalar, Origin(layer, node.span))


def check_overrides(board: Storyboard, grids: Iterable[Grid], problems: Problems) -> None:
    """The storyboard's own overrides: each `when` must name axes and labels that one of these grids has."""
    if not board.overrides:
        return
    values: dict[str, dict[str, Node]] = {}
    spans: dict[str, Axis] = {}
    for grid in grids:
        for axis in grid.axes:
            spans.setdefault(axis.name, axis)
            values.setdefault(axis.name, {}).update(axis.values)
    every = [Axis(name, spans[name].span, values[name], spans[name].open) for name in values]
    columns = Columns({id(axis): axis for grid in grids for axis in grid.axes}.values())
    for override in board.overrides:
        indexed_pattern(every, columns, override.when, "the storyboard", problems)


def _conflicts(shot: Shot, axes: tuple[Axis, ...], swept: _Swept, names: Mapping[str, str], problems: Problems) -> None:
    owned = {names[name]: span for name, span in shot.field_keys.items() if names.get(name)}
    for field, axis, first in swept.setters:
        if first is not None:
            message = f"axis `{axis.name}` sets `{field}`, which axis `{first.name}` sets too"
            problems.error("field-set-twice", message, axis.span, Note("the other axis is here", first.span))
        own = owned.get(field)
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
