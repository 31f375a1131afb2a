"""What is read from disk is named as the disk has it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from seedspec.project.sources import spell_as_on_disk

FOLDERS = {"": ("Assets", "notes.txt"), "Assets": ("Hero.png", "walk.mp4", "é.png"), "twice": ("a.png", "A.png")}


def names(folder: str) -> tuple[str, ...]:
    below = os.path.normpath(folder).removeprefix("/board").strip("/")
    if below == "closed":
        raise PermissionError(13, "Permission denied")
    return FOLDERS.get(below, ())


@pytest.mark.parametrize(
    ("written", "there"),
    [
        ("Assets/Hero.png", ""),
        ("assets/hero.PNG", "Assets/Hero.png"),
        ("assets/walk.mp4", "Assets/walk.mp4"),
        ("./Assets/../Assets/hero.png", "./Assets/../Assets/Hero.png"),
        ("Assets/e\u0301.png", "Assets/é.png"),
        ("Assets/none.png", ""),
        ("twice/a.PNG", ""),
        ("closed/hero.png", ""),
    ],
)
def test_a_path_is_told_as_its_folders_have_the_names(written: str, there: str) -> None:
    """Nothing where it is right already, or where two names would fit."""
    assert spell_as_on_disk(Path("/board"), written, names) == there
