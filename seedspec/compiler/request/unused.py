"""Behind the last entry: what a storyboard declares and no request, file or person gets, each as a finding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import NamedTuple

from seedspec.compiler.matrix.columns import Columns, axes_of, labels_wanted, part
from seedspec.compiler.matrix.grid import Grid
from seedspec.compiler.prompt.template import Templates
from seedspec.compiler.request.no_purchase import has_rows
from seedspec.compiler.request.promises import promise_of
from seedspec.compiler.storyboard.types import Axis, Override, Reference, Shot, Storyboard
from seedspec.text.diagnostic import EVERYTHING, Note, Problems, Severity, did_you_mean, list_words
from seedspec.text.node import Map, Scalar, plain
from seedspec.text.source import Span
from seedspec.text.value import valueclass

_FREE = ("title", "notes", "tags")
"""Keys that the format itself takes for words to people; a value of an axis may have them for the same.

Any key that begins with `x-` is one too.
"""
_WHOLE = ("items", "values", "keys", "get")
"""What a template says behind the name of a mapping to read any of its keys."""

_OF_NAMES = frozenset(
    [
        *("unknown-key", "unknown-reference", "unknown-shot", "unknown-axis", "unknown-label", "undefined-name"),
        *("bad-label", "duplicate-name", "duplicate-reference", "reference-kind", "reserved-name"),
        *("duplicate-key", "duplicate-shot", "look-alike", "template-syntax"),
    ]
)
"""Errors of names: while one leads to nothing, what seems unused may be what was meant by it."""

Paths = frozenset[str]
"""How far templates read into names, as `Templates.paths` gives it."""


class ShotUse(NamedTuple):
    """What the entries of a shot were seen to use, all of them made.

    `references` are the names of the references that they attach, `applied` the overrides that hold for one of them,
    and `changing` those of these that changed a field, both by identity. `known` is False where a prompt could not be
    rendered: then anything may be used there.
    """

    references: frozenset[str]
    applied: frozenset[int]
    changing: frozenset[int]
    known: bool


def report_unused(
    board: Storyboard,
    grids: Mapping[str, Grid],
    uses: Mapping[str, ShotUse],
    fields: Iterable[str],
    templates: Templates,
    problems: Problems,
) -> None:
    """Warns of everything without an effect, where that is certain. Which profile is laid over makes no difference.

    `fields` are the request fields that one of its models has.
    """
    if (
        problems.has_set_aside
        or problems.is_meant(EVERYTHING)
        or any(grid.repaired or not has_rows(grid) for grid in grids.values())
    ):
        return
    if problems.failed and any(d.severity is Severity.ERROR and d.code in _OF_NAMES for d in problems):
        return
    known = frozenset((*fields, "model", "prompt"))
    shots = [_ReadShot(s, grids[s.id], uses[s.id], _paths(board, s, grids[s.id], uses[s.id], templates, known), known)
             for s in board.shots]  # fmt: skip
    _inherit(board, shots)
    _references(board, shots, problems)
    _axes(board, shots, problems)
    _overrides(board, shots, problems)
    _variables(board, shots, templates, problems)


@valueclass(frozen=False, slots=True)
class _ReadShot:
    """A shot with what its templates read: `paths` is None where anything may be read, `used` are the axes in use."""

    shot: Shot
    grid: Grid
    use: ShotUse
    paths: Paths | None
    fields: frozenset[str]
    used: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        if self.paths is None or "label" in self.paths:
            self.used.update(self.grid.names)
            return
        roots = {path.partition(".")[0] for path in self.paths}
        whens = {axis for o in self.shot.overrides for axis in axes_of(o.when)}
        for axis in self.grid.axes:
            if (
                axis.name in roots
                or axis.name in whens
                or f"label.{axis.name}" in self.paths
                or axis.fields(self.fields)
            ):
                self.used.add(axis.name)

    def continued(self, board: Storyboard) -> Iterator[tuple[str, Mapping[str, object]]]:
        """The shots whose videos its entries use, and the axes whose labels are fixed for each."""
        every = (*board.references, *self.shot.references)
        return ((r.target.text, r.at) for r in every if r.is_shot and r.name in self.use.references)


def _paths(
    board: Storyboard, shot: Shot, grid: Grid, use: ShotUse, templates: Templates, known: frozenset[str]
) -> Paths | None:
    """What the templates of a shot read: of its prompts, of every layer of its fields, of the references in use."""
    layers = [board.fields, shot.fields, *(p.fields for p in board.profiles.values())]
    layers += [o.fields for o in (*board.overrides, *shot.overrides)]
    texts = [n for layer in layers for n in layer.values()]
    texts += [shot.prompt] if shot.prompt is not None else []
    texts += [n for axis in grid.axes for n in _settings(axis, known)]
    references = shot.references_by_name(board)
    texts += [references[name].target for name in use.references if not references[name].is_shot]
    return _read(texts, templates) if use.known else None


def _settings(axis: Axis, known: frozenset[str]) -> Iterator[Scalar]:
    """The values of an axis that become fields of requests, and so may be templates."""
    for value in axis.values.values():
        pairs = value.items() if isinstance(value, Map) else ()
        for node in [value] if axis.name in known else [p.value for k, p in pairs if k in known]:
            if isinstance(node, Scalar):
                yield node


def _read(texts: Iterable[Scalar], templates: Templates) -> Paths | None:
    found: set[str] = set()
    for text in texts:
        if (paths := templates.paths(text)) is None:
            return None
        found |= paths
    return frozenset(found)


def _inherit(board: Storyboard, shots: Sequence[_ReadShot]) -> None:
    """An axis is in use where it decides which video is continued, if it is in use in that video's shot."""
    by_id = {s.shot.id: s for s in shots}
    order, changed = list(shots), True
    while changed:
        changed = False
        for one in order:
            for target, fixed in one.continued(board):
                above = by_id[target].used - fixed.keys() if target in by_id else set()
                if not (new := above & set(one.grid.names)) <= one.used:
                    one.used |= new
                    changed = True
        order.reverse()  # a chain in either order of the file is gone through in two passes


