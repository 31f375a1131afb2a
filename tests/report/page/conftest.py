"""A real browser to look at the review page."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from tools import found, lacking

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the packages of `package.json`, installed by npm once for all processes of a run."""
    npm = found("npm")
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "npm"
    with FileLock(f"{folder}.lock"):
        if not (folder / "done").exists():
            folder.mkdir(exist_ok=True)
            shutil.copy(HERE / "package.json", folder)
            command = [npm, "install", "--no-audit", "--no-fund", "--no-package-lock", "--silent"]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
            if done.returncode:
                lacking(
                    "npm-packages", f"npm cannot install {HERE / 'package.json'} here: {done.stderr.strip()[-200:]}"
                )
            (folder / "done").touch()
    return folder


@pytest.fixture(scope="session")
def browser(modules: Path) -> Callable[..., Any]:
    """Runs a step of `browser.mjs` on a page in Debian's Chromium and gives what it found."""
    chromium, node = found("chromium", "chromium-browser", "google-chrome"), found("node")

    def run(step: str, page: Path, **given: Any) -> Any:
        asked = {"step": step, "page": page.as_uri(), "chromium": chromium, "modules": str(modules), **given}
        found = subprocess.run(
            [node, str(HERE / "browser.mjs")], input=json.dumps(asked), capture_output=True, text=True, timeout=180
        )
        assert found.returncode == 0, found.stderr[-4000:]
        return json.loads(found.stdout)

    return run
