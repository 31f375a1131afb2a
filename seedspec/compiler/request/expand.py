"""The compiler's last room: a Storyboard becomes Entries, one at a time, each request judged by the model's schema."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field

from seedspec.catalog.model import Model, price_of
from seedspec.compiler.entry import Entry
from seedspec.compiler.filename import is_device, is_folder
from seedspec.compiler.matrix.fields import Layers, check_overrides
from seedspec.compiler.matrix.grid import Arithmetic, Grid
from seedspec.compiler.prompt.locate import is_template
from seedspec.compiler.prompt.template import Templates
from seedspec.compiler.references.context import Context, Inputs, ResolutionCache
from seedspec.compiler.request.ceiling import Ceiling, Count, count_grids, within_bound
from seedspec.compiler.request.constants import check_constants
from seedspec.compiler.request.model_fields import check_circles
from seedspec.compiler.request.no_purchase import check_rows
from seedspec.compiler.request.promises import check_axis_names
from seedspec.compiler.request.shot import ShotRequests, check_names
from seedspec.compiler.request.unused import ShotUse, report_unused
from seedspec.compiler.request.written_fields import check_fields
from seedspec.compiler.storyboard.profile import check_profiles
from seedspec.compiler.storyboard.types import Reference, Shot, Storyboard
from seedspec.text.diagnostic import Note, Problems
from seedspec.text.mistyped import unknown_word
from seedspec.text.source import Span
from seedspec.text.value import valueclass

_LONGEST_CIRCLE = 60


@valueclass(frozen=False, slots=True)
class Expansion:
    """A storyboard on its way to entries. `rows` and `counts` are known before the first entry is made."""

    board: Storyboard
    problems: Problems
    rows: Arithmetic | None = None
    counts: tuple[Count, ...] = ()
    _shots: dict[str, ShotRequests] = field(default_factory=dict)
    _uses: dict[str, ShotUse] = field(default_factory=dict)
    _made: dict[str, dict[tuple[tuple[str, ...], int], Entry]] = field(default_factory=dict)
    _making: list[str] = field(default_factory=list)
    _has_volatile: bool = False
    _continues: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _continued: frozenset[str] = frozenset()
    _context: Context | None = None

    def entries(self) -> Iterator[Entry]:
        """The entries in the storyboard's order; one with an error is reported and left out.

        Only the shots whose videos other shots continue are kept in memory, the rest stream.
        """
        yield from self._entries()
        if self.problems.failed:
            check_constants(self.board, self.problems)

    def _entries(self) -> Iterator[Entry]:
        first_callback: dict[str, Entry] = {}
        for shot in self.board.shots:
            requests = self._shots.get(shot.id)
            if requests is None:
                continue
            self._make_upstream(shot.id)
            if shot.id in self._continued:
                self._make(shot.id)
            entries = self._made[shot.id].values() if shot.id in self._made else requests.entries()
            if self._has_volatile:
                entries = (self._same_callback(entry, first_callback) for entry in entries)
            yield from entries
            self._uses[shot.id] = requests.use
            del self._shots[shot.id], requests, entries  # what it was made with is needed no more
        self._report_unused()

    def _report_unused(self) -> None:
        """What was declared for nothing, once all entries are made."""
        if self._context is not None:
            grids, fields, templates = self._context.grids, self._context.layers.fields, self._context.templates
            report_unused(self.board, grids, self._uses, fields, templates, self.problems)

    def _make_upstream(self, shot: str) -> None:
        """Makes what a shot may continue before the shot itself, however long the chain is."""
        if not self._continues[shot]:
            return
        path, seen = [(shot, iter(self._continues.get(shot, ())))], {shot}
        while path:
            name, rest = path[-1]
            following = next((s for s in rest if s not in seen and s not in self._made), None)
            if following is not None:
                seen.add(following)
                path.append((following, iter(self._continues.get(following, ()))))
            else:
                path.pop()
                if path:
                    self._make(name)

    def _same_callback(self, entry: Entry, first: dict[str, Entry]) -> Entry:
        """Equal requests are one purchase: where they differ in a volatile field, the first one's is sent."""
        known = first.setdefault(entry.fingerprint, entry)
        changed = {
            f: known.request.get(f) for f in entry.model.volatile if known.request.get(f) != entry.request.get(f)
        }
        for name in changed:
            here = entry.origins.get(name) or known.origins.get(name)
            self.problems.warning(
                "callback-not-sent",
                f"equal requests are one purchase, but their `{name}` differs; only the first one's is sent",
                here.span if here else None,
                f"the first is `{known.address}`" + ("" if name in known.origins else ", which has none"),
                entry=entry.address,
            )
        if not changed:
            return entry
        kept = {k: v for k, v in entry.base.fields.items() if k not in changed}
        fields = kept | {k: v for k, v in changed.items() if v is not None}
        return entry._replace(base=entry.base._replace(fields=fields))

    def _upstream(self, shot: str, row: tuple[str, ...], take: int, asked: Span) -> Entry | None:
        """The entry that a `{shot: id}` reference continues, made on demand; None when it has errors of its own."""
        if shot in self._making:
            circle = [*self._making[self._making.index(shot) :], shot]
            shown = " → ".join(f"`{s}`" for s in circle)
            self.problems.error("shot-cycle", f"shots wait for one another: {shown}", asked)
            return None
        if shot not in self._made and len(self._making) > _LONGEST_CIRCLE:
            message = f"more than {_LONGEST_CIRCLE} shots wait for one another, `{self._making[0]}` and on"
            self.problems.error("shot-cycle", message, asked)
            return None
        self._make(shot)
        return self._made[shot].get((row, take))

    def _make(self, shot: str) -> None:
        if shot in self._made:
            return
        self._making.append(shot)
        try:
            made = self._shots[shot].entries()
            self._made[shot] = {(tuple(label for _, label in e.labels), e.take): e for e in made}
        finally:
            self._making.pop()


