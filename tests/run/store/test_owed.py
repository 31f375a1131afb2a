"""When no disk takes a receipt: it is told, nothing more is bought, what runs is saved, and the lock is tried again."""

from __future__ import annotations

import json
import resource
import shlex
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from helpers import PACE, SMALL, Ended, Make, Project, emulator
from test_journal import AT, BODY, intent, opened
from test_journal import events as moves
from test_kill import FRESH, LOCK, finished, needs_strace, strace
from test_one_runner import ended, until

from seedspec.lock.purchase_events import Submitted
from seedspec.run.store.journal import DiskRefuses, NotRecorded
from seedspec.run.store.lock_file import read_lock
from seedspec.run.store.rescue import rescues

pytestmark = pytest.mark.slow

RESCUES = (".seedspec/.storyboard.lock.rescue.new",)


def refusing(project: Project, when: str, *, rescue: bool) -> Ended:
    """A run whose lock, and every new file beside it, refuses some of their syncs; `rescue` leaves it a last place."""
    found = [LOCK, FRESH, *(() if rescue else RESCUES)]
    state = project.folder / "state"
    if not rescue:
        state.write_text("a file where the user's own folder would be")
    inject = [w for name in ("fsync", "fdatasync") for w in ("-e", f"inject={name}:error=ENOSPC:when={when}")]
    paths = [w for path in found for w in ("-P", str(project.folder / path))]
    done = project.run(before=strace("-e", "trace=fsync,fdatasync", *inject, *paths, "-o", "/dev/null"))
    if not rescue:
        state.unlink()
    assert "Traceback" not in done.err
    return done


def typed(project: Project, done: Ended) -> int:
    """Does to the letter what the end of a run says is to be done; how many commands that were."""
    said = [
        part for i, part in enumerate(done.err.splitlines()[-1].split("`")) if i % 2 and part.startswith("seedspec ")
    ]
    for command in dict.fromkeys(said):
        again = project.do(*shlex.split(command)[1:])
        assert again.code == 0, again
    return len(set(said))


@needs_strace
def test_a_receipt_that_no_place_takes_is_told_and_its_video_is_saved(project: Make, tally: Counter[str]) -> None:
    found = project(SMALL)
    done = refusing(found, "2+", rescue=False)
    assert done.code == 6, done
    bought = found.service.ledger("reserved", f"{found.name} ")
    assert len(bought) == 1, "nothing more is bought"
    assert f"`seedspec adopt one/1 --task {bought[0]['task']}`" in done.err.splitlines()[-1], done.err
    told = [e["message"] for e in done.events if e["event"] == "Unrecorded"]
    assert told, done
    assert bought[0]["task"] in told[0], "it is told at once, not at the end"
    assert [e["entry"] for e in done.events if e["event"] == "Saved"] == ["one/1"], "what runs is saved"
    assert done.events[-1]["event"] == "RunFinished" and done.events[-1]["exit"] == 6
    assert found.states() == {"one/1": "submitting"}
    assert not list(found.folder.rglob("*.rescue*"))
    assert typed(found, done) == 1
    assert found.states() == {"one/1": "running"}
    tally["receipts that no disk took"] += 1
    finished(found, tally)


@needs_strace
def test_what_is_rescued_is_taken_up_by_the_run_itself_when_the_disk_takes_it(project: Make) -> None:
    """The receipt goes to the rescue, its video's line to the lock again, and with it all that is owed."""
    found = project(SMALL)
    done = refusing(found, "2..3", rescue=True)
    assert done.code == 7, done
    assert "Unrecorded" in {e["event"] for e in done.events}
    assert [e["message"] for e in done.events if e["event"] == "Unrecorded"][-1] == ""
    assert not list(found.folder.rglob("*.rescue")), "what the lock has needs no rescue"
    assert found.states() == {"one/1": "saved"}
    assert len(found.service.ledger("reserved", f"{found.name} ")) == 1
    assert found.run().code == 0
    assert set(found.service.bought(found.name).values()) == {1}


