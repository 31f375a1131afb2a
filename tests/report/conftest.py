"""What the tests of reports share: a storyboard on disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from film import Film, make_film
from stage import Stage, staged


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.chdir(tmp_path)
    return staged(Path())


@pytest.fixture(scope="session")
def film() -> Film:
    """Makes a video of one luma, with a steady tone where `sound` gives a rate."""
    return make_film