def expand(board: Storyboard, inputs: Inputs, problems: Problems, ceiling: Ceiling | None = None) -> Expansion:
    """Prepares a storyboard: its grids, counts, templates and references.

    `inputs` is asked for media and included files when entries are made, and which take people chose for references
    with `take: pick` alone. `ceiling` bounds the work, also that of several calls.
    """
    out = Expansion(board, problems)
    ceiling = ceiling or Ceiling()
    counted = count_grids(board, ceiling, problems, inputs.rows)
    if counted is None:
        return out
    parent, grids = counted
    distinct = dict.fromkeys(grids.values())
    layers = Layers(board)
    models = layers.models.values()
    check_overrides(board, (parent, *distinct), problems)
    check_profiles(board, problems)
    check_fields(board, models, problems)
    check_circles(board, problems)
    check_rows(board, parent, grids, problems)
    check_axis_names((*board.axes, *(a for s in board.shots for a in s.axes)), layers.fields, problems)
    _same_names(board.shots, problems)
    _check_output(board, problems)
    takes = {s.id: board.takes_of(s) for s in board.shots}
    counts = tuple(Count(s.id, grids[s.id].arithmetic, takes[s.id]) for s in board.shots)
    if not within_bound(board, counts, ceiling, problems, repaired=any(g.repaired for g in distinct)):
        return out
    shots = {s.id: s for s in board.shots}
    _check_targets(board, shots, problems)
    out._continues = {
        shot.id: tuple(
            r.target.text for r in (*board.references, *shot.references) if r.is_shot and r.target.text in shots
        )
        for shot in board.shots
    }
    out._continued = frozenset(target for targets in out._continues.values() for target in targets)
    for grid in distinct:
        check_names(board, grid, problems)
    context = Context(
        board=board,
        grids=grids,
        takes=takes,
        layers=layers,
        prices={model.id: price_of(model) for model in models},
        templates=Templates(inputs.templates, problems),
        inputs=inputs,
        problems=problems,
        upstream=out._upstream,
        resolved=ResolutionCache(),
        rendered={},
    )
    out._context = context
    for shot in board.shots:
        out._shots[shot.id] = ShotRequests(context, shot)
    out.rows, out.counts = parent.arithmetic, counts
    out._has_volatile = _may_differ(board, models, distinct)
    return out


def _may_differ(board: Storyboard, models: Iterable[Model], grids: Iterable[Grid]) -> bool:
    """Whether a volatile field may have one value here and another there; one that `defaults` alone states does not."""
    fields = frozenset(n for m in models for n, field in m.means.names.items() if field in m.volatile)
    overrides = (*board.overrides, *(o for s in board.shots for o in s.overrides))
    layers = [s.fields for s in board.shots] + [o.fields for o in overrides]
    layers += [board.profile.fields] if board.profile is not None else []
    if any(fields & layer.keys() for layer in layers) or any(a.fields(fields) for g in grids for a in g.axes):
        return True
    return any(is_template(board.fields[name].value) for name in fields & board.fields.keys())


def _check_output(board: Storyboard, problems: Problems) -> None:
    """Videos stay below the storyboard's folder, whoever wrote it."""
    if board.output is None:
        return
    output = str(board.output.value)
    if not is_folder(output):
        message = f"found `{output}`; expected a folder inside the storyboard's, with `/` between its parts"
        message += ", none of which begins with `.`, `-` or `~`, or holds `$`"
        last = re.split(r"[\\/:]+", output.rstrip("\\/"))[-1].lstrip(".-~$ ")
        problems.error(
            "bad-output", message, board.output.span, f"write `output: {last if is_folder(last) else 'renders'}`"
        )


def _same_names(shots: tuple[Shot, ...], problems: Problems) -> None:
    """Shot ids that differ in letter case alone would make one file name on many disks."""
    first: dict[str, Shot] = {}
    for shot in shots:
        if is_device(shot.id):
            name = shot.id.partition(".")[0]
            message = f"shot `{shot.id}`: Windows takes files that begin with `{name}.` for a device; use another id"
            problems.error("reserved-name", message, shot.span)
        known = first.setdefault(shot.id.casefold(), shot)
        if known.id != shot.id:
            message = f"shots `{known.id}` and `{shot.id}` would have the same file names"
            problems.error("same-file-name", message, shot.span, Note("the other is here", known.span))


def _check_targets(board: Storyboard, shots: Mapping[str, Shot], problems: Problems) -> None:
    """References that cannot be right whatever uses them: unknown shots, and names that stand twice."""
    ours = {r.name: r for r in board.references}
    own = [r for shot in board.shots for r in shot.references]
    owners = {id(r): shot.id for shot in board.shots for r in shot.references}
    for reference in (*board.references, *own):
        if reference.is_shot and reference.target.text not in shots:
            wanted = reference.target.text
            if problems.is_set_aside(wanted):
                continue
            others = [s for s in shots if s != owners.get(id(reference))]  # no shot continues itself
            message, notes = unknown_word(wanted, "shot", others)
            problems.error("unknown-shot", message, reference.target.span, *notes)
    for reference in own:
        if known := ours.get(reference.name):
            _twice(reference, known, problems)


def _twice(reference: Reference, known: Reference, problems: Problems) -> None:
    message = f"reference `{reference.name}` is declared by the storyboard already; rename one of them"
    problems.error("duplicate-reference", message, reference.span, Note("the storyboard's is here", known.span))
