"""What people do about doubts: evidence, one entry at a time, and what was bought elsewhere taken up."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from helpers import SMALL, Make, Project, nearby

from seedspec.lock.lock import encode
from seedspec.lock.version import HEADER

pytestmark = pytest.mark.slow


@contextmanager
def doubtful(project: Make, folder: Path, *faults: str, **given: Any) -> Iterator[Project]:
    """A project whose first purchase is in doubt, its second saved."""
    with nearby(folder / "service", *(faults or ("lost-reply@1",)), **given) as service:
        found = project(SMALL, at=service)
        assert found.here()[-1].exit == 8
        assert found.states() == {"one/1": "doubt", "two/1": "saved"}
        yield found


def test_the_evidence_names_the_task_and_the_credits(project: Make, tmp_path: Path) -> None:
    with doubtful(project, tmp_path) as found:
        task = found.service.ledger("reserved")[0]["task"]
        record = found.lock().last(next(fp for fp in found.lock().attempts))
        assert record is not None
        assert record.get("intent")["left"] - record.get("left") == pytest.approx(25.11)
        shown = found.do("settle", "one")
        assert shown.code == 8
        assert f"candidate   {task}" in shown.out
        assert "25.11 gone that no other entry explains; the request was estimated at 25.11" in shown.out
        assert "--resend" in shown.out
        first = found.do("plan").out.splitlines()
        assert next(line for line in first if "/1" in line).startswith("?"), "doubts come first"
        assert found.do("status").code == 8
        # the task that the lock knows already is no candidate, and cannot be taken twice
        other = found.service.ledger("reserved")[1]["task"]
        assert other not in shown.out
        assert found.do("settle", "one", "--task", other).code == 2


@pytest.mark.parametrize(
    ("later", "candidate"), [(0, True), (100, True), (180, False), (86_400, False), (-700, True), (-905, False)]
)
def test_a_task_from_another_time_is_no_candidate(project: Make, tmp_path: Path, later: int, candidate: bool) -> None:
    """The task that was taken is in the service's list; the lock says that the request was sent so much later."""
    with doubtful(project, tmp_path) as found:
        task = found.service.ledger("reserved")[0]["task"]
        record = next(r for r in found.lock() if r.entry == "one/1")
        sent = datetime.fromisoformat(record.get("intent")["at"]) + timedelta(seconds=later)
        found.rewrite("one/1", intent={**record.get("intent"), "at": f"{sent:%Y-%m-%dT%H:%M:%SZ}"})
        assert (task in found.do("settle", "one").out) == candidate


@pytest.mark.parametrize("fault", ["list-error=403", "list-error=503", "list-strange"])
def test_a_list_that_cannot_be_read_settles_nothing(project: Make, tmp_path: Path, fault: str) -> None:
    with doubtful(project, tmp_path, "lost-reply@1", fault) as found:
        shown = found.do("settle", "one")
        assert shown.code == 8 and "candidates  the service could not be asked: " in shown.out
        assert found.states()["one/1"] == "doubt"


def test_a_task_is_verified_and_then_followed(project: Make, tmp_path: Path) -> None:
    with doubtful(project, tmp_path) as found:
        task = found.service.ledger("reserved")[0]["task"]
        assert found.do("settle", "one", "--task", "task-unified-9-nonesuch").code == 7
        assert found.do("settle", "one", "--task", "../../credits").code == 2
        assert found.states()["one/1"] == "doubt"
        assert found.do("settle", "one", "--task", task).code == 0
        assert found.states()["one/1"] == "running"
        assert found.do("settle", "one", "--not-billed").code == 2, "it is no longer in doubt"
        done = found.do("fetch")
        assert done.code == 0, done
        assert found.states()["one/1"] == "saved"
        assert set(found.service.bought(found.name).values()) == {1}


def test_what_was_not_billed_is_bought_by_the_next_run(project: Make, tmp_path: Path) -> None:
    with doubtful(project, tmp_path, "server-error=502@1") as found:
        assert "none: the account lists no task" in found.do("settle", "one").out
        assert found.do("settle", "one", "--not-billed").code == 0
        assert found.run().code == 0
        assert set(found.service.bought(found.name).values()) == {1}


