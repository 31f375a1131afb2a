"""Events of the YAML parser become positioned values, with a stack of its own; what is wrong with them is reported."""

from __future__ import annotations

import re
from typing import Any

from seedspec.text import later
from seedspec.text.diagnostic import Edit, Note, Problems, did_you_mean
from seedspec.text.node import Map, Node, Pair, Scalar, Sequence
from seedspec.text.source import Source, Span
from seedspec.text.value import valueclass
from seedspec.text.yaml_scalars import core

Event = Any
"""An event of the parser, which the door to it knows."""

MOST_DEPTH = 100
MOST_NODES = 1_000_000
_TAG = "tag:yaml.org,2002:"
_TELLING = frozenset("~nNtTfF-+.0123456789") | {""}
"""How a plain scalar begins that may be something else than text."""
# An anchor or a tag before a value, with the space and comments behind it.
_PROPERTY = later.pattern(r"[&!]\S*(?:\s+(?:#[^\n]*\n\s*)*|$)")


@valueclass(frozen=False, slots=True)
class _Open:
    """A collection whose end has not been met yet. One is a mapping when `pairs` is not None."""

    start: int
    anchor: str | None
    items: list[Node]
    pairs: dict[str, Pair] | None
    merges: list[tuple[Scalar, Node]] | None = None
    key: Scalar | None = None
    weight: int = 1
    again: bool = False
    """Whether an `id` came a second time, so that what follows is another item."""


