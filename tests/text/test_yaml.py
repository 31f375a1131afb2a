"""YAML text into positioned values: the 1.2 core schema, every value at its place, and bounds that hold."""

from __future__ import annotations

import time
from typing import Any

import pytest

from seedspec.text.diagnostic import Problems
from seedspec.text.node import Map, Node, Scalar, Sequence, at, merge, plain
from seedspec.text.source import Source, Span, excerpt
from seedspec.text.yaml import MOST_BYTES, parse, source_of
from seedspec.text.yaml_nodes import MOST_NODES


def read(raw: str | bytes) -> tuple[Node | None, Problems]:
    problems = Problems()
    source = source_of("s.yaml", raw if isinstance(raw, bytes) else raw.encode(), problems)
    return parse(source, problems) if source else None, problems


def value_of(text: str) -> Any:
    node, problems = read(f"x: {text}\n")
    assert node is not None and not problems.failed, list(problems)
    return plain(node)["x"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("16:9", "16:9"), ("9:16", "9:16"), ("21:9", "21:9"), ("1:1", "1:1"), ("1:30", "1:30"),
        ("190:20:30", "190:20:30"),
        ("yes", "yes"), ("no", "no"), ("on", "on"), ("off", "off"), ("y", "y"), ("N", "N"), ("True", True),
        ("FALSE", False),
        ("tRue", "tRue"), ("null", None), ("~", None), ("", None), ("Null", None), ("nULL", "nULL"), ("None", "None"),
        ("010", 10), ("-010", -10), ("0", 0), ("-0", 0), ("00", 0), ("+5", 5), ("0o14", 12), ("0x1F", 31),
        ("0b11", "0b11"),
        ("1_000", "1_000"), ("1e3", 1000.0), ("1.", 1.0), (".5", 0.5), ("1.10", 1.1), ("-1.5E-2", -0.015),
        (".", "."), ("1e", "1e"),
        ("2026-11-23", "2026-11-23"), ("2026-11-23 10:00:00", "2026-11-23 10:00:00"), ("=", "="), ("<<", "<<"),
        ("0x", "0x"),
        ('"5"', "5"), ("'no'", "no"), ("!!str 5", "5"), ("! 5", "5"), ("|\n  a\n  b", "a\nb\n"),
        (">-\n  a\n  b", "a b"),
        ("[1, two]", [1, "two"]), ("{a: 1}", {"a": 1}), ("{5: 1, true: 2}", {"5": 1, "true": 2}),
        ("1" * 300, int("1" * 300)),
    ],
)  # fmt: skip
def test_plain_values(text: str, value: Any) -> None:
    found = value_of(text)
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize("text", [".inf", "-.INF", ".nan", "1e999", "-1e999", "1" * 301])
def test_numbers_that_no_request_can_hold(text: str) -> None:
    _, problems = read(f"x: {text}\n")
    assert [d.code for d in problems] == ["number-range"]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_places_with_any_line_ends(ends: str, mark: str) -> None:
    text = "a: 1\nb:\n  - 'zwei 😀'\n  - {c: three}\n"
    node, problems = read(mark + text.replace("\n", ends))
    assert node is not None and len(problems) == 0
    assert at(node, ("b", 0)).span.place == (3, 5)
    assert at(node, ("b", 0)).span.text == "'zwei 😀'"
    assert at(node, ("b", 1, "c")).span.place == (4, 9)
    assert at(node, ("b", 9)) is at(node, ("b",))
    assert isinstance(node, Map) and node.pairs["b"].key.span.place == (2, 1)


def test_anchors_and_tags_are_no_part_of_a_value() -> None:
    node, problems = read(
        "a: &one 5\nb: !!str\n  &two words\nc: [*one, *two]\nd: &three |\n  x\ne: *three\nf: &n\ng: *n\n"
    )
    assert node is not None and len(problems) == 0
    for path, text in ((("a",), "5"), (("b",), "words"), (("c", 0), "5"), (("f",), "")):
        found = at(node, path)
        assert isinstance(found, Scalar) and found.span.text == text, path
    assert at(node, ("c", 0)) is at(node, ("a",))
    literal = at(node, ("d",))
    assert literal.span.text.startswith("|")


