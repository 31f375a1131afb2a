"""`measure`: each saved video once, in other processes; what is missing or broken is said, and the rest goes on."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import takes
from looks import Run

pytestmark = pytest.mark.slow

BOARD = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {duration: 4, quality: 480p}
references: {cup: {image: "https://cdn.example.com/cup.png"}}
matrix: {axes: {look: [dawn, noon, dusk, night]}}
shots: [{id: open, prompt: "{{ ref('cup') }} at {{ look }}."}]
"""


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("clips")
    for number in range(4):
        takes.counting(folder / f"{number}.mp4", 40 + 40 * number, frames=24)
    return [folder / f"{number}.mp4" for number in range(4)]


@pytest.fixture
def board(folder: Path, clips: list[Path]) -> Path:
    path = folder / "storyboard.yaml"
    path.write_text(BOARD, encoding="utf-8")
    takes.bought(path, lambda number: clips[number])
    return path


def videos(said: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(said)["videos"]
    return found


def test_each_video_is_measured_once_and_nothing_else_changes(seedspec: Run, board: Path) -> None:
    lock = board.with_suffix(".lock").read_bytes()
    plan = seedspec("plan").out
    first = seedspec("measure")
    assert (first.code, first.err.strip()) == (0, "4 measured")
    lines = sorted(re.sub(r"^\[\d/4\] ", "", line) for line in first.out.splitlines())
    assert [line.split(":")[0] for line in lines] == [f"open@look={n}/1" for n in ("dawn", "dusk", "night", "noon")]
    assert all(re.fullmatch(r".*: black 0 s, frozen 0 s, \d+ cuts", line) for line in lines), lines
    again = seedspec("measure")
    assert (again.code, again.out, again.err.strip()) == (0, "", "0 measured, 4 measured before")
    assert board.with_suffix(".lock").read_bytes() == lock and seedspec("plan").out == plan
    assert len(list((board.parent / ".seedspec" / "measures").iterdir())) == 4
    assert (board.parent / ".seedspec" / ".gitignore").read_text() == "*\n"


def test_measures_are_shown_where_they_are(seedspec: Run, board: Path) -> None:
    before = json.loads(seedspec("status", "--format", "json").out)
    assert not any("measures" in step for step in before["steps"])
    assert seedspec("measure", "--select", "look=noon", "--workers", "1").code == 0
    steps = {s["entry"]: s for s in json.loads(seedspec("status", "--format", "json").out)["steps"]}
    assert [name for name, step in steps.items() if "measures" in step] == ["open@look=noon/1"]
    assert steps["open@look=noon/1"]["measures"]["loudness"] == "not applicable"
    rows = {r["entry"]: r for r in csv.DictReader(io.StringIO(seedspec("export", "csv").out))}
    noon, dawn = rows["open@look=noon/1"], rows["open@look=dawn/1"]
    assert (noon["black"], noon["silent"], dawn["black"], dawn["silent"]) == ("0.0", "not applicable", "", "")
    assert seedspec("review").code == 0
    page = board.with_name("storyboard.review.html").read_text(encoding="utf-8")
    assert len(re.findall(r'"measured":"black 0 s, frozen 0 s, \d+ cuts"', page)) == 1


def test_what_is_missing_or_broken_is_said_with_what_to_do(seedspec: Run, board: Path, clips: list[Path]) -> None:
    files = sorted((board.parent / "renders").iterdir())
    assert [f.stem for f in files] == [f"open@look={n}_take1" for n in ("dawn", "dusk", "night", "noon")]
    files[0].unlink()
    shutil.copyfile(clips[2], files[3])
    files[1].write_bytes(files[1].read_bytes()[:-999])
    found = seedspec("measure", "--format", "json")
    assert found.code == 1
    said = {v["file"].split("=")[1].split("_")[0]: v for v in videos(found.out)}
    assert "is not on this disk" in said["dawn"]["trouble"]["found"]
    assert "seedspec fetch" in said["dawn"]["trouble"]["remedy"]
    for name in ("noon", "dusk"):
        assert "not the video that was saved" in said[name]["trouble"]["found"]
        assert said[name]["measures"] is None
    assert said["night"]["trouble"] is None and said["night"]["measures"]["black"] == 0
    assert "1 measured, 3 not measured" in found.err and "Traceback" not in found.err
    shutil.copyfile(clips[1], files[3])
    assert seedspec("measure", "--select", "look=noon").code == 0


def test_a_saved_file_that_does_not_play_is_said(seedspec: Run, folder: Path, clips: list[Path]) -> None:
    whole = clips[0].read_bytes()
    cut, noise = folder / "cut.mp4", folder / "noise.mp4"
    cut.write_bytes(whole[: len(whole) * 2 // 3])
    at = whole.index(b"mdat") + 4
    noise.write_bytes(whole[:at] + os.urandom(len(whole) - at))
    board = folder / "storyboard.yaml"
    board.write_text(BOARD, encoding="utf-8")
    takes.bought(board, lambda number: [cut, noise, clips[1], None][number])
    found = seedspec("measure", "--format", "json")
    dawn, noon, dusk = videos(found.out)
    assert found.code == 1 and dusk["trouble"] is None
    for broken in (dawn, noon):
        assert broken["measures"] is None and "watch it" in broken["trouble"]["remedy"]


def test_measures_that_somebody_else_put_there_are_not_believed(seedspec: Run, board: Path) -> None:
    seedspec("measure")
    folder = board.parent / ".seedspec" / "measures"
    kept = sorted(folder.iterdir())
    kept[0].write_text("{}")
    kept[1].write_bytes(b"\xff" * 10)
    kept[2].write_text(kept[2].read_text().replace('"version": 1', '"version": 99'))
    assert seedspec("measure").err.strip() == "3 measured, 1 measured before"


def test_it_can_be_interrupted_and_goes_on_where_it_was(board: Path, seedspec: Run) -> None:
    command = [sys.executable, "-m", "seedspec", "measure", "--workers", "1"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline().startswith("[1/4]"), process.stderr.read()
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
        code = process.wait(60)
    kept = len(list((board.parent / ".seedspec" / "measures").glob("*.json")))
    assert code in (0, 130) and "Traceback" not in said  # 0 where it was quicker than the signal
    assert kept >= 1
    assert seedspec("measure").err.strip() == f"{4 - kept} measured, {kept} measured before"
    assert len(list((board.parent / ".seedspec" / "measures").iterdir())) == 4


def test_nothing_saved_is_no_fault(seedspec: Run, folder: Path) -> None:
    (folder / "storyboard.yaml").write_text(BOARD, encoding="utf-8")
    found = seedspec("measure")
    assert (found.code, found.out) == (0, "") and "no video is saved yet" in found.err
    assert not (folder / ".seedspec" / "measures").exists()
