"""Each reference of a shot is resolved: to a URL, to the digest of a local file, or to another entry's video."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from seedspec.catalog.media_facts import MediaFacts, common_facts
from seedspec.catalog.model import Model
from seedspec.catalog.schema import edits_of, kind_of, shorten
from seedspec.catalog.signed_url import bare
from seedspec.catalog.slot import Slot
from seedspec.compiler.address import Address, variant_of
from seedspec.compiler.entry import Entry, identity_of
from seedspec.compiler.matrix.cell import Cell, row_of
from seedspec.compiler.matrix.columns import part, refuse_column
from seedspec.compiler.matrix.grid import Grid
from seedspec.compiler.matrix.product import Row
from seedspec.compiler.matrix.strategy import in_words
from seedspec.compiler.prompt.locate import is_template
from seedspec.compiler.prompt.render import Faulty, Texts
from seedspec.compiler.references.context import Context, Resolved
from seedspec.compiler.references.limits import (
    MediaFile,
    Remote,
    check_address,
    check_declared,
    check_medium,
    check_remarks,
    check_unsigned,
    is_url,
    url_fault,
)
from seedspec.compiler.references.missing import (
    NO_PATH,
    NOT_THERE,
    PUT_IT_THERE,
    address_fault,
    blank_of,
    meant_file,
    odd_address,
    path_fault,
    undo_escapes,
)
from seedspec.compiler.references.slots import report_no_slot
from seedspec.compiler.references.upstream import JUDGED_BY, check_upstream
from seedspec.compiler.storyboard.types import Reference, Storyboard
from seedspec.text.diagnostic import Edit, Note, list_words
from seedspec.text.lookalike import odd_in
from seedspec.text.mistyped import unknown_word

_MOST_LINES = 12
"""Rows that one message proposes to include."""


def follows_picks(board: Storyboard) -> bool:
    """Whether a reference takes the video of a shot in whatever take people chose."""
    references = (*board.references, *(r for shot in board.shots for r in shot.references))
    return any(r.is_shot and r.take is None for r in references)


class ReferenceResolver:
    """Resolves the references of one shot. Each target of a reference is inspected once in a storyboard."""

    def __init__(self, context: Context, shot: str, texts: Texts) -> None:
        self._context, self._problems = context, context.problems
        self._grids, self._takes = context.grids, context.takes
        self._shot, self._texts = shot, texts
        self._rows: dict[str, frozenset[Row]] = {}
        self._unchosen: dict[str, tuple[str, ...]] = {}
        self._joins: dict[int, tuple[int | str, ...]] = {}
        self._fine: dict[tuple[int, str, str, tuple[Any, ...]], MediaFacts] = {}

    def resolve(self, reference: Reference, model: Model, cell: Cell, entry: str) -> Resolved | None:
        """What the reference is for this row, by the rules of its model; None with the reason reported."""
        slot = reference.slot_in(model)
        if slot is None:
            report_no_slot(reference, model, self._context.board.catalog.models, self._problems, entry)
            return None
        if reference.is_shot:
            if reference.target.text in self._grids:  # else it is reported already
                self._texts.read.update(self._grids[reference.target.text].names)
            return self._resolve_shot(reference, model, row_of(cell), entry)
        target = reference.target.value
        if is_template(target):
            target = self._texts.value(reference.target, target, cell, entry)
            if isinstance(target, Faulty):
                return None
            target = target.strip() if isinstance(target, str) else target
        if not isinstance(target, str) or not target.strip():
            message = f"`{reference.name}` renders to {kind_of(target)}; expected a path or an address"
            self._problems.error("bad-target", message, reference.target.span, entry=entry)
            return None
        key = (id(reference), target, model.id)
        if key not in self._context.resolved:
            self._context.resolved[key] = self._inspect(reference, slot, target)
        return self._context.resolved[key]

    def _inspect(self, reference: Reference, rule: Slot, target: str) -> Resolved | None:
        problems = self._problems
        if fault := address_fault(target):
            notes = self._find_meant(reference, rule, target) or (fault[1],)
            problems.error("media-url", f"`{shorten(target)}` {fault[0]}", reference.target.span, *notes)
            return None
        remote = is_url(target)
        if remote and (wrong := url_fault(target)):
            message = (
                f"found `{shorten(target)}`, which {wrong}; expected an address like `https://example.com/hero.png`"
            )
            problems.error("media-url", message, reference.target.span)
            return Resolved("url", target, _identity(reference, target), target, target, reference.facts)
        if remote and (odd := odd_address(target)):
            message = f"the address of `{reference.name}` is not as it looks: {odd[0]}"
            problems.warning("media-url", message, reference.target.span, f"write it without that: `{shorten(odd[1])}`")
        if remote and (blank := blank_of(target)):
            message = f"`{blank}` in the address is a placeholder; expected the text itself"
            name = re.sub(r"\W", "", blank)
            remedy = "write the address of your own file, or its path; a template is written `{{ name }}`"
            if name in self._context.board.variables:
                problems.mean(name)
                remedy = f"write `{{{{ {name} }}}}`"
            problems.warning("placeholder-left", message, reference.target.span, remedy)
        named = bare(target) if remote else target
        if remote:
            check_unsigned(reference, target, problems)
            if not check_address(reference, target, problems, self._context.inputs.local):
                return Resolved("url", target, _identity(reference, named), named, named, reference.facts)
            asset = self._context.inputs.remote(Remote(target, reference.kind, reference.sha256))
        else:
            asset = self._context.inputs.media(target, reference.kind)
        if asset is None:
            check_medium(reference, rule, target, reference.facts, None, problems)
            return Resolved("url", target, _identity(reference, named), named, named, reference.facts)
        if not isinstance(asset, MediaFile):
            if asset in (NOT_THERE, NO_PATH):
                self._report_absent(reference, rule, target, asset)
            else:
                said = f"`{shorten(named)}` {asset}"
                fault = None if remote else path_fault(target)
                notes = (fault[1],) if fault is not None and "shortcut" in fault[0] else ()
                problems.error("media-remote" if remote else "media-file", said, reference.target.span, *notes)
            return None
        if reference.sha256 and asset.sha256 and reference.sha256 != asset.sha256:
            message = f"`{shorten(named)}` has sha256 {asset.sha256}; expected {reference.sha256}"
            problems.error("media-digest", message, reference.target.span)
        if asset.unchecked:
            message = f"`{shorten(named)}` is not checked against the limits for media: {asset.unchecked}"
            problems.warning("media-not-checked", message, reference.target.span)
        if asset.spelling:
            message = f"`{shorten(named)}` is `{shorten(asset.spelling)}` on this disk; other disks do not find it so"
            mend = [Edit(reference.target.span, asset.spelling)] if reference.target.span.text == target else []
            problems.warning("media-spelling", message, reference.target.span, f"write `{asset.spelling}`", *mend)
        check_declared(reference, rule, asset.facts, problems)
        facts = asset.facts.completed_by(reference.facts)
        check_medium(reference, rule, target, facts, asset.format, problems)
        check_remarks(reference, rule, asset, problems)
        if remote:
            return Resolved("url", target, _identity(reference, named), named, named, facts)
        item = f"sha256:{asset.sha256}"
        return Resolved("file", item, item, asset.sha256, asset.path, facts)

    def _report_absent(self, reference: Reference, rule: Slot, target: str, why: str) -> None:
        """A path where no file is: what is wrong with it, and the file or the address that is meant."""
        message, remedy = path_fault(target) or (why, PUT_IT_THERE)
        if re.match(r"\W*https?\W", target, re.IGNORECASE) and not message.startswith("is "):
            plain = re.sub(r"^\W+|[\"'\s]+$", "", unicodedata.normalize("NFKC", target).replace("。", "."))
            message, remedy = "is no address; expected plain letters and signs", f"write `{shorten(plain)}`"
        told = "http" in message or "http" in remedy or "quotes" in message
        notes = (remedy,) if told and remedy != PUT_IT_THERE else self._find_meant(reference, rule, target) or (remedy,)
        if (eaten := undo_escapes(target)) != target:
            notes = (f"in double quotes `\\` and a letter is another character; write `{shorten(eaten)}`",)
        said = "; ".join((f"`{shorten(target)}` {message}", *odd_in(target)))
        self._problems.error("media-file", said, reference.target.span, *notes)

    def _find_meant(self, reference: Reference, rule: Slot, target: str) -> tuple[str | Edit, ...]:
        """The file that is meant by a path that leads to none."""
        span = reference.target.span
        found = meant_file(target, self._context.inputs.files(target), rule.extensions)
        if found is None or found.path == target:
            return ()
        write = found.path if found.same and not is_template(reference.target.value) else None
        return (f"did you mean `{shorten(found.path)}`?", *edits_of(span, write))

    def _resolve_shot(self, reference: Reference, model: Model, row: Row, entry: str) -> Resolved | None:
        """The upstream entry with the same labels; `at` fixes a label and wins over the join."""
        target = reference.target.text
        grid = self._grids.get(target)
        if grid is None:
            return None
        span, takes = reference.target.span, self._takes[target]
        if reference.take is not None and reference.take > takes:
            message = f"found take {reference.take}; shot `{target}` has {_count_takes(takes)}"
            self._problems.error("unknown-take", message, reference.take_span or span)
            return None
        wanted = self._join_row(reference, grid, row, entry)
        if wanted is None:
            return None
        if target not in self._rows:
            self._rows[target] = frozenset(grid.rows())
        if wanted not in self._rows[target]:
            if self._is_unclear(grid):
                return None
            if self._report_unchosen(reference, grid, wanted, row, entry):
                return None
            address = Address(target, tuple(zip(grid.names, wanted, strict=True)), reference.take or 1)
            self._problems.error("no-such-entry", f"there is no entry `{address}` to continue", span, entry=entry)
            return None
        if reference.take is None:
            return self._resolve_pick(reference, model, wanted, entry)
        found = self._context.upstream(target, wanted, reference.take, span)
        return None if found is None else self._resolve_entry(reference, model, found, entry)

    def _report_unchosen(self, reference: Reference, grid: Grid, wanted: Row, row: Row, entry: str) -> bool:
        """Whether the row that is continued is one that a strategy has not chosen; told once, with all such rows."""
        if grid.unchosen(wanted, dict(zip(self._grids[self._shot].names, row, strict=True))) is None:
            return False
        if reference.name not in self._unchosen:
            self._unchosen[reference.name] = self._lines_to_include(reference, grid, entry)
        target, strategy = reference.target.text, self._context.board.strategy
        assert strategy is not None
        span = next((label.node.span for label in reference.at.values()), reference.target.span)
        message = f"`{reference.name}` continues rows of shot `{target}` that `{strategy.word}` has not chosen"
        self._problems.error("upstream-not-chosen", message, span, *self._unchosen[reference.name], entry=entry)
        return True

    def _lines_to_include(self, reference: Reference, grid: Grid, entry: str) -> tuple[str, ...]:
        """The rows that the storyboard has to choose for a reference, as items of its `include`."""
        ours, board = self._grids[self._shot], grid.parent
        assert board is not None
        asked = dict[Row, None]()
        for row in ours.rows():
            wanted = self._join_row(reference, grid, row, entry)
            if wanted is None or wanted in self._rows[reference.target.text]:
                continue
            whole = grid.unchosen(wanted, dict(zip(ours.names, row, strict=True)))
            if whole is not None:
                asked[whole] = None
        lines = [f"`- {in_words([a.name for a in board.own], row)}`" for row in asked]
        shown = lines[:_MOST_LINES]
        more = f" and {len(lines) - len(shown)} more" if len(lines) > len(shown) else ""
        return (f"add to `include` of the storyboard's `matrix`: {', '.join(shown)}{more}",)

    def _resolve_pick(self, reference: Reference, model: Model, wanted: Row, entry: str) -> Resolved | None:
        """The take of a variant that people chose; what waits for the choice when there is none."""
        target, span, upstream = reference.target.text, reference.target.span, self._context.upstream
        found = [upstream(target, wanted, take, span) for take in range(1, self._takes[target] + 1)]
        takes = tuple(one for one in found if one is not None)
        if len(takes) < len(found):
            return None
        numbers = range(1, self._takes[target] + 1)
        asked = ((one, number) for one in self._rows[target] for number in numbers)
        take = self._context.inputs.chosen(
            takes, lambda: (e for one, n in asked if (e := upstream(target, one, n, span)) is not None)
        )
        if take is not None and take <= len(takes):
            return self._resolve_entry(reference, model, takes[take - 1], entry)
        variant = takes[0].variant
        if take is not None:
            from shlex import quote

            message = f"take {take} of `{variant}` is picked, and shot `{target}` has {_count_takes(len(takes))}"
            hint = f"pick another one: `seedspec pick --force {quote(variant)} TAKE`"
            self._problems.warning("picked-take-gone", message, reference.take_span or span, hint, entry=entry)
        every = [self._resolve_entry(reference, model, one, entry) for one in takes]
        facts = common_facts(one.facts for one in every)
        waits, frame = (*(w for e in every for w in e.waits), variant), reference.frame
        key = f"pick:{variant}"
        item = f"frame:{frame}:{key}" if frame else key
        return Resolved("shot", item, item, key, variant, facts, waits, frame)

    def _resolve_entry(self, reference: Reference, model: Model, upstream: Entry, entry: str) -> Resolved:
        """The video that an entry will be, or a picture of it; what it will break of the rules is reported."""
        said = tuple([upstream.says(word) for word in JUDGED_BY])
        key = (id(reference), model.id, upstream.model.id, said)
        facts = self._fine.get(key)
        if facts is None:
            reported = self._problems.reported
            facts = check_upstream(reference, model, upstream, self._problems, entry)
            if self._problems.reported == reported:
                self._fine[key] = facts
        address, fp, frame = upstream.address, upstream.fingerprint, reference.frame
        item = identity_of(address, frame)
        return Resolved("shot", item, identity_of(fp, frame), fp, address, facts, upstream.waits, frame)

    def _join_row(self, reference: Reference, grid: Grid, row: Row, entry: str) -> Row | None:
        """The labels that it continues for a row."""
        if (join := self._joins.get(id(reference))) is None:
            if (join := self._join(reference, grid, entry)) is None:
                return None
            self._joins[id(reference)] = join
        return tuple([row[label] if isinstance(label, int) else label for label in join])

    def _join(self, reference: Reference, grid: Grid, entry: str) -> tuple[int | str, ...] | None:
        """For each axis of the shot that it continues a label, or the index of one in each of our rows."""
        ours = self._grids[self._shot].axis_indices
        span, axes = reference.target.span, {a.name: a for a in grid.axes}
        for name, label in reference.at.items():
            own, column = part(name)
            if column and own in axes:
                there = grid.columns.matching(own, frozenset({(column, frozenset({label.text}))}))
                example = next((k for k in axes[own].values if k in there or not there), "…")
                hint = f"`at` fixes one label of an axis: `at: {{{own}: {example}}}`"
                refuse_column(name, label.node.span, grid.columns, hint, self._problems)
                return None
            if name not in axes:
                if self._is_unclear(grid) or self._problems.is_set_aside(name):
                    return None
                message, notes = unknown_word(name, f"axis of shot `{reference.target.text}`", axes)
                self._problems.error("unknown-axis", message, label.node.span, *notes)
                return None
            if label.text not in axes[name].values:
                if self._problems.is_set_aside(label.text):
                    return None
                message, notes = unknown_word(label.text, f"label of axis `{name}`", axes[name].values)
                self._problems.error("unknown-label", message, label.node.span, *notes)
                return None
        wanted: list[int | str] = []
        for name, axis in axes.items():
            if name in reference.at:
                wanted.append(reference.at[name].text)
            elif name in ours:
                wanted.append(ours[name])
            elif len(axis.values) == 1:
                wanted.append(next(iter(axis.values)))
            elif self._is_unclear(grid):
                return None
            else:
                some = [variant_of(reference.target.text, ((name, label),)) for label in axis.values]
                message = f"shot `{reference.target.text}` has an axis `{name}` that `{self._shot}` lacks"
                fix = f"choose one: `at: {{{name}: {next(iter(axis.values))}}}`; the candidates are {list_words(some)}"
                self._problems.error(
                    "which-entry", message, span, fix, Note("the axis is here", axis.span), entry=entry
                )
                return None
        return tuple(wanted)

    def _is_unclear(self, upstream: Grid) -> bool:
        """Whether a matrix had broken parts, so that no row of it can be missed, and no axis."""
        return upstream.repaired or self._grids[self._shot].repaired


def _identity(reference: Reference, url: str) -> str:
    """What a remote medium is in a manifest: its digest where one is declared, else its address, unsigned."""
    return f"sha256:{reference.sha256}" if reference.sha256 else url


def _count_takes(takes: int) -> str:
    return f"{takes} take{'' if takes == 1 else 's'}"
