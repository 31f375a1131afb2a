"""The templates of one shot: each compiled and checked once, then rendered for the rows and takes that use it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from seedspec.catalog.model import Model
from seedspec.compiler.matrix.cell import Cell, Scope
from seedspec.compiler.matrix.columns import Columns
from seedspec.compiler.matrix.grid import Grid
from seedspec.compiler.prompt.errors import IN_INCLUDED, Change, Included, RefFault, RefSyntax, TemplateFault
from seedspec.compiler.prompt.findings import edits_of
from seedspec.compiler.prompt.locate import Written, is_template
from seedspec.compiler.prompt.look_alikes import find_leftover, left_names
from seedspec.compiler.prompt.names import Names
from seedspec.compiler.prompt.numbering import number
from seedspec.compiler.prompt.partial import PartialPrompt, Prompt
from seedspec.compiler.prompt.template import Template, Templates
from seedspec.compiler.storyboard.types import Axis, Shot, Storyboard
from seedspec.text.diagnostic import Note, did_you_mean, list_words
from seedspec.text.mistyped import unknown_word
from seedspec.text.near import shorten
from seedspec.text.node import Map, Scalar
from seedspec.text.source import Source, Span


class Faulty:
    """A value whose template failed; the reason is reported."""


class Texts:
    """The texts of a shot. `read` gathers the names that templates have read since it was cleared; prompts are apart.

    Rules 2 to 4 of compiler/request say what follows from them.
    """

    def __init__(self, board: Storyboard, shot: Shot, grid: Grid, templates: Templates) -> None:
        self._board, self._shot, self._grid = board, shot, grid
        self._templates, self._problems = templates, templates.problems
        self._catalogue = shot.references_by_name(board)
        self.scope = Scope(board, shot, grid)
        self._compiled: dict[int, Template | None] = {}
        self._known = frozenset((*board.variables, *grid.names, "label", "shot", "take", "ref"))
        self._assumed_names: frozenset[str] | None = None
        self._numbered_names: dict[tuple[frozenset[str], str], Mapping[str, str]] = {}
        self._partials: dict[tuple[int, frozenset[str], str], PartialPrompt] = {}
        self._last: dict[int, tuple[Model, PartialPrompt]] = {}  # of each prompt, which the next row has as a rule
        self._lacking: dict[tuple[str, str], list[str]] = {}
        self._attached = self._check_attach(shot)
        self.read: set[str] = set()

    def check(self, scalar: Scalar) -> None:
        """Reports what is wrong with a template, also where no entry comes to render it."""
        self._template(scalar)

    def value(self, node: Scalar | None, value: Any, cell: Cell, address: str) -> Any:
        """A value that may be a template; Faulty, with the reason reported, when it cannot be rendered."""
        return self._render_value(node, value, cell, address, self._known)

    def volatile(self, node: Scalar | None, value: Any, cell: Cell, address: str) -> Any:
        """As `value`, for a field that is no part of the identity: it may name the entry itself, as `entry`."""
        return self._render_value(node, value, cell, address, self._known | {"entry"})

    def _render_value(self, node: Scalar | None, value: Any, cell: Cell, address: str, known: frozenset[str]) -> Any:
        if node is None or not is_template(value):
            return value
        template = self._template(node, known)
        if template is None:
            return Faulty()
        self.read |= template.reads
        scope = self.scope.at(cell)
        try:
            return template.render({**scope, "entry": address} if "entry" in known else scope, _no_ref)
        except TemplateFault as fault:
            self._report_fault(node, fault, address)
            return Faulty()

    def prompt(self, node: Scalar, model: Model, cell: Cell, address: Callable[[Cell], str]) -> Prompt | None:
        """A prompt rendered; None with the reason reported.

        Which references a prompt uses is known when it is rendered (rule 3 of compiler/request): the first attempt
        takes those of the last row.
        """
        for _ in range(5):
            last = self._last.get(id(node))
            if last is not None and last[0] is model and last[1].used == self._assumed_names:
                partial = last[1]
            elif (found := self._partial_of(node, model)) is not None:
                partial = found
                self._last[id(node)] = model, partial
            else:
                return None
            prompt = partial.render(cell) or self._render_whole(node, partial, cell, address)
            if prompt is None:
                return None
            if prompt.used == partial.used:
                return prompt
            self._assumed_names = prompt.used
        message = "the references that this prompt uses depend on their own numbers"
        self._problems.error("unstable-prompt", message, node.span, entry=address(cell))
        return None

    def depends(self, node: Scalar) -> frozenset[str]:
        """The names that a prompt reads."""
        template = self._template(node)
        return template.names if template is not None else frozenset()

    def paths(self, node: Scalar) -> frozenset[str]:
        """How far a prompt reads into names; the names alone where that cannot be told."""
        found = self._templates.paths(node)
        return self.depends(node) if found is None else found

    def forget(self) -> None:
        """Lets go of what was kept for further rows (rule 8)."""
        for partial in self._partials.values():
            partial.forget()
        self._partials.clear()
        self._last.clear()

    def _partial_of(self, node: Scalar, model: Model) -> PartialPrompt | None:
        """The partial prompt for the references that it is taken to use, as the model names them; None when its
        template is at fault."""
        template = self._template(node)
        if template is None:
            return None
        if self._assumed_names is None:
            self._assumed_names = template.refs
        key = (id(node), self._assumed_names, model.id)
        partial = self._partials.get(key)
        if partial is None:
            numbered_names = self._name_references(self._assumed_names | self._attached, model)
            slot_texts = self._templates.slot_texts if len(self._board.shots) > 1 else None
            known = self._catalogue.__contains__
            partial = PartialPrompt(template, self.scope, self._assumed_names, numbered_names, known, slot_texts)
            self._partials[key] = partial
        return partial

    def _render_whole(
        self, node: Scalar, partial: PartialPrompt, cell: Cell, address: Callable[[Cell], str]
    ) -> Prompt | None:
        """The prompt from the whole of its template, by which a fault has its line."""
        used: set[str] = set()

        def ref(name: str) -> str:
            if name not in self._catalogue:
                raise RefFault("", word=name)
            used.add(name)
            return partial.numbered_names.get(name, "")

        scope = self.scope.at(cell)
        try:
            value = partial.template.render(scope, ref, text=True)
            return Prompt(value, frozenset(used), None, partial, (value,))
        except RefFault as fault:
            span = Written(node).span(*fault.place) if fault.place else node.span
            self._unknown_reference(fault.word, span, address(cell), fault.inside)
        except TemplateFault as fault:
            self._report_fault(node, fault, address(cell))
        return None

    def _name_references(self, names: frozenset[str], model: Model) -> Mapping[str, str]:
        """How the prompt names a set of references for a model; worked out once for each set."""
        key = (names, model.id)
        if key not in self._numbered_names:
            self._numbered_names[key] = number(names, self._catalogue, model, self._board.words)
        return self._numbered_names[key]

    def _template(self, scalar: Scalar, known: frozenset[str] | None = None) -> Template | None:
        """The compiled template of a value, its names and references checked once."""
        if id(scalar) not in self._compiled:
            template = self._templates.compile(scalar)
            if template is not None:
                names = self._names(known or self._known, in_prompt=known is None)
                faulty = self._templates.undefined_names(template, names, self._is_told)
                for name in sorted(template.refs - self._catalogue.keys()):
                    written = Written(scalar)
                    places = [written.span(*place) for place in self._templates.places(template, name)]
                    for span in places or [written.whole]:
                        self._unknown_reference(name, span)
                    faulty = True
                template = None if faulty else template
                if template is not None and not self._grid.repaired:
                    self._templates.check_comparisons(template, {a.name: a for a in self._grid.axes})
                if (left := find_leftover(str(scalar.value))) is not None:
                    span = Written(scalar).span(left.start, left.end)
                    self._problems.mean(*left_names(str(scalar.value), left))
                    self._problems.warning("template-left-over", left.message, span, *left.notes)
            self._compiled[id(scalar)] = template
        return self._compiled[id(scalar)]

    def _is_told(self, name: str) -> bool:
        """Whether a name may stand in a part of the file that was set aside."""
        return any(map(self._problems.is_set_aside, (name, "vars", "axes")))

    def _check_attach(self, shot: Shot) -> frozenset[str]:
        for name in shot.attach:
            if name.text not in self._catalogue:
                self._unknown_reference(name.text, name.span)
        by_itself = (r.name for r in shot.references if r.slot is not None)
        return frozenset((*by_itself, *(n.text for n in shot.attach))) & self._catalogue.keys()

    def _unknown_reference(self, name: str, span: Span, entry: str = "", inside: Included | None = None) -> None:
        if any(map(self._problems.is_set_aside, (name, "references"))):
            return
        known = self._catalogue
        message, near = unknown_word(name, "reference", known)
        if not known:
            message = f"`{shorten(name)}` is no reference; the storyboard declares no references"
        notes: tuple[str | Note, ...] = self._beside(inside)
        if name != self._shot.id and any(s.id == name for s in self._board.shots):
            as_name = re.sub(r"\W", "_", name)
            notes += (
                f"to continue the video of shot `{name}`, declare it: `references: {{{as_name}: {{shot: {name}}}}}`",
            )
        else:
            notes += self._elsewhere(name) or near or _declare(name)
        self._problems.error("unknown-reference", message, span, *notes, entry=entry)

    def _elsewhere(self, name: str) -> tuple[str, ...]:
        """Which other shot has a reference of this name for itself, or what else of the storyboard has it."""
        if name in self._known and name not in ("label", "shot", "take", "ref"):
            return (f"`{name}` is a text, not a medium: write `{{{{ {name} }}}}`",)
        owners = [s.id for s in self._board.shots if any(r.name == name for r in s.references)]
        if not owners:
            return ()
        here = f"`{name}` belongs to shot `{owners[0]}` alone"
        return (f"{here}; declare it under `references` of the storyboard, for every shot",)

    def _beside(self, inside: Included | None) -> tuple[Note, ...]:
        """The place in an included file, its path shown as the storyboard's own: from where that was named."""
        if inside is None:
            return ()
        source = Source(posixpath.join(posixpath.dirname(self._board.source.path), inside.name), inside.text)
        return (Note(IN_INCLUDED, source.span(inside.start, max(inside.end, inside.start + 1))),)

    def _report_fault(self, node: Scalar, fault: TemplateFault, address: str) -> None:
        notes: tuple[str | Note, ...] = self._beside(fault.inside)
        written = Written(node)
        if fault.key and (axis := self._tables.get(id(fault.owner))) is not None:
            if self._problems.is_set_aside(fault.key):
                return
            fault = self._of_row(fault, axis)
        span = written.span(*fault.place) if fault.place is not None else written.whole
        changes = fault.changes
        if isinstance(fault, RefSyntax):
            notes += (f"write `ref('{fault.word}')`",)
            if fault.word in self._catalogue and fault.whole is not None and fault.inside is None:
                changes = (Change(*fault.whole, f"ref('{fault.word}')"),)
        elif fault.word and fault.inside is None:
            notes += did_you_mean(fault.word, self._known)
        self._problems.error(
            fault.code, str(fault), span, *notes, *fault.notes, *edits_of(written, changes), entry=address
        )
        if fault.code == "template-excess":
            self._compiled[id(node)] = None  # one row that goes on for ever is enough
            self._last.pop(id(node), None)

    @cached_property
    def _tables(self) -> Mapping[int, Axis]:
        """The tables by their rows' identity."""
        return {id(row): a for a in self._grid.axes if a.table for row in self._grid.values[a.name].values()}

    def _of_row(self, fault: TemplateFault, axis: Axis) -> TemplateFault:
        """A fault of a row that lacks a column, in words that are the same for all rows that lack it."""
        words = self._lacking.setdefault((axis.name, fault.key), [])
        if not words:
            words += _lacking(axis, fault.key, self._grid.columns)
        out = TemplateFault(*words, code=fault.code)
        out.place, out.whole, out.inside = fault.place, fault.whole, fault.inside
        return out

    def _names(self, known: frozenset[str], *, in_prompt: bool) -> Names:
        axes = {a.name: str(a.span) for a in self._grid.axes}
        dropped = {a.name for a in self._board.axes} - axes.keys()
        return Names(known, self._catalogue, axes, dropped, in_prompt=in_prompt)


def _lacking(axis: Axis, column: str, columns: Columns) -> list[str]:
    """What to say of a table where a row lacks a column, and what to do."""
    known = columns.names(axis.name)
    if column not in known:
        message = f"`{shorten(column)}` is no column of table `{axis.name}`; expected {list_words(known)}"
        return [message, *did_you_mean(column, known)]
    rows = [label for label, row in axis.values.items() if isinstance(row, Map) and column not in row.pairs]
    named = list_words(rows).replace(" or ", " and ")
    message = f"column `{column}` of table `{axis.name}` is not set in row{'s' * (len(rows) > 1)} {named}"
    return [message, f"write `{{{{ {axis.name}.{column} | default('') }}}}`, or set it in each row"]


def _declare(name: str) -> tuple[str, ...]:
    """How a reference of such a name is declared; for what is no name nothing."""
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,39}", name):
        return (f"declare it: `references: {{{name}: {{image: assets/{name}.png}}}}`",)
    return ()


def _no_ref(name: str) -> str:
    raise TemplateFault("`ref()` belongs in prompts alone")
