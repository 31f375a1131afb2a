"""Writes the request fields of schemas/storyboard.json anew: what a storyboard may set is what the model files have.

python docs/make_schema.py
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

SCHEMAS = Path(__file__).parents[1] / "schemas"
PAGE = SCHEMAS / "storyboard.json"
WRITTEN: Mapping[str, tuple[str, ...]] = {
    "integer": ("integer", "number", "string"),
    "number": ("number", "string"),
    "boolean": ("boolean", "string"),
    "choice": ("string", "number"),
}
"""How YAML may have a value of a type: a template is text, and a choice may look like a number.

The request is judged by its model, with the field's own words; this only tells a value from what can be none.
"""
EXPECTED = {"integer": "a whole number", "number": "a number", "boolean": "true or false", "choice": "text"}
INSTEAD = {
    "array": "one video has one value; an axis makes a video for each: `matrix: {axes: {{key}: {value}}}`",
    "null": "write a value, or leave the key out",
}
IDENTITY = "Never part of a request's identity"


def made(text: str) -> str:
    """The schema's text with the request fields of all models, in each of the places where they may stand."""
    schema = json.loads(text)
    fields = request_fields(models())
    defs = schema["$defs"]
    before = defs["fields"]["properties"].keys() - {"takes"}
    for part in (defs["fields"], defs["overrides"]["items"], defs["shot"]):
        part["properties"] = dict(_replaced(part["properties"], before, fields))
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def models() -> list[dict[str, Any]]:
    """The model files, by their names."""
    found = [
        json.loads(p.read_text(encoding="utf-8")) for p in sorted(SCHEMAS.glob("*/*.json")) if p.parent.name != "meta"
    ]
    return [d for d in found if "properties" in d and "x-seedspec" in d]


def request_fields(documents: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The rule of each field that a storyboard may set, as the first model that has it says."""
    fields: dict[str, dict[str, Any]] = {}
    for document in documents:
        own = document["x-seedspec"]
        taken = {"model", own["prompt"]["field"], *(rule["field"] for rule in own["slots"].values())}
        for name, rule in document["properties"].items():
            if name not in taken:
                fields.setdefault(name, _rule(rule, volatile=name in own["volatile"]))
    return fields


def _rule(found: Mapping[str, Any], *, volatile: bool) -> dict[str, Any]:
    kind = "choice" if "enum" in found else found["type"]
    said = found["description"]
    if "minimum" in found:
        said += f" From {found['minimum']} to {found['maximum']}."
    rule: dict[str, Any] = {"description": f"{said} {IDENTITY}." if volatile else said}
    if volatile:
        rule["markdownDescription"] = f"{said} {IDENTITY}: changing it buys nothing."
    rule["type"] = list(WRITTEN[kind]) if kind in WRITTEN else kind
    examples = found.get("enum") or (
        [True, False] if kind == "boolean" else [found["default"]] if "default" in found else []
    )
    if examples:
        rule["examples"] = examples
    if kind in EXPECTED:
        rule["x-seedspec"] = {"expected": EXPECTED[kind], "instead": INSTEAD}
    return rule


def _replaced(
    properties: Mapping[str, Any], before: set[str], fields: Mapping[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """A mapping's keys with other fields in the place of those of before."""
    done = False
    for name, rule in properties.items():
        if name not in before:
            yield name, rule
        elif not done:
            done = True
            yield from fields.items()


if __name__ == "__main__":
    PAGE.write_text(made(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
