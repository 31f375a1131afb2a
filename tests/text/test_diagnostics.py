"""How findings are shown: as text, as JSON and as annotations, whatever the file holds."""

from __future__ import annotations

import json

from seedspec.report.diagnostics import MOST_ANNOTATIONS, as_github, as_json, as_text, tally
from seedspec.text.diagnostic import Diagnostic, Edit, Note, Problems, Severity, did_you_mean, list_words
from seedspec.text.source import Source
from seedspec.text.visible import visible

SOURCE = Source("boards/tea.yaml", "one: 1\ntwo: {a: 2}\n\nfour: 茶 is warm\n")
HERE = SOURCE.span(7, 10)


def test_text_as_it_is_documented() -> None:
    found = Diagnostic(
        "some-code",
        "found `two`; expected `2`",
        HERE,
        notes=(Note("did you mean `one`?"), Note("it is here", SOURCE.span(26, 27))),
        entries=("a/1", "a/2"),
    )
    assert as_text([found]) == (
        "boards/tea.yaml:2:1: error: found `two`; expected `2` [some-code]\n"
        "  2 | two: {a: 2}\n"
        "    | ^^^\n"
        "    = did you mean `one`?\n"
        "    = it is here: boards/tea.yaml:4:7\n"
        "  4 | four: 茶 is warm\n"
        "    |       ^^\n"
        "    = in 2 entries, first `a/1`\n"
    )


def test_text_without_a_place_and_without_anything() -> None:
    assert as_text([]) == ""
    assert as_text([Diagnostic("cannot-read", "no such file", None, Severity.WARNING)]) == (
        "warning: no such file [cannot-read]\n"
    )
    assert as_text([Diagnostic("empty", "nothing here", SOURCE.span(19))]) == (
        "boards/tea.yaml:3:1: error: nothing here [empty]\n"
    )


def test_colour_changes_nothing_else() -> None:
    found = [Diagnostic("x", "m", HERE, severity) for severity in Severity]
    colored = as_text(found, color=True)
    assert "\x1b[31merror\x1b[0m" in colored and "\x1b[33mwarning\x1b[0m" in colored
    for code in ("\x1b[0m", "\x1b[1m", "\x1b[31m", "\x1b[33m", "\x1b[36m"):
        colored = colored.replace(code, "")
    assert colored == as_text(found)


def test_nothing_of_a_file_steers_the_terminal() -> None:
    evil = "\x1b[2J\u202e\u2066\x9b31m\x07\u200f\ufeff\ud800\U000e0041"
    source = Source(f"a{evil}.yaml", f"k: {evil}")
    found = Diagnostic(
        "x", f"found `{evil}`\n", source.span(3, 5), notes=(Note(evil, source.span(0)),), entries=(evil,)
    )
    for shown in (as_text([found]), as_json([found]), as_github([found])):
        assert all(c.isprintable() or c == "\n" for c in shown)
        shown.encode("utf-8")
    assert visible("a\x1b\u202e\ud800\U000e0041茶\u3000é") == "a\\u001b\\u202e\\ud800\\udb40\\udc41茶\u3000é"


def test_json_is_the_documented_list() -> None:
    found = Diagnostic("x", 'found "茶\u202e"', HERE, Severity.HINT, (Note("n"), Note("m", SOURCE.span(0))), ("a/1",))
    (one,) = json.loads(as_json([found]))
    assert list(one) == [
        "severity", "code", "message", "file", "line", "column", "end_line", "end_column", "notes", "entries",
        "edits",
    ]  # fmt: skip
    assert one | {"notes": []} == {
        "severity": "hint", "code": "x", "message": 'found "茶\u202e"', "file": "boards/tea.yaml", "line": 2,
        "column": 1,
        "end_line": 2, "end_column": 4, "notes": [], "entries": ["a/1"], "edits": [],
    }  # fmt: skip
    nowhere = {"file": None, "line": None, "column": None, "end_line": None, "end_column": None}
    assert one["notes"][0] == {"message": "n", **nowhere}
    assert one["notes"][1]["column"] == 1
    assert json.loads(as_json([])) == []
    (mended,) = json.loads(as_json([Diagnostic("x", "m", edits=(Edit(SOURCE.span(0, 1), "y"),))]))
    assert [(e["text"], e["column"], e["end_column"]) for e in mended["edits"]] == [("y", 1, 2)]
    (bare,) = json.loads(as_json([Diagnostic("x", "m")]))
    assert bare.items() >= nowhere.items()


def test_annotations() -> None:
    source = Source("a,b:c%.yaml", "x: |\n  y\nz\n")
    found = [
        Diagnostic("later", "a warning: 100%", source.span(0), Severity.WARNING),
        Diagnostic("first", "two\r\nlines, and: %", source.span(3, 8), notes=(Note("a note"),), entries=("a/1", "b/1")),
        Diagnostic("hint", "nothing much", None, Severity.HINT),
    ]
    assert as_github(found).splitlines() == [
        "::error file=a%2Cb%3Ac%25.yaml,line=1,endLine=2,title=first::two\\u000d⏎lines, and: %25%0Aa note%0A"
        "in 2 entries, first `a/1`",
        "::warning file=a%2Cb%3Ac%25.yaml,line=1,endLine=1,col=1,endColumn=2,title=later::a warning: 100%25",
        "::notice title=hint::nothing much",
    ]


def test_annotations_are_ten_at_most() -> None:
    many = [Diagnostic(f"w{n}", "m", HERE, Severity.WARNING) for n in range(20)]
    many += [Diagnostic(f"e{n}", "m", HERE) for n in range(5)]
    lines = as_github(many).splitlines()
    assert len(lines) == MOST_ANNOTATIONS == 10
    assert [line.split(" ")[0] for line in lines] == ["::error"] * 5 + ["::warning"] * 5
    assert lines[-1] == "::warning title=seedspec::16 warnings more; run `seedspec check` to see all"
    assert len(as_github(many[:10]).splitlines()) == 10 and "more" not in as_github(many[:10])


def test_tally() -> None:
    found = [Diagnostic("x", "m"), Diagnostic("x", "m", severity=Severity.WARNING), Diagnostic("y", "m")]
    assert tally(found) == "2 errors, 1 warning" and tally([]) == "no findings"


def test_problems_are_merged_and_sorted() -> None:
    problems = Problems()
    problems.warning("later", "w", SOURCE.span(9))
    problems.error("here", "m", HERE, entry="a/1")
    problems.error("here", "m", HERE, entry="b/1")
    problems.error("here", "m", HERE, entry="a/1")
    problems.error("nowhere", "m", None)
    assert [(d.code, d.entries) for d in problems] == [("nowhere", ()), ("here", ("a/1", "b/1")), ("later", ())]
    assert problems.failed and len(problems) == 3
    other = Problems()
    other.warning("w", "m", None)
    assert not other.failed
    other.extend(problems)
    assert other.failed


def test_words() -> None:
    assert did_you_mean("wether", ["weather", "water"]) == ("did you mean `weather`?",)
    assert did_you_mean("xyz", ["weather"]) == () == did_you_mean("x", [])
    assert (
        list_words([]) == "nothing" and list_words(["a"]) == "`a`" and list_words(["a", "b", "c"]) == "`a`, `b` or `c`"
    )
    assert list_words(range(20), 2) == "`0`, `1` or 18 more"
