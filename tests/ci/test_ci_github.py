"""The recipe for GitHub, step by step, against the emulator: what was agreed is bought once, and nothing else is."""

from __future__ import annotations

import json
import re
import signal
import sys
from pathlib import Path

import pytest
from forge import THIRD, Books, Forge
from github_runner import Job, after, plan_pull
from hub import LOOK, Hub

from seedspec.emulator.process import child

pytestmark = pytest.mark.slow

AGREED = ["first", "last", "two"]
MANY = '  - {id: two, takes: 9, prompt: "two"}\n'


def plan_file(hub: Hub, run: int = 1) -> Path:
    [file] = (hub.forge.artifacts(run) / "seedspec-plans").iterdir()
    return file


def test_a_pull_request_is_checked_and_priced_and_buys_nothing(planned: tuple[Forge, Job], service: Books) -> None:
    forge, job = planned
    assert job.good and set(job.done.values()) == {0}, job.said
    comment = (forge.folder / "comment-1.md").read_text()
    assert comment.startswith("### `ads/storyboard.yaml`: 3 videos to buy") and "1 added" in comment
    [file] = (forge.artifacts(1) / "seedspec-plans").iterdir()
    assert re.fullmatch(r"ads-storyboard-yaml-[0-9a-f]{16}\.json", file.name)
    assert len(json.loads(file.read_text())["purchases"]) == 3


def test_a_merge_buys_what_was_agreed_once(hub: Hub) -> None:
    sha = hub.forge.merge(hub.forge.pulls[0])
    job = hub.push(sha).run()
    assert job.good and sorted(hub.books.sold) == AGREED, job.said
    assert hub.forge.states == ["saved"] * 3
    assert "by the plan of " in job.said and "$1.11" in job.said  # three times $0.37, as the pull request showed
    kept = {p.name for p in (job.artifacts / "videos").iterdir()}
    assert {"storyboard.lock", "review.html", "first_take1.mp4"} <= kept
    assert b"first" in (job.artifacts / "videos" / "review.html").read_bytes()
    again = hub.buy(sha)  # started again by hand
    assert again.good and len(hub.books.sold) == 3, again.said


@pytest.mark.parametrize("how", ["squash", pytest.param("rebase", marks=pytest.mark.long)])
def test_a_merge_that_makes_other_commits_buys_the_same(how: str, hub: Hub) -> None:
    job = hub.buy(hub.forge.merge(hub.forge.pulls[0], how))
    assert job.good and sorted(hub.books.sold) == AGREED, job.said


def test_what_another_pull_request_brought_is_not_bought(hub: Hub) -> None:
    hub.forge.push("shots:\n", f"shots:\n{THIRD}")
    job = hub.buy(hub.forge.merge(hub.forge.pulls[0]))
    assert (
        job.good and sorted(hub.books.sold) == AGREED and "1 entry is not in the plan and is not bought" in job.said
    ), job.said


def test_a_prompt_that_was_changed_since_is_not_bought(hub: Hub) -> None:
    hub.forge.push('prompt: "first"', 'prompt: "other"')
    job = hub.buy(hub.forge.merge(hub.forge.pulls[0]))
    assert job.done["Buy what was agreed to"] == 4 and sorted(hub.books.sold) == ["last", "two"], job.said
    assert hub.forge.states == ["saved"] * 2


def test_a_price_that_has_risen_since_is_not_paid(hub: Hub) -> None:
    file = plan_file(hub)
    plan = json.loads(file.read_text())
    plan["purchases"][0]["units"] -= 1  # as if it had been cheaper then
    file.write_text(json.dumps(plan))
    job = hub.buy(hub.forge.merge(hub.forge.pulls[0]))
    assert job.done["Buy what was agreed to"] == 4 and sorted(hub.books.sold) == ["last", "two"], job.said


@pytest.mark.parametrize("grown", [False, True])
def test_a_plan_of_a_fork_is_no_consent_but_its_sum_bounds(hub: Hub, *, grown: bool) -> None:
    """Its plan names the very purchases, so only who made it keeps them from being bought."""
    pull = hub.forge.pulls[0]
    pull.repository = hub.forge.runs[0].repository = "stranger/ads"
    if grown:
        hub.forge.push("shots:\n", f"shots:\n{THIRD}")
    job = hub.buy(hub.forge.merge(pull))
    if grown:
        assert job.done["Buy what was agreed to"] == 4 and hub.books.sold == [], job.said
        assert "4 videos, at most $1.48: the yes is for at most $1.11" in job.said
    else:
        assert job.good and sorted(hub.books.sold) == AGREED, job.said


def test_a_run_of_a_fork_is_no_plan_of_a_branch_with_the_same_commit(hub: Hub) -> None:
    hub.forge.runs[0].repository = "stranger/ads"
    job = hub.buy(hub.forge.merge(hub.forge.pulls[0]))
    assert job.done["Buy what was agreed to"] == 4 and hub.books.sold == [], job.said


def test_the_job_of_a_fork_has_no_key_and_does_not_comment(hub: Hub, tmp_path: Path) -> None:
    pull = hub.forge.open("", THIRD, fork=True)
    job = plan_pull(hub.forge, hub.books, LOOK, pull, tmp_path / "fork")
    assert job.good and "Comment" not in job.done and not (hub.forge.folder / "comment-2.md").exists()


def nothing_bought(hub: Hub, job: Job) -> None:
    assert job.done["Buy what was agreed to"] == 4 and hub.books.sold == [], job.said
    assert (
        "To buy by hand: Actions, Videos, Run workflow." in job.said and "::error title=seedspec::no agreed" in job.said
    )


