"""The first page is followed to the letter: its blocks run one after another, in one shell, without the network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from test_guides import DOCS, blocks

PAGE = DOCS / "getting-started.md"
BLOCKS = [text for _, text in blocks(PAGE, "sh")]
ACTIVATE = {"bash": ". .venv/bin/activate", "zsh": ". .venv/bin/activate", "fish": "source .venv/bin/activate.fish"}


def following(*beginnings: str) -> str:
    """The blocks of the page that begin so, in the order of the page, as one script."""
    found = [text for text in BLOCKS if text.startswith(beginnings)]
    assert len(found) == len(beginnings)
    return "\n".join(found)


def environment(folder: Path) -> dict[str, str]:
    """What a newcomer's shell has: the installed command, and nothing of seedspec's."""
    own = {k: v for k, v in os.environ.items() if not k.startswith(("SEEDSPEC_", "EVOLINK_", "CI", "GITHUB_"))}
    return own | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "TMPDIR": str(folder), "NO_COLOR": "1"}


@pytest.mark.slow
def test_the_page_can_be_followed_to_the_letter(tmp_path: Path) -> None:
    script = following('cd "$(mktemp -d)"', "seedspec check  ", "export SEEDSPEC_EMULATOR")
    done = subprocess.run(
        ["bash", "-e", "-c", script], cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    (film,) = tmp_path.glob("*/my-film")
    assert (film / "renders.emulator" / "steam_take1.mp4").exists()
    assert (film / "storyboard.emulator.review.html").exists()
    assert "no problems found" in done.stderr and "1 saved" in done.stdout


def test_the_storyboard_of_the_page_is_the_one_that_init_writes(tmp_path: Path) -> None:
    shown = next(text for _, text in blocks(PAGE, "yaml"))
    script = following('cd "$(mktemp -d)"') + "\ncat storyboard.yaml"
    done = subprocess.run(["bash", "-e", "-c", script], env=environment(tmp_path), capture_output=True, text=True)
    written = [line.partition("  #")[0].rstrip() for line in done.stdout.splitlines()]
    assert [line for line in shown.splitlines() if line not in written] == []


@pytest.mark.parametrize("shell", ACTIVATE)
def test_the_lines_that_activate_do(shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    venv.create(tmp_path / ".venv", with_pip=False)
    line = ACTIVATE[shell]
    assert f"`{line}`" in PAGE.read_text(encoding="utf-8")
    said = subprocess.run([shell, "-c", f"{line}; command -v python"], cwd=tmp_path, capture_output=True, text=True)
    assert said.stdout.strip() == str(tmp_path / ".venv" / "bin" / "python")
    assert (tmp_path / ".venv" / "bin" / "Activate.ps1").exists()


def test_no_page_installs_a_bare_name_of_an_index() -> None:
    """Whoever has the name there would run their code: the first installation names the repository."""
    for text in BLOCKS:
        for line in text.splitlines():
            if " install " in line:
                assert "@ git+https://HOST/OWNER/seedspec@TAG" in line or line == "pip install '.[all]'", line
