"""What the tests of reports share: a storyboard on disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from stage import Stage, staged


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.chdir(tmp_path)
    return staged(Path())
