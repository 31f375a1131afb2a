"""`measure --judge`: programs of one's own score each video once, and their answers stand beside the storyboard."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import takes
from looks import Run

from seedspec.measures.values import measures_of
from seedspec.media.signals import Signals
from seedspec.project.saved_measures import MeasuresFolder

pytestmark = pytest.mark.slow

BOARD = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {duration: 4, quality: 480p}
references: {cup: {image: cup.png}, far: {image: "https://cdn.example.com/far.png?X-Amz-Signature=1"}}
matrix: {axes: {look: [dawn, noon, dusk]}}
shots:
  - {id: open, prompt: "{{ ref('cup') }} and {{ ref('far') }} at {{ look }}."}
  - id: pour
    matrix: {only: []}
    references: {prev: {shot: open, at: {look: noon}}}
    prompt: "Go on from {{ ref('prev') }}."
"""
JUDGE = """\
import json, sys
seen = open("seen.jsonl", "a")
seen.write("start\\n")
for line in sys.stdin:
    seen.write(line); seen.flush()
    take = json.loads(line)
    if take["labels"].get("look") in sys.argv[1:]:
        raise SystemExit(7)
    answer = {"score": len(take["prompt"]), "pass": take["shot"] == "pour", "why": f"it says {take['prompt']}"}
    print(json.dumps(answer))
"""
PYTHON = f"'{sys.executable}' judge.py"


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Four videos that differ."""
    folder = tmp_path_factory.mktemp("clips")
    for number in range(4):
        takes.counting(folder / f"{number}.mp4", 40 + 30 * number, frames=12, width=64, height=64)
    return [folder / f"{number}.mp4" for number in range(4)]


@pytest.fixture
def board(folder: Path, clip: list[Path]) -> Path:
    image = Path(__file__).parents[2] / "examples" / "fruit-tea" / "assets" / "bottle.png"
    (folder / "cup.png").write_bytes(image.read_bytes())
    (folder / "judge.py").write_text(JUDGE, encoding="utf-8")
    path = folder / "storyboard.yaml"
    path.write_text(BOARD, encoding="utf-8")
    takes.bought(path, lambda number: clip[number])
    for file in clip:  # what a decode finds is nothing to judges
        folder_of_measures = MeasuresFolder(folder)
        sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
        folder_of_measures.keep(measures_of(sha256, Signals(1.0, (), (), (), None)))
    return path


def kept(board: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in board.with_name("storyboard.measures.jsonl").read_text().splitlines()]


def test_each_video_is_judged_once_by_one_process(seedspec: Run, board: Path) -> None:
    lock = board.with_suffix(".lock").read_bytes()
    first = seedspec("measure", "--judge", f"words={PYTHON}")
    assert (first.code, first.err.splitlines()[-2:]) == (0, ["words: 4 judged", "0 measured, 4 measured before"])
    assert "open@look=dawn/1: judge.words 28 (not passed: it says image 1 and image 2 at dawn.)" in first.out
    again = seedspec("measure", "--judge", f"words={PYTHON}")
    assert (again.code, again.out) == (0, "") and "words: 0 judged, 4 judged before" in again.err
    start, *asked = (board.parent / "seen.jsonl").read_text().splitlines()
    assert start == "start" and len(asked) == 4 and "start" not in asked
    videos = [line["video"] for line in kept(board)]
    assert videos == sorted(videos) and len(set(videos)) == 4
    assert board.with_suffix(".lock").read_bytes() == lock


def test_a_judge_is_told_what_was_asked_for(seedspec: Run, board: Path) -> None:
    assert seedspec("measure", "--select", "look=noon", "--select", "pour", "--judge", f"words={PYTHON}").code == 0
    _, *lines = (board.parent / "seen.jsonl").read_text().splitlines()
    noon, pour = map(json.loads, lines)
    file = str(board.parent / "renders" / "open@look=noon_take1.mp4")
    assert noon == {
        "seedspec_judge": 1, "judge": "words", "address": "open@look=noon/1", "entries": ["open@look=noon/1"],
        "shot": "open", "take": 1, "labels": {"look": "noon"}, "prompt": "image 1 and image 2 at noon.",
        "video": file, "sha256": noon["sha256"],
        "references": [
            {"name": "cup", "kind": "image", "path": str(board.parent / "cup.png")},
            {"name": "far", "kind": "image", "path": None, "url": "https://cdn.example.com/far.png"},
        ],
    }  # fmt: skip
    assert pour["references"] == [{"name": "prev", "kind": "video", "path": file, "entry": "open@look=noon/1"}]


def test_scores_are_measures_wherever_these_are_shown(seedspec: Run, board: Path) -> None:
    assert seedspec("measure", "--select", "look=noon", "--judge", f"words={PYTHON}").code == 0
    steps = {s["entry"]: s for s in json.loads(seedspec("status", "--format", "json").out)["steps"]}
    assert steps["open@look=noon/1"]["measures"]["judge.words"] == 28 and len(steps["pour/1"]["measures"]) == 11
    rows = {r["entry"]: r for r in csv.DictReader(io.StringIO(seedspec("export", "csv").out))}
    assert (rows["open@look=noon/1"]["judge.words"], rows["pour/1"]["judge.words"]) == ("28.0", "")
    videos = {v["entries"][0]: v for v in json.loads(seedspec("measure", "--format", "json").out)["videos"]}
    assert videos["open@look=noon/1"]["judges"]["words"]["score"] == 28 and videos["pour/1"]["judges"] == {}
    page = board.with_name("storyboard.review.html")
    assert seedspec("review").code == 0
    assert "judge.words 28 (not passed: it says" in page.read_text(encoding="utf-8")
    assert seedspec("review", "--blind").code == 0
    assert "judge.words" not in page.read_text(encoding="utf-8")


def test_a_video_without_an_answer_is_said_and_asked_about_again(seedspec: Run, board: Path) -> None:
    found = seedspec("measure", "--judge", f"words={PYTHON} dusk noon")
    assert found.code == 1
    for look in ("noon", "dusk"):
        assert f"words: open@look={look}/1: it ended with code 7 before its answer" in found.err
    assert "words: 2 judged, 2 not judged" in found.err and len(kept(board)) == 2
    again = seedspec("measure", "--judge", f"words={PYTHON}")
    assert again.code == 0 and "words: 2 judged, 2 judged before" in again.err and len(kept(board)) == 4


def test_a_file_that_is_another_one_is_not_judged(seedspec: Run, board: Path) -> None:
    files = sorted((board.parent / "renders").iterdir())
    files[0].write_bytes(files[1].read_bytes())
    files[2].unlink()
    found = seedspec("measure", "--judge", f"words={PYTHON}")
    assert found.code == 1 and "open@look=dawn/1: its file is not the video that was saved" in found.err
    assert "is not on this disk" in found.err and len(kept(board)) == 2


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("words", "expected NAME=COMMAND"),
        ("=python judge.py", "found the name ``"),
        ("a b=python", "found the name `a b`"),
        ("words=", "has no command"),
        ("words='python judge.py", "cannot be split into words: no closing quotation"),
        ("words=no-such-program-here", "`no-such-program-here` cannot be started: no such file or directory"),
        ("words=.", "cannot be started: permission denied"),
    ],
)
def test_a_command_that_is_none_is_refused(seedspec: Run, board: Path, word: str, said: str) -> None:
    found = seedspec("measure", f"--judge={word}")
    assert found.code == 2 and said in found.err and "Traceback" not in found.err
    assert not board.with_name("storyboard.measures.jsonl").exists()


def test_a_command_comes_from_the_command_line_alone(
    seedspec: Run, board: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SEEDSPEC_JUDGE", "SEEDSPEC_JUDGES", "SEEDSPEC_MEASURE_JUDGE", "SEEDSPEC_MEASURE_JUDGES"):
        monkeypatch.setenv(name, "words=touch made")
    assert seedspec("measure").code == 0 and not (board.parent / "made").exists()
    twice = seedspec("measure", "--judge", "words=touch made", "--judge", "words=touch made")
    assert twice.code == 2 and "`words` stands twice" in twice.err and not (board.parent / "made").exists()


def test_what_two_branches_judged_is_joined(seedspec: Run, board: Path) -> None:
    def git(*words: str) -> None:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
        subprocess.run(("git", *who, *words), check=True, capture_output=True)

    git("init", "-q", "-b", "main")
    git("add", "storyboard.yaml")
    git("commit", "-qm", "board")
    file = board.with_name("storyboard.measures.jsonl")
    for branch, look in (("one", "dawn"), ("two", "dusk")):
        git("checkout", "-q", "main")
        git("checkout", "-qb", branch)
        assert seedspec("measure", "--select", f"look={look}", "--judge", f"words={PYTHON}").code == 0
        git("add", file.name)
        git("commit", "-qm", look)
    with pytest.raises(subprocess.CalledProcessError):
        git("merge", "-q", "one")
    assert b"<<<<<<<" in file.read_bytes()
    steps = {s["entry"]: s for s in json.loads(seedspec("status", "--format", "json").out)["steps"]}
    assert [name for name, step in steps.items() if "judge.words" in step["measures"]] == [
        "open@look=dawn/1", "open@look=dusk/1",
    ]  # fmt: skip
    found = seedspec("measure", "--judge", f"words={PYTHON}")
    assert found.code == 0 and "words: 2 judged, 2 judged before" in found.err
    assert b"<<<<<<<" not in file.read_bytes() and len(kept(board)) == 4


def test_lines_that_nobody_wrote_are_said_and_left_out(seedspec: Run, board: Path) -> None:
    file = board.with_name("storyboard.measures.jsonl")
    assert seedspec("measure", "--select", "look=dawn", "--judge", f"words={PYTHON}").code == 0
    good = file.read_text()
    file.write_text('{"judge": "\\u001b[31m", "score": NaN}\n' + good + '{"torn')
    found = seedspec("status", "--format", "json")
    assert (
        found.code == 0 and "storyboard.measures.jsonl:1:1: warning: " in found.err and "[bad-judgement]" in found.err
    )
    assert found.out.count("judge.words") == 1
    refused = seedspec("measure", "--judge", f"words={PYTHON}")
    assert refused.code == 3 and "must be readable" in refused.err
    file.write_text(good + '{"torn')  # as a killed process leaves it
    assert seedspec("measure", "--judge", f"words={PYTHON}").code == 0 and len(kept(board)) == 4
    file.unlink()
    file.symlink_to("judge.py")
    linked = seedspec("measure", "--judge", f"words={PYTHON}")
    assert linked.code == 3 and "symbolic link" in linked.err and (board.parent / "judge.py").read_text() == JUDGE


def test_what_is_judged_when_it_is_broken_off_is_kept(seedspec: Run, board: Path) -> None:
    stop = "import sys\nfor n, line in enumerate(sys.stdin):\n    print('{\"score\": 1}' if n < 2 else '')"
    stop += "\n    if n == 1: sys.stdin.readline(), __import__('threading').Event().wait(60)"
    (board.parent / "judge.py").write_text(stop)
    command = [sys.executable, "-m", "seedspec", "measure", "--judge", f"words={PYTHON}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        assert [process.stdout.readline()[:5] for _ in range(2)] == ["[1/4]", "[2/4]"]
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
        assert process.wait(60) == 130 and "Traceback" not in said
    assert len(kept(board)) == 2
    (board.parent / "judge.py").write_text(JUDGE)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ}) as process:
        assert process.stdout is not None and process.stdout.readline().startswith("[1/2]")
        process.wait(60)
    assert len(kept(board)) == 4
