"""The requests of one shot: each row and take rendered, numbered, judged by the model's schema, and made an Entry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from seedspec.compiler.attach import Attachments, Found, Upstream
from seedspec.compiler.catalog import KINDS
from seedspec.compiler.entry import Entry, Labels, Medium, Origin, address_of, canonical, digest, file_of
from seedspec.compiler.fields import Fields
from seedspec.compiler.filename import LONGEST
from seedspec.compiler.lint import check_prompt
from seedspec.compiler.matrix import Grid, Row
from seedspec.compiler.price import Cost, billed, estimate
from seedspec.compiler.reference import Look, plural, together
from seedspec.compiler.render import Faulty, Prompt, Texts
from seedspec.compiler.spot import is_template
from seedspec.compiler.storyboard import Shot, Storyboard
from seedspec.compiler.template import Templates
from seedspec.text.diagnostic import Note, Problems
from seedspec.text.node import Scalar, plain
from seedspec.text.source import Span

_STAND_IN = "https://stand-in.invalid/"


_Lists = tuple[tuple[Medium, ...], dict[str, list[str]], dict[str, list[str]]]
"""The media of a request, and its lists as they are sent and as the manifest holds them."""


@dataclass(frozen=True, slots=True)
class _Draft:
    """A request without its take: what all takes of a row share."""

    request: Mapping[str, Any]
    identity: Mapping[str, Any]
    media: tuple[Medium, ...]
    cost: Cost
    origins: Mapping[str, Origin]


class ShotRequests:
    """A shot, prepared: templates compiled, overrides resolved, names checked. Faults go to `problems`."""

    def __init__(
        self,
        board: Storyboard,
        shot: Shot,
        grids: Mapping[str, Grid],
        templates: Templates,
        look: Look,
        problems: Problems,
    ) -> None:
        self._board, self._shot, self._grid, self._problems = board, shot, grids[shot.id], problems
        self._takes = board.takes_of(shot)
        self._fields = Fields(board, shot, self._grid, problems)
        self._catalogue = {r.name: r for r in (*board.references, *shot.references)}
        self._axis_values = {a.name: {k: plain(v) for k, v in a.values.items()} for a in self._grid.axes}
        self._texts = Texts(board, shot, self._grid, self._catalogue, templates, problems)
        takes = {s.id: board.takes_of(s) for s in board.shots}
        self._attachments = Attachments(shot.id, board.model, grids, takes, self._texts, look, problems)
        self._lists: dict[tuple[int, ...], _Lists] = {}
        self._check_names()
        for prompt in self._prompts():
            self._texts.check(prompt)

    def entries(self, upstream: Upstream) -> Iterator[Entry]:
        """The shot's entries in order; what is wrong with one is reported with its address."""
        board, shot, names = self._board, self._shot, self._grid.names
        tags = (*board.tags, *shot.tags)
        for row in self._grid.rows():
            labels = tuple(zip(names, row, strict=True))
            draft: _Draft | None = None
            for take in range(1, self._takes + 1):
                if take == 1 or self._texts.took:
                    self._texts.took = False
                    draft = self._draft(row, labels, take, upstream)
                if draft is None:
                    break
                yield self._entry(draft, labels, take, tags)

    def _entry(self, draft: _Draft, labels: Labels, take: int, tags: tuple[str, ...]) -> Entry:
        model = self._board.model
        manifest = canonical(
            {"model": model.id, "provider": model.provider.id, "request": draft.identity, "take": take}
        )
        shot = self._shot.id
        return Entry(
            address=address_of(shot, labels, take),
            shot=shot,
            labels=labels,
            take=take,
            fingerprint=digest(manifest),
            manifest=manifest,
            request=draft.request,
            media=draft.media,
            cost=draft.cost,
            file=file_of(shot, labels, take),
            tags=tags,
            origins=draft.origins,
        )

    def _draft(self, row: Row, labels: Labels, take: int, upstream: Upstream) -> _Draft | None:
        address = address_of(self._shot.id, labels, take)
        scope = self._scope(row, labels, take)
        prompt_node = self._prompt_of(row)
        rendered = self._texts.prompt(prompt_node, scope, address)
        found = self._followed(rendered, scope, row, upstream, address)
        # a request whose prompt or media are at fault is judged all the same, so that one run tells of everything
        prompt = rendered.value if rendered else _STAND_IN
        request: dict[str, Any] = {"model": self._board.model.id, "prompt": prompt}
        identity = dict(request)
        media = self._media(found or {}, request, identity)
        origins = {"prompt": Origin("prompt", prompt_node.span)}
        whole = self._filled(row, scope, address, request, identity, origins)
        valid = self._encodable(request, prompt_node, address) and self._valid(request, media, origins, address)
        if rendered is None or found is None or not (whole and valid):
            return None
        if isinstance(prompt, str):
            attached = {s.text: s.span for s in self._shot.attach}
            check_prompt(
                prompt_node, prompt, self._board.model, media, rendered.used, attached, self._problems, address
            )
        if not self._together(media, address):
            return None
        if len(address) > LONGEST - 40 and len(file_of(self._shot.id, labels, self._takes)) > LONGEST:
            message = f"the file name would be longer than {LONGEST} bytes; use shorter ids or labels"
            self._problems.error("file-name-too-long", message, self._shot.span, entry=address)
            return None
        return _Draft(request, identity, media, self._cost(request, media), origins)

    def _followed(
        self, rendered: Prompt | None, scope: Mapping[str, Any], row: Row, upstream: Upstream, address: str
    ) -> dict[str, Found] | None:
        """What each reference of the prompt stands for; None when one of them cannot be had."""
        if rendered is None:
            return None
        found = {
            name: self._attachments.find(self._catalogue[name], scope, row, upstream, address)
            for name in rendered.words
        }
        whole = {name: one for name, one in found.items() if one is not None}
        return whole if len(whole) == len(found) else None

    def _filled(
        self,
        row: Row,
        scope: Mapping[str, Any],
        address: str,
        request: dict[str, Any],
        identity: dict[str, Any],
        origins: dict[str, Origin],
    ) -> bool:
        """Sets the request's fields and where each came from; False when one could not be rendered."""
        settings, whole = self._fields.at(row), True
        for name in self._board.model.fields:
            if (setting := settings.get(name)) is None:
                continue
            volatile = name in self._board.model.volatile
            render = self._texts.volatile if volatile else self._texts.value
            value = render(setting.node, setting.value, scope, address)
            if isinstance(value, Faulty):
                whole = False
                continue
            if isinstance(value, float) and value.is_integer():
                value = int(value)
            request[name], origins[name] = value, setting.origin
            if not volatile:
                identity[name] = value
        return whole

    def _scope(self, row: Row, labels: Labels, take: int) -> dict[str, Any]:
        values = {name: self._axis_values[name][label] for name, label in labels}
        values.pop("ref", None)  # reported as a reserved name
        return {
            **self._board.variables,
            **values,
            "label": dict(labels),
            "shot": {"id": self._shot.id},
            "take": take,
        }

    def _prompts(self) -> list[Scalar]:
        if self._shot.prompt is not None:
            return [self._shot.prompt]
        axis = next((a for a in self._grid.axes if a.name == "prompt"), None)
        return [v for v in axis.values.values() if isinstance(v, Scalar)] if axis else []

    def _prompt_of(self, row: Row) -> Scalar:
        if self._shot.prompt is not None:
            return self._shot.prompt
        place_of = self._grid.names.index("prompt")
        node = self._grid.axes[place_of].values[row[place_of]]
        assert isinstance(node, Scalar)
        return node

    def _media(
        self, found: Mapping[str, Found], request: dict[str, Any], identity: dict[str, Any]
    ) -> tuple[Medium, ...]:
        """Fills the request's lists in the catalogue's order; an empty list is left out."""
        known = tuple(map(id, found.values()))  # what is not another shot's video is found once and kept
        if known not in self._lists:
            media, sent, meant = self._listed(found)
            if any(m.source == "shot" for m in media):
                request |= sent
                identity |= meant
                return media
            self._lists[known] = (media, sent, meant)
        media, sent, meant = self._lists[known]
        request |= sent
        identity |= meant
        return media

    def _listed(self, found: Mapping[str, Found]) -> _Lists:
        media: list[Medium] = []
        sent: dict[str, list[str]] = {}
        meant: dict[str, list[str]] = {}
        for kind in KINDS:
            if (rule := self._board.model.media.get(kind)) is None:
                continue
            for name, one in found.items():
                reference = self._catalogue[name]
                if reference.kind != kind:
                    continue
                items = sent.setdefault(rule.field, [])
                span = reference.target.span
                seconds = one.facts.get("seconds") if rule.seconds else None
                media.append(Medium(name, kind, rule.field, len(items), one.source, one.key, one.where, seconds, span))
                items.append(one.item)
                meant.setdefault(rule.field, []).append(one.identity)
        return tuple(media), sent, meant

    def _valid(
        self, request: Mapping[str, Any], media: tuple[Medium, ...], origins: Mapping[str, Origin], address: str
    ) -> bool:
        judged = request
        if any(m.source != "url" for m in media):
            fields = {m.field for m in media}
            judged = {**request, **{f: [_stand_in(u) for u in request[f]] for f in fields}}
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
            by = origins[field].layer if field in origins else field
            notes = [f"in `{field}`" + (f", set by {by}" if by != field else "")]
            # what a template yields cannot be mended by quotes
            notes += () if span and is_template(span.text) else v.notes
            self._problems.error(v.code, v.message, span, *notes, entry=address)
        return False

    def _together(self, media: tuple[Medium, ...], address: str) -> bool:
        fine = True
        for kind, rule in self._board.model.media.items():
            own = [m for m in media if m.kind == kind]
            if rule.seconds_together is None or len(own) < 2:
                continue
            seconds, _ = together(m.seconds for m in own)
            if seconds > rule.seconds_together:
                parts = " + ".join(f"`{m.name}` {m.seconds:g}" for m in own if m.seconds is not None)
                most = f"expected at most {rule.seconds_together:g} s"
                message = f"{plural(kind)} last {seconds:g} s together ({parts}); {most}"
                self._problems.error("media-seconds-together", message, own[-1].span, entry=address)
                fine = False
        return fine

    def _encodable(self, request: Mapping[str, Any], prompt: Scalar, address: str) -> bool:
        most = self._board.model.body_bytes
        texts = [v for value in request.values() for v in (value if isinstance(value, list) else [value])]
        try:
            # six bytes are the most that JSON makes of one; only what may come near the bound is written to be counted
            size = 6 * sum(len(t.encode()) + 10 if isinstance(t, str) else 30 for t in texts)
            size = size if size <= most else len(canonical(request))
        except (UnicodeEncodeError, TypeError):
            self._problems.error(
                "not-unicode", "the request holds half of a surrogate pair", prompt.span, entry=address
            )
            return False
        if size > most:
            self._problems.error(
                "body-too-large", f"{size:,} bytes; expected at most {most:,}", prompt.span, entry=address
            )
        return size <= most

    def _cost(self, request: Mapping[str, Any], media: tuple[Medium, ...]) -> Cost:
        rule = self._board.model.media["video"]
        lengths = (m.seconds for m in media if m.kind == "video")
        return estimate(
            self._board.model.rate,
            quality=request["quality"],
            duration=request["duration"],
            videos=billed(lengths, rule.seconds, rule.seconds_together),
        )

    def _check_names(self) -> None:
        for axis in self._grid.axes:
            if axis.name in self._board.variables:
                message = f"`{axis.name}` is a var and an axis; rename one of them"
                self._problems.error("duplicate-name", message, axis.span)
            first: dict[str, str] = {}
            for label, node in axis.values.items():
                known = first.setdefault(label.casefold().replace(":", "x"), label)
                if known != label:
                    why = "letter case alone" if known.casefold() == label.casefold() else "`:`, which becomes `x`,"
                    message = f"labels `{known}` and `{label}` differ in {why} and would have one file name"
                    self._problems.error("same-file-name", message, node.span, Note("the axis is here", axis.span))


def _stand_in(item: str) -> str:
    return _STAND_IN if item.startswith(("sha256:", "entry:")) else item
