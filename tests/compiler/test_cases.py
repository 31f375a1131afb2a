"""The cases as data: a storyboard and all that is said about it, or all that it compiles to."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from seedspec import api
from seedspec.report import diagnostics, entries

CASES = Path(__file__).parent.parent / "cases"
Expect = Callable[[Path, str], None]


def folders(kind: str) -> list[Path]:
    return sorted(p for p in (CASES / kind).iterdir() if p.is_dir())


def folder_of(case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stands in a copy of a case, so that nothing around the checkout matters."""
    monkeypatch.chdir(shutil.copytree(case, tmp_path / "project", symlinks=True))


@pytest.mark.parametrize("case", folders("errors"), ids=lambda p: p.name)
def test_errors(case: Path, tmp_path: Path, expect: Expect, monkeypatch: pytest.MonkeyPatch) -> None:
    folder_of(case, tmp_path, monkeypatch)
    expect(case / "expected.txt", diagnostics.as_text(api.check("storyboard.yaml")))


@pytest.mark.parametrize("case", folders("compile"), ids=lambda p: p.name)
def test_compile(case: Path, tmp_path: Path, expect: Expect, monkeypatch: pytest.MonkeyPatch) -> None:
    folder_of(case, tmp_path, monkeypatch)
    compiled = api.compile("storyboard.yaml")
    assert diagnostics.as_text(d for d in compiled.diagnostics if d.severity == "error") == ""
    lines = [json.dumps(entries.as_json(e), ensure_ascii=False) + "\n" for e in compiled.entries]
    expect(case / "expected.jsonl", "".join(lines))
