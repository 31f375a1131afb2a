"""The review page in Debian's Chromium, from a file: what a person would do with it, by mouse and by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from takes import Project, made

from seedspec.cli.main import seedspec
from seedspec.text.diagnostic import Problems
from seedspec.text.yaml import parse, source_of

pytestmark = pytest.mark.browser
Browser = Callable[..., Any]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, clips: tuple[Path, Path]) -> Path:
    return review(made(tmp_path_factory.mktemp("pages") / "kite", clips))


def review(project: Project, *options: str) -> Path:
    out = project.folder / "review.html"
    run("review", str(project.board), "--out", str(out), *options)
    return out


def run(*arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(seedspec, arguments)
    assert done.exit_code == code or code == getattr(done.exception, "code", None), (done.output, done.exception)
    return done.output


@pytest.mark.parametrize("media", ["link", pytest.param("inline", marks=pytest.mark.long), "proxy"])
def test_it_opens_from_a_file_and_plays(project: Project, browser: Browser, media: str) -> None:
    page = review(project, "--media", media)
    found = browser("opens", page)
    assert found["takes"] == found["rows"] == 16
    assert sorted(found["blank"]) == ["failed", "in doubt", "not bought", "not bought"]
    assert found["title"] == "kite · review"
    assert "</script><b>question</b> & 茶" in found["prompt"] and found["bold"] == 0
    assert "default-src 'none'" in found["policy"] and "unsafe" not in found["policy"]
    assert found["injected"] is False and found["outside"] == []
    assert all("Content Security Policy" in fault for fault in found["faults"]), found["faults"]
    assert browser("drift", page)["median"] < 60


def test_two_takes_stay_in_step(page: Path, browser: Browser, record_property: Callable[[str, object], None]) -> None:
    found = browser("drift", page)
    record_property("drift", found)
    assert found["median"] < 60, found
    assert found["faults"] == []


def test_the_difference_is_exact_to_the_frame(page: Path, browser: Browser) -> None:
    found = browser("difference", page)
    assert [f["frame"] for f in found["found"]] == [f"{n} / 96" for n in (96, 95, 94, 1, 2, 3, 4)]
    for shown in found["found"]:  # the squares are equal in both takes; what is between them differs by the ground
        assert shown["low"] < 24, shown
    means = [shown["mean"] for shown in found["found"]]
    assert max(means) - min(means) < 3, "the squares of a frame's number do not cancel"
    assert found["moved"]["mean"] > max(means) + 8


def test_a_wipe_follows_the_mouse_and_the_slider(page: Path, browser: Browser) -> None:
    found = browser("wipe", page)
    assert found["before"][1] - found["before"][0] > 30
    assert abs(found["after"][1] - found["after"][0]) < 10
    assert abs(found["slid"][1] - found["slid"][0]) < 10 and found["slid"][0] - found["after"][0] > 30


def test_a_flip_changes_takes_in_place_and_never_flashes(page: Path, browser: Browser) -> None:
    found = browser("flip", page)
    first, second, third = found["found"]
    assert abs(first - third) < 5 and abs(first - second) > 30
    assert found["side"] == "a"


def test_time_moves_by_frames_and_one_sound_is_heard(page: Path, browser: Browser) -> None:
    found = browser("transport", page)
    assert found["frames"] == [f"{n} / 96" for n in (1, 2, 3, 2, 96, 1, 2)]
    assert found["times"] == [pytest.approx(1.5 / 24, abs=1e-3)] * 2
    assert found["sounds"] == [[False, True], [True, False], [True, True]]
    assert found["rate"] == "1.5×" and found["back"] == "-1×"


def test_blind_votes_are_saved_and_counted(project: Project, browser: Browser) -> None:
    page = review(project, "--seed", "1", "--blind")
    found = browser("votes", page, keys=["a", "b", "t", "x", "u", "]", "a"])
    for name in ("dawn", "noon", "question", "reveal"):
        assert name not in found["shown"].replace("look", "").replace("hook", ""), found["shown"]
    assert found["kept"].startswith("0 picks, 4 votes, 0 notes")
    assert found["live"] <= 4
    assert found["file"]["name"] == "storyboard.mia.review.yaml"
    rows = [line for line in found["file"]["text"].splitlines() if '"winner"' in line]
    assert len(rows) == 5 and rows == sorted(rows)
    assert any('"shown":"ab"' in row for row in rows) and any('"shown":"ba"' in row for row in rows)
    reviews = project.folder / "reviews"
    reviews.mkdir()
    (reviews / found["file"]["name"]).write_text(found["file"]["text"], encoding="utf-8")
    assert "axis look: 4 votes" in run("stats", str(project.board))
    again = browser("votes", page, keys=["a", "b", "t", "x", "u", "]", "a"])
    assert again["file"] == found["file"], "the same seed and reviewer, another order"


def test_a_film_plays_to_its_end_and_a_vote_between_films_is_counted(project: Project, browser: Browser) -> None:
    lines = project.board.with_suffix(".lock").read_text(encoding="utf-8").splitlines(keepends=True)
    lost = "close@look=noon,hook=reveal/1"
    left = [line for line in lines if f'"entry":"{lost}"' not in line]
    assert len(left) == len(lines) - 1
    project.board.with_suffix(".lock").write_text("".join(left), encoding="utf-8")
    found = browser("films", review(project, "--seed", "1"))
    assert found["faults"] == [] and found["outside"] == []
    assert "dawn · question" in found["strip"] and "8.0 s · 2 shots" in found["strip"]
    assert found["strip"].count("not picked") == 2
    first, second = (f"{shot}@look=dawn,hook=question" for shot in ("open", "close"))
    assert found["first"]["on"] == ["open"] and first in found["first"]["clips"][0]
    assert found["first"]["ahead"][0] >= 3, "the next clip is not loaded ahead"
    assert second in found["second"]["clips"][0]
    assert found["end"] == found["gapEnd"] == "0:07.96"
    assert found["gap"]["clips"] == [] and found["gap"]["cards"] == ["close\nnoon · reveal\nheld"]
    assert found["both"]["on"] == ["open", "open"] and len(found["both"]["clips"]) == 2
    assert "film=film%40look%3Dnoon%2Chook%3Dreveal&beside=film%40" in found["address"]
    assert "Watch both first" in found["early"]
    for name in ("dawn", "noon", "question", "reveal"):
        assert name not in found["shown"], found["shown"]
    assert found["live"] <= 4 and found["kept"].startswith("0 picks, 1 vote, 0 notes")
    assert found["again"] == found["file"], "a vote is lost when the page is opened again"
    reviews = project.folder / "reviews"
    reviews.mkdir()
    (reviews / found["file"]["name"]).write_text(found["file"]["text"], encoding="utf-8")
    said = run("stats", str(project.board), "--film")
    assert "\nfilms: 1 vote\n" in said and "axis " in said
    assert "film@look=noon,hook=reveal" not in said, "a film with a gap is voted on"


def test_picks_and_notes_leave_as_a_file_that_pick_reads(project: Project, browser: Browser) -> None:
    found = browser("marks", review(project))
    assert [kept.split(" · ")[0] for kept in found["kept"]] == [
        "2 picks, 0 votes, 0 notes", "1 pick, 0 votes, 0 notes", "1 pick, 0 votes, 1 note", "1 pick, 0 votes, 1 note",
    ]  # fmt: skip
    file = found["file"]
    assert file["name"] == "storyboard.jo-ann.review.yaml" and found["copied"] == file["text"]
    assert file["text"].startswith("# yaml-language-server: $schema=../schemas/review.json\n")
    problems = Problems()
    source = source_of(file["name"], file["text"].encode(), problems)
    assert source is not None and parse(source, problems) is not None and not problems.failed, list(problems)
    assert r"a \"quoted\" note: #1 \u2028 \u0085 茶 p u s" in file["text"]
    saved = project.folder / file["name"]
    saved.write_text(file["text"], encoding="utf-8")
    run("pick", "--storyboard", str(project.board), "--from", str(saved))
    picks = (project.folder / "storyboard.picks.yaml").read_text(encoding="utf-8")
    assert '"entry": "open@look=dawn,hook=question/1"' in picks and '"by": ["Jo Ann"]' in picks


def test_what_is_picked_of_a_profile_leaves_as_a_file_that_says_so(project: Project, browser: Browser) -> None:
    with project.board.open("a", encoding="utf-8") as board:
        board.write("profiles: {draft: {}}\n")
    file = browser("marks", review(project, "--profile", "draft"))["file"]
    assert file["name"] == "storyboard.draft.jo-ann.review.yaml"
    assert '"profile":"draft"' in file["text"]
    (project.folder / file["name"]).write_text(file["text"], encoding="utf-8")
    run("pick", "--storyboard", str(project.board), "--profile", "draft", "--from", str(project.folder))
    picks = (project.folder / "storyboard.picks.yaml").read_text(encoding="utf-8")
    assert '{"profile": "draft", "entry": "open@look=dawn,hook=question/1"' in picks


def test_everything_works_without_a_mouse_and_without_single_keys(page: Path, browser: Browser) -> None:
    found = browser("keyboard", page)
    assert found["off"] == "grid"
    assert found["kept"].startswith("0 picks, 1 vote,")
    assert found["file"]["name"] == "storyboard.kay-123.review.yaml"
    assert found["bare"] == [], "focused without an outline"


def test_at_most_four_videos_are_live(page: Path, browser: Browser) -> None:
    found = browser("players", page)
    assert max(found["counts"]) <= 4 and found["players"] <= 4, found


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.sampled(4)
def test_axe_finds_nothing(project: Project, browser: Browser, theme: str, width: int) -> None:
    votes = project.folder / "none"
    votes.mkdir()
    page = review(project, "--votes", str(votes))
    views = ["grid", "compare", "blind", "table", "results", "films"]
    found = browser("axe", page, theme=theme, width=width, views=views)
    for name in (*views, "grid help"):
        assert found[name]["violations"] == [], name
        assert found[name]["passes"] > 15
