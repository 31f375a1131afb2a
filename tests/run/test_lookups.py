"""A doubt is settled by what its service shows, over real HTTP: each way to ask, and each answer; nothing is bought
twice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import lookups
import pytest
from helpers import CANARY

from seedspec import api
from seedspec.cli.main import start as command
from seedspec.lock.lock import Lock
from seedspec.lock.purchase_events import Doubted, Submitted
from seedspec.lock.run_events import Delayed, Held
from seedspec.lock.state import State
from seedspec.run.engine.messages import Listed
from seedspec.run.engine.proof import Lookup, Trace, alike, judge

pytestmark = pytest.mark.slow

PROVABLE = ["own-id", "own-in-list", "seed-in-list"]
OTHERS = ["body", "candidates", "none"]


def lost(events: list[Any]) -> list[str]:
    return [e.reason for e in events if isinstance(e, Delayed) and e.step == "lookup"]


@pytest.mark.parametrize("kind", PROVABLE)
def test_one_match_is_followed_in_the_same_run(studio: Callable[..., Any], kind: str) -> None:
    with studio(kind, "lost-reply@1") as at:
        events = at.run()
        assert [type(e) for e in events if isinstance(e, Doubted)] and not any(isinstance(e, Held) for e in events)
        [found] = [e for e in events if isinstance(e, Submitted) and e.found]
        task = at.service.ledger("reserved")[0]["task"]
        assert found.task == task and found.found["by"] == at_kind(kind)
        last = events[-1]
        assert (last.exit, last.saved, last.bought, last.doubt) == (0, 2, 2, 0)
        assert at.bought() == 2
        kept = at.record(found.entry)
        assert kept.state is State.SAVED and kept.get("found") == found.found and at.lock.version == 2
        assert at.run()[-1].exit == 0 and at.bought() == 2, "a second run buys nothing"
        assert at.record(found.entry).get("found") == found.found, "the evidence stays"


def at_kind(kind: str) -> str:
    return "own-id" if kind == "own-id" else "echo"


@pytest.mark.parametrize("kind", PROVABLE)
def test_one_match_is_found_by_the_next_run_and_by_settle(
    studio: Callable[..., Any], kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with studio(kind, "lost-reply@1,2") as at:
        assert at.run(wait=False)[-1].exit == 8
        before = at.lock
        assert {r.state for r in before} == {State.DOUBT}
        assert command(["settle", "one/1"]) == 0, "one is named, and one is settled"
        said = capfd.readouterr()
        assert "its task is cgt-" in said.err and "which shows our " in said.err, said
        states = {r.entry: r.state for r in at.lock}
        assert states == {"one/1": State.RUNNING, "one/2": State.DOUBT}
        last = at.run()[-1]
        assert (last.exit, last.bought, last.saved) == (0, 0, 2)
        assert at.bought() == 2
        assert {r.task for r in at.lock} == {line["task"] for line in at.service.ledger("reserved")}
        prompts = {r.get("intent")["body_sha256"]: r.task for r in at.lock}
        sent = {line["body_sha256"]: line["task"] for line in at.service.ledger("reserved")}
        assert prompts == sent, "each has the task of its own request"


@pytest.mark.parametrize("kind", PROVABLE)
def test_no_match_stays_a_persons_matter(
    studio: Callable[..., Any], kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with studio(kind, "server-error=502@1") as at:
        events = at.run()
        assert events[-1].exit == 8 and at.bought() == 1
        [why] = lost(events)
        assert why.startswith("the service shows no task with our ") and "after it was sent" in why
        assert command(["settle"]) == 8
        assert "proof       none: the service shows no task with our " in capfd.readouterr().out
        assert at.run()[-1].exit == 8 and at.bought() == 1, "it is never sent again unasked"


def test_it_is_looked_for_as_long_as_the_file_says(studio: Callable[..., Any]) -> None:
    doubt = {"key": None, **lookups.DOUBTS["own-id"], "after_seconds": 1}
    with studio("own-id", "server-error=502@1", doubt=doubt) as at:
        events = at.run()
        assert events[-1].exit == 8 and len(lost(events)) == 1


def test_two_matches_stay_a_persons_matter(studio: Callable[..., Any], capfd: pytest.CaptureFixture[str]) -> None:
    """Somebody sent the very bytes once more: two tasks show the seed."""
    with studio("seed-in-list", "lost-reply@1", "server-error=502@2") as at:
        assert at.run(wait=False, max_entries=1)[-1].exit == 8
        [body] = [p.read_bytes() for p in at.folder.glob(".seedspec/*.sent/*")]
        headers = {"Authorization": f"Bearer {CANARY}", "Content-Type": "application/json"}
        for _ in range(2):  # the second sending is answered 502, and made nothing
            httpx.post(at.service.addresses.api + lookups.TASKS, content=body, headers=headers, trust_env=False)
        assert at.bought() == 2
        events = at.run(max_entries=0)
        [why] = lost(events)
        assert why.startswith("2 tasks show our seed ") and events[-1].exit == 8
        assert command(["settle"]) == 8
        said = capfd.readouterr().out
        tasks = [line["task"] for line in at.service.ledger("reserved")]
        assert all(f"settle one/1 --task {task}" in said for task in tasks) and "2 tasks show our seed" in said
        assert command(["settle", "one/1", "--task", tasks[0]]) == 0
        assert at.record("one/1").get("found")["by"] == "echo", "a person chose, and the evidence is kept"


@pytest.mark.parametrize("kind", PROVABLE)
def test_a_task_that_the_lock_has_is_no_match(studio: Callable[..., Any], kind: str) -> None:
    with studio(kind, "lost-reply@1") as at:
        assert at.run(wait=False)[-1].exit == 8
        first, second = (line["task"] for line in at.service.ledger("reserved"))
        at.rewrite(lambda r: {"task": first} if r.task == second else {})
        events = at.run(submit=False)
        [why] = lost(events)
        assert "another purchase's" in why and first in why
        assert events[-1].exit == 8 and at.record("one/1").state is State.DOUBT


@pytest.mark.parametrize("kind", PROVABLE)
@pytest.mark.parametrize(
    ("fault", "said"),
    [("list-strange", "in another form"), ("list-error=403", "HTTP 403"), ("list-error=503", "HTTP 503")],
)
def test_a_service_that_does_not_answer_settles_nothing(
    studio: Callable[..., Any], kind: str, fault: str, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with studio(kind, "lost-reply@1", fault) as at:
        events = at.run()
        assert events[-1].exit == 8 and events[-1].saved == 1, "the other take goes on"
        [why] = lost(events)
        assert why.startswith("it could not be looked for: ") and said in why
        assert command(["settle"]) == 8
        assert "the service could not be asked: " in capfd.readouterr().out
        assert at.bought() == 2


@pytest.mark.parametrize("kind", PROVABLE)
def test_a_service_that_is_away_settles_nothing(
    studio: Callable[..., Any], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with studio(kind, "lost-reply@1") as at:
        assert at.run(wait=False, max_entries=1)[-1].exit == 8
        monkeypatch.setenv("ACME_BASE_URL", "http://127.0.0.1:9")
        events = at.run(submit=False)
        assert events[-1].exit == 8 and "cannot be reached" in lost(events)[0]


@pytest.mark.parametrize("kind", OTHERS)
def test_what_proves_nothing_is_not_asked_for_by_a_run(
    studio: Callable[..., Any], kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Takes have equal bodies: take 2's task shows the request of take 1, whose answer was lost and which was never
    taken. A body is a proposal, and the person's word is needed."""
    with studio(kind, "lost-reply@1") as at:
        events = at.run()
        assert events[-1].exit == 8 and lost(events) == [] and at.bought() == 2
        task = next(line["task"] for line in at.service.ledger("reserved") if line["task"] not in tasks_of(at.lock))
        assert command(["settle"]) == 8
        said = capfd.readouterr().out
        assert (f"candidate   {task}" in said) is (kind != "none")
        assert ("its request is the same" in said and "proposal" in said) is (kind == "body")
        assert command(["settle", "one/1", "--task", task]) == 0
        assert (at.record("one/1").get("found") or {}).get("by") == ("body" if kind == "body" else None)
        assert at.run()[-1].exit == 0 and at.bought() == 2


