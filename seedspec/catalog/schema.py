"""JSON Schemas as judges of values; the door to jsonschema-rs, which decides, and jsonschema, which explains."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from seedspec.text.diagnostic import Edit, Problems, did_you_mean, listed
from seedspec.text.node import Map, Node, Path, at, plain
from seedspec.text.source import Span
from seedspec.text.value import valueclass

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

_SPACES = r"\t-\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "a mapping",
    "array": "a list",
    "null": "nothing",
}


@valueclass(frozen=True, slots=True)
class Violation:
    """What a value breaks: where in the value, and whether its key is at fault rather than the value.

    `write` is the text that belongs in place of the key or value, where that is certain.
    """

    path: Path
    code: str
    message: str
    at_key: bool = False
    notes: tuple[str, ...] = ()
    write: str | None = None


_UNCLEAR = Violation((), "invalid", "found a value that the schema refuses")


class Schema:
    """A JSON Schema 2020-12 document. `x-seedspec: {code, message, at}` beside a rule words its refusal."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self._gate = jsonschema_rs.Draft202012Validator(dict(document))

    def is_valid(self, instance: Any) -> bool:
        """The verdict alone, in microseconds."""
        return self._gate.is_valid(instance)

    def gate_of(self, name: str) -> Callable[[Any], bool] | None:
        """The verdict on one property by itself; None when a rule of the whole may tie it to other properties."""
        own = self.document.get("properties", {}).get(name)
        if own is None or _ties({k: v for k, v in self.document.items() if k != "properties"}, name, listed=True):
            return None
        return jsonschema_rs.Draft202012Validator({"$defs": self.document.get("$defs", {}), **own}).is_valid

    def violations(self, instance: Any) -> list[Violation]:
        """Everything that is wrong with a value, in the order of its parts; the slow path."""
        errors = sorted(self._explainer.iter_errors(instance), key=lambda e: [str(p) for p in e.absolute_path])
        return list(dict.fromkeys(v for e in errors for v in self._explain(e)))

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
            if not problems.unread(span := _place(node, v)):
                edits = () if v.write is None else (Edit(span, v.write),)
                problems.error(v.code, v.message, span, *v.notes, *edits)

    @cached_property
    def _explainer(self) -> Validator:
        from jsonschema import Draft202012Validator, validators

        extend: Callable[..., type[Validator]] = validators.extend
        judge = extend(Draft202012Validator, {"pattern": _pattern})
        return judge(dict(self.document))

    def _explain(self, error: ValidationError) -> Iterator[Violation]:
        path: Path = tuple(error.absolute_path)
        instance: Any = error.instance
        limit: Any = error.validator_value
        schema: Any = error.schema
        if "propertyNames" in error.absolute_schema_path:
            wanted = (f"expected {schema['title']}",) if "title" in schema else ()
            yield Violation((*path, str(instance)), "bad-name", f"`{shorten(str(instance))}` is no name", True, wanted)
        elif said := self._said(error.absolute_schema_path):
            message = said["message"]
            if isinstance(error.instance, str):
                message = f"found `{shorten(error.instance)}`; {message}"
            yield Violation((*path, *said.get("at", ())), said["code"], message)
        elif error.validator == "additionalProperties":
            known = schema.get("properties", {})
            for key in instance:
                if key not in known and not _allowed(key, schema):
                    yield Violation((*path, key), "unknown-key", f"unknown key `{key}`", True, did_you_mean(key, known))
        elif error.validator == "required":
            missing = [key for key in limit if key not in instance]
            yield from (Violation(path, "missing-key", f"key `{key}` is missing") for key in missing)
        elif error.validator in ("anyOf", "oneOf") and error.context:
            yield from self._explain(_nearest(error))
        else:
            code, message = _sentence(error)
            yield Violation(path, code, message, notes=_advice(error, code))

    def _said(self, schema_path: Iterable[str | int]) -> Mapping[str, Any] | None:
        """The sentence of the innermost rule on the way to a refusal, where one is given."""
        here: Any = self.document
        said: Mapping[str, Any] | None = None
        for step in schema_path:
            while isinstance(here, dict) and step not in here and "$ref" in here:  # `$ref` is no step of a path
                target, here = here["$ref"], self.document
                for part in target.removeprefix("#/").split("/"):
                    here = here[part]
                said = _worded(here, said)
            here = here[step]
            said = _worded(here, said)
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


