"""The request fields of a shot, row by row: which layer sets each one, weakest first."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from seedspec.catalog.model import Model
from seedspec.compiler.entry import MODEL, Origin
from seedspec.compiler.matrix.build import indexed_pattern
from seedspec.compiler.matrix.cell import key_at
from seedspec.compiler.matrix.columns import Columns, axes_of, labels_wanted
from seedspec.compiler.matrix.grid import Grid
from seedspec.compiler.matrix.product import Row
from seedspec.compiler.storyboard.types import Axis, Override, Pattern, Shot, Storyboard, fields_of
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


class RowFields(NamedTuple):
    """The model of a row, and the settings of the fields that it has, in no particular order.

    `model` is None where none is named, or an unknown one. `left_out` are the fields of `defaults` that the model
    lacks, `lacking` those that are set nearer, and `unset` those that an override or a profile takes away (null).
    `values` are equal for two rows of a storyboard that have the same values in the same fields of the same model,
    whoever sets them.
    """

    model: Model | None
    settings: Mapping[str, Setting]
    left_out: tuple[str, ...]
    lacking: Mapping[str, Setting]
    unset: Mapping[str, Setting]
    values: Any


class _Held(NamedTuple):
    """An override with the labels that it holds for, by the places of axes; `models` are ids, None for every model.

    `sets` is what it sets, by the names that are written.
    """

    labels: Mapping[int, frozenset[str]]
    models: frozenset[str] | None
    override: Override
    sets: list[tuple[str, Setting]]


@valueclass(frozen=True, slots=True)
class _Swept:
    """What the storyboard sets over the fields of the shots that share a grid.

    `axes` are the places of the axes that sweep a field, each with what its labels set, by the names that are written;
    `overrides` are the storyboard's that hold on this grid. `setters` has each field that an axis sweeps, with an axis
    that did before. `model`: an axis may set the model.
    """

    axes: tuple[tuple[int, Mapping[str, list[tuple[str, Setting]]]], ...]
    model: bool
    overrides: tuple[_Held, ...]
    axis_indices: tuple[int, ...]
    setters: tuple[tuple[str, Axis, Axis | None], ...]


class Layers:
    """What a storyboard says of the fields of all of its shots, worked out once for the storyboard."""

    def __init__(self, board: Storyboard) -> None:
        models = board.models
        names = self.fields = fields_of(models)
        self.models = {model.id: model for model in models}
        # an axis that sets the prompt is refused where it is read
        self.known = frozenset((MODEL, *names))
        self.names = {n: frozenset(f for m in models if (f := m.means.names.get(n))) for n in names}
        self.names[MODEL] = frozenset({MODEL})
        self.defaults = {
            model.id: [(k, Setting(v, None, Origin("model", None))) for k, v in model.defaults.items()]
            for model in models
        }
        top = [(MODEL, _setting(board.model, "storyboard"))] if board.model is not None else []
        self.below = top + settings(board.fields, "defaults")
        self.base = dict(self.below)
        last = board.profile
        self.last = settings(last.fields, f"profile {last.name}") if last else []
        self._overrides = board.overrides
        self.ids = frozenset(board.catalog.models)
        self.axes = frozenset(axis.name for axis in board.axes)
        self._swept: dict[Grid, _Swept] = {}

    def swept(self, grid: Grid) -> _Swept:
        if grid not in self._swept:
            self._swept[grid] = self._sweep(grid)
        return self._swept[grid]

    def _sweep(self, grid: Grid) -> _Swept:
        swept = {i: fields for i, a in enumerate(grid.axes) if (fields := a.fields(self.known))}
        axes = tuple((i, {k: self._set_by(grid.axes[i], k) for k in grid.axes[i].values}) for i in swept)
        # one that names an axis which the shots of this grid lack does not hold there
        overrides = tuple(
            _Held(
                {grid.axis_indices[axis]: labels for axis, labels in labels_wanted(when, grid.columns).items()},
                ids,
                o,
                settings(o.fields, "override"),
            )
            for o in self._overrides
            for when, ids in (by_model(o.when, grid.axis_indices, self.ids),)
            if axes_of(when) <= grid.axis_indices.keys()
        )
        first: dict[str, Axis] = {}
        setters = []
        for axis in grid.axes:
            for field in sorted({f for name in axis.fields(self.known) for f in self.names[name]}):
                setters.append((field, axis, first.get(field)))
                first.setdefault(field, axis)
        axis_indices = tuple(sorted({*swept, *(i for held in overrides for i in held.labels)}))
        model = any(MODEL in fields for fields in swept.values())
        return _Swept(axes, model, overrides, axis_indices, tuple(setters))

    def _set_by(self, axis: Axis, label: str) -> list[tuple[str, Setting]]:
        """What a label of an axis sets."""
        value, layer = axis.values[label], f"{axis.name}={label}"
        if axis.name in self.known:
            return [(axis.name, _setting(value, layer))]
        if not isinstance(value, Map):
            return []
        made = settings({k: p.value for k, p in value.items() if k in self.known}, layer)
        return [(k, s._replace(is_data=True)) for k, s in made] if axis.table else made


class Fields:
    """Model default, `defaults`, the shot's own, the axis, overrides (the storyboard's first), then the profile.

    `axis_indices` are those of the labels that the settings depend on (rule 4 of compiler/request); `key` gives these
    labels of a row or of a cell; `repeat` says whether they come again in another row. `applied` are the overrides that
    hold for a row that was asked for, and `changing` those of them that change a field there, by identity.
    """

    def __init__(self, layers: Layers, shot: Shot, grid: Grid, problems: Problems) -> None:
        self._layers, self._grid, self._swept = layers, grid, layers.swept(grid)
        self._own = settings(shot.fields, "shot")
        self._overrides, self.axis_indices = self._swept.overrides, self._swept.axis_indices
        for override in shot.overrides:
            dropped = grid.parent.axis_indices.keys() - grid.axis_indices.keys() if grid.parent is not None else ()
            when, ids = by_model(override.when, grid.axis_indices, layers.ids)
            wanted = indexed_pattern(grid.axes, grid.columns, when, f"shot `{shot.id}`", problems, dropped)
            if wanted is not None:
                self._overrides = (
                    *self._overrides,
                    _Held(wanted, ids, override, settings(override.fields, "override")),
                )
                self.axis_indices = tuple(sorted({*self.axis_indices, *wanted}))
        self.key = key_at(self.axis_indices)
        self._memo: dict[Any, RowFields] = {}
        self._begun: dict[str, _Taken] = {}
        self.repeat = not grid.many.issubset(self.axis_indices)
        self._one_model = None if self._swept.model or self._sets_model() else self._model_of(())
        self.applied, self.changing = set[int](), set[int]()
        if not grid.repaired:
            _conflicts(shot, grid.axes, self._swept, layers.names, problems)

    def at(self, row: Row) -> RowFields:
        """The model and the settings of a row."""
        if not self.repeat:
            return self._layer(row)
        key = self.key(row)
        if key not in self._memo:
            self._memo[key] = self._layer(row)
        return self._memo[key]

    def forget(self) -> None:
        """Lets go of what was kept for further rows (rule 8)."""
        self._memo.clear()

    def layers(self, row: Row) -> Mapping[str, tuple[Setting, ...]]:
        """Everything that sets each field of a row, strongest last: the last one is what `at` gives."""
        out: dict[str, tuple[Setting, ...]] = {}
        id_ = self._model_of(row)
        model = self._layers.models.get(id_)
        names = {**model.means.names, MODEL: MODEL} if model is not None else {}
        defaults = [(field, one) for field, one in self._layers.defaults.get(id_, ())]
        written = [(names.get(name), one) for name, one in (*self._layers.below, *self._own, *self._above(row, id_))]
        for field, setting in (*defaults, *written):
            if field:
                out[field] = (*out.get(field, ()), setting)
        return out

    def _layer(self, row: Row) -> RowFields:
        id_ = self._model_of(row) if self._one_model is None else self._one_model
        model = self._layers.models.get(id_)
        if model is None:
            return RowFields(None, {}, (), {}, {}, None)
        if id_ not in self._begun:
            self._begun[id_] = _Taken(model, dict(self._layers.defaults[id_]), {})
            self._begun[id_].take((*self._layers.below, *self._own))
        taken = self._begun[id_].copy()
        taken.take(self._swept_by(row))
        for held in self._holding(row, id_):
            self.applied.add(id(held.override))
            if taken.take(held.sets):
                self.changing.add(id(held.override))
        taken.take(self._layers.last)
        return taken.fields()

    def _model_of(self, row: Row) -> str:
        """The id of a row's model, which no override has a say in that holds for some models alone; "" for none."""
        swept = dict(self._swept_by(row)) if self._swept.model else {}
        found = {**self._layers.base, **dict(self._own), **swept}.get(MODEL)
        for held in self._overrides:
            if held.models is None and MODEL in held.override.fields and _holds(held, row):
                found = _setting(held.override.fields[MODEL], "override")
        found = dict(self._layers.last).get(MODEL, found)
        return "" if found is None else found.value if isinstance(found.value, str) else _UNKNOWN

    def _sets_model(self) -> bool:
        """Whether an override may set the model."""
        return any(MODEL in held.override.fields for held in self._overrides)

    def names_model(self, row: Row) -> bool:
        """Whether a layer says which model makes a row."""
        return bool(self._model_of(row))

    def _above(self, row: Row, model: str) -> Iterator[tuple[str, Setting]]:
        """What the row sets over the shot's own fields, weakest first."""
        yield from self._swept_by(row)
        for held in self._holding(row, model):
            yield from held.sets
        yield from self._layers.last

    def _holding(self, row: Row, model: str) -> Iterator[_Held]:
        """The overrides that hold for a row of a model, in their order."""
        return (h for h in self._overrides if _holds(h, row) and (h.models is None or model in h.models))

    def _swept_by(self, row: Row) -> Iterator[tuple[str, Setting]]:
        """What the axes set, by the names that are written."""
        return (one for i, by_label in self._swept.axes for one in by_label[row[i]])


