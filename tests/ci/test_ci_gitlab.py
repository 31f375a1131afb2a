"""The recipe for GitLab, line by line, against the emulator and GitLab's API on loopback."""

from __future__ import annotations

import json
import shutil
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from forge import THIRD, TWO, Books, Forge
from github_runner import after
from gitlab_runner import Pipeline, api_of, plan_request

from seedspec.project.scaffold import workflow

pytestmark = pytest.mark.slow

RECIPE = workflow("gitlab", ".gitlab-ci.yml", "ads", "https://gitlab.example.com/your-org/seedspec", "main")
AGREED = ["first", "last", "two"]


@pytest.fixture(scope="module")
def priced(tmp_path_factory: pytest.TempPathFactory, service: Books) -> tuple[Forge, Pipeline]:
    """A merge request after its pipeline."""
    folder = tmp_path_factory.mktemp("priced")
    forge = Forge(folder / "forge")
    pull = forge.open("", TWO)
    with api_of(forge) as api:
        code, job = plan_request(forge, service, RECIPE, api, pull, folder / "job")
    assert code == 0, job.said
    return forge, job


@dataclass(frozen=True)
class Lab:
    """A forge like GitLab, where merge request 1 waits for its merge."""

    forge: Forge
    books: Books
    folder: Path
    api: str

    def job(self, sha: str, source: str = "push", **given: str) -> Pipeline:
        folder = self.folder / f"job-{len(list(self.folder.glob('job-*')))}"
        folder.mkdir()
        return Pipeline(self.forge, self.books, RECIPE, self.api, folder, source=source, sha=sha, given=given)


@pytest.fixture
def lab(priced: tuple[Forge, Pipeline], books: Books, tmp_path: Path) -> Iterator[Lab]:
    forge = priced[0].copy(tmp_path / "forge")
    with api_of(forge) as api:
        yield Lab(forge, books, tmp_path, api)


def test_a_merge_request_is_checked_and_priced_and_buys_nothing(priced: tuple[Forge, Pipeline]) -> None:
    forge, job = priced
    assert job.name == "plan" and "### `ads/storyboard.yaml`: 3 videos to buy" in job.said
    assert b"3 videos to buy" in (forge.folder / "comment.txt").read_bytes()
    assert len(list((forge.artifacts(1) / "seedspec-plans").iterdir())) == 1


def test_a_merge_buys_what_was_agreed_once(lab: Lab) -> None:
    sha = lab.forge.merge(lab.forge.pulls[0])
    job = lab.job(sha)
    assert (job.name, job.run(page=True)) == ("run", 0) and sorted(lab.books.sold) == AGREED, job.said
    assert lab.forge.states == ["saved"] * 3 and "[skip ci]" in job.said
    assert (job.artifacts / "review.html").exists() and len(
        list((job.artifacts / "ads" / "renders").glob("*.mp4"))
    ) == 3
    again = lab.job(sha)
    assert again.run() == 0 and len(lab.books.sold) == 3, again.said


def test_a_squash_buys_the_same_and_nothing_that_another_one_brought(lab: Lab) -> None:
    lab.forge.push("shots:\n", f"shots:\n{THIRD}")
    job = lab.job(lab.forge.merge(lab.forge.pulls[0], "squash"))
    assert job.run() == 0 and sorted(lab.books.sold) == AGREED, job.said


@pytest.mark.long
def test_a_prompt_that_was_changed_since_is_not_bought(lab: Lab) -> None:
    lab.forge.push('prompt: "first"', 'prompt: "other"')
    job = lab.job(lab.forge.merge(lab.forge.pulls[0]))
    assert job.run() == 4 and sorted(lab.books.sold) == ["last", "two"], job.said


@pytest.mark.parametrize("grown", [pytest.param(False, marks=pytest.mark.long), True])
def test_a_plan_of_a_fork_is_no_consent_but_its_sum_bounds(lab: Lab, *, grown: bool) -> None:
    pull = lab.forge.pulls[0]
    pull.repository = lab.forge.runs[0].repository = "stranger/ads"
    if grown:
        lab.forge.push("shots:\n", f"shots:\n{THIRD}")
    job = lab.job(lab.forge.merge(pull))
    assert job.run() == (4 if grown else 0) and sorted(lab.books.sold) == ([] if grown else AGREED), job.said
    assert ("the yes is for at most $1.11" in job.said) == grown


@pytest.mark.long
def test_a_direct_push_buys_nothing_and_a_hand_buys_up_to_a_ceiling(lab: Lab) -> None:
    sha = lab.forge.push("shots:\n", f"shots:\n{THIRD}")
    job = lab.job(sha)
    assert job.run() == 4 and lab.books.sold == [] and "To buy by hand: Build, Pipelines" in job.said, job.said
    hand = lab.job(sha, "web", MAX_USD="0.75")
    assert (hand.name, hand.run()) == ("by hand", 4) and len(lab.books.sold) == 2, hand.said
    assert lab.job(sha, "web").name == lab.job(sha, "schedule").name == ""


@pytest.mark.parametrize("why", [pytest.param("expired", marks=pytest.mark.long), "failed"])
def test_without_a_plan_of_a_good_pipeline_nothing_is_bought(why: str, lab: Lab) -> None:
    if why == "expired":
        shutil.rmtree(lab.forge.artifacts(1))
    else:
        lab.forge.runs[0].good = False
    job = lab.job(lab.forge.merge(lab.forge.pulls[0]))
    assert job.run() == 4 and lab.books.sold == [] and "no agreed plan: nothing is bought." in job.said, job.said


@pytest.mark.parametrize(
    "place", ["seedspec-plans/other.json", pytest.param("agreed/seedspec-plans/{name}", marks=pytest.mark.long)]
)
def test_a_plan_that_a_commit_brings_is_neither_handed_on_nor_bought_by(place: str, lab: Lab, tmp_path: Path) -> None:
    """Of the two places one is where the recipe writes plans, the other is named as where it unpacks them."""
    [plan] = (lab.forge.artifacts(1) / "seedspec-plans").iterdir()
    forged = json.dumps(json.loads(plan.read_text()))
    pull = lab.forge.open("", forged, file=place.format(name=plan.name))
    code, job = plan_request(lab.forge, lab.books, RECIPE, lab.api, pull, tmp_path / "forged")
    assert code == 0 and [p.name for p in (job.artifacts / "seedspec-plans").iterdir()] == [plan.name], job.said
    sha = lab.forge.merge(pull)
    pull.commits = []  # as after a push without a merge request
    bought = lab.job(sha)
    assert bought.run() == 4 and lab.books.sold == [], bought.said


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="no such signals here")
def test_a_cancelled_job_keeps_its_lock_and_goes_on_with_its_plan(lab: Lab, tmp_path: Path) -> None:
    pull = lab.forge.open("", '  - {id: two, takes: 9, prompt: "two"}\n')
    plan_request(lab.forge, lab.books, RECIPE, lab.api, pull, tmp_path / "many")
    sha = lab.forge.merge(pull)
    job = lab.job(sha)
    job.environ["SEEDSPEC_RUN_SUBMIT_RATE"] = "5"
    assert job.run(cancel=after(lab.books, 3, signal.SIGTERM)) == 130, job.said
    some = len(lab.books.sold)
    assert 3 <= some < 11 and len(lab.forge.states) == some
    again = lab.job(sha)
    assert again.run() == 0 and len(lab.books.sold) == 11, again.said