class Builder:
    """Turns parser events into nodes with a stack of its own. `last` is the node that ended last."""

    def __init__(self, source: Source, text: str, problems: Problems, lost: set[str]) -> None:
        self.source = source
        self.problems = problems
        self.root: Node | None = None
        self.last: Node | None = None
        self.ended = self.final = False
        self._text = text
        self._lost = lost
        self._hollow: Scalar | None = None
        self._documents = 0
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._unused: dict[str, tuple[Span, Scalar]] = {}

    def document(self, event: Event) -> bool:
        self._documents += 1
        self.ended = self._documents > 1
        if self.ended:
            span = self._span(event)
            rest = self._text[span.end :]
            note = "keep each storyboard in a file of its own; delete this line, if all is one"
            edits = () if re.search(r"^\s*[^\s#]", rest, re.MULTILINE) else (Edit(span, ""),)
            self.problems.error(
                "two-documents", "a second YAML document; a file holds one storyboard", span, note, *edits
            )
        return not self.ended

    def alias(self, event: Event) -> bool:
        name = event.anchor or ""
        known = self._anchors.get(name)
        self._unused.pop(name, None)
        if known is not None:
            return self._put(known[0], known[1], None)
        if name in self._lost:
            return False
        from seedspec.text.yaml_edits import quote_value

        span = self._span(event)
        behind = self.source.text[span.end : span.end + 200].partition("\n")[0]
        self.problems.error(
            "undefined-alias",
            f"`{span.text}` is an alias, and no anchor above it has this name",
            span,
            *did_you_mean(name, self._anchors),
            "text that begins with `*` must be quoted"
            if (below := self._text.find(f"&{name}", span.end)) < 0
            else Note(f"`&{name}` is below: an anchor must come before its aliases", self.source.span(below)),
            *(quote_value(self.source, span.place[0]) if behind.strip() else ()),
        )
        return False

    def begin_map(self, event: Event) -> bool:
        return self._begin(event, True)

    def begin_list(self, event: Event) -> bool:
        return self._begin(event, False)

    def _begin(self, event: Event, is_map: bool) -> bool:
        if event.tag and event.tag not in (_TAG + "map", _TAG + "seq"):
            self.problems.error("unknown-tag", f"tag `{_short(event.tag)}` has no meaning here", self._span(event))
            return False
        if len(self._stack) >= MOST_DEPTH:
            self.final = True
            too_deep(self._span(event), self.problems)
            return False
        if self._stack and self._stack[-1].pairs is not None and self._stack[-1].key is None:
            self._refuse_key(self._span(event), is_map)
            return False
        assert event.start_mark is not None
        self._stack.append(_Open(event.start_mark.index, event.anchor, [], {} if is_map else None))
        return True

    def _refuse_key(self, span: Span, is_map: bool) -> None:
        # the second of two braces, or the first one where a mapping begins without a word
        start = span.start - (span.start > 0 and self.source.text[span.start - 1] == "{")
        if is_map and self.source.text.startswith("{{", start):
            from seedspec.text.yaml_edits import quote_template
            from seedspec.text.yaml_errors import template

            template(self.source, start, quote_template(self.source, start), self.problems)
        else:
            self.problems.error("key-type", "a key must be text; found a collection", span)

    def end(self, event: Event) -> bool:
        done = self._stack.pop()
        assert event.end_mark is not None
        span = Span(self.source, done.start, max(done.start + 1, event.end_mark.index))
        if done.pairs is None:
            self.last = Sequence(tuple(done.items), span)
            return self._put(self.last, done.weight, done.anchor)
        pairs = done.pairs
        for key, value in reversed(done.merges or ()):
            if (merged := self._merge(key, value)) is None:
                return False
            # keys written here win over merged ones; an earlier merge wins over a later one
            pairs = {**merged, **pairs} if pairs is done.pairs else {**pairs, **merged, **done.pairs}
        self.last = Map(pairs, span)
        return self._put(self.last, done.weight, done.anchor)

    def _merge(self, key: Scalar, value: Node) -> dict[str, Pair] | None:
        parts = value.items if isinstance(value, Sequence) else (value,)
        out: dict[str, Pair] = {}
        for part in parts:
            if not isinstance(part, Map):
                self.problems.error(
                    "merge-type",
                    "`<<` merges mappings; found something else",
                    key.span,
                    "write `<<: *name` or `<<: [*one, *two]`",
                )
                return None
            out = {**part.pairs, **out}
        return out

    def _put(self, node: Node, weight: int, anchor: str | None) -> bool:
        if anchor:
            self._anchors[anchor] = (node, weight)
        if not self._stack:
            self.root = node
            return True
        top = self._stack[-1]
        top.weight += weight
        if top.weight > MOST_NODES:
            self.final = True
            self.problems.error("too-many-nodes", f"more than {MOST_NODES:,} values behind aliases", node.span)
            return False
        if top.pairs is None:
            top.items.append(node)
        elif (key := top.key) is not None:
            top.key = None
            if key.value in top.pairs or key.value == "<<":
                self._again(top, top.pairs, key, node)
            else:
                top.pairs[key.text] = Pair(key, node)
        elif isinstance(node, Scalar):
            if self._hollow is not None and not self._fits(node):
                return False
            top.key = node if type(node.value) is str else Scalar(node.text, node.span, node.style)
        else:
            self.problems.error("key-type", "a key must be text; found a collection", node.span)
            return False
        return True

    def _fits(self, key: Scalar) -> bool:
        """Whether what stands behind an empty `|` is a key; else it is the text that was to be indented."""
        block, self._hollow = self._hollow, None
        assert block is not None
        if (
            key.style
            or re.fullmatch(r"[a-z_][\w.-]*|<<", key.text)
            or self._text[block.span.end : key.span.start].strip()
        ):
            return True
        from seedspec.text.yaml_layout import hollow_block, indented_block

        hollow_block(self.source, block, indented_block(self.source, block), self.problems)
        return False

    def _again(self, top: _Open, pairs: dict[str, Pair], key: Scalar, value: Node) -> None:
        """A key that the mapping has already, or one that merges."""
        if key.value == "<<" and not key.style:
            top.merges = [*(top.merges or ()), (key, value)]
        elif first := pairs.get(key.text):
            if key.text == "id" or top.again:
                if top.again:  # what follows belongs to the item whose dash is missing
                    return
                top.again = True
                note = Note("where another item of the list begins, write `- ` before it")
                self._twice(key, first, note)
            else:
                self._twice(key, first)
        else:
            pairs[key.text] = Pair(key, value)

    def _twice(self, key: Scalar, first: Pair, *notes: Note) -> None:
        message = f"key `{key.text}` is set here a second time"
        here = "the first is here" if notes else "the first is here; make one of the two, or delete one"
        self.problems.error("duplicate-key", message, key.span, Note(here, first.key.span), *notes)

    def scalar(self, event: Event) -> bool:
        anchor, text, style = event.anchor, event.value, event.style or ""
        start, end = event.start_mark, event.end_mark
        assert start is not None and end is not None  # this parser marks every event
        span = Span(self.source, start.index, end.index)
        if anchor or event.tag:
            scalar = self._read_properties(event, span, style)
        elif style or text[:1] not in _TELLING:
            scalar = Scalar(text, span, style)
            if not text and style in ("|", ">"):
                self._hollow = scalar
        else:
            scalar = Scalar(core(text, span, self.problems), span, style)
        self.last = scalar
        return self._put(scalar, 1, anchor)

    def _read_properties(self, event: Event, whole: Span, style: str) -> Scalar:
        """A scalar with an anchor or a tag."""
        span = self._without_properties(whole)
        tag = event.tag if event.tag and event.tag != "!" else None
        if tag and tag not in {_TAG + t for t in ("str", "int", "float", "bool", "null")}:
            note = "text that begins with `!` must be quoted"
            if event.value in ("", "~", "null"):
                note = "delete it; YAML here has no tags of its own"
            self.problems.error("unknown-tag", f"tag `{_short(tag)}` has no meaning here", whole, note)
        if style or event.tag == "!" or tag == _TAG + "str":
            scalar = Scalar(event.value, span, style)
        else:
            scalar = Scalar(core(event.value, span, self.problems), span, style)
        if not style and isinstance(scalar.value, str):
            eaten = Span(
                self.source, whole.start, whole.start + len(self.source.text[whole.start : span.start].rstrip())
            )
            if event.tag == "!":
                self._eaten(eaten, "a tag", scalar)
            if event.anchor:
                self._unused[event.anchor] = (eaten, scalar)
        return scalar

    def _without_properties(self, span: Span) -> Span:
        """The value alone: the parser's marks begin at its anchor or tag."""
        start, text = span.start, self.source.text
        while (m := _PROPERTY.match(text, start, span.end)) is not None:
            start = m.end()
        return Span(self.source, start, span.end)

    def warn_of_eaten_words(self) -> None:
        """`prompt: &hero walks` is valid YAML and loses a word: an anchor before text that nothing refers to."""
        for span, scalar in self._unused.values():
            self._eaten(span, "an anchor, which nothing uses", scalar)

    def _eaten(self, span: Span, what: str, scalar: Scalar) -> None:
        note = f"the value is `{scalar.text[:60]}`; if `{span.text}` is part of it, quote the whole"
        self.problems.warning("word-eaten", f"`{span.text}` is {what}; it is not part of the text", span, note)

    def _span(self, event: Event) -> Span:
        start, end = event.start_mark, event.end_mark
        assert start is not None and end is not None
        return Span(self.source, start.index, end.index)


def _short(tag: str) -> str:
    return tag.replace(_TAG, "!!", 1)


def too_deep(span: Span, problems: Problems) -> None:
    problems.error("too-deep", f"nested deeper than {MOST_DEPTH} levels", span)
