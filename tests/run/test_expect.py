"""A run measures what it saves where something is expected of it, and ends with 9; nothing bought depends on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from seedspec import api
from seedspec.lock.event import Event
from seedspec.lock.purchase_events import Saved
from seedspec.lock.run_events import Compared, RunFinished
from seedspec.run import comparing
from seedspec.run.store.lock_file import read_lock

pytestmark = pytest.mark.slow

BOARD = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {duration: 4, quality: 480p}
references: {cup: {image: "https://cdn.example.com/cup.png"}}
EXPECT
shots:
  - {id: open, takes: 2, prompt: "{{ ref('cup') }} is lifted."}
  - {id: mute, generate_audio: false, prompt: "{{ ref('cup') }} is put down."}
"""
LOUD = "expect: {loudness: {min: -40}}"


def board_of(folder: Path, expect: str = LOUD) -> Path:
    path = folder / "storyboard.yaml"
    path.write_text(BOARD.replace("EXPECT", expect), encoding="utf-8")
    return path


def run(board: Path, *faults: str, stop_after: type[Event] | None = None, **options: object) -> list[Event]:
    """The events of an emulated run with these faults; it is told to stop once an event of a kind has come."""
    pace = api.Pace(submit_every=0.0, poll=0.1, poll_most=0.5, wait=0.1, again_after=0.1, announced=0.0)
    given = api.Options(emulated=True, pace=pace, **options)  # type: ignore[arg-type]
    events: list[Event] = []
    with api.emulator(board, seconds=0.1, faults=faults) as fake:
        stopped = lambda: stop_after is not None and any(isinstance(e, stop_after) for e in events)  # noqa: E731
        for event in api.run(board, given, emulator=fake, stopping=stopped):
            events.append(event)
    return events


def compared(events: list[Event]) -> dict[str, str]:
    return {e.entry: e.bounds[0].verdict for e in events if isinstance(e, Compared)}


def end(events: list[Event]) -> RunFinished:
    assert isinstance(events[-1], RunFinished)
    return events[-1]


def test_a_run_measures_what_it_saves_and_ends_with_9(tmp_path: Path) -> None:
    board = board_of(tmp_path)
    events = run(board, "silent@1")
    found = compared(events)
    assert sorted(found.values()) == ["met", "not applicable", "unmet"] and found["mute/1"] == "not applicable"
    assert (end(events).exit, end(events).unmet, end(events).not_measured, end(events).saved) == (9, 1, 0, 3)
    again = run(board)
    assert compared(again) == found and (end(again).exit, end(again).bought, end(again).unmet) == (9, 0, 1)
    assert not any(isinstance(e, Saved) for e in again)


def test_a_storyboard_that_expects_nothing_measures_nothing(tmp_path: Path) -> None:
    events = run(board_of(tmp_path, ""), "silent@1")
    assert end(events).exit == 0 and not compared(events)
    assert not (tmp_path / ".seedspec" / "measures").exists()


def test_without_the_libraries_it_is_said_and_is_9_only_when_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = board_of(tmp_path)
    monkeypatch.setattr(comparing, "cuts_pictures", lambda: False)
    events = run(board)
    why = {e.why for e in events if isinstance(e, Compared) and e.not_measured}
    assert len(why) == 1 and "pip install" in why.pop()
    assert (end(events).exit, end(events).not_measured) == (0, 2)
    assert end(run(board, strict_expect=True)).exit == 9


def test_what_is_bought_stays_when_measuring_is_broken_off(tmp_path: Path) -> None:
    board = board_of(tmp_path)
    whole = run(board_of(tmp_path))
    before = board.with_name("storyboard.emulator.lock").read_bytes()
    assert end(whole).exit == 0
    for file in (tmp_path / ".seedspec" / "measures").iterdir():
        file.unlink()
    events = run(board, stop_after=Compared)
    assert end(events).exit in (0, 130) and board.with_name("storyboard.emulator.lock").read_bytes() == before


def test_expectations_change_no_byte_of_a_lock(tmp_path: Path) -> None:
    shapes = []
    for name, expect in (("with", LOUD), ("without", "")):
        (tmp_path / name).mkdir()
        board = board_of(tmp_path / name, expect)
        run(board, "silent@1")
        lock = read_lock(board.with_name("storyboard.emulator.lock"))
        shapes.append([(r.fp, r.attempt, r.state, r.manifest, r.file, sorted(r.values)) for r in lock])
    assert shapes[0] == shapes[1]
