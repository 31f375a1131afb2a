"""The guide of spreadsheets shows what the command does: its table is imported, and what it says is what is said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from seedspec.cli.main import start

PAGE = Path(__file__).parents[2] / "docs" / "spreadsheets.md"


def block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


def test_the_table_of_the_guide(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("shots.csv").write_text(block("csv"), encoding="utf-8")
    assert start(block("sh").split()[1:]) == 0
    said = capfd.readouterr().err
    assert said.split("next: ")[0] == block("text")
    board = yaml.safe_load(Path("ads/storyboard.yaml").read_text(encoding="utf-8"))
    assert [row["hook"] for row in board["matrix"]["axes"]["ad"]] == ["question", "reveal"]
    assert start(block("sh").split()[1:]) == 2


def test_the_document_of_the_guide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = re.search(r"^~~~markdown\n(.*?)^~~~", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert found is not None
    Path("script.md").write_text(found[1], encoding="utf-8")
    assert start(["init", "--from", "script.md"]) == 0
    (shot,) = yaml.safe_load(Path("storyboard.yaml").read_text(encoding="utf-8"))["shots"]
    assert (shot["id"], shot["duration"]) == ("Shot-1", 5)
    assert shot["prompt"] == "{{ ref('image_1') }}: the ferry leaves the dock.\nCamera: slow pan.\n"
