"""What is known of saved takes on this machine: measures, judgements, questions, expectations and posters."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import BrokenExecutor
from pathlib import Path
from typing import Any

import pytest
import takes

from seedspec import api
from seedspec.measures.judged import Answer, Judged, Judgement, line_of, union
from seedspec.measures.values import NAMES, Measured, no_values
from seedspec.media.facts import MediaError
from seedspec.media.movie import poster as picture_of
from seedspec.plan.command_hint import CommandHint
from seedspec.plan.plan import Plan
from seedspec.project import judged_file
from seedspec.project.expectations import Expectations, expected_by_shot
from seedspec.project.judge_questions import Question, questions
from seedspec.project.measuring import NotThere, OtherVideo, Reference
from seedspec.project.saved_measures import (
    MeasuresFolder,
    Trouble,
    Video,
    is_digest,
    reference_of,
    trouble_of,
    values_by_fingerprint,
    values_of,
    videos_of,
)
from seedspec.run.store.lock_file import read_lock
from seedspec.text.diagnostic import Problems

BOARD = """\
seedspec: 1
model: seedance-2.0-image-to-video
defaults: {duration: 4, quality: 480p}
expect: {black: {max: 0.5}, loudness: {min: -24, max: -12}, judge.look: {min: 0.5}}
shots:
  - id: open
    prompt: A cup.
    takes: 2
    references: {cup: {image: cup.jpg, as: first_frame}}
    attach: [cup]
  - id: mute
    prompt: A hat.
    generate_audio: false
    expect: {black: null, loudness: null, judge.look: null}
    references: {before: {shot: open, frame: last, as: first_frame}}
    attach: [before]
  - id: late
    prompt: A door.
    references: {far: {image: "https://cdn.example.com/x.png", as: first_frame}}
    attach: [far]
"""
MP4 = b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + bytes(64)
HINT = CommandHint()
A, B = "a" * 64, "b" * 64


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, picture: bytes) -> Path:
    """The takes of `open` are one video; that of `mute` is another one; `late` has none."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "storyboard.yaml"
    path.write_text(BOARD, encoding="utf-8")
    (tmp_path / "cup.jpg").write_bytes(picture)
    for number in range(2):
        (tmp_path / f"{number}.mp4").write_bytes(MP4 + bytes([number]))
    takes.bought(path, lambda n: None if n == 3 else tmp_path / f"{n // 2}.mp4")
    return path


