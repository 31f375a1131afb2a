"""Writes two parts of schemas/storyboard.json anew: request fields, as models have them; measures, as they are made.

python docs/make_schema.py
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from seedspec.catalog.field_rules import field_rules, or_null
from seedspec.measures.values import MEASURES, Measure

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
    expect = defs["expect"]
    judge = {"description": "The score that a judge of `seedspec measure --judge` gives.", **_ref("")}
    expect["properties"] = {m.name: {"description": _said(m), **_ref(m.unit)} for m in MEASURES}
    expect["patternProperties"] = {JUDGE: judge}
    defs |= {name: _bounds(unit) for unit, name in BOUNDS.items()}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


JUDGE = r"^judge\.[A-Za-z][A-Za-z0-9_-]{0,39}$"
"""How an expectation names the score of a judge."""

BOUNDS = {
    "seconds": "bounds_seconds",
    "LUFS": "bounds_lufs",
    "dBTP": "bounds_dbtp",
    "count": "bounds_count",
    "": "bounds",
}
"""The rules for bounds by their unit."""

_CALLED = {"seconds": "a time", "LUFS": "loudness", "dBTP": "a peak", "count": "a count", "": "a score"}
_UNITS = {"s": "seconds", "places": "count", "cuts": "count", "SSIM": ""}


def _said(measure: Measure) -> str:
    unit = f", in {unit}" if (unit := _UNITS.get(measure.unit, measure.unit)) not in ("", "count") else ""
    return f"{measure.says[0].upper()}{measure.says[1:]}{unit}."


def _ref(unit: str) -> dict[str, str]:
    return {"$ref": f"#/$defs/{BOUNDS[_UNITS.get(unit, unit)]}"}


def _bounds(unit: str) -> dict[str, Any]:
    """Bounds in a unit; null switches off what a storyboard or a shot expects. Time and counts are never below zero."""
    least = {"minimum": 0} if unit in ("seconds", "count") else {}
    told = {"x-seedspec": {"unit": unit.replace("count", ""), "instead": {"object": "write a number"}}}
    number = {"type": "number", **least, **told}
    return {
        "description": "The bounds of a measure; null switches off what a storyboard or a shot expects.",
        "type": ["object", "null"],
        "additionalProperties": False,
        "minProperties": 1,
        "properties": {
            "min": {"description": "The least that is expected.", **number},
            "max": {"description": "The most that is expected.", **number},
        },
        "x-seedspec": {
            "place": f"in an expectation of {_CALLED[unit]}",
            "meant": [
                ["minimum least at_least from above gt gte ge greater more_than lower low >= >", "min"],
                ["maximum most at_most to below lt lte le less under less_than upper high <= <", "max"],
                ["value equals equal eq is target exactly", "one value is written twice: `{min: 2, max: 2}`"],
                ["unit units", "delete it: a bound is in the unit that docs/measures.md lists"],
                ["range between", "write both bounds: `{min: 1, max: 2}`"],
            ],
            "expected": "bounds such as `{min: 1, max: 2}`",
            "instead": {
                "number": "say which bound it is: `{key}: {max: {value}}`, or `{min: {value}}`",
                "object": "write `{min: NUMBER}`, `{max: NUMBER}`, or both",
                "array": "write `{key}: {min: 1, max: 2}`",
                "any": "write the bounds as numbers: `{key}: {max: 1}`",
            },
        },
    }


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
