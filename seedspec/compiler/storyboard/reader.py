"""A storyboard file's positioned YAML value becomes a Storyboard, once its form is checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from seedspec.catalog.choice import remedy_for_choice
from seedspec.catalog.form import items_of, name_for
from seedspec.catalog.media_facts import MediaFacts
from seedspec.catalog.model import Catalog
from seedspec.catalog.schema import shorten
from seedspec.catalog.slot import KINDS, Kind
from seedspec.compiler.entry import MODEL
from seedspec.compiler.storyboard.expect import check_off, expected_of
from seedspec.compiler.storyboard.foreign import storyboard_node
from seedspec.compiler.storyboard.frame import frame_of, without_shot
from seedspec.compiler.storyboard.models import ModelNames, model_of, names_model
from seedspec.compiler.storyboard.plain_words import with_plain_words
from seedspec.compiler.storyboard.set_aside import sound_part
from seedspec.compiler.storyboard.swallowed_text import check_swallowed_text
from seedspec.compiler.storyboard.tables import is_table, sound_tables
from seedspec.compiler.storyboard.types import (
    LABEL,
    LABEL_FORM,
    RESERVED,
    Axis,
    Label,
    Override,
    Pattern,
    Profile,
    Reference,
    Shot,
    Storyboard,
    Strategy,
)
from seedspec.text.diagnostic import Note, Problems
from seedspec.text.lookalike import odd_in
from seedspec.text.node import Map, Node, Pair, Scalar, Sequence
from seedspec.text.source import Span

_KINDS: tuple[Kind | Literal["shot"], ...] = (*KINDS, "shot")
_OF_SHOTS = ("take", "at", "frame")


def storyboard_of(found: Node, catalog: Catalog, name: str, problems: Problems) -> Storyboard | None:
    """The storyboard of a file's one value, without the parts of it whose form is broken, which are reported.

    None when nothing is left to judge: no shot has a sound form, or no model can be told.
    """
    node = storyboard_node(found, problems)
    if node is None:
        return None
    node = with_plain_words(node, problems)
    version = node.get("seedspec")
    if isinstance(version, Scalar) and type(version.value) is int and version.value > 1:
        message = f"format version {version.value} is newer than this seedspec knows; expected 1"
        problems.error("unknown-version", message, version.span, "upgrade seedspec")
        return None
    check_swallowed_text(node, problems)
    fields = catalog.field_names | {MODEL}
    node = sound_tables(node, fields, problems)
    schema = catalog.storyboard_for(node.span.source.text)
    sound = sound_part(node, schema, problems, needs_model=lambda: not names_model(node))
    if sound is None:
        return None
    top = _scalar(sound, MODEL)
    model = model_of(top, catalog, problems) if top is not None else None
    if top is not None and model is None:
        return None
    if top is not None and model is not None and top.text != model.id:
        top = Scalar(model.id, top.span, top.style)
    return _Reader(sound, top, catalog, fields, name, problems).read()


class _Reader:
    """Reads what the schema has accepted of a file, so that each part is of the type that the schema says."""

    def __init__(
        self, node: Map, model: Scalar | None, catalog: Catalog, fields: frozenset[str], name: str, problems: Problems
    ) -> None:
        self.node = node
        self.model, self.catalog = model, catalog
        self.name = name
        self.problems = problems
        self.models, self.known = ModelNames(catalog, problems), fields

    def read(self) -> Storyboard:
        node = self.node
        defaults = _map(node, "defaults")
        matrix = _map(node, "matrix")
        named, budget, output, variables = _scalar(node, "name"), _map(node, "budget"), _scalar(node, "output"), {}
        for key, pair in _map(node, "vars").items():
            self._refuse_reserved(key, pair.key.span, "a var")
            if key not in RESERVED:
                variables[key] = pair.value
        takes, words, most = (
            _scalar(defaults, "takes"),
            _scalar(node, "reference_words"),
            _scalar(matrix, "max_entries"),
        )
        shots = tuple(self._shot(s) for s in _items(node, "shots"))
        fields, keys = self._fields(defaults)
        self._unique_shots(shots)
        profiles, expect = tuple(self._profiles(node)), expected_of(node.get("expect"), self.problems)
        check_off(expect, (s.expect for s in shots), (p.expect for p in profiles), self.problems)
        return Storyboard(
            source=node.span.source,
            name=named.text if named else self.name,
            model=self.model,
            catalog=self.catalog,
            fields=fields,
            field_keys=keys,
            takes=whole_number(takes, 1),
            variables=variables,
            variable_keys={k: p.key.span for k, p in _map(node, "vars").items() if k in variables},
            budget_usd=_number(budget, "usd"),
            budget_credits=_number(budget, "credits"),
            budget_span=node.pairs["budget"].key.span if "budget" in node.pairs else None,
            output=output,
            words=words.text if words else "en",
            references=tuple(self._references(node, of_shot=False)),
            axes=self._axes(matrix),
            exclude=tuple(pattern_of(m) for m in _items(matrix, "exclude")),
            include=tuple(pattern_of(m) for m in _items(matrix, "include")),
            max_entries=most,
            strategy=_strategy(matrix),
            overrides=self._overrides(node),
            shots=shots,
            tags=_texts(node, "tags"),
            profiles={p.name: p for p in profiles},
            expect=expect,
        )

    def _profiles(self, node: Map) -> Iterator[Profile]:
        for name, pair in _map(node, "profiles").items():
            assert isinstance(pair.value, Map)
            fields, keys = self._fields(pair.value)
            takes = whole_number(_scalar(pair.value, "takes"), 0) or None
            expect = expected_of(pair.value.get("expect"), self.problems)
            yield Profile(name, pair.key.span, fields, keys, takes, expect)

    def _shot(self, node: Node) -> Shot:
        assert isinstance(node, Map)
        matrix, id_ = _map(node, "matrix"), _scalar(node, "id")
        assert id_ is not None
        prompt = node.get("prompt")
        axes = self._axes(matrix)
        if isinstance(prompt, Map):
            values = {k: p.value for k, p in prompt.items()}
            axes = (*axes, Axis("prompt", node.pairs["prompt"].key.span, values, False))
        only = matrix.get("only")
        takes = _scalar(node, "takes")
        fields, keys = self._fields(node)
        return Shot(
            id=id_.text,
            span=id_.span,
            prompt=prompt if isinstance(prompt, Scalar) else None,
            fields=fields,
            field_keys=keys,
            takes=whole_number(takes, 0) or None,
            tags=_texts(node, "tags"),
            references=tuple(self._references(node, of_shot=True)),
            attach=_scalars(node.get("attach")),
            only=None if only is None else _scalars(only),
            axes=axes,
            exclude=tuple(pattern_of(m) for m in _items(matrix, "exclude")),
            include=tuple(pattern_of(m) for m in _items(matrix, "include")),
            overrides=self._overrides(node),
            expect=expected_of(node.get("expect"), self.problems),
        )

    def _unique_shots(self, shots: tuple[Shot, ...]) -> None:
        first: dict[str, Shot] = {}
        for shot in shots:
            known = first.setdefault(shot.id, shot)
            if known is not shot:
                note = Note("the first is here; give one of them another id", known.span)
                self.problems.error(
                    "duplicate-shot", f"shot id `{shot.id}` is used here a second time", shot.span, note
                )

    def _fields(self, node: Map) -> tuple[dict[str, Scalar], dict[str, Span]]:
        own = {k: p for k, p in node.items() if k in self.known}
        values = {k: p.value for k, p in own.items() if isinstance(p.value, Scalar)}
        for name in [k for k, v in values.items() if v.value is None and not v.span.text]:
            del values[name]
            hint = "write a value, or leave the key out; `null` means that the field is not sent"
            self.problems.error("wrong-type", f"`{name}` has no value here; expected one", own[name].key.span, hint)
        if MODEL in values:
            values[MODEL] = self.models.known(values[MODEL])
        return values, {k: p.key.span for k, p in own.items()}

    def _axes(self, matrix: Map) -> tuple[Axis, ...]:
        axes = []
        for name, pair in _map(matrix, "axes").items():
            self._refuse_reserved(name, pair.key.span, "an axis")
            if self._sets_prompt(name, pair):
                continue
            if isinstance(pair.value, Map):
                axes.append(Axis(name, pair.key.span, {k: p.value for k, p in pair.value.items()}, False))
            elif is_table(pair.value):
                axes.append(Axis(name, pair.key.span, _rows_of(pair.value), open=False, table=True))
            else:
                axes.append(Axis(name, pair.key.span, self._labels(name, pair.value), True))
        axes = [self.models.of_axis(axis) for axis in axes]
        self.models.check_included(axes, [pattern_of(m) for m in _items(matrix, "include")])
        return tuple(axes)

    def _sets_prompt(self, name: str, axis: Pair) -> bool:
        """Reports an axis that is named `prompt`, which is left out, and each value of an axis that has one."""
        if name == "prompt":
            message = "an axis cannot be named `prompt`; expected the prompts in the shot"
            hint = 'write them there as a mapping of label to template: `prompt: {plain: "…", splash: "…"}`'
            self.problems.error("prompt-in-axis", message, axis.key.span, hint)
            self.problems.set_aside(name)
            return True
        values = axis.value.items() if isinstance(axis.value, Map) else ()
        for _, (_, value) in values:
            if isinstance(value, Map) and (found := value.pairs.get("prompt")):
                message = f"a value of axis `{name}` has a `prompt`; only a shot has one"
                hint = f"call it `text`, and write `{{{{ {name}.text }}}}` in the shot's prompt"
                self.problems.error("prompt-in-axis", message, found.key.span, hint)
                break
        return False

    def _labels(self, axis: str, node: Node) -> dict[str, Node]:
        values: dict[str, Node] = {}
        wrong: list[tuple[Scalar, str]] = []
        for number, item in enumerate(_scalars(node), 1):
            text = item.text
            if not LABEL.fullmatch(text):
                wrong.append((item, self._label_for(axis, text, number)))
                self.problems.set_aside(text)
            elif text in values:
                note = Note("the first is here; delete one of them", values[text].span)
                self.problems.error("duplicate-label", f"label `{text}` is used here a second time", item.span, note)
            else:
                values[text] = item
        if wrong:  # who writes one so means all of them so
            (first, remedy), *others = wrong
            clauses = [f"`{shorten(first.text, 40)}` is no label", *odd_in(first.text)]
            if not odd_in(first.text) and items_of(first.text):
                clauses.append(f"`{re.sub(r'[^,;|]', '', first.text)[:1]}` stands in it")
            message = "; ".join((*clauses, f"expected {LABEL_FORM}"))
            again = [Note(todo, item.span) for item, todo in others]
            self.problems.error("bad-label", message, first.span, remedy, *again)
        return values

    def _label_for(self, axis: str, text: str, number: int) -> str:
        """What to write instead of a text that is no label: the value of a field, or a label for the text."""
        fields = (
            m.schema.document["properties"].get(m.means.names.get(axis, "")) for m in self.catalog.models.values()
        )
        rule: Mapping[str, Any] = next((found for found in fields if found is not None), {})
        if "enum" in rule and (remedy := remedy_for_choice(text, rule["enum"])):
            return remedy.note
        if LABEL.fullmatch(text.strip()):
            return f"write `{text.strip()}` without the space"
        if items := items_of(text):
            return f"write each label by itself: `[{', '.join(items)}]`"
        label = name_for(" ".join(text.split()[:4]), LABEL.pattern, axis, number) or f"{axis}-{number}"
        return f"give it a label, and keep the text as its value: `{axis}: {{{label}: {shorten(text, 24)!r}}}`"

    def _references(self, node: Map, *, of_shot: bool) -> Iterator[Reference]:
        for name, pair in _map(node, "references").items():
            body = pair.value
            assert isinstance(body, Map)
            kinds = [k for k in _KINDS if k in body.pairs]
            if len(kinds) != 1:
                found = "has no kind" if not kinds else f"has {' and '.join(f'`{k}`' for k in kinds)}"
                message = f"reference `{name}` {found}; expected exactly one of `image`, `video`, `audio` or `shot`"
                self.problems.error("reference-kind", message, pair.key.span)
                self.problems.set_aside(name)
                continue
            is_shot = kinds[0] == "shot"
            for key in () if is_shot else _OF_SHOTS:
                if key in body.pairs:
                    message = f"`{key}` belongs to a reference to a shot"
                    remedy = (without_shot(kinds[0]),) if key == "frame" else ()
                    self.problems.error("reference-kind", message, body.pairs[key].key.span, *remedy)
            still = body.get("frame") if is_shot else None
            frame = "" if still is None else frame_of(still, self.problems)
            if frame is None:
                self.problems.set_aside(name)
                continue
            target, take = _scalar(body, kinds[0]), _scalar(body, "take")
            assert target is not None
            digest = _scalar(body, "sha256")
            slot = _scalar(body, "as")
            if slot is not None and not of_shot:
                self._not_for_all(name, slot, body.pairs["as"].key.span)
                slot = None
            yield Reference(
                name=name,
                span=pair.key.span,
                kind=("image" if frame else "video") if kinds[0] == "shot" else kinds[0],
                is_shot=is_shot,
                target=target,
                sha256=digest.text if digest else None,
                facts=MediaFacts(
                    bytes=_number(body, "bytes"),
                    width=_number(body, "width"),
                    height=_number(body, "height"),
                    seconds=_number(body, "seconds"),
                    fps=_number(body, "fps"),
                ),
                take=None if take is not None and take.value == "pick" else whole_number(take, 1),
                at={k: _label(p.value) for k, p in _map(body, "at").items()} if "at" in body.pairs else {},
                take_span=take.span if take else None,
                frame=frame,
                frame_span=still.span if still is not None else None,
                slot=slot,
            )

    def _not_for_all(self, name: str, slot: Scalar, place: Span) -> None:
        message = "`as` sends a medium by itself, so that it belongs to one shot"
        hint = f"declare it in the shot that needs it: `references: {{{name}: {{…, as: {slot.text}}}}}`"
        self.problems.error("slot-in-catalogue", message, place, hint)

    def _overrides(self, node: Map) -> tuple[Override, ...]:
        found = []
        for item in _items(node, "overrides"):
            when = item.get("when")
            assert isinstance(when, Map)
            found.append(Override(pattern_of(when), *self._fields(item)))
        return tuple(found)

    def _refuse_reserved(self, name: str, span: Span, what: str) -> None:
        if name in RESERVED:
            self.problems.error(
                "reserved-name", f"`{name}` has a meaning of its own in templates; give {what} another name", span
            )


def _rows_of(table: Node) -> dict[str, Node]:
    """The rows of a table by their labels."""
    rows = [(row, row.get("id")) for row in table if isinstance(row, Map)] if isinstance(table, Sequence) else []
    return {label.text: row for row, label in rows if isinstance(label, Scalar)}


def _map(node: Map, key: str) -> Map:
    found = node.get(key)
    return found if isinstance(found, Map) else Map({}, node.span)


def _items(node: Map, key: str) -> list[Map]:
    found = node.get(key)
    return [i for i in found if isinstance(i, Map)] if isinstance(found, Sequence) else []


def _scalar(node: Map, key: str) -> Scalar | None:
    found = node.get(key)
    return found if isinstance(found, Scalar) else None


def _scalars(node: Node | None) -> tuple[Scalar, ...]:
    return tuple(i for i in node if isinstance(i, Scalar)) if isinstance(node, Sequence) else ()


def _texts(node: Map, key: str) -> tuple[str, ...]:
    return tuple(s.text for s in _scalars(node.get(key)))


def _number(node: Map, key: str) -> float | None:
    found = _scalar(node, key)
    value = found.value if found else None
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def whole_number(node: Scalar | None, otherwise: int) -> int:
    """A whole number by its value, however YAML spells it (`2e3` is 2,000); `otherwise` where none is written."""
    return int(node.value) if node is not None and isinstance(node.value, (int, float)) else otherwise


def _label(node: Node) -> Label:
    assert isinstance(node, Scalar)
    return Label(node.text, node)


def _strategy(matrix: Map) -> Strategy | None:
    found = matrix.get("strategy")
    if isinstance(found, Scalar):
        return Strategy(found.text, found.span)
    count = _scalar(found, "sample") if isinstance(found, Map) else None
    if not isinstance(found, Map) or count is None:
        return None
    return Strategy("sample", count.span, whole_number(count, 1), whole_number(_scalar(found, "seed"), 0))


def pattern_of(node: Map) -> Pattern:
    """The labels that a mapping of axis to label, or to a list of labels, names."""
    wanted = {}
    for axis, pair in node.items():
        value = pair.value
        wanted[axis] = tuple(_label(i) for i in value) if isinstance(value, Sequence) else (_label(value),)
    return Pattern(wanted, {k: p.key.span for k, p in node.items()}, node.span)
