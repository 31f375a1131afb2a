"""Characters that look like those of YAML: named at the character, mended by their edits, and left alone in a text."""

from __future__ import annotations

from typing import Any

import pytest

from seedspec.text.diagnostic import Diagnostic, Problems
from seedspec.text.node import Node, plain
from seedspec.text.source import Source
from seedspec.text.yaml import parse, source_of

SHOTS = "seedspec: 1\nshots:\n"
A = {"seedspec": 1, "shots": [{"id": "a", "prompt": "x"}]}


def read(text: str) -> tuple[Node | None, list[Diagnostic], Source]:
    problems = Problems()
    source = source_of("s.yaml", text.encode(), problems)
    assert source is not None
    return parse(source, problems), list(problems), source


def fixed(text: str, found: list[Diagnostic]) -> str:
    for start, end, new in sorted({(e.span.start, e.span.end, e.text) for d in found for e in d.edits}, reverse=True):
        text = text[:start] + new + text[end:]
    return text


@pytest.mark.parametrize(
    ("text", "place", "word", "meant"),
    [
        (SHOTS + "  - id: a\n\u00a0\u00a0\u00a0\u00a0prompt: x\n", (4, 1), "U+00A0 (no-break space)", A),
        (SHOTS + "  - id: a\n\u3000\u3000prompt: x\n", (4, 1), "U+3000 (ideographic space)", A),
        (SHOTS + "  - id: a\n  \u2003\u2003prompt: x\n", (4, 3), "U+2003 (em space)", A),
        (SHOTS + "\u00a0 - id: a\n    prompt: x\n", (3, 1), "U+00A0", A),
        (SHOTS + "  -\u00a0id: a\n    prompt: x\n", (3, 4), "U+00A0", A),
        (SHOTS + "  - id:\u00a0a\n    prompt: x\n", (3, 8), "U+00A0", A),
        (SHOTS + "  - id: a\n    \u200bprompt: x\n", (4, 5), "U+200B (zero width space)", A),
        (SHOTS + "  - id: a\n\ufeff    prompt: x\n", (4, 1), "U+FEFF", A),
        (SHOTS + "  – id: a\n    prompt: x\n", (3, 3), "U+2013 (en dash)", A),
        (SHOTS + "  — id: a\n    prompt: x\n", (3, 3), "U+2014 (em dash)", A),
        (SHOTS + "  • id: a\n    prompt: x\n", (3, 3), "U+2022 (bullet)", A),
        (SHOTS + "  · id: a\n    prompt: x\n", (3, 3), "U+00B7 (middle dot)", A),
        (SHOTS + "  － id: a\n    prompt: x\n", (3, 3), "U+FF0D", A),
        (SHOTS + "  * id: a\n    prompt: x\n", (3, 3), "`*`", A),
        (SHOTS + "  - id：a\n    prompt: x\n", (3, 7), "U+FF1A (fullwidth colon)", A),
        (SHOTS + "  - id： a\n    prompt: x\n", (3, 7), "U+FF1A", A),
        (SHOTS + "  - id: a\n    prompt：x\n", (4, 11), "U+FF1A", A),
        (SHOTS + "  - {id: a， prompt: x}\n", (3, 11), "U+FF0C (fullwidth comma)", A),
        (SHOTS + "  - ｛id: a， prompt: x｝\n", (3, 5), "U+FF5B", A),
        (SHOTS + "  - {id: a, prompt: x｝\n", (3, 22), "U+FF5D", A),
        ("seedspec: 1\n＃ one\nshots: [1]\n", (2, 1), "U+FF03 (fullwidth number sign)", {"seedspec": 1, "shots": [1]}),
        ("a: “x: y”\n", (1, 4), "U+201C (left double quotation mark)", {"a": "x: y"}),
        ("a: ‘x: y’\n", (1, 4), "U+2018 (left single quotation mark)", {"a": "x: y"}),
        ('a: "x: y”\nb: "z"\n', (1, 9), "U+201D (right double quotation mark)", {"a": "x: y", "b": "z"}),
        ("a: x\u2028y\nb: 1\n", (1, 5), "U+2028 (line separator)", {"a": "x y", "b": 1}),
        ("a: x\u2029y\nb: 1\n", (1, 5), "U+2029 (paragraph separator)", {"a": "x y", "b": 1}),
        ("a: x\u0085y\nb: 1\n", (1, 5), "U+0085 (next line)", {"a": "x y", "b": 1}),
        ("a: |\n  x\u2028y\nb: 1\n", (2, 4), "U+2028", {"a": "x\ny\n", "b": 1}),
    ],
)  # fmt: skip
def test_one_finding_at_the_character(text: str, place: tuple[int, int], word: str, meant: Any) -> None:
    _, found, _ = read(text)
    assert [d.code for d in found] in (["look-alike"], ["line-separator"], ["control-character"])
    assert found[0].span is not None and found[0].span.place == place and word in found[0].message
    node, again, _ = read(fixed(text, found))
    assert again == [] and node is not None and plain(node) == meant


@pytest.mark.parametrize(
    "text",
    [
        "prompt: She\u00a0walks：“slowly”， then – waits… ＃1\n",
        "prompt: |\n  \u3000\u3000她说：走。\n  – one\n  • two\n  * three\n  Note：x\nb: 1\n",
        "prompt: “she walks”\nb: ｛wide｝\n",
        "title: 👩\u200d🎨 می\u200cخواهم\n",
        'prompt: "one\u2028two"\n',
        "图片：x: 1\n茶: ［a］\n",
    ],
)
def test_in_a_text_they_are_text(text: str) -> None:
    node, found, _ = read(text)
    assert found == [] and node is not None


@pytest.mark.parametrize("fault", ["@x", "`x`", "x: y", "{{ x }}"])
def test_a_text_beside_a_fault_is_not_blamed(fault: str) -> None:
    _, found, _ = read(f"title: “she walks”\nnotes: |\n  – one\n  Note：two\nprompt: {fault}\nb: “x”\n")
    assert len(found) == 1 and found[0].code != "look-alike" and found[0].span is not None
    assert found[0].span.place[0] == 5
