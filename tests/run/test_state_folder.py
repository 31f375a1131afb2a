"""`.seedspec` as a cloned repository may bring it: a link in it would lead what is written to somebody's own files."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers import SMALL, Make, Project

pytestmark = pytest.mark.slow

NAMES = (
    ".gitignore", "storyboard.lock.hold", "storyboard.lock.hold-by", "storyboard.lock.reserve",
    "storyboard.lock.rescue.new", "storyboard.lock.before-fix", "uploads/clock", "storyboard.emulator/ledger.jsonl",
)  # fmt: skip
FOLDERS = ("", "storyboard.lock.sent", "uploads", "facts", "review", "storyboard.emulator")


def refused(found: Project, link: Path, *arguments: str) -> None:
    done = found.do(*arguments)
    assert done.code == 2, (arguments, done)
    assert f"{link}: is a symbolic link; remove it" in done.err
    assert "Traceback" not in done.err and not found.lock_path.exists()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("there", [True, False], ids=["a file", "nothing yet"])
@pytest.mark.sampled(3)
def test_a_link_to_a_file_is_not_followed(name: str, there: bool, project: Make) -> None:
    found = project(SMALL)
    precious = found.folder.parent / "precious"
    if there:
        precious.write_text("years of work")
    link = found.folder / ".seedspec" / name
    link.parent.mkdir(parents=True)
    link.symlink_to(precious)
    refused(found, link, "run", "--yes", *("--emulator",) * name.startswith("storyboard.emulator"))
    assert precious.exists() == there
    assert not there or precious.read_text() == "years of work"
    assert not found.service.bought(found.name)


@pytest.mark.parametrize("name", FOLDERS)
@pytest.mark.sampled(2)
def test_nor_one_to_a_folder(name: str, project: Make) -> None:
    found = project(SMALL)
    elsewhere = found.folder.parent / "elsewhere"
    elsewhere.mkdir()
    link = found.folder / ".seedspec" / name
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(elsewhere)
    for arguments in (("run", "--yes"), ("run", "--emulator"), ("review",), ("emulator", "--stdio")):
        if arguments != ("review",):  # without takes it ends before
            refused(found, link, *arguments)
    found.do("plan")
    assert list(elsewhere.iterdir()) == []
    link.unlink()
    assert found.run().code == 0


def test_a_file_in_its_place_is_said_with_what_to_do(project: Make) -> None:
    found = project(SMALL)
    (found.folder / ".seedspec").write_text("mine")
    for arguments in (("run", "--yes"), ("run", "--emulator")):
        done = found.do(*arguments)
        assert done.code == 2 and not found.lock_path.exists()
        assert ".seedspec: is a file; move it away: seedspec keeps a folder of that name" in done.err
    assert (found.folder / ".seedspec").read_text() == "mine"
