"""A request but for its prompt: its fields rendered, its media followed, all of it judged, priced and made a Mould."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seedspec.catalog.model import KINDS, plural
from seedspec.catalog.price import Price, sum_of
from seedspec.compiler.entry import Medium, Origin, RequestBase, around, canonical
from seedspec.compiler.matrix.cell import Cell, row_of
from seedspec.compiler.matrix.fields import Fields
from seedspec.compiler.prompt.locate import is_template
from seedspec.compiler.prompt.partial import Prompt
from seedspec.compiler.prompt.render import Faulty, Texts
from seedspec.compiler.references.limits import within_tolerance
from seedspec.compiler.references.resolve import ReferenceResolver, Resolved, Upstream
from seedspec.compiler.storyboard.types import Reference, Shot, Storyboard
from seedspec.text.diagnostic import Problems
from seedspec.text.node import Scalar
from seedspec.text.source import Span

_STAND_IN = "https://stand-in.invalid/"


class Moulds:
    """Makes the moulds of one shot. Whatever is wrong with one goes to `problems`, with the entry it was made for."""

    def __init__(
        self,
        board: Storyboard,
        shot: Shot,
        axes: tuple[str, ...],
        catalogue: Mapping[str, Reference],
        fields: Fields,
        texts: Texts,
        attachments: ReferenceResolver,
        price: Price,
        problems: Problems,
    ) -> None:
        self._board, self._shot, self._axes, self._catalogue = board, shot, axes, catalogue
        self._fields, self._texts, self._attachments, self._problems = fields, texts, attachments, problems
        self._price = price
        self._tags = (*board.tags, *shot.tags)

    def make(
        self, cell: Cell, node: Scalar, prompt: Prompt | None, upstream: Upstream, address: str
    ) -> RequestBase | None:
        """The mould of an entry; None when its request is at fault.

        A request whose prompt or media are at fault is judged all the same, so that one run tells of everything.
        """
        model = self._board.model
        found = self._followed(prompt, cell, upstream, address)
        media, sent, meant = self._listed(found or {})
        fields: dict[str, Any] = dict(sent)
        identity: dict[str, Any] = {"model": model.id, **meant}
        origins = {"prompt": Origin("prompt", node.span)}
        whole = self._filled(cell, address, fields, identity, origins)
        request = {"model": model.id, "prompt": prompt.value if prompt else _STAND_IN, **fields}
        valid = self._encodable(request, node, address) and self._valid(request, media, origins, address)
        if prompt is None or found is None or not (whole and valid):
            return None
        return RequestBase(
            shot=self._shot.id,
            axes=self._axes,
            tags=self._tags,
            model=model.id,
            fields=fields,
            media=media,
            cost=self._price(
                fields["quality"], fields["duration"], tuple([m.seconds for m in media if m.kind == "video"])
            ),
            origins=origins,
            around=around(model.provider.id, identity),
            waits=tuple(dict.fromkeys(w for one in found.values() for w in one.waits)),
        )

    def together(self, media: tuple[Medium, ...], address: str) -> bool:
        """Whether media of one kind are short enough together."""
        fine = True
        for kind, rule in self._board.model.media.items():
            own = [m for m in media if m.kind == kind]
            if rule.seconds_together is None or len(own) < 2:
                continue
            seconds = float(sum_of(m.seconds for m in own if m.seconds is not None))
            if seconds > rule.seconds_together:
                parts = " + ".join(f"`{m.name}` {m.seconds:g}" for m in own if m.seconds is not None)
                most = f"expected at most {rule.seconds_together:g} s"
                message = f"{plural(kind)} last {seconds:g} s together ({parts}); {most}"
                why = within_tolerance(rule, "seconds_together", seconds, (0, rule.seconds_together))
                if why is not None:
                    self._problems.warning("media-near-edge", message, own[-1].span, why, entry=address)
                    continue
                self._problems.error("media-seconds-together", message, own[-1].span, entry=address)
                fine = False
        return fine

    def _followed(
        self, prompt: Prompt | None, cell: Cell, upstream: Upstream, address: str
    ) -> dict[str, Resolved] | None:
        """What each reference of the prompt stands for; None when one of them cannot be had."""
        if prompt is None:
            return None
        find, found = self._attachments.find, {}
        for name in prompt.partial.numbered_names:
            one = find(self._catalogue[name], cell, upstream, address)
            if one is not None:
                found[name] = one
        return found if len(found) == len(prompt.partial.numbered_names) else None

    def _filled(
        self,
        cell: Cell,
        address: str,
        fields: dict[str, Any],
        identity: dict[str, Any],
        origins: dict[str, Origin],
    ) -> bool:
        """Sets the request's fields and where each came from; False when one could not be rendered."""
        settings, whole = self._fields.at(row_of(cell)), True
        for name in self._board.model.fields:
            if (setting := settings.get(name)) is None:
                continue
            volatile, value = name in self._board.model.volatile, setting.value
            if is_template(value):
                render = self._texts.volatile if volatile else self._texts.value
                value = render(setting.node, value, cell, address)
            if isinstance(value, Faulty):
                whole = False
                continue
            if isinstance(value, float) and value.is_integer():
                value = int(value)
            fields[name], origins[name] = value, setting.origin
            if not volatile:
                identity[name] = value
        return whole

    def _listed(
        self, found: Mapping[str, Resolved]
    ) -> tuple[tuple[Medium, ...], dict[str, list[str]], dict[str, list[str]]]:
        """The media in the catalogue's order, and the lists of the request as they are sent and as they are meant.

        An empty list is left out.
        """
        pairs = [(self._catalogue[name], one) for name, one in found.items()]
        media: list[Medium] = []
        sent: dict[str, list[str]] = {}
        meant: dict[str, list[str]] = {}
        for kind in KINDS:
            if (rule := self._board.model.media.get(kind)) is None:
                continue
            for reference, one in pairs:
                if reference.kind != kind:
                    continue
                items = sent.setdefault(rule.field, [])
                span = reference.target.span
                seconds = one.facts.seconds if rule.seconds else None
                media.append(
                    Medium(reference.name, kind, rule.field, len(items), one.source, one.key, one.where, seconds, span)
                )
                items.append(one.item)
                meant.setdefault(rule.field, []).append(one.identity)
        return tuple(media), sent, meant

    def _valid(
        self, request: Mapping[str, Any], media: tuple[Medium, ...], origins: Mapping[str, Origin], address: str
    ) -> bool:
        judged = dict(request)
        for m in media:
            if m.source != "url":  # it has its address when it is sent; an address that is written is judged as it is
                judged[m.field] = [*judged[m.field]]
                judged[m.field][m.index] = _STAND_IN
        if self._board.model.schema.is_valid(judged):
            return True
        for v in self._board.model.schema.violations(judged):
            field = str(v.path[0]) if v.path else "prompt"
            at_item = [m for m in media if m.field == field]
            if at_item:
                index = v.path[1] if len(v.path) > 1 else -1
                span: Span | None = at_item[int(index)].span
            else:
                origin = origins.get(field)
                span = (origin and origin.span) or self._shot.span
            if span is not None and self._problems.unread(span):
                continue
            by = origins[field].layer if field in origins else field
            notes = [f"in `{field}`" + (f", set by {by}" if by != field else "")]
            # what a template yields cannot be mended by quotes
            notes += () if span and is_template(span.text) else v.notes
            self._problems.error(v.code, v.message, span, *notes, entry=address)
        return False

    def _encodable(self, request: Mapping[str, Any], prompt: Scalar, address: str) -> bool:
        most = self._board.model.body_bytes
        try:
            size = len(canonical(request))
        except TypeError:
            if _all_unicode(request):
                return True  # a number of more than 64 bits, which the schema refuses in words of its own
            self._problems.error(
                "not-unicode", "the request holds half of a surrogate pair", prompt.span, entry=address
            )
            return False
        if size > most:
            self._problems.error(
                "body-too-large", f"{size:,} bytes; expected at most {most:,}", prompt.span, entry=address
            )
        return size <= most


def _all_unicode(request: Mapping[str, Any]) -> bool:
    texts = [v for value in request.values() for v in (value if isinstance(value, list) else [value])]
    try:
        for text in texts:
            str(text).encode()
    except UnicodeEncodeError:
        return False
    return True
