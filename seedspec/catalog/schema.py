"""JSON Schemas as judges of values; the door to jsonschema-rs, which decides, and jsonschema, which explains."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from seedspec.catalog.meant import Meaning, meaning_of
from seedspec.catalog.remedy import edits_of, name_advice, remedy_for
from seedspec.catalog.wording import kind_of, sentence
from seedspec.text.diagnostic import Edit, Problems
from seedspec.text.lookalike import odd_in
from seedspec.text.near import shorten
from seedspec.text.node import Map, Node, Path, at, plain
from seedspec.text.source import Span
from seedspec.text.value import valueclass

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

_SPACES = r"\t-\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
__all__ = ["Schema", "Violation", "edits_of", "kind_of", "place_of", "shorten"]


@valueclass(frozen=True, slots=True)
class Violation:
    """What a value breaks: where in the value, and whether its key is at fault rather than the value.

    `write` is the text that belongs in place of the key or value, where that is certain. `key` is the key that is
    missing, or that an unknown one stands for. `also` has further keys that are the same mistake, and `holds`
    the keys that a mapping has below an unknown key, and that belong beside it.
    """

    path: Path
    code: str
    message: str
    at_key: bool = False
    notes: tuple[str, ...] = ()
    write: str | None = None
    key: str = ""
    also: tuple[Path, ...] = ()
    holds: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The message behind its place, where the text of the value is not at hand."""
        return f"at `{'/'.join(map(str, self.path))}`: {self.message}" if self.path else self.message


_NO_MEANING = ("delete it,", "delete it;")
_UNCLEAR = Violation((), "invalid", "found a value that the schema refuses")


