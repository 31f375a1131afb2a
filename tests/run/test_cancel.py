"""Tasks are ended at a service that loses nothing by it, over real HTTP; every other service is never asked."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lookups
import pytest
from helpers import Service
from outputs import check_output

from seedspec.cli.main import start as command
from seedspec.lock.state import State
from seedspec.project.sources import schemas
from seedspec.run.cancelling import why_not
from seedspec.run.store.lock_file import hold

pytestmark = pytest.mark.slow

STOPS = {"queued": "stops", "running": "stops", "ended": "refused"}


def test_a_running_task_is_ended_and_not_bought_again_by_itself(
    studio: Callable[..., Any], capfd: pytest.CaptureFixture[str]
) -> None:
    with studio("none", seconds=600) as at:
        assert at.run(wait=False)[-1].exit == 7
        capfd.readouterr()
        assert command(["cancel", "one/1", "--format", "json"]) == 0
        answer = capfd.readouterr().out
        check_output(["cancel", "one/1", "--format", "json"], answer)
        [told] = json.loads(answer)["tasks"]
        assert told["outcome"] == "cancelled" and told["entry"] == "one/1"
        record = at.record("one/1")
        assert record.state is State.FAILED and record.task == told["task"]
        assert record.get("failure")["code"] == "request_cancelled"
        assert [line["task"] for line in at.service.ledger("refunded")] == [told["task"]]
        assert at.run(wait=False)[-1].bought == 0, "it is bought again by a word alone"
        assert command(["cancel", "one/1"]) == 2
        assert "is not running: it is failed" in capfd.readouterr().err
        assert at.bought() == 2


@pytest.mark.parametrize(
    ("does", "code", "said"),
    [
        ({**STOPS, "ended": "deletes"}, 2, "would be paid for and lost"),
        ({**STOPS, "ended": "unknown"}, 2, "would be paid for and lost"),
        ({**STOPS, "running": "refused", "queued": "refused"}, 7, "cancels no task that is"),
        ({**STOPS, "running": "stops-and-bills", "queued": "stops-and-bills"}, 7, "and nothing saved"),
        (None, 2, "would be paid for and lost"),
    ],
)
def test_what_could_lose_a_paid_video_is_never_asked(
    studio: Callable[..., Any], does: Any, code: int, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with studio("none", seconds=600, **({} if does is None else {"cancel": does})) as at:
        if does is None:
            lookups.write(at.folder / "settings", "none", drop=("cancel",))
        assert at.run(wait=False, max_entries=1)[-1].exit in (4, 7)
        before = (at.folder / "storyboard.lock").read_bytes()
        assert command(["cancel", "one/1"]) == code
        assert said in capfd.readouterr().err
        assert (at.folder / "storyboard.lock").read_bytes() == before
        assert at.service.ledger("cancelled") == at.service.ledger("deleted") == []


def test_a_video_that_is_made_already_is_kept(studio: Callable[..., Any], capfd: pytest.CaptureFixture[str]) -> None:
    with studio("none") as at:
        assert at.run(wait=False, max_entries=1)[-1].exit in (4, 7)
        until_charged(at.service)
        assert command(["cancel", "one/1"]) == 7
        said = capfd.readouterr().err
        assert "not cancelled: it has a video already" in said and "fetch" in said
        assert at.run(submit=False)[-1].saved == 1


def until_charged(service: Service) -> None:
    end = time.monotonic() + 30
    while not service.ledger("charged") and time.monotonic() < end:
        time.sleep(0.02)
    assert service.ledger("charged")


def test_bad_words_and_a_lock_that_is_held(studio: Callable[..., Any], capfd: pytest.CaptureFixture[str]) -> None:
    with studio("none", seconds=600) as at:
        assert at.run(wait=False, max_entries=1)[-1].exit in (4, 7)
        unclear = ([], ["nobody/1"], ["one/2"], ["storyboard.yaml"], ["one/1", "one/2", "--purchase", "x"])
        for words in unclear:
            assert command(["cancel", *words]) == 2, words
        capfd.readouterr()
        with hold(Path("storyboard.lock")):
            assert command(["cancel", "one/1"]) == 6
        assert "process" in capfd.readouterr().err
        assert at.record("one/1").state is State.RUNNING


def test_the_services_that_ship() -> None:
    files = {name: schemas()[f"{name}/provider.json"] for name in ("evolink", "ark", "fal")}
    assert {name: bool(why_not(file)) for name, file in files.items()} == {"evolink": True, "ark": True, "fal": False}


def test_a_task_id_is_judged_by_the_entrys_own_provider(
    studio: Callable[..., Any], capfd: pytest.CaptureFixture[str]
) -> None:
    with studio("none", "lost-reply@1") as at:
        assert at.run(wait=False)[-1].exit == 8
        assert command(["settle", "one/1", "--task", "task-unified-1774857405-abc123"]) == 2
        said = capfd.readouterr().err
        assert "is no task id of Acme Video; expected one like cgt-" in said
        task = next(t["task"] for t in at.service.ledger("reserved") if t["task"] != at.record("one/2").task)
        assert command(["settle", "one/1", "--task", task]) == 0
        assert command(["adopt", "one/1", "--task", task]) == 2
        assert at.record("one/1").task == task
