"""A storyboard as values: its shots, axes, references, overrides and profiles, each with its place in the file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from seedspec.catalog.media_facts import MediaFacts
from seedspec.catalog.model import Catalog, Model, Provider
from seedspec.catalog.price import Rate
from seedspec.catalog.slot import Kind, Slot
from seedspec.compiler.entry import MODEL
from seedspec.compiler.storyboard.expect import NOTHING, Expectation, Expected, merge_expected
from seedspec.text.node import Map, Node, Scalar
from seedspec.text.source import Source, Span
from seedspec.text.value import brief, valueclass

LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,39}")
LABEL_FORM = "letters a to z and A to Z, digits and . _ : -, at most 40, beginning with a letter or digit"
RESERVED = ("label", "shot", "take", "ref")
"""Names that templates give a meaning to; no axis and no var may have one."""


@valueclass(frozen=True, slots=True)
class Axis:
    """A dimension of a matrix: labels in order, each with its value. An `open` axis may get labels from `include`.

    Of a `table` each value is a row: its label stands under `id`, as text, and its texts are data, never templates.
    """

    name: str
    span: Span
    values: Mapping[str, Node]
    open: bool
    table: bool = False

    def fields(self, known: frozenset[str]) -> frozenset[str]:
        """The request fields that the axis sweeps, also where only one of its labels sets them."""
        if self.name in known:
            return frozenset({self.name})
        maps = [v for v in self.values.values() if isinstance(v, Map)]
        return frozenset(k for m in maps for k in m.pairs if k in known)

    def models(self) -> Iterator[tuple[str, Scalar]]:
        """The ids of models that its values set, each with `axis=label`."""
        for label, value in self.values.items():
            found = value if self.name == MODEL else value.get(MODEL) if isinstance(value, Map) else None
            if isinstance(found, Scalar):
                yield f"{self.name}={label}", found

    def place(self, label: str) -> Span:
        """Where a label is given its value, or where it stands itself in a list and in a table."""
        value = self.values[label]
        row_id = value.get("id") if self.table and isinstance(value, Map) else None
        return row_id.span if row_id is not None else value.span


@valueclass(frozen=True, slots=True)
class Label:
    """A label as some row, `exclude` or `when` writes it."""

    text: str
    node: Scalar


@valueclass(frozen=True, slots=True)
class Pattern:
    """Labels wanted by axis; a row matches when each axis has one of those wanted."""

    wanted: Mapping[str, tuple[Label, ...]]
    keys: Mapping[str, Span]
    span: Span


@valueclass(frozen=True, slots=True)
class Strategy:
    """How few of the storyboard's rows are chosen: `kind` is `pairwise`, `one-at-a-time`, or `sample` of `count` rows.

    `span` is the smallest part of the storyboard that says so.
    """

    kind: str
    span: Span
    count: int = 0
    seed: int = 0

    @property
    def word(self) -> str:
        """The strategy as a person names it."""
        return f"sample: {self.count}" if self.kind == "sample" else self.kind


@valueclass(frozen=True, slots=True)
class RowsFile:
    """The file of chosen rows beside a storyboard. `rows` is None where it is not there, or cannot be read.

    `is_there` says which; `command` chooses rows and writes them, `left` is the name of such a file whose storyboard
    is gone, "" for none. `span` is the file's beginning.
    """

    name: str
    command: str
    is_there: bool = False
    rows: tuple[Pattern, ...] | None = None
    span: Span | None = None
    left: str = ""


@valueclass(frozen=True, slots=True)
class Override:
    when: Pattern
    fields: Mapping[str, Scalar]
    keys: Mapping[str, Span]


@valueclass(frozen=True, slots=True)
class Profile:
    """A layer over every field of every shot; `takes` None leaves each shot its own."""

    name: str
    span: Span
    fields: Mapping[str, Scalar]
    keys: Mapping[str, Span]
    takes: int | None
    expect: Expected = NOTHING


class Reference(NamedTuple):
    """A medium by name. For a shot, `target` is the shot's id, `take` its take and `at` the labels fixed for it.

    `take` is None for `take: pick`: the take that people chose.
    `facts` are what the storyboard declares of a remote file.
    `frame` makes it an image, a picture of that video: `first`, `last`, or milliseconds; "" is the whole video.
    `slot` names the model's place for it; without one it goes to the first of its kind.
    """

    def __repr__(self) -> str:
        return brief(self)

    name: str
    span: Span
    kind: Kind
    is_shot: bool
    target: Scalar
    sha256: str | None
    facts: MediaFacts
    take: int | None
    at: Mapping[str, Label]
    take_span: Span | None = None
    frame: str = ""
    frame_span: Span | None = None
    slot: Scalar | None = None

    def slot_in(self, model: Model) -> Slot | None:
        """The slot of a model that it goes to: the one that it names, else the first of its kind; None without one."""
        if self.slot is None:
            return model.media.get(self.kind)
        found = model.slots.get(self.slot.text)
        return found if found is not None and found.kind == self.kind else None


class Shot(NamedTuple):
    """`prompt` is the template, or None when the last of `axes` is the prompt mapping. `only` None means all axes.

    A prompt that was set aside for its form is a scalar of None: the shot's other parts are judged, no entry is made.
    """

    def __repr__(self) -> str:
        return brief(self)

    id: str
    span: Span
    prompt: Scalar | None
    fields: Mapping[str, Scalar]
    field_keys: Mapping[str, Span]
    takes: int | None
    tags: tuple[str, ...]
    references: tuple[Reference, ...]
    attach: tuple[Scalar, ...]
    only: tuple[Scalar, ...] | None
    axes: tuple[Axis, ...]
    exclude: tuple[Pattern, ...]
    include: tuple[Pattern, ...]
    overrides: tuple[Override, ...]
    expect: Expected = NOTHING

    def references_by_name(self, board: Storyboard) -> Mapping[str, Reference]:
        """The references that the shot may use, in the order in which a prompt numbers them."""
        return {r.name: r for r in (*board.references, *self.references)}


@valueclass(frozen=True, slots=True)
class Storyboard:
    """A whole storyboard, checked for form; what its parts mean together is for the rooms below.

    `catalog` has all models that are known here. `fields` and `field_keys` are those of `defaults`: as those of a shot,
    an override and a profile they are named as they are written, and any model may have them.
    `profile` is the one of `profiles` that is laid over it; None means the storyboard as written. `model` is the id of
    the model where nothing nearer names one, None where each shot gets its own.
    """

    source: Source
    name: str
    model: Scalar | None
    catalog: Catalog
    fields: Mapping[str, Scalar]
    field_keys: Mapping[str, Span]
    takes: int
    variables: Mapping[str, Node]
    variable_keys: Mapping[str, Span]
    budget_usd: float | None
    budget_credits: float | None
    budget_span: Span | None
    output: Scalar | None
    words: str
    references: tuple[Reference, ...]
    axes: tuple[Axis, ...]
    exclude: tuple[Pattern, ...]
    include: tuple[Pattern, ...]
    max_entries: Scalar | None
    strategy: Strategy | None
    overrides: tuple[Override, ...]
    shots: tuple[Shot, ...]
    tags: tuple[str, ...]
    profiles: Mapping[str, Profile]
    expect: Expected = NOTHING
    profile: Profile | None = None

    @property
    def models(self) -> tuple[Model, ...]:
        """The models that are named in it, each once: that of its top first, then in the order of its parts."""
        found = (self.catalog.models.get(node.text) for _, node in self.model_names())
        return tuple({model.id: model for model in found if model is not None}.values())

    @property
    def rate(self) -> Rate:
        """What a credit is worth, which is one for all models of a provider."""
        return self._any_model.rate

    @property
    def provider(self) -> Provider:
        """The service of its models."""
        return self._any_model.provider

    @property
    def _any_model(self) -> Model:
        return next(iter((*self.models, *filter(None, (self.catalog.usual,)), *self.catalog.models.values())))

    @property
    def request_fields(self) -> tuple[str, ...]:
        """The names of request fields that one of its models has."""
        return fields_of(self.models)

    @property
    def model_axes(self) -> frozenset[str]:
        """The axes whose labels say which model makes a video."""
        axes = (*self.axes, *(a for s in self.shots for a in s.axes))
        return frozenset(axis.name for axis in axes if any(True for _ in axis.models()))

    def model_names(self) -> Iterator[tuple[str, Scalar]]:
        """Every id of a model that is written, with the layer that says it; the weakest layers first."""
        if self.model is not None:
            yield "storyboard", self.model
        yield from (("shot", s.fields[MODEL]) for s in self.shots if MODEL in s.fields)
        for axis in (*self.axes, *(a for s in self.shots for a in s.axes)):
            yield from axis.models()
        for axes, include in ((self.axes, self.include), *((s.axes, s.include) for s in self.shots)):
            if any(a.name == MODEL and a.open for a in axes):
                yield from ((f"{MODEL}={w.text}", w.node) for row in include for w in row.wanted.get(MODEL, ()))
        every = (*self.overrides, *(o for s in self.shots for o in s.overrides))
        yield from (("override", o.fields[MODEL]) for o in every if MODEL in o.fields)
        for p in self.profiles.values():
            if MODEL in p.fields:
                yield f"profile {p.name}", p.fields[MODEL]

    def takes_of(self, shot: Shot) -> int:
        """How many videos are wanted of each request of a shot."""
        asked = self.profile.takes if self.profile is not None else None
        return asked or shot.takes or self.takes

    def expected_of(self, shot: Shot) -> tuple[Expectation, ...]:
        """What is expected of each video of a shot, by the profile that is laid over the storyboard, if any."""
        over = self.profile.expect if self.profile is not None else NOTHING
        return merge_expected((self.expect, shot.expect, over))


def fields_of(models: Iterable[Model]) -> tuple[str, ...]:
    """The names of request fields that one of some models has, in the storyboard's words and in its own."""
    return tuple(dict.fromkeys(name for model in models for name in model.means.names))
