"""What a model file of a user may say: a small part of JSON Schema, and nothing that decides where requests go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from seedspec.catalog.pattern import is_steady
from seedspec.catalog.price_file import is_small
from seedspec.catalog.provider_file import odd_texts
from seedspec.catalog.schema import Violation, shorten
from seedspec.text import later
from seedspec.text.node import Path

_ID = later.pattern(r"[A-Za-z0-9](?:[A-Za-z0-9_:-]|[./](?=[A-Za-z0-9])){0,119}")
_REFERENCE = later.pattern(r"#/\$defs/([A-Za-z0-9_]+)")
_VALUES = frozenset((
    "$schema", "$id", "$comment", "title", "description", "type", "default", "enum", "const", "examples", "required",
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "minItems", "maxItems",
    "uniqueItems",
))  # fmt: skip
_ONE, _LISTED, _NAMED = ("items", "not", "if", "then", "else"), ("allOf", "anyOf", "oneOf"), ("properties", "$defs")
_OWN = frozenset(("unit", "code", "message", "at"))
_CODE = later.pattern(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def patterns_of(documents: Mapping[str, Any]) -> frozenset[str]:
    """Every pattern of the files that come with seedspec: a user's file that began as a copy may keep them."""
    return frozenset(found for document in documents.values() for found in _patterns(document))


def faults(document: Any, folder: str, patterns: frozenset[str]) -> Iterator[Violation]:
    """Why a user's model file cannot be used, each with its place; none for a good one.

    Whether it is a whole model file is told by its meta schema. This is what a stranger's may not say beside that:
    whatever makes judging a request slow, or reads another file or address.
    """
    if not is_small(document) or not isinstance(document, Mapping):
        yield _fault((), "it is no model file: not JSON, or more than one has")
        return
    yield from _faults(document, folder, patterns)


def _faults(document: Mapping[str, Any], folder: str, patterns: frozenset[str]) -> Iterator[Violation]:
    yield from odd_texts(document)
    own = document.get("x-seedspec")
    if not isinstance(own, Mapping):
        yield _fault((), "key `x-seedspec` is missing")
        return
    if own.get("provider") != folder:
        yield _fault(("x-seedspec", "provider"), f"expected the name of its folder, `{folder}`")
    name = own.get("model")
    if not isinstance(name, str) or not _ID.fullmatch(name):
        what = "expected an id of letters, digits, `.`, `-`, `_`, `:` and `/`"
        yield _fault(("x-seedspec", "model"), what)
    properties = document.get("properties")
    asked = properties.get("model") if isinstance(properties, Mapping) else None
    if isinstance(asked, Mapping) and asked.get("const", name) != name:
        yield _fault(("properties", "model", "const"), "expected the id of the model itself")
    whole = {key: part for key, part in document.items() if key != "x-seedspec"}
    yield from _schema_faults(whole, (), patterns)


def _schema_faults(schema: Any, place: Path, patterns: frozenset[str]) -> Iterator[Violation]:
    """What is no part of the JSON Schema that a user's file may use."""
    if isinstance(schema, bool):
        return
    if not isinstance(schema, Mapping):
        yield _fault(place, "expected a schema")
        return
    for key, value in schema.items():
        here = (*place, key)
        if key == "pattern":
            if not isinstance(value, str) or not (value in patterns or is_steady(value)):
                yield _fault(here, "expected a plain pattern from `^` on, without a quantifier around another one")
        elif key == "$ref":
            if place[:1] == ("$defs",) or not (isinstance(value, str) and _REFERENCE.fullmatch(value)):
                yield _fault(here, "expected `#/$defs/…`, and none in `$defs` itself")
        elif key == "x-seedspec":
            yield from _own_faults(value, here)
        elif key == "additionalProperties":
            if not isinstance(value, bool):
                yield _fault(here, "expected true or false")
        elif key in _ONE:
            yield from _schema_faults(value, here, patterns)
        elif key in _LISTED:
            for number, part in enumerate(value if isinstance(value, list) else ()):
                yield from _schema_faults(part, (*here, number), patterns)
        elif key in _NAMED:
            for name, part in value.items() if isinstance(value, Mapping) else ():
                yield from _schema_faults(part, (*here, name), patterns)
        elif key not in _VALUES:
            yield _fault(here, "a model file of one's own has no such rule")


def _own_faults(own: Any, place: Path) -> Iterator[Violation]:
    words = own if isinstance(own, Mapping) else {"": own}
    if odd := next((key for key in words if key not in _OWN), None):
        yield _fault((*place, odd), "a model file of one's own has no such word")
    if not all(isinstance(word, str) for key, word in words.items() if key != "at"):
        yield _fault(place, "expected texts")
    code = words.get("code", "none")
    if isinstance(code, str) and not _CODE.fullmatch(code):
        yield _fault((*place, "code"), "expected lower-case words joined by `-`")


def _patterns(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            if key == "pattern" and isinstance(part, str):
                yield part
            yield from _patterns(part)
    elif isinstance(value, list):
        for part in value:
            yield from _patterns(part)


def _fault(place: Path, what: str) -> Violation:
    return Violation(place, "provider-file", shorten(what, 300))
