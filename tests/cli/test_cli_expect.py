"""`expect`: an unmet take is told at its line, ends a command with 9, and changes nothing that is bought or locked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import takes
from looks import MP4, Run

from seedspec import api
from seedspec.lock.state import State
from seedspec.measures.values import NAMES, NOT_APPLICABLE, Measured, Value
from seedspec.project.saved_measures import MeasuresFolder
from seedspec.run.store.lock_file import read_lock

CODE = "expect-unmet"
PLAIN = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {duration: 4, quality: 480p}
references: {cup: {image: "https://cdn.example.com/cup.png"}}
profiles:
  calm: {}
shots:
  - id: open
    prompt: "{{ ref('cup') }} is lifted."
    takes: 2
  - id: mute
    generate_audio: false
    prompt: "{{ ref('cup') }} is put down."
"""
BOARD = PLAIN.replace("profiles:", "expect:\n  black: {max: 0.5}\n  loudness: {min: -24, max: -12}\nprofiles:").replace(
    "calm: {}", "calm: {expect: {black: null}}"
)
BLACK, LOUDNESS = "storyboard.yaml:6:3", "storyboard.yaml:7:3"


@pytest.fixture
def board(folder: Path) -> Path:
    """Three takes that are saved; nobody has measured them."""
    path = folder / "storyboard.yaml"
    path.write_text(BOARD, encoding="utf-8")
    for number in range(3):
        (folder / f"{number}.mp4").write_bytes(MP4 + bytes([number]))
    takes.bought(path, lambda number: folder / f"{number}.mp4")
    return path


def measure(board: Path, address: str, **values: Value) -> None:
    """Keeps measures of a take's video as `seedspec measure` would."""
    record = next(r for r in read_lock(board.with_suffix(".lock")) if r.entry == address)
    assert record.state is State.SAVED
    known = {name: 0.0 for name in NAMES if name != "likeness"} | {"loudness": -20.0} | values
    MeasuresFolder(board.parent).keep(Measured(str(record.get("sha256")), known, {}))


def steps(said: str) -> dict[str, Any]:
    return {step["entry"]: step for step in json.loads(said)["steps"]}


def test_what_is_not_measured_is_said_and_is_no_9(seedspec: Run, board: Path) -> None:
    found = seedspec("status")
    assert found.code == 0 and "unmet" not in found.out
    assert "3 videos are not measured for all that is expected; `seedspec measure` measures them" in found.out
    assert seedspec("status", "--strict-expect").code == 9
    document = json.loads(seedspec("status", "--format", "json").out)
    assert (document["unmet"], document["not_measured"]) == (0, 3)


@pytest.mark.parametrize("command", ["status", "measure"])
def test_an_unmet_take_is_told_at_its_line_and_ends_with_9(seedspec: Run, board: Path, command: str) -> None:
    measure(board, "open/1", black=1.25)
    measure(board, "open/2", black=0.5, loudness=-30.0)
    measure(board, "mute/1", loudness=NOT_APPLICABLE)
    found = seedspec(command)
    assert found.code == 9
    said = [line for line in (found.out + found.err).splitlines() if f"[{CODE}]" in line]
    assert said == [
        f"{BLACK}: unmet: `open/1`: black: found 1.25 s; expected at most 0.5 s [expect-unmet]",
        f"{LOUDNESS}: unmet: `open/2`: loudness: found -30 LUFS; expected -24 to -12 LUFS [expect-unmet]",
    ]
    document = json.loads(seedspec(command, "--format", "json").out)
    assert (document["unmet"], document["not_measured"]) == (2, 0)
    told = steps(json.dumps(document)) if command == "status" else {}
    bounds = told["mute/1"]["expect"] if told else document["expect"]["mute/1"]
    assert [(b["measure"], b["verdict"]) for b in bounds["bounds"]] == [
        ("black", "met"),
        ("loudness", "not applicable"),
    ]


def test_a_picked_take_is_shown_and_is_no_9(seedspec: Run, board: Path) -> None:
    measure(board, "open/1", black=1.25)
    assert seedspec("status").code == 9
    assert seedspec("pick", "open", "1").code == 0
    found = seedspec("status")
    assert found.code == 0 and "unmet: black 1.25 s, expected at most 0.5 s (picked all the same)" in found.out


def test_a_profile_switches_a_measure_off(seedspec: Run, board: Path) -> None:
    measure(board, "open/1", black=9.0)
    document = seedspec("status", "--profile", "calm", "--format", "json")
    assert document.code == 0
    assert {b["measure"] for b in steps(document.out)["open/1"]["expect"]["bounds"]} == {"loudness"}


def test_a_doubt_and_what_cannot_be_measured_go_before_9(seedspec: Run, board: Path) -> None:
    measure(board, "open/1", black=9.0)
    Path("renders/open_take2.mp4").unlink()
    assert seedspec("measure", "--select", "open").code == 1


def test_nothing_expected_changes_what_is_bought_or_locked(seedspec: Run, board: Path) -> None:
    lock = board.with_suffix(".lock").read_bytes()
    measure(board, "open/1", black=9.0)
    with_it, plan = api.compile(board), seedspec("plan").out
    board.write_text(PLAIN, encoding="utf-8")
    without = api.compile(board)
    assert [(e.fingerprint, e.manifest, e.request) for e in with_it.entries] == [
        (e.fingerprint, e.manifest, e.request) for e in without.entries
    ]
    assert seedspec("plan").out == plan and board.with_suffix(".lock").read_bytes() == lock
    assert seedspec("status").code == 0 and not any(
        "expect" in s for s in steps(seedspec("status", "--format", "json").out).values()
    )


def test_the_page_has_what_is_unmet_of_each_take(seedspec: Run, board: Path) -> None:
    measure(board, "open/1", black=1.25)
    assert seedspec("review").code == 0
    page = board.with_name("storyboard.review.html").read_text(encoding="utf-8")
    assert page.count('"unmet":') == 1 and '"said":"black 1.25 s, expected at most 0.5 s","line":6' in page
    assert page.count('"not_measured":["black","loudness"]') == 1 and page.count('"not_measured":["black"]') == 1