class _Taken:
    """The settings of a row, taken layer by layer, under the names of its model's fields."""

    def __init__(self, model: Model, out: dict[str, Setting], lacking: dict[str, Setting]) -> None:
        self._model, self._out, self._lacking = model, out, lacking

    def copy(self) -> _Taken:
        return _Taken(self._model, dict(self._out), dict(self._lacking))

    def take(self, layer: Iterable[tuple[str, Setting]]) -> bool:
        """Takes a layer over the ones before; whether any field is another one with it."""
        changed = False
        for name, setting in layer:
            field = MODEL if name == MODEL else self._model.means.names.get(name)
            if field == MODEL:
                changed = True  # the model is known before its fields are
            elif field:
                known = self._out.get(field)
                # what nobody has written but the model's own default is said here for the first time
                changed |= known is None or known.node is None or _differs(known.value, setting.value)
                self._out[field] = setting
            elif _takes_away(setting) or (field == "" and setting.value == self._model.means.always(name)):
                changed |= self._lacking.pop(name, None) is not None
            else:
                self._lacking[name] = setting
        return changed

    def fields(self) -> RowFields:
        unset = {k: s for k, s in self._out.items() if _takes_away(s)}
        kept = {k: s for k, s in self._out.items() if k not in unset} if unset else self._out
        left_out = tuple([k for k, s in self._lacking.items() if s.origin.layer == "defaults"])
        lacking = {k: s for k, s in self._lacking.items() if k not in left_out}
        said = tuple([(name, repr(s.value), s.is_data) for name, s in kept.items()])
        values = (self._model.id, said, tuple(lacking), tuple(unset))
        return RowFields(self._model, kept, left_out, lacking, unset, values)


