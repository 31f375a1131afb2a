"""What is written in the place of YAML that does not parse: the edits of each kind, and where nothing is certain."""

from __future__ import annotations

import pytest

from seedspec.text.diagnostic import Edit, Problems
from seedspec.text.edits import apply_edits
from seedspec.text.source import Source
from seedspec.text.yaml import parse, source_of
from seedspec.text.yaml_characters import MOST_TOLD
from seedspec.text.yaml_edits import (
    close_quote,
    indent_block,
    quote_for_yaml,
    quote_template,
    quote_value,
    value_of_line,
)


def edited(text: str, edits: tuple[Edit, ...]) -> str | None:
    """The text with the edits; None without any."""
    return apply_edits(text.encode(), Source("s", text), edits).decode() if edits else None


def test_a_text_is_quoted_by_what_is_in_it() -> None:
    made = [quote_for_yaml(t) for t in ("a", "it's", 'say "x"', "a\\b", 'it\'s "x"', "")]
    assert made == ['"a"', '"it\'s"', "'say \"x\"'", "'a\\b'", "'it''s \"x\"'", '""']


@pytest.mark.parametrize(
    ("text", "line", "value"),
    [
        ("a: x: y", 1, "x: y"), ("- a: x  ", 1, "x"), ("- - x", 1, "x"), ("a: x # y", 1, None), ("a: x#y", 1, "x#y"),
        ("a: x\n  y", 1, None), ("a: x\ny", 1, "x"), ("a: x\n\n  y", 1, "x"), ("- a: x\n  y: z", 1, "x"),
        ("- a: x\n   y: z", 1, None),
        ("\"a b\": x", 1, "x"), ("'a': x", 1, "x"), ("a:", 1, "a:"), ("", 1, None), ("a b: x", 1, "a b: x"),
        ("x\n  a.b-c: y", 2, "y"),
    ],
)  # fmt: skip
def test_the_value_of_a_line_ends_there_or_is_not_certain(text: str, line: int, value: str | None) -> None:
    source = Source("s", text)
    span = value_of_line(source, line)
    assert (None if span is None else span.text) == value
    quoted = quote_value(source, line)
    assert [(e.span, e.text) for e in quoted] == ([] if span is None else [(span, quote_for_yaml(span.text))])


@pytest.mark.parametrize(
    ("text", "start", "made"),
    [
        ("a: {{ x }}", 3, 'a: "{{ x }}"'), ("a: {{ x }} y", 3, 'a: "{{ x }} y"'),
        ("a: {b: {{ x }}}", 7, 'a: {b: "{{ x }}"}'), ("a: {b: {{ x }}, c: 1}", 7, 'a: {b: "{{ x }}", c: 1}'),
        ("a: [{{ x }} ]", 4, 'a: ["{{ x }}" ]'), ("a: [{{ x }} y]", 4, None), ("a: {{ x }}\n  y", 3, None),
        ("a: {b: {% x %}}", 7, None),
    ],
)  # fmt: skip
def test_a_template_is_quoted_alone_or_with_its_value(text: str, start: int, made: str | None) -> None:
    assert edited(text, quote_template(Source("s", text), start)) == made


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("a: |\nX y", "a: |\n  X y"), ("a: |\nX y\nZ\nb: 1", "a: |\n  X y\n  Z\nb: 1"),
        ("a: |\nX\n\nY\n- b", "a: |\n  X\n\n  Y\n- b"), ("a: |\nX\nb: 1\nY", None),
        ("a: |\nX\n# y\nb: 1", "a: |\n  X\n  # y\nb: 1"),
        ("a: |\nX\n  Y\nb: 1", "a: |\n  X\n    Y\nb: 1"), ("a: |\nX\n---\n", "a: |\n  X\n---\n"),
        ("a: |\n# x\nb: 1", "a: |\n  # x\nb: 1"), ("a: |", None),
    ],
)  # fmt: skip
def test_text_below_a_bar_is_indented_as_far_as_it_goes(text: str, made: str | None) -> None:
    assert edited(text, indent_block(Source("s", text), 1, 1)) == made


@pytest.mark.parametrize(
    ("text", "start", "made"),
    [
        ('a: "x', 3, 'a: "x"'), ("a: 'x  \nb: 1", 3, "a: 'x'  \nb: 1"), ('a: "x # y', 3, None), ('a: "x\\', 3, None),
        ('a: "x\n  y: 1', 3, 'a: "x"\n  y: 1'), ('a: "x\n\nb: 1', 3, 'a: "x"\n\nb: 1'),
        ('- "x\n- y', 2, '- "x"\n- y'), ('a: "x\nY z', 3, None),
    ],
)  # fmt: skip
def test_a_quote_is_closed_at_the_end_of_its_line(text: str, start: int, made: str | None) -> None:
    assert edited(text, close_quote(Source("s", text), start)) == made


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: 'x\u2028y'", 0), ("a: 'x \u2028y'", 1), ("a: 'x\u2028 y'", 1), ("a: '\u2028y'", 0), ("a: 'x\u2028'", 0),
        ("a: 'x  y\u2028z  w'", 0), ("a: x\u2028y\u2029z", 2),
        ("a: 'x\x85y'", 1), ("- " + "x\u2028" * 50 + "y", 50), ("- " + "x\u2028" * 51 + "y", MOST_TOLD),
    ],
)  # fmt: skip
def test_what_ends_a_line_for_yaml_alone_is_told_so_often(text: str, told: int) -> None:
    problems = Problems()
    source = source_of("s", text.encode(), problems)
    assert source is not None and parse(source, problems) is not None
    assert [d.code for d in problems] == ["line-separator"] * told