def limit(process: subprocess.Popen[bytes], size: int) -> None:
    """How large the files of a process may become from now on."""
    _, most = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, most))


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="no prlimit here")
@pytest.mark.parametrize("mended", [True, False], ids=["mended", "never"])
def test_a_disk_that_fills_up_after_the_request_left(
    project: Make, tmp_path: Path, tally: Counter[str], *, mended: bool
) -> None:
    """No file grows any more, wherever it is: lock, new lock, rescue, video. Then, perhaps, they do again."""
    with emulator(tmp_path / "service", "--fault", "slow=1@1", "--seconds", "3") as service:
        found = project(SMALL, at=service)
        process = found.start("run", "--yes", "--format", "jsonl", *PACE, bufsize=0)
        try:
            seen = until(process, "Submitting")
            limit(process, 1)
            seen += until(process, "Unrecorded")
            assert found.states() == {"one/1": "submitting"}
            if mended:
                limit(process, resource.RLIM_INFINITY)
            done = ended(process)
        finally:
            process.kill()
            process.communicate()
        task = service.ledger("reserved")[0]["task"]
        told = json.loads(seen.splitlines()[-1])["message"]
        assert f"seedspec adopt one/1 --task {task}" in told
        assert len(service.ledger("reserved")) == 1, "nothing more is bought"
        assert "Traceback" not in done.err
        if mended:
            assert done.code == 7, done
            assert found.states() == {"one/1": "saved"}
        else:
            assert done.code == 6, done
            assert [e["exit"] for e in done.events if e["event"] == "RunFinished"] == [6]
            assert typed(found, done) == 1
            assert found.states() == {"one/1": "running"}
        finished(found, tally)


def test_an_intent_that_the_disk_refuses_ends_the_buying_and_not_the_following(project: Make, tmp_path: Path) -> None:
    """The first purchase runs when the disk fills up; the second is never sent, the first is followed to its end."""
    with emulator(tmp_path / "service", "--seconds", "2") as service:
        found = project(SMALL, at=service)
        process = found.start(
            "run", "--yes", "--format", "jsonl", "--poll-interval", "0.1", "--submit-rate", "1", bufsize=0
        )
        try:
            until(process, "Submitted")
            limit(process, found.lock_path.stat().st_size + 10)
            told = json.loads(until(process, "Stopped").splitlines()[-1])
            limit(process, resource.RLIM_INFINITY)
            done = ended(process)
        finally:
            process.kill()
            process.communicate()
        assert told["code"] == "not-recorded" and "nothing was sent for `two/1`" in told["message"]
        assert done.code == 6, done
        assert "nothing was sent for `two/1`" in done.err
        assert found.states() == {"one/1": "saved"}
        assert len(service.ledger("reserved")) == 1
        assert found.run().code == 0


def test_while_records_are_owed_nothing_may_be_sent_and_all_of_them_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder in the place of the new file and of the rescue: the lock itself is made to distrust its file."""
    path = tmp_path / "s.lock"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file" / "state"))
    (tmp_path / "file").write_text("no folder")
    journal = opened(path)
    for letter in "ab":
        journal.intend(intent(letter), BODY)
    in_the_way = [tmp_path / ".s.lock.new", tmp_path / ".seedspec" / ".s.lock.rescue.new"]
    for folder in in_the_way:
        folder.mkdir()
        (folder / "x").write_text("")
    soft, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 3, most))
    try:
        for letter in "ab":
            journal.keep(moves(letter)[0])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, most))
    for letter in "ab":
        assert f"seedspec adopt {letter}/1 --task task-unified-{letter}" in journal.owed
    with pytest.raises(DiskRefuses, match=r"adopt a/1 .*nothing was sent for `c/1`"):
        journal.intend(intent("c"), BODY)
    journal.again()
    assert journal.owed, "the place of the new file is still taken"
    with pytest.raises(NotRecorded, match="seedspec adopt a/1"):
        journal.close([])
    assert {r.state for r in read_lock(path)} == {"submitting"}
    journal = opened(path)
    for folder in in_the_way:
        (folder / "x").unlink()
        folder.rmdir()
    journal.keep(moves("a")[0])
    assert not journal.owed
    journal.close([])
    assert not rescues(path)


def test_what_was_not_taken_and_cannot_be_recorded_is_told_with_its_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from seedspec.lock.purchase_events import Deferred
    from seedspec.run.store.journal import Journal

    path = tmp_path / "my board.lock"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file" / "state"))
    (tmp_path / "file").write_text("no folder")
    journal = Journal(path, read_lock(path), " 'my board.yaml' --emulator")
    journal.intend(intent("a"), BODY)
    journal.intend(intent("b"), BODY)
    path.unlink()
    (tmp_path / ".seedspec" / "my board.lock.rescue").mkdir()
    (tmp_path / ".seedspec" / "my board.lock.rescue" / "x").write_text("in the way")
    with pytest.raises(NotRecorded, match=r"settle a/1 'my board.yaml' --emulator --not-billed"):
        journal.keep(Deferred("a/1", "a" * 64, 1, "x", "y", 1, AT))
    with pytest.raises(NotRecorded, match=r"adopt b/1 'my board.yaml' --emulator --task task-unified-b"):
        journal.keep(Submitted("b/1", "b" * 64, 1, "task-unified-b", None, None, AT))
    assert "settle a/1" in journal.owed, "what was told before is told again"