def _references(board: Storyboard, shots: Sequence[_ReadShot], problems: Problems) -> None:
    for one in shots:
        for reference in one.shot.references if one.use.known else ():
            if reference.name not in one.use.references and not _may_be_meant(reference, [one], problems):
                message = f"`{reference.name}` is declared, and no entry of shot `{one.shot.id}` uses it"
                problems.warning("reference-unused", message, reference.span, _attach(reference))
    if all(one.use.known for one in shots):
        used = frozenset[str]().union(*[one.use.references for one in shots])
        for reference in board.references:
            if reference.name not in used and not _may_be_meant(reference, shots, problems):
                message = f"`{reference.name}` is declared, and no shot uses it"
                problems.warning("reference-unused", message, reference.span, _attach(reference))


def _may_be_meant(reference: Reference, shots: Sequence[_ReadShot], problems: Problems) -> bool:
    """Whether a reference that no entry uses is one for other text that was told, or for rows that are not chosen."""
    if problems.is_meant(reference.name):
        return True
    prompts = (n for s in shots if _is_chosen(s) for n in _prompts(s.shot))
    return any(reference.name in prompt.text for prompt in prompts)


def _prompts(shot: Shot) -> list[Scalar]:
    axis = next((a for a in shot.axes if a.name == "prompt"), None)
    found = [shot.prompt] if axis is None else axis.values.values()
    return [n for n in found if isinstance(n, Scalar)]


def _is_chosen(one: _ReadShot) -> bool:
    """Whether a strategy has chosen the rows of a shot: what no entry uses may be used in rows that it has not."""
    return one.grid.parent is not None and one.grid.parent.chosen is not None


