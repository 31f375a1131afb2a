"""Findings as people, programs and GitHub read them, and changes of files as a diff, whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from seedspec.report import diagnostics, patch
from seedspec.text.diagnostic import Diagnostic, Edit, Note, Severity
from seedspec.text.source import Source

EXPECTED = Path(__file__).parent / "expected"
Expect = Callable[[Path, str], None]
TEXT = Source("tea.yaml", "one: 1\n  two: https://x.y/a?X-Amz-Signature=abc\u202e\n\nthree:\u00a04\n")
FINDINGS = [
    Diagnostic("a-hint", "a hint", None, Severity.HINT),
    Diagnostic("an-error", "found\x1b `x`; expected: a, 50 %", TEXT.span(9, 12), Severity.ERROR,
               (Note("first", TEXT.span(0, 3)), Note("did you mean `y`?")), ("open/1",),
               (Edit(TEXT.span(9, 12), "to"),)),
    Diagnostic("a-warning", "over lines", TEXT.span(0, 12), Severity.WARNING, (), ("a/1", "b/1")),
    Diagnostic("empty", "an empty line", TEXT.span(TEXT.text.index("\n\n") + 1), Severity.ERROR),
    Diagnostic("space", "a\u00a0space", TEXT.span(TEXT.text.index("three"), TEXT.text.index("4")), Severity.WARNING),
]  # fmt: skip


def test_findings(expect: Expect) -> None:
    said = [diagnostics.as_text(FINDINGS), diagnostics.as_text(FINDINGS, color=True), diagnostics.as_json(FINDINGS)]
    said += [
        diagnostics.as_github(FINDINGS),
        diagnostics.as_github(FINDINGS * 2),
        diagnostics.as_github(FINDINGS[:1] * 11),
    ]
    many = replace(FINDINGS[0], entries=("a/1",) * 1200)
    said += [diagnostics.as_text([many]), diagnostics.as_github([many])]
    tallies = [diagnostics.tally(found) for found in ([], FINDINGS, FINDINGS[:1], FINDINGS[2:3])]
    expect(EXPECTED / "findings.txt", "\n".join([*said, *tallies]) + "\n")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("a\n", "a\n", []),
        ("a\r\nb\r\n", "\ufeffa\nc\n", ["@@ -1,2 +1,2 @@", " a", "-b", "+c"]),
        ("a", "b", ["@@ -1 +1 @@", "-a", "\\ No newline at end of file", "+b", "\\ No newline at end of file"]),
        ("", "a\n", ["@@ -0,0 +1 @@", "+a"]),
        ("\n".join("abcdefghijkl"), "\n".join("abcdXfghiXkl"),
         ["@@ -2,11 +2,11 @@", " b", " c", " d", "-e", "+X", " f", " g", " h", " i", "-j", "+X", " k", " l",
          "\\ No newline at end of file"]),
        ("\n".join("abcdefghijkl"), "\n".join("aXcdefghiXkl"),
         ["@@ -1,5 +1,5 @@", " a", "-b", "+X", " c", " d", " e", "@@ -7,6 +7,6 @@", " g", " h", " i", "-j", "+X",
          " k", " l", "\\ No newline at end of file"]),
        ("a\nb\nc\n", "a\nx\ny\nc\n", ["@@ -1,3 +1,4 @@", " a", "-b", "+x", "+y", " c"]),
        ("a\tb\x1b\n", "a\tb https://x.y/z?X-Amz-Signature=abc\n",
         ["@@ -1 +1 @@", "-a\tb\\u001b", "+a\tb https://x.y/z?X-Amz-Signature=***"]),
    ],
)  # fmt: skip
def test_changes_of_a_file(before: str, after: str, said: list[str]) -> None:
    head = ["--- a\\u001b.yaml", "+++ a\\u001b.yaml"] if said else []
    assert patch.unified_diff("a\x1b.yaml", before.encode(), after.encode()) == [*head, *said]


def test_changes_of_a_file_in_colour() -> None:
    assert patch.unified_diff("a", b"x\ny\n", b"x\nz\n", color=True) == [
        "\x1b[1m--- a\x1b[0m", "\x1b[1m+++ a\x1b[0m", "\x1b[36m@@ -1,2 +1,2 @@\x1b[0m", " x", "\x1b[31m-y\x1b[0m",
        "\x1b[32m+z\x1b[0m",
    ]  # fmt: skip
