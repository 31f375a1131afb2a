"""Every path that a command prints leads to its file from where the user stands; JSON keeps the storyboard's own."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import orjson
import pytest
from looks import IMAGE, Run, keep
from walk import ABOUT_NO_STORYBOARD, calls, commands

from seedspec.cli.main import COMMANDS

pytestmark = pytest.mark.slow

BOARD = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {duration: 4, quality: 480p}
references:
  cup: {image: media/cup.png}
shots:
  - id: open
    prompt: "{% include 'words/begin.j2' %} {{ ref('cup') }}"
  - id: close
    prompt: "{{ ref('cup') }} closes."
"""
SWEPT = """\
seedspec: 1
model: seedance-2.0-reference-to-video
references: {cup: {image: media/cup.png}}
matrix: {axes: {a: [one, two, three], b: [four, five, six], c: [seven, eight, nine]}, strategy: pairwise}
shots:
  - {id: open, prompt: "{{ ref('cup') }} {{ a }} {{ b }} {{ c }}"}
"""
PLACES = {"beside it": ("ads", ""), "its parent": (".", "ads/"), "a sibling": ("other", "../ads/")}
_FILE = re.compile(r"[^\s`'\"(),;:<>]+\.(?:yaml|yml|lock|mp4|png|j2|html|otio|xml|json)\b(?![.\w])")


@pytest.fixture
def ads(folder: Path) -> Path:
    """A storyboard with all that it reads, one purchase that left it and one in doubt, and two broken neighbours."""
    ads = folder / "ads"
    for name in ("media", "words", "renders"):
        (ads / name).mkdir(parents=True)
    (folder / "other").mkdir()
    shutil.copyfile(IMAGE, ads / "media" / "cup.png")
    (ads / "words" / "begin.j2").write_text("A morning,", encoding="utf-8")
    (ads / "words" / "wrong.j2").write_text("A {{ mornin }}", encoding="utf-8")
    board = ads / "storyboard.yaml"
    board.write_text(BOARD.replace("closes", "shuts"), encoding="utf-8")
    keep(board, "close/1", "saved", task="task-unified-1", file="renders/close_take1.mp4", sha256="0" * 64, bytes=9)
    (ads / "renders" / "close_take1.mp4").write_bytes(b"altered")
    board.write_text(BOARD, encoding="utf-8")
    (ads / "renders" / "open_take1.mp4").write_bytes(b"in the way")
    (ads / "bad.yaml").write_text(BOARD.replace("begin", "wrong") + "oops: 1\n", encoding="utf-8")
    git = ["git", "-C", str(ads), "-c", "user.name=a", "-c", "user.email=a@example.com"]
    for words in (["init", "-q"], ["add", "storyboard.yaml"], ["commit", "-q", "-m", "The storyboard alone"]):
        subprocess.run([*git, *words], check=True)
    (ads / "swept.yaml").write_text(SWEPT, encoding="utf-8")
    (ads / "torn.yaml").write_text(BOARD, encoding="utf-8")
    (ads / "torn.lock").write_bytes(board.with_suffix(".lock").read_bytes() + b"{broken}\n{}\n")
    return ads


def test_every_command_that_is_about_a_storyboard_is_called_here() -> None:
    assert set(commands()) == {*calls(""), *ABOUT_NO_STORYBOARD}
    assert {name.split()[0] for name in commands()} == set(COMMANDS)


@pytest.mark.parametrize(("here", "to"), PLACES.values(), ids=PLACES)
def test_each_path_leads_to_its_file(
    ads: Path, seedspec: Run, here: str, to: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ads.parent / here)
    seen = set()
    for command, lines in calls(to).items():
        for line in lines:
            said = seedspec(*line.split())
            assert said.code != 70, said.err
            text = "\n".join(x for x in (said.out + said.err).splitlines() if not re.match(r" *\d* \| ", x))
            found = {path for path in _FILE.findall(text) if Path(path).name != "FILE"}
            lost = {path for path in found if not Path(path).exists()}
            assert not lost, f"{line}:\n{text}"
            seen |= {command} if found else set()
    assert all(Path(path).exists() for path in _FILE.findall((ads / "run.xml").read_text(encoding="utf-8")))
    mute = {"fetch", "cost", "stats", "settle", "measure", "cancel"}
    assert seen >= calls(to).keys() - mute, "a command of which no path was seen is not tested"


def test_json_and_the_lock_count_from_the_storyboards_folder(
    ads: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ads.parent)
    board = "ads/storyboard.yaml"
    plan = orjson.loads(seedspec("plan", board, "--format", "json").out)
    rows = orjson.loads(seedspec("export", "json", board).out)["entries"]
    assert {step["file"] for step in plan["steps"]} >= {"renders/close_take1.mp4"}
    assert all(not str(row["file"]).startswith("ads/") for row in rows)
    (found,) = {d["file"] for d in orjson.loads(seedspec("check", "ads/bad.yaml", "--format", "json").out)}
    assert found == "ads/bad.yaml", "a finding has the storyboard as it was named"
