"""Tables and documents of others become storyboards: cases as data, and what may not happen whatever is in a file."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from seedspec import api
from seedspec.cli.main import start

CASES = Path(__file__).parents[1] / "cases" / "import"
Expect = Callable[[Path, str], None]
OUR_FILES = ("expected.yaml", "expected.txt", "options.txt")
ABSENT = {"media-file"}
"""The media of these sources are not here."""


def test_there_are_as_many_as_there_were() -> None:
    assert len(list(CASES.iterdir())) >= 15


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda p: p.name)
def test_a_source_becomes_a_storyboard(
    case: Path, tmp_path: Path, expect: Expect, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (source,) = (p for p in case.iterdir() if p.name not in OUR_FILES)
    shutil.copyfile(source, tmp_path / source.name)
    options = case / "options.txt"
    words = shlex.split(options.read_text(encoding="utf-8")) if options.exists() else []
    code = start(["init", "made", "--no-schema", "--from", source.name, *words])
    said = capfd.readouterr().err.removesuffix(
        "next: seedspec check made/storyboard.yaml && seedspec run made/storyboard.yaml --emulator\n"
    )
    expect(case / "expected.txt", said)
    assert code == 0, said
    made = (tmp_path / "made" / "storyboard.yaml").read_text(encoding="utf-8")
    expect(case / "expected.yaml", made)
    errors = [d for d in api.check("made/storyboard.yaml") if d.severity == "error" and d.code not in ABSENT]
    if TABLES or "  axes:" not in made:
        assert [f"{d.span} {d.message}" for d in errors] == []


def _has_tables() -> bool:
    from boards import compiled

    board = "seedspec: 1\nmodel: seedance-2.0-reference-to-video\nmatrix: {axes: {ad: [{id: a, line: b}]}}\n"
    return compiled(board + 'shots: [{id: a, prompt: "{{ ad.line }}"}]\n').ok


TABLES = _has_tables()