def tasks_of(lock: Lock) -> set[str]:
    return {r.task for r in lock if r.task}


@pytest.mark.parametrize("taken", [True, False])
def test_of_two_takes_with_equal_bodies_none_is_settled_by_the_other(
    studio: Callable[..., Any], taken: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    with studio("body", "lost-reply@1" if taken else "server-error=502@1") as at:
        assert at.run()[-1].exit == 8
        assert command(["settle"]) == 8
        said = capfd.readouterr().out
        other = at.record("one/2").task
        assert other is not None and other not in said, "the task of the other take is no candidate"
        assert ("its request is the same" in said) is taken


def test_a_colleagues_equal_request_settles_nothing(studio: Callable[..., Any]) -> None:
    """Another clone sends the same storyboard with the same key at the same time: its seeds are its own."""
    with studio("seed-in-list", "server-error=502@1") as at:
        assert at.run(max_entries=1)[-1].exit == 8
        (at.folder / "storyboard.lock").rename(at.folder / "ours.kept")
        assert at.run(max_entries=1)[-1].exit == 4 and at.bought() == 1
        (at.folder / "ours.kept").rename(at.folder / "storyboard.lock")
        assert at.run(max_entries=0)[-1].exit == 8, "the colleague's task is not taken for ours"
        assert at.record("one/1").state is State.DOUBT


def test_a_seed_of_the_author_is_sent_as_it_is_and_proves_nothing(studio: Callable[..., Any]) -> None:
    with studio("seed-in-list", "lost-reply@1") as at:
        board = at.folder / "storyboard.yaml"
        board.write_text(board.read_text("utf-8").replace("takes: 2", "seed: 7"), encoding="utf-8")
        events = at.run()
        assert events[-1].exit == 8 and lost(events) == []
        assert at.service.ledger("reserved")[0]["request"]["body"]["seed"] == 7
        assert at.record("one/1").get("made") is None


def test_what_is_bought_is_what_it_was_without_a_seed_of_ours(studio: Callable[..., Any]) -> None:
    """The seed is no part of what is bought: fingerprints are those of a service that shows none."""
    with studio("none") as at:
        plain = [e.fingerprint for e in api.compile(at.folder / "storyboard.yaml").entries]
    with studio("seed-in-list") as at:
        assert [e.fingerprint for e in api.compile(at.folder / "storyboard.yaml").entries] == plain
        assert at.run()[-1].exit == 0
        seeds = [line["request"]["body"]["seed"] for line in at.service.ledger("reserved")]
        assert len(set(seeds)) == 2 and all(0 < s < 2**32 for s in seeds)
        assert {r.get("made")["seed"] for r in at.lock} == set(seeds)
        assert all("seed" not in (r.manifest or {})["request"] for r in at.lock)


def test_the_books_would_show_a_second_purchase(studio: Callable[..., Any]) -> None:
    """The control: what asks for a second purchase makes one, and these tests count it."""
    with studio("seed-in-list", "lost-reply@1") as at:
        assert at.run(wait=False, max_entries=1)[-1].exit == 8
        assert command(["settle", "one/1", "--resend"]) == 0
        assert at.bought() == 2


def test_a_lock_of_before_is_read_and_settled(studio: Callable[..., Any]) -> None:
    """A doubt in a lock of version 1: its key is the id that the service shows."""
    with studio("own-id", "lost-reply@1") as at:
        assert at.run(wait=False, max_entries=1)[-1].exit == 8
        assert at.lock.version == 1, "nothing in it needs more"
        assert at.run(max_entries=0)[-1].doubt == 0 and at.lock.version == 2


def listed(task: str, **more: Any) -> Listed:
    return Listed(task, **{"created": 1000.0, "state": "running", **more})


def test_a_task_proves_at_most_one_purchase() -> None:
    own, echo = "k" * 32, Lookup("echo", ("seed", "own"), "client_id")
    one = {"a": Trace(own, None, 1000.0), "b": Trace(own, None, 1000.0)}
    assert all(v.sole is None and v.claimed for v in judge(one, [listed("t", own=own)], (), echo).values())
    alone = {"a": Trace(own, 77, 1000.0)}
    assert judge(alone, [listed("t", own=own)], (), echo)["a"].sole is not None
    assert judge(alone, [listed("t", own=own)] * 2, (), echo)["a"].sole is not None, "one task, shown twice"
    assert judge(alone, [listed("t", own=own), listed("u", own=own)], (), echo)["a"].sole is None
    assert judge(alone, [listed("t", own=own)], ("t",), echo)["a"].sole is None
    cases = (
        (77, 1000.0, True), ("77", 1899.0, True), (77.0, 1000.0, True), (77, 1901.0, False), (77, 879.0, False),
        (77, None, False), (True, 1000.0, False), ("x", 1000.0, False),
    )  # fmt: skip
    for seed, created, fits in cases:
        found = judge(alone, [listed("t", seed=seed, created=created)], (), echo)["a"].sole
        assert (found is not None) is fits, (seed, created)
    assert not echo.proves(Trace("", 77, None)) and not Lookup("body").proves(Trace(own, 77, 1.0))


@pytest.mark.parametrize(
    ("shown", "same"),
    [
        ({"prompt": "x", "n": 4, "urls": ["https://b.example/2"]}, True),
        ({"prompt": "x", "n": 4, "urls": ["https://b.example/2"], "more": None}, True),
        ({"prompt": "y", "n": 4, "urls": ["https://b.example/2"]}, False),
        ({"prompt": "x", "n": True, "urls": ["https://b.example/2"]}, False),
        ({"prompt": "x", "n": 4, "urls": []}, False),
        ({"prompt": "x", "n": 4}, False),
        (None, False),
        ("x", False),
    ],
)
def test_a_request_is_alike_by_all_that_was_sent(shown: Any, same: bool) -> None:
    assert alike({"prompt": "x", "n": 4, "urls": ["https://a.example/1"]}, shown) is same
