"""A request but for its prompt: its fields rendered, references resolved, all checked and priced: a RequestBase."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from seedspec.catalog.model import Model
from seedspec.catalog.price import asked_of, sum_of
from seedspec.catalog.schema import edits_of, shorten
from seedspec.catalog.slot import plural
from seedspec.compiler.entry import Medium, Origin, RequestBase, around, canonical, put
from seedspec.compiler.matrix.cell import Cell
from seedspec.compiler.matrix.fields import RowFields, Setting
from seedspec.compiler.prompt.locate import Written, is_template
from seedspec.compiler.prompt.partial import PartialPrompt, Prompt
from seedspec.compiler.prompt.render import Faulty, Texts
from seedspec.compiler.references.context import Context, RenderedFields, Resolved
from seedspec.compiler.references.limits import within_tolerance
from seedspec.compiler.references.resolve import ReferenceResolver
from seedspec.compiler.references.slots import check_slots
from seedspec.compiler.request.constants import in_words
from seedspec.compiler.request.model_fields import check_row
from seedspec.compiler.storyboard.types import Shot
from seedspec.text.diagnostic import Edit, Note
from seedspec.text.node import Scalar
from seedspec.text.source import Span

_STAND_IN = "https://stand-in.invalid/"
_MOST_RENDERED = 500
"""So many sets of values of fields are kept: where each row has values of its own, none of them comes again."""


class _Media(NamedTuple):
    """The media of a request, and what its fields have of them: as they are sent, and as they are identified.

    `waits` are the variants of which a take has to be picked first, None where a reference cannot be had; of the fields
    `told` it was said what is wrong.
    """

    media: tuple[Medium, ...]
    items: Mapping[str, str | list[str]]
    identities: Mapping[str, str | list[str]]
    waits: tuple[str, ...] | None
    told: frozenset[str]


def origins_of(row: RowFields, model: Model, prompt: Scalar) -> dict[str, Origin]:
    """Where each field of a request came from."""
    own = {name: row.settings[name].origin for name in model.fields if name in row.settings}
    return {"prompt": Origin("prompt", prompt.span), **own}


class BaseBuilder:
    """Builds the request bases of one shot. What is wrong with one is reported with the entry that it was built for."""

    def __init__(self, context: Context, shot: Shot, texts: Texts) -> None:
        self._board, self._shot, self._texts = context.board, shot, texts
        self._prices, self._problems = context.prices, context.problems
        self._grid = context.grids[shot.id]
        self._axes, self._tags = self._grid.names, (*context.board.tags, *shot.tags)
        self._strategy = ""
        if (board := self._grid.parent) is not None and board.chosen is not None:
            self._strategy = context.board.strategy.word if context.board.strategy is not None else ""
        self._catalogue = shot.references_by_name(context.board)
        self._templates = context.templates
        self._resolver = ReferenceResolver(context, shot.id, texts)
        self._kept: dict[PartialPrompt, _Media] = {}
        self._rendered = context.rendered

    def build(
        self, cell: Cell, node: Scalar, prompt: Prompt | None, row: RowFields, model: Model, address: str
    ) -> RequestBase | tuple[Medium, ...] | None:
        """The request base of an entry; its media alone when its fields are at fault, None when these are not known.

        A request whose prompt or media are at fault is checked all the same, so that one run reports everything.
        """
        media, items, identities, waits, told = self._media(node, prompt, model, cell, address)
        rendered = self._render_fields(row, model, cell, address)
        fields: dict[str, Any] = {**items, **rendered.values}
        identity = {"model": model.id, **identities, **rendered.identities}
        origins = origins_of(row, model, node)
        request = {"model": model.id, "prompt": prompt.value if prompt else _STAND_IN, **fields}
        unsent = told | row.unset.keys()
        valid = self._encodable(request, node, model, address)
        valid = valid and self._valid(request, media, origins, model, unsent, address)
        if prompt is None or waits is None:
            return None
        if told or not (rendered.whole and valid):
            return media
        return RequestBase(
            shot=self._shot.id,
            axes=self._axes,
            tags=self._tags,
            model=model,
            fields=fields,
            media=media,
            cost=self._prices[model.id](
                asked_of(rendered.said, [m.kind for m in media]), tuple([m.seconds for m in media if m.kind == "video"])
            ),
            origins=origins,
            around=around(model.provider.id, identity),
            waits=waits,
            cells=self._grid.cells,
            tables=self._grid.tables,
            strategy=self._strategy,
            said=rendered.said,
            left_out=row.left_out,
            upstream=tuple([m for m in media if m.source == "shot"]),
        )

    def _media(self, node: Scalar, prompt: Prompt | None, model: Model, cell: Cell, address: str) -> _Media:
        """The media of a request, checked; kept for its partial prompt if no row has others, and nothing is wrong."""
        if prompt is not None and (kept := self._kept.get(prompt.partial)) is not None:
            return kept
        reported = self._problems.reported
        found = self._resolve(_names(node, prompt), model, cell, address)
        media, items, identities = self._list(found if prompt and found else {}, model)
        self._check_repeated(media, address)
        if found is not None:
            unused = [r for r in self._shot.references if r.name not in found]
            told = check_slots(model, media, unused, node.span, self._problems, address)
            waits = tuple(dict.fromkeys(w for one in found.values() for w in one.waits))
        else:  # what is missing there may be what was told
            told, waits = frozenset(slot.field for slot in model.slots.values()), None
        if prompt is not None:
            self._check_words(node, prompt, model, address)
        made = _Media(media, items, identities, waits, told)
        constant = not self._texts.scope.axis_indices(self._texts.read)  # nothing but the media has read so far
        if prompt is not None and constant and self._problems.reported == reported:
            self._kept[prompt.partial] = made
        return made

    def forget(self) -> None:
        """Lets go of what was kept for further rows (rule 8)."""
        self._kept.clear()

    def check_total_seconds(self, media: tuple[Medium, ...], model: Model, address: str) -> bool:
        """Whether media of one kind are short enough together."""
        fine = True
        for rule in model.slots.values() if len(media) > 1 else ():
            if rule.seconds_together is None or len(own := [m for m in media if m.slot == rule.name]) < 2:
                continue
            seconds = float(sum_of(m.seconds for m in own if m.seconds is not None))
            if seconds > rule.seconds_together:
                parts = " + ".join(f"`{m.name}` {m.seconds:g}" for m in own if m.seconds is not None)
                most = f"expected at most {rule.seconds_together:g} s"
                message = f"{plural(rule.kind)} last {seconds:g} s together ({parts}); {most}"
                why = within_tolerance(rule, "seconds_together", seconds, (0, rule.seconds_together))
                if why is not None:
                    self._problems.warning("media-near-edge", message, own[-1].span, why, entry=address)
                    continue
                self._problems.error("media-seconds-together", message, own[-1].span, entry=address)
                fine = False
        return fine

    def _check_words(self, node: Scalar, prompt: Prompt, model: Model, address: str) -> None:
        """Reports a `ref()` of what goes to a slot that no prompt has words for."""
        template = prompt.partial.template
        for name in sorted(prompt.used):
            reference = self._catalogue[name]
            slot = reference.slot_in(model)
            if slot is None or slot.words:
                continue
            written, places = Written(node), self._templates.places(template, name)
            span = next((written.span(*place) for place in places), node.span)
            message = f"`{name}` goes to slot `{slot.name}` of model `{model.id}`, which no prompt names"
            by_itself = "`as` sends it by itself" if reference.slot is not None else f"`attach: [{name}]` sends it"
            hint = f"take `{{{{ ref('{name}') }}}}` out: {by_itself}"
            other = Note("the reference is here", reference.span)
            self._problems.error("slot-without-words", message, span, hint, other, entry=address)

    def _check_repeated(self, media: tuple[Medium, ...], address: str) -> None:
        """Warns of one medium that a request has under two names."""
        if len({(m.kind, m.item) for m in media}) == len(media):
            return
        first: dict[tuple[str, str], Medium] = {}
        for medium in media:
            known = first.setdefault((medium.kind, medium.item), medium)
            if known is not medium:
                message = f"`{medium.name}` and `{known.name}` are one {medium.kind}, which this request has twice"
                other = Note("the other is here", known.span)
                self._problems.warning(
                    "media-twice", message, medium.span, "use one of the names", other, entry=address
                )

    def _resolve(self, names: Iterable[str], model: Model, cell: Cell, address: str) -> dict[str, Resolved] | None:
        """What each of these references stands for; None when one of them cannot be had."""
        used = {n: self._catalogue[n] for n in names if n in self._catalogue}
        found = {n: self._resolver.resolve(reference, model, cell, address) for n, reference in used.items()}
        had = {n: one for n, one in found.items() if one is not None}
        return had if len(had) == len(found) else None

    def _render_fields(self, row: RowFields, model: Model, cell: Cell, address: str) -> RenderedFields:
        """The request's own fields; one whose template fails is left out, with the reason reported."""
        if (known := self._rendered.get(row.values)) is not None:
            return known
        whole, constant = check_row(row, self._board, self._grid, self._problems, address), True
        values: dict[str, Any] = {}
        for name in model.fields:
            if (setting := row.settings.get(name)) is None:
                continue
            value = setting.value
            if is_template(value):
                constant = False
                if setting.is_data:
                    self._refuse_template(name, setting, address)
                    whole = False
                    continue
                render = self._texts.volatile if name in model.volatile else self._texts.value
                value = render(setting.node, value, cell, address)
            if isinstance(value, Faulty):
                whole = False
                continue
            if isinstance(value, float) and value.is_integer():
                value = int(value)
            values[name] = model.means.own_value(name, value)
        identities = {k: v for k, v in values.items() if k not in model.volatile}
        rendered = RenderedFields(values, identities, model.said({**model.defaults, **values}), whole)
        if constant and whole and len(self._rendered) < _MOST_RENDERED:
            self._rendered[row.values] = rendered
        return rendered

    def _refuse_template(self, field: str, setting: Setting, address: str) -> None:
        """A cell of a table that sets a field is data: no field takes the braces of a template."""
        span = setting.node.span if setting.node is not None else None
        message = f"`{shorten(str(setting.value), 40)}` sets `{field}`; the cells of a table are data, never templates"
        hint = f"write the template as `{field}` of the shot, and give the column another name"
        self._problems.error("table-cell", message, span, hint, entry=address)

    def _list(
        self, resolved: Mapping[str, Resolved], model: Model
    ) -> tuple[tuple[Medium, ...], dict[str, str | list[str]], dict[str, str | list[str]]]:
        """The media in the catalogue's order. An empty list is left out."""
        pairs = [(self._catalogue[name], one) for name, one in resolved.items()]
        media: list[Medium] = []
        items: dict[str, str | list[str]] = {}
        identities: dict[str, str | list[str]] = {}
        for slot in model.slots.values():
            for reference, one in pairs:
                goes_to = reference.slot_in(model)
                if goes_to is None or goes_to.name != slot.name:
                    continue
                own, same = items.setdefault(slot.field, []), identities.setdefault(slot.field, [])
                index = len(own) if isinstance(own, list) and isinstance(same, list) and not slot.single else None
                seconds = one.facts.seconds if slot.seconds else None
                place = (reference.name, slot.kind, slot.field, index)
                span = reference.target.span
                media.append(Medium(*place, one.source, one.key, one.where, seconds, span, one.frame, slot.name))
                if isinstance(own, list) and isinstance(same, list) and not slot.single:
                    own.append(one.item)
                    same.append(one.identity)
                else:
                    items[slot.field], identities[slot.field] = one.item, one.identity
        return tuple(media), items, identities

    def _valid(
        self,
        request: Mapping[str, Any],
        media: tuple[Medium, ...],
        origins: Mapping[str, Origin],
        model: Model,
        told: frozenset[str],
        address: str,
    ) -> bool:
        judged = dict(request)
        for m in media:
            if m.source != "url":  # it has its address when it is sent; an address that is written is judged as it is
                put(judged, m, _STAND_IN)
        if model.schema.is_valid(judged):
            return True
        for v in model.schema.violations(judged):
            field = str(v.path[0]) if v.path else v.key if v.key in told else "prompt"
            if field in told:
                continue
            at_item = [m for m in media if m.field == field]
            if at_item:
                index = v.path[1] if len(v.path) > 1 else -1
                span: Span | None = at_item[int(index)].span
            else:
                origin = origins.get(field)
                span = (origin and origin.span) or self._shot.span
            if span is not None and self._problems.unread(span):
                continue
            v = in_words(v, model, field, request.get(field))
            by = origins[field].layer if field in origins else field
            notes = [f"in `{field}`" + (f", set by {by}" if by != field else "")]
            # what a template yields cannot be mended by quotes
            mends: tuple[str | Edit, ...] = () if span is None or is_template(span.text) else v.notes
            if mends and span is not None and not _is_label(by, span):
                mends += edits_of(span, v.write)
            self._problems.error(v.code, v.message, span, *notes, *mends, entry=address)
        return False

    def _encodable(self, request: Mapping[str, Any], prompt: Scalar, model: Model, address: str) -> bool:
        most = model.body_bytes
        try:
            size = len(canonical(request))
        except TypeError:
            if _all_unicode(request):
                return True  # a number of more than 64 bits, which the schema refuses in words of its own
            self._problems.error(
                "not-unicode",
                "the prompt holds half of a surrogate pair, which is not a whole character",
                prompt.span,
                entry=address,
            )
            return False
        if size > most:
            self._problems.error(
                "body-too-large", f"{size:,} bytes; expected at most {most:,}", prompt.span, entry=address
            )
        return size <= most


def _is_label(layer: str, span: Span) -> bool:
    """Whether a value is the label of an axis too: other places may call it by what stands there."""
    return layer.partition("=")[2] == span.text.strip("'\"")


def _all_unicode(request: Mapping[str, Any]) -> bool:
    texts = [v for value in request.values() for v in (value if isinstance(value, list) else [value])]
    try:
        for text in texts:
            str(text).encode()
    except UnicodeEncodeError:
        return False
    return True


_REF = re.compile(r"""\bref\(\s*['"](\w+)['"]""")


def _names(node: Scalar, prompt: Prompt | None) -> Iterable[str]:
    """The references of a prompt; of one that cannot be rendered those that it names in so many words."""
    if prompt is not None:
        return prompt.partial.numbered_names
    return dict.fromkeys(_REF.findall(node.text)) if isinstance(node.value, str) else ()
