"""The requests of one shot: each row and take gets its prompt, and with the mould it shares becomes an Entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from seedspec.compiler.address import Address, pattern
from seedspec.compiler.entry import Entry, RequestBase, canonical, digest
from seedspec.compiler.filename import LONGEST
from seedspec.compiler.matrix.cell import Cell, key_at, row_of
from seedspec.compiler.matrix.fields import Fields
from seedspec.compiler.matrix.grid import Grid
from seedspec.compiler.prompt.lint import check_prompt, nothing_odd, within_advice
from seedspec.compiler.prompt.partial import PartialPrompt, Prompt
from seedspec.compiler.prompt.render import Texts
from seedspec.compiler.references.context import Context
from seedspec.compiler.request.body import BaseBuilder
from seedspec.compiler.storyboard.types import Shot, Storyboard
from seedspec.text.diagnostic import Note, Problems
from seedspec.text.node import Scalar

_Made = tuple[str, bytes, RequestBase]
"""A prompt, its canonical JSON, and the mould around it."""


class _Known(NamedTuple):
    """A mould that was judged without a finding. `room` is what is left of the body for the prompt.

    `odd` says that its media are worth a remark where the prompt's words name those that its frame does.
    """

    base: RequestBase
    room: int
    odd: bool


class _Kept(NamedTuple):
    """The moulds of one frame and one set of fields, by what else of a state they depend on.

    `again` says that another take of the same row may differ.
    """

    key: Callable[[Cell], Any]
    again: bool
    known: dict[Any, _Known]


class ShotRequests:
    """A shot, prepared: templates compiled, overrides resolved, names checked. Faults go to `problems`."""

    def __init__(self, context: Context, shot: Shot) -> None:
        board, grid, problems = context.board, context.grids[shot.id], context.problems
        self._model, self._shot, self._grid, self._problems = board.model, shot, grid, problems
        self._takes = context.takes[shot.id]
        self._fields = Fields(context.layers, shot, grid, problems)
        self._texts = Texts(board, shot, grid, context.templates)
        self._bases = BaseBuilder(context, shot, self._texts, self._fields)
        names = grid.names
        self._kept: dict[PartialPrompt, dict[Any, _Kept]] = {}
        self._address = pattern(shot.id, names)
        self._long = len(self._address % (*self._grid.longest, self._takes)) > LONGEST - 40
        self._attached = {s.text: s.span for s in shot.attach}
        self._prompt_axis = None if shot.prompt is not None else next(i for i, n in enumerate(names) if n == "prompt")
        for prompt in self._prompts():
            self._texts.check(prompt)

    def entries(self) -> Iterator[Entry]:
        """The shot's entries in order; what is wrong with one is reported with its address."""
        takes = range(1, self._takes + 1)
        for row in self._grid.rows():
            made, again = None, True
            for take in takes:
                cell = (*row, take)
                if again:
                    made, again = self._made(cell)
                if made is None:
                    break
                prompt, text, base = made
                fingerprint = digest(base.manifest(text, take))
                yield Entry(self._address % cell, row, take, prompt, fingerprint, base)
        self._kept.clear()
        self._fields.forget()
        self._texts.forget()

    def _made(self, cell: Cell) -> tuple[_Made | None, bool]:
        """What an entry is made of, and whether another take of its row may differ.

        What was judged for an earlier row without a finding holds for each that it has the same labels for; the
        prompt alone is then new.
        """
        node = self._shot.prompt or self._prompt_of(cell)
        prompt = self._texts.prompt(node, cell, self._addressed)
        if (
            prompt is not None
            and (kept := self._kept.get(prompt.partial, {}).get(self._fields.key(cell))) is not None
            and (known := kept.known.get(kept.key(cell))) is not None
            and (text := self._fitting(prompt.value, known.room)) is not None
        ):
            base, again = known.base, kept.again
            self._remark(node, prompt, base, cell, odd=known.odd)
        else:
            judged, again = self._judged(cell, node, prompt)
            if judged is None:
                return None, again
            text, base = judged
        assert prompt is not None
        if self._long and self._too_long(cell):
            return None, again
        return (prompt.value, text, base), again

    def _fitting(self, prompt: Any, room: int) -> bytes | None:
        """The canonical JSON of a prompt that the model's schema takes by itself, and the body has room for."""
        gate = self._model.prompt_gate
        if type(prompt) is not str or gate is None or not gate(prompt):
            return None
        try:
            text = canonical(prompt)
        except TypeError:  # half of a surrogate pair
            return None
        return text if len(text) <= room else None

    def _judged(self, cell: Cell, node: Scalar, prompt: Prompt | None) -> tuple[tuple[bytes, RequestBase] | None, bool]:
        """A request judged from the ground up; what is found wrong or odd is reported with its address."""
        address, reported, read = self._addressed(cell), self._problems.reported, self._texts.read
        read.clear()
        base = self._bases.build(cell, node, prompt, address)
        again = not (read | self._texts.depends(node)).isdisjoint(("take", "entry"))
        if base is None or prompt is None:
            return None, again
        silent, partial = self._problems.reported == reported, prompt.partial
        odd = partial.mentions is None or not nothing_odd(partial.mentions, base.media, partial.used)
        self._remark(node, prompt, base, cell, odd=odd)
        if not self._bases.check_total_seconds(base.media, address):
            return None, again
        if silent:
            self._keep(cell, partial, base, odd=odd, again=again)
        return (canonical(prompt.value), base), again

    def _keep(self, cell: Cell, partial: PartialPrompt, base: RequestBase, *, odd: bool, again: bool) -> None:
        """Keeps a mould for the rows to which it belongs too."""
        axis_indices = self._texts.scope.axis_indices(self._texts.read)
        if not self._texts.scope.repeats((*axis_indices, *self._fields.axis_indices)):
            return
        by_fields = self._kept.setdefault(partial, {})
        kept = by_fields.setdefault(self._fields.key(cell), _Kept(key_at(axis_indices), again, {}))
        room = self._model.body_bytes - len(canonical({"model": base.model, "prompt": "", **base.fields})) + 2
        kept.known[kept.key(cell)] = _Known(base, room, odd)

    def _remark(self, node: Scalar, prompt: Prompt, base: RequestBase, cell: Cell, *, odd: bool) -> None:
        """Reports what is odd about a prompt; `odd` tells of its media, if its words name what its frame does."""
        text, partial = prompt.value, prompt.partial
        if odd or prompt.mentions is not partial.mentions or not within_advice(text, self._model):
            address, media = self._addressed(cell), base.media
            check_prompt(node, text, self._model, media, partial.used, self._attached, self._problems, address)

    def _too_long(self, cell: Cell) -> bool:
        labels = tuple(zip(self._grid.names, row_of(cell), strict=True))
        if len(Address(self._shot.id, labels, self._takes).file) <= LONGEST:
            return False
        message = f"the file name would be longer than {LONGEST} bytes; use shorter ids or labels"
        self._problems.error("file-name-too-long", message, self._shot.span, entry=self._addressed(cell))
        return True

    def _addressed(self, cell: Cell) -> str:
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
        for label, node in axis.values.items():
            known = first.setdefault(label.casefold().replace(":", "x"), label)
            if known != label:
                why = "letter case alone" if known.casefold() == label.casefold() else "`:`, which becomes `x`,"
                message = f"labels `{known}` and `{label}` differ in {why} and would have one file name"
                problems.error("same-file-name", message, node.span, Note("the axis is here", axis.span))
