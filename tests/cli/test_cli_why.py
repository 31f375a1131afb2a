"""`why`: what a run would do with an entry and why, in sentences, with the line that says the new value."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from looks import Run, edit, keep

EXPECTED = Path(__file__).parent / "expected"
SAVED = {"task": "task-unified-1-a", "file": "renders/x.mp4", "sha256": "0" * 64, "bytes": 1}


def test_new(looks: Path, seedspec: Run) -> None:
    assert seedspec("why", "open@look=soft").out == (
        "open@look=soft/1: new; a run would buy it for 31.39 credits ($0.46)\n"
        "  Its request is not in the lock, and nothing was bought under its address.\n"
    )


def test_changed_names_every_field_with_old_new_and_line(
    looks: Path, seedspec: Run, expect: Callable[[Path, str], None]
) -> None:
    keep(looks, "open@look=noir/1", "saved", **SAVED)
    edit(looks, "hard shadows", "hard, wet shadows")
    edit(looks, "duration: 6", "duration: 7")
    edit(looks, "cup.webp", "mug.webp")
    edit(looks, "generate_audio: false", "generate_audio: true")
    said = seedspec("why", "open@look=noir/1")
    assert said.code == 0
    assert said.err.count("warning") == said.err.count("override-unused") == 0  # it says the default
    expect(EXPECTED / "why-changed.txt", said.out)


CHANGES = {
    "a var": ("Sunny Pour", "Rainy Pour", 5, "Rainy"),
    "the prompt": ("on a table", "on a marble table", 18, "marble"),
    "words taken out": (" on a table", "", 17, ""),
    "the first word": ("window light", "morning light", 12, "morning"),
}


@pytest.mark.parametrize("case", CHANGES)
def test_the_line_is_the_one_that_was_edited(case: str, looks: Path, seedspec: Run) -> None:
    old, new, line, words = CHANGES[case]
    keep(looks, "open@look=soft/1", "saved", **SAVED)
    edit(looks, old, new)
    (found,) = json.loads(seedspec("why", "open@look=soft/1", "--format", "json").out)["differences"]
    assert (found["field"], found["file"], found["line"]) == ("prompt", "storyboard.yaml", line)
    assert looks.read_text(encoding="utf-8").splitlines()[line - 1][found["column"] - 1 :].startswith(words)


def test_done_moved_and_twin(looks: Path, seedspec: Run) -> None:
    (looks.parent / "renders").mkdir()
    (looks.parent / "renders" / "x.mp4").write_bytes(b"x")
    keep(looks, "open@look=soft/1", "saved", **SAVED)
    assert seedspec("why", "open@look=soft").out == (
        "open@look=soft/1: done; a run would leave it alone\n"
        "  Its video is renders/x.mp4, since 2026-11-23T07:05:00Z.\n"
    )
    edit(looks, "      soft: {", "      calm: {")
    assert seedspec("why", "open@look=calm").out.splitlines()[-1] == (
        "  It was bought as open@look=soft/1; the request is the same, so it was not bought again."
    )
    edit(looks, "      calm: {", '      same: {words: "window light"}\n      calm: {')
    assert seedspec("why", "open@look=calm").out.startswith(
        "open@look=calm/1: the same request as another entry; it costs nothing\n"
        "  open@look=same/1 asks for exactly the same: one purchase serves both.\n"
        "open@look=same/1: done; a run would leave it alone\n"
    )


STATES = {
    "running": (
        {"task": "task-unified-1-a"},
        "in flight; a run would follow it\n  The service took it as task-unified-1-a, since 2026-11-23T07:05:00Z.\n",
    ),
    "completed": (
        {"task": "task-unified-1-a", "results_until": "2026-11-24T07:05:00Z"},
        "made and paid for; a run would fetch it\n"
        "  task-unified-1-a is completed, kept there until 2026-11-24T07:05:00Z.\n",
    ),
    "doubt": (
        {
            "doubt": "no answer within 90 s",
            "intent": {"key": "seedspec-1", "body_sha256": "0" * 64, "at": "2026-11-23T07:05:00Z"},
        },
        "in doubt; a run would leave it alone\n"
        "  Whether the service took its request is not known: no answer within 90 s.\n"
        "  `seedspec settle open@look=soft/1` shows what is known and takes what you find out.\n",
    ),
    "failed": (
        {"failure": {"code": "content_policy_violation", "message": "blocked words"}},
        "failed; a run would leave it alone\n"
        "  The last attempt failed, content_policy_violation: blocked words\n"
        "  The same request would fail again: change it.\n",
    ),
}


@pytest.mark.parametrize("state", STATES)
def test_states_of_the_lock(state: str, looks: Path, seedspec: Run) -> None:
    values, expected = STATES[state]
    keep(looks, "open@look=soft/1", state, **values)
    said = seedspec("why", "open@look=soft/1")
    told = re.sub(r", \d+ (days|h|min) ago", "", said.out)  # of what is in flight
    assert (said.code, told) == (0, "open@look=soft/1: " + expected)


def test_a_failure_that_may_be_repeated(looks: Path, seedspec: Run) -> None:
    keep(looks, "open@look=soft/1", "failed", failure={"code": "quota_exceeded", "message": "later"})
    assert seedspec("why", "open@look=soft").out.splitlines()[-1] == "  `seedspec run --retry-failed` tries it again."
    assert seedspec("why", "open@look=soft", "--retry-failed").out == (
        "open@look=soft/1: new; a run would buy it for 31.39 credits ($0.46)\n"
        "  Attempt 1 failed without a video, and its failure may be tried again: this is attempt 2.\n"
    )


def test_held_and_occupied(looks: Path, seedspec: Run) -> None:
    edit(looks, "    prompt: |\n", "    references: {before: {shot: close, at: {prompt: slow}}}\n    prompt: |\n")
    edit(looks, "on a table,", "after {{ ref('before') }},")
    keep(looks, "close@prompt=slow/1", "doubt", doubt="lost")
    said = seedspec("why", "open@look=soft")
    assert said.out == (
        "open@look=soft/1: held; a run could not buy it\n"
        "  It continues close@prompt=slow/1, and it is in doubt; `seedspec why close@prompt=slow/1` says more.\n"
    )
    (looks.parent / "renders").mkdir()
    (looks.parent / "renders" / "close@prompt=fast_take1.mp4").write_bytes(b"x")
    file = "renders/close@prompt=fast_take1.mp4"
    assert seedspec("why", "close@prompt=fast").out == (
        "close@prompt=fast/1: a file is in the way; a run would not buy it\n"
        f"  {file} exists and the lock does not know it: if it is this entry's, `seedspec adopt close@prompt=fast/1"
        f" --file {file}` takes it up; if another storyboard's, this one wants another `output:`.\n"
    )


def test_what_the_lock_alone_knows(looks: Path, seedspec: Run) -> None:
    keep(looks, "close@prompt=fast/1", "saved", **SAVED)
    edit(looks, "      fast: \"{{ ref('cup') }}, whip pan.\"\n", "")
    assert seedspec("why", "close@prompt=fast").out == (
        "close@prompt=fast/1: in the lock, and no entry stands for it\n"
        "  No entry of the storyboard asks for this request; its purchase is saved as renders/x.mp4.\n"
    )


def test_json(looks: Path, seedspec: Run) -> None:
    keep(looks, "open@look=noir/1", "saved", **SAVED)
    edit(looks, "duration: 6", "duration: 7")
    found = json.loads(seedspec("why", "open@look=noir", "--format", "json").out)
    assert found["seedspec_why"] == 1 and found["action"] == "change" and found["reason"]["kind"] == "Changed"
    assert found["before"] == {"attempt": 1, "state": "saved", "task": "task-unified-1-a", "file": "renders/x.mp4"}
    place = {"file": "storyboard.yaml", "line": 11, "column": 47}
    assert found["differences"] == [{"field": "duration", "old": 6, "new": 7, **place}]
    # the plan's reason is the first of the differences
    assert {k: found["reason"][k] for k in ("field", "old", "new")} == {"field": "duration", "old": 6, "new": 7}


def test_an_entry_that_is_none(looks: Path, seedspec: Run) -> None:
    said = seedspec("why", "clse")
    assert (said.code, said.out) == (2, "")
    assert said.err == "seedspec: `clse` fits no entry; did you mean:\n  close@prompt=slow/1\n  close@prompt=fast/1\n"


def test_a_storyboard_with_errors(looks: Path, seedspec: Run) -> None:
    edit(looks, "look.words", "lok.words")
    said = seedspec("why", "open@look=soft")
    assert said.code == 3 and "undefined-name" in said.err


def test_a_plan_shows_a_doubt_and_status_fails_for_it(looks: Path, seedspec: Run) -> None:
    """As the guide to running says; `plan --exit-code` is about what there is to buy."""
    keep(looks, "close@prompt=slow/1", "doubt", doubt="lost")
    plan, status = seedspec("plan"), seedspec("status")
    assert (plan.code, status.code) == (0, 8)
    assert all("?  close@prompt=slow/1" in said.out for said in (plan, status))
    guide = (Path(__file__).parents[2] / "docs" / "running.md").read_text(encoding="utf-8")
    assert "`plan`, `status` and `run` show it first" in guide
    assert "`status` and `run` end with code 8 until it is settled" in guide