def _worded(rule: Any, otherwise: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    own = rule.get("x-seedspec") if isinstance(rule, dict) else None
    return own if own and "message" in own else otherwise


def _pattern(_: Validator, pattern: str, instance: object, schema: object) -> Iterator[ValidationError]:
    """The rule `pattern` as the gate judges it: `$` is the very end, and white space is that of ECMA 262."""
    from jsonschema.exceptions import ValidationError

    if isinstance(instance, str) and not re.search(_as_python(pattern), instance):
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
        elif token in "[]":
            inside = token == "["
        out.append(token)
    return "".join(out)


def kind_of(value: object) -> str:
    """What a value is, in the words of a message."""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if value is None:
        return "nothing"
    if isinstance(value, str) and not value.strip():
        return "no text"
    if isinstance(value, str):
        return f"the text `{shorten(value)}`"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    return "a list" if isinstance(value, list) else "a mapping"


def _place(node: Node, v: Violation) -> Span:
    if v.at_key and v.path:
        parent = at(node, v.path[:-1])
        if isinstance(parent, Map) and (pair := parent.pairs.get(str(v.path[-1]))):
            return pair.key.span
    found = at(node, v.path)
    if v.code == "missing-key":
        return found.span.source.span(found.span.start)
    return found.span


def _sentence(error: ValidationError) -> tuple[str, str]:
    value: Any = error.instance
    rule = error.validator
    limit: Any = error.validator_value
    schema: Mapping[str, Any] = error.schema if isinstance(error.schema, dict) else {}
    found = kind_of(value)
    if rule == "type":
        wanted = [_TYPES[t] for t in ([limit] if isinstance(limit, str) else limit)]
        expected = schema.get("x-seedspec", {}).get("expected") or " or ".join(wanted)
        return "wrong-type", f"found {found}; expected {expected}"
    if rule == "enum":
        return "bad-choice", f"found {found}; expected {listed(limit)}"
    if rule == "const":
        return "bad-choice", f"found {found}; expected `{limit}`"
    if rule in ("minimum", "maximum"):
        low, high = schema.get("minimum"), schema.get("maximum")
        wanted_range = (
            f"{low} to {high}" if None not in (low, high) else f"at least {low}" if high is None else f"at most {high}"
        )
        return "out-of-range", f"found {value}; expected {wanted_range}"
    if rule == "exclusiveMinimum":
        return "out-of-range", f"found {value}; expected more than {limit}"
    if rule in ("minItems", "maxItems", "minProperties", "maxProperties"):
        bound = "at least" if rule.startswith("min") else "at most"
        one, many = ("item", "items") if rule.endswith("Items") else ("key", "keys")
        counted = f"{len(value) or 'no'} {one if len(value) == 1 else many}"
        return "wrong-count", f"found {counted}; expected {bound} {limit}"
    if rule == "uniqueItems":
        return "repeated-item", "found an item twice; expected each once"
    if rule == "maxLength":
        return "too-long", f"found {len(str(value))} characters; expected at most {limit}"
    if rule == "pattern":
        if limit == r"\S":
            return "empty-text", "found no text; expected some"
        return "bad-form", f"found {found}; expected {schema.get('title', f'a match of {limit}')}"
    return "invalid", f"found {found}; {error.message[:200]}"


def _advice(error: ValidationError, code: str) -> tuple[str, ...]:
    """What to write instead, where that can be guessed."""
    value: Any = error.instance
    limit: Any = error.validator_value
    if code == "bad-choice" and isinstance(limit, list):
        if type(value) is int and (ratio := next((r for r in limit if _base_60(r) == value), None)):
            return (f"did you mean `{ratio}`? some YAML tools read it as a number in base 60",)
        return did_you_mean(str(value), map(str, limit))
    if code == "wrong-type":
        types = [limit] if isinstance(limit, str) else limit
        if isinstance(value, (bool, int, float)) and types == ["string"]:
            return ("quote it to make it text",)
        if isinstance(value, str) and {"integer", "number"} & set(types) and re.fullmatch(r"-?\d+(\.\d+)?", value):
            return ("leave the quotes out to make it a number",)
    return ()


def _base_60(ratio: object) -> int | None:
    """What YAML 1.1 makes of `16:9`."""
    m = re.fullmatch(r"(\d+):(\d+)", ratio) if isinstance(ratio, str) else None
    return int(m[1]) * 60 + int(m[2]) if m else None


def _nearest(error: ValidationError) -> ValidationError:
    """Of the alternatives a value fails, the one it comes nearest to: the right type first, then the deepest."""
    by_branch: dict[Any, list[ValidationError]] = {}
    for e in error.context or ():
        by_branch.setdefault(e.schema_path[0], []).append(e)

    def nearness(errors: list[ValidationError]) -> tuple[bool, int]:
        return all(e.validator != "type" or e.path for e in errors), -len(errors)

    best = max(by_branch.values(), key=nearness)
    return max(best, key=lambda e: len(e.absolute_path))


def _allowed(key: str, schema: Mapping[str, Any]) -> bool:
    return any(re.search(p, key) for p in schema.get("patternProperties", {}))


def shorten(text: str, most: int = 60) -> str:
    """A text as a message shows it, on one line and not longer than `most`."""
    shown = text.replace("\n", "⏎")
    return shown if len(shown) <= most else shown[: most - 1] + "…"
