"""Edits in the bytes of a file: only their spans change, whatever line ends, marks and characters stand around them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seedspec.text.diagnostic import Diagnostic, Edit, Problems
from seedspec.text.edits import Unlike, apply_edits, without_overlap
from seedspec.text.source import Source
from seedspec.text.yaml import source_of

CASES = sorted((Path(__file__).parents[1] / "cases").rglob("storyboard.yaml"))
MARK = b"\xef\xbb\xbf"


def source(raw: bytes) -> Source:
    found = source_of("a.yaml", raw, Problems())
    assert found is not None
    return found


def finding(whole: Source, *edits: tuple[int, int, str]) -> Diagnostic:
    return Diagnostic("x", "m", None, edits=tuple(Edit(whole.span(a, b), text) for a, b, text in edits))


@pytest.mark.parametrize(
    ("raw", "start", "end", "text", "after"),
    [
        (b"a: 1\nb: 2\n", 5, 6, "c", b"a: 1\nc: 2\n"),
        (b"a: 1\r\nb: 2\r\n", 5, 6, "c", b"a: 1\r\nc: 2\r\n"),
        (MARK + b"a: 1 \t\r\nb: 2", 7, 8, "c", MARK + b"a: 1 \t\r\nc: 2"),
        ("茶: 🍵\r\né: 2\r\n".encode(), 5, 6, "b", "茶: 🍵\r\nb: 2\r\n".encode()),
        (b"a: 1\rb: 2\r", 5, 6, "c", b"a: 1\rc: 2\r"),
        (b"a: 1\r\nb: 2\nc: 3\r", 10, 11, "d", b"a: 1\r\nb: 2\nd: 3\r"),
        (b"a: 1\r\nb: 2\r\n", 4, 4, "\nx: 0", b"a: 1\r\nx: 0\r\nb: 2\r\n"),
        (b"a: 1\nb: 2\r\n", 9, 9, "\n", b"a: 1\nb: 2\n\r\n"),
        (b"a: 1\r\nb: 2\r\n", 4, 5, " ", b"a: 1 b: 2\r\n"),
        (b"a: 1\r\n", 5, 5, "b: 2", b"a: 1\r\nb: 2"),
        (b"", 0, 0, "a: 1\n", b"a: 1\n"),
        (b"a: 1", 0, 4, "", b""),
    ],
)
def test_one_edit(raw: bytes, start: int, end: int, text: str, after: bytes) -> None:
    whole = source(raw)
    assert apply_edits(raw, whole, [Edit(whole.span(start, end), text)]) == after


def test_several_edits_are_made_at_once() -> None:
    raw = b"a: {{ x }}\r\nb: {{ y }}\r\n"
    whole = source(raw)
    one = finding(whole, (3, 3, '"'), (10, 10, '"'))
    two = finding(whole, (14, 21, "'z'"))
    assert without_overlap([one, two]) == (one, two)
    assert apply_edits(raw, whole, [*two.edits, *one.edits]) == b"a: \"{{ x }}\"\r\nb: 'z'\r\n"


@pytest.mark.parametrize(
    "second",
    [(2, 5), (4, 4), (0, 9), (5, 6), (3, 6)],
)
def test_of_two_that_want_the_same_characters_the_first_stays(second: tuple[int, int]) -> None:
    whole = Source("a.yaml", "0123456789")
    first, other = finding(whole, (3, 6, "x")), finding(whole, (*second, "y"))
    assert without_overlap([first, other]) == (first,)
    assert without_overlap([other, first]) == (other,)


def test_what_only_touches_stays_and_what_is_alike_is_made_once() -> None:
    whole = Source("a.yaml", "0123456789")
    first = finding(whole, (3, 6, "x"))
    beside = finding(whole, (0, 3, "a"), (6, 9, "b"))
    again = finding(whole, (3, 6, "x"))
    assert without_overlap([first, beside, again]) == (first, beside, again)
    assert apply_edits(b"0123456789", whole, [e for d in (first, beside, again) for e in d.edits]) == b"axb9"
    assert without_overlap([finding(whole, (3, 3, "a")), finding(whole, (3, 3, "b"))]) == (finding(whole, (3, 3, "a")),)
    assert without_overlap([finding(whole, (1, 4, "a"), (2, 3, "b"))]) == ()
    assert without_overlap([finding(whole)]) == ()


def test_bytes_of_another_text_are_refused() -> None:
    whole = source(b"a: 1\r\n")
    for raw in (b"a: 2\r\n", b"a: 1\r\n\r\n", b"a: \xff\r\n", b""):
        with pytest.raises(Unlike):
            apply_edits(raw, whole, [])
    assert apply_edits(b"a: 1\n", whole, []) == b"a: 1\n"  # the same text with other line ends


def texts() -> list[bytes]:
    """Every storyboard of the cases that can be read, with line ends of both kinds, with a mark and without."""
    found = []
    for raw in (case.read_bytes() for case in CASES):
        if source_of("a.yaml", raw, Problems()) is not None:
            plain = raw.removeprefix(MARK).replace(b"\r\n", b"\n")
            found += [raw, plain.replace(b"\n", b"\r\n"), MARK + plain]
    return found


TEXTS = texts()
PIECES = st.text(st.sampled_from("a'\"{}: \t茶é🍵#"), max_size=6)


@settings(max_examples=400)
@given(st.sampled_from(TEXTS), st.data())
@pytest.mark.slow
def test_only_the_spans_change(raw: bytes, data: st.DataObject) -> None:
    """Of any edits those that are kept change their spans, and no other byte of any storyboard."""
    whole = source(raw)
    places = st.integers(0, len(whole.text))
    pairs = st.tuples(places, places).map(lambda pair: (min(pair), min(max(pair), min(pair) + 30)))
    wanted = data.draw(st.lists(st.lists(st.tuples(pairs, PIECES), min_size=1, max_size=3), max_size=6))
    found = [finding(whole, *((a, b, text) for (a, b), text in edits)) for edits in wanted]
    kept = without_overlap(found)
    after = apply_edits(raw, whole, [e for d in kept for e in d.edits])
    # the whole again, piece by piece and by another way: characters of the source against units of the file
    units = units_of(raw.removeprefix(MARK).decode())
    assert len(units) == len(whole.text)
    expected, at = "", 0
    for start, end, text in sorted({(e.span.start, e.span.end, e.text) for d in kept for e in d.edits}):
        expected += "".join(units[at:start]) + text
        at = end
    expected += "".join(units[at:])
    assert after == (MARK if raw.startswith(MARK) else b"") + expected.encode()
    if any(d.edits for d in found):
        assert kept or all(len(d.edits) > 1 for d in found)


def units_of(text: str) -> list[str]:
    """The characters of a text, a line end of two characters as one."""
    units: list[str] = []
    for c in text:
        if c == "\n" and units and units[-1] == "\r":
            units[-1] = "\r\n"
        else:
            units.append(c)
    return units
