"""Many short storyboards, and the whole of what each is told or becomes: a file of cases for each subject."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sayings import answered

FILES = sorted((Path(__file__).parent.parent / "cases" / "sayings").glob("*.txt"))


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_what_is_said_of_each_storyboard(file: Path, expect: Callable[[Path, str], None]) -> None:
    expect(file, answered(file.read_text(encoding="utf-8")))
