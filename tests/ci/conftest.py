"""What the tests of the recipes share: a service, and pull requests whose workflow has been carried out once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import tools
from forge import TWO, Books, Forge
from github_runner import Job, plan_pull
from hub import LOOK, Hub

from seedspec.emulator.process import child


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    for name in ("git", "jq"):
        tools.found(name)
    folder = tmp_path_factory.mktemp("service")
    with child(["--folder", str(folder), "--seconds", "0.05"]) as addresses:
        yield Books(addresses, folder)


@pytest.fixture
def books(service: Books) -> Books:
    return replace(service, before=len(service.sold))


@pytest.fixture(scope="session")
def planned(tmp_path_factory: pytest.TempPathFactory, service: Books) -> tuple[Forge, Job]:
    """A pull request that adds one video to two that nobody has bought, after its workflow."""
    folder = tmp_path_factory.mktemp("planned")
    forge = Forge(folder / "forge")
    pull = forge.open("", TWO)
    return forge, plan_pull(forge, service, LOOK, pull, folder / "job")


@pytest.fixture
def hub(planned: tuple[Forge, Job], books: Books, tmp_path: Path) -> Hub:
    return Hub(planned[0].copy(tmp_path / "forge"), books, tmp_path)