def test_merge_keys() -> None:
    node, problems = read(
        "one: &one {a: 1, b: 1}\ntwo: &two {b: 2, c: 2}\n"
        "x: {<<: [*one, *two], c: 3}\ny: {b: 0, <<: *one}\nz: {'<<': 1}\n"
        "w:\n  <<: *one\n  <<: *two\n"
    )
    assert node is not None and len(problems) == 0
    value = plain(node)
    assert value["x"] == {"a": 1, "b": 1, "c": 3}
    assert value["y"] == {"a": 1, "b": 0}
    assert value["z"] == {"<<": 1}
    assert value["w"] == {"a": 1, "b": 1, "c": 2}
    weak, strong = at(node, ("one",)), at(node, ("two",))
    assert isinstance(weak, Map) and isinstance(strong, Map)
    assert plain(merge(weak, strong)) == {"a": 1, "b": 2, "c": 2}


def soon(raw: str | bytes, code: str, within: float = 2.0) -> None:
    began = time.process_time()  # what else the machine does is no matter
    _, problems = read(raw)
    assert [d.code for d in problems] == [code]
    assert time.process_time() - began < within


def test_bombs_are_met_soon() -> None:
    wide = "a: &a [" + ",".join("x" * 10) + "]\n"
    for one, two in zip("abcdefgh", "bcdefghi", strict=True):
        wide += f"{two}: &{two} [{', '.join([f'*{one}'] * 10)}]\n"
    soon(wide, "too-many-nodes")
    merges = "a0: &a0 {k: 1}\n" + "".join(
        f"a{i}: &a{i} {{<<: [*a{i - 1}, *a{i - 1}], x: [*a{i - 1}, *a{i - 1}]}}\n" for i in range(1, 40)
    )
    soon(merges, "too-many-nodes")
    for opening in ("[", "{a: ", "- ", "[{a: "):
        soon(opening * 200_000, "too-deep")
    soon("? " * 200_000, "key-type")
    soon("\n".join(" " * n + "a:" for n in range(2000)), "too-deep")


def test_a_file_of_more_than_eight_megabytes() -> None:
    soon(b"#" * (MOST_BYTES + 1), "too-large")
    soon(b"#" * MOST_BYTES, "empty-file")


