"""`review --open` opens the page where there is a screen, and says its path where there is none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from takes import Project

_OF_A_SCREEN = ("DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION", "SSH_TTY", "CI", "BROWSER")


def opened(project: Project, folder: Path, **environ: str) -> tuple[list[str], str]:
    """What the user's browser, a script here, was given, and what was said."""
    browser, given = folder / "browser", folder / "given"
    browser.write_text(f'#!/bin/sh\necho "$1" >> "{given}"\n', encoding="utf-8")
    browser.chmod(0o755)
    clean = {k: v for k, v in os.environ.items() if k not in _OF_A_SCREEN}
    done = subprocess.run(
        [sys.executable, "-m", "seedspec", "review", str(project.board), "--open"],
        env=clean | {"BROWSER": str(browser)} | environ, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return (given.read_text(encoding="utf-8").splitlines() if given.exists() else []), done.stderr


def test_the_page_is_opened_where_there_is_a_screen(project: Project, tmp_path: Path) -> None:
    given, said = opened(project, tmp_path, DISPLAY=":7")
    assert given == [(project.folder / "storyboard.review.html").as_uri()] and "no browser" not in said


@pytest.mark.parametrize(
    ("environ", "why"),
    [
        ({}, "there is no screen here"),
        ({"DISPLAY": ":7", "CI": "true"}, "this is CI"),
        ({"DISPLAY": ":7", "SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22"}, "reached by SSH"),
    ],
)
@pytest.mark.slow
def test_without_a_screen_its_path_is_said(project: Project, tmp_path: Path, environ: dict[str, str], why: str) -> None:
    if sys.platform == "darwin" and not environ:
        pytest.skip("a Mac has a screen")
    given, said = opened(project, tmp_path, **environ)
    assert given == [] and why in said and f"open {project.folder / 'storyboard.review.html'}" in said
