"""The rule `pattern`: the judge that decides and the one that explains read every pattern alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from seedspec.catalog.schema import Schema
from seedspec.project import sources

CHARACTERS = [chr(c) for c in (*range(0x20), 0x7F, 0x85, 0xA0, 0x1680, 0x180E, *range(0x2000, 0x2010), 0x2028, 0x2029)]
CHARACTERS += list("\u202f\u205f\u2060\u3000\ufeff az09AZ$[]\\s-_.:/@#é中")
TEXTS = [*CHARACTERS, *(f"a{c}" for c in CHARACTERS), *(f"{c}b" for c in CHARACTERS), "", "a b", "a\n", "https://a.b/c"]
OWN = [
    r"^\S+$", r"^\s*$", r"\S", r"^[^\s]+$", r"^[^\s/]*/$", r"^[a\s]+$", r"a$", r"^a[$]$", r"^a\$", r"^[\[\]]+$",
    r"^[\\\s]b$", r"^.$",
]  # fmt: skip


def patterns(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("pattern"), str):
            yield schema["pattern"]
        for part in schema.values():
            yield from patterns(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from patterns(part)


@pytest.mark.parametrize("pattern", sorted({*OWN, *patterns(sources.schemas())}))
def test_a_text_that_is_refused_is_explained_and_no_other_one(pattern: str) -> None:
    schema = Schema({"type": "string", "pattern": pattern})
    taken = [text for text in TEXTS if schema.is_valid(text)]
    assert [text for text in TEXTS if not schema.violations(text)] == taken
