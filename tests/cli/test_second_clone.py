"""A second clone: its fetch changes no line of the lock, and what is not on its disk is counted and said."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import forks
import orjson
import pytest
from looks import Run

from seedspec import api
from seedspec.lock.lock import encode, merge_values, parse
from seedspec.run.engine.purchase import Moment, Phase, Purchase
from seedspec.run.engine.sums import sums

pytestmark = pytest.mark.slow

BOARD = """\
seedspec: 1
name: clones
model: seedance-2.0-reference-to-video
defaults: {duration: 4, quality: 480p}
shots:
  - {id: open, prompt: "a door opens"}
  - {id: next, prompt: "{{ ref('prev') }} goes on", references: {prev: {shot: open}}}
"""
FAST = ("--emulator-seconds", "0", "--poll-interval", "0.1", "--yes")
RENDERS = "renders.emulator"


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A storyboard whose two videos are bought and saved."""
    here = tmp_path_factory.mktemp("first")
    (here / "storyboard.yaml").write_text(BOARD, encoding="utf-8")
    forks.run(("run", "--emulator", *FAST), here).check_returncode()
    return here


@pytest.fixture
def bought(first: Path, folder: Path) -> Path:
    shutil.copytree(first, folder, dirs_exist_ok=True)
    return folder


def clone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What git brings of the folder, no video with it, and the emulator as the service that both clones ask."""
    here = folder.with_name("clone")
    shutil.copytree(folder, here, ignore=shutil.ignore_patterns(RENDERS))
    monkeypatch.chdir(here)
    return here


def long_ago(lock: Path) -> None:
    """The lock as it is when the service keeps nothing any more."""
    found = parse(lock.read_bytes())
    lines = [encode({**r.values, "results_until": "2026-01-01T00:00:00Z"}) for r in found]
    lock.write_bytes(lock.read_bytes().splitlines(keepends=True)[0] + b"".join(lines))


def test_a_fetch_in_a_second_clone_changes_no_line(
    bought: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = clone(bought, monkeypatch)
    before = (here / "storyboard.emulator.lock").read_bytes()
    assert f"{RENDERS}/open_take1.mp4 is not here; it is fetched again" in seedspec("plan", "--emulator").out
    assert "2 bought and to be fetched" in seedspec("status", "--emulator").out
    fetched = seedspec("fetch", "--emulator")
    assert fetched.code == 0, fetched.err
    assert (here / "storyboard.emulator.lock").read_bytes() == before
    for name in ("open_take1.mp4", "next_take1.mp4"):
        assert (here / RENDERS / name).read_bytes() == (bought / RENDERS / name).read_bytes()
    assert seedspec("lock", "verify", "--emulator").code == 0
    assert seedspec("fetch", "--emulator").code == 0
    assert (here / "storyboard.emulator.lock").read_bytes() == before


def test_what_the_second_clone_learns_is_kept(bought: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    here = clone(bought, monkeypatch)
    lock = here / "storyboard.emulator.lock"
    whole = lock.read_bytes()
    records = [{k: v for k, v in r.values.items() if k != "fps"} for r in parse(whole)]
    lock.write_bytes(whole.splitlines(keepends=True)[0] + b"".join(map(encode, records)))
    assert seedspec("fetch", "--emulator").code == 0
    after = list(parse(lock.read_bytes()))
    assert [r.get("fps") for r in after] == [r.get("fps") for r in parse(whole)]
    assert [r.get("results_until") for r in after] == [r.get("results_until") for r in parse(whole)]


def test_how_long_the_service_keeps_a_video_never_moves_later() -> None:
    until = {"results_until": "2026-01-02T00:00:00Z"}
    assert merge_values(until, {"results_until": "2026-01-03T00:00:00Z"}) == until
    assert merge_values(until, {"results_until": "2026-01-01T00:00:00Z"})["results_until"] == "2026-01-01T00:00:00Z"
    assert merge_values({}, until) == merge_values(until, {}) == until


@pytest.mark.parametrize("left", [0, 20_000])
def test_a_video_that_is_cut_short_is_fetched_again(bought: Path, seedspec: Run, left: int) -> None:
    lock, video = bought / "storyboard.emulator.lock", bought / RENDERS / "open_take1.mp4"
    before, whole = lock.read_bytes(), video.read_bytes()
    video.write_bytes(whole[:left])
    assert (
        f"{RENDERS}/open_take1.mp4 is not the video that was saved; it is fetched again"
        in seedspec("plan", "--emulator").out
    )
    assert seedspec("fetch", "--emulator").code == 0
    assert video.read_bytes() == whole
    assert lock.read_bytes() == before


def test_another_file_of_that_name_is_never_written_over(bought: Path, seedspec: Run) -> None:
    video = bought / RENDERS / "open_take1.mp4"
    whole = video.read_bytes()
    video.write_bytes(b"an edit of my own")
    assert seedspec("fetch", "--emulator").code == 0
    assert video.read_bytes() == b"an edit of my own"
    beside = (bought / RENDERS).glob("open_take1.*.mp4")
    assert [p.read_bytes() for p in beside] == [whole]
    assert "is not" not in seedspec("plan", "--emulator").out


def test_what_is_kept_nowhere_is_counted_and_said(bought: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    here = clone(bought, monkeypatch)
    long_ago(here / "storyboard.emulator.lock")
    what = "2 saved videos are not on this disk, and the service keeps no copy any more"
    adopt = "seedspec adopt open/1 --file FILE --emulator"
    for command, counts in (
        ("plan", "2 done, 2 of them not on this disk"),
        ("status", "2 saved, 2 of them not on this"),
    ):
        said = seedspec(command, "--emulator")
        assert said.code == 0
        assert counts in said.out
        assert what in said.out
        assert adopt in said.out
        assert orjson.loads(seedspec(command, "--emulator", "--format", "json").out)["missing"] == 2
    ran = seedspec("run", "--emulator", *FAST)
    assert ran.code == 0
    assert "0 saved, 2 reused, 2 of them not on this disk" in ran.out
    assert "the service keeps no copy of those any more: `seedspec status --emulator` says what to do" in ran.out
    taken = seedspec("adopt", "open/1", "--emulator", "--file", str(bought / RENDERS / "open_take1.mp4"))
    assert taken.code == 0, taken.err
    assert "2 done, 1 of them not on this disk" in seedspec("plan", "--emulator").out
    (here / RENDERS / "open_take1.mp4").write_bytes(b"cut")
    assert "not the video that was saved" in seedspec("plan", "--emulator").out
    again = seedspec("adopt", "open/1", "--emulator", "--file", str(bought / RENDERS / "open_take1.mp4"))
    assert again.code == 0, again.err


def test_what_is_bought_and_not_fetched_is_a_sum_of_its_own(bought: Path) -> None:
    step = api.plan(bought / "storyboard.yaml", api.Options(emulated=True)).plan.steps[0]

    def job(phase: Phase, task: str) -> Purchase:
        return Purchase(step, None, phase, 1, "a.mp4", task)

    jobs = [job(Phase.FETCHING, "t1"), job(Phase.LEFT, "t2"), job(Phase.LEFT, ""), job(Phase.WAITING, "")]
    done = sums(jobs, (), 3, Moment(0.0, datetime(2026, 1, 1, tzinfo=UTC)), missing=2)
    assert (done.to_fetch, done.waiting, done.running, done.reused, done.missing, done.exit) == (2, 2, 0, 3, 2, 7)
