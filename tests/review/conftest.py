"""Takes to review, and a real browser to look at the page."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from takes import Project, counting, made

HERE = Path(__file__).parent
CHROMIUM = next((p for p in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if p), None)


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two videos with the same numbers on grounds of unlike grey."""
    folder = tmp_path_factory.mktemp("clips")
    for name, ground in (("a", 60), ("b", 120)):
        counting(folder / f"{name}.mp4", ground)
    return folder / "a.mp4", folder / "b.mp4"


@pytest.fixture
def project(tmp_path: Path, clips: tuple[Path, Path]) -> Project:
    """Sixteen takes: twelve saved, one failed, one in doubt, two never bought."""
    return made(tmp_path / "kite", clips)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Runs a step of `browser.mjs` on a page in Debian's Chromium and gives what it found."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if CHROMIUM is None or npm is None or node is None:
        pytest.skip("a real browser needs chromium, node and npm on the path")
    folder = tmp_path_factory.mktemp("npm")
    wanted = ["playwright-core@1", "axe-core@4"]
    done = subprocess.run(
        [npm, "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--silent", *wanted],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"npm cannot install playwright-core here: {done.stderr.strip()[-200:]}")

    def run(step: str, page: Path, **given: Any) -> Any:
        asked = {"step": step, "page": page.as_uri(), "chromium": CHROMIUM, "modules": str(folder), **given}
        found = subprocess.run(
            [node, str(HERE / "browser.mjs")], input=json.dumps(asked), capture_output=True, text=True, timeout=180
        )
        assert found.returncode == 0, found.stderr[-4000:]
        return json.loads(found.stdout)

    return run
