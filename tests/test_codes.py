"""Every diagnostic code of the text, catalog and compiler rooms is shown by a case, and no case shows another."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
CASES = ROOT / "tests" / "cases"
ROOMS = ("text", "catalog", "compiler")

ELSEWHERE = {
    "too-large": "text/test_yaml.py",  # eight megabytes are not committed
    "body-too-large": "compiler/references/test_limits.py",  # needs a model with a smaller limit
    "media-not-checked": "compiler/test_compiler.py",  # needs an installation without the media libraries
    "media-fps-varies": "media/test_rules.py",  # needs a video
    "media-spelling": "compiler/references/test_media_names.py",  # needs a disk without letter case
    "media-remote": "run/service/test_probe.py",  # needs a server
    "upstream-size-unknown": "compiler/references/test_limits.py",  # every size of this model may be one
    "model-file": "catalog/test_model_files.py",  # needs a broken file in schemas/
    "expect-unmet": "cli/test_cli_expect.py",  # needs a saved video
    "provider-file": "security/test_provider_files.py",  # these need files beside a storyboard, and a user's folder
    "provider-not-trusted": "security/test_provider_files.py",
    "model-missing": "compiler/test_models.py",  # these need a second model
    "model-label": "compiler/test_models.py",
    "model-circle": "compiler/test_models.py",
    "field-needed": "compiler/test_models.py",
    "slot-not-with": "compiler/references/test_slots.py",  # no model that ships has such slots
    "model-retired": "compiler/storyboard/test_dates.py",  # needs a model whose days are over
    "model-ends": "compiler/storyboard/test_dates.py",
    "seed-with-takes": "compiler/test_model_hints.py",  # these two need a file of the user's
    "price-guessed": "compiler/test_model_hints.py",
    "cannot-read": "compiler/test_compiler.py",  # there is no file
}
"""Codes whose input cannot stand in a folder, and the tests that show them."""

PLACES = {"error": 0, "warning": 0, "refuse": 0, "warn": 0, "Violation": 1}
"""Which argument of a call is a code."""

NEVER = {"invalid"}
"""What is said when the two judges of a schema disagree; test_properties.py shows that they do not."""


def constants(node: ast.expr) -> Iterator[str]:
    """The texts that an argument may be; one that is computed from elsewhere is none."""
    if isinstance(node, ast.IfExp):
        yield from constants(node.body)
        yield from constants(node.orelse)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def emitted() -> set[str]:
    """The literals that stand where a code stands: in calls that report, in violations, and in the model files."""
    found: set[str] = set()
    for room in ROOMS:
        for path in (ROOT / "seedspec" / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                    at = {"error": 0, "warning": 0, "refuse": 0, "warn": 0, "Violation": 1}.get(name)
                    if at is not None and len(node.args) > at:
                        found |= set(constants(node.args[at]))
                    found |= {c for k in node.keywords if k.arg == "code" for c in constants(k.value)}
                elif isinstance(node, ast.FunctionDef):
                    defaults = [
                        *zip(node.args.args[::-1], node.args.defaults[::-1], strict=False),
                        *((a, d) for a, d in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if d),
                    ]
                    found |= {c for a, d in defaults if a.arg == "code" for c in constants(d)}
                    if node.name == "sentence":
                        returned = (n.value for n in ast.walk(node) if isinstance(n, ast.Return))
                        found |= {c for t in returned if isinstance(t, ast.Tuple) for c in constants(t.elts[0])}
    for path in (ROOT / "schemas").rglob("*.json"):
        found |= set(stated(json.loads(path.read_text(encoding="utf-8"))))
    return found


def stated(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        own = schema.get("x-seedspec")
        if isinstance(own, dict) and isinstance(own.get("code"), str):
            yield own["code"]
    for part in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from stated(part)


def shown() -> set[str]:
    texts = [p.read_text(encoding="utf-8") for p in (CASES / "errors").glob("*/expected.txt")]
    pattern = re.compile(r"^\S.*(?:error|warning|hint): .* \[([a-z0-9-]+)\]$", re.MULTILINE)
    return {code for text in texts for code in pattern.findall(text)}


def test_every_code_has_a_case() -> None:
    assert emitted() - shown() - ELSEWHERE.keys() - NEVER == set()


@pytest.mark.slow
def test_every_shown_code_is_emitted() -> None:
    assert shown() <= emitted() | ELSEWHERE.keys()


def test_codes_are_kebab_case() -> None:
    assert [c for c in emitted() if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", c)] == []


def test_codes_shown_elsewhere_are() -> None:
    for code, file in ELSEWHERE.items():
        assert f'"{code}"' in (ROOT / "tests" / file).read_text(encoding="utf-8"), code
