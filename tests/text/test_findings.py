"""Findings while they are collected: what is one with another, what follows from what was told, and in which order."""

from __future__ import annotations

import pytest

from seedspec.text.diagnostic import EVERYTHING, Diagnostic, Edit, Note, Problems, Severity
from seedspec.text.edits import without_overlap
from seedspec.text.node import Map, Pair, Scalar, Sequence, at, merge, plain
from seedspec.text.source import Source, Span, excerpt

ONE, TWO = Source("a.yaml", "x: 010\ny: [1, two]\n"), Source("b.yaml", "z\n")


def shown(problems: Problems) -> list[tuple[str, str]]:
    return [(d.code, str(d.span)) for d in problems]


def test_findings_stand_in_the_order_of_files_and_places() -> None:
    problems = Problems()
    problems.error("b", "m", TWO.span(0))
    problems.error("d", "n", ONE.span(3))
    problems.warning("d", "m", ONE.span(3))
    problems.error("c", "m", ONE.span(3))
    problems.error("z", "m", ONE.span(0))
    problems.error("y", "m", None)
    found = [(d.code, d.message, str(d.span)) for d in problems]
    assert found == [
        ("y", "m", "None"), ("z", "m", "a.yaml:1:1"), ("c", "m", "a.yaml:1:4"), ("d", "m", "a.yaml:1:4"),
        ("d", "n", "a.yaml:1:4"), ("b", "m", "b.yaml:1:1"),
    ]  # fmt: skip
    assert (problems.errors, len(problems), problems.reported, problems.failed) == (5, 6, 6, True)


def test_equal_findings_are_one_that_lists_its_entries() -> None:
    problems = Problems()
    for entry in ("a/1", "b/1", "a/1", ""):
        problems.warning("c", "m", ONE.span(0), entry=entry)
    problems.error("c", "m", ONE.span(0), entry="c/1")
    problems.warning("c", "m", ONE.span(0, 2))
    assert [(str(d.severity), d.entries) for d in problems] == [
        ("warning", ("a/1", "b/1")),
        ("error", ("c/1",)),
        ("warning", ()),
    ]
    assert (problems.errors, len(problems), problems.reported) == (1, 3, 6)


def test_notes_and_edits_are_told_apart_and_a_message_is_a_line() -> None:
    problems = Problems()
    edit = Edit(ONE.span(0), "y")
    problems.error("c", "a\r\nb", ONE.span(0), "first", edit, Note("second", TWO.span(0)))
    (found,) = problems
    assert found == Diagnostic(
        "c", "a⏎b", ONE.span(0), Severity.ERROR, (Note("first"), Note("second", TWO.span(0))), (), (edit,)
    )


def test_a_number_that_none_can_hold_is_one_mistake() -> None:
    place, problems = ONE.span(3, 6), Problems()
    assert not problems.unread(place)
    problems.error("number-range", "m", place)
    problems.error("type", "m", place)
    problems.warning("word", "m", place)
    problems.error("type", "m", ONE.span(3, 5))
    assert shown(problems) == [(code, "a.yaml:1:4") for code in ("number-range", "type", "word")]
    assert problems.reported == 4 and problems.unread(place) and not problems.unread(ONE.span(3, 5))
    late = Problems()
    late.error("type", "m", place)
    late.error("number-range", "m", place)
    assert len(late) == 2, "what was told is not taken back"


@pytest.mark.parametrize(
    ("tag", "value", "unread"),
    [((3, 6), (3, 6), True), ((3, 6), (4, 6), True), ((3, 5), (3, 6), True), ((3, 4), (3, 6), False),
    ((4, 6), (3, 6), False), ((3, 6), (7, 7), True), ((3, 6), (8, 8), False)],
)  # fmt: skip
def test_a_value_behind_a_tag_without_a_meaning_is_unread(
    tag: tuple[int, int], value: tuple[int, int], unread: bool
) -> None:
    problems = Problems()
    problems.error("unknown-tag", "m", Span(ONE, *tag))
    assert problems.unread(Span(ONE, *value)) is unread and not problems.unread(Span(TWO, *value))
    other = Problems()
    other.error("unknown-tag", "m", None)
    assert not other.unread(Span(ONE, *value))


def test_a_zero_in_front_is_no_second_fault_of_a_number_that_is_wrong() -> None:
    zero = Problems()
    zero.warning("leading-zero", "m", ONE.span(3, 6))
    assert shown(zero) == [("leading-zero", "a.yaml:1:4")]
    zero.error("range", "m", ONE.span(3, 6))
    assert shown(zero) == [("range", "a.yaml:1:4")]


def test_what_was_set_aside_or_meant_is_known_also_anew() -> None:
    problems = Problems()
    assert not problems.has_set_aside and not problems.is_set_aside("hero") and not problems.is_meant("Hero")
    problems.set_aside("hero", "cup")
    problems.mean("Look")
    fresh = problems.anew()
    for one in (problems, fresh):
        assert one.has_set_aside and one.is_set_aside("cup") and not one.is_set_aside("Cup")
        assert one.is_meant("LOOK") and not one.is_meant("hook")
    fresh.set_aside("more")
    fresh.mean(EVERYTHING)
    assert fresh.is_meant("hook") and not problems.is_meant("hook") and not problems.is_set_aside("more")


