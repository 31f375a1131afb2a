"""The request fields of models as rules of the storyboard's schema: what may stand under each one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from seedspec.catalog.field_words import WORDS

_WRITTEN: Mapping[str, tuple[str, ...]] = {
    "integer": ("integer", "number", "string"),
    "number": ("number", "string"),
    "boolean": ("boolean", "string"),
    "choice": ("string", "number"),
}
"""How YAML may have a value of a type: a template is text, and a choice may look like a number.

The request is judged by its model, with the field's own words; this only tells a value from what can be none.
"""
_EXPECTED = {"integer": "a whole number", "number": "a number", "boolean": "true or false", "choice": "text"}
_INSTEAD = {
    "array": "one video has one value; an axis makes a video for each: `matrix: {axes: {{key}: {value}}}`",
    "null": "write a value, or leave the key out",
}
_IDENTITY = "Never part of a request's identity"


def field_rules(documents: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The rule of each field that a storyboard for one of these models may set, by the storyboard's word for it.

    The first model that has a field describes it; what may be written is what any of them takes.
    """
    found: dict[str, list[tuple[Mapping[str, Any], bool]]] = {}
    for document in documents:
        own = document["x-seedspec"]
        for name, rule in _fields(document):
            found.setdefault(_word(own, name), []).append((_in_words(own, name, rule), name in own["volatile"]))
    order = [w for w in WORDS if w in found] + [name for name in found if name not in WORDS]
    return {name: _rule([rule for rule, _ in found[name]], volatile=found[name][0][1]) for name in order}


def own_rules(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The same for one model, by its own names."""
    volatile = document["x-seedspec"]["volatile"]
    return {name: _rule([rule], volatile=name in volatile) for name, rule in _fields(document)}


def or_null(rules: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The rules where null means that a field is not sent: in overrides and profiles."""
    out = {}
    for name, rule in rules.items():
        types = rule["type"] if isinstance(rule["type"], list) else [rule["type"]]
        said = {**rule.get("x-seedspec", {}), "instead": {k: v for k, v in _INSTEAD.items() if k != "null"}}
        out[name] = {**rule, "type": [*types, "null"], "x-seedspec": said}
    return out


def extend_schema(storyboard: Mapping[str, Any], rules: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The storyboard's schema with further request fields, in each of the places where they may stand."""
    defs = storyboard["$defs"]
    items = defs["overrides"]["items"]
    return {
        **storyboard,
        "$defs": {
            **defs,
            "fields": _with(defs["fields"], rules),
            "profile_fields": _with(defs["profile_fields"], or_null(rules)),
            "overrides": {**defs["overrides"], "items": _with(items, or_null(rules))},
            "shot": _with(defs["shot"], rules),
        },
    }


def _with(place: Mapping[str, Any], rules: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {**place, "properties": {**rules, **place["properties"]}}


def _fields(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    own = document["x-seedspec"]
    taken = {"model", own["prompt"]["field"], *(slot["field"] for slot in own["slots"].values())}
    return ((name, rule) for name, rule in document["properties"].items() if name not in taken)


def _word(own: Mapping[str, Any], field: str) -> str:
    return next((word for word, means in own["means"].items() if means.get("field") == field), field)


def _in_words(own: Mapping[str, Any], field: str, rule: Mapping[str, Any]) -> Mapping[str, Any]:
    """A field's rule in the storyboard's own values."""
    values = own["means"].get(_word(own, field), {}).get("values")
    if not values:
        return rule
    if set(values) == {"true", "false"}:
        return {**{k: v for k, v in rule.items() if k != "enum"}, "type": "boolean"}
    named = {own: word for word, own in values.items()}
    return {**rule, "enum": [named.get(value, value) for value in rule.get("enum", values)]}


def _rule(found: list[Mapping[str, Any]], *, volatile: bool) -> dict[str, Any]:
    first = found[0]
    kind = "choice" if "enum" in first else first.get("type", "string")
    said = first["description"]
    ranges = [(r["minimum"], r["maximum"]) for r in found if "minimum" in r and "maximum" in r]
    if ranges:
        by_model = "" if len(set(ranges)) == 1 else ", by the model"
        said += f" From {min(low for low, _ in ranges)} to {max(high for _, high in ranges)}{by_model}."
    rule: dict[str, Any] = {"description": f"{said} {_IDENTITY}." if volatile else said}
    if volatile:
        rule["markdownDescription"] = f"{said} {_IDENTITY}: changing it buys nothing."
    rule["type"] = list(_WRITTEN[kind]) if kind in _WRITTEN else kind
    examples = list(dict.fromkeys(value for r in found for value in r.get("enum", ()))) or (
        [True, False] if kind == "boolean" else [first["default"]] if "default" in first else []
    )
    if examples:
        rule["examples"] = examples
    if kind in _EXPECTED:
        rule["x-seedspec"] = {"expected": _EXPECTED[kind], "instead": _INSTEAD}
    return rule
