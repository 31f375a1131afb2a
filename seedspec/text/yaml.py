"""YAML text into positioned values by the 1.2 core schema; the door to PyYAML, whose parser alone is used."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from seedspec.text.diagnostic import Note, Problems, did_you_mean
from seedspec.text.node import Map, Node, Pair, Scalar, Sequence
from seedspec.text.source import Source, Span
from seedspec.text.yaml_errors import Complaint, explain

MOST_BYTES = 8_000_000
MOST_DEPTH = 100
MOST_NODES = 1_000_000

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_NULL = re.compile(r"~|null|Null|NULL|")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_INF_NAN = re.compile(r"[-+]?(?:\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN")
_TELLING = frozenset("~nNtTfF-+.0123456789") | {""}
"""How a plain scalar begins that may be something else than text."""
# An anchor or a tag before a value, with the space and comments behind it.
_PROPERTY = re.compile(r"[&!]\S*(?:\s+(?:#[^\n]*\n\s*)*|$)")
# All but the printable characters of YAML 1.2 section 5.1, and the byte order mark. The same set turned round, as what
# is printable, takes ten times as long to compile.
_UNPRINTABLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")


def source_of(path: str, raw: bytes, problems: Problems) -> Source | None:
    """A file's bytes as a source: UTF-8, with or without a byte order mark, any line ends."""
    if len(raw) > MOST_BYTES:
        problems.error(
            "too-large",
            f"the file has {len(raw):,} bytes; at most {MOST_BYTES:,} are read",
            Source(path, "").span(0),
        )
        return None
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as bad:
        before, after = _one_line_end(raw[: bad.start].decode("utf-8")), raw[bad.start : bad.start + 200]
        source = Source(path, before + _one_line_end(after.decode("utf-8", "replace")))
        message = f"byte 0x{raw[bad.start]:02x} is not UTF-8; save the file as UTF-8"
        problems.error("not-utf8", message, source.span(len(before)))
        return None
    return Source(path, _one_line_end(text))


