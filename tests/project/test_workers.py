"""Workers: answers and errors come back, a worker that dies takes nobody with it, and none outlives its user."""

from __future__ import annotations

import os
import pickle
import select
import signal
import subprocess
import sys
from concurrent.futures import CancelledError, Executor
from pathlib import Path

import pytest

from seedspec.media.facts import MediaError, MediaMissing, OtherFormat
from seedspec.media.reader import facts
from seedspec.project.workers import WorkerDied, Workers, cores


def test_answers_come_back_in_any_order(tmp_path: Path) -> None:
    with Workers(2) as pool:
        assert isinstance(pool, Executor)
        assert list(pool.map(divmod, range(20), [7] * 20)) == [divmod(n, 7) for n in range(20)]
        assert pool.submit(os.getpid).result() != os.getpid()


def test_errors_come_back_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.4")
    with Workers(1) as pool:
        with pytest.raises(OtherFormat, match="found pdf") as raised:
            pool.submit(facts, tmp_path / "a.pdf").result()
        assert raised.value.format == "pdf"
        with pytest.raises(MediaError, match="cannot be read"):
            pool.submit(facts, tmp_path / "none").result()
        with pytest.raises(ValueError, match="invalid literal"):
            pool.submit(int, "x").result()
    assert str(pickle.loads(pickle.dumps(MediaMissing()))) == str(MediaMissing())


def test_a_worker_that_dies_fails_its_own_job_alone() -> None:
    with Workers(2) as pool:
        fallen = pool.submit(os.kill, 0, signal.SIGKILL)  # its own group, which is its session's
        assert pool.map(len, ["a" * n for n in range(6)]) is not None
        with pytest.raises(WorkerDied, match="signal 9"):
            fallen.result()
        assert list(pool.map(len, ["", "a", "ab"])) == [0, 1, 2]


def test_what_is_under_way_can_be_broken_off() -> None:
    pool = Workers(1)
    job = pool.submit(os.kill, 0, signal.SIGSTOP)  # it never answers
    pool.shutdown(wait=False, cancel_futures=True)
    with pytest.raises((WorkerDied, CancelledError)):
        job.result(30)


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="nothing else waits for another's child without a poll")
def test_workers_get_no_key_and_end_with_their_user(tmp_path: Path) -> None:
    program = """
import os, signal
from seedspec.project.workers import Workers
pool = Workers(1)
print(pool.submit(os.getpid).result(), pool.submit(os.getenv, "EVOLINK_API_KEY").result(), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    environment = {**os.environ, "EVOLINK_API_KEY": "sk-of-a-test"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60)
    worker, key = done.stdout.split()
    assert key == "None"
    try:
        watched = os.pidfd_open(int(worker))
    except ProcessLookupError:
        return
    assert select.select([watched], [], [], 30)[0], "the worker goes on"
    os.close(watched)


def test_there_is_a_worker_for_each_core() -> None:
    assert 1 <= cores() <= 8
