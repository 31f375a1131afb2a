"""The sentences of a schema's refusals: what was found, and what is expected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seedspec.catalog.form import items_of
from seedspec.text.diagnostic import list_words
from seedspec.text.lookalike import odd_in
from seedspec.text.near import shorten

_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "a mapping",
    "array": "a list",
    "null": "nothing",
}


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
        return f"the number {shorten(str(value))}"
    return "a list" if isinstance(value, list) else "a mapping"


def type_of(value: object) -> str:
    """The type of JSON Schema that a value has."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "null" if value is None else "object"


def sentence(rule: str, value: Any, limit: Any, schema: Mapping[str, Any], otherwise: str) -> tuple[str, str]:
    """The code and the message for a value that breaks a rule; `otherwise` is said of a rule that is unknown here."""
    found = kind_of(value)
    if isinstance(value, str) and rule != "maxLength" and (odd := odd_in(value)):
        found += f", and {odd[0]}"
    if rule in ("type", "anyOf", "oneOf"):
        wanted = [_TYPES[t] for t in ([limit] if isinstance(limit, str) else limit)] if rule == "type" else []
        expected = schema.get("x-seedspec", {}).get("expected") or " or ".join(wanted)
        return "wrong-type", f"found {found}; expected {expected}"
    if rule == "enum":
        return "bad-choice", f"found {found}; expected {list_words(limit)}"
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
        return "repeated-item", "found the same item twice; expected each item once"
    if rule == "maxLength":
        return "too-long", f"found {len(str(value))} characters; expected at most {limit}"
    if rule == "pattern":
        if limit == r"\S":
            return "empty-text", "the text is empty; expected some words"
        if (items := items_of(str(value))) and "it holds" not in found:
            sign = str(value)[len(items[0]) :].strip()[:1]
            found += f", and `{sign}` stands in it"
        return "bad-form", f"found {found}; expected {schema.get('title', f'a match of {limit}')}"
    return "invalid", f"found {found}; {otherwise[:200]}"
