"""Storyboards for the tests of the engine, compiled once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import pytest
from scripted import Go, play
from shots import HEAD

from seedspec import api
from seedspec.compiler.entry import Entry

HERE = Path(__file__).parent
Compile = Callable[[str], Sequence[Entry]]
Course = Callable[..., None]


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory, hero: Path) -> Compile:
    folder = tmp_path_factory.mktemp("courses")
    (folder / "hero.png").write_bytes(hero.read_bytes())

    @cache
    def entries(text: str) -> Sequence[Entry]:
        (folder / "storyboard.yaml").write_text(text, encoding="utf-8")
        made = api.compile(folder / "storyboard.yaml")
        assert made.ok, made.diagnostics
        return made.entries

    return entries


@pytest.fixture
def course(compiled: Compile, expect: Callable[[Path, str], None]) -> Course:
    """Compares what happens in runs of some shots, one after another, with what is expected."""

    def compare(name: str, shots: Sequence[str], runs: Sequence[Go], head: str = HEAD) -> None:
        entries = compiled(head + "".join(f"  - {shot}\n" for shot in shots))
        expect(HERE / "expected" / f"{name}.txt", play(entries, runs))

    return compare