def _attach(reference: Reference) -> str:
    name = reference.name
    return f"write `{{{{ ref('{name}') }}}}` in a prompt, or `attach: [{name}]` in a shot, to send it; else take it out"


def _axes(board: Storyboard, shots: Sequence[_ReadShot], problems: Problems) -> None:
    whens = {axis for o in board.overrides for axis in axes_of(o.when)}
    for axis in board.axes:
        having = [s for s in shots if axis.name in s.grid.names]
        if not having and axis.name not in whens:  # else the override says so
            message = f"no shot has axis `{axis.name}`: each leaves it out with `only`"
            problems.warning("axis-unused", message, axis.span, "name it in `only` of a shot, or take it out")
        elif axis.name not in whens and all(axis.name not in s.used for s in having):
            _axis(axis, "any shot", problems)
        elif having:
            _values(board, axis, having, problems)
    for one in shots:
        for axis in one.shot.axes:
            if axis.name not in one.used:
                _axis(axis, f"shot `{one.shot.id}`", problems)
            else:
                _values(board, axis, [one], problems)


def _axis(axis: Axis, where: str, problems: Problems) -> None:
    keys = (k for v in axis.values.values() if isinstance(v, Map) for k in v.pairs if not (axis.table and k == "id"))
    example = next((f"{axis.name}.{key}" for key in keys), axis.name)
    if problems.is_meant(axis.name):
        return
    many = len(axis.values)
    same = f", so that its {many} labels are one request" if many > 1 else ""
    message = f"axis `{axis.name}` changes no request of {where}{same}"
    takes = (f"for more videos of one request: `takes: {many}`",) if many > 1 else ()
    problems.warning("axis-unused", message, axis.span, *_to_read(axis.name, example), *takes)


def _values(board: Storyboard, axis: Axis, shots: Sequence[_ReadShot], problems: Problems) -> None:
    """What is unread, or written twice, in the values of an axis that is in use."""
    paths = [s.paths for s in shots]
    if any(p is None for p in paths):
        return
    read = frozenset[str]().union(*[p for p in paths if p is not None])
    _same_values(board, axis, read, shots, problems)
    if axis.name in read or any(f"{axis.name}.{method}" in read for method in _WHOLE):
        return
    selected = _selecting(board, shots)
    told: set[str] = set(_FREE) | ({"id"} if axis.table else set())
    for value in axis.values.values():
        for key, pair in value.items() if isinstance(value, Map) else ():
            path = f"{axis.name}.{key}"
            if key in told or key.startswith("x-") or key in shots[0].fields or path in read or path in selected:
                continue
            told.add(key)
            _key(axis, key, pair.key.span, shots[0].fields, problems)


def _key(axis: Axis, key: str, span: Span, fields: frozenset[str], problems: Problems) -> None:
    """A key of a value, or a column of a table, that reaches nothing."""
    others = [k for v in axis.values.values() if axis.table and isinstance(v, Map) for k in v.pairs]
    near = () if promise_of(key) else did_you_mean(key, (*fields, *(_FREE if axis.table else ()), *others))
    advice = _to_read(key, f"{axis.name}.{key}")
    if not axis.table:
        message = f"key `{key}` of axis `{axis.name}` is no request field, and no template reads it"
        problems.warning("key-unused", message, span, *near, *advice)
        return
    message = f"column `{key}` of table `{axis.name}` is no request field, and nothing reads it: "
    message += "no template, no `when` and no `exclude`"
    for_people = f"a column for people alone begins with `x-`: `x-{key.replace('_', '-')}`"
    problems.warning("key-unused", message, span, *near, *advice, for_people)


def _selecting(board: Storyboard, shots: Sequence[_ReadShot]) -> frozenset[str]:
    """The names by which rows are chosen: of axes, and of columns as `axis.column`."""
    overrides = (*board.overrides, *(o for s in shots for o in s.shot.overrides))
    patterns = (*(o.when for o in overrides), *board.exclude, *(p for s in shots for p in s.shot.exclude))
    return frozenset(name for pattern in patterns for name in pattern.wanted)


