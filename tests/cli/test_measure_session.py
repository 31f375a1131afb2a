"""Saved videos that are measured and judged: who does it, what is told of each, and what is left; `measure`, whole."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest
from looks import MP4
from sessions import Session
from takes import bought

from seedspec.cli.commands.status import watch
from seedspec.cli.executors import Jobs, measure_all
from seedspec.cli.run_view import Steady
from seedspec.measures.values import Measured, measures_of
from seedspec.media.signals import Signals
from seedspec.plan.command_hint import CommandHint
from seedspec.project.saved_measures import MeasuresFolder, Trouble, Video

BOARD = """\
seedspec: 1
name: tea
model: seedance-2.0-reference-to-video
defaults: {duration: 4, quality: 480p}
references: {cup: {image: https://cdn.example.com/cup.png}}
matrix: {axes: {look: [dawn, noon, dusk, night, rain, snow, fog]}}
expect: {black: {max: 0.5}}
shots: [{id: open, prompt: "{{ ref('cup') }} at {{ look }}."}]
"""
JUDGE = """\
import json, sys
for line in sys.stdin:
    take = json.loads(line)
    if take["labels"]["look"] in sys.argv[1:]:
        raise SystemExit(7)
    print(json.dumps({"score": len(take["prompt"]), "pass": take["labels"]["look"] != "noon", "why": "it says so"}))
"""


def measured(sha256: str) -> Measured:
    return measures_of(sha256, Signals(1.0, (), (), (), None))


@pytest.fixture
def tea(folder: Path) -> Path:
    """Seven videos, six of which were measured before; nobody looks into them."""
    board = folder / "storyboard.yaml"
    board.write_text(BOARD, encoding="utf-8")
    (folder / "judge.py").write_text(JUDGE, encoding="utf-8")
    for number in range(7):
        (folder / f"{number}.mp4").write_bytes(MP4 + b"%d" % number)
    project = bought(board, lambda number: folder / f"{number}.mp4", sizes=lambda _: (864, 496))
    known = MeasuresFolder(folder)
    for line in project.board.with_suffix(".lock").read_text(encoding="utf-8").split('"sha256":"')[1:-1]:
        known.keep(measured(line[:64]))
    return board


def test_videos_are_measured_and_judged(tea: Path, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    judge = f"words={sys.executable} judge.py"
    session("status --strict-expect -s look=dawn", "status -s look=fog", "measure -s look=dawn", "measure -s look=fog")
    for words in (judge, f"{judge} dawn noon dusk night rain snow", "words=nothing-of-the-kind"):
        session.run("measure", "-x", "look=fog", "--judge", words)
    session.run("measure", "-s", "look=dawn", "--judge", "none=nothing-of-the-kind")
    Path("storyboard.measures.jsonl").unlink(missing_ok=True)
    session.run("measure", "-x", "look=fog", "--judge", f"{judge} dawn noon dusk night rain snow")
    session.run("measure", "-s", "look=dawn", "--judge", judge, "--format", "json")
    session("stats --measure judge.words", "status -s look=dawn --format json", "measure -s look=dawn --strict-expect")
    Path("renders/open@look=noon_take1.mp4").write_bytes(MP4 + b"x")
    session.run("measure", "-s", "look=noon", "--judge", f"other={sys.executable} judge.py")
    Path("storyboard.measures.jsonl").write_text("{\n", encoding="utf-8")
    session.run("measure", "-s", "look=dawn", "--judge", judge)
    session.is_as("measure")


def video(name: str) -> Video:
    return Video((name,), f"{name}.mp4", name * 64, None, None)


def test_each_job_ends_with_its_video_and_a_cluster_that_goes_gives_up_the_rest() -> None:
    handed: list[str] = []
    lost = False

    def submit(one: Video) -> Future[Measured]:
        handed.append(one.file)
        if one.file == "b.mp4":
            raise FileNotFoundError(2, "No such file", "cup.png")
        done: Future[Measured] = Future()
        if one.file == "c.mp4":
            done.set_exception(ValueError("no video"))
        elif one.file == "d.mp4":
            done.cancel()
            done.set_running_or_notify_cancel()
        else:
            done.set_result(measured("0" * 64))
        return done

    jobs = Jobs(submit, 1, lambda: lost)
    found = measure_all([video(name) for name in "abcdef"], jobs, CommandHint())
    shown = {}
    for one, what in found:
        shown[one.file] = str(what) if isinstance(what, Trouble) else "measured"
        lost = one.file == "d.mp4"
    gone = "the cluster has gone; `seedspec measure` goes on where it was"
    assert handed == ["a.mp4", "b.mp4", "c.mp4", "d.mp4"] and list(shown) == [f"{name}.mp4" for name in "abcdef"]
    assert shown["a.mp4"] == "measured" and [shown[f"{name}.mp4"] for name in "def"] == [gone] * 3
    assert "cup.png" in shown["b.mp4"] and "no video" in shown["c.mp4"]


def test_a_frame_is_shown_again_when_it_is_new(capfd: pytest.CaptureFixture[str]) -> None:
    frames: Iterator[list[str]] = iter([["a"], ["a"], ["b", "c"]])
    asked: list[int] = []

    def frame(most: int) -> list[str]:
        asked.append(most)
        return next(frames)

    def pause() -> None:
        if len(asked) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        watch(frame, sys.stdout, pause)
    assert capfd.readouterr().out == "a\n\nb\nc\n\n" and asked == [sys.maxsize] * 3


def test_a_stream_whose_reader_goes_leads_nowhere_from_then_on(tmp_path: Path) -> None:
    class Gone(io.TextIOWrapper):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    with (tmp_path / "a").open("wb") as file:
        stream = Steady(Gone(file, encoding="utf-8"))
        assert (stream.write("abc"), stream.encoding, stream.isatty(), stream.fileno()) == (
            3, "utf-8", False, file.fileno(),
        )  # fmt: skip
        stream.flush()
        file.write(b"lost")
    assert (tmp_path / "a").read_bytes() == b""
