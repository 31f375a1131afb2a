"""`check --fix` and `check --diff`: what they show, what they write, and with which code they end."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from looks import LOOKS, Run

from seedspec.cli.check_fix import fix_all, show_fixes
from seedspec.cli.checking import Check
from seedspec.project.compile import Checked
from seedspec.project.reading import Reading
from seedspec.text.diagnostic import Edit

WRONG = LOOKS.replace("look.words", "lok.words")
ALSO_LEFT = WRONG.replace("{{ brand }}", "{{ brend_of_all }}")


class Proposing(Check):
    """A check whose findings carry the nearest known word as an edit, where they name one."""

    def read(self, path: str, reading: Reading | None = None) -> Checked:
        found = super().read(path, reading)
        said = [next((n.message for n in d.notes if n.message.startswith("did you mean")), "") for d in found[0]]
        return found._replace(diagnostics=tuple(
            replace(d, edits=(Edit(d.span, note.split("`")[1]),)) if note and d.span else d
            for d, note in zip(found.diagnostics, said, strict=True)
        ))  # fmt: skip


@pytest.fixture
def check(folder: Path) -> Check:
    return Proposing()


def test_the_difference_is_shown_and_written(looks: Path, check: Check, capfd: pytest.CaptureFixture[str]) -> None:
    looks.write_text(WRONG, newline="\r\n")
    found, complete = fix_all(["storyboard.yaml"], check, shown=True)
    said = capfd.readouterr()
    assert (found, complete, said.err) == ([], True, "fixed: 1 in storyboard.yaml\n")
    assert said.out == (
        "--- storyboard.yaml\n"
        "+++ storyboard.yaml\n"
        "@@ -15,7 +15,7 @@\n"
        " shots:\n"
        "   - id: open\n"
        "     prompt: |\n"
        "-      {{ ref('cup') }} on a table, {{ lok.words }}.\n"
        "+      {{ ref('cup') }} on a table, {{ look.words }}.\n"
        "       The words {{ brand }} appear.\n"
        "   - id: close\n"
        "     matrix: {only: []}\n"
    )
    assert looks.read_bytes() == LOOKS.replace("\n", "\r\n").encode()


def test_a_difference_alone_writes_nothing(looks: Path, check: Check, capfd: pytest.CaptureFixture[str]) -> None:
    looks.write_text(WRONG)
    found = show_fixes(["storyboard.yaml"], check)
    said = capfd.readouterr()
    assert [d.code for d in found] == ["undefined-name"] and "+      {{ ref('cup') }} on a table, {{ look" in said.out
    assert looks.read_text() == WRONG


def test_several_files_and_what_is_left(folder: Path, check: Check, capfd: pytest.CaptureFixture[str]) -> None:
    texts = {"a.yaml": WRONG, "b.yaml": LOOKS, "c.yaml": ALSO_LEFT}
    for name, text in texts.items():
        (folder / name).write_text(text)
    found, complete = fix_all(list(texts), check, shown=False)
    said = capfd.readouterr()
    assert complete and said.out == "" and said.err == "fixed: 1 in a.yaml\nfixed: 1 in c.yaml\n"
    assert [(d.code, str(d.span)) for d in found] == [("undefined-name", "c.yaml:19:20")]
    assert (folder / "a.yaml").read_text() == LOOKS and "lok.words" not in (folder / "c.yaml").read_text()


def test_what_cannot_be_written_is_said_and_the_rest_is_written(
    folder: Path, check: Check, capfd: pytest.CaptureFixture[str]
) -> None:
    (folder / "real.txt").write_text(WRONG)
    (folder / "a.yaml").symlink_to("real.txt")
    (folder / "b.yaml").write_text(WRONG)
    found, complete = fix_all(["a.yaml", "b.yaml"], check, shown=True)
    said = capfd.readouterr()
    assert not complete and [str(d.span) for d in found] == ["a.yaml:18:39"]
    assert "a.yaml: is a symbolic link" in said.err and "--- b.yaml" in said.out and "a.yaml" not in said.out
    assert (folder / "real.txt").read_text() == WRONG and (folder / "b.yaml").read_text() == LOOKS
    assert sorted(os.listdir(folder)) == ["a.yaml", "b.yaml", "real.txt"]


def test_where_nothing_can_be_fixed_nothing_changes(looks: Path, seedspec: Run) -> None:
    text = LOOKS.replace("look.words", "qwertyuiop")
    looks.write_text(text)
    before = looks.stat()
    for words in (("--fix",), ("--diff",), ("--fix", "--diff"), ("--fix", "--format", "json")):
        assert seedspec("check", *words).code == 3
    assert looks.read_text() == text and looks.stat().st_mtime_ns == before.st_mtime_ns
    looks.write_text(LOOKS)
    said = seedspec("check", "--fix")
    assert (said.code, said.out) == (0, "") and said.err.startswith("1 storyboard: no problems found\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--diff --format json", "--diff and --format exclude each other"),
        ("--watch --fix", "--watch and --fix exclude each other"),
        ("--watch --diff", "--watch and --diff exclude each other"),
        ("--watch --format github", "--watch and --format exclude each other"),
        ("--watch --probe-urls", "--watch and --probe-urls exclude each other"),
    ],
)
def test_options_that_exclude_each_other(looks: Path, seedspec: Run, words: str, said: str) -> None:
    done = seedspec("check", *words.split())
    assert (done.code, done.out, done.err) == (2, "", f"seedspec: {said}\n")
