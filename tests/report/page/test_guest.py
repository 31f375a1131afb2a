"""A page for guests has videos and numbers, nothing that a project knows itself by; its votes are counted as any."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from takes import Project

from seedspec.cli.main import seedspec


def run(*arguments: str) -> Result:
    return CliRunner().invoke(seedspec, arguments)


def page_of(project: Project, *options: str) -> str:
    done = run("review", str(project.board), "--guest", *options)
    assert done.exit_code == 0, (done.output, done.exception)
    return Path(done.stdout.strip()).read_text(encoding="utf-8")


def content_of(text: str) -> Any:
    found = re.search(r'<script type="application/json" id="content">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def test_nothing_of_the_project_is_in_it(project: Project) -> None:
    text = page_of(project)
    data = "".join(re.findall(r"<script type=.*?</script>", re.sub(r'(id="video-\d+">)[^<]*', r"\1", text), re.DOTALL))
    assert 'id="video-0"' in data
    lock = project.board.with_suffix(".lock").read_text(encoding="utf-8")
    told = {str(project.folder), "renders", ".mp4", "/tmp", "credits.example", "25.11", "kite.png", "cdn.example.com"}
    told |= {e.address for e in project.entries()} | {e.fingerprint[:12] for e in project.entries()}
    told |= {found[:12] for found in re.findall(r'"sha256": ?"([0-9a-f]{64})"', lock)}
    told |= {"open", "close", "look", "hook", "dawn", "noon", "question", "reveal"}  # shots, axes, labels
    told |= {
        "thin mist",
        "hard light",
        "climbs",
        "Hands hold",
        "seedance",
        "doubt",
        "failed",
        "content_policy",
        "task-",
    }
    assert {word for word in told if word in data} == set()
    found = content_of(text)
    assert len(found["takes"]) == 12 and {t["state"] for t in found["takes"]} == {"saved"}
    assert {(t["usd"], t["credits"], t["reason"], t["video"]) for t in found["takes"]} == {(None, None, "", "")}
    assert page_of(project) == text, "the same takes are the same page"


@pytest.mark.slow
def test_a_guests_votes_come_back_as_a_file_that_is_counted(project: Project) -> None:
    found = content_of(page_of(project))
    by_name = {(t["shot"], *t["labels"].items(), t["take"]): t for t in found["takes"]}
    pairs = []
    for key, one in by_name.items():
        other = next((t for k, t in by_name.items() if k[0] == key[0] and t["fp"] != one["fp"]), None)
        if other is not None:
            pairs.append((one, other))
    votes = [
        {"a": a["address"], "b": b["address"], "winner": "a", "a_fp": a["fp"], "b_fp": b["fp"], "blind": True}
        for a, b in pairs
    ]
    page = {"storyboard": found["name"], "emulator": found["emulator"], "digest": found["digest"]}
    reviews = project.folder / "reviews"
    reviews.mkdir()
    text = {"seedspec_review": 1, "page": page, "reviewer": "Guest", "votes": votes}
    (reviews / f"{found['track']}.guest.review.yaml").write_text(json.dumps(text), encoding="utf-8")
    done = run("stats", str(project.board), "--format", "json")
    assert done.exit_code == 0, (done.output, done.exception)
    stats = json.loads(done.stdout)
    assert sum(s["votes"] for s in stats["shots"]) == len(votes) > 5
    addresses = {e.address for e in project.entries()}
    assert {row["name"] for s in stats["shots"] for row in s["rows"]} <= addresses


@pytest.mark.parametrize(
    ("options", "said"),
    [(["--media", "link"], "has its videos inside"), (["--x", "look"], "has blind votes alone")],
)
def test_what_would_tell_is_refused(project: Project, options: list[str], said: str) -> None:
    done = run("review", str(project.board), "--guest", *options)
    assert getattr(done.exception, "code", None) == 2 and said in str(done.exception)
