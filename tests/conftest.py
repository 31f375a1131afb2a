"""What all tests share: the `--update` option, which rewrites expected files from what was found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite the expected files of the cases")
    parser.addoption("--long", action="store_true", help="try many more scenarios, kills and mutations")


@pytest.fixture
def expect(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compares a text with an expected file; under `--update` it becomes the file's content."""
    update = bool(request.config.getoption("--update"))

    def compare(file: Path, found: str) -> None:
        if update and (not file.exists() or file.read_text(encoding="utf-8") != found):
            file.write_text(found, encoding="utf-8")
        assert file.exists(), f"no {file}; `pytest --update` writes it"
        assert found == file.read_text(encoding="utf-8")

    return compare