def test_the_same_bytes_go_again_under_the_same_key(project: Make, tmp_path: Path) -> None:
    with doubtful(project, tmp_path, "lost-reply@1", idempotency=True) as found:
        done = found.do("settle", "one", "--resend")
        assert done.code == 0, done
        assert "first request's task" in done.err and "may be two" not in done.err
        reserved = found.service.ledger("reserved")
        assert len(reserved) == 2, "the service knew the key"
        assert found.run().code == 0
        assert not list(found.folder.rglob("*.sent/*")), "the bytes are kept while they may be needed, no longer"


def test_a_service_that_does_not_know_the_key_may_have_made_two(project: Make, tmp_path: Path) -> None:
    with doubtful(project, tmp_path) as found:
        done = found.do("settle", "one", "--resend")
        assert done.code == 0 and "there may be two" in done.err, done
        first, _, again = found.service.ledger("reserved")
        assert (first["idempotency_key"], first["body_sha256"]) == (again["idempotency_key"], again["body_sha256"])


def test_a_second_try_that_is_lost_too_leaves_the_doubt(project: Make, tmp_path: Path) -> None:
    with doubtful(project, tmp_path, "lost-reply@1,3") as found:
        done = found.do("settle", "one", "--resend")
        assert done.code == 8, done
        assert found.states()["one/1"] == "doubt"


def test_bytes_that_are_not_here_are_not_sent(project: Make, tmp_path: Path) -> None:
    with doubtful(project, tmp_path) as found:
        for kept in found.folder.glob(".seedspec/*.sent/*"):
            kept.write_bytes(kept.read_bytes() + b" ")
        done = found.do("settle", "one", "--resend")
        assert done.code == 2 and "not on this machine" in done.err, done
        assert len(found.service.ledger("reserved")) == 2


def test_a_doubt_about_an_edited_entry_is_settled_too(project: Make, tmp_path: Path) -> None:
    with doubtful(project, tmp_path) as found:
        board = found.folder / "storyboard.yaml"
        board.write_text(board.read_text().replace(' one"', ' one edited"'))
        done = found.here()
        assert done[-1].exit == 8, "a doubt is told, also when the storyboard no longer asks for it"
        shown = found.do("status")
        assert shown.code == 8 and "one/1  in doubt" in shown.out, shown
        assert found.do("settle", "one", "--not-billed").code == 0


@pytest.mark.slow
def test_doubts_under_one_address_are_told_apart(project: Make, tmp_path: Path) -> None:
    """An edit between two requests whose answers were lost: two purchases, both called `one/1`."""
    with doubtful(project, tmp_path, "lost-reply@1,3") as found:
        board = found.folder / "storyboard.yaml"
        board.write_text(board.read_text().replace(' one"', ' one edited"'))
        assert found.here()[-1].exit == 8
        first, _, second = found.service.ledger("reserved")
        both = [r for r in found.lock() if r.state == "doubt"]
        assert [r.entry for r in both] == ["one/1", "one/1"]
        for choice in ((), ("--not-billed",), ("--task", second["task"])):
            unclear = found.do("settle", "one", *choice)
            assert unclear.code == 2, unclear
            assert all(f"--purchase {r.fp[:8]}  sent at " in unclear.err for r in both), unclear
            assert "no longer asked for" in unclear.err and "one edited" in unclear.err
        old, new = sorted(both, key=lambda r: "edited" in str(r.manifest))
        unknown = found.do("settle", "one", "--purchase", "zz", "--not-billed")
        assert unknown.code == 2 and "`--purchase zz` is 0 of them" in unknown.err
        shown = found.do("settle", "one", "--purchase", old.fp[:8])
        assert shown.code == 8 and first["task"] in shown.out
        assert found.do("settle", "one", "--purchase", f"{new.fp[:8]}/2", "--not-billed").code == 2
        assert found.do("settle", "one", "--purchase", new.fp, "--task", second["task"]).code == 0
        assert found.do("settle", "one", "--task", first["task"]).code == 0, "one is left, and needs no more words"
        assert found.run().code == 0
        assert {r.task for r in found.lock()} >= {first["task"], second["task"]}
        assert all(r.state == "saved" for r in found.lock())
        assert len({r.file for r in found.lock()}) == 3
        assert len(found.service.ledger("reserved")) == 3