@pytest.fixture(scope="session")
def picture(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    video = tmp_path_factory.mktemp("picture") / "a.mp4"
    takes.counting(video, 60, frames=2, width=640, height=384)
    return picture_of(video, width=640)


def plan_of(board: Path) -> Plan:
    return api.plan(board).plan


def measured(video: str, **values: Any) -> Measured:
    return Measured(video, {name: 0.0 for name in NAMES if name != "likeness"} | values, {})


def judgement(video: str, name: str, score: float) -> Judgement:
    return Judgement(video, name, Answer(score), "2026-11-28T10:00:00Z")


def test_videos_are_told_once_for_each_picture(board: Path, picture: bytes) -> None:
    plan, base = plan_of(board), board.parent
    one, other = digest(MP4 + b"\0"), digest(MP4 + b"\1")
    cup = Reference(str(base / "cup.jpg"), digest(picture))
    upstream = plan.steps[0].fp
    assert videos_of(plan, base, HINT) == [
        Video(("open/1", "open/2"), "renders/open_take1.mp4", one, digest(picture), cup),
        Video(("mute/1",), "renders/mute_take1.mp4", other, upstream),
    ]
    entries = [step.entry for step in plan.steps if step.entry is not None]
    assert [reference_of(entry, base) for entry in entries] == [cup, cup, None, None]


def test_what_cannot_be_measured_is_told_with_its_remedy(board: Path) -> None:
    plan, base = plan_of(board), board.parent
    video = base / "renders" / "mute_take1.mp4"

    def trouble() -> str:
        return str(videos_of(plan, base, HINT)[1].trouble)

    video.write_bytes(b"<html>")
    said = f"{video} is not the video that was saved: it is no MP4 file, and is not read"
    assert trouble() == f"{said}; move it away, then `seedspec fetch` saves it again"
    video.unlink()
    assert trouble() == "it is not on this disk; `seedspec fetch` saves it again while the service or a bucket has it"
    (base / "renders").rename(base / "away")
    (base / "renders").write_text("x")
    assert trouble() == "cannot be read: not a directory; see to its permissions"


@pytest.mark.parametrize(
    ("error", "found", "remedy"),
    [
        (OtherVideo("another"), "another", "move it away, then `seedspec fetch` saves it again"),
        (NotThere("none"), "none", "`seedspec fetch --renders URL` puts it there"),
        (type("KilledWorker", (Exception,), {})("x"), "each worker that had it died",
         "watch it; a video that brings a decoder down should not be used"),
        (BrokenExecutor("died"), "died", "watch it; a video that brings a decoder down should not be used"),
        (MediaError("torn"), "torn", "watch it; a video that does not play cannot be used"),
    ],
)  # fmt: skip
def test_an_error_of_measuring_is_told_with_its_remedy(error: Exception, found: str, remedy: str) -> None:
    assert trouble_of(error, HINT) == Trouble(found, remedy) and str(Trouble(found, remedy)) == f"{found}; {remedy}"


def test_measures_are_kept_by_video(tmp_path: Path) -> None:
    folder = MeasuresFolder(tmp_path)
    assert folder.read(A) is None and folder.needs(Video(("a/1",), "a.mp4", A))
    folder.keep(Measured(A, measured(A).values, {"r": 0.5}))
    folder.keep(Measured(A, measured(A, black=1.5).values, {"s": 0.25}))
    assert folder.read(A) == Measured(A, measured(A, black=1.5).values, {"r": 0.5, "s": 0.25})
    file = tmp_path / ".seedspec" / "measures" / f"{A}.json"
    assert file.read_bytes().endswith(b"}\n") and json.loads(file.read_bytes())["video"] == A
    wants = [Reference("x", "r"), Reference("x", "t"), None]
    assert [folder.needs(Video(("a/1",), "a.mp4", A, None, w)) for w in wants] == [False, True, False]
    for broken in (b"{", b"[" * 100_000, b"{}", b" " * 100_001):
        file.write_bytes(broken)
        assert folder.read(A) is None
    file.unlink()
    file.symlink_to(tmp_path / "x")
    (tmp_path / "x").write_text(json.dumps(1))
    assert folder.read(A) is None and folder.read("../../x") is None
    with pytest.raises(OSError, match=r"^`\.\./x` is no SHA-256$"):
        folder.keep(measured("../x"))
    assert [is_digest(d) for d in (A, A[1:], A.upper(), f"{A}\n")] == [True, False, False, False]


def test_measures_are_given_by_what_was_asked_for(board: Path, picture: bytes) -> None:
    plan, base = plan_of(board), board.parent
    first, _, mute, late = (step.entry for step in plan.steps)
    assert first is not None and mute is not None and late is not None
    one, other = digest(MP4 + b"\0"), digest(MP4 + b"\1")
    folder = MeasuresFolder(base)
    folder.keep(Measured(one, measured(one, black=0.5).values, {digest(picture): 0.75}))
    values = dict(measured(one, black=0.5).values) | {"likeness": 0.75}
    assert values_of(folder, first, one) == values and values_of(folder, mute, other) is None
    assert values_of(folder, late, one) == values | {"likeness": "not measured"}
    judged = union([judgement(other, "look", 0.25), judgement(B, "look", 1.0)])
    assert values_by_fingerprint(plan, base, judged) == {
        plan.steps[0].fp: values, plan.steps[1].fp: values, mute.fingerprint: no_values() | {"judge.look": 0.25},
    }  # fmt: skip
    assert list(values_by_fingerprint(plan, base)) == [plan.steps[0].fp, plan.steps[1].fp]


def test_expectations_are_held_against_what_is_known(board: Path) -> None:
    made = api.compile(board)
    assert made.board is not None
    expected = expected_by_shot(made.board)
    assert {shot: [str(b.measure) for b in bounds] for shot, bounds in expected.items()} == {
        shot: ["black", "loudness", "judge.look"] for shot in ("open", "late")
    }
    assert [b.measure for b in expected_by_shot(made.board, judges=False)["open"]] == ["black", "loudness"]
    one = digest(MP4 + b"\0")
    folder = MeasuresFolder(board.parent)
    folder.keep(measured(one, black=0.5, loudness=-30.0))
    scores = {one: {"judge.look": 0.5}}
    held = Expectations(expected, folder, lambda e: e.take == 2 or None, lambda sha256: scores.get(sha256, {}))
    first, second, mute, late = made.entries
    found = held.compare(first, one, 3, "now", why="late")
    assert found is not None
    assert (found.entry, found.fp, found.attempt, found.at, found.picked, found.why) == (
        "open/1", first.fingerprint, 3, "now", False, "late",
    )  # fmt: skip
    assert [(b.measure, b.verdict, b.found, b.expected) for b in found.bounds] == [
        ("black", "met", "0.5 s", "at most 0.5 s"), ("loudness", "unmet", "-30 LUFS", "-24 to -12 LUFS"),
        ("judge.look", "met", "0.5", "at least 0.5"),
    ]  # fmt: skip
    assert [b.place for b in found.bounds] == [f"{board}:4:{column}" for column in (10, 29, 61)]
    assert held.compare(mute, one, 1, "now") is None
    lock = read_lock(board.with_suffix(".lock"))
    standing = held.standing([None, *made.entries], lock, "now")
    assert {a: (f.attempt, f.picked) for a, f in standing.items()} == {"open/1": (1, False), "open/2": (1, True)}
    assert [held.unmet(e, lock, "now") for e in (first, second, mute, late)] == [("loudness",), ("loudness",), (), ()]


def test_a_judge_is_asked_about_each_video_once(board: Path, picture: bytes) -> None:
    plan, base = plan_of(board), board.parent
    asked = list(questions(plan, base, videos_of(plan, base, HINT)))
    renders, before = base / "renders", {"name": "before", "kind": "image"}
    assert [(q.sha256, q.path, q.entries, q.references) for q in asked] == [
        (digest(MP4 + b"\0"), renders / "open_take1.mp4", ("open/1", "open/2"),
         ({"name": "cup", "kind": "image", "path": str(base / "cup.jpg")},)),
        (digest(MP4 + b"\1"), renders / "mute_take1.mp4", ("mute/1",),
         (before | {"path": str(renders / "open_take1.mp4"), "entry": "open/1", "frame": "last"},)),
    ]  # fmt: skip
    first = asked[0]
    assert json.loads(first.line("look")) == {
        "seedspec_judge": 1, "judge": "look", "address": "open/1", "entries": ["open/1", "open/2"], "shot": "open",
        "take": 1, "labels": {}, "prompt": "A cup.", "video": str(first.path), "sha256": first.sha256,
        "references": list(first.references),
    }  # fmt: skip
    assert next(iter(json.loads(first.line("look")))) == "seedspec_judge" and b"\n" not in first.line("look")
    late = plan.steps[3].entry
    assert late is not None
    far = next(questions(plan, base, [Video(("late/1",), "renders/mute_take1.mp4", B)])).references
    assert far == ({"name": "far", "kind": "image", "path": None, "url": "https://cdn.example.com/x.png"},)
    (renders / "open_take1.mp4").unlink()
    again = list(questions(plan, base, videos_of(plan, base, HINT)))
    assert [q.entries for q in again] == [("mute/1",)] and again[0].references[0]["path"] is None


def test_a_question_is_about_the_bytes_that_were_saved(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(MP4)

    def asked(name: str, sha256: str) -> bool:
        return Question(sha256, tmp_path / name, (), None, ()).is_whole()  # type: ignore[arg-type]

    assert [asked("a.mp4", digest(MP4)), asked("a.mp4", A), asked("b.mp4", A), asked(".", A)] == [True, *[False] * 3]


def test_judgements_are_read_line_by_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lock, file = Path("tea.lock"), Path("tea.measures.jsonl")
    one, two, three = judgement(A, "look", 0.5), judgement(B, "look", 0.25), judgement(B, "ear", 1.0)

    def read() -> tuple[Judged, list[str]]:
        problems = Problems()
        return judged_file.read_judged(lock, problems), [f"{d.span} {d.severity} {d.message}" for d in problems]

    assert read() == (Judged(), [])
    lines = ["<<<<<<< ours", line_of(one), "=======", "", "no line", line_of(two), ">>>>>>> theirs", "x" * 16_385, ""]
    file.write_text("\n".join(lines) + line_of(three))
    found, said = read()
    assert found == union([one, two, three])
    assert [s.partition(":5:1 ")[0] for s in said][:1] == ["tea.measures.jsonl"] and len(said) == 2
    assert said[0].endswith("; the line is left out")
    assert said[1] == "tea.measures.jsonl:8:1 warning the line has more than 16,384 bytes; the line is left out"
    file.write_text(f"{line_of(one)}\n{line_of(two)[:-1]}")
    assert read() == (union([one]), [])
    file.unlink()
    file.symlink_to("other")
    why = (
        "is a symbolic link; remove it: nothing is written through a link, nor read from where it leads; it is left out"
    )
    assert read() == (Judged(), [f"None warning `tea.measures.jsonl` {why}"])
    for work in (lambda: judged_file.write_judged(lock, Judged()), lambda: judged_file.add_judgement(lock, one)):
        with pytest.raises(OSError, match="is a symbolic link"):
            work()


def test_judgements_are_written_sorted_and_added_one_by_one(tmp_path: Path) -> None:
    lock, file = tmp_path / "tea.lock", tmp_path / "tea.measures.jsonl"
    one, two = judgement(A, "look", 0.5), judgement(B, "look", 0.25)
    judged_file.write_judged(lock, Judged())
    assert not file.exists()
    judged_file.write_judged(lock, union([two, one]))
    assert file.read_text() == f"{line_of(one)}\n{line_of(two)}\n"
    before = file.stat().st_ino
    judged_file.write_judged(lock, union([one, two]))
    assert file.stat().st_ino == before, "what it holds already is not written"
    judged_file.add_judgement(lock, one)
    assert file.read_text().count("\n") == 3
    judged_file.write_judged(lock, Judged())
    assert file.read_text() == ""
