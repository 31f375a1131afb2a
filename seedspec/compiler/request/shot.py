"""The requests of one shot: each cell gets its prompt, which with a request base makes an Entry; bases are reused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from seedspec.catalog.model import Model
from seedspec.compiler.address import Address, pattern
from seedspec.compiler.entry import Entry, RequestBase, canonical, digest
from seedspec.compiler.filename import LONGEST
from seedspec.compiler.matrix.cell import Cell, key_at, row_of
from seedspec.compiler.matrix.fields import Fields, RowFields
from seedspec.compiler.matrix.grid import Grid
from seedspec.compiler.prompt.foreign_check import ForeignCheck
from seedspec.compiler.prompt.lint import PromptLint
from seedspec.compiler.prompt.origins import Origins
from seedspec.compiler.prompt.partial import PartialPrompt, Prompt
from seedspec.compiler.prompt.render import Texts
from seedspec.compiler.prompt.structured import check_parts
from seedspec.compiler.references.context import Context
from seedspec.compiler.request.body import BaseBuilder, origins_of
from seedspec.compiler.request.model_fields import report_no_model
from seedspec.compiler.request.seeds import check_seeds
from seedspec.compiler.request.unused import ShotUse
from seedspec.compiler.storyboard.types import Shot, Storyboard
from seedspec.text.diagnostic import Note, Problems
from seedspec.text.node import Scalar

_MOST_VALUES = 500
"""Of so many sets of values that fields may have a base is kept where every row has labels of its own."""


class _Request(NamedTuple):
    """A prompt's pieces, its canonical JSON, and the base around it. `varies_by_take`: another take of the row may
    differ.
    """

    pieces: tuple[Any, ...]
    text: bytes
    base: RequestBase
    varies_by_take: bool


class _CachedBase(NamedTuple):
    """A base that was checked without a finding. `room` is what is left of the body for the prompt, in bytes.

    `has_remarks`: there are remarks on its media if the prompt names no others by number than its partial prompt does.
    `by_labels` has the same base for labels that give its values to its fields in their own way.
    """

    base: RequestBase
    room: int
    has_remarks: bool
    by_labels: dict[Any, RequestBase]


class _BaseCache(NamedTuple):
    """The bases of one partial prompt and one set of values, by the labels that they depend on (rule 4)."""

    key: Callable[[Cell], Any]
    varies_by_take: bool
    bases: dict[Any, _CachedBase]


class ShotRequests:
    """A shot, prepared: templates compiled, overrides resolved, names checked. Findings go to the context's problems.

    What is reused between its rows is decided by the rules at the top of this room (`request/__init__.py`). `use` says
    what its entries use, once all of them are made.
    """

    def __init__(self, context: Context, shot: Shot) -> None:
        board, grid, problems = context.board, context.grids[shot.id], context.problems
        self._shot, self._grid, self._problems = shot, grid, problems
        self._takes = context.takes[shot.id]
        self._fields = Fields(context.layers, shot, grid, problems)
        self._texts = Texts(board, shot, grid, context.templates)
        self._bases = BaseBuilder(context, shot, self._texts)
        names = grid.names
        self._cache: dict[PartialPrompt, dict[Any, _BaseCache]] = {}  # by the values of fields
        self._address = pattern(shot.id, names)
        self._long = len(self._address % (*self._grid.longest, self._takes)) > LONGEST - 40
        origins = Origins(board, grid)
        self._lint = PromptLint({s.text: s.span for s in shot.attach}, origins, problems)
        self._partials, self._rendered = set[PartialPrompt](), True
        self.use = ShotUse(frozenset(), frozenset(), frozenset(), known=False)
        self._prompt_axis = names.index("prompt") if shot.prompt is None and "prompt" in names else None
        foreign = ForeignCheck(board, shot, grid, origins, context.inputs.templates, problems)
        every = frozenset(shot.references_by_name(board)) if check_parts(shot, grid, problems) else frozenset[str]()
        for prompt in self._prompts():
            if prompt.value is not None:
                self._texts.check(prompt)
                reads, paths = self._texts.depends(prompt), self._texts.paths(prompt)
                self._lint.expect(prompt, every | foreign.check(prompt, reads, paths))

    def entries(self) -> Iterator[Entry]:
        """The shot's entries in order; what is wrong with one is reported with its address."""
        if self._shot.prompt is None and self._prompt_axis is None:  # the axis that has the prompts was set aside
            assert self._problems.is_known_broken, "a shot is never left out without a reason"
            return
        takes = range(1, self._takes + 1)
        for row in self._grid.rows():
            request: _Request | None = None
            first: RequestBase | None = None
            for take in takes:
                cell = (*row, take)
                if request is None or request.varies_by_take:
                    request = self._request(cell)
                if request is None:
                    assert self._problems.is_known_broken, "an entry is never left out without a reason"
                    break
                pieces, text, base, _ = request
                if take == 2 and first is not None:
                    check_seeds(first, base, self._takes, self._problems, self._make_address(cell))
                first = first or base
                fingerprint = digest(base.manifest(text, take))
                yield Entry(self._address % cell, row, take, pieces, fingerprint, base)
        used = frozenset[str]().union(*[p.numbered_names for p in self._partials])
        applied, changing = frozenset(self._fields.applied), frozenset(self._fields.changing)
        self.use = ShotUse(used, applied, changing, known=self._rendered)
        self._partials.clear()
        self._cache.clear()
        self._bases.forget()
        self._fields.forget()
        self._texts.forget()

    def _request(self, cell: Cell) -> _Request | None:
        """The request of a cell: its prompt is always rendered, its base is reused by the rules of this room."""
        node, row = self._shot.prompt or self._prompt_of(cell), self._fields.at(cell)
        model = row.model
        if model is None:
            self._rendered = False
            if not self._fields.names_model(cell):
                report_no_model(self._shot, self._grid, self._problems, self._make_address(cell))
            return None
        prompt = None if node.value is None else self._texts.prompt(node, model, cell, self._make_address)
        if prompt is None:
            self._rendered = False
        else:
            self._partials.add(prompt.partial)
        request = (prompt and self._from_cache(cell, node, prompt, row)) or self._build(cell, node, prompt, row)
        return None if request is not None and self._long and self._too_long(cell) else request

    def _from_cache(self, cell: Cell, node: Scalar, prompt: Prompt, row: RowFields) -> _Request | None:
        """The request around a base that is cached for this cell (rules 4 and 5); None when there is none."""
        by_values = self._cache.get(prompt.partial)
        if by_values is None or (cache := by_values.get(row.values)) is None:
            return None
        cached = cache.bases.get(cache.key(cell))
        if cached is None or (text := self._encode(prompt.value, cached.base.model, cached.room)) is None:
            return None
        media, model = cached.base.media, cached.base.model
        if prompt.mentions is prompt.partial.mentions:
            has_remarks = cached.has_remarks
        else:
            has_remarks = self._lint.has_remarks(prompt, media, model)
        if has_remarks or self._lint.is_long(prompt, model):
            self._lint.check(node, prompt, media, model, self._make_address(cell))
        labels = self._fields.key(cell)
        base = cached.by_labels.get(labels)
        if base is None:
            assert row.model is not None, "without a model there was no base"
            base = cached.base._replace(origins=origins_of(row, row.model, node), left_out=row.left_out)
            if self._fields.repeat:
                cached.by_labels[labels] = base
        return _Request(prompt.pieces, text, base, cache.varies_by_take)

    def _encode(self, prompt: Any, model: Model, room: int) -> bytes | None:
        """The canonical JSON of a prompt that the model's schema takes by itself, and the body has room for."""
        gate = model.schema.gate_of("prompt")
        if type(prompt) is not str or gate is None or not gate(prompt):
            return None
        try:
            text = canonical(prompt)
        except TypeError:  # half of a surrogate pair
            return None
        return text if len(text) <= room else None

    def _build(self, cell: Cell, node: Scalar, prompt: Prompt | None, row: RowFields) -> _Request | None:
        """A request built and checked from the ground up; each finding and remark is reported with its address."""
        model = row.model
        assert model is not None, "without a model no request is made"
        address, reported, read = self._make_address(cell), self._problems.reported, self._texts.read
        read.clear()
        base = self._bases.build(cell, node, prompt, row, model, address)
        if base is None or prompt is None:
            return None
        if not isinstance(base, RequestBase):
            if isinstance(prompt.value, str) and prompt.value.strip():  # an empty one is told by itself
                self._lint.check(node, prompt, base, model, address)
            return None
        varies_by_take = not (read | self._texts.depends(node)).isdisjoint(("take", "entry"))
        has_findings = self._problems.reported != reported
        if self._lint.has_remarks(prompt, base.media, model) or self._lint.is_long(prompt, model):
            self._lint.check(node, prompt, base.media, model, address)
        if not self._bases.check_total_seconds(base.media, model, address):
            return None
        request = _Request(prompt.pieces, canonical(prompt.value), base, varies_by_take)
        if not has_findings:
            self._keep(cell, prompt.partial, row, request)
        return request

    def _keep(self, cell: Cell, partial: PartialPrompt, row: RowFields, request: _Request) -> None:
        """Caches the base of a request for the cells that it belongs to as well (rules 4 to 6)."""
        base, axis_indices = request.base, self._texts.scope.axis_indices(self._texts.read)
        if not self._texts.scope.repeats(axis_indices):
            return
        by_values = self._cache.setdefault(partial, {})
        if len(by_values) >= _MOST_VALUES and not self._fields.repeat:
            return
        new = _BaseCache(key_at(axis_indices), request.varies_by_take, {})
        cache = by_values.setdefault(row.values, new)
        empty = canonical({"model": base.model.id, "prompt": "", **base.fields})
        room = base.model.body_bytes - len(empty) + 2
        has_remarks = self._lint.has_remarks(partial, base.media, base.model)
        cache.bases[cache.key(cell)] = _CachedBase(base, room, has_remarks, {self._fields.key(cell): base})

    def _too_long(self, cell: Cell) -> bool:
        labels = tuple(zip(self._grid.names, row_of(cell), strict=True))
        if len(Address(self._shot.id, labels, self._takes).file) <= LONGEST:
            return False
        message = f"the file name would be longer than {LONGEST} bytes; use shorter ids or labels"
        self._problems.error("file-name-too-long", message, self._shot.span, entry=self._make_address(cell))
        return True

    def _make_address(self, cell: Cell) -> str:
        return self._address % cell

    def _prompts(self) -> list[Scalar]:
        if self._shot.prompt is not None:
            return [self._shot.prompt]
        axis = next((a for a in self._grid.axes if a.name == "prompt"), None)
        return [v for v in axis.values.values() if isinstance(v, Scalar)] if axis else []

    def _prompt_of(self, cell: Cell) -> Scalar:
        assert self._prompt_axis is not None
        node = self._grid.axes[self._prompt_axis].values[cell[self._prompt_axis]]
        assert isinstance(node, Scalar)
        return node


def check_names(board: Storyboard, grid: Grid, problems: Problems) -> None:
    """Axes that are named like a var, and labels that would make one file name on many disks."""
    for axis in grid.axes:
        if axis.name in board.variables:
            problems.error("duplicate-name", f"`{axis.name}` is a var and an axis; rename one of them", axis.span)
        first: dict[str, str] = {}
        for label in axis.values:
            known = first.setdefault(label.casefold().replace(":", "x"), label)
            if known != label:
                why = "letter case alone" if known.casefold() == label.casefold() else "`:`, which becomes `x`,"
                message = f"labels `{known}` and `{label}` differ in {why} and would have one file name"
                problems.error("same-file-name", message, axis.place(label), Note("the axis is here", axis.span))
