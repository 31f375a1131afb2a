"""The requests of one shot: each row and take rendered, numbered, judged by the model's schema, and made an Entry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from seedspec.compiler.attach import Attachments, Found, Upstream
from seedspec.compiler.catalog import KINDS
from seedspec.compiler.entry import Entry, Labels, Medium, Origin, address_of, canonical, digest, file_of
from seedspec.compiler.fields import Fields, Setting
from seedspec.compiler.lint import check_prompt
from seedspec.compiler.matrix import Grid, Row
from seedspec.compiler.price import Cost, estimate
from seedspec.compiler.reference import Look, number, plural, together
from seedspec.compiler.storyboard import Shot, Storyboard
from seedspec.compiler.template import (
    RefFault,
    Template,
    TemplateFault,
    Templates,
    is_template,
    place,
    undefined_names,
)
from seedspec.text.diagnostic import Note, Problems, did_you_mean, listed
from seedspec.text.node import Scalar, plain
from seedspec.text.source import Span

_STAND_IN = "https://stand-in.invalid/"
_LONGEST_FILE = 240


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
        self._templates = templates
        self._takes = shot.takes or board.takes
        self._fields = Fields(board, shot, self._grid, problems)
        self._catalogue = {r.name: r for r in (*board.references, *shot.references)}
        self._compiled: dict[int, Template | None] = {}
        self._axis_values = {a.name: {k: plain(v) for k, v in a.values.items()} for a in self._grid.axes}
        self._known = frozenset((*board.variables, *self._axis_values, "label", "shot", "take", "ref"))
        self._took = False
        self._guess: frozenset[str] = frozenset()
        self._attached = self._check_attach()
        takes = {s.id: s.takes or board.takes for s in board.shots}
        self._attachments = Attachments(
            shot.id, board.model, grids, takes, lambda r: self._template(r.target), look, problems
        )
        self._check_names()
        for prompt in self._prompts():
            self._template(prompt)

    def entries(self, upstream: Upstream) -> Iterator[Entry]:
        """The shot's entries in order; what is wrong with one is reported with its address."""
        board, shot, names = self._board, self._shot, self._grid.names
        tags = (*board.tags, *shot.tags)
        for row in self._grid.rows():
            labels = tuple(zip(names, row, strict=True))
            draft: _Draft | None = None
            for take in range(1, self._takes + 1):
                if take == 1 or self._took:
                    self._took = False
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
        rendered = self._render_prompt(prompt_node, scope, address)
        if rendered is None:
            return None
        prompt, used, words = rendered
        found: dict[str, Found] = {}
        for name in words:
            reference = self._catalogue[name]
            if (one := self._attachments.find(reference, scope, row, upstream, address)) is None:
                return None
            found[name] = one
        settings = self._fields.at(row)
        request: dict[str, Any] = {"model": self._board.model.id, "prompt": prompt}
        identity = dict(request)
        media = self._media(found, request, identity)
        origins = {"prompt": Origin("prompt", prompt_node.span)}
        for name in self._board.model.fields:
            if (setting := settings.get(name)) is None:
                continue
            value = self._value(setting, scope, address)
            if isinstance(value, _Faulty):
                return None
            request[name], origins[name] = value, setting.origin
            if name not in self._board.model.volatile:
                identity[name] = value
        if not self._encodable(request, prompt_node, address) or not self._valid(request, media, origins, address):
            return None
        if isinstance(prompt, str):
            attached = {s.text: s.span for s in self._shot.attach}
            check_prompt(prompt_node, prompt, self._board.model, media, used, attached, self._problems, address)
        if not self._together(media, address):
            return None
        if len(file_of(self._shot.id, labels, self._takes).encode()) > _LONGEST_FILE:
            message = f"the file name would be longer than {_LONGEST_FILE} bytes; use shorter ids or labels"
            self._problems.error("file-name-too-long", message, self._shot.span, entry=address)
            return None
        return _Draft(request, identity, media, self._cost(request, media), origins)

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

    def _template(self, scalar: Scalar) -> Template | None:
        """The compiled template of a value, its names and references checked once."""
        if id(scalar) not in self._compiled:
            template = self._templates.compile(scalar, self._problems)
            if template is not None:
                faulty = undefined_names(template, self._known, self._problems, self._hint)
                for name in sorted(template.refs - self._catalogue.keys()):
                    self._unknown_reference(name, place(scalar, 0, name))
                    faulty = True
                template = None if faulty else template
            self._compiled[id(scalar)] = template
        return self._compiled[id(scalar)]

    def _hint(self, word: str) -> str:
        if any(a.name == word for a in self._board.axes):
            return f"`{word}` is an axis of the storyboard that this shot leaves out with `only`"
        if word in self._catalogue:
            return f"write `ref('{word}')` to name a reference"
        axes = {a.name: a for a in self._grid.axes}
        near = get_close_matches(word, self._known, n=1, cutoff=0.6)
        return (
            f"did you mean `{near[0]}`, an axis declared at {axes[near[0]].span}?" if near and near[0] in axes else ""
        )

    def _unknown_reference(self, name: str, span: Span, entry: str = "", file: str = "") -> None:
        known, shown = self._catalogue, name if len(name) <= 60 else f"{name[:59]}…"
        expected = f"expected {listed(known)}" if known else "the storyboard declares no references"
        notes = (*((f"in {file}",) if file else ()), *did_you_mean(name, known))
        self._problems.error("unknown-reference", f"`{shown}` is no reference; {expected}", span, *notes, entry=entry)

    def _render_prompt(
        self, node: Scalar, scope: Mapping[str, Any], address: str
    ) -> tuple[Any, frozenset[str], Mapping[str, str]] | None:
        """The prompt, the references it mentions, and how each attached one is named.

        Numbers depend on which references a prompt uses, which only rendering tells: it is rendered with the numbers
        of the last row's references, and again when it used others.
        """
        template = self._template(node)
        if template is None:
            return None
        self._took |= "take" in template.names
        model, words_of = self._board.model, self._board.words
        for _ in range(5):
            used: set[str] = set()
            words = number(self._guess | self._attached, self._catalogue, model, words_of)

            def ref(name: str, words: Mapping[str, str] = words, used: set[str] = used) -> str:
                if name not in self._catalogue:
                    raise RefFault(f"`{name}` is no reference", word=name)
                used.add(name)
                return words.get(name, "")

            try:
                prompt = template.render(scope, ref)
            except RefFault as fault:
                self._unknown_reference(fault.word, _place(node, fault), address, fault.file)
                return None
            except TemplateFault as fault:
                self._failed(node, fault, scope, address)
                return None
            if used == self._guess:
                return prompt, frozenset(used), words
            self._guess = frozenset(used)
        message = "the references that this prompt uses depend on their own numbers"
        self._problems.error("unstable-prompt", message, node.span, entry=address)
        return None

    def _failed(self, node: Scalar, fault: TemplateFault, scope: Mapping[str, Any], address: str) -> None:
        notes: tuple[str, ...] = (f"in {fault.file}",) if fault.file else ()
        if fault.code == "undefined-name":
            notes += did_you_mean(fault.word, self._names_within(scope))
        self._problems.error(fault.code, str(fault), _place(node, fault), *notes, entry=address)
        if fault.code == "template-excess":
            self._compiled[id(node)] = None  # one row that goes on for ever is enough

    def _names_within(self, scope: Mapping[str, Any]) -> set[str]:
        return {k for value in scope.values() if isinstance(value, dict) for k in value} | self._known

    def _media(
        self, found: Mapping[str, Found], request: dict[str, Any], identity: dict[str, Any]
    ) -> tuple[Medium, ...]:
        """Fills the request's lists in the catalogue's order; an empty list is left out."""
        media: list[Medium] = []
        for kind in KINDS:
            if (rule := self._board.model.media.get(kind)) is None:
                continue
            for name, one in found.items():
                reference = self._catalogue[name]
                if reference.kind != kind:
                    continue
                items = request.setdefault(rule.field, [])
                span = reference.target.span
                seconds = one.facts.get("seconds") if rule.seconds else None
                media.append(Medium(name, kind, rule.field, len(items), one.source, one.key, one.where, seconds, span))
                items.append(one.item)
                identity.setdefault(rule.field, []).append(one.identity)
        return tuple(media)

    def _value(self, setting: Setting, scope: Mapping[str, Any], address: str) -> Any:
        value = setting.value
        if setting.node is not None and is_template(value):
            template = self._template(setting.node)
            if template is None:
                return _Faulty()
            self._took |= "take" in template.names
            try:
                value = template.render(scope, _no_ref)
            except TemplateFault as fault:
                self._failed(setting.node, fault, scope, address)
                return _Faulty()
        if isinstance(value, float) and value.is_integer():
            return int(value)
        return value

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
        try:
            size = len(canonical(request))
        except TypeError:
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
        videos = [m.seconds for m in media if m.kind == "video"]
        seconds, unknown = together(videos)
        return estimate(
            self._board.model.rate,
            quality=request["quality"],
            duration=request["duration"],
            video_seconds=seconds if videos else None,
            unknown=(rule.seconds_together or 0) - seconds if unknown else None,
        )

    def _check_attach(self) -> frozenset[str]:
        for name in self._shot.attach:
            if name.text not in self._catalogue:
                self._unknown_reference(name.text, name.span)
        return frozenset(n.text for n in self._shot.attach) & self._catalogue.keys()

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


def _place(node: Scalar, fault: TemplateFault) -> Span:
    """Where a fault stands in the storyboard: what includes the file, when it lies in an included one."""
    return place(node, fault.line, fault.file.rpartition(":")[0] or fault.word)


class _Faulty:
    """A field whose template failed; the reason is reported."""


def _stand_in(item: str) -> str:
    return _STAND_IN if item.startswith(("sha256:", "entry:")) else item


def _no_ref(name: str) -> str:
    raise RefFault("`ref()` belongs in prompts alone", word="ref")
