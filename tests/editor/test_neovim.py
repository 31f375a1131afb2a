"""Neovim itself, without a window, works with the language server: it opens, edits, asks, renames and fixes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BOARD = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {durations: 5}
references: {cup: {image: https://cdn.example.com/cup.webp}}
matrix:
  axes:
    look: {noir: {words: hard shadows}, soft: {words: window light}}
shots:
  - id: open
    prompt: "🎬🎬 {{ ref('cup') }} {{ lok.words }} {% if look == 'noir' %}at night{% endif %}"
"""


@pytest.mark.skipif(shutil.which("nvim") is None, reason="needs nvim")
@pytest.mark.slow
def test_neovim(tmp_path: Path) -> None:
    board, said = tmp_path / "storyboard.yaml", tmp_path / "said"
    board.write_text(BOARD, encoding="utf-8")
    environment = {
        **os.environ, "BOARD": str(board), "SAID": str(said), "PYTHON": sys.executable,
        "XDG_STATE_HOME": str(tmp_path / "state"), "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }  # fmt: skip
    script = Path(__file__).with_name("nvim.lua")
    command = ["nvim", "--headless", "-u", "NONE", "-i", "NONE", "-n", "-S", str(script)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert said.exists(), done.stderr
    lines = re.sub(r"\$[\d.]+", "$…", said.read_text(encoding="utf-8")).splitlines()
    assert lines == [
        "marked: lok",
        "gone: true",
        "on the disk: true",
        "hover: axis `look` of 2: `noir`, `soft`.",
        "lens: 2 entries · $…",
        "declared: 6:4",
        "completed: noir soft",
        "renamed: true",
        "fix: Write `duration`",
        "fixed: true",
        "messages: 0",
        "ended: true",
    ]
    assert sorted(p.name for p in tmp_path.iterdir() if p.name not in ("state", "cache")) == ["said", "storyboard.yaml"]
