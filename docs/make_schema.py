"""Writes the request fields of schemas/storyboard.json anew: what a storyboard may set is what the model files have.

python docs/make_schema.py
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from seedspec.catalog.field_rules import field_rules, or_null

SCHEMAS = Path(__file__).parents[1] / "schemas"
PAGE = SCHEMAS / "storyboard.json"


def made(text: str) -> str:
    """The schema's text with the request fields of all models, in each of the places where they may stand."""
    schema = json.loads(text)
    usual = schema["properties"]["model"]["examples"][0]
    fields = field_rules(sorted(models(), key=lambda d: d["x-seedspec"]["model"] != usual))
    defs = schema["$defs"]
    before = defs["fields"]["properties"].keys() - {"takes"}
    for part in (defs["fields"], defs["shot"]):
        part["properties"] = dict(_replaced(part["properties"], before, fields))
    for part in (defs["profile_fields"], defs["overrides"]["items"]):
        part["properties"] = dict(_replaced(part["properties"], before, or_null(fields)))
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def models() -> list[dict[str, Any]]:
    """The model files, by their names."""
    found = [
        json.loads(p.read_text(encoding="utf-8")) for p in sorted(SCHEMAS.glob("*/*.json")) if p.parent.name != "meta"
    ]
    return [d for d in found if "properties" in d and "x-seedspec" in d]


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