def _takes_away(setting: Setting) -> bool:
    """Whether it is the null by which a field is not sent."""
    return setting.value is None and setting.origin.layer.startswith(("override", "profile "))


def settings(fields: Mapping[str, Node], layer: str) -> list[tuple[str, Setting]]:
    """What a layer sets, by the names that are written."""
    return [(name, _setting(node, layer)) for name, node in fields.items()]


_UNKNOWN = "?"
"""Stands for what is no id of a model, which is reported."""


def _holds(held: _Held, row: Row) -> bool:
    return all(row[i] in labels for i, labels in held.labels.items())


def by_model(when: Pattern, axes: Container[str], known: frozenset[str]) -> tuple[Pattern, frozenset[str] | None]:
    """What a `when` says of labels, and the ids of models that it says, None for any model.

    `model` means the row's model where it is no axis and ids of models are written there.
    """
    ids = frozenset(label.text for label in when.wanted.get(MODEL, ()))
    if not ids or MODEL in axes or not ids <= known:
        return when, None
    return replace(when, wanted={k: v for k, v in when.wanted.items() if k != MODEL}), ids


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
    known = frozenset(board.catalog.models)
    for override in board.overrides:
        when, _ = by_model(override.when, values, known)
        indexed_pattern(every, columns, when, "the storyboard", problems)


def _conflicts(
    shot: Shot, axes: tuple[Axis, ...], swept: _Swept, names: Mapping[str, frozenset[str]], problems: Problems
) -> None:
    owned = {field: span for name, span in shot.field_keys.items() for field in names.get(name, ())}
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
