"""Several processes, signals, and others who meddle: one runner at a time, and it ends in order."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from helpers import BOARD, LONGEST, PACE, SMALL, Ended, Make, Project, emulator, wait_for
from test_kill import finished

from seedspec.lock.lock import parse
from seedspec.run.store.lock_file import HoldTaken

pytestmark = pytest.mark.slow


def until(process: subprocess.Popen[bytes], event: str) -> bytes:
    """Reads the events of a run up to one."""
    assert process.stdout is not None
    seen = b""
    while line := process.stdout.readline():
        seen += line
        if json.loads(line).get("event") == event:
            return seen
    raise AssertionError(f"no {event}: {seen.decode()} {process.stderr.read().decode() if process.stderr else ''}")


def ended(process: subprocess.Popen[bytes]) -> Ended:
    out, err = process.communicate(timeout=LONGEST)
    return Ended(process.returncode, out.decode(), err.decode())


@contextmanager
def running(project: Project, *arguments: str, event: str = "Submitting") -> Iterator[subprocess.Popen[bytes]]:
    """A run that has come to an event; it is ended at the latest with the block."""
    process = project.start("run", "--yes", "--format", "jsonl", *PACE, *arguments, bufsize=0)
    try:
        until(process, event)
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_second_runner_learns_who_holds_the_lock(
    project: Make, tally: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = project(SMALL)
    with running(found) as first:
        first.send_signal(signal.SIGSTOP)  # it holds the lock for as long as this test likes
        quick = found.do("status")
        second = found.do("run", "--yes")
        assert second.code == 6, second
        assert f"process {first.pid} on {socket.gethostname()}" in second.err
        asked, ask = [], fcntl.flock
        monkeypatch.setattr(fcntl, "flock", lambda file, how: asked.append(how) or ask(file, how))
        with pytest.raises(HoldTaken, match=f"process {first.pid} "):
            found.here()
        assert asked == [fcntl.LOCK_EX | fcntl.LOCK_NB], "a second runner asks once, and does not wait"
        for command in (("settle", "one", "--not-billed"), ("lock", "fix"), ("lock", "prune", "--yes")):
            assert found.do(*command).code == 6, command
        assert quick.code in (0, 8)
        first.send_signal(signal.SIGCONT)
        assert ended(first).code == 0
    assert set(found.service.bought(found.name).values()) == {1}
    tally["second runners turned away"] += 4


def test_what_a_living_run_sends_is_in_no_doubt(project: Make, tmp_path: Path) -> None:
    with emulator(tmp_path / "service", "--fault", "slow=20@1") as service:
        found = project(SMALL, at=service)
        with running(found) as run:
            wait_for(lambda: service.ledger("reserved"), "the request, whose answer takes long,")
            status, why = found.do("status"), found.do("why", "one")
            assert status.code == 0, status
            assert f"being sent by process {run.pid} on {socket.gethostname()}" in status.out
            assert f"process {run.pid}" in why.out and "doubt" not in why.out + status.err
            assert found.do("plan").code == 0
            run.kill()
            run.communicate()
        status = found.do("status")
        assert status.code == 8 and "a run ended between the request and its answer" in status.out
        # the number of the process may be somebody else's by now
        by = found.folder / ".seedspec" / "storyboard.lock.hold-by"
        by.write_text(json.dumps({**json.loads(by.read_text()), "pid": os.getpid()}))
        assert found.do("status").code == 8


def test_a_stopped_process_keeps_its_hold_and_a_dead_one_does_not(project: Make) -> None:
    found = project(SMALL)
    with running(found) as first:
        first.send_signal(signal.SIGSTOP)
        assert found.do("run", "--yes").code == 6
        first.kill()
        first.communicate()
        assert found.do("run", "--yes").code in (0, 8), "the kernel releases what a dead process held"


def test_many_runners_at_once_buy_everything_once(project: Make, tally: Counter[str], long: bool) -> None:
    for _ in range(50 if long else 3):
        found = project(SMALL)
        both = [found.start("run", "--yes", "--format", "jsonl", *PACE) for _ in range(2)]
        codes = sorted(ended(p).code for p in both)
        assert codes in ([0, 0], [0, 6]), codes
        assert set(found.service.bought(found.name).values()) == {1}
        assert set(found.states().values()) == {"saved"}
        tally["pairs of runners at once"] += 1


def test_picks_that_are_made_at_once_are_all_kept(project: Make) -> None:
    labels = [f"l{n}" for n in range(8)]
    axes = f"matrix: {{{{axes: {{{{n: [{', '.join(labels)}]}}}}}}}}\nshots:"
    found = project(SMALL.replace("shots:", axes).replace("{name} one", "{name} {{{{ n }}}} one"))
    assert found.run("--select", "one").code == 0
    with running(found) as run:  # whoever buys does not keep others from picking
        run.send_signal(signal.SIGSTOP)
        ends = [ended(p) for p in [found.start("pick", f"one@n={label}", "1") for label in labels]]
        assert [e.code for e in ends] == [0] * 8, ends
        run.send_signal(signal.SIGCONT)
    assert [line.split("/")[0] for line in found.do("pick").out.splitlines()] == [f"one@n={n}" for n in labels]
    assert not list(found.folder.glob("*.new"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_waits_for_the_request_in_flight(number: signal.Signals, project: Make, tmp_path: Path) -> None:
    with emulator(tmp_path / "service", "--fault", "slow=1.5@1") as service:
        found = project(SMALL, at=service)
        with running(found) as process:
            process.send_signal(number)
            done = ended(process)
        assert done.code == 130, done
        assert "nothing is bought twice" in done.err
        events = {json.loads(line)["event"] for line in done.out.splitlines()}
        assert "Submitted" in events, "the answer was not awaited"
        assert found.states() == {"one/1": "running"}
        assert len(service.ledger("reserved")) == 1
        assert found.run().code == 0
        assert set(service.bought(found.name).values()) == {1}


def test_a_second_signal_leaves_before_the_answer_and_leaves_a_doubt(
    project: Make, tmp_path: Path, tally: Counter[str]
) -> None:
    with emulator(tmp_path / "service", "--fault", "slow=20@1") as service:
        found = project(SMALL, at=service)
        with running(found) as process:
            wait_for(lambda: service.ledger("reserved"), "the request")
            process.send_signal(signal.SIGINT)
            assert process.stderr is not None
            assert any(b"ending" in line for line in process.stderr)
            process.send_signal(signal.SIGINT)
            done = ended(process)
        assert done.code == 8 and "1 in doubt" in done.err
        assert found.states() == {"one/1": "submitting"}, "the answer was awaited, for which a run has 30 s"
        finished(found, tally)


@pytest.mark.parametrize("form", ["text", "jsonl"])
@pytest.mark.sampled(2)
def test_a_reader_that_goes_away_does_not_stop_the_books(form: str, project: Make) -> None:
    found = project(SMALL)
    read, write = os.pipe()
    process = found.start("run", "--yes", "--format", form, *PACE, stdout=write, stderr=write)
    os.close(write)
    os.close(read)
    process.communicate(timeout=LONGEST)
    assert process.returncode == 0
    assert set(found.states().values()) == {"saved"}


def test_a_run_without_any_output_at_all(project: Make) -> None:
    found = project(SMALL)
    script = 'exec "$@" >&- 2>&- <&-'
    process = found.start("run", "--yes", *PACE, before=("/bin/sh", "-c", script, "sh"))
    process.communicate(timeout=LONGEST)
    assert process.returncode == 0
    assert set(found.states().values()) == {"saved"}


def test_a_lock_replaced_during_the_run_is_not_written_over(project: Make, tmp_path: Path) -> None:
    """As by `git checkout`: what this run bought is rescued, the other file is left as it is."""
    with emulator(tmp_path / "service", "--fault", "slow=1@1") as service:
        found = project(SMALL, at=service)
        with running(found) as process:
            other = b'{"seedspec_lock":1}\n'
            aside = found.folder / "aside"
            aside.write_bytes(other)
            os.replace(aside, found.lock_path)
            done = ended(process)
        assert done.code == 6, done
        task = service.ledger("reserved")[0]["task"]
        assert f"--task {task}" in done.err
        assert found.lock_path.read_bytes() == other, "the other program's file was written over"
        for command in (("plan",), ("run", "--yes"), ("status",)):
            assert found.do(*command).code == 6, "the rescued records are not passed over"
        assert found.do("lock", "fix").code == 0
        assert found.states() == {"one/1": "running"}
        assert found.run().code == 0
        assert set(service.bought(found.name).values()) == {1}


@pytest.mark.parametrize("meddle", ["append", "delete", "same-size"])
def test_a_lock_meddled_with_is_noticed(meddle: str, project: Make, tmp_path: Path) -> None:
    with emulator(tmp_path / "service", "--fault", "slow=1@1") as service:
        found = project(SMALL, at=service)
        with running(found) as process:
            before = found.lock_path.read_bytes()
            if meddle == "append":
                with found.lock_path.open("ab") as file:
                    file.write(b"{}\n")
            elif meddle == "delete":
                found.lock_path.unlink()
            else:
                with found.lock_path.open("r+b") as file:
                    file.write(before.replace(b'"take":1', b'"take":2'))
            after = found.lock_path.read_bytes() if found.lock_path.exists() else None
            done = ended(process)
        assert done.code == 6, done
        assert (found.lock_path.read_bytes() if found.lock_path.exists() else None) == after
        rescued = parse(next(found.folder.rglob("*.rescue")).read_bytes())
        assert [r.task for r in rescued] == [service.ledger("reserved")[0]["task"]]


def test_an_output_folder_that_cannot_be_written_costs_nothing(project: Make) -> None:
    found = project(SMALL)
    (found.folder / "renders").write_text("a file where the folder should be")
    done = found.run()
    assert done.code == 2, done
    assert "renders" in done.err
    assert not found.service.ledger("reserved", found.name)
    (found.folder / "renders").unlink()
    outside = found.folder.parent / "outside"
    outside.mkdir()
    (found.folder / "renders").symlink_to(outside)
    done = found.run()
    assert done.code == 2 and "outside" in done.err, done
    assert not list(outside.iterdir())
    assert not found.service.ledger("reserved", found.name)


def test_no_network_is_said_after_three_tries(project: Make) -> None:
    found = project(SMALL)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{closed.getsockname()[1]}"
    done = found.run(environ={"EVOLINK_BASE_URL": nowhere})
    assert done.code == 7, done
    told = [(e["event"], e.get("step", e.get("code", ""))) for e in done.events]
    assert told == [
        ("RunStarted", ""), ("Delayed", "balance"), ("Delayed", "balance"), ("Stopped", "unreachable"),
        ("RunFinished", ""),
    ]  # fmt: skip
    assert not found.lock_path.exists(), "a run that did nothing writes nothing"


@pytest.mark.parametrize("key", ["", "  ", "sk-with space", "sk-\x00nul", "schlüssel"])
def test_a_key_that_is_none_is_told_without_showing_it(key: str, project: Make) -> None:
    found = project(SMALL)
    if "\x00" in key:
        (found.folder / ".env").write_text(f"EVOLINK_API_KEY={key}\n")
        key = ""
    done = found.run(environ={"EVOLINK_API_KEY": key})
    assert done.code == 5, done
    assert "Traceback" not in done.err and "schl" not in done.err and "space inside" not in done.err


def test_a_key_with_a_line_end_is_stripped(project: Make) -> None:
    found = project(SMALL)
    assert found.run(environ={"EVOLINK_API_KEY": "  sk-evo-plain-key\n"}).code == 0


@pytest.mark.parametrize("room", [200, 60_000])
@pytest.mark.sampled(2)
def test_a_full_disk_stops_before_anything_is_bought(room: int, project: Make) -> None:
    """No file can grow, or none to the room that is held back for receipts: nothing is sent."""
    if shutil.which("prlimit") is None:
        pytest.skip("prlimit is not installed")
    found = project(BOARD)
    done = found.run(before=("prlimit", f"--fsize={room}"))
    assert done.code in (2, 6), done
    assert "Traceback" not in done.err
    assert not found.service.ledger("reserved", found.name)