def test_a_direct_push_buys_nothing_and_a_hand_buys_up_to_a_ceiling(hub: Hub) -> None:
    sha = hub.forge.push("shots:\n", f"shots:\n{THIRD}")
    nothing_bought(hub, hub.buy(sha))
    job = hub.buy(sha, "workflow_dispatch", max_usd="0.75")
    assert job.done["Buy by hand"] == 4 and len(hub.books.sold) == 2, job.said


def test_a_plan_that_has_expired_buys_nothing(hub: Hub) -> None:
    plan_file(hub).unlink()
    plan_file_folder = hub.forge.artifacts(1) / "seedspec-plans"
    plan_file_folder.rmdir()
    nothing_bought(hub, hub.buy(hub.forge.merge(hub.forge.pulls[0])))


def test_a_check_that_fails_leaves_no_plan_to_agree_to(hub: Hub, tmp_path: Path) -> None:
    """The storyboard is right and priced; another one in its folder has a mistake."""
    pull = hub.forge.open("", "seedspec: 1\n", file="ads/other.yaml")
    job = plan_pull(hub.forge, hub.books, LOOK, pull, tmp_path / "bad")
    assert not job.good and "Keep the plan, which a merge agrees to" not in job.done, job.said
    assert "2 videos to buy" in (hub.forge.folder / "comment-2.md").read_text()
    nothing_bought(hub, hub.buy(hub.forge.merge(pull)))


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals here")
def test_a_cancelled_job_keeps_its_lock_and_goes_on_with_its_plan(hub: Hub, tmp_path: Path) -> None:
    pull = hub.forge.open("", MANY)
    plan_pull(hub.forge, hub.books, LOOK, pull, tmp_path / "many")
    sha = hub.forge.merge(pull)
    job = slow(hub.push(sha)).run(without=("Make the review page",), cancel=after(hub.books, 3, signal.SIGINT))
    assert job.done["Buy what was agreed to"] == 130 and job.done["Keep the lock"] == 0, job.said
    some = len(hub.books.sold)
    assert 3 <= some < 11 and len(hub.forge.states) == some
    again = hub.buy(sha)
    assert again.good and len(hub.books.sold) == 11 and hub.forge.states == ["saved"] * 11, again.said


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="no such signals here")
def test_a_purchase_in_doubt_after_the_second_signal_is_not_repeated(hub: Hub, tmp_path: Path) -> None:
    folder = tmp_path / "slow-service"
    with child(["--folder", str(folder), "--seconds", "0.05", "--fault", "slow=60@2"]) as addresses:
        other = Hub(hub.forge, Books(addresses, folder), hub.folder)
        sha = hub.forge.merge(hub.forge.pulls[0])
        cancel = after(other.books, 2, signal.SIGINT, signal.SIGTERM)
        job = slow(other.push(sha)).run(without=("Make the review page",), cancel=cancel)
        assert job.done["Buy what was agreed to"] == 8 and job.done["Keep the lock"] == 0, job.said
        again = other.buy(sha)
        assert again.done["Buy what was agreed to"] == 8 and sorted(other.books.sold) == AGREED, again.said


def slow(job: Job) -> Job:
    """The job with five purchases a second, so that it can be cancelled in the middle."""
    job.environ["SEEDSPEC_RUN_SUBMIT_RATE"] = "5"
    return job


def test_two_jobs_one_after_the_other_buy_once_and_two_at_once_buy_twice(hub: Hub) -> None:
    """What the concurrency group is for: without it the second lock is in conflict, and that is said by its job."""
    sha = hub.forge.merge(hub.forge.pulls[0])
    assert "group: seedspec" in hub.recipe and "queue: max" in hub.recipe
    jobs = [hub.push(sha), hub.push(sha)]
    for job in jobs:  # both have the lock of before
        job.run(until="Find the plan that was agreed to")
    for job in jobs:
        job.run(without=("Make the review page",))
    assert sorted(hub.books.sold) == sorted(AGREED * 2)
    assert jobs[0].good and jobs[1].done["Keep the lock"] == 1, jobs[1].said
    assert "storyboard.lock" in {p.name for p in (jobs[1].artifacts / "videos").iterdir()}
    later = hub.buy(sha)
    assert later.good and len(hub.books.sold) == 6, later.said


def test_merges_that_wait_buy_each_its_own_plan(hub: Hub, tmp_path: Path) -> None:
    pull = hub.forge.open("shots:\n", f"shots:\n{THIRD}")
    plan_pull(hub.forge, hub.books, LOOK, pull, tmp_path / "second")
    commits = [hub.forge.merge(hub.forge.pulls[0]), hub.forge.merge(pull)]
    found = [hub.buy(sha) for sha in commits]  # the second begins when the first has pushed its lock
    assert [job.good for job in found] == [True, True], found[1].said
    assert sorted(hub.books.sold) == sorted([*AGREED, "third"])


def test_an_expression_that_the_runner_does_not_know_fails() -> None:
    from expressions import Expressions

    known = Expressions(
        {"github": {"ref_name": "main"}, "vars": {}}, {"always": lambda: True, "success": lambda: False}
    )
    assert known.text("${{ github.ref_name }} ${{ vars.X }}!") == "main !"
    assert known.condition("always() && github.ref_name != 'x'") and not known.condition("github.ref_name == 'main'")
    for wrong in ("github.other", "format('x')", "needs.a", "github.ref_name > 'a'"):
        with pytest.raises((AssertionError, KeyError)):
            known.value(wrong)
