"""Words of other template languages, and places never filled in: found, and not in what people really write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from boards import compiled, written

CODES = ("template-foreign", "placeholder-left")


def corpus() -> list[tuple[str, str]]:
    lines = (Path(__file__).parent / "foreign.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split(" | ", 1) for line in lines if line and not line.startswith("# ")]
    return [(text.replace("\\n", "\n"), said) for said, text in pairs]


def board(prompt: str, **more: Any) -> dict[str, Any]:
    url = "https://cdn.example.com/"
    return {
        "seedspec": 1,
        "model": "seedance-2.0-reference-to-video",
        "vars": {"brand": "Sunny", "price": 5, "product_name": "Pour", **more},
        "references": {"hero": {"image": f"{url}a.png"}, "walk": {"video": f"{url}a.mp4", "seconds": 3}},
        "matrix": {"axes": {"look": {"noir": {"words": "dark"}}, "hook": ["question", "reveal"]}},
        "shots": [{"id": "a", "prompt": prompt}],
    }


@pytest.mark.parametrize(("text", "said"), corpus())
def test_as_people_write_them(text: str, said: str) -> None:
    out = compiled(written(board(text)))
    found = [d.span.text for d in out.diagnostics if d.code in CODES and d.span is not None]
    assert [f.replace('\\"', '"') for f in found] == ([] if said == "-" else _parts(said, text))


def _parts(said: str, text: str) -> list[str]:
    return [said] if said in text else said.split(" ")


def test_the_corpus_is_large() -> None:
    assert sum(said == "-" for _, said in corpus()) >= 60


@pytest.mark.parametrize("style", ["plain", "|", ">", "'", '"'])
def test_edits_mend_what_they_are_for(style: str) -> None:
    text = "A glass of ${BRAND} with ref('hero') and ${{ brand }}, {brand}"
    indented = f"{style}\n      {text}"
    forms = {"plain": text, "'": "'" + text.replace("'", "''") + "'", '"': f'"{text}"', "|": indented, ">": indented}
    head = "".join(f"{key}: {json.dumps(value)}\n" for key, value in board("").items() if key != "shots")
    source = f"{head}shots:\n  - id: a\n    prompt: {forms[style]}\n"
    found = [d for d in compiled(source).diagnostics if d.code in CODES]
    assert [d.code for d in found] == ["template-foreign"] * 4
    edits = sorted((e for d in found for e in d.edits), key=lambda e: -e.span.start)
    assert edits
    for edit in edits:
        source = source[: edit.span.start] + edit.text + source[edit.span.end :]
    out = compiled(source)
    assert not [d for d in out.diagnostics if d.code in CODES]
    assert {e.prompt.rstrip() for e in out.entries} == {"A glass of Sunny with image 1 and Sunny, Sunny"}