def _same_values(board: Storyboard, axis: Axis, read: Paths, shots: Sequence[_ReadShot], problems: Problems) -> None:
    """Labels with one value are one request, unless something asks for the label itself."""
    if axis.open or not {"label", f"label.{axis.name}"}.isdisjoint(read):
        return
    if axis.table and not {axis.name, f"{axis.name}.id"}.isdisjoint(read):
        return  # its label is a part of a row
    overrides = (*board.overrides, *(o for s in shots for o in s.shot.overrides))
    columns = shots[0].grid.columns
    wanted = [labels_wanted(o.when, columns)[axis.name] for o in overrides if axis.name in axes_of(o.when)]
    first: dict[str, str] = {}
    for label, node in axis.values.items():
        held = [label in labels for labels in wanted]
        value = plain(node)
        if axis.table:
            value = {k: v for k, v in value.items() if k != "id"}
        known = first.setdefault(repr((value, held)), label)
        if known != label:
            message = (
                f"labels `{known}` and `{label}` of axis `{axis.name}` have one value, so that they are one request"
            )
            problems.warning(
                "label-same",
                message,
                axis.place(label),
                Note("the other is here", axis.place(known)),
                "give it a value of its own",
            )


def _overrides(board: Storyboard, shots: Sequence[_ReadShot], problems: Problems) -> None:
    applied = frozenset[int]().union(*[s.use.applied for s in shots])
    changing = frozenset[int]().union(*[s.use.changing for s in shots])
    values: dict[str, set[str]] = {a.name: set(a.values) for a in board.axes}
    for one in shots:
        for axis in one.grid.axes:
            values.setdefault(axis.name, set()).update(axis.values)
    columns = Columns({id(a): a for a in (*board.axes, *(a for one in shots for a in one.grid.axes))}.values())
    chosen = any(map(_is_chosen, shots))
    for override in (*board.overrides, *(o for s in board.shots for o in s.overrides)):
        if any(not _is_known(override, name, values, columns) for name in override.when.wanted):
            continue  # which is reported
        if id(override) not in applied:
            if chosen and all(any(n in s.grid.names for s in shots) for n in axes_of(override.when)):
                continue
            lacking = [n for n in axes_of(override.when) if all(n not in s.grid.names for s in shots)]
            why = f"no shot has axis {list_words(lacking)}" if lacking else "no row has all of these labels"
            message = f"this override applies to no entry: {why}"
            problems.warning("override-unused", message, override.when.span, "change its `when`, or take it out")
        elif id(override) not in changing and not (chosen and override.fields):
            why = f"{list_words(override.fields)} has this value without it" if override.fields else "it sets no field"
            message = f"this override changes nothing: {why}"
            problems.warning("override-unused", message, override.when.span, "take it out, or set another value")


def _is_known(override: Override, name: str, values: Mapping[str, set[str]], columns: Columns) -> bool:
    axis, column = part(name)
    known = columns.column(axis, column).labels if column else values.get(name, ())
    return all(label.text in known for label in override.when.wanted[name])


def _variables(board: Storyboard, shots: Sequence[_ReadShot], templates: Templates, problems: Problems) -> None:
    if not board.variables or any(s.paths is None for s in shots):
        return
    own = [r.target for s in board.shots for r in s.references]
    further = _read([r.target for r in board.references] + own, templates)
    if further is None:
        return
    read = {path.partition(".")[0] for paths in (further, *(s.paths or () for s in shots)) for path in paths}
    for name, key in board.variable_keys.items():
        if name not in read and not problems.is_meant(name):
            problems.warning("var-unused", f"no template reads var `{name}`", key, *_to_read(name, name))


def _to_read(name: str, path: str) -> tuple[str, ...]:
    """What to do about a name that nothing reads."""
    wanted = promise_of(name)
    return (f"read it in a prompt: `{{{{ {path} }}}}`, or take it out", *([wanted] if wanted else []))
