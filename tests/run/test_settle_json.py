"""`settle --format json` in each branch, over real HTTP; each document is held against its schema."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from outputs import check_output

from seedspec.cli.main import start
from seedspec.lock.state import State

pytestmark = pytest.mark.slow
NOTHING = {"seedspec_settle": 1, "settled": [], "waiting": []}
Settle = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def settle(capfd: pytest.CaptureFixture[str]) -> Settle:
    """Settles, and gives the exit code, the document, None where nothing was printed, and standard error."""

    def run(*words: str) -> tuple[int, Any, str]:
        capfd.readouterr()
        line = ("settle", *words, "--format", "json")
        code = start(line)
        said = capfd.readouterr()
        check_output(line, said.out)
        return code, json.loads(said.out) if said.out.strip() else None, said.err

    return run


def test_evidence_is_shown_and_a_task_is_named(studio: Callable[..., Any], settle: Settle) -> None:
    with studio("body", "lost-reply@1") as at:
        assert settle() == (0, NOTHING, "")
        assert at.run()[-1].exit == 8
        before = at.lock
        code, document, err = settle("one/1")
        assert (code, document["settled"], err) == (8, [], "") and at.lock == before
        [one] = document["waiting"]
        assert (one["entry"], one["state"], one["task"], one["last_word"]) == ("one/1", "doubt", None, None)
        assert one["why"] and one["sent_at"] and one["key"] == at.record("one/1").get("intent")["key"]
        [candidate] = one["evidence"]["candidates"]
        task = candidate["task"]
        assert set(one["evidence"]["credits"].values()) <= {None, 0, one["evidence"]["credits"]["estimate"]}
        assert candidate["same_request"] and candidate["at"].endswith("Z")
        assert [c["command"] for c in one["commands"]] == [
            f"seedspec settle one/1 {said}" for said in (f"--task {task}", "--not-billed", "--resend")
        ]
        code, document, _ = settle("one/1", "--task", task)
        assert code == 0 and document["waiting"] == []
        assert [(s["outcome"], s["task"], s["fingerprint"]) for s in document["settled"]] == [
            ("task", task, one["fingerprint"])
        ]
        assert at.record("one/1").task == task and settle() == (0, NOTHING, "")
        assert at.run()[-1].exit == 0 and at.bought() == 2


def test_what_the_service_proves_is_settled_and_the_rest_waits(studio: Callable[..., Any], settle: Settle) -> None:
    with studio("own-id", "lost-reply@1", "server-error=502@2") as at:
        assert at.run(wait=False)[-1].exit == 8
        code, document, _ = settle()
        taken = at.service.ledger("reserved")[0]["task"]
        assert code == 8 and [(s["outcome"], s["task"]) for s in document["settled"]] == [("found", taken)]
        [rest] = document["waiting"]
        assert rest["evidence"]["proof"]["carried"].startswith("our id ") and not rest["evidence"]["proof"]["shown_by"]
        code, document, _ = settle(rest["entry"], "--not-billed")
        assert code == 0 and [(s["outcome"], s["task"]) for s in document["settled"]] == [("not-billed", None)]
        assert "the next run buys it again" in document["settled"][0]["message"]
        code, document, _ = settle(document["settled"][0]["entry"], "--lost")
        assert (code, document) == (2, None), "it is nothing that the service took"
        followed = next(r.entry for r in at.lock if r.state is State.RUNNING)
        code, document, _ = settle(followed, "--lost")
        assert code == 0 and [(s["outcome"], s["task"]) for s in document["settled"]] == [("lost", taken)]


def test_a_request_is_sent_again(studio: Callable[..., Any], settle: Settle) -> None:
    with studio("none", "server-error=502@1,3", "list-error=503") as at:
        assert at.run(max_entries=1)[-1].exit == 8
        code, document, _ = settle()
        [one] = document["waiting"]
        assert code == 8 and one["evidence"]["candidates"] is None and one["evidence"]["why_not_asked"]
        code, document, _ = settle("one/1", "--resend")
        assert code == 0 and [s["outcome"] for s in document["settled"]] == ["resent"]
        assert document["settled"][0]["task"] == at.record("one/1").task == at.service.ledger("reserved")[0]["task"]
        assert at.run(max_entries=1, wait=False)[-1].exit in (7, 8)


def test_a_request_that_is_refused_once_more_stays_in_doubt(studio: Callable[..., Any], settle: Settle) -> None:
    with studio("none", "server-error=502@1,2") as at:
        assert at.run(max_entries=1)[-1].exit == 8
        code, document, err = settle("one/1", "--resend")
        assert (code, document) == (8, None) and "sent again, and not settled" in err
        assert at.record("one/1").state is State.DOUBT and at.bought() == 0
