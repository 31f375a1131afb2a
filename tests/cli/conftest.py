"""What the tests of commands share: a folder of their own, and a command line run in this process."""

from __future__ import annotations

from pathlib import Path

import pytest
from looks import LOOKS, Run, Said

from seedspec.cli.begin import start


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that commands run in; nothing of the caller's environment reaches them."""
    here = tmp_path / "project"
    here.mkdir()
    monkeypatch.chdir(here)
    for name in ("EVOLINK_API_KEY", "EVOLINK_BASE_URL", "EVOLINK_FILES_URL", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    return here


@pytest.fixture
def looks(folder: Path) -> Path:
    """The storyboard of two shots that most tests here are about."""
    file = folder / "storyboard.yaml"
    file.write_text(LOOKS, encoding="utf-8")
    return file


@pytest.fixture
def seedspec(folder: Path, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a command line in the folder."""

    def run(*arguments: str) -> Said:
        capfd.readouterr()
        code = start(arguments)
        said = capfd.readouterr()
        return Said(code, said.out, said.err)

    return run
