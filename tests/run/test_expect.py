"""A run measures what it saves where something is expected of it, and ends with 9; nothing bought depends on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from seedspec import api
from seedspec.lock.event import Event
from seedspec.lock.lock import Lock
from seedspec.lock.purchase_events import Saved, Submitting
from seedspec.lock.run_events import Compared, RunFinished, RunStarted
from seedspec.project.credentials import BadSettings
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
KEY = {"EVOLINK_API_KEY": "sk-of-nobody"}
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


def test_black_and_frozen_pictures_are_unmet_and_those_of_other_takes_are_not(tmp_path: Path) -> None:
    board = board_of(tmp_path, "expect: {black: {max: 0}, frozen: {max: 0}, silent: {max: 0}, cuts: {max: 0}}")
    events = run(board, "black@1", "frozen@2")
    unmet = [{b.measure for b in e.bounds if b.verdict == "unmet"} for e in events if isinstance(e, Compared)]
    assert sorted(map(sorted, unmet)) == [[], ["black", "frozen"], ["frozen"]]
    assert (end(events).exit, end(events).unmet) == (9, 2)


@pytest.mark.long
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


@pytest.mark.long
def test_what_is_bought_stays_when_measuring_is_broken_off(tmp_path: Path) -> None:
    board = board_of(tmp_path)
    whole = run(board_of(tmp_path))
    before = board.with_name("storyboard.emulator.lock").read_bytes()
    assert end(whole).exit == 0
    for file in (tmp_path / ".seedspec" / "measures").iterdir():
        file.unlink()
    events = run(board, stop_after=Compared)
    assert end(events).exit in (0, 130) and board.with_name("storyboard.emulator.lock").read_bytes() == before


@pytest.mark.long
def test_expectations_change_no_byte_of_a_lock(tmp_path: Path) -> None:
    shapes = []
    for name, expect in (("with", LOUD), ("without", "")):
        (tmp_path / name).mkdir()
        board = board_of(tmp_path / name, expect)
        run(board, "silent@1")
        lock = read_lock(board.with_name("storyboard.emulator.lock"))
        shapes.append([(r.fp, r.attempt, r.state, r.manifest, r.file, sorted(r.values)) for r in lock])
    assert shapes[0] == shapes[1]


def lock_of(board: Path) -> Lock:
    return read_lock(board.with_name("storyboard.emulator.lock"))


def test_a_retake_is_bought_in_the_same_run_and_stands(tmp_path: Path) -> None:
    board = board_of(tmp_path)
    events = run(board, "silent@1", retake_unmet=True)
    assert (end(events).exit, end(events).bought, end(events).saved, end(events).unmet) == (0, 4, 4, 0)
    assert sum(isinstance(e, RunStarted) for e in events) == sum(isinstance(e, RunFinished) for e in events) == 1
    (attempts,) = [rs for rs in lock_of(board).attempts.values() if len(rs) > 1]
    assert [(r.attempt, r.state.value) for r in attempts] == [(1, "saved"), (2, "saved")]
    assert len({r.task for r in attempts}) == 2 and all((tmp_path / str(r.file)).is_file() for r in attempts)
    again = run(board, retake_unmet=True)
    assert (end(again).bought, end(again).exit, set(compared(again).values())) == (0, 0, {"met", "not applicable"})


def test_a_take_is_bought_anew_so_often_and_no_more(tmp_path: Path) -> None:
    board = board_of(tmp_path)
    events = run(board, "silent", retake_unmet=True)
    assert (end(events).bought, end(events).exit, end(events).unmet) == (
        5,
        9,
        2,
    )
    assert end(run(board, "silent", retake_unmet=True)).bought == 0
    more = run(board, "silent", retake_unmet=True, max_retakes=3)
    assert (end(more).bought, end(more).exit) == (4, 9)
    assert sorted(len(rs) for rs in lock_of(board).attempts.values()) == [1, 4, 4]
    assert end(run(board, retake_unmet=False)).bought == 0


def test_a_take_that_people_picked_is_never_bought_anew(tmp_path: Path) -> None:
    board = board_of(tmp_path)
    run(board, "silent@1,3")
    chosen = next(e for e in api.compile(board).entries if e.address == "open/1")
    picks = f"seedspec_picks: 1\npicks: [{{entry: open/1, fp: {chosen.fingerprint}}}]\n"
    board.with_name("storyboard.emulator.picks.yaml").write_text(picks, encoding="utf-8")
    events = run(board, retake_unmet=True)
    assert [e.entry for e in events if isinstance(e, Submitting)] == ["open/2"] and end(events).exit == 0


@pytest.mark.long
def test_what_is_not_measured_is_not_bought_anew(tmp_path: Path) -> None:
    board = board_of(tmp_path)
    run(board, "silent@1")
    for file in (tmp_path / ".seedspec" / "measures").iterdir():
        file.unlink()
    assert end(run(board, retake_unmet=True)).bought == 0


@pytest.mark.long
def test_a_budget_is_for_all_rounds(tmp_path: Path) -> None:
    board = board_of(tmp_path)
    events = run(board, "silent@1,3", retake_unmet=True, max_credits=4 * 25.11 + 1)
    assert (end(events).bought, end(events).exit) == (4, 4)
    other = tmp_path / "other"
    other.mkdir()
    assert end(run(board_of(other), "silent@1,3", retake_unmet=True, max_entries=3)).bought == 3


def test_a_retake_that_was_not_sent_is_bought_once_by_the_next_run(tmp_path: Path) -> None:
    board = board_of(tmp_path)
    pace = api.Pace(submit_every=0.0, poll=0.1, poll_most=0.5, wait=0.1, announced=0.0)
    options = api.Options(emulated=True, pace=pace, retake_unmet=True)
    with api.emulator(board, seconds=0.1, faults=["silent@1"]) as fake:
        events = api.run(board, options, emulator=fake)
        for event in events:
            if isinstance(event, Submitting) and event.attempt == 2:
                events.close()  # between the intent and the request
    assert not any(r.state.value in ("submitting", "doubt") for r in lock_of(board))
    after = run(board, retake_unmet=True)
    assert [e.attempt for e in after if isinstance(e, Submitting)] == [2] and end(after).exit == 0
    assert sum(r.task is not None for r in lock_of(board)) == 4


def test_what_continues_a_retaken_video_becomes_stale_and_nothing_more(tmp_path: Path) -> None:
    board = tmp_path / "storyboard.yaml"
    chained = BOARD.replace("EXPECT", LOUD).replace("takes: 2, ", "")
    board.write_text(
        chained.replace(
            "  - {id: mute, generate_audio: false, prompt: \"{{ ref('cup') }} is put down.\"}",
            "  - id: next\n    references: {before: {shot: open}}\n    prompt: \"Go on from {{ ref('before') }}.\"",
        ),
        encoding="utf-8",
    )
    events = run(board, "silent@1", retake_unmet=True)
    assert [e.entry for e in events if isinstance(e, Submitting)] == ["open/1", "next/1", "open/1"]
    assert [s.address for s in api.plan(board, api.Options(emulated=True)).plan.stale] == ["next/1"]
    assert end(run(board, retake_unmet=True)).bought == 0


def test_retakes_are_in_the_price_that_is_asked_for(tmp_path: Path) -> None:
    board = board_of(tmp_path)
    options = [api.Options(), api.Options(retake_unmet=True), api.Options(retake_unmet=True, max_retakes=2)]
    quotes = [api.quote(api.plan(board, one), one) for one in options]
    assert [q and q.videos for q in quotes] == [3, 6, 9]
    assert quotes[0] and quotes[1] and quotes[1].credits == 2 * quotes[0].credits
    with pytest.raises(api.ConsentNeeded):
        next(api.run(board, options[1], consent=api.Yes(max_credits=float(quotes[0].credits)), environ=KEY))
    with pytest.raises(BadSettings, match="leave them out"):
        api.agree(api.plan(board, options[1]), options[1])
    agreed = api.agree(api.plan(board))
    with pytest.raises(BadSettings, match="leave out retake_unmet"):
        api.plan(board, api.Options(agreed=agreed, retake_unmet=True))