class Schema:
    """A JSON Schema 2020-12 document; `x-seedspec` beside a rule words its refusal.

    `{code, message, at}` is the whole of it. Parts are `expected`; `instead`, what to do by the type that was found, or
    by `any` (`{key}` and `{value}` stand for what is there; a list of `[pattern, sentence, text to write]` chooses by
    the text); `missing`, the same by the key; `unit` of a number; and what unknown keys mean (catalog/meant.py).
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self._gates: dict[str, Callable[[Any], bool] | None] = {}

    @cached_property
    def fault(self) -> str:
        """Why the document is no JSON Schema by which anything can be judged; "" where it is one."""
        try:
            self._gate  # noqa: B018
        except ValueError as error:
            return shorten(str(error), 200)
        return ""

    @cached_property
    def _gate(self) -> jsonschema_rs.Draft202012Validator:
        """Made when it is first asked: a catalog has many schemas, and a storyboard needs one or two of them."""
        return jsonschema_rs.Draft202012Validator(dict(self.document))

    def is_valid(self, instance: Any) -> bool:
        """The verdict alone, in microseconds."""
        return self._gate.is_valid(instance)

    def gate_of(self, name: str) -> Callable[[Any], bool] | None:
        """The verdict on one property by itself; None when a rule of the whole may tie it to other properties."""
        if name not in self._gates:
            self._gates[name] = self._make_gate(name)
        return self._gates[name]

    def _make_gate(self, name: str) -> Callable[[Any], bool] | None:
        own = self.document.get("properties", {}).get(name)
        if own is None or _ties({k: v for k, v in self.document.items() if k != "properties"}, name, listed=True):
            return None
        return jsonschema_rs.Draft202012Validator({"$defs": self.document.get("$defs", {}), **own}).is_valid

    def violations(self, instance: Any) -> list[Violation]:
        """Everything that is wrong with a value, in the order of its parts; the slow path.

        A key that is missing because another name stands for it is one mistake, told at that name.
        """
        errors = sorted(_once(self._explainer.iter_errors(instance)), key=lambda e: [str(p) for p in e.absolute_path])
        found = list(dict.fromkeys(v for e in errors for v in self._explain(e, instance)))
        there = {(*v.path[:-1], key) for v in found if v.code == "unknown-key" for key in (v.key, *v.holds) if key}
        return [v for v in found if v.code != "missing-key" or (*v.path, v.key) not in there]

    def check(self, node: Node, problems: Problems) -> bool:
        """Every violation of a positioned value as a diagnostic at the value, or at the key, at fault."""
        value = plain(node)
        if self.is_valid(value):
            return True
        self.report(node, self.violations(value) or [_UNCLEAR], problems)
        return False

    def report(self, node: Node, violations: Iterable[Violation], problems: Problems) -> None:
        """Violations of a positioned value as diagnostics."""
        for v in violations:
            if v.code == "missing-key" and not v.path and problems.is_set_aside(v.message.split("`")[1]):
                continue  # it is there, and what is wrong with it was told
            if not problems.unread(span := place_of(node, v)):
                edits = _insertion(at(node, v.path).span, v) if v.code == "missing-key" else edits_of(span, v.write)
                problems.error(v.code, v.message, span, *v.notes, *edits)

    @cached_property
    def _explainer(self) -> Validator:
        from jsonschema import Draft202012Validator, validators

        extend: Callable[..., type[Validator]] = validators.extend
        judge = extend(Draft202012Validator, {"pattern": _pattern})
        return judge(dict(self.document))

    def _explain(self, error: ValidationError, whole: Any) -> Iterator[Violation]:
        path: Path = tuple(error.absolute_path)
        instance: Any = error.instance
        limit: Any = error.validator_value
        schema: Any = error.schema
        if "propertyNames" in error.absolute_schema_path:
            named = shorten(str(instance))
            wanted: tuple[str, ...] = (f"expected {schema['title']}",) if "title" in schema else ()
            wanted += name_advice((*path, str(instance)), str(instance), schema, whole)
            yield Violation((*path, str(instance)), "bad-name", f"`{named}` is no name", True, wanted)
        elif said := self._find_sentence(error.absolute_schema_path):
            message = said["message"]
            if isinstance(error.instance, str):
                message = f"found `{shorten(error.instance)}`; {message}"
            yield Violation((*path, *said.get("at", ())), said["code"], message)
        elif error.validator == "additionalProperties":
            yield from self._unknown_keys(path, instance, schema)
        elif error.validator == "required":
            for key in (key for key in limit if key not in instance):
                told = schema.get("x-seedspec", {}).get("missing", {}).get(key)
                fixed = schema.get("properties", {}).get(key, {}).get("const")
                write = f"{key}: {fixed}\n" if fixed is not None and not path else None
                message = f"key `{key}` is missing"
                yield Violation(path, "missing-key", message, False, (told,) if told else (), write, key)
        elif error.validator in ("anyOf", "oneOf") and error.context and not _of_no_type(error):
            for nearer in _nearest(error):
                yield from self._explain(nearer, whole)
        else:
            code, message = sentence(str(error.validator), instance, limit, schema, error.message)
            remedy = remedy_for(str(error.validator), code, path, instance, limit, schema)
            notes: tuple[str, ...] = (remedy.note,) if remedy else ()
            if code == "bad-form":
                notes += name_advice(path, str(instance), schema, whole)
            yield Violation(path, code, message, notes=notes, write=remedy and remedy.write)

    def _unknown_keys(self, path: Path, instance: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[Violation]:
        """Keys that a place does not know; those with one and the same remedy are one mistake, told at the first."""
        known = schema.get("properties", {})
        by_remedy: dict[Meaning | str, list[tuple[str, Meaning]]] = {}
        for key in instance:
            if key not in known and not _matches_pattern(key, schema):
                meaning = meaning_of(key, instance, schema, self.document)
                told_alike = not meaning.key
                by_remedy.setdefault(meaning if told_alike else key, []).append((key, meaning))
        for (key, meaning), *others in by_remedy.values():
            also = tuple((*path, other) for other, _ in others)
            named = ", ".join(f"`{shorten(k, 40)}`" for k in (key, *(other for other, _ in others)))
            named = "; ".join((named, *odd_in(key)))
            holds = _wraps(instance[key], instance, known)
            note = meaning.note
            if holds and note.startswith(_NO_MEANING):
                named_so = f"; its name is `id: {shorten(key, 40)}`" if "id" in known and "id" not in instance else ""
                note = f"take `{shorten(key, 40)}:` away, and move what stands below it to the left{named_so}"
            certain = meaning.same and meaning.key not in instance and self._fits(instance[key], known[meaning.key])
            yield Violation(
                path=(*path, key),
                code="unknown-key",
                message=f"unknown key{'s' * bool(others)} {named}",
                at_key=True,
                notes=(note,),
                write=meaning.key if certain else None,
                key=meaning.key,
                also=also,
                holds=(*holds, "id") if holds else (),
            )

    def _fits(self, value: Any, rule: Mapping[str, Any]) -> bool:
        return jsonschema_rs.Draft202012Validator({"$defs": self.document.get("$defs", {}), **rule}).is_valid(value)

    def _find_sentence(self, schema_path: Iterable[str | int]) -> Mapping[str, Any] | None:
        """The sentence of the innermost rule on the way to a refusal, where one is given."""
        here: Any = self.document
        said: Mapping[str, Any] | None = None
        for step in schema_path:
            while isinstance(here, dict) and step not in here and "$ref" in here:  # `$ref` is no step of a path
                target, here = here["$ref"], self.document
                for part in target.removeprefix("#/").split("/"):
                    here = here[part]
                said = _choose_words(here, said)
            here = here[step]
            said = _choose_words(here, said)
        return said


_UNTIED = frozenset(
    ("$schema", "$id", "$defs", "$comment", "title", "description", "default", "examples", "deprecated")
) | frozenset(("type", "required", "dependentRequired", "minProperties", "maxProperties"))
"""Keywords that never look at the value of a property."""


def _ties(rule: Any, name: str, *, listed: bool = False) -> bool:
    """Whether a rule for a whole object may look at the value of a property that is `listed` beside it."""
    if not isinstance(rule, dict):
        return False
    for key, value in rule.items():
        if key in _UNTIED or key.startswith("x-") or (listed and key == "additionalProperties"):
            continue
        if key in ("allOf", "anyOf", "oneOf"):
            if any(_ties(part, name) for part in value):
                return True
        elif key in ("if", "then", "else", "not"):
            if _ties(value, name):
                return True
        elif key != "properties" or name in value:
            return True
    return False


def _once(errors: Iterable[ValidationError]) -> Iterator[ValidationError]:
    """Errors without the further ones of a list of required keys: there is one for each key, and one says them all."""
    known = set[tuple[tuple[str | int, ...], ...]]()
    for error in errors:
        if error.validator == "required":
            place = tuple(error.absolute_path), tuple(error.absolute_schema_path)
            if place in known:
                continue
            known.add(place)
        yield error


def _choose_words(rule: Any, otherwise: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    own = rule.get("x-seedspec") if isinstance(rule, dict) else None
    return own if own and "message" in own else otherwise


def _pattern(_: Validator, pattern: str, instance: object, schema: object) -> Iterator[ValidationError]:
    """The rule `pattern` as the gate judges it: `$` is the very end, white space that of ECMA 262, `\\w` is ASCII."""
    from jsonschema.exceptions import ValidationError

    if isinstance(instance, str) and not re.search(_as_python(pattern), instance, re.ASCII):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


@lru_cache
def _as_python(pattern: str) -> str:
    out, inside = [], False
    for token in re.findall(r"\\.|.", pattern, re.DOTALL):
        if token == "$" and not inside:
            token = r"\Z"
        elif token == r"\s":
            token = _SPACES if inside else f"[{_SPACES}]"
        elif token == r"\S":
            token = f"[^{_SPACES}]"
        elif token == "." and not inside:
            token = r"[^\n\r\u2028\u2029]"
        elif token in "[]":
            inside = token == "["
        out.append(token)
    return "".join(out)


def place_of(node: Node, v: Violation) -> Span:
    """Where in a positioned value something is wrong with it: at the value, or at the key, at fault."""
    if v.at_key and v.path:
        parent = at(node, v.path[:-1])
        if isinstance(parent, Map) and (pair := parent.pairs.get(str(v.path[-1]))):
            return pair.key.span
    found = at(node, v.path)
    if v.code == "missing-key":
        return found.span.source.span(found.span.start)
    return found.span


def _insertion(span: Span, v: Violation) -> tuple[Edit, ...]:
    """The edit that writes a missing key above the first one of a block mapping."""
    if v.write is None or span.text.startswith("{") or span.place[1] != 1:
        return ()
    return (Edit(span.source.span(span.start, span.start), v.write),)


def _of_no_type(error: ValidationError) -> bool:
    """Whether a value is of the type of none of its alternatives, where the schema says what is expected."""
    schema: Any = error.schema
    by_branch: dict[Any, bool] = {}
    for e in error.context or ():
        of_type = e.validator == "type" and not e.path
        by_branch[e.schema_path[0]] = by_branch.get(e.schema_path[0], False) or of_type
    return "expected" in schema.get("x-seedspec", {}) and all(by_branch.values())


def _nearest(error: ValidationError) -> list[ValidationError]:
    """What breaks the alternative that a value comes nearest to: the right type first, then the fewest mistakes."""
    by_branch: dict[Any, list[ValidationError]] = {}
    for e in error.context or ():
        by_branch.setdefault(e.schema_path[0], []).append(e)

    def nearness(errors: list[ValidationError]) -> tuple[bool, int]:
        return all(e.validator != "type" or e.path for e in errors), -len(errors)

    return max(by_branch.values(), key=nearness)


def _wraps(value: Any, instance: Mapping[str, Any], known: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys below an unknown one that belong beside it: it wraps them, as a name or a heading does."""
    if not isinstance(value, dict):
        return ()
    ours = [k for k in value if k in known and k not in instance]
    return tuple(ours) if "prompt" in ours or (len(ours) > 1 and len(ours) == len(value)) else ()


def _matches_pattern(key: str, schema: Mapping[str, Any]) -> bool:
    return any(re.search(p, key) for p in schema.get("patternProperties", {}))