def test_a_file_that_is_known_to_be_broken_is_so_anew() -> None:
    problems = Problems()
    problems.warning("w", "m", None)
    assert not problems.is_known_broken and not problems.anew().is_known_broken
    problems.error("e", "m", None)
    fresh = problems.anew()
    assert fresh.is_known_broken and not fresh.failed and len(fresh) == 0 and fresh.anew().is_known_broken
    fresh.extend(problems)
    assert fresh.failed and len(fresh) == 2


def test_edits_of_several_findings_are_made_where_they_are_apart() -> None:
    def found(*places: tuple[int, int], source: Source = ONE, text: str = "!") -> Diagnostic:
        return Diagnostic("c", "m", edits=tuple(Edit(Span(source, *p), text) for p in places))

    first, twice, inside, beside = found((3, 6)), found((3, 6)), found((4, 5)), found((6, 8))
    other, empty, overlapping = found((3, 6), source=TWO), found(), found((0, 2), (1, 3))
    same, around, same_place = found((0, 2), (0, 2)), found((2, 7)), found((3, 6), text="?")
    assert without_overlap([first, twice, inside, beside, other, empty, overlapping, same, around, same_place]) == (
        first, twice, beside, other,
    )  # fmt: skip
    at_end, before = found((8, 8)), found((3, 3))
    assert without_overlap([beside, at_end, first, before]) == (beside, at_end, first, before)
    assert without_overlap([before, found((3, 3), text="?")]) == (before,), "two at one place have no order"
    assert (
        without_overlap([found((0, 1)), found((10, 12)), found((4, 5)), found((1, 4)), found((4, 11))])[-1]
        .edits[0]
        .span.start
        == 1
    )


def test_a_source_shows_its_lines_and_its_places() -> None:
    assert repr(ONE) == "Source('a.yaml', 3 lines)" and repr(ONE.span(7)) == "Span(a.yaml:2:1)"
    assert ONE.starts == (0, 7, 19) and ONE.span(7, 8).text == "y" and ONE.span(18, 19).end_place == (3, 1)
    assert [ONE.line(n) for n in (1, 2, 3)] == ["x: 010", "y: [1, two]", ""]
    assert ONE.span(19).end == 19 and ONE.span(5).end == 6 and Source("c", "x") != Source("c", "x")


@pytest.mark.parametrize(
    ("text", "start", "end", "shown", "carets"),
    [
        ("a: 1", 4, 4, "a: 1 ", "    ^"), ("a: 1  \nb", 3, 8, "a: 1  ", "   ^"), ("", 0, 0, " ", "^"),
        ("ab\u00ad", 0, 1, "ab\\u00ad", "^"),
        ("a\u00a0b", 1, 2, "a\\u00a0b", " ^^^^^^"), ("a\tb\x07c\ue000", 2, 3, "a    b·c·", "     ^"),
        ("abcdefghijklmnopqrstuvwxyz", 13, 14, "…jklmnopqrstu…", "     ^"),
        ("abcdefghijklmnopqrstuvwxyz", 0, 20, "abcdefgh…", "^^^^^^^^"),
        ("abcdefghijklmnopqrstuvwxyz", 25, 26, "…opqrstuvwxyz", "            ^"),
        ("abcdefghijkl", 0, 1, "abcdefghijkl", "^"),
        ("abcdefghijklm", 0, 1, "abcdefghijkl…", "^"), ("茶茶茶茶茶茶茶茶", 3, 4, "…茶茶茶茶茶茶…", "     ^^"),
        ("abc" + "d" * 60, 0, 3, "abcddddddddd…", "^^^"),
    ],
)  # fmt: skip
def test_an_excerpt_of_twelve_cells(text: str, start: int, end: int, shown: str, carets: str) -> None:
    assert excerpt(Source("s", text).span(start, end), width=12) == (shown, carets)


def test_nodes_are_found_merged_and_made_plain() -> None:
    span = ONE.span(0)
    one, two = Scalar(1, Span(ONE, 11, 12)), Scalar("two", Span(ONE, 14, 17))
    items = Sequence((one, two), span)
    tree = Map({"y": Pair(Scalar("y", span), items), "x": Pair(Scalar("x", span), one)}, span)
    assert plain(tree) == {"y": [1, "two"], "x": 1} and plain(one) == 1 and [*items] == [one, two]
    shared = plain(Map({"a": Pair(two, items), "b": Pair(two, items)}, span))
    assert shared["a"] is shared["b"]
    assert tree.get("x") is one and tree.get("z") is None and [k for k, _ in tree.items()] == ["y", "x"]
    paths: list[tuple[tuple[str | int, ...], object]] = [
        ((), tree), (("y", 1), two), (("y", 2), items), (("y", -1), items), (("y", "x"), items), ((0,), tree),
        (("z",), tree), (("x", "y"), one),
    ]  # fmt: skip
    for path, node in paths:
        assert at(tree, path) is node
    weak = Map({"x": Pair(two, two), "w": Pair(two, two)}, TWO.span(0))
    merged = merge(weak, tree)
    assert [*merged.pairs] == ["x", "w", "y"] and merged.get("x") is one and merged.span is span
    assert (one.text, two.text, Scalar(None, ONE.span(0, 0)).text) == ("1", "two", "")
    assert repr(one).startswith("Scalar(value=1, span=Span(a.yaml:2:5)") and repr(tree.pairs["x"]).startswith(
        "Pair(key=Scalar("
    )
