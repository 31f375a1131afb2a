"""Texts that are broken, odd or foreign, each with all that is said of it and the value that is read all the same.

They stand in the files of `broken/`: at the left edge a text as Python writes it, below it what is said of it. A new
one is a line there; `--update` writes those below.
"""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from seedspec.text.diagnostic import Diagnostic, Problems
from seedspec.text.json_nodes import json_source, nodes_of
from seedspec.text.node import plain
from seedspec.text.source import Source, Span
from seedspec.text.yaml import parse, source_of

BROKEN = Path(__file__).parent / "broken"


def place(span: Span | None) -> str:
    return "-" if span is None else ":".join(map(str, span.place))


def lines(found: Iterable[Diagnostic]) -> Iterable[str]:
    for d in found:
        yield f"  {place(d.span)} {d.severity} {d.code}: {d.message}"
        yield from (f"    | {n.message}" + (f" at {place(n.span)}" if n.span else "") for n in d.notes)
        for e in d.edits:
            yield f"    > {place(e.span)} {e.span.text!r} becomes {e.text!r}"


def of_yaml(text: str, problems: Problems) -> str:
    source = source_of("s.yaml", text.encode("utf-8", "surrogatepass"), problems)
    node = parse(source, problems) if source else None
    return "nothing" if node is None else repr(plain(node))


def of_json(text: str, problems: Problems) -> str:
    found = json_source("x.json", text.encode(), problems, "no-json")
    return "nothing" if found is None else repr(found[1])


def in_own_words(line: str) -> str:
    """A line without the words of the library that reads JSON."""
    return re.sub(r"(it is no JSON: )(?!the file is empty).*", r"\1…", line)


@pytest.mark.parametrize("file", sorted(BROKEN.iterdir()), ids=lambda file: file.stem)
def test_all_that_is_said_of_a_text_and_its_value(file: Path, expect: Callable[[Path, str], None]) -> None:
    texts = [literal_eval(line) for line in file.read_text(encoding="utf-8").splitlines() if line[:1] in ("'", '"')]
    assert texts
    out = []
    for text in texts:
        problems = Problems()
        value = (of_json if file.stem == "json" else of_yaml)(text, problems)
        out += [repr(text), *map(in_own_words, lines(problems)), f"  = {value}"]
    expect(file, "\n".join(out) + "\n")


def test_json_that_is_deep_or_holds_odd_characters_has_places() -> None:
    problems = Problems()
    deep = "[" * 300 + "]" * 300
    assert json_source("x.json", deep.encode(), problems, "no-json") is not None and len(problems) == 0
    node = nodes_of(Source("x.json", '{"a": "\\ud83d\\ude00\x7f", "b": [1]}'), problems)
    assert node is not None and plain(node)["b"] == [1] and len(problems) == 0
