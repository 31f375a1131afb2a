"""Addresses and names of media in a storyboard: what is said of them, where, and for whom."""

from __future__ import annotations

from pathlib import Path

import pytest
from boards import MODEL, compiled

from seedspec import api
from seedspec.catalog.media_facts import MediaFacts
from seedspec.compiler.references.context import Inputs
from seedspec.compiler.references.limits import MediaFile
from seedspec.compiler.request.expand import expand
from seedspec.compiler.storyboard.reader import storyboard_of
from seedspec.project import sources
from seedspec.project.sources import spell_as_on_disk
from seedspec.text.diagnostic import Diagnostic, Edit, Problems
from seedspec.text.yaml import parse, source_of

BOARD = "seedspec: 1\nmodel: {model}\nreferences: {{hero: {{image: {target}}}}}\n"
BOARD += "shots:\n  - {{id: a, prompt: \"{{{{ ref('hero') }}}}\"}}\n"


def found(target: str, file: MediaFile) -> list[Diagnostic]:
    problems = Problems()
    source = source_of("s.yaml", BOARD.format(model=MODEL, target=target).encode(), problems)
    assert source is not None
    node = parse(source, problems)
    assert node is not None
    board = storyboard_of(node, sources.catalog(), "s", problems)
    assert board is not None
    list(expand(board, Inputs(lambda *_: file, lambda _: None), problems).entries())
    return list(problems)


def test_a_file_of_another_spelling_on_this_disk() -> None:
    file = MediaFile("assets/hero.png", "1" * 64, MediaFacts(bytes=1000), "png", spelling="assets/Hero.PNG")
    (only,) = found("assets/hero.png", file)
    assert only.code == "media-spelling" and only.severity == "warning" and "assets/Hero.PNG" in only.message
    assert only.span is not None
    assert only.edits == (Edit(only.span, "assets/Hero.PNG"),)


def test_no_edit_where_the_path_is_quoted_or_made() -> None:
    file = MediaFile("assets/hero.png", "1" * 64, MediaFacts(bytes=1000), "png", spelling="assets/Hero.PNG")
    (only,) = found("'assets/hero.png'", file)
    assert only.code == "media-spelling" and only.edits == ()


@pytest.mark.parametrize(
    ("target", "there", "spelling"),
    [
        ("assets/hero.png", {"/b": ["assets"], "/b/assets": ["hero.png"]}, ""),
        ("assets/hero.png", {"/b": ["assets"], "/b/assets": ["Hero.PNG"]}, "assets/Hero.PNG"),
        ("assets/hero.png", {"/b": ["Assets"], "/b/Assets": ["hero.png"]}, "Assets/hero.png"),
        ("caf\u00e9.png", {"/b": ["cafe\u0301.png"]}, "cafe\u0301.png"),
        ("cafe\u0301.png", {"/b": ["caf\u00e9.png"]}, "caf\u00e9.png"),
        ("hero.png", {"/b": ["hero.png", "Hero.png"]}, ""),
        ("hero.png", {"/b": ["HERO.png", "Hero.png"]}, ""),
        ("../x/Hero.png", {"/b/../x": ["hero.png"]}, "../x/hero.png"),
        ("./Hero.png", {"/b/.": ["hero.png"]}, "./hero.png"),
        ("hidden/hero.png", {}, ""),
    ],
)
def test_the_spelling_of_a_disk_that_takes_either(target: str, there: dict[str, list[str]], spelling: str) -> None:
    def names(folder: str) -> list[str]:
        if folder not in there:
            raise PermissionError(folder)
        return there[folder]

    assert spell_as_on_disk(Path("/b"), target, names) == spelling


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/a.png", "http://localhost:9/a.png"])
def test_an_api_on_this_machine_reaches_it(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "storyboard.yaml").write_text(BOARD.format(model=MODEL, target=url))
    assert [d.code for d in api.check(tmp_path / "storyboard.yaml")] == ["media-private"]
    assert api.compile(tmp_path / "storyboard.yaml", emulated=True).ok
    monkeypatch.setenv("EVOLINK_BASE_URL", "http://127.0.0.1:8000")
    assert api.check(tmp_path / "storyboard.yaml") == ()
    monkeypatch.setenv("EVOLINK_BASE_URL", "no address")
    assert [d.code for d in api.check(tmp_path / "storyboard.yaml")] == ["media-private"]


def test_passwords_are_not_shown() -> None:
    (only,) = compiled(BOARD.format(model=MODEL, target="https://ann:oolong@cdn.example.com/hero.png")).diagnostics
    assert only.code == "media-private" and "oolong" not in only.message
