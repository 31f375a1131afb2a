"""What each thing that a template does costs, and at which size it is too much; and how its text is cut in pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest

from seedspec.compiler.prompt.meter import MOST_CHARACTERS, MOST_WORK, Excess, Meter, weight
from seedspec.compiler.prompt.segments import split_segments

A = MOST_CHARACTERS
BIG = "x" * A

WEIGHTS: list[tuple[str, Any]] = [
    ("no text", ""),
    ("a text", "abc"),
    ("an umlaut", "é"),
    ("nothing", None),
    ("true", True),
    ("a float", 1.5),
    ("0", 0),
    ("7", 7),
    ("2 ** 10", 2**10),
    ("2 ** 100", 2**100),
    ("-(2 ** 100)", -(2**100)),
    ("an empty list", []),
    ("a list", [1, "ab", None]),
    ("a tuple", (1, 2)),
    ("a mapping", {"a": "bcd", "e": 5}),
    ("a set", {"ab"}),
    ("lists in lists", [[[]], ["a"]]),
    ("a mapping of lists", {"a": ["bc", {}]}),
    ("a range", range(50)),
    ("keys", {"a": 1}.keys()),
    ("values", {"a": 1, "b": 2}.values()),
    ("pairs", {"a": 1}.items()),
    ("a function", len),
    ("the most characters", BIG),
    ("one more", BIG + "x"),
    ("the most items", [1] * A),
    ("one more item", [1] * (A + 1)),
    ("a list of texts", ["x" * (A // 2)] * 2),
    ("a list of larger texts", ["x" * (A // 2 + 1)] * 2),
    ("half of it twice", [[1] * (A // 2), [1] * (A // 2 - 1)]),
    ("the most numbers", range(A)),
    ("one more number", range(A + 1)),
    ("half of it", [1] * (A // 2)),
    ("one more than half", [1] * (A // 2 + 1)),
    ("a frozen set", frozenset("ab")),
    ("2 ** (10 * most // 3)", 1 << (A * 10 // 3)),
    ("a larger number", 1 << (A * 10 // 3 + 10)),
]
BEFORE: list[tuple[str, Any, list[Any], dict[str, Any]]] = [
    ("upper", "abc", [], {}),
    ("upper", "x" * 100, [], {}),
    ("center", "a", [80], {}),
    ("center", "a", [A], {}),
    ("center", "a", [A + 1], {}),
    ("center", "a", [-A - 1], {}),
    ("center", "a", [], {"width": A + 1}),
    ("upper", "a", [A + 1], {}),
    ("batch", [1], [A + 1], {}),
    ("indent", "a\nb", [50], {}),
    ("indent", "a\nb", [A // 2], {}),
    ("indent", "a\nb", [A // 2 + 1], {}),
    ("indent", "a\nb", ["xxxxxx"], {}),
    ("indent", "a", [], {}),
    ("indent", 5, [10], {}),
    ("indent", "a", [A], {}),
    ("expandtabs", "a\tb\t", [], {}),
    ("expandtabs", "a\tb\t", [A // 2], {}),
    ("expandtabs", "a\tb\t", [A // 2 + 1], {}),
    ("expandtabs", "ab", [A + 1], {}),
    ("expandtabs", "a\t", [2], {}),
    ("tojson", [1, 2], [], {}),
    ("tojson", [1], [10], {}),
    ("tojson", [1], [A // 2], {}),
    ("tojson", [1], [A // 2 + 1], {}),
    ("replace", "aaa", ["a", "bb"], {}),
    ("replace", "aaa", ["", "bb"], {}),
    ("replace", "aaaa", ["a", "x" * (A // 4)], {}),
    ("replace", "aaaa", ["a", "x" * (A // 4 - 1)], {}),
    ("replace", "aaa", ["a"], {}),
    ("replace", [1], ["a", "b"], {}),
    ("join", ["a", "b"], [", "], {}),
    ("join", ", ", [["a", "b"]], {}),
    ("join", ["a", "b"], [], {}),
    ("join", "abc", ["-"], {}),
    ("join", ["a"] * 10, ["x" * (A // 10)], {}),
    ("join", ["a"] * 10, ["x" * (A // 10 - 2)], {}),
    ("join", {"a": 1}, ["xx"], {}),
    ("join", 5, [","], {}),
    ("format", "%s and %s", ["ab", 5], {}),
    ("format", "%99d", [1], {}),
    ("format", f"%{A}d", [1], {}),
    ("format", f"%{A - 20}d", [1], {}),
    ("format", "%*d", [A, 1], {}),
    ("format", "{:{}}", [1, A], {}),
    ("format", "{} {}", [1, 2], {}),
    ("format_map", "{a}", [{"a": "x" * 50}], {}),
    ("mod", "%s", [["a"]], {}),
    ("format", "%-*s", [(30, "a")], {}),
    ("round", 1.5, [A + 1], {}),
    ("truncate", "a", [A + 1], {}),
    ("wordwrap", "a", [A + 1], {}),
    ("ljust", "a", [A + 1], {}),
    ("rjust", "a", [A + 1], {}),
    ("zfill", "a", [A + 1], {}),
    ("slice", "a", [A + 1], {}),
    ("pprint", "a", [A + 1], {}),
    ("urlize", "a", [A + 1], {}),
    ("to_bytes", 1, [A + 1], {}),
    ("", None, ["hero"], {}),
    ("title", "a", [BIG + "x"], {}),
]
OPERATORS: list[tuple[str, Any, Any]] = [
    ("**", 2, 10),
    ("**", 2, 0.5),
    ("**", 2, A),
    ("**", 2, A + 1),
    ("**", 2, -A - 1),
    ("**", 1000, A // 3),
    ("**", 1000, A // 3 + 1),
    ("*", 3, 4),
    ("*", "ab", 10),
    ("*", 10, "ab"),
    ("*", "ab", A // 2),
    ("*", "ab", A // 2 + 1),
    ("*", [1], A + 1),
    ("*", "ab", -A),
    ("*", "a", "b"),
    ("*", 1.5, 2),
    ("*", 1 << (A * 5 // 3), 1 << (A * 5 // 3)),
    ("*", 1 << (A * 5 // 3 + 9), 1 << (A * 5 // 3 + 9)),
    ("+", "ab", "c"),
    ("+", [1] * (A // 2), [1] * (A // 2)),
    ("+", [1] * (A // 2), [1] * (A // 2 + 1)),
    ("+", 1, 2),
    ("%", "%d", 5),
    ("%", f"%{A}d", 5),
    ("%", f"%{A - 11}d", 5),
    ("%", A + 1, 5),
    ("-", 5, 3),
    ("/", 5, 3),
    ("//", 5, 3),
    ("-", BIG + "x", 3),
    ("-", 3, BIG + "x"),
]
TEXTS = [
    "",
    "Tea.",
    "{{ a }}",
    "x {{ a }} y",
    "{{ a }}{{ b }}",
    "a {% if x %}b{% endif %} c",
    "{% if x %}{{ a }}{% else %}b{% endif %}",
    "{% for x in y %}{% if x %}a{% elif z %}b{% endif %}{% endfor %}!",
    "{% set x = 3 %}{{ x }}",
    "{% include 'a' %}",
    "{# x #}",
    "a\r\nb",
    "{{- a }}",
    "{{ a -}}",
    "{%- if x %}{% endif %}",
    "{% if x +%}{% endif %}",
    "{{ {'a': 1}.a }}",
    "{{ '}}' }}",
    "{{ a }",
    "{{{ a }}}",
    "{% endif %}",
    "{% else %}",
    "{% if x %}",
    "{% if x %}{% endfor %}",
    "{% %}",
    "{%%}",
    "{ a } {{ b }}",
    "x { {{ b }}",
    "{{ a\nb }}",
    "{% if x %}{% else %}{% endif %}{% else %}",
    "{% if '%' %}{% endif %}",
    "{% raw %}{{ a }}{% endraw %}",
    "%} {{ a }}",
    "{{ a }} }}",
]


def cost(do: Callable[[Meter], Any]) -> str:
    meter = Meter()
    meter.begin()
    try:
        do(meter)
    except Excess as error:
        return str(error)
    return f"{MOST_WORK - meter.left} steps"


def lines() -> Iterator[str]:
    for name, value in WEIGHTS:
        try:
            found = str(weight(value))
        except Excess as error:
            found = str(error)
        yield f"weight of {name}: {found}; {cost(lambda m, v=value: m.admit(v))}"  # type: ignore[misc]
    for name, subject, args, named in BEFORE:
        shown = f"{name}({', '.join(map(_shown, [subject, *args, *named.values()]))})"
        yield f"{shown}: {cost(lambda m, b=(name, subject, args, named): m.before(*b))}"  # type: ignore[misc]
    for sign, left, right in OPERATORS:
        shown = f"{_shown(left)} {sign} {_shown(right)}"
        yield f"{shown}: {cost(lambda m, o=(sign, left, right): m.operator(*o))}"  # type: ignore[misc]
    for pieces in (["a", "bc", 5], [], ["x" * 100], ["x" * (A // 2)] * 2, ["x" * (A // 2), "x" * (A // 2 + 1)]):
        yield f"joined {_shown(pieces)}: {cost(lambda m, p=pieces: m.joined(p))}"  # type: ignore[misc]
    yield f"7 turns: {cost(lambda m: list(m.steps(range(7))))}"
    yield f"turns without end: {cost(lambda m: list(m.steps(repeat(1))))}"
    yield f"5 items made one by one: {cost(lambda m: m.charged(iter(range(5))))}"
    yield f"a list of 5: {cost(lambda m: m.charged([1] * 5))}"
    yield f"all work: {cost(lambda m: m.work(MOST_WORK))}"
    yield f"one step more: {cost(lambda m: m.work(MOST_WORK + 1))}"
    for text in TEXTS:
        yield f"{text!r}: {split_segments(text)}"


def _shown(value: Any) -> str:
    if isinstance(value, int) and value.bit_length() > 64:
        return f"a number of {value.bit_length()} bits"
    shown = repr(value)
    return shown if len(shown) < 60 else f"{type(value).__name__} of {len(value)}"


def test_what_each_thing_costs(expect: Callable[[Path, str], None]) -> None:
    expect(Path(__file__).parent / "metered.txt", "".join(f"{line}\n" for line in lines()))


def test_a_light_text_is_not_weighed_and_still_counted() -> None:
    meter = Meter()
    meter.left = 0
    with pytest.raises(Excess, match=f"does more than {MOST_WORK:,} steps"):
        meter.admit("short")