def test_attempts_of_one_request_are_told_apart() -> None:
    """As two branches can leave them: one fingerprint, two attempts."""
    from seedspec.cli.entry_argument import the_ids
    from seedspec.lock.record import record_of

    near = "ab" * 4
    found = [
        record_of("a" * 64, 2, {}),
        record_of(near + "0" * 56, 1, {}),
        record_of("a" * 64, 1, {}),
        record_of(near + "1" * 56, 1, {}),
    ]
    assert [(r.attempt, id) for r, id in the_ids(found)] == [
        (1, "a" * 16 + "/1"), (2, "a" * 16 + "/2"), (1, near + "0" * 8), (1, near + "1" * 8)
    ]  # fmt: skip
    assert [id for _, id in the_ids(found[:2])] == ["a" * 8, near]


def test_an_edit_forgets_nothing(project: Make) -> None:
    """What is in flight when its entry is edited away is saved all the same, by `run` and by `fetch`."""
    found = project(SMALL)
    assert found.here(wait=False)[-1].exit == 7
    board = found.folder / "storyboard.yaml"
    before = board.read_text()
    board.write_text(before.replace(' one"', ' one edited"'))
    assert found.do("fetch").code == 0
    assert sorted(found.states().values()) == ["saved", "saved"]
    assert found.here()[-1].exit == 0
    assert len(list((found.folder / "renders").glob("*.mp4"))) == 3
    board.write_text(before)
    assert found.here()[-1].bought == 0, "an undone edit buys nothing"
    assert "no longer in the storyboard" in found.do("plan").out


def test_a_task_bought_elsewhere_is_adopted(project: Make) -> None:
    found = project(SMALL)
    assert found.here()[-1].exit == 0
    tasks = {v["prompt"]: v["task"] for v in found.service.ledger("reserved", found.name)}
    found.lock_path.unlink()
    shutil.rmtree(found.folder / "renders")
    for name in ("one", "two"):
        done = found.do("adopt", name, "--task", tasks[f"{found.name} {name}"])
        assert done.code == 0, done
    assert found.states() == {"one/1": "running", "two/1": "running"}
    assert found.do("adopt", "one", "--task", tasks[f"{found.name} two"]).code == 2
    assert found.here()[-1].exit == 0
    assert set(found.service.bought(found.name).values()) == {1}


def test_a_video_that_is_here_is_adopted_and_never_bought_over(project: Make) -> None:
    found = project(SMALL)
    assert found.here()[-1].exit == 0
    found.lock_path.unlink()
    done = found.here()
    assert done[-1].exit == 1 and done[-1].bought == 0, "files that the lock does not know are not bought over"
    video = found.folder / "renders" / "one_take1.mp4"
    assert found.do("adopt", "one", "--file", str(video)).code == 0
    moved = video.with_name("moved.mp4")
    os.rename(found.folder / "renders" / "two_take1.mp4", moved)
    torn = found.folder / "torn.mp4"
    torn.write_bytes(moved.read_bytes()[:-100])
    refused = found.do("adopt", "two", "--file", str(torn))
    assert refused.code == 2 and "cut short" in refused.err, refused
    assert found.do("adopt", "two", "--file", str(moved)).code == 0
    assert found.states() == {"one/1": "saved", "two/1": "saved"}
    assert found.here()[-1].reused == 2
    assert found.do("lock", "verify").code == 0
    assert len(found.service.ledger("reserved", found.name)) == 2


def test_a_task_that_the_service_has_lost_is_given_up_by_a_word(project: Make, tmp_path: Path) -> None:
    with nearby(tmp_path / "service") as service:
        found = project(SMALL, at=service)
        assert found.here(wait=False)[-1].exit == 7
        lock = found.lock_path.read_text()
        task = service.ledger("reserved")[0]["task"]
        found.lock_path.write_text(re.sub(r',"crc":"\w+"', "", lock).replace(task, "task-unified-1-gone"))
        assert found.here()[-1].exit == 7
        assert found.states()["one/1"] == "running", "a task that is not found is no task that failed"
        assert found.here(retry_failed=True)[-1].bought == 0
        assert found.do("settle", "one", "--lost").code == 0
        assert found.here()[-1].exit == 1
        assert found.here(retry_failed=True)[-1].exit == 0


