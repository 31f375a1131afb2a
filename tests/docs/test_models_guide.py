"""The guide of models is followed with the emulator: its commands end well, and its outputs are those of the tool."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from seedspec.cli.main import start

pytestmark = pytest.mark.slow
PAGE = Path(__file__).parents[2] / "docs" / "models.md"


@pytest.mark.parametrize("heading", ["Compare models", "Drafts on the fast model, finals on the good one"])
def test_a_section_is_followed(
    heading: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    expect: Callable[[Path, str], None],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEEDSPEC_RUN_EMULATOR_SECONDS", "0.1")
    whole = PAGE.read_text(encoding="utf-8")
    section = whole.split(f"## {heading}\n")[1].split("\n## ")[0]
    said, followed = "", 0

    def block(found: re.Match[str]) -> str:
        nonlocal said, followed
        language, body = found[1], found[2]
        if language == "yaml":
            Path("storyboard.yaml").write_text(body, encoding="utf-8")
        elif language == "text":
            return f"```text\n{said}```\n"
        for line in body.splitlines() if language == "sh" else ():
            assert start(shlex.split(line)[1:]) == 0, line
            said, followed = capfd.readouterr().out, followed + 1
        return found[0]

    made = re.sub(r"^```(\w+)\n(.*?)^```\n", block, section, flags=re.DOTALL | re.MULTILINE)
    assert followed >= 4
    expect(PAGE, whole.replace(section, made))