def test_many_values_are_no_bomb() -> None:
    node, problems = read("a: &a [" + "x," * 1000 + "]\nb: [" + "*a," * (MOST_NODES // 1100) + "]\n")
    assert node is not None and len(problems) == 0


def test_an_alias_inside_its_own_anchor() -> None:
    soon("a: &a [1, *a]\n", "undefined-alias")


@pytest.mark.parametrize("bad", ["\0", "\x07", "\x1b", "\x7f", "\x9f", "\ufffe", "\uffff"])
def test_control_characters(bad: str) -> None:
    _, problems = read(f"a: 1\nb: x{bad}y\n")
    (only,) = problems
    assert only.code == "control-character" and only.span is not None and only.span.place == (2, 5)


@pytest.mark.parametrize(
    ("raw", "place"), [(b"a: \xff\n", (1, 4)), (b"\xef\xbb\xbfa: 1\nb: \xc3\n", (2, 4)), (b"a\xed\xa0\x80", (1, 2))]
)
def test_bytes_that_are_not_utf8(raw: bytes, place: tuple[int, int]) -> None:
    _, problems = read(raw)
    (only,) = problems
    assert only.code == "not-utf8" and only.span is not None and only.span.place == place


def test_all_mistakes_of_the_values_at_once() -> None:
    _, problems = read("a: 1\na: 2\nb: .inf\nc: !x 1\nd: {k: 1, k: 2}\ne: &lost word\n")
    assert [d.code for d in problems] == ["duplicate-key", "number-range", "unknown-tag", "duplicate-key", "word-eaten"]


@pytest.mark.parametrize(
    ("text", "eaten"),
    [
        ("a: &hero walks", "&hero"), ("a: ! really", "!"), ("- &one two three", "&one"),
        ("a: &hero walks\nb: *hero", ""), ("a: &hero 'walks'", ""), ("a: &hero 5", ""), ("a: &hero [x]", ""),
        ("a: &hero\nb: 1", ""),
        ("a: walks & talks", ""), ("a: !!str walks", ""),
    ],
)  # fmt: skip
def test_words_eaten_as_anchors(text: str, eaten: str) -> None:
    _, problems = read(text + "\n")
    assert [d.span.text for d in problems if d.span and d.code == "word-eaten"] == ([eaten] if eaten else [])
    assert not problems.failed


def test_positions_of_sources() -> None:
    source = Source("s", "ab\n\nc")
    assert [source.position(n) for n in range(6)] == [(1, 1), (1, 2), (1, 3), (2, 1), (3, 1), (3, 2)]
    assert [source.line(n) for n in (1, 2, 3)] == ["ab", "", "c"]
    assert str(source.span(4)) == "s:3:1" and source.span(5).end == 5
    assert Span(source, 0, 4).end_place == (3, 1)


@pytest.mark.parametrize(
    ("line", "marked", "shown", "carets"),
    [
        ("a: bad", "bad", "a: bad", "   ^^^"),
        ("茶: bad", "bad", "茶: bad", "    ^^^"),
        ("\ta: bad", "bad", "    a: bad", "       ^^^"),
        ("a: 茶茶", "茶茶", "a: 茶茶", "   ^^^^"),
        ("a: \u202ebad", "bad", "a: ·bad", "    ^^^"),
        ("é😀: x", "x", "é😀: x", "     ^"),
    ],
)
def test_excerpts(line: str, marked: str, shown: str, carets: str) -> None:
    start = line.index(marked)
    assert excerpt(Source("s", f"before\n{line}\nafter").span(7 + start, 7 + start + len(marked))) == (shown, carets)


@pytest.mark.parametrize("length", [0, 1, 30, 99, 100, 101, 150, 5000, 1_000_000])
@pytest.mark.parametrize("size", [1, 10, 90, 2000])
def test_long_lines_are_cut_around_the_carets(length: int, size: int) -> None:
    text = "x" * length + "!" * size + "y" * length
    shown, carets = excerpt(Source("s", text).span(length, length + size))
    assert len(shown) <= 102 and len(carets) <= 102
    marked = shown[carets.index("^") : len(carets)]
    assert set(marked) == {"!"} and set(carets) <= {" ", "^"}
    assert ("…" in shown) == (len(text) > 100)


def test_a_span_over_several_lines_is_marked_to_the_end_of_its_first() -> None:
    node, _ = read("a: |\n  x\nb: [1,\n  2]  # two\n")
    assert isinstance(node, Map)
    assert excerpt(node.pairs["a"].value.span) == ("a: |", "   ^")
    found = node.pairs["b"].value
    assert isinstance(found, Sequence) and [plain(i) for i in found] == [1, 2]
    assert excerpt(found.span) == ("b: [1,", "   ^^^")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('a: {b: "x" c: "y"}', "a `,` is missing behind this value"),
        ('a: ["x" "y"]', "a `,` is missing behind this value"),
        ("a: {b: 4, , c: x}", "not valid YAML: found `,`; expected a value"),
        ("a: {, b: 4}", "not valid YAML: found `,`; expected a value"),
        ("a: [1, , 2]", "not valid YAML: found `,`; expected a value"),
        ("a: {b: : 4}", "not valid YAML: found `:`; expected a value"),
        ('a: ["x" y: {d} }', "not valid YAML: found `y`; expected `,` or `]`"),
    ],
)
def test_a_list_or_mapping_in_brackets_that_is_broken_is_one_finding(text: str, message: str) -> None:
    _, problems = read(text + "\n")
    assert [(d.code, d.message) for d in problems] == [("yaml-syntax", message)]
