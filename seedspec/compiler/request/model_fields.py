"""What a storyboard sets and a model does not have: each field is told at its place, with the models that have it."""

from __future__ import annotations

from collections.abc import Iterable

from seedspec.catalog.model import Model
from seedspec.catalog.wording import kind_of
from seedspec.compiler.entry import MODEL
from seedspec.compiler.matrix.columns import part
from seedspec.compiler.matrix.fields import RowFields
from seedspec.compiler.matrix.grid import Grid
from seedspec.compiler.request.written_fields import as_yaml, having
from seedspec.compiler.storyboard.types import Axis, Shot, Storyboard
from seedspec.text.diagnostic import Note, Problems
from seedspec.text.node import Scalar


def check_row(row: RowFields, board: Storyboard, grid: Grid, problems: Problems, address: str) -> bool:
    """Whether a row's model has every field that is set for it nearer than in `defaults`, and is left none it needs.

    What the one model of a storyboard lacks is told where it is written (`check_fields` of `written_fields`).
    """
    model = row.model
    assert model is not None, "without a model no request is made"
    for name, setting in row.lacking.items() if row.lacking and len(board.models) > 1 else ():
        layer = setting.origin.layer
        by = f", set by {layer}" if layer not in ("shot", "override") else ""
        if layer.startswith(("profile ", "override")):
            remedy = f"take `{name}` out, or write `{name}: null`: then it is not sent"
        else:
            when = f"{{{MODEL}: {label_of(model, grid.axes)}}}"
            remedy = f"leave it out for this model: `overrides: [{{when: {when}, {name}: null}}]`"
        if name in model.means.names:
            always = as_yaml(model.means.always(name))
            message = f"found {kind_of(setting.value)}{by}; model `{model.id}` always has `{name}: {always}`"
            problems.error("bad-choice", message, setting.origin.span, f"in `{name}`", remedy, entry=address)
            continue
        message = f"model `{model.id}` has no field `{name}`{by}"
        known = having(name, model, board)
        problems.error("model-lacks-field", message, setting.origin.span, *known, remedy, entry=address)
    needed = [k for k in row.unset if k in model.schema.document.get("required", ())]
    for name in needed:
        message = f"model `{model.id}` needs `{name}`; found null, which means that it is not sent"
        problems.error("field-needed", message, row.unset[name].origin.span, "write a value", entry=address)
    return not (row.lacking or needed)


def label_of(model: Model, axes: Iterable[Axis]) -> str:
    """What a storyboard calls a model in a `when`: its label on an axis `model`, else its id."""
    axis = next((a for a in axes if a.name == MODEL), None)
    found = (
        (label for label, value in axis.values.items() if isinstance(value, Scalar) and value.text == model.id)
        if axis is not None
        else iter(())
    )
    return next(found, model.id)


def report_no_model(shot: Shot, grid: Grid, problems: Problems, address: str) -> None:
    """Reports a shot for which no layer names a model."""
    message = f"no model makes shot `{shot.id}`; expected one from an axis `model`, the shot, or the top of the file"
    above = grid.parent.names if grid.parent is not None else ()
    left = MODEL in above and MODEL not in grid.names
    hint = "its `only` leaves the axis `model` out: add it there, or write `model: ID` in the shot"
    problems.error("model-missing", message, shot.span, hint if left else "write `model: ID` in it", entry=address)


def check_circles(board: Storyboard, problems: Problems) -> None:
    """Overrides that hold for some models, and set the model."""
    for override in (*board.overrides, *(o for shot in board.shots for o in shot.overrides)):
        if MODEL not in override.fields:
            continue
        for name, span in override.when.keys.items():
            axis, column = part(name)
            if name == MODEL or column == MODEL:
                message = f"this override holds for some models, and sets `{MODEL}`; expected one of the two"
                other = Note("it sets the model here", override.fields[MODEL].span)
                hint = f"name another axis in `when`, or give `{axis}` the model that is meant"
                problems.error("model-circle", message, span, other, hint)
                break