def _one_line_end(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse(source: Source, problems: Problems) -> Node | None:
    """The one document of a source, or None when it is empty or broken; every finding goes to `problems`.

    Never raises for any text, and does not recurse: depth and the size behind aliases are bounded first.
    """
    if bad := _UNPRINTABLE.search(source.text):
        span = source.span(bad.start())
        problems.error("control-character", f"character U+{ord(bad[0]):04X} is not allowed in YAML", span)
        return None
    builder = _Builder(source, problems)
    takes = builder.takes
    try:
        for event in yaml.parse(source.text, _LOADER):
            take = takes.get(type(event))
            if take is not None and not take(event):
                return None
    except yaml.MarkedYAMLError as error:
        _explain(builder, error, problems)
        return None
    except (yaml.YAMLError, RecursionError) as error:
        problems.error("yaml-syntax", f"not valid YAML: {str(error).splitlines()[0]}", source.span(0))
        return None
    builder.warn_of_eaten_words()
    if builder.root is None or (isinstance(builder.root, Scalar) and builder.root.value is None):
        problems.error(
            "empty-file",
            "the file is empty; expected a storyboard",
            source.span(0),
            "`seedspec: 1`, `model:` and `shots:` are the least that it needs",
        )
        return None
    return builder.root


@dataclass(slots=True)
class _Open:
    """A collection whose end has not been met yet. One is a mapping when `pairs` is not None."""

    start: int
    anchor: str | None
    items: list[Node]
    pairs: dict[str, Pair] | None
    merges: list[tuple[Scalar, Node]] | None = None
    key: Scalar | None = None
    weight: int = 1


class _Builder:
    """Turns parser events into nodes with a stack of its own. `last` is the node that ended last."""

    def __init__(self, source: Source, problems: Problems) -> None:
        self.source = source
        self.problems = problems
        self.root: Node | None = None
        self.last: Node | None = None
        self._documents = 0
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._unused: dict[str, tuple[Span, Scalar]] = {}
        self.takes: Mapping[type[yaml.Event], Callable[[Any], bool]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.AliasEvent: self._alias,
            yaml.MappingStartEvent: self._begin,
            yaml.SequenceStartEvent: self._begin,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.DocumentStartEvent: self._document,
        }
        """What is done with an event of each type; False when nothing further can be made of the file."""

    def before(self) -> tuple[Span | None, str]:
        """The place and the style of the node that ended last, if it was quoted or stood in brackets."""
        if isinstance(self.last, Scalar):
            return (self.last.span, self.last.style) if self.last.style in ("'", '"') else (None, "")
        return (self.last.span if self.last and self.last.span.text[-1:] in ("]", "}") else None), ""

    def _document(self, event: yaml.DocumentStartEvent) -> bool:
        self._documents += 1
        if self._documents > 1:
            message = "a second YAML document; a file holds one storyboard"
            self.problems.error("two-documents", message, self._span(event))
        return self._documents == 1

    def _alias(self, event: yaml.AliasEvent) -> bool:
        name = event.anchor or ""
        known = self._anchors.get(name)
        self._unused.pop(name, None)
        if known is not None:
            return self._put(known[0], known[1], None)
        span = self._span(event)
        self.problems.error(
            "undefined-alias",
            f"`{span.text}` names no anchor of this file",
            span,
            *did_you_mean(name, self._anchors),
            "text that begins with `*` must be quoted",
        )
        return False

    def _begin(self, event: yaml.CollectionStartEvent) -> bool:
        is_map = isinstance(event, yaml.MappingStartEvent)
        if event.tag and event.tag not in (_TAG + "map", _TAG + "seq"):
            self.problems.error("unknown-tag", f"tag `{_short(event.tag)}` has no meaning here", self._span(event))
            return False
        if len(self._stack) >= MOST_DEPTH:
            _too_deep(self._span(event), self.problems)
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
            self.problems.error(
                "unquoted-template",
                "`{{` begins a YAML mapping here, not a template",
                Span(self.source, start, start + 2),
                'quote the value: "{{ … }}"; or write it under `|`',
            )
        else:
            self.problems.error("key-type", "a key must be text; found a collection", span)

    def _end(self, event: yaml.CollectionEndEvent) -> bool:
        done = self._stack.pop()
        assert event.end_mark is not None
        span = Span(self.source, done.start, max(done.start + 1, event.end_mark.index))
        if done.pairs is None:
            self.last = Sequence(tuple(done.items), span)
            return self._put(self.last, done.weight, done.anchor)
        pairs = done.pairs
        for key, value in reversed(done.merges or ()):
            if (merged := self._merged(key, value)) is None:
                return False
            # keys written here win over merged ones; an earlier merge wins over a later one
            pairs = {**merged, **pairs} if pairs is done.pairs else {**pairs, **merged, **done.pairs}
        self.last = Map(pairs, span)
        return self._put(self.last, done.weight, done.anchor)

    def _merged(self, key: Scalar, value: Node) -> dict[str, Pair] | None:
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
            top.key = node if type(node.value) is str else Scalar(node.text, node.span, node.style)
        else:
            self.problems.error("key-type", "a key must be text; found a collection", node.span)
            return False
        return True

    def _again(self, top: _Open, pairs: dict[str, Pair], key: Scalar, value: Node) -> None:
        """A key that the mapping has already, or one that merges."""
        if key.value == "<<" and not key.style:
            top.merges = [*(top.merges or ()), (key, value)]
        elif first := pairs.get(key.text):
            self.problems.error(
                "duplicate-key",
                f"key `{key.text}` stands here a second time",
                key.span,
                Note("the first is here", first.key.span),
            )
        else:
            pairs[key.text] = Pair(key, value)

    def _scalar(self, event: yaml.ScalarEvent) -> bool:
        anchor, text, style = event.anchor, event.value, event.style or ""
        start, end = event.start_mark, event.end_mark
        assert start is not None and end is not None  # this parser marks every event
        span = Span(self.source, start.index, end.index)
        if anchor or event.tag:
            scalar = self._propertied(event, span, style)
        elif style or text[:1] not in _TELLING:
            scalar = Scalar(text, span, style)
        else:
            scalar = Scalar(self._core(text, span), span, style)
        self.last = scalar
        return self._put(scalar, 1, anchor)

    def _propertied(self, event: yaml.ScalarEvent, whole: Span, style: str) -> Scalar:
        """A scalar with an anchor or a tag."""
        span = self._without_properties(whole)
        tag = event.tag if event.tag and event.tag != "!" else None
        if tag and tag not in {_TAG + t for t in ("str", "int", "float", "bool", "null")}:
            note = "text that begins with `!` must be quoted"
            self.problems.error("unknown-tag", f"tag `{_short(tag)}` has no meaning here", whole, note)
        if style or event.tag == "!" or tag == _TAG + "str":
            scalar = Scalar(event.value, span, style)
        else:
            scalar = Scalar(self._core(event.value, span), span, style)
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

    def _core(self, text: str, span: Span) -> str | int | float | bool | None:
        """A plain scalar by YAML 1.2 section 10.3.2: `16:9` and `no` are text, `010` is ten."""
        if _NULL.fullmatch(text):
            return None
        if _BOOL.fullmatch(text):
            return text[0] in "tT"
        if _INT.fullmatch(text):
            if len(text) > 300:
                self.problems.error(
                    "number-range", "a number of more than 300 digits", span, "quote it to keep it as text"
                )
                return text
            if len(text) > 1 and text.lstrip("+-")[0] == "0" and text.lstrip("+-").isdecimal() and int(text):
                self.problems.warning(
                    "leading-zero",
                    f"`{text}` is the number {int(text)}",
                    span,
                    "write it without the zero, or quote it if it is text",
                )
            return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
        if _FLOAT.fullmatch(text):
            if math.isfinite(number := float(text)):
                return number
            self.problems.error("number-range", f"`{text[:40]}` is too large a number", span)
        elif _INF_NAN.fullmatch(text):
            self.problems.error("number-range", f"`{text}` is no number that a request can hold", span)
        return text

    def _span(self, event: yaml.Event) -> Span:
        start, end = event.start_mark, event.end_mark
        assert start is not None and end is not None
        return Span(self.source, start.index, end.index)


def _short(tag: str) -> str:
    return tag.replace(_TAG, "!!", 1)


def _too_deep(span: Span, problems: Problems) -> None:
    problems.error("too-deep", f"nested deeper than {MOST_DEPTH} levels", span)


def _explain(builder: _Builder, error: yaml.MarkedYAMLError, problems: Problems) -> None:
    mark, began, (before, style) = error.problem_mark or error.context_mark, error.context_mark, builder.before()
    if "maximum nesting depth" in (error.problem or ""):  # libyaml 0.2.6 looks ahead, and has a bound of its own
        _too_deep(builder.source.span(mark.index if mark else 0), problems)
        return
    complaint = Complaint(
        (error.problem or "broken").strip(),
        mark.index if mark else 0,
        (error.context or "").strip(),
        began.index if began else None,
        before,
        style,
    )
    explain(builder.source, complaint, problems)