def test_verify_and_prune(project: Make) -> None:
    found = project(SMALL)
    assert found.here()[-1].exit == 0
    (found.folder / "renders" / "one_take1.mp4").write_bytes(b"another")
    (found.folder / "renders" / "two_take1.mp4").unlink()
    done = found.do("lock", "verify")
    assert done.code == 1
    assert "one_take1.mp4 is not the video that was saved" in done.out
    assert "two_take1.mp4 is not on this disk" in done.out
    board = found.folder / "storyboard.yaml"
    board.write_text(board.read_text().replace(' one"', ' one edited"'))
    assert found.do("lock", "prune").code == 2, "it asks, and there is nobody to ask"
    assert len(found.states()) == 2
    assert found.do("lock", "prune", "--yes").code == 0
    assert found.states() == {"two/1": "saved"}


def test_a_merge_of_two_branches_that_both_bought(project: Make) -> None:
    """Both purchases are kept, both videos saved, and the double is reported."""
    found = project(SMALL)
    assert found.here(max_entries=1)[-1].exit == 4
    ours = found.lock_path.read_bytes()[len(HEADER) :]
    found.lock_path.unlink()
    shutil.rmtree(found.folder / "renders")
    assert found.here(wait=False)[-1].exit == 7
    theirs = found.lock_path.read_bytes()[len(HEADER) :]
    woven = HEADER + b"<<<<<<< HEAD\n" + ours + b"=======\n" + theirs + b">>>>>>> branch\n"
    found.lock_path.write_bytes(woven)
    for command in ("plan", "run", "status", "fetch"):
        refused = found.do(command)
        assert refused.code == 6 and "lock fix" in refused.err, refused
    assert found.lock_path.read_bytes() == woven
    fixed = found.do("lock", "fix")
    assert fixed.code == 0 and "bought more than once" in fixed.out, fixed
    known = {r.task for r in found.lock()}
    assert known == {v["task"] for v in found.service.ledger("reserved", found.name)}
    assert len(known) == 3
    done = found.here()
    assert done[-1].exit == 0 and done[-1].bought == 0, done
    assert all(r.state == "saved" for r in found.lock())
    assert "one of several purchases" in found.do("lock", "verify").out


def test_damage_is_left_alone(project: Make) -> None:
    found = project(SMALL)
    damaged = HEADER + b"garbage\n" + encode({"fp": "a" * 64})
    found.lock_path.write_bytes(damaged)
    for command in (["plan"], ["run"], ["status"], ["settle", "one"], ["lock", "fix"], ["lock", "prune", "--yes"]):
        assert found.do(*command).code == 6, command
    assert found.lock_path.read_bytes() == damaged
    assert not found.service.ledger("reserved", found.name)


@pytest.mark.slow
def test_budgets_and_limits(project: Make) -> None:
    found = project(SMALL)
    assert found.do("run", "--locked").code == 4
    assert found.do("run", "--yes", "--max-credits", "20").code == 4
    assert found.do("run", "--yes", "--max-usd", "0.1").code == 4
    assert not found.service.ledger("reserved", found.name)
    assert found.do("run", "--yes", "--max-entries", "1", "--no-wait").code == 4
    assert found.states() == {"one/1": "running"}
    done = found.do("run", "--yes", "--max-credits", "30")
    assert done.code == 4, "what runs counts against the budget"
    assert found.do("run", "--yes", "--timeout", "0").code == 7
    assert found.run().code == 0
    assert found.do("run", "--locked").code == 0


def test_a_command_says_how_it_is_used(project: Make) -> None:
    found = project(SMALL)
    for command in (["settle"], ["adopt"], ["fetch"], ["lock"], ["lock", "verify"], ["lock", "fix"], ["lock", "prune"]):
        shown = found.do(*command, "--help")
        assert shown.code == 0 and "Example" in shown.out, command


def test_no_key_shows_in_any_output(project: Make) -> None:
    from helpers import leaked

    found = project(SMALL)
    for done in (found.run(), found.do("plan"), found.do("status"), found.do("plan", "--format", "json")):
        assert not leaked((done.out + done.err).encode())
    assert json.loads(found.do("plan", "--format", "json").out)
