"""Twenty real runs buy one storyboard through one ledger: each video once, and what it took of time and memory.

How fast it is depends on the machine, and is printed. SEEDSPEC_TEST_TAKES sets how many takes there are.
"""

from __future__ import annotations

import os
import pstats
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from bucket import Store
from clones import URL, Clone, attached
from database import Server
from helpers import Make, emulator

from seedspec.lock.lock import Lock, serialise
from seedspec.run.store.ledger.connect import connect
from seedspec.run.store.ledger.team import make_board

pytestmark = pytest.mark.long

RUNNERS, ANSWER = 20, 0.03
TAKES = int(os.environ.get("SEEDSPEC_TEST_TAKES", "400"))
MORE = 100 << 10
"""KiB that a run may need above what a plan of the same storyboard does."""

BOARD = """\
seedspec: 1
name: {{name}}
model: seedance-2.0-reference-to-video
defaults: {{{{duration: 4, quality: 480p, takes: {takes}}}}}
matrix: {{{{max_entries: {entries}, axes: {{{{n: [{labels}]}}}}}}}}
shots:
  - {{{{id: one, prompt: "{{name}} {{{{{{{{ n }}}}}}}}"}}}}
"""
PROFILED = """
import cProfile, sys
from seedspec.cli.main import start
profile = cProfile.Profile()
code = profile.runcall(start, sys.argv[2:])
profile.dump_stats(sys.argv[1])
sys.exit(code)
"""
_BUYS = ("run", "--yes", "--no-wait", "--format", "jsonl", "--submit-rate", "1000", "--in-flight", "1000")


@pytest.fixture(params=["bucket", "postgres"])
def place(request: pytest.FixtureRequest, bucket: Store) -> Iterator[tuple[str, str]]:
    """A ledger's store, which takes 30 ms to answer where it is a bucket, and its address."""
    if request.param == "postgres":
        server: Server = request.getfixturevalue("database")
        yield "postgres", server.url
        return

    def late(method: str, path: str) -> str:
        threading.Event().wait(ANSWER)
        return ""

    bucket.chance = late
    yield "bucket", URL


def board() -> str:
    labels = min(TAKES, 100)
    takes = TAKES // labels
    return BOARD.format(takes=takes, entries=labels * takes, labels=", ".join(f"n{i}" for i in range(labels)))


def peak(process: subprocess.Popen[bytes]) -> tuple[int, int]:
    """The code that a process ended with, and the most memory that it had, in KiB."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_maxrss


def test_each_video_is_bought_once_by_twenty_runs(
    project: Make, bucket: Store, place: tuple[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    name, url = place
    with emulator(tmp_path / "service") as service, ExitStack() as files:
        one = attached(project, bucket, board(), at=service)
        door = connect(url, "--ledger", local=True)
        uuid = make_board(door, one.name)
        door.close()
        one.lock_path.write_bytes(serialise(Lock(header={"ledger": uuid, "at": "s3://team/ledger", "serial": 0}), ()))
        one = replace(one, bucket={**one.bucket, "SEEDSPEC_LEDGER": url})
        clones: list[Clone] = [one.another(f"r{n}") for n in range(RUNNERS)]
        planned = peak(clones[0].start("plan", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        profile, began = tmp_path / "profile", time.monotonic()
        running = []
        for number, clone in enumerate(clones):
            said = files.enter_context(open(tmp_path / f"said-{number}", "wb"))
            words = [sys.executable, "-c", PROFILED, str(profile), *_BUYS] if number == 0 else clone.command(*_BUYS)
            running.append(
                subprocess.Popen(
                    words, cwd=clone.folder, env=clone.environ(), stdin=subprocess.DEVNULL, stdout=said, stderr=said
                )
            )
        first = last = 0.0
        ledger, seen = tmp_path / "service" / "ledger.jsonl", 0
        while any(map(_goes_on, running)):
            threading.Event().wait(0.1)
            if ledger.exists() and (size := ledger.stat().st_size) != seen:
                first, last, seen = first or time.monotonic(), time.monotonic(), size
        ended = [peak(process) for process in running]
        books = service.ledger("reserved")
    prompts = [f"{v['prompt']} {v['idempotency_key']}" for v in books]
    records = [r for c in clones[:1] for r in c.lock()]
    wanted = TAKES // min(TAKES, 100) * min(TAKES, 100)
    most = max(memory for _, memory in ended)
    with capfd.disabled():
        rate = len(books) / max(last - first, 0.1)
        print(f"\n{name}: {len(books):,} purchases by {RUNNERS} runs, {rate:,.0f} claims/s over {last - first:.1f} s,")
        print(f"all of it {time.monotonic() - began:.1f} s on {os.cpu_count()} cores; peak memory of a run")
        print(f"{most >> 10} MiB, of a plan {planned[1] >> 10} MiB")
        table = pstats.Stats(str(profile), stream=sys.stdout)
        table.sort_stats("tottime").print_stats(12)
    told = [
        (code, (tmp_path / f"said-{n}").read_text()[-300:]) for n, (code, _) in enumerate(ended) if code not in (0, 7)
    ]
    assert not told, told
    assert len(books) == wanted and len(set(prompts)) == wanted, "each is bought once"
    assert len({r.fp for r in records}) == wanted, "and each run knows of all"
    assert most <= planned[1] + MORE


def _goes_on(process: subprocess.Popen[bytes]) -> bool:
    """Whether it runs; what it used is asked for later."""
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
